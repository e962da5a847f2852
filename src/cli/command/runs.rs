//! `groundgate runs`: what records there are, and moving them in and out.

use std::{collections::BTreeSet, path::Path};

use groundgate_formats::Want;
use groundgate_model::{
    manifest::{Manifest, Setting},
    trial::{Cell, ScoreTable},
};
use groundgate_record::{Reader, Status};
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::super::{
    args::{Global, RunsCommand},
    exit_code::ExitCode,
    reading,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{
    AppError, files,
    import::{self, ImportRequest},
    project, runs,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: RunsCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    match command {
        RunsCommand::List => list(global, &directory, terminal),
        RunsCommand::Show { run } => show(global, &runs::open_whole(&directory, &run)?, terminal),
        RunsCommand::Diff { first, second } => {
            let pair = [&first, &second].map(|name| runs::open_whole(&directory, name));
            let [first, second] = pair;
            diff(global, &first?, &second?, terminal);
            Ok(ExitCode::Done)
        }
        RunsCommand::Import(args) => {
            let request = ImportRequest {
                reading: reading::options(&args.reading, Want::Answers)?,
                file: args.file,
                name: args.name,
                metric: args.metric,
                instrument: args.instrument,
                judge: args.judge,
            };
            let summary = import::run(&terminal.app(), &request, &directory)?;
            terminal.note(&format!(
                "imported {} of {} trials as {}",
                summary.imported, summary.planned, request.name
            ));
            terminal.line(&summary.run_id);
            Ok(ExitCode::Done)
        }
        RunsCommand::Export { run, output } => {
            let text = runs::export(&runs::open_whole(&directory, &run)?)?;
            match output {
                None => terminal.print(&text),
                Some(path) => files::write(&path, &text)?,
            }
            Ok(ExitCode::Done)
        }
        RunsCommand::Rm { run, yes } => remove(&runs::open(&directory, &run)?, yes, terminal),
    }
}

fn list(global: &Global, directory: &Path, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let mut rows = Vec::new();
    for found in runs::summaries(directory)? {
        match found {
            Ok(summary) => rows.push(summary),
            Err(error) => terminal.report(&format!("{}: {error}", terminal.red("skipped"))),
        }
    }
    if wants_json(global) {
        terminal.line(&json!({"schema": "groundgate.runs/1", "runs": rows}).to_string());
        return Ok(ExitCode::Done);
    }
    if rows.is_empty() {
        terminal.note(&format!(
            "no runs in `{}`; `groundgate run` makes one",
            directory.display()
        ));
    }
    for row in rows {
        terminal.line(&format!(
            "{:<13} {:<20} {:<24} {:>11}  {:<13} {}",
            row.run,
            row.created_at,
            visible_line(&row.copilot),
            format!("{}/{}", row.finished, row.planned),
            row.status,
            visible_line(&row.eval_set),
        ));
    }
    Ok(ExitCode::Done)
}

fn show(global: &Global, reader: &Reader, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let header = reader.header();
    let table = reader.score_table()?;
    if wants_json(global) {
        let mut document = serde_json::to_value(header).map_err(AppError::internal)?;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("schema".to_owned(), json!("groundgate.run/1"));
            fields.insert("status".to_owned(), json!(reader.status()?.name()));
            fields.insert("finished".to_owned(), json!(reader.n_finished()?));
        }
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    let status = reader.status()?;
    let lines = [
        ("run", header.run_id.clone()),
        ("file", reader.path().display().to_string()),
        ("created", header.created_at.clone()),
        (
            "by",
            header
                .initiator
                .clone()
                .unwrap_or_else(|| "not said".to_owned()),
        ),
        ("status", status.name().to_owned()),
        (
            "copilot",
            format!("{} ({})", header.copilot_name, header.copilot_description),
        ),
        (
            "eval set",
            format!(
                "{} ({})",
                header.eval_set_name,
                header.eval_set_digest.short()
            ),
        ),
        (
            "trials",
            format!("{} of {}", reader.n_finished()?, table.planned()),
        ),
        ("attempts", header.attempts.to_string()),
        ("seed", header.seed.to_string()),
    ];
    for (name, value) in lines {
        terminal.line(&format!("{name:<9} {}", visible_line(&value)));
    }
    for line in metric_lines(&table) {
        terminal.line(&line);
    }
    for line in control_lines(&table) {
        terminal.line(&line);
    }
    if let Some(manifest) = &header.manifest {
        terminal.line(&format!("{:<9} {}", "manifest", manifest.digest()));
        for line in manifest_lines("", manifest) {
            terminal.line(&visible_line(&line));
        }
    }
    if status != Status::Complete {
        terminal.note(&format!(
            "go on with: groundgate run --resume {}",
            header.run_id
        ));
    }
    Ok(ExitCode::Done)
}

fn metric_lines(table: &ScoreTable) -> Vec<String> {
    let columns = table.columns.values();
    let lines = columns.map(|column| {
        let (mut scored, mut not_applicable, mut unscored) = (0, 0, 0);
        for cell in &column.cells {
            match cell {
                Cell::Scored(_) => scored += 1,
                Cell::NotApplicable => not_applicable += 1,
                Cell::Unscored(_) => unscored += 1,
            }
        }
        format!(
            "  {:<18} {scored:>5} scored {not_applicable:>5} n/a {unscored:>5} unscored   by {} {}",
            visible_line(&column.metric.name),
            visible_line(&column.instrument_name),
            column.instrument.short()
        )
    });
    lines.collect()
}

/// What controls say of each judge, under the first of its metrics.
fn control_lines(table: &ScoreTable) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let columns = table.columns.values();
    let watched = columns.filter(|column| !column.controls.is_nothing());
    let lines = watched.filter(|column| seen.insert(column.instrument));
    lines
        .map(|column| {
            let counts = &column.controls;
            format!(
                "  {:<18} controls: {} of {} calls missed easy ones; right on {} of {} supported and {} of {} other hard ones",
                visible_line(&column.metric.name),
                counts.calls_failed,
                counts.calls,
                counts.supported_right,
                counts.supported,
                counts.unsupported_right,
                counts.unsupported
            )
        })
        .collect()
}

