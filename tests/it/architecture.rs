//! Holds the import graph to the list in ARCHITECTURE.md.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type Graph = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The room of a file: the first folder below `src`, or the file's own name.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Files of tests beside the code may use any room.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let in_folder = path.parent().unwrap().ends_with("tests");
    in_folder
        || name == "tests"
        || name.ends_with("_tests")
        || name == "fixture"
        || name == "browser"
}

/// The part of a file that is shipped: everything before its tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

/// The rooms named after `crate::`, also inside `use crate::{a::B, c::D}`.
fn imports(text: &str, rooms: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices("crate::") {
        let rest = &text[start + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            None => vec![rest],
            Some(list) => top_level(list),
        };
        for name in names {
            let name: String = name
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if rooms.contains(&name) {
                found.insert(name);
            }
        }
    }
    found
}

/// The items of a brace list, up to its closing brace, commas inside inner braces not counted.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (index, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..index]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    items
}

fn actual() -> Graph {
    let files = rust_files(&root().join("src"));
    let rooms: BTreeSet<String> = files.iter().map(|path| room(path)).collect();
    let mut graph = Graph::new();
    for path in files {
        let name = room(&path);
        if name == "main" || name == "lib" || is_test(&path) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut edges = imports(shipped(&text), &rooms);
        edges.remove(&name);
        graph.entry(name).or_default().extend(edges);
    }
    graph
}

fn allowed() -> Graph {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let block = page
        .split("```edges\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    block
        .lines()
        .map(|line| {
            let (room, edges) = line.split_once(':').unwrap();
            (
                room.to_owned(),
                edges.split_whitespace().map(str::to_owned).collect(),
            )
        })
        .collect()
}

#[test]
fn every_edge_is_in_the_architecture_page() {
    let allowed = allowed();
    let mut strangers = Vec::new();
    for (room, edges) in actual() {
        let listed = allowed.get(&room).cloned().unwrap_or_default();
        if !allowed.contains_key(&room) {
            strangers.push(format!("room {room} is not in ARCHITECTURE.md"));
        }
        strangers.extend(
            edges
                .difference(&listed)
                .map(|edge| format!("{room} → {edge}")),
        );
    }
    assert!(
        strangers.is_empty(),
        "edges that ARCHITECTURE.md does not list: {strangers:#?}"
    );
}

#[test]
fn the_architecture_page_lists_no_edge_that_is_gone() {
    let actual = actual();
    let mut gone = Vec::new();
    for (room, edges) in allowed() {
        let there = actual.get(&room).cloned().unwrap_or_default();
        gone.extend(
            edges
                .difference(&there)
                .map(|edge| format!("{room} → {edge}")),
        );
    }
    assert!(
        gone.is_empty(),
        "edges in ARCHITECTURE.md that nothing uses: {gone:#?}"
    );
}

#[test]
fn run_record_and_gate_do_not_know_each_other() {
    let actual = actual();
    for (room, others) in [
        ("run", ["record", "gate"]),
        ("record", ["run", "gate"]),
        ("gate", ["run", "record"]),
    ] {
        for other in others {
            assert!(!actual[room].contains(other), "{room} imports {other}");
        }
    }
}

/// Rooms without IO: what they must not name.
#[test]
fn pure_rooms_do_no_io() {
    const FORBIDDEN: [&str; 8] = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "tokio::",
        "reqwest",
        "rusqlite",
        "SystemTime",
    ];
    for pure in [
        "stats",
        "gate",
        "report",
        "trial",
        "judge",
        "quality",
        "unit",
        "number",
        "diagnostic",
    ] {
        for path in rust_files(&root().join("src"))
            .iter()
            .filter(|path| room(path) == pure)
        {
            let text = fs::read_to_string(path).unwrap();
            for name in FORBIDDEN {
                assert!(
                    !shipped(&text).contains(name),
                    "{} names {name}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let rooms: BTreeSet<String> = ["gate", "stats", "unit"].map(str::to_owned).into();
    let text = "use crate::{\n    gate::{Policy, Rule},\n    unit::Digest,\n};\nfn f() -> crate::stats::Estimate";
    assert_eq!(imports(text, &rooms).len(), 3);
}
