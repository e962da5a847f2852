//! Bounds and evidence that hold at every moment, by mixing over alternatives.
//!
//! Under the hypothesis, exp(λS − ψ(λ)V) does not grow on average, whatever λ; nor does its mean over
//! a law of λ. By Ville's inequality it ever reaches 1/α with probability α at most (Howard and
//! others, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021).
//! S is a sum of centered scores, V its intrinsic time: n σ², or the sum of squares.

use statrs::function::{
    beta::ln_beta,
    gamma::{gamma_lr, ln_gamma},
};

use std::ops::RangeInclusive;

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{error_rate, open_unit, positive},
    special::{
        distributions::{beta_cdf, beta_sf},
        normal::normal_cdf,
    },
};

/// Whether a bound holds on one side or on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// P(S ever above the bound) ≤ α.
    One,
    /// P(|S| ever above the bound) ≤ α.
    Two,
}

/// The time at which a bound is to be tightest, and for which error rate.
fn mixing_variance(time: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    positive("tuning time", time)?;
    error_rate(alpha)?;
    let alpha = match sides {
        Sides::One => 2.0 * alpha,
        Sides::Two => alpha,
    };
    let log = -2.0 * alpha.ln();
    Ok(time / (log + log.ln_1p()))
}

/// A mixture of sub-Gaussian processes over a (half-)normal law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalMixture {
    rho: f64,
    sides: Sides,
}

impl NormalMixture {
    /// Tightest at time `tuned_to`, for error rate `alpha`.
    pub fn new(tuned_to: f64, alpha: f64, sides: Sides) -> Result<Self, StatsError> {
        Ok(Self {
            rho: mixing_variance(tuned_to, alpha, sides)?,
            sides,
        })
    }

    /// The logarithm of the evidence in a sum `s` at time `v`.
    pub fn log_evidence(&self, s: f64, v: f64) -> f64 {
        let total = v + self.rho;
        let common = 0.5 * (self.rho / total).ln() + 0.5 * s * s / total;
        match self.sides {
            Sides::Two => common,
            Sides::One => common + (2.0 * normal_cdf(s / total.sqrt())).ln(),
        }
    }

    /// The bound on the sum at time `v`.
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64, StatsError> {
        positive("time", v)?;
        let threshold = -open_unit("alpha", alpha)?.ln();
        match self.sides {
            Sides::Two => {
                let total = v + self.rho;
                Ok((total * ((v / self.rho).ln_1p() + 2.0 * threshold)).sqrt())
            }
            Sides::One => rising_root(v, threshold, |s| self.log_evidence(s, v)),
        }
    }
}

/// A mixture of sub-exponential processes with scale `c`, over a gamma law: for sums of scores whose
/// upward steps are not bounded but fall off exponentially.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaExponentialMixture {
    rho: f64,
    c: f64,
}

impl GammaExponentialMixture {
    /// Tightest at time `tuned_to`, for error rate `alpha`.
    pub fn new(tuned_to: f64, alpha: f64, c: f64) -> Result<Self, StatsError> {
        let rho = mixing_variance(tuned_to, alpha, Sides::One)?;
        let c = positive("scale", c)?;
        positive("scale, squared", c * c)?;
        Ok(Self { rho, c })
    }

    /// The logarithm of the evidence in a sum `s` at time `v`.
    pub fn log_evidence(&self, s: f64, v: f64) -> f64 {
        let square = self.c * self.c;
        let prior = self.rho / square;
        let shape = (v + self.rho) / square;
        let rate = (self.c * s + v) / square;
        let log_gamma_part = |shape: f64, rate: f64| {
            ln_gamma(shape) + gamma_lr(shape, rate).ln() - shape * rate.ln()
        };
        log_gamma_part(shape, rate + prior) - log_gamma_part(prior, prior) + rate
    }

    /// The one-sided bound on the sum at time `v`.
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64, StatsError> {
        positive("time", v)?;
        let threshold = -open_unit("alpha", alpha)?.ln();
        // The gamma functions behind it take ever longer; nobody looks after that many answers.
        let shape = (v + self.rho) / (self.c * self.c);
        if shape > LARGEST_SHAPE {
            return Err(StatsError::Parameter {
                name: "time over the scale's square",
                value: shape,
            });
        }
        rising_root(v, threshold, |s| self.log_evidence(s, v))
    }
}

const LARGEST_SHAPE: f64 = 1e8;

/// A mixture of sub-Bernoulli processes over a beta law: for sums of scores that step up by at most
/// `h` and down by at most `g`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomialMixture {
    r: f64,
    g: f64,
    h: f64,
    sides: Sides,
}

impl BetaBinomialMixture {
    /// Tightest at time `tuned_to`, for error rate `alpha`; one observation falls by at most `g` and
    /// rises by at most `h`.
    pub fn new(
        tuned_to: f64,
        alpha: f64,
        g: f64,
        h: f64,
        sides: Sides,
    ) -> Result<Self, StatsError> {
        let room = positive("largest fall", g)? * positive("largest rise", h)?;
        let rho = mixing_variance(tuned_to, alpha, sides)?;
        let r = (rho - room).max(1e-3 * room);
        for step in [g, h] {
            positive("tuning time over the steps' product", r / (step * (g + h)))?;
        }
        Ok(Self { r, g, h, sides })
    }

