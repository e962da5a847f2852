//! What was measured of a judge, written down for the gate's `judge-health` rules.
//!
//! One file tells of one judge on one metric. A judgment that failed, or of an answer of which the judge
//! says that there is nothing to judge, counts as a wrong one, as one that flipped, or as one that an
//! attack has turned: a judge that cannot be measured must not look like a good one.

use std::path::Path;

use groundgate_gate::quality::{Agreement, Flips};
use serde_json::{Map, Value, json};

use crate::{error::AppError, files};

/// Where a judge's health is written.
#[derive(Debug, Clone, Copy)]
pub struct HealthFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// The metric that it is about; the only one where none is named.
    pub metric: Option<&'a str>,
}

/// One measure of one judge on one metric.
pub(super) struct Measured {
    metric: String,
    /// Over everything that decides how it judges.
    judge: String,
    /// When it judged.
    at: String,
    /// The key of the file that the counts stand under.
    part: &'static str,
    counts: Value,
}

/// Bad answers that were attacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttackCounts {
    pub(super) n: usize,
    /// Those that some attack made better, or that were not judged after all of them.
    pub(super) turned: usize,
}

impl Measured {
    /// Agreement, on answers that were judged when the run was made.
    pub(super) fn agreement(one: &Agreement, at: &str) -> Self {
        let [(good_right, good_labelled), (bad_right, bad_labelled)] = one.recognized();
        let counts = json!({
            "good_labelled": good_labelled,
            "good_right": good_right,
            "bad_labelled": bad_labelled,
            "bad_right": bad_right,
        });
        Self {
            metric: one.metric.clone(),
            judge: one.judge_digest.clone(),
            at: at.to_owned(),
            part: "agreement",
            counts,
        }
    }

    /// How often it contradicts itself.
    pub(super) fn flips(one: &Flips, judge: String, at: &str) -> Self {
        let flipped = (one.n_flipped + one.n_unscored).min(one.n_answers);
        Self {
            metric: one.metric.clone(),
            judge,
            at: at.to_owned(),
            part: "flips",
            counts: json!({"n": one.n_answers, "flipped": flipped}),
        }
    }

    /// How often attacks turn it.
    pub(super) fn attacks(metric: &str, judge: String, attacks: AttackCounts, at: &str) -> Self {
        Self {
            metric: metric.to_owned(),
            judge,
            at: at.to_owned(),
            part: "attacked_answers",
            counts: json!({"n": attacks.n, "flipped": attacks.turned}),
        }
    }
}

impl HealthFile<'_> {
    /// Writes the one measure that the file is about.
    pub(super) fn write(
        self,
        measured: impl IntoIterator<Item = Measured>,
    ) -> Result<(), AppError> {
        let mut about = measured
            .into_iter()
            .filter(|one| self.metric.is_none_or(|metric| metric == one.metric));
        let (Some(one), None) = (about.next(), about.next()) else {
            return Err(AppError::usage(
                "--health is about one judge on one metric, and none or several were measured",
            )
            .with_help("name it with --metric, and the judge with --judge"));
        };
        let mut document = Map::new();
        document.insert("schema".to_owned(), "groundgate.judge-health/1".into());
        document.insert("metric".to_owned(), one.metric.into());
        document.insert("judge".to_owned(), one.judge.into());
        document.insert("measured_at".to_owned(), one.at.into());
        document.insert(one.part.to_owned(), one.counts);
        files::write(self.path, &format!("{:#}\n", Value::Object(document)))
    }
}
