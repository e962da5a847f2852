//! How far people agree with each other, and a judge with people: shown while labelling goes on. The
//! figures that a gate may use come from `judge agreement`.

use std::collections::BTreeMap;

use groundgate_model::{trial::Label, unit::count_to_f64};
use groundgate_stats::agreement::{
    AgreementThreshold, Crosstable, LabelCount, LabelsNeeded, Weighting, cohen_kappa,
};

use super::{
    current::{Current, agreed, drawn},
    entry::{Given, Item, Kind, Queue},
    queue::whole,
};

/// Two people on the same items: the most that a judge can reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeopleAgreement {
    /// Pairs of labels of two people for one item.
    pub n: usize,
    /// Share of them that are equal.
    pub share: f64,
    /// Cohen's kappa over both orders of each pair; `None` where it cannot be computed.
    pub kappa: Option<f64>,
}

/// Over every item that several people labelled; nothing where there is none.
pub fn between_people(kinds: &[Kind]) -> Option<PeopleAgreement> {
    let current = Current::new(kinds);
    let mut items: Vec<&Item> = current.labels().map(|label| &label.item).collect();
    items.dedup();
    let mut counts = [[0.0; 4]; 4];
    let (mut n, mut n_equal) = (0, 0);
    for item in items {
        let labels = current.of(item);
        let people: Vec<Given> = labels
            .iter()
            .filter(|label| !matches!(label.queue, Queue::Adjudication | Queue::Gold))
            .map(|label| label.label)
            .collect();
        for (place, one) in people.iter().enumerate() {
            for other in people.iter().skip(place + 1) {
                n += 1;
                n_equal += usize::from(one == other);
                count(&mut counts, *one, *other);
                count(&mut counts, *other, *one);
            }
        }
    }
    let table = Crosstable::new(counts.iter().map(|row| row.to_vec()).collect());
    let kappa = table.and_then(|table| cohen_kappa(&table, Weighting::Unweighted));
    (n > 0).then(|| PeopleAgreement {
        n,
        share: count_to_f64(n_equal) / count_to_f64(n),
        kappa: kappa.ok().map(|kappa| kappa.value),
    })
}

fn count(counts: &mut [[f64; 4]; 4], row: Given, column: Given) {
    let place = |given| Given::OF_CLAIMS.iter().position(|one| *one == given);
    if let (Some(row), Some(column)) = (place(row), place(column))
        && let Some(cell) = counts.get_mut(row).and_then(|row| row.get_mut(column))
    {
        *cell += 1.0;
    }
}

/// How often a judge gave each label for each label of people.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    /// Rows: what people said; columns: what the judge said; both in the order of
    /// [`Given::OF_CLAIMS`].
    pub counts: [[usize; 4]; 4],
    /// Labels counted.
    pub n: usize,
    /// Share of equal labels over all claims, each label weighted by the inverse of its inclusion
    /// probability.
    pub weighted_share: f64,
}

/// The judge's labels against what people agree on; nothing where they share no item.
pub fn against_judge(kinds: &[Kind], judged: &BTreeMap<Item, Label>) -> Option<Confusion> {
    let mut counts = [[0_usize; 4]; 4];
    let (mut n, mut weight, mut equal) = (0, 0.0, 0.0);
    for label in agreed(kinds) {
        let Some(judged) = judged.get(&label.item).map(|judged| as_given(*judged)) else {
            continue;
        };
        let place = |given| Given::OF_CLAIMS.iter().position(|one| *one == given);
        let (Some(row), Some(column)) = (place(label.label), place(judged)) else {
            continue;
        };
        if let Some(cell) = counts.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell += 1;
        }
        n += 1;
        weight += 1.0 / label.inclusion_probability;
        if row == column {
            equal += 1.0 / label.inclusion_probability;
        }
    }
    (n > 0).then(|| Confusion {
        counts,
        n,
        weighted_share: equal / weight,
    })
}

/// How far labelling is from showing how good the judge is, by the answers that were drawn whole.
pub fn stop(
    bar: AgreementThreshold,
    kinds: &[Kind],
    judged: &BTreeMap<Item, Label>,
) -> LabelsNeeded {
    let [good, bad] =
        recognized(kinds, judged).map(|(right, labelled)| LabelCount { right, labelled });
    LabelsNeeded::new(bar, good, bad)
}

/// Of the answers that were drawn whole and that people agree are good, and of those that are bad: how
/// many the judge called so, of how many. An answer is good when nothing checkable in it is unsupported.
fn recognized(kinds: &[Kind], judged: &BTreeMap<Item, Label>) -> [(usize, usize); 2] {
    let current = Current::new(kinds);
    let is_of_whole_answers = |item: &Item| {
        drawn(&current.of(item)).is_some_and(|label| label.queue == Queue::Calibration)
    };
    let agreed: BTreeMap<Item, Given> = (agreed(kinds).into_iter())
        .filter(|label| is_of_whole_answers(&label.item))
        .map(|label| (label.item, label.label))
        .collect();
    let mut counts = [(0, 0); 2];
    let mut answers: Vec<Item> = agreed.keys().map(whole).collect();
    answers.dedup();
    for answer in answers {
        let claims = judged
            .range(answer.clone()..)
            .take_while(|(item, _)| whole(item) == answer);
        let pairs: Option<Vec<(Given, Given)>> = claims
            .map(|(item, judged)| Some((*agreed.get(item)?, as_given(*judged))))
            .collect();
        let pairs = pairs.unwrap_or_default();
        let is_good = |mut given: Vec<Given>| {
            given.retain(|one| *one != Given::NotAClaim);
            (!given.is_empty()).then(|| given.iter().all(|one| *one == Given::Supported))
        };
        let (people, judge): (Vec<Given>, Vec<Given>) = pairs.into_iter().unzip();
        if let (Some(people), Some(judge)) = (is_good(people), is_good(judge))
            && let Some((right, labelled)) = counts.get_mut(usize::from(!people))
        {
            *labelled += 1;
            *right += usize::from(people == judge);
        }
    }
    counts
}

