//! Hostile text through every field and every format at once.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{fixture, *};

/// What has broken other reports, terminals and CI systems.
pub(super) static PAYLOADS: LazyLock<Vec<String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../tests/it/payloads.json")).unwrap()
});

const LOG: Style = Style {
    color: false,
    unicode: true,
    workflow_log: true,
};

/// Every format of a report whose every text is `text`.
fn check(text: &str) {
    let mut report = fixture::with_text(text);
    // One case with an answer, one without, are all shapes that there are.
    report.cases.drain(4..);
    report.cases.drain(1..3);
    let log = render_text(&report, LOG);
    assert!(
        !log.chars()
            .any(|character| character.is_control() && character != '\n')
    );
    assert!(!log.contains("::") && !log.contains("##["), "{log}");
    assert!(
        log.lines()
            .last()
            .is_some_and(|line| line.starts_with("✖ NO-GO:")),
        "{log}"
    );

    let json: serde_json::Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
    assert_eq!(json["run"]["variant"], text);

    let xml = render_junit(&report);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let n_cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .count();
    assert_eq!(n_cases, report.decision.findings.len() + 1);

    markdown::check_is_harmless(&render_markdown(&report));
    html::check_is_harmless(&render_html(&report).unwrap());
}

#[test]
fn known_payloads_do_nothing_in_any_format() {
    assert_eq!(PAYLOADS.len(), 60);
    for payload in PAYLOADS.iter() {
        check(payload);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes_in_every_format() {
    let render = || {
        let report = fixture::report();
        [
            render_text(&report, LOG),
            render_json(&report).unwrap(),
            render_junit(&report),
            render_markdown(&report),
            render_html(&report).unwrap(),
        ]
    };
    assert_eq!(render(), render());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_does_anything_in_any_format(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn no_mix_of_signs_does_anything_in_any_format(
        text in "[<>&\"'`=:#\\[\\]@|/!(){}%\\\\ \n\r\u{1b}\u{202e}a-c-]{0,60}",
    ) {
        check(&text);
    }
}
