//! What a configuration means as a whole, and what is refused.

mod copilots;
mod endpoints;
mod judges;

use std::{collections::BTreeSet, io, path::Path};

use groundgate_model::unit::Usd;
use proptest::prelude::*;

use super::{Config, CopilotKind, History, Lookup, read_config};
use crate::demo::Variant;

const TOP: &str = "schema = 'groundgate.config/1'\neval-set = 'e.jsonl'\npolicy = 'gate.toml'\n";
const DEMO: &str = "[[copilot]]\nname = 'd'\nkind = 'demo'\nvariant = 'good'\n";
const JUDGE: &str = "[[judge]]\nname = 'j'\nspec = 'embedded'\n";
const BUNDLED: [&str; 2] = ["groundedness", "correctness"];

fn read(text: &str) -> Result<Config, String> {
    read_config("x.toml", text, &BUNDLED).map_err(|mistakes| mistakes.to_string())
}

/// The only copilot of a configuration, whose keys besides the name are given.
fn read_copilot(keys: &str) -> Result<CopilotKind, String> {
    let config = read(&format!("{TOP}{JUDGE}[[copilot]]\nname = 'c'\n{keys}"))?;
    Ok(config.copilots.into_iter().next().unwrap().kind)
}

fn refuses_copilot(keys: &str, expected: &str) {
    assert_eq!(
        read_copilot(keys).map(|_| ()),
        Err(format!("x.toml:{expected}")),
        "{keys}"
    );
}

fn refuses(text: &str, expected: &str) {
    assert_eq!(read(text).map(|_| ()), Err(expected.to_owned()), "{text}");
}

fn open_ai(more: &str) -> String {
    format!("kind = 'openai'\nbase-url = 'https://host/v1'\nmodel = 'm'\n{more}")
}

fn http(more: &str) -> String {
    format!(
        "kind = 'http'\nurl = 'https://host/ask'\nbody = '{{\"q\": \"{{{{question}}}}\"}}'\n\
         answer = '$.a'\n{more}"
    )
}

const LOOKUP: Lookup<'static> = Lookup {
    env: &|name| match name {
        "TOKEN" => Some("canary".to_owned()),
        "EMPTY" => Some(" \n".to_owned()),
        _ => None,
    },
    file: &|path| match path.to_str() {
        Some("token.txt") => Ok(b"canary\n".to_vec()),
        Some("latin1.txt") => Ok(b"canary\xff".to_vec()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    },
};

#[test]
fn the_example_is_right() {
    let text = include_str!("../../../../../groundgate.toml");
    let config = read_config("groundgate.toml", text, &BUNDLED).unwrap();
    let names: Vec<&str> = config
        .copilots
        .iter()
        .map(|copilot| copilot.name.as_str())
        .collect();
    assert_eq!(names, Variant::ALL.map(Variant::name));
    assert_eq!(config.judges.len(), 1);
    assert_eq!(config.eval_set, Path::new("eval_sets/support.jsonl"));
}

#[test]
fn every_commented_example_is_right_too() {
    let text = include_str!("../../../../../groundgate.toml");
    let starts_an_example = |line: &str| {
        [
            "# [[",
            "# name ",
            "# kind ",
            "# base-url",
            "# url",
            "# model",
            "# auth",
            "# body",
            "# answer",
            "# passages",
            "# price",
            "# file",
            "# spec",
            "# votes",
            "# endpoint",
            "# budget-usd",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    };
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(inside) if starts_an_example(line) => format!("{inside}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = read_config("groundgate.toml", &uncommented, &BUNDLED).unwrap();
    assert_eq!(config.copilots.len(), 8);
    assert_eq!(config.judges.len(), 2);
    assert_eq!(config.budget, Usd::from_dollars(20.0));
}

/// The blocks of TOML on a page.
fn examples(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap())
}

#[test]
fn every_example_of_the_page_on_endpoints_is_right() {
    let page = include_str!("../../../../../docs/endpoints.md");
    let mut examples = examples(page);
    let top = examples.next().unwrap();
    let mut kinds = BTreeSet::new();
    for example in examples {
        let mut text = top.to_owned();
        text.push_str(example);
        if !example.contains("[[copilot]]") {
            text.push_str(DEMO);
        }
        if !example.contains("[[judge]]") {
            text.push_str(JUDGE);
        }
        let config = read(&text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{example}"));
        let copilot = &config.copilots[0];
        kinds.extend(example.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            let kind = value.split('"').nth(1)?;
            (key.trim() == "kind").then(|| kind.to_owned())
        }));
        assert_eq!(
            copilot.history == History::TurnByTurn,
            example.contains("turn-by-turn")
        );
    }
    assert_eq!(kinds.len(), 17, "every kind has an example: {kinds:?}");
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = read_config("folder/x.toml", &format!("{TOP}{DEMO}{JUDGE}"), &BUNDLED).unwrap();
    assert_eq!(config.eval_set, Path::new("folder/e.jsonl"));
    assert_eq!(config.policy, Path::new("folder/gate.toml"));
    assert_eq!(config.runs_dir, Path::new("folder/runs"));
    assert_eq!(config.knowledge_base, None);
    assert_eq!(
        (config.attempts, config.seed, config.concurrency),
        (1, 0, 16)
    );
    assert_eq!(config.budget, None);
    assert!(config.checks.is_empty());
    assert!(config.copilot("d").is_some());
    assert!(config.copilot("absent").is_none());
}

