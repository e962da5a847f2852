//! Looks at a sequential run: the error rate over all of them, and what an early stop may not do.

use groundgate_model::{
    trial::{Cell, Looks, ScoreTable, Unscored},
    unit::Digest,
};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    interim::{LEVEL_MIN, View},
    rules::{Floor, MustPass},
    tests::{policy, table},
    *,
};

const ENDS: [usize; 4] = [25, 50, 75, 100];

fn floor(min: f64) -> Policy {
    policy(vec![RuleKind::Floor(Floor {
        metric: "groundedness".to_owned(),
        min,
    })])
}

/// A run of 100 cases whose first `asked` have the given scores.
fn asked(scores: &[f64], asked: usize) -> ScoreTable {
    let mut table = table("candidate", 100, |index| match scores.get(index) {
        Some(score) if index < asked => Cell::Scored(*score),
        _ => Cell::Unscored(Unscored::NotRun),
    });
    table.looks = Some(Looks {
        policy: Digest::of(b"policy"),
        baseline: None,
        cases: ENDS.to_vec(),
    });
    table
}

fn evidence(candidate: &ScoreTable) -> RunScores<'_> {
    RunScores {
        candidate,
        baseline: None,
    }
}

fn verdict(policy: &Policy, candidate: &ScoreTable) -> Verdict {
    decide(policy, evidence(candidate)).verdict
}

/// The verdict at which a sequential run stops, and after how many cases.
fn stopped(policy: &Policy, scores: &[f64]) -> (Verdict, usize) {
    let mut last = (Verdict::Inconclusive, 0);
    for end in ENDS {
        last = (verdict(policy, &asked(scores, end)), end);
        if matches!(last.0, Verdict::Pass | Verdict::Fail) {
            break;
        }
    }
    last
}

/// Shares of (pass, fail), and the mean number of cases, over runs of a copilot that is right with
/// probability `truth`.
fn simulated(truth: f64, min: f64) -> (f64, f64, f64) {
    const RUNS: u32 = 800;
    let policy = floor(min);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let (mut passed, mut failed, mut cases) = (0_u32, 0_u32, 0.0);
    for _ in 0..RUNS {
        let scores: Vec<f64> = (0..100)
            .map(|_| {
                let uniform = f64::from(random.next_u32()) / f64::from(u32::MAX);
                f64::from(u8::from(uniform < truth))
            })
            .collect();
        let (verdict, end) = stopped(&policy, &scores);
        passed += u32::from(verdict == Verdict::Pass);
        failed += u32::from(verdict == Verdict::Fail);
        cases += groundgate_model::unit::count_to_f64(end);
    }
    let share = |count: u32| f64::from(count) / f64::from(RUNS);
    (share(passed), share(failed), cases / f64::from(RUNS))
}

#[test]
fn over_all_looks_a_copilot_at_the_bar_passes_and_fails_no_more_often_than_stated() {
    let (passed, failed, _) = simulated(0.8, 0.8);
    assert!(passed <= 0.06 && failed <= 0.06, "{passed} {failed}");
    assert!(
        passed + failed > 0.03,
        "the rates are used: {passed} {failed}"
    );
}

#[test]
fn a_clear_case_is_decided_early() {
    let (passed, failed, cases) = simulated(0.97, 0.75);
    assert!(
        passed > 0.99 && failed < 0.001 && cases < 60.0,
        "{passed} {cases}"
    );
    let (passed, failed, cases) = simulated(0.5, 0.75);
    assert!(
        failed > 0.95 && passed < 0.001 && cases < 80.0,
        "{failed} {cases}"
    );
}

#[test]
fn an_interim_analysis_sees_its_cases_and_says_so() {
    let policy = floor(0.8);
    let run = asked(&[1.0; 100], 50);
    let view = View::of(policy.digest, evidence(&run));
    assert_eq!(view.candidate.cases.len(), 50);
    let notes = view.notes(&policy.statistics);
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].starts_with(
            "sequential run, interim analysis 2 of 4: 50 of 100 cases; a rule passes here at 0."
        ),
        "{notes:?}"
    );
    let mut again = table("candidate", 100, |_| Cell::Scored(1.0));
    again.earlier_tries = ["one", "two"].map(str::to_owned).into();
    let view = View::of(policy.digest, evidence(&again));
    assert_eq!(
        view.notes(&policy.statistics),
        [
            "try 3 of the same plan: a rule passes at 1.25 % instead of 5.00 %, so that trying again until it passes does not help"
        ]
    );
    assert!((view.alpha_pass(&policy.statistics) - 0.0125).abs() < 1e-15);
    // The least level there is may still be used, and less than that may not.
    assert!((view.nominal(LEVEL_MIN) - LEVEL_MIN).abs() <= 0.0);
    assert!(view.nominal(0.5 * LEVEL_MIN) <= 0.0);
}

