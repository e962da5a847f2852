//! `groundgate score`: a file of answers, judged at once.

use std::fmt::Write as _;

use groundgate_app::{
    AppError, ScoreFileRequest, ScoredFile, ScoredMetric, Source, WorstAnswer, files,
};
use groundgate_formats::Want;
use groundgate_model::number::{NumberFormat, Scale, Toward, plural};
use groundgate_report::visible_line;

use super::super::{
    args::{Global, ScoreArgs},
    exit_code::ExitCode,
    reading,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ScoreArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let options = reading::options(&args.reading, Want::Answers)?;
    let app = terminal.app();
    if args.reading.save_mapping.is_some() {
        reading::save(&args.reading, &app.read_rows(&args.file, &options)?)?;
    }
    let scored = app.score_file(&ScoreFileRequest {
        source: Source {
            name: &args.file.display().to_string(),
            bytes: &files::read(&args.file)?,
        },
        reading: &options,
        n_worst: args.worst,
    })?;
    if wants_json(global) {
        terminal.line(&scored.document().to_string());
    } else {
        terminal.print(&text(&scored));
    }
    Ok(ExitCode::Done)
}

fn text(scored: &ScoredFile) -> String {
    let mut text = format!(
        "{}: {} to {}\n\n",
        visible_line(&scored.file),
        plural(scored.n_answers, "answer"),
        plural(scored.n_cases, "question")
    );
    for metric in &scored.metrics {
        text.push_str(&metric_line(metric));
    }
    text.push_str("  by the embedded judge: it compares words, numbers and negations, and is no language model\n");
    for (n, what) in [
        (scored.n_absent, "have no answer and count against it"),
        (
            scored.n_without_passages,
            "come without passages and cannot be judged",
        ),
    ] {
        if n > 0 {
            let _written = writeln!(text, "  {n} of {} {what}", scored.n_answers);
        }
    }
    if !scored.worst.is_empty() {
        text.push_str("\nleast grounded\n");
    }
    for answer in &scored.worst {
        text.push_str(&worst(answer));
    }
    text.push_str(&next(scored));
    text
}

fn metric_line(metric: &ScoredMetric) -> String {
    let counts = format!(
        "{} scored, {} without a statement, {} missing",
        metric.n_scored, metric.n_not_applicable, metric.n_missing
    );
    match &metric.estimate {
        Ok(estimate) if metric.n_scored > 0 => {
            let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
                .into_iter()
                .flatten()
                .collect();
            let format = NumberFormat::new(Scale::Share, false, &values, None);
            format!(
                "  {:<14} {:>7} {:<16} {counts}\n",
                metric.name,
                format.with_unit(estimate.point, Toward::Nearest),
                format.interval(estimate.lower, estimate.upper)
            )
        }
        Ok(_) => format!(
            "  {:<14} {:>7} {:<16} {counts}\n",
            metric.name, "–", "no data"
        ),
        Err(error) => format!("  {:<14} {error}; {counts}\n", metric.name),
    }
}

fn worst(answer: &WorstAnswer) -> String {
    format!(
        "  {}  {} of {} supported: {}\n      \u{201c}{}\u{201d}: {}\n",
        visible_line(&answer.id),
        answer.n_supported,
        plural(answer.n_claims, "statement"),
        cut(&answer.question, 70),
        cut(&answer.statement, 110),
        cut(&answer.why, 110)
    )
}

fn cut(text: &str, n: usize) -> String {
    let line = visible_line(text);
    if line.chars().count() <= n {
        return line;
    }
    line.chars().take(n).chain(['…']).collect()
}

fn next(scored: &ScoredFile) -> String {
    if scored.n_without_passages == scored.n_answers {
        return "\nnext: name the passages, as --map passages=COLUMN\n".to_owned();
    }
    let file = visible_line(&scored.file);
    format!(
        "\nnext: groundgate compare {file} OTHER_FILE   which of two versions is better, and whether that is shown\n"
    )
}
