//! A retriever as the system under test: a question goes in, passages come out, and nothing is generated.
//!
//! Databricks Vector Search replies a table, whose columns are named; any other index over HTTP replies JSON, in which
//! paths lead to the passages. The answer is empty and whole: what is measured of it is its passages.

use std::sync::Arc;

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, Ending, Passage},
    manifest::{Manifest, Written},
    unit::Usd,
};
use serde_json::{Value, json};

use super::{
    Copilot,
    delivered::{delivered, spoken},
    extract::PassagePaths,
    template::{Template, TemplateError},
};
use crate::{
    chat::{BoxFuture, Said},
    transport::{Call, Client, Fault, JsonBody, Target, parse_json},
};

/// An index of Databricks Vector Search as meant.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorSearchSettings {
    /// `catalog.schema.index`.
    pub index: String,
    /// The column of a passage's id.
    pub id: String,
    /// The column of its text.
    pub text: String,
    /// The column of where it is from.
    pub source: Option<String>,
    /// How many passages.
    pub num_results: u32,
    /// `ANN`, `HYBRID` or `FULL_TEXT`; the index's own where it is not said.
    pub query_type: Option<String>,
    /// Which rows of the index count.
    pub filters: Option<Value>,
}

/// Any other index over HTTP as meant.
#[derive(Debug, Clone)]
pub struct RetrieverSettings {
    /// JSON with a place for the question.
    pub body: String,
    /// Where the passages are in the reply.
    pub passages: PassagePaths,
}

#[derive(Debug)]
enum Reading {
    Columns(VectorSearchSettings),
    Paths(PassagePaths),
}

/// Asks an index.
#[derive(Debug)]
pub struct RetrieverCopilot {
    client: Arc<Client>,
    target: Target,
    template: Template,
    reading: Reading,
}

impl RetrieverCopilot {
    /// An index of Databricks Vector Search at the client's workspace.
    pub fn vector_search(
        client: Arc<Client>,
        settings: VectorSearchSettings,
    ) -> Result<Self, TemplateError> {
        let columns = [
            Some(&settings.id),
            Some(&settings.text),
            settings.source.as_ref(),
        ];
        let columns: Vec<&String> = columns.into_iter().flatten().collect();
        let mut body = json!({
            "columns": columns, "query_text": "{{question}}", "num_results": settings.num_results,
        });
        if let Some(fields) = body.as_object_mut() {
            let kind = settings.query_type.clone();
            fields.extend(kind.map(|kind| ("query_type".to_owned(), json!(kind))));
            // A text that holds JSON, as the service wants it.
            let filters = settings.filters.as_ref().map(Value::to_string);
            fields.extend(filters.map(|filters| ("filters_json".to_owned(), json!(filters))));
        }
        let path = format!("api/2.0/vector-search/indexes/{}/query", settings.index);
        Ok(Self {
            target: client.target(&path),
            client,
            template: Template::parse(&body.to_string())?,
            reading: Reading::Columns(settings),
        })
    }

    /// Any index at the client's endpoint.
    pub fn over_http(
        client: Arc<Client>,
        settings: RetrieverSettings,
    ) -> Result<Self, TemplateError> {
        Ok(Self {
            target: client.target(""),
            client,
            template: Template::parse(&settings.body)?,
            reading: Reading::Paths(settings.passages),
        })
    }

    async fn send(&self, case: &Case, attempt: u32) -> Result<Answer, CallFailure> {
        let body = self.template.fill(case, attempt).to_string();
        let call = Call::post_json(&self.target, body);
        let reply = self
            .client
            .call(&call, |head| {
                head.expect_json().map(|()| JsonBody::default())
            })
            .await?;
        let tries = reply.timing.tries;
        let passages = parse_json(&reply.output)
            .and_then(|value| self.reading.passages(value))
            .map_err(|fault| self.client.failure(&call, &fault, tries))?;
        let answer = Answer {
            passages: Some(passages),
            ending: Ending::Complete,
            timing: reply.timing,
            ..spoken(Said::default())
        };
        delivered(&self.client, answer)
    }
}

