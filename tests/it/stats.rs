//! `groundgate stats`: scores in, estimates and verdicts out; and the engine by name against the
//! reference values of other packages.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::program::{Ended, Folder};

/// The reference file beside the repository or beside the directory of its worktrees; it is not part
/// of this repository.
fn reference() -> Option<Value> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        "../shared/stats/reference.json",
        "../../shared/stats/reference.json",
    ];
    let path: Option<PathBuf> =
        (places.map(|place| home.join(place)).into_iter()).find(|path| path.exists());
    let Some(path) = path else {
        eprintln!("SKIPPED: there is no ../shared/stats/reference.json");
        return None;
    };
    Some(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
}

/// Where `actual` differs from what is expected of it; extra fields are welcome.
fn differences(actual: &Value, expected: &Value, tolerance: f64) -> Option<String> {
    match expected {
        Value::Number(number) => {
            let expected = number.as_f64().unwrap();
            let near = (actual.as_f64()).is_some_and(|it| (it - expected).abs() <= tolerance);
            (!near).then(|| format!("{actual}, expected {expected} within {tolerance}"))
        }
        Value::Array(items) => (items.iter().enumerate())
            .find_map(|(index, item)| differences(&actual[index], item, tolerance)),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            // As the reference's notes say.
            let tolerance = match name.as_str() {
                "z0" => 0.01,
                "acceleration" => 1e-12,
                _ => tolerance,
            };
            let found = differences(&actual[name], item, tolerance)?;
            Some(format!("{name}: {found}"))
        }),
        Value::Null | Value::Bool(_) | Value::String(_) => {
            (actual != expected).then(|| format!("{actual}, expected {expected}"))
        }
    }
}

