//! A record that was changed after its seal is refused, whatever was changed.

use groundgate_model::{
    eval_set::load,
    exchange::{CallFailure, FailureKind},
    trial::{Call, DataType, InstrumentKind, MetricSpec, Outcome, Score, Trial},
    unit::Digest,
};

use super::{
    tests::{header, judge_call},
    *,
};

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
