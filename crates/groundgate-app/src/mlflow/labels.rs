//! Feedback of people as labels. Who gives feedback by themselves chooses the answers: only where every answer has some
//! were they not chosen.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_formats::mlflow::TraceRow;
use serde_json::json;

/// What became of the feedback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LabelLines {
    /// A label a line.
    pub(super) text: String,
    /// How many.
    pub(super) n: usize,
    /// Feedback that is neither a number nor a yes or no, or of a trace without an answer.
    pub(super) n_without_value: usize,
    /// Of which metrics every answer has a label.
    pub(super) complete: BTreeSet<String>,
}

pub(super) fn lines(rows: &[TraceRow], run: Option<&str>) -> LabelLines {
    let answered: Vec<&TraceRow> = rows.iter().filter(|one| one.row.answer.is_some()).collect();
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &answered {
        let valued = one.human.iter().filter(|label| label.value.is_some());
        let metrics: BTreeSet<&str> = valued.map(|label| label.metric.as_str()).collect();
        for metric in metrics {
            *said.entry(metric).or_default() += 1;
        }
    }
    let mut made = LabelLines {
        complete: said
            .iter()
            .filter(|(_, n)| **n == answered.len())
            .map(|(metric, _)| (*metric).to_owned())
            .collect(),
        ..LabelLines::default()
    };
    for one in rows {
        for label in &one.human {
            let (Some(value), Some(answer)) = (label.value, &one.row.answer) else {
                made.n_without_value += 1;
                continue;
            };
            let queue = if made.complete.contains(&label.metric) {
                "random"
            } else {
                "feedback"
            };
            let line = json!({
                "case": one.row.id, "attempt": one.row.attempt.unwrap_or(0), "run": run, "answer": answer,
                "metric": label.metric, "value": value, "rater": label.rater, "queue": queue,
            });
            made.text.push_str(&line.to_string());
            made.text.push('\n');
            made.n += 1;
        }
    }
    made
}
