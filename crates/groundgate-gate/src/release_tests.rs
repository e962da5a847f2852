//! From the scores' verdict to the gate's: judges that are not shown to be healthy, waivers, approvals.

use std::collections::BTreeSet;

use groundgate_model::{
    trial::{Cell, ScoreTable, Unscored},
    unit::{Digest, UnitInterval},
};
use groundgate_stats::correction::Recognized;
use serde_json::json;

use super::{
    facts_tests::{
        age, but, facts, floor, good, health, noon, released, rule, spend, verdict, with_rules,
    },
    *,
};
use crate::{
    decide::decide,
    policy::{CalibrationOrigin, JudgeCalibration},
    rules::{Floor, JudgeHealth, MaxErrorRate, MeanMax, MustPass, RuleKind, SliceFloor, Source},
    run_scores::RunScores,
    tests::{policy, table},
    verdict::{Decision, Verdict},
};

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
        (Measure::AttackFlipRate, 0.08, "attacked_answers", None),
    ] {
        let policy = with_rules(vec![health(measure, threshold)]);
        let facts = facts(Ok(but(field, value.clone())));
        for candidate in [&good(), &bad] {
            let decision = released(&policy, candidate, &facts);
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
        RuleKind::MeanMax(MeanMax {
            metric: "latency_ms".to_owned(),
            max: 500.0,
            cap: Some(1000.0),
        }),
    ]);
    policy.release.facts = vec![rule(health(Measure::Agreement, 0.7))];
    let decision = released(&policy, &candidate, &facts(Ok(but("agreement", None))));
    let verdicts: Vec<Verdict> = (decision.findings.iter())
        .map(|finding| finding.verdict)
        .collect();
    let open = Verdict::Inconclusive;
    assert_eq!(verdicts, [open, Verdict::Pass, open]);
}

#[test]
fn an_unhealthy_judge_of_what_nobody_measured_doubts_nothing_else() {
    let errors = RuleKind::MaxErrorRate(MaxErrorRate {
        max: UnitInterval::new(0.01).unwrap(),
    });
    let mut policy = policy(vec![floor(0.5), errors]);
    policy.release.facts = vec![rule(FactKind::JudgeHealth(JudgeHealth {
        source: Source::File {
            file: "f.json".to_owned(),
            max_age: age("60d"),
        },
        metric: "tone".to_owned(),
        measure: Measure::Agreement,
        threshold: 0.7,
        min_labels: 50,
    }))];
    let decision = released(&policy, &good(), &facts(Ok(but("agreement", None))));
    let verdicts: Vec<Verdict> = (decision.findings.iter())
        .map(|finding| finding.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Verdict::Pass, Verdict::Pass, Verdict::Inconclusive]
    );
}

#[test]
fn what_could_not_be_told_anyway_keeps_its_own_reason() {
    let policy = with_rules(vec![health(Measure::Agreement, 0.7)]);
    let nothing = table("nothing", 200, |_| Cell::Unscored(Unscored::NotRun));
    let sentence = |candidate: &ScoreTable| {
        let decision = released(&policy, candidate, &facts(Ok(but("agreement", None))));
        assert_eq!(decision.findings[0].verdict, Verdict::Inconclusive);
        decision.findings[0].sentence.clone()
    };
    assert!(sentence(&good()).starts_with("cannot be told: its judge"));
    assert!(sentence(&nothing).starts_with("no data: "));
}

