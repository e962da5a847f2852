//! Requests about distributions and proportions: one group, pairs, two groups.

use std::f64::consts::PI;

use crate::{
    count::count_to_f64,
    error::StatsError,
    interval::{
        binomial::{Interval, Passes},
        missing::{EstimatedEnd, imbens_manski},
        paired::{PairedCounts, PairedTable},
        unpaired::TwoProportions,
    },
    reference::inputs::{Answer, Inputs, RequestError, interval, json, object},
    special as law,
    special::root::falling_root,
};

pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    distributions(method, inputs)
        .or_else(|| one_group(method, inputs))
        .or_else(|| pairs(method, inputs))
        .or_else(|| two_groups(method, inputs))
}

fn distributions(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "beta_cdf" => beta(inputs, law::beta_cdf),
        "beta_sf" => beta(inputs, law::beta_sf),
        "beta_ppf" => beta_inverse(inputs, law::beta_quantile),
        "beta_isf" => beta_inverse(inputs, law::beta_upper_quantile),
        "normal_cdf" => inputs.number("x").map(|x| json(law::normal_cdf(x))),
        "normal_sf" => inputs.number("x").map(|x| json(law::normal_sf(x))),
        "normal_ppf" => inputs.share("p").map(|p| json(law::normal_quantile(p))),
        "normal_isf" => inputs
            .share("p")
            .map(|p| json(law::normal_upper_quantile(p))),
        "t_cdf" => one_parameter(inputs, law::student_t_cdf),
        "t_sf" => one_parameter(inputs, law::student_t_sf),
        "t_ppf" => inverse(inputs, law::student_t_quantile),
        "chi2_cdf" => one_parameter(inputs, law::chi_squared_cdf),
        "chi2_sf" => one_parameter(inputs, law::chi_squared_sf),
        "chi2_ppf" => inverse(inputs, law::chi_squared_quantile),
        "binom_cdf" => binomial(inputs, law::binomial_cdf),
        "binom_sf" => binomial(inputs, |k, n, p| law::binomial_at_least(k + 1, n, p)),
        "binom_pmf" => binomial(inputs, law::binomial_pmf),
        "f_sf" => f_distribution(inputs),
        _ => return None,
    })
}

fn beta(inputs: Inputs<'_>, law: fn(f64, f64, f64) -> f64) -> Answer {
    let (a, b) = (inputs.positive("a")?, inputs.positive("b")?);
    Ok(json(law(inputs.number("x")?, a, b)))
}

fn beta_inverse(inputs: Inputs<'_>, law: fn(f64, f64, f64) -> f64) -> Answer {
    let (a, b) = (inputs.positive("a")?, inputs.positive("b")?);
    Ok(json(law(inputs.share("p")?, a, b)))
}

fn one_parameter(inputs: Inputs<'_>, law: fn(f64, f64) -> f64) -> Answer {
    Ok(json(law(inputs.number("x")?, inputs.positive("df")?)))
}

fn inverse(inputs: Inputs<'_>, law: fn(f64, f64) -> f64) -> Answer {
    Ok(json(law(inputs.share("p")?, inputs.positive("df")?)))
}

fn binomial(inputs: Inputs<'_>, law: fn(usize, usize, f64) -> f64) -> Answer {
    let p = inputs.share("p")?;
    Ok(json(law(inputs.count("k")?, inputs.count("n")?, p)))
}

fn f_distribution(inputs: Inputs<'_>) -> Answer {
    let (df1, df2) = (inputs.positive("df1")?, inputs.positive("df2")?);
    Ok(json(law::f_sf(inputs.number("x")?, df1, df2)))
}

fn one_group(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "one_sided_CP" => one_sided(
            inputs,
            Passes::clopper_pearson_lower,
            Passes::clopper_pearson_upper,
        ),
        "one_sided_midP" => one_sided(inputs, Passes::mid_p_lower, Passes::mid_p_upper),
        "two_sided_90_beta" => two_sided(inputs, Passes::clopper_pearson),
        "two_sided_90_wilson" => two_sided(inputs, Passes::wilson),
        "two_sided_90_jeffreys" => two_sided(inputs, Passes::jeffreys),
        "two_sided_90_agresti_coull" => two_sided(inputs, Passes::agresti_coull),
        "two_sided_90_normal" => two_sided(inputs, Passes::wald),
        "wilson_cc_95" => passes(inputs).map(|passes| interval(passes.wilson_corrected(0.05))),
        "gate_p_value_pass" => p_value(inputs, Passes::p_above),
        "gate_p_value_fail" => p_value(inputs, Passes::p_below),
        "binom.test_CP" => binomial_test(inputs),
        "worst_case_CP_bounds" => worst_case(inputs),
        "imbens_manski_95" => manski(inputs),
        _ => return None,
    })
}

