//! `judge-health`: a judge is shown to judge well enough; if not, nothing that it measured can be told.
//!
//! It reads a `groundgate.judge-health/1` file of counts, so that every bound is computed here:
//!
//! ```json
//! {"schema": "groundgate.judge-health/1", "judge": "<digest>", "measured_at": "2026-11-20T10:00:00Z",
//!  "agreement": {"good_labelled": 120, "good_right": 114, "bad_labelled": 90, "bad_right": 83},
//!  "flips":        {"n": 100, "flipped": 2},
//!  "attacked_answers": {"n": 80, "flipped": 0}}
//! ```
//!
//! Not shown is inconclusive, never a fail: the product is not blamed for the instrument.

use std::slice;

use groundgate_model::{
    trial::{ControlCounts, builtin_metric},
    unit::Digest,
};
use groundgate_stats::{agreement::KappaBound, correction::Recognized, interval::Passes};
use serde::Deserialize;
use serde_json::Value;

use super::base::{
    AskedFact, AsksFacts, Claim, Found, Holds, Key, Kind, Reader, Setting, Settings, Threshold,
    count, no_data_in,
};
use crate::{
    controls::Rates,
    facts::{Age, date_at},
    policy::find_metric,
    sentence,
    verdict::{AllowedSide, Finding, Verdict},
};

/// A judge is shown to judge well enough; if not, nothing that it measured can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeHealth {
    /// Where it was measured.
    pub source: Source,
    /// A metric that the judge measures.
    pub metric: String,
    /// Which of its measures.
    pub measure: Measure,
    /// The threshold: a least agreement, or a largest share of flips.
    pub threshold: f64,
    /// Fewer labels (or trials) say nothing.
    pub min_labels: usize,
}

/// Where a judge was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// In a file.
    File {
        /// Its name.
        file: String,
        /// An older measurement says nothing.
        max_age: Age,
    },
    /// In the run that is judged: claims of known label in its calls.
    Run,
}

pub(super) const KIND: Kind<super::FactKind> = Kind {
    name: "judge-health",
    passes: "the judge is shown to judge well enough; if not, what it measured is inconclusive",
    claim: Claim::Fact,
    keys: &[
        Key::needed("metric", Holds::Text, "a metric that the judge measures"),
        Key::needed(
            "measure",
            Holds::OneOf(&["agreement", "flip-rate", "attack-flip-rate", "controls"]),
            "what of the judge was measured",
        ),
        Key::optional(
            "file",
            Holds::Text,
            "a `groundgate.judge-health/1` file; `controls` are in the run itself and need none",
        ),
        Key::optional(
            "max-age",
            Holds::Age,
            "an older measurement says nothing; needed with a file",
        )
        .tightened(),
        Key::optional(
            "min",
            Holds::Number,
            "the agreement, or the share of controls told right, is at least this",
        )
        .tightened(),
        Key::optional("max", Holds::Number, "the share of flips is at most this").tightened(),
        Key::optional(
            "min-labels",
            Holds::Whole(1),
            "fewer judged answers say nothing; 50 where it is not said",
        )
        .tightened(),
    ],
    read,
};

const SCHEMA: &str = "groundgate.judge-health/1";
/// Fewer labels say next to nothing of a judge.
const LEAST_LABELS: u32 = 50;
/// Digits of a digest that name a judge.
const LEAST_DIGITS: usize = 12;

/// What of a judge is held against a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Cohen's kappa with people's labels; at least.
    Agreement,
    /// The share of answers that it judges otherwise when asked again; at most.
    FlipRate,
    /// The share of bad answers that an attack in their text makes good; at most.
    AttackFlipRate,
    /// The shares of the run's own controls that it told right, supported ones and others; at least.
    Controls,
}

impl Measure {
    /// The name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::FlipRate => "flip-rate",
            Self::AttackFlipRate => "attack-flip-rate",
            Self::Controls => "controls",
        }
    }

    /// Which side of the threshold is allowed.
    pub const fn side(self) -> AllowedSide {
        match self {
            Self::Agreement | Self::Controls => AllowedSide::AtLeast,
            Self::FlipRate | Self::AttackFlipRate => AllowedSide::AtMost,
        }
    }
}

