//! From the judge's scale to the human one by sensitivity and specificity.
//!
//! Used where labels come from another population than the answers under test: what transports is how
//! well the judge judges, not how often answers are good. And without labels of this population, a
//! margin against the baseline shrinks on the judge's scale by J = sensitivity + specificity − 1;
//! [`JudgeQuality::scaled_margin`] shrinks the allowed margin with it.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, closed_unit, error_rate, positive},
    special::{
        distributions::{beta_quantile, beta_upper_quantile},
        normal::normal_upper_quantile,
    },
};

/// A judge whose J may be as low as this can't carry a rule.
pub const JUDGE_QUALITY_MIN: f64 = 0.3;

/// What is known of a judge: how well it recognizes good answers, and bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeRates {
    /// Truly good answers: how many of them it passed.
    pub good: Recognized,
    /// Truly bad answers: how many of them it failed.
    pub bad: Recognized,
}

/// Labelled answers of one true class, and how many of them the judge judged rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognized {
    right: usize,
    labelled: usize,
}

impl Recognized {
    /// `right` of `labelled`, which is at least 1.
    pub fn new(right: usize, labelled: usize) -> Result<Self, StatsError> {
        at_least(1, labelled)?;
        if right > labelled {
            return Err(StatsError::Lengths {
                left: right,
                right: labelled,
            });
        }
        Ok(Self { right, labelled })
    }

    /// How many judged rightly, of how many labelled.
    pub const fn counts(self) -> (usize, usize) {
        (self.right, self.labelled)
    }

    /// The share judged rightly.
    pub fn share(self) -> f64 {
        count_to_f64(self.right) / count_to_f64(self.labelled)
    }

    fn wrong(self) -> usize {
        self.labelled.saturating_sub(self.right)
    }

    /// Clopper–Pearson.
    pub(crate) fn lower(self, alpha: f64) -> f64 {
        beta_quantile(
            alpha,
            count_to_f64(self.right),
            count_to_f64(self.wrong()) + 1.0,
        )
    }

    /// Clopper–Pearson.
    pub(crate) fn upper(self, alpha: f64) -> f64 {
        beta_upper_quantile(
            alpha,
            count_to_f64(self.right) + 1.0,
            count_to_f64(self.wrong()),
        )
    }
}

/// How far a judge tells good from bad: J = sensitivity + specificity − 1, by Youden.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgeQuality {
    /// J of the labelled answers; 1 is a perfect judge, 0 a coin.
    pub j: f64,
    /// Lower bound of J at one-sided error rate `alpha`.
    pub lower: f64,
    /// Upper bound of J at one-sided error rate `alpha`.
    pub upper: f64,
}

impl JudgeQuality {
    /// From the truly good answers (`sensitivity`) and the truly bad ones (`specificity`). Each rate's
    /// Clopper–Pearson bound is at `alpha` / 2, so that both hold together (Bonferroni).
    pub fn new(
        sensitivity: Recognized,
        specificity: Recognized,
        alpha: f64,
    ) -> Result<Self, StatsError> {
        let half = 0.5 * error_rate(alpha)?;
        Ok(Self {
            j: sensitivity.share() + specificity.share() - 1.0,
            lower: sensitivity.lower(half) + specificity.lower(half) - 1.0,
            upper: sensitivity.upper(half) + specificity.upper(half) - 1.0,
        })
    }

    /// The margin to allow on the judge's scale for a `margin` on the human scale. `None`: the judge
    /// is unfit for the rule, J may be 0.3 or less. Assumes that the judge is as good on the
    /// candidate's answers as on the baseline's.
    pub fn scaled_margin(&self, margin: f64) -> Option<f64> {
        (self.lower > JUDGE_QUALITY_MIN).then_some(margin * self.lower)
    }
}

/// What is known of a judge and of the answers it judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedShare {
    /// The share the judge passed, from 0 to 1.
    pub passed: f64,
    /// Of this many answers.
    pub n: f64,
    /// The share of truly good answers that the judge passes.
    pub sensitivity: f64,
    /// From this many labelled good answers.
    pub n_good: f64,
    /// The share of truly bad answers that the judge fails.
    pub specificity: f64,
    /// From this many labelled bad answers.
    pub n_bad: f64,
}

/// The share of truly good answers with bounds, each at one-sided error rate `alpha`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrueShare {
    /// Rogan and Gladen's estimate, cut to [0, 1].
    pub point: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Rogan and Gladen's estimate (1978) with the adjusted interval of Lee et al. (2025,
