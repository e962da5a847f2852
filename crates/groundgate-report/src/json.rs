//! The report for machines: `groundgate.gate/1`.
//!
//! Fields are only ever added. A number is finite or its field is absent, and `reasons` says why. Text
//! keeps its true bytes; who shows it must escape it.

use std::collections::BTreeMap;

use groundgate_gate::{AllowedSide, Counts, Finding, ScaledMargin, Verdict, Waived};
use groundgate_model::{manifest::Manifest, unit::Digest};
use groundgate_stats::{Estimate, Guarantee, Unit};
use serde::Serialize;

use super::{
    model::{
        Bucket, CaseReport, CaseScore, Cause, MetricRow, Named, Report, RunSummary, Setting,
        SliceRow,
    },
    sign_off::SignOff,
    wording::mark,
};

/// The name and major version of the document.
const SCHEMA: &str = "groundgate.gate/1";

/// Renders the report as one JSON document, indented; ends with a line break.
pub fn render_json(report: &Report) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&Document::new(report))? + "\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// `GO`, `NO-GO`, …: for people.
    answer: &'static str,
    verdict: Verdict,
    exit_code: u8,
    #[serde(rename = "env")]
    environment: &'a str,
    evaluated_at: &'a str,
    policy: Policy<'a>,
    subject: Subject<'a>,
    run: Run<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Run<'a>>,
    rules: Vec<Rule<'a>>,
    notes: &'a [String],
    sign_off: &'a SignOff,
    causes: &'a [Cause],
    metrics: Vec<Metric<'a>>,
    slices: Vec<Slice<'a>>,
    buckets: BTreeMap<&'static str, usize>,
    cases: Vec<Case<'a>>,
    judge_facts: &'a [Named],
    settings: &'a [Setting],
    provenance: &'a [Named],
    next: &'a str,
}

#[derive(Serialize)]
struct Policy<'a> {
    name: &'a str,
    digest: Sha256,
}

#[derive(Serialize)]
struct Sha256 {
    sha256: Digest,
}

#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    variant: &'a str,
}

#[derive(Serialize)]
struct Run<'a> {
    id: &'a str,
    variant: &'a str,
    n_cases: usize,
    attempts: u32,
    n_answered: usize,
    failures: BTreeMap<&'a str, usize>,
    models: &'a [String],
    judges: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_p95_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copilot_cost_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judge_cost_usd: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a Manifest>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    kind: &'a str,
    metric: &'a str,
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    verdict: Verdict,
    sentence: &'a str,
    #[serde(flatten)]
    estimate: Numbers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    bar: AllowedSide,
    is_difference: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    judge_calibration: Option<ScaledMargin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a Waived>,
    counts: &'a Counts,
    worst_cases: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_line: Option<usize>,
}

/// An estimate in the flat form that scripts like; every part is absent with its reason.
#[derive(Serialize)]
struct Numbers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha_lower: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha_upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_unit: Option<Unit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guarantee: Option<Guarantee>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Metric<'a> {
    #[serde(rename = "metric")]
    name: &'a str,
    unit: &'a str,
    higher_is_better: bool,
    instrument: &'a str,
    candidate: Numbers<'a>,
    baseline: Numbers<'a>,
    difference: Numbers<'a>,
    counts: &'a Counts,
}

#[derive(Serialize)]
struct Slice<'a> {
    tag: &'a str,
    value: &'a str,
    n_cases: usize,
    means: Vec<Mean<'a>>,
}

#[derive(Serialize)]
struct Mean<'a> {
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    bucket: Bucket,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<f64>,
    tags: &'a [String],
    scores: &'a [CaseScore],
}

impl<'a> Document<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA,
            answer: mark(report.decision.verdict).gate_word,
            verdict: report.decision.verdict,
            exit_code: report.exit_code,
            environment: &report.environment,
            evaluated_at: &report.evaluated_at,
            policy: Policy {
                name: &report.title,
                digest: Sha256 {
                    sha256: report.policy_digest,
                },
            },
            subject: Subject {
                name: &report.title,
                variant: &report.candidate.variant,
            },
            run: Run::new(&report.candidate),
            baseline: report.baseline.as_ref().map(Run::new),
            rules: report.decision.findings.iter().map(Rule::new).collect(),
            notes: &report.decision.notes,
            sign_off: &report.sign_off,
            causes: &report.causes,
            metrics: report.metrics.iter().map(Metric::new).collect(),
            slices: report.slices.iter().map(Slice::new).collect(),
            buckets: report
                .bucket_counts
                .iter()
                .map(|(bucket, count)| (bucket.name(), *count))
                .collect(),
            cases: report.cases.iter().map(Case::new).collect(),
            judge_facts: &report.judge_facts,
            settings: &report.settings,
            provenance: &report.provenance,
            next: &report.next,
        }
    }
}

impl<'a> Run<'a> {
    fn new(run: &'a RunSummary) -> Self {
        let mut reasons = BTreeMap::new();
        let mut number =
            |name, value: Option<f64>| finite(value, name, "not measured", &mut reasons);
        Self {
            id: &run.run_id,
            variant: &run.variant,
            n_cases: run.n_cases,
            attempts: run.attempts,
            n_answered: run.n_answered,
            failures: run
                .failures
                .iter()
                .map(|(reason, count)| (reason.as_str(), *count))
                .collect(),
            models: &run.models,
            judges: &run.judges,
            latency_p50_ms: number("latency_p50_ms", run.latency_p50_ms),
            latency_p95_ms: number("latency_p95_ms", run.latency_p95_ms),
            copilot_cost_usd: number("copilot_cost_usd", run.copilot_cost_usd),
            judge_cost_usd: number("judge_cost_usd", run.judge_cost_usd),
            reasons,
            manifest: run.manifest.as_ref(),
        }
    }
}

