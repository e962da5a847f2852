//! Where records live, and how a run is named: its id, the beginning of it, or `latest`.

mod lines;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use groundgate_model::{
    manifest::{Difference, Manifest, differences},
    trial::Cell,
    unit::Digest,
};
use groundgate_record::{
    Header, Reader, RecordError, Status, sequence, sequence_file, sequence_finished,
};

pub use lines::{RunSummary, export, summaries};

use crate::{error::AppError, git::Git};

/// The name of the run that was begun last.
const LATEST: &str = "latest";

/// All records of a folder, oldest first.
pub fn list(directory: &Path) -> Result<Vec<PathBuf>, AppError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("failed to read runs folder `{}`", directory.display());
            return Err(AppError::invalid(what).because(error));
        }
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "sqlite"))
        .collect();
    found.sort();
    // As an earlier groundgate left it that was killed before its run began: nobody's record.
    found.retain(|path| !matches!(Reader::open(path), Err(RecordError::Empty { .. })));
    Ok(found)
}

/// The record's file of a new run.
pub fn path(directory: &Path, run_id: &str) -> PathBuf {
    directory.join(format!("{run_id}.sqlite"))
}

/// The finished runs of a plan, oldest first, with those whose records were taken away; records that cannot be read
/// are nobody's.
pub fn finished_with_plan(directory: &Path, plan: Digest) -> Result<Vec<String>, AppError> {
    let readers = list(directory)?
        .into_iter()
        .filter_map(|path| Reader::open(&path).ok());
    let finished = readers.filter(|reader| {
        reader.header().plan_digest == plan
            && matches!(reader.status(), Ok(Status::Complete | Status::Decided))
    });
    let mut ids: BTreeSet<String> = finished
        .map(|reader| reader.header().run_id.clone())
        .collect();
    for name in sequence_finished(directory, plan)? {
        ids.insert(name.trim_end_matches(".sqlite").to_owned());
    }
    Ok(ids.into_iter().collect())
}

/// Opens the run that `name` means: a file, an id, the beginning of one, or `latest`.
pub fn open(directory: &Path, name: &str) -> Result<Reader, AppError> {
    let as_file = Path::new(name);
    if name.ends_with(".sqlite") && as_file.is_file() {
        return Ok(Reader::open(as_file)?);
    }
    if name == LATEST {
        return latest(directory);
    }
    let all = list(directory)?;
    let id = |path: &Path| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let beginning = name.to_uppercase();
    let matching = all.iter();
    let matching: Vec<&PathBuf> = matching
        .filter(|path| id(path).is_some_and(|id| id.starts_with(&beginning)))
        .collect();
    match matching.as_slice() {
        [only] => open_named(only),
        [] => Err(no_run(directory, name)),
        several => {
            let names: Vec<String> = several.iter().filter_map(|path| id(path)).collect();
            Err(AppError::invalid(format!(
                "`{name}` could be {}",
                names.join(", ")
            )))
        }
    }
}

/// Opens the run that `name` means, if it is what it was when it was sealed.
pub fn open_whole(directory: &Path, name: &str) -> Result<Reader, AppError> {
    let reader = open(directory, name)?;
    reader.seal()?;
    Ok(reader)
}

/// The run that was begun last on this machine, as the folder's sequence says: neither names nor clocks
/// are believed, and a record or a sequence that git tracks could be the change's own.
fn latest(directory: &Path) -> Result<Reader, AppError> {
    let path = match begun_last(directory)? {
        Some(path) => path,
        None => match list(directory)?.as_slice() {
            [] => return Err(no_run(directory, LATEST)),
            [only] => only.clone(),
            _ => {
                return Err(AppError::invalid(format!(
                    "which run of `{}` is the latest cannot be told: none of them was begun here",
                    directory.display()
                ))
                .with_help("name the run: `groundgate runs list` shows them"));
            }
        },
    };
    let git = Git::in_folder(directory);
    for file in [&path, &sequence_file(directory)] {
        if git.tracks(file)? {
            return Err(AppError::invalid(format!(
                "`{}` is tracked by git: a commit could have brought it, so it is not the latest run",
                file.display()
            ))
            .with_help("name the run that was made here, by its id; `groundgate run --id-file FILE` writes it"));
        }
    }
    open_named(&path)
}

