//! Power of the paired t test, by the noncentral t distribution. For comparison with other tools; the
//! gate's own bound is the Dirichlet one.

use std::f64::consts::LN_2;

use statrs::function::gamma::ln_gamma;

use crate::{
    error::StatsError,
    parameter::{error_rate, finite, not_negative},
    special::{distributions::student_t_quantile, normal::normal_cdf, quadrature::GaussLegendre},
};

/// A one-sample or paired t test against 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedTPlan {
    /// The mean difference in units of its standard deviation.
    pub effect_size: f64,
    /// Pairs, at least 2; need not be whole.
    pub n: f64,
}

/// The power of the one-sided test "greater" at error rate `alpha`.
pub fn paired_t_power(plan: PairedTPlan, alpha: f64) -> Result<f64, StatsError> {
    finite("effect size", plan.effect_size)?;
    let df = 1.0 + not_negative("number of pairs beyond two", plan.n - 2.0)?;
    let critical = student_t_quantile(1.0 - error_rate(alpha)?, df);
    let shift = plan.effect_size * plan.n.sqrt();
    // The upper tail, as the lower one of the mirrored variable: no digits are lost.
    Ok(noncentral_t_cdf(-critical, df, -shift))
}

/// P(T ≤ t) of the noncentral t distribution with `df` ≥ 1/2 degrees of freedom and noncentrality
/// `shift`: the normal distribution function averaged over the chi distribution of the scale.
pub fn noncentral_t_cdf(t: f64, df: f64, shift: f64) -> f64 {
    let log_norm = (3.0 - 0.5 * df) * LN_2 - ln_gamma(0.5 * df);
    // The chi variable v has the density v^(df − 1) exp(−v² / 2) times the norm. Its fourth root u is
    // smooth at 0 also where df is not whole.
    let density = |u: f64, v: f64| (log_norm + (4.0 * df - 1.0) * u.ln() - 0.5 * v * v).exp();
    let root = df.sqrt();
    // The chi distribution has a standard deviation below 1 and falls like a normal one.
    let ends = (root - 12.0).max(0.0).powf(0.25)..=(root + 12.0).powf(0.25);
    let integral: f64 = (GaussLegendre::new(24).points(ends, 24).iter())
        .map(|(u, weight)| (u.powi(4), weight * density(*u, u.powi(4))))
        .map(|(v, weight)| weight * normal_cdf(t * v / root - shift))
        .sum();
    integral.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::distributions::student_t_cdf;

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
    fn values_of_scipy() {
        // scipy 1.17.1, nct.cdf; mpmath's quadrature agrees.
        for (t, df, shift, expected) in [
            (1.7, 0.5, 0.8, 0.541_462_425_402_667),
            (-1.7, 1.0, -2.5, 0.795_956_448_585_998),
            (1.7, 1.3, 0.8, 0.662_295_862_930_712),
            (2.5, 3.3, 2.0, 0.583_266_245_981_936),
            (-1.7, 12.0, -2.5, 0.785_307_161_567_910),
            (14.0, 144.0, 12.5, 0.872_751_530_086_190),
            (1.7, 400.0, 0.8, 0.815_225_713_007_294),
        ] {
            let value = noncentral_t_cdf(t, df, shift);
            assert!(
                (value - expected).abs() < 2e-13,
                "{t} {df} {shift}: {value} {expected}"
            );
        }
    }

    #[test]
    fn many_degrees_of_freedom_keep_their_digits() {
        // scipy 1.17.1, nct.cdf; logarithms of factorials this large cost three digits.
        let value = noncentral_t_cdf(1.7, 1e4, 0.8);
        assert!((value - 0.815_911_265_614_800).abs() < 1e-10, "{value}");
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
        let pair = PairedTPlan { n: 2.0, ..plan };
        assert!((paired_t_power(pair, 0.05).unwrap() - 0.05).abs() < 1e-11);
        assert!(paired_t_power(PairedTPlan { n: 1.9, ..plan }, 0.05).is_err());
    }
}
