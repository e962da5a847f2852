//! groundgate's own trials: the case in an object of its own.

use serde_json::Value;

use super::each;
use crate::table::Record;

/// `{"case": {…}, "answer": …}`: the case's fields at the top.
pub(crate) fn trial(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |mut fields| {
        if let Some(Value::Object(case)) = fields.get("case").cloned() {
            fields.remove("case");
            fields.extend(case);
        }
        fields
    })
}
