//! Requests about means: the Dirichlet bound, Student's t, betting, clusters.

use serde_json::Value;

use crate::{
    Alphas,
    count::count_to_f64,
    error::StatsError,
    interval::{
        betting::{Bets, Strategy},
        binomial::Interval,
        cluster::{ClusteredProportion, Clusters, Correction},
        dirichlet::{DirichletBound, PseudoWeight},
        student::TEstimate,
    },
    observation::{Observation, Scale, mean_of},
    reference::{
        inputs::{Answer, Inputs, RequestError, json, object},
        profile::likelihood_as_in_r,
    },
};

pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    dirichlet(method, inputs)
        .or_else(|| student(method, inputs))
        .or_else(|| clusters(method, inputs))
}

fn dirichlet(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "bounded_mean_bounds" => bounded_mean(inputs),
        "binary_equals_CP" | "binary_half" => binary(inputs),
        "all_ones" => all_ones(inputs),
        "paired_p_zero_margin_equals_exact_mcnemar" => paired_p(inputs),
        "paired_ternary_bounds" => ternary(inputs, "n").and_then(|bound| bounds(&bound, inputs)),
        "paired_bounded_NI_gate" => paired_gate(inputs),
        "abs_threshold_verdict" => absolute_gate(inputs),
        "suite_NI_pooled_runs_ternary" => suite_gate(inputs),
        "clustered_ratio_bounds" | "clustered_paired_bounds" => cluster_ratio(inputs),
        "cluster_mean_paired_bounds" | "cluster_mean_bounds" => cluster_means(inputs),
        "all_ties_paired" => all_ties(inputs),
        _ => return None,
    })
}

fn weight(inputs: Inputs<'_>) -> Result<PseudoWeight, RequestError> {
    let h = inputs.number("h")?;
    [PseudoWeight::One, PseudoWeight::Half]
        .into_iter()
        .find(|weight| weight.shape().total_cmp(&h).is_eq())
        .ok_or(RequestError::Input {
            name: "h",
            wanted: "1 or 0.5",
        })
}

fn scale(inputs: Inputs<'_>) -> Result<Scale, RequestError> {
    Ok(Scale::new(inputs.number("lo")?, inputs.number("hi")?)?)
}

fn bound_of(
    values: impl IntoIterator<Item = f64>,
    scale: Scale,
    inputs: Inputs<'_>,
) -> Result<DirichletBound, RequestError> {
    let observations: Vec<_> = values.into_iter().map(Observation::scored).collect();
    Ok(DirichletBound::new(&observations, scale, weight(inputs)?)?)
}

fn bounds(bound: &DirichletBound, inputs: Inputs<'_>) -> Answer {
    let alpha = inputs.probability("alpha")?;
    Ok(object([
        ("lower", bound.lower(alpha)),
        ("upper", bound.upper(alpha)),
    ]))
}

fn bounded_mean(inputs: Inputs<'_>) -> Answer {
    bounds(
        &bound_of(inputs.numbers("x")?, scale(inputs)?, inputs)?,
        inputs,
    )
}

fn binary(inputs: Inputs<'_>) -> Answer {
    let (k, n) = (inputs.count("k")?, inputs.count("n")?);
    let values = (0..n).map(|index| if index < k { 1.0 } else { 0.0 });
    bounds(&bound_of(values, Scale::UNIT, inputs)?, inputs)
}

fn all_ones(inputs: Inputs<'_>) -> Answer {
    let values = std::iter::repeat_n(1.0, inputs.count("n")?);
    bounds(&bound_of(values, scale(inputs)?, inputs)?, inputs)
}

/// Pairs of which none differs.
fn all_ties(inputs: Inputs<'_>) -> Answer {
    let values = std::iter::repeat_n(0.0, inputs.count("n")?);
    let scale = if inputs.has("lo") {
        scale(inputs)?
    } else {
        Scale::UNIT.of_differences()
    };
    bounds(&bound_of(values, scale, inputs)?, inputs)
}

