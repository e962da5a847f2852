//! `groundgate baseline`: which run candidates are compared with where nobody names one.

use std::path::{Path, PathBuf};

use groundgate_gate::Policy;
use groundgate_record::{Reader, Status};
use groundgate_report::visible_line;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{
        args::{BaselineCommand, CompareArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    compare,
};
use groundgate_app::{AppError, assemble::Loaded, clock, files, project, runs};

const SCHEMA: &str = "groundgate.baseline/1";

/// The file beside the records that names the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    schema: String,
    run: String,
    /// RFC 3339.
    set_at: String,
    /// Of the run; another run under this id is not the one that was meant.
    plan: String,
    eval_set: String,
}

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &BaselineCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    match command {
        BaselineCommand::Show => show(global, &directory, terminal),
        BaselineCommand::Set { run } => set(&directory, run, terminal),
        BaselineCommand::Diff { run } => diff(global, &directory, run, terminal),
    }
}

/// The run that was set, opened; none where none was.
pub(crate) fn open(directory: &Path) -> Result<Option<Reader>, AppError> {
    let path = path(directory);
    if !path.is_file() {
        return Ok(None);
    }
    let wrong =
        |why: String| AppError::invalid(format!("`{}` names no baseline: {why}", path.display()));
    let named: Named =
        serde_json::from_slice(&files::read(&path)?).map_err(|error| wrong(error.to_string()))?;
    if named.schema != SCHEMA {
        return Err(wrong(format!("its schema is not `{SCHEMA}`")));
    }
    let reader = runs::open(directory, &named.run)?;
    let header = reader.header();
    let is_it = header.plan_digest.to_string() == named.plan
        && header.eval_set_digest.to_string() == named.eval_set;
    if is_it {
        Ok(Some(reader))
    } else {
        Err(wrong(format!(
            "run `{}` is another one than was set",
            named.run
        )))
    }
}

/// A run to compare with, and who says so.
pub(crate) struct Base {
    pub(crate) loaded: Loaded,
    pub(crate) named_by: &'static str,
    /// What the policy says, where the command line says otherwise.
    pub(crate) instead_of: Option<String>,
}

/// The run to compare with: as the command line says, else the policy, else `baseline set`. Only the
/// command line can compare a run with itself.
pub(crate) fn choose(
    directory: &Path,
    (written, policy): (Option<&str>, &Policy),
    candidate: &Loaded,
    terminal: &Terminal,
) -> Result<Option<Base>, AppError> {
    let of_policy = policy.outside.baseline.run.as_deref();
    let (reader, named_by) = match (written, of_policy) {
        (Some(name), _) => (runs::open(directory, name)?, "--baseline"),
        (None, Some(name)) => (runs::open_ref(directory, name)?, "the policy"),
        (None, None) => match open(directory)? {
            Some(reader) => (reader, "groundgate baseline set"),
            None => return Ok(None),
        },
    };
    let run = reader.header().run_id.clone();
    if written.is_none() {
        if run == candidate.reader.header().run_id {
            return Ok(None);
        }
        let run = visible_line(&run);
        terminal.note(&format!(
            "against the baseline that {named_by} names: {run}"
        ));
    }
    let is_other = |name: &&str| {
        let named = runs::open(directory, name).ok();
        named.is_none_or(|named| named.header().run_id != run)
    };
    Ok(Some(Base {
        instead_of: (written.and(of_policy)).filter(is_other).map(str::to_owned),
        loaded: Loaded::new(reader)?,
        named_by,
    }))
}

fn path(directory: &Path) -> PathBuf {
    directory.join("baseline.json")
}

fn set(directory: &Path, name: &str, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let reader = runs::open(directory, name)?;
    let status = reader.status()?;
    if status != Status::Complete {
        return Err(AppError::invalid(format!(
            "run `{}` is {} and not complete: nothing can be compared with it",
            reader.header().run_id,
            status.name()
        ))
        .with_help("`groundgate run --resume` completes it"));
    }
    let header = reader.header();
    let named = Named {
        schema: SCHEMA.to_owned(),
        run: header.run_id.clone(),
        set_at: clock::rfc3339(terminal.now()),
        plan: header.plan_digest.to_string(),
        eval_set: header.eval_set_digest.to_string(),
    };
    let text = serde_json::to_string_pretty(&named).map_err(AppError::internal)? + "\n";
    files::write(&path(directory), &text)?;
    terminal.line(&format!(
        "the baseline is {} ({})",
        visible_line(&header.run_id),
        visible_line(&header.copilot_name)
    ));
    Ok(ExitCode::Done)
}

fn none() -> AppError {
    AppError::invalid("no baseline was set").with_help("`groundgate baseline set RUN` sets one")
}

fn show(global: &Global, directory: &Path, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let reader = open(directory)?.ok_or_else(none)?;
    let header = reader.header();
    let document = json!({
        "schema": "groundgate.baseline-shown/1",
        "run": header.run_id,
        "copilot": header.copilot_name,
        "made": header.created_at,
        "eval_set": header.eval_set_digest.to_string(),
        "attempts": header.attempts,
    });
    if wants_json(global) {
        terminal.line(&document.to_string());
    } else {
        terminal.line(&format!(
            "{}  {}, made {}, eval set {} {}, {} attempts",
            visible_line(&header.run_id),
            visible_line(&header.copilot_name),
            visible_line(&header.created_at),
            visible_line(&header.eval_set_name),
            header.eval_set_digest.short(),
            header.attempts
        ));
    }
    Ok(ExitCode::Done)
}

/// Whether a run can be compared with the baseline, and how it compares.
fn diff(
    global: &Global,
    directory: &Path,
    run: &str,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let base = Loaded::new(open(directory)?.ok_or_else(none)?)?;
    let candidate = Loaded::new(runs::open(directory, run)?)?;
    for oddity in oddities(&base, &candidate) {
        terminal.report(&format!("note: {}", visible_line(&oddity)));
    }
    let args = CompareArgs {
        base: base.reader.header().run_id.clone(),
        candidates: vec![candidate.reader.header().run_id.clone()],
        by: None,
        metric: Vec::new(),
    };
    compare::run(global, &args, terminal)
}

fn oddities(base: &Loaded, candidate: &Loaded) -> Vec<String> {
    let (ours, theirs) = (&candidate.table, &base.table);
    let mut found = Vec::new();
    if ours.eval_set_digest != theirs.eval_set_digest {
        found.push("they answered different eval sets".to_owned());
    }
    if ours.attempts != theirs.attempts {
        found.push(format!(
            "{} attempts against {}",
            ours.attempts, theirs.attempts
        ));
    }
    let other_judge = ours.columns.iter().filter(|(name, column)| {
        theirs
            .columns
            .get(*name)
            .is_some_and(|other| other.instrument != column.instrument)
    });
    found.extend(other_judge.map(|(name, _)| format!("{name} was measured by another judge")));
    let missing = ours
        .columns
        .keys()
        .filter(|name| !theirs.columns.contains_key(*name));
    found.extend(missing.map(|name| format!("the baseline does not measure {name}")));
    found
}
