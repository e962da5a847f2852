//! `groundgate compare`: runs against a base, paired by question, metric by metric.

use std::{collections::BTreeSet, fmt::Write as _};

use groundgate_gate::{Evidence, MetricComparison, Slice, Statistics, compare};
use groundgate_model::number::{NumberFormat, Scale, Toward, plural};
use groundgate_report::{case_differences, interval_strip, sparkline, visible_line};
use groundgate_stats::{Estimate, holm};
use serde_json::{Value, json};

use super::super::{
    args::{CompareArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{AppError, assemble::Loaded, project, runs};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &CompareArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    let base = Loaded::new(runs::open(&directory, &args.base)?)?;
    let mut all: Vec<(Loaded, Parts)> = Vec::new();
    for name in &args.candidates {
        let candidate = Loaded::new(runs::open(&directory, name)?)?;
        let evidence = Evidence {
            candidate: &candidate.table,
            baseline: Some(&base.table),
        };
        let parts = parts(args, evidence)?;
        all.push((candidate, parts));
    }
    let holm = Holm::over(all.iter().map(|(_, parts)| parts));
    if wants_json(global) {
        let documents: Vec<Value> = all
            .iter()
            .map(|(candidate, parts)| document(&base, candidate, parts, &holm))
            .collect();
        let document = json!({"schema": "groundgate.compare/1", "comparisons": documents,
            "comparisons_made": holm.made, "remain_after_holm": holm.n_remain()});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    for (candidate, parts) in &all {
        terminal.print(&table(&base, candidate, parts, &holm));
        let unicode = terminal.style().unicode;
        terminal.print(&pictures(&base, candidate, parts, unicode));
    }
    terminal.line(&format!(
        "{} made; {} after Holm's correction{}",
        plural(holm.made, "comparison"),
        match holm.n_remain() {
            0 => "none remains".to_owned(),
            1 => "1 remains".to_owned(),
            n => format!("{n} remain"),
        },
        if holm.n_remain() > 0 { " (*)" } else { "" }
    ));
    Ok(ExitCode::Done)
}

/// Holm's correction over every comparison that a command makes: whoever looks at many differences
/// finds some by luck.
struct Holm {
    made: usize,
    /// The largest p-value that remains; none remains without.
    largest: Option<f64>,
    p_values: Vec<f64>,
}

impl Holm {
    fn over<'a>(all: impl Iterator<Item = &'a Parts>) -> Self {
        let comparisons = all.flatten().flat_map(|(_, comparisons)| comparisons);
        let p_values: Vec<f64> = comparisons.filter_map(|one| one.p_value).collect();
        let adjusted = holm(&p_values, Statistics::default().alpha_fail);
        let remain = p_values
            .iter()
            .zip(adjusted)
            .filter(|(_, one)| one.rejected);
        Self {
            made: p_values.len(),
            largest: remain.map(|(p, _)| *p).reduce(f64::max),
            p_values,
        }
    }

    /// Whether a comparison remains: Holm's procedure keeps the smallest p-values.
    fn keeps(&self, p: Option<f64>) -> bool {
        p.zip(self.largest).is_some_and(|(p, largest)| p <= largest)
    }

    fn n_remain(&self) -> usize {
        self.p_values
            .iter()
            .filter(|p| self.keeps(Some(**p)))
            .count()
    }
}

/// Overall first, then slice by slice.
type Parts = Vec<(Option<Slice>, Vec<MetricComparison>)>;

fn parts(args: &CompareArgs, evidence: Evidence<'_>) -> Result<Parts, AppError> {
    for name in &args.metric {
        if !evidence.candidate.columns.contains_key(name) {
            let known: Vec<&str> = evidence
                .candidate
                .columns
                .keys()
                .map(String::as_str)
                .collect();
            return Err(AppError::usage(format!("the runs do not measure `{name}`"))
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
        return Err(AppError::usage(format!("no case has the tag `{tag}`")));
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

fn table(base: &Loaded, candidate: &Loaded, parts: &Parts, holm: &Holm) -> String {
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
            text.push_str(&row(comparison, holm.keeps(comparison.p_value)));
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

fn document(base: &Loaded, candidate: &Loaded, parts: &Parts, holm: &Holm) -> Value {
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
                "p_value": one.p_value,
                "remains_after_holm": holm.keeps(one.p_value),
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
