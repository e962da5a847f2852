//! Requests for what no gate computes and other tools print: further corrections for several tests,
//! quantiles by other interpolations, t intervals of pairs and of two groups.

use serde_json::{Value, json};

use crate::{
    agreement::{Ratings, flip_rate},
    count::count_to_f64,
    error::StatsError,
    interval::{quantile::SortedSample, student::TEstimate},
    reference::inputs::{Answer, Inputs, RequestError, json as number, object},
};

pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "bonferroni" => corrected(inputs, bonferroni),
        "holm-sidak" | "holm_sidak" => corrected(inputs, holm_sidak),
        "hommel" => corrected(inputs, hommel),
        "fdr_by" => corrected(inputs, benjamini_yekutieli),
        "quantile_type6" => quantiles(inputs, Interpolation::Weibull),
        "quantile_type8" => quantiles(inputs, Interpolation::MedianUnbiased),
        "paired_t_90" => pairs(inputs),
        "welch_t_90" => groups(inputs),
        "flip_rate_pairwise" => flips(inputs),
        _ => return None,
    })
}

/// p-values with their places, smallest first.
fn ascending(p_values: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    order
}

/// In the order in which they came.
fn in_place(mut adjusted: Vec<(usize, f64)>) -> Vec<f64> {
    adjusted.sort_by_key(|(place, _)| *place);
    adjusted.into_iter().map(|(_, p)| p.min(1.0)).collect()
}

fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    let n = count_to_f64(p_values.len());
    p_values.iter().map(|p| (n * p).min(1.0)).collect()
}

/// Holm's procedure with Šidák's level: for independent tests.
fn holm_sidak(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut highest = 0.0_f64;
    let adjusted = ascending(p_values).into_iter().enumerate();
    let adjusted = adjusted.map(|(step, (place, p))| {
        let left = count_to_f64(n - step);
        highest = highest.max(-(left * (-p).ln_1p()).exp_m1());
        (place, highest)
    });
    in_place(adjusted.collect())
}

/// Hommel (1988): never less than Hochberg's, by all sizes of intersections.
fn hommel(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let sorted: Vec<f64> = order.iter().map(|(_, p)| *p).collect();
    let n = sorted.len();
    let at = |place: usize| sorted.get(place).copied().unwrap_or(1.0);
    let least = |size: usize| {
        let ratios = (1..=size)
            .map(|rank| count_to_f64(size) * at(n - size + rank - 1) / count_to_f64(rank));
        ratios.fold(f64::INFINITY, f64::min)
    };
    let mut adjusted = sorted.clone();
    for size in (2..=n).rev() {
        let of_size = least(size);
        for (place, p) in adjusted.iter_mut().enumerate() {
            let bound = if place + size >= n {
                of_size
            } else {
                of_size.min(count_to_f64(size) * at(place))
            };
            *p = p.max(bound);
        }
    }
    let places = order.into_iter().map(|(place, _)| place);
    in_place(places.zip(adjusted).collect())
}

/// Benjamini and Yekutieli (2001): whatever the tests have to do with each other.
fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let harmonic: f64 = (1..=n).map(|rank| 1.0 / count_to_f64(rank)).sum();
    let mut lowest = 1.0_f64;
    let order = ascending(p_values).into_iter().enumerate().rev();
    let adjusted = order.map(|(step, (place, p))| {
        let factor = count_to_f64(n) / count_to_f64(step + 1);
        lowest = lowest.min(p * factor * harmonic);
        (place, lowest)
    });
    in_place(adjusted.collect())
}

fn corrected(inputs: Inputs<'_>, adjust: fn(&[f64]) -> Vec<f64>) -> Answer {
    let p_values = inputs.numbers("p")?;
    let alpha = inputs.probability("alpha")?;
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(RequestError::Input {
            name: "p",
            wanted: "a list of numbers from 0 to 1",
        });
    }
    let adjusted = adjust(&p_values);
    let rejected: Vec<bool> = adjusted.iter().map(|p| *p <= alpha).collect();
    Ok(json!({"p_adj": adjusted, "reject": rejected}))
}

