//! What servers do that are old, busy, forgetful, or not ours to read.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{Ended, Folder};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As version 3 does, without batches; busy at first, and it forgets a trace.
    New,
    /// As version 2 does.
    Old,
    /// It lets nobody in without this login.
    Closed,
}

struct Fake {
    kind: Kind,
    searches: AtomicUsize,
}

type Shared = State<Arc<Fake>>;

/// A server that ends with the test.
struct Server {
    _runtime: Runtime,
    url: String,
}

impl Server {
    fn start(kind: Kind) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Arc::new(Fake {
            kind,
            searches: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/api/2.0/mlflow/experiments/get-by-name", get(experiment))
            .route("/api/3.0/mlflow/traces/search", post(search))
            .route("/api/3.0/mlflow/traces/{id}", get(head))
            .route("/api/2.0/mlflow/traces", get(old_search))
            .route("/ajax-api/2.0/mlflow/get-trace-artifact", get(artifact))
            .with_state(fake);
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            _runtime: runtime,
            url,
        }
    }

    fn import(&self, folder: &Folder, environment: &[(&str, &str)]) -> Ended {
        let arguments = [
            "import",
            "mlflow",
            "--experiment",
            "e",
            "--json",
            "--tracking-uri",
            &self.url,
        ];
        let output = folder
            .command(&arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

async fn experiment(State(fake): Shared, headers: HeaderMap) -> Response {
    let login = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if fake.kind == Kind::Closed && login != Some("Basic YW5uOnNlc2FtZQ==") {
        return (StatusCode::FORBIDDEN, Html("Permission denied")).into_response();
    }
    let found =
        json!({"experiment": {"experiment_id": "7", "name": "e", "lifecycle_stage": "active"}});
    Json(found).into_response()
}

/// Nine traces in pages of four, one of them twice.
fn numbers(token: Option<&str>) -> (Vec<usize>, Option<&'static str>) {
    match token {
        None => (vec![0, 1, 2, 3], Some("second")),
        Some("second") => (vec![3, 4, 5, 6], Some("third")),
        _ => (vec![7, 8], None),
    }
}

fn new_head(number: usize) -> Value {
    let state = if number == 1 { "IN_PROGRESS" } else { "OK" };
    json!({"trace_id": format!("tr-{number}"), "state": state, "execution_duration": "0.5s",
        "request_preview": json!({"question": format!("How much is {number}?")}).to_string(),
        "response_preview": "It is cut …"})
}

async fn search(State(fake): Shared, Json(body): Json<Value>) -> Response {
    if fake.kind == Kind::Old {
        return (StatusCode::NOT_FOUND, Html("<html>no such page</html>")).into_response();
    }
    if fake.searches.fetch_add(1, Ordering::SeqCst) == 0 {
        let busy = json!({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(busy)).into_response();
    }
    let (numbers, next) = numbers(body["page_token"].as_str());
    let heads: Vec<Value> = numbers.into_iter().map(new_head).collect();
    Json(json!({"traces": heads, "next_page_token": next})).into_response()
}

async fn old_search(Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    assert_eq!(query["experiment_ids"], "7");
    let (numbers, next) = numbers(query.get("page_token").map(String::as_str));
    let heads = numbers.into_iter().map(|number| {
        json!({"request_id": format!("tr-{number}"), "status": "OK", "execution_time_ms": 5,
            "tags": [{"key": "groundgate.case", "value": format!("case-{number}")}]})
    });
    Json(json!({"traces": heads.collect::<Vec<_>>(), "next_page_token": next}))
}

/// Trace 2 is gone.
async fn head(Path(id): Path<String>) -> Response {
    if id == "tr-2" {
        let gone = json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"});
        return (StatusCode::NOT_FOUND, Json(gone)).into_response();
    }
    Json(json!({"trace": {"trace_info": {"trace_id": id}}})).into_response()
}

/// Of traces 2 and 4 there are no spans.
async fn artifact(State(fake): Shared, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let number: usize = query["request_id"]
        .trim_start_matches("tr-")
        .parse()
        .unwrap();
    if matches!(number, 2 | 4) && fake.kind != Kind::Old {
        let none = json!({"error_code": "NOT_FOUND", "message": "Trace data not found"});
        return (StatusCode::NOT_FOUND, Json(none)).into_response();
    }
    let said = format!("It is {number}.");
    let attributes = |kind: &str, outputs: Value| {
        json!({"mlflow.spanType": json!(kind).to_string(), "mlflow.spanOutputs": outputs.to_string(),
            "mlflow.spanInputs": json!({"question": format!("How much is {number}?")}).to_string()})
    };
    let documents = json!([{"page_content": said, "id": "d"}]);
    let spans = if fake.kind == Kind::Old {
        json!([
            {"context": {"span_id": "a"}, "parent_id": null, "status_code": "OK",
                "attributes": attributes("AGENT", json!(said))},
            {"context": {"span_id": "b"}, "parent_id": "a", "status_code": "OK",
                "attributes": attributes("RETRIEVER", documents)},
        ])
    } else {
        json!([
            {"span_id": "a", "parent_span_id": null, "attributes": attributes("AGENT", json!(said))},
            {"span_id": "b", "parent_span_id": "a", "attributes": attributes("RETRIEVER", documents)},
        ])
    };
    // MLflow serves files as text.
    json!({"spans": spans}).to_string().into_response()
}

#[test]
fn a_busy_and_forgetful_server_loses_no_trial() {
    let (server, folder) = (Server::start(Kind::New), Folder::with(&[]));
    let ended = server.import(&folder, &[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&made["traces"], &made["answered"]),
        (&json!(9), &json!(6)),
        "{made}"
    );
    let lacks: BTreeMap<&str, u64> = made["lacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lack| {
            (
                lack["name"].as_str().unwrap(),
                lack["traces"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [("deleted", 1), ("no-spans", 1), ("unfinished", 1)];
    assert_eq!(lacks, BTreeMap::from(expected));
    let trials = folder.run(&["runs", "export"]).out;
    assert_eq!(trials.lines().count(), 9);
    assert!(!trials.contains("It is cut"), "a preview is no answer");
}

#[test]
fn a_server_of_version_2_is_read_as_it_speaks() {
    let (server, folder) = (Server::start(Kind::Old), Folder::with(&[]));
    let ended = server.import(&folder, &[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&made["traces"], &made["with_passages"]),
        (&json!(9), &json!(9)),
        "{made}"
    );
    let trials = folder.run(&["runs", "export"]).out;
    assert!(trials.contains("\"case-8\""), "{trials}");
}

#[test]
fn who_may_not_read_is_told_what_to_set() {
    let (server, folder) = (Server::start(Kind::Closed), Folder::with(&[]));
    let refused = server.import(&folder, &[]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(
        refused.err.contains("MLFLOW_TRACKING_USERNAME"),
        "{}",
        refused.err
    );
    let login = [
        ("MLFLOW_TRACKING_USERNAME", "ann"),
        ("MLFLOW_TRACKING_PASSWORD", "sesame"),
    ];
    let ended = server.import(&folder, &login);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(!ended.err.contains("sesame"));
}