impl Reading {
    /// The passages, best first; none where nothing was found. A reply that does not show them is a fault.
    fn passages(&self, reply: Value) -> Result<Vec<Passage>, Fault> {
        match self {
            Self::Columns(settings) => table(settings, &reply),
            Self::Paths(paths) => paths.find(&[reply])?.ok_or_else(|| {
                Fault::malformed("the reply shows no list of passages where `passages` says")
            }),
        }
    }
}

/// The rows of a table whose columns its manifest names.
fn table(settings: &VectorSearchSettings, reply: &Value) -> Result<Vec<Passage>, Fault> {
    let columns = reply.pointer("/manifest/columns").and_then(Value::as_array);
    let columns = columns.ok_or_else(|| {
        Fault::malformed("the reply names no columns: it is none of Vector Search")
    })?;
    let place = |name: &str| {
        let is_it = |column: &Value| column.get("name").and_then(Value::as_str) == Some(name);
        columns
            .iter()
            .position(is_it)
            .ok_or_else(|| Fault::malformed(format!("the reply has no column `{name}`")))
    };
    let (id, text) = (place(&settings.id)?, place(&settings.text)?);
    let source = settings.source.as_deref().map(place).transpose()?;
    let rows = reply
        .pointer("/result/data_array")
        .and_then(Value::as_array);
    let rows = rows.map(Vec::as_slice).unwrap_or_default();
    let passages = rows.iter().map(|row| {
        let word = |place: usize| row.get(place).and_then(word);
        Ok(Passage {
            id: word(id),
            text: word(text).ok_or_else(|| {
                Fault::malformed(format!(
                    "a row has no text in the column `{}`",
                    settings.text
                ))
            })?,
            source: source.and_then(word),
        })
    });
    passages.collect()
}

/// Typed values come as they are or as texts.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Copilot for RetrieverCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.send(case, attempt))
    }

    /// No model is asked, and no tokens are paid for.
    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        Some(Usd::ZERO)
    }

    fn describe(&self) -> String {
        match &self.reading {
            Reading::Columns(settings) => format!("index {}", settings.index),
            Reading::Paths(_) => format!("retriever {}", self.target),
        }
    }

    fn manifest(&self) -> Manifest {
        let manifest = match &self.reading {
            Reading::Columns(_) => self
                .client
                .manifest("databricks-vector-search", &self.target),
            Reading::Paths(paths) => self
                .client
                .manifest("retriever", &self.target)
                .with("passages", paths.manifest()),
        };
        let manifest = match &self.reading {
            Reading::Columns(settings) => manifest
                .with("id", settings.id.as_str())
                .with("text", settings.text.as_str()),
            Reading::Paths(_) => manifest,
        };
        manifest.with("body", Written::text(self.template.written()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> VectorSearchSettings {
        VectorSearchSettings {
            index: "c.s.i".to_owned(),
            id: "id".to_owned(),
            text: "text".to_owned(),
            source: Some("uri".to_owned()),
            num_results: 5,
            query_type: None,
            filters: None,
        }
    }

    fn reply(rows: &Value) -> Value {
        let columns = json!([{"name": "id"}, {"name": "text"}, {"name": "uri"}, {"name": "score"}]);
        json!({"manifest": {"column_count": 4, "columns": columns},
            "result": {"row_count": 1, "data_array": rows}})
    }

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns() {
        let found = table(
            &settings(),
            &reply(&json!([[7, "Refunds.", "kb/7", "0.6"]])),
        )
        .unwrap();
        let expected = Passage {
            id: Some("7".to_owned()),
            text: "Refunds.".to_owned(),
            source: Some("kb/7".to_owned()),
        };
        assert_eq!(found, [expected]);
        let empty = json!({"manifest": {"columns": [{"name": "id"}, {"name": "text"}, {"name": "uri"}]},
            "result": {"row_count": 0}});
        assert_eq!(table(&settings(), &empty).unwrap(), []);
    }

    #[test]
    fn a_reply_that_shows_no_passages_is_a_fault_and_not_an_empty_result() {
        for (reply, said) in [
            (json!({}), "names no columns"),
            (
                json!({"manifest": {"columns": [{"name": "id"}]}}),
                "no column `text`",
            ),
            (reply(&json!([[1, null, "kb"]])), "no text"),
        ] {
            let fault = table(&settings(), &reply).unwrap_err();
            assert!(fault.message.contains(said), "{}", fault.message);
        }
    }
}
