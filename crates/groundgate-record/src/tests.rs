//! What is written is what is read, also by records of earlier formats.

use std::slice;

use groundgate_model::{
    eval_set::load,
    exchange::{CallFailure, FailureKind},
    manifest::Manifest,
    trial::{
        Call, CallKey, Callee, Cell, DataType, InstrumentKind, MetricSpec, Outcome, Request, Score,
        Trial, Unscored,
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
        manifest: Some(
            Manifest::of("run").with("copilot", Manifest::of("openai").with("temperature", 0.5)),
        ),
        initiator: None,
        git_revision: None,
        metrics: Vec::new(),
        looks: None,
        earlier_tries: Vec::new(),
        origin: Origin::Run,
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
            cost: None,
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
            instrument_kind: InstrumentKind::Model,
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
                cost: None,
            }),
            outcomes: [("m".to_owned(), outcome)].into(),
            controls: Vec::new(),
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

/// Made by programs of their time: a build before 0.1, and 0.1, with and without a cascade.
const FORMATS: [&str; 3] = [
    "format-1.sqlite",
    "format-2.sqlite",
    "format-2-cascade.sqlite",
];

/// A record that an earlier groundgate made of four questions, in a folder of its own.
fn earlier(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::fs::copy(fixture.join(name), &path).unwrap();
    (folder, path)
}

fn change(path: &std::path::Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_record_of_every_earlier_format_is_read_whole() {
    let malformed = "the reply is not exactly one JSON object: expected ident at line 1 column 2";
    for name in FORMATS {
        let (_folder, path) = earlier(name);
        let bytes = std::fs::read(&path).unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.status().unwrap(), Status::Complete, "{name}");
        let ids: Vec<String> = (reader.cases().unwrap().into_iter())
            .map(|case| case.id)
            .collect();
        assert_eq!(ids, ["card", "moon", "fee", "where"], "{name}");
        let table = reader.score_table().unwrap();
        table.check().unwrap();
        // Its column is called as the metric is called now.
        assert!(table.columns.contains_key("no_contradiction"), "{name}");
        assert!(!table.columns.contains_key("contradiction"), "{name}");
        let cells = |metric: &str| table.columns[metric].cells.clone();
        let rejected = Cell::Unscored(Unscored::NoAnswer(FailureKind::Rejected));
        let no_answerable = Cell::Unscored(Unscored::InputMissing("answerable".into()));
        assert_eq!(
            cells("refusal_correct"),
            [
                no_answerable.clone(),
                Cell::Scored(1.0),
                no_answerable,
                rejected.clone()
            ],
            "{name}"
        );
        let grounded = cells("groundedness");
        assert_eq!(
            grounded[1..],
            [
                Cell::NotApplicable,
                Cell::Unscored(Unscored::ReplyMalformed(malformed.into())),
                rejected
            ],
            "{name}"
        );
        let trial = reader.trial(0).unwrap();
        assert_eq!(trial.answer.unwrap().unwrap().text, "A card takes 7 days.");
        // In the cascade's record the first answer was not sampled.
        let is_sampled = !matches!(grounded[0], Cell::Unscored(_));
        assert_eq!(
            trial.details["groundedness"].claims.len(),
            usize::from(is_sampled)
        );
        let asked: Vec<Request> = (reader.calls_of(2).unwrap().into_iter())
            .filter_map(|call| call.request)
            .collect();
        assert!(
            asked[0].to_string().contains("The fee is 5 euros."),
            "{name}"
        );
        assert_eq!(reader.scores_of(0).unwrap()["groundedness"], grounded[0]);
        let unscored: Vec<usize> = (reader.first_unscored(9).unwrap().into_iter())
            .map(|(trial, _)| trial)
            .collect();
        assert_eq!(unscored, [0, 2, 3], "{name}");
        let mut n_calls = 0;
        reader.for_each_call(|_| n_calls += 1).unwrap();
        assert!(
            n_calls > 4 && reader.booked().unwrap() > Usd::ZERO,
            "{name}"
        );
        drop(reader);
        assert_eq!(
            std::fs::read(&path).unwrap(),
            bytes,
            "{name} was written into"
        );
    }
}

