use std::fs;

use super::*;
use crate::report::fixture;

#[test]
fn the_fixture_is_written_where_it_can_be_looked_at() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/report-fixture");
    fs::create_dir_all(folder).unwrap();
    for (name, report) in [
        ("report.html", fixture::report()),
        ("hostile.html", fixture::hostile()),
        ("smallest.html", fixture::smallest()),
    ] {
        fs::write(format!("{folder}/{name}"), render_html(&report).unwrap()).unwrap();
    }
}

#[test]
fn base64_agrees_with_the_standard() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}
