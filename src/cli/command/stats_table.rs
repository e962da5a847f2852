//! What `groundgate stats` prints: a table for people, a document for machines.

use std::fmt::Write as _;

use groundgate_gate::Verdict;
use groundgate_model::number::{NumberFormat, Scale, Toward, format_count, plural};
use groundgate_report::visible_line;
use groundgate_stats::{
    Estimate, StatsError,
    interval::Clusters,
    scores::{ScoreType, Side},
};
use serde_json::{Map, Value, json};

use super::stats::{Analysis, Finding};

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Candidate => "candidate",
        Side::Baseline => "baseline",
        Side::Difference => "difference",
    }
}

/// The table.
pub(super) fn text(analysis: &Analysis) -> String {
    let mut text = format!(
        "{}: {}, {}",
        visible_line(&analysis.name),
        plural(analysis.n_rows, "row"),
        plural(analysis.n_cases, "case")
    );
    if let Some((n, _)) = &analysis.clusters {
        let _written = write!(text, ", {}", plural(*n, "cluster"));
    }
    for (side, n_missing, _) in &analysis.sides {
        if *n_missing > 0 && *side != Side::Difference {
            let (n, name) = (plural(*n_missing, "score"), side_name(*side));
            let _written = write!(text, "; {n} of the {name} missing");
        }
    }
    let percent = 100.0 * analysis.level;
    let quantity = analysis
        .quantile
        .map_or_else(|| "mean".to_owned(), |q| format!("quantile {q}"));
    let bounds = format!("{} % one-sided bounds", trimmed(percent));
    let _written = writeln!(
        text,
        "\n\n  {:<10} {:>7} {:<9} {:>13}  {:<26} method (guarantee)",
        "", "n", "unit", quantity, bounds
    );
    for (side, _, estimate) in &analysis.sides {
        text.push_str(&row(*side, estimate));
    }
    if let Some((_, Some(clusters))) = &analysis.clusters {
        let _written = writeln!(text, "\n  {}", clustering(clusters));
    }
    if !analysis.findings.is_empty() {
        text.push('\n');
    }
    for finding in &analysis.findings {
        text.push_str(&sentence(finding, analysis));
    }
    text
}

/// 95 of 95.0, 99.5 of 99.5: without the noise of a subtraction.
fn trimmed(percent: f64) -> String {
    let text = format!("{percent:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn row(side: Side, estimate: &Result<Estimate, StatsError>) -> String {
    let name = side_name(side);
    match estimate {
        Err(error) => format!("  {name:<10} {error}\n"),
        Ok(estimate) => {
            let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
                .into_iter()
                .flatten()
                .collect();
            let is_difference = side == Side::Difference;
            let format = NumberFormat::new(Scale::Amount(""), is_difference, &values, None);
            format!(
                "  {name:<10} {:>7} {:<9} {:>13}  {:<26} {} ({})\n",
                format_count(estimate.n),
                estimate.unit.plural(),
                format.bare(estimate.point, Toward::Nearest),
                format.interval(estimate.lower, estimate.upper),
                estimate.method,
                estimate.guarantee
            )
        }
    }
}

fn clustering(clusters: &Clusters) -> String {
    let mut text = format!(
        "the clusters are worth {:.1} of equal size",
        clusters.effective_count()
    );
    if let Some(correlation) = clusters.intraclass_correlation() {
        let _written = write!(text, "; intraclass correlation {correlation:.3}");
    }
    if let Some(effect) = clusters.design_effect() {
        let _written = write!(text, "; design effect {effect:.2}");
    }
    text
}

fn sentence(finding: &Finding, analysis: &Analysis) -> String {
    let rule = finding.rule;
    let what = match (rule.side, analysis.quantile) {
        (Side::Candidate | Side::Baseline, Some(q)) => {
            format!("{} quantile {q}", side_name(rule.side))
        }
        (Side::Candidate | Side::Baseline, None) => side_name(rule.side).to_owned(),
        (Side::Difference, _) => "difference to the baseline".to_owned(),
    };
    let sign = if rule.above { ">" } else { "<" };
    let evidence = match (&finding.reason, finding.p) {
        (Some(reason), _) => reason.clone(),
        (None, Some((p_pass, p_fail))) => {
            format!("p for pass {p_pass:.4}, for fail {p_fail:.4}")
        }
        (None, None) => "no numbers".to_owned(),
    };
    format!(
        "{} {}  {what} {sign} {}: {evidence}\n",
        finding.verdict.glyph(),
        finding.verdict,
        rule.threshold
    )
}

/// The document.
pub(super) fn json(analysis: &Analysis) -> Value {
    let estimates: Map<String, Value> = (analysis.sides.iter())
        .map(|(side, _, estimate)| (side_name(*side).to_owned(), of_estimate(estimate)))
        .collect();
    let missing: Map<String, Value> = (analysis.sides.iter())
        .map(|(side, n, _)| (side_name(*side).to_owned(), Value::from(*n)))
        .collect();
    let (type_name, scale) = match analysis.score_type {
        ScoreType::Binary => ("binary", Some(groundgate_stats::Scale::UNIT)),
        ScoreType::Bounded(scale) => ("fraction", Some(scale)),
        ScoreType::Ordinal(scale) => ("ordinal", Some(scale)),
        ScoreType::Amount => ("amount", None),
    };
    json!({
        "schema": "groundgate.stats/1",
        "file": analysis.name,
        "type": type_name,
        "range": scale.map(|scale| [scale.low(), scale.high()]),
        "level": analysis.level,
        "quantile": analysis.quantile,
        "n_rows": analysis.n_rows,
        "n_cases": analysis.n_cases,
        "n_missing": missing,
        "clusters": analysis.clusters.as_ref().map(|(n, clusters)| json!({
            "n": n,
            "effective": clusters.as_ref().map(Clusters::effective_count),
            "largest_share": clusters.as_ref().map(Clusters::largest_share),
            "intraclass_correlation": clusters.as_ref().and_then(Clusters::intraclass_correlation),
            "design_effect": clusters.as_ref().and_then(Clusters::design_effect),
        })),
        "estimates": estimates,
        "rules": analysis.findings.iter().map(of_finding).collect::<Vec<_>>(),
        "verdict": analysis.verdict().map(Verdict::name),
        "warnings": analysis.warnings,
    })
}

fn of_estimate(estimate: &Result<Estimate, StatsError>) -> Value {
    match estimate {
        Ok(estimate) => json!(estimate),
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn of_finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.name,
        "of": side_name(finding.rule.side),
        "threshold": finding.rule.threshold,
        "passes": if finding.rule.above { "above" } else { "below" },
        "verdict": finding.verdict.name(),
        "p_pass": finding.p.map(|p| p.0),
        "p_fail": finding.p.map(|p| p.1),
        "fail_level": finding.fail_level,
        "reason": finding.reason,
    })
}
