//! Exact boundaries for planned interim analyses at a number of passes.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, closed_unit, error_rate, open_unit},
    sequential::spending::Spending,
    special::distributions::binomial_pmf,
};

/// A plan of interim analyses of passes of answers, against the threshold `tau`.
#[derive(Debug, Clone, PartialEq)]
pub struct BinomialPlan {
    analyses: Vec<BinomialAnalysis>,
}

/// One interim analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinomialAnalysis {
    /// When this many answers are there.
    pub n: usize,
    /// Pass from this many passes on. `None`: no number is enough at this analysis.
    pub pass_at_least: Option<usize>,
    /// Fail at this many passes or fewer. `None`: no number is few enough.
    pub fail_at_most: Option<usize>,
}

/// Boundaries for analyses after `analyses` answers, ascending. Passing and failing spend `alpha` each, from
/// binomial probabilities at `tau` that earlier analyses on the same side have not used up; what an analysis
/// can't spend, because passes are whole, is left for later ones. Neither side relies on the other's
/// stops (non-binding), so that either may be ignored.
pub fn binomial_boundaries(
    analyses: &[usize],
    tau: f64,
    spending: Spending,
    alpha: f64,
) -> Result<BinomialPlan, StatsError> {
    open_unit("tau", tau)?;
    error_rate(alpha)?;
    let total = at_least(1, analyses.last().copied().unwrap_or(0))?;
    let (mut above, mut below) = (Survivors::new(total), Survivors::new(total));
    let mut plan = Vec::with_capacity(analyses.len());
    let mut before = 0;
    for n in analyses.iter().copied() {
        if n <= before {
            return Err(StatsError::Parameter {
                name: "look",
                value: count_to_f64(n),
            });
        }
        let budget = spending.spent(count_to_f64(n) / count_to_f64(total), alpha);
        above.add(n - before, tau);
        below.add(n - before, tau);
        plan.push(BinomialAnalysis {
            n,
            pass_at_least: above.cut_top(n, budget),
            fail_at_most: below.cut_bottom(n, budget),
        });
        before = n;
    }
    Ok(BinomialPlan { analyses: plan })
}

/// What a plan leads to at one true rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// Probability to pass.
    pub pass: f64,
    /// Probability to fail.
    pub fail: f64,
    /// Answers used on average.
    pub mean_n: f64,
}

/// An interim analysis's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Stop: above the threshold.
    Pass,
    /// Stop: below the threshold.
    Fail,
    /// Go on to the next analysis; at the last one, inconclusive.
    Neither,
}

impl BinomialPlan {
    /// The analyses, in order.
    pub fn analyses(&self) -> &[BinomialAnalysis] {
        &self.analyses
    }

    /// What is planned for exactly `n` answers, with `passes` of them passed. `None`: no analysis is
    /// planned there.
    pub fn reached(&self, n: usize, passes: usize) -> Option<Reached> {
        let analysis = self.analyses.iter().find(|analysis| analysis.n == n)?;
        Some(
            if analysis.pass_at_least.is_some_and(|least| passes >= least) {
                Reached::Pass
            } else if analysis.fail_at_most.is_some_and(|most| passes <= most) {
                Reached::Fail
            } else {
                Reached::Neither
            },
        )
    }

    /// Exact probabilities when the true rate is `p` and the run stops at the first verdict.
    pub fn expectation(&self, p: f64) -> Result<Expectation, StatsError> {
        closed_unit("p", p)?;
        let total = self.analyses.last().map_or(0, |analysis| analysis.n);
        let mut left = Survivors::new(total);
        let mut expected = Expectation {
            pass: 0.0,
            fail: 0.0,
            mean_n: 0.0,
        };
        let mut before = 0;
        for analysis in &self.analyses {
            expected.mean_n += left.mass() * count_to_f64(analysis.n - before);
            left.add(analysis.n - before, p);
            if let Some(least) = analysis.pass_at_least {
                expected.pass += left.remove(|passes| passes >= least);
            }
            if let Some(most) = analysis.fail_at_most {
                expected.fail += left.remove(|passes| passes <= most);
            }
            before = analysis.n;
        }
        Ok(expected)
    }
}

/// The distribution of passes among runs that have not stopped yet.
struct Survivors {
    by_passes: Vec<f64>,
    spent: f64,
}

impl Survivors {
    fn new(n_max: usize) -> Self {
        let mut by_passes = vec![0.0; n_max + 1];
        if let Some(none) = by_passes.first_mut() {
            *none = 1.0;
        }
        Self {
            by_passes,
            spent: 0.0,
        }
    }

    fn mass(&self) -> f64 {
        self.by_passes.iter().sum()
    }

    /// `n` more answers.
    fn add(&mut self, n: usize, p: f64) {
        let step: Vec<f64> = (0..=n).map(|passes| binomial_pmf(passes, n, p)).collect();
        let mut after = vec![0.0; self.by_passes.len()];
        for (start, mass) in self.by_passes.iter().enumerate() {
            for (to, share) in after.iter_mut().skip(start).zip(&step) {
                *to += mass * share;
            }
        }
        self.by_passes = after;
    }

    /// Takes away all with `stopped` passes, and tells how probable they were.
    fn remove(&mut self, stopped: impl Fn(usize) -> bool) -> f64 {
        let mut removed = 0.0;
        for (passes, mass) in self.by_passes.iter_mut().enumerate() {
            if stopped(passes) {
                removed += std::mem::take(mass);
            }
        }
        removed
    }

