//! The label log: one JSON object a line, only ever appended to, synced before a label counts as
//! given. Each line holds the digest of the one before it.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use groundgate_model::unit::Digest;

use super::entry::{Kind, Line};

/// A log that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system refused.
    #[error("failed to {operation} label log `{}`", path.display())]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The log's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another viewer has it open.
    #[error("label log `{}` is in use by another groundgate", .0.display())]
    InUse(PathBuf),
    /// A line that is no label, or that does not follow the line before it.
    #[error("label log, line {line}: {what}")]
    Damaged {
        /// From 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// The one writer of a label log.
#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
    kinds: Vec<Kind>,
    last: Digest,
    length: u64,
}

impl Log {
    /// Opens a log, creating it where there is none. A last line that was cut off by a crash was never
    /// acknowledged and is removed.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let io = failed(path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open"))?;
        file.try_lock()
            .map_err(|_locked| LogError::InUse(path.to_owned()))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read"))?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        if whole < bytes.len() {
            bytes.truncate(whole);
            let length = u64::try_from(whole).unwrap_or(u64::MAX);
            file.set_len(length).map_err(io("mend"))?;
            file.sync_all().map_err(io("mend"))?;
        }
        let text = String::from_utf8(bytes).map_err(|error| LogError::Damaged {
            line: 0,
            what: format!("not UTF-8: {error}"),
        })?;
        let kinds = parse(&text)?;
        let last = Digest::of(text.lines().last().unwrap_or("").as_bytes());
        file.seek(SeekFrom::End(0)).map_err(io("read"))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            kinds,
            last,
            length: u64::try_from(whole).unwrap_or(u64::MAX),
        })
    }

    /// Appends one entry. When this returns, the entry is on disk.
    pub fn append(&mut self, kind: Kind) -> Result<(), LogError> {
        let io = failed(&self.path);
        let line = Line {
            previous: self.last,
            kind,
        };
        let mut text = serde_json::to_string(&line)
            .map_err(|error| io("write to")(std::io::Error::other(error)))?;
        let digest = Digest::of(text.as_bytes());
        text.push('\n');
        let written = (self.file.write_all(text.as_bytes())).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line must not stay in front of the next one.
            let _still_broken = self.file.set_len(self.length);
            let _still_broken = self.file.seek(SeekFrom::End(0));
            return Err(io("write to")(error));
        }
        self.length += u64::try_from(text.len()).unwrap_or(0);
        self.last = digest;
        self.kinds.push(line.kind);
        Ok(())
    }

    /// Everything in it, oldest first.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }
}

/// Reads a log's text, and checks that every line follows the one before it.
pub fn parse(text: &str) -> Result<Vec<Kind>, LogError> {
    let mut previous = Digest::of(b"");
    let mut kinds = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let damaged = |what: String| LogError::Damaged {
            line: index + 1,
            what,
        };
        let line: Line = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        if line.previous != previous {
            return Err(damaged("it does not follow the line before it".to_owned()));
        }
        previous = Digest::of(text.as_bytes());
        kinds.push(line.kind);
    }
    Ok(kinds)
}

fn failed(path: &Path) -> impl Fn(&'static str) -> Box<dyn FnOnce(std::io::Error) -> LogError> {
    let path = path.to_owned();
    move |operation| {
        let path = path.clone();
        Box::new(move |source| LogError::Io {
            operation,
            path,
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::label::Item;

    fn skip(case: &str) -> Kind {
        Kind::Skip {
            item: Item {
                run: "R".to_owned(),
                case: case.to_owned(),
                attempt: 0,
                claim: Some("s1".to_owned()),
                baseline: None,
            },
            labeler: "ana".to_owned(),
            at: "2026-11-25T00:00:00Z".to_owned(),
            reason: "blurred\n\"quoted\"".to_owned(),
        }
    }

    #[test]
    fn a_log_reads_back_and_a_torn_line_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let mut log = Log::open(&path).unwrap();
        log.append(skip("a")).unwrap();
        log.append(skip("b")).unwrap();
        assert!(matches!(Log::open(&path), Err(LogError::InUse(_))));
        drop(log);
        let whole = fs::read(&path).unwrap();
        for cut in 1..40 {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let mut log = Log::open(&path).unwrap();
            assert_eq!(log.kinds(), [skip("a")], "{cut}");
            log.append(skip("c")).unwrap();
            drop(log);
            assert_eq!(Log::open(&path).unwrap().kinds(), [skip("a"), skip("c")]);
        }
    }

    #[test]
    fn a_changed_or_missing_line_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let mut log = Log::open(&path).unwrap();
        for case in ["a", "b", "c"] {
            log.append(skip(case)).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(parse(&text).unwrap().len(), 3);
        let changed = text.replacen("blurred", "cleared", 1);
        let lines: Vec<&str> = text.lines().collect();
        let missing = [lines[0], lines[2]].join("\n");
        for broken in [changed, missing, "{}".to_owned(), "nonsense".to_owned()] {
            assert!(
                matches!(parse(&broken), Err(LogError::Damaged { .. })),
                "{broken}"
            );
        }
    }
}
