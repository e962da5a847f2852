//! One budget for runs of several processes: a small file, held by one of them at a time.
//!
//! A run draws money from the ledger in portions, each large enough for many calls, and spends what it
//! has drawn by itself. What it has not spent goes back when it ends. A run that is killed keeps what
//! it drew, until it is resumed: the sum over all runs never passes the cap, whatever dies when.
//!
//! A cap may be for the runs from some id on: ids sort by time, so that a month's cap is one for the
//! runs from the month's first possible id on. A run counts in the month in which it began.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use groundgate_model::unit::Usd;
use serde::{Deserialize, Serialize};

/// What the file says it is.
const SCHEMA: &str = "groundgate.ledger/1";

/// A run draws at least this part of the cap, so that it seldom needs the file.
const PORTIONS: u64 = 50;

/// The ledger as one run holds it.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    run_id: String,
    cap: Usd,
    /// Runs with smaller ids do not count.
    first: String,
}

/// A ledger that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file, or the one that locks it.
    #[error("cannot use the ledger `{path}`")]
    Io {
        /// The ledger.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{path}` is no ledger of this version: {cause}")]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// The file: what each run has drawn.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    schema: String,
    drawn: BTreeMap<String, Usd>,
}

impl Ledger {
    /// Opens the ledger for a run that has spent so much already, and says how much money is the
    /// run's for now.
    pub fn open(
        path: &Path,
        run_id: &str,
        cap: Usd,
        spent: Usd,
    ) -> Result<(Self, Usd), LedgerError> {
        let this = Self {
            path: path.to_owned(),
            run_id: run_id.to_owned(),
            cap,
            first: String::new(),
        };
        this.change(|page| page.drawn.insert(this.run_id.clone(), spent))?;
        Ok((this, spent))
    }

    /// The same ledger with a cap for the runs from this id on.
    #[must_use]
    pub fn counting_from(self, first: String) -> Self {
        Self { first, ..self }
    }

    /// What the runs that count have drawn, and of how much.
    pub fn drawn(&self) -> Result<(Usd, Usd), LedgerError> {
        Ok((self.read()?.sum(&self.first), self.cap))
    }

    /// Draws so much more, or more than that where there is enough; nothing where there is too
    /// little. Says how much was drawn.
    pub(super) fn draw(&self, needed: Usd) -> Result<Option<Usd>, LedgerError> {
        self.change(|page| {
            let left = self.cap.minus(page.sum(&self.first));
            if left < needed {
                return None;
            }
            let portion = Usd::from_nanos(self.cap.nanos() / PORTIONS);
            let drawn = needed.max(portion.min(left));
            let own = page.drawn.entry(self.run_id.clone()).or_default();
            *own = own.plus(drawn);
            Some(drawn)
        })
    }

    /// Gives back what was drawn and not spent.
    pub(super) fn close(&self, spent: Usd) -> Result<(), LedgerError> {
        self.change(|page| page.drawn.insert(self.run_id.clone(), spent))
            .map(|_before| ())
    }

    /// Changes the file while nobody else does.
    fn change<T>(&self, change: impl FnOnce(&mut Page) -> T) -> Result<T, LedgerError> {
        let failed = |source| LedgerError::Io {
            path: self.path.clone(),
            source,
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.beside("lock"))
            .map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut page = self.read()?;
        let result = change(&mut page);
        self.write(&page).map_err(failed)?;
        Ok(result)
    }

    fn read(&self) -> Result<Page, LedgerError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Page {
                    schema: SCHEMA.to_owned(),
                    drawn: BTreeMap::new(),
                });
            }
            Err(source) => {
                let path = self.path.clone();
                return Err(LedgerError::Io { path, source });
            }
        };
        let wrong = |cause: String| LedgerError::NotALedger {
            path: self.path.clone(),
            cause,
        };
        let page: Page =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if page.schema == SCHEMA {
            Ok(page)
        } else {
            Err(wrong(format!("it says `{}`", page.schema)))
        }
    }

    /// Whole or not at all: a file beside it takes its place.
    fn write(&self, page: &Page) -> io::Result<()> {
        let next = self.beside("next");
        let mut file = File::create(&next)?;
        file.write_all(serde_json::to_string_pretty(page)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(next, &self.path)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(ending);
        PathBuf::from(name)
    }
}