#[test]
fn an_earlier_record_of_partly_failed_votes_keeps_both_ends_of_its_scores() {
    let (_folder, path) = earlier("format-2-cascade.sqlite");
    change(
        &path,
        "UPDATE scores SET reason = 'up to 0.75' WHERE metric = 1 AND value = 0.0",
    );
    let table = Reader::open(&path).unwrap().score_table().unwrap();
    let ends: Vec<f64> = (table.columns.values())
        .flat_map(|column| column.up_to.values().copied())
        .collect();
    assert!(!ends.is_empty() && ends.iter().all(|end| (end - 0.75).abs() < 1e-12));
    // What the format never wrote is not taken for a score.
    for wrong in ["not-applicable", "{}", "up to 7"] {
        let sql = format!("UPDATE scores SET reason = '{wrong}' WHERE metric = 1 AND value = 0.0");
        change(&path, &sql);
        let read = Reader::open(&path).unwrap().score_table();
        assert!(
            matches!(read, Err(RecordError::Damaged { .. })),
            "{wrong}: {read:?}"
        );
    }
}

#[test]
fn a_cascade_of_an_earlier_record_is_sure_by_a_metric_under_its_current_name() {
    let (_folder, path) = earlier("format-2-cascade.sqlite");
    let by = |by: &str| format!("'\"by\":\"{by}\"'");
    let (old, new) = (by("support"), by("embedded_contradiction"));
    change(
        &path,
        &format!("UPDATE header SET value = replace(value, {old}, {new})"),
    );
    let table = Reader::open(&path).unwrap().score_table().unwrap();
    let cascade = table.columns["groundedness"].cascade.as_ref().unwrap();
    assert_eq!(cascade.by, "embedded_no_contradiction");
    assert!(table.columns.contains_key(&cascade.by));
}

#[test]
fn what_was_not_sampled_is_known_in_an_earlier_record() {
    let (_folder, path) = earlier("format-2-cascade.sqlite");
    let table = Reader::open(&path).unwrap().score_table().unwrap();
    let spared = Unscored::Spared("embedded says support 0.92".into());
    assert_eq!(
        table.columns["groundedness"].cells[0],
        Cell::Unscored(spared)
    );
}

#[test]
fn an_earlier_record_is_not_gone_on_with_and_stays_as_it_is() {
    for name in FORMATS {
        let (_folder, path) = earlier(name);
        let bytes = std::fs::read(&path).unwrap();
        let error = Writer::resume(Reader::open(&path).unwrap()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("go on with groundgate 0.1.0"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_record_of_a_newer_format_is_refused_with_the_version_that_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let header = Header {
        tool_version: "7.1.0".to_owned(),
        ..header()
    };
    drop(Writer::create(&path, &header, &[]).unwrap());
    change(
        &path,
        "PRAGMA user_version = 9; UPDATE header SET value = json_set(value, '$.seed', 'new') WHERE key = 'header'",
    );
    let message = Reader::open(&path).unwrap_err().to_string();
    assert!(message.contains("is of format 9"), "{message}");
    assert!(
        message.ends_with("groundgate 7.1.0, which wrote it, reads it"),
        "{message}"
    );
    change(&path, "DROP TABLE header");
    let message = Reader::open(&path).unwrap_err().to_string();
    assert!(message.contains("formats 1 to 3"), "{message}");
}

#[test]
fn nothing_stands_under_a_records_name_before_it_is_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    // As a run leaves it that is killed while it makes its record.
    let beside = path.with_extension("sqlite-new");
    std::fs::write(&beside, "half a rec").unwrap();
    let writer = Writer::create(&path, &header(), &[]).unwrap();
    assert!(!beside.exists());
    assert_eq!(Reader::open(&path).unwrap().header(), &header());
    drop(writer);
    // A record that cannot be made leaves nothing, too.
    let twice = load("set.jsonl", br#"{"id": "a", "question": "?"}"#.as_slice())
        .unwrap()
        .cases;
    let other = folder.path().join("s.sqlite");
    let cases = [twice[0].clone(), twice[0].clone()];
    Writer::create(&other, &header(), &cases).unwrap_err();
    let left: Vec<_> = (std::fs::read_dir(folder.path()).unwrap())
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["r.sqlite"]);
}

#[test]
fn a_file_without_tables_is_told_from_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    std::fs::write(&path, "").unwrap();
    let opened = Reader::open(&path);
    assert!(
        matches!(opened, Err(RecordError::Empty { .. })),
        "{opened:?}"
    );
}

#[test]
fn a_complete_record_that_is_gone_on_with_is_not_complete_until_it_is_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let writer = Writer::create(&path, &header(), &[]).unwrap();
    writer.finish(Status::Complete).unwrap();
    // As `--rerun errors` goes on with it, and is killed.
    let mut writer = Writer::resume(Reader::open(&path).unwrap()).unwrap();
    writer.forget_failures().unwrap();
    let status = || Reader::open(&path).unwrap().status().unwrap();
    assert_eq!(status(), Status::Running);
    drop(writer);
    assert_eq!(status(), Status::Stopped);
}

