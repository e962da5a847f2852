//! The table of no data: every kind of rule with every way of having nothing, on either side, against
//! an oracle that knows nothing of how the gate decides. And that a stricter threshold is never easier.

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cell, ScoreTable, Unscored},
    unit::Digest,
};
use proptest::prelude::*;

use super::{
    decide::decide,
    rules::Threshold,
    run_scores::RunScores,
    tests::{every_kind, policy, table, verdict},
    *,
};

/// What the trials of one side hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Good,
    NotRun,
    HalfNotRun,
    NoAnswer,
    JudgeDown,
    OneInTwentyLost,
    Malformed,
    InputMissing,
    NotApplicable,
    NotANumber,
}

impl Fill {
    const ALL: [Self; 10] = [
        Self::Good,
        Self::NotRun,
        Self::HalfNotRun,
        Self::NoAnswer,
        Self::JudgeDown,
        Self::OneInTwentyLost,
        Self::Malformed,
        Self::InputMissing,
        Self::NotApplicable,
        Self::NotANumber,
    ];

    fn cell(self, index: usize) -> Cell {
        let lost = Cell::Unscored(Unscored::JudgeFailed(FailureKind::Server));
        match self {
            Self::NotRun => Cell::Unscored(Unscored::NotRun),
            Self::HalfNotRun if index >= 100 => Cell::Unscored(Unscored::NotRun),
            Self::NoAnswer => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
            Self::JudgeDown => lost,
            Self::OneInTwentyLost if index.is_multiple_of(20) => lost,
            Self::Good | Self::HalfNotRun | Self::OneInTwentyLost => Cell::Scored(1.0),
            Self::Malformed => Cell::Unscored(Unscored::ReplyMalformed("prose".into())),
            Self::InputMissing => Cell::Unscored(Unscored::InputMissing("passages".into())),
            Self::NotApplicable => Cell::NotApplicable,
            Self::NotANumber => Cell::Scored(f64::NAN),
        }
    }
}

/// What the baseline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Filled(Fill),
    Absent,
    NoCases,
    OfAnotherJudge,
    OfOtherQuestions,
    Unmeasured,
}

impl Base {
    fn all() -> Vec<Self> {
        let filled = Fill::ALL.map(Self::Filled);
        let others = [
            Self::Absent,
            Self::NoCases,
            Self::OfAnotherJudge,
            Self::OfOtherQuestions,
            Self::Unmeasured,
        ];
        filled.into_iter().chain(others).collect()
    }

    fn table(self) -> Option<ScoreTable> {
        let mut good = table("baseline", 200, |index| Fill::Good.cell(index));
        match self {
            Self::Filled(fill) => return Some(table("baseline", 200, |index| fill.cell(index))),
            Self::Absent => return None,
            Self::NoCases => return Some(table("baseline", 0, |_| Cell::NotApplicable)),
            Self::OfAnotherJudge => {
                for column in good.columns.values_mut() {
                    column.instrument = Digest::of(b"another judge");
                }
            }
            Self::OfOtherQuestions => {
                for case in &mut good.cases {
                    case.digest = Digest::of(case.id.as_bytes());
                }
            }
            Self::Unmeasured => good.columns.clear(),
        }
        Some(good)
    }
}

/// Whether a rule may pass at all: what the words of the policy page say, and nothing else.
fn may_pass(kind: &RuleKind, n: usize, fill: Fill, is_measured: bool, base: Base) -> bool {
    let is_against_baseline = ["non-inferior", "superior", "ratio-max"].contains(&kind.name());
    let is_about_errors = kind.name() == "max-error-rate";
    if n == 0 || !is_measured {
        return false;
    }
    if is_about_errors {
        // Nothing to measure is no error, and few trials without one are still without one.
        return matches!(fill, Fill::Good | Fill::NotApplicable)
            || (fill == Fill::HalfNotRun && n <= 100);
    }
    let is_full = fill == Fill::Good || (fill == Fill::HalfNotRun && n <= 100);
    let is_enough = n >= 20;
    is_full && is_enough && (!is_against_baseline || base == Base::Filled(Fill::Good))
}

#[test]
fn no_data_never_passes_in_any_combination() {
    let mut n_passed = 0;
    for base in Base::all() {
        let baseline = base.table();
        for fill in Fill::ALL {
            for n in [0, 5, 200] {
                for is_measured in [true, false] {
                    let mut candidate = table("candidate", n, |index| fill.cell(index));
                    if !is_measured {
                        candidate.columns.clear();
                    }
                    for kind in every_kind() {
                        let found = verdict(&kind, &candidate, baseline.as_ref());
                        let may = may_pass(&kind, n, fill, is_measured, base);
                        assert!(
                            found > Verdict::Waived || may,
                            "{kind:?} is {found} with {n} × {fill:?}, measured: {is_measured}, against {base:?}"
                        );
                        n_passed += usize::from(found == Verdict::Pass);
                        let is_broken = fill == Fill::NotANumber && n > 0 && is_measured;
                        assert!(!is_broken || found == Verdict::Error, "{kind:?}: {found}");
                    }
                }
            }
        }
    }
    assert!(
        n_passed > 100,
        "the table would hold for a gate that never passes: {n_passed}"
    );
}

/// The same rule with a threshold that is harder by a little.
fn stricter(kind: &RuleKind, by: f64) -> Option<RuleKind> {
    let Threshold { side, value: bar } = kind.threshold()?;
    let harder = match (side, kind) {
        (AllowedSide::AtLeast, _) => bar + by * (1.0 - bar),
        (AllowedSide::AtMost, RuleKind::MaxCount(_)) => 0.0,
        (AllowedSide::AtMost, _) => bar * (1.0 - by),
    };
    kind.with_threshold(harder)
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        8 => Just(Cell::Scored(1.0)),
        1 => Just(Cell::Scored(0.0)),
        1 => Just(Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_stricter_bar_is_never_easier_to_meet(
        cells in prop::collection::vec(any_cell(), 60..140),
        base in prop::collection::vec(any_cell(), 140),
        by in 0.01_f64..0.9,
    ) {
        let candidate = table("candidate", cells.len(), |index| cells[index].clone());
        let baseline = table("baseline", cells.len(), |index| base[index].clone());
        for kind in every_kind() {
            if let Some(harder) = stricter(&kind, by) {
                let before = verdict(&kind, &candidate, Some(&baseline));
                let after = verdict(&harder, &candidate, Some(&baseline));
                prop_assert!(after >= before, "{kind:?} is {before}, {harder:?} is {after}");
            }
        }
    }

    /// More confidence never makes a pass, and more cases asked for never do.
    #[test]
    fn stricter_statistics_never_make_a_pass(
        cells in prop::collection::vec(any_cell(), 60..140),
        min_cases in 20_usize..200,
    ) {
        let candidate = table("candidate", cells.len(), |index| cells[index].clone());
        let baseline = table("baseline", cells.len(), |_| Cell::Scored(1.0));
        let evidence = RunScores { candidate: &candidate, baseline: Some(&baseline) };
        for kind in every_kind() {
            let lax = policy(vec![kind.clone()]);
            let mut strict = lax.clone();
            strict.statistics.alpha_pass = 0.01;
            strict.statistics.min_cases = min_cases;
            let (before, after) = (decide(&lax, evidence).verdict, decide(&strict, evidence).verdict);
            prop_assert!(after > Verdict::Pass || before == Verdict::Pass, "{kind:?}: {before}, {after}");
        }
    }
}
