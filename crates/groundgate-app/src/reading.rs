//! Files of any tool, read from disk, with what was guessed told to the observer.

use std::path::Path;

use groundgate_formats::{EvalSetFile, Options, ReadFile, Want, load_eval_set, read};
use groundgate_model::eval_set::EvalSet;

use crate::{App, AppError, files, observer::Notice};

/// An eval set of any form, with what was guessed.
pub fn eval_set(path: &Path) -> Result<EvalSetFile, AppError> {
    let name = path.display().to_string();
    let options = Options::new(Want::EvalSet);
    Ok(load_eval_set(&name, &files::read(path)?, &options)?)
}

/// A file's name, for messages and for its ending, and its bytes, unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// As the user named it.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

impl App {
    /// An eval set of any form; tells what was guessed.
    pub(crate) fn load_eval_set(&self, path: &Path) -> Result<EvalSet, AppError> {
        let found = eval_set(path)?;
        let name = path.display().to_string();
        self.tell_guesses(&name, found.what.as_deref(), &found.notes);
        Ok(found.eval_set)
    }

    /// The rows of a file of any form; tells what was guessed.
    pub fn read_rows(&self, path: &Path, options: &Options) -> Result<ReadFile, AppError> {
        let name = path.display().to_string();
        let source = Source {
            name: &name,
            bytes: &files::read(path)?,
        };
        self.read_source(source, options)
    }

    /// The same of bytes that were read already.
    pub fn read_source(&self, source: Source<'_>, options: &Options) -> Result<ReadFile, AppError> {
        let found = read(source.name, source.bytes, options)?;
        let is_known = found
            .format
            .is_some_and(|format| format.name != "groundgate");
        let what = is_known.then_some(found.what.as_str());
        self.tell_guesses(source.name, what, &found.notes);
        Ok(found)
    }

    fn tell_guesses(&self, file: &str, what: Option<&str>, notes: &[String]) {
        let read_as = what.map(|what| format!("read as {what}"));
        for guess in read_as.iter().chain(notes) {
            self.notice(Notice::Guessed { file, guess });
        }
    }
}