#[test]
fn cases_beyond_the_look_count_for_nothing() {
    let mut scores = [1.0; 100];
    scores[50..].fill(0.0);
    let at_fifty = verdict(&floor(0.8), &asked(&scores, 50));
    assert_eq!(at_fifty, Verdict::Pass);
    // Seventy cases are asked, twenty of them after the interim analysis of fifty.
    assert_eq!(verdict(&floor(0.8), &asked(&scores, 70)), at_fifty);
    assert_eq!(verdict(&floor(0.8), &asked(&scores, 75)), Verdict::Fail);
}

#[test]
fn an_early_stop_binds_policy_and_baseline_and_a_run_before_its_first_analysis_says_nothing() {
    let scores = [1.0; 100];
    let mut other = floor(0.5);
    other.digest = Digest::of(b"another policy");
    assert_eq!(verdict(&other, &asked(&scores, 50)), Verdict::Inconclusive);
    assert_eq!(verdict(&other, &asked(&scores, 100)), Verdict::Pass);
    assert_eq!(
        verdict(&floor(0.5), &asked(&scores, 24)),
        Verdict::Inconclusive
    );
    let baseline = table("baseline", 100, |_| Cell::Scored(1.0));
    let candidate = asked(&scores, 50);
    let evidence = RunScores {
        candidate: &candidate,
        baseline: Some(&baseline),
    };
    assert_eq!(decide(&floor(0.5), evidence).verdict, Verdict::Inconclusive);
}

#[test]
fn what_is_open_for_another_reason_goes_on_to_the_next_look() {
    let policy = floor(0.75);
    let open = asked(&[1.0, 1.0, 1.0, 0.0].repeat(25), 50);
    let evidence = RunScores {
        candidate: &open,
        baseline: None,
    };
    let decision = decide(&policy, evidence);
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert_eq!(decision.next_step(), NextStep::GoOn);
}

#[test]
fn so_many_tries_that_no_rate_is_left_never_pass() {
    let mut candidate = table("c", 100, |_| Cell::Scored(1.0));
    candidate.earlier_tries = (0..60).map(|number| format!("try-{number}")).collect();
    assert_eq!(verdict(&floor(0.5), &candidate), Verdict::Inconclusive);
}

#[test]
fn cases_that_must_pass_are_asked_before_anything_passes() {
    let policy = policy(vec![
        RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: 0.5,
        }),
        RuleKind::MustPass(MustPass {
            metric: "groundedness".to_owned(),
            cases: CaseFilter::Critical,
            min: 1.0,
            min_cases: 1,
            repeats: 1,
        }),
    ]);
    let decision = |table: &ScoreTable| {
        let evidence = RunScores {
            candidate: table,
            baseline: None,
        };
        decide(&policy, evidence)
    };
    let mut table = asked(&[1.0; 100], 50);
    let early = decision(&table);
    assert_eq!(early.verdict, Verdict::Inconclusive);
    assert_eq!(early.next_step(), NextStep::AskMustPass);
    for place in must_pass_cases(&policy, &table) {
        for column in table.columns.values_mut() {
            column.cells[place] = Cell::Scored(1.0);
        }
    }
    assert_eq!(decision(&table).verdict, Verdict::Pass);
    let groundedness = table.columns.get_mut("groundedness").unwrap();
    groundedness.cells[99] = Cell::Scored(0.0);
    assert_eq!(decision(&table).verdict, Verdict::Fail);
}

#[test]
fn a_further_try_needs_more_to_pass_and_the_baseline_is_no_try() {
    // 20 of 20: the lower bound at 5 % is 0.861, at 2.5 % it is 0.832.
    let mut candidate = table("c", 20, |_| Cell::Scored(1.0));
    let policy = floor(0.85);
    assert_eq!(verdict(&policy, &candidate), Verdict::Pass);
    candidate.earlier_tries = vec!["earlier".to_owned()];
    assert_eq!(verdict(&policy, &candidate), Verdict::Inconclusive);
    let baseline = table("earlier", 20, |_| Cell::Scored(1.0));
    let evidence = RunScores {
        candidate: &candidate,
        baseline: Some(&baseline),
    };
    assert_eq!(decide(&policy, evidence).verdict, Verdict::Pass);
}
