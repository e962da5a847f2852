//! Bounds by labels of some of the answers: never wider than by the labels alone.

use super::*;
use crate::{
    Plan, Unit,
    correction::prediction_powered::{JudgedSample, prediction_powered_bounds},
    prediction_powered_mean,
    special::distributions::{beta_quantile, beta_upper_quantile},
};

const PLAN: Plan = Plan {
    bound: Bound::Exact,
    unit: Unit::Question,
    repeats: 1,
    alphas: Alphas::DEFAULT,
};

/// What people and the judge said of labelled answers, and the judge of the others.
struct Said {
    human: Vec<f64>,
    judge: Vec<f64>,
    unlabelled: Vec<f64>,
}

impl Said {
    /// Labelled answers by (people, judge): both pass, both fail, the judge alone passes, people alone.
    fn new([both, neither, judge, human]: [usize; 4], unlabelled: [usize; 2]) -> Self {
        let spread = |groups: &[(usize, f64)]| -> Vec<f64> {
            let groups = groups.iter();
            groups.flat_map(|(n, value)| vec![*value; *n]).collect()
        };
        Self {
            human: spread(&[(both, 1.0), (neither, 0.0), (judge, 0.0), (human, 1.0)]),
            judge: spread(&[(both, 1.0), (neither, 0.0), (judge, 1.0), (human, 0.0)]),
            unlabelled: spread(&[(unlabelled[0], 1.0), (unlabelled[1], 0.0)]),
        }
    }

    fn sample(&self, lambda: f64) -> LabelledSample {
        let n = self.human.len() + self.unlabelled.len();
        let both = self.human.iter().zip(&self.judge);
        LabelledSample {
            lambda,
            human: self
                .human
                .iter()
                .copied()
                .map(Observation::scored)
                .collect(),
            rectifiers: both
                .map(|(human, judge)| Observation::scored(human - lambda * judge))
                .collect(),
            judge_unlabelled: (self.unlabelled.iter().copied())
                .map(Observation::scored)
                .collect(),
            answered: Passes::new(n, n).unwrap(),
            failed: 0.0,
        }
    }
}

/// Lower bound, estimate, upper bound, method.
fn found(sample: &LabelledSample, scale: Scale, plan: Plan) -> (f64, f64, f64, String) {
    let estimate = prediction_powered_mean(sample, scale, plan)
        .unwrap()
        .estimate();
    let (lower, upper) = (estimate.lower.unwrap(), estimate.upper.unwrap());
    (lower, estimate.point, upper, estimate.method)
}

