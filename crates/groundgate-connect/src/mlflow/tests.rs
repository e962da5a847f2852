//! What the server is asked, and what its replies mean.

use serde_json::{Value, json};

use super::*;
use crate::test_server::TestServer;

fn experiment() -> Experiment {
    Experiment {
        id: "7".to_owned(),
        name: "answers".to_owned(),
    }
}

fn played(script: Vec<(u16, Value)>) -> (TestServer, TrackingServer) {
    let server = TestServer::new(script);
    let tracking = TrackingServer::new(&server.endpoint).unwrap();
    (server, tracking)
}

fn heads(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({"trace_id": id})).collect()
}

fn page(ids: &[&str], token: &str) -> (u16, Value) {
    (200, json!({"traces": heads(ids), "next_page_token": token}))
}

#[tokio::test]
async fn pages_are_joined_each_trace_once_up_to_as_many_as_are_meant() {
    for (at_most, expected, has_more) in [
        (usize::MAX, &["a", "b", "c"][..], false),
        (4, &["a", "b", "c"], false),
        (3, &["a", "b", "c"], false),
        (2, &["a", "b"], true),
    ] {
        let (server, tracking) = played(vec![page(&["a", "b"], "next"), page(&["b", "c"], "")]);
        let experiment = experiment();
        let search = Search {
            experiment: &experiment,
            filter: "f",
            at_most,
        };
        let found = tracking.search(&search).await.unwrap();
        assert_eq!(found.heads, heads(expected), "{at_most}");
        assert_eq!(found.has_more, has_more, "{at_most}");
        let asked = server.asked();
        assert_eq!(asked[0].line, "POST /api/3.0/mlflow/traces/search");
        assert_eq!(
            asked[0].body["locations"][0]["mlflow_experiment"]["experiment_id"],
            "7"
        );
        assert_eq!(asked[0].body["order_by"], json!(["timestamp_ms ASC"]));
        assert_eq!(asked[0].body["filter"], "f");
        assert_eq!(
            asked[0].body["max_results"],
            at_most.saturating_add(1).min(500)
        );
        assert_eq!(asked[0].body.get("page_token"), None);
        assert_eq!(asked[1].body["page_token"], "next");
    }
}

#[tokio::test]
async fn an_older_server_is_asked_in_its_way_for_every_page() {
    let old = |id: &str, token: &str| {
        let heads = json!([{"request_id": id}]);
        (200, json!({"traces": heads, "next_page_token": token}))
    };
    let script = vec![(404, json!({})), old("a", "next"), old("b", "")];
    let (server, tracking) = played(script);
    let experiment = experiment();
    let search = Search {
        experiment: &experiment,
        filter: "",
        at_most: 9,
    };
    assert_eq!(tracking.search(&search).await.unwrap().heads.len(), 2);
    let lines = server.lines();
    assert!(
        lines[1].starts_with("GET /api/2.0/mlflow/traces?"),
        "{lines:?}"
    );
    assert!(lines[2].ends_with("page_token=next"), "{lines:?}");
}

#[tokio::test]
async fn a_search_that_fails_is_no_end_of_the_list() {
    for script in [
        vec![page(&["a"], "next"), (404, json!({}))],
        vec![page(&["a"], "next"), (500, json!({}))],
        vec![(200, json!({"traces": "none"}))],
        vec![(200, json!([]))],
        vec![(403, json!({}))],
    ] {
        let (_server, tracking) = played(script.clone());
        let experiment = experiment();
        let search = Search {
            experiment: &experiment,
            filter: "",
            at_most: 9,
        };
        tracking
            .search(&search)
            .await
            .expect_err(&format!("{script:?}"));
    }
}

fn run(metrics: &[(&str, f64)]) -> RunHead {
    RunHead {
        id: "r1".to_owned(),
        is_finished: false,
        artifact_uri: String::new(),
        metrics: named(metrics),
    }
}

