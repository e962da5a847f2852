//! `kill -9` at random points of everything that writes: run and resume with a judge that is paid and a ledger,
//! rejudge, the baseline, approvals, attest and publish. Nothing acknowledged is lost or paid for twice, no more calls are
//! lost than may be in flight, ledger and record agree, and half a file is nobody's.
//!
//! `just kills 1000` takes a thousand of them.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    program::Folder,
    trust::{Estate, REF, has_ssh},
};

const CASES: usize = 40;
const IN_FLIGHT: usize = 4;

/// How many kills: as `GROUNDGATE_KILLS` says, 200 in CI.
fn kills() -> usize {
    let said = env::var_os("GROUNDGATE_KILLS");
    let usual = if env::var_os("CI").is_some() { 200 } else { 60 };
    said.and_then(|text| text.to_str()?.parse().ok())
        .unwrap_or(usual)
}

/// Waiting times that look like chance and are the same in every run.
struct Waits(u64);

impl Waits {
    fn next(&mut self, longest: u64) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % longest)
    }
}

/// Starts a command and kills it after a while; whether it had ended before.
fn killed(folder: &Folder, arguments: &[&str], after: Duration) -> bool {
    let mut child = folder
        .command(arguments)
        .env("CI", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(after);
    let had_ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    had_ended
}

/// Who was paid for what, and what a registry of models was told.
#[derive(Clone, Default)]
struct Seen {
    paid: Arc<Mutex<BTreeMap<String, usize>>>,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

/// Copilot, judge and registry in one server.
struct Others {
    url: String,
    seen: Seen,
    _runtime: Runtime,
}

impl Others {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let app = Router::new()
            .route("/v1/chat/completions", post(paid))
            .route("/api/2.0/mlflow/registered-models/get", get(registered))
            .route("/api/2.0/mlflow/registered-models/alias", post(alias))
            .route("/api/2.0/mlflow/model-versions/set-tag", post(tag))
            .with_state(seen.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            seen,
            _runtime: runtime,
        }
    }

    fn n_paid(&self) -> usize {
        self.seen.paid.lock().unwrap().values().sum()
    }
}

async fn paid(State(seen): State<Seen>, Json(asked): Json<Value>) -> Json<Value> {
    let words = asked["messages"].to_string();
    *seen.paid.lock().unwrap().entry(words.clone()).or_default() += 1;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let text = if asked.get("response_format").is_some() {
        json!({"reason": "x", "label": "addresses-all"}).to_string()
    } else {
        "The fee is 5 EUR.".to_owned()
    };
    Json(
        json!({"model": asked["model"], "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50}}),
    )
}

async fn registered(State(seen): State<Seen>) -> Json<Value> {
    let told = seen.told.lock().unwrap();
    let aliases: BTreeMap<String, Value> = told
        .iter()
        .filter(|(what, _)| what == "alias")
        .map(|(_, body)| {
            (
                body["alias"].as_str().unwrap().to_owned(),
                body["version"].clone(),
            )
        })
        .collect();
    let aliases: Vec<Value> = aliases
        .into_iter()
        .map(|(alias, version)| json!({"alias": alias, "version": version}))
        .collect();
    Json(json!({"registered_model": {"name": "support", "aliases": aliases}}))
}

async fn alias(State(seen): State<Seen>, Json(body): Json<Value>) -> Json<Value> {
    seen.told.lock().unwrap().push(("alias".to_owned(), body));
    Json(json!({}))
}

async fn tag(State(seen): State<Seen>, Json(body): Json<Value>) -> Json<Value> {
    seen.told.lock().unwrap().push(("tag".to_owned(), body));
    Json(json!({}))
}

fn paid_project(url: &str) -> Folder {
    let set: String = (0..CASES)
        .map(|n| {
            json!({"id": format!("q{n}"), "question": format!("What is number {n}? unique {n}")})
                .to_string()
                + "\n"
        })
        .collect();
    let price = "price = { input-usd-per-million = 1000.0, output-usd-per-million = 1000.0 }";
    let config = format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\nconcurrency = {IN_FLIGHT}\nbudget-usd = 50\nbudget-ledger = \"ledger.json\"\nbudget-month-usd = 500\n\
         [[copilot]]\nname = \"c\"\nkind = \"openai\"\nbase-url = \"{url}/v1\"\nmodel = \"m\"\n{price}\n\
         [[judge]]\nname = \"j\"\nspec = \"answer_relevance\"\nendpoint = {{ base-url = \"{url}/v1\", model = \"jm\", {price} }}\n\
         [checks]\nmetrics = [\"answer_chars\", \"cost_usd\"]\n"
    );
    let policy = "schema = \"groundgate.policy/1\"\nname = \"t\"\n[statistics]\nmin-cases = 10\n[[rule]]\nid = \"r\"\nkind = \"floor\"\nmetric = \"answer_relevance\"\nmin = 0.5\n";
    Folder::with(&[
        ("set.jsonl", &set),
        ("groundgate.toml", &config),
        ("gate.toml", policy),
    ])
}

fn number(record: &Path, sql: &str) -> i64 {
    let connection = Connection::open(record).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn booked(record: &Path) -> i64 {
    number(record, "SELECT coalesce(sum(booked_nanos), 0) FROM calls")
}

fn drawn(folder: &Folder) -> i64 {
    let text = fs::read_to_string(folder.path().join("ledger.json")).unwrap();
    let ledger: Value = serde_json::from_str(&text).unwrap();
    ledger["drawn"]
        .as_object()
        .unwrap()
        .values()
        .map(|nanos| nanos.as_i64().unwrap())
        .sum()
}

#[test]
fn kills_of_paid_runs_lose_no_more_calls_than_were_in_flight() {
    let others = Others::start();
    let whole = paid_project(&others.url);
    assert_eq!(whole.run(&["run", "-q"]).code, 0);
    let undisturbed = others.n_paid();
    assert_eq!(undisturbed, 2 * CASES);
    let mut waits = Waits(11);
    let (mut n_kills, mut n_rounds, all) = (0, 0, kills() * 2 / 3);
    while n_kills < all {
        let folder = paid_project(&others.url);
        others.seen.paid.lock().unwrap().clear();
        let (mut n_here, mut longer) = (0, 120);
        let mut arguments = vec!["run", "-q"];
        while !killed(&folder, &arguments, waits.next(longer)) {
            n_here += 1;
            longer += 25;
            // Calls of the killed may still be on their way to be counted.
            thread::sleep(Duration::from_millis(25));
            let gated = folder.run(&["gate", "latest"]);
            if let [record] = folder.records().as_slice() {
                let n_trials = number(record, "SELECT count(*) FROM trials");
                assert!(
                    gated.code != 0 || n_trials == i64::try_from(CASES).unwrap(),
                    "{}",
                    gated.out
                );
                arguments = vec!["run", "-q", "--resume", "latest"];
            }
            assert!(
                matches!(gated.code, 0 | 3 | 11),
                "{} {}",
                gated.code,
                gated.err
            );
        }
        let ended = folder.run(&["run", "-q", "--resume", "latest"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let record = &folder.records()[0];
        assert_eq!(
            number(record, "SELECT count(*) FROM calls"),
            i64::try_from(undisturbed).unwrap()
        );
        let n_again = others.n_paid() - undisturbed;
        assert!(
            n_again <= n_here * IN_FLIGHT,
            "{n_again} calls paid again after {n_here} kills"
        );
        assert_eq!(drawn(&folder), booked(record), "ledger and record");
        assert_eq!(folder.run(&["gate", "latest"]).code, 0);
        n_kills += n_here;
        n_rounds += 1;
        if n_rounds % 3 == 1 {
            kill_the_rest(&folder, &others, &mut waits);
        }
    }
}

/// What works on a finished record: judging it again, naming it as the baseline.
fn kill_the_rest(folder: &Folder, others: &Others, waits: &mut Waits) {
    let record = folder.records()[0].clone();
    let before = fs::read(&record).unwrap();
    let name = record.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut longer = 150;
    let n_before = others.n_paid();
    let mut n_kills = 0;
    while !killed(
        folder,
        &["rejudge", &name, "--judge", "j"],
        waits.next(longer),
    ) && n_kills < 3
    {
        n_kills += 1;
        longer += 100;
        thread::sleep(Duration::from_millis(25));
        for other in folder.records().iter().skip(1) {
            let name = other.file_stem().unwrap().to_str().unwrap().to_owned();
            let gated = folder.run(&["gate", &name]);
            let is_whole =
                number(other, "SELECT count(*) FROM trials") == i64::try_from(CASES).unwrap();
            assert!(
                gated.code != 0 || is_whole,
                "a part of a judgement passes: {}",
                gated.out
            );
        }
    }
    assert!(
        others.n_paid() <= n_before + (n_kills + 1) * CASES,
        "answers are not paid for again"
    );
    for _ in 0..2 {
        killed(folder, &["baseline", "set", &name], waits.next(30));
        let named = folder.path().join("runs/baseline.json");
        if named.exists() {
            let text = fs::read_to_string(named).unwrap();
            assert!(
                serde_json::from_str::<Value>(&text).is_ok(),
                "half a file: {text}"
            );
        }
    }
    assert_eq!(folder.run(&["baseline", "set", &name]).code, 0);
    assert_eq!(
        fs::read(&record).unwrap(),
        before,
        "a finished record is not touched"
    );
}

#[test]
#[expect(
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    reason = "one story"
)]
fn kills_of_a_promotion_leave_the_old_version_or_the_new_one_and_no_half_of_a_proof() {
    if !has_ssh() {
        return;
    }
    let others = Others::start();
    let estate = Estate::new("ed25519");
    let old = json!({"name": "support", "alias": "champion", "version": "6"});
    others
        .seen
        .told
        .lock()
        .unwrap()
        .push(("alias".to_owned(), old));
    let run = estate.evaluated("7");
    let mut waits = Waits(5);
    let verify: Vec<&str> = vec![
        "verify",
        "attest",
        "--env",
        "prod",
        "--policy",
        REF,
        "--model",
        "models:/support/7",
    ];
    let about = |command: &'static str| Estate::about(command, &run);
    let approve = [
        &about("approve")[..],
        &[
            "--role",
            "security",
            "--reason",
            "fine",
            "--by",
            "ben",
            "--ssh-key",
            "ben",
        ],
    ]
    .concat();
    let attest = [&about("attest")[..], &["--key", "ci.key"]].concat();
    let url = others.url.clone();
    let publish: Vec<&str> = [&["publish"][..], &verify[1..], &["--registry", &url]].concat();
    let rounds = (kills() / 3).div_ceil(9).max(2);
    for _ in 0..rounds {
        for folder in ["runs/approvals", "attest"] {
            fs::remove_dir_all(estate.folder.path().join(folder)).unwrap_or_default();
        }
        for _ in 0..3 {
            killed(&estate.folder, &approve, waits.next(120));
            let gated = estate.ci(&about("gate"));
            assert!(
                matches!(gated.code, 0 | 12),
                "half an approval: {} {}",
                gated.code,
                gated.err
            );
        }
        if estate.ci(&about("gate")).code != 0 {
            assert_eq!(estate.ci(&approve).code, 0);
        }
        for _ in 0..3 {
            killed(&estate.folder, &attest, waits.next(250));
            let verified = estate.ci(&verify);
            assert!(
                matches!(verified.code, 0 | 3),
                "{} {}",
                verified.code,
                verified.err
            );
        }
        let attested = estate.ci(&attest);
        assert_eq!(attested.code, 0, "{}", attested.err);
        assert_eq!(estate.ci(&verify).code, 0);
        for _ in 0..3 {
            killed(&estate.folder, &publish, waits.next(200));
        }
    }
    let published = estate.ci(&publish);
    assert_eq!(published.code, 0, "{}{}", published.out, published.err);
    let told = others.seen.told.lock().unwrap().clone();
    let mut tagged = false;
    for (what, body) in told.iter().skip(1) {
        tagged |= what == "tag";
        let version = body["version"].as_str().unwrap();
        let is_expected = if body["alias"] == "previous_champion" {
            "6"
        } else {
            "7"
        };
        assert_eq!(version, is_expected, "{body}");
        assert!(tagged, "an alias moved before its tags: {body}");
    }
    assert_eq!(
        told.last().unwrap().1,
        json!({"name": "support", "alias": "champion", "version": "7"})
    );
}
