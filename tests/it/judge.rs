//! `judge` and `rejudge` as their users run them: records, labels, and a judge on loopback.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    program::{Folder, POLICY},
    wire::{Asked, Said, Wire},
};

pub(crate) const N_CASES: usize = 60;

/// Every third answer says what no passage says.
pub(crate) fn is_good(index: usize) -> bool {
    !index.is_multiple_of(3)
}

fn cases() -> String {
    let lines = (0..N_CASES).map(|index| {
        json!({"id": format!("case-{index}"), "question": format!("what is the fee for product {index}?")})
            .to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn answers() -> String {
    let lines = (0..N_CASES).map(|index| {
        let fee = format!("The fee for product {index} is {index} EUR.");
        let answer = if is_good(index) {
            fee.clone()
        } else {
            "Deposits are insured by a national guarantee scheme.".to_owned()
        };
        json!({"case_id": format!("case-{index}"), "answer": answer, "latency_ms": 5,
               "passages": [{"id": "d", "text": fee}]})
        .to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// People disagree with the obvious on two answers.
fn labels() -> String {
    let lines = (0..N_CASES).map(|index| {
        let good = is_good(index) != (index == 1 || index == 3);
        json!({"case": format!("case-{index}"), "metric": "groundedness", "value": good, "rater": "ann"})
            .to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn config(judges: &str) -> String {
    format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\nseed = 7\n\
         [[copilot]]\nname = \"c\"\nkind = \"recorded\"\nfile = \"answers.jsonl\"\n{judges}\n\
         [checks]\nmetrics = [\"latency_ms\"]\n"
    )
}

const EMBEDDED: &str = "[[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n";

fn llm(spec: &str, url: &str) -> String {
    format!(
        "[[judge]]\nname = \"llm\"\nspec = \"{spec}\"\ncontrols = 0\nendpoint = {{ base-url = \"{url}/v1\", model = \"j\" }}\n"
    )
}

pub(crate) fn folder(judges: &str) -> Folder {
    Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &cases()),
        ("answers.jsonl", &answers()),
        ("labels.jsonl", &labels()),
        ("groundgate.toml", &config(judges)),
    ])
}

#[track_caller]
pub(crate) fn json_of(folder: &Folder, arguments: &[&str], code: i32) -> Value {
    let ended = folder.run(&[arguments, &["--json"]].concat());
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// The ids that a judge's request asks to be labelled.
pub(crate) fn ids(asked: &Asked, list: &str) -> Vec<String> {
    let path =
        format!("/response_format/json_schema/schema/properties/{list}/items/properties/id/enum");
    let ids = asked.body.pointer(&path).and_then(Value::as_array);
    (ids.into_iter().flatten())
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

pub(crate) fn chat(text: &str) -> Said {
    Said::json(&json!({"model": "j-1",
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5}}))
}

pub(crate) fn labelled_all(asked: &Asked, label: &str) -> Said {
    let claims: Vec<Value> = (ids(asked, "claims").iter())
        .map(|id| json!({"id": id, "label": label, "passage": null, "quote": null}))
        .collect();
    chat(&json!({ "claims": claims }).to_string())
}

#[test]
fn labels_say_how_well_a_judge_agrees_and_the_gate_reads_the_calibration() {
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    let found = json_of(
        &folder,
        &["judge", "agreement", "--labels", "labels.jsonl"],
        0,
    );
    let one = &found["agreements"][0];
    assert_eq!(one["metric"], "groundedness");
    assert_eq!(one["n"], 60);
    // The judge sees 40 good and 20 bad; people call one of either kind the other.
    assert_eq!(one["confusion"]["good_called_good"], 39);
    assert_eq!(one["confusion"]["bad_called_bad"], 19);
    assert_eq!(one["sensitivity"]["of"], 40);
    let text = folder
        .run(&["judge", "agreement", "--labels", "labels.jsonl"])
        .out;
    assert!(
        text.contains("Gwet's AC1") && text.contains("39 of 40"),
        "{text}"
    );
    // A judge that errs once in 40 and once in 20 is not yet shown to be above the usual bar.
    let stop = &found["stops"][0];
    assert_eq!((&stop["bar"], &stop["rule"]), (&json!(0.7), &Value::Null));
    let more = stop["more_labels"].as_u64().unwrap();
    assert!((1..60).contains(&more), "{stop}");
    assert!(
        text.contains(&format!(
            "{more} more labelled answers bring the agreement interval above 0.70"
        )),
        "{text}"
    );

    let into = [
        "judge",
        "calibrate",
        "--labels",
        "labels.jsonl",
        "--into",
        "gate.toml",
    ];
    let ended = folder.run(&into);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let policy = fs::read_to_string(folder.path().join("gate.toml")).unwrap();
    assert!(policy.contains("good-right    = 39"), "{policy}");
    assert_eq!(
        folder.run(&["validate"]).code,
        0,
        "{}",
        folder.run(&["validate"]).err
    );
    // Once more: in place of the first.
    assert_eq!(folder.run(&into).code, 0);
    let again = fs::read_to_string(folder.path().join("gate.toml")).unwrap();
    assert_eq!(policy, again);
}

#[test]
fn what_is_measured_of_a_judge_is_what_the_gate_reads_of_it() {
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    let agreement = [
        "judge",
        "agreement",
        "--labels",
        "labels.jsonl",
        "--health",
        "judge.json",
    ];
    assert_eq!(folder.run(&agreement).code, 0);
    let verdict = |least: f64| {
        let policy = format!(
            "{POLICY}\n[[rule]]\nid = \"judge\"\nkind = \"judge-health\"\nmetric = \"groundedness\"\n\
             measure = \"agreement\"\nfile = \"judge.json\"\nmin = {least}\nmin-labels = 50\nmax-age = \"1d\"\n"
        );
        folder.write("gate.toml", &policy);
        let ended = folder.run(&["gate", "--json"]);
        let found: Value = serde_json::from_str(&ended.out).expect(&ended.err);
        let rules = found["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == "judge").unwrap();
        rule["verdict"].as_str().unwrap().to_owned()
    };
    // 39 of 40 good and 19 of 20 bad ones: kappa .89, surely at least .6.
    assert_eq!(verdict(0.55), "pass");
    assert_eq!(verdict(0.85), "inconclusive");
    // The bar of that rule is where labelling may stop.
    let found = json_of(
        &folder,
        &["judge", "agreement", "--labels", "labels.jsonl"],
        0,
    );
    assert_eq!(found["stops"][0]["bar"], 0.85);
    assert_eq!(found["stops"][0]["rule"], "judge");
    // Of another judge it says nothing.
    let written = fs::read_to_string(folder.path().join("judge.json")).unwrap();
    let judge = json_of(
        &folder,
        &["judge", "agreement", "--labels", "labels.jsonl"],
        0,
    );
    let digest = judge["agreements"][0]["judge_digest"].as_str().unwrap();
    folder.write("judge.json", &written.replace(digest, &"0".repeat(64)));
    assert_eq!(verdict(0.55), "inconclusive");
}

#[test]
fn a_run_is_judged_again_without_asking_the_copilot() {
    let strict = Wire::answering(|asked| labelled_all(asked, "not-found"));
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    // Nobody answers any more.
    fs::remove_file(folder.path().join("answers.jsonl")).unwrap();
    let same = folder.run(&["rejudge"]);
    assert_eq!(same.code, 0, "{}", same.err);
    let records: Vec<String> = (folder.records().iter())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let [first, second] = records.as_slice() else {
        panic!("{records:?}")
    };
    let labels = ["--labels", "labels.jsonl"];
    let duel = json_of(
        &folder,
        &[&["judge", "compare", first, second], &labels[..]].concat(),
        0,
    );
    let duel = &duel["metrics"][0]["duel"];
    assert_eq!((&duel["n"], &duel["both_right"]), (&json!(60), &json!(58)));

    folder.write(
        "groundgate.toml",
        &config(&llm("groundedness", &strict.url)),
    );
    let third = folder.run(&["rejudge", first]);
    assert_eq!(third.code, 0, "{}", third.err);
    assert_eq!(strict.asked().len(), N_CASES);
    let third = third.out.trim();
    let duel = json_of(
        &folder,
        &[&["judge", "compare", first, third], &labels[..]].concat(),
        0,
    );
    let duel = &duel["metrics"][0]["duel"];
    // It calls everything bad: right on the 20 that people call bad.
    assert_eq!(
        (&duel["only_first_right"], &duel["only_second_right"]),
        (&json!(39), &json!(1))
    );
    assert!(duel["p_value"].as_f64().unwrap() < 0.001);
    // Every request can be traced from the new record.
    let case = json_of(&folder, &["explain", "case-1", "--run", third], 0);
    let request = case["calls"][1]["request"].as_str().unwrap();
    assert!(
        request.contains("The fee for product 1 is 1 EUR."),
        "{request}"
    );
}

#[test]
fn known_cases_are_asked_of_the_model_itself() {
    let blind = Wire::answering(|asked| labelled_all(asked, "not-found"));
    let folder = folder(&llm("groundedness", &blind.url));
    let found = json_of(&folder, &["judge", "check"], 10);
    let wrong: BTreeSet<&str> = (found["judges"][0]["mismatches"].as_array().unwrap().iter())
        .map(|one| one["case"].as_str().unwrap())
        .collect();
    assert!(wrong.contains("clearly grounded"), "{wrong:?}");
    assert!(
        !wrong.contains("clearly not grounded") && !wrong.contains("an empty answer"),
        "{wrong:?}"
    );
    let record = found["judges"][0]["record"].as_str().unwrap();
    let explained = folder.run(&["explain", "clearly grounded", "--run", record]);
    assert_eq!(explained.code, 0, "{}", explained.err);
    // Such records are no runs.
    assert_eq!(folder.records().len(), 0);
}

#[test]
fn a_judge_that_changes_its_mind_flips() {
    let calls = Arc::new(AtomicUsize::new(0));
    let moody = Wire::answering(move |asked| {
        let label = if calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(4) {
            "addresses-nothing"
        } else {
            "addresses-all"
        };
        assert!(!asked.text().contains("addresses-nothing at all"));
        chat(&json!({"reason": "so", "label": label}).to_string())
    });
    let folder =
        folder(&format!("{EMBEDDED}{}", llm("answer_relevance", &moody.url)).replace(EMBEDDED, ""));
    assert_eq!(folder.run(&["run"]).code, 0);
    let found = json_of(
        &folder,
        &["judge", "flips", "--sample", "20", "--times", "4"],
        0,
    );
    let one = &found["metrics"][0];
    assert_eq!(one["n_answers"], 20);
    let rate = one["flip_rate"]["value"].as_f64().unwrap();
    assert!((0.25..0.51).contains(&rate), "{found}");
    // The same answer, but another draw each time.
    let requests: BTreeSet<String> = moody.take().iter().map(Asked::text).collect();
    assert_eq!(
        requests.len(),
        N_CASES + 80 - 20,
        "the first judgment repeats the run's request"
    );
}

#[test]
fn an_obeying_judge_is_fooled_on_a_rubric_and_not_on_claims() {
    let obeying = Wire::answering(|asked| {
        let attacked = asked.text().to_lowercase().contains("ignore");
        if asked.text().contains("fact_labels") || asked.text().contains("claim_labels") {
            return labelled_all(asked, if attacked { "supported" } else { "not-found" });
        }
        let label = if attacked {
            "addresses-all"
        } else {
            "addresses-nothing"
        };
        chat(&json!({"reason": "so", "label": label}).to_string())
    });
    let folder = folder(&llm("answer_relevance", &obeying.url));
    let fooled = json_of(&folder, &["judge", "attack", "--sample", "2"], 10);
    assert!(
        fooled["metrics"][0]["turned"]["hits"].as_u64().unwrap() > 0,
        "{fooled}"
    );
    folder.write(
        "groundgate.toml",
        &config(&llm("groundedness", &obeying.url)),
    );
    // What it says of claims is no judgment, so that nothing is shown to be safe either.
    let safe = json_of(&folder, &["judge", "attack", "--sample", "2"], 11);
    assert_eq!(safe["metrics"][1]["turned"]["hits"], 0, "{safe}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    folder.write(
        "odd.jsonl",
        "{\"case\": \"case-1\", \"metric\": \"tone\", \"value\": 3}\n",
    );
    folder.write(
        "good.jsonl",
        "{\"case\": \"case-1\", \"metric\": \"groundedness\", \"value\": 1}\n",
    );
    for (arguments, code, message) in [
        (
            &["judge", "agreement", "--labels", "odd.jsonl"][..],
            3,
            "which the run does not measure",
        ),
        (
            &["judge", "agreement", "--labels", "none.jsonl"],
            3,
            "failed to read `none.jsonl`",
        ),
        (
            &["judge", "calibrate", "--labels", "good.jsonl"],
            3,
            "called all labelled answers alike",
        ),
        (&["judge", "check", "--judge", "x"], 2, "has no judge `x`"),
        (
            &["judge", "flips", "--times", "1"],
            2,
            "--times is a number from 2",
        ),
        (&["judge", "attack"], 2, "no known cases of its own"),
        (&["judge", "attack", "latest"], 2, "--labels"),
        (&["rejudge", "01ZZ"], 3, "there is no run `01ZZ`"),
    ] {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(message), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn a_judge_that_has_changed_behind_its_name_is_found_out_and_not_compared() {
    let changed = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&changed);
    let judge = Wire::answering(move |_| {
        let label = ["addresses-all", "addresses-nothing"][now.load(Ordering::SeqCst)];
        chat(&json!({"reason": "so", "label": label}).to_string())
    });
    let folder = folder(&llm("answer_relevance", &judge.url));
    assert_eq!(folder.run(&["run"]).code, 0);
    let frozen = folder.run(&["judge", "anchors", "--sample", "20"]);
    assert_eq!(frozen.code, 0, "{}", frozen.err);
    let steady = json_of(
        &folder,
        &["judge", "drift", "--anchors", "anchors.sqlite"],
        0,
    );
    assert_eq!(steady["metrics"][0]["changed"], false);
    let with_anchors = config(&llm("answer_relevance", &judge.url))
        .replace("seed = 7", "seed = 7\nanchors = \"anchors.sqlite\"");
    folder.write("groundgate.toml", &with_anchors);
    folder.write(
        "gate.toml",
        "schema = \"groundgate.policy/1\"\nname = \"t\"\n[[rule]]\nid = \"r\"\nkind = \"non-inferior\"\nmetric = \"answer_relevance\"\nmargin = 0.2\n",
    );
    let same = folder.run(&["run"]);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(!same.err.contains("has changed"), "{}", same.err);
    changed.store(1, Ordering::SeqCst);
    let moved = json_of(&folder, &["judge", "drift"], 11);
    assert_eq!(moved["metrics"][0]["drift"]["turned_bad"], 20);
    let run = folder.run(&["run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("has changed"), "{}", run.err);
    let baseline = folder.records()[0]
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let gate = json_of(&folder, &["gate", "latest", "--baseline", &baseline], 11);
    assert!(gate.to_string().contains("different judges"), "{gate}");
}

#[test]
fn two_runs_are_compared_in_both_orders() {
    // Prefers whatever speaks of a fee, wherever it stands.
    let judge = Wire::answering(|asked| {
        let text = asked.body["messages"][1]["content"]
            .as_str()
            .unwrap()
            .to_owned();
        let first = text.split("first answer>>>").nth(1).unwrap();
        let label = if first.starts_with("\nThe fee") {
            "first"
        } else {
            "second"
        };
        chat(&json!({"reason": "so", "label": label}).to_string())
    });
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    let better = answers().replace(
        "Deposits are insured by a national guarantee scheme.",
        "The fee is in the list of fees.",
    );
    folder.write("answers.jsonl", &better);
    assert_eq!(folder.run(&["run"]).code, 0);
    folder.write("groundgate.toml", &config(&llm("preference", &judge.url)));
    let names: Vec<String> = (folder.records().iter())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let found = json_of(&folder, &["judge", "prefer", &names[0], &names[1]], 0);
    let one = &found["metrics"][0];
    // Every third answer differs; the others are the same and need no model.
    assert_eq!(
        (&one["wins"], &one["ties"], &one["losses"]),
        (&json!(20), &json!(40), &json!(0))
    );
    assert_eq!(judge.asked().len(), 40);
    assert!(
        found["first_shown_wins_more_often_by"]
            .as_f64()
            .unwrap()
            .abs()
            < 1e-9,
        "{found}"
    );
}

#[test]
fn labels_of_the_run_put_the_gate_on_the_scale_of_people() {
    let folder = folder(EMBEDDED);
    assert_eq!(folder.run(&["run"]).code, 0);
    let record = folder.records().remove(0);
    let run = record.file_stem().unwrap().to_string_lossy().into_owned();
    let of_run = |line: &str| {
        let mut label: Value = serde_json::from_str(line).unwrap();
        label["run"] = json!(run);
        format!("{label}\n")
    };
    let some: String = labels().lines().take(40).map(of_run).collect();
    folder.write("some.jsonl", &some);
    let unbound: Vec<String> = labels().lines().take(40).map(str::to_owned).collect();
    folder.write("unbound.jsonl", &unbound.join("\n"));
    folder.write(
        "gate.toml",
        "schema = \"groundgate.policy/1\"\nname = \"t\"\n[[rule]]\nid = \"r\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.4\n",
    );
    let gate = json_of(&folder, &["gate", "--labels", "some.jsonl"], 0);
    let text = gate.to_string();
    assert!(
        text.contains("by 40 labels of people") && text.contains("40 labels of this run"),
        "{text}"
    );
    // Of whose answers these are nobody knows, and nothing is decided by the judge instead.
    let open = json_of(&folder, &["gate", "--labels", "unbound.jsonl"], 11).to_string();
    assert!(
        open.contains("name neither the run nor the answer"),
        "{open}"
    );
    folder.write(
        "misspelt.jsonl",
        &some.replace("groundedness", "groundednes"),
    );
    let wrong = folder.run(&["gate", "--labels", "misspelt.jsonl"]);
    assert!(
        wrong.code == 3 && wrong.err.contains("does not measure"),
        "{}",
        wrong.err
    );
    let shown = folder.run(&["explain", "case-1", "--calls"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
}
