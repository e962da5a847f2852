//! What controls say of a judge: how many claims of known label it told right, with exact bounds; and
//! whether it has changed between two runs.
//!
//! Controls bound nothing about mistakes that are subtler than they are.

use groundgate_model::trial::{Column, ControlCounts, InstrumentKind};
use groundgate_stats::{StatsError, interval::Passes, special::binomial_pmf};

/// An unchanged judge raises the alarm in at most this share of pairs of runs, over both of its rates.
const ALARM: f64 = 0.05;

/// The rates of a judge on hard controls; `None` where no control of the kind was judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    /// Supported ones that it called supported.
    pub(crate) sensitivity: Option<Passes>,
    /// Others that it did not.
    pub(crate) specificity: Option<Passes>,
}

impl Rates {
    pub(crate) fn of(counts: &ControlCounts) -> Self {
        let passes = |right, n| -> Result<Passes, StatsError> { Passes::new(right, n) };
        Self {
            sensitivity: passes(counts.supported_right, counts.supported).ok(),
            specificity: passes(counts.unsupported_right, counts.unsupported).ok(),
        }
    }
}

/// Calls that passed their easy controls, of those that carried some.
pub(crate) fn calls_passed(counts: &ControlCounts) -> Option<Passes> {
    let passed = counts.calls.saturating_sub(counts.calls_failed);
    Passes::new(passed, counts.calls).ok()
}

/// A judge that tells controls otherwise than it did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift {
    /// Which of its rates: `sensitivity` or `specificity`.
    pub(crate) rate: &'static str,
    /// Then, in the baseline's run.
    pub(crate) before: Passes,
    /// Now, in the candidate's.
    pub(crate) now: Passes,
    /// Of Fisher's exact test, two-sided.
    pub(crate) p_value: f64,
}

/// What has changed in a judge between two runs; nothing where it is another judge, or asks nobody.
pub(crate) fn drift(baseline: &Column, candidate: &Column) -> Vec<Drift> {
    let is_model = candidate.instrument_kind == InstrumentKind::Model;
    if !is_model || baseline.instrument != candidate.instrument {
        return Vec::new();
    }
    let (before, now) = (
        Rates::of(&baseline.controls),
        Rates::of(&candidate.controls),
    );
    let rates = [
        ("sensitivity", before.sensitivity.zip(now.sensitivity)),
        ("specificity", before.specificity.zip(now.specificity)),
    ];
    let drifts = rates.into_iter().filter_map(|(rate, both)| {
        let (before, now) = both?;
        let p_value = fisher(before, now);
        // Two rates are looked at.
        (p_value <= ALARM / 2.0).then_some(Drift {
            rate,
            before,
            now,
            p_value,
        })
    });
    drifts.collect()
}

