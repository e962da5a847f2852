//! The program that holds all mutants which compile.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    constness,
    list::{Mutant, inside},
    switch::{Switched, switch},
};

/// On the first line, so that the lines below stay where they are.
const ALLOWED: &str = "#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n";

/// What became of the mutants.
pub struct Built {
    /// The tests' program.
    pub program: PathBuf,
    /// Those in it, by number.
    pub switched: BTreeSet<usize>,
    /// Those whose own text is an error.
    pub refused: BTreeSet<usize>,
}

/// Every source by its path from `home`.
fn sources(home: &Path, folder: &Path, into: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(home, &path, into)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(home)?.to_string_lossy().into_owned();
            into.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Builds the tests with all mutants that compile.
pub fn all_in_one(home: &Path, mutants: &[Mutant]) -> Result<Built> {
    let mut old = BTreeMap::new();
    sources(home, &home.join("src"), &mut old)?;
    let old = constness::removed(&old)?;
    fs::write(home.join("src/switch.rs"), include_str!("on.rs"))?;

    let mut wanted: BTreeSet<usize> = (0..mutants.len()).collect();
    let mut refused = BTreeSet::new();
    loop {
        let mut new = BTreeMap::new();
        for (file, text) in &old {
            let here: Vec<(usize, &Mutant)> = wanted
                .iter()
                .map(|number| (*number, &mutants[*number]))
                .filter(|(_, it)| it.file == *file)
                .collect();
            let switched = switch(text, &here).context(file.clone())?;
            let text = match file.as_str() {
                "src/lib.rs" => &format!("{ALLOWED}{}mod switch;\n", switched.text),
                _ => &switched.text,
            };
            fs::write(home.join(file), text)?;
            new.insert(file.clone(), switched);
        }
        let switched: BTreeSet<usize> = (new.values().flat_map(|file| &file.written))
            .flat_map(|(_, mutants)| mutants)
            .copied()
            .collect();
        let errors = match compile(home, &new)? {
            Compiled::Program(program) => {
                return Ok(Built {
                    program: home.join(program),
                    switched,
                    refused,
                });
            }
            Compiled::Errors(errors) => errors,
        };
        eprintln!("{} errors among {} mutants", errors.len(), switched.len());
        ensure!(!errors.is_empty(), "the crate does not compile");
        refused.extend(errors.iter().filter(|at| at.len() == 1).flatten());
        let broken: BTreeSet<usize> = errors.into_iter().flatten().collect();
        wanted = switched.difference(&broken).copied().collect();
    }
}

enum Compiled {
    Program(PathBuf),
    /// For each error the mutants for which its text was written.
    Errors(Vec<Vec<usize>>),
}

fn compile(home: &Path, files: &BTreeMap<String, Switched>) -> Result<Compiled> {
    let told = Command::new("cargo")
        .args(["test", "--lib", "--no-run", "--message-format=json"])
        .current_dir(home)
        .stderr(Stdio::null())
        .output()?;
    let mut errors = Vec::new();
    for line in String::from_utf8_lossy(&told.stdout).lines() {
        let message: Value = serde_json::from_str(line)?;
        if let (true, Some(true), Some(program)) = (
            told.status.success(),
            message["profile"]["test"].as_bool(),
            message["executable"].as_str(),
        ) {
            return Ok(Compiled::Program(program.into()));
        }
        let message = &message["message"];
        if message["level"] != "error" {
            continue;
        }
        let spans = message["spans"].as_array().map_or(&[][..], Vec::as_slice);
        let found: Vec<Vec<usize>> = spans.iter().filter_map(|span| at(span, files)).collect();
        if found.is_empty() && !spans.is_empty() {
            eprintln!("{}", message["rendered"].as_str().unwrap_or_default());
        }
        errors.extend(found);
    }
    Ok(Compiled::Errors(errors))
}

/// The mutants for which the text of an error was written, if any was.
fn at(span: &Value, files: &BTreeMap<String, Switched>) -> Option<Vec<usize>> {
    if !span["is_primary"].as_bool()? {
        return None;
    }
    let file = files.get(inside(span["file_name"].as_str()?))?;
    let before = match inside(span["file_name"].as_str()?) {
        "src/lib.rs" => ALLOWED.len(),
        _ => 0,
    };
    let (start, end) = (
        span["byte_start"].as_u64()? as usize - before,
        span["byte_end"].as_u64()? as usize - before,
    );
    let within = file
        .written
        .iter()
        .filter(|(range, _)| range.start < end && start < range.end);
    let smallest = within.min_by_key(|(_, mutants)| mutants.len())?;
    Some(smallest.1.clone())
}
