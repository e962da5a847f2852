//! Passages from a trace: what its retrievers have returned.
//!
//! (The reading follows MLflow's `genai/utils/trace_utils.py`.)

use serde_json::Value;

use super::{
    span::{Span, opened, word},
    trace::Trace,
};
use crate::exchange::Passage;

/// What a trace shows of its retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retrieved {
    /// No span is a retriever.
    NoSpan,
    /// A retriever has returned something that is no list of documents: an answer must not be judged by a part of
    /// what was read.
    Unreadable,
    /// What all outermost retrievers have returned, each passage once, in the order of the spans.
    Passages(Vec<Passage>),
}

impl Trace {
    /// What all outermost retrievers have returned; spans named `also` count as retrievers, whatever their type.
    pub fn retrieved(&self, also: Option<&str>) -> Retrieved {
        let schema = Schema::of(self);
        let mut found: Vec<Passage> = Vec::new();
        let mut any = false;
        for span in self.retrievers(also) {
            any = true;
            let Some(passages) = schema.passages(span) else {
                return Retrieved::Unreadable;
            };
            for passage in passages {
                if !found.contains(&passage) {
                    found.push(passage);
                }
            }
        }
        if any {
            Retrieved::Passages(found)
        } else {
            Retrieved::NoSpan
        }
    }

    /// The passages; `None` where there is no retriever, or where one is not understood.
    pub fn passages(&self) -> Option<Vec<Passage>> {
        match self.retrieved(None) {
            Retrieved::Passages(passages) => Some(passages),
            Retrieved::NoSpan | Retrieved::Unreadable => None,
        }
    }

    /// The outermost retrievers, in the order of the spans.
    pub fn retrievers(&self, also: Option<&str>) -> impl Iterator<Item = &Span> {
        self.spans
            .iter()
            .filter(move |span| self.is_outermost_retriever(span, also))
    }

    fn is_outermost_retriever(&self, span: &Span, also: Option<&str>) -> bool {
        if !is_retriever(span, also) {
            return false;
        }
        let mut current = span;
        // A parent of a parent of … is never further away than there are spans.
        for _ in &self.spans {
            let Some(parent) = &current.parent else {
                return true;
            };
            match self.spans.iter().find(|other| other.id == *parent) {
                None => return true,
                Some(parent) if is_retriever(parent, also) => return false,
                Some(parent) => current = parent,
            }
        }
        true
    }
}

fn is_retriever(span: &Span, also: Option<&str>) -> bool {
    span.kind() == "RETRIEVER" || also == Some(span.name.as_str())
}

/// The names of a document's parts, where the agent has declared them.
#[derive(Debug, Default)]
struct Schema {
    primary_key: Option<String>,
    text_column: Option<String>,
    doc_uri: Option<String>,
}

impl Schema {
    /// From the tag `retrievers`; of several, Databricks uses the last.
    fn of(trace: &Trace) -> Self {
        let declared = || {
            let tag = trace.info.tags.get("retrievers")?;
            let schemas: Vec<Value> = serde_json::from_str(tag).ok()?;
            schemas.last().cloned()
        };
        let declared = declared().unwrap_or_default();
        let name = |field: &str| declared.get(field)?.as_str().map(str::to_owned);
        Self {
            primary_key: name("primary_key"),
            text_column: name("text_column"),
            doc_uri: name("doc_uri"),
        }
    }

    /// What a retriever returned. One that failed, or found nothing to say, has put nothing into the answer.
    fn passages(&self, span: &Span) -> Option<Vec<Passage>> {
        let Some(outputs) = span.outputs() else {
            return Some(Vec::new());
        };
        let documents = opened(outputs);
        documents
            .as_array()?
            .iter()
            .map(|document| self.passage(document))
            .collect()
    }

