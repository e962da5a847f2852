//! Power of the paired t test, by the noncentral t distribution. For comparison with other tools; the
//! gate's own bound is the Dirichlet one.

use std::f64::consts::LN_2;

use statrs::function::gamma::ln_gamma;

use crate::stats::{
    distributions::{normal_cdf, student_t_quantile},
    error::StatsError,
    parameter::{error_rate, finite, positive},
    quadrature::GaussLegendre,
};

/// A one-sample or paired t test against 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedTPlan {
    /// The mean difference in units of its standard deviation.
    pub effect_size: f64,
    /// Pairs, more than 1; need not be whole.
    pub n: f64,
}

/// The power of the one-sided test "greater" at error rate `alpha`.
pub fn paired_t_power(plan: PairedTPlan, alpha: f64) -> Result<f64, StatsError> {
    finite("effect size", plan.effect_size)?;
    let df = positive("degrees of freedom", plan.n - 1.0)?;
    let critical = student_t_quantile(1.0 - error_rate(alpha)?, df);
    let shift = plan.effect_size * plan.n.sqrt();
    // The upper tail, as the lower one of the mirrored variable: no digits are lost.
    Ok(noncentral_t_cdf(-critical, df, -shift))
}

/// P(T ≤ t) of the noncentral t distribution with `df` > 0 degrees of freedom and noncentrality
/// `shift`: the normal distribution function averaged over the chi distribution of the scale.
pub fn noncentral_t_cdf(t: f64, df: f64, shift: f64) -> f64 {
    let log_norm = (1.0 - 0.5 * df) * LN_2 - ln_gamma(0.5 * df);
    // With v the chi variable: its density is v^(df − 1) exp(−v² / 2) times the norm.
    let density = |v: f64| (log_norm + (df - 1.0) * v.ln() - 0.5 * v * v).exp();
    let root = df.sqrt();
    // The chi distribution has a standard deviation below 1 and falls like a normal one.
    let ends = ((root - 12.0).max(0.0), root + 12.0);
    let integral: f64 = (GaussLegendre::new(24).points(ends, 24).iter())
        .map(|(v, weight)| weight * density(*v) * normal_cdf(t * v / root - shift))
        .sum();
    integral.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::distributions::student_t_cdf;

    #[test]
    fn value_of_statsmodels() {
        // statsmodels 0.15.0, TTestPower.power(alternative='larger').
        let plan = PairedTPlan {
            effect_size: 0.3,
            n: 50.0,
        };
        let power = paired_t_power(plan, 0.05).unwrap();
        assert!((power - 0.672_573_983_125_231_6).abs() < 1e-10, "{power}");
    }

    #[test]
    fn without_a_shift_it_is_students_t() {
        for df in [1.0, 2.0, 4.5, 30.0, 400.0] {
            for t in [-3.0, -0.5, 0.0, 1.0, 2.5] {
                let (value, expected) = (noncentral_t_cdf(t, df, 0.0), student_t_cdf(t, df));
                assert!(
                    (value - expected).abs() < 1e-9,
                    "{df} {t}: {value} {expected}"
                );
            }
        }
    }

    #[test]
    fn without_an_effect_the_power_is_alpha() {
        let plan = PairedTPlan {
            effect_size: 0.0,
            n: 12.0,
        };
        assert!((paired_t_power(plan, 0.05).unwrap() - 0.05).abs() < 1e-11);
        assert!(paired_t_power(PairedTPlan { n: 1.0, ..plan }, 0.05).is_err());
    }
}
