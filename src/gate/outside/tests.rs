//! Facts, waivers and approvals: nothing missing passes, nobody's word turns a number around.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    gate::{
        decide::{Evidence, decide},
        labels::HumanScores,
        policy::{CalibrationOrigin, JudgeCalibration, Policy, RuleKind},
        tests::{policy, table},
        verdict::{Decision, Verdict},
    },
    stats::rogan_gladen::Recognized,
    trial::{Cell, ScoreTable, Unscored},
    unit::Digest,
};

/// 2026-11-25, noon.
pub(super) fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

pub(super) fn good() -> ScoreTable {
    table("good", 200, |_| Cell::Scored(1.0))
}

pub(super) fn age(text: &str) -> Age {
    Age::parse(text).unwrap()
}

pub(super) fn floor(min: f64) -> RuleKind {
    RuleKind::Floor {
        metric: "groundedness".to_owned(),
        min,
    }
}

fn rule(kind: FactKind) -> FactRule {
    FactRule {
        id: "fact".to_owned(),
        why: None,
        line: None,
        kind,
    }
}

fn spend() -> FactKind {
    FactKind::Evidence {
        file: "f.json".to_owned(),
        value: "/usd".to_owned(),
        date: "/as_of".to_owned(),
        max_age: age("24h"),
        bar: Bar::AtMost,
        threshold: 1500.0,
        unit: "USD".to_owned(),
    }
}

fn health(measure: Measure, threshold: f64) -> FactKind {
    FactKind::JudgeHealth {
        file: "f.json".to_owned(),
        metric: "groundedness".to_owned(),
        measure,
        threshold,
        min_labels: 50,
        max_age: age("60d"),
    }
}

/// Every kind of rule about facts.
fn every_kind() -> Vec<FactKind> {
    let indexed = FactKind::Freshness {
        of: DateOf::File {
            file: "f.json".to_owned(),
            date: "/as_of".to_owned(),
        },
        max_age: age("7d"),
    };
    let made = |of: DateOf| FactKind::Freshness {
        of,
        max_age: age("48h"),
    };
    vec![
        spend(),
        indexed,
        made(DateOf::Run),
        made(DateOf::Baseline),
        FactKind::MaxOverlap {
            files: vec!["f.json".to_owned()],
            max: 0.25,
        },
        health(Measure::Agreement, 0.7),
        health(Measure::FlipRate, 0.08),
        health(Measure::AttackFlipRate, 0.08),
    ]
}

/// A file in which every rule finds what it needs.
fn fine() -> Value {
    json!({
        "usd": 412.5,
        "examples": [{"q": "How long?"}, {"q": "How long must I wait?"}],
        "as_of": "2026-11-25T06:00:00Z",
        "schema": "groundgate.judge-health/1",
        "judge": Digest::of(b"judge").short(),
        "measured_at": "2026-11-01T00:00:00Z",
        "agreement": {"good_labelled": 120, "good_right": 116, "bad_labelled": 90, "bad_right": 87},
        "flips": {"n": 100, "flipped": 2},
        "attack_flips": {"n": 80, "flipped": 0},
    })
}

fn facts(document: Document) -> Facts {
    Facts {
        environment: "prod".to_owned(),
        run_made: Some("2026-11-25T10:00:00Z".parse().unwrap()),
        baseline_made: Some("2026-11-24T10:00:00Z".parse().unwrap()),
        documents: BTreeMap::from([("f.json".to_owned(), document)]),
        questions: ["How long?", "May I?", "Who pays?", "Which card?"]
            .map(|question| (question.to_lowercase(), question.to_owned()))
            .to_vec(),
        ..Facts::none(noon())
    }
}

fn with_rules(kinds: Vec<FactKind>) -> Policy {
    let mut policy = policy(vec![floor(0.5)]);
    policy.outside.rules = kinds.into_iter().map(rule).collect();
    policy
}

fn settled(policy: &Policy, candidate: &ScoreTable, facts: &Facts) -> Decision {
    let evidence = Evidence {
        candidate,
        baseline: None,
    };
    settle(policy, evidence, facts).decision
}

fn verdict(kind: &FactKind, facts: &Facts) -> Verdict {
    let policy = with_rules(vec![kind.clone()]);
    settled(&policy, &good(), facts).verdict
}