/// arXiv:2511.21140). Error up to 7 % at a nominal 5 %; assumes that sensitivity and specificity
/// transport to the judged answers.
pub fn rogan_gladen(judged: &JudgedShare, alpha: f64) -> Result<TrueShare, StatsError> {
    let z = normal_upper_quantile(error_rate(alpha)?);
    let passed = closed_unit("passed", judged.passed)?;
    let specificity = closed_unit("specificity", judged.specificity)?;
    let sensitivity = closed_unit("sensitivity", judged.sensitivity)?;
    let n = positive("n", judged.n)?;
    let n_bad = positive("n_bad", judged.n_bad)?;
    let n_good = positive("n_good", judged.n_good)?;
    let point = true_share(passed, specificity, sensitivity)?;

    // Pseudo-observations: z² / 2 of each kind for the judged, one of each for the labelled.
    let (n, passed) = (n + z * z, (n * passed + 0.5 * z * z) / (n + z * z));
    let (n_bad, specificity) = (n_bad + 2.0, (n_bad * specificity + 1.0) / (n_bad + 2.0));
    let (n_good, sensitivity) = (n_good + 2.0, (n_good * sensitivity + 1.0) / (n_good + 2.0));
    let middle = true_share(passed, specificity, sensitivity)?;
    let of_bad = specificity * (1.0 - specificity) / n_bad;
    let of_good = sensitivity * (1.0 - sensitivity) / n_good;
    let shift = 2.0 * z * z * (middle * of_good - (1.0 - middle) * of_bad);
    let variance =
        passed * (1.0 - passed) / n + (1.0 - middle).powi(2) * of_bad + middle.powi(2) * of_good;
    let arm = z * variance.sqrt() / (specificity + sensitivity - 1.0);
    Ok(TrueShare {
        point: point.clamp(0.0, 1.0),
        lower: (middle + shift - arm).clamp(0.0, 1.0),
        upper: (middle + shift + arm).clamp(0.0, 1.0),
    })
}

fn true_share(passed: f64, specificity: f64, sensitivity: f64) -> Result<f64, StatsError> {
    let j = specificity + sensitivity - 1.0;
    if j > 0.0 {
        Ok((passed + specificity - 1.0) / j)
    } else {
        Err(StatsError::Undefined {
            what: "the true share",
            because: "the judge is no better than a coin",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_published_code() {
        // UW-Madison-Lee-Lab/LLM-judge-reporting, calibration.py at 082884d.
        let judged = JudgedShare {
            passed: 0.93,
            n: 300.0,
            sensitivity: 0.97,
            n_good: 90.0,
            specificity: 0.8,
            n_bad: 10.0,
        };
        let share = rogan_gladen(&judged, 0.05).unwrap();
        assert!(
            (share.point - 0.948_051_948_051_948).abs() < 1e-12,
            "{share:?}"
        );
        assert!(
            (share.lower - 0.892_075_960_950_139_6).abs() < 1e-12,
            "{share:?}"
        );
        assert!((share.upper - 1.0).abs() < 1e-12, "{share:?}");
    }

    #[test]
    fn a_coin_for_a_judge_gives_no_share() {
        let judged = JudgedShare {
            passed: 0.5,
            n: 100.0,
            sensitivity: 0.6,
            n_good: 50.0,
            specificity: 0.4,
            n_bad: 50.0,
        };
        let share = rogan_gladen(&judged, 0.05);
        assert!(
            matches!(share, Err(StatsError::Undefined { .. })),
            "{share:?}"
        );
    }

    #[test]
    fn the_margin_shrinks_with_the_lower_bound_and_an_unfit_judge_has_none() {
        let quality = |right: usize, wrong: usize| {
            let rate = Recognized::new(right, right + wrong).unwrap();
            JudgeQuality::new(rate, rate, 0.05).unwrap()
        };
        let good = quality(95, 5);
        let at_half_alpha = beta_quantile(0.025, 95.0, 6.0);
        assert!((good.lower - (2.0 * at_half_alpha - 1.0)).abs() < 1e-12);
        assert!(good.lower < good.j && good.j < good.upper);
        let upper = 2.0 * beta_upper_quantile(0.025, 96.0, 5.0) - 1.0;
        assert!((good.upper - upper).abs() < 1e-12);
        let barely = JudgeQuality {
            lower: JUDGE_QUALITY_MIN,
            ..good
        };
        assert_eq!(barely.scaled_margin(0.05), None);
        assert!((good.scaled_margin(0.05).unwrap() - 0.05 * good.lower).abs() < 1e-15);
        assert_eq!(quality(7, 3).scaled_margin(0.05), None);
        // Five of five is not known to be good.
        assert_eq!(quality(5, 0).scaled_margin(0.05), None);
    }

    #[test]
    fn impossible_counts_are_errors() {
        assert_eq!(Recognized::new(0, 0), Err(StatsError::NoData));
        assert_eq!(
            Recognized::new(3, 2),
            Err(StatsError::Lengths { left: 3, right: 2 })
        );
    }
}
