//! The two steps of the model: from a claim to its log odds, from the claims to the answer.

use std::collections::BTreeMap;

use groundgate_judge::embedded::{
    Features,
    answer_score::{self, ANSWER_INPUTS, ODDS_INPUTS},
};

use crate::{
    boost::{Boosted, Growth, Table, boost},
    fit::{Example, Fitted, fit},
    rows::{self, Row},
};

/// A labelled answer, read.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) row: Row,
    /// The features of its claims.
    pub(crate) claims: Vec<Features>,
    /// The same with an irrelevant passage added, for some answers: seen in training only.
    pub(crate) with_junk: Option<Vec<Features>>,
    /// For each claim, whether a human marked something in it; none where only the answer is known.
    pub(crate) marks: Option<Vec<bool>>,
    /// For each claim, whether only conflicts were marked.
    pub(crate) conflicts: Vec<bool>,
    /// The fold, by group.
    pub(crate) fold: usize,
}

impl Case {
    /// Whether models may learn from it.
    pub(crate) fn is_trained_on(&self) -> bool {
        self.row.dataset != rows::MEASURED_ONLY.0
    }

    /// Whether it is a model's answer to a question with retrieved passages.
    pub(crate) fn is_retrieved(&self) -> bool {
        self.row.dataset == rows::RETRIEVED
    }

    /// Whether its question was set aside: the conflicts of these are measured, and nobody read them.
    pub(crate) fn is_set_aside(&self) -> bool {
        (self.fold / 15).is_multiple_of(4)
    }

    /// Labels of a source are comparable; a data set of several corpora is several sources.
    pub(crate) fn source(&self) -> String {
        match self.row.dataset {
            "begin" | "faithdial_audit" => format!("{} {}", self.row.dataset, self.row.subset),
            dataset => dataset.to_owned(),
        }
    }
}

/// Trees over a claim by itself.
const ALONE: Growth = Growth {
    trees: 70,
    leaves: 8,
    rate: 0.15,
    rows_min: 60.0,
    ridge: 10.0,
    inputs_share: 0.35,
    rows_share: 0.7,
    seed: 1,
};

/// Trees over a claim and its neighbors.
const AMONG: Growth = Growth {
    trees: 90,
    leaves: 15,
    rate: 0.14,
    rows_min: 40.0,
    ridge: 5.0,
    inputs_share: 0.2,
    rows_share: 0.8,
    seed: 1,
};

/// Trees over an answer.
const ANSWER: Growth = Growth {
    trees: 90,
    leaves: 6,
    rate: 0.08,
    rows_min: 30.0,
    ridge: 10.0,
    inputs_share: 0.2,
    rows_share: 0.7,
    seed: 1,
};

/// A claim with nothing but conflicts weighs as much as this many others: they are one in sixty.
const CONFLICT_WEIGHT: f64 = 3.0;

/// What an answer with an irrelevant passage weighs.
const JUNK_WEIGHT: f64 = 1.0;

/// A source weighs at most as much as this many claims.
const SOURCE_CLAIMS: f64 = 3000.0;

/// A source weighs at most as much as this many answers.
const SOURCE_ANSWERS: f64 = 500.0;

/// How much the models for several claims say at most: of a claim, of an answer.
const SHARES: [f64; 2] = [0.75, 0.8];

/// What the model for any answer looks at: the worst claim, and means. Numbers of claims and of words tell how
/// long answers are in one data set, and that misleads in others.
const ANY_INPUTS: [usize; 4] = [0, 4, 6, 8];

/// Answers with so many claims are those that such models learn from, if so many of these claims are bad.
const SEVERAL: usize = 3;
const BAD_MIN: usize = 1000;

/// Whether a feature compares a claim with the passages. The others tell how an answer is written, which
/// holds within one benchmark only.
fn compares(name: &str) -> bool {
    let at = |name: &str| Features::NAMES.iter().position(|other| *other == name);
    let also = [
        "words",
        "content_words",
        "question_overlap",
        "coverage_or_question",
    ];
    let question = ["question_coverage", "question_support", "question_close"];
    at(name) < at("words") || also.contains(&name) || question.contains(&name)
}