/// The file; fields that other measures need may be absent, unknown ones are for others.
#[derive(Debug, Deserialize)]
pub(crate) struct Health {
    schema: String,
    judge: String,
    agreement: Option<Labels>,
    pub(crate) flips: Option<Flips>,
    pub(crate) attacked_answers: Option<Flips>,
    /// As files of earlier versions count: attacks, of which one answer has many.
    #[serde(default)]
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
pub(crate) struct Flips {
    pub(crate) n: usize,
    pub(crate) flipped: usize,
}

/// A measure with its bound on the side that matters.
struct Measured {
    point: f64,
    bound: f64,
    /// The error rate of the bound.
    alpha: f64,
    n: usize,
}

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::FactKind> {
    let table = reader.table;
    let metric = judged_metric(reader);
    let measures = [
        Measure::Agreement,
        Measure::FlipRate,
        Measure::AttackFlipRate,
        Measure::Controls,
    ];
    let measures = measures.map(|measure| (measure.name(), measure));
    let min_labels = reader
        .layers
        .read("min-labels", LEAST_LABELS, |table, key| {
            count(table, key, LEAST_LABELS)
        });
    let measure = table.choice("measure", &measures)?;
    let source = source(reader, measure);
    let (key, other) = match measure.side() {
        AllowedSide::AtLeast => ("min", "max"),
        AllowedSide::AtMost => ("max", "min"),
    };
    table.needs(&[key]);
    if table.has(other) {
        let message = format!("`{}` has a `{key}` and no `{other}`", measure.name());
        table.report(other, message);
    }
    let threshold = reader.number(key)?;
    let inside = threshold.number > 0.0 && threshold.number < 1.0;
    let rule = JudgeHealth {
        threshold: threshold.allow(inside, "above 0 and below 1")?,
        source: source?,
        metric: metric?,
        measure,
        min_labels: usize::try_from(min_labels?).ok()?,
    };
    Some(rule.into())
}

/// Where the measurement stands.
fn source(reader: &Reader<'_, '_, '_>, measure: Measure) -> Option<Source> {
    let table = reader.table;
    if measure == Measure::Controls {
        for key in ["file", "max-age"].into_iter().filter(|key| table.has(key)) {
            let message = format!("controls are in the run itself: there is no `{key}`");
            table.report(key, message);
        }
        return Some(Source::Run);
    }
    table.needs(&["file", "max-age"]);
    let (file, max_age) = (reader.file(), reader.max_age());
    Some(Source::File {
        file: file?,
        max_age: max_age?,
    })
}

/// A metric that a judge measures: plain checks have no judge to doubt.
fn judged_metric(reader: &Reader<'_, '_, '_>) -> Option<String> {
    let name = reader.table.text("metric")?;
    let spec = find_metric(reader.known, name);
    if let Some(spec) = spec.filter(|spec| builtin_metric(&spec.name).is_none()) {
        return Some(spec.name);
    }
    let known = reader.known.keys().map(String::as_str);
    let known = known.filter(|name| builtin_metric(name).is_none());
    let document = reader.table.document();
    document.report_unknown(
        reader.table.at_value("metric"),
        "judged metric",
        name,
        known,
    );
    None
}

impl AsksFacts for JudgeHealth {
    fn threshold(&self) -> Option<Threshold> {
        None
    }

    fn set_threshold(&mut self, _value: f64) -> bool {
        false
    }

    fn files(&self) -> &[String] {
        match &self.source {
            Source::File { file, .. } => slice::from_ref(file),
            Source::Run => &[],
        }
    }

    fn settings(&self) -> Settings {
        let own = [
            ("metric", Setting::word(&self.metric)),
            ("measure", Setting::word(self.measure.name())),
            Setting::threshold(self.measure.side(), self.threshold),
            ("min-labels", Setting::at_least(self.min_labels)),
        ];
        match &self.source {
            Source::Run => own.into(),
            Source::File { file, max_age } => [("file", Setting::word(file))]
                .into_iter()
                .chain(own)
                .chain([("max-age", Setting::not_older(*max_age))])
                .collect(),
        }
    }

    fn finding(&self, asked: &AskedFact<'_>) -> Finding {
        let threshold = Threshold {
            side: self.measure.side(),
            value: self.threshold,
        };
        let shape = asked.shape(&self.metric, "", threshold);
        shape.finding(match self.measured(asked) {
            Err(why) => Found::open(why),
            Ok(measured) if measured.n < self.min_labels.max(1) => Found {
                observed: Some(measured.point),
                ..Found::open(format!(
                    "too few to tell: {} judged answers, the policy requires {}",
                    measured.n, self.min_labels
                ))
            },
            Ok(measured) => against(self.measure, &measured, self.threshold),
        })
    }

