//! Requests about planning a run: power, interim analyses, and bounds for any time.

use serde_json::{Value, json as value};

use crate::{
    count::count_to_f64,
    power::{PairedTPlan, Target, absolute_gate, paired_t_power, required_units_normal},
    reference::inputs::{Answer, Inputs, RequestError, json, json_count, object},
    sequential::{
        BetaBinomialMixture, BetaPrior, ConfidenceSequence, GammaExponentialMixture, NormalMixture,
        PolyStitching, Sides, Spending, beta_mixture_evidence, binary_confidence_sequence,
        binomial_boundaries, empirical_bernstein_sequence, hoeffding_sequence, normal_boundaries,
    },
};

/// The request's answer, if `method` is in this table.
pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    Some(match method {
        "paired_t_power_one_sided" => t_power(inputs),
        "NI_n_normal" => units(inputs),
        "exact_binomial_gate" => gate(inputs),
        "lan_demets_OBF_one_sided" => analyses(inputs, Spending::OBrienFleming),
        "lan_demets_Pocock_one_sided" => analyses(inputs, Spending::Pocock),
        "exact_binomial_alpha_spending_OBF" => exact_analyses(inputs, Spending::OBrienFleming),
        "exact_binomial_alpha_spending_Pocock" => exact_analyses(inputs, Spending::Pocock),
        "beta_mixture_e_process" => evidence(inputs),
        "normal_mixture_bound" => normal_mixture(inputs),
        "gamma_exponential_mixture_bound" => gamma_exponential(inputs),
        "beta_binomial_mixture_bound" => beta_binomial(inputs),
        "bernoulli_confidence_interval(beta-binomial mixture)" => bernoulli(inputs),
        "poly_stitching_bound" => stitching(inputs),
        "predmix_hoeffding_cs" => hoeffding(inputs),
        "predmix_empbern_twosided_cs" | "predmix_empbern_cs" => bernstein(inputs),
        _ => return None,
    })
}

fn t_power(inputs: Inputs<'_>) -> Answer {
    let plan = PairedTPlan {
        effect_size: inputs.number("effect_size")?,
        n: inputs.number("nobs")?,
    };
    Ok(json(paired_t_power(plan, inputs.probability("alpha")?)?))
}

fn units(inputs: Inputs<'_>) -> Answer {
    let target = Target {
        alpha: inputs.probability("alpha")?,
        power: inputs.probability("power")?,
    };
    let difference = number_or(inputs, "true_diff", 0.0)?;
    let (margin, sd) = (inputs.number("margin")?, inputs.number("sd_diff")?);
    Ok(json(required_units_normal(margin, difference, sd, target)?))
}

fn gate(inputs: Inputs<'_>) -> Answer {
    let tau = inputs.probability("tau")?;
    let gate = absolute_gate(inputs.count("n")?, tau, inputs.probability("alpha")?)?;
    Ok(object([
        ("min_passes", gate.min_passes.map_or(f64::NAN, count_to_f64)),
        ("power", gate.power(inputs.number("true_p")?)),
        ("size", gate.size),
    ]))
}

fn analyses(inputs: Inputs<'_>, spending: Spending) -> Answer {
    let analyses = normal_boundaries(
        &inputs.numbers("t")?,
        spending,
        inputs.probability("alpha")?,
    )?;
    let z: Vec<Value> = analyses.iter().map(|analysis| json(analysis.z)).collect();
    let levels: Vec<Value> = analyses
        .iter()
        .map(|analysis| json(analysis.nominal_level))
        .collect();
    Ok(value!({"z": z, "nominal_p": levels}))
}

/// Where no number is enough, one more than there are answers, or −1.
fn exact_analyses(inputs: Inputs<'_>, spending: Spending) -> Answer {
    let tau = inputs.probability("tau")?;
    let alpha = inputs.probability("alpha")?;
    let plan = binomial_boundaries(&inputs.counts("looks")?, tau, spending, alpha)?;
    let pass: Vec<Value> = (plan.analyses().iter())
        .map(|analysis| json_count(analysis.pass_at_least.unwrap_or(analysis.n + 1)))
        .collect();
    let fail: Vec<Value> = (plan.analyses().iter())
        .map(|analysis| analysis.fail_at_most.map_or(json(-1.0), json_count))
        .collect();
    Ok(value!({"pass_at_least": pass, "fail_at_most": fail}))
}

