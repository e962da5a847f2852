//! Labels as other tools export them, found by their shape in whatever JSON surrounds them.
//!
//! MLflow: traces (REST, or rows of `search_traces`) with `assessments`; feedback of source `HUMAN`
//! counts, and the trace's `client_request_id` or its tag `groundgate.case` names the case. Argilla:
//! the list that `records.to_json` writes; each question's name is a metric. Label Studio: the JSON
//! export; each control's name is a metric, choices and ratings are values. In the latter two the
//! task's or record's own id names the case, unless its data say `case`; `attempt`, `run`, `answer`, `queue`
//! and `after-reveal` may stand beside it. What a trace responded, and the field `answer` that was shown,
//! name the answer.

use serde_json::{Map, Value};

use super::{Found, Label, Shown, rows::is_random, value};

type Object = Map<String, Value>;

/// A form's name, the key by which its objects are known, and what reads one of them.
type Form = (&'static str, &'static str, fn(&Object, &mut Found));

const FORMS: [Form; 3] = [
    ("MLflow assessments", "assessments", trace),
    ("Argilla records", "responses", record),
    ("Label Studio tasks", "annotations", task),
];

/// The labels of a text in one of these forms; `None` where it has none of them.
pub(super) fn read(text: &str) -> Option<(&'static str, Found)> {
    let documents: Vec<Value> = match serde_json::from_str(text) {
        Ok(document) => vec![document],
        Err(_not_one_document) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).ok())
            .collect::<Option<_>>()?,
    };
    FORMS.into_iter().find_map(|(form, key, read)| {
        let mut objects = Vec::new();
        for document in &documents {
            collect(document, key, &mut objects);
        }
        if objects.is_empty() {
            return None;
        }
        let mut found = Found::default();
        for object in objects {
            read(object, &mut found);
        }
        Some((form, found))
    })
}

/// The objects that have `key`, wherever they stand, but not one inside another.
fn collect<'a>(value: &'a Value, key: &str, objects: &mut Vec<&'a Object>) {
    match value {
        Value::Object(object) if object.contains_key(key) => objects.push(object),
        Value::Object(object) => {
            for inner in object.values() {
                collect(inner, key, objects);
            }
        }
        Value::Array(items) => {
            for inner in items {
                collect(inner, key, objects);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Which answer is meant: by what the labeller was shown.
struct Place {
    case: Option<String>,
    attempt: u32,
    run: Option<String>,
    answer: Option<Shown>,
    at_random: bool,
    after_reveal: bool,
}

impl Place {
    fn of(data: Option<&Object>, shown: Option<&Object>, id: Option<String>) -> Self {
        let text = |key: &str| data.and_then(|data| data.get(key)).and_then(as_name);
        Self {
            case: text("case").or(id),
            attempt: text("attempt")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            run: text("run"),
            answer: text("answer-digest").map(Shown::Digest).or_else(|| {
                let fields = [shown, data].into_iter().flatten();
                let mut texts = fields.filter_map(|fields| as_name(fields.get("answer")?));
                texts.next().map(Shown::Text)
            }),
            at_random: is_random(text("queue").as_deref()),
            after_reveal: data.is_some_and(|data| is_true(data.get("after-reveal"))),
        }
    }

    fn add(
        &self,
        found: &mut Found,
        metric: Option<&str>,
        value: Option<f64>,
        rater: Option<String>,
    ) {
        let (Some(case), Some(metric), Some(value)) = (&self.case, metric, value) else {
            found.n_without_value += 1;
            return;
        };
        if self.after_reveal {
            found.n_after_reveal += 1;
            return;
        }
        found.labels.push(Label {
            case: case.clone(),
            attempt: self.attempt,
            run: self.run.clone(),
            answer: self.answer.clone(),
            metric: metric.to_owned(),
            value,
            rater: rater.unwrap_or_default(),
            at_random: self.at_random,
        });
    }
}

/// A text or a number that names something.
fn as_name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn trace(info: &Object, found: &mut Found) {
    let tags = info.get("tags").and_then(Value::as_object);
    let tag = |name: &str| tags.and_then(|tags| tags.get(name)).and_then(as_name);
    let place = Place {
        case: tag("groundgate.case").or_else(|| info.get("client_request_id").and_then(as_name)),
        attempt: tag("groundgate.attempt")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        run: tag("groundgate.run"),
        answer: response(info),
        at_random: is_random(tag("groundgate.queue").as_deref()),
        after_reveal: tag("groundgate.after-reveal").as_deref() == Some("true"),
    };
    let assessments = info.get("assessments").and_then(Value::as_array);
    for assessment in assessments.into_iter().flatten() {
        let text = |pointer: &str| assessment.pointer(pointer).and_then(Value::as_str);
        let is_feedback = assessment.get("feedback").is_some();
        if !is_feedback || text("/source/source_type") != Some("HUMAN") {
            continue;
        }
        let is_valid = assessment.get("valid") != Some(&Value::Bool(false));
        let value = assessment
            .pointer("/feedback/value")
            .and_then(value::of_json);
        let name = text("/assessment_name").or_else(|| text("/name"));
        let rater = text("/source/source_id").map(str::to_owned);
        place.add(found, name, value.filter(|_| is_valid), rater);
    }
}

fn is_true(value: Option<&Value>) -> bool {
    value.and_then(value::of_json) == Some(1.0)
}

/// What the trace responded: whole, or its preview.
fn response(info: &Object) -> Option<Shown> {
    let text = |key: &str| {
        let text = match info.get(key)? {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                info.get(key)?.to_string()
            }
        };
        (!text.is_empty()).then_some(text)
    };
    text("response")
        .map(Shown::Text)
        .or_else(|| text("response_preview").map(Shown::Beginning))
}

fn record(record: &Object, found: &mut Found) {
    let metadata = record.get("metadata").and_then(Value::as_object);
    let place = Place::of(
        metadata,
        record.get("fields").and_then(Value::as_object),
        record.get("id").and_then(as_name),
    );
    let questions = record.get("responses").and_then(Value::as_object);
    if questions.is_none_or(Map::is_empty) {
        found.n_without_value += 1;
    }
    for (question, responses) in questions.into_iter().flatten() {
        for response in responses.as_array().into_iter().flatten() {
            let value = response.get("value").and_then(value::of_json);
            let rater = response.get("user_id").and_then(as_name);
            place.add(found, Some(question), value, rater);
        }
    }
}

fn task(task: &Object, found: &mut Found) {
    let data = task.get("data").and_then(Value::as_object);
    let place = Place::of(data, None, task.get("id").and_then(as_name));
    let annotations = task.get("annotations").and_then(Value::as_array);
    for annotation in annotations.into_iter().flatten() {
        if annotation.get("was_cancelled") == Some(&Value::Bool(true)) {
            found.n_without_value += 1;
            continue;
        }
        let by = annotation.get("completed_by");
        let rater = by.and_then(as_name).or_else(|| {
            let person = by?.as_object()?;
            person
                .get("email")
                .or_else(|| person.get("id"))
                .and_then(as_name)
        });
        let results = annotation.get("result").and_then(Value::as_array);
        for result in results.into_iter().flatten() {
            let name = result.get("from_name").and_then(Value::as_str);
            let said = result
                .pointer("/value/choices/0")
                .or_else(|| result.pointer("/value/rating"));
            place.add(found, name, said.and_then(value::of_json), rater.clone());
        }
    }
}
