//! Power of "not worse than the baseline by more than a margin", and precision, by normal theory with
//! the cost of the Dirichlet bound's pseudo-observation.

use crate::{
    count::count_to_f64,
    error::StatsError,
    estimate::Unit,
    parameter::{at_least, error_rate, finite, not_negative, open_unit, positive},
    special::normal::{normal_cdf, normal_upper_quantile},
    variance::{Design, Repeats},
};

/// The error rate and the power wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// One-sided error rate.
    pub alpha: f64,
    /// Probability to pass when there is no change.
    pub power: f64,
}

impl Target {
    /// 5 % error, 80 % power.
    pub const DEFAULT: Self = Self {
        alpha: 0.05,
        power: 0.8,
    };

    /// `z_α + z_β`.
    fn z(self) -> Result<f64, StatsError> {
        error_rate(self.alpha)?;
        open_unit("power", self.power)?;
        Ok(normal_upper_quantile(self.alpha) + normal_upper_quantile(1.0 - self.power))
    }
}

/// A planned comparison: how many units, and how much their differences spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedComparison {
    /// Runs for claims about the suite, questions for claims about the population.
    pub units: usize,
    /// Standard deviation of one unit's difference.
    pub sd: f64,
}

impl PlannedComparison {
    /// From variance components. `interaction` is how much the true difference varies between
    /// questions; for [`Unit::Run`] it does not count. The components' question variance cancels.
    /// For [`Unit::Cluster`], give the design in clusters and the components of cluster means.
    pub fn of_components(
        repeats: Repeats,
        interaction: f64,
        design: Design,
        unit: Unit,
    ) -> Result<Self, StatsError> {
        not_negative("interaction variance", interaction)?;
        not_negative("run variance", repeats.run)?;
        not_negative("vote variance", repeats.vote)?;
        at_least(1, design.questions.min(design.runs).min(design.votes))?;
        let difference = repeats.of_difference(interaction);
        let of_run = difference.run + difference.vote / count_to_f64(design.votes);
        let (units, variance) = match unit {
            Unit::Run => (design.questions.saturating_mul(design.runs), of_run),
            Unit::Question | Unit::Cluster => (
                design.questions,
                difference.question + of_run / count_to_f64(design.runs),
            ),
        };
        Ok(Self {
            units,
            sd: variance.sqrt(),
        })
    }

    /// The probability to pass with `margin` when the true difference is `difference` (0: no change):
    /// `Φ((δ + Δ − 1/N) √N / s − z_α)`, where 1/N is what the pseudo-observation at −1 costs.
    pub fn power(&self, margin: f64, difference: f64, alpha: f64) -> Result<f64, StatsError> {
        at_least(1, self.units)?;
        positive("margin", margin)?;
        finite("difference", difference)?;
        not_negative("standard deviation", self.sd)?;
        error_rate(alpha)?;
        let n = count_to_f64(self.units);
        let room = margin + difference - 1.0 / n;
        if self.sd > 0.0 {
            return Ok(normal_cdf(
                room * n.sqrt() / self.sd - normal_upper_quantile(alpha),
            ));
        }
        // Without any spread the bound is −(1 − α^(1/N)) below the difference.
        let reached = margin + difference > -(alpha.ln() / n).exp_m1();
        Ok(if reached { 1.0 } else { 0.0 })
    }
}

/// The units that the Dirichlet bound (h = 1) needs to pass with `margin` at no change:
/// √N = (Z s + √(Z² s² + 4 δ)) / 2δ, from δ − 1/N = Z s / √N.
pub fn required_units(margin: f64, sd: f64, target: Target) -> Result<f64, StatsError> {
    positive("margin", margin)?;
    not_negative("standard deviation", sd)?;
    Ok(units_for(margin, target.z()? * sd))
}

/// N with δ − 1/N = spread / √N.
fn units_for(margin: f64, spread: f64) -> f64 {
    ((spread + spread.mul_add(spread, 4.0 * margin).sqrt()) / (2.0 * margin)).powi(2)
}

/// The units that normal theory alone asks for, without the pseudo-observation:
/// N = (Z s / (δ + Δ))², at a true difference Δ.
pub fn required_units_normal(
    margin: f64,
    difference: f64,
    sd: f64,
    target: Target,
) -> Result<f64, StatsError> {
    let room = positive("margin plus difference", margin + difference)?;
    not_negative("standard deviation", sd)?;
    Ok((target.z()? * sd / room).powi(2))
}

/// The smallest margin that `plan` can pass with the power wanted: δ = Z s / √N + 1/N.
pub fn minimum_margin(plan: PlannedComparison, target: Target) -> Result<f64, StatsError> {
    let n = count_to_f64(at_least(1, plan.units)?);
    not_negative("standard deviation", plan.sd)?;
    Ok(target.z()? * plan.sd / n.sqrt() + 1.0 / n)
}