#[test]
fn mistakes_at_the_top_are_named() {
    let with = |line: &str| format!("{TOP}{line}\n{DEMO}{JUDGE}");
    refuses(
        &with("attempts = 0"),
        "x.toml:4:12: `attempts` is 0 and not from 1 to 100",
    );
    refuses(
        &with("concurrency = 2000"),
        "x.toml:4:15: `concurrency` is 2000 and not from 1 to 1024",
    );
    refuses(
        &with("budget-usd = 0"),
        "x.toml:4:14: `budget-usd` is 0 and not an amount above 0",
    );
    refuses(
        &with("budget-usd = inf"),
        "x.toml:4:14: `budget-usd` is not a finite number",
    );
    refuses(&with("evalset = 'x'"), "x.toml:4:1: unknown key `evalset`");
    refuses(
        &format!("{TOP}{JUDGE}"),
        "x.toml:1:1: there is no copilot to ask",
    );
    refuses(
        &format!("{TOP}{DEMO}"),
        "x.toml:1:1: nothing is measured: there is neither a judge nor a check",
    );
    refuses(
        &format!("{TOP}{DEMO}{DEMO}{JUDGE}"),
        "x.toml:9:8: the name `d` comes twice",
    );
    refuses(
        &format!("{TOP}{DEMO}{JUDGE}{JUDGE}"),
        "x.toml:12:8: the name `j` comes twice",
    );
    let named = |name: &str| DEMO.replace("'d'", name);
    for name in ["'a/b'", "'-x'", "'.'", "'ä'"] {
        let text = format!("{TOP}{}{JUDGE}", named(name));
        refuses(
            &text,
            "x.toml:5:8: `name` cannot stand in file names and commands",
        );
    }
    let checks = |metrics: &str| format!("{TOP}{DEMO}[checks]\nmetrics = {metrics}\n");
    refuses(
        &checks("['mrr', 'mrr']"),
        "x.toml:9:19: `metrics` names `mrr` twice",
    );
    refuses(
        &checks("['latency']"),
        "x.toml:9:12: unknown built-in metric `latency`\nx.toml:1:1: nothing is measured: there is neither a judge nor a check",
    );
    assert_eq!(
        read(&checks("['mrr', 'latency_ms']")).unwrap().checks,
        ["mrr", "latency_ms"]
    );
}

proptest! {
    #[test]
    fn no_text_panics(
        lines in prop::collection::vec(prop::sample::select(vec![
            "schema = 'groundgate.config/1'", "eval-set = 'e'", "policy = 'p'", "[[copilot]]", "name = 'c'",
            "kind = 'openai'", "kind = 'http'", "kind = 3", "base-url = 'x'", "url = 'http://h'", "auth = 'x'",
            "auth = {}", "auth = { env = 'A' }", "headers = { a = 3 }", "headers = 3", "price = {}", "body = '{}'",
            "passages = { path = 3 }", "[[judge]]", "spec = 'embedded'", "endpoint = 3", "[checks]",
            "metrics = ['mrr', 3]", "attempts = -1", "copilot = 3", "judge = []", "[copilot]",
        ]), 0..16),
    ) {
        if let Err(mistakes) = read(&lines.join("\n")) {
            prop_assert!(!mistakes.is_empty());
        }
    }

    #[test]
    fn no_bytes_panic(text in "\\PC{0,80}") {
        prop_assert!(read(&text).is_err());
    }
}
