//! Style as a test: what reviewers should not have to say.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::architecture::{root, rust_files, sources};

/// Files that git tracks, by name.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        .arg("ls-files")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "git ls-files failed");
    String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_front_door_is_tidy() {
    let allowed: BTreeSet<&str> = [
        ".ci",
        ".config",
        ".gitignore",
        ".pre-commit-hooks.yaml",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "build.rs",
        "ci",
        "clippy.toml",
        "crates",
        "deny.toml",
        "docs",
        "eval_sets",
        "examples",
        "fuzz",
        "gate.toml",
        "groundgate.toml",
        "judges",
        "justfile",
        "reports",
        "rustfmt.toml",
        "src",
        "tests",
    ]
    .into();
    let tracked = tracked();
    let top: BTreeSet<&str> = tracked
        .iter()
        .map(|path| path.split('/').next().unwrap_or(path))
        .collect();
    let strangers: Vec<_> = top.difference(&allowed).collect();
    assert!(
        strangers.is_empty(),
        "what are these at the top level? {strangers:?}"
    );
}

#[test]
fn every_source_file_opens_with_its_purpose() {
    for path in sources().iter().flat_map(|folder| rust_files(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! "),
            "{} has no page of documentation",
            path.display()
        );
    }
}

#[test]
fn no_source_file_has_over_600_lines() {
    let is_source = |name: &String| Path::new(name).extension() == Some("rs".as_ref());
    let long: Vec<String> = tracked()
        .into_iter()
        .filter(is_source)
        .filter(|name| {
            // A file that was taken away and not committed yet is tracked still.
            let text = fs::read_to_string(root().join(name)).unwrap_or_default();
            text.lines().count() > 600
        })
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}

#[test]
fn no_unfinished_business() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!"),
        concat!("unimplemented", "!"),
    ];
    for folder in ["src", "crates", "tests", "benches", "examples"] {
        let folder = root().join(folder);
        for path in if folder.is_dir() {
            rust_files(&folder)
        } else {
            Vec::new()
        } {
            let text = fs::read_to_string(&path).unwrap();
            for word in words {
                assert!(!text.contains(word), "{} says {word}", path.display());
            }
        }
    }
}

#[test]
fn text_files_have_no_trailing_space_and_end_with_a_newline() {
    let endings = [
        ".rs", ".toml", ".md", ".json", ".jsonl", ".css", ".js", ".html", "justfile",
    ];
    for name in tracked()
        .iter()
        .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
    {
        let Ok(text) = fs::read_to_string(root().join(name)) else {
            continue;
        };
        if name.contains("snapshots/") {
            continue;
        }
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "{name} does not end with a newline"
        );
        for (index, line) in text.lines().enumerate() {
            assert!(
                !line.ends_with([' ', '\t']),
                "{name}:{} has trailing space",
                index + 1
            );
        }
    }
}

#[test]
fn the_changelog_speaks_of_this_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}
