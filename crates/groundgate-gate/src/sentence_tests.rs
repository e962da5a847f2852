//! What the gate says, word by word: one candidate after another against every kind of rule.

use std::fmt::Write as _;

use groundgate_model::{
    exchange::FailureKind,
    trial::{Asked, Cell, ScoreTable, Unscored},
};

use super::{
    rules::MeanMax,
    tests::{every_kind, policy, table},
    *,
};

/// 200 cases; one of `each` is bad.
fn run(name: &str, each: usize) -> ScoreTable {
    table(name, 200, |index| {
        Cell::Scored(f64::from(u8::from(index % each != 1)))
    })
}

/// A bit of everything that is missing.
fn holes() -> ScoreTable {
    table("holes", 200, |index| match index {
        3 => Cell::Unscored(Unscored::NotRun),
        4 => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
        5..9 => Cell::NotApplicable,
        _ => Cell::Scored(f64::from(u8::from(index % 25 != 1))),
    })
}

fn told(candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> String {
    let evidence = RunScores {
        candidate,
        baseline,
    };
    let decision = decide(&policy(every_kind()), evidence);
    let mut text = format!(
        "{} against {}: {:?}\n",
        candidate.run_id,
        baseline.map_or("nothing", |table| &table.run_id),
        decision.verdict
    );
    for finding in &decision.findings {
        let Finding { id, verdict, .. } = finding;
        let _written = writeln!(
            text,
            "{id} {} {verdict:?}: {}",
            finding.kind, finding.sentence
        );
        let counts = &finding.counts;
        let _written = writeln!(
            text,
            "    planned {}, scored {}, not applicable {}, unscored {:?}; worst {:?}",
            counts.planned,
            counts.scored,
            counts.not_applicable,
            counts.unscored,
            finding.worst_cases
        );
    }
    for note in &decision.notes {
        let _written = writeln!(text, "note: {note}");
    }
    text
}

#[test]
fn every_kind_of_rule_says_what_it_saw() {
    let good = run("good", 100);
    let texts = [
        told(&run("good again", 100), Some(&good)),
        told(&run("a little worse", 12), Some(&good)),
        told(&run("bad", 2), Some(&good)),
        told(&good, Some(&run("bad", 2))),
        told(&holes(), Some(&good)),
        told(&table("small", 8, |_| Cell::Scored(1.0)), None),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn how_much_a_judge_behind_another_was_asked_is_said() {
    let asked = Asked {
        unsure: 30,
        audited: 10,
        spared: 60,
    };
    assert_eq!(
        sentence::asked("groundedness", asked),
        "the judge of groundedness is asked where a cheaper one is unsure, and was asked about 40.0% of \
         the answers (40 of 100: 30 unsure, 10 of 70 sure ones audited; 60 spared); an answer of which \
         the cheaper one is sure counts as the best or the worst value, corrected by the audits"
    );
}

/// (arm / distance)² as many units are needed, in tens: for thresholds from above as from below.
#[test]
fn what_would_settle_it_follows_from_how_far_off_the_threshold_is() {
    let good = run("good", 100);
    let told = |max| {
        let kind = RuleKind::MeanMax(MeanMax {
            metric: "latency_ms".to_owned(),
            max,
            cap: Some(1000.0),
        });
        let evidence = RunScores {
            candidate: &good,
            baseline: None,
        };
        decide(&policy(vec![kind]), evidence).findings.remove(0)
    };
    let wide = told(200.0).estimate.unwrap();
    let arm = wide.upper.unwrap() - wide.point;
    for max in [0.6, 0.9].map(|share| wide.point + share * arm) {
        let finding = told(max);
        let estimate = finding.estimate.clone().unwrap();
        let (arm, distance) = (
            estimate.upper.unwrap() - estimate.point,
            max - estimate.point,
        );
        assert!(arm > distance && distance > 0.0, "{finding:?}");
        let more = (200.0 * ((arm / distance).powi(2) - 1.0) / 10.0).ceil() * 10.0;
        let expected = format!("; about {more} more questions would settle it");
        assert!(
            finding.sentence.ends_with(&expected),
            "{} {expected}",
            finding.sentence
        );
    }
    // So many that nobody would ask them.
    let point = told(200.0).estimate.unwrap().point;
    assert!(!told(point + 1e-3).sentence.contains("would settle"));
    // Beyond the threshold no number of questions would help, and the sentence offers none.
    assert!(!told(101.5).sentence.contains("would settle"));
}

#[test]
fn what_is_not_there_and_what_cannot_be_is_named() {
    assert_eq!(
        sentence::not_measured("tone"),
        "no data: the run does not measure tone"
    );
    assert_eq!(
        sentence::impossible("tone", 1.5),
        "a record holds 1.5 as a score of tone, which cannot be"
    );
}