pub(super) fn waiver(threshold: f64) -> Waiver {
    Waiver {
        id: "W-1".to_owned(),
        rule: "rule-0".to_owned(),
        slice: None,
        environments: vec!["prod".to_owned()],
        threshold,
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
    released(&policy(vec![kind]), candidate, &facts)
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
    check(|waiver| waiver.threshold = 0.89, today, Verdict::Fail);
}

#[test]
fn a_waiver_of_one_slice_leaves_the_others_alone() {
    let kind = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["product".to_owned()],
        min: 0.97,
        min_cases: 10,
        on_thin: OnOpen::Block,
        required: Vec::new(),
    });
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
    never.release.waivers.never.insert("rule-0".to_owned());
    assert_eq!(released(&never, &middling(), &facts).verdict, Verdict::Fail);
    let must_pass = RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        cases: CaseFilter::Critical,
        min: 1.0,
        min_cases: 1,
        repeats: 1,
    });
    assert_eq!(
        waived(must_pass, &middling(), waiver(0.1), at).verdict,
        Verdict::Fail
    );
    let mut none_borne = policy(vec![floor(0.97)]);
    none_borne.release.waivers.max = Some(0);
    let decision = released(&none_borne, &middling(), &facts);
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
        released(&unhealthy, &middling(), &facts).verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn more_waivers_than_are_borne_take_nothing_from_what_needs_none() {
    let mut none_borne = policy(vec![floor(0.97), floor(0.5)]);
    none_borne.release.waivers.max = Some(0);
    let facts = Facts {
        environment: "prod".to_owned(),
        waivers: vec![waiver(0.8)],
        ..Facts::none("2026-11-20T00:00:00Z".parse().unwrap())
    };
    let decision = released(&none_borne, &middling(), &facts);
    let found: Vec<(Verdict, bool)> = (decision.findings.iter())
        .map(|finding| (finding.verdict, finding.waived.is_some()))
        .collect();
    assert_eq!(found, [(Verdict::Fail, false), (Verdict::Pass, false)]);
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

fn approved_by(people: &[(&str, &str, &str, Review)]) -> (Verdict, String) {
    let mut policy = policy(vec![floor(0.5)]);
    policy.release.approvals = vec![ApprovalRule {
        id: "launch".to_owned(),
        why: None,
        line: None,
        roles: vec!["product".to_owned(), "security".to_owned()],
        valid_for: age("72h"),
        not_by: BTreeSet::new(),
    }];
    let candidate = good();
    let evidence = RunScores {
        candidate: &candidate,
        baseline: None,
    };
    let subject = approval_subject(&policy, "prod", evidence, &decide(&policy, evidence));
    let approval = |(role, by, at, says): &(&str, &str, &str, Review)| Approval {
        subject,
        role: (*role).to_owned(),
        by: (*by).to_owned(),
        at: at.parse().unwrap(),
        review: *says,
    };
    let mut facts = Facts {
        environment: "prod".to_owned(),
        approvals: people.iter().map(approval).collect(),
        ..Facts::none(noon())
    };
    let decision = decide_release(&policy, evidence, &facts).decision;
    // The same words about another verdict say nothing.
    for approval in &mut facts.approvals {
        approval.subject = Digest::of(b"another verdict");
    }
    let other = decide_release(&policy, evidence, &facts).decision;
    assert_eq!(other.verdict, Verdict::Hold);
    let last = decision.findings.last().unwrap().sentence.clone();
    (decision.verdict, last)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn approvals_hold_until_everybody_has_said_yes_and_one_no_fails() {
    use Review::{Approve, Reject};
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

#[test]
fn too_few_judged_answers_tell_nothing_of_a_judge() {
    let flips = |n: usize| {
        let policy = with_rules(vec![health(Measure::FlipRate, 0.08)]);
        let facts = facts(Ok(but("flips", Some(json!({"n": n, "flipped": 0})))));
        released(&policy, &good(), &facts).findings.pop().unwrap()
    };
    let few = flips(49);
    assert_eq!(few.verdict, Verdict::Inconclusive);
    assert_eq!(
        few.sentence,
        "too few to tell: 49 judged answers, the policy requires 50"
    );
    assert_eq!(few.observed, Some(0.0));
    assert_eq!(flips(50).verdict, Verdict::Pass);
    for (good, bad) in [(200, 0), (0, 200)] {
        let labels = json!({"good_labelled": good, "good_right": good, "bad_labelled": bad, "bad_right": bad});
        let policy = with_rules(vec![health(Measure::Agreement, 0.7)]);
        let facts = facts(Ok(but("agreement", Some(labels))));
        let found = released(&policy, &self::good(), &facts)
            .findings
            .pop()
            .unwrap();
        assert!(
            found.sentence.contains("labels of one class only"),
            "{found:?}"
        );
    }
}

/// Faithfulness is measured by the same judge, which is not healthy for groundedness.
#[test]
fn a_judge_is_doubted_in_all_that_it_measured() {
    let mut policy = policy(vec![RuleKind::Floor(Floor {
        metric: "faithfulness".to_owned(),
        min: 0.5,
    })]);
    policy.release.facts = vec![rule(health(Measure::Agreement, 0.7))];
    let verdict = |facts| released(&policy, &good(), &facts).findings[0].verdict;
    assert_eq!(
        verdict(facts(Ok(but("agreement", None)))),
        Verdict::Inconclusive
    );
}

#[test]
fn a_calibration_is_shown_where_no_rule_shows_the_agreement() {
    let agreements = |measure| {
        let mut policy = with_rules(vec![health(measure, 0.08)]);
        let rate = Recognized::new(90, 100).unwrap();
        let known = JudgeCalibration {
            judge: Digest::of(b"judge").short(),
            good: rate,
            bad: rate,
            origin: CalibrationOrigin::default(),
        };
        policy.calibrations.insert("groundedness".to_owned(), known);
        let evidence = facts(Ok(but("usd", None)));
        let measures = judge_measures(&policy, &evidence, &good());
        let own = measures.iter().filter(|one| one.what.contains("agreement"));
        own.map(|one| one.from.clone()).collect::<Vec<_>>()
    };
    assert_eq!(agreements(Measure::FlipRate), ["the policy's calibration"]);
    assert_eq!(agreements(Measure::Agreement), ["f.json"]);
}
