//! What pages and comments refer to is there: paths, links, tests, sections.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::architecture::{root, rust_files, sources};

/// The pages of the repository.
fn pages() -> Vec<PathBuf> {
    let mut found = vec![];
    for folder in ["", "docs", "docs/decisions"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        found.extend(paths.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    found.sort();
    found
}

/// The text between backticks of a page, outside of blocks of code.
fn quoted(page: &str) -> Vec<&str> {
    let mut inside = false;
    page.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a quoted text is the path of a tracked file or folder, without a wildcard.
fn is_path(text: &str) -> bool {
    let folders = [
        "benches/",
        "ci/",
        "crates/",
        "docs/",
        "eval_sets/",
        "examples/",
        "fuzz/",
        "judges/",
        "reports/",
        "src/",
        "tests/",
    ];
    let plain = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '/')
    };
    folders.iter().any(|folder| text.starts_with(folder)) && text.chars().all(plain)
}

#[test]
fn paths_that_pages_name_are_there() {
    let missing: Vec<String> = pages()
        .iter()
        .filter(|page| !page.ends_with("CHANGELOG.md"))
        .flat_map(|page| {
            let text = fs::read_to_string(page).unwrap();
            quoted(&text)
                .into_iter()
                .filter(|quoted| is_path(quoted) && !root().join(quoted).exists())
                .map(|quoted| format!("{}: {quoted}", page.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(missing.is_empty(), "no such file: {missing:#?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let file = link.split('#').next().unwrap();
            let elsewhere = link.starts_with("http") || file.is_empty();
            if !elsewhere && !page.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links to nothing: {broken:#?}");
}

/// The pages that a comment may mean, by file name.
fn page_names() -> BTreeSet<String> {
    let name = |page: &PathBuf| page.file_name().unwrap().to_string_lossy().into_owned();
    pages().iter().map(name).collect()
}

/// Names of pages in a comment, each with what follows it.
fn references(comment: &str) -> Vec<(&str, &str)> {
    let part_of_name = |character: char| character.is_ascii_alphanumeric() || character == '-';
    comment
        .match_indices(".md")
        .filter_map(|(end, _)| {
            let start = comment[..end]
                .rfind(|character| !part_of_name(character))
                .map_or(0, |before| before + 1);
            let name = comment.get(start..end + ".md".len())?;
            (start < end).then_some((name, &comment[end + ".md".len()..]))
        })
        .collect()
}

/// Whether what follows a page's name is the number of a section: our pages have none.
fn is_numbered(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['`', ' ', '§']);
    rest.starts_with(|first: char| first.is_ascii_digit())
}

fn wrong_references(path: &Path, names: &BTreeSet<String>) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .filter_map(|line| line.split_once("//").map(|(_, comment)| comment))
        .flat_map(references)
        .filter(|(name, rest)| !names.contains(*name) || is_numbered(rest))
        .map(|(name, rest)| {
            let rest: String = rest.chars().take(8).collect();
            format!("{}: {name}{rest}", path.display())
        })
        .collect()
}

#[test]
fn comments_refer_to_pages_of_this_repository() {
    let names = page_names();
    let mut folders = sources();
    folders.extend(["tests", "benches", "examples"].map(|folder| root().join(folder)));
    let wrong: Vec<String> = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .flat_map(|path| wrong_references(&path, &names))
        .collect();
    assert!(wrong.is_empty(), "references to nothing: {wrong:#?}");
}

#[test]
fn a_reference_is_a_page_by_name_and_never_by_number() {
    let found = references(" as docs/statistics.md says, and measurement.md 3.6");
    assert_eq!(
        found,
        [
            ("statistics.md", " says, and measurement.md 3.6"),
            ("measurement.md", " 3.6")
        ]
    );
    assert!(is_numbered(" 3.6") && is_numbered("` §3") && !is_numbered(" says"));
}

#[test]
fn every_invariant_of_the_architecture_page_names_tests_that_exist() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = page.split("## Invariants").nth(1).unwrap();
    let mut folders = sources();
    folders.push(root().join("tests/it"));
    let all: String = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let rows = section.lines().filter(|line| {
        let number = line
            .split_once('|')
            .and_then(|(_, rest)| rest.split_once('|'));
        number.is_some_and(|(number, _)| number.trim().parse::<u32>().is_ok())
    });
    let mut n_rows = 0;
    for row in rows {
        n_rows += 1;
        let tests = row.rsplit('|').nth(1).unwrap();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for name in named {
            let is_there = all.contains(&format!("fn {name}("))
                || fs::read_to_string(root().join("clippy.toml"))
                    .unwrap()
                    .contains(name)
                || fs::read_to_string(root().join("Cargo.toml"))
                    .unwrap()
                    .contains(name);
            assert!(is_there, "there is neither a test nor a lint `{name}`");
        }
    }
    assert!(n_rows >= 10, "the table of invariants is not found");
}
