//! Mutation testing of one crate, with all mutants in one program.
//!
//! cargo-mutants says what the mutants are (`cargo mutants --list --json`). It builds the crate once
//! for each, which takes a day for the thousands here. This program writes every mutant into the
//! sources behind a switch, builds once, and then runs, for each mutant, the tests that reach it.
//! What cannot be switched (in a function that a constant calls, say) is left to cargo-mutants.
//! Survivors must be explained.

mod build;
mod constness;
mod explained;
mod list;
mod run;
mod switch;

use std::{env, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{explained::Explained, list::Mutant};

const USAGE: &str = "mutants CRATE LIST EXPLAINED [--longest SECONDS] [--only TEXT]...
  CRATE      folder of a crate whose sources may be overwritten
  LIST       what `cargo mutants --list --json` says of it
  EXPLAINED  survivors with the reasons why no test can notice them
  --longest SECONDS  tests that take longer are left out [default: 4]
  --only TEXT        only mutants whose names contain one of these
Writes CRATE/survived.txt: survivors that nothing explains, and CRATE/left.txt: mutants to be run by
cargo-mutants. Exit code 1 if there are survivors that nothing explains.";

fn main() -> Result<ExitCode> {
    let mut given = env::args().skip(1);
    let (Some(home), Some(list), Some(why)) = (given.next(), given.next(), given.next()) else {
        anyhow::bail!(USAGE);
    };
    let (mut longest, mut only) = (4.0, Vec::new());
    while let (Some(name), Some(value)) = (given.next(), given.next()) {
        match name.as_str() {
            "--longest" => longest = value.parse().context("--longest takes seconds")?,
            "--only" => only.push(value),
            _ => anyhow::bail!(USAGE),
        }
    }
    let home = PathBuf::from(home).canonicalize()?;
    let mutants = list::read(&PathBuf::from(list), &home)?;
    let explained = Explained::read(&PathBuf::from(why))?;
    let built = build::all_in_one(&home, &mutants)?;
    let chosen = |number: &usize| {
        only.is_empty()
            || only
                .iter()
                .any(|text| mutants[*number].name.contains(text.as_str()))
    };
    let (switched, others): (Vec<_>, Vec<_>) = (0..mutants.len())
        .filter(chosen)
        .partition(|number| built.switched.contains(number));
    let (refused, left): (Vec<_>, Vec<_>) =
        (others.into_iter()).partition(|number| built.refused.contains(number));
    let outcomes = run::all(&built.program, &home, &mutants, &switched, longest)?;
    let (known, unknown): (Vec<usize>, Vec<usize>) = outcomes
        .survived
        .into_iter()
        .partition(|number| explained.explains(&mutants[*number]));
    let lines = |numbers: &[usize], text: fn(&Mutant) -> String| {
        numbers
            .iter()
            .map(|number| text(&mutants[*number]) + "\n")
            .collect::<String>()
    };
    fs::write(home.join("survived.txt"), lines(&unknown, Mutant::key))?;
    fs::write(
        home.join("left.txt"),
        lines(&left, |mutant| mutant.name.clone()),
    )?;
    println!(
        "{} mutants: {} noticed ({} of them by running too long), {} explained, {} survived, \
         {} do not compile, {} left to cargo-mutants",
        switched.len() + refused.len() + left.len(),
        outcomes.noticed,
        outcomes.too_long,
        known.len(),
        unknown.len(),
        refused.len(),
        left.len(),
    );
    Ok(if unknown.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
