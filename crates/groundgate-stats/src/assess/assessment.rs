//! Observations with their procedure: bounds and p-values of it cannot disagree.

use crate::{
    alphas::Alphas,
    assess::{comparison::Comparison, plan::Plan, procedure::Procedure},
    error::StatsError,
    estimate::Estimate,
};

/// Observations with the procedure that the decision table gives them.
#[derive(Debug, Clone)]
pub struct Assessment {
    point: f64,
    n: usize,
    plan: Plan,
    procedure: Procedure,
}

impl Assessment {
    pub(super) fn new(
        point: f64,
        n: usize,
        plan: Plan,
        procedure: Procedure,
    ) -> Result<Self, StatsError> {
        plan.alphas.checked()?;
        Ok(Self {
            point,
            n,
            plan,
            procedure,
        })
    }

    /// The estimate with bounds at the plan's error rates, where there is no threshold.
    pub fn estimate(&self) -> Estimate {
        self.estimate_by(&self.procedure, self.plan.alphas)
    }

    /// Bounds and p-values against a finite `threshold`, at the plan's error rates.
    pub fn against(&self, threshold: f64) -> Result<Comparison, StatsError> {
        self.against_at(threshold, self.plan.alphas)
    }

    /// The same at other error rates: those that Holm's procedure leaves to one rule.
    pub fn against_at(&self, threshold: f64, alphas: Alphas) -> Result<Comparison, StatsError> {
        alphas.checked()?;
        if !threshold.is_finite() {
            return Err(StatsError::Parameter {
                name: "the threshold",
                value: threshold,
            });
        }
        let procedure = self.procedure.against(threshold);
        let comparison = Comparison {
            estimate: self.estimate_by(procedure, alphas),
            p_above: procedure.p_above(threshold),
            p_below: procedure.p_below(threshold),
        };
        Ok(comparison.reconciled(threshold, procedure.attains()))
    }

    /// Whether a small p-value is evidence at its rate: by proof, or by the simulations of
    /// docs/error-rates.md. Means and ratios of amounts without a limit err several times as often as they
    /// say where few calls cost most of it.
    pub const fn holds_its_rate(&self) -> bool {
        !matches!(self.procedure, Procedure::Amount(_))
    }

    /// The error rates that it was planned for.
    pub const fn alphas(&self) -> Alphas {
        self.plan.alphas
    }

    /// The p-values of [`Self::against_at`], above and below, without its bounds: these are searched
    /// for only where a p-value is so near its error rate that they could disagree with it. For
    /// simulations, which need verdicts by the thousand.
    pub fn p_values_at(&self, threshold: f64, alphas: Alphas) -> Result<(f64, f64), StatsError> {
        alphas.checked()?;
        let (above, below) = self.p_values(threshold);
        let is_near = |p: f64, alpha: f64| p > 0.5 * alpha && p < 2.0 * alpha;
        if is_near(above, alphas.lower) || is_near(below, alphas.upper) {
            let comparison = self.against_at(threshold, alphas)?;
            return Ok((comparison.p_above, comparison.p_below));
        }
        Ok((above, below))
    }

    /// The p-values of [`Self::against`] alone, above and below. At a bound itself, where rounding
    /// decides, `against` is the careful reading of both.
    pub fn p_values(&self, threshold: f64) -> (f64, f64) {
        let procedure = self.procedure.against(threshold);
        (procedure.p_above(threshold), procedure.p_below(threshold))
    }

    fn estimate_by(&self, procedure: &Procedure, alphas: Alphas) -> Estimate {
        let (method, guarantee) = procedure.name(self.plan.bound);
        Estimate {
            point: self.point,
            lower: procedure.lower(alphas.lower),
            upper: procedure.upper(alphas.upper),
            alpha_lower: alphas.lower,
            alpha_upper: alphas.upper,
            n: self.n,
            unit: self.plan.unit,
            method: method.to_owned(),
            guarantee,
        }
    }
}
