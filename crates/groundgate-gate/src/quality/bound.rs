//! Which labels are about the very answers of a run.
//!
//! A label is bound to an answer by the run that it names, or by the answer that the labeller was shown:
//! its text, its beginning, or its digest. One that names neither may be about anything.

use std::collections::BTreeMap;

use groundgate_model::trial::meant;

use super::{
    join::is_of_run,
    labels::{Label, Labels},
};

/// The labels of a file, held against the answers of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundLabels {
    /// Those that are about its answers.
    pub labels: Labels,
    /// By metric of the run: labels that name its cases and neither a run nor an answer.
    pub unbound: BTreeMap<String, usize>,
    /// By metric of the run: labels of other answers than the run has.
    pub of_other_answers: BTreeMap<String, usize>,
    /// By name: labels of this run's answers by metrics that it does not measure.
    pub unmeasured: BTreeMap<String, usize>,
    /// Labels that name another run.
    pub n_elsewhere: usize,
}

/// What a run has, for labels to be about.
pub trait Answered {
    /// Its id.
    fn run_id(&self) -> &str;
    /// Whether it measures a metric of this name.
    fn measures(&self, metric: &str) -> bool;
    /// What it answered to a case; nothing where it has no such case, attempt or answer.
    fn answer(&self, case: &str, attempt: u32) -> Option<String>;
}

/// What a label is about.
enum About {
    ThisAnswer,
    AnotherAnswer,
    AnotherRun,
    AnyAnswer,
}

impl BoundLabels {
    /// Holds labels against a run.
    pub fn new(labels: &Labels, run: &impl Answered) -> Self {
        let mut bound = Self {
            labels: Labels {
                labels: Vec::new(),
                ..labels.clone()
            },
            unbound: BTreeMap::new(),
            of_other_answers: BTreeMap::new(),
            unmeasured: BTreeMap::new(),
            n_elsewhere: 0,
        };
        for label in &labels.labels {
            let metric = meant(&label.metric, |name| run.measures(name)).into_owned();
            let count = |counts: &mut BTreeMap<String, usize>| {
                *counts.entry(metric.clone()).or_default() += 1;
            };
            match about(label, run) {
                About::AnotherRun => bound.n_elsewhere += 1,
                _ if !run.measures(&metric) => count(&mut bound.unmeasured),
                About::AnotherAnswer => count(&mut bound.of_other_answers),
                About::AnyAnswer => count(&mut bound.unbound),
                About::ThisAnswer => bound.labels.labels.push(label.clone()),
            }
        }
        bound
    }
}

fn about(label: &Label, run: &impl Answered) -> About {
    if !is_of_run(run.run_id(), label) {
        return About::AnotherRun;
    }
    let Some(shown) = &label.answer else {
        return if label.run.is_some() {
            About::ThisAnswer
        } else {
            About::AnyAnswer
        };
    };
    match run.answer(&label.case, label.attempt) {
        Some(answer) if shown.is(&answer) => About::ThisAnswer,
        Some(_) | None => About::AnotherAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{
        join::tests::{label, set},
        labels::Shown,
    };

    struct Run;

    impl Answered for Run {
        fn run_id(&self) -> &'static str {
            "01JQ8ZABCD"
        }

        fn measures(&self, metric: &str) -> bool {
            metric == "groundedness"
        }

        fn answer(&self, case: &str, attempt: u32) -> Option<String> {
            (case == "c0" && attempt == 0).then(|| "Five days.".to_owned())
        }
    }

    #[test]
    fn a_label_is_about_the_answer_that_was_shown_or_about_nothing() {
        let of = |run: Option<&str>, answer: Option<&str>, case: &str| Label {
            run: run.map(str::to_owned),
            answer: answer.map(|text| Shown::Text(text.to_owned())),
            ..label(case, 1.0, "ann")
        };
        let (this, other) = (Some("01JQ8ZABCD"), Some("01JQ8ZXXXX"));
        let (five, nine) = (Some("Five days."), Some("Nine days."));
        let misspelt = Label {
            metric: "groundednes".to_owned(),
            ..of(this, None, "c0")
        };
        let bound = BoundLabels::new(
            &set(vec![
                of(this, None, "c0"),
                of(None, five, "c0"),
                of(this, five, "c0"),
                of(this, nine, "c0"),
                of(None, nine, "c0"),
                of(None, five, "c9"),
                of(None, None, "c0"),
                of(other, None, "c0"),
                misspelt,
            ]),
            &Run,
        );
        assert_eq!(bound.labels.labels.len(), 3);
        let count = |counts: &BTreeMap<String, usize>, metric: &str| counts.get(metric).copied();
        assert_eq!(count(&bound.of_other_answers, "groundedness"), Some(3));
        assert_eq!(count(&bound.unbound, "groundedness"), Some(1));
        assert_eq!(count(&bound.unmeasured, "groundednes"), Some(1));
        assert_eq!(bound.n_elsewhere, 1);
    }
}
