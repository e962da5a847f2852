//! What an import refuses, and what it says of it.

use groundgate_formats::Want;
use groundgate_model::{exchange::FailureKind, trial::Direction};

use super::*;
use crate::{
    fixture::{FLOOR, Folder},
    test_values::app,
};

#[test]
fn a_metric_says_what_values_it_takes() {
    assert_eq!(
        metric("x=ordinal:1:5").unwrap().data_type,
        DataType::Ordinal { low: 1, high: 5 }
    );
    assert_eq!(
        metric("t=amount:ms").unwrap().direction,
        Direction::LowerIsBetter
    );
    for wrong in ["x", "x=number", "x=ordinal:5:1", "x=ordinal:a:b"] {
        assert_eq!(
            metric(wrong).unwrap_err().class,
            crate::ErrorClass::Usage,
            "{wrong}"
        );
    }
}

#[test]
fn a_missing_score_is_unscored_and_a_wrong_one_an_error() {
    let spec = MetricSpec::score("x", DataType::Binary);
    let of = |given: Given| outcome(&spec, Some(given));
    assert!(matches!(of(Given::Missing), Ok(Outcome::Unscored(_))));
    assert!(matches!(of(Given::Number(1.0)), Ok(Outcome::Scored(_))));
    assert!(of(Given::Number(0.5)).is_err());
}

#[test]
fn what_a_model_said_to_itself_is_no_part_of_an_imported_answer() {
    let folder = Folder::new(FLOOR);
    let file = folder.write(
        "answers.jsonl",
        concat!(
            "{\"id\":\"a\",\"question\":\"Fee?\",\"answer\":\"<think>99 EUR?</think>5 EUR.\",\"scores\":{\"groundedness\":1}}\n",
            "{\"id\":\"b\",\"question\":\"Fee?\",\"answer\":\"<think>99 EUR\",\"scores\":{\"groundedness\":1}}\n",
        ),
    );
    let request = ImportRequest {
        file,
        reading: Options::new(Want::Answers),
        name: "candidate".to_owned(),
        metric: vec!["groundedness=binary".to_owned()],
        instrument: "a judge".to_owned(),
        judge: false,
    };
    let imported = run(&app(), &request, &folder.path("runs")).unwrap();
    let loaded = folder.project().load(&imported.run_id).unwrap();
    let answer = |trial| loaded.reader.trial(trial).unwrap().answer.unwrap();
    let said = answer(0).unwrap();
    assert_eq!(said.text, "5 EUR.");
    assert_eq!(said.thinking.as_deref(), Some("99 EUR?"));
    assert_eq!(answer(1).unwrap_err().kind, FailureKind::Empty);
}

/// Where not every attempt at every case is there, nothing may take the record for a whole one.
#[test]
fn a_record_of_an_import_is_complete_where_every_attempt_is_there() {
    let line = |case: &str, attempt: u32| {
        serde_json::json!({
            "case": {"id": case, "question": format!("What of {case}?")}, "attempt": attempt,
            "answer": "Five days.", "scores": {"groundedness": 1},
        })
        .to_string()
            + "\n"
    };
    for (lines, status, imported) in [
        (
            vec![("a", 0), ("a", 1), ("b", 0), ("b", 1)],
            Status::Complete,
            4,
        ),
        (vec![("a", 0), ("a", 1), ("b", 0)], Status::Interrupted, 3),
    ] {
        let folder = crate::test_values::Folder::new();
        let text: String = lines.iter().map(|(case, at)| line(case, *at)).collect();
        let request = ImportRequest {
            file: folder.write("scored.jsonl", &text),
            reading: Options::new(Want::Answers),
            name: "v1".to_owned(),
            metric: vec!["groundedness=binary".to_owned()],
            instrument: "a judge".to_owned(),
            judge: false,
        };
        let summary = run(&app(), &request, folder.path()).unwrap();
        assert_eq!((summary.imported, summary.planned), (imported, 4));
        let reader = runs::open(folder.path(), &summary.run_id).unwrap();
        assert_eq!(reader.status().unwrap(), status);
    }
}
