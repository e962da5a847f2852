//! Requests about agreement, human labels, ranks and variance components.

use std::collections::BTreeMap;

use crate::{
    agreement::{
        Crosstable, IccForm, Level, Ratings, Weighting, cohen_kappa, fleiss_kappa, gwet_ac1,
        intraclass_correlation, krippendorff_alpha,
    },
    correction::{
        prediction_powered::{
            JudgeWeight, JudgedSample, PpiEstimate, prediction_powered_bounds,
            prediction_powered_p_above, prediction_powered_z,
        },
        rogan_gladen::{JudgedShare, rogan_gladen},
    },
    interval::{
        dirichlet::PseudoWeight,
        rank::{Alternative, mann_whitney, sign_flip_exact, wilcoxon_exact},
    },
    reference::inputs::{Answer, Inputs, RequestError, json, object},
    variance::{
        Costs, NestedScores, Repeats, optimal_repeats, variance_components,
        variance_components_reml,
    },
};

/// The request's answer, if `method` is in this table.
pub(super) fn evaluate(method: &str, inputs: Inputs<'_>) -> Option<Answer> {
    if let Some(kind) = method.strip_prefix("cohen_kappa_") {
        return kappa(kind, inputs);
    }
    if let Some(level) = method.strip_prefix("krippendorff_alpha_") {
        let level = level_named(level.trim_end_matches("_missing"))?;
        return Some(alpha(inputs, level));
    }
    if let Some(weight) = method.strip_prefix("ppi_mean_ci") {
        return Some(ppi_interval(weight, inputs));
    }
    if let Some(side) = method.strip_prefix("sign_flip_exact_") {
        let side = alternative(side)?;
        return Some(differences(inputs).and_then(|d| Ok(json(sign_flip_exact(&d, side)?))));
    }
    if let Some(side) = method.strip_prefix("wilcoxon_exact_") {
        return Some(wilcoxon(inputs, alternative(side)?));
    }
    if let Some(form) = icc_form(method) {
        return Some(icc(inputs, form));
    }
    Some(match method {
        "fleiss_kappa" => ratings(inputs).and_then(|ratings| Ok(json(fleiss_kappa(&ratings)?))),
        "gwet_ac1_binary" | "gwet_ac1" => {
            ratings(inputs).and_then(|ratings| Ok(json(gwet_ac1(&ratings)?)))
        }
        "ppi_mean_pval_larger" => ppi_p_value(inputs),
        "PPI-MOVER" => ppi_mover(inputs),
        "rogan_gladen_lee2025" => corrected_share(inputs),
        "mannwhitney_asymptotic_ties" | "mannwhitney_asymptotic" => mann_whitney_test(inputs),
        "nested_REML(unbalanced)" | "nested_REML(balanced)" => components(inputs, true),
        "nested_ANOVA(balanced)" => components(inputs, false),
        "optimal_j_k" => optimal(inputs),
        _ => return None,
    })
}

/// Two raters as `r1` and `r2`, or any number as `ratings_by_rater`; null is a missing rating.
fn ratings(inputs: Inputs<'_>) -> Result<Ratings, RequestError> {
    let rows = if inputs.has("ratings_by_rater") {
        inputs.sparse_rows("ratings_by_rater")?
    } else {
        let rater = |name| {
            let scores = inputs.numbers(name)?;
            Ok::<Vec<_>, RequestError>(scores.into_iter().map(Some).collect())
        };
        vec![rater("r1")?, rater("r2")?]
    };
    Ok(Ratings::by_rater(&rows)?)
}

fn kappa(kind: &str, inputs: Inputs<'_>) -> Option<Answer> {
    let weighting = match kind {
        "None" | "unweighted" | "with_se" => Weighting::Unweighted,
        "linear" | "linear_with_se" => Weighting::Linear,
        "quadratic" | "quadratic_with_se" => Weighting::Quadratic,
        _ => return None,
    };
    let table = || -> Result<Crosstable, RequestError> {
        Ok(if inputs.has("table") {
            Crosstable::new(inputs.rows("table")?)?
        } else {
            Crosstable::of(&ratings(inputs)?)?
        })
    };
    let answer = || -> Answer {
        let kappa = cohen_kappa(&table()?, weighting)?;
        if !kind.ends_with("with_se") {
            return Ok(json(kappa.value));
        }
        let (lower, upper) = kappa.bounds(0.025)?;
        Ok(object([
            ("kappa", kappa.value),
            ("std_kappa", kappa.se),
            ("std_kappa0", kappa.se_null),
            ("lo", lower),
            ("hi", upper),
        ]))
    };
    Some(answer())
}

