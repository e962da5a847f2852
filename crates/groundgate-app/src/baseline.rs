//! Which run a candidate is compared with: as the caller says, else the policy, else as was set for
//! the project.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use groundgate_gate::Policy;
use groundgate_record::{Reader, Status};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    assemble::Loaded,
    baseline_choice::{BaselineChoice, NamedBy},
    clock,
    error::AppError,
    files,
    observer::Notice,
    project::Project,
    runs,
};

const SCHEMA: &str = "groundgate.baseline/1";

/// The file beside the records that names the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema: String,
    run: String,
    /// RFC 3339.
    set_at: String,
    /// Of the run; another run under this id is not the one that was meant.
    plan: String,
    eval_set: String,
}

/// A run to compare with.
#[derive(Debug)]
pub struct Baseline {
    /// Its record.
    pub loaded: Loaded,
    /// Who says so.
    pub named_by: NamedBy,
    /// What the policy says, where the caller says otherwise.
    pub instead_of: Option<String>,
}

/// What makes a comparison with a baseline less than it seems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// They answered different questions.
    EvalSet,
    /// They asked each question more or less often.
    Attempts {
        /// The candidate's.
        candidate: u32,
        /// The baseline's.
        baseline: u32,
    },
    /// A metric was measured by another judge.
    Judge {
        /// Its name.
        metric: String,
    },
    /// The baseline does not measure a metric.
    NotMeasured {
        /// Its name.
        metric: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EvalSet => f.write_str("they answered different eval sets"),
            Self::Attempts {
                candidate,
                baseline,
            } => write!(f, "{candidate} attempts against {baseline}"),
            Self::Judge { metric } => write!(f, "{metric} was measured by another judge"),
            Self::NotMeasured { metric } => write!(f, "the baseline does not measure {metric}"),
        }
    }
}

impl App {
    /// The run that was set as the project's baseline; an error where none was.
    pub fn baseline(&self, project: &Project) -> Result<Reader, AppError> {
        set_for(&project.runs_dir)?.ok_or_else(|| {
            AppError::invalid("no baseline was set")
                .with_help("`groundgate baseline set RUN` sets one")
        })
    }

    /// Sets a complete run as the project's baseline.
    pub fn set_baseline(&self, project: &Project, run: &str) -> Result<Reader, AppError> {
        let reader = runs::open_whole(&project.runs_dir, run)?;
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
        let named = BaselineFile {
            schema: SCHEMA.to_owned(),
            run: header.run_id.clone(),
            set_at: clock::rfc3339(self.now()),
            plan: header.plan_digest.to_string(),
            eval_set: header.eval_set_digest.to_string(),
        };
        let text = serde_json::to_string_pretty(&named).map_err(AppError::internal)? + "\n";
        files::write(&path(&project.runs_dir), &text)?;
        Ok(reader)
    }

    /// What makes a comparison of two runs less than it seems.
    pub fn mismatches(candidate: &Loaded, baseline: &Loaded) -> Vec<Mismatch> {
        let (ours, theirs) = (&candidate.table, &baseline.table);
        let mut found = Vec::new();
        if ours.eval_set_digest != theirs.eval_set_digest {
            found.push(Mismatch::EvalSet);
        }
        if ours.attempts != theirs.attempts {
            found.push(Mismatch::Attempts {
                candidate: ours.attempts,
                baseline: theirs.attempts,
            });
        }
        for (name, column) in &ours.columns {
            match theirs.columns.get(name) {
                Some(other) if other.instrument == column.instrument => {}
                Some(_) => found.push(Mismatch::Judge {
                    metric: name.clone(),
                }),
                None => found.push(Mismatch::NotMeasured {
                    metric: name.clone(),
                }),
            }
        }
        found
    }

    /// The run to compare with; nothing where that is the candidate itself, which shows nothing.
    pub(crate) fn choose_baseline(
        &self,
        project: &Project,
        choice: BaselineChoice<'_>,
        policy: &Policy,
        candidate: &Loaded,
    ) -> Result<Option<Baseline>, AppError> {
        let directory = &project.runs_dir;
        let of_policy = policy.release.baseline.run.as_deref();
        let (reader, named_by) = match (choice, of_policy) {
            (BaselineChoice::Nothing, _) => return Ok(None),
            (BaselineChoice::Run(name), _) => (runs::open(directory, name)?, NamedBy::Caller),
            (BaselineChoice::Viewed(name), _) => (runs::open(directory, name)?, NamedBy::Viewer),
            (BaselineChoice::Usual, Some(name)) => {
                (runs::open_ref(directory, name)?, NamedBy::Policy)
            }
            (BaselineChoice::Usual, None) => match set_for(directory)? {
                Some(reader) => (reader, NamedBy::Project),
                None => return Ok(None),
            },
        };
        let run = reader.header().run_id.clone();
        let is_itself = run == candidate.reader.header().run_id;
        let instead_of = match named_by {
            NamedBy::Caller if is_itself => return Ok(None),
            NamedBy::Caller => of_policy.filter(|name| !is_run(directory, name, &run)),
            NamedBy::Viewer => None,
            NamedBy::Policy | NamedBy::Project => {
                if is_itself {
                    return Ok(None);
                }
                self.notice(Notice::Baseline {
                    run: &run,
                    named_by,
                });
                None
            }
        };
        Ok(Some(Baseline {
            loaded: Loaded::new(reader)?,
            named_by,
            instead_of: instead_of.map(str::to_owned),
        }))
    }
}

fn is_run(directory: &Path, name: &str, run: &str) -> bool {
    runs::open(directory, name).is_ok_and(|named| named.header().run_id == run)
}

fn path(directory: &Path) -> PathBuf {
    directory.join("baseline.json")
}

/// The run that was set, opened; none where none was.
pub(crate) fn set_for(directory: &Path) -> Result<Option<Reader>, AppError> {
    let path = path(directory);
    if !path.is_file() {
        return Ok(None);
    }
    let wrong =
        |why: String| AppError::invalid(format!("`{}` names no baseline: {why}", path.display()));
    let named: BaselineFile =
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
