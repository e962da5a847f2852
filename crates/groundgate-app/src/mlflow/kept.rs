//! What a published run keeps: every metric with its bounds and every count by itself.

use groundgate_connect::mlflow::Kept;
use groundgate_report::{MetricRow, tally};
use groundgate_stats::Estimate;
use jiff::Timestamp;

use crate::{GateSummary, error::AppError};

/// The tag by which a publication is found again.
pub(super) const PUBLICATION: &str = "groundgate.publication";

pub(super) fn of(gated: &GateSummary, publication: &str) -> Result<Kept, AppError> {
    let header = gated.candidate.reader.header();
    let report = &gated.report;
    let at: Timestamp = header.created_at.parse().map_err(|cause| {
        AppError::invalid(format!("the record of {} has no time", header.run_id)).because(cause)
    })?;
    let metrics = report.metrics.iter().flat_map(of_metric);
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut params = vec![
        pair("groundgate.run", header.run_id.clone()),
        pair("groundgate.copilot", header.copilot_name.clone()),
        pair("groundgate.eval_set", header.eval_set_name.clone()),
        pair(
            "groundgate.eval_set_digest",
            header.eval_set_digest.to_string(),
        ),
        pair("groundgate.attempts", header.attempts.to_string()),
        pair("groundgate.version", header.tool_version.clone()),
    ];
    params.extend(header.metrics.iter().map(|source| {
        pair(
            &format!("judge.{}", named(&source.metric.name)),
            source.instrument_name.clone(),
        )
    }));
    let verdict = report.decision.verdict.name();
    let summary = format!("**{verdict}**: {}", tally(&report.decision.findings));
    let baseline = report.baseline.as_ref().map(|run| run.run_id.clone());
    let mut tags = vec![
        pair("mlflow.runType", "genai_evaluate".to_owned()),
        pair("mlflow.note.content", summary),
        pair("groundgate.run", header.run_id.clone()),
        pair(PUBLICATION, publication.to_owned()),
        pair("groundgate.verdict", verdict.to_owned()),
        pair("groundgate.policy_digest", report.policy_digest.to_string()),
        pair("groundgate.environment", report.environment.clone()),
    ];
    tags.extend(baseline.map(|run| pair("groundgate.baseline", run)));
    if !report.environment.is_empty() {
        let name = format!("groundgate.verdict.{}", named(&report.environment));
        tags.push(pair(&name, verdict.to_owned()));
    }
    let decided: Option<Timestamp> = report.evaluated_at.parse().ok();
    Ok(Kept {
        metrics: metrics.collect(),
        at_ms: at.as_millisecond(),
        changed_at_ms: decided.unwrap_or(at).as_millisecond(),
        params,
        tags,
    })
}

/// The estimate, its bounds, and each count: what was not scored is a number, too.
fn of_metric(row: &MetricRow) -> Vec<(String, f64)> {
    let name = named(&row.metric);
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let mut all = vec![
        (format!("{name}/planned"), count(row.counts.planned)),
        (format!("{name}/n"), count(row.counts.scored)),
        (
            format!("{name}/not_applicable"),
            count(row.counts.not_applicable),
        ),
        (format!("{name}/unscored"), count(row.counts.n_unscored())),
    ];
    let mut estimate = |of: &str, estimate: &Option<Estimate>| {
        let Some(estimate) = estimate else { return };
        all.push((format!("{name}/{of}"), estimate.point));
        let bounds = [("lower", estimate.lower), ("upper", estimate.upper)];
        for (side, bound) in bounds {
            all.extend(bound.map(|bound| (format!("{name}/{of}.{side}"), bound)));
        }
    };
    estimate("mean", &row.candidate);
    estimate("baseline", &row.baseline);
    estimate("difference", &row.difference);
    all.retain(|(_, value)| value.is_finite());
    all
}

/// A metric's name in the letters that MLflow takes.
pub(super) fn named(name: &str) -> String {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "_-. :".contains(char);
    name.chars()
        .map(|char| if allowed(char) { char } else { '_' })
        .collect()
}
