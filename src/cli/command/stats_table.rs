//! What `groundgate stats` prints: a table for people, a document for machines.

use std::fmt::Write as _;

use groundgate_app::{ClusterSummary, RuleResult, ScoresSummary};
use groundgate_gate::Verdict;
use groundgate_model::number::{NumberFormat, Scale, Toward, format_count, plural};
use groundgate_report::visible_line;
use groundgate_stats::{
    Estimate, StatsError,
    interval::Clusters,
    scores::{ScoreType, Side},
};
use serde_json::{Map, Value, json};

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Candidate => "candidate",
        Side::Baseline => "baseline",
        Side::Difference => "difference",
    }
}

/// The table.
pub(super) fn text(summary: &ScoresSummary) -> String {
    let mut text = format!(
        "{}: {}, {}",
        visible_line(&summary.name),
        plural(summary.n_rows, "row"),
        plural(summary.n_cases, "case")
    );
    if let Some(clusters) = &summary.clusters {
        let _written = write!(text, ", {}", plural(clusters.n, "cluster"));
    }
    for one in &summary.sides {
        if one.n_missing > 0 && one.side != Side::Difference {
            let (n, name) = (plural(one.n_missing, "score"), side_name(one.side));
            let _written = write!(text, "; {n} of the {name} missing");
        }
    }
    let percent = 100.0 * summary.level;
    let quantity = summary
        .quantile
        .map_or_else(|| "mean".to_owned(), |q| format!("quantile {q}"));
    let bounds = format!("{} % one-sided bounds", trimmed(percent));
    let _written = writeln!(
        text,
        "\n\n  {:<10} {:>7} {:<9} {:>13}  {:<26} method (guarantee)",
        "", "n", "unit", quantity, bounds
    );
    for one in &summary.sides {
        text.push_str(&row(one.side, &one.estimate));
    }
    let clusters = summary.clusters.as_ref();
    if let Some(clusters) = clusters.and_then(|clusters| clusters.clustering.as_ref()) {
        let _written = writeln!(text, "\n  {}", clustering(clusters));
    }
    if !summary.rules.is_empty() {
        text.push('\n');
    }
    for result in &summary.rules {
        text.push_str(&sentence(result, summary));
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

fn sentence(result: &RuleResult, summary: &ScoresSummary) -> String {
    let rule = result.rule;
    let what = match (rule.side, summary.quantile) {
        (Side::Candidate | Side::Baseline, Some(q)) => {
            format!("{} quantile {q}", side_name(rule.side))
        }
        (Side::Candidate | Side::Baseline, None) => side_name(rule.side).to_owned(),
        (Side::Difference, _) => "difference to the baseline".to_owned(),
    };
    let sign = if rule.above { ">" } else { "<" };
    let evidence = match (&result.reason, result.p) {
        (Some(reason), _) => reason.clone(),
        (None, Some(p)) => {
            format!("p for pass {:.4}, for fail {:.4}", p.pass, p.fail)
        }
        (None, None) => "no numbers".to_owned(),
    };
    format!(
        "{} {}  {what} {sign} {}: {evidence}\n",
        result.verdict.glyph(),
        result.verdict,
        rule.threshold
    )
}

/// The document.
pub(super) fn json(summary: &ScoresSummary) -> Value {
    let estimates: Map<String, Value> = (summary.sides.iter())
        .map(|one| (side_name(one.side).to_owned(), of_estimate(&one.estimate)))
        .collect();
    let missing: Map<String, Value> = (summary.sides.iter())
        .map(|one| (side_name(one.side).to_owned(), Value::from(one.n_missing)))
        .collect();
    let (type_name, scale) = match summary.score_type {
        ScoreType::Binary => ("binary", Some(groundgate_stats::Scale::UNIT)),
        ScoreType::Bounded(scale) => ("fraction", Some(scale)),
        ScoreType::Ordinal(scale) => ("ordinal", Some(scale)),
        ScoreType::Amount => ("amount", None),
    };
    json!({
        "schema": "groundgate.stats/1",
        "file": summary.name,
        "type": type_name,
        "range": scale.map(|scale| [scale.low(), scale.high()]),
        "level": summary.level,
        "quantile": summary.quantile,
        "n_rows": summary.n_rows,
        "n_cases": summary.n_cases,
        "n_missing": missing,
        "clusters": summary.clusters.as_ref().map(of_clusters),
        "estimates": estimates,
        "rules": summary.rules.iter().map(of_rule).collect::<Vec<_>>(),
        "verdict": summary.verdict().map(Verdict::name),
        "warnings": summary.warnings,
    })
}

fn of_estimate(estimate: &Result<Estimate, StatsError>) -> Value {
    match estimate {
        Ok(estimate) => json!(estimate),
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn of_clusters(summary: &ClusterSummary) -> Value {
    let clusters = summary.clustering.as_ref();
    json!({
        "n": summary.n,
        "effective": clusters.map(Clusters::effective_count),
        "largest_share": clusters.map(Clusters::largest_share),
        "intraclass_correlation": clusters.and_then(Clusters::intraclass_correlation),
        "design_effect": clusters.and_then(Clusters::design_effect),
    })
}

fn of_rule(result: &RuleResult) -> Value {
    json!({
        "rule": result.rule.name,
        "of": side_name(result.rule.side),
        "threshold": result.rule.threshold,
        "passes": if result.rule.above { "above" } else { "below" },
        "verdict": result.verdict.name(),
        "p_pass": result.p.map(|p| p.pass),
        "p_fail": result.p.map(|p| p.fail),
        "fail_level": result.fail_level,
        "reason": result.reason,
    })
}
