//! `groundgate compare`: runs against a base, paired by question, metric by metric.

use std::fmt::Write as _;

use groundgate_app::{
    AppError, CompareRequest, CompareSummary, ComparedRun, Correction, Project, assemble::Loaded,
};
use groundgate_gate::MetricComparison;
use groundgate_model::number::{NumberFormat, Scale, Toward, plural};
use groundgate_report::{PlotInterval, case_differences, interval_plot, sparkline, visible_line};
use groundgate_stats::Estimate;
use serde_json::{Value, json};

use super::super::{
    args::{CompareArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use super::compare_files;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &CompareArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if compare_files::are_files(args) {
        return compare_files::run(global, args, terminal);
    }
    let summary = terminal.app().compare(&CompareRequest {
        project: &Project::find(global.config.as_deref())?,
        base: &args.base,
        candidates: &args.candidates,
        by: args.by.as_deref(),
        metrics: &args.metric,
    })?;
    if wants_json(global) {
        terminal.line(&document(&summary).to_string());
        return Ok(ExitCode::Done);
    }
    for run in &summary.runs {
        terminal.print(&table(&summary, run));
        terminal.print(&pictures(&summary.base, run, terminal.style().unicode));
    }
    let n_remain = summary.correction.n_remain();
    terminal.line(&format!(
        "{} made; {} after Holm's correction{}",
        plural(summary.correction.n_made(), "comparison"),
        match n_remain {
            0 => "none remains".to_owned(),
            1 => "1 remains".to_owned(),
            n => format!("{n} remain"),
        },
        if n_remain > 0 { " (*)" } else { "" }
    ));
    Ok(ExitCode::Done)
}

fn table(summary: &CompareSummary, run: &ComparedRun) -> String {
    let name = |loaded: &Loaded| {
        let header = loaded.reader.header();
        format!("{} ({})", visible_line(&header.copilot_name), header.run_id)
    };
    let mut text = format!(
        "{} against {}: paired, {} cases, 95 % one-sided bounds\n",
        name(&run.candidate),
        name(&summary.base),
        run.candidate.table.cases.len()
    );
    let _written = writeln!(
        text,
        "  {:<20} {:>9} {:>9} {:>9}  {:<18} {:>4} {:>4} {:>4}",
        "", "base", "candidate", "diff", "bounds", "wins", "ties", "loss"
    );
    for part in &run.parts {
        if let Some(slice) = &part.slice {
            let _written = writeln!(
                text,
                "{}={}",
                visible_line(&slice.tag),
                visible_line(&slice.value)
            );
        }
        for comparison in &part.metrics {
            let remains = summary.correction.keeps(comparison.p_value);
            text.push_str(&row(comparison, remains));
        }
    }
    text
}

/// Differences of scores as intervals around zero, and how the cases are spread around it.
fn pictures(base: &Loaded, run: &ComparedRun, unicode: bool) -> String {
    let overall = run.parts.first();
    let overall = overall
        .map(|part| part.metrics.as_slice())
        .unwrap_or_default();
    let drawn: Vec<(&MetricComparison, &Estimate)> = overall
        .iter()
        .filter(|one| one.metric.shown_unit().is_empty())
        .filter_map(|one| Some((one, one.difference.as_ref()?)))
        .collect();
    let ends = drawn
        .iter()
        .flat_map(|(_, estimate)| [estimate.lower, estimate.upper]);
    let reach = ends.flatten().map(f64::abs).fold(0.0_f64, f64::max);
    if reach <= 0.0 {
        return String::new();
    }
    let format = NumberFormat::new(Scale::Share, true, &[reach], None);
    let reach_text = format.bare(reach, Toward::Up);
    let mut text = format!(
        "\n  {:<20} {:^25}   {:^25}\n",
        "",
        format!("difference, up to {reach_text}"),
        "cases, up to 100 points"
    );
    for (one, estimate) in drawn {
        let strip = interval_plot(
            PlotInterval {
                lower: estimate.lower,
                point: estimate.point,
                upper: estimate.upper,
            },
            reach,
            unicode,
        );
        let differences = case_differences(&run.candidate.table, &base.table, &one.metric.name);
        let cases = sparkline(&differences, 1.0, unicode);
        let line = format!("  {:<20} {strip}   {cases}", visible_line(&one.metric.name));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(comparison: &MetricComparison, remains: bool) -> String {
    let unit = comparison.metric.shown_unit();
    let scale = Scale::of_unit(&unit);
    let mean = |estimate: &Option<Estimate>| match estimate {
        None => "—".to_owned(),
        Some(estimate) => {
            NumberFormat::plain(scale, &[estimate.point]).with_unit(estimate.point, Toward::Nearest)
        }
    };
    let (difference, bounds) = match &comparison.difference {
        None => ("—".to_owned(), "cannot be compared".to_owned()),
        Some(estimate) => {
            let format = NumberFormat::new(scale, true, &[estimate.point], None);
            (
                format.bare(estimate.point, Toward::Nearest),
                format.interval(estimate.lower, estimate.upper),
            )
        }
    };
    let (wins, ties, losses) = comparison.wins_ties_losses;
    format!(
        "  {:<20} {:>9} {:>9} {difference:>9}  {bounds:<18} {wins:>4} {ties:>4} {losses:>4}{}\n",
        visible_line(&comparison.metric.name),
        mean(&comparison.baseline),
        mean(&comparison.candidate),
        if remains { " *" } else { "" },
    )
}

fn document(summary: &CompareSummary) -> Value {
    let comparisons = summary.runs.iter().map(|run| {
        let metrics = run.parts.iter().flat_map(|part| {
            let slice = part.slice.as_ref();
            let slice = slice.map(|slice| format!("{}={}", slice.tag, slice.value));
            let rows = part.metrics.iter();
            rows.map(move |one| metric(one, slice.as_deref(), &summary.correction))
        });
        json!({
            "base": summary.base.reader.header().run_id,
            "candidate": run.candidate.reader.header().run_id,
            "metrics": metrics.collect::<Vec<_>>(),
        })
    });
    json!({
        "schema": "groundgate.compare/1",
        "comparisons": comparisons.collect::<Vec<_>>(),
        "comparisons_made": summary.correction.n_made(),
        "remain_after_holm": summary.correction.n_remain(),
    })
}

fn metric(one: &MetricComparison, slice: Option<&str>, correction: &Correction) -> Value {
    let (wins, ties, losses) = one.wins_ties_losses;
    json!({
        "slice": slice,
        "metric": one.metric.name,
        "instrument": one.instrument_name,
        "base": one.baseline,
        "candidate": one.candidate,
        "difference": one.difference,
        "p_value": one.p_value,
        "remains_after_holm": correction.keeps(one.p_value),
        "counts": one.counts,
        "wins": wins, "ties": ties, "losses": losses,
    })
}
