//! What other tools print, held to the same promise.

use std::fmt::Write as _;

use groundgate_stats::{
    Alphas, Bound, Observation, Plan, Resampling, Scale, Unit, bounded_mean,
    interval::{Passes, TEstimate},
    resampling::{bca, percentile},
    special::{binomial_pmf, normal_upper_quantile},
};

use crate::{
    Effort,
    cells::{count, rates},
    picture::{Line, Plot},
    source::{Law, MEANS},
};

const SIZES: [usize; 5] = [20, 50, 100, 300, 1000];

#[derive(Clone, Copy)]
enum Method {
    Student,
    Percentile,
    Bca,
    Ours(Bound),
}

const METHODS: [(Method, &str); 6] = [
    (Method::Student, "Student t"),
    (Method::Percentile, "percentile bootstrap"),
    (Method::Bca, "BCa bootstrap"),
    (
        Method::Ours(Bound::Calibrated),
        "calibrated (Dirichlet h = 1/2)",
    ),
    (Method::Ours(Bound::Exact), "exact (the default)"),
    (Method::Ours(Bound::Proven), "proven (betting)"),
];

/// 0 where the bound shows that the mean is above (below) the truth, else 1.
fn decide(method: Method, values: &[f64], truth: f64, seed: u64) -> (f64, f64) {
    let parts = || values.iter().map(|value| (*value, 1.0)).collect::<Vec<_>>();
    let plan = Resampling {
        replicates: 999,
        seed,
    };
    let shown = |low: f64, high: f64| {
        let p = |is_shown: bool| if is_shown { 0.0 } else { 1.0 };
        (p(low > truth), p(high < truth))
    };
    match method {
        Method::Student => match TEstimate::of_mean(values) {
            Ok(estimate) => (estimate.p_above(truth), estimate.p_below(truth)),
            // Without spread other tools print an interval of no width.
            Err(_no_spread) => shown(values[0], values[0]),
        },
        Method::Percentile => {
            let interval = percentile(&parts(), 0.1, plan).unwrap();
            shown(interval.low, interval.high)
        }
        Method::Bca => {
            let interval = bca(&parts(), 0.1, plan).unwrap().interval;
            shown(interval.low, interval.high)
        }
        Method::Ours(bound) => {
            let observations: Vec<_> = values.iter().copied().map(Observation::scored).collect();
            let plan = Plan {
                bound,
                unit: Unit::Question,
                repeats: 1,
                alphas: Alphas::DEFAULT,
            };
            bounded_mean(&observations, Scale::UNIT, plan)
                .unwrap()
                .p_values(truth)
        }
    }
}

/// False PASS of a floor, over the same nine cells for each n; and the picture.
pub(crate) fn table(effort: Effort, page: &mut String) -> String {
    page.push_str(concat!(
        "\n## Other methods on the same scores\n\n",
        "A floor on the mean of independent scores, truth at the floor: false PASS in %, mean / worst over the nine ",
        "cells (three laws, three means); in brackets the worst false FAIL.\n\n| method |",
    ));
    for n in SIZES {
        let _written = write!(page, " n = {n} |");
    }
    page.push_str("\n|---|---|---|---|---|---|\n");
    let mut lines = Vec::new();
    for (method, name) in METHODS {
        let _written = write!(page, "| {name} |");
        let mut points = Vec::new();
        for n in SIZES {
            let mut found = Vec::new();
            for (place, law) in Law::ALL.into_iter().enumerate() {
                for (other, mean) in MEANS.into_iter().enumerate() {
                    let cell = u64::try_from(900_000 + 100 * n + 10 * place + other).unwrap();
                    found.push(rates(cell, effort.replications, |source| {
                        let bad = law.share_of_bad(mean);
                        let values: Vec<f64> = (0..n).map(|_| source.score(law, bad)).collect();
                        decide(method, &values, mean, cell)
                    }));
                }
            }
            let worst = found.iter().fold(0.0_f64, |most, rate| most.max(rate.0));
            let worst_fail = found.iter().fold(0.0_f64, |most, rate| most.max(rate.1));
            let mean = found.iter().map(|rate| rate.0).sum::<f64>() / count(found.len());
            points.push((count(n), 100.0 * worst));
            let _written = write!(
                page,
                " {:.1} / {:.1} ({:.1}) |",
                100.0 * mean,
                100.0 * worst,
                100.0 * worst_fail
            );
        }
        page.push('\n');
        lines.push(Line {
            name: name.to_owned(),
            points,
            is_ours: matches!(method, Method::Ours(_)),
        });
    }
    Plot {
        title: "A floor on the mean, truth at the floor: the worst of nine cells",
        x: "questions",
        y: "false PASS, %",
        y_max: 60.0,
        logarithmic: true,
        nominal: 5.0,
    }
    .draw(&lines)
}

type LowerBound = Box<dyn Fn(Passes) -> f64>;

/// How often the lower bound lies above the truth, exactly, for 100 yes/no scores.
pub(crate) fn exact_picture() -> String {
    const N: usize = 100;
    let z = normal_upper_quantile(0.05);
    let bounds: [(&str, bool, LowerBound); 4] = [
        (
            "t interval",
            false,
            Box::new(move |passes: Passes| {
                let p = passes.share();
                let t = 1.660_391_156;
                p - t * (p * (1.0 - p) / (count(N) - 1.0)).sqrt()
            }),
        ),
        (
            "Wilson",
            false,
            Box::new(move |passes: Passes| {
                let (p, n) = (passes.share(), count(N));
                let middle = p + z * z / (2.0 * n);
                let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
                (middle - half) / (1.0 + z * z / n)
            }),
        ),
        (
            "Jeffreys",
            false,
            Box::new(|passes: Passes| passes.jeffreys(0.1).low),
        ),
        (
            "exact (the default)",
            true,
            Box::new(|passes: Passes| passes.clopper_pearson_lower(0.05)),
        ),
    ];
    let lines: Vec<Line> = (bounds.iter())
        .map(|(name, is_ours, bound)| {
            let lower: Vec<f64> = (0..=N).map(|k| bound(Passes::new(k, N).unwrap())).collect();
            let points = (700..1000_u32).map(|thousandths| {
                let truth = f64::from(thousandths) / 1000.0;
                let misses = (lower.iter().enumerate()).filter(|(_, low)| **low > truth);
                let rate: f64 = misses.map(|(k, _)| binomial_pmf(k, N, truth)).sum();
                (truth, 100.0 * rate)
            });
            Line {
                name: (*name).to_owned(),
                points: points.collect(),
                is_ours: *is_ours,
            }
        })
        .collect();
    Plot {
        title: "100 yes/no scores: how often a 95 % lower bound lies above the truth (exact)",
        x: "true share of good answers",
        y: "error rate, %",
        y_max: 24.0,
        logarithmic: false,
        nominal: 5.0,
    }
    .draw(&lines)
}
