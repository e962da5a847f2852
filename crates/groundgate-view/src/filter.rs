//! Which cases of a comparison are listed, and in which order. All of it is in the address.

use std::collections::BTreeSet;

use groundgate_report::bucket_class;

use super::{
    comparison::{CaseLine, Comparison},
    query::Query,
};

/// What a person chose.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    /// A bucket's style class.
    pub(super) bucket: Option<&'a str>,
    /// `product=refunds`.
    pub(super) slice: Option<(&'a str, &'a str)>,
    /// A rule's id.
    pub(super) rule: Option<&'a str>,
    /// A reason for a missing score.
    pub(super) error: Option<&'a str>,
    /// Places of cases with the wanted text; `None` where no text was wanted.
    pub(super) found: Option<BTreeSet<usize>>,
}

impl<'a> Filter<'a> {
    /// `found` are the places of cases that hold the wanted text.
    pub(super) fn new(query: &'a Query, found: Option<BTreeSet<usize>>) -> Self {
        Self {
            bucket: query.get("bucket"),
            slice: query.get("slice").and_then(|slice| slice.split_once('=')),
            rule: query.get("rule"),
            error: query.get("error"),
            found,
        }
    }

    /// The cases that fit, worst first.
    pub(super) fn apply<'c>(&self, comparison: &'c Comparison) -> Vec<&'c CaseLine> {
        let rule = self.rule.map(|id| {
            let mut findings = comparison.report.decision.findings.iter();
            let finding = findings.find(|finding| finding.id == id)?;
            let slice = finding.slice.as_deref();
            Some((
                finding.metric.as_str(),
                slice.and_then(|slice| slice.split_once('=')),
            ))
        });
        let error = self.error.map(|name| {
            let place = comparison.reasons.iter().position(|reason| reason == name);
            place.and_then(|place| u16::try_from(place).ok())
        });
        let cases = comparison.cases.iter().filter(|line| {
            self.bucket
                .is_none_or(|bucket| bucket_class(line.loss.bucket) == bucket)
                && self.slice.is_none_or(|slice| is_in(line, slice))
                && error
                    .is_none_or(|place| place.is_some_and(|place| line.reasons.contains(&place)))
                && self
                    .found
                    .as_ref()
                    .is_none_or(|found| found.contains(&line.loss.case_index))
                && rule.is_none_or(|rule| {
                    rule.is_some_and(|(metric, slice)| {
                        slice.is_none_or(|slice| is_in(line, slice))
                            && costs(comparison, line, metric) > 0.0
                    })
                })
        });
        let mut cases: Vec<&CaseLine> = cases.collect();
        if let Some(Some((metric, _))) = rule {
            cases.sort_by(|one, other| {
                let cost = |line| costs(comparison, line, metric);
                cost(other).total_cmp(&cost(one))
            });
        }
        cases
    }
}

fn is_in(line: &CaseLine, (tag, value): (&str, &str)) -> bool {
    line.tags.get(tag).is_some_and(|one| one == value)
}

/// What a case costs a metric: its loss to the baseline, or else what it lacks to the best score.
fn costs(comparison: &Comparison, line: &CaseLine, metric: &str) -> f64 {
    if let Some(loss) = line.loss.by_metric.get(metric) {
        return *loss;
    }
    let scores = comparison
        .scores
        .iter()
        .find(|scores| scores.metric.name == metric);
    scores.map_or(0.0, |scores| {
        let (ours, _) = scores.pair(line);
        match (ours, scores.metric.best()) {
            (Some(ours), Some(best)) => (best - ours).abs(),
            // What could not be scored costs a rule, too.
            _ => f64::MIN_POSITIVE,
        }
    })
}