fn level_named(name: &str) -> Option<Level> {
    Some(match name {
        "nominal" => Level::Nominal,
        "ordinal" => Level::Ordinal,
        "interval" => Level::Interval,
        "ratio" => Level::Ratio,
        _ => return None,
    })
}

fn alpha(inputs: Inputs<'_>, level: Level) -> Answer {
    Ok(json(krippendorff_alpha(&ratings(inputs)?, level)?))
}

fn icc_form(method: &str) -> Option<IccForm> {
    Some(match method {
        "ICC(1,1)" => IccForm::OneWaySingle,
        "ICC(1,k)" => IccForm::OneWayMean,
        "ICC(A,1)" => IccForm::AgreementSingle,
        "ICC(A,k)" => IccForm::AgreementMean,
        "ICC(C,1)" => IccForm::ConsistencySingle,
        "ICC(C,k)" => IccForm::ConsistencyMean,
        _ => return None,
    })
}

/// `ci95` to two decimals, as the reference has it; `lower` and `upper` in full.
fn icc(inputs: Inputs<'_>, form: IccForm) -> Answer {
    let icc = intraclass_correlation(&ratings(inputs)?, form, 0.025)?;
    let mut answer = object([
        ("icc", icc.value),
        ("F", icc.f),
        ("df1", icc.df1),
        ("df2", icc.df2),
        ("p", icc.p_value),
        ("lower", icc.lower),
        ("upper", icc.upper),
    ]);
    if let Some(fields) = answer.as_object_mut() {
        let rounded = [icc.lower, icc.upper].map(|bound| json((100.0 * bound).round() / 100.0));
        fields.insert("ci95".to_owned(), rounded.into_iter().collect());
    }
    Ok(answer)
}

struct Labelled {
    human: Vec<f64>,
    judge: Vec<f64>,
    judge_unlabelled: Vec<f64>,
}

impl Labelled {
    fn read(inputs: Inputs<'_>) -> Result<Self, RequestError> {
        Ok(Self {
            human: inputs.numbers("Y")?,
            judge: inputs.numbers("Yhat")?,
            judge_unlabelled: inputs.numbers("Yhat_unlabeled")?,
        })
    }

    fn sample(&self) -> JudgedSample<'_> {
        JudgedSample {
            human: &self.human,
            judge: &self.judge,
            judge_unlabelled: &self.judge_unlabelled,
        }
    }
}

/// `lam`; null tunes it, and without it plain prediction-powered inference is meant.
fn judge_weight(inputs: Inputs<'_>) -> Result<JudgeWeight, RequestError> {
    if inputs.is_null("lam") {
        Ok(JudgeWeight::Tuned)
    } else if inputs.has("lam") {
        Ok(JudgeWeight::Fixed(inputs.number("lam")?))
    } else {
        Ok(JudgeWeight::Fixed(1.0))
    }
}

/// The weight is part of the method's name, `_lam=0.5` or `_lam=None`.
fn ppi_interval(name: &str, inputs: Inputs<'_>) -> Answer {
    let weight = match name.strip_prefix("_lam=") {
        Some("None") => JudgeWeight::Tuned,
        Some(number) => match number.parse() {
            Ok(lambda) => JudgeWeight::Fixed(lambda),
            Err(_) => {
                return Err(RequestError::Unsupported(format!("ppi_mean_ci{name}")));
            }
        },
        None => judge_weight(inputs)?,
    };
    let labelled = Labelled::read(inputs)?;
    let two_sided = inputs.probability("alpha")?;
    let PpiEstimate {
        point,
        lower,
        upper,
        ..
    } = prediction_powered_z(&labelled.sample(), weight, 0.5 * two_sided)?;
    Ok(object([("est", point), ("lo", lower), ("hi", upper)]))
}

fn ppi_p_value(inputs: Inputs<'_>) -> Answer {
    let labelled = Labelled::read(inputs)?;
    let threshold = inputs.number("null")?;
    Ok(json(prediction_powered_p_above(
        &labelled.sample(),
        judge_weight(inputs)?,
        threshold,
    )?))
}

fn ppi_mover(inputs: Inputs<'_>) -> Answer {
    let labelled = Labelled::read(inputs)?;
    let weight = pseudo_weight(inputs)?;
    let lambda = inputs.number("lam")?;
    let alpha = inputs.probability("alpha")?;
    let bounds = prediction_powered_bounds(&labelled.sample(), lambda, weight, alpha)?;
    Ok(object([
        ("est", bounds.point),
        ("lower", bounds.lower),
        ("upper", bounds.upper),
    ]))
}

