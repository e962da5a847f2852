//! Every score of a run, one JSON object per trial, for scripts and notebooks. What has no score has a
//! reason instead: there is no null and no sentinel.

use groundgate_model::trial::{Cell, ScoreTable};
use serde_json::{Map, Value, json};

/// Renders the tables below each other, candidate and baseline for example.
pub fn render_jsonl(tables: &[&ScoreTable]) -> String {
    let mut text = String::new();
    for table in tables {
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        for (index, case) in table.cases.iter().enumerate() {
            for attempt in 0..attempts {
                let trial = index.saturating_mul(attempts).saturating_add(attempt);
                let (scores, unscored) = cells(table, trial);
                let line = json!({
                    "run": table.run_id, "variant": table.variant,
                    "case": case.id, "cluster": case.cluster, "critical": case.critical,
                    "tags": case.tags.as_ref(), "attempt": attempt,
                    "scores": scores, "unscored": unscored,
                });
                text += &line.to_string();
                text.push('\n');
            }
        }
    }
    text
}

fn cells(table: &ScoreTable, trial: usize) -> (Map<String, Value>, Map<String, Value>) {
    let (mut scores, mut unscored) = (Map::new(), Map::new());
    for (name, column) in &table.columns {
        let reason = match column.cells.get(trial) {
            Some(Cell::Scored(value)) if value.is_finite() => {
                scores.insert(name.clone(), json!(value));
                continue;
            }
            Some(Cell::Scored(_)) => "not a number".to_owned(),
            Some(Cell::NotApplicable) => "not applicable".to_owned(),
            Some(Cell::Unscored(reason)) => reason.to_string(),
            None => "not in this run".to_owned(),
        };
        unscored.insert(name.clone(), reason.into());
    }
    (scores, unscored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::tests::table;

    #[test]
    fn every_planned_trial_is_a_line_and_every_metric_is_in_it_once() {
        let table = table("run");
        let text = render_jsonl(&[&table]);
        assert_eq!(text.lines().count(), table.planned());
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let count = |name: &str| line[name].as_object().unwrap().len();
            assert_eq!(count("scores") + count("unscored"), table.columns.len());
            assert!(
                line["scores"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(Value::is_number)
            );
        }
    }
}