/// Hyndman and Fan's types (1996): where the quantile stands among n values.
#[derive(Clone, Copy)]
enum Interpolation {
    /// Type 6.
    Weibull,
    /// Type 8.
    MedianUnbiased,
}

impl Interpolation {
    fn position(self, n: f64, q: f64) -> f64 {
        match self {
            Self::Weibull => (n + 1.0) * q,
            Self::MedianUnbiased => (n + 1.0 / 3.0) * q + 1.0 / 3.0,
        }
    }
}

fn quantiles(inputs: Inputs<'_>, by: Interpolation) -> Answer {
    let sample = SortedSample::new(inputs.numbers("x")?)?;
    let quantiles = inputs.numbers("p")?;
    if !quantiles.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(RequestError::Input {
            name: "p",
            wanted: "a list of numbers from 0 to 1",
        });
    }
    let values = sample.values();
    let n = count_to_f64(values.len());
    let at = |q: f64| {
        // As a share of the way that type 7 goes from the first to the last.
        let position = by.position(n, q).clamp(1.0, n);
        let share = if n > 1.0 {
            (position - 1.0) / (n - 1.0)
        } else {
            0.0
        };
        number(sample.type_7(share))
    };
    Ok(quantiles.into_iter().map(at).collect())
}

/// The first of these names that is there.
fn either(inputs: Inputs<'_>, names: &[&'static str]) -> Result<Vec<f64>, RequestError> {
    let there = names.iter().copied().find(|name| inputs.has(name));
    let first = names.first().copied().unwrap_or_default();
    inputs.numbers(there.unwrap_or(first))
}

fn t_interval(estimate: TEstimate, mu: f64) -> Value {
    let interval = estimate.interval(0.1);
    object([
        ("mean", estimate.point),
        ("diff", estimate.point),
        ("se", estimate.se),
        ("df", estimate.df),
        ("t", estimate.statistic(mu)),
        ("p", estimate.p_two_sided(mu)),
        ("lo", interval.low),
        ("hi", interval.high),
    ])
}

fn hypothesis(inputs: Inputs<'_>) -> Result<f64, RequestError> {
    if inputs.has("mu0") {
        inputs.number("mu0")
    } else {
        Ok(0.0)
    }
}

fn pairs(inputs: Inputs<'_>) -> Answer {
    let estimate = if inputs.has("d") {
        TEstimate::of_mean(&inputs.numbers("d")?)?
    } else {
        let first = either(inputs, &["x1", "x", "a", "candidate"])?;
        let second = either(inputs, &["x2", "y", "b", "baseline"])?;
        TEstimate::of_paired(&first, &second)?
    };
    Ok(t_interval(estimate, hypothesis(inputs)?))
}

fn groups(inputs: Inputs<'_>) -> Answer {
    let first = either(inputs, &["x1", "x", "a", "candidate"])?;
    let second = either(inputs, &["x2", "y", "b", "baseline"])?;
    let estimate = TEstimate::of_welch(&first, &second)?;
    Ok(t_interval(estimate, hypothesis(inputs)?))
}

