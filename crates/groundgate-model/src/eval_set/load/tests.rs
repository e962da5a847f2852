//! What loads, and every mistake with its line.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;
use crate::diagnostic::MISTAKE_LIMIT;

fn check(file: &str, text: impl AsRef<[u8]>, expected: Result<&[&str], &[&str]>) {
    let shown = String::from_utf8_lossy(text.as_ref()).into_owned();
    match (load(file, text.as_ref()), expected) {
        (Ok(set), Ok(ids)) => {
            let found: Vec<&str> = set.cases.iter().map(|case| case.id.as_str()).collect();
            assert_eq!(found, ids, "{shown}");
        }
        (Err(mistakes), Err(messages)) => {
            let found: Vec<String> = mistakes.0.iter().map(ToString::to_string).collect();
            assert_eq!(found, messages, "{shown}");
        }
        (found, _) => panic!("{shown}: {found:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const A: &str = r#"{"id":"a","question":"why?"}"#;
const B: &str = r#"{"id":"b","question":"how?"}"#;

#[test]
fn harmless_differences_between_files_are_fine() {
    check("x.jsonl", format!("{A}\n{B}\n"), Ok(&["a", "b"]));
    check(
        "x.JSONL",
        format!("\u{feff}{A}\r\n\r\n  \r\n{B}"),
        Ok(&["a", "b"]),
    );
    check("x.json", format!("\u{feff}[{A},\n {B}]\n"), Ok(&["a", "b"]));
    check(
        "x.csv",
        "\u{feff}question,id\r\nwhy?,a\r\n\"how,\nso?\",b\r\n",
        Ok(&["a", "b"]),
    );
    check(
        "x.jsonl.gz",
        gzip(format!("{A}\n{B}").as_bytes()),
        Ok(&["a", "b"]),
    );
}

#[test]
fn a_file_without_a_case_is_an_error() {
    check("x.jsonl", "\n\n", Err(&["x.jsonl: eval set has no case"]));
    check("x.json", "[]", Err(&["x.json: eval set has no case"]));
    check(
        "x.csv",
        "id,question\n",
        Err(&["x.csv: eval set has no case"]),
    );
    check(
        "x.txt",
        A,
        Err(&["x.txt: cannot tell the eval set's format"]),
    );
    check(
        "x.csv",
        "",
        Err(&[
            "x.csv:1: column `id` is missing",
            "x.csv:1: column `question` is missing",
        ]),
    );
}

#[test]
fn every_mistake_is_found_at_once_with_its_line() {
    check(
        "x.jsonl",
        [
            A,
            r#"{"id":"","question":" "}"#,
            r#"{"id":"c","question":"q","critical":"yes"}"#,
            "{not json",
            r#"{"id":"e","question":"q","tags":{"product":"x","product":"y"}}"#,
            r#"{"id":"f","id":"g","question":"q"}"#,
            r#"{"id":"h","question":"null \u0000"}"#,
            r#"{"id":"i","question":"q","answerable":NaN}"#,
            A,
        ]
        .join("\n"),
        Err(&[
            "x.jsonl:3:41: invalid type: string \"yes\", expected a boolean",
            "x.jsonl:4:2: key must be a string",
            "x.jsonl:5:61: duplicate tag `product`",
            "x.jsonl:6:14: duplicate field `id`",
            "x.jsonl:8:39: expected value",
            "x.jsonl:2:1: `id` is empty",
            "x.jsonl:2:1: `question` is empty",
            "x.jsonl:7:1: `question` holds a NUL",
            "x.jsonl:9:1: case id `a` is already on line 1",
        ]),
    );
}

#[test]
fn elements_of_an_array_have_lines_too() {
    check(
        "x.json",
        format!("[\n  {A},\n  {{\n    \"id\": \"b\",\n    \"qestion\": \"q\"\n  }},\n  {A}\n]"),
        Err(&[
            "x.json:5:13: unknown field `qestion`, expected one of `id`, `question`, `history`, \
             `reference_answer`, `expected_facts`, `expected_documents`, `answerable`, `tags`, \
             `cluster`, `critical`",
            "x.json:7:3: case id `a` is already on line 2",
        ]),
    );
    check(
        "x.json",
        "{}",
        Err(&["x.json:1:1: invalid type: map, expected a sequence"]),
    );
    check(
        "x.json",
        format!("[{A},"),
        Err(&["x.json:1:30: EOF while parsing a value"]),
    );
}

#[test]
fn a_misspelt_field_is_named_with_the_nearest_one() {
    let mistakes = load(
        "x.jsonl",
        br#"{"id":"a","question":"q","refrence_answer":"r"}"#,
    )
    .unwrap_err();
    assert_eq!(
        mistakes
            .0
            .first()
            .and_then(|mistake| mistake.help.as_deref()),
        Some("did you mean `reference_answer`?")
    );
}

#[test]
fn ids_that_look_the_same_are_refused_with_both_lines() {
    let two = |left: &str, right: &str| {
        format!(
            "{{\"id\":\"{left}\",\"question\":\"q\"}}\n{{\"id\":\"{right}\",\"question\":\"q\"}}"
        )
    };
    let same = |left: &str, right: &str| {
        format!(
            "x.jsonl:2:1: case id `{right}` differs from `{left}` on line 1 only in case or Unicode form"
        )
    };
    for (left, right) in [
        ("caf\u{e9}", "cafe\u{301}"),
        ("Cards", "cards"),
        ("\u{ff41}", "a"),
    ] {
        check(
            "x.jsonl",
            two(left, right),
            Err(&[same(left, right).as_str()]),
        );
    }
    check("x.jsonl", two("a", "a\u{301}"), Ok(&["a", "a\u{301}"]));
}

#[test]
fn bytes_that_are_no_text_are_named_by_line() {
    check(
        "x.jsonl",
        b"{\"id\":\"a\",\"question\":\"\xff\"}\n\0",
        Err(&[
            "x.jsonl:1: byte 23 of the line is not UTF-8",
            "x.jsonl:2: line holds a NUL",
        ]),
    );
    check("x.json", b"[\n\xff]", Err(&["x.json:2: text is not UTF-8"]));
    check(
        "x.csv",
        b"id,question\na,\xff\n",
        Err(&["x.csv:2: `question` is not UTF-8 (byte 1)"]),
    );
}

#[test]
fn a_line_past_the_limit_does_not_stop_the_others() {
    let long = "q".repeat(jsonl::LINE_LIMIT);
    check(
        "x.jsonl",
        format!("{{\"id\":\"a\",\"question\":\"{long}\"}}\n{B}\n{B}"),
        Err(&[
            &format!(
                "x.jsonl:1: line of {} bytes is longer than {}",
                long.len() + 24,
                long.len()
            ),
            "x.jsonl:3:1: case id `b` is already on line 2",
        ]),
    );
}

#[test]
fn unpacking_twice_does_no_harm() {
    let packed = gzip(A.as_bytes());
    let once = unpack("x.jsonl.gz", packed).unwrap();
    assert_eq!(once, A.as_bytes());
    assert_eq!(unpack("x.jsonl.gz", once.clone()).unwrap(), once);
    check("x.jsonl.gz", once, Ok(&["a"]));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = gzip(&vec![b'\n'; 100_000]);
    assert_eq!(
        gunzip(&bomb, 99_999),
        Err("is larger than 99999 bytes when decompressed".to_owned())
    );
    assert_eq!(gunzip(&bomb, 100_000).map(|plain| plain.len()), Ok(100_000));
    check(
        "x.csv.gz",
        b"\x1f\x8b",
        Err(&["x.csv.gz: cannot decompress: unexpected end of file"]),
    );
}

#[test]
fn a_row_says_what_a_line_says() {
    let csv = "id,question,reference_answer,expected_facts,expected_documents,answerable,\
               tag:product,tag:kind,cluster,critical\n\
               a,why?,so,one | two,d1|d2,True,cards,,c1,false\n";
    let json = r#"{"id":"a","question":"why?","reference_answer":"so","expected_facts":["one","two"],
        "expected_documents":["d1","d2"],"answerable":true,"tags":{"product":"cards"},"cluster":"c1"}"#;
    let from_csv = load("x.csv", csv.as_bytes()).unwrap();
    let from_json = load("x.json", format!("[{json}]").as_bytes()).unwrap();
    assert_eq!(from_csv, from_json);
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    check(
        "x.csv",
        "id,question,answerable,expected_facts\na,q,NaN,\nb,q,maybe,\nc,q\nd,q,,one||two\n",
        Err(&[
            "x.csv:2: `answerable` is `NaN`; an empty cell says nothing",
            "x.csv:3: `answerable` is `maybe` and not `true` or `false`",
            "x.csv:4: row has 2 cells and the header has 4",
            "x.csv:5: `expected_facts` is empty",
        ]),
    );
    check(
        "x.csv",
        "id,question,product,id\n",
        Err(&[
            "x.csv:1: unknown column `product`",
            "x.csv:1: column `id` comes twice",
        ]),
    );
}

#[test]
fn mistakes_past_the_limit_are_counted() {
    let file = format!("{A}\n").repeat(MISTAKE_LIMIT + 3);
    let mistakes = load("x.jsonl", file.as_bytes()).unwrap_err();
    assert_eq!(mistakes.0.len(), MISTAKE_LIMIT + 1);
    assert_eq!(
        mistakes.0.last().unwrap().to_string(),
        "x.jsonl: and 2 more"
    );
}

#[test]
fn the_order_of_lines_does_not_change_the_digest_but_the_text_does() {
    let digest = |text: String| load("x.jsonl", text.as_bytes()).unwrap().digest;
    assert_eq!(digest(format!("{A}\n{B}")), digest(format!("{B}\n{A}")));
    assert_ne!(
        digest(format!("{A}\n{B}")),
        digest(format!("{A}\n{}", B.replace("how", "who")))
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), format in 0..4_usize) {
        let file = ["x.jsonl", "x.json", "x.csv", "x.jsonl.gz"][format];
        if let Err(mistakes) = load(file, &bytes) {
            prop_assert!(!mistakes.0.is_empty());
        }
    }

    #[test]
    fn no_broken_line_panics(at in 0..200_usize, put in "\\PC{0,4}", json: bool) {
        let mut text = format!("[{A},\n{{\"id\":\"é\",\"question\":\"ß\",\"tags\":{{\"a\":\"b\"}}}}]");
        let place = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert_str(place, &put);
        drop(load(if json { "x.json" } else { "x.jsonl" }, text.as_bytes()));
    }
}
