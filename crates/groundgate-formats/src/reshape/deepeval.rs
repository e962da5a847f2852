//! DeepEval's test runs: metrics in a list.

use serde_json::Value;

use super::{each, scores::by_name, set};
use crate::table::Record;

/// `metricsData` becomes `scores`.
pub(crate) fn test_run(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |mut fields| {
        for name in ["metricsData", "metrics_data"] {
            if let Some(Value::Array(items)) = fields.remove(name) {
                let scores = by_name(&items);
                fields.insert("scores".to_owned(), Value::Object(scores));
            }
        }
        let seconds = fields.get("runDuration").cloned();
        set(&mut fields, "latency_s", seconds.as_ref());
        // A test case's own name is not unique in a run of several files.
        fields.remove("name");
        fields
    })
}