/// From a claim to log odds that it is unsupported.
pub(crate) struct OfClaims {
    pub(crate) linear: Fitted,
    pub(crate) alone: Boosted,
    pub(crate) alone_start: f64,
    pub(crate) among: Boosted,
    pub(crate) among_start: f64,
    /// How much the trees over a claim among others say at most.
    pub(crate) share: f64,
}

impl OfClaims {
    pub(crate) fn log_odds(&self, claims: &[Features]) -> Vec<f32> {
        let claims: Vec<&Features> = claims.iter().collect();
        let share = self.share * f64::from(answer_score::several(claims.len()));
        let rows = answer_score::with_neighbors(&claims);
        rows.iter()
            .map(|row| self.of_row(row, share) as f32)
            .collect()
    }

    fn of_row(&self, row: &[f32], share: f64) -> f64 {
        let exact: Vec<f64> = row.iter().map(|input| f64::from(*input)).collect();
        let trees = self.alone_start + self.alone.sum(row);
        let alone = f64::midpoint(self.linear.log_odds(&exact), trees);
        alone + share * (self.among_start + self.among.sum(row) - alone)
    }
}

/// What is learned from: inputs, whether it is bad, its source, its weight within the source.
#[derive(Default)]
struct Examples {
    inputs: Vec<Vec<f32>>,
    positive: Vec<bool>,
    source: Vec<usize>,
    weight: Vec<f64>,
    names: BTreeMap<String, usize>,
}

impl Examples {
    fn add(&mut self, inputs: Vec<f32>, positive: bool, source: String, weight: f64) {
        let fresh = self.names.len();
        self.source.push(*self.names.entry(source).or_insert(fresh));
        self.inputs.push(inputs);
        self.positive.push(positive);
        self.weight.push(weight);
    }

    /// Weights under which a source counts for at most `cap`.
    fn capped(&self, cap: f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.names.len()];
        for (source, weight) in self.source.iter().zip(&self.weight) {
            sums[*source] += weight;
        }
        let each = self.source.iter().zip(&self.weight);
        each.map(|(source, weight)| weight * f64::min(cap / sums[*source], 1.0))
            .collect()
    }

    /// The log odds of each example's source, and their mean.
    fn starts(&self) -> (Vec<f64>, f64) {
        let mut counts = vec![(0.0, 0.0); self.names.len()];
        for ((source, positive), weight) in self.source.iter().zip(&self.positive).zip(&self.weight)
        {
            counts[*source].0 += weight;
            counts[*source].1 += weight * f64::from(u8::from(*positive));
        }
        let odds = |(all, positive): &(f64, f64)| {
            let share = (positive / all).clamp(0.02, 0.98);
            (share / (1.0 - share)).ln()
        };
        let log_odds: Vec<f64> = counts.iter().map(odds).collect();
        let mean = log_odds.iter().sum::<f64>() / log_odds.len() as f64;
        (self.source.iter().map(|own| log_odds[*own]).collect(), mean)
    }

    fn boosted(&self, cap: f64, growth: Growth) -> (Boosted, f64) {
        let (starts, mean) = self.starts();
        let table = Table {
            inputs: &self.inputs,
            positive: &self.positive,
            weight: &self.capped(cap),
            start: &starts,
        };
        (boost(&table, growth), mean)
    }

    fn fitted(&self, cap: f64, ridge: f64) -> Fitted {
        let weights = self.capped(cap);
        let each = self
            .inputs
            .iter()
            .zip(&self.positive)
            .zip(&self.source)
            .zip(weights);
        let examples: Vec<Example> = each
            .map(|(((inputs, positive), source), weight)| Example {
                inputs: inputs.iter().map(|input| f64::from(*input)).collect(),
                source: *source,
                positive: *positive,
                weight,
            })
            .collect();
        fit(&examples, ridge)
    }

    fn n_positive(&self) -> usize {
        self.positive.iter().filter(|positive| **positive).count()
    }
}

