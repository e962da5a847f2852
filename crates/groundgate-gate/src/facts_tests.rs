//! Facts, waivers and approvals: nothing missing passes, nobody's word turns a number around.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Cell, ScoreTable},
    unit::Digest,
};
use groundgate_stats::{Observation, correction::Recognized};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    labels::HumanScores,
    policy::{CalibrationOrigin, JudgeCalibration, Policy},
    rules::{
        Evidence as EvidenceRule, Floor, Freshness, JudgeHealth, MaxOverlap, RuleKind, Source,
    },
    run_scores::RunScores,
    tests::{policy, table},
    verdict::{Decision, Verdict},
};
use jiff::Timestamp;

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
    RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min,
    })
}

pub(super) fn rule(kind: FactKind) -> FactRule {
    FactRule {
        id: "fact".to_owned(),
        why: None,
        line: None,
        kind,
    }
}

pub(super) fn spend() -> FactKind {
    FactKind::Evidence(EvidenceRule {
        file: "f.json".to_owned(),
        value: "/usd".to_owned(),
        date: "/as_of".to_owned(),
        max_age: age("24h"),
        side: AllowedSide::AtMost,
        threshold: 1500.0,
        unit: "USD".to_owned(),
    })
}

pub(super) fn health(measure: Measure, threshold: f64) -> FactKind {
    FactKind::JudgeHealth(JudgeHealth {
        source: Source::File {
            file: "f.json".to_owned(),
            max_age: age("60d"),
        },
        metric: "groundedness".to_owned(),
        measure,
        threshold,
        min_labels: 50,
    })
}

/// Every kind of rule about facts.
fn every_kind() -> Vec<FactKind> {
    let indexed = FactKind::Freshness(Freshness {
        of: DateOf::File {
            file: "f.json".to_owned(),
            date: "/as_of".to_owned(),
        },
        max_age: age("7d"),
    });
    let made = |of: DateOf| {
        FactKind::Freshness(Freshness {
            of,
            max_age: age("48h"),
        })
    };
    vec![
        spend(),
        indexed,
        made(DateOf::Run),
        made(DateOf::Baseline),
        FactKind::MaxOverlap(MaxOverlap {
            files: vec!["f.json".to_owned()],
            max: 0.25,
        }),
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
        "attacked_answers": {"n": 80, "flipped": 0},
    })
}

pub(super) fn facts(document: Document) -> Facts {
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

pub(super) fn with_rules(kinds: Vec<FactKind>) -> Policy {
    let mut policy = policy(vec![floor(0.5)]);
    policy.release.facts = kinds.into_iter().map(rule).collect();
    policy
}

pub(super) fn released(policy: &Policy, candidate: &ScoreTable, facts: &Facts) -> Decision {
    let evidence = RunScores {
        candidate,
        baseline: None,
    };
    decide_release(policy, evidence, facts).decision
}

pub(super) fn verdict(kind: &FactKind, facts: &Facts) -> Verdict {
    let policy = with_rules(vec![kind.clone()]);
    released(&policy, &good(), facts).verdict
}

#[test]
fn what_is_there_fresh_and_right_passes_every_kind() {
    for kind in every_kind() {
        let policy = with_rules(vec![kind.clone()]);
        let decision = released(&policy, &good(), &facts(Ok(fine())));
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
    let decision = released(&policy, &good(), &facts(Ok(fine())));
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
    labels.add(
        &metric,
        200,
        [(0, 1.0), (1, 1.0), (2, 0.0)].map(|(trial, said)| (trial, Observation::scored(said))),
    );
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
    policy.release.facts = vec![rule(health(Measure::Agreement, 0.7))];
    assert!(
        (judge_measures(&policy, &facts(Ok(fine())), &good()).iter())
            .all(|one| one.from == "f.json")
    );
    policy.release.facts.clear();
    policy.calibrations.get_mut(&metric).unwrap().judge = "0".repeat(12);
    assert_eq!(judge_measures(&policy, &facts(Ok(fine())), &good()), []);
}

/// The file with one field replaced, or taken out.
pub(super) fn but(field: &str, value: Option<Value>) -> Value {
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
                FactKind::Freshness(Freshness {
                    of: DateOf::Run | DateOf::Baseline,
                    ..
                })
            );
            let has_runs = facts.run_made.is_some() && facts.at == noon();
            let is_dated = !matches!(kind, FactKind::MaxOverlap(_));
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
        let kind = FactKind::Freshness(Freshness { of, max_age });
        assert_eq!(verdict(&kind, &no_run), Verdict::Inconclusive);
    }
}

