//! Panels: several models behind one judge, as their users run them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::{
    judge::{N_CASES, chat, config, folder, is_good, json_of},
    program::Folder,
    wire::{Asked, Said, Wire},
};

const POLICY: &str = "schema = \"groundgate.policy/1\"\nname = \"t\"\n[statistics]\nmin-cases = 5\n\
     [[rule]]\nid = \"r\"\nkind = \"floor\"\nmetric = \"answer_relevance\"\nmin = 0.6\n";

/// `lenient` is pleased with everything, `strict` only with answers that speak of a fee.
fn opinion(asked: &Asked) -> Said {
    let is_pleased = asked.body["model"] == "lenient" || asked.text().contains("The fee for");
    let label = if is_pleased {
        "addresses-all"
    } else {
        "addresses-nothing"
    };
    chat(&json!({"reason": format!("so says {}", asked.body["model"]), "label": label}).to_string())
}

fn panel(url: &str, keys: &str) -> String {
    let juror = |name: &str| {
        format!(
            "[[judge.juror]]\nname = \"{name}\"\nendpoint = {{ base-url = \"{url}/v1\", model = \"{name}\", \
             retries = {{ max = 0, max-when-refused = 0 }} }}\n"
        )
    };
    let jurors = [juror("strict"), juror("lenient")].concat();
    format!("[[judge]]\nname = \"two\"\nspec = \"answer_relevance\"\n{keys}\n{jurors}")
}

fn judged_by(url: &str, keys: &str) -> Folder {
    let folder = folder(&panel(url, keys));
    folder.write("gate.toml", POLICY);
    folder
}

/// How many cases the run has that are as bad as `is_good` says.
fn n_bad() -> usize {
    (0..N_CASES).filter(|index| !is_good(*index)).count()
}

#[track_caller]
fn lower_bound(folder: &Folder) -> f64 {
    let ended = folder.run(&["gate", "--json"]);
    let gate: Value = serde_json::from_str(&ended.out).unwrap();
    let found = gate.pointer("/rules/0/lower").and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{}{}", ended.out, ended.err))
}

#[test]
fn a_panel_says_who_said_what_and_how_often_it_disagrees() {
    let judge = Wire::answering(opinion);
    let folder = judged_by(&judge.url, "");
    let run = folder.run(&["run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(judge.asked().len(), 2 * N_CASES);
    let shown = folder.run(&["explain", "case-0", "--calls"]).out;
    for expected in [
        "judge two, juror strict, vote 1",
        "judge two, juror lenient, vote 1",
        "2 of 2 votes scored: lenient 1.00, strict 0.00",
        "lenient: addresses-all: so says \"lenient\"",
        "strict: addresses-nothing: so says \"strict\"",
        "jurors disagree on answer_relevance: lenient 1.00, strict 0.00",
        "in this run the jurors of two disagree: 33.3% (20 of 60 answers)",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    let page = folder.run(&["report", "-o", "report.html"]);
    assert_eq!(page.code, 0, "{}", page.err);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(
        page.contains("disagreement of the jurors of two"),
        "the judge panel of page one"
    );
    // Disagreement is a metric like any other.
    folder.write(
        "gate.toml",
        &POLICY
            .replace("floor", "ceiling")
            .replace("answer_relevance", "two.disagreement")
            .replace("min = 0.6", "max = 0.1"),
    );
    json_of(&folder, &["gate"], 10);
}

#[test]
fn a_failed_juror_helps_nobody_and_is_asked_again() {
    let fails = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&fails);
    let judge = Wire::answering(move |asked| {
        let is_bad = !asked.text().contains("The fee for");
        if now.load(Ordering::SeqCst) && is_bad && asked.body["model"] == "strict" {
            return Said::status(400, "{\"error\": {\"message\": \"no\"}}");
        }
        opinion(asked)
    });
    let folder = judged_by(&judge.url, "");
    assert_eq!(folder.run(&["run"]).code, 0);
    let gate = json_of(&folder, &["gate"], 11);
    assert!(gate.to_string().contains("20 of 60"), "{gate}");
    folder.write(
        "groundgate.toml",
        &config(&panel(&judge.url, "votes-needed = 1")),
    );
    assert_eq!(folder.run(&["run"]).code, 0);
    let without = lower_bound(&folder);
    let shown = folder.run(&["explain", "case-0"]).out;
    assert!(
        shown.contains(
            "lenient 1.00; strict no score: judge: rejected; what failed counts as the worst"
        ),
        "{shown}"
    );
    judge.take();
    fails.store(false, Ordering::SeqCst);
    let again = folder.run(&["run", "--resume", "latest", "--rerun", "errors"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(
        judge.asked().len(),
        2 * n_bad(),
        "both jurors of the answers that were spoiled"
    );
    assert!(
        without <= lower_bound(&folder) + 1e-9,
        "{without} without the strict juror"
    );
}

#[test]
fn the_judge_commands_take_a_panel() {
    let judge = Wire::answering(opinion);
    let folder = judged_by(&judge.url, "votes = 2");
    assert_eq!(folder.run(&["run"]).code, 0);
    assert_eq!(judge.take().len(), 4 * N_CASES);
    let flips = json_of(
        &folder,
        &["judge", "flips", "--sample", "5", "--times", "2"],
        0,
    );
    assert_eq!(flips["metrics"].as_array().unwrap().len(), 1, "{flips}");
    assert_eq!(judge.take().len(), 5 * 2 * 4);
    let attack = json_of(&folder, &["judge", "attack", "--sample", "1"], 0);
    assert_eq!(attack["metrics"].as_array().unwrap().len(), 1, "{attack}");
    let check = folder.run(&["judge", "check"]);
    assert!(
        check.out.contains("known cases right"),
        "{}{}",
        check.out,
        check.err
    );
    let anchors = folder.run(&["judge", "anchors", "--sample", "10"]);
    assert_eq!(anchors.code, 0, "{}", anchors.err);
    let drift = json_of(
        &folder,
        &["judge", "drift", "--anchors", "anchors.sqlite"],
        0,
    );
    assert_eq!(drift["metrics"].as_array().unwrap().len(), 1, "{drift}");
    let again = folder.run(&["rejudge", "latest"]);
    assert_eq!(again.code, 0, "{}", again.err);
    for (keys, message) in [
        ("votes = 13", "26 votes together; 25 are the most"),
        (
            "votes-needed = 3",
            "`votes-needed` is 3 and there are 2 votes",
        ),
    ] {
        folder.write("groundgate.toml", &config(&panel(&judge.url, keys)));
        let ended = folder.run(&["validate"]);
        assert_eq!(ended.code, 3, "{}", ended.err);
        assert!(ended.err.contains(message), "{}", ended.err);
    }
}

#[test]
fn every_juror_is_paid_from_the_budget() {
    let judge = Wire::answering(opinion);
    let price = "price = { input-usd-per-million = 1, output-usd-per-million = 1 }, retries =";
    let priced = |n: usize| panel(&judge.url, "").replacen("retries =", price, n);
    let folder = judged_by(&judge.url, "");
    // What has no price is not asked under a budget: here that is one of the two.
    for (n, code) in [(1, 5), (2, 0)] {
        let capped = config(&priced(n)).replace("seed = 7", "seed = 7\nbudget-usd = 1");
        folder.write("groundgate.toml", &capped);
        let run = folder.run(&["run"]);
        assert_eq!(run.code, code, "{}", run.err);
        let lenient = |asked: &Asked| asked.body["model"] == "lenient";
        assert_eq!(judge.take().iter().any(lenient), n == 2);
    }
}