    fn passage(&self, document: &Value) -> Option<Passage> {
        if let Some(text) = document.as_str() {
            return Some(Passage {
                id: None,
                text: text.to_owned(),
                source: None,
            });
        }
        let metadata = document.get("metadata");
        let at = |place: Option<&Value>, name: Option<&str>| word(place?.get(name?)?);
        let text_column = self.text_column.as_deref();
        let names = ["page_content", "content", "text"];
        let text = names
            .iter()
            .find_map(|name| document.get(name)?.as_str().map(str::to_owned))
            .or_else(|| at(Some(document), text_column))
            .or_else(|| at(metadata, text_column))?;
        Some(Passage {
            id: at(metadata, Some("chunk_id"))
                .or_else(|| at(metadata, self.primary_key.as_deref()))
                .or_else(|| at(Some(document), Some("id"))),
            text,
            source: at(metadata, Some("doc_uri")).or_else(|| at(metadata, self.doc_uri.as_deref())),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn passages(trace: &Value) -> Option<Vec<Passage>> {
        Trace::read(trace).passages()
    }

    /// A span as MLflow 3 writes it.
    fn span3(id: &str, parent: Option<&str>, kind: &str, outputs: &Value) -> Value {
        json!({
            "trace_id": "dHJhY2U=", "span_id": id, "parent_span_id": parent, "name": "n",
            "status": {"code": "STATUS_CODE_OK", "message": ""}, "events": [], "links": [],
            "attributes": {
                "mlflow.spanType": json!(kind).to_string(),
                "mlflow.spanOutputs": outputs.to_string(),
            },
        })
    }

    /// A span as MLflow 2 wrote it.
    fn span2(id: &str, parent: Option<&str>, kind: &str, outputs: &Value) -> Value {
        json!({
            "name": "n", "context": {"span_id": id, "trace_id": "t"}, "parent_id": parent,
            "status_code": "OK", "events": [],
            "attributes": {
                "mlflow.spanType": json!(kind).to_string(),
                "mlflow.spanOutputs": outputs.to_string(),
            },
        })
    }

    fn trace(spans: &[Value]) -> Value {
        json!({"info": {"tags": {}}, "data": {"spans": spans}})
    }

    fn document(id: &str) -> Value {
        json!({
            "page_content": format!("text {id}"), "id": id,
            "metadata": {"doc_uri": format!("kb/{id}.md"), "chunk_id": id, "similarity_score": 0.8},
        })
    }

    fn passage(id: &str) -> Passage {
        Passage {
            id: Some(id.to_owned()),
            text: format!("text {id}"),
            source: Some(format!("kb/{id}.md")),
        }
    }

    #[test]
    fn passages_are_found_in_both_layouts() {
        for span in [span2, span3] {
            let trace = trace(&[
                span("a", None, "AGENT", &json!({"messages": []})),
                span(
                    "b",
                    Some("a"),
                    "RETRIEVER",
                    &json!([document("1"), document("2")]),
                ),
            ]);
            assert_eq!(passages(&trace), Some(vec![passage("1"), passage("2")]));
        }
    }

    #[test]
    fn all_outermost_retrievers_count_once_and_inner_ones_do_not() {
        let trace = trace(&[
            span3("a", None, "AGENT", &json!(null)),
            span3("b", Some("a"), "RETRIEVER", &json!([document("1")])),
            span3("c", Some("b"), "CHAIN", &json!(null)),
            span3("d", Some("c"), "RETRIEVER", &json!([document("inner")])),
            span3(
                "e",
                Some("lost"),
                "RETRIEVER",
                &json!([document("2"), document("1")]),
            ),
            span3("f", Some("a"), "RETRIEVER", &json!(null)),
        ]);
        assert_eq!(passages(&trace), Some(vec![passage("1"), passage("2")]));
    }

    #[test]
    fn outputs_that_are_strings_in_strings_are_read() {
        let twice = json!(json!([document("1")]).to_string());
        let trace = trace(&[span3("b", None, "RETRIEVER", &twice)]);
        assert_eq!(passages(&trace), Some(vec![passage("1")]));
    }

    #[test]
    fn declared_names_are_followed() {
        let mut trace = trace(&[span3(
            "b",
            None,
            "RETRIEVER",
            &json!([{"metadata": {"pk": 7, "body": "text", "uri": "kb/7"}}]),
        )]);
        let schema = json!([{"primary_key": "old"},
            {"name": "r", "primary_key": "pk", "text_column": "body", "doc_uri": "uri"}]);
        trace["info"]["tags"]["retrievers"] = json!(schema.to_string());
        let expected = Passage {
            id: Some("7".to_owned()),
            text: "text".to_owned(),
            source: Some("kb/7".to_owned()),
        };
        assert_eq!(passages(&trace), Some(vec![expected]));
    }

    #[test]
    fn what_is_not_shown_or_not_understood_is_nothing() {
        for trace in [
            json!({}),
            json!(null),
            trace(&[]),
            trace(&[span3("a", None, "TOOL", &json!([document("1")]))]),
            trace(&[span3("a", None, "RETRIEVER", &json!({"docs": []}))]),
            trace(&[span3(
                "a",
                None,
                "RETRIEVER",
                &json!([document("1"), {"x": 1}]),
            )]),
        ] {
            assert_eq!(passages(&trace), None, "{trace}");
        }
        let circle = trace(&[
            span3("a", Some("b"), "RETRIEVER", &json!([document("1")])),
            span3("b", Some("a"), "CHAIN", &json!(null)),
        ]);
        assert_eq!(passages(&circle), None);
    }
}
