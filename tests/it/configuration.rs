//! docs/configuration.md has every key that the configuration's reader knows, and no other.

use std::{collections::BTreeSet, fs};

use crate::architecture::{root, rust_files};

/// How a reader names a key: what stands before the quoted name.
const READING: [&str; 15] = [
    ".text(",
    ".texts(",
    ".table(",
    ".tables(",
    ".flag(",
    ".count(",
    ".number(",
    ".numbers(",
    ".choice(",
    ".has(",
    "ranged(&root, ",
    "ranged(&table, ",
    "ranged(&auth, ",
    "ranged(&written, ",
    "(table, ",
];

/// How a list of known keys begins.
const LISTING: [&str; 5] = [".only(&[", ".extend([", "vec![", "let keys = [", "KEYS: ["];

/// Whether a quoted text is written as keys are.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
        })
}

/// The quoted texts of a list up to its closing bracket.
fn quoted(list: &str) -> impl Iterator<Item = &str> {
    let end = list.find(']').unwrap_or(list.len());
    list[..end].split('"').skip(1).step_by(2)
}

/// The keys that a source names: those that it reads, and those of its lists of known keys.
fn keys_of(source: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for reading in READING {
        for (start, _) in source.match_indices(reading) {
            let rest = source[start + reading.len()..].trim_start();
            let name = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            keys.extend(name.map(str::to_owned));
        }
    }
    for listing in LISTING {
        for (start, _) in source.match_indices(listing) {
            let rest = &source[start + listing.len()..];
            // A constant's type stands in brackets of its own.
            let list = match listing {
                "KEYS: [" => rest.split_once("= [").map_or("", |(_, list)| list),
                _ => rest,
            };
            keys.extend(quoted(list).map(str::to_owned));
        }
    }
    keys.retain(|key| is_key(key));
    keys
}

fn known() -> BTreeSet<String> {
    let folder = root().join("crates/groundgate-app/src/config");
    rust_files(&folder)
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .flat_map(|path| keys_of(&fs::read_to_string(path).unwrap()))
        .collect()
}

/// The keys in the first column of the page's tables.
fn described() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let page = page.split("## Environment variables").next().unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .flat_map(|row| {
            let first = row.split(" | ").next().unwrap().to_owned();
            let keys = first.split('`').step_by(2).map(str::to_owned);
            keys.collect::<Vec<_>>()
        })
        .filter(|key| is_key(key))
        .collect()
}

#[test]
fn every_key_that_the_reader_knows_is_on_the_page_of_the_configuration() {
    let (known, described) = (known(), described());
    assert!(
        known.len() > 80,
        "the reader's keys are not found: {known:?}"
    );
    let missing: Vec<_> = known.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "docs/configuration.md lacks {missing:?}"
    );
    let invented: Vec<_> = described.difference(&known).collect();
    assert!(invented.is_empty(), "no reader knows {invented:?}");
}

#[test]
fn keys_are_found_where_they_are_read_and_where_they_are_listed() {
    let source = "const KEYS: [&str; 2] = [\n    \"auth\",\n    \"ca-file\",\n];\n\
        table.only(&[\"name\", \"kind\"]); ranged(&table, \"cold-start-s\", 1..=7200);\n\
        root.text(\"eval-set\"); error(\"no key\");";
    let expected = [
        "auth",
        "ca-file",
        "cold-start-s",
        "eval-set",
        "kind",
        "name",
    ];
    assert_eq!(keys_of(source), expected.map(str::to_owned).into());
}
