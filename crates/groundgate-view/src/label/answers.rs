//! From labels of claims to labels of answers: what `judge agreement`, `calibrate` and a gate read.
//!
//! An answer counts for a person who labelled every claim of it, whatever the labels: an answer that
//! is known to be bad by one of its claims, while others are open, is left out like one that may
//! still be good. Otherwise bad answers would be found more often than good ones.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{ClaimReading, DataType},
    unit::{UnitInterval, count_to_f64},
};

use super::{
    current::{Current, agreed},
    entry::{Given, Item, Kind, Label, Queue},
    queue::whole,
};

/// An answer of a run, with the claims that a judge found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which one; without a claim.
    pub item: Item,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub text: String,
    /// The ids of its claims.
    pub claims: Vec<String>,
    /// Metrics that are made of the claims.
    pub metrics: Vec<LabelledMetric>,
}

/// A metric that is made of an answer's claims, so that labels of these give it a value.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledMetric {
    /// Its name.
    pub name: String,
    /// What values it takes.
    pub data_type: DataType,
    /// How labels become its value.
    pub reading: ClaimReading,
}

/// An answer with what people said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerLabels {
    /// Which answer.
    pub answer: Answer,
    /// `calibration` where it was drawn whole and at random; else why its claims were asked about.
    pub queue: Queue,
    /// By person, then by metric.
    pub said: Vec<Said>,
}

/// What one person's labels make of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The metric.
    pub metric: String,
    /// Its value by these labels, from 0 to 1.
    pub value: f64,
    /// For [`DataType::Binary`] a yes or a no.
    pub data_type: DataType,
    /// Who said it.
    pub rater: String,
}

/// The answers that labels of claims are about, each once.
pub fn labelled_items(kinds: &[Kind]) -> Vec<Item> {
    let current = Current::new(kinds);
    let of_claims = current
        .labels()
        .filter(|label| label.item.claim.is_some() && label.queue != Queue::Gold);
    let mut items: Vec<Item> = of_claims.map(|label| whole(&label.item)).collect();
    items.sort();
    items.dedup();
    items
}

/// What people said of whole answers; answers of which nobody labelled every claim are left out.
pub fn answer_labels(kinds: &[Kind], answers: Vec<Answer>) -> Vec<AnswerLabels> {
    let current = Current::new(kinds);
    let agreed: BTreeMap<Item, Label> = (agreed(kinds).into_iter())
        .map(|label| (label.item.clone(), label))
        .collect();
    let labelled = answers.into_iter().filter_map(|answer| {
        let of_claim: Vec<Vec<&Label>> = (items(&answer)).map(|item| current.of(&item)).collect();
        let mut said = people(&answer, &of_claim);
        said.extend(settled(&answer, &agreed));
        let drawn = of_claim.iter().flatten().map(|label| label.queue);
        let queue = drawn
            .filter(|queue| *queue != Queue::Adjudication)
            .find(|queue| *queue != Queue::Calibration);
        (!said.is_empty()).then_some(AnswerLabels {
            answer,
            queue: queue.unwrap_or(Queue::Calibration),
            said,
        })
    });
    labelled.collect()
}

fn items(answer: &Answer) -> impl Iterator<Item = Item> {
    answer.claims.iter().map(|claim| Item {
        claim: Some(claim.clone()),
        ..answer.item.clone()
    })
}

/// Everyone who labelled every claim.
fn people(answer: &Answer, of_claim: &[Vec<&Label>]) -> Vec<Said> {
    let mut by_person: BTreeMap<&str, Vec<Given>> = BTreeMap::new();
    for label in of_claim.iter().flatten() {
        by_person
            .entry(&label.labeler)
            .or_default()
            .push(label.label);
    }
    let complete = by_person
        .into_iter()
        .filter(|(_, given)| given.len() == answer.claims.len());
    complete
        .flat_map(|(rater, given)| values(answer, rater, &given))
        .collect()
}

/// Where somebody settled what people disagreed on: one voice more, with what holds now.
fn settled(answer: &Answer, agreed: &BTreeMap<Item, Label>) -> Vec<Said> {
    let holding: Option<Vec<&Label>> = items(answer).map(|item| agreed.get(&item)).collect();
    let holding = holding.unwrap_or_default();
    let judge = holding
        .iter()
        .find(|label| label.queue == Queue::Adjudication);
    let given: Vec<Given> = holding.iter().map(|label| label.label).collect();
    judge.map_or_else(Vec::new, |label| values(answer, &label.labeler, &given))
}