#[test]
fn questions_that_the_copilot_was_given_are_counted_and_named() {
    let found = |max: f64, facts: &Facts| {
        let files = vec!["f.json".to_owned()];
        let policy = with_rules(vec![FactKind::MaxOverlap(MaxOverlap { files, max })]);
        let mut decision = released(&policy, &good(), facts);
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
fn a_number_may_have_to_be_reached() {
    let FactKind::Evidence(EvidenceRule {
        file,
        value,
        date,
        max_age,
        unit,
        ..
    }) = spend()
    else {
        panic!("a number");
    };
    for (threshold, expected) in [(412.5, Verdict::Pass), (412.6, Verdict::Fail)] {
        let kind = FactKind::Evidence(EvidenceRule {
            file: file.clone(),
            value: value.clone(),
            date: date.clone(),
            max_age,
            side: AllowedSide::AtLeast,
            threshold,
            unit: unit.clone(),
        });
        let decision = released(&with_rules(vec![kind]), &good(), &facts(Ok(fine())));
        assert_eq!(decision.verdict, expected);
        let sentence = &decision.findings[1].sentence;
        assert!(sentence.contains("at least"), "{sentence}");
    }
}

#[test]
fn a_rule_names_the_files_that_it_reads() {
    let fresh = |of| {
        FactKind::Freshness(Freshness {
            of,
            max_age: age("48h"),
        })
    };
    let dated = DateOf::File {
        file: "index.json".to_owned(),
        date: "/at".to_owned(),
    };
    let overlap = FactKind::MaxOverlap(MaxOverlap {
        files: vec!["a.txt".to_owned(), "b.txt".to_owned()],
        max: 0.0,
    });
    let files: Vec<Vec<String>> = [
        spend(),
        health(Measure::FlipRate, 0.1),
        fresh(dated),
        fresh(DateOf::Run),
        overlap,
    ]
    .iter()
    .map(|kind| kind.files().to_vec())
    .collect();
    let expected: [&[&str]; 5] = [
        &["f.json"],
        &["f.json"],
        &["index.json"],
        &[],
        &["a.txt", "b.txt"],
    ];
    assert_eq!(files, expected);
}

#[test]
fn freshness_fails_what_is_old_and_cannot_tell_the_future() {
    let of_run = |made: &str| {
        let facts = Facts {
            run_made: Some(made.parse().unwrap()),
            ..facts(Ok(fine()))
        };
        let kind = FactKind::Freshness(Freshness {
            of: DateOf::Run,
            max_age: age("48h"),
        });
        verdict(&kind, &facts)
    };
    assert_eq!(of_run("2026-11-23T12:00:00Z"), Verdict::Pass);
    assert_eq!(of_run("2026-11-23T11:59:59Z"), Verdict::Fail);
    assert_eq!(of_run("2026-11-25T13:00:00Z"), Verdict::Inconclusive);
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
                    FactKind::Evidence(_) => &["usd", "as_of"],
                    FactKind::Freshness(_) => &["as_of"],
                    FactKind::MaxOverlap(_) => &[],
                    FactKind::JudgeHealth(JudgeHealth { measure, .. }) => match measure {
                        Measure::Agreement => &["schema", "judge", "measured_at", "agreement"],
                        Measure::Controls => &[],
                        Measure::FlipRate => &["schema", "judge", "measured_at", "flips"],
                        Measure::AttackFlipRate => &["schema", "judge", "measured_at", "attacked_answers"],
                    },
                };
                needed.iter().all(|name| document.get(name).is_some_and(|value| !value.is_null()))
            };
            prop_assert!(still_there, "{kind:?} passed with {document}");
        }
    }
}

#[test]
fn files_have_a_largest_size_and_numbers_a_sign() {
    let of_size = |size: usize| {
        let mut bytes = vec![b' '; size - 1];
        bytes.push(b'1');
        read_document(&bytes)
    };
    assert_eq!(of_size(1 << 20), Ok(json!(1)));
    for size in [(1 << 20) + 1, 1 << 21] {
        assert!(of_size(size).is_err_and(|why| why.contains("are more than 1048576")));
    }
    assert_eq!(read_document(b"-5"), Ok(json!(-5)));
}

#[test]
fn a_finding_says_how_old_what_it_dates_is_in_days() {
    let fresh = FactKind::Freshness(Freshness {
        of: DateOf::Run,
        max_age: age("48h"),
    });
    let made = Facts {
        run_made: Some("2026-11-24T12:00:00Z".parse().unwrap()),
        ..facts(Ok(fine()))
    };
    let found = released(&with_rules(vec![fresh]), &good(), &made)
        .findings
        .pop()
        .unwrap();
    assert_eq!((found.observed, found.threshold), (Some(1.0), 2.0));
    assert_eq!(
        (found.verdict, found.unit.as_str()),
        (Verdict::Pass, "days")
    );

    let nothing = Facts {
        documents: BTreeMap::new(),
        ..facts(Ok(fine()))
    };
    let found = released(&with_rules(vec![spend()]), &good(), &nothing)
        .findings
        .pop()
        .unwrap();
    assert_eq!(
        found.sentence,
        "no data: `f.json`: nobody gave it to the gate"
    );
    assert_eq!(found.observed, None);
}

#[test]
fn a_waiver_says_when_it_holds() {
    let note = |at: &str| release_tests::waiver(0.8).note(at.parse().unwrap());
    let begins = "waiver W-1 of rule-0 begins on 2026-11-10 and has no effect";
    let ended = "waiver W-1 of rule-0 ended on 2026-11-25 and has no effect";
    assert_eq!(note("2026-11-09T23:00:00Z").as_deref(), Some(begins));
    assert!(note("2026-11-10T00:00:00Z").is_none_or(|note| note.contains("days left")));
    let last = "waiver W-1 of rule-0 ends on 2026-11-25: 0 days left for ana";
    assert_eq!(note("2026-11-25T12:00:00Z").as_deref(), Some(last));
    assert_eq!(note("2026-11-26T00:00:00Z").as_deref(), Some(ended));
    assert_eq!(note("2026-12-26T00:00:00Z").as_deref(), Some(ended));
}

#[test]
fn ages_are_less_than_a_hundred_years() {
    assert!(Age::parse("36499d").is_some() && Age::parse("36500d").is_none());
    assert!(Age::parse("0d").is_none() && Age::parse("1s").is_some_and(|age| age.seconds() == 1));
}