#[test]
fn what_a_failed_call_was_booked_at_is_still_booked_when_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let failed = Call {
        booked: Usd::from_nanos(250_000_000),
        ..judge_call(0, "rules", "one")
    };
    let mut writer = Writer::create(&path, &header(), &[]).unwrap();
    writer.append(slice::from_ref(&failed), &[]).unwrap();
    drop(writer);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.booked().unwrap(), failed.booked);
    let mut seen = Vec::new();
    let visit = |call: CallSummary<'_>| seen.push((call.result.is_err(), call.booked));
    reader.for_each_call(visit).unwrap();
    assert_eq!(seen, [(true, failed.booked)]);
    drop(Writer::resume(reader).unwrap());
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.booked().unwrap(), failed.booked);
}

/// A finished record with cases, calls, scores and details.
fn sealed(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("r.sqlite");
    let metric = MetricSpec::score("m", DataType::Fraction);
    let header = Header {
        metrics: vec![MetricSource {
            metric: metric.clone(),
            instrument: Digest::of(b"j"),
            instrument_name: "j".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cascade: None,
        }],
        ..header()
    };
    let lines = (0..6).map(|n| format!("{{\"id\": \"{n}\", \"question\": \"?\"}}\n"));
    let cases = load("set.jsonl", lines.collect::<String>().as_bytes())
        .unwrap()
        .cases;
    let calls: Vec<Call> = (0..6)
        .map(|n| judge_call(n, "rules", &format!("c{n}")))
        .collect();
    let trials: Vec<Trial> = (0..6_u32)
        .map(|n| Trial {
            case_index: usize::try_from(n).unwrap(),
            attempt: 0,
            answer: Err(CallFailure {
                kind: FailureKind::Cut,
                message: String::new(),
                tries: 1,
                failed_tries: Vec::new(),
                cost: None,
            }),
            outcomes: [(
                "m".to_owned(),
                Outcome::Scored(Score::new(&metric, f64::from(n) / 8.0, "why".to_owned()).unwrap()),
            )]
            .into(),
            controls: Vec::new(),
        })
        .collect();
    let mut writer = Writer::create(&path, &header, &cases).unwrap();
    writer.append(&calls, &trials).unwrap();
    writer.finish(Status::Complete).unwrap();
    path
}

fn edit(path: &std::path::Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_changed_record_is_refused_and_the_table_is_named() {
    for (sql, table) in [
        (
            "UPDATE scores SET value = 1.0 WHERE trial = 2",
            "table `scores`",
        ),
        (
            "UPDATE scores SET value = NULL, reason = 'not-applicable'",
            "table `scores`",
        ),
        ("DELETE FROM scores WHERE trial = 0", "table `scores`"),
        (
            "UPDATE details SET explanation = 'x' WHERE trial = 1",
            "table `details`",
        ),
        (
            "UPDATE calls SET booked_nanos = 1 WHERE trial = 3",
            "table `calls`",
        ),
        ("UPDATE calls SET trial = trial + 9", "table `calls`"),
        ("DELETE FROM calls", "table `calls`"),
        ("DELETE FROM trials WHERE trial = 5", "table `trials`"),
        (
            "UPDATE cases SET json = replace(json, '?', '!')",
            "table `cases`",
        ),
        (
            "UPDATE system_messages SET text = text || ' '",
            "table `system_messages`",
        ),
        (
            "UPDATE header SET value = json_set(value, '$.run_id', 'x') WHERE key = 'header'",
            "table `header`",
        ),
        (
            "UPDATE header SET value = 'interrupted' WHERE key = 'status'",
            "table `header`",
        ),
        ("INSERT INTO header VALUES ('more', 'x')", "table `header`"),
        (
            "UPDATE header SET value = json_set(value, '$.digest', printf('%064d', 0)) WHERE key = 'seal'",
            "the seal",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = sealed(folder.path());
        assert!(matches!(
            Reader::open(&path).unwrap().seal(),
            Ok(SealState::Holds(_))
        ));
        edit(&path, sql);
        let error = Reader::open(&path).unwrap().seal().unwrap_err();
        assert!(error.to_string().contains(table), "{sql}: {error}");
        assert!(
            Writer::resume(Reader::open(&path).unwrap()).is_err(),
            "{sql}"
        );
        assert!(sign(&path, "{}").is_err(), "{sql}");
    }
}

/// A value is sealed with its kind: `1` as a text is not 1.
#[test]
fn a_value_of_another_kind_is_another_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = sealed(folder.path());
    edit(
        &path,
        "UPDATE details SET explanation = CAST(explanation AS BLOB)",
    );
    assert!(Reader::open(&path).unwrap().seal().is_err());
}

#[test]
fn a_record_without_a_seal_says_so_and_one_that_went_on_from_it_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = sealed(folder.path());
    edit(&path, "DELETE FROM header WHERE key = 'seal'");
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.seal().unwrap(), SealState::Unsealed);
    assert!(!reader.was_open().unwrap());
    Writer::resume(reader)
        .unwrap()
        .finish(Status::Complete)
        .unwrap();
    let reader = Reader::open(&path).unwrap();
    assert!(matches!(reader.seal(), Ok(SealState::Holds(_))));
    assert!(reader.was_open().unwrap());
    edit(&path, "DELETE FROM header WHERE key = 'was-open'");
    assert!(Reader::open(&path).unwrap().seal().is_err());
}