/// The units for a one-sided bound `arm` away from the mean, of scores on a scale of width 1 with
/// standard deviation `sd`: the same equation with `z_α` for Z. Rounded up.
pub fn required_n_for_precision(arm: f64, sd: f64, alpha: f64) -> Result<f64, StatsError> {
    positive("arm", arm)?;
    not_negative("standard deviation", sd)?;
    let spread = normal_upper_quantile(error_rate(alpha)?) * sd;
    Ok(units_for(arm, spread).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_units_of_the_design() {
        for (margin, expected) in [(0.05, 261.0), (0.03, 683.0), (0.02, 1490.0)] {
            let units = required_units(margin, 0.3, Target::DEFAULT).unwrap();
            assert!((units - expected).abs() < 1.0, "{margin}: {units}");
        }
    }

    #[test]
    fn normal_theory_agrees_with_scipy() {
        let units = required_units_normal(0.05, 0.0, 0.3, Target::DEFAULT).unwrap();
        assert!((units - 222.572_060_352_711_67).abs() < 1e-9, "{units}");
    }

    #[test]
    fn power_units_and_margin_are_one_equation() {
        for units in [50, 300, 2000] {
            let plan = PlannedComparison { units, sd: 0.25 };
            let margin = minimum_margin(plan, Target::DEFAULT).unwrap();
            let power = plan.power(margin, 0.0, 0.05).unwrap();
            assert!((power - 0.8).abs() < 1e-12, "{units}: {power}");
            let again = required_units(margin, 0.25, Target::DEFAULT).unwrap();
            assert!((again / f64::from(u32::try_from(units).unwrap()) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn runs_are_units_of_the_suite_and_questions_of_the_population() {
        let repeats = Repeats {
            question: 0.03,
            run: 0.02,
            vote: 0.02,
        };
        let design = Design {
            questions: 100,
            runs: 3,
            votes: 1,
        };
        let plan = |unit| PlannedComparison::of_components(repeats, 0.01, design, unit).unwrap();
        let (suite, population) = (plan(Unit::Run), plan(Unit::Question));
        assert_eq!((suite.units, population.units), (300, 100));
        assert!((suite.sd.powi(2) - 0.08).abs() < 1e-12);
        assert!((population.sd.powi(2) - (0.01 + 0.08 / 3.0)).abs() < 1e-12);
        let power = |plan: PlannedComparison| plan.power(0.05, 0.0, 0.05).unwrap();
        assert!(power(suite) > power(population));
        // 2 (0.02 + 0.02 / 5).
        let votes = Design { votes: 5, ..design };
        let plan = PlannedComparison::of_components(repeats, 0.01, votes, Unit::Run).unwrap();
        assert!((plan.sd.powi(2) - 0.048).abs() < 1e-12);
    }

    #[test]
    fn precision_takes_the_least_units_that_solve_its_equation() {
        for (arm, sd) in [(0.05, 0.3), (0.02, 0.45), (0.1, 0.0)] {
            let units = required_n_for_precision(arm, sd, 0.05).unwrap();
            let reached = |n: f64| 1.644_853_626_951_472_7 * sd / n.sqrt() + 1.0 / n;
            assert!(
                reached(units) <= arm + 1e-15 && reached(units - 1.0) > arm,
                "{units}"
            );
        }
    }

    #[test]
    fn a_candidate_at_the_margin_passes_no_more_than_alpha() {
        let plan = PlannedComparison {
            units: 100,
            sd: 0.2,
        };
        assert!(plan.power(0.05, -0.05, 0.05).unwrap() < 0.05);
        // Without spread, 58 ties can't prove a margin of 5 points; 59 can.
        for (units, expected) in [(58, 0.0), (59, 1.0)] {
            let power = PlannedComparison { units, sd: 0.0 }
                .power(0.05, 0.0, 0.05)
                .unwrap();
            assert!((power - expected).abs() < 1e-15, "{units}");
        }
        // A true difference adds to the margin; a bound that only touches it does not pass: 1 − 1/4.
        let power = |units, margin, difference, alpha| {
            let plan = PlannedComparison { units, sd: 0.0 };
            plan.power(margin, difference, alpha).unwrap()
        };
        assert!(power(58, 0.05, 0.01, 0.05) > 0.5 && power(59, 0.05, -0.01, 0.05) < 0.5);
        assert!(power(1, 0.75, 0.0, 0.25) < 0.5 && power(1, 0.76, 0.0, 0.25) > 0.5);
    }

    #[test]
    fn impossible_plans_are_errors() {
        let plan = PlannedComparison { units: 0, sd: 0.2 };
        assert_eq!(plan.power(0.05, 0.0, 0.05), Err(StatsError::NoData));
        assert!(required_units(0.0, 0.3, Target::DEFAULT).is_err());
        assert!(required_units_normal(0.05, -0.05, 0.3, Target::DEFAULT).is_err());
        assert!(required_n_for_precision(0.02, f64::NAN, 0.05).is_err());
    }
}