    fn is_about_a_judge(&self) -> bool {
        true
    }
}

impl JudgeHealth {
    fn measured(&self, asked: &AskedFact<'_>) -> Result<Measured, String> {
        let column = asked.candidate.columns.get(&self.metric);
        let Source::File { file, max_age } = &self.source else {
            let counts = column.map(|column| &column.controls);
            return of_controls(counts, &self.metric, asked.alpha);
        };
        let instrument = column.map(|column| column.instrument);
        let document = asked.document(file)?;
        let measured = date_at(document, "/measured_at")
            .and_then(|date| asked.age(date, *max_age))
            .and_then(|_age| of_judge(document, instrument))
            .and_then(|health| measured(&health, self.measure, asked.alpha));
        measured.map_err(|why| no_data_in(file, &why))
    }
}

/// The lower of the two rates on hard controls, each with its bound: both have to be shown.
fn of_controls(
    counts: Option<&ControlCounts>,
    metric: &str,
    alpha: f64,
) -> Result<Measured, String> {
    let counts = counts.ok_or_else(|| sentence::not_measured(metric))?;
    let Rates {
        sensitivity,
        specificity,
    } = Rates::of(counts);
    let (Some(sensitivity), Some(specificity)) = (sensitivity, specificity) else {
        return Err(sentence::no_controls(metric));
    };
    let bound = |rate: Passes| rate.clopper_pearson_lower(alpha);
    Ok(Measured {
        point: sensitivity.share().min(specificity.share()),
        bound: bound(sensitivity).min(bound(specificity)),
        alpha,
        n: sensitivity.trials().min(specificity.trials()),
    })
}

fn against(measure: Measure, measured: &Measured, threshold: f64) -> Found {
    let (is_shown, side) = match measure.side() {
        AllowedSide::AtLeast => (measured.bound >= threshold, "at least"),
        AllowedSide::AtMost => (measured.bound <= threshold, "at most"),
    };
    Found {
        verdict: if is_shown {
            Verdict::Pass
        } else {
            Verdict::Inconclusive
        },
        sentence: format!(
            "the judge's {} is {:.3}, {} {side} {:.3}, from {} answers; {side} {threshold} is wanted",
            measure.name(),
            measured.point,
            sentence::confident(measured.alpha),
            measured.bound,
            measured.n
        ),
        observed: Some(measured.point),
    }
}

fn measured(health: &Health, measure: Measure, alpha: f64) -> Result<Measured, String> {
    let of_flips = |flips: Option<Flips>| {
        let flips = flips.ok_or_else(|| format!("it has no {}", measure.name()))?;
        share_of_flips(flips, alpha)
    };
    match measure {
        Measure::Agreement => {
            let labels = health
                .agreement
                .ok_or_else(|| "it has no agreement".to_owned())?;
            let [good, bad] = labels.recognized()?;
            let bound = KappaBound::new(good, bad, alpha);
            Ok(Measured {
                point: bound.value,
                bound: bound.lower,
                alpha,
                n: labels.good_labelled.saturating_add(labels.bad_labelled),
            })
        }
        Measure::FlipRate => of_flips(health.flips),
        Measure::AttackFlipRate
            if health.attacked_answers.is_none() && health.attack_flips.is_some() =>
        {
            Err(
                "it counts attacks, and many of them are on one answer; measure again, by answers"
                    .to_owned(),
            )
        }
        Measure::AttackFlipRate => of_flips(health.attacked_answers),
        // Never read from a file.
        Measure::Controls => Err("it has no controls".to_owned()),
    }
}

/// What a file says of the judge that measured the candidate; of another one it says nothing.
pub(crate) fn of_judge(document: &Value, instrument: Option<Digest>) -> Result<Health, String> {
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
    pub(crate) fn recognized(&self) -> Option<[Recognized; 2]> {
        self.agreement.and_then(|labels| labels.recognized().ok())
    }
}

impl Labels {
    fn recognized(self) -> Result<[Recognized; 2], String> {
        if self.good_labelled == 0 || self.bad_labelled == 0 {
            return Err("labels of one class only say nothing of agreement".to_owned());
        }
        let counted =
            |right, labelled| Recognized::new(right, labelled).map_err(|error| error.to_string());
        Ok([
            counted(self.good_right, self.good_labelled)?,
            counted(self.bad_right, self.bad_labelled)?,
        ])
    }
}

fn share_of_flips(Flips { n, flipped }: Flips, alpha: f64) -> Result<Measured, String> {
    let passes = Passes::new(flipped, n).map_err(|error| error.to_string())?;
    Ok(Measured {
        point: passes.share(),
        bound: passes.clopper_pearson_upper(alpha),
        alpha,
        n,
    })
}