/// Learns from marked claims, from answers of one claim, and from the claims of grounded answers.
pub(crate) fn of_claims<'c>(cases: impl Iterator<Item = &'c Case>) -> OfClaims {
    let (mut all, mut several) = (Examples::default(), Examples::default());
    for case in cases {
        let Some(marks) = &case.marks else { continue };
        let junk = case
            .with_junk
            .as_ref()
            .filter(|junk| junk.len() == case.claims.len());
        for (claims, own) in [(Some(&case.claims), 1.0), (junk, JUNK_WEIGHT)] {
            let Some(claims) = claims else { continue };
            let claims: Vec<&Features> = claims.iter().collect();
            let rows = answer_score::with_neighbors(&claims);
            for ((row, mark), only) in rows.into_iter().zip(marks).zip(&case.conflicts) {
                let weight = own * if *only { CONFLICT_WEIGHT } else { 1.0 };
                if claims.len() >= SEVERAL {
                    several.add(row.clone(), *mark, case.source(), weight);
                }
                all.add(alone(row), *mark, case.source(), weight);
            }
        }
    }
    let (among, among_start, share) = match several.n_positive() {
        n if n >= BAD_MIN => {
            let (trees, start) = several.boosted(f64::INFINITY, AMONG);
            (trees, start, SHARES[0])
        }
        _ => (Boosted::default(), 0.0, 0.0),
    };
    let (alone, alone_start) = all.boosted(SOURCE_CLAIMS, ALONE);
    OfClaims {
        linear: all.fitted(SOURCE_CLAIMS, 50.0),
        alone,
        alone_start,
        among,
        among_start,
        share,
    }
}

/// Only what compares the claim with the passages; the rest is nothing.
fn alone(mut row: Vec<f32>) -> Vec<f32> {
    row.truncate(Features::NAMES.len());
    for (input, name) in row.iter_mut().zip(Features::NAMES) {
        if !compares(name) {
            *input = 0.0;
        }
    }
    row
}

/// From claims to log odds that the answer is not grounded.
pub(crate) struct OfAnswers {
    pub(crate) any: Fitted,
    pub(crate) several: Fitted,
    pub(crate) trees: Boosted,
    pub(crate) start: f64,
    /// How much the two for several claims say at most.
    pub(crate) share: f64,
}

impl OfAnswers {
    pub(crate) fn log_odds(&self, claims: &[Features], odds: &[f32]) -> f64 {
        let inputs = inputs(claims, odds);
        let exact: Vec<f64> = inputs.iter().map(|input| f64::from(*input)).collect();
        let any = self.any.log_odds(&exact);
        let share = self.share * f64::from(answer_score::several(claims.len()));
        if share > 0.0 {
            let trees = self.start + self.trees.sum(&inputs);
            any + share * (f64::midpoint(self.several.log_odds(&exact), trees) - any)
        } else {
            any
        }
    }
}

fn inputs(claims: &[Features], odds: &[f32]) -> Vec<f32> {
    let claims: Vec<&Features> = claims.iter().collect();
    answer_score::answer_inputs(&claims, odds)
}

/// Learns from claims as they come later: scored by models that have not seen them.
pub(crate) fn of_answers<'c>(cases: impl Iterator<Item = (&'c Case, &'c Vec<f32>)>) -> OfAnswers {
    let (mut all, mut several) = (Examples::default(), Examples::default());
    let mut n_bad = 0;
    for (case, odds) in cases {
        let mut inputs = inputs(&case.claims, odds);
        if case.claims.len() >= SEVERAL {
            n_bad += case.marks.iter().flatten().filter(|mark| **mark).count();
            several.add(inputs.clone(), case.row.ungrounded, case.source(), 1.0);
        }
        inputs.truncate(ODDS_INPUTS);
        for (place, input) in inputs.iter_mut().enumerate() {
            *input = if ANY_INPUTS.contains(&place) {
                *input
            } else {
                0.0
            };
        }
        all.add(inputs, case.row.ungrounded, case.source(), 1.0);
    }
    let any = all.fitted(SOURCE_ANSWERS, 20.0);
    if n_bad < BAD_MIN {
        let none = Fitted {
            weights: vec![0.0; ANSWER_INPUTS],
            intercept: 0.0,
        };
        return OfAnswers {
            any,
            several: none,
            trees: Boosted::default(),
            start: 0.0,
            share: 0.0,
        };
    }
    let (trees, start) = several.boosted(f64::INFINITY, ANSWER);
    OfAnswers {
        any,
        several: several.fitted(f64::INFINITY, 100.0),
        trees,
        start,
        share: SHARES[1],
    }
}
