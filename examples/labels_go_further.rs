//! How far 100 labels of people go with the embedded judge on the rest: the models of `RAGTruth` as
//! copilots. Verdicts and intervals from 100 labels and the judge (prediction-powered) beside those
//! from the 100 labels alone, and beside the verdicts from all labels, at three levels of confidence.
//!
//! `cargo run --release --example labels_go_further -- path/to/ragtruth_train.jsonl.gz`

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs::File,
    io::{BufRead as _, BufReader},
};

use flate2::read::GzDecoder;
use groundgate_judge::embedded::EmbeddedJudge;
use groundgate_model::unit::{Digest, count_to_f64};
use groundgate_stats::{
    Alphas, Bound, Estimate, LabelledSample, Observation, Plan, Scale, StatsError, Unit,
    bounded_mean, interval::Passes, prediction_powered_mean,
};
use serde::Deserialize;

const LABELS: usize = 100;
const DRAWS: u32 = 1000;
/// Bars that releases are held against.
const FLOORS: [f64; 9] = [0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75];

/// `confidence` in a policy: that of each bound. The first is the default.
const CONFIDENCES: [f64; 3] = [0.95, 0.975, 0.99];

const fn plan(confidence: f64) -> Plan {
    Plan {
        bound: Bound::Exact,
        unit: Unit::Question,
        repeats: 1,
        alphas: Alphas {
            lower: 1.0 - confidence,
            upper: 1.0 - confidence,
        },
    }
}

#[derive(Deserialize)]
struct Row {
    question: Option<String>,
    context: Vec<String>,
    answer: String,
    model: String,
    /// 1: not grounded.
    label: Option<u8>,
}

/// What people and the judge say of one answer: 1 is grounded.
#[derive(Debug, Clone, Copy)]
struct Answer {
    human: f64,
    judge: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("name the file of RAGTruth rows")?;
    let judge = EmbeddedJudge::bundled()?;
    let mut models: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
    for line in BufReader::new(GzDecoder::new(File::open(path)?)).lines() {
        let row: Row = serde_json::from_str(&line?)?;
        let Some(label) = row.label else { continue };
        let passages: Vec<&str> = row.context.iter().map(String::as_str).collect();
        let reading = judge.read(
            row.question.as_deref().unwrap_or(""),
            &row.answer,
            &passages,
        );
        models.entry(row.model).or_default().push(Answer {
            human: f64::from(1 - label.min(1)),
            judge: 1.0 - reading.ungrounded,
        });
    }
    println!(
        "| confidence | copilot | answers | grounded | judge's weight | width to labels alone | verdicts that agree | open | contradicted | by labels alone: agree | open | contradicted |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for confidence in CONFIDENCES {
        for (model, answers) in &models {
            let others = models.iter().filter(|(name, _)| *name != model);
            let weight = slope(others.flat_map(|(_, answers)| answers));
            let study = Study::of(answers, weight, plan(confidence))?;
            println!("| {confidence} | {model} {}", study.row());
        }
    }
    Ok(())
}

/// Covariance of people and judge ÷ the judge's variance.
fn slope<'a>(answers: impl Iterator<Item = &'a Answer>) -> f64 {
    let all: Vec<&Answer> = answers.collect();
    let n = count_to_f64(all.len());
    let mean = |of: fn(&Answer) -> f64| all.iter().map(|one| of(one)).sum::<f64>() / n;
    let (human, judge) = (mean(|one| one.human), mean(|one| one.judge));
    let covariance: f64 = all
        .iter()
        .map(|one| (one.human - human) * (one.judge - judge))
        .sum();
    let variance: f64 = all.iter().map(|one| (one.judge - judge).powi(2)).sum();
    (covariance / variance).clamp(0.0, 1.0)
}

/// One copilot, many draws of labels.
struct Study {
    n: usize,
    grounded: f64,
    lambda: f64,
    width: f64,
    width_of_labels: f64,
    powered: Tally,
    alone: Tally,
}

/// Verdicts beside those from all labels.
#[derive(Default)]
struct Tally {
    agreeing: usize,
    /// One of both cannot tell.
    open: usize,
    contradicted: usize,
}

impl Tally {
    fn add(&mut self, everybody: &Estimate, own: &Estimate) {
        for floor in FLOORS {
            match (verdict(everybody, floor), verdict(own, floor)) {
                (one, other) if one == other => self.agreeing += 1,
                (Some(_), Some(_)) => self.contradicted += 1,
                _ => self.open += 1,
            }
        }
    }

    fn row(&self) -> String {
        format!("{} | {} | {}", self.agreeing, self.open, self.contradicted)
    }
}

impl Study {
    fn of(answers: &[Answer], weight: f64, plan: Plan) -> Result<Self, StatsError> {
        let all: Vec<Observation> = scored(answers.iter().map(|one| one.human));
        let everybody = bounded_mean(&all, Scale::UNIT, plan)?.estimate();
        let lambda = weight / (1.0 + count_to_f64(LABELS) / count_to_f64(answers.len() - LABELS));
        let mut study = Self {
            n: answers.len(),
            grounded: everybody.point,
            lambda,
            width: 0.0,
            width_of_labels: 0.0,
            powered: Tally::default(),
            alone: Tally::default(),
        };
        for draw in 0..DRAWS {
            let mut places: Vec<(Digest, Answer)> = (answers.iter().enumerate())
                .map(|(place, answer)| (Digest::of(format!("{draw} {place}").as_bytes()), *answer))
                .collect();
            places.sort_by_key(|(digest, _)| *digest);
            let drawn: Vec<Answer> = places.into_iter().map(|(_, answer)| answer).collect();
            let (labelled, rest) = drawn.split_at(LABELS);
            let sample = LabelledSample {
                lambda,
                human: scored(labelled.iter().map(|one| one.human)),
                rectifiers: scored(labelled.iter().map(|one| one.human - lambda * one.judge)),
                judge_unlabelled: scored(rest.iter().map(|one| one.judge)),
                answered: Passes::new(answers.len(), answers.len())?,
                failed: 0.0,
            };
            let powered = prediction_powered_mean(&sample, Scale::UNIT, plan)?.estimate();
            let labels = scored(labelled.iter().map(|one| one.human));
            let alone = bounded_mean(&labels, Scale::UNIT, plan)?.estimate();
            study.width += width(&powered);
            study.width_of_labels += width(&alone);
            study.powered.add(&everybody, &powered);
            study.alone.add(&everybody, &alone);
        }
        Ok(study)
    }

    fn row(&self) -> String {
        format!(
            "| {} | {:.1} % | {:.2} | {:.3} | {} | {} |",
            self.n,
            100.0 * self.grounded,
            self.lambda,
            self.width / self.width_of_labels,
            self.powered.row(),
            self.alone.row(),
        )
    }
}

fn scored(values: impl Iterator<Item = f64>) -> Vec<Observation> {
    values.map(Observation::scored).collect()
}

fn width(estimate: &Estimate) -> f64 {
    estimate.upper.unwrap_or(1.0) - estimate.lower.unwrap_or(0.0)
}

/// Passes, fails, or cannot tell.
fn verdict(estimate: &Estimate, floor: f64) -> Option<bool> {
    match (estimate.lower, estimate.upper) {
        (Some(lower), _) if lower > floor => Some(true),
        (_, Some(upper)) if upper < floor => Some(false),
        _ => None,
    }
}
