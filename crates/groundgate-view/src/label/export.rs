//! Labels of answers in the forms that labelling tools exchange, and that `judge agreement` reads.

use groundgate_model::trial::DataType;
use serde_json::{Value, json};

use super::answers::{AnswerLabels, Said};

/// A form of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One label of an answer a line.
    Lines,
    /// The list that Argilla's `records.to_json` writes.
    Argilla,
    /// Label Studio's JSON export.
    LabelStudio,
    /// MLflow's traces with assessments.
    Mlflow,
}

/// Writes labels down.
pub fn export(form: Form, labels: &[AnswerLabels]) -> String {
    match form {
        Form::Lines => labels.iter().flat_map(lines).collect(),
        Form::Argilla => document(&labels.iter().map(argilla).collect()),
        Form::LabelStudio => document(
            &(1_usize..)
                .zip(labels)
                .map(|(number, labels)| label_studio(number, labels))
                .collect(),
        ),
        Form::Mlflow => document(&json!({"traces": labels.iter().map(mlflow).collect::<Vec<_>>()})),
    }
}

fn document(value: &Value) -> String {
    format!("{value:#}\n")
}

/// As people would click it.
fn value(said: &Said) -> Value {
    match said.data_type {
        DataType::Binary => json!(if said.value > 0.5 { "yes" } else { "no" }),
        DataType::Fraction | DataType::Ordinal { .. } | DataType::Amount => json!(said.value),
    }
}

fn lines(labels: &AnswerLabels) -> Vec<String> {
    let item = &labels.answer.item;
    let all = labels.said.iter().map(|said| {
        let line = json!({
            "case": item.case, "attempt": item.attempt, "run": item.run, "metric": said.metric,
            "value": value(said), "rater": said.rater, "queue": labels.queue.name(),
        });
        format!("{line}\n")
    });
    all.collect()
}

/// What was shown: the fields of Argilla and of Label Studio.
fn place(labels: &AnswerLabels) -> Value {
    let item = &labels.answer.item;
    json!({"case": item.case, "attempt": item.attempt, "run": item.run, "queue": labels.queue.name()})
}

fn argilla(labels: &AnswerLabels) -> Value {
    let answer = &labels.answer;
    let responses = answer.metrics.iter().map(|metric| {
        let said = labels.said.iter().filter(|said| said.metric == metric.name);
        let given = said.map(|said| json!({"value": value(said), "user_id": said.rater}));
        (metric.name.clone(), Value::from(given.collect::<Vec<_>>()))
    });
    json!({
        "id": format!("{}/{}/{}", answer.item.run, answer.item.case, answer.item.attempt),
        "fields": {"question": answer.question, "answer": answer.text},
        "metadata": place(labels), "suggestions": {},
        "responses": Value::Object(responses.collect()), "vectors": {},
    })
}

fn label_studio(number: usize, labels: &AnswerLabels) -> Value {
    let mut data = place(labels);
    if let Some(fields) = data.as_object_mut() {
        fields.insert("question".to_owned(), json!(labels.answer.question));
        fields.insert("answer".to_owned(), json!(labels.answer.text));
    }
    let people = labels.said.chunk_by(|one, next| one.rater == next.rater);
    let annotations = people.filter_map(|said| {
        let result = said.iter().map(|said| {
            let (kind, value) = match said.data_type {
                DataType::Binary => ("choices", json!({"choices": [value(said)]})),
                DataType::Fraction | DataType::Ordinal { .. } | DataType::Amount => {
                    ("rating", json!({"rating": value(said)}))
                }
            };
            json!({"from_name": said.metric, "to_name": "answer", "type": kind, "value": value})
        });
        Some(json!({
            "completed_by": {"email": said.first()?.rater}, "was_cancelled": false,
            "result": result.collect::<Vec<_>>(),
        }))
    });
    json!({"id": number, "data": data, "annotations": annotations.collect::<Vec<_>>(), "predictions": []})
}

fn mlflow(labels: &AnswerLabels) -> Value {
    let answer = &labels.answer;
    let item = &answer.item;
    let id = format!("tr-{}-{}-{}", item.run, item.case, item.attempt);
    let assessments = labels.said.iter().map(|said| {
        json!({
            "assessment_name": said.metric, "trace_id": id, "valid": true,
            "source": {"source_type": "HUMAN", "source_id": said.rater},
            "feedback": {"value": value(said)},
        })
    });
    json!({"trace_info": {
        "trace_id": id, "client_request_id": item.case,
        "request_preview": answer.question, "response_preview": answer.text,
        "tags": {
            "groundgate.case": item.case, "groundgate.attempt": item.attempt.to_string(),
            "groundgate.run": item.run, "groundgate.queue": labels.queue.name(),
        },
        "assessments": assessments.collect::<Vec<_>>(),
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{
        Queue,
        answers::{
            answer_labels,
            tests::{answer, say},
        },
    };

    /// Two people, one of them interrupted by a hostile name, and an answer that was picked.
    #[test]
    fn every_form_says_who_said_what_of_which_answer() {
        let mut log = say("ana", "sc", Queue::Calibration);
        log.extend(say("ben\n</script>", "ss", Queue::Calibration));
        let labels = answer_labels(&log, vec![answer("a", 2)]);
        assert_eq!(labels[0].said.len(), 4);
        for form in [Form::Lines, Form::Argilla, Form::LabelStudio, Form::Mlflow] {
            let text = export(form, &labels);
            assert!(text.contains("ben\\n</script>"), "{form:?}: {text}");
            assert!(
                text.contains("\"calibration\"") && text.contains("\"yes\""),
                "{text}"
            );
            assert_eq!(export(form, &[]).is_empty(), form == Form::Lines);
        }
        assert_eq!(export(Form::Lines, &labels).lines().count(), 4);
    }
}