impl<'a> Rule<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            id: &finding.id,
            kind: finding.kind,
            metric: &finding.metric,
            unit: &finding.unit,
            slice: finding.slice.as_deref(),
            why: finding.why.as_deref(),
            verdict: finding.verdict,
            sentence: &finding.sentence,
            estimate: Numbers::new(finding.estimate.as_ref()),
            observed: finding.observed.filter(|observed| observed.is_finite()),
            threshold: Some(finding.threshold).filter(|threshold| threshold.is_finite()),
            bar: finding.side,
            is_difference: finding.is_difference,
            judge_calibration: finding.scaled,
            waived: finding.waived.as_ref(),
            counts: &finding.counts,
            worst_cases: &finding.worst_cases,
            policy_line: finding.policy_line,
        }
    }
}

impl<'a> Numbers<'a> {
    fn new(estimate: Option<&'a Estimate>) -> Self {
        let mut reasons = BTreeMap::new();
        let Some(estimate) = estimate else {
            return Self::absent();
        };
        let mut number =
            |name, value: Option<f64>, reason| finite(value, name, reason, &mut reasons);
        Self {
            estimate: number("estimate", Some(estimate.point), "not a number"),
            lower: number("lower", estimate.lower, "no finite bound"),
            upper: number("upper", estimate.upper, "no finite bound"),
            alpha_lower: number("alpha_lower", Some(estimate.alpha_lower), "not a number"),
            alpha_upper: number("alpha_upper", Some(estimate.alpha_upper), "not a number"),
            n: Some(estimate.n),
            n_unit: Some(estimate.unit),
            method: Some(&estimate.method),
            guarantee: Some(estimate.guarantee),
            reasons,
        }
    }

    fn absent() -> Self {
        Self {
            estimate: None,
            lower: None,
            upper: None,
            alpha_lower: None,
            alpha_upper: None,
            n: None,
            n_unit: None,
            method: None,
            guarantee: None,
            reasons: BTreeMap::from([("estimate", "there is none")]),
        }
    }
}

impl<'a> Metric<'a> {
    fn new(row: &'a MetricRow) -> Self {
        Self {
            name: &row.metric,
            unit: &row.unit,
            higher_is_better: row.higher_is_better,
            instrument: &row.instrument,
            candidate: Numbers::new(row.candidate.as_ref()),
            baseline: Numbers::new(row.baseline.as_ref()),
            difference: Numbers::new(row.difference.as_ref()),
            counts: &row.counts,
        }
    }
}

impl<'a> Slice<'a> {
    fn new(row: &'a SliceRow) -> Self {
        Self {
            tag: &row.tag,
            value: &row.value,
            n_cases: row.n_cases,
            means: row
                .means
                .iter()
                .map(|mean| Mean {
                    metric: &mean.metric,
                    candidate: mean.candidate.filter(|mean| mean.is_finite()),
                    baseline: mean.baseline.filter(|mean| mean.is_finite()),
                })
                .collect(),
        }
    }
}

impl<'a> Case<'a> {
    fn new(case: &'a CaseReport) -> Self {
        Self {
            id: &case.id,
            bucket: case.bucket,
            loss: Some(case.loss).filter(|loss| loss.is_finite()),
            tags: &case.tags,
            scores: &case.scores,
        }
    }
}

/// A finite number, or nothing and an entry in `reasons`.
fn finite(
    value: Option<f64>,
    name: &'static str,
    reason: &'static str,
    reasons: &mut BTreeMap<&'static str, &'static str>,
) -> Option<f64> {
    let value = value.filter(|value| value.is_finite());
    if value.is_none() {
        reasons.insert(name, reason);
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::fixture;

    #[test]
    fn the_document_reads_back() {
        let text = render_json(&fixture::report()).unwrap();
        insta::assert_snapshot!(text);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["schema"], SCHEMA);
        assert_eq!(document["verdict"], "fail");
        assert_eq!(document["rules"][0]["estimate"], 0.905);
    }

    #[test]
    fn a_number_that_is_not_finite_is_absent_with_its_reason() {
        let mut report = fixture::report();
        report.candidate.latency_p95_ms = Some(f64::INFINITY);
        report.decision.findings[0].estimate.as_mut().unwrap().lower = Some(f64::NAN);
        report.decision.findings[0].threshold = f64::NAN;
        let text = render_json(&report).unwrap();
        assert!(!text.contains("null"), "{text}");
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["run"]["reasons"]["latency_p95_ms"], "not measured");
        let rule = &document["rules"][0];
        assert_eq!(rule["reasons"]["lower"], "no finite bound");
        assert_eq!(rule.get("lower"), None);
    }

    #[test]
    fn hostile_text_reads_back_unchanged() {
        let report = fixture::hostile();
        let document: Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
        assert_eq!(
            document["subject"]["variant"],
            report.candidate.variant.as_str()
        );
        assert_eq!(document["next"], report.next.as_str());
    }
}
