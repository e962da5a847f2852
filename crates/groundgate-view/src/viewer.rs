//! What all pages are made from: records, comparisons that are kept, labels, and who decides.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::StatusCode;
use groundgate_record::Reader;
use groundgate_report::{AnswerReport, HtmlError};

use super::{
    comparison::Comparison,
    page::{PageError, Pages},
    session::Session,
};
use crate::label::Kind;

/// What the viewer asks of the rest of the house: everything that needs a policy or the clock.
pub trait Gatekeeper: Send + Sync {
    /// Gates a run against a baseline. The error is one line for people.
    fn compare(&self, run: &Reader, baseline: Option<&Reader>) -> Result<Comparison, String>;
    /// One trial, opened.
    fn open(&self, run: &Reader, trial: usize) -> AnswerReport;
    /// Now, RFC 3339 in UTC.
    fn now(&self) -> String;
}

/// What asks the judges; only there where the viewer may spend money.
pub trait Rejudge: Send + Sync {
    /// What it may cost and what is left, in words.
    fn price(&self, run: &Reader, trial: usize) -> String;
    /// Asks, and says what was said in a record of one trial. The error is one line for people.
    fn judge(&self, run: &Reader, trial: usize) -> Result<Reader, String>;
}

/// So many comparisons are kept; one of a million trials takes some hundred megabytes.
const COMPARISONS_KEPT: usize = 3;
/// A run with more trials is gated only when somebody asks for it.
pub(super) const GATED_UNASKED_MOST: usize = 50_000;

/// Everything that the pages are made from.
pub struct Viewer {
    pub(super) pages: Pages,
    pub(super) runs_dir: PathBuf,
    pub(super) gatekeeper: Box<dyn Gatekeeper>,
    /// What verdicts compare with, where an address does not say.
    pub(super) baseline: Option<String>,
    pub(super) labelling: Option<Mutex<Session>>,
    pub(super) rejudge: Option<Box<dyn Rejudge>>,
    kept: Mutex<Vec<(Key, Arc<Comparison>)>>,
    verdicts: Mutex<BTreeMap<Key, String>>,
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewer")
            .field("runs_dir", &self.runs_dir)
            .finish_non_exhaustive()
    }
}

/// Which comparison it is: the run and the baseline, each with what its files were when it was made.
type Key = (Version, Option<Version>);
type Version = (String, u64, Option<std::time::SystemTime>);

impl Viewer {
    /// A viewer over a folder of records.
    pub fn new(
        runs_dir: PathBuf,
        gatekeeper: Box<dyn Gatekeeper>,
        baseline: Option<String>,
        labelling: Option<Session>,
    ) -> Result<Self, HtmlError> {
        Ok(Self {
            pages: Pages::new()?,
            runs_dir,
            gatekeeper,
            baseline,
            labelling: labelling.map(Mutex::new),
            rejudge: None,
            kept: Mutex::default(),
            verdicts: Mutex::default(),
        })
    }

    /// The same, with judges that may be asked again from the pages.
    #[must_use]
    pub fn with_rejudge(mut self, rejudge: Option<Box<dyn Rejudge>>) -> Self {
        self.rejudge = rejudge;
        self
    }

    /// Opens the run of an id. Ids are looked up among the names in the folder, never joined to a path.
    pub(super) fn open(&self, run_id: &str) -> Result<Reader, PageError> {
        let found = self.records()?.into_iter().find(|(id, _)| id == run_id);
        let (_, path) =
            found.ok_or_else(|| PageError::absent(format!("There is no run {run_id}.")))?;
        Ok(Reader::open(&path)?)
    }

    /// Ids and files of all records, oldest first.
    pub(super) fn records(&self) -> Result<Vec<(String, PathBuf)>, PageError> {
        let entries = match fs::read_dir(&self.runs_dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(PageError::failed(&error)),
        };
        let mut records: Vec<(String, PathBuf)> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "sqlite"))
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
            .collect();
        records.sort();
        Ok(records)
    }

    /// A run gated against a baseline, kept for the next page.
    pub(super) fn compared(
        &self,
        run: &Reader,
        baseline: Option<&Reader>,
    ) -> Result<Arc<Comparison>, PageError> {
        let key = key(run, baseline);
        {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, comparison)) = kept.iter().find(|(one, _)| *one == key) {
                return Ok(Arc::clone(comparison));
            }
        }
        let made = self.gatekeeper.compare(run, baseline);
        let comparison = Arc::new(made.map_err(|words| PageError {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            words,
        })?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((key, Arc::clone(&comparison)));
        if kept.len() > COMPARISONS_KEPT {
            kept.remove(0);
        }
        Ok(comparison)
    }

    /// A line about the run's verdict, kept as long as the records do not change.
    pub(super) fn verdict_line(
        &self,
        run: &Reader,
        baseline: Option<&Reader>,
        line: impl Fn(&Comparison) -> String,
    ) -> Result<String, PageError> {
        let key = key(run, baseline);
        {
            let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = verdicts.get(&key) {
                return Ok(known.clone());
            }
        }
        let made = line(&*self.compared(run, baseline)?);
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.insert(key, made.clone());
        Ok(made)
    }

    /// Everything in the label log; nothing where nobody labels.
    pub(super) fn label_kinds(&self) -> Vec<Kind> {
        self.labelling.as_ref().map_or_else(Vec::new, |session| {
            let session = session.lock().unwrap_or_else(PoisonError::into_inner);
            session.log.kinds().to_vec()
        })
    }
}

fn key(run: &Reader, baseline: Option<&Reader>) -> Key {
    (version(run), baseline.map(version))
}

/// A run under way changes its write-ahead log before its file.
fn version(reader: &Reader) -> Version {
    let of = |path: &Path| fs::metadata(path).ok();
    let mut log = reader.path().as_os_str().to_owned();
    log.push("-wal");
    let (file, log) = (of(reader.path()), of(Path::new(&log)));
    let size = [&file, &log]
        .into_iter()
        .flatten()
        .map(fs::Metadata::len)
        .sum();
    let changed = [&file, &log]
        .into_iter()
        .flatten()
        .filter_map(|data| data.modified().ok())
        .max();
    (reader.header().run_id.clone(), size, changed)
}