#[test]
fn what_is_there_fresh_and_right_passes_every_kind() {
    for kind in every_kind() {
        let policy = with_rules(vec![kind.clone()]);
        let decision = settled(&policy, &good(), &facts(Ok(fine())));
        assert_eq!(decision.verdict, Verdict::Pass, "{kind:?}: {decision:#?}");
        assert_eq!(decision.findings.len(), 2);
    }
}

#[test]
fn what_is_known_of_a_judge_is_shown_beside_its_bar() {
    let policy = with_rules(every_kind());
    let measures = judge_measures(&policy, &facts(Ok(fine())), &good());
    let shown: Vec<(&str, usize, bool)> = (measures.iter())
        .map(|one| (one.what, one.n, one.bar.is_some()))
        .collect();
    assert_eq!(
        shown,
        [
            ("agreement with people (kappa)", 210, true),
            ("good answers recognized", 120, false),
            ("bad answers recognized", 90, false),
            ("judged otherwise when asked again", 100, true),
            ("turned good by an attack", 80, true),
        ]
    );
    for one in &measures {
        assert!(one.lower.is_none_or(|lower| lower <= one.value), "{one:?}");
        assert!(one.upper.is_none_or(|upper| upper >= one.value), "{one:?}");
    }
    // The rule and the picture speak of the same numbers.
    let decision = settled(&policy, &good(), &facts(Ok(fine())));
    let rule = decision
        .findings
        .iter()
        .find(|finding| finding.kind == "judge-health")
        .unwrap();
    assert_eq!(rule.observed, Some(measures[0].value));
    for nothing in [
        but("judge", Some(json!("0".repeat(12)))),
        but("schema", None),
        json!([]),
    ] {
        assert_eq!(judge_measures(&policy, &facts(Ok(nothing)), &good()), []);
    }
}

#[test]
fn calibrations_and_labels_are_shown_where_no_rule_speaks_of_the_judge() {
    let recognized = |right, labelled| Recognized::new(right, labelled).unwrap();
    let mut policy = with_rules(Vec::new());
    let metric = "groundedness".to_owned();
    policy.calibrations.insert(
        metric.clone(),
        JudgeCalibration {
            judge: Digest::of(b"judge").short(),
            good: recognized(90, 100),
            bad: recognized(40, 50),
            origin: CalibrationOrigin::default(),
        },
    );
    let mut labels = HumanScores::new("labels.jsonl".to_owned());
    // The judge calls all of them good.
    labels.add(&metric, 200, [(0, 1.0), (1, 1.0), (2, 0.0)]);
    let known = Facts {
        labels: Some(labels),
        ..facts(Ok(fine()))
    };
    let from = |measures: &[JudgeMeasure]| -> Vec<(String, usize)> {
        let all = measures.iter();
        all.map(|one| (one.from.clone(), one.n)).collect()
    };
    let calibration = "the policy's calibration".to_owned();
    let of_run = "labels of this run".to_owned();
    assert_eq!(
        from(&judge_measures(&policy, &known, &good())),
        [
            (calibration.clone(), 150),
            (calibration.clone(), 100),
            (calibration, 50),
            (of_run.clone(), 3),
            (of_run.clone(), 2),
            (of_run, 1),
        ]
    );
    // What a rule reads is newer than a calibration; a calibration of another judge says nothing.
    policy.outside.rules = vec![rule(health(Measure::Agreement, 0.7))];
    assert!(
        (judge_measures(&policy, &facts(Ok(fine())), &good()).iter())
            .all(|one| one.from == "f.json")
    );
    policy.outside.rules.clear();
    policy.calibrations.get_mut(&metric).unwrap().judge = "0".repeat(12);
    assert_eq!(judge_measures(&policy, &facts(Ok(fine())), &good()), []);
}

/// The file with one field replaced, or taken out.
fn but(field: &str, value: Option<Value>) -> Value {
    let mut document = fine();
    let fields = document.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    document
}