    /// Stops from the top as long as no more than `budget` is spent altogether.
    fn cut_top(&mut self, n: usize, budget: f64) -> Option<usize> {
        let counts = (0..=n).rev();
        let last = self.affordable(counts, budget)?;
        self.spent += self.remove(|passes| passes >= last);
        Some(last)
    }

    /// Stops from the bottom as long as no more than `budget` is spent altogether.
    fn cut_bottom(&mut self, n: usize, budget: f64) -> Option<usize> {
        let last = self.affordable(0..=n, budget)?;
        self.spent += self.remove(|passes| passes <= last);
        Some(last)
    }

    /// The last count, in this order, up to which the probabilities fit into the budget.
    fn affordable(&self, counts: impl Iterator<Item = usize>, budget: f64) -> Option<usize> {
        let mut spent = self.spent;
        let mut last = None;
        for count in counts {
            spent += self.by_passes.get(count).copied().unwrap_or(0.0);
            if spent > budget {
                break;
            }
            last = Some(count);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::distributions::binomial_at_least;

    fn check(spending: Spending, pass: [usize; 4], fail: [usize; 4]) {
        let plan = binomial_boundaries(&[25, 50, 75, 100], 0.9, spending, 0.05).unwrap();
        for (analysis, (pass, fail)) in plan.analyses().iter().zip(pass.into_iter().zip(fail)) {
            // A boundary beyond n means that no number is enough.
            assert_eq!(
                analysis.pass_at_least,
                (pass <= analysis.n).then_some(pass),
                "{plan:?}"
            );
            assert_eq!(analysis.fail_at_most, Some(fail), "{plan:?}");
        }
    }

    #[test]
    fn values_of_an_independent_recursion() {
        check(Spending::OBrienFleming, [26, 50, 73, 96], [15, 38, 61, 84]);
        check(Spending::Pocock, [26, 50, 73, 96], [18, 40, 61, 83]);
    }

    /// 300 answers, τ = 0.85, five analyses: rates that were enumerated when the design was chosen.
    #[test]
    fn five_looks_save_half_on_clear_cases_at_nearly_full_power() {
        let analyses = [60, 120, 180, 240, 300];
        let plan = binomial_boundaries(&analyses, 0.85, Spending::OBrienFleming, 0.05).unwrap();
        let at = |p| plan.expectation(p).unwrap();
        assert!((at(0.85).pass - 0.047).abs() < 6e-4, "{:?}", at(0.85));
        assert!((at(0.85).fail - 0.043).abs() < 6e-4, "{:?}", at(0.85));
        assert!((at(0.90).pass - 0.817).abs() < 6e-4, "{:?}", at(0.90));
        for (p, mean_n) in [
            (0.7, 122.0),
            (0.8, 244.0),
            (0.9, 238.0),
            (0.95, 136.0),
            (0.97, 122.0),
        ] {
            assert!((at(p).mean_n - mean_n).abs() < 0.6, "{p}: {:?}", at(p));
        }
    }

    #[test]
    fn no_plan_errs_more_often_than_alpha() {
        for spending in [Spending::OBrienFleming, Spending::Pocock] {
            for tau in [0.5, 0.8, 0.95] {
                let analyses: Vec<usize> = (1..=12).map(|analysis| 10 * analysis).collect();
                let plan = binomial_boundaries(&analyses, tau, spending, 0.05).unwrap();
                let at = plan.expectation(tau).unwrap();
                assert!(
                    at.pass <= 0.05 && at.fail <= 0.05,
                    "{spending:?} {tau}: {at:?}"
                );
            }
        }
    }

    #[test]
    fn one_look_is_the_exact_test() {
        let plan = binomial_boundaries(&[100], 0.85, Spending::Pocock, 0.05).unwrap();
        let least = plan.analyses()[0].pass_at_least.unwrap();
        assert!(binomial_at_least(least, 100, 0.85) <= 0.05);
        assert!(binomial_at_least(least - 1, 100, 0.85) > 0.05);
        assert_eq!(plan.reached(100, least), Some(Reached::Pass));
        assert_eq!(plan.reached(100, least - 1), Some(Reached::Neither));
        assert_eq!(plan.reached(100, 0), Some(Reached::Fail));
        assert_eq!(plan.reached(99, 99), None);
    }

    #[test]
    fn all_of_the_budget_may_be_spent() {
        // P(2 of 2 at 1/2) = 1/4 = α, without rounding.
        let plan = binomial_boundaries(&[2], 0.5, Spending::Pocock, 0.25).unwrap();
        assert_eq!(plan.analyses()[0].pass_at_least, Some(2));
        assert_eq!(plan.analyses()[0].fail_at_most, Some(0));
    }

    #[test]
    fn looks_out_of_order_are_an_error() {
        for analyses in [&[50, 50][..], &[60, 50], &[0, 10]] {
            assert!(
                binomial_boundaries(analyses, 0.9, Spending::Pocock, 0.05).is_err(),
                "{analyses:?}"
            );
        }
        assert_eq!(
            binomial_boundaries(&[], 0.9, Spending::Pocock, 0.05),
            Err(StatsError::NoData)
        );
    }
}
