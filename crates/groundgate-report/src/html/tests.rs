//! What the page is made of; how it behaves in a browser is tested in `browser`.

use std::{collections::BTreeSet, sync::LazyLock};

use groundgate_gate::Verdict;
use roxmltree::{Document, Node, ParsingOptions};

use super::*;
use crate::{fixture, mark, model::Bucket, visible_line, wording};

/// The page without the contents of its style and script. It is well-formed XML, so that a strict
/// parser shows any text that became markup.
fn without_assets(report: &Report) -> String {
    let page = render_html(report).unwrap();
    assert_eq!(page.matches(STYLE).count(), 1);
    assert_eq!(page.matches(SCRIPT).count(), 1);
    page.replace(STYLE, "").replace(SCRIPT, "")
}

fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap()
}

fn elements<'a>(document: &'a Document<'_>) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(Node::is_element)
}

#[test]
fn the_page_looks_as_reviewed() {
    let mut report = fixture::report();
    report.cases.truncate(1);
    let page = without_assets(&report)
        .replace(&to_base64(&Sha256::digest(STYLE)), "STYLE")
        .replace(&to_base64(&Sha256::digest(SCRIPT)), "SCRIPT");
    insta::assert_snapshot!(page);
}

/// The names of an element and of its attributes.
type Shape = (String, Vec<String>);

fn shapes(page: &str) -> BTreeSet<Shape> {
    elements(&parse(page))
        .map(|element| {
            let attributes = element
                .attributes()
                .map(|attribute| attribute.name().to_owned());
            (element.tag_name().name().to_owned(), attributes.collect())
        })
        .collect()
}

/// Checks that a page has no kind of element that the reviewed page does not have, and shows nothing
/// hidden.
pub(crate) fn check_is_harmless(page: &str) {
    static KNOWN: LazyLock<BTreeSet<Shape>> =
        LazyLock::new(|| shapes(&without_assets(&fixture::report())));
    let page = page.replace(STYLE, "").replace(SCRIPT, "");
    let added: Vec<Shape> = shapes(&page)
        .into_iter()
        .filter(|one| !KNOWN.contains(one))
        .collect();
    assert_eq!(added, []);
    let document = parse(&page);
    assert_eq!(
        elements(&document)
            .filter(|element| element.has_tag_name("script"))
            .count(),
        1
    );
    let is_shown = |character: char| {
        matches!(character, '\n' | '\t')
            || visible_line(&character.to_string()).len() == character.len_utf8()
    };
    assert!(page.chars().all(is_shown));
}

#[test]
fn hostile_text_adds_no_element_and_no_attribute() {
    let page = render_html(&fixture::hostile()).unwrap();
    check_is_harmless(&page);
    assert!(page.contains("\\u{202e}"));
    assert!(page.contains("{{ 7 * 7 }}"));
}

#[test]
fn links_lead_to_places_in_the_page_and_nothing_is_loaded() {
    for report in [fixture::report(), fixture::hostile(), fixture::smallest()] {
        let page = without_assets(&report);
        let document = parse(&page);
        let mut ids = BTreeSet::new();
        for id in elements(&document).filter_map(|element| element.attribute("id")) {
            assert!(ids.insert(id.to_owned()), "{id} twice");
        }
        for element in elements(&document) {
            for attribute in element.attributes() {
                let name = attribute.name();
                assert!(
                    !name.starts_with("on") && name != "style" && name != "src",
                    "{name}"
                );
                if name == "href" {
                    let target = attribute.value().strip_prefix('#').unwrap();
                    assert!(ids.contains(target), "{target}");
                }
                if matches!(name, "aria-labelledby") {
                    assert!(ids.contains(attribute.value()));
                }
            }
        }
        for (name, count) in [
            ("script", 1),
            ("style", 1),
            ("link", 0),
            ("img", 0),
            ("iframe", 0),
        ] {
            let found = elements(&document)
                .filter(|element| element.has_tag_name(name))
                .count();
            assert_eq!(found, count, "{name}");
        }
    }
}

#[test]
fn every_table_has_a_caption_and_every_head_a_scope() {
    let page = without_assets(&fixture::report());
    let document = parse(&page);
    for table in elements(&document).filter(|element| element.has_tag_name("table")) {
        assert!(table.children().any(|child| child.has_tag_name("caption")));
        for head in table.descendants().filter(|node| node.has_tag_name("th")) {
            assert!(head.has_attribute("scope"), "{:?}", head.text());
        }
    }
}

#[test]
fn a_claim_leads_to_its_evidence_and_back() {
    let page = without_assets(&fixture::report());
    let document = parse(&page);
    let by_id = |id: &str| {
        elements(&document)
            .find(|element| element.attribute("id") == Some(id))
            .unwrap()
    };
    let claim = by_id("case-0-c-s1");
    assert!(
        claim
            .descendants()
            .any(|node| node.attribute("href") == Some("#case-0-c-e1"))
    );
    let evidence = by_id("case-0-c-e1");
    assert_eq!(
        evidence.text(),
        Some("reversed within 14 days of the request")
    );
    assert_eq!(evidence.attribute("class"), Some("contradicted"));
    let back = evidence.next_sibling_element().unwrap();
    assert_eq!(back.attribute("href"), Some("#case-0-c-s1"));
}

#[test]
fn verdict_word_sign_and_class_agree_wherever_they_stand() {
    for verdict in [
        Verdict::Pass,
        Verdict::Hold,
        Verdict::Inconclusive,
        Verdict::Fail,
        Verdict::Error,
    ] {
        let mut report = fixture::smallest();
        report.decision.verdict = verdict;
        let shown = mark(verdict);
        let page = without_assets(&report);
        assert!(page.contains(&format!("<div class=\"answer {}\">", shown.class)));
        assert!(page.contains(&format!(
            "aria-hidden=\"true\">{}</span><span class=\"badge-word\">{}</span>",
            shown.glyph, shown.gate_word
        )));
        assert!(page.contains(&format!("<title>{} ·", shown.gate_word)));
    }
}

#[test]
fn a_case_of_every_bucket_can_be_filtered() {
    for bucket in [
        Bucket::Regressed,
        Bucket::StillFailing,
        Bucket::Fixed,
        Bucket::Unchanged,
    ] {
        let class = wording::bucket_class(bucket);
        assert!(TEMPLATE.contains(&format!(
            "<option value=\"{class}\">{}</option>",
            bucket.name()
        )));
        assert!(STYLE.contains(&format!(".{class}")));
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
        assert_eq!(to_base64(bytes.as_bytes()), text);
    }
}
