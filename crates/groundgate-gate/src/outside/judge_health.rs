//! Rules about the ruler: whether a judge is shown to judge well enough.
//!
//! They read a `groundgate.judge-health/1` file of counts, so that every bound is computed here:
//!
//! ```json
//! {"schema": "groundgate.judge-health/1", "judge": "<digest>", "measured_at": "2026-11-20T10:00:00Z",
//!  "agreement": {"good_labelled": 120, "good_right": 114, "bad_labelled": 90, "bad_right": 83},
//!  "flips":        {"n": 100, "flipped": 2},
//!  "attack_flips": {"n": 80, "flipped": 0}}
//! ```
//!
//! Not shown is inconclusive, never a fail: the product is not blamed for the ruler.

use groundgate_model::{trial::ScoreTable, unit::Digest};
use groundgate_stats::{agreement::KappaBound, correction::Recognized, interval::Passes};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Age, FactKind, FactRule, Facts,
    document::date_at,
    evidence::{self, Found, Shape, no_data},
};
use crate::verdict::{Bar, Finding, Verdict};

const SCHEMA: &str = "groundgate.judge-health/1";
/// Digits of a digest that name a judge.
const LEAST_DIGITS: usize = 12;

/// What of a judge is held against a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Cohen's kappa with people's labels; at least.
    Agreement,
    /// The share of answers that it judges otherwise when asked again; at most.
    FlipRate,
    /// The share of bad answers that an attack in their text makes good; at most.
    AttackFlipRate,
}

impl Measure {
    /// The name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::FlipRate => "flip-rate",
            Self::AttackFlipRate => "attack-flip-rate",
        }
    }

    /// Which side of the bar is allowed.
    pub const fn bar(self) -> Bar {
        match self {
            Self::Agreement => Bar::AtLeast,
            Self::FlipRate | Self::AttackFlipRate => Bar::AtMost,
        }
    }
}

