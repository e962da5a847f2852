//! Windows of a canary: what keeps, holds and rolls back.

use groundgate_model::{exchange::FailureKind, trial::Unscored};

use super::*;
use crate::tests::{policy, table};

fn canary(consecutive: usize) -> Canary {
    let rule = |id: &str, consecutive, kind| RollbackRule {
        id: id.to_owned(),
        consecutive,
        kind,
    };
    Canary {
        min_answers: 150,
        thin_windows: 3,
        rules: vec![
            rule(
                "quality",
                consecutive,
                RollbackKind::NonInferior {
                    metric: "groundedness".to_owned(),
                    margin: 0.1,
                },
            ),
            rule(
                "leak",
                1,
                RollbackKind::MaxCount {
                    metric: "pii_leak".to_owned(),
                    max: 0,
                },
            ),
            rule(
                "errors",
                1,
                RollbackKind::MaxErrorRate {
                    max: UnitInterval::new(0.05).unwrap(),
                },
            ),
        ],
    }
}

/// `n` answers of which each tenth is bad, times `bad`.
fn window(n: usize, bad: usize) -> ScoreTable {
    table("window", n, |index| {
        Cell::Scored(f64::from(u8::from(index % 10 >= bad)))
    })
}

fn actions(canary: &Canary, sides: &[(ScoreTable, Option<ScoreTable>)]) -> Vec<Action> {
    let windows: Vec<RunScores<'_>> = sides
        .iter()
        .map(|(candidate, baseline)| RunScores {
            candidate,
            baseline: baseline.as_ref(),
        })
        .collect();
    let statistics = policy(Vec::new()).statistics;
    let decisions = watch(canary, &statistics, &windows);
    // A decision depends on what came before it only: asking again gives the same.
    for n in 0..windows.len() {
        assert_eq!(watch(canary, &statistics, &windows[..n]), decisions[..n]);
    }
    decisions
        .into_iter()
        .map(|decision| decision.action)
        .collect()
}

#[test]
fn certain_harm_rolls_back_after_enough_windows_in_a_row_and_stays() {
    use Action::{Hold, Keep, RollBack};
    let good = || (window(400, 1), Some(window(400, 1)));
    let bad = || (window(400, 5), Some(window(400, 1)));
    assert_eq!(
        actions(&canary(1), &[good(), bad(), good()]),
        [Keep, RollBack, RollBack]
    );
    assert_eq!(
        actions(&canary(2), &[bad(), good(), bad(), bad()]),
        [Hold, Keep, Hold, RollBack]
    );
    let outage = || (window(0, 0), Some(window(400, 1)));
    assert_eq!(
        actions(&canary(2), &[bad(), outage(), bad()]),
        [Hold, Hold, RollBack]
    );
}

#[test]
fn reasons_say_how_long_a_row_is_and_what_is_thin() {
    let names = [Action::Keep, Action::Hold, Action::RollBack].map(Action::name);
    assert_eq!(names, ["keep", "hold", "roll-back"]);
    let (bad, good) = (window(400, 5), window(150, 0));
    let old = window(400, 1);
    let of = |candidate| RunScores {
        candidate,
        baseline: Some(&old),
    };
    let statistics = policy(Vec::new()).statistics;
    let decisions = watch(&canary(2), &statistics, &[of(&bad), of(&good)]);
    let said: Vec<String> = (decisions.iter())
        .map(|decision| decision.reasons.join("\n"))
        .collect();
    assert!(said[0].contains("(1 of 2 such windows)"), "{}", said[0]);
    assert!(!said[1].contains("such windows)"), "{}", said[1]);
    assert!(
        !said[1].contains("thin"),
        "150 are as many as wanted: {}",
        said[1]
    );
}

#[test]
fn failures_that_may_be_few_or_many_hold() {
    let failing = table("window", 400, |index| {
        if index % 20 == 0 {
            Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))
        } else {
            Cell::Scored(1.0)
        }
    });
    let mut canary = canary(1);
    canary.rules.retain(|rule| rule.id == "errors");
    assert_eq!(actions(&canary, &[(failing, None)]), [Action::Hold]);
    canary.rules[0].kind = RollbackKind::MaxErrorRate {
        max: UnitInterval::new(0.0).unwrap(),
    };
    let whole = window(400, 1);
    assert_eq!(
        actions(&canary, &[(whole, None)]),
        [Action::Hold],
        "0 of 400 is no proof of 0"
    );
}

#[test]
fn what_is_unsure_thin_or_missing_holds_and_never_keeps() {
    use Action::{Hold, RollBack};
    let small = || (window(160, 2), Some(window(20, 1)));
    assert_eq!(actions(&canary(1), &[small()]), [Hold]);
    let thin = || (window(100, 1), Some(window(400, 1)));
    assert_eq!(
        actions(&canary(1), &[thin(), thin(), thin()]),
        [Hold, Hold, RollBack]
    );
    let alone = (window(400, 1), None);
    let nobody = (window(0, 0), Some(window(0, 0)));
    let mut other_judge = window(400, 1);
    for column in other_judge.columns.values_mut() {
        column.instrument = groundgate_model::unit::Digest::of(b"another judge");
    }
    let unjudged = table("window", 400, |_| Cell::Unscored(Unscored::NotRun));
    let mut unmeasured = window(400, 1);
    unmeasured.columns.clear();
    for sides in [
        alone,
        nobody,
        (window(400, 1), Some(other_judge)),
        (unjudged.clone(), Some(window(400, 1))),
        (window(400, 1), Some(unjudged)),
        (unmeasured, Some(window(400, 1))),
    ] {
        assert_eq!(actions(&canary(1), &[sides]), [Hold]);
    }
}

