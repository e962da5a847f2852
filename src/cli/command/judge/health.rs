//! What was measured of a judge, written down for the gate's `judge-health` rules.
//!
//! One file tells of one judge on one metric. A judgment that failed, or of an answer of which the judge
//! says that there is nothing to judge, counts as a wrong one, as one that flipped, or as one that an
//! attack has turned: a judge that cannot be measured must not look like a good one.

use std::path::Path;

use groundgate_gate::quality::{Agreement, Flips};
use serde_json::{Map, Value, json};

use super::super::super::terminal::Terminal;
use groundgate_app::{AppError, clock, files};

/// One measure of one judge on one metric.
pub(super) struct Measured {
    pub(super) metric: String,
    /// Over everything that decides how it judges.
    pub(super) judge: String,
    /// When it judged.
    pub(super) at: String,
    /// The key of the file that the counts stand under.
    pub(super) part: &'static str,
    pub(super) counts: Value,
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

    /// How often it contradicts itself, measured just now.
    pub(super) fn flips(one: &Flips, judge: String, terminal: &Terminal) -> Self {
        let flipped = (one.n_flipped + one.n_unscored).min(one.n_answers);
        Self {
            metric: one.metric.clone(),
            judge,
            at: now(terminal),
            part: "flips",
            counts: json!({"n": one.n_answers, "flipped": flipped}),
        }
    }

    /// How often attacks turn it, measured just now.
    pub(super) fn attacks(
        metric: &str,
        judge: String,
        attacks: AttackCounts,
        terminal: &Terminal,
    ) -> Self {
        Self {
            metric: metric.to_owned(),
            judge,
            at: now(terminal),
            part: "attacked_answers",
            counts: json!({"n": attacks.n, "flipped": attacks.turned}),
        }
    }
}

fn now(terminal: &Terminal) -> String {
    clock::rfc3339(terminal.now())
}

/// Writes what was measured, where a file is asked for.
pub(super) fn write(
    path: Option<&Path>,
    metric: Option<&str>,
    measured: impl IntoIterator<Item = Measured>,
    terminal: &Terminal,
) -> Result<(), AppError> {
    let Some(path) = path else {
        return Ok(());
    };
    let mut about = measured
        .into_iter()
        .filter(|one| metric.is_none_or(|metric| metric == one.metric));
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
    files::write(path, &format!("{:#}\n", Value::Object(document)))?;
    terminal.note(&format!("wrote {}", path.display()));
    Ok(())
}
