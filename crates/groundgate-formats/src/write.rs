//! Rows as files of other tools.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    row::{Given, Row},
    target::Want,
};

/// Formats that are written, with what each holds.
pub const WRITTEN: [(&str, &[Want]); 9] = [
    ("groundgate", &[Want::EvalSet, Want::Answers, Want::Scores]),
    ("csv", &[Want::EvalSet, Want::Answers, Want::Scores]),
    ("ragas", &[Want::EvalSet, Want::Answers]),
    ("deepeval", &[Want::EvalSet, Want::Answers]),
    ("promptfoo", &[Want::EvalSet]),
    ("mlflow", &[Want::EvalSet, Want::Answers]),
    ("langsmith", &[Want::EvalSet, Want::Answers]),
    ("braintrust", &[Want::EvalSet, Want::Answers]),
    ("openai-evals", &[Want::EvalSet]),
];

/// Why rows cannot be written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// No such format.
    Unknown,
    /// The format has no room for it.
    NoRoom,
}

/// The text of a file in the format `to`.
pub fn write(rows: &[Row], want: Want, to: &str) -> Result<String, WriteError> {
    let (_, holds) = WRITTEN
        .iter()
        .find(|(name, _)| *name == to)
        .ok_or(WriteError::Unknown)?;
    if !holds.contains(&want) {
        return Err(WriteError::NoRoom);
    }
    let lines = |of: fn(&Row, Want) -> Value| {
        let lines = rows.iter().map(|row| format!("{}\n", of(row, want)));
        lines.collect::<String>()
    };
    let list = |of: fn(&Row, Want) -> Value| {
        let items: Vec<Value> = rows.iter().map(|row| of(row, want)).collect();
        let text = serde_json::to_string_pretty(&items);
        text.map(|text| text + "\n").unwrap_or_default()
    };
    Ok(match to {
        "csv" => csv(rows, want),
        "ragas" => lines(ragas),
        "deepeval" => list(deepeval),
        "promptfoo" => list(promptfoo),
        "mlflow" => lines(mlflow),
        "langsmith" => lines(langsmith),
        "braintrust" => lines(braintrust),
        "openai-evals" => lines(openai),
        _ => lines(own),
    })
}

/// An object without what nobody said.
fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let said = fields.into_iter().filter(|(_, value)| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    });
    Value::Object(said.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn scores(row: &Row) -> Value {
    let of = |given: &Given| match given {
        Given::Number(number) => json!(number),
        Given::Missing => Value::Null,
        Given::NotApplicable => json!("not-applicable"),
    };
    let pairs = row
        .scores
        .iter()
        .map(|(name, given)| (name.clone(), of(given)));
    Value::Object(pairs.collect())
}

fn case(row: &Row) -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!(row.id)),
        ("question", json!(row.question)),
        ("history", json!(row.history)),
        ("reference_answer", json!(row.reference)),
        ("expected_facts", json!(row.facts)),
        ("expected_documents", json!(row.documents)),
        ("answerable", json!(row.answerable)),
        ("tags", json!(row.tags)),
        ("cluster", json!(row.cluster)),
        (
            "critical",
            if row.critical {
                json!(true)
            } else {
                Value::Null
            },
        ),
    ]
}

fn own(row: &Row, want: Want) -> Value {
    match want {
        Want::EvalSet => object(case(row)),
        Want::Scores => {
            let mut made = Map::new();
            made.insert("case".to_owned(), json!(row.id));
            if let Some(cluster) = &row.cluster {
                made.insert("cluster".to_owned(), json!(cluster));
            }
            for (name, value) in scores(row).as_object().into_iter().flatten() {
                made.insert(name.clone(), value.clone());
            }
            Value::Object(made)
        }
        Want::Answers | Want::Labels => object([
            ("case", object(case(row))),
            ("attempt", json!(row.attempt.unwrap_or(0))),
            ("answer", json!(row.answer)),
            ("error", json!(row.error)),
            (
                "passages",
                row.passages.as_ref().map_or(Value::Null, |all| json!(all)),
            ),
            ("scores", scores(row)),
            ("latency_ms", json!(row.latency_ms)),
            ("model", json!(row.model)),
            ("input_tokens", json!(row.input_tokens)),
            ("output_tokens", json!(row.output_tokens)),
            ("cost_usd", json!(row.cost_usd)),
        ]),
    }
}

fn texts(row: &Row) -> Vec<&str> {
    let passages = row.passages.iter().flatten();
    passages.map(|passage| passage.text.as_str()).collect()
}

