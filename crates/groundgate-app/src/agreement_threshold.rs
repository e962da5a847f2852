//! How good a judge must be shown to be: what the policy says, or what is usual.

use groundgate_gate::{FactKind, KnownMetrics, Measure, Policy, rules::JudgeHealth};
use groundgate_record::Reader;
use groundgate_stats::agreement::AgreementThreshold;

use std::path::Path;

use super::project;

/// What a run measures.
pub fn known(run: &Reader) -> KnownMetrics {
    let metrics = run.header().metrics.iter();
    metrics
        .map(|source| (source.metric.name.clone(), source.metric.clone()))
        .collect()
}

/// The threshold of agreement on a metric. A policy that is absent or cannot be read has none; other commands
/// say what is wrong with it.
pub fn of_metric(policy: &Path, known: &KnownMetrics, metric: &str) -> AgreementThreshold {
    let policy = project::policy(policy, None, known).ok();
    policy
        .and_then(|(_, policy)| of_policy(&policy, metric))
        .unwrap_or_default()
}

/// The strictest rule about agreement of the metric's judge.
fn of_policy(policy: &Policy, of: &str) -> Option<AgreementThreshold> {
    let rules = policy.release.facts.iter().filter_map(|rule| {
        let FactKind::JudgeHealth(JudgeHealth {
            metric,
            measure: Measure::Agreement,
            threshold,
            min_labels,
            ..
        }) = &rule.kind
        else {
            return None;
        };
        (metric == of).then(|| AgreementThreshold {
            threshold: *threshold,
            min_labels: *min_labels,
            alpha: policy.statistics.alpha_pass,
            rule: Some(rule.id.clone()),
        })
    });
    rules.max_by(|one, other| one.threshold.total_cmp(&other.threshold))
}
