//! HotpotQA and its kin: `supporting_facts` name the documents that the answer rests on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::each;
use crate::table::Record;

/// Titles of supporting facts become the expected documents.
pub(crate) fn questions(_notes: &mut Vec<String>, records: Vec<Record>) -> Vec<Record> {
    each(records, |mut fields| {
        let titles: BTreeSet<String> = match fields.get("supporting_facts") {
            Some(Value::Array(pairs)) => {
                let first = pairs.iter().filter_map(|pair| pair.get(0)?.as_str());
                first.map(str::to_owned).collect()
            }
            Some(Value::Object(columns)) => {
                let titles = columns.get("title").and_then(Value::as_array);
                let titles = titles.into_iter().flatten().filter_map(Value::as_str);
                titles.map(str::to_owned).collect()
            }
            _ => BTreeSet::new(),
        };
        fields.remove("supporting_facts");
        let titles = titles.into_iter().map(Value::from).collect();
        fields.insert("expected_documents".to_owned(), Value::Array(titles));
        fields
    })
}
