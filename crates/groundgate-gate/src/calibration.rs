//! A margin on the scale of people's labels, brought to the scale of an imperfect judge.
//!
//! A judge with sensitivity + specificity − 1 = J shows a true difference as J times that difference,
//! so an unscaled margin lets through what people would not (docs/statistics.md). The margin is
//! multiplied by a lower bound of J for a pass, and by an upper bound of J for a fail: what J may be in
//! between decides nothing. Floors and ceilings of a
//! yes-or-no metric are held against the corrected mean instead: what people would say of all answers,
//! if the judge is as good on them as it was on the labelled ones (Rogan and Gladen).

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    trial::{Column, DataType},
    unit::Digest,
};
use groundgate_stats::{
    Assessment, Observation, Plan, StatsError,
    correction::{JUDGE_QUALITY_MIN, JudgeQuality, JudgeRates},
    rogan_gladen_mean,
};

use super::{interim::View, policy::JudgeCalibration, sentence, verdict::ScaledMargin};

/// Why a margin has no counterpart on the judge's scale.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(super) enum Unfit {
    /// The calibration is of another judge, or of another version of it.
    #[error(
        "judge changed: the policy's calibration is of another judge than the one that measured this run"
    )]
    OtherJudge,
    /// J may be so low that a pass would say nothing.
    #[error(
        "judge unfit for this rule: J = sensitivity + specificity − 1 is {j:.2} on the labelled answers and may be {lower:.2}; more than {JUDGE_QUALITY_MIN} is needed"
    )]
    Poor {
        /// On the labelled answers.
        j: f64,
        /// Its lower bound.
        lower: f64,
    },
    /// The error rate is none.
    #[error("the calibration has no bound at the policy's error rate")]
    NoBound,
}

/// The margin on the scale of the judge with digest `instrument` (`None`: not known yet), at the error
/// rates of a pass and of a fail.
pub(super) fn scaled(
    calibration: &JudgeCalibration,
    instrument: Option<Digest>,
    margin: f64,
    [pass, fail]: [f64; 2],
) -> Result<ScaledMargin, Unfit> {
    if instrument.is_some_and(|digest| !digest.to_string().starts_with(&calibration.judge)) {
        return Err(Unfit::OtherJudge);
    }
    let quality = |alpha| {
        JudgeQuality::new(calibration.good, calibration.bad, alpha)
            .map_err(|_not_an_error_rate| Unfit::NoBound)
    };
    let (quality, at_most) = (quality(pass)?, quality(fail)?);
    match quality.scaled_margin(margin) {
        Some(on_judges_scale) => Ok(ScaledMargin {
            margin,
            on_judges_scale: three_digits_down(on_judges_scale).min(margin),
            fails_beyond: three_digits_up(margin * at_most.upper).min(margin),
            judge_j: quality.j,
            judge_j_lower: quality.lower,
            judge_j_upper: at_most.upper.min(1.0),
        }),
        None => Err(Unfit::Poor {
            j: quality.j,
            lower: quality.lower,
        }),
    }
}

/// What becomes of a judged mean on the scale of people.
#[derive(Debug)]
pub(super) enum Correction {
    /// Nobody knows how the judge errs: the rule stays on the judge's scale.
    None,
    /// The judge is not the one that was calibrated, or too poor a one.
    Unfit(Unfit),
    /// Labels were given that cannot be used.
    Unusable(String),
    /// Corrected, or why that cannot be computed.
    Done(Result<Assessment, StatsError>),
}

/// The mean on the scale of people's labels, by the judge's known rates; only for scores of yes and no,
/// since others have no such rates.
pub(super) fn corrected(
    calibration: &JudgeCalibration,
    column: &Column,
    judged: &[Observation],
    plan: Plan,
) -> Correction {
    if column.metric.data_type != DataType::Binary {
        return Correction::None;
    }
    if let Err(unfit) = scaled(
        calibration,
        Some(column.instrument),
        0.0,
        [plan.alphas.lower; 2],
    ) {
        return Correction::Unfit(unfit);
    }
    let rates = JudgeRates {
        good: calibration.good,
        bad: calibration.bad,
    };
    Correction::Done(rogan_gladen_mean(judged, rates, plan))
}

/// Where a floor or a ceiling of people lies on the judge's scale, if its rates are as counted: what a
/// candidate exactly at the threshold would score. The calibration's own uncertainty is not in it.
pub(super) fn threshold_on_judges_scale(
    calibration: &JudgeCalibration,
    data_type: DataType,
    bar: f64,
) -> f64 {
    if data_type != DataType::Binary {
        return bar;
    }
    let (good, bad) = (calibration.good.share(), calibration.bad.share());
    (good * bar + (1.0 - bad) * (1.0 - bar)).clamp(0.0, 1.0)
}