    /// The logarithm of the evidence in a sum `s` at time `v`.
    pub fn log_evidence(&self, s: f64, v: f64) -> f64 {
        let Self { r, g, h, .. } = *self;
        let width = g + h;
        let (falls, rises) = ((v - g * s) / (g * width), (v + h * s) / (h * width));
        let (prior_falls, prior_rises) = (r / (g * width), r / (h * width));
        v / (g * h) * width.ln() - rises * g.ln() - falls * h.ln()
            + self.log_beta(prior_falls + falls, prior_rises + rises)
            - self.log_beta(prior_falls, prior_rises)
    }

    /// The bound on the sum at time `v`; at most v / g, which is as far as such a sum can get.
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64, StatsError> {
        positive("time", v)?;
        let threshold = -open_unit("alpha", alpha)?.ln();
        let farthest = v / self.g;
        Ok(bisect(0.0..=farthest, |s| {
            self.log_evidence(s, v) < threshold
        }))
    }

    /// The logarithm of the beta integral over the alternatives that count.
    fn log_beta(&self, a: f64, b: f64) -> f64 {
        match self.sides {
            Sides::Two => ln_beta(a, b),
            Sides::One => ln_beta(a, b) + beta_cdf(self.h / (self.g + self.h), a, b).ln(),
        }
    }
}

/// Two-sided bounds for a pass rate, valid at every number of answers at once: `passes` of `n`, with
/// an error of `alpha` in total, tightest after `tuned_to` answers at error rate `alpha_tuned`.
pub fn binary_confidence_sequence(
    passes: usize,
    n: usize,
    alpha: f64,
    tuned_to: f64,
    alpha_tuned: f64,
) -> Result<(f64, f64), StatsError> {
    let failures = failures(passes, n)?;
    let threshold = -open_unit("alpha", alpha)?.ln();
    positive("tuning time", tuned_to)?;
    error_rate(alpha_tuned)?;
    let (successes, n) = (count_to_f64(passes), count_to_f64(n));
    let share = successes / n;
    let is_out = |p: f64| {
        let variance = p * (1.0 - p);
        let mixture =
            BetaBinomialMixture::new(variance * tuned_to, alpha_tuned, p, 1.0 - p, Sides::Two);
        let evidence = mixture.map(|mixture| mixture.log_evidence((share - p) * n, variance * n));
        // The ends of [0, 1] have no variance; they are out unless all answers agree with them.
        evidence.map_or(true, |evidence| evidence > threshold)
    };
    let lower = if passes == 0 {
        0.0
    } else {
        bisect(0.0..=share, is_out)
    };
    let upper = if failures == 0 {
        1.0
    } else {
        bisect(share..=1.0, |p| !is_out(p))
    };
    Ok((lower, upper))
}

/// A beta law over pass rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPrior {
    /// As many passes, beforehand.
    pub passes: f64,
    /// As many failures, beforehand.
    pub failures: f64,
}

/// Logarithms of e-values; a verdict at error rate α needs ln(1/α), at any time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryEvidence {
    /// Against "the rate is at most τ".
    pub log_above: f64,
    /// Against "the rate is at least τ".
    pub log_below: f64,
}

/// The evidence in `passes` of `n` about the threshold `tau`: the likelihood averaged over the part of
/// the prior above (or below) τ, over the likelihood at τ. Valid at every analysis.
pub fn beta_mixture_evidence(
    passes: usize,
    n: usize,
    tau: f64,
    prior: BetaPrior,
) -> Result<BinaryEvidence, StatsError> {
    let failures = count_to_f64(failures(passes, n)?);
    let passes = count_to_f64(passes);
    open_unit("tau", tau)?;
    let a = positive("prior passes", prior.passes)?;
    let b = positive("prior failures", prior.failures)?;
    let whole = ln_beta(a + passes, b + failures)
        - ln_beta(a, b)
        - passes * tau.ln()
        - failures * (-tau).ln_1p();
    let part = |tail: fn(f64, f64, f64) -> f64| {
        tail(tau, a + passes, b + failures).ln() - tail(tau, a, b).ln()
    };
    Ok(BinaryEvidence {
        log_above: whole + part(beta_sf),
        log_below: whole + part(beta_cdf),
    })
}

fn failures(passes: usize, n: usize) -> Result<usize, StatsError> {
    if n == 0 {
        return Err(StatsError::NoData);
    }
    n.checked_sub(passes).ok_or(StatsError::Lengths {
        left: passes,
        right: n,
    })
}

/// Where the rising `evidence` reaches the threshold, searched upwards from `scale`.
fn rising_root(
    scale: f64,
    threshold: f64,
    evidence: impl Fn(f64) -> f64,
) -> Result<f64, StatsError> {
    let mut high = scale;
    for _ in 0..60 {
        if evidence(high) > threshold {
            return Ok(bisect(0.0..=high, |s| evidence(s) < threshold));
        }
        high *= 2.0;
    }
    Err(StatsError::Undefined {
        what: "the bound",
        because: "no sum is large enough at this time",
    })
}