#[test]
fn no_fact_never_passes_any_kind_of_rule() {
    let empty: Vec<(&str, Facts)> = vec![
        ("nobody gave the file", Facts::none(noon())),
        ("cannot be read", facts(Err("gone".to_owned()))),
        ("null", facts(Ok(Value::Null))),
        ("a list", facts(Ok(json!([])))),
        ("empty", facts(Ok(json!({})))),
        ("another time", {
            let mut facts = facts(Ok(fine()));
            facts.at = "2020-01-01T00:00:00Z".parse().unwrap();
            facts
        }),
    ];
    for (name, facts) in &empty {
        for kind in every_kind() {
            let is_of_a_run = matches!(
                kind,
                FactKind::Freshness {
                    of: DateOf::Run | DateOf::Baseline,
                    ..
                }
            );
            let has_runs = facts.run_made.is_some() && facts.at == noon();
            let is_dated = !matches!(kind, FactKind::MaxOverlap { .. });
            if (is_of_a_run && has_runs) || (!is_dated && *name == "another time") {
                continue;
            }
            assert_eq!(
                verdict(&kind, facts),
                Verdict::Inconclusive,
                "{name}: {kind:?}"
            );
        }
    }
    let no_run = Facts {
        run_made: None,
        baseline_made: None,
        ..facts(Ok(fine()))
    };
    for of in [DateOf::Run, DateOf::Baseline] {
        let max_age = age("9w");
        let kind = FactKind::Freshness { of, max_age };
        assert_eq!(verdict(&kind, &no_run), Verdict::Inconclusive);
    }
}

#[test]
fn questions_that_the_copilot_was_given_are_counted_and_named() {
    let found = |max: f64, facts: &Facts| {
        let files = vec!["f.json".to_owned()];
        let policy = with_rules(vec![FactKind::MaxOverlap { files, max }]);
        let mut decision = settled(&policy, &good(), facts);
        decision.findings.pop().unwrap()
    };
    let facts = facts(Ok(fine()));
    let finding = found(0.25, &facts);
    assert_eq!(
        finding.sentence,
        "1 of 4 questions stand in the files (25.0%); at most 25% is allowed"
    );
    assert_eq!(finding.worst_cases, ["how long?"]);
    assert_eq!(found(0.24, &facts).verdict, Verdict::Fail);
    let no_questions = Facts {
        questions: Vec::new(),
        ..facts
    };
    assert_eq!(found(0.9, &no_questions).verdict, Verdict::Inconclusive);
}

#[test]
fn a_number_counts_only_with_its_date() {
    for (field, value, expected) in [
        ("usd", Some(json!(1500)), Verdict::Pass),
        ("usd", Some(json!(1500.01)), Verdict::Fail),
        ("usd", Some(json!("412.5")), Verdict::Pass),
        ("usd", Some(json!("NaN")), Verdict::Inconclusive),
        ("usd", Some(Value::Null), Verdict::Inconclusive),
        ("usd", None, Verdict::Inconclusive),
        ("as_of", None, Verdict::Inconclusive),
        (
            "as_of",
            Some(json!("2026-11-24T11:59:00Z")),
            Verdict::Inconclusive,
        ),
        (
            "as_of",
            Some(json!("2026-11-26T00:00:00Z")),
            Verdict::Inconclusive,
        ),
        ("as_of", Some(json!("soon")), Verdict::Inconclusive),
    ] {
        let facts = facts(Ok(but(field, value.clone())));
        assert_eq!(verdict(&spend(), &facts), expected, "{field}: {value:?}");
    }
}

#[test]
fn freshness_fails_what_is_old_and_cannot_tell_the_future() {
    let of_run = |made: &str| {
        let facts = Facts {
            run_made: Some(made.parse().unwrap()),
            ..facts(Ok(fine()))
        };
        let kind = FactKind::Freshness {
            of: DateOf::Run,
            max_age: age("48h"),
        };
        verdict(&kind, &facts)
    };
    assert_eq!(of_run("2026-11-23T12:00:00Z"), Verdict::Pass);
    assert_eq!(of_run("2026-11-23T11:59:59Z"), Verdict::Fail);
    assert_eq!(of_run("2026-11-25T13:00:00Z"), Verdict::Inconclusive);
}