/// On which scale the rules about these metrics speak, and what that assumes.
pub(super) fn notes(
    calibrations: &BTreeMap<String, JudgeCalibration>,
    view: &View<'_>,
    used: &BTreeSet<&str>,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(labels) = view.labels.as_deref() {
        notes.extend(used.iter().filter_map(|metric| labels.note(metric)));
    }
    let by_labels = |metric: &str| {
        view.labels
            .as_deref()
            .is_some_and(|labels| labels.has(metric))
    };
    for (metric, calibration) in calibrations {
        let column = view.candidate.columns.get(metric);
        let is_binary = column.is_some_and(|one| one.metric.data_type == DataType::Binary);
        if !used.contains(metric.as_str()) || !is_binary || by_labels(metric) {
            continue;
        }
        let (good, bad) = (calibration.good.share(), calibration.bad.share());
        notes.push(sentence::corrected(metric, good, bad));
    }
    notes
}

/// The next smaller number of three significant digits, so that it can be shown in full.
fn three_digits_down(margin: f64) -> f64 {
    three_digits(margin, f64::floor)
}

/// The next larger one.
fn three_digits_up(margin: f64) -> f64 {
    three_digits(margin, f64::ceil)
}

fn three_digits(margin: f64, rounded: fn(f64) -> f64) -> f64 {
    if margin <= 0.0 {
        return 0.0;
    }
    let unit = 10.0_f64.powf(margin.log10().floor() - 2.0);
    // Through decimal text, so that the number is the one that is shown.
    format!("{:.12}", rounded(margin / unit) * unit)
        .parse()
        .unwrap_or(0.0)
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod simulated;

#[cfg(test)]
mod tests {
    use groundgate_stats::correction::Recognized;

    use super::*;
    use crate::policy::CalibrationOrigin;

    fn calibration(judge: &str, right: usize, labelled: usize) -> JudgeCalibration {
        let rate = Recognized::new(right, labelled).unwrap();
        JudgeCalibration {
            judge: judge.to_owned(),
            good: rate,
            bad: rate,
            origin: CalibrationOrigin::default(),
        }
    }

    #[test]
    fn the_margin_shrinks_with_the_lower_bound_of_j() {
        let judge = Digest::of(b"judge");
        for (right, labelled) in [(95, 100), (190, 200), (48, 50), (500, 500)] {
            let calibration = calibration(&judge.short(), right, labelled);
            let scaled = scaled(&calibration, Some(judge), 0.05, [0.05; 2]).unwrap();
            let exact = 0.05 * scaled.judge_j_lower;
            assert!(scaled.judge_j_lower < 1.0 && scaled.judge_j_lower <= scaled.judge_j);
            assert!(scaled.on_judges_scale <= exact && scaled.on_judges_scale > 0.99 * exact);
            // Nothing fails before it has lost what the judge would show at most.
            let most = 0.05 * scaled.judge_j_upper;
            assert!(scaled.judge_j_upper >= scaled.judge_j && scaled.judge_j_upper <= 1.0);
            assert!(scaled.fails_beyond >= most && scaled.fails_beyond < 1.01 * most);
            assert!(scaled.fails_beyond <= 0.05);
        }
    }

    #[test]
    fn another_judge_or_a_poor_one_has_no_margin() {
        let (judge, other) = (Digest::of(b"judge"), Digest::of(b"other"));
        let good = calibration(&judge.to_string(), 95, 100);
        assert_eq!(
            scaled(&good, Some(other), 0.05, [0.05; 2]),
            Err(Unfit::OtherJudge)
        );
        let poor = calibration(&judge.to_string(), 7, 10);
        assert!(matches!(
            scaled(&poor, Some(judge), 0.05, [0.05; 2]),
            Err(Unfit::Poor { .. })
        ));
    }

    #[test]
    fn a_bar_moves_towards_what_the_judge_gets_wrong() {
        let judge = Digest::of(b"judge");
        let known = calibration(&judge.to_string(), 90, 100);
        let bar = |data_type| threshold_on_judges_scale(&known, data_type, 0.8);
        // 0.9 · 0.8 + 0.1 · 0.2.
        assert!((bar(DataType::Binary) - 0.74).abs() < 1e-12);
        assert!((bar(DataType::Fraction) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn rounding_never_widens_a_margin() {
        for (margin, expected) in [
            (0.039_062, 0.039),
            (0.041_99, 0.041_9),
            (0.1, 0.1),
            (0.000_123_9, 0.000_123),
            (0.0, 0.0),
        ] {
            let got = three_digits_down(margin);
            assert!((got - expected).abs() < 1e-15, "{margin}: {got}");
            assert!(got <= margin);
        }
    }
}