#[test]
fn a_useful_judge_gives_the_bounds_of_prediction_powered_inference() {
    let said = Said::new([60, 12, 5, 3], [330, 70]);
    let sample = JudgedSample {
        human: &said.human,
        judge: &said.judge,
        judge_unlabelled: &said.unlabelled,
    };
    let expected = prediction_powered_bounds(&sample, 0.5, PseudoWeight::One, 0.05).unwrap();
    let (lower, point, upper, method) = found(&said.sample(0.5), Scale::UNIT, PLAN);
    assert_eq!(method, "prediction-powered, mover");
    for (found, expected) in [
        (lower, expected.lower),
        (point, expected.point),
        (upper, expected.upper),
    ] {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

/// 40 good labels, and a judge that passes everything: Clopper and Pearson's .928, not the .95 that half
/// a pseudo-observation gave.
#[test]
fn a_judge_that_passes_everything_adds_nothing() {
    let said = Said::new([40, 0, 0, 0], [260, 0]);
    let (lower, _, upper, method) = found(&said.sample(0.43), Scale::UNIT, PLAN);
    assert!(lower <= beta_quantile(0.05, 40.0, 1.0) + 1e-9, "{lower}");
    assert!((upper - 1.0).abs() < 1e-12);
    assert_eq!(method, "labels alone, clopper-pearson");
}

#[test]
fn no_judge_widens_what_the_labels_say() {
    let widest = |said: &Said| {
        let alone = LabelledSample {
            judge_unlabelled: Vec::new(),
            ..said.sample(0.5)
        };
        let width = |sample: &LabelledSample| {
            let (lower, _, upper, _) = found(sample, Scale::UNIT, PLAN);
            upper - lower
        };
        width(&said.sample(0.5)) / width(&alone)
    };
    for said in [
        Said::new([20, 20, 20, 20], [200, 200]),
        Said::new([0, 0, 30, 30], [50, 50]),
        Said::new([97, 1, 1, 0], [1, 0]),
        Said::new([60, 12, 5, 3], [330, 70]),
    ] {
        assert!(widest(&said) <= 1.0, "{:?}", said.human);
    }
}

#[test]
fn labels_of_everything_and_few_labels_stand_alone() {
    for (said, n, good) in [
        (Said::new([50, 5, 5, 0], [0, 0]), 60.0, 50.0),
        (Said::new([20, 0, 0, 9], [300, 0]), 29.0, 29.0),
    ] {
        let (lower, point, upper, method) = found(&said.sample(0.5), Scale::UNIT, PLAN);
        assert_eq!(method, "labels alone, clopper-pearson");
        assert!((lower - beta_quantile(0.05, good, n - good + 1.0)).abs() < 1e-9);
        let highest = beta_upper_quantile(0.05, good + 1.0, n - good);
        assert!((upper - if good < n { highest } else { 1.0 }).abs() < 1e-9);
        assert!((point - good / n).abs() < 1e-12);
    }
}

/// The proved bounds make no use of a method that is only simulated.
#[test]
fn a_proven_bound_takes_the_labels_alone() {
    let said = Said::new([60, 12, 5, 3], [330, 70]);
    let proven = Plan {
        bound: Bound::Proven,
        ..PLAN
    };
    let (.., method) = found(&said.sample(0.5), Scale::UNIT, proven);
    assert_eq!(method, "labels alone, clopper-pearson");
    let mut fractions = said.sample(0.5);
    fractions.human[0] = Observation::scored(0.5);
    let (.., method) = found(&fractions, Scale::UNIT, proven);
    assert_eq!(method, "labels alone, betting");
    fractions.judge_unlabelled.clear();
    let (.., method) = found(&fractions, Scale::UNIT, PLAN);
    assert_eq!(method, "labels alone, dirichlet h=1");
}

#[test]
fn answers_that_never_came_are_bad_on_either_kind_of_scale() {
    let said = Said::new([60, 12, 5, 3], [330, 70]);
    let failing = |failed: f64, n_failed: usize| LabelledSample {
        answered: Passes::new(480, 480 + n_failed).unwrap(),
        failed,
        ..said.sample(0.5)
    };
    let of = |failed: f64, n_failed: usize| found(&failing(failed, n_failed), Scale::UNIT, PLAN);
    let (none, less) = (of(0.0, 0), of(0.0, 20));
    assert!(less.0 < none.0 && less.2 < none.2, "{less:?}");
    assert!((less.1 - 0.96 * none.1).abs() < 1e-12);
    // Where less is better, they count as 1.
    let more = of(1.0, 20);
    assert!(more.0 > none.0 && more.2 > none.2, "{more:?}");
    assert!((more.1 - (0.96 * none.1 + 0.04)).abs() < 1e-12);
    // The bound and the p-value are one procedure there, too.
    let assessed = prediction_powered_mean(&failing(0.0, 20), Scale::UNIT, PLAN).unwrap();
    let (above, below) = (assessed.p_values(less.0).0, assessed.p_values(less.2).1);
    assert!((above - 0.05).abs() < 1e-6 && (below - 0.05).abs() < 1e-6);
}

#[test]
fn scores_of_any_scale_are_corrected_on_it() {
    let said = Said::new([60, 12, 5, 3], [330, 70]);
    let (unit, sample) = (
        found(&said.sample(0.5), Scale::UNIT, PLAN),
        said.sample(0.5),
    );
    let scale = Scale::new(1.0, 5.0).unwrap();
    let ordinal = found(&sample, scale, PLAN);
    assert!((ordinal.0 - (1.0 + 4.0 * unit.0)).abs() < 1e-12);
    assert!((ordinal.1 - (1.0 + 4.0 * unit.1)).abs() < 1e-12);
    assert!((ordinal.2 - (1.0 + 4.0 * unit.2)).abs() < 1e-12);
    let assessed = prediction_powered_mean(&sample, scale, PLAN).unwrap();
    assert!((assessed.p_values(ordinal.0).0 - 0.05).abs() < 1e-6);
    assert!((assessed.p_values(ordinal.2).1 - 0.05).abs() < 1e-6);
}

/// Raters who are split say nothing of which way it is: it counts both ways.
#[test]
fn a_tie_counts_both_ways() {
    let said = Said::new([55, 5, 0, 0], [0, 0]);
    let whole = found(&said.sample(0.5), Scale::UNIT, PLAN);
    let mut split = said.sample(0.5);
    for one in &mut split.human[..10] {
        *one = Observation::missing(0.0, 1.0);
    }
    let split = found(&split, Scale::UNIT, PLAN);
    assert!(
        split.0 < whole.0 - 0.1 && (split.2 - whole.2).abs() < 1e-12,
        "{split:?}"
    );
}

#[test]
fn what_is_no_sample_is_refused() {
    let said = Said::new([60, 12, 5, 3], [330, 70]);
    let good = said.sample(0.5);
    let refused =
        |sample: LabelledSample| prediction_powered_mean(&sample, Scale::UNIT, PLAN).unwrap_err();
    let lambda = refused(LabelledSample {
        lambda: 1.5,
        ..good.clone()
    });
    assert!(matches!(
        lambda,
        StatsError::Parameter { name: "lambda", .. }
    ));
    let failed = refused(LabelledSample {
        failed: -1.0,
        ..good.clone()
    });
    assert!(matches!(failed, StatsError::Parameter { .. }), "{failed}");
    let none = refused(LabelledSample {
        human: Vec::new(),
        ..good.clone()
    });
    assert_eq!(none, StatsError::NoData);
    let lengths = refused(LabelledSample {
        rectifiers: Vec::new(),
        ..good
    });
    assert!(matches!(
        lengths,
        StatsError::Lengths { left: 80, right: 0 }
    ));
}
