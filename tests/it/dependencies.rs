//! No manifest names a crate that its sources do not use.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::architecture::{root, rust_files};

/// The folders of all packages of the workspace.
fn packages() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.push(root());
    found.sort();
    found
}

/// The code of a package below these folders, without comments.
fn code(package: &Path, folders: &[&str]) -> String {
    let mut code = String::new();
    for folder in folders.iter().map(|folder| package.join(folder)) {
        if !folder.is_dir() {
            continue;
        }
        for path in rust_files(&folder) {
            let text = fs::read_to_string(path).unwrap();
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            code.extend(lines.flat_map(|line| [line, "\n"]));
        }
    }
    code
}

/// Whether code names a crate: in a path (`name::…`) or in a `use name as …;`.
fn names(code: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    code.match_indices(&name).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = &code[start + name.len()..];
        let is_whole = !before.is_some_and(|character| {
            character.is_alphanumeric() || character == '_' || character == ':'
        });
        let imported = code[..start].ends_with("use ") || code[..start].ends_with("extern crate ");
        is_whole
            && (after.starts_with("::")
                || (imported && (after.starts_with(';') || after.starts_with(" as "))))
    })
}

/// The dependencies of a section that no code in these folders names.
fn unused(package: &Path, section: &str, folders: &[&str]) -> Vec<String> {
    let manifest: toml::Table = fs::read_to_string(package.join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let Some(listed) = manifest.get(section).and_then(|list| list.as_table()) else {
        return Vec::new();
    };
    let code = code(package, folders);
    listed
        .keys()
        .filter(|name| !names(&code, name))
        .map(|name| format!("{}: [{section}] {name}", package.display()))
        .collect()
}

#[test]
fn every_dependency_is_used() {
    let everywhere = ["src", "tests", "benches", "examples"];
    let found: Vec<String> = packages()
        .iter()
        .flat_map(|package| {
            [
                unused(package, "dependencies", &["src"]),
                unused(package, "dev-dependencies", &everywhere),
                unused(package, "build-dependencies", &["build.rs"]),
            ]
        })
        .flatten()
        .collect();
    assert!(found.is_empty(), "no source names them: {found:#?}");
}

#[test]
fn every_version_in_the_workspace_is_asked_for_by_a_package() {
    let workspace: toml::Table = fs::read_to_string(root().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let manifests: String = packages()
        .iter()
        .map(|package| fs::read_to_string(package.join("Cargo.toml")).unwrap())
        .collect();
    for name in workspace["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        // A crate of ours may stand ready before anybody needs it.
        .filter(|name| !name.starts_with("groundgate-"))
    {
        let asked = [
            format!("{name}.workspace"),
            format!("{name} = {{ workspace"),
        ];
        assert!(
            asked.iter().any(|form| manifests.contains(form)),
            "no package asks for {name}"
        );
    }
}

#[test]
fn a_crate_is_named_by_a_path_and_not_by_a_part_of_a_word() {
    assert!(names("use serde::Serialize;", "serde"));
    assert!(names("let x = rand_core::seed();", "rand-core"));
    assert!(names("use mimalloc as allocator;", "mimalloc"));
    assert!(!names("use serde_json::Value;", "serde"));
    assert!(!names("my_csv::read(); crate::csv::read()", "csv"));
    assert!(!names("let csv = 1;", "csv"));
}