/// Opens the record of a folder whose file is named after it: another's under its name is not the run that was meant.
fn open_named(path: &Path) -> Result<Reader, AppError> {
    let reader = Reader::open(path)?;
    let run = &reader.header().run_id;
    if path.file_stem().is_some_and(|stem| stem == run.as_str()) {
        return Ok(reader);
    }
    Err(AppError::invalid(format!(
        "`{}` holds run `{run}`, not the one it is named after",
        path.display()
    ))
    .with_help("name the file itself where that is meant"))
}

/// The last record of the sequence that is still there.
fn begun_last(directory: &Path) -> Result<Option<PathBuf>, AppError> {
    let names = sequence(directory)?.into_iter().rev();
    let mut paths = names.map(|name| directory.join(name));
    Ok(paths.find(|path| {
        path.parent() == Some(directory)
            && path.is_file()
            && !matches!(Reader::open(path), Err(RecordError::Empty { .. }))
    }))
}

fn no_run(directory: &Path, name: &str) -> AppError {
    AppError::invalid(format!(
        "there is no run `{name}` in `{}`",
        directory.display()
    ))
    .with_help("`groundgate runs list` shows what there is; `groundgate run` makes one")
}

/// What two runs do not share.
#[derive(Debug)]
pub struct RunDifference {
    /// Whether both records hold all settings; else only what their headers say was compared.
    pub of_manifests: bool,
    /// By name, in the order of the names.
    pub differences: Vec<Difference>,
}

/// What changed from the first run to the second.
pub fn difference(first: &Header, second: &Header) -> RunDifference {
    let (of_manifests, differences) = match (&first.manifest, &second.manifest) {
        (Some(one), Some(other)) => {
            let version = |all: &Manifest, header: &Header| {
                all.clone()
                    .with("groundgate", header.tool_version.as_str())
                    .with_some("git-revision", header.git_revision.as_deref())
            };
            (
                true,
                differences(&version(one, first), &version(other, second)),
            )
        }
        _ => (false, differences(&of_header(first), &of_header(second))),
    };
    RunDifference {
        of_manifests,
        differences,
    }
}

/// What the header says by itself.
fn of_header(header: &Header) -> Manifest {
    let judges = header.metrics.iter().fold(Manifest::default(), |all, one| {
        let judge = Manifest::default()
            .with("name", one.instrument_name.as_str())
            .with("digest", one.instrument);
        all.with(&one.metric.name, judge)
    });
    Manifest::default()
        .with("groundgate", header.tool_version.as_str())
        .with_some("git-revision", header.git_revision.as_deref())
        .with(
            "copilot",
            Manifest::default()
                .with("name", header.copilot_name.as_str())
                .with("description", header.copilot_description.as_str()),
        )
        .with(
            "eval-set",
            Manifest::default()
                .with("name", header.eval_set_name.as_str())
                .with("digest", header.eval_set_digest),
        )
        .with("attempts", header.attempts)
        .with("seed", header.seed)
        .with("judges", judges)
}

/// Opens the run that a policy's `[baseline]` names.
pub fn open_ref(directory: &Path, name: &str) -> Result<Reader, AppError> {
    open(directory, name).map_err(|error| {
        error.with_help(
            "the policy's `[baseline] ref` names it: bring its record here, or name another run with --baseline",
        )
    })
}

