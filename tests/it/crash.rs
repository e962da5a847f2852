//! `kill -9` at any point: what was acknowledged survives, is not paid for twice, and the resumed
//! run ends as an undisturbed one.

use std::{collections::BTreeMap, path::Path, process::Stdio, thread, time::Duration};

use rusqlite::Connection;

use crate::{program::Folder, slow_copilot::SlowCopilot};

const CASES: usize = 60;
const KILLS: usize = 20;

fn folder(url: &str) -> Folder {
    Folder::project(url, CASES)
}

/// Questions whose answer is in the record.
fn acknowledged(record: &Path) -> Vec<String> {
    let connection = Connection::open(record).unwrap();
    let mut statement = connection
        .prepare("SELECT json FROM cases JOIN calls ON trial = case_index WHERE callee = ''")
        .unwrap();
    let cases = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    cases
        .map(|case| {
            let case: serde_json::Value = serde_json::from_str(&case.unwrap()).unwrap();
            case["question"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Every score of a record but those of time.
fn scores(record: &Path) -> Vec<(i64, i64, Option<f64>, Option<String>)> {
    let connection = Connection::open(record).unwrap();
    let header: String = connection
        .query_row("SELECT value FROM header WHERE key = 'header'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let header: serde_json::Value = serde_json::from_str(&header).unwrap();
    let latency = header["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .position(|source| source["metric"]["name"] == "latency_ms")
        .unwrap();
    let mut statement = connection
        .prepare("SELECT metric, trial, value, reason FROM scores WHERE metric <> ?1 ORDER BY 1, 2")
        .unwrap();
    let rows = statement
        .query_map([i64::try_from(latency).unwrap()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// A cheap chaotic sequence of waiting times, the same in every run.
fn waits() -> impl Iterator<Item = Duration> {
    (1_u64..).map(|step| Duration::from_millis(15 + (step * 7919) % 90))
}

#[test]
fn twenty_kills_lose_nothing_and_pay_nothing_twice() {
    let server = SlowCopilot::start(Duration::from_millis(12));
    let undisturbed = folder(&server.url);
    assert_eq!(undisturbed.run(&["run", "-q"]).code, 0);
    let expected = scores(&undisturbed.records()[0]);
    assert!(
        expected.iter().any(|row| row.2 == Some(0.0)),
        "nothing to compare"
    );

    let mut kills = 0;
    let mut wait = waits();
    while kills < KILLS {
        let disturbed = folder(&server.url);
        let before_run = server.asked();
        let mut arguments = vec!["run", "-q"];
        // Longer from kill to kill, so that a slow machine comes to an end, too.
        let mut longer = Duration::ZERO;
        loop {
            let mut child = disturbed
                .command(&arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(wait.next().unwrap() + longer);
            longer += Duration::from_millis(20);
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            // Answers of killed calls may still be on their way to be counted.
            thread::sleep(Duration::from_millis(20));
            if let Some(record) = disturbed.records().first() {
                check_paid_once(record, &before_run, &server.asked());
                arguments = vec!["run", "-q", "--resume", "latest"];
            }
        }
        let ended = disturbed.run(&["run", "-q", "--resume", "latest"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let record = &disturbed.records()[0];
        check_paid_once(record, &before_run, &server.asked());
        assert_eq!(scores(record), expected);
    }
}

/// Every answer in the record was asked for at most once more than answers were lost: an
/// acknowledged question is never asked again, so that its count stands still from then on. Here: no
/// question in a record was asked more often than once plus the kills at which it was not in it.
fn check_paid_once(record: &Path, before: &BTreeMap<String, usize>, now: &BTreeMap<String, usize>) {
    thread_local! {
        static SEEN: std::cell::RefCell<BTreeMap<String, usize>> = const { std::cell::RefCell::new(BTreeMap::new()) };
    }
    SEEN.with_borrow_mut(|seen| {
        for question in acknowledged(record) {
            let count = now[&question] - before.get(&question).copied().unwrap_or(0);
            let key = format!("{} {question}", record.display());
            let first = *seen.entry(key).or_insert(count);
            assert_eq!(
                count, first,
                "`{question}` was acknowledged and asked again"
            );
        }
    });
}

/// As a run of an earlier groundgate left it that was killed before it began.
#[test]
fn a_file_without_tables_is_not_the_latest_run() {
    let server = SlowCopilot::start(Duration::from_millis(1));
    let folder = folder(&server.url);
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let record = folder.records()[0].clone();
    std::fs::write(record.with_file_name("ZZZZZZZZZZZZ.sqlite"), "").unwrap();
    let listed = folder.run(&["runs", "list"]);
    assert_eq!(
        (listed.code, listed.out.lines().count(), listed.err.as_str()),
        (0, 1, "")
    );
    let shown = folder.run(&["runs", "show", "latest"]);
    let id = record.file_stem().unwrap().to_string_lossy().into_owned();
    assert!(shown.code == 0 && shown.out.contains(&id), "{}", shown.err);
}
