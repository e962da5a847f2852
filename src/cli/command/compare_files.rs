//! `groundgate compare FILE_A FILE_B`: which answers are better, and whether that is shown.

use std::{fmt::Write as _, path::Path};

use groundgate_app::{AppError, FileComparison, FileMetric, FilesRequest, Source, files};
use groundgate_formats::Want;
use groundgate_model::number::{NumberFormat, Scale, Toward, plural};
use groundgate_report::visible_line;

use super::super::{
    args::{CompareArgs, Global},
    exit_code::ExitCode,
    reading,
    terminal::Terminal,
    wants_json,
};

/// Whether files are named, not runs.
pub(super) fn are_files(args: &CompareArgs) -> bool {
    Path::new(&args.base).is_file()
}

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &CompareArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let [candidate] = args.candidates.as_slice() else {
        return Err(AppError::usage("files are compared two at a time"));
    };
    if args.by.is_some() || !args.metric.is_empty() {
        return Err(AppError::usage("--by and --metric are for runs")
            .with_help("make runs of the files by `groundgate runs import`"));
    }
    let comparison = terminal.app().compare_files(&FilesRequest {
        base: Source {
            name: &args.base,
            bytes: &files::read(Path::new(&args.base))?,
        },
        candidate: Source {
            name: candidate,
            bytes: &files::read(Path::new(candidate))?,
        },
        reading: &reading::options(&args.reading, Want::Answers)?,
    })?;
    if wants_json(global) {
        terminal.line(&comparison.document().to_string());
    } else {
        terminal.print(&text(&comparison));
    }
    Ok(ExitCode::Done)
}

fn text(comparison: &FileComparison) -> String {
    let [base, candidate] = comparison.files.each_ref().map(|file| visible_line(file));
    let mut text = format!(
        "{candidate} against {base}: {} in both, paired\n",
        plural(comparison.n_both, "question")
    );
    for (n, file) in comparison.n_only.iter().zip(&comparison.files) {
        if *n > 0 {
            let _written = writeln!(text, "  {n} only in {} are left out", visible_line(file));
        }
    }
    let _written = write!(
        text,
        "\n  {:<20} {:>9} {:>9} {:>9}  95 % one-sided bounds\n",
        "", "first", "second", "diff"
    );
    for metric in &comparison.metrics {
        text.push_str(&row(metric));
    }
    text.push('\n');
    for metric in comparison.metrics.iter().filter(|metric| metric.is_judged) {
        text.push_str(&sentence(metric, &candidate));
    }
    let _written = write!(
        text,
        "\nnext: groundgate score {candidate}   which answers are not grounded, and why\n"
    );
    text
}

/// Shares of 1 as percent, marks as numbers.
fn scale(metric: &FileMetric) -> Scale<'static> {
    if metric.width > 1.0 {
        Scale::Amount("")
    } else {
        Scale::Share
    }
}

fn row(metric: &FileMetric) -> String {
    let means: Vec<f64> = metric.means.into_iter().flatten().collect();
    let format = NumberFormat::new(scale(metric), false, &means, None);
    let [first, second] = metric.means.map(|mean| {
        mean.map_or_else(
            || "–".to_owned(),
            |mean| format.with_unit(mean, Toward::Nearest),
        )
    });
    let missing = match metric.n_missing {
        0 => String::new(),
        n => format!("   {} without a score", plural(n, "pair")),
    };
    match &metric.difference {
        Ok(estimate) if !means.is_empty() => {
            let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
                .into_iter()
                .flatten()
                .collect();
            let format = NumberFormat::new(scale(metric), true, &values, None);
            format!(
                "  {:<20} {first:>9} {second:>9} {:>9}  {}{missing}\n",
                visible_line(&metric.name),
                format.bare(estimate.point, Toward::Nearest),
                format.interval(estimate.lower, estimate.upper)
            )
        }
        Ok(_) => format!("  {:<20} no data{missing}\n", visible_line(&metric.name)),
        Err(error) => format!("  {:<20} {error}{missing}\n", visible_line(&metric.name)),
    }
}

fn sentence(metric: &FileMetric, candidate: &str) -> String {
    let name = &metric.name;
    let scored = metric.means.iter().any(Option::is_some);
    let Some(estimate) = metric.difference.as_ref().ok().filter(|_| scored) else {
        return format!("{name}: nothing can be said\n");
    };
    let shown = |value: f64| {
        let format = NumberFormat::new(scale(metric), true, &[value], None);
        format.with_unit(value, Toward::Nearest)
    };
    match (estimate.lower, estimate.upper) {
        (Some(lower), _) if lower > 0.0 => {
            format!(
                "{name}: {candidate} is better, by at least {}\n",
                shown(lower)
            )
        }
        (_, Some(upper)) if upper < 0.0 => {
            format!(
                "{name}: {candidate} is worse, by at least {}\n",
                shown(-upper)
            )
        }
        (Some(lower), Some(upper)) => format!(
            "{name}: no difference is shown; it may be {} to {}\n",
            shown(lower),
            shown(upper)
        ),
        _ => format!("{name}: no difference is shown\n"),
    }
}
