//! What people said, what is known of the judge, and which cases a rule names.

use groundgate_model::trial::{Cell, ScoreTable};
use groundgate_stats::{Observation, correction::Recognized};

use super::{
    rules::{Floor, MustPass, NonInferior, Superior},
    tests::{policy, table},
    *,
};

fn good() -> ScoreTable {
    table("good", 100, |_| Cell::Scored(1.0))
}

fn decided(kind: RuleKind, candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> Decision {
    let evidence = RunScores {
        candidate,
        baseline,
    };
    decide(&policy(vec![kind]), evidence)
}

/// However many there are, and whatever the judge says: what people labelled is what is decided on.
#[test]
fn labels_that_were_given_are_used_or_leave_the_rule_open() {
    let candidate = table("run", 100, |_| Cell::Scored(1.0));
    let floor = policy(vec![RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    })]);
    let evidence = RunScores {
        candidate: &candidate,
        baseline: None,
    };
    let told = |labels: &HumanScores| {
        let decision = decide_with_labels(&floor, evidence, Some(labels));
        let finding = decision.findings[0].clone();
        (finding.verdict, finding.sentence)
    };
    let bad = |n: usize| {
        let mut labels = HumanScores::new("labels.jsonl".to_owned());
        let said = (0..n).map(|trial| (trial, Observation::scored(0.0)));
        labels.add("groundedness", 100, said);
        labels
    };
    for (n, verdict, by) in [
        (1, Verdict::Inconclusive, "by 1 label of people alone"),
        (10, Verdict::Fail, "by 10 labels of people alone"),
        (29, Verdict::Fail, "by 29 labels of people alone"),
        (60, Verdict::Fail, "by 60 labels of people"),
        (100, Verdict::Fail, "by 100 labels of people alone"),
    ] {
        let (found, sentence) = told(&bad(n));
        assert_eq!(found, verdict, "{sentence}");
        assert!(sentence.contains(by), "{sentence}");
    }
    let mut refused = bad(60);
    refused.refuse("groundedness", "they are of other answers".to_owned());
    let (verdict, sentence) = told(&refused);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(sentence.contains("they are of other answers"), "{sentence}");
    assert!(refused.note("groundedness").unwrap().contains("not used"));
    assert_eq!(refused.note("tone"), None);
}

#[test]
fn only_cases_that_lost_something_are_worst_cases() {
    let candidate = table("run", 100, |index| {
        Cell::Scored(f64::from(u8::from(!matches!(index, 7 | 9))))
    });
    let worst = |kind: RuleKind, baseline: &ScoreTable| {
        let finding = decided(kind, &candidate, Some(baseline)).findings.remove(0);
        finding.worst_cases
    };
    let floor = RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min: 0.5,
    });
    let not_worse = RuleKind::NonInferior(NonInferior {
        metric: "groundedness".to_owned(),
        margin: 0.5,
    });
    let lost = [7, 9].map(|place: usize| candidate.cases[place].id.clone());
    assert_eq!(worst(floor, &good()), lost);
    assert_eq!(worst(not_worse.clone(), &good()), lost);
    let same = table("good", 100, |index| {
        Cell::Scored(f64::from(u8::from(!matches!(index, 7 | 9))))
    });
    assert!(worst(not_worse, &same).is_empty());
}

/// A calibrated judge shows of a difference at least this and at most that: in between nothing is decided.
#[test]
fn a_scaled_margin_fails_only_beyond_what_the_judge_would_show_at_most() {
    let judge = table("run", 1, |_| Cell::Scored(1.0)).columns["groundedness"].instrument;
    let rate = Recognized::new(45, 50).unwrap();
    let known = JudgeCalibration {
        judge: judge.to_string(),
        good: rate,
        bad: rate,
        origin: CalibrationOrigin::default(),
    };
    let finding = |kind: RuleKind, lost: usize, calibrated: bool| {
        let baseline = table("run", 1000, |_| Cell::Scored(1.0));
        let candidate = table("run", 1000, |index| {
            Cell::Scored(f64::from(u8::from(index >= lost)))
        });
        let mut policy = policy(vec![kind]);
        if calibrated {
            policy
                .calibrations
                .insert("groundedness".to_owned(), known.clone());
        }
        let evidence = RunScores {
            candidate: &candidate,
            baseline: Some(&baseline),
        };
        decide(&policy, evidence).findings.remove(0)
    };
    let margin = || {
        RuleKind::NonInferior(NonInferior {
            metric: "groundedness".to_owned(),
            margin: 0.1,
        })
    };
    // J is 0.8, and from 0.57 to 0.93: 8 points lost may be 8.6 of people, or 14.
    let open = finding(margin(), 80, true);
    assert_eq!(open.verdict, Verdict::Inconclusive, "{}", open.sentence);
    let scaled = open.scaled.unwrap();
    assert!(
        scaled.on_judges_scale < 0.06 && scaled.fails_beyond > 0.09,
        "{scaled:?}"
    );
    let lost = finding(margin(), 130, true);
    assert_eq!(lost.verdict, Verdict::Fail);
    assert!(lost.sentence.contains("J is at most"), "{}", lost.sentence);
    assert_eq!(finding(margin(), 30, true).verdict, Verdict::Pass);
    // A gain that people see is at least partly seen by the judge.
    let superior = || {
        RuleKind::Superior(Superior {
            metric: "groundedness".to_owned(),
            by: 0.05,
        })
    };
    assert_eq!(finding(superior(), 0, false).verdict, Verdict::Fail);
    assert_eq!(finding(superior(), 0, true).verdict, Verdict::Fail);
    assert!(finding(superior(), 0, true).threshold > 0.049);
}

#[test]
fn a_critical_answer_that_people_call_bad_has_not_passed() {
    let mut candidate = table("run", 100, |_| Cell::Scored(1.0));
    candidate.cases[3].critical = true;
    let must_pass = policy(vec![RuleKind::MustPass(MustPass {
        metric: "groundedness".to_owned(),
        min: 1.0,
        cases: CaseFilter::Critical,
        min_cases: 1,
        repeats: 1,
    })]);
    let evidence = RunScores {
        candidate: &candidate,
        baseline: None,
    };
    let verdict = |trial: usize, said: Observation| {
        let mut labels = HumanScores::new("labels.jsonl".to_owned());
        labels.add("groundedness", 100, [(trial, said)]);
        decide_with_labels(&must_pass, evidence, Some(&labels)).verdict
    };
    assert_eq!(verdict(3, Observation::scored(1.0)), Verdict::Pass);
    assert_eq!(verdict(3, Observation::scored(0.0)), Verdict::Fail);
    assert_eq!(verdict(4, Observation::scored(0.0)), Verdict::Pass);
    let split = Observation::missing(0.0, 1.0);
    assert_eq!(verdict(3, split), Verdict::Inconclusive);
}