/// A judge's label as a person would give it.
pub(super) const fn as_given(label: Label) -> Given {
    match label {
        Label::Supported => Given::Supported,
        Label::Contradicted => Given::Contradicted,
        Label::NotFound => Given::NotFound,
        Label::NotAClaim => Given::NotAClaim,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::current::tests::label;

    #[test]
    fn people_are_compared_on_what_several_labelled() {
        let say =
            |case, labeler, given| Kind::Label(label(case, labeler, given, Queue::Calibration));
        let log = [
            say("a", "ana", Given::Supported),
            say("a", "ben", Given::Supported),
            say("b", "ana", Given::Supported),
            say("b", "ben", Given::NotFound),
            say("c", "ana", Given::NotFound),
        ];
        let agreement = between_people(&log).unwrap();
        assert_eq!(agreement.n, 2);
        assert!((agreement.share - 0.5).abs() < 1e-12);
        assert_eq!(between_people(&log[4..]), None);
    }

    /// A person who settles has seen what the others said, and a known item is no question.
    #[test]
    fn neither_checks_nor_settled_disputes_count_as_agreement_between_people() {
        let say = |case, labeler, given, queue| Kind::Label(label(case, labeler, given, queue));
        let log = [
            say("a", "ana", Given::Supported, Queue::Calibration),
            say("a", "ben", Given::NotFound, Queue::Calibration),
            say("a", "cleo", Given::NotFound, Queue::Adjudication),
            say("g", "ana", Given::Supported, Queue::Gold),
            say("g", "ben", Given::Supported, Queue::Gold),
        ];
        let agreement = between_people(&log).unwrap();
        assert_eq!((agreement.n, agreement.share), (1, 0.0));
        assert_eq!(between_people(&log[3..]), None);
    }

    #[test]
    fn an_answer_that_was_picked_and_settled_is_not_one_that_was_drawn_whole() {
        let say = |labeler, given, queue| label("a", labeler, given, queue);
        for (queue, expected) in [
            (Queue::Calibration, [(1, 1), (0, 0)]),
            (Queue::Uncertain, [(0, 0), (0, 0)]),
        ] {
            let log = [
                say("ana", Given::Supported, queue),
                say("ben", Given::NotFound, queue),
                say("cleo", Given::Supported, Queue::Adjudication),
            ]
            .map(Kind::Label);
            let judged = BTreeMap::from([(log[0].item().clone(), Label::Supported)]);
            assert_eq!(recognized(&log, &judged), expected, "{queue:?}");
        }
    }

    #[test]
    fn a_judge_recognizes_answers_of_which_every_claim_is_labelled() {
        let of = |case: &str, claim: &str| {
            let mut label = label(case, "ana", Given::Supported, Queue::Calibration);
            label.item.claim = Some(claim.to_owned());
            label
        };
        let mut bad = of("b", "s1");
        bad.label = Given::NotFound;
        let mut picked = of("d", "s1");
        picked.queue = Queue::Uncertain;
        let log = [
            of("a", "s1"),
            of("a", "s2"),
            bad,
            of("b", "s2"),
            of("c", "s1"),
            picked,
        ]
        .map(Kind::Label);
        let judged = |labels: &[(&str, &str, Label)]| -> BTreeMap<Item, Label> {
            let all = labels.iter();
            all.map(|(case, claim, judged)| (of(case, claim).item, *judged))
                .collect()
        };
        // c has a claim that nobody labelled; d was picked.
        let mut all = judged(&[
            ("a", "s1", Label::Supported),
            ("a", "s2", Label::NotAClaim),
            ("b", "s1", Label::NotFound),
            ("b", "s2", Label::Supported),
            ("c", "s1", Label::Supported),
            ("c", "s2", Label::Supported),
            ("d", "s1", Label::Supported),
        ]);
        assert_eq!(recognized(&log, &all), [(1, 1), (1, 1)]);
        all.extend(judged(&[
            ("a", "s2", Label::Contradicted),
            ("b", "s1", Label::Supported),
        ]));
        assert_eq!(recognized(&log, &all), [(0, 1), (0, 1)]);
    }

    #[test]
    fn a_judge_is_weighed_by_how_rarely_an_item_was_drawn() {
        let mut rare = label("a", "ana", Given::Supported, Queue::Calibration);
        rare.inclusion_probability = 0.1;
        let often = label("b", "ana", Given::Supported, Queue::Calibration);
        let judged = BTreeMap::from([
            (rare.item.clone(), Label::Supported),
            (often.item.clone(), Label::NotFound),
        ]);
        let log = [Kind::Label(rare), Kind::Label(often)];
        let confusion = against_judge(&log, &judged).unwrap();
        assert_eq!((confusion.n, confusion.counts[0]), (2, [1, 0, 1, 0]));
        assert!((confusion.weighted_share - 10.0 / 12.0).abs() < 1e-12);
    }
}