fn passes(inputs: Inputs<'_>) -> Result<Passes, RequestError> {
    Ok(Passes::new(inputs.count("k")?, inputs.count("n")?)?)
}

fn one_sided(
    inputs: Inputs<'_>,
    lower: fn(Passes, f64) -> f64,
    upper: fn(Passes, f64) -> f64,
) -> Answer {
    let (passes, alpha) = (passes(inputs)?, inputs.probability("alpha")?);
    Ok(object([
        ("lower", lower(passes, alpha)),
        ("upper", upper(passes, alpha)),
    ]))
}

fn two_sided(inputs: Inputs<'_>, bounds: fn(Passes, f64) -> Interval) -> Answer {
    let alpha = inputs.probability("alpha")?;
    Ok(interval(bounds(passes(inputs)?, alpha)))
}

fn p_value(inputs: Inputs<'_>, p: fn(Passes, f64) -> f64) -> Answer {
    let tau = inputs.share("tau")?;
    Ok(json(p(passes(inputs)?, tau)))
}

fn binomial_test(inputs: Inputs<'_>) -> Answer {
    let (passes, p) = (passes(inputs)?, inputs.share("p0")?);
    let alpha = 1.0 - inputs.probability("level")?;
    let (low, high, p) = match inputs.text("alternative")? {
        "greater" => (passes.clopper_pearson_lower(alpha), 1.0, passes.p_above(p)),
        "less" => (0.0, passes.clopper_pearson_upper(alpha), passes.p_below(p)),
        "two.sided" | "two-sided" => {
            let interval = passes.clopper_pearson(alpha);
            (interval.low, interval.high, passes.p_two_sided(p))
        }
        _ => {
            return Err(RequestError::Input {
                name: "alternative",
                wanted: "greater, less or two.sided",
            });
        }
    };
    Ok(object([("ci_low", low), ("ci_high", high), ("p_value", p)]))
}

fn worst_case(inputs: Inputs<'_>) -> Answer {
    let (successes, missing) = (inputs.count("successes")?, inputs.count("n_missing")?);
    let (total, alpha) = (inputs.count("n_total")?, inputs.probability("alpha")?);
    let worst = Passes::new(successes, total)?;
    let best = Passes::new(successes + missing, total)?;
    Ok(object([
        ("lower", worst.clopper_pearson_lower(alpha)),
        ("upper", best.clopper_pearson_upper(alpha)),
        ("ident_lo", worst.share()),
        ("ident_hi", best.share()),
    ]))
}

fn manski(inputs: Inputs<'_>) -> Answer {
    let end = |value, se| EstimatedEnd { value, se };
    let low = end(inputs.number("theta_l")?, inputs.positive("se_l")?);
    let high = end(inputs.number("theta_u")?, inputs.positive("se_u")?);
    let (interval, errors) = imbens_manski(low, high, 0.05)?;
    Ok(object([
        ("c", errors),
        ("lo", interval.low),
        ("hi", interval.high),
    ]))
}

fn pairs(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "tango_score_95" => paired(inputs).map(|counts| interval(counts.tango(0.05))),
        "tango_NI_z" => tango_z(inputs),
        "NI_exact_unconditional_p(tango stat)" => exact_unconditional(inputs),
        "mcnemar_exact_two_sided" => discordant(inputs).map(|c| json(c.mcnemar_exact())),
        "mcnemar_midp_two_sided" => discordant(inputs).map(|c| json(c.mcnemar_mid_p())),
        "mcnemar_chi2" => mcnemar_chi_squared(inputs),
        "newcombe_method10_95" => newcombe_10(inputs),
        _ => return None,
    })
}

fn paired(inputs: Inputs<'_>) -> Result<PairedCounts, RequestError> {
    let (wins, losses) = (inputs.count("wins")?, inputs.count("losses")?);
    Ok(PairedCounts::new(wins, losses, inputs.count("n")?)?)
}

/// A margin, from 0 to 1.
fn margin(inputs: Inputs<'_>) -> Result<f64, RequestError> {
    let margin = inputs.number("margin")?;
    if (-1.0..=1.0).contains(&margin) {
        Ok(margin)
    } else {
        Err(StatsError::Parameter {
            name: "the margin",
            value: margin,
        }
        .into())
    }
}

fn tango_z(inputs: Inputs<'_>) -> Answer {
    let z = paired(inputs)?.tango_z(-margin(inputs)?);
    Ok(object([("z", z)]))
}