#[test]
fn a_judge_that_is_not_shown_to_be_healthy_makes_its_metrics_inconclusive() {
    let bad = table("bad", 200, |_| Cell::Scored(0.0));
    let agreement = |good_right: usize, bad_right: usize| json!({"good_labelled": 120, "good_right": good_right, "bad_labelled": 90, "bad_right": bad_right});
    let all_right = |good: usize, bad: usize| json!({"good_labelled": good, "good_right": good, "bad_labelled": bad, "bad_right": bad});
    let labels = Measure::Agreement;
    for (measure, threshold, field, value) in [
        (labels, 0.7, "agreement", Some(agreement(100, 60))),
        (labels, 0.7, "agreement", Some(agreement(121, 90))),
        (labels, 0.7, "agreement", Some(all_right(200, 0))),
        (labels, 0.7, "agreement", Some(all_right(20, 20))),
        (labels, 0.7, "agreement", Some(all_right(0, 200))),
        (labels, 0.7, "agreement", None),
        (
            labels,
            0.7,
            "judge",
            Some(json!(Digest::of(b"other").short())),
        ),
        (labels, 0.7, "judge", Some(json!(""))),
        (labels, 0.7, "schema", Some(json!("other/1"))),
        (labels, 0.7, "measured_at", Some(json!("2026-09-01"))),
        (
            Measure::FlipRate,
            0.08,
            "flips",
            Some(json!({"n": 100, "flipped": 9})),
        ),
        (
            Measure::FlipRate,
            0.08,
            "flips",
            Some(json!({"n": 0, "flipped": 0})),
        ),
        (
            Measure::FlipRate,
            0.08,
            "flips",
            Some(json!({"n": 10, "flipped": 0})),
        ),
        (
            Measure::FlipRate,
            0.08,
            "flips",
            Some(json!({"n": 3, "flipped": 4})),
        ),
        (Measure::AttackFlipRate, 0.08, "attack_flips", None),
    ] {
        let policy = with_rules(vec![health(measure, threshold)]);
        let facts = facts(Ok(but(field, value.clone())));
        for candidate in [&good(), &bad] {
            let decision = settled(&policy, candidate, &facts);
            let found: Vec<Verdict> = decision.findings.iter().map(|one| one.verdict).collect();
            assert_eq!(found, [Verdict::Inconclusive; 2], "{field}: {value:?}");
        }
    }
}

#[test]
fn an_unhealthy_judge_says_nothing_of_what_others_measured() {
    let mut candidate = good();
    candidate.columns.get_mut("latency_ms").unwrap().instrument = Digest::of(b"a clock");
    let mut policy = policy(vec![
        floor(0.5),
        RuleKind::MeanMax {
            metric: "latency_ms".to_owned(),
            max: 500.0,
        },
    ]);
    policy.outside.rules = vec![rule(health(Measure::Agreement, 0.7))];
    let decision = settled(&policy, &candidate, &facts(Ok(but("agreement", None))));
    let verdicts: Vec<Verdict> = (decision.findings.iter())
        .map(|finding| finding.verdict)
        .collect();
    let open = Verdict::Inconclusive;
    assert_eq!(verdicts, [open, Verdict::Pass, open]);
}

pub(super) fn waiver(bar: f64) -> Waiver {
    Waiver {
        id: "W-1".to_owned(),
        rule: "rule-0".to_owned(),
        slice: None,
        environments: vec!["prod".to_owned()],
        bar,
        reason: "re-index".to_owned(),
        owner: "ana".to_owned(),
        approved_by: "ben".to_owned(),
        ticket: "T-1".to_owned(),
        created: "2026-11-10".parse().unwrap(),
        expires: "2026-11-25".parse().unwrap(),
        digest: Digest::of(b"w"),
    }
}

/// 180 of 200 are right.
fn middling() -> ScoreTable {
    table("middling", 200, |index| {
        Cell::Scored(f64::from(u8::from(index % 10 != 0)))
    })
}

fn waived(kind: RuleKind, candidate: &ScoreTable, waiver: Waiver, at: &str) -> Decision {
    let facts = Facts {
        environment: "prod".to_owned(),
        waivers: vec![waiver],
        ..Facts::none(at.parse().unwrap())
    };
    settled(&policy(vec![kind]), candidate, &facts)
}

#[test]
fn a_waiver_is_another_bar_for_a_while_and_shows() {
    let today = "2026-11-25T23:59:59Z";
    let decision = waived(floor(0.97), &middling(), waiver(0.8), today);
    assert_eq!(decision.verdict, Verdict::Waived);
    let finding = decision.findings.first().unwrap();
    assert_eq!(finding.waived.as_ref().unwrap().was, Verdict::Fail);
    assert!(
        finding
            .sentence
            .starts_with("waived until 2026-11-25 by ben (W-1, to be mended by ana): ")
    );
    assert!(
        decision
            .notes
            .iter()
            .any(|note| note.contains("0 days left for ana"))
    );
    let check = |change: fn(&mut Waiver), at: &str, expected: Verdict| {
        let mut changed = waiver(0.8);
        change(&mut changed);
        let decision = waived(floor(0.97), &middling(), changed, at);
        assert_eq!(decision.verdict, expected, "{at}");
    };
    check(|_| {}, "2026-11-26T00:00:00Z", Verdict::Fail);
    check(|_| {}, "2026-11-09T23:59:59Z", Verdict::Fail);
    check(
        |waiver| waiver.environments = vec!["qa".to_owned()],
        today,
        Verdict::Fail,
    );
    check(
        |waiver| waiver.rule = "rule-1".to_owned(),
        today,
        Verdict::Fail,
    );
    check(
        |waiver| waiver.slice = Some("product=cards".to_owned()),
        today,
        Verdict::Fail,
    );
    check(|waiver| waiver.bar = 0.89, today, Verdict::Fail);
}

