//! Scores in lists: `[{"name": "faithfulness", "value": 0.5}, …]`.

use serde_json::{Map, Value};

use super::each;
use crate::table::Record;

/// Turns a list under `scores` into an object by name.
pub(crate) fn listed(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |mut fields| {
        if let Some(Value::Array(items)) = fields.get("scores") {
            let scores = by_name(items);
            fields.insert("scores".to_owned(), Value::Object(scores));
        }
        fields
    })
}

/// Scores by name; a name that comes twice keeps its first value only where both are the same, and is
/// missing otherwise: nobody can say which one counts.
pub(super) fn by_name(items: &[Value]) -> Map<String, Value> {
    let mut scores = Map::new();
    for item in items {
        let name = ["name", "metric", "key", "metric_name"]
            .iter()
            .find_map(|key| item.get(*key)?.as_str());
        let Some(name) = name else { continue };
        let value = ["score", "value", "numberValue", "passed", "pass"]
            .iter()
            .find_map(|key| item.get(*key).filter(|value| !value.is_null()));
        let value = value.cloned().unwrap_or(Value::Null);
        let name = name.trim().to_lowercase().replace([' ', '-'], "_");
        match scores.get(&name) {
            Some(earlier) if *earlier != value => scores.insert(name, Value::Null),
            _ => scores.insert(name, value),
        };
    }
    scores
}
