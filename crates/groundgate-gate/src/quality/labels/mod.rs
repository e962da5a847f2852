//! Labels: what people said of answers, read from the files that labelling tools write.
//!
//! A label names a case (and an attempt, where that matters), the run or the answer that was labelled, a
//! metric, a value and who gave it. Five forms are read, told apart by what is in them: JSON Lines and CSV of ours, traces with
//! assessments of MLflow, record exports of Argilla, task exports of Label Studio.

mod foreign;
mod rows;
mod shown;
mod value;

pub use self::shown::Shown;
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    unit::Digest,
};

/// One label.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The case's id.
    pub case: String,
    /// Which repeat of the case, from 0.
    pub attempt: u32,
    /// The run whose answer was labelled, where the label says so.
    pub run: Option<String>,
    /// The answer that was labelled, where the label says so.
    pub answer: Option<Shown>,
    /// What was judged: a metric's name.
    pub metric: String,
    /// A finite number; yes is 1, no is 0.
    pub value: f64,
    /// Who gave it; empty where nobody says.
    pub rater: String,
    /// Whether the answer was drawn at random. Answers that were picked for a reason (judges differed,
    /// somebody complained) say nothing of all others.
    pub at_random: bool,
}

/// All labels of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// In the order of the file.
    pub labels: Vec<Label>,
    /// Over the file's text.
    pub digest: Digest,
    /// In which form they came, for people.
    pub form: &'static str,
    /// Answers of the file that nobody had labelled, or whose labels were withdrawn or failed.
    pub n_without_value: usize,
    /// Labels that their people gave after they had seen the judge's: they are not among the labels.
    pub n_after_reveal: usize,
}

/// What a reader collects.
#[derive(Debug, Default)]
struct Found {
    labels: Vec<Label>,
    n_without_value: usize,
    n_after_reveal: usize,
    mistakes: Vec<Mistake>,
}