/// Nothing where there is no checkable claim.
fn values(answer: &Answer, rater: &str, given: &[Given]) -> Vec<Said> {
    let count = |wanted: &[Given]| given.iter().filter(|one| wanted.contains(one)).count();
    let (supported, contradicted) = (count(&[Given::Supported]), count(&[Given::Contradicted]));
    let checkable = supported + contradicted + count(&[Given::NotFound]);
    let Some(share) = UnitInterval::ratio(supported, checkable) else {
        return Vec::new();
    };
    let binary = |yes: bool| Some(count_to_f64(usize::from(yes)));
    let value = |reading| match reading {
        ClaimReading::AllSupported => binary(supported == checkable),
        ClaimReading::ShareSupported => Some(share.value()),
        ClaimReading::NoneContradicted => binary(contradicted == 0),
        // Nobody was asked whether the passage that supports a sentence is one that it cites.
        ClaimReading::CitationsSupported => None,
    };
    let said = answer.metrics.iter().filter_map(|metric| {
        Some(Said {
            metric: metric.name.clone(),
            value: value(metric.reading)?,
            data_type: metric.data_type,
            rater: rater.to_owned(),
        })
    });
    said.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::label::current::tests::label;

    fn metric(name: &str, data_type: DataType, reading: ClaimReading) -> LabelledMetric {
        LabelledMetric {
            name: name.to_owned(),
            data_type,
            reading,
        }
    }

    pub(in crate::label) fn answer(case: &str, n_claims: usize) -> Answer {
        Answer {
            item: whole(&label(case, "", Given::Unsure, Queue::Calibration).item),
            question: "How <long>?".to_owned(),
            text: "Two \"weeks\".".to_owned(),
            claims: (1..=n_claims).map(|n| format!("s{n}")).collect(),
            metrics: vec![
                metric("groundedness", DataType::Binary, ClaimReading::AllSupported),
                metric(
                    "faithfulness",
                    DataType::Fraction,
                    ClaimReading::ShareSupported,
                ),
            ],
        }
    }

    /// Labels of the claims of case `a`: `s` supported, `c` contradicted, `n` not a claim, `u` unsure,
    /// `.` none.
    pub(in crate::label) fn say(labeler: &str, given: &str, queue: Queue) -> Vec<Kind> {
        let all = given.chars().enumerate().filter_map(|(place, sign)| {
            let given = match sign {
                's' => Given::Supported,
                'c' => Given::Contradicted,
                'n' => Given::NotAClaim,
                'u' => Given::Unsure,
                _ => return None,
            };
            let mut label = label("a", labeler, given, queue);
            label.item.claim = Some(format!("s{}", place + 1));
            Some(Kind::Label(label))
        });
        all.collect()
    }

    fn said(log: &[Kind], n_claims: usize) -> Vec<(String, String, f64)> {
        let all = answer_labels(log, vec![answer("a", n_claims)]);
        let said = all.into_iter().flat_map(|one| one.said);
        said.map(|said| (said.rater, said.metric, said.value))
            .collect()
    }

    fn groundedness(log: &[Kind], n_claims: usize) -> Vec<(String, f64)> {
        let all = said(log, n_claims).into_iter();
        all.filter(|one| one.1 == "groundedness")
            .map(|one| (one.0, one.2))
            .collect()
    }

    #[test]
    fn an_answer_counts_when_every_claim_is_labelled() {
        for (given, expected) in [
            ("sss", Some(1.0)),
            ("ssn", Some(1.0)),
            ("ssc", Some(0.0)),
            ("nnn", None),
            ("c..", None),
            ("ss.", None),
            ("ssu", None),
            ("csu", None),
        ] {
            let found = groundedness(&say("ana", given, Queue::Calibration), 3);
            let expected: Vec<(String, f64)> = expected
                .map(|value| ("ana".to_owned(), value))
                .into_iter()
                .collect();
            assert_eq!(found, expected, "{given}");
        }
        let log = say("ana", "sscn", Queue::Calibration);
        let faithfulness = said(&log, 4)
            .into_iter()
            .find(|one| one.1 == "faithfulness")
            .unwrap();
        assert!((faithfulness.2 - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn who_settles_a_dispute_is_one_voice_more() {
        let mut log = say("ana", "ss", Queue::Calibration);
        log.extend(say("ben", "sc", Queue::Calibration));
        let two = vec![("ana".to_owned(), 1.0), ("ben".to_owned(), 0.0)];
        assert_eq!(groundedness(&log, 2), two);
        log.extend(say("cleo", ".c", Queue::Adjudication));
        let mut three = two;
        three.push(("cleo".to_owned(), 0.0));
        assert_eq!(groundedness(&log, 2), three);
    }

    #[test]
    fn an_answer_that_was_not_drawn_whole_says_so() {
        let mut log = say("ana", "s", Queue::Calibration);
        log.extend(say("ana", ".s", Queue::Doubtful));
        let labelled = answer_labels(&log, vec![answer("a", 2)]);
        assert_eq!(labelled[0].queue, Queue::Doubtful);
        assert_eq!(labelled_items(&log), [answer("a", 2).item]);
    }
}
