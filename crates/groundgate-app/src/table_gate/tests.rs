//! Tables of trials against records of the same rows.

use std::{collections::BTreeMap, fs, sync::Arc};

use groundgate_formats::{Options, Want};
use groundgate_gate::Verdict;
use groundgate_model::{
    eval_set::Case,
    exchange::FailureKind,
    trial::{CaseInfo, Cell, ScoreTable, Unscored},
    unit::Digest,
};

use super::*;
use crate::{
    fixture::{FLOOR, Folder},
    import::{self, ImportRequest},
    surroundings::Surroundings,
    test_values::app,
};

/// What a row says.
struct Said {
    id: String,
    cluster: Option<String>,
    attempt: u32,
    product: &'static str,
    answer: Option<String>,
    score: Option<f64>,
}

fn said(index: u32) -> Said {
    Said {
        id: format!("q{:03}", index / 2),
        cluster: (index % 8 < 2).then(|| format!("c{}", index / 32)),
        attempt: index % 2,
        product: if index % 4 < 2 { "cards" } else { "loans" },
        answer: (index % 17 != 3).then(|| format!("Answer {index}.")),
        score: (index % 11 != 5).then(|| f64::from(u8::from(index % 5 != 1))),
    }
}

fn line(said: &Said) -> String {
    let mut row = serde_json::json!({
        "id": said.id, "attempt": said.attempt, "question": format!("What about {}?", said.id),
        "tags": {"product": said.product}, "scores": {"groundedness": said.score},
    });
    if let Some(cluster) = &said.cluster {
        row["cluster"] = cluster.as_str().into();
    }
    match &said.answer {
        Some(answer) => row["answer"] = answer.as_str().into(),
        None => row["error"] = "gone".into(),
    }
    row.to_string() + "\n"
}

fn trial(said: &Said) -> TableTrial {
    let case = Case {
        id: said.id.clone(),
        history: Vec::new(),
        question: format!("What about {}?", said.id),
        reference_answer: None,
        expected_facts: Vec::new(),
        expected_documents: Vec::new(),
        answerable: None,
        tags: BTreeMap::from([("product".to_owned(), said.product.to_owned())]),
        cluster: said.cluster.clone(),
        critical: false,
    };
    let cell = match (&said.answer, said.score) {
        (None, _) => Cell::Unscored(Unscored::NoAnswer(FailureKind::Absent)),
        (Some(_), Some(score)) => Cell::Scored(score),
        (Some(_), None) => {
            Cell::Unscored(Unscored::InputMissing("score in the imported file".into()))
        }
    };
    TableTrial {
        asked: case.asked(),
        said: said
            .answer
            .as_ref()
            .map(|text| Digest::of(text.trim().as_bytes())),
        attempt: said.attempt,
        cells: vec![cell],
        case: CaseInfo {
            digest: case.digest(),
            cluster: case.cluster_or_id().to_owned(),
            id: case.id,
            tags: Arc::new(case.tags),
            critical: false,
            answerable: None,
        },
    }
}

fn table(rows: Vec<TableTrial>) -> Result<ScoreTable, AppError> {
    let metric = MeasuredMetric::new("groundedness", Some("binary"), "a judge")?;
    let trials = Trials {
        name: "candidate".to_owned(),
        metrics: vec![metric],
        trials: rows,
    };
    trials.score_table()
}

fn rows(n: u32) -> Vec<Said> {
    // A row is missing: it was planned and is not there.
    (0..n).filter(|index| *index != 9).map(said).collect()
}

