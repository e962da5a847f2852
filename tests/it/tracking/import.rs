//! Traces that MLflow's client has made, out of MLflow's server.

use std::{process::Stdio, thread, time::Duration};

use serde_json::Value;

use super::server::Server;
use crate::program::Folder;

const POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "traces"

[statistics]
min-cases = 5

[[rule]]
id     = "floor"
kind   = "floor"
metric = "embedded_groundedness"
min    = 0.5

[[rule]]
id   = "errors"
kind = "max-error-rate"
max  = 0.01
"#;

#[test]
fn every_trace_of_an_experiment_is_a_trial_and_the_run_is_gated() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    let Some(server) = Server::start(folder.path()) else {
        return;
    };
    server.python(include_str!("traces.py"), &["support", "30"]);
    let uri = ["--tracking-uri", &server.url, "--experiment", "support"];
    let import = |more: &[&str]| folder.run(&[&["import", "mlflow"], &uri[..], more].concat());

    let ended = import(&[
        "--judge",
        "--tag",
        "product",
        "--labels",
        "labels.jsonl",
        "--json",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made: Value = serde_json::from_str(&ended.out).unwrap();
    for (field, expected) in [
        ("traces", 30),
        ("answered", 27),
        ("with_passages", 24),
        ("labels", 6),
        ("feedback_without_value", 0),
    ] {
        assert_eq!(made[field], expected, "{field}: {}", ended.out);
    }
    let lacks = made["lacks"].as_array().unwrap();
    let lacking = |name: &str| {
        let lack = lacks.iter().find(|lack| lack["name"] == name).unwrap();
        (
            lack["traces"].as_u64().unwrap(),
            lack["says"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(lacking("no-retriever").0, 3);
    let (failed, says) = lacking("failed");
    assert_eq!(failed, 3);
    assert!(says.contains("the index is gone"), "{says}");
    // The judge that failed on three traces has scored 24, and not 27.
    assert_eq!(made["scores"]["groundedness"], 24);

    trials(&folder);

    // What failed counts: a tenth of the traces did.
    let gated = folder.run(&["gate", "latest"]);
    assert_eq!(gated.code, 10, "{}{}", gated.out, gated.err);
    let agreed = folder.run(&[
        "judge",
        "agreement",
        "--labels",
        "labels.jsonl",
        "--metric",
        "groundedness",
    ]);
    assert_ne!(agreed.code, 1, "{}", agreed.err);

    publish_and_read_back(&server, &folder);
    explain(&folder);

    rows_and_refusals(&server, &folder);
}

fn trials(folder: &Folder) {
    let exported = folder.run(&["runs", "export"]).out;
    let trials: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(trials.len(), 30);
    let plain = trials
        .iter()
        .find(|trial| trial["case"]["id"] == "case-4")
        .unwrap();
    assert_eq!(plain["answer"], "The fee for product number 4 is 4 EUR.");
    assert_eq!(plain["passages"][0]["source"], "kb/4.md");
    assert_eq!(plain["case"]["tags"]["product"], "even");
    assert_eq!(plain["case"]["cluster"], "session session-2");
}

/// Rows instead of a record; and nothing that was asked for is quietly something else.
fn rows_and_refusals(server: &Server, folder: &Folder) {
    let uri = ["--tracking-uri", &server.url, "--experiment", "support"];
    let import = |more: &[&str]| folder.run(&[&["import", "mlflow"], &uri[..], more].concat());
    let rows = import(&["-o", "answers.jsonl"]);
    assert_eq!(rows.code, 0, "{}", rows.err);
    let scored = folder.run(&["score", "answers.jsonl"]);
    assert_eq!(scored.code, 0, "{}{}", scored.out, scored.err);

    // Nothing that was asked for is quietly something else.
    for (more, code, says) in [
        (&["--filter", "tags.product = 'none'"][..], 4, "no trace"),
        (&["--filter", "nonsense"], 3, "--filter"),
        (&["--at-most", "29"], 3, "more than 29"),
        (&["--without", "no-such"], 2, "no-such"),
    ] {
        let ended = import(more);
        assert_eq!(ended.code, code, "{more:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{more:?}: {}", ended.err);
    }
    let nowhere = folder.run(&[
        "import",
        "mlflow",
        "--tracking-uri",
        &server.url,
        "--experiment",
        "suport",
    ]);
    assert_eq!(nowhere.code, 3);
    assert!(
        nowhere.err.contains("it has") && nowhere.err.contains("support"),
        "{}",
        nowhere.err
    );
}

/// Publishes the imported run: its traces are the copilot's own, and get what we say of them.
fn publish_and_read_back(server: &Server, folder: &Folder) {
    let ended = folder.run(&["publish", "mlflow", "latest", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&made["traces"], &made["linked"]),
        (&30.into(), &30.into()),
        "{made}"
    );
    assert_eq!(made["verdict"], "fail");
    let found: Value =
        serde_json::from_str(&server.python(include_str!("read_back.py"), &["support"])).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let found = &found[0];
    assert_eq!(found["run"], made["mlflow_run"]);
    assert_eq!(
        (&found["status"], &found["traces"]),
        (&"FINISHED".into(), &30.into())
    );
    assert_eq!(
        (&found["assessments"], &found["said_twice"]),
        (&made["assessments"], &0.into())
    );
    let metric = |name: &str| &found["metrics"][name];
    assert_eq!(metric("groundedness/planned"), 30.0);
    assert_eq!(metric("groundedness/n"), 24.0);
    assert_eq!(metric("groundedness/unscored"), 6.0);
    assert_eq!(metric("embedded_groundedness/n"), 24.0);
    let counts = ["n", "not_applicable", "unscored"];
    let counts = counts.map(|name| {
        metric(&format!("embedded_groundedness/{name}"))
            .as_f64()
            .unwrap()
    });
    assert!(
        (counts.iter().sum::<f64>() - 30.0).abs() < 1e-9,
        "{counts:?}"
    );
    assert_eq!(found["tags"]["groundgate.verdict"], "fail");
    let files: Vec<&str> = found["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_str().unwrap())
        .collect();
    assert_eq!(
        files,
        [
            "groundgate/record.sqlite",
            "groundgate/report.html",
            "groundgate/verdict.json"
        ]
    );
    let again = folder.run(&["publish", "mlflow", "latest", "--json"]);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        (&again["sent"], &again["mlflow_run"]),
        (&0.into(), &made["mlflow_run"])
    );
}

fn explain(folder: &Folder) {
    let ended = folder.run(&["explain", "mlflow", "latest", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let step = |place: usize| {
        let step = &found["steps"][place];
        (
            step["low"].as_f64().unwrap(),
            step["high"].as_f64().unwrap(),
            step["n"].as_u64().unwrap(),
        )
    };
    assert_eq!(step(0), (0.875, 0.875, 24));
    assert_eq!(step(2), (0.7, 0.8, 30));
    let cause = |name: &str| {
        let causes = found["causes"].as_array().unwrap();
        causes
            .iter()
            .find(|cause| cause["cause"] == name)
            .map(|cause| cause["cases"].as_u64().unwrap())
    };
    assert_eq!(cause("judge-failed"), Some(3));
    assert_eq!(cause("no-answer"), Some(3));
    assert_eq!(cause("no-passages"), Some(3));
    assert_eq!(cause("same"), Some(21));
    let text = folder.run(&["explain", "mlflow"]).out;
    assert!(
        text.contains("0.875") && text.contains("TIMEOUT: late"),
        "{text}"
    );
}

#[test]
fn who_is_killed_while_publishing_asks_again_and_nothing_is_there_twice() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    let Some(server) = Server::start(folder.path()) else {
        return;
    };
    server.python(
        "import mlflow, sys; mlflow.set_tracking_uri(sys.argv[1]); mlflow.create_experiment('new')",
        &[],
    );
    let lines: Vec<String> = (0..40)
        .map(|number| {
            let text = format!("The fee for product number {number} is {number} EUR.");
            let line = serde_json::json!({"case": {"id": format!("case-{number}"), "question": format!("Fee of {number}?")},
                "answer": text, "passages": [{"text": text, "id": "d"}]});
            format!("{line}\n")
        })
        .collect();
    folder.write("answers.jsonl", &lines.concat());
    let imported = folder.run(&["runs", "import", "answers.jsonl", "--name", "v1", "--judge"]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let publish = [
        "publish",
        "mlflow",
        "latest",
        "--experiment",
        "new",
        "--tracking-uri",
        &server.url,
        "--json",
    ];
    for point in 0..20 {
        let mut process = folder
            .command(&publish)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(40 * point));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let ended = folder.run(&publish);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let made: Value = serde_json::from_str(&ended.out).unwrap();
    let found: Value =
        serde_json::from_str(&server.python(include_str!("read_back.py"), &["new"])).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 1, "one run: {found}");
    let found = &found[0];
    assert_eq!(
        (&found["traces"], &found["retrievers"]),
        (&40.into(), &40.into()),
        "{found}"
    );
    for count in ["assessments", "assessment_ids"] {
        assert_eq!(found[count], made["assessments"], "{count}");
    }
    assert_eq!(found["said_twice"], 0);
    assert_eq!(
        found["metric_values"], made["metrics"],
        "each metric has one value"
    );
}
