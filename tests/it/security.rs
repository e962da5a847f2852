//! Holds docs/security.md to the tests that it names, and sees what commands start.

use std::{collections::BTreeSet, env, fs, path::Path, process::Command};

use crate::{
    architecture::{root, rust_files},
    trust::{CONFIG, Estate, REF, git, has_ssh},
};

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let table = page.split("## Threats and their tests").nth(1).unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
    let named: BTreeSet<&str> = rows
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.len() > 15 && name.contains('_'))
        .collect();
    assert!(named.len() > 80, "{}", named.len());
    let mut code = String::new();
    for folder in ["crates", "src", "tests"] {
        for path in rust_files(&root().join(folder)) {
            code.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let absent: Vec<&&str> = named
        .iter()
        .filter(|name| !code.contains(&format!("fn {name}(")))
        .collect();
    assert!(absent.is_empty(), "no such tests: {absent:?}");
}

/// Without the mark, each of these would start a program that the checkout names.
#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn no_command_that_looks_starts_what_a_checkout_names() {
    let Ok(version) = Command::new("strace").arg("-V").output() else {
        assert!(env::var_os("CI").is_none(), "CI has strace");
        eprintln!("SKIPPED: no strace");
        return;
    };
    assert!(version.status.success());
    if !has_ssh() {
        return;
    }
    let estate = Estate::new("ed25519");
    let run = estate.evaluated("7");
    assert_eq!(
        estate
            .approve(&run, &["--by", "ben", "--ssh-key", "ben"])
            .code,
        0
    );
    assert_eq!(estate.attest(&run).code, 0);
    let folder = &estate.folder;
    for (key, value) in [
        ("core.fsmonitor", "evil"),
        ("core.hooksPath", "."),
        ("core.pager", "evil"),
        ("diff.external", "evil"),
    ] {
        git(folder, &["config", key, value]);
    }
    folder.write(
        "groundgate.toml",
        &format!(
            "{CONFIG}[[copilot]]\nname = \"evil\"\nkind = \"command\"\ncommand = [\"./evil\"]\n"
        ),
    );
    let gate = Estate::about("gate", &run);
    let report = [&Estate::about("report", &run)[..], &["-o", "r.html"]].concat();
    for arguments in [
        vec!["validate"],
        vec!["plan", "--copilot", "evil"],
        gate,
        report,
        vec![
            "verify",
            "attest",
            "--env",
            "prod",
            "--policy",
            REF,
            "--model",
            "models:/support/7",
        ],
        vec!["policy", "lint", "--policy", REF],
        vec!["policy", "diff", REF, "gate.toml"],
    ] {
        let trace = folder.path().join("trace");
        let mut traced = Command::new("strace");
        traced
            .args(["-f", "-qq", "-e", "trace=execve", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_groundgate"))
            .args(&arguments)
            .current_dir(folder.path())
            .env("CI", "true");
        traced.output().unwrap();
        let started: Vec<String> = (fs::read_to_string(&trace).unwrap().lines())
            .filter(|line| line.contains("execve(") && line.ends_with("= 0"))
            .filter_map(|line| Some(line.split('"').nth(1)?.to_owned()))
            .collect();
        assert!(!started.is_empty(), "{arguments:?}: nothing was traced");
        for program in &started {
            let name = Path::new(program).file_name().unwrap().to_str().unwrap();
            assert!(
                matches!(name, "groundgate" | "git"),
                "{arguments:?} starts {program}"
            );
        }
    }
}