/// The point up to which `below` holds.
fn bisect(ends: RangeInclusive<f64>, below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = ends.into_inner();
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        *(if below(middle) { &mut low } else { &mut high }) = middle;
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Reference values: confseq 0.0.11, boundaries.

    #[test]
    fn normal_mixtures() {
        for (v, alpha, tuned_to, sides, expected) in [
            (100.0, 0.025, 100.0, Sides::One, 30.414_064_845_831_49),
            (100.0, 0.025, 100.0, Sides::Two, 32.822_962_758_876_03),
            (300.0, 0.05, 200.0, Sides::One, 48.055_701_833_514_64),
            (10.0, 0.1, 20.0, Sides::Two, 8.816_314_378_730_821),
        ] {
            let mixture = NormalMixture::new(tuned_to, 0.05, sides).unwrap();
            let bound = mixture.bound(v, alpha).unwrap();
            assert!(
                (bound - expected).abs() < 1e-9,
                "{sides:?} {v}: {bound} {expected}"
            );
            assert!((mixture.log_evidence(bound, v) + alpha.ln()).abs() < 1e-9);
        }
    }

    #[test]
    fn gamma_exponential_and_beta_binomial() {
        let mixture = GammaExponentialMixture::new(30.0, 0.05, 0.5).unwrap();
        let bound = mixture.bound(20.0, 0.025).unwrap();
        assert!((bound - 15.193_474_371_235_425).abs() < 1e-9, "{bound}");
        let mixture = BetaBinomialMixture::new(50.0, 0.05, 0.9, 0.1, Sides::One).unwrap();
        let bound = mixture.bound(40.0, 0.05).unwrap();
        assert!((bound - 16.417_698_820_755).abs() < 1e-9, "{bound}");
    }

    #[test]
    fn a_bound_far_beyond_the_time_is_found() {
        // Tuned to a time that is long in coming, the first bounds are wide.
        let mixture = NormalMixture::new(1e8, 0.05, Sides::One).unwrap();
        let bound = mixture.bound(1e-3, 0.05).unwrap();
        assert!(bound > 1e3, "{bound}");
        assert!((mixture.log_evidence(bound, 1e-3) + 0.05_f64.ln()).abs() < 1e-9);
    }

    /// The shape (v + ρ) / c² has a limit.
    #[test]
    fn a_scale_too_small_for_the_time_is_an_error() {
        let mixture = GammaExponentialMixture::new(400.0, 0.05, 1e-3).unwrap();
        let rho = mixing_variance(400.0, 0.05, Sides::One).unwrap();
        assert!((60.0..80.0).contains(&rho), "{rho}");
        assert!(mixture.bound(2.0, 0.05).is_ok());
        assert!(mixture.bound(101.0 - rho, 0.05).is_err());
    }

    #[test]
    fn pass_rates_at_any_time() {
        let (lower, upper) = binary_confidence_sequence(85, 100, 0.05, 100.0, 0.05).unwrap();
        assert!((lower - 0.723_979_711_390_734_2).abs() < 1e-9, "{lower}");
        assert!((upper - 0.938_898_225_503_180_5).abs() < 1e-9, "{upper}");
        let (lower, upper) = binary_confidence_sequence(20, 20, 0.05, 100.0, 0.05).unwrap();
        assert!(
            lower > 0.6 && lower < 0.95 && (upper - 1.0).abs() < 1e-15,
            "{lower}"
        );
    }

    #[test]
    fn evidence_about_a_threshold() {
        let prior = BetaPrior {
            passes: 8.5,
            failures: 1.5,
        };
        // scipy 1.17.1, special.betaln and betainc.
        let evidence = beta_mixture_evidence(110, 120, 0.85, prior).unwrap();
        assert!(
            (evidence.log_above - 1.632_152_146_398_625_3).abs() < 1e-10,
            "{evidence:?}"
        );
        assert!(
            (evidence.log_below + 2.240_592_673_820_106_7).abs() < 1e-10,
            "{evidence:?}"
        );
        assert_eq!(
            beta_mixture_evidence(0, 0, 0.85, prior),
            Err(StatsError::NoData)
        );
        assert!(beta_mixture_evidence(3, 2, 0.85, prior).is_err());
    }

    /// Ville's inequality, exactly: the evidence is a mean of likelihood ratios, so that its mean over
    /// all sequences of 12 answers is 1 at τ and less below.
    #[test]
    fn evidence_has_mean_one_at_the_threshold() {
        use crate::special::distributions::binomial_pmf;
        let prior = BetaPrior {
            passes: 8.5,
            failures: 1.5,
        };
        let mean = |p: f64| -> f64 {
            (0..=12)
                .map(|passes| {
                    let evidence = beta_mixture_evidence(passes, 12, 0.8, prior).unwrap();
                    binomial_pmf(passes, 12, p) * evidence.log_above.exp()
                })
                .sum()
        };
        assert!((mean(0.8) - 1.0).abs() < 1e-10, "{}", mean(0.8));
        assert!(mean(0.7) < 1.0);
    }
}
