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
    list::Mutant,
    switch::{Switched, switch},
};

/// The tests' program, and the numbers of the mutants in it.
pub fn all_in_one(home: &Path, mutants: &[Mutant]) -> Result<(PathBuf, BTreeSet<usize>)> {
    let mut old = BTreeMap::new();
    for mutant in mutants {
        if !old.contains_key(&mutant.file) {
            let text = fs::read_to_string(home.join(&mutant.file)).context(mutant.file.clone())?;
            old.insert(mutant.file.clone(), text);
        }
    }
    let top = home.join("src/lib.rs");
    let lib = fs::read_to_string(&top)?;
    let allowed = "#![allow(warnings, arithmetic_overflow, unconditional_panic)]";
    fs::write(&top, format!("{allowed}\n{lib}mod switch;\n"))?;
    fs::write(home.join("src/switch.rs"), include_str!("on.rs"))?;

    let mut wanted: BTreeSet<usize> = (0..mutants.len()).collect();
    loop {
        let mut new = BTreeMap::new();
        for (file, text) in &old {
            let here: Vec<(usize, &Mutant)> = wanted
                .iter()
                .map(|number| (*number, &mutants[*number]))
                .filter(|(_, it)| it.file == *file)
                .collect();
            let switched = switch(text, &here).context(file.clone())?;
            fs::write(home.join(file), &switched.text)?;
            new.insert(file.clone(), switched);
        }
        let within: BTreeSet<usize> = new
            .values()
            .flat_map(|file| &file.written)
            .flat_map(|(_, it)| it)
            .copied()
            .collect();
        let (program, broken) = compile(home, &new)?;
        if let Some(program) = program {
            return Ok((home.join(program), within));
        }
        eprintln!(
            "{} of {} mutants do not compile",
            broken.len(),
            within.len()
        );
        ensure!(!broken.is_empty(), "the crate does not compile");
        wanted = within.difference(&broken).copied().collect();
    }
}

/// The program, or the mutants that stand where the compiler's errors are.
fn compile(
    home: &Path,
    files: &BTreeMap<String, Switched>,
) -> Result<(Option<PathBuf>, BTreeSet<usize>)> {
    let told = Command::new("cargo")
        .args(["test", "--lib", "--no-run", "--message-format=json"])
        .current_dir(home)
        .stderr(Stdio::null())
        .output()?;
    let mut broken = BTreeSet::new();
    for line in String::from_utf8_lossy(&told.stdout).lines() {
        let message: Value = serde_json::from_str(line)?;
        if told.status.success() {
            if let (Some(true), Some(program)) = (
                message["profile"]["test"].as_bool(),
                message["executable"].as_str(),
            ) {
                return Ok((Some(program.into()), broken));
            }
        } else if message["message"]["level"] == "error" {
            let spans = message["message"]["spans"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let found: Vec<usize> = spans
                .iter()
                .filter_map(|span| at(span, files))
                .flatten()
                .collect();
            if found.is_empty() && !spans.is_empty() {
                eprintln!(
                    "{}",
                    message["message"]["rendered"].as_str().unwrap_or_default()
                );
            }
            broken.extend(found);
        }
    }
    Ok((None, broken))
}

/// The mutants for which the text of an error was written, if any was.
fn at(span: &Value, files: &BTreeMap<String, Switched>) -> Option<Vec<usize>> {
    if !span["is_primary"].as_bool()? {
        return None;
    }
    let file = files.get(span["file_name"].as_str()?)?;
    let (start, end) = (
        span["byte_start"].as_u64()? as usize,
        span["byte_end"].as_u64()? as usize,
    );
    let within = file
        .written
        .iter()
        .filter(|(range, _)| range.start < end && start < range.end);
    let smallest = within.min_by_key(|(_, mutants)| mutants.len())?;
    Some(smallest.1.clone())
}