fn named(metrics: &[(&str, f64)]) -> Vec<(String, f64)> {
    let metrics = metrics.iter();
    metrics
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_run_is_told_what_it_has_not_and_what_changed_as_later() {
    let (server, tracking) = played(vec![(200, json!({})); 3]);
    let kept = Kept {
        metrics: named(&[("same", 0.1), ("changed", 0.5), ("new", 1.0)]),
        at_ms: 10,
        changed_at_ms: 20,
        params: texts(&[("long", &"ä".repeat(501))]),
        tags: texts(&[("t", "v")]),
    };
    let there = run(&[("same", 0.1 + 1e-17), ("changed", 0.4)]);
    assert_eq!(there.n_kept(&kept.metrics), 1);
    tracking.keep(&there, &kept).await.unwrap();
    let asked = server.asked();
    assert_eq!(
        asked[0].body,
        json!({"run_id": "r1", "metrics": [
            {"key": "changed", "value": 0.5, "timestamp": 20, "step": 0},
            {"key": "new", "value": 1.0, "timestamp": 10, "step": 0},
        ]})
    );
    assert_eq!(asked[1].body["params"][0]["value"], "ä".repeat(500));
    assert_eq!(asked[2].body["tags"], json!([{"key": "t", "value": "v"}]));
}

#[tokio::test]
async fn no_call_carries_more_than_the_server_takes_and_nothing_is_left_out() {
    let many = |n: usize| (0..n).map(|number| (format!("k{number}"), "v".to_owned()));
    let kept = Kept {
        metrics: many(501).map(|(name, _)| (name, 1.0)).collect(),
        params: many(101).collect(),
        tags: many(201).collect(),
        ..Kept::default()
    };
    let (server, tracking) = played(vec![(200, json!({})); 7]);
    tracking.keep(&run(&[]), &kept).await.unwrap();
    let sizes: Vec<(&str, usize)> = ["metrics", "params", "tags"]
        .into_iter()
        .flat_map(|part| {
            let asked = server.asked();
            let sizes: Vec<usize> = asked
                .iter()
                .filter_map(|one| one.body.get(part)?.as_array().map(Vec::len))
                .collect();
            sizes.into_iter().map(move |size| (part, size))
        })
        .collect();
    let expected = [
        ("metrics", 500),
        ("metrics", 1),
        ("params", 100),
        ("params", 1),
        ("tags", 100),
        ("tags", 100),
        ("tags", 1),
    ];
    assert_eq!(sizes, expected);
    let traces: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let traces: Vec<&str> = traces.iter().map(String::as_str).collect();
    let (server, tracking) = played(vec![(200, json!({})); 2]);
    tracking.link(&run(&[]), &traces).await.unwrap();
    let linked = server.asked();
    assert_eq!(
        linked[1].body,
        json!({"run_id": "r1", "trace_ids": ["100"]})
    );
}

#[tokio::test]
async fn a_run_is_read_as_the_server_has_it() {
    let told = json!({
        "info": {"run_id": "r9", "status": "FINISHED", "artifact_uri": "mlflow-artifacts:/7/r9"},
        "data": {"metrics": [{"key": "m", "value": 0.25}, {"key": "broken"}]},
    });
    let read = RunHead {
        id: "r9".to_owned(),
        is_finished: true,
        artifact_uri: "mlflow-artifacts:/7/r9".to_owned(),
        metrics: named(&[("m", 0.25)]),
    };
    let (server, tracking) = played(vec![
        (200, json!({"runs": [told]})),
        (200, json!({})),
        (200, json!({"run": told})),
        (
            200,
            json!({"run": {"info": {"run_id": "r9", "status": "RUNNING"}}}),
        ),
        (200, json!({})),
    ]);
    let found = tracking.run_with_tag(&experiment(), ("key", "value")).await;
    assert_eq!(found.unwrap().as_ref(), Some(&read));
    let asked = server.asked();
    assert_eq!(asked[0].body["filter"], "tags.`key` = 'value'");
    assert_eq!(
        asked[0].body["order_by"],
        json!(["attributes.start_time ASC"])
    );
    let none = tracking.run_with_tag(&experiment(), ("key", "value")).await;
    assert_eq!(none.unwrap(), None);
    assert_eq!(tracking.run("r9").await.unwrap(), read);
    assert!(!tracking.run("r9").await.unwrap().is_finished);
    tracking.run("r9").await.unwrap_err();
}

#[tokio::test]
async fn a_run_ends_when_it_is_told_to_and_its_files_go_where_its_place_says() {
    let (server, tracking) = played(vec![(200, json!({})), (200, json!({}))]);
    let place = |uri: &str| RunHead {
        artifact_uri: uri.to_owned(),
        ..run(&[])
    };
    let elsewhere = place("s3://bucket/7/r1");
    assert!(
        !tracking
            .give_file(&elsewhere, "a.json", vec![1])
            .await
            .unwrap()
    );
    let here = place("mlflow-artifacts:/7/r1/artifacts");
    assert!(tracking.give_file(&here, "a.json", vec![1]).await.unwrap());
    tracking.end_run(&here, 5).await.unwrap();
    let asked = server.asked();
    assert_eq!(
        asked[0].line,
        "PUT /api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts/a.json"
    );
    assert_eq!(
        asked[1].body,
        json!({"run_id": "r1", "status": "FINISHED", "end_time": 5})
    );
}

#[tokio::test]
async fn an_experiment_is_found_by_name_then_by_id_and_a_deleted_one_is_none() {
    let told = |stage: &str| {
        let experiment = json!({"experiment_id": "7", "name": "answers", "lifecycle_stage": stage});
        (200, json!({"experiment": experiment}))
    };
    let (_server, tracking) = played(vec![told("active")]);
    assert_eq!(tracking.experiment("answers").await.unwrap(), experiment());
    let (server, tracking) = played(vec![(404, json!({})), told("active")]);
    assert_eq!(tracking.experiment("7").await.unwrap(), experiment());
    assert!(server.lines()[1].ends_with("get?experiment_id=7"));
    let (_server, tracking) = played(vec![told("deleted")]);
    let deleted = tracking.experiment("answers").await;
    assert!(
        matches!(deleted, Err(TrackingError::DeletedExperiment(_))),
        "{deleted:?}"
    );
    let others = json!({"experiments": [{"name": "one"}, {}, {"name": "two"}]});
    let (_server, tracking) = played(vec![(404, json!({})), (200, others)]);
    let Err(TrackingError::NoExperiment { name, there }) = tracking.experiment("x").await else {
        panic!("there is none");
    };
    assert_eq!(
        (name.as_str(), there),
        ("x", vec!["one".to_owned(), "two".to_owned()])
    );
}

#[tokio::test]
async fn what_the_server_says_no_with_is_told_apart() {
    for status in [401, 403, 400, 499, 500] {
        let (_server, tracking) = played(vec![(status, json!({}))]);
        let error = tracking.run("r").await.unwrap_err();
        let is_it = match status {
            401 | 403 => matches!(error, TrackingError::Denied(_)),
            400..=499 => matches!(error, TrackingError::Refused(_)),
            _ => matches!(error, TrackingError::Silent(_)),
        };
        assert!(is_it, "{status}: {error:?}");
    }
}

fn whole(id: &str) -> Value {
    json!({"trace_info": {"trace_id": id}, "spans": []})
}

#[tokio::test]
async fn traces_come_in_the_order_of_their_heads_and_what_is_missing_says_why() {
    let mut heads = heads(&["a", "b", "gone", "bare"]);
    heads.push(json!({"trace_id": "open", "state": "IN_PROGRESS"}));
    let (server, tracking) = played(vec![
        (200, json!({"traces": [whole("b"), whole("a")]})),
        // Of `gone`: its file, then itself.
        (404, json!({})),
        (404, json!({})),
        // Of `bare`: its file, then itself.
        (404, json!({"message": "no file"})),
        (200, json!({})),
    ]);
    let found = tracking.traces(heads, |_| {}).await.unwrap();
    assert_eq!(found[0].trace, whole("a"));
    assert_eq!(found[1].trace, whole("b"));
    let missing: Vec<Option<&Missing>> = found.iter().map(|one| one.missing.as_ref()).collect();
    assert!(
        matches!(
            missing[..],
            [
                None,
                None,
                Some(Missing::Deleted),
                Some(Missing::NotThere(_)),
                Some(Missing::Unfinished)
            ]
        ),
        "{missing:?}"
    );
    assert_eq!(
        server.lines()[0],
        "GET /api/3.0/mlflow/traces/batchGet?trace_ids=a&trace_ids=b&trace_ids=gone&trace_ids=bare"
    );
}

/// As servers before version 3 say it, too.
#[tokio::test]
async fn a_trace_that_has_not_ended_is_not_asked_for() {
    for state in ["state", "status"] {
        let (server, tracking) = played(Vec::new());
        let open = json!({"trace_id": "open", state: "IN_PROGRESS"});
        let found = tracking.traces(vec![open], |_| {}).await.unwrap();
        assert_eq!(found[0].missing, Some(Missing::Unfinished), "{state}");
        assert!(server.asked().is_empty());
    }
}

#[tokio::test]
async fn who_may_not_read_traces_has_an_error_and_no_empty_list() {
    let (_server, tracking) = played(vec![(403, json!({}))]);
    let denied = tracking.traces(heads(&["a"]), |_| {}).await;
    assert!(
        matches!(denied, Err(TrackingError::Denied(_))),
        "{denied:?}"
    );
    // A server without batches is asked one by one.
    let (_server, tracking) = played(vec![(404, json!({})), (200, json!({"spans": []}))]);
    let found = tracking.traces(heads(&["a"]), |_| {}).await.unwrap();
    assert_eq!(found[0].missing, None);
    let (_server, tracking) = played(vec![(404, json!({})), (403, json!({}))]);
    tracking.traces(heads(&["a"]), |_| {}).await.unwrap_err();
}

fn assessed(id: &str, value: Result<Value, Wrong>, by_model: bool) -> WrittenAssessment {
    WrittenAssessment {
        id: id.to_owned(),
        name: "groundedness".to_owned(),
        value,
        by_model,
        source: "judge 1".to_owned(),
        rationale: "because".to_owned(),
        metadata: texts(&[("case", "c1")]),
    }
}

fn trace(failure: Option<&str>) -> WrittenTrace {
    let step = |id: &str, parent: Option<&str>| Step {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: id.to_owned(),
        kind: "AGENT",
        inputs: json!({"n": 1, "x": 0.5, "list": [true, null]}),
        outputs: json!("text"),
        failure: failure.filter(|_| parent.is_some()).map(str::to_owned),
    };
    WrittenTrace {
        id: "tr-ab".to_owned(),
        steps: vec![step("root", None), step("leaf", Some("root"))],
        client_request_id: "c1".to_owned(),
        began_ms: 1_700_000_000_123,
        took_ms: 2_045,
        tags: texts(&[("t", "v")]),
        request: "?".to_owned(),
        response: "!".to_owned(),
        assessments: vec![
            assessed("a-1", Ok(json!(0.5)), true),
            assessed(
                "a-2",
                Err(Wrong {
                    code: "TIMEOUT".to_owned(),
                    message: "no answer".to_owned(),
                }),
                false,
            ),
        ],
    }
}

#[tokio::test]
async fn a_trace_is_written_with_its_times_its_steps_and_what_is_said_of_it() {
    for (failure, state) in [(None, "OK"), (Some("broke"), "ERROR")] {
        let (server, tracking) = played(vec![(200, json!({})), (200, json!({}))]);
        let (experiment, run, traces) = (experiment(), run(&[]), [trace(failure)]);
        let written = tracking.write_traces(&experiment, &run, &traces).await;
        written.unwrap();
        let asked = server.asked();
        let spans = &asked[0].body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        assert_eq!(spans[0]["traceId"], "ab");
        assert_eq!(spans[0]["startTimeUnixNano"], "1700000000123000000");
        assert_eq!(spans[0]["endTimeUnixNano"], "1700000002168000000");
        assert_eq!(spans[0].get("parentSpanId"), None);
        assert_eq!(spans[1]["parentSpanId"], "root");
        assert_eq!(spans[0]["status"]["code"], 1);
        assert_eq!(
            spans[1]["status"]["code"],
            if failure.is_some() { 2 } else { 1 }
        );
        let inputs = &spans[0]["attributes"][1]["value"]["kvlistValue"]["values"];
        assert_eq!(
            *inputs,
            json!([
                {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": true}, {}]}}},
                {"key": "n", "value": {"intValue": "1"}},
                {"key": "x", "value": {"doubleValue": 0.5}},
            ])
        );
        let info = &asked[1].body["trace"]["trace_info"];
        assert_eq!(info["state"], state);
        assert_eq!(info["request_time"], "2023-11-14T22:13:20.123Z");
        assert_eq!(info["execution_duration"], "2.045s");
        assert_eq!(info["trace_metadata"]["mlflow.sourceRun"], "r1");
        assert_eq!(
            (
                &info["client_request_id"],
                &info["request_preview"],
                &info["response_preview"]
            ),
            (&json!("c1"), &json!("?"), &json!("!"))
        );
        let [scored, failed] = info["assessments"].as_array().unwrap().as_slice() else {
            panic!("{info}");
        };
        assert_eq!(scored["feedback"], json!({"value": 0.5}));
        assert_eq!(scored["source"]["source_type"], "LLM_JUDGE");
        assert_eq!(failed["source"]["source_type"], "CODE");
        // A score that is not there is no value.
        let error = json!({"error": {"error_code": "TIMEOUT", "error_message": "no answer"}});
        assert_eq!(failed["feedback"], error);
        assert_eq!(
            scored["metadata"],
            json!({"case": "c1", "mlflow.assessment.sourceRunId": "r1"})
        );
    }
}

#[tokio::test]
async fn an_assessment_that_is_there_is_not_said_twice_and_one_that_is_not_is_an_error() {
    let one = assessed("a-1", Ok(json!(1.0)), true);
    for (script, is_there) in [
        (vec![(200, json!({}))], true),
        (vec![(409, json!({})), (200, json!({}))], true),
        (vec![(409, json!({})), (404, json!({}))], false),
        (vec![(403, json!({}))], false),
    ] {
        let (_server, tracking) = played(script.clone());
        let said = tracking.assess(&run(&[]), &[("tr-1", &one)]).await;
        assert_eq!(said.is_ok(), is_there, "{script:?}");
    }
}

#[tokio::test]
async fn what_a_run_has_written_is_read_with_what_is_said_of_it() {
    let heads = json!([
        {"trace_id": "a", "assessments": [{"assessment_id": "1"}, {"assessment_id": "2"}]},
        {"trace_id": "b"},
    ]);
    let (server, tracking) = played(vec![(200, json!({"traces": heads}))]);
    let written = tracking.written(&experiment(), &run(&[])).await.unwrap();
    let said = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(
        written,
        [
            ("a".to_owned(), said(&["1", "2"])),
            ("b".to_owned(), said(&[]))
        ]
    );
    assert_eq!(server.asked()[0].body["filter"], "attributes.run_id = 'r1'");
}
