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

use serde::Deserialize;
use serde_json::Value;

use super::{
    Age, FactKind, FactRule, Facts,
    document::date_at,
    evidence::{self, Found, Shape, no_data},
};
use crate::{
    gate::verdict::{Bar, Finding, Verdict},
    stats::binomial::Passes,
    trial::ScoreTable,
    unit::{Digest, count_to_f64},
};

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
struct Health {
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
    let health = Health::deserialize(document).map_err(|error| error.to_string())?;
    if health.schema != SCHEMA {
        return Err(format!("its schema is not `{SCHEMA}`"));
    }
    let judge = health.judge.to_lowercase();
    let is_this_judge = judge.len() >= LEAST_DIGITS
        && instrument.is_some_and(|digest| digest.to_string().starts_with(&judge));
    if !is_this_judge {
        return Err("it is of another judge than the one that measured this run".to_owned());
    }
    let of_flips = |flips: Option<Flips>| {
        let flips = flips.ok_or_else(|| format!("it has no {}", measure.name()))?;
        share_of_flips(flips, alpha)
    };
    match measure {
        Measure::Agreement => {
            let labels = health
                .agreement
                .ok_or_else(|| "it has no agreement".to_owned())?;
            kappa(labels, alpha)
        }
        Measure::FlipRate => of_flips(health.flips),
        Measure::AttackFlipRate => of_flips(health.attack_flips),
    }
}

fn share_of_flips(flips: Flips, alpha: f64) -> Result<Measured, String> {
    let passes = Passes::new(flips.flipped, flips.n).map_err(|error| error.to_string())?;
    Ok(Measured {
        point: passes.share(),
        bound: passes.clopper_pearson_upper(alpha),
        n: flips.n,
    })
}

fn kappa(labels: Labels, alpha: f64) -> Result<Measured, String> {
    if labels.good_labelled == 0 || labels.bad_labelled == 0 {
        return Err("labels of one class only say nothing of agreement".to_owned());
    }
    let passes = |right, labelled| Passes::new(right, labelled).map_err(|error| error.to_string());
    let good = passes(labels.good_right, labels.good_labelled)?;
    let bad = passes(labels.bad_right, labels.bad_labelled)?;
    let n = labels.good_labelled.saturating_add(labels.bad_labelled);
    let share_good = count_to_f64(labels.good_labelled) / count_to_f64(n);
    Ok(Measured {
        point: kappa_of(good.share(), bad.share(), share_good),
        bound: kappa_of(
            good.clopper_pearson_lower(alpha / 2.0),
            bad.clopper_pearson_lower(alpha / 2.0),
            share_good,
        ),
        n,
    })
}

/// Cohen's kappa of a judge that recognizes these shares of the good and of the bad answers, among
/// labels of which `share_good` are good: 2 p (1 − p) J / (p + q − 2 p q) with J = good + bad − 1 and q
/// what the judge calls good. It grows with both shares, so that at their lower bounds, each at half the
/// error rate, it is a lower bound itself, exact also where every label was met.
fn kappa_of(good: f64, bad: f64, share_good: f64) -> f64 {
    let called_good = share_good.mul_add(good, (1.0 - share_good) * (1.0 - bad));
    let room = (share_good * called_good).mul_add(-2.0, share_good + called_good);
    2.0 * share_good * (1.0 - share_good) * (good + bad - 1.0) / room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::agreement::{Crosstable, Weighting, cohen_kappa};

    #[test]
    fn kappa_is_cohens_and_its_bound_lies_below() {
        for (good_right, good, bad_right, bad) in
            [(114, 120, 83, 90), (5, 5, 5, 5), (40, 50, 10, 50)]
        {
            let measured = kappa(
                Labels {
                    good_labelled: good,
                    good_right,
                    bad_labelled: bad,
                    bad_right,
                },
                0.05,
            )
            .unwrap();
            let cell = count_to_f64;
            let table = Crosstable::new(vec![
                vec![cell(good_right), cell(good - good_right)],
                vec![cell(bad - bad_right), cell(bad_right)],
            ])
            .unwrap();
            let theirs = cohen_kappa(&table, Weighting::Unweighted).unwrap();
            assert!(
                (measured.point - theirs.value).abs() < 1e-12,
                "{}",
                measured.point
            );
            assert!(measured.bound < measured.point, "{}", measured.bound);
        }
    }

    #[test]
    fn kappa_grows_with_what_the_judge_recognizes() {
        let shares = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0];
        for share_good in [0.01, 0.3, 0.5, 0.8, 0.99] {
            for pair in shares.windows(2) {
                for other in shares {
                    assert!(
                        kappa_of(pair[0], other, share_good)
                            <= kappa_of(pair[1], other, share_good) + 1e-12
                            && kappa_of(other, pair[0], share_good)
                                <= kappa_of(other, pair[1], share_good) + 1e-12
                    );
                }
            }
        }
    }
}