/// Every setting by its full name: `  copilot.temperature 0.2`.
fn manifest_lines(above: &str, manifest: &Manifest) -> Vec<String> {
    let lines = manifest.settings().flat_map(|(name, setting)| {
        let name = format!("{above}{name}");
        match setting {
            Setting::Part(part) => manifest_lines(&format!("{name}."), part),
            Setting::Flag(_)
            | Setting::Count(_)
            | Setting::Number(_)
            | Setting::Text(_)
            | Setting::Written(_)
            | Setting::List(_) => vec![format!("  {name} {setting}")],
        }
    });
    lines.collect()
}

fn diff(global: &Global, first: &Reader, second: &Reader, terminal: &Terminal) {
    let (one, other) = (first.header(), second.header());
    let found = runs::difference(one, other);
    if wants_json(global) {
        let differences: Vec<Value> = (found.differences.iter())
            .map(|one| json!({"name": one.name, "first": one.first, "second": one.second, "text": one.to_string()}))
            .collect();
        terminal.line(
            &json!({
                "schema": "groundgate.runs-diff/1",
                "first": one.run_id,
                "second": other.run_id,
                "of_manifests": found.of_manifests,
                "differences": differences,
            })
            .to_string(),
        );
        return;
    }
    for header in [one, other] {
        terminal.line(&visible_line(&format!(
            "{:<13} {:<20} {}",
            header.run_id, header.created_at, header.copilot_name
        )));
    }
    for difference in &found.differences {
        terminal.line(&format!("  {}", visible_line(&difference.to_string())));
    }
    if found.differences.is_empty() {
        terminal.line("  nothing differs that could change an answer or a score");
    }
    if !found.of_manifests {
        terminal
            .note("one of them holds no manifest: prompts and parameters could not be compared");
    }
}

fn remove(reader: &Reader, yes: bool, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let path = reader.path();
    if !yes {
        return Err(
            AppError::usage(format!("this removes `{}` for good", path.display()))
                .with_help("add --yes"),
        );
    }
    groundgate_record::remove(path)?;
    terminal.note(&format!("removed {}", path.display()));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use groundgate_model::{
        trial::{Column, ControlCounts, DataType, InstrumentKind, MetricSpec, Unscored},
        unit::Digest,
    };

    use super::*;

    /// What is not applicable is no failure, and what is unscored is no score.
    #[test]
    fn what_is_scored_not_applicable_and_unscored_is_counted_apart() {
        let column = Column {
            metric: MetricSpec::score("m", DataType::Fraction),
            instrument: Digest::of(b"judge"),
            instrument_name: "judge".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cells: [
                vec![Cell::Scored(1.0); 3],
                vec![Cell::NotApplicable; 2],
                vec![Cell::Unscored(Unscored::NotRun)],
            ]
            .concat(),
            up_to: BTreeMap::new(),
            cascade: None,
            controls: ControlCounts::default(),
        };
        let table = ScoreTable {
            run_id: String::new(),
            variant: String::new(),
            eval_set_digest: Digest::of(b""),
            cases: Vec::new(),
            attempts: 1,
            repeats_itself: false,
            n_alike: 0,
            columns: BTreeMap::from([("m".to_owned(), column)]),
            looks: None,
            earlier_tries: Vec::new(),
        };
        let [line] = <[String; 1]>::try_from(metric_lines(&table)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            words[..7],
            ["m", "3", "scored", "2", "n/a", "1", "unscored"]
        );
    }
}