/// The value of a cell that has one.
pub const fn score_of(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use groundgate_record::Writer;

    use super::*;
    use crate::{
        ErrorClass,
        test_values::{Folder, Scripted, eval_set, parts, planned},
    };

    /// A record of an id, with a status.
    fn record(folder: &Folder, id: &str, status: Status) -> PathBuf {
        let (eval_set, copilot) = (eval_set(1), Scripted::default());
        let (plan, mut header) = planned(parts(&eval_set, &copilot, 1), 0);
        id.clone_into(&mut header.run_id);
        let path = path(folder.path(), id);
        let writer = Writer::create(&path, &header, &plan.cases).unwrap();
        writer.finish(status).unwrap();
        path
    }

    fn opened(folder: &Folder, name: &str) -> Result<String, AppError> {
        open(folder.path(), name).map(|reader| reader.header().run_id.clone())
    }

    #[test]
    fn a_run_is_named_by_its_id_its_beginning_its_file_or_as_the_latest() {
        let folder = Folder::new();
        let file = record(&folder, "01AB0000", Status::Complete);
        record(&folder, "01AC0000", Status::Complete);
        folder.write("02ZZ.txt", "no record");
        for (name, id) in [
            ("01AB0000", "01AB0000"),
            ("01ac", "01AC0000"),
            ("latest", "01AC0000"),
            (file.to_str().unwrap(), "01AB0000"),
        ] {
            assert_eq!(opened(&folder, name).unwrap(), id, "{name}");
        }
    }

    #[test]
    fn the_latest_run_is_the_one_that_was_begun_last_whatever_its_name() {
        let folder = Folder::new();
        let first = record(&folder, "05", Status::Complete);
        record(&folder, "01", Status::Complete);
        // Brought from elsewhere under a greater name.
        fs::copy(&first, folder.path().join("ZZ.sqlite")).unwrap();
        assert_eq!(opened(&folder, LATEST).unwrap(), "01");
        fs::remove_file(folder.path().join("01.sqlite")).unwrap();
        assert_eq!(opened(&folder, LATEST).unwrap(), "05");
        fs::remove_file(folder.path().join("sequence")).unwrap();
        let error = opened(&folder, LATEST).unwrap_err();
        assert!(error.to_string().contains("cannot be told"), "{error}");
        fs::remove_file(&first).unwrap();
        let error = opened(&folder, LATEST).unwrap_err().to_string();
        assert!(error.contains("not the one it is named after"), "{error}");
        fs::rename(folder.path().join("ZZ.sqlite"), first).unwrap();
        assert_eq!(
            opened(&folder, LATEST).unwrap(),
            "05",
            "the only one there is"
        );
    }

    #[test]
    fn what_git_tracks_is_not_the_latest_run() {
        for tracked in ["01.sqlite", "sequence"] {
            let folder = Folder::new();
            record(&folder, "01", Status::Complete);
            for arguments in [&["init", "-q"][..], &["add", "-f", tracked]] {
                let mut git = std::process::Command::new("git");
                let status = git.args(arguments).current_dir(folder.path()).status();
                assert!(status.unwrap().success());
            }
            let error = opened(&folder, LATEST).unwrap_err();
            assert!(error.to_string().contains("is tracked by git"), "{error}");
            assert_eq!(opened(&folder, "01").unwrap(), "01");
        }
    }

    #[test]
    fn a_beginning_that_fits_two_runs_opens_neither_and_names_both() {
        let folder = Folder::new();
        record(&folder, "01AB0000", Status::Complete);
        record(&folder, "01AC0000", Status::Complete);
        let error = opened(&folder, "01A").unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert_eq!(error.to_string(), "`01A` could be 01AB0000, 01AC0000");
    }

    #[test]
    fn a_run_that_is_not_there_is_an_error_in_any_folder() {
        let folder = Folder::new();
        let absent = folder.path().join("nowhere");
        for (directory, name) in [
            (folder.path(), "latest"),
            (folder.path(), "01A"),
            (absent.as_path(), "latest"),
            (folder.path(), "nowhere/01A.sqlite"),
        ] {
            let error = open(directory, name).err().unwrap();
            assert_eq!(error.class, ErrorClass::Invalid, "{name}");
            assert!(error.help.is_some(), "{name}");
        }
    }

    /// Also those that were decided early: each of them was a try at a verdict.
    #[test]
    fn tries_of_a_plan_are_its_finished_runs() {
        let folder = Folder::new();
        record(&folder, "01", Status::Complete);
        record(&folder, "02", Status::Decided);
        record(&folder, "03", Status::Interrupted);
        record(&folder, "04", Status::OutOfBudget);
        folder.write("05.sqlite", "no record at all");
        let plan = open(folder.path(), "01").unwrap().header().plan_digest;
        let tries = finished_with_plan(folder.path(), plan).unwrap();
        assert_eq!(tries, ["01", "02"]);
        let other = finished_with_plan(folder.path(), Digest::of(b"other")).unwrap();
        assert_eq!(other, Vec::<String>::new());
    }
}