impl Page {
    fn sum(&self, first: &str) -> Usd {
        let counting = self.drawn.iter().filter(|(run, _)| run.as_str() >= first);
        counting.fold(Usd::ZERO, |sum, (_, drawn)| sum.plus(*drawn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: f64) -> Usd {
        Usd::from_dollars(dollars).unwrap()
    }

    #[test]
    fn runs_together_never_draw_more_than_the_cap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("month.ledger");
        let draw = |name: String| {
            let (ledger, own) = Ledger::open(&path, &name, usd(1.0), Usd::ZERO).unwrap();
            assert_eq!(own, Usd::ZERO);
            let mut sum = Usd::ZERO;
            while let Some(drawn) = ledger.draw(usd(0.003)).unwrap() {
                sum = sum.plus(drawn);
            }
            sum
        };
        let sums: Vec<Usd> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4)
                .map(|number| scope.spawn(move || draw(format!("run-{number}"))))
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let all = sums.iter().fold(Usd::ZERO, |sum, own| sum.plus(*own));
        assert!(all <= usd(1.0) && all > usd(0.99), "{all}");
    }

    #[test]
    fn what_was_not_spent_goes_back_and_a_killed_run_keeps_its_own_until_it_is_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("month.ledger");
        let open = |name: &str, spent| Ledger::open(&path, name, usd(1.0), usd(spent)).unwrap().0;
        let killed = open("killed", 0.0);
        assert_eq!(killed.draw(usd(0.6)).unwrap(), Some(usd(0.6)));
        let other = open("other", 0.0);
        assert_eq!(other.draw(usd(0.5)).unwrap(), None);
        assert_eq!(other.draw(usd(0.4)).unwrap(), Some(usd(0.4)));
        other.close(usd(0.1)).unwrap();
        assert_eq!(open("third", 0.0).draw(usd(0.35)).unwrap(), None);
        let resumed = open("killed", 0.2);
        assert_eq!(resumed.draw(usd(0.7)).unwrap(), Some(usd(0.7)));
        assert_eq!(resumed.draw(usd(0.001)).unwrap(), None);
    }

    #[test]
    fn a_month_has_its_own_cap_and_what_was_before_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let open = |name: &str| Ledger::open(&path, name, usd(1.0), Usd::ZERO).unwrap().0;
        let october = open("1AAAA").counting_from("1A".to_owned());
        assert_eq!(october.draw(usd(0.9)).unwrap(), Some(usd(0.9)));
        let november = open("1BAAA").counting_from("1B".to_owned());
        assert_eq!(november.draw(usd(0.8)).unwrap(), Some(usd(0.8)));
        assert_eq!(november.drawn().unwrap(), (usd(0.8), usd(1.0)));
        let later = open("1BBBB").counting_from("1B".to_owned());
        assert_eq!(later.draw(usd(0.3)).unwrap(), None);
        assert_eq!(october.draw(usd(0.2)).unwrap(), None);
        // The first possible id of a month is of that month.
        let first = open("1C").counting_from("1C".to_owned());
        assert_eq!(first.draw(usd(0.6)).unwrap(), Some(usd(0.6)));
        assert_eq!(first.draw(usd(0.6)).unwrap(), None);
    }

    #[test]
    fn something_else_is_no_ledger_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for text in ["hello", r#"{"schema":"other/1","drawn":{}}"#] {
            fs::write(&path, text).unwrap();
            let error = Ledger::open(&path, "r", usd(1.0), Usd::ZERO).unwrap_err();
            assert!(
                error.to_string().contains("is no ledger of this version"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let nowhere = folder.path().join("no/such/folder/x");
        Ledger::open(&nowhere, "r", usd(1.0), Usd::ZERO).unwrap_err();
    }
}
