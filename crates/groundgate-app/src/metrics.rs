//! What a policy may name: the metrics of a configuration, or everything bundled where there is none.

use groundgate_gate::KnownMetrics;
use groundgate_judge::{OfflineJudge, known_metric};
use groundgate_model::trial::MetricSpec;

use crate::{cascades, config::Config, error::AppError, judge_spec, planning};

/// What the configured judges and checks measure.
pub fn of_config(config: &Config) -> KnownMetrics {
    let mut known = KnownMetrics::new();
    for judge in &config.judges {
        // What is wrong is said again, with its place, when the judges are checked.
        let metrics = judge_spec::metrics(judge).unwrap_or_default();
        let apart = cascades::apart(config, judge).unwrap_or_default();
        known.extend(metrics.into_iter().map(|mut metric| {
            if apart.contains(&metric.name) {
                metric.name = format!("{}_{}", judge.name, metric.name);
            }
            (metric.name.clone(), metric)
        }));
    }
    known
}

/// Whether what the judges measure is as a run has it: no metric twice. A judge whose spec is wrong is
/// said to be so elsewhere.
pub fn check(config: &Config) -> Result<(), AppError> {
    let mut names = Vec::new();
    for judge in &config.judges {
        let apart = cascades::apart(config, judge).unwrap_or_default();
        let metrics = judge_spec::metrics(judge).unwrap_or_default();
        let recorded = metrics.into_iter().map(|metric| {
            if apart.contains(&metric.name) {
                format!("{}_{}", judge.name, metric.name)
            } else {
                metric.name
            }
        });
        names.extend(recorded);
    }
    planning::measured_once(names.iter().map(String::as_str))
}

/// What is bundled measures these.
pub fn bundled() -> KnownMetrics {
    let names = OfflineJudge::metrics();
    let specs = names
        .into_iter()
        .filter_map(|metric: MetricSpec| known_metric(&metric.name));
    specs.map(|metric| (metric.name.clone(), metric)).collect()
}
