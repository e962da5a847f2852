//! `groundgate label --export`: what people said, as a file for tools and for `judge agreement`.

use std::path::Path;

use groundgate_view::{
    answer_of,
    label::{Answer, Form, Item, Kind, agreed, answer_labels, export, labelled_items, parse},
};

use super::super::{
    args::{Global, LabelArgs, LabelForm},
    exit_code::ExitCode,
    terminal::Terminal,
};
use groundgate_app::{AppError, files, project, runs};

/// Writes the labels of a log down.
pub(super) fn run(
    global: &Global,
    args: &LabelArgs,
    path: &Path,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let kinds = parse(&files::read_text(&args.view.labels)?).map_err(AppError::invalid)?;
    let form = match args.form {
        LabelForm::Jsonl => Form::Lines,
        LabelForm::Argilla => Form::Argilla,
        LabelForm::LabelStudio => Form::LabelStudio,
        LabelForm::Mlflow => Form::Mlflow,
        LabelForm::Items => return items(&kinds, path, terminal),
    };
    let begun = labelled_items(&kinds);
    let answers = answers(global, &begun)?;
    let n_gone = begun.len() - answers.len();
    let labels = answer_labels(&kinds, answers);
    let left_out = format!(
        "{} of which not every claim is labelled, {n_gone} whose record is gone",
        begun.len() - n_gone - labels.len()
    );
    if labels.is_empty() {
        return Err(AppError::invalid(format!(
            "nobody has labelled every claim of an answer yet; left out: {left_out}"
        ))
        .with_help("`--as items` writes single claims and pairs"));
    }
    files::write(path, &export(form, &labels))?;
    terminal.note(&format!(
        "wrote labels of {} answers to {}; left out: {left_out}",
        labels.len(),
        path.display()
    ));
    Ok(ExitCode::Done)
}

/// The answers that are still there.
fn answers(global: &Global, items: &[Item]) -> Result<Vec<Answer>, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    let mut answers = Vec::new();
    for of_run in items.chunk_by(|one, next| one.run == next.run) {
        let first = of_run.first();
        let Some(run) = first.and_then(|item| runs::open(&directory, &item.run).ok()) else {
            continue;
        };
        for item in of_run {
            answers.extend(answer_of(&run, item)?);
        }
    }
    Ok(answers)
}

/// What people agree on, item by item.
fn items(kinds: &[Kind], path: &Path, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let mut text = String::new();
    let labels = agreed(kinds);
    for label in &labels {
        text += &serde_json::to_string(label).map_err(AppError::internal)?;
        text.push('\n');
    }
    files::write(path, &text)?;
    terminal.note(&format!(
        "wrote {} labels to {}",
        labels.len(),
        path.display()
    ));
    Ok(ExitCode::Done)
}