/// The chance that two votes on one item differ: votes item by item, or rater by rater.
fn flips(inputs: Inputs<'_>) -> Answer {
    let ratings = if inputs.has("ratings_by_rater") {
        Ratings::by_rater(&inputs.sparse_rows("ratings_by_rater")?)?
    } else {
        let name = if inputs.has("votes") {
            "votes"
        } else {
            "items"
        };
        Ratings::by_item(inputs.sparse_rows(name)?)?
    };
    let rate = flip_rate(&ratings)?;
    if rate.is_finite() {
        Ok(number(rate))
    } else {
        Err(StatsError::NoData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (one, other) in found.iter().zip(expected) {
            assert!((one - other).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    const P: [f64; 6] = [0.01, 0.04, 0.03, 0.005, 0.2, 0.045];

    fn answer(method: &str, inputs: &Value) -> Value {
        evaluate(method, Inputs(inputs)).unwrap().unwrap()
    }

    fn adjusted(method: &str) -> Vec<f64> {
        let answer = answer(method, &json!({"p": P, "alpha": 0.05}));
        serde_json::from_value(answer["p_adj"].clone()).unwrap()
    }

    /// `statsmodels.stats.multitest.multipletests` 0.14.
    #[test]
    fn corrections_are_those_of_statsmodels() {
        close(
            &adjusted("bonferroni"),
            &[0.06, 0.24, 0.18, 0.03, 1.0, 0.27],
        );
        close(
            &adjusted("holm-sidak"),
            &[
                0.049_009_950_1,
                0.115_264,
                0.114_707_19,
                0.029_627_490_643_7,
                0.2,
                0.115_264,
            ],
        );
        close(&adjusted("hommel"), &[0.05, 0.08, 0.0675, 0.03, 0.2, 0.09]);
        close(
            &adjusted("fdr_by"),
            &[0.073_5, 0.132_3, 0.132_3, 0.073_5, 0.49, 0.132_3],
        );
    }

    /// `numpy.quantile` with `method="weibull"` and `"median_unbiased"`.
    #[test]
    fn quantiles_of_other_types_are_those_of_numpy() {
        let x = [1.0, 2.0, 4.0, 7.0, 11.0];
        let inputs = json!({"x": x, "p": [0.0, 0.1, 0.5, 0.8, 1.0]});
        let of =
            |method: &str| -> Vec<f64> { serde_json::from_value(answer(method, &inputs)).unwrap() };
        close(&of("quantile_type6"), &[1.0, 1.0, 4.0, 10.2, 11.0]);
        close(&of("quantile_type8"), &[1.0, 1.0, 4.0, 9.4, 11.0]);
    }

    #[test]
    fn pairs_and_groups_are_named_as_their_askers_name_them() {
        let (x, y) = ([1.0, 2.0, 4.0, 3.0], [0.5, 2.5, 3.0, 1.0]);
        let differences: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
        let by_difference = answer("paired_t_90", &json!({"d": differences}));
        for inputs in [
            json!({"x": x, "y": y}),
            json!({"x1": x, "x2": y}),
            json!({"a": x, "b": y}),
        ] {
            assert_eq!(answer("paired_t_90", &inputs), by_difference);
            // scipy.stats.ttest_ind(x, y, equal_var=False): t = 0.8660254…
            let welch = answer("welch_t_90", &inputs);
            assert!(
                (welch["diff"].as_f64().unwrap() - 0.75).abs() < 1e-12,
                "{welch}"
            );
            assert!(welch["df"].as_f64().unwrap() < 6.0);
        }
        let moved = answer("paired_t_90", &json!({"d": differences, "mu0": 0.75}));
        assert!(moved["t"].as_f64().unwrap().abs() < 1e-12);
    }

    #[test]
    fn votes_that_differ_flip() {
        let rate = answer(
            "flip_rate_pairwise",
            &json!({"votes": [[1, 1, 0], [1, 1, 1]]}),
        );
        assert!((rate.as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12, "{rate}");
        let by_rater = json!({"ratings_by_rater": [[1, 1], [1, 1], [0, 1]]});
        assert_eq!(answer("flip_rate_pairwise", &by_rater), rate);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for (method, inputs) in [
            ("hommel", json!({"p": [0.1, 1.5], "alpha": 0.05})),
            ("quantile_type6", json!({"x": [1.0], "p": [1.5]})),
            ("quantile_type8", json!({"x": [1.0]})),
        ] {
            assert!(
                evaluate(method, Inputs(&inputs)).unwrap().is_err(),
                "{method}"
            );
        }
        assert!(evaluate("unheard", Inputs(&json!({}))).is_none());
    }
}
