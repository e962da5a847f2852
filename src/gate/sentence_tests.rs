//! What the gate says, word by word: one candidate after another against every kind of rule.

use std::fmt::Write as _;

use super::{
    tests::{every_kind, policy, table},
    *,
};
use crate::{
    copilot::FailureKind,
    trial::{Cell, ScoreTable, Unscored},
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
    let evidence = Evidence {
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
