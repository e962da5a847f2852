//! What the embedded judge sees, and what it must not claim to see.

use proptest::prelude::*;

use super::*;

const HANDBOOK: &[&str] = &[
    "Refund policy. A refund is paid within 20 days of the request. Refunds below 5 euros are not paid. \
     The customer keeps the receipt until the refund arrives. Contact Alice Jones in billing for questions.",
    "The standard plan covers 12 visits to a physiotherapist per year. Visits must be booked in advance. \
     The price increased to 49 euros in March 2024. Dental care is not covered by the standard plan.",
];

fn check(answer: &str, expected: Label, reason: &str) {
    let judge = EmbeddedJudge::bundled().unwrap();
    let findings = judge.check_claims("How are refunds paid?", answer, HANDBOOK);
    let [finding] = findings.as_slice() else {
        panic!("{answer:?} is {} sentences", findings.len())
    };
    assert_eq!(finding.label, expected, "{answer:?}: {:?}", finding.reasons);
    let said: Vec<String> = finding.reasons.iter().map(ToString::to_string).collect();
    assert!(
        said.join("; ").contains(reason),
        "{answer:?}: {:?}",
        finding.reasons
    );
    if let Some(evidence) = &finding.evidence {
        assert!(
            HANDBOOK[evidence.passage]
                .get(evidence.start..evidence.end)
                .is_some()
        );
    }
}

#[test]
fn copies_and_near_copies_are_supported() {
    check(
        "A refund is paid within 20 days of the request.",
        Label::Supported,
        "",
    );
    check(
        "Refunds are paid within twenty days of a request.",
        Label::Supported,
        "",
    );
    check(
        "The plan covers 12 physiotherapist visits per year.",
        Label::Supported,
        "",
    );
    check(
        "Dental care isn't covered by the standard plan.",
        Label::Supported,
        "",
    );
}

#[test]
fn a_changed_number_is_contradicted() {
    check(
        "A refund is paid within 30 days of the request.",
        Label::Contradicted,
        "the number 30 is not in the passages (they say 20)",
    );
    check(
        "The standard plan covers 15 visits to a physiotherapist per year.",
        Label::Contradicted,
        "12",
    );
    check(
        "The price increased to €59 in March 2024.",
        Label::Contradicted,
        "49",
    );
}

#[test]
fn a_flipped_denial_an_antonym_and_another_name_are_contradicted() {
    check(
        "Dental care is covered by the standard plan.",
        Label::Contradicted,
        "negated in the passage",
    );
    check(
        "Visits must not be booked in advance.",
        Label::Contradicted,
        "negated in the answer",
    );
    check(
        "The price decreased to 49 euros in March 2024.",
        Label::Contradicted,
        "increased",
    );
    check(
        "Contact Bob Jones in billing for questions.",
        Label::Contradicted,
        "Alice",
    );
}

#[test]
fn new_content_is_not_found() {
    check(
        "Chargebacks are handled by an external arbitration panel in Luxembourg.",
        Label::NotFound,
        "nothing about `",
    );
    check(
        "Our award-winning mobile app lets you track parcels worldwide.",
        Label::NotFound,
        "",
    );
}

#[test]
fn what_claims_nothing_is_not_a_claim() {
    for text in [
        "Hello!",
        "Is there anything else I can help you with?",
        "Let me know if you have any other questions.",
        "I'm sorry, but I don't know.",
        "The provided passages do not mention chargebacks.",
        "Here is how refunds are paid:",
    ] {
        check(text, Label::NotAClaim, "");
    }
}

#[test]
fn evidence_points_at_the_sentence() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let answer =
        "Visits must be booked in advance. A refund is paid within 20 days of the request.";
    let findings = judge.check_claims("", answer, HANDBOOK);
    let quotes: Vec<&str> = findings
        .iter()
        .map(|finding| finding.evidence.as_ref().unwrap())
        .map(|evidence| &HANDBOOK[evidence.passage][evidence.start..evidence.end])
        .collect();
    assert_eq!(
        quotes,
        [
            "Visits must be booked in advance.",
            "A refund is paid within 20 days of the request."
        ]
    );
    assert_eq!(findings[1].id, "s2");
    assert_eq!(
        &answer[findings[1].start..findings[1].end],
        findings[1].text
    );
}

#[test]
fn without_passages_nothing_is_supported() {
    let judge = EmbeddedJudge::bundled().unwrap();
    for passages in [&[][..], &[""], &["…"]] {
        let findings = judge.check_claims("", "The plan covers 12 visits. Call Bob.", passages);
        assert!(
            findings
                .iter()
                .all(|finding| finding.label == Label::NotFound),
            "{findings:?}"
        );
    }
    assert!(judge.check_claims("", "", HANDBOOK).is_empty());
}

#[test]
fn support_tells_whether_an_answer_states_a_fact() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let answer = "You get your money back: refunds are paid within 20 days of the request.";
    assert_eq!(
        judge
            .support("Refunds are paid within 20 days.", answer)
            .label,
        Label::Supported
    );
    assert_eq!(
        judge
            .support("Refunds are paid within 30 days.", answer)
            .label,
        Label::Contradicted
    );
    assert_eq!(
        judge.support("A receipt must be kept.", answer).label,
        Label::NotFound
    );
    assert_eq!(judge.support("", answer).label, Label::NotAClaim);
}

#[test]
fn the_identity_follows_the_weights() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let mut bytes = BUNDLED.to_vec();
    assert_eq!(
        EmbeddedJudge::from_bytes(&bytes).unwrap().manifest(),
        judge.manifest()
    );
    *bytes.last_mut().unwrap() ^= 1;
    assert_ne!(
        EmbeddedJudge::from_bytes(&bytes).unwrap().manifest(),
        judge.manifest()
    );
    assert!(EmbeddedJudge::from_bytes(b"").is_err());
}

proptest! {
    #[test]
    fn any_text_may_come(
        question in "\\PC{0,20}",
        answer in "(\\PC|[a-c0-9 .!?%$\\n]|not |the ){0,60}",
        passage in "(\\PC|[a-c0-9 .!?%$\\n]|not |the ){0,60}",
    ) {
        let judge = EmbeddedJudge::bundled().unwrap();
        let reading = judge.read(&question, &answer, &[&passage, ""]);
        prop_assert!((0.0..=1.0).contains(&reading.ungrounded));
        for sentence in &reading.sentences {
            prop_assert!((0.0..=1.0).contains(&sentence.unsupported));
            prop_assert!(sentence.scored.features.inputs().iter().all(|input| input.is_finite()));
            if let Some(evidence) = &sentence.finding.evidence {
                prop_assert!(passage.get(evidence.start..evidence.end).is_some());
            }
        }
    }
}
