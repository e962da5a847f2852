//! The two models of the judge: one for any text, one for answers over several passages.

use std::collections::BTreeMap;

use groundgate_judge::embedded::{
    Features,
    answer_score::{self, Sentence, Shape},
};

use crate::{
    boost::{Boosted, Growth, Table, boost},
    fit::{Example, Fitted, fit},
    rows::Row,
};

/// A labelled answer, read.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) row: Row,
    pub(crate) sentences: Vec<Sentence>,
    /// For each sentence, whether a human marked something in it; none where only the answer is known.
    pub(crate) marks: Option<Vec<bool>>,
    /// For each sentence, whether only conflicts were marked.
    pub(crate) conflicts: Vec<bool>,
    /// The fold, by group.
    pub(crate) fold: usize,
}

impl Case {
    /// What the answer is scored as.
    pub(crate) fn shape(&self) -> Shape {
        Shape::of(&self.row.question, self.row.context.len())
    }

    /// Labels of a source are comparable; a data set of several corpora is several sources.
    fn source(&self) -> String {
        match self.row.dataset {
            "begin" | "faithdial_audit" => format!("{} {}", self.row.dataset, self.row.subset),
            dataset => dataset.to_owned(),
        }
    }
}

const GENERAL: Growth = Growth {
    trees: 200,
    leaves: 8,
    rate: 0.05,
    rows_min: 60.0,
    ridge: 10.0,
    inputs_share: 0.4,
    rows_share: 0.7,
    seed: 1,
};

const RETRIEVED: Growth = Growth {
    trees: 250,
    leaves: 15,
    rate: 0.05,
    rows_min: 40.0,
    ridge: 5.0,
    inputs_share: 0.35,
    rows_share: 0.8,
    seed: 1,
};

const HEAD: Growth = Growth {
    trees: 150,
    leaves: 6,
    rate: 0.05,
    rows_min: 30.0,
    ridge: 10.0,
    inputs_share: 0.2,
    rows_share: 0.7,
    seed: 1,
};

/// A sentence with nothing but conflicts weighs as much as this many others: they are one in sixty.
const CONFLICT_WEIGHT: f64 = 3.0;

/// A source weighs at most as much as this many sentences.
const SOURCE_SENTENCES: f64 = 3000.0;

/// The model for any text.
pub(crate) struct General {
    pub(crate) linear: Fitted,
    pub(crate) trees: Boosted,
    pub(crate) start: f64,
}

impl General {
    pub(crate) fn log_odds(&self, inputs: &[f32]) -> f64 {
        let exact: Vec<f64> = inputs.iter().map(|input| f64::from(*input)).collect();
        f64::midpoint(
            self.linear.log_odds(&exact),
            self.start + self.trees.sum(inputs),
        )
    }
}

/// Whether a feature compares a sentence with the passages. The others tell how an answer is written,
/// which holds within one benchmark only.
fn compares(name: &str) -> bool {
    let names = Features::NAMES;
    let at = |name: &str| names.iter().position(|other| *other == name);
    let elsewhere = [
        "spread",
        "question_coverage",
        "coverage_or_question",
        "question_overlap",
    ];
    at(name) < at("words") && !elsewhere.contains(&name)
}

/// Trains the model for any text: on marked sentences, on answers of one sentence, and on the
/// sentences of answers that are grounded throughout.
pub(crate) fn general<'c>(cases: impl Iterator<Item = &'c Case>) -> General {
    let allowed: Vec<bool> = Features::NAMES.iter().map(|name| compares(name)).collect();
    let mut sources: BTreeMap<String, usize> = BTreeMap::new();
    let mut inputs = Vec::new();
    let mut examples = Vec::new();
    for case in cases {
        let Some(marks) = &case.marks else { continue };
        let n_sources = sources.len();
        let source = *sources.entry(case.source()).or_insert(n_sources);
        for (sentence, mark) in case.sentences.iter().zip(marks) {
            let mut row = sentence.features.inputs().to_vec();
            row.iter_mut()
                .zip(&allowed)
                .filter(|(_, allowed)| !**allowed)
                .for_each(|(x, _)| *x = 0.0);
            let exact = row.iter().map(|x| f64::from(*x)).collect();
            examples.push(Example {
                inputs: exact,
                source,
                positive: *mark,
                weight: 1.0,
            });
            inputs.push(row);
        }
    }
    let mut counts = vec![(0.0, 0.0); sources.len()];
    for example in &examples {
        counts[example.source].0 += 1.0;
        counts[example.source].1 += f64::from(u8::from(example.positive));
    }
    for example in &mut examples {
        example.weight = f64::min(SOURCE_SENTENCES / counts[example.source].0, 1.0);
    }
    let log_odds: Vec<f64> = counts
        .iter()
        .map(|(n, positive)| (positive / n).clamp(0.02, 0.98))
        .map(|share: f64| (share / (1.0 - share)).ln())
        .collect();
    let trees = boost(
        &Table {
            inputs: &inputs,
            positive: &examples
                .iter()
                .map(|example| example.positive)
                .collect::<Vec<_>>(),
            weight: &examples
                .iter()
                .map(|example| example.weight)
                .collect::<Vec<_>>(),
            start: &examples
                .iter()
                .map(|example| log_odds[example.source])
                .collect::<Vec<_>>(),
        },
        GENERAL,
    );
    let start = log_odds.iter().sum::<f64>() / log_odds.len() as f64;
    let mut linear = fit(&examples, 50.0);
    linear
        .weights
        .iter_mut()
        .zip(&allowed)
        .filter(|(_, allowed)| !**allowed)
        .for_each(|(w, _)| *w = 0.0);
    General {
        linear,
        trees,
        start,
    }
}

