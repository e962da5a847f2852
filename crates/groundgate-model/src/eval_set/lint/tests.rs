//! Each lint on the smallest set that has it, and the bundled set, which has none.

use proptest::prelude::*;

use super::*;
use crate::eval_set::load;

const KB: &str = "{\"id\":\"fees\",\"text\":\"A transfer costs 1,500.50 EUR. Who pays the fee of a transfer? \
                  The customer pays it before 15:30.\"}\n";

/// `[error] a, b: message` for every lint about the given cases (each line without the braces).
/// Warnings that every such short set has are left out.
fn lints(lines: &[&str]) -> Vec<String> {
    let text = format!("{{{}}}", lines.join("}\n{"));
    let set = load("x.jsonl", text.as_bytes()).unwrap();
    let knowledge_base = KnowledgeBase::load("kb.jsonl", KB.as_bytes()).unwrap();
    lint(&set, Some(&knowledge_base))
        .into_iter()
        .filter(|lint| !lint.message.contains("no case is critical"))
        .map(|lint| {
            format!(
                "[{}] {}: {}",
                lint.severity.name(),
                lint.cases.join(", "),
                lint.message
            )
        })
        .collect()
}

/// A case about which there is nothing to say, with other keys put before its own.
fn clean(id: &str, more: &str) -> String {
    format!(
        "\"id\":\"{id}\",\"reference_answer\":\"The customer.\",\"expected_facts\":[\"The customer pays.\"],\
         \"expected_documents\":[\"fees\"],\"answerable\":true,{more}"
    )
}

fn check(lines: &[&str], expected: &[&str]) {
    assert_eq!(lints(lines), expected, "{lines:?}");
}

#[test]
fn labels_that_contradict_each_other_are_errors() {
    check(
        &[
            r#""id":"a","question":"one","answerable":false"#,
            r#""id":"b","question":"two","answerable":false,"expected_documents":["fees"]"#,
        ],
        &["[error] b: an unanswerable question has expected facts or documents"],
    );
    let tagged = |id: &str, kind: &str, answerable: bool| {
        format!(
            "\"id\":\"{id}\",\"question\":\"about {id}\",\"reference_answer\":\"r\",\"answerable\":{answerable},\"tags\":{{\"kind\":\"{kind}\"}}"
        )
    };
    let found = lints(&[
        &tagged("a", "unanswerable", true),
        &tagged("b", "unanswerable", false),
        &tagged("c", "number", false),
    ]);
    let expected =
        "[error] a, c: `answerable` and the tag `kind=unanswerable` contradict each other";
    assert_eq!(found.first().map(String::as_str), Some(expected));
    assert!(
        lints(&[&tagged("c", "number", false)])
            .iter()
            .all(|lint| !lint.contains("contradict"))
    );
}

