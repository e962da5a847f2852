//! A baseline that is too old shows nothing, and hides no failure.

use groundgate_model::trial::{Cell, ScoreTable};
use proptest::prelude::*;

use super::{
    facts_tests::{age, floor, good, noon},
    release_tests::waiver,
    *,
};
use crate::{
    policy::Policy,
    rules::{NonInferior, RatioMax, RuleKind},
    run_scores::RunScores,
    tests::{policy, table},
    verdict::{Decision, Verdict},
};
use jiff::Timestamp;

const FRESH: &str = "2026-11-11T12:00:00Z";
const STALE: &str = "2026-11-11T11:59:59Z";

fn aged(kinds: Vec<RuleKind>, max_age: Option<&str>) -> Policy {
    let mut policy = policy(kinds);
    policy.release.baseline.max_age = max_age.map(age);
    policy
}

fn not_worse() -> RuleKind {
    RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.05,
    })
}

fn kinds() -> Vec<RuleKind> {
    let ratio = RuleKind::RatioMax(RatioMax {
        metric: "latency_ms".to_owned(),
        max: 1.5,
        cap: Some(1000.0),
    });
    vec![not_worse(), ratio, floor(0.5)]
}

fn made(at: Option<&str>) -> Facts {
    Facts {
        environment: "prod".to_owned(),
        baseline_made: at.map(|at| at.parse().unwrap()),
        ..Facts::none(noon())
    }
}

fn against(policy: &Policy, candidate: &ScoreTable, facts: &Facts) -> Decision {
    let good = good();
    let evidence = RunScores {
        candidate,
        baseline: Some(&good),
    };
    decide_release(policy, evidence, facts).decision
}

#[test]
fn against_a_baseline_that_is_too_old_nothing_passes() {
    let verdicts = |max_age: Option<&str>, date: Option<&str>| {
        let again = table("good again", 200, |_| Cell::Scored(1.0));
        let decision = against(&aged(kinds(), max_age), &again, &made(date));
        let found = decision.findings.iter().map(|finding| finding.verdict);
        let sentence = decision.findings.first().unwrap().sentence.clone();
        (decision.verdict, found.collect::<Vec<_>>(), sentence)
    };
    let (open, pass) = (Verdict::Inconclusive, Verdict::Pass);
    for (max_age, date) in [
        (Some("14d"), Some(FRESH)),
        (Some("14d"), Some("2026-11-25T12:05:00Z")),
        (Some("2w"), Some(FRESH)),
        (None, Some(STALE)),
        (None, None),
    ] {
        let (verdict, all, sentence) = verdicts(max_age, date);
        assert_eq!(
            (verdict, all),
            (pass, vec![pass; 3]),
            "{max_age:?} {date:?}"
        );
        assert!(!sentence.contains("cannot be told"), "{sentence}");
    }
    for (date, why) in [
        (
            Some(STALE),
            "cannot be told: the baseline is 14d old, and more than 14d says nothing of today; measured: ",
        ),
        (
            Some("2026-11-25T12:05:01Z"),
            "cannot be told: the baseline is from the future: 2026-11-25T12:05:01Z; measured: ",
        ),
        (None, "cannot be told: the baseline has no date; measured: "),
    ] {
        let (verdict, all, sentence) = verdicts(Some("14d"), date);
        assert_eq!((verdict, all), (open, vec![open, open, pass]), "{date:?}");
        assert!(sentence.starts_with(why), "{sentence}");
        assert!(sentence.len() > why.len(), "{sentence}");
    }
}

#[test]
fn what_fails_or_cannot_be_told_anyway_says_what_it_said() {
    let bad = table("bad", 200, |index| {
        Cell::Scored(f64::from(u8::from(index % 3 != 0)))
    });
    let findings = |max_age: Option<&str>, candidate: &ScoreTable| {
        let policy = aged(vec![not_worse()], max_age);
        against(&policy, candidate, &made(Some(STALE))).findings
    };
    for candidate in [bad, table("none", 0, |_| Cell::NotApplicable)] {
        let before = findings(None, &candidate);
        assert!(before.first().unwrap().verdict > Verdict::Hold);
        assert_eq!(before, findings(Some("14d"), &candidate));
    }
    let alone = RunScores {
        candidate: &good(),
        baseline: None,
    };
    let policy = aged(vec![not_worse()], Some("14d"));
    let decision = decide_release(&policy, alone, &made(None)).decision;
    assert_eq!(
        decision.findings.first().unwrap().sentence,
        "there is no baseline to compare with"
    );
}

#[test]
fn a_waiver_does_not_make_a_baseline_younger_and_is_counted_still() {
    let slightly_worse = table("worse", 200, |index| {
        Cell::Scored(f64::from(u8::from(index % 5 != 0)))
    });
    let decide = |max_age: Option<&str>, max: usize| {
        let mut policy = aged(vec![not_worse()], max_age);
        policy.release.waivers.max = Some(max);
        let facts = Facts {
            waivers: vec![waiver(0.4)],
            ..made(Some(STALE))
        };
        against(&policy, &slightly_worse, &facts)
    };
    assert_eq!(decide(None, 1).verdict, Verdict::Waived);
    let doubted = decide(Some("14d"), 1);
    assert_eq!(doubted.verdict, Verdict::Inconclusive);
    assert_eq!(doubted.findings.first().unwrap().waived, None);
    let too_many = decide(Some("14d"), 0);
    assert_eq!(too_many.verdict, Verdict::Fail);
    let mut notes = too_many.notes.iter();
    assert!(notes.any(|note| note.ends_with("none of them counts")));
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![8 => Just(Cell::Scored(1.0)), 1 => Just(Cell::Scored(0.0)), 1 => Just(Cell::NotApplicable)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A limit, and a lower one, never improve a finding.
    #[test]
    fn a_shorter_age_never_helps(
        cells in prop::collection::vec(any_cell(), 60..140),
        age_h in -1_i64..100,
        ages in (1_u32..100, 1_u32..100),
    ) {
        let candidate = table("candidate", cells.len(), |index| cells[index].clone());
        let made_s = noon().as_second() - age_h * 3_600;
        let facts = Facts {
            baseline_made: Timestamp::from_second(made_s).ok(),
            ..made(None)
        };
        let (short, long) = (ages.0.min(ages.1), ages.0.max(ages.1));
        let limits = [None, Some(format!("{long}h")), Some(format!("{short}h"))];
        let found = limits.map(|limit| {
            against(&aged(kinds(), limit.as_deref()), &candidate, &facts).findings
        });
        for pair in found.windows(2) {
            for (lax, strict) in pair[0].iter().zip(&pair[1]) {
                prop_assert!(strict.verdict >= lax.verdict, "{}: {} {}", lax.id, lax.verdict, strict.verdict);
            }
        }
    }
}
