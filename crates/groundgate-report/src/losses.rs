//! What became of each case: its losses to the baseline, and the order in which people read them.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{CaseScores, Decision, Policy, RunScores, case_scores, twins};
use groundgate_model::trial::{MetricSpec, ScoreTable};

use super::{
    means::{gain, is_bounded},
    model::Bucket,
};

/// What one case lost against the baseline, or lacks to the best score.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseLoss {
    /// The case's place in the plan.
    pub case_index: usize,
    /// The case's place in the baseline.
    pub twin: Option<usize>,
    /// What became of it.
    pub bucket: Bucket,
    /// Over all gated metrics.
    pub loss: f64,
    /// What it lacks to the best score, over all gated metrics.
    pub short: f64,
    /// Losses only.
    pub by_metric: BTreeMap<String, f64>,
    /// The metrics of which it has a difference to the baseline.
    pub compared: BTreeSet<String>,
}

impl Default for CaseLoss {
    fn default() -> Self {
        Self {
            case_index: 0,
            twin: None,
            bucket: Bucket::Unchanged,
            loss: 0.0,
            short: 0.0,
            by_metric: BTreeMap::new(),
            compared: BTreeSet::new(),
        }
    }
}

/// Every case with what it lost on the scores that the policy reads: by bucket, then worst first.
pub fn losses(policy: &Policy, decision: &Decision, evidence: RunScores<'_>) -> Vec<CaseLoss> {
    let gated = gated_scores(policy, decision, evidence.candidate);
    let mut losses = case_losses(evidence, &gated);
    losses.sort_unstable_by(|one, other| {
        let order = one.bucket.cmp(&other.bucket);
        order
            .then(other.loss.total_cmp(&one.loss))
            .then(one.case_index.cmp(&other.case_index))
    });
    losses
}

/// The bounded metrics that the policy's rules read: those in which a case can be lost.
fn gated_scores(policy: &Policy, decision: &Decision, table: &ScoreTable) -> Vec<MetricSpec> {
    let is_gated = |name: &str| {
        policy
            .rules
            .iter()
            .any(|rule| rule.kind.metric() == Some(name))
            || decision
                .findings
                .iter()
                .any(|finding| finding.metric == name)
    };
    let specs = table.columns.values().map(|column| &column.metric);
    specs
        .filter(|spec| is_bounded(spec) && is_gated(&spec.name))
        .cloned()
        .collect()
}

fn case_losses(evidence: RunScores<'_>, gated: &[MetricSpec]) -> Vec<CaseLoss> {
    let twins = twins(evidence);
    let scored: Vec<(&MetricSpec, CaseScores)> = gated
        .iter()
        .filter_map(|spec| Some((spec, case_scores(evidence, &twins, &spec.name)?)))
        .collect();
    let places = twins.iter().enumerate();
    places
        .map(|(case_index, twin)| case_loss(case_index, *twin, &scored))
        .collect()
}

fn case_loss(
    case_index: usize,
    twin: Option<usize>,
    scored: &[(&MetricSpec, CaseScores)],
) -> CaseLoss {
    let mut loss = CaseLoss {
        case_index,
        twin,
        ..CaseLoss::default()
    };
    let at = |values: &[Option<f64>]| values.get(case_index).copied().flatten();
    let mut gained = 0.0;
    for (spec, scores) in scored {
        let short = at(&scores.candidate)
            .zip(spec.best())
            .map_or(0.0, |(ours, best)| gain(spec, best, ours));
        loss.short += short.max(0.0);
        if let Some(difference) = at(&scores.difference) {
            let gain = gain(spec, difference, 0.0);
            gained += gain.max(0.0);
            loss.compared.insert(spec.name.clone());
            if gain < 0.0 {
                loss.loss -= gain;
                loss.by_metric.insert(spec.name.clone(), -gain);
            }
        }
    }
    loss.bucket = bucket(&loss, gained);
    loss.loss = if loss.loss > 0.0 {
        loss.loss
    } else {
        loss.short
    };
    loss
}

fn bucket(loss: &CaseLoss, gained: f64) -> Bucket {
    if loss.loss > 0.0 {
        Bucket::Regressed
    } else if gained > 0.0 {
        Bucket::Fixed
    } else if loss.short > 0.0 {
        Bucket::StillFailing
    } else {
        Bucket::Unchanged
    }
}

#[cfg(test)]
mod tests {
    use groundgate_gate::{decide, read_policy};
    use groundgate_model::trial::{CaseInfo, Cell};

    use super::*;
    use crate::csv::tests::table;

    const POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "test"
[[rule]]
id     = "floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
"#;

    /// Two attempts at each of five cases, both with the same score of groundedness.
    fn scored(scores: [f64; 5]) -> ScoreTable {
        let mut table = table("0");
        let case = table.cases[0].clone();
        table.cases = (0..scores.len())
            .map(|place| CaseInfo {
                id: place.to_string(),
                ..case.clone()
            })
            .collect();
        for column in table.columns.values_mut() {
            column.cells = scores
                .iter()
                .flat_map(|score| [Cell::Scored(*score), Cell::Scored(*score)])
                .collect();
        }
        table
    }

    fn losses_of(candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> Vec<CaseLoss> {
        let known = candidate.columns.values();
        let known = known
            .map(|column| (column.metric.name.clone(), column.metric.clone()))
            .collect();
        let policy = read_policy("gate.toml", POLICY, None, &known).unwrap();
        let evidence = RunScores {
            candidate,
            baseline,
        };
        losses(&policy, &decide(&policy, evidence), evidence)
    }

    #[test]
    fn regressions_come_first_and_the_largest_loss_first_of_all() {
        let candidate = scored([1.0, 0.75, 0.0, 0.5, 0.25]);
        let baseline = scored([1.0, 1.0, 1.0, 0.25, 0.25]);
        let found = losses_of(&candidate, Some(&baseline));
        let shown: Vec<(usize, Bucket, f64)> = found
            .iter()
            .map(|loss| (loss.case_index, loss.bucket, loss.loss))
            .collect();
        let expected = [
            (2, Bucket::Regressed, 1.0),
            (1, Bucket::Regressed, 0.25),
            (4, Bucket::StillFailing, 0.75),
            (3, Bucket::Fixed, 0.5),
            (0, Bucket::Unchanged, 0.0),
        ];
        assert_eq!(shown.len(), expected.len());
        for (expected, found) in expected.iter().zip(&shown) {
            assert_eq!((expected.0, expected.1), (found.0, found.1), "{shown:?}");
            assert!((expected.2 - found.2).abs() < 1e-12, "{shown:?}");
        }
    }

    #[test]
    fn without_a_baseline_a_case_loses_what_it_lacks_to_the_best_score() {
        let found = losses_of(&scored([1.0, 0.75, 0.0, 0.5, 0.25]), None);
        let order: Vec<usize> = found.iter().map(|loss| loss.case_index).collect();
        assert_eq!(order, [2, 4, 3, 1, 0]);
        assert!(found.iter().all(|loss| loss.twin.is_none()));
    }

    #[test]
    fn a_metric_that_no_rule_reads_loses_nothing() {
        let candidate = scored([0.0; 5]);
        let mut baseline = scored([1.0; 5]);
        let names: Vec<String> = losses_of(&candidate, Some(&baseline))
            .iter()
            .flat_map(|loss| loss.by_metric.keys().cloned())
            .collect();
        assert!(names.iter().all(|name| name == "groundedness"), "{names:?}");
        baseline.columns.remove("groundedness");
        let found = losses_of(&candidate, Some(&baseline));
        assert!(found.iter().all(|loss| loss.by_metric.is_empty()));
    }
}