fn evidence(inputs: Inputs<'_>) -> Answer {
    let prior = inputs.numbers("prior")?;
    let &[passes, failures] = prior.as_slice() else {
        return Err(RequestError::Input {
            name: "prior",
            wanted: "a list of two numbers",
        });
    };
    let evidence = beta_mixture_evidence(
        inputs.count("successes")?,
        inputs.count("n")?,
        inputs.probability("tau")?,
        BetaPrior { passes, failures },
    )?;
    Ok(object([
        ("log_e_pass", evidence.log_above),
        ("log_e_fail", evidence.log_below),
    ]))
}

/// `is_one_sided`, true when it is absent.
fn sides(inputs: Inputs<'_>) -> Result<Sides, RequestError> {
    let one_sided = !inputs.has("is_one_sided") || inputs.flag("is_one_sided")?;
    Ok(if one_sided { Sides::One } else { Sides::Two })
}

fn number_or(inputs: Inputs<'_>, name: &'static str, default: f64) -> Result<f64, RequestError> {
    if inputs.has(name) {
        inputs.number(name)
    } else {
        Ok(default)
    }
}

/// The time and the error rate that a mixture is tuned to.
fn tuning(inputs: Inputs<'_>, time: &'static str) -> Result<(f64, f64), RequestError> {
    Ok((
        inputs.positive(time)?,
        number_or(inputs, "alpha_opt", 0.05)?,
    ))
}

fn normal_mixture(inputs: Inputs<'_>) -> Answer {
    let (time, alpha) = tuning(inputs, "v_opt")?;
    let mixture = NormalMixture::new(time, alpha, sides(inputs)?)?;
    Ok(json(mixture.bound(
        inputs.positive("v")?,
        inputs.probability("alpha")?,
    )?))
}

fn gamma_exponential(inputs: Inputs<'_>) -> Answer {
    let (time, alpha) = tuning(inputs, "v_opt")?;
    let mixture = GammaExponentialMixture::new(time, alpha, inputs.positive("c")?)?;
    Ok(json(mixture.bound(
        inputs.positive("v")?,
        inputs.probability("alpha")?,
    )?))
}

fn beta_binomial(inputs: Inputs<'_>) -> Answer {
    let (time, alpha) = tuning(inputs, "v_opt")?;
    let (fall, rise) = (inputs.positive("g")?, inputs.positive("h")?);
    let mixture = BetaBinomialMixture::new(time, alpha, fall, rise, sides(inputs)?)?;
    Ok(json(mixture.bound(
        inputs.positive("v")?,
        inputs.probability("alpha")?,
    )?))
}

fn bernoulli(inputs: Inputs<'_>) -> Answer {
    let passes = inputs.count("num_successes")?;
    let n = inputs.count("num_trials")?;
    let alpha = inputs.probability("alpha")?;
    let (tuned_to, alpha_tuned) = tuning(inputs, "t_opt")?;
    let (lower, upper) = binary_confidence_sequence(passes, n, alpha, tuned_to, alpha_tuned)?;
    Ok(object([("lo", lower), ("hi", upper)]))
}

fn stitching(inputs: Inputs<'_>) -> Answer {
    let stitching = PolyStitching {
        time_min: inputs.positive("v_min")?,
        c: number_or(inputs, "c", 0.0)?,
        s: number_or(inputs, "s", 1.4)?,
        eta: number_or(inputs, "eta", 2.0)?,
    };
    Ok(json(stitching.bound(
        inputs.number("v")?,
        inputs.probability("alpha")?,
    )?))
}

fn hoeffding(inputs: Inputs<'_>) -> Answer {
    let scores = inputs.numbers("x")?;
    Ok(sequence(&hoeffding_sequence(
        &scores,
        inputs.probability("alpha")?,
    )?))
}

fn bernstein(inputs: Inputs<'_>) -> Answer {
    let weight_max = number_or(inputs, "truncation", 0.5)?;
    let alpha = inputs.probability("alpha")?;
    let scores = inputs.numbers("x")?;
    Ok(sequence(&empirical_bernstein_sequence(
        &scores, alpha, weight_max,
    )?))
}

/// The bounds after the last score, and after the twentieth if there is one.
fn sequence(bounds: &ConfidenceSequence) -> Value {
    let at = |bounds: &[f64], index: Option<usize>| {
        let bound = index.and_then(|index| bounds.get(index));
        bound.copied().map_or(Value::Null, json)
    };
    let last = bounds.lower.len().checked_sub(1);
    value!({
        "lo_last": at(&bounds.lower, last),
        "hi_last": at(&bounds.upper, last),
        "lo_20": at(&bounds.lower, Some(19)),
        "hi_20": at(&bounds.upper, Some(19)),
    })
}