fn pseudo_weight(inputs: Inputs<'_>) -> Result<PseudoWeight, RequestError> {
    let h = inputs.number("h")?;
    [PseudoWeight::One, PseudoWeight::Half]
        .into_iter()
        .find(|weight| weight.shape().total_cmp(&h).is_eq())
        .ok_or(RequestError::Input {
            name: "h",
            wanted: "1 or 0.5",
        })
}

fn corrected_share(inputs: Inputs<'_>) -> Answer {
    let judged = JudgedShare {
        passed: inputs.number("p")?,
        n: inputs.number("n")?,
        sensitivity: inputs.number("sensitivity")?,
        n_good: inputs.number("m1")?,
        specificity: inputs.number("specificity")?,
        n_bad: inputs.number("m0")?,
    };
    let share = rogan_gladen(&judged, 0.5 * inputs.probability("alpha")?)?;
    Ok(object([
        ("est", share.point),
        ("lo", share.lower),
        ("hi", share.upper),
    ]))
}

fn alternative(name: &str) -> Option<Alternative> {
    Some(match name {
        "two_sided" => Alternative::TwoSided,
        "greater" => Alternative::Greater,
        "less" => Alternative::Less,
        _ => return None,
    })
}

fn differences(inputs: Inputs<'_>) -> Result<Vec<f64>, RequestError> {
    inputs.numbers("d")
}

/// The statistic is the sum of positive ranks; two-sided, the smaller of both sums.
fn wilcoxon(inputs: Inputs<'_>, alternative: Alternative) -> Answer {
    let test = wilcoxon_exact(&differences(inputs)?, alternative)?;
    let statistic = match alternative {
        Alternative::TwoSided => test.positive_ranks.min(test.negative_ranks),
        Alternative::Greater | Alternative::Less => test.positive_ranks,
    };
    Ok(object([("stat", statistic), ("p", test.p_value)]))
}

fn mann_whitney_test(inputs: Inputs<'_>) -> Answer {
    let side = if inputs.has("alternative") {
        let name = inputs.text("alternative")?.replace('-', "_");
        alternative(&name).ok_or(RequestError::Input {
            name: "alternative",
            wanted: "two-sided, greater or less",
        })?
    } else {
        Alternative::TwoSided
    };
    let test = mann_whitney(&inputs.numbers("x")?, &inputs.numbers("y")?, side)?;
    Ok(object([
        ("U", test.u),
        ("p", test.p_value),
        ("auc", test.auc),
    ]))
}

/// Scores in long form: `y` with the `question` and the `sample` (a run of it) of each.
fn components(inputs: Inputs<'_>, reml: bool) -> Answer {
    let scores = inputs.numbers("y")?;
    let (questions, runs) = (inputs.labels("question")?, inputs.labels("sample")?);
    if questions.len() != scores.len() || runs.len() != scores.len() {
        return Err(RequestError::Input {
            name: "question",
            wanted: "as long as y and sample",
        });
    }
    let mut nested: BTreeMap<String, BTreeMap<String, Vec<f64>>> = BTreeMap::new();
    for ((score, question), run) in scores.into_iter().zip(questions).zip(runs) {
        let runs = nested.entry(question).or_default();
        runs.entry(run).or_default().push(score);
    }
    let questions = nested
        .into_values()
        .map(|runs| runs.into_values().collect());
    let scores = NestedScores::new(questions.collect())?;
    let components = if reml {
        variance_components_reml(&scores)?
    } else {
        variance_components(&scores)?
    };
    Ok(object([
        ("var_question", components.question),
        ("var_sample", components.run.unwrap_or(f64::NAN)),
        ("var_judge", components.vote.unwrap_or(f64::NAN)),
        ("mean", components.mean),
        ("se", components.se),
    ]))
}

fn optimal(inputs: Inputs<'_>) -> Answer {
    let repeats = Repeats {
        question: inputs.number("var_question")?,
        run: inputs.number("var_sample")?,
        vote: inputs.number("var_judge")?,
    };
    let costs = Costs {
        question: inputs.number("cost_question")?,
        copilot: inputs.number("cost_copilot")?,
        judge: inputs.number("cost_judge")?,
    };
    let (votes, runs) = optimal_repeats(repeats, costs)?;
    Ok(object([("j_star", votes), ("k_star", runs)]))
}
