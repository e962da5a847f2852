//! `groundgate import mlflow` and `groundgate publish mlflow`: traces in, verdicts out.

use groundgate_app::{
    AppError, Project,
    mlflow::{MlflowImport, MlflowPublish, MlflowPublishRequest},
    project,
};
use groundgate_model::number::plural;
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::{
    super::{
        args::{Global, ImportCommand, ImportMlflowArgs, PublishCommand, PublishMlflowArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    gate,
};

/// Runs `groundgate import`.
pub(crate) fn import(
    global: &Global,
    command: &ImportCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let ImportCommand::Mlflow(args) = command;
    let directory = project::runs_dir(global.config.as_deref())?;
    let made = terminal.app().import_mlflow(&args.request(directory))?;
    if wants_json(global) {
        terminal.line(&document(&made).to_string());
        return Ok(ExitCode::Done);
    }
    for line in lines(&made, args) {
        terminal.note(&visible_line(&line));
    }
    if let Some(run) = &made.run_id {
        terminal.line(run);
    }
    Ok(ExitCode::Done)
}

fn lines(made: &MlflowImport, args: &ImportMlflowArgs) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {}, {} with an answer, {} with its passages",
        made.experiment,
        plural(made.n_traces, "trace"),
        made.n_answered,
        made.n_with_passages
    )];
    lines.extend(made.lacks.iter().map(|lack| {
        format!(
            "  {:>6} {:<13} {}; {}: {}",
            lack.n, lack.name, lack.meaning, lack.example, lack.says
        )
    }));
    lines.extend(made.scores.iter().map(|(name, n)| {
        format!(
            "  {n:>6} scores of {name} by MLflow's own judges, of {}",
            made.n_traces
        )
    }));
    if let Some(file) = &args.labels {
        lines.push(format!(
            "{} of people in {}, {} without a value",
            plural(made.n_labels, "label"),
            file.display(),
            made.n_feedback_without_value
        ));
    }
    if let Some(file) = &args.output {
        lines.push(format!(
            "written to {0}: groundgate score {0}",
            file.display()
        ));
    }
    lines
}

fn document(made: &MlflowImport) -> Value {
    let lacks: Vec<Value> = made
        .lacks
        .iter()
        .map(|lack| {
            json!({"name": lack.name, "traces": lack.n, "meaning": lack.meaning,
                "example": lack.example, "says": lack.says})
        })
        .collect();
    json!({
        "schema": "groundgate.import-mlflow/1",
        "run": made.run_id,
        "experiment": made.experiment,
        "traces": made.n_traces,
        "answered": made.n_answered,
        "with_passages": made.n_with_passages,
        "lacks": lacks,
        "scores": made.scores,
        "labels": made.n_labels,
        "feedback_without_value": made.n_feedback_without_value,
    })
}

/// Runs `groundgate publish mlflow`. Whatever was decided, it is published: the exit code is that of publishing.
pub(crate) fn publish(
    global: &Global,
    command: &PublishCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let PublishCommand::Mlflow(args) = command;
    let PublishMlflowArgs {
        against,
        tracking,
        experiment,
    } = &**args;
    let project = Project::find(global.config.as_deref())?;
    let made = terminal.app().publish_mlflow(&MlflowPublishRequest {
        gate: gate::request(&project, against),
        tracking_uri: tracking.tracking_uri.as_deref(),
        experiment: experiment.as_deref(),
    })?;
    if wants_json(global) {
        terminal.line(&published(&made).to_string());
        return Ok(ExitCode::Done);
    }
    let files = if made.files.is_empty() {
        "no files: they go to a store that only MLflow's client can write".to_owned()
    } else {
        made.files.join(", ")
    };
    terminal.note(&visible_line(&format!(
        "{} is in the experiment {}: {}, {} metrics, {files}",
        made.run_id, made.experiment, made.verdict, made.n_metrics
    )));
    terminal.note(&format!(
        "{} ({} of the copilot itself) with {} of ours, read back; {} sent now",
        plural(made.n_traces, "trace"),
        made.n_linked,
        plural(made.n_assessments, "assessment"),
        made.n_sent
    ));
    terminal.line(&made.mlflow_run);
    Ok(ExitCode::Done)
}

fn published(made: &MlflowPublish) -> Value {
    json!({
        "schema": "groundgate.publish-mlflow/1",
        "run": made.run_id,
        "mlflow_run": made.mlflow_run,
        "experiment": made.experiment,
        "verdict": made.verdict.name(),
        "traces": made.n_traces,
        "linked": made.n_linked,
        "assessments": made.n_assessments,
        "metrics": made.n_metrics,
        "files": made.files,
        "sent": made.n_sent,
    })
}