#[test]
fn a_run_that_goes_on_takes_seal_and_signature_away_and_seals_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = sealed(folder.path());
    sign(&path, "signed").unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.seal_signature().unwrap().as_deref(), Some("signed"));
    assert!(matches!(reader.seal(), Ok(SealState::Holds(_))));
    let writer = Writer::resume(reader).unwrap();
    let open = Reader::open(&path).unwrap();
    assert_eq!(open.seal().unwrap(), SealState::Unsealed);
    assert_eq!(open.seal_signature().unwrap(), None);
    writer.finish(Status::Complete).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert!(matches!(reader.seal(), Ok(SealState::Holds(_))));
    assert!(!reader.was_open().unwrap());
}

#[test]
fn what_is_no_table_of_a_record_is_refused() {
    for sql in [
        "DROP TABLE scores; CREATE VIEW scores AS SELECT 0 AS metric, 0 AS trial, 1.0 AS value, NULL AS up_to, NULL AS reason, NULL AS detail",
        "CREATE TRIGGER t AFTER INSERT ON scores BEGIN UPDATE scores SET value = 1; END",
        "CREATE TABLE more (x)",
        "CREATE INDEX i ON scores (value)",
        "DROP TABLE trials; CREATE TABLE trials (trial INTEGER PRIMARY KEY, x GENERATED ALWAYS AS (1))",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = sealed(folder.path());
        edit(&path, sql);
        let error = Reader::open(&path).unwrap_err();
        assert!(
            matches!(error, RecordError::Damaged { .. }),
            "{sql}: {error}"
        );
    }
}

/// Any cell of any row, with another value, or any row taken away.
#[test]
fn no_random_edit_of_a_sealed_record_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = sealed(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let columns = [
        ("header", "key", &["value"][..]),
        ("cases", "case_index", &["id", "json"]),
        ("system_messages", "number", &["text"]),
        (
            "calls",
            "trial",
            &["vote", "round", "request", "failure", "booked_nanos"],
        ),
        ("trials", "trial", &["trial"]),
        (
            "scores",
            "trial",
            &["value", "up_to", "reason", "detail", "metric"],
        ),
        ("details", "trial", &["explanation", "claims", "metric"]),
    ];
    let mut state = 20_261_201_u64;
    let mut draw = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut edits = 0;
    while edits < 1_000 {
        let (table, key, names) = columns[draw(columns.len())];
        let column = names[draw(names.len())];
        let value = match draw(5) {
            0 => "NULL".to_owned(),
            1 => draw(1 << 20).to_string(),
            2 => format!("{}.5", draw(1 << 20)),
            3 => format!("'{}'", draw(1 << 20)),
            _ => format!("x'{:04x}'", draw(1 << 16)),
        };
        let row = format!(
            "{key} = (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {})",
            draw(6)
        );
        let row = if table == "header" {
            format!("{row} AND key <> 'seal'")
        } else {
            row
        };
        let sql = if draw(10) == 0 {
            format!("DELETE FROM {table} WHERE {row}")
        } else {
            format!("UPDATE {table} SET {column} = {value} WHERE {row} AND {column} IS NOT {value}")
        };
        std::fs::write(&path, &whole).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        // What the schema itself refuses is no edit; nor is one that changes nothing.
        let changed = connection.execute(&sql, []).is_ok_and(|rows| rows > 0);
        drop(connection);
        if !changed {
            continue;
        }
        let is_accepted = Reader::open(&path).is_ok_and(|reader| reader.seal().is_ok());
        assert!(!is_accepted, "{sql}");
        edits += 1;
    }
}