#[test]
fn answers_that_never_come_and_leaks_roll_back_at_once() {
    let down = table("window", 400, |index| {
        if index % 5 == 0 {
            Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))
        } else {
            Cell::Scored(1.0)
        }
    });
    assert_eq!(
        actions(&canary(2), &[(down, Some(window(400, 1)))]),
        [Action::RollBack]
    );
    let mut leaking = window(400, 1);
    leaking.columns.get_mut("pii_leak").unwrap().cells[7] = Cell::Scored(1.0);
    assert_eq!(
        actions(&canary(2), &[(leaking, Some(window(400, 1)))]),
        [Action::RollBack]
    );
}

#[test]
fn where_less_is_better_a_rise_is_the_harm() {
    let contradicting = |n: usize, bad: usize| {
        let mut made = window(n, bad);
        let column = made.columns.get_mut("groundedness").unwrap();
        column.metric.direction = Direction::LowerIsBetter;
        made
    };
    let mut canary = canary(1);
    canary.rules.retain(|rule| rule.id == "quality");
    let (low, high) = (|| contradicting(400, 9), || contradicting(400, 5));
    assert_eq!(actions(&canary, &[(low(), Some(high()))]), [Action::Keep]);
    assert_eq!(
        actions(&canary, &[(high(), Some(low()))]),
        [Action::RollBack]
    );
}

#[test]
fn answers_with_nothing_to_count_are_not_missing_and_no_count_at_all_is() {
    let leaking = |cells: &[Cell]| {
        let mut made = window(400, 1);
        let column = made.columns.get_mut("pii_leak").unwrap();
        for (place, cell) in column.cells.iter_mut().enumerate() {
            *cell = cells[place % cells.len()].clone();
        }
        made
    };
    let mut canary = canary(1);
    canary.rules.retain(|rule| rule.id == "leak");
    let some = leaking(&[Cell::Scored(0.0), Cell::NotApplicable]);
    assert_eq!(actions(&canary, &[(some, None)]), [Action::Keep]);
    let none = leaking(&[Cell::NotApplicable]);
    assert_eq!(actions(&canary, &[(none, None)]), [Action::Hold]);
}

#[test]
fn an_amount_per_hour_is_the_sum_over_a_windows_length() {
    use Action::{Hold, Keep, RollBack};
    let spending = |max, missing: usize| {
        let mut canary = canary(1);
        canary.rules = vec![RollbackRule {
            id: "spend".to_owned(),
            consecutive: 1,
            kind: RollbackKind::RateMax {
                metric: "pii_leak".to_owned(),
                max,
                window: Age::parse("30m").unwrap(),
            },
        }];
        let mut window = window(200, 1);
        let cells = &mut window.columns.get_mut("pii_leak").unwrap().cells;
        cells.fill(Cell::Scored(0.5));
        for cell in cells.iter_mut().take(missing) {
            *cell = Cell::Unscored(Unscored::NotRun);
        }
        actions(&canary, &[(window, None)])
    };
    // 200 answers of 0.5 in half an hour are 200 an hour.
    assert_eq!(spending(200.0, 0), [Keep]);
    assert_eq!(spending(199.9, 0), [RollBack]);
    assert_eq!(spending(199.9, 1), [Hold], "what is missing is not free");
    assert_eq!(spending(150.0, 1), [RollBack], "harm is certain without it");
    assert_eq!(spending(150.0, 200), [Hold]);
    let mut unmeasured = canary(1);
    unmeasured.rules = vec![RollbackRule {
        id: "spend".to_owned(),
        consecutive: 1,
        kind: RollbackKind::RateMax {
            metric: "cost_usd".to_owned(),
            max: 1.0,
            window: Age::parse("30m").unwrap(),
        },
    }];
    assert_eq!(actions(&unmeasured, &[(window(200, 1), None)]), [Hold]);
}

#[test]
fn a_side_without_scores_is_not_compared() {
    let silent = table("silent", 200, |_| Cell::Unscored(Unscored::NotRun));
    let scored = window(200, 1);
    for (candidate, baseline) in [(&silent, &scored), (&scored, &silent)] {
        let evidence = RunScores {
            candidate,
            baseline: Some(baseline),
        };
        let signal = not_worse(
            "groundedness",
            0.1,
            &policy(Vec::new()).statistics,
            evidence,
        );
        let is_open = matches!(&signal, Signal::Unsure(why) if why.contains("nothing has a score"));
        assert!(is_open);
    }
}

/// Answers of the old version that never came say nothing of how good it is: they neither keep a worse
/// version nor roll back an equal one. Those of the new version are its worst.
#[test]
fn failures_of_either_side_count_against_keeping() {
    let run = |name: &str, good: usize, failed: usize| {
        table(name, 300, |index| {
            if index < failed {
                Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))
            } else {
                Cell::Scored(f64::from(u8::from(index < failed + good)))
            }
        })
    };
    let signal = |candidate: &ScoreTable, baseline: &ScoreTable| {
        let evidence = RunScores {
            candidate,
            baseline: Some(baseline),
        };
        let statistics = policy(Vec::new()).statistics;
        match not_worse("groundedness", 0.05, &statistics, evidence) {
            Signal::Harm(_) => "harm",
            Signal::Unsure(_) => "unsure",
            Signal::Harmless(_) => "harmless",
        }
    };
    let (worse, old) = (run("new", 210, 0), run("old", 270, 0));
    assert_eq!(signal(&worse, &old), "harm");
    // 90 % of what it answered, and nobody knows of the other third.
    assert_eq!(signal(&worse, &run("old", 189, 90)), "unsure");
    assert_eq!(signal(&run("new", 300, 0), &run("old", 0, 0)), "harmless");
    assert_eq!(signal(&run("down", 0, 300), &old), "harm");
    assert_eq!(signal(&old, &run("down", 0, 300)), "unsure");
}
