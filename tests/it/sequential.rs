//! `run --sequential` as its user sees it: it stops when the policy has decided, and a stopped run
//! cannot be talked into another verdict.

use std::time::Duration;

use crate::{
    program::{Folder, config, eval_set},
    slow_copilot::SlowCopilot,
};

/// A floor far from the truth, which is about 0.8.
fn policy(min: f64) -> String {
    format!(
        "schema = 'groundgate.policy/1'\nname = 'test'\n[statistics]\nmin-cases = 5\n\
         [[rule]]\nid = 'floor'\nkind = 'floor'\nmetric = 'groundedness'\nmin = {min}\n"
    )
}

fn folder(copilot: &SlowCopilot, min: f64) -> Folder {
    Folder::with(&[
        ("groundgate.toml", &config(&copilot.url)),
        ("set.jsonl", &eval_set(200)),
        ("gate.toml", &policy(min)),
    ])
}

#[test]
fn a_sequential_run_stops_when_the_verdict_is_in_and_the_gate_agrees() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    for (min, code) in [(0.5, 0), (0.98, 10)] {
        let asked_before: usize = copilot.asked().values().sum();
        let folder = folder(&copilot, min);
        let ended = folder.run(&["run", "--sequential", "--progress", "lines"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let asked = copilot.asked().values().sum::<usize>() - asked_before;
        assert!((40..=120).contains(&asked), "{asked} of 200 were asked");
        assert!(
            ended
                .err
                .contains(&format!("decided: {} cases", 200 - asked)),
            "{}",
            ended.err
        );
        let gate = folder.run(&["gate"]);
        assert_eq!(gate.code, code, "{}", gate.out);
        assert!(
            gate.out.contains("sequential run, interim analysis"),
            "{}",
            gate.out
        );
        folder.write("other.toml", &policy(0.4));
        let other = folder.run(&["gate", "--policy", "other.toml"]);
        assert_eq!(other.code, 11, "{}", other.out);
        let resumed = folder.run(&["run", "--resume", "latest", "--policy", "other.toml"]);
        assert_eq!(resumed.code, 3, "{}", resumed.err);
    }
}

#[test]
fn a_run_that_needs_all_its_looks_asks_everything_once() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let folder = folder(&copilot, 0.8);
    let ended = folder.run(&["run", "--sequential", "--looks", "3"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(copilot.asked().len(), 200);
    assert!(copilot.asked().values().all(|times| *times == 1));
    assert_eq!(folder.run(&["gate"]).code, 11);
}

#[test]
fn trying_again_is_told_and_needs_more_to_pass() {
    let copilot = SlowCopilot::start(Duration::ZERO);
    let folder = folder(&copilot, 0.5);
    for told in [false, true] {
        assert_eq!(folder.run(&["run", "-q"]).code, 0);
        let gate = folder.run(&["gate"]);
        assert_eq!(gate.code, 0, "{}", gate.out);
        assert_eq!(
            gate.out.contains("try 2 of the same plan"),
            told,
            "{}",
            gate.out
        );
    }
}