fn with_stdin(folder: &Folder, arguments: &[&str], text: &str) -> Ended {
    let mut child = folder
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn every_reference_case_is_answered_within_its_tolerance() {
    let Some(reference) = reference() else { return };
    let folder = Folder::with(&[("cases.json", &reference.to_string())]);
    let from_file = folder.run(&["stats", "--request", "cases.json"]);
    assert_eq!(from_file.code, 0, "{}", from_file.err);
    let from_stdin = with_stdin(
        &folder,
        &["stats", "--request", "-"],
        &reference.to_string(),
    );
    assert_eq!(from_file.out, from_stdin.out);
    let answers: Value = serde_json::from_str(&from_file.out).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(answers.as_object().unwrap().len(), cases.len());
    let wrong: Vec<String> = (cases.iter())
        .filter_map(|case| {
            let id = case["id"].as_str().unwrap();
            let tolerance = case["tol"].as_f64().unwrap();
            let found = differences(&answers[id], &case["expected"], tolerance)?;
            Some(format!("{id} {}: {found}", case["method"]))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Inputs bent in every way: an answer or a refusal for each case, in bearable time, and no NaN.
#[test]
fn bent_inputs_are_refused_and_disturb_nobody() {
    let Some(reference) = reference() else { return };
    let bends: [fn(&Value) -> Value; 10] = [
        |_| Value::Null,
        |_| json!("text"),
        |_| json!(-1),
        |_| json!(0),
        |_| json!(1e308),
        |value| match value {
            Value::Array(items) => items.iter().rev().cloned().collect(),
            Value::Number(number) if number.is_u64() => json!(number.as_u64().unwrap() + 1),
            Value::Number(number) => json!(number.as_f64().unwrap() * 0.9),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => value.clone(),
        },
        |value| match value {
            Value::Array(items) => Value::from(items.get(1..).unwrap_or_default()),
            Value::Number(number) if number.is_u64() => json!(number.as_u64().unwrap() / 2),
            Value::Number(number) => json!(number.as_f64().unwrap() * 1.1),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => value.clone(),
        },
        |value| match value {
            Value::Array(items) => Value::from(items.get(..1).unwrap_or_default()),
            Value::Number(number) => json!(number.as_f64().unwrap() * 1.5 + 0.25),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => json!(true),
        },
        |value| match value {
            Value::Array(items) => Value::from(vec![items[0].clone(); 3]),
            Value::Null | Value::Bool(_) | Value::Number(_) => json!([]),
            Value::String(_) | Value::Object(_) => json!([1, 2]),
        },
        |value| match value {
            Value::Array(items) => {
                let mut items = items.clone();
                items.push(json!("x"));
                Value::from(items)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => json!({}),
            Value::String(_) | Value::Object(_) => json!(0.5),
        },
    ];
    let mut methods = std::collections::BTreeSet::new();
    let mut cases = vec![json!({"id": "whole", "method": "normal_ppf", "inputs": {"p": 0.5}})];
    for case in reference["cases"].as_array().unwrap() {
        let is_heavy = case["inputs"].get("B").is_some();
        if is_heavy || !methods.insert(case["method"].as_str().unwrap()) {
            continue;
        }
        for name in case["inputs"].as_object().unwrap().keys() {
            for (bend, bent) in bends.iter().enumerate() {
                let mut case = case.clone();
                case["id"] = json!(format!("{} {name} {bend}", case["id"]));
                case["inputs"][name] = bent(&case["inputs"][name]);
                cases.push(case);
            }
        }
    }
    let folder = Folder::with(&[("cases.json", &json!({"cases": cases}).to_string())]);
    let ended = folder.run(&["stats", "--request", "cases.json"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let answers: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(answers.as_object().unwrap().len(), cases.len());
    assert_eq!(answers["whole"], json!(0.0));
    let crashed: Vec<&String> = (answers.as_object().unwrap().iter())
        .filter(|(_, answer)| answer.to_string().contains("unexpectedly"))
        .map(|(id, _)| id)
        .collect();
    assert!(crashed.is_empty(), "{crashed:?}");
}

const SCORES: &str = "case,cluster,attempt,score,baseline\n";

/// Forty cases in twenty clusters, two attempts each; the candidate misses every tenth case.
fn scores() -> String {
    let rows = (0..40).flat_map(|case| {
        (0..2).map(move |attempt| {
            let score = u8::from(case % 10 != 3);
            format!("q{case},doc{},{attempt},{score},1\n", case / 2)
        })
    });
    SCORES.to_owned() + &rows.collect::<String>()
}

#[test]
fn a_list_of_scores_becomes_estimates_by_the_decision_table() {
    let folder = Folder::with(&[("scores.csv", &scores())]);
    let ended = folder.run(&["stats", "scores.csv", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["schema"], "groundgate.stats/1");
    assert_eq!(document["clusters"]["n"], 20);
    let candidate = &document["estimates"]["candidate"];
    // By default a mean speaks of the population and a difference of these very questions.
    assert_eq!(candidate["unit"], "cluster");
    assert_eq!(candidate["n"], 20);
    assert_eq!(candidate["point"], json!(0.9));
    assert_eq!(candidate["method"], "dirichlet h=1");
    assert_eq!(candidate["guarantee"], "conjectured");
    let difference = &document["estimates"]["difference"];
    assert_eq!(
        (&difference["unit"], &difference["n"]),
        (&json!("run"), &json!(80))
    );
    assert!(difference["lower"].as_f64() < Some(-0.1) && difference["upper"].as_f64() > Some(-0.1));
    assert_eq!(document["verdict"], Value::Null);
    let suite = folder.run(&["stats", "scores.csv", "--json", "--estimand", "suite"]);
    let suite: Value = serde_json::from_str(&suite.out).unwrap();
    assert_eq!(suite["estimates"]["candidate"]["method"], "clopper-pearson");
    assert_eq!(suite["estimates"]["candidate"]["n"], 80);
}

#[test]
fn bars_give_verdicts_and_exit_codes() {
    let folder = Folder::with(&[("scores.csv", &scores())]);
    for (arguments, code, verdict) in [
        (&["--floor", "0.5"][..], 0, "PASS"),
        (&["--floor", "0.9"], 11, "INCONCLUSIVE"),
        (&["--floor", "0.995"], 10, "FAIL"),
        (&["--ceiling", "0.995"], 0, "PASS"),
        (&["--margin", "0.25"], 0, "PASS"),
        (&["--margin", "0.05"], 11, "INCONCLUSIVE"),
        (&["--margin", "0.25", "--lower-is-better"], 0, "PASS"),
        (&["--floor", "0.5", "--margin", "0.05"], 11, "INCONCLUSIVE"),
    ] {
        let all: Vec<&str> = ["stats", "scores.csv"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ended = folder.run(&all);
        assert_eq!(
            ended.code, code,
            "{arguments:?}: {}{}",
            ended.out, ended.err
        );
        assert!(ended.out.contains(verdict), "{}", ended.out);
    }
}

#[test]
fn a_margin_of_zero_is_warned_of() {
    let folder = Folder::with(&[("scores.csv", &scores())]);
    let ended = folder.run(&["stats", "scores.csv", "--margin", "0"]);
    assert!(
        ended.err.contains("would almost never pass"),
        "{}",
        ended.err
    );
    let ended = folder.run(&["stats", "scores.csv", "--margin", "0.01"]);
    assert_eq!(ended.err, "");
}

#[test]
fn edges_are_defined_and_never_pass_by_default() {
    let one = |score: &str| format!("case,score,baseline\nq1,{score},{score}\n");
    for (text, bars, code) in [
        (one("1"), &["--floor", "0.06"][..], 11),
        (one("1"), &["--floor", "0.04"], 0),
        (one("0.5"), &["--margin", "0.1"], 11),
        (one(""), &["--floor", "0.1"], 11),
        ("case,score\n".to_owned(), &["--floor", "0.1"], 4),
        (String::new(), &[], 4),
    ] {
        let folder = Folder::with(&[("scores.csv", &text)]);
        let all: Vec<&str> = ["stats", "scores.csv"]
            .iter()
            .chain(bars)
            .copied()
            .collect();
        let ended = folder.run(&all);
        assert_eq!(
            ended.code, code,
            "{text} {bars:?}: {}{}",
            ended.out, ended.err
        );
        assert!(!ended.out.contains("NaN"), "{}", ended.out);
    }
}

#[test]
fn bad_scores_are_errors_that_name_the_row() {
    for (text, arguments, said) in [
        ("case,score\nq1,1\nq2,1.01\n", &[][..], "scores.csv:3"),
        ("case,score\nq1,NaN\n", &[], "scores.csv:2"),
        (
            "case,score\nq1,inf\n",
            &["--type", "amount"],
            "scores.csv:2",
        ),
        (
            "case,score\nq1,0.5\n",
            &["--type", "binary"],
            "0.5 is not 0 or 1",
        ),
        (
            "case,score\nq1,4.5\n",
            &["--type", "ordinal", "--range", "1,5"],
            "whole number",
        ),
    ] {
        let folder = Folder::with(&[("scores.csv", text)]);
        let all: Vec<&str> = ["stats", "scores.csv"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let ended = folder.run(&all);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{text}");
        assert!(ended.err.contains(said), "{text}: {}", ended.err);
    }
}

#[test]
fn impossible_questions_are_refused() {
    let folder = Folder::with(&[
        ("scores.csv", &scores()),
        ("alone.csv", "case,score\nq,1\n"),
    ]);
    for arguments in [
        &["stats"][..],
        &["stats", "scores.csv", "--level", "1"],
        &["stats", "scores.csv", "--floor", "1"],
        &["stats", "scores.csv", "--margin", "-0.1"],
        &["stats", "scores.csv", "--margin", "2"],
        &["stats", "scores.csv", "--range", "1"],
        &["stats", "scores.csv", "--range", "1,1"],
        &["stats", "scores.csv", "--type", "ordinal"],
        &["stats", "scores.csv", "--type", "binary", "--range", "0,1"],
        &["stats", "scores.csv", "--quantile", "1"],
        &["stats", "alone.csv", "--margin", "0.05"],
        &["stats", "scores.csv", "--request", "x"],
    ] {
        let ended = folder.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn amounts_and_quantiles_have_bounds_too() {
    let rows = (0..100).map(|i| format!("q{i},{},{}\n", 900 + i * i % 211, 950 + i * i % 199));
    let text = "case,score,baseline\n".to_owned() + &rows.collect::<String>();
    let folder = Folder::with(&[("latency.csv", &text)]);
    let ended = with_stdin(
        &folder,
        &[
            "stats",
            "-",
            "--type",
            "amount",
            "--margin",
            "40",
            "--lower-is-better",
        ],
        &text,
    );
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("studentized bootstrap (approximate)"),
        "{}",
        ended.out
    );
    let arguments = [
        "stats",
        "latency.csv",
        "--type",
        "amount",
        "--quantile",
        "0.95",
    ];
    let all: Vec<&str> = arguments
        .iter()
        .chain(&["--ceiling", "1200"])
        .copied()
        .collect();
    let ended = folder.run(&all);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("order statistics (exact)"),
        "{}",
        ended.out
    );
}

#[test]
fn one_thread_and_sixteen_print_the_same_bytes() {
    let rows = (0..500).map(|i| format!("q{i},{},{}\n", 900 + i * i % 211, 950 + i * i % 199));
    let text = "case,score,baseline\n".to_owned() + &rows.collect::<String>();
    let folder = Folder::with(&[("latency.csv", &text)]);
    let on = |threads: &str| {
        let mut command = folder.command(&["stats", "latency.csv", "--type", "amount", "--json"]);
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let alone = on("1");
    assert!(alone.contains("studentized bootstrap"), "{alone}");
    assert_eq!(alone, on("16"));
}