/// The model for answers over several passages, without its head.
pub(crate) struct Retrieved {
    pub(crate) trees: Boosted,
    pub(crate) start: f64,
}

impl Retrieved {
    pub(crate) fn log_odds(&self, case: &Case) -> Vec<f32> {
        answer_score::with_neighbors(&case.sentences)
            .iter()
            .map(|inputs| (self.start + self.trees.sum(inputs)) as f32)
            .collect()
    }
}

pub(crate) fn retrieved<'c>(cases: impl Iterator<Item = &'c Case>) -> Retrieved {
    let mut inputs = Vec::new();
    let mut positive = Vec::new();
    let mut weight = Vec::new();
    for case in cases {
        inputs.extend(answer_score::with_neighbors(&case.sentences));
        let weights = case
            .conflicts
            .iter()
            .map(|only| if *only { CONFLICT_WEIGHT } else { 1.0 });
        weight.extend(weights);
        positive.extend(case.marks.iter().flatten().copied());
    }
    let share = positive.iter().filter(|mark| **mark).count() as f64 / positive.len() as f64;
    let start = (share / (1.0 - share)).ln();
    let n = inputs.len();
    let table = Table {
        inputs: &inputs,
        positive: &positive,
        weight: &weight,
        start: &vec![start; n],
    };
    Retrieved {
        trees: boost(&table, RETRIEVED),
        start,
    }
}

/// The head for such answers.
pub(crate) struct Head {
    pub(crate) linear: Fitted,
    pub(crate) trees: Boosted,
    pub(crate) start: f64,
}

impl Head {
    pub(crate) fn log_odds(&self, inputs: &[f64]) -> f64 {
        let narrow: Vec<f32> = inputs.iter().map(|input| *input as f32).collect();
        f64::midpoint(
            self.linear.log_odds(inputs),
            self.start + self.trees.sum(&narrow),
        )
    }
}

/// Trains the head. It must see sentences as they come later: by trees that were not grown on them; so
/// the trees are grown `n_folds` times.
pub(crate) fn head(cases: &[&Case], n_folds: usize) -> Head {
    let mut examples = Vec::new();
    for fold in 0..n_folds {
        let is_out = |case: &&&Case| (case.fold / 5) % n_folds == fold;
        let trees = retrieved(cases.iter().filter(|case| !is_out(case)).copied());
        examples.extend(cases.iter().filter(is_out).map(|case| Example {
            inputs: head_inputs(case, &trees),
            source: 0,
            positive: case.row.ungrounded,
            weight: 1.0,
        }));
    }
    let narrow = |row: &Vec<f64>| row.iter().map(|input| *input as f32).collect();
    let inputs: Vec<Vec<f32>> = examples.iter().map(|own| narrow(&own.inputs)).collect();
    let positive: Vec<bool> = examples.iter().map(|own| own.positive).collect();
    let n = examples.len();
    let share = positive.iter().filter(|own| **own).count() as f64 / n as f64;
    let start = (share / (1.0 - share)).ln();
    let table = Table {
        inputs: &inputs,
        positive: &positive,
        weight: &vec![1.0; n],
        start: &vec![start; n],
    };
    Head {
        linear: fit(&examples, 100.0),
        trees: boost(&table, HEAD),
        start,
    }
}

pub(crate) fn head_inputs(case: &Case, trees: &Retrieved) -> Vec<f64> {
    let log_odds = trees.log_odds(case);
    answer_score::head_inputs(&case.sentences, &log_odds)
        .into_iter()
        .map(f64::from)
        .collect()
}

/// From a score to log odds; every data set has a base rate of its own, the mean is kept.
pub(crate) fn scale<'c>(scored: impl Iterator<Item = (&'c Case, f64)>) -> Fitted {
    let mut sources: BTreeMap<String, usize> = BTreeMap::new();
    let mut examples: Vec<Example> = scored
        .map(|(case, score)| {
            let n_sources = sources.len();
            let source = *sources.entry(case.source()).or_insert(n_sources);
            Example {
                inputs: vec![score],
                source,
                positive: case.row.ungrounded,
                weight: 1.0,
            }
        })
        .collect();
    let mut counts = vec![0.0; sources.len()];
    for example in &examples {
        counts[example.source] += 1.0;
    }
    for example in &mut examples {
        example.weight = f64::min(500.0 / counts[example.source], 1.0);
    }
    fit(&examples, 1.0)
}
