//! Every number of the decision page, of `compare` and of the exports, recomputed from the raw export by a
//! program that shares no code with this one (`recompute.py`, with pandas).

use std::{env, path::PathBuf, process::Command};

use crate::program::CI;

/// Pairs of random records: `just recompute 50` tries more.
const PAIRS: &str = "12";

#[test]
fn another_program_computes_the_same_numbers_from_the_raw_export() {
    let python = env::var_os("GROUNDGATE_TEST_VENV")
        .map(|venv| PathBuf::from(venv).join("bin/python"))
        .filter(|python| python.is_file());
    let Some(python) = python else {
        assert!(env::var_os("CI").is_none(), "the tests' Python is missing");
        eprintln!("SKIPPED: no Python in GROUNDGATE_TEST_VENV");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recompute.py");
    let mut command = Command::new(python);
    command.args([script, env!("CARGO_BIN_EXE_groundgate"), "records", PAIRS]);
    for name in CI {
        command.env_remove(name);
    }
    let done = command.output().unwrap();
    let said = [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(done.status.success(), "{}", said.concat());
}
