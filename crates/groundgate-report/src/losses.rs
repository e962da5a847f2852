//! What became of each case: its losses to the baseline, and the order in which people read them.

use std::collections::BTreeMap;

use groundgate_gate::{Decision, Evidence, Policy};
use groundgate_model::trial::{MetricSpec, ScoreTable};

use super::{
    means::{case_mean, gain, is_bounded},
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
        }
    }
}

/// Every case with what it lost on the scores that the policy reads: by bucket, then worst first.
pub fn losses(policy: &Policy, decision: &Decision, evidence: Evidence<'_>) -> Vec<CaseLoss> {
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

fn case_losses(evidence: Evidence<'_>, gated: &[MetricSpec]) -> Vec<CaseLoss> {
    let places = evidence.baseline.map(|baseline| {
        let ids = baseline.cases.iter().enumerate();
        ids.map(|(place, case)| (case.id.as_str(), place))
            .collect::<BTreeMap<_, _>>()
    });
    let cases = evidence.candidate.cases.iter().enumerate();
    cases
        .map(|(case_index, case)| {
            let twin = places
                .as_ref()
                .and_then(|places| places.get(case.id.as_str()).copied());
            let mut loss = CaseLoss {
                case_index,
                twin,
                ..CaseLoss::default()
            };
            let mut gained = 0.0;
            for spec in gated {
                let Some(column) = evidence.candidate.columns.get(&spec.name) else {
                    continue;
                };
                let ours = case_mean(evidence.candidate, column, case_index);
                let theirs = evidence.baseline.zip(twin).and_then(|(baseline, place)| {
                    case_mean(baseline, baseline.columns.get(&spec.name)?, place)
                });
                let short = ours
                    .zip(spec.best())
                    .map_or(0.0, |(ours, best)| gain(spec, best, ours));
                loss.short += short.max(0.0);
                if let (Some(ours), Some(theirs)) = (ours, theirs) {
                    let gain = gain(spec, ours, theirs);
                    gained += gain.max(0.0);
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
        })
        .collect()
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
