//! Holds ARCHITECTURE.md to what Cargo knows, and the crates to what Cargo cannot see.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Crates that decide: values in, values out.
const PURE: [&str; 6] = ["stats", "model", "formats", "judge", "gate", "report"];

pub(crate) fn root() -> PathBuf {
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

/// The folders of shipped source: every crate's, and the binary's.
pub(crate) fn sources() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .collect();
    found.push(root().join("src"));
    found.sort();
    found
}

/// The part of a file that is shipped: everything before its tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

/// Files of tests beside the code.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    path.parent().unwrap().ends_with("tests")
        || name == "tests"
        || name.ends_with("_tests")
        || name == "fixture"
        || name == "browser"
        || name == "test_values"
}

/// The crates of ours that each crate's `[dependencies]` name, without `groundgate-`.
fn actual() -> Graph {
    let mut manifests: Vec<(String, PathBuf)> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| {
            let folder = entry.unwrap().path();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let name = name.strip_prefix("groundgate-").unwrap().to_owned();
            (name, folder.join("Cargo.toml"))
        })
        .collect();
    manifests.push(("groundgate".to_owned(), root().join("Cargo.toml")));
    manifests
        .into_iter()
        .map(|(name, path)| {
            let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
            let ours = manifest["dependencies"]
                .as_table()
                .unwrap()
                .keys()
                .filter_map(|name| name.strip_prefix("groundgate-").map(str::to_owned))
                .collect();
            (name, ours)
        })
        .collect()
}

fn listed() -> Graph {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let block = page.split("```edges\n").nth(1).unwrap();
    block
        .split("```")
        .next()
        .unwrap()
        .lines()
        .map(|line| {
            let (name, edges) = line.split_once(':').unwrap();
            let edges = edges.split_whitespace().map(str::to_owned).collect();
            (name.to_owned(), edges)
        })
        .collect()
}

#[test]
fn the_architecture_page_lists_the_edges_that_cargo_holds() {
    assert_eq!(listed(), actual());
}

/// Crates without IO: what they must not name, and what must not come in with them.
#[test]
fn pure_crates_do_no_io() {
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
    for pure in PURE {
        let folder = root().join(format!("crates/groundgate-{pure}/src"));
        for path in rust_files(&folder).iter().filter(|path| !is_test(path)) {
            let text = fs::read_to_string(path).unwrap();
            for name in FORBIDDEN {
                let shipped = shipped(&text);
                assert!(!shipped.contains(name), "{} names {name}", path.display());
            }
        }
    }
}

/// Names that are packages of C code, of a network or of waiting.
#[test]
fn pure_crates_compile_without_network_c_code_or_async() {
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock"))
        .unwrap()
        .parse()
        .unwrap();
    let mut below: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let names = package.get("dependencies").and_then(|list| list.as_array());
        let names = names.into_iter().flatten().filter_map(|name| name.as_str());
        let names = names.map(|name| name.split(' ').next().unwrap().to_owned());
        let name = package["name"].as_str().unwrap().to_owned();
        below.entry(name).or_default().extend(names);
    }
    for pure in PURE {
        let manifest = root().join(format!("crates/groundgate-{pure}/Cargo.toml"));
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        let shipped = manifest["dependencies"].as_table().unwrap();
        let mut open: Vec<String> = shipped.keys().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            for unwanted in [
                "cc", "tokio", "reqwest", "hyper", "rusqlite", "ring", "socket2",
            ] {
                assert_ne!(name, unwanted, "{pure} is built with it");
            }
            // Cargo.lock does not tell dependencies of tests apart: ours are in the manifests.
            if seen.insert(name.clone()) && !name.starts_with("groundgate-") {
                open.extend(below[&name].iter().cloned());
            }
        }
    }
}

/// Modules of a crate by file, with the modules that each names through `crate::` or `super::`.
fn modules(folder: &Path) -> Graph {
    let files: Vec<PathBuf> = rust_files(folder)
        .into_iter()
        .filter(|path| !is_test(path))
        .collect();
    let name_of = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap().with_extension("");
        let name = inside.to_string_lossy().replace('/', "::");
        name.trim_end_matches("::mod").to_owned()
    };
    let names: BTreeSet<String> = files.iter().map(|path| name_of(path)).collect();
    let mut graph = Graph::new();
    for path in &files {
        let name = name_of(path);
        if name == "lib" || path.ends_with("mod.rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let here: Vec<&str> = name.split("::").collect();
        let mut edges = BTreeSet::new();
        for named in paths(shipped(&text), &here) {
            let longest = (1..=named.len())
                .rev()
                .map(|length| named[..length].join("::"))
                .find(|candidate| names.contains(candidate));
            edges.extend(longest.filter(|other| *other != name));
        }
        graph.insert(name, edges);
    }
    graph
}

/// The paths named in `use crate::…` and `use super::…`, from the crate's root.
fn paths(text: &str, here: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("use ") {
        let is_item =
            start == 0 || text[..start].ends_with('\n') || text[..start].ends_with("pub ");
        let Some(end) = text[start..].find(';').filter(|_| is_item) else {
            continue;
        };
        for path in leaves(&text[start + 4..start + end]) {
            let ups = path.iter().take_while(|part| *part == "super").count();
            if path[0] == "crate" {
                found.push(path[1..].to_vec());
            } else if ups > 0 && ups <= here.len() {
                let above = here[..here.len() - ups]
                    .iter()
                    .map(|part| (*part).to_owned());
                found.push(above.chain(path[ups..].iter().cloned()).collect());
            }
        }
    }
    found
}

/// `a::{b, c::{d, self}}` as `a::b`, `a::c::d` and `a::c`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let plain = tree.split(" as ").next().unwrap_or(tree);
        let parts = plain.split("::").map(|part| part.trim().to_owned());
        return vec![parts.filter(|part| part != "self").collect()];
    };
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let head: Vec<String> = head
        .split("::")
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    top_level(inside)
        .into_iter()
        .filter(|item| !item.trim().is_empty())
        .flat_map(leaves)
        .map(|leaf| head.iter().cloned().chain(leaf).collect())
        .collect()
}

/// The items of a list, commas inside inner braces not counted.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (index, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

/// The modules from which one comes back to oneself.
fn circles(graph: &Graph) -> Vec<String> {
    let reaches = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(name) = open.pop() {
            for next in graph.get(&name).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    graph
        .keys()
        .filter(|name| reaches(name).contains(*name))
        .cloned()
        .collect()
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::{\n    policy::{Rule, self},\n    unit::Digest,\n};\npub use super::look::Next;\n";
    let found: BTreeSet<String> = paths(text, &["rules", "mean"])
        .iter()
        .map(|path| path.join("::"))
        .collect();
    let expected = [
        "policy::Rule",
        "policy",
        "unit::Digest",
        "rules::look::Next",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
    let graph: Graph = [("a", "b"), ("b", "a"), ("c", "a")]
        .map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])))
        .into();
    assert_eq!(circles(&graph), ["a", "b"]);
}

#[test]
fn no_module_imports_itself_through_others() {
    let mut found = Vec::new();
    for folder in sources() {
        let circles = circles(&modules(&folder));
        if !circles.is_empty() {
            found.push(format!("{}: {}", folder.display(), circles.join(", ")));
        }
    }
    assert!(found.is_empty(), "circles: {found:#?}");
}
