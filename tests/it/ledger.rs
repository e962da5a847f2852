//! One budget for several runs of the program: what the first has spent, the second cannot.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    program::{Folder, POLICY, config, eval_set},
    slow_copilot::SlowCopilot,
};

/// Each call costs 0.002 dollars, and at worst about 0.01.
const PRICE: &str = "model    = \"any\"\nmax-output-tokens = 10\n\
    price = { input-usd-per-million = 100, output-usd-per-million = 100 }";

#[test]
fn a_ledger_is_spent_once_by_all_runs() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let config = config(&copilot.url)
        .replace("model    = \"any\"", PRICE)
        .replace(
            "seed     = 7",
            "seed = 7\nbudget-usd = 0.03\nbudget-ledger = \"month.ledger\"",
        );
    let folder = Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(10)),
        ("groundgate.toml", &config),
    ]);
    let first = folder.run(&["run"]);
    assert_eq!(first.code, 0, "{}", first.err);
    let second = folder.run(&["run"]);
    assert_eq!(second.code, 5, "{}", second.err);
    let n_calls: usize = copilot.asked().values().sum();
    assert!((11..15).contains(&n_calls), "{n_calls}");
    let text = fs::read_to_string(folder.path().join("month.ledger")).unwrap();
    let ledger: Value = serde_json::from_str(&text).unwrap();
    let drawn = ledger["drawn"].as_object().unwrap();
    let sum: u64 = drawn.values().map(|nanos| nanos.as_u64().unwrap()).sum();
    assert_eq!(drawn.len(), 2);
    // Exactly what the calls have cost: what was drawn and not spent went back.
    assert_eq!(sum, u64::try_from(n_calls).unwrap() * 2_000_000, "{text}");
    folder.write("month.ledger", "something else");
    let refused = folder.run(&["run"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("is no ledger"), "{}", refused.err);
}

#[test]
fn a_month_has_a_budget_besides_each_run_s_own_and_people_are_told() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let config = config(&copilot.url)
        .replace("model    = \"any\"", PRICE)
        .replace(
            "seed     = 7",
            "seed = 7\nbudget-usd = 1\nbudget-month-usd = 0.03\nbudget-ledger = \"ledger.json\"",
        );
    let folder = Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(10)),
        ("groundgate.toml", &config),
    ]);
    let first = folder.run(&["run"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(
        first.err.contains("of the ledger's") && first.err.contains("50 % and more"),
        "{}",
        first.err
    );
    let second = folder.run(&["run"]);
    assert_eq!(
        second.code, 5,
        "the month's budget is for all: {}",
        second.err
    );
    let gated = folder.run(&["gate", "latest"]);
    assert_eq!(
        gated.code, 11,
        "a run that its budget ended is no pass: {}",
        gated.out
    );
    // What was spent in another month counts there.
    let text = fs::read_to_string(folder.path().join("ledger.json")).unwrap();
    let page: Value = serde_json::from_str(&text).unwrap();
    let drawn = page["drawn"].as_object().unwrap().iter();
    let old: serde_json::Map<String, Value> = drawn
        .map(|(run, usd)| (format!("000000000{run}"), usd.clone()))
        .collect();
    let old = serde_json::json!({"schema": page["schema"], "drawn": old});
    folder.write("ledger.json", &old.to_string());
    assert_eq!(folder.run(&["run"]).code, 0);
    folder.write(
        "groundgate.toml",
        &config.replace("budget-ledger = \"ledger.json\"", ""),
    );
    let refused = folder.run(&["run"]);
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("needs a ledger"), "{}", refused.err);
}