#[test]
fn a_waiver_of_one_slice_leaves_the_others_alone() {
    let kind = RuleKind::SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["product".to_owned()],
        min: 0.97,
        min_cases: 10,
        on_thin: crate::gate::OnOpen::Block,
        required: Vec::new(),
    };
    let only_cards = Waiver {
        slice: Some("product=cards".to_owned()),
        ..waiver(0.6)
    };
    let decision = waived(kind, &middling(), only_cards, "2026-11-20T00:00:00Z");
    let found: Vec<(&str, Verdict)> = (decision.findings.iter())
        .map(|finding| (finding.id.as_str(), finding.verdict))
        .collect();
    assert_eq!(
        found,
        [
            ("rule-0/product=cards", Verdict::Waived),
            ("rule-0/product=fees", Verdict::Pass),
        ]
    );
}

#[test]
fn no_waiver_makes_data_out_of_none() {
    let nothing = table("nothing", 200, |_| Cell::Unscored(Unscored::NotRun));
    for candidate in [nothing, table("no cases", 0, |_| Cell::Scored(1.0))] {
        let decision = waived(
            floor(0.97),
            &candidate,
            waiver(0.01),
            "2026-11-20T00:00:00Z",
        );
        assert_eq!(decision.verdict, Verdict::Inconclusive);
    }
}

