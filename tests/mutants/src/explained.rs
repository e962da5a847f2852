//! Survivors with reasons.
//!
//! A file of lines: `# ` and a reason, then the mutants that it explains, as `survived.txt` writes them,
//! or `FILE: in FUNCTION` for all of a function's.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result};

use crate::list::Mutant;

/// What is explained.
pub struct Explained(BTreeSet<String>);

impl Explained {
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Self(lines.map(str::to_owned).collect()))
    }

    pub fn explains(&self, mutant: &Mutant) -> bool {
        self.0.contains(&mutant.key())
            || mutant
                .function()
                .is_some_and(|function| self.0.contains(&function))
    }
}