fn ternary(inputs: Inputs<'_>, total: &'static str) -> Result<DirichletBound, RequestError> {
    let (wins, losses) = (inputs.count("wins")?, inputs.count("losses")?);
    let ties = inputs.count(total)?.checked_sub(wins + losses);
    let ties = ties.ok_or(RequestError::Input {
        name: total,
        wanted: "at least the number of wins and losses",
    })?;
    let values = std::iter::repeat_n(1.0, wins)
        .chain(std::iter::repeat_n(-1.0, losses))
        .chain(std::iter::repeat_n(0.0, ties));
    let observations: Vec<_> = values.map(Observation::scored).collect();
    // The identity at zero margin has no h of its own: it holds for h = 1.
    let weight = weight(inputs).unwrap_or(PseudoWeight::One);
    let scale = Scale::UNIT.of_differences();
    Ok(DirichletBound::new(&observations, scale, weight)?)
}

fn paired_p(inputs: Inputs<'_>) -> Answer {
    let threshold = -inputs.number("margin")?;
    Ok(json(ternary(inputs, "n")?.p_above(threshold)))
}

const fn both(alpha: f64) -> Alphas {
    Alphas {
        lower: alpha,
        upper: alpha,
    }
}

/// p-values against a threshold, and the verdict they give.
fn judged(bound: &DirichletBound, threshold: f64, alphas: Alphas) -> [(&'static str, Value); 3] {
    let (p_pass, p_fail) = (bound.p_above(threshold), bound.p_below(threshold));
    let verdict = if p_pass < alphas.lower {
        "pass"
    } else if p_fail < alphas.upper {
        "fail"
    } else {
        "inconclusive"
    };
    [
        ("p_pass", json(p_pass)),
        ("p_fail", json(p_fail)),
        ("verdict", Value::from(verdict)),
    ]
}

fn gathered(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    (fields.into_iter())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn paired_gate(inputs: Inputs<'_>) -> Answer {
    let bound = bound_of(inputs.numbers("diff")?, scale(inputs)?, inputs)?;
    let alpha = inputs.probability("alpha")?;
    let ends = [
        ("lower", json(bound.lower(alpha))),
        ("upper", json(bound.upper(alpha))),
    ];
    let judged = judged(&bound, -inputs.number("margin")?, both(alpha));
    Ok(gathered(ends.into_iter().chain(judged)))
}

fn absolute_gate(inputs: Inputs<'_>) -> Answer {
    let values = inputs.numbers("x")?;
    let mean = mean_of(values.iter().copied()).ok_or(StatsError::NoData)?;
    let bound = bound_of(values, Scale::UNIT, inputs)?;
    let alphas = Alphas {
        lower: inputs.probability("alpha_pass")?,
        upper: inputs.probability("alpha_fail")?,
    };
    let judged = judged(&bound, inputs.number("tau")?, alphas);
    Ok(gathered([("mean", json(mean))].into_iter().chain(judged)))
}

fn suite_gate(inputs: Inputs<'_>) -> Answer {
    let bound = ternary(inputs, "n_runs")?;
    let alpha = inputs.probability("alpha")?;
    let threshold = -inputs.number("margin")?;
    Ok(gathered(judged(&bound, threshold, both(alpha))))
}

fn cluster_sums(inputs: Inputs<'_>) -> Result<Vec<(f64, f64)>, RequestError> {
    let (sums, sizes) = (
        inputs.numbers("cluster_sum")?,
        inputs.numbers("cluster_size")?,
    );
    if sums.len() == sizes.len() {
        Ok(sums.into_iter().zip(sizes).collect())
    } else {
        Err(StatsError::Lengths {
            left: sums.len(),
            right: sizes.len(),
        }
        .into())
    }
}

fn with_estimate(bound: &DirichletBound, estimate: f64, alpha: f64) -> Value {
    object([
        ("lower", bound.lower(alpha)),
        ("upper", bound.upper(alpha)),
        ("estimate", estimate),
    ])
}

fn cluster_ratio(inputs: Inputs<'_>) -> Answer {
    let clusters = cluster_sums(inputs)?;
    let bound = DirichletBound::of_cluster_sums(&clusters, scale(inputs)?, weight(inputs)?)?;
    let (sum, size) = clusters.iter().fold((0.0, 0.0), |(sum, size), cluster| {
        (sum + cluster.0, size + cluster.1)
    });
    Ok(with_estimate(
        &bound,
        sum / size,
        inputs.probability("alpha")?,
    ))
}

fn cluster_means(inputs: Inputs<'_>) -> Answer {
    let clusters = cluster_sums(inputs)?;
    let means: Vec<f64> = clusters.iter().map(|(sum, size)| sum / size).collect();
    let estimate = mean_of(means.iter().copied()).ok_or(StatsError::NoData)?;
    let bound = bound_of(means, scale(inputs)?, inputs)?;
    Ok(with_estimate(
        &bound,
        estimate,
        inputs.probability("alpha")?,
    ))
}

fn student(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "one_sample_t_90" => one_sample(inputs),
        "t_one_sample_greater" => one_sample_greater(inputs),
        "tost_paired_t" => tost(inputs),
        "suite_t_satterthwaite" => suite(inputs),
        "betting_mart_hedged_max" => betting_martingale(inputs),
        "betting_ci(grid 1/1000)" => betting_interval(inputs),
        _ => return None,
    })
}

