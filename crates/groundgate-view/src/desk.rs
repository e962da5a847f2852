//! From a path and a query to a page.

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
    again::{self, Rejudge},
    case, compare,
    comparison::Comparison,
    judges, label_page,
    labelling::Session,
    live,
    page::{Pages, Reply, Trouble, asset},
    query::Query,
    runs, slices,
};

/// What the viewer asks of the rest of the house: everything that needs a policy or the clock.
pub trait Gatekeeper: Send + Sync {
    /// Gates a run against a baseline. The error is one line for people.
    fn compare(&self, run: &Reader, baseline: Option<&Reader>) -> Result<Comparison, String>;
    /// One trial, opened.
    fn open(&self, run: &Reader, trial: usize) -> AnswerReport;
    /// Now, RFC 3339 in UTC.
    fn now(&self) -> String;
}

/// So many comparisons are kept; one of a million trials takes some hundred megabytes.
const COMPARISONS_KEPT: usize = 3;
/// A run with more trials is gated only when somebody asks for it.
pub(super) const GATED_UNASKED_MOST: usize = 50_000;

/// Everything that the pages are made from.
pub struct Desk {
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

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("runs_dir", &self.runs_dir)
            .finish_non_exhaustive()
    }
}

/// Which comparison it is: the run and the baseline, each with what its files were when it was made.
type Key = (Version, Option<Version>);
type Version = (String, u64, Option<std::time::SystemTime>);

impl Desk {
    /// A desk over a folder of records.
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

    /// The page of a path.
    pub(super) fn get(&self, page: &str, query: &Query) -> Reply {
        if let Some(asset) = asset(page) {
            return asset;
        }
        let made = match page {
            "" => runs::page(self, query),
            "verdict" => runs::verdict(self, query),
            "compare" => compare::page(self, query),
            "case" => case::page(self, query),
            "slices" => slices::page(self, query),
            "judges" => judges::page(self, query),
            "live" => live::page(self, query),
            "label" => label_page::page(self),
            "ask" => label_page::ask(self),
            _ => Err(Trouble::absent("There is no such page.")),
        };
        made.unwrap_or_else(|trouble| self.pages.trouble(&trouble))
    }

    /// What a page of ours sends.
    pub(super) fn post(&self, page: &str, body: &[u8]) -> Reply {
        let made = match page {
            "label" => label_page::answer(self, body),
            "again" => again::post(self, body),
            _ => Err(Trouble::absent("nothing takes this")),
        };
        made.unwrap_or_else(|trouble| Reply::text(trouble.status, trouble.words))
    }

    /// Opens the run of an id. Ids are looked up among the names in the folder, never joined to a path.
    pub(super) fn open(&self, run_id: &str) -> Result<Reader, Trouble> {
        let found = self.records()?.into_iter().find(|(id, _)| id == run_id);
        let (_, path) =
            found.ok_or_else(|| Trouble::absent(format!("There is no run {run_id}.")))?;
        Ok(Reader::open(&path)?)
    }

    /// Ids and files of all records, oldest first.
    pub(super) fn records(&self) -> Result<Vec<(String, PathBuf)>, Trouble> {
        let entries = match fs::read_dir(&self.runs_dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Trouble::failed(&error)),
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
    ) -> Result<Arc<Comparison>, Trouble> {
        let key = key(run, baseline);
        {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, comparison)) = kept.iter().find(|(one, _)| *one == key) {
                return Ok(Arc::clone(comparison));
            }
        }
        let made = self.gatekeeper.compare(run, baseline);
        let comparison = Arc::new(made.map_err(|words| Trouble {
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
    ) -> Result<String, Trouble> {
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