/// Fisher's exact test of two shares, two-sided: the chance of a table as likely as this one or less,
/// with the same margins. A hypergeometric probability is one of binomials, whatever their share.
fn fisher(one: Passes, other: Passes) -> f64 {
    let (first, second) = (one.passes(), other.passes());
    let (n_first, n_second) = (one.trials(), other.trials());
    let (passed, n) = (first + second, n_first + n_second);
    if passed == 0 || passed == n {
        return 1.0;
    }
    let Ok(all) = Passes::new(passed, n) else {
        return 1.0;
    };
    let share = all.share();
    let of_margins = binomial_pmf(passed, n, share);
    let chance = |k: usize| {
        binomial_pmf(k, n_first, share) * binomial_pmf(passed - k, n_second, share) / of_margins
    };
    let seen = chance(first);
    let least = passed.saturating_sub(n_second);
    let most = passed.min(n_first);
    let as_unlikely = (least..=most).map(chance);
    // Tables that are as likely differ by rounding.
    let sum: f64 = as_unlikely
        .filter(|chance| *chance <= seen * (1.0 + 1e-7))
        .sum();
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Cell;

    use super::*;
    use crate::tests::table;

    fn passes(right: usize, n: usize) -> Passes {
        Passes::new(right, n).unwrap()
    }

    /// Against sums of exact binomial coefficients.
    #[test]
    fn fishers_test_is_that_of_the_books() {
        for (one, other, expected) in [
            ((3, 4), (1, 4), 0.485_714_285_714_285_76),
            ((8, 10), (1, 6), 0.034_965_034_965_034_97),
            ((285, 300), (255, 300), 5.883_903_643_542_504e-5),
            ((0, 5), (0, 9), 1.0),
            ((5, 5), (9, 9), 1.0),
        ] {
            let found = fisher(passes(one.0, one.1), passes(other.0, other.1));
            assert!(
                (found - expected).abs() <= 1e-9 * expected,
                "{one:?} {other:?}: {found}"
            );
        }
    }

    fn column(supported_right: usize, unsupported_right: usize) -> Column {
        let table = table("run", 1, |_| Cell::Scored(1.0));
        let mut column = table.columns["groundedness"].clone();
        column.controls = ControlCounts {
            calls: 300,
            calls_failed: 0,
            supported: 300,
            supported_right,
            unsupported: 300,
            unsupported_right,
        };
        column
    }

    #[test]
    fn a_judge_that_believes_more_raises_the_alarm() {
        let drifts = drift(&column(270, 285), &column(270, 255));
        let rates: Vec<&str> = drifts.iter().map(|drift| drift.rate).collect();
        assert_eq!(rates, ["specificity"]);
        assert_eq!(drift(&column(270, 285), &column(268, 283)), []);
        let drifts = drift(&column(285, 285), &column(255, 285));
        assert_eq!(drifts.first().unwrap().rate, "sensitivity");
    }

    #[test]
    fn another_judge_and_one_that_asks_nobody_raise_none() {
        let (before, mut now) = (column(270, 285), column(270, 155));
        assert_eq!(drift(&before, &now).len(), 1);
        now.instrument_kind = InstrumentKind::Embedded;
        assert_eq!(drift(&before, &now), []);
        now = column(270, 155);
        now.instrument = groundgate_model::unit::Digest::of(b"another");
        assert_eq!(drift(&before, &now), []);
        let nobody = Column {
            controls: ControlCounts::default(),
            ..column(0, 0)
        };
        assert_eq!(drift(&before, &nobody), []);
    }

    /// Pairs of runs of 300 answers, drawn: how often the alarm is raised.
    fn alarms(specificity: [f64; 2]) -> f64 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut uniform = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
        };
        let mut right = |share: f64| (0..300).filter(|_| uniform() < share).count();
        let pairs = 1000;
        let raised = (0..pairs).filter(|_| {
            let before = column(right(0.9), right(specificity[0]));
            let now = column(right(0.9), right(specificity[1]));
            !drift(&before, &now).is_empty()
        });
        f64::from(u32::try_from(raised.count()).unwrap()) / f64::from(pairs)
    }

    /// The goals of the design: at least 90 % where specificity falls from .95 to .85, at most 5 % where
    /// nothing changes.
    #[test]
    fn the_alarm_is_raised_where_it_should_be_and_seldom_elsewhere() {
        let (fallen, unchanged) = (alarms([0.95, 0.85]), alarms([0.95, 0.95]));
        assert!(fallen >= 0.9, "{fallen}");
        assert!(unchanged <= 0.05, "{unchanged}");
    }

    /// Bounds on rates .9 and .95 hold both ends in at least 95 of 100 runs.
    #[test]
    fn bounds_on_the_rates_hold() {
        for (n, truth) in [(300, 0.9), (300, 0.95)] {
            let covered: f64 = (0..=n)
                .filter(|right| {
                    let rate = passes(*right, n);
                    let alpha = 0.025;
                    rate.clopper_pearson_lower(alpha) <= truth
                        && truth <= rate.clopper_pearson_upper(alpha)
                })
                .map(|right| binomial_pmf(right, n, truth))
                .sum();
            assert!(covered >= 0.95, "{truth}: {covered}");
        }
    }
}