/// The turns before, and the question, as messages; the question alone where there are none.
fn asked(row: &Row) -> Value {
    if row.history.is_empty() {
        return json!(row.question);
    }
    let before = row
        .history
        .iter()
        .map(|turn| json!({"role": turn.role.name(), "content": turn.text}));
    before
        .chain([json!({"role": "user", "content": row.question})])
        .collect()
}

fn ragas(row: &Row, want: Want) -> Value {
    let answers = want == Want::Answers;
    object([
        ("user_input", json!(row.question)),
        (
            "response",
            if answers {
                json!(row.answer)
            } else {
                Value::Null
            },
        ),
        (
            "retrieved_contexts",
            if answers {
                json!(texts(row))
            } else {
                Value::Null
            },
        ),
        ("reference", json!(row.reference)),
        ("id", json!(row.id)),
    ])
}

fn deepeval(row: &Row, want: Want) -> Value {
    let answers = want == Want::Answers;
    object([
        ("input", json!(row.question)),
        (
            "actual_output",
            if answers {
                json!(row.answer)
            } else {
                Value::Null
            },
        ),
        ("expected_output", json!(row.reference)),
        (
            "retrieval_context",
            if answers {
                json!(texts(row))
            } else {
                Value::Null
            },
        ),
        (
            "additional_metadata",
            json!({"id": row.id, "tags": row.tags}),
        ),
    ])
}

fn promptfoo(row: &Row, _want: Want) -> Value {
    let mut asserts: Vec<Value> = Vec::new();
    if let Some(reference) = &row.reference {
        asserts.push(json!({"type": "factuality", "value": reference}));
    }
    for fact in &row.facts {
        asserts.push(json!({"type": "icontains", "value": fact}));
    }
    object([
        ("description", json!(row.id)),
        ("vars", json!({"id": row.id, "question": row.question})),
        ("assert", Value::Array(asserts)),
        ("metadata", json!(row.tags)),
    ])
}

fn mlflow(row: &Row, want: Want) -> Value {
    let documents = row.documents.iter().map(|id| json!({"doc_uri": id}));
    let expectations = object([
        ("expected_response", json!(row.reference)),
        ("expected_facts", json!(row.facts)),
        ("expected_retrieved_context", documents.collect()),
    ]);
    let inputs = if row.history.is_empty() {
        json!({"question": row.question})
    } else {
        json!({"messages": asked(row)})
    };
    let mut tags: Map<String, Value> = row
        .tags
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    tags.insert("groundgate.case".to_owned(), json!(row.id));
    object([
        ("inputs", inputs),
        (
            "outputs",
            if want == Want::Answers {
                json!(row.answer)
            } else {
                Value::Null
            },
        ),
        ("expectations", expectations),
        ("tags", Value::Object(tags)),
    ])
}

fn langsmith(row: &Row, want: Want) -> Value {
    let reference = object([("answer", json!(row.reference))]);
    let made = object([
        ("answer", json!(row.answer)),
        ("contexts", json!(texts(row))),
    ]);
    object([
        ("inputs", json!({"question": asked(row)})),
        (
            "outputs",
            if want == Want::Answers {
                made
            } else {
                reference.clone()
            },
        ),
        (
            "reference_outputs",
            if want == Want::Answers {
                reference
            } else {
                Value::Null
            },
        ),
        ("metadata", json!(row.tags)),
        ("id", json!(row.id)),
    ])
}

fn braintrust(row: &Row, want: Want) -> Value {
    object([
        ("id", json!(row.id)),
        ("input", asked(row)),
        (
            "output",
            if want == Want::Answers {
                json!(row.answer)
            } else {
                Value::Null
            },
        ),
        ("expected", json!(row.reference)),
        (
            "scores",
            if want == Want::Answers {
                scores(row)
            } else {
                Value::Null
            },
        ),
        ("metadata", json!(row.tags)),
    ])
}

fn openai(row: &Row, _want: Want) -> Value {
    let before = row
        .history
        .iter()
        .map(|turn| json!({"role": turn.role.name(), "content": turn.text}));
    let input: Vec<Value> = before
        .chain([json!({"role": "user", "content": row.question})])
        .collect();
    json!({"id": row.id, "input": input, "ideal": row.reference.clone().unwrap_or_default()})
}

