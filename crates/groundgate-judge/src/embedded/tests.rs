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
fn how_the_context_is_cut_changes_nothing() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let answer =
        "A refund is paid within 20 days. The price rose to 59 euros. Parking is free for guests.";
    let seen = |passages: &[&str]| {
        let reading = judge.read("How are refunds paid?", answer, passages);
        let claims = reading.sentences.iter();
        let each: Vec<(f64, Label)> = claims
            .map(|own| (own.unsupported, own.finding.label))
            .collect();
        (reading.ungrounded, each)
    };
    let whole = seen(HANDBOOK);
    let [one, other] = [HANDBOOK[0], HANDBOOK[1]];
    for by in ["\n\n", "\n", " "] {
        assert_eq!(seen(&[&[one, other].join(by)]), whole, "{by:?}");
    }
    assert_eq!(seen(&[other, one]), whole);
    let cut = |text: &'static str| text.split_inclusive(". ");
    let mut pieces: Vec<&str> = cut(one).chain(cut(other)).collect();
    pieces.reverse();
    assert_eq!(seen(&pieces), whole);
    assert_eq!(seen(&[one, one, other, ""]), whole, "twice is once");
}

#[test]
fn apparatus_changes_nothing() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let seen = |answer: &str| {
        let reading = judge.read("How are refunds paid?", answer, HANDBOOK);
        let claims = reading.sentences.iter();
        let claims = claims.filter(|own| own.finding.label != Label::NotAClaim);
        let each: Vec<(f64, Label)> = claims
            .map(|own| (own.unsupported, own.finding.label))
            .collect();
        (reading.ungrounded, each)
    };
    let plain = seen("A refund is paid within 20 days.\nDental care is not covered.");
    for dressed in [
        "1. A refund is paid within 20 days.\n2. Dental care is not covered.",
        "- A refund is paid within 20 days [1].\n- Dental care is not covered [2].",
        "**A refund** is paid within 20 days.\n\nDental care is **not** covered.",
        "A refund is paid within 20 days (passage 1).\nDental care is not covered (passages 1 and 2).",
        "Sure! Here is what I found:\n\nA refund is paid within 20 days.\nDental care is not covered.\n\nI hope this helps!",
        "A refund is paid within twenty days.\nDental ca\u{ad}re is not co\u{200b}vered.",
        "A re\u{301}fund is paid within 20 days.\nDental care is not covered.",
    ] {
        assert_eq!(seen(dressed), plain, "{dressed:?}");
    }
}

#[test]
fn a_code_is_one_word_however_it_is_written() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let passage = "Withdrawals from a traditional IRA or 401k are taxed as ordinary income.";
    let answer = "For traditional IRAs or 401(k)s, withdrawals are taxed as ordinary income.";
    let findings = judge.check_claims("", answer, &[passage]);
    assert_eq!(findings[0].label, Label::Supported, "{findings:?}");
    for (answer, label) in [
        ("The transfer takes 14 days.", Label::Supported),
        ("The transfer takes 2 days.", Label::NotFound),
    ] {
        let found = judge.check_claims("", answer, &["The transfer takes 2 weeks."]);
        let is_right = found[0].label == label
            || (label == Label::NotFound && found[0].label == Label::Contradicted);
        assert!(is_right, "{answer}: {found:?}");
    }
}

#[test]
fn a_limit_does_not_hide_a_denial() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let passage = "Deposits are insured up to 100,000 EUR by the state.";
    for answer in [
        "Deposits are not insured by the state.",
        "Deposits are never insured by the state.",
    ] {
        let found = judge.check_claims("", answer, &[passage]);
        assert_eq!(found[0].label, Label::Contradicted, "{answer}: {found:?}");
    }
}

#[test]
fn a_denial_counts_beside_a_sentence_that_says_more() {
    let judge = EmbeddedJudge::bundled().unwrap();
    let passage = "Gift cards cannot be refunded. Other purchases can be refunded within 14 days.";
    for (answer, label) in [
        (
            "Gift cards can be refunded within 14 days.",
            Label::Contradicted,
        ),
        (
            "Other purchases can be refunded within 14 days.",
            Label::Supported,
        ),
        ("Gift cards cannot be refunded.", Label::Supported),
    ] {
        let reading = judge.read("", answer, &[passage]);
        let finding = &reading.sentences[0].finding;
        assert_eq!(finding.label, label, "{answer}: {finding:?}");
        let is_bad = label == Label::Contradicted;
        assert_eq!(
            reading.ungrounded > 0.5,
            is_bad,
            "{answer}: {}",
            reading.ungrounded
        );
        if is_bad {
            assert_eq!(finding.evidence.as_ref().unwrap().start, 0);
        }
    }
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
            let inputs = sentence.seen.map(|seen| seen.features.inputs());
            prop_assert!(inputs.iter().flatten().all(|input| input.is_finite()));
            if let Some(evidence) = &sentence.finding.evidence {
                prop_assert!(passage.get(evidence.start..evidence.end).is_some());
            }
        }
    }
}