/// The file; fields that other measures need may be absent, unknown ones are for others.
#[derive(Debug, Deserialize)]
pub(super) struct Health {
    schema: String,
    judge: String,
    agreement: Option<Labels>,
    flips: Option<Flips>,
    attack_flips: Option<Flips>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Labels {
    good_labelled: usize,
    good_right: usize,
    bad_labelled: usize,
    bad_right: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Flips {
    n: usize,
    flipped: usize,
}

/// A measure with its bound on the side that matters.
struct Measured {
    point: f64,
    bound: f64,
    n: usize,
}

/// What a rule about a judge finds; nothing for other kinds of rules.
pub(super) fn finding(
    rule: &FactRule,
    facts: &Facts,
    candidate: &ScoreTable,
    alpha: f64,
) -> Option<Finding> {
    let FactKind::JudgeHealth {
        file,
        metric,
        measure,
        threshold,
        min_labels,
        max_age,
    } = &rule.kind
    else {
        return None;
    };
    let shape = Shape {
        id: &rule.id,
        kind: rule.kind.name(),
        metric,
        unit: "",
        why: rule.why.as_deref(),
        line: rule.line,
        bar: measure.bar(),
        threshold: *threshold,
    };
    let instrument = candidate
        .columns
        .get(metric)
        .map(|column| column.instrument);
    let measured = evidence::document(facts, file).and_then(|document| {
        let of_file = |why: String| no_data(file, &why);
        dated(document, *max_age, facts).map_err(of_file)?;
        measured(document, (*measure, instrument), alpha).map_err(of_file)
    });
    Some(shape.finding(match measured {
        Err(why) => Found::open(why),
        Ok(measured) if measured.n < (*min_labels).max(1) => Found {
            observed: Some(measured.point),
            ..Found::open(format!(
                "too few to tell: {} judged answers, the policy wants {min_labels}",
                measured.n
            ))
        },
        Ok(measured) => against(*measure, &measured, *threshold),
    }))
}

fn against(measure: Measure, measured: &Measured, threshold: f64) -> Found {
    let (is_shown, side, bound) = match measure.bar() {
        Bar::AtLeast => (measured.bound >= threshold, "at least", "surely at least"),
        Bar::AtMost => (measured.bound <= threshold, "at most", "surely at most"),
    };
    Found {
        verdict: if is_shown {
            Verdict::Pass
        } else {
            Verdict::Inconclusive
        },
        sentence: format!(
            "the judge's {} is {:.3}, {bound} {:.3}, from {} answers; {side} {threshold} is wanted",
            measure.name(),
            measured.point,
            measured.bound,
            measured.n
        ),
        observed: Some(measured.point),
    }
}

fn dated(document: &Value, max_age: Age, facts: &Facts) -> Result<Age, String> {
    evidence::age(date_at(document, "/measured_at")?, max_age, facts.at)
}

fn measured(
    document: &Value,
    (measure, instrument): (Measure, Option<Digest>),
    alpha: f64,
) -> Result<Measured, String> {
    let health = of_judge(document, instrument)?;
    let of_flips = |flips: Option<(usize, usize)>| {
        let flips = flips.ok_or_else(|| format!("it has no {}", measure.name()))?;
        share_of_flips(flips, alpha)
    };
    match measure {
        Measure::Agreement => {
            let labels = health
                .agreement
                .ok_or_else(|| "it has no agreement".to_owned())?;
            let (good, bad) = labels.recognized()?;
            let bound = KappaBound::new(good, bad, alpha);
            Ok(Measured {
                point: bound.value,
                bound: bound.lower,
                n: labels.good_labelled.saturating_add(labels.bad_labelled),
            })
        }
        Measure::FlipRate => of_flips(health.flips()),
        Measure::AttackFlipRate => of_flips(health.attack_flips()),
    }
}

/// What a file says of the judge that measured the candidate; of another one it says nothing.
pub(super) fn of_judge(document: &Value, instrument: Option<Digest>) -> Result<Health, String> {
    let health = Health::deserialize(document).map_err(|error| error.to_string())?;
    if health.schema != SCHEMA {
        return Err(format!("its schema is not `{SCHEMA}`"));
    }
    let judge = health.judge.to_lowercase();
    let is_this_judge = judge.len() >= LEAST_DIGITS
        && instrument.is_some_and(|digest| digest.to_string().starts_with(&judge));
    if is_this_judge {
        Ok(health)
    } else {
        Err("it is of another judge than the one that measured this run".to_owned())
    }
}

impl Health {
    /// What the judge recognized of the good and of the bad answers; `None` where that is not there.
    pub(super) fn recognized(&self) -> Option<(Recognized, Recognized)> {
        self.agreement.and_then(|labels| labels.recognized().ok())
    }

    /// How many answers were judged otherwise, of how many.
    pub(super) fn flips(&self) -> Option<(usize, usize)> {
        self.flips.map(|flips| (flips.flipped, flips.n))
    }

    /// How many attacks worked, of how many.
    pub(super) fn attack_flips(&self) -> Option<(usize, usize)> {
        self.attack_flips.map(|flips| (flips.flipped, flips.n))
    }
}

impl Labels {
    fn recognized(self) -> Result<(Recognized, Recognized), String> {
        if self.good_labelled == 0 || self.bad_labelled == 0 {
            return Err("labels of one class only say nothing of agreement".to_owned());
        }
        let counted =
            |right, labelled| Recognized::new(right, labelled).map_err(|error| error.to_string());
        Ok((
            counted(self.good_right, self.good_labelled)?,
            counted(self.bad_right, self.bad_labelled)?,
        ))
    }
}

fn share_of_flips((flipped, n): (usize, usize), alpha: f64) -> Result<Measured, String> {
    let passes = Passes::new(flipped, n).map_err(|error| error.to_string())?;
    Ok(Measured {
        point: passes.share(),
        bound: passes.clopper_pearson_upper(alpha),
        n,
    })
}