/// A table: lists in cells are JSON, so that they come back as they were.
fn csv(rows: &[Row], want: Want) -> String {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    for row in rows {
        names.extend(row.scores.keys().map(String::as_str));
        tags.extend(row.tags.keys().map(String::as_str));
    }
    let answers = want == Want::Answers;
    let mut header = vec!["id".to_owned()];
    if want != Want::Scores {
        let columns = [
            "question",
            "reference_answer",
            "expected_facts",
            "expected_documents",
            "answerable",
            "critical",
        ];
        header.extend(columns.map(str::to_owned));
    }
    if answers {
        header.extend(["attempt", "answer", "error", "passages", "latency_ms"].map(str::to_owned));
    }
    header.push("cluster".to_owned());
    header.extend(tags.iter().map(|tag| format!("tag:{tag}")));
    if want != Want::EvalSet {
        header.extend(names.iter().map(|name| format!("score:{name}")));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: &[String]| writer.write_record(cells).is_ok();
    let mut whole = write(&header);
    for row in rows {
        let cells: Vec<String> = header.iter().map(|name| cell(row, name)).collect();
        whole &= write(&cells);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    // A writer in memory does not fail.
    if whole {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        String::new()
    }
}

fn cell(row: &Row, name: &str) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let list = |items: &[String]| {
        if items.is_empty() {
            String::new()
        } else {
            json!(items).to_string()
        }
    };
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    if let Some(tag) = name.strip_prefix("tag:") {
        return row.tags.get(tag).cloned().unwrap_or_default();
    }
    if let Some(metric) = name.strip_prefix("score:") {
        return match row.scores.get(metric) {
            Some(Given::Number(number)) => number.to_string(),
            Some(Given::NotApplicable) => "not-applicable".to_owned(),
            Some(Given::Missing) | None => String::new(),
        };
    }
    match name {
        "id" => row.id.clone(),
        "question" => row.question.clone(),
        "reference_answer" => text(&row.reference),
        "expected_facts" => list(&row.facts),
        "expected_documents" => list(&row.documents),
        "answerable" => row
            .answerable
            .map(|flag| flag.to_string())
            .unwrap_or_default(),
        "critical" => row.critical.to_string(),
        "attempt" => row.attempt.unwrap_or(0).to_string(),
        "answer" => text(&row.answer),
        "error" => text(&row.error),
        "passages" => row
            .passages
            .as_ref()
            .map(|all| json!(all).to_string())
            .unwrap_or_default(),
        "latency_ms" => number(row.latency_ms),
        "cluster" => text(&row.cluster),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use groundgate_model::exchange::Passage;

    use super::*;
    use crate::{options::Options, read::read};

    fn row() -> Row {
        Row {
            line: 1,
            id: "a".to_owned(),
            question: "How, \"exactly\"?\nSay.".to_owned(),
            answer: Some("So.".to_owned()),
            passages: Some(vec![Passage {
                id: Some("d1".to_owned()),
                text: "It is so; always.".to_owned(),
                source: None,
            }]),
            reference: Some("So it is.".to_owned()),
            facts: vec!["So; or so.".to_owned(), "It is.".to_owned()],
            documents: vec!["d1".to_owned(), "d,2".to_owned()],
            tags: BTreeMap::from([("topic".to_owned(), "x".to_owned())]),
            scores: BTreeMap::from([("faithfulness".to_owned(), Given::Number(0.5))]),
            ..Row::default()
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (to, holds) in WRITTEN {
            for want in holds {
                let text = write(&[row()], *want, to).unwrap();
                let file = match to {
                    "csv" => "x.csv",
                    "deepeval" | "promptfoo" => "x.json",
                    _ => "x.jsonl",
                };
                let read = read(file, text.as_bytes(), &Options::new(*want))
                    .unwrap_or_else(|error| panic!("{to} {want:?}: {error}\n{text}"));
                let back = read.rows.first().unwrap();
                if *want == Want::Scores {
                    assert_eq!(back.scores, row().scores, "{to}");
                    continue;
                }
                assert_eq!(back.question, row().question, "{to} {want:?}");
                assert_eq!(back.reference, row().reference, "{to} {want:?}");
                if *want == Want::Answers {
                    assert_eq!(back.answer, row().answer, "{to}");
                }
                if matches!(to, "groundgate" | "csv") {
                    assert_eq!(
                        (&back.facts, &back.documents),
                        (&row().facts, &row().documents),
                        "{to}"
                    );
                    assert_eq!(back.tags, row().tags, "{to}");
                }
            }
        }
        assert_eq!(write(&[], Want::Scores, "ragas"), Err(WriteError::NoRoom));
        assert_eq!(write(&[], Want::Scores, "xls"), Err(WriteError::Unknown));
    }
}
