//! What is written is what is read.

use std::slice;

use groundgate_model::{
    eval_set::load,
    exchange::{CallFailure, FailureKind},
    trial::{
        Call, CallKey, Callee, Cell, DataType, MetricSpec, Outcome, Request, Score, Trial, Unscored,
    },
    unit::{Digest, Usd},
};

use super::*;

fn header() -> Header {
    Header {
        run_id: "r".to_owned(),
        tool_version: "0".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        eval_set_name: "e".to_owned(),
        eval_set_digest: Digest::of(b""),
        copilot_name: "c".to_owned(),
        copilot_description: "c".to_owned(),
        attempts: 1,
        seed: 0,
        plan_digest: Digest::of(b""),
        initiator: None,
        git_revision: None,
        metrics: Vec::new(),
        looks: None,
        earlier_tries: Vec::new(),
    }
}

fn judge_call(trial: usize, system: &str, conversation: &str) -> Call {
    Call {
        key: CallKey {
            trial,
            callee: Callee::Judge("j".to_owned()),
            vote: 0,
            round: 0,
        },
        request: Some(Request {
            system: system.to_owned(),
            conversation: conversation.to_owned(),
        }),
        result: Err(CallFailure {
            kind: FailureKind::Cut,
            message: "cut".to_owned(),
            tries: 1,
            failed_tries: Vec::new(),
        }),
        booked: Usd::ZERO,
    }
}

#[test]
fn a_fact_that_comes_twice_is_an_error_and_leaves_nothing_of_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let mut writer = Writer::create(&path, &header(), &[]).unwrap();
    let first = judge_call(0, "rules", "one");
    writer.append(slice::from_ref(&first), &[]).unwrap();
    let batch = [
        judge_call(1, "rules", "two"),
        judge_call(0, "rules", "other"),
    ];
    assert!(writer.append(&batch, &[]).is_err());
    // The writer goes on, and what was acknowledged stands.
    writer.append(&batch[..1], &[]).unwrap();
    writer.finish(Status::Complete).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.calls_of(0).unwrap(), [first]);
    assert_eq!(reader.calls_of(1).unwrap().len(), 1);
}

#[test]
fn requests_are_read_as_written_and_a_system_message_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let calls = [
        judge_call(0, "rules", "one"),
        judge_call(1, "rules", "two"),
        judge_call(2, "other rules", ""),
    ];
    let mut writer = Writer::create(&path, &header(), &[]).unwrap();
    writer.append(&calls[..1], &[]).unwrap();
    drop(writer);
    let mut writer = Writer::resume(Reader::open(&path).unwrap()).unwrap();
    writer.append(&calls[1..], &[]).unwrap();
    writer.finish(Status::Complete).unwrap();
    let reader = Reader::open(&path).unwrap();
    for call in &calls {
        let read = reader.calls_of(call.key.trial).unwrap();
        assert_eq!(read, slice::from_ref(call));
    }
    let kept: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM system_messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn one_writes_at_a_time_and_a_record_without_a_writer_is_not_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let writer = Writer::create(&path, &header(), &[]).unwrap();
    let status = || Reader::open(&path).unwrap().status().unwrap();
    assert_eq!(status(), Status::Running);
    let second = Writer::resume(Reader::open(&path).unwrap());
    assert!(
        matches!(second, Err(RecordError::InUse { .. })),
        "{second:?}"
    );
    drop(writer);
    assert_eq!(status(), Status::Stopped);
    // As a killed writer leaves it: the lock's file stays, the lock does not.
    std::fs::write(path.with_extension("lock"), "").unwrap();
    assert_eq!(status(), Status::Stopped);
    let writer = Writer::resume(Reader::open(&path).unwrap()).unwrap();
    assert_eq!(status(), Status::Running);
    writer.finish(Status::Complete).unwrap();
    assert_eq!(status(), Status::Complete);
    assert!(!path.with_extension("lock").exists());
}

/// A score of which votes failed has two ends; what was spared is no failure.
#[test]
fn what_is_known_in_part_is_read_as_written_and_what_was_spared_is_not_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let metric = MetricSpec::score("m", DataType::Fraction);
    let header = Header {
        metrics: vec![MetricSource {
            metric: metric.clone(),
            instrument: Digest::of(b"j"),
            instrument_name: "j".to_owned(),
            cascade: None,
        }],
        ..header()
    };
    let lines: Vec<String> = (0..4)
        .map(|n| format!(r#"{{"id": "{n}", "question": "?"}}"#))
        .collect();
    let cases = load("set.jsonl", lines.join("\n").as_bytes())
        .unwrap()
        .cases;
    let third = 1.0 / 3.0;
    let score = Score::new(&metric, third, String::new()).unwrap();
    let outcomes = [
        Outcome::Scored(score.clone()),
        Outcome::Scored(score.or_up_to(2.0 * third)),
        Outcome::Unscored(Unscored::Spared("support 0.93".into())),
        Outcome::Unscored(Unscored::NotRun),
    ];
    let trials: Vec<Trial> = (outcomes.into_iter().enumerate())
        .map(|(case_index, outcome)| Trial {
            case_index,
            attempt: 0,
            answer: Err(CallFailure {
                kind: FailureKind::Cut,
                message: String::new(),
                tries: 1,
                failed_tries: Vec::new(),
            }),
            outcomes: [("m".to_owned(), outcome)].into(),
        })
        .collect();
    let mut writer = Writer::create(&path, &header, &cases).unwrap();
    writer.append(&[], &trials).unwrap();
    let reader = Reader::open(&path).unwrap();
    let table = reader.score_table().unwrap();
    let column = &table.columns["m"];
    assert_eq!(
        column.cells[..2],
        [Cell::Scored(third), Cell::Scored(third)]
    );
    assert_eq!(
        column.cells[2],
        Cell::Unscored(Unscored::Spared("support 0.93".into()))
    );
    assert_eq!(column.up_to, [(1, 2.0 * third)].into());
    let listed: Vec<usize> = (reader.first_unscored(9).unwrap().into_iter())
        .map(|(trial, _)| trial)
        .collect();
    assert_eq!(listed, [3]);
    let kept = table.only(|place, _| place == 1);
    assert_eq!(kept.columns["m"].up_to, [(0, 2.0 * third)].into());
    // What failed in part or whole is asked again; what was spared is not.
    writer.forget_failures().unwrap();
    let left: Vec<usize> = reader.finished().unwrap().into_iter().collect();
    assert_eq!(left, [0, 2]);
}
