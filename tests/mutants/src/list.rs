//! What cargo-mutants says of its mutants.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::Path,
};

use anyhow::Result;
use serde::Deserialize;

/// One change of one place in the sources.
#[derive(Debug, Deserialize)]
pub struct Mutant {
    /// Place and change, as cargo-mutants writes and matches them.
    pub name: String,
    /// Source file, from the crate's folder.
    pub file: String,
    pub genre: Genre,
    pub replacement: String,
    pub span: Span,
    /// The source's line, without its indentation.
    #[serde(default)]
    pub line: String,
}

impl Mutant {
    /// What stays the same when lines above move.
    pub fn key(&self) -> String {
        let what = self.name.split_once(": ").map_or("", |(_, what)| what);
        format!("{}: {what} | {}", self.file, self.line)
    }

    /// The file, and the function by its name.
    pub fn function(&self) -> Option<String> {
        let (_, what) = self.name.split_once(": ")?;
        let function = match self.genre {
            Genre::FnValue => what.strip_prefix("replace ")?.split(" -> ").next()?,
            _ => what.rsplit_once(" in ")?.1,
        };
        Some(format!("{}: in {function}", self.file))
    }
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

/// From here to before there.
#[derive(Debug, Deserialize)]
pub struct Span {
    pub start: Place,
    pub end: Place,
}

/// Line and column, both from 1; a column is a character.
#[derive(Debug, Deserialize)]
pub struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The byte of `text` at which this is; `None` past its end.
    pub fn byte(&self, text: &str) -> Option<usize> {
        let before: usize = text
            .split_inclusive('\n')
            .take(self.line - 1)
            .map(str::len)
            .sum();
        let (at, _) = text[before..].char_indices().nth(self.column - 1)?;
        Some(before + at)
    }
}

/// A source's path from its crate's folder, which cargo gives from the workspace's.
pub fn inside(path: &str) -> &str {
    path.find("src/").map_or(path, |start| &path[start..])
}

/// The mutants that `file` lists, of the crate in `home`.
pub fn read(file: &Path, home: &Path) -> Result<Vec<Mutant>> {
    let mut mutants: Vec<Mutant> = serde_json::from_str(&fs::read_to_string(file)?)?;
    let mut texts = BTreeMap::new();
    for mutant in &mut mutants {
        mutant.name = inside(&mutant.name).to_owned();
        mutant.file = inside(&mutant.file).to_owned();
        let text = match texts.entry(mutant.file.clone()) {
            Entry::Occupied(text) => text.into_mut(),
            Entry::Vacant(new) => new.insert(fs::read_to_string(home.join(&mutant.file))?),
        };
        let line = text
            .lines()
            .nth(mutant.span.start.line - 1)
            .unwrap_or_default();
        line.trim().clone_into(&mut mutant.line);
    }
    Ok(mutants)
}
