//! `groundgate compare`: runs against a base, paired by question, metric by metric.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Value, json};

use super::super::{
    args::{CompareArgs, Global},
    assemble::Loaded,
    error::CliError,
    exit_code::ExitCode,
    project, runs,
    terminal::Terminal,
    wants_json,
};
use crate::{
    gate::{Evidence, MetricComparison, Slice, Statistics, compare},
    number::{NumberFormat, Scale, Toward},
    report::{case_differences, interval_strip, sparkline, visible_line},
    stats::Estimate,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &CompareArgs,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let directory = project::runs_dir(global)?;
    let base = Loaded::new(runs::open(&directory, &args.base)?)?;
    let mut documents = Vec::new();
    for name in &args.candidates {
        let candidate = Loaded::new(runs::open(&directory, name)?)?;
        let evidence = Evidence {
            candidate: &candidate.table,
            baseline: Some(&base.table),
        };
        let parts = parts(args, evidence)?;
        if wants_json(global) {
            documents.push(document(&base, &candidate, &parts));
        } else {
            terminal.print(&table(&base, &candidate, &parts));
            terminal.print(&pictures(
                &base,
                &candidate,
                &parts,
                terminal.style().unicode,
            ));
        }
    }
    if wants_json(global) {
        terminal
            .line(&json!({"schema": "groundgate.compare/1", "comparisons": documents}).to_string());
    }
    Ok(ExitCode::Done)
}

/// Overall first, then slice by slice.
type Parts = Vec<(Option<Slice>, Vec<MetricComparison>)>;

fn parts(args: &CompareArgs, evidence: Evidence<'_>) -> Result<Parts, CliError> {
    for name in &args.metric {
        if !evidence.candidate.columns.contains_key(name) {
            let known: Vec<&str> = evidence
                .candidate
                .columns
                .keys()
                .map(String::as_str)
                .collect();
            return Err(CliError::usage(format!("the runs do not measure `{name}`"))
                .with_help(format!("they measure {}", known.join(", "))));
        }
    }
    let statistics = Statistics::default();
    let chosen = |slice: Option<&Slice>| -> Vec<MetricComparison> {
        let all = compare(&statistics, evidence, slice).into_iter();
        all.filter(|one| args.metric.is_empty() || args.metric.contains(&one.metric.name))
            .collect()
    };
    let values: BTreeSet<&String> = match &args.by {
        None => BTreeSet::new(),
        Some(tag) => evidence
            .candidate
            .cases
            .iter()
            .filter_map(|case| case.tags.get(tag))
            .collect(),
    };
    if let (Some(tag), true) = (&args.by, values.is_empty()) {
        return Err(CliError::usage(format!("no case has the tag `{tag}`")));
    }
    let slices = values.into_iter().map(|value| {
        let tag = args.by.clone().unwrap_or_default();
        let slice = Slice {
            tag,
            value: value.clone(),
        };
        let comparisons = chosen(Some(&slice));
        (Some(slice), comparisons)
    });
    Ok(std::iter::once((None, chosen(None)))
        .chain(slices)
        .collect())
}

fn table(base: &Loaded, candidate: &Loaded, parts: &Parts) -> String {
    let name = |loaded: &Loaded| {
        let header = loaded.reader.header();
        format!("{} ({})", visible_line(&header.copilot_name), header.run_id)
    };
    let mut text = format!(
        "{} against {}: paired, {} cases, 95 % one-sided bounds\n",
        name(candidate),
        name(base),
        candidate.table.cases.len()
    );
    let _written = writeln!(
        text,
        "  {:<20} {:>9} {:>9} {:>9}  {:<18} {:>4} {:>4} {:>4}",
        "", "base", "candidate", "diff", "bounds", "wins", "ties", "loss"
    );
    for (slice, comparisons) in parts {
        if let Some(slice) = slice {
            let _written = writeln!(
                text,
                "{}={}",
                visible_line(&slice.tag),
                visible_line(&slice.value)
            );
        }
        for comparison in comparisons {
            text.push_str(&row(comparison));
        }
    }
    text
}

/// Differences of scores as intervals around zero, and how the cases are spread around it.
fn pictures(base: &Loaded, candidate: &Loaded, parts: &Parts, unicode: bool) -> String {
    let overall = parts
        .first()
        .map(|(_, comparisons)| comparisons.as_slice())
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
        let strip = interval_strip(
            (estimate.lower, estimate.point, estimate.upper),
            reach,
            unicode,
        );
        let differences = case_differences(&candidate.table, &base.table, &one.metric.name);
        let cases = sparkline(&differences, 1.0, unicode);
        let line = format!("  {:<20} {strip}   {cases}", visible_line(&one.metric.name));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(comparison: &MetricComparison) -> String {
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
        "  {:<20} {:>9} {:>9} {difference:>9}  {bounds:<18} {wins:>4} {ties:>4} {losses:>4}\n",
        visible_line(&comparison.metric.name),
        mean(&comparison.baseline),
        mean(&comparison.candidate),
    )
}

fn document(base: &Loaded, candidate: &Loaded, parts: &Parts) -> Value {
    let parts = parts.iter().flat_map(|(slice, comparisons)| {
        comparisons.iter().map(move |one| {
            let (wins, ties, losses) = one.wins_ties_losses;
            json!({
                "slice": slice.as_ref().map(|slice| format!("{}={}", slice.tag, slice.value)),
                "metric": one.metric.name,
                "instrument": one.instrument_name,
                "base": one.baseline,
                "candidate": one.candidate,
                "difference": one.difference,
                "counts": one.counts,
                "wins": wins, "ties": ties, "losses": losses,
            })
        })
    });
    json!({
        "base": base.reader.header().run_id,
        "candidate": candidate.reader.header().run_id,
        "metrics": parts.collect::<Vec<_>>(),
    })
}