#[test]
fn what_must_not_be_waived_is_not() {
    let at = "2026-11-20T00:00:00Z";
    let facts = Facts {
        environment: "prod".to_owned(),
        waivers: vec![waiver(0.8)],
        ..Facts::none(at.parse().unwrap())
    };
    let mut never = policy(vec![floor(0.97)]);
    never.outside.waivers.never.insert("rule-0".to_owned());
    assert_eq!(settled(&never, &middling(), &facts).verdict, Verdict::Fail);
    let must_pass = RuleKind::MustPass {
        metric: "groundedness".to_owned(),
        cases: crate::gate::CaseFilter::Critical,
        min: 1.0,
        min_cases: 1,
        repeats: 1,
    };
    assert_eq!(
        waived(must_pass, &middling(), waiver(0.1), at).verdict,
        Verdict::Fail
    );
    let mut none_borne = policy(vec![floor(0.97)]);
    none_borne.outside.waivers.max = Some(0);
    let decision = settled(&none_borne, &middling(), &facts);
    assert_eq!(decision.verdict, Verdict::Fail);
    assert!(
        decision
            .notes
            .iter()
            .any(|note| note.contains("none of them counts"))
    );
    let mut unhealthy = with_rules(vec![health(Measure::Agreement, 0.7)]);
    unhealthy.rules = policy(vec![floor(0.97)]).rules;
    assert_eq!(
        settled(&unhealthy, &middling(), &facts).verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn a_number_can_be_waived_to_another_bar_too() {
    let mut facts = facts(Ok(but("usd", Some(json!(1600)))));
    let with_bar = |bar| Waiver {
        rule: "fact".to_owned(),
        ..waiver(bar)
    };
    facts.waivers = vec![with_bar(1700.0)];
    assert_eq!(verdict(&spend(), &facts), Verdict::Waived);
    facts.waivers = vec![with_bar(1550.0)];
    assert_eq!(verdict(&spend(), &facts), Verdict::Fail);
    facts.documents.clear();
    facts.waivers = vec![with_bar(1e9)];
    assert_eq!(verdict(&spend(), &facts), Verdict::Inconclusive);
}

fn approved_by(people: &[(&str, &str, &str, Says)]) -> (Verdict, String) {
    let mut policy = policy(vec![floor(0.5)]);
    policy.outside.approvals = vec![ApprovalRule {
        id: "launch".to_owned(),
        why: None,
        line: None,
        roles: vec!["product".to_owned(), "security".to_owned()],
        valid_for: age("72h"),
        not_by: BTreeSet::new(),
    }];
    let candidate = good();
    let evidence = Evidence {
        candidate: &candidate,
        baseline: None,
    };
    let subject = approval_subject(&policy, "prod", evidence, &decide(&policy, evidence));
    let approval = |(role, by, at, says): &(&str, &str, &str, Says)| Approval {
        subject,
        role: (*role).to_owned(),
        by: (*by).to_owned(),
        at: at.parse().unwrap(),
        says: *says,
    };
    let mut facts = Facts {
        environment: "prod".to_owned(),
        approvals: people.iter().map(approval).collect(),
        ..Facts::none(noon())
    };
    let decision = settle(&policy, evidence, &facts).decision;
    // The same words about another verdict say nothing.
    for approval in &mut facts.approvals {
        approval.subject = Digest::of(b"another verdict");
    }
    let other = settle(&policy, evidence, &facts).decision;
    assert_eq!(other.verdict, Verdict::Hold);
    let last = decision.findings.last().unwrap().sentence.clone();
    (decision.verdict, last)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn approvals_hold_until_everybody_has_said_yes_and_one_no_fails() {
    use Says::{Approve, Reject};
    let (now, old, future) = (
        "2026-11-25T11:00:00Z",
        "2026-11-22T11:00:00Z",
        "2026-11-25T13:00:00Z",
    );
    for (people, expected, says) in [
        (
            vec![],
            Verdict::Hold,
            "0 of 2 approvals; open: product, security",
        ),
        (
            vec![("product", "ana", now, Approve)],
            Verdict::Hold,
            "1 of 2 approvals; open: security",
        ),
        (
            vec![
                ("product", "ana", now, Approve),
                ("security", "ben", now, Approve),
            ],
            Verdict::Pass,
            "2 of 2 approvals",
        ),
        (
            vec![
                ("product", "ana", now, Approve),
                ("security", " ANA", now, Approve),
            ],
            Verdict::Hold,
            "1 of 2 approvals; open: security",
        ),
        (
            vec![
                ("product", "ana", now, Approve),
                ("security", "ben", old, Approve),
            ],
            Verdict::Hold,
            "1 of 2 approvals; open: security",
        ),
        (
            vec![
                ("product", "ana", now, Approve),
                ("security", "ben", future, Approve),
            ],
            Verdict::Hold,
            "1 of 2 approvals; open: security",
        ),
        (
            vec![
                ("product", "ana", now, Approve),
                ("security", "ben", now, Reject),
            ],
            Verdict::Fail,
            "rejected by ben as security",
        ),
        (
            vec![("product", "ana", old, Reject)],
            Verdict::Fail,
            "rejected by ana as product",
        ),
        (
            vec![("intern", "cem", now, Reject)],
            Verdict::Hold,
            "0 of 2 approvals; open: product, security",
        ),
    ] {
        assert_eq!(
            approved_by(&people),
            (expected, says.to_owned()),
            "{people:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Taking anything away from a file never makes a pass.
    #[test]
    fn losing_a_fact_never_helps(
        victims in prop::collection::vec(0_usize..10, 0..4),
        is_gone in any::<bool>(),
    ) {
        let mut document = fine();
        let fields = document.as_object_mut().unwrap();
        let names: Vec<String> = fields.keys().cloned().collect();
        for victim in victims {
            if let Some(name) = names.get(victim) {
                if is_gone { fields.remove(name); } else { fields.insert(name.clone(), Value::Null); }
            }
        }
        for kind in every_kind() {
            let found = verdict(&kind, &facts(Ok(document.clone())));
            let still_there = kind.files().is_empty() || found != Verdict::Pass || {
                let needed: &[&str] = match &kind {
                    FactKind::Evidence { .. } => &["usd", "as_of"],
                    FactKind::Freshness { .. } => &["as_of"],
                    FactKind::MaxOverlap { .. } => &[],
                    FactKind::JudgeHealth { measure, .. } => match measure {
                        Measure::Agreement => &["schema", "judge", "measured_at", "agreement"],
                        Measure::FlipRate => &["schema", "judge", "measured_at", "flips"],
                        Measure::AttackFlipRate => &["schema", "judge", "measured_at", "attack_flips"],
                    },
                };
                needed.iter().all(|name| document.get(name).is_some_and(|value| !value.is_null()))
            };
            prop_assert!(still_there, "{kind:?} passed with {document}");
        }
    }
}