#[test]
fn a_table_in_any_order_is_the_table_of_a_record_of_the_same_rows() {
    let folder = Folder::new(FLOOR);
    let rows = rows(120);
    let lines: String = rows.iter().map(line).collect();
    let file = folder.write("scored.jsonl", &lines);
    let request = ImportRequest {
        file,
        reading: Options::new(Want::Answers),
        name: "candidate".to_owned(),
        metric: vec!["groundedness=binary".to_owned()],
        instrument: "a judge".to_owned(),
        judge: false,
    };
    let imported = import::run(&app(), &request, &folder.path("runs")).unwrap();
    let mut expected = folder.project().load(&imported.run_id).unwrap().table;
    expected.run_id = "candidate".to_owned();

    let mut trials: Vec<TableTrial> = rows.iter().map(trial).collect();
    trials.reverse();
    trials.swap(3, 50);
    assert_eq!(table(trials).unwrap(), expected);
    assert!(fs::exists(folder.path("gate.toml")).unwrap());
}

#[test]
fn rows_that_contradict_each_other_are_errors() {
    let message = |rows: Vec<TableTrial>| table(rows).unwrap_err().to_string();
    let row = || trial(&said(0));
    assert!(message(vec![row(), row()]).contains("twice"));
    let mut other = trial(&said(1));
    other.case.digest = Digest::of(b"another question");
    assert!(message(vec![row(), other]).contains("differs"));
    let mut third = row();
    third.attempt = 2;
    assert!(message(vec![row(), third]).contains("without a gap"));
    assert_eq!(table(Vec::new()).unwrap().planned(), 0);
}

/// So many questions, of which so many were answered well.
fn answered(n: u32, good: u32) -> ScoreTable {
    let trials = (0..n).map(|index| {
        let mut one = trial(&said(0));
        one.case.id = format!("q{index:04}");
        one.case.cluster = one.case.id.clone();
        one.case.digest = Digest::of(one.case.id.as_bytes());
        one.asked = one.case.digest;
        one.cells = vec![Cell::Scored(f64::from(u8::from(index < good)))];
        one
    });
    table(trials.collect()).unwrap()
}

fn request(project: &Project, candidate: ScoreTable) -> TableGateRequest<'_> {
    TableGateRequest {
        project,
        candidate,
        baseline: None,
        environment: None,
        policy: None,
        policy_digest: None,
        other_questions: false,
    }
}

#[test]
fn where_a_change_must_not_decide_about_itself_a_table_holds() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let at_home = app().gate_tables(&request(&project, answered(200, 200)));
    let at_home = at_home.unwrap();
    assert_eq!(at_home.decision.verdict, Verdict::Pass);
    let digest = at_home.policy_digest.to_string();
    let ci = App::new(Surroundings {
        is_ci: true,
        ..app().surroundings().clone()
    });
    let decided = |good| {
        let request = TableGateRequest {
            policy_digest: Some(&digest),
            ..request(&project, answered(200, good))
        };
        ci.gate_tables(&request).unwrap().decision
    };
    let held = decided(200);
    assert_eq!(held.verdict, Verdict::Hold);
    let mut ids = held.findings.iter().map(|finding| finding.id.as_ref());
    assert!(ids.any(|id: &str| id == "measurement.seal"), "{held:?}");
    assert_eq!(decided(100).verdict, Verdict::Fail);
}

#[test]
fn a_table_passes_on_scores_alone_and_on_nothing_else() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let verdict = |good| {
        let request = request(&project, answered(200, good));
        app().gate_tables(&request).unwrap().decision.verdict
    };
    assert_eq!(verdict(200), Verdict::Pass);
    assert_eq!(verdict(180), Verdict::Inconclusive);
    assert_eq!(verdict(100), Verdict::Fail);
}

#[test]
fn questions_that_are_not_asked_any_more_hold_unless_others_were_to_be_asked() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let verdict = |n, other_questions| {
        let request = TableGateRequest {
            baseline: Some(answered(300, 300)),
            other_questions,
            ..request(&project, answered(n, n))
        };
        app().gate_tables(&request).unwrap().decision.verdict
    };
    assert_eq!(verdict(300, false), Verdict::Pass);
    assert_eq!(verdict(299, false), Verdict::Hold);
    assert_eq!(verdict(299, true), Verdict::Pass);
}
