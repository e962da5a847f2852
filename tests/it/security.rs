//! Holds docs/security.md to the tests that it names.

use std::{collections::BTreeSet, fs};

use crate::architecture::{root, rust_files};

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
