//! Indexes as systems under test, as written: no answer is generated, and what is measured are the passages.

use std::path::Path;

use groundgate_endpoints::copilot::{RetrieverSettings, VectorSearchSettings};
use groundgate_model::toml_reader::Table;
use serde_json::Value;

use super::{
    auth::AuthStyle,
    endpoint::{self, Provider},
    http,
    model::segment,
    parts::passages,
    read::ranged,
    settings::CopilotKind,
};

/// Passages that are asked for where the file does not say.
const NUM_RESULTS: u64 = 10;

const QUERY_TYPES: [(&str, &str); 3] = [
    ("ann", "ANN"),
    ("hybrid", "HYBRID"),
    ("full-text", "FULL_TEXT"),
];

/// Reads `kind = "databricks-vector-search"`.
pub(super) fn vector_search(
    table: Table<'_, '_>,
    folder: &Path,
    concurrency: usize,
) -> Option<CopilotKind> {
    let own = [
        "name",
        "kind",
        "host",
        "index",
        "columns",
        "num-results",
        "query-type",
        "filters",
    ];
    table.only(&[&endpoint::KEYS[..], &own[..]].concat());
    table.needs_with_help(
        "index",
        "the index's full name: index = \"main.kb.docs_index\"",
    );
    table.needs_with_help(
        "columns",
        "which columns a passage is made of: columns = { id = \"id\", text = \"text\" }",
    );
    let provider = Provider {
        url_key: "host",
        url: None,
        auth: AuthStyle::Databricks,
        key_variable: None,
    };
    let endpoint = endpoint::read(table, provider, folder, concurrency);
    let index = segment(table, "index").map(str::to_owned);
    let num_results = if table.has("num-results") {
        ranged(&table, "num-results", 1..=1000)
    } else {
        Some(NUM_RESULTS)
    };
    let query_type = table.choice("query-type", &QUERY_TYPES);
    let filters = if table.has("filters") {
        Some(filters(table)?)
    } else {
        None
    };
    let columns = table.table("columns")?;
    columns.only(&["id", "text", "source"]);
    columns.needs(&["id", "text"]);
    let column = |key: &str| columns.text(key).map(str::to_owned);
    Some(CopilotKind::VectorSearch {
        endpoint: Box::new(endpoint?),
        settings: Box::new(VectorSearchSettings {
            index: index?,
            id: column("id")?,
            text: column("text")?,
            source: column("source"),
            num_results: u32::try_from(num_results?).ok()?,
            query_type: query_type.map(str::to_owned),
            filters,
        }),
    })
}

/// JSON in a text; `None` where it is none and was reported.
fn filters(table: Table<'_, '_>) -> Option<Value> {
    let written = table.text("filters")?;
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(written) {
        return Some(value);
    }
    table.report_with_help(
        "filters",
        "`filters` is not a JSON object",
        "columns and values: filters = '{\"lang\": \"en\"}'",
    );
    None
}

/// Reads `kind = "retriever"`.
pub(super) fn over_http(
    table: Table<'_, '_>,
    folder: &Path,
    concurrency: usize,
) -> Option<CopilotKind> {
    let own = ["name", "kind", "url", "body", "passages"];
    table.only(&[&endpoint::KEYS[..], &own[..]].concat());
    table.needs_with_help(
        "url",
        "where the index is asked: url = \"https://host/search\"",
    );
    table.needs_with_help(
        "body",
        "JSON with a place for the question: body = '{\"query\": \"{{question}}\", \"k\": 10}'",
    );
    table.needs_with_help(
        "passages",
        "where they are: passages = { path = \"$.hits\", text = \"$.text\", id = \"$.id\" }",
    );
    let endpoint = endpoint::read(table, Provider::anywhere("url"), folder, concurrency);
    let body = http::body(table);
    let passages = passages(table);
    Some(CopilotKind::Retriever {
        endpoint: Box::new(endpoint?),
        settings: Box::new(RetrieverSettings {
            body: body?,
            passages: passages?,
        }),
    })
}