#[test]
fn what_cannot_be_measured_is_a_warning() {
    check(&[&clean("a", r#""question":"one""#)], &[]);
    check(
        &[r#""id":"a","question":"one""#],
        &[
            "[warning] a: `answerable` is not said, so that a refusal is neither right nor wrong",
            "[warning] a: neither a reference answer nor expected facts: correctness cannot be measured",
            "[warning] a: no expected documents: retrieval cannot be measured",
        ],
    );
    check(
        &[
            r#""id":"a","question":"one","answerable":true,"reference_answer":"r","expected_documents":["fees"]"#,
        ],
        &[
            "[warning] a: a reference answer without expected facts: correctness is measured by a paraphrase",
        ],
    );
}

#[test]
fn a_document_that_is_not_there_is_an_error_with_the_nearest_one() {
    let line = clean("a", r#""question":"one""#).replace("fees", "fee");
    check(
        &[&line],
        &["[error] a: the expected document `fee` is not in the knowledge base"],
    );
    let set = load("x.jsonl", format!("{{{line}}}").as_bytes()).unwrap();
    let knowledge_base = KnowledgeBase::load("kb.jsonl", KB.as_bytes()).unwrap();
    let help = lint(&set, Some(&knowledge_base))
        .first()
        .unwrap()
        .help
        .clone();
    assert_eq!(help, "did you mean `fees`?");
}

#[test]
fn slices_are_complete_and_not_thin() {
    let lines: Vec<String> = (0..19)
        .map(|number| {
            let tag = match number {
                0 => String::new(),
                1..=9 => ",\"tags\":{\"product\":\"cards\"}".to_owned(),
                _ => ",\"tags\":{\"product\":\"fees\"}".to_owned(),
            };
            clean(
                &format!("a{number}"),
                &format!("\"question\":\"{number} word{number}\"{tag}"),
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    check(
        &lines,
        &[
            "[warning] a0: no tag `product`, which other cases have",
            "[warning] a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18: \
         slices of `product` with fewer than 10 cases: cards (9), fees (9)",
        ],
    );
}

#[test]
fn questions_asked_twice_belong_into_one_cluster() {
    let ask = |id: &str, question: &str, more: &str| {
        clean(id, &format!("\"question\":\"{question}\"{more}"))
    };
    let nine = "what is the daily limit of a standard card abroad";
    let same = "[error] a, b: the same question is asked more than once, in different clusters";
    let near = "[warning] a, b: two questions have nearly the same words, in different clusters";
    check(
        &[
            &ask("a", nine, ""),
            &ask(
                "b",
                "What is the daily limit of a standard card abroad?!",
                "",
            ),
        ],
        &[same],
    );
    check(
        &[
            &ask("a", nine, ""),
            &ask("b", &format!("{nine} please"), ""),
        ],
        &[near],
    );
    check(
        &[
            &ask("a", nine, ",\"cluster\":\"c\""),
            &ask("b", nine, ",\"cluster\":\"c\""),
        ],
        &[],
    );
    check(
        &[
            &ask("a", nine, ""),
            &ask(
                "b",
                &nine.replace("daily limit of a standard", "monthly fee for metal"),
                "",
            ),
        ],
        &[],
    );
    let after = ",\"history\":[{\"role\":\"user\",\"text\":\"the customer lives on another continent and travels often\"}]";
    check(&[&ask("a", nine, ""), &ask("b", nine, after)], &[]);
}

#[test]
fn answers_in_questions_and_questions_in_documents_are_found() {
    check(
        &[&clean("a", r#""question":"the customer PAYS, right?""#)],
        &["[error] a: the question holds an expected fact or the reference answer"],
    );
    check(
        &[&clean("a", r#""question":"does the customer pay?""#)],
        &[],
    );
    check(
        &[&clean(
            "a",
            r#""question":"who pays the fee of a transfer""#,
        )],
        &["[warning] a: the question stands word by word in the document `fees`"],
    );
    check(
        &[&clean(
            "a",
            r#""question":"who pays the fee of a transfer abroad""#,
        )],
        &[],
    );
}

#[test]
fn numbers_of_facts_stand_in_the_documents() {
    let fact = |fact: &str| clean("a", r#""question":"one""#).replace("The customer pays.", fact);
    for good in [
        "It costs 1500.50 EUR.",
        "It costs 1,500.50 EUR",
        "Before 15:30.",
        "No number.",
    ] {
        check(&[&fact(good)], &[]);
    }
    for (bad, number) in [
        ("It costs 1501 EUR.", "1501"),
        ("Before 16:30.", "16:30"),
        ("1,50", "1,50"),
    ] {
        let expected = format!(
            "[warning] a: an expected fact holds the number {number}, and no expected document does"
        );
        check(&[&fact(bad)], &[&expected]);
    }
}

#[test]
fn a_set_without_a_critical_case_is_named() {
    let set = load("x.jsonl", br#"{"id":"a","question":"q","critical":true}"#).unwrap();
    assert!(
        lint(&set, None)
            .iter()
            .all(|lint| !lint.message.contains("critical"))
    );
    let set = load("x.jsonl", br#"{"id":"a","question":"q"}"#).unwrap();
    assert!(
        lint(&set, None)
            .iter()
            .any(|lint| lint.message == "no case is critical")
    );
}

#[test]
fn the_bundled_set_is_large_and_clean() {
    let set = load(
        "support.jsonl",
        include_bytes!("../../../../../eval_sets/support.jsonl"),
    )
    .unwrap();
    let knowledge_base = KnowledgeBase::load(
        "support.kb.jsonl",
        include_bytes!("../../../../../eval_sets/support.kb.jsonl"),
    )
    .unwrap();
    assert!(set.cases.len() >= 160, "{}", set.cases.len());
    assert!(
        knowledge_base.documents.len() >= 60,
        "{}",
        knowledge_base.documents.len()
    );
    let found = lint(&set, Some(&knowledge_base));
    assert!(found.is_empty(), "{found:#?}");
}

proptest! {
    #[test]
    fn near_duplicates_are_found_as_by_comparing_all_pairs(
        questions in prop::collection::vec(prop::collection::vec(0..8_u8, 1..7), 1..12),
    ) {
        let cases: Vec<Case> = questions
            .iter()
            .enumerate()
            .map(|(index, question)| {
                let question = question.iter().map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ");
                let line = format!("{{\"id\":\"{index}\",\"question\":\"{question}\"}}");
                load("x.jsonl", line.as_bytes()).unwrap().cases.remove(0)
            })
            .collect();
        let sets: std::collections::BTreeSet<std::collections::BTreeSet<u8>> =
            questions.iter().map(|words| words.iter().copied().collect()).collect();
        // Each set of words on its own, joined with every other that is near to one of its own.
        let mut expected: Vec<Vec<_>> = Vec::new();
        for words in sets {
            let is_near = |other: &std::collections::BTreeSet<u8>| {
                let (common, all) = (words.intersection(other).count(), words.union(other).count());
                common * 10 >= all * 8
            };
            let (near, apart): (Vec<_>, Vec<_>) =
                expected.into_iter().partition(|set: &Vec<_>| set.iter().any(is_near));
            expected = apart;
            expected.push(near.into_iter().flatten().chain([words.clone()]).collect());
        }
        let mut expected: Vec<usize> = expected.iter().map(Vec::len).filter(|n| *n > 1).collect();
        expected.sort_unstable();
        let found = duplicate::near_duplicates(&cases);
        let near = found.iter().filter(|lint| lint.severity == Severity::Warning);
        let mut near: Vec<usize> = near.map(|lint| lint.cases.len()).collect();
        near.sort_unstable();
        prop_assert_eq!(near, expected);
    }

    #[test]
    fn no_text_panics(question in "\\PC{1,40}", fact in "\\PC{1,40}", text in "\\PC{1,60}") {
        let case = serde_json::json!({"id": "a", "question": format!("q{question}"),
            "expected_facts": [format!("f{fact}")], "expected_documents": ["d"]});
        let document = serde_json::json!({"id": "d", "text": format!("t{text}")});
        let set = load("x.jsonl", case.to_string().as_bytes()).unwrap();
        let knowledge_base = KnowledgeBase::load("kb.jsonl", document.to_string().as_bytes()).unwrap();
        lint(&set, Some(&knowledge_base));
    }
}

/// One finding for all that one template made, whatever it is that differs.
#[test]
fn questions_of_one_template_are_one_finding() {
    let lines: Vec<String> = (0..500)
        .map(|n| {
            let question =
                format!("what is the daily limit of a standard card of client number {n}");
            clean(&format!("q{n}"), &format!("\"question\":\"{question}\""))
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let found = lints(&lines);
    let [near] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(near.starts_with("[warning] q0, q1, q2, "), "{near}");
    assert!(
        near.ends_with("q499: 500 questions have nearly the same words, in different clusters")
    );
}
