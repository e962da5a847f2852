//! Requests about quantiles, resampling and several tests at once.

use serde_json::Value;

use crate::{
    error::StatsError,
    interval::{
        dirichlet_mean::{DirichletMean, Term},
        quantile::{SortedSample, upper_rank},
    },
    multiplicity::{Adjusted, benjamini_hochberg, holm},
    reference::inputs::{Answer, Inputs, RequestError, interval, json, json_count, object},
    resampling::bootstrap::{Part, Resampling, bca, percentile, studentized_mean},
};

pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "quantile_type7" => type_7(inputs),
        "harrell_davis" => harrell_davis(inputs),
        "order_stat_CI_90" => order_statistics(inputs),
        "p95_upper_rank_95pct" => rank(inputs),
        "percentile_90_mean" => percentile_mean(inputs),
        "BCa_90_mean" => bca_mean(inputs),
        "studentized_90_mean" => studentized(inputs),
        "cluster_percentile_90_ratio_mean" => cluster_percentile(inputs),
        "bayesian_bootstrap_90_exact" => bayesian(inputs),
        "holm" | "holm_ties" => adjusted(inputs, holm),
        "fdr_bh" => adjusted(inputs, benjamini_hochberg),
        _ => return None,
    })
}

fn sample(inputs: Inputs<'_>) -> Result<SortedSample, RequestError> {
    Ok(SortedSample::new(inputs.numbers("x")?)?)
}

fn type_7(inputs: Inputs<'_>) -> Answer {
    let sample = sample(inputs)?;
    let quantiles = inputs.numbers("p")?;
    if !quantiles.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(RequestError::Input {
            name: "p",
            wanted: "a list of numbers from 0 to 1",
        });
    }
    Ok(quantiles
        .into_iter()
        .map(|p| json(sample.type_7(p)))
        .collect())
}

fn harrell_davis(inputs: Inputs<'_>) -> Answer {
    let (sample, q) = (sample(inputs)?, inputs.probability("q")?);
    Ok(object([
        ("est", sample.harrell_davis(q).unwrap_or(f64::NAN)),
        (
            "jackknife_sd",
            sample.harrell_davis_se(q).unwrap_or(f64::NAN),
        ),
    ]))
}

fn order_statistics(inputs: Inputs<'_>) -> Answer {
    let (sample, q) = (sample(inputs)?, inputs.probability("q")?);
    Ok(object([
        ("lo", sample.lower_bound(q, 0.05).unwrap_or(f64::NAN)),
        ("hi", sample.upper_bound(q, 0.05).unwrap_or(f64::NAN)),
    ]))
}

fn rank(inputs: Inputs<'_>) -> Answer {
    let alpha = 1.0 - inputs.probability("conf")?;
    let rank = upper_rank(inputs.count("n")?, inputs.probability("q")?, alpha);
    Ok(rank.map_or(Value::Null, json_count))
}

fn resampling(inputs: Inputs<'_>) -> Result<Resampling, RequestError> {
    let replicates = inputs.count("B")?;
    if !(1..=1_000_000).contains(&replicates) {
        return Err(RequestError::Input {
            name: "B",
            wanted: "a count from 1 to 1000000",
        });
    }
    Ok(Resampling {
        replicates,
        ..Resampling::default()
    })
}

fn parts(inputs: Inputs<'_>) -> Result<Vec<Part>, RequestError> {
    Ok(inputs.numbers("x")?.into_iter().map(|x| (x, 1.0)).collect())
}

fn percentile_mean(inputs: Inputs<'_>) -> Answer {
    let found = percentile(&parts(inputs)?, 0.1, resampling(inputs)?)?;
    Ok(interval(found))
}

fn bca_mean(inputs: Inputs<'_>) -> Answer {
    let found = bca(&parts(inputs)?, 0.1, resampling(inputs)?)?;
    Ok(object([
        ("lo", found.interval.low),
        ("hi", found.interval.high),
        ("acceleration", found.acceleration),
        ("z0", found.z0),
    ]))
}

fn studentized(inputs: Inputs<'_>) -> Answer {
    let found = studentized_mean(&inputs.numbers("x")?, resampling(inputs)?)?;
    Ok(object([
        ("lo", found.lower(0.05).unwrap_or(f64::NEG_INFINITY)),
        ("hi", found.upper(0.05).unwrap_or(f64::INFINITY)),
    ]))
}

fn cluster_percentile(inputs: Inputs<'_>) -> Answer {
    let (sums, sizes) = (
        inputs.numbers("cluster_sum")?,
        inputs.numbers("cluster_size")?,
    );
    if sums.len() != sizes.len() {
        return Err(StatsError::Lengths {
            left: sums.len(),
            right: sizes.len(),
        }
        .into());
    }
    let estimate = sums.iter().sum::<f64>() / sizes.iter().sum::<f64>();
    let parts: Vec<Part> = sums.into_iter().zip(sizes).collect();
    let found = percentile(&parts, 0.1, resampling(inputs)?)?;
    Ok(object([
        ("lo", found.low),
        ("hi", found.high),
        ("est", estimate),
    ]))
}

/// Dirichlet(1, …, 1) weights and no pseudo-observation.
fn bayesian(inputs: Inputs<'_>) -> Answer {
    let terms = inputs.numbers("x")?.into_iter().map(|value| Term {
        value,
        size: 1.0,
        shape: 1.0,
    });
    let mean = DirichletMean::new(terms).ok_or(StatsError::NoData)?;
    Ok(object([
        ("lo", mean.quantile(0.05)),
        ("hi", mean.upper_quantile(0.05)),
    ]))
}

fn adjusted(inputs: Inputs<'_>, procedure: fn(&[f64], f64) -> Vec<Adjusted>) -> Answer {
    let found = procedure(&inputs.numbers("p")?, inputs.probability("alpha")?);
    let p: Value = found.iter().map(|one| json(one.p)).collect();
    let reject: Value = found.iter().map(|one| Value::from(one.rejected)).collect();
    Ok([("p_adj".to_owned(), p), ("reject".to_owned(), reject)]
        .into_iter()
        .collect())
}