/// Reads labels; `file` is their name for messages.
pub fn read(file: &str, text: &str) -> Result<Labels, Mistakes> {
    let text_without_mark = text.trim_start_matches('\u{feff}');
    let is_csv = file
        .trim_end_matches(".gz")
        .to_lowercase()
        .ends_with(".csv");
    let (form, found) = if is_csv {
        ("CSV", rows::csv(file, text_without_mark))
    } else if let Some((form, found)) = foreign::read(text_without_mark) {
        (form, found)
    } else {
        ("JSON Lines", rows::json_lines(file, text_without_mark))
    };
    if !found.mistakes.is_empty() {
        return Err(Mistakes(found.mistakes));
    }
    if found.labels.is_empty() && found.n_after_reveal > 0 {
        let message = "every label in it was given after the judge's label was shown; such labels say nothing of the judge or of the answers";
        return Err(Mistakes(vec![Mistake::in_file(file, message)]));
    }
    if found.labels.is_empty() {
        let message = format!("no label in it, read as {form}");
        let mistake = Mistake::in_file(file, message)
            .with_help("docs/judges.md shows the forms that labels may have");
        return Err(Mistakes(vec![mistake]));
    }
    Ok(Labels {
        labels: found.labels,
        digest: Digest::of(text.as_bytes()),
        form,
        n_without_value: found.n_without_value,
        n_after_reveal: found.n_after_reveal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, form: &str, expected: &[(&str, &str, f64, &str)]) -> Labels {
        let read = read(file, text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(read.form, form);
        let found: Vec<(&str, &str, f64, &str)> = (read.labels.iter())
            .map(|one| {
                (
                    one.case.as_str(),
                    one.metric.as_str(),
                    one.value,
                    one.rater.as_str(),
                )
            })
            .collect();
        assert_eq!(found, expected);
        read
    }

    #[test]
    fn our_own_lines_name_case_metric_value_and_more_where_it_matters() {
        let text = r#"
{"case": "a", "metric": "groundedness", "value": true}
{"case": "b", "metric": "groundedness", "value": "no", "attempt": 2, "run": "01JQ", "rater": "ann", "queue": "disagreement", "note": "odd"}
{"case": "c", "metric": "tone", "value": 4, "queue": "calibration"}
"#;
        let read = check(
            "labels.jsonl",
            text,
            "JSON Lines",
            &[
                ("a", "groundedness", 1.0, ""),
                ("b", "groundedness", 0.0, "ann"),
                ("c", "tone", 4.0, ""),
            ],
        );
        assert_eq!(read.labels[1].attempt, 2);
        assert_eq!(read.labels[1].run.as_deref(), Some("01JQ"));
        let random: Vec<bool> = read.labels.iter().map(|label| label.at_random).collect();
        assert_eq!(random, [true, false, true]);
    }

    #[test]
    fn csv_has_one_label_a_row() {
        let text = "rater,case,metric,value\nann,a,groundedness,grounded\nbob,a,groundedness,0\n";
        check(
            "labels.csv",
            text,
            "CSV",
            &[
                ("a", "groundedness", 1.0, "ann"),
                ("a", "groundedness", 0.0, "bob"),
            ],
        );
    }

    #[test]
    fn mlflow_traces_carry_the_feedback_of_people() {
        let trace = serde_json::json!({"traces": [{"trace_info": {
        "trace_id": "tr-1", "client_request_id": "case-001", "tags": {},
        "assessments": [
            {"assessment_name": "groundedness", "source": {"source_type": "HUMAN", "source_id": "ann"},
             "feedback": {"value": "no"}, "valid": true},
            {"assessment_name": "groundedness", "source": {"source_type": "LLM_JUDGE", "source_id": "j"},
             "feedback": {"value": "yes"}, "valid": true},
            {"assessment_name": "groundedness", "source": {"source_type": "HUMAN", "source_id": "ann"},
             "feedback": {"value": "yes"}, "valid": false},
            {"assessment_name": "groundedness", "source": {"source_type": "HUMAN", "source_id": "bob"},
             "feedback": {"error": {"error_code": "X"}}, "valid": true},
            {"assessment_name": "expected_facts", "source": {"source_type": "HUMAN", "source_id": "ann"},
             "expectation": {"value": "x"}, "valid": true}
        ]}}]});
        let read = check(
            "traces.json",
            &trace.to_string(),
            "MLflow assessments",
            &[("case-001", "groundedness", 0.0, "ann")],
        );
        assert_eq!(read.n_without_value, 2);
    }

    #[test]
    fn argilla_records_carry_a_response_for_each_question() {
        let text = r#"[{"id": "a", "fields": {"answer": "x"}, "metadata": {"attempt": 1},
            "suggestions": {"groundedness": {"value": "yes", "score": null, "agent": "judge"}},
            "responses": {"groundedness": [{"value": "no", "user_id": "u1"}, {"value": "yes", "user_id": "u2"}],
                          "comment": [{"value": "free text here", "user_id": "u1"}]}, "vectors": {}},
            {"id": "b", "fields": {}, "metadata": {}, "suggestions": {}, "responses": {}, "vectors": {}}]"#;
        let read = check(
            "argilla.json",
            text,
            "Argilla records",
            &[
                ("a", "groundedness", 0.0, "u1"),
                ("a", "groundedness", 1.0, "u2"),
            ],
        );
        assert_eq!(read.labels[0].attempt, 1);
        assert_eq!(
            read.n_without_value, 2,
            "the comment, and the record without a response"
        );
    }

    #[test]
    fn label_studio_tasks_carry_choices_and_ratings() {
        let text = r#"[{"id": 7, "data": {"case": "a", "answer": "x"}, "annotations": [
            {"completed_by": 3, "was_cancelled": false, "result": [
              {"from_name": "groundedness", "type": "choices", "value": {"choices": ["Supported"]}},
              {"from_name": "tone", "type": "rating", "value": {"rating": 4}},
              {"from_name": "note", "type": "textarea", "value": {"text": ["hm"]}}]},
            {"completed_by": {"id": 4, "email": "bob@example.com"}, "was_cancelled": true, "result": []}],
            "predictions": []}]"#;
        let read = check(
            "studio.json",
            text,
            "Label Studio tasks",
            &[("a", "groundedness", 1.0, "3"), ("a", "tone", 4.0, "3")],
        );
        assert_eq!(
            read.n_without_value, 2,
            "the note, and the cancelled annotation"
        );
    }

    #[test]
    fn what_is_no_label_is_named_with_its_line() {
        for (file, text, message) in [
            (
                "a.jsonl",
                "{\"case\": \"a\"}\n",
                "a.jsonl:1: not a label: missing field `metric`",
            ),
            (
                "a.jsonl",
                "{\"case\": \"a\", \"metric\": \"m\", \"value\": \"maybe\"}",
                "a.jsonl:1: `maybe` is no value",
            ),
            ("a.csv", "case,value\na,1\n", "no column `metric`"),
            ("a.csv", "case,metric,value\na,m,\n", "no label in it"),
            (
                "a.csv",
                "case,metric,value\na,m,perhaps\n",
                "a.csv:2: `perhaps` is no value",
            ),
            ("a.jsonl", "", "no label in it"),
            (
                "a.json",
                "[{\"annotations\": 3, \"data\": {}}]",
                "no label in it",
            ),
        ] {
            let mistakes = read(file, text).expect_err(text).to_string();
            assert!(mistakes.contains(message), "{text}: {mistakes}");
        }
    }
}