fn exact_unconditional(inputs: Inputs<'_>) -> Answer {
    Ok(json(paired(inputs)?.exact_p_above(-margin(inputs)?)))
}

fn discordant(inputs: Inputs<'_>) -> Result<PairedCounts, RequestError> {
    let (b, c) = (inputs.count("b")?, inputs.count("c")?);
    Ok(PairedCounts::new(b, c, (b + c).max(1))?)
}

fn mcnemar_chi_squared(inputs: Inputs<'_>) -> Answer {
    let table = inputs.counts("table")?;
    let [_, b, c, _] = table.as_slice() else {
        return Err(RequestError::Input {
            name: "table",
            wanted: "a list of four counts",
        });
    };
    let counts = PairedCounts::new(*b, *c, (b + c).max(1))?;
    let (corrected, plain) = (
        counts.mcnemar_chi_squared(true),
        counts.mcnemar_chi_squared(false),
    );
    Ok(object([
        ("stat_cc", corrected.0),
        ("p_cc", corrected.1),
        ("stat", plain.0),
        ("p", plain.1),
    ]))
}

fn newcombe_10(inputs: Inputs<'_>) -> Answer {
    let table = PairedTable {
        both: inputs.count("a")?,
        first_only: inputs.count("b")?,
        second_only: inputs.count("c")?,
        neither: inputs.count("d")?,
    };
    Ok(interval(table.newcombe_10(0.05)?))
}

fn two_groups(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    let at_90 = |bounds: fn(TwoProportions) -> Interval| -> Answer {
        Ok(interval(bounds(groups(inputs)?)))
    };
    Some(match method {
        "diff_90_score" => at_90(statsmodels_score_90),
        "diff_90_newcomb" => at_90(|groups| groups.newcombe(0.1)),
        "diff_90_agresti-caffo" => at_90(|groups| groups.agresti_caffo(0.1)),
        "diff_90_wald" => at_90(|groups| groups.wald(0.1)),
        "NI_score_test" => score_test(inputs),
        _ => return None,
    })
}

fn groups(inputs: Inputs<'_>) -> Result<TwoProportions, RequestError> {
    Ok(TwoProportions {
        first: Passes::new(inputs.count("k1")?, inputs.count("n1")?)?,
        second: Passes::new(inputs.count("k2")?, inputs.count("n2")?)?,
    })
}

fn score_test(inputs: Inputs<'_>) -> Answer {
    let z = statsmodels_z(groups(inputs)?, -margin(inputs)?);
    Ok(object([("z", z), ("p", law::normal_sf(z))]))
}

/// The score statistic as statsmodels 0.15 computes it without correction. Its restricted estimate has
/// the second group's passes where the likelihood's cubic has its trials (Miettinen and Nurminen
/// 1985, appendix), so that it departs from [`TwoProportions::score_z`] unless all of them passed.
/// Right for comparing with that tool, and for nothing else.
fn statsmodels_z(groups: TwoProportions, threshold: f64) -> f64 {
    let [x1, n1, x2, n2] = [
        groups.first.passes(),
        groups.first.trials(),
        groups.second.passes(),
        groups.second.trials(),
    ]
    .map(count_to_f64);
    let total = n1 + n2;
    let third = ((n1 + 2.0 * n2) * threshold - total - x1 - x2) / (3.0 * total);
    let linear = (x2 * threshold - total - 2.0 * x2) * threshold + x1 + x2;
    let constant = x2 * threshold * (1.0 - threshold);
    let q = third.powi(3) - linear * third / (2.0 * total) + constant / (2.0 * total);
    let p = (third * third - linear / (3.0 * total))
        .max(0.0)
        .sqrt()
        .copysign(q);
    let angle = (PI + (q / p.powi(3)).clamp(-1.0, 1.0).acos()) / 3.0;
    let second = 2.0 * p * angle.cos() - third;
    let first = second + threshold;
    let variance = first * (1.0 - first) / n1 + second * (1.0 - second) / n2;
    (groups.difference() - threshold) / variance.sqrt()
}

/// Where [`statsmodels_z`] reaches the normal quantiles, searched where statsmodels searches.
fn statsmodels_score_90(groups: TwoProportions) -> Interval {
    let (wald, middle) = (groups.wald(0.1), groups.difference());
    let z = law::normal_upper_quantile(0.05);
    let low = wald.low - 0.25 * wald.low.abs();
    let high = (wald.high + 0.5 * wald.high.abs()).min(0.999_99);
    Interval {
        low: falling_root(low..=middle, |c| statsmodels_z(groups, c) - z),
        high: falling_root(middle..=high, |c| statsmodels_z(groups, c) + z),
    }
}