fn one_sample(inputs: Inputs<'_>) -> Answer {
    let values = inputs.numbers("x")?;
    let (estimate, mu) = (TEstimate::of_mean(&values)?, inputs.number("mu0")?);
    let interval = estimate.interval(0.1);
    Ok(object([
        ("mean", estimate.point),
        ("sd", estimate.se * count_to_f64(values.len()).sqrt()),
        ("t", estimate.statistic(mu)),
        ("p", estimate.p_two_sided(mu)),
        ("lo", interval.low),
        ("hi", interval.high),
    ]))
}

fn one_sample_greater(inputs: Inputs<'_>) -> Answer {
    let (estimate, mu) = (
        TEstimate::of_mean(&inputs.numbers("x")?)?,
        inputs.number("mu")?,
    );
    let alpha = 1.0 - inputs.probability("level")?;
    Ok(object([
        ("t", estimate.statistic(mu)),
        ("df", estimate.df),
        ("p", estimate.p_above(mu)),
        ("ci_low", estimate.lower(alpha)),
    ]))
}

fn tost(inputs: Inputs<'_>) -> Answer {
    let estimate = TEstimate::of_paired(&inputs.numbers("x1")?, &inputs.numbers("x2")?)?;
    let (low, high) = (inputs.number("low")?, inputs.number("upp")?);
    let (p_lower, p_upper) = (estimate.p_above(low), estimate.p_below(high));
    Ok(object([
        ("p", p_lower.max(p_upper)),
        ("p_lower", p_lower),
        ("p_upper", p_upper),
        ("t_lower", estimate.statistic(low)),
        ("t_upper", estimate.statistic(high)),
    ]))
}

fn suite(inputs: Inputs<'_>) -> Answer {
    let estimate = TEstimate::of_suite(&inputs.rows("candidate")?, &inputs.rows("baseline")?)?;
    let alpha = inputs.probability("alpha")?;
    Ok(object([
        ("diff", estimate.point),
        ("se", estimate.se),
        ("df", estimate.df),
        ("lower", estimate.lower(alpha)),
        ("upper", estimate.upper(alpha)),
    ]))
}

fn scores(inputs: Inputs<'_>) -> Result<Vec<f64>, RequestError> {
    inputs.numbers("x").and_then(|x| {
        if !x.is_empty() && x.iter().all(|score| (0.0..=1.0).contains(score)) {
            Ok(x)
        } else {
            Err(RequestError::Input {
                name: "x",
                wanted: "a list of numbers from 0 to 1",
            })
        }
    })
}

fn betting_martingale(inputs: Inputs<'_>) -> Answer {
    let (scores, m) = (scores(inputs)?, inputs.probability("m")?);
    let (alpha, theta) = (inputs.probability("alpha")?, inputs.probability("theta")?);
    let strategy = Strategy {
        alpha: alpha * theta,
        horizon: None,
        largest_stake: inputs.probability("trunc_scale")?,
        largest_bet: f64::INFINITY,
    };
    let above = Bets::new(scores.iter().copied(), strategy);
    let below = Bets::new(scores.iter().map(|score| 1.0 - score), strategy);
    let path: Vec<f64> = (above.path(m).zip(below.path(1.0 - m)))
        .map(|(above, below)| (theta * above).max((1.0 - theta) * below))
        .collect();
    Ok(object([
        ("final", path.last().copied().unwrap_or(f64::NAN)),
        ("t10", path.get(9).copied().unwrap_or(f64::NAN)),
        ("running_max", path.iter().copied().fold(0.0, f64::max)),
    ]))
}

/// Without a grid: the tolerance of the reference is its grid's step.
fn betting_interval(inputs: Inputs<'_>) -> Answer {
    let (scores, alpha) = (scores(inputs)?, inputs.probability("alpha")?);
    let strategy = Strategy {
        alpha: 0.5 * alpha,
        horizon: Some(scores.len()),
        largest_stake: 1.0,
        largest_bet: 1.0,
    };
    let above = Bets::new(scores.iter().copied(), strategy);
    let below = Bets::new(scores.iter().map(|score| 1.0 - score), strategy);
    Ok(object([
        ("lo", above.lower(0.5 * alpha)),
        ("hi", 1.0 - below.lower(0.5 * alpha)),
    ]))
}

fn clusters(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "CR0_mean_se_satterthwaite" => robust(inputs, Correction::Cr0),
        "CR1_mean_se_satterthwaite" => robust(inputs, Correction::Cr1),
        "CR2_mean_se_satterthwaite" => robust(inputs, Correction::Cr2),
        "CR3_mean_se_satterthwaite" => robust(inputs, Correction::Cr3),
        "CR1_t_G-1_mean" => robust_g_minus_1(inputs),
        "svyciprop_mean" => proportion(inputs, ClusteredProportion::wald),
        "svyciprop_logit" => proportion(inputs, ClusteredProportion::logit),
        "svyciprop_likelihood" => proportion(inputs, likelihood_as_in_r),
        "svyciprop_beta(Korn-Graubard)" => proportion(inputs, ClusteredProportion::korn_graubard),
        _ => return None,
    })
}

fn clustered(inputs: Inputs<'_>) -> Result<Clusters, RequestError> {
    let (scores, names) = (inputs.numbers("y")?, inputs.counts("cluster")?);
    if scores.len() == names.len() {
        Ok(Clusters::new(names.into_iter().zip(scores))?)
    } else {
        Err(StatsError::Lengths {
            left: scores.len(),
            right: names.len(),
        }
        .into())
    }
}

const TWO_CLUSTERS: StatsError = StatsError::TooFew { needed: 2, got: 1 };

fn robust(inputs: Inputs<'_>, correction: Correction) -> Answer {
    let robust = clustered(inputs)?.robust(correction).ok_or(TWO_CLUSTERS)?;
    let interval = robust.interval(1.0 - inputs.probability("level")?);
    Ok(object([
        ("mean", robust.mean),
        ("se", robust.se),
        ("df", robust.df),
        ("ci_low", interval.low),
        ("ci_high", interval.high),
    ]))
}

fn robust_g_minus_1(inputs: Inputs<'_>) -> Answer {
    let clusters = clustered(inputs)?;
    let robust = clusters.robust(Correction::Cr1).ok_or(TWO_CLUSTERS)?;
    let alpha = 1.0 - inputs.probability("level")?;
    let interval = robust.interval_with(alpha, clusters.count() - 1.0);
    Ok(object([
        ("mean", robust.mean),
        ("se", robust.se),
        ("lo", interval.low),
        ("hi", interval.high),
    ]))
}

fn proportion(inputs: Inputs<'_>, bounds: fn(ClusteredProportion, f64) -> Interval) -> Answer {
    let proportion = ClusteredProportion::new(&clustered(inputs)?).ok_or(TWO_CLUSTERS)?;
    let interval = bounds(proportion, 1.0 - inputs.probability("level")?);
    Ok(object([
        ("p", proportion.share()),
        ("ci_low", interval.low),
        ("ci_high", interval.high),
        ("design_var", proportion.variance()),
        ("degf", proportion.df()),
    ]))
}
