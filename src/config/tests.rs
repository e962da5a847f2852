//! What a configuration means, what is refused, and that no secret is repeated.

use std::{io, path::Path, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    chat::{MaxTokensField, Structured},
    copilot::StreamEnd,
    demo::Variant,
    transport::{Auth, Endpoint, HeaderText, Limits, retry::Resend},
    unit::Usd,
};

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

/// The endpoint of a copilot with its secrets looked up: `TOKEN` is set, `EMPTY` is empty.
fn resolve(keys: &str) -> Result<Endpoint, String> {
    let CopilotKind::OpenAi { endpoint, .. } = read_copilot(&open_ai(keys))? else {
        panic!("{keys}");
    };
    endpoint.resolve(LOOKUP).map_err(|error| error.to_string())
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
    let text = include_str!("../../groundgate.toml");
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
    let text = include_str!("../../groundgate.toml");
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

#[test]
fn a_chat_copilot_is_read() {
    let keys = open_ai(
        "stream = true\nsystem-prompt = 'be brief'\nmax-output-tokens = 300\ntemperature = 0.2\nseed = 7\n\
         max-tokens-field = 'max_completion_tokens'\n\
         passages = { path = '$.passages', id = '$.id', text = '$.text', source = '$.url' }\n\
         price = { input-usd-per-million = 0.5, output-usd-per-million = 0 }\n",
    );
    let CopilotKind::OpenAi { endpoint, settings } = read_copilot(&keys).unwrap() else {
        panic!("{keys}");
    };
    assert_eq!(endpoint.base_url(), "https://host/v1");
    assert_eq!(settings.model.model.as_deref(), Some("m"));
    assert!(settings.model.stream);
    assert_eq!(
        settings.model.max_tokens_field,
        MaxTokensField::MaxCompletionTokens
    );
    assert_eq!(settings.system_prompt.as_deref(), Some("be brief"));
    assert_eq!(settings.max_output_tokens, 300);
    assert_eq!((settings.temperature, settings.seed), (Some(0.2), Some(7)));
    assert!(settings.passages.is_some());
    let price = settings.model.price.unwrap();
    assert_eq!(Some(price.input_usd_per_million), Usd::from_dollars(0.5));
    assert_eq!(price.output_usd_per_million, Usd::ZERO);
}

#[test]
fn an_http_copilot_is_read() {
    let keys = http(
        "usage = { input = '$.u.in', output = '$.u.out' }\nmodel-path = '$.m'\nfinish-reason-path = '$.f'\n\
         framing = 'events'\nstream-end = '$.done'\n",
    );
    let CopilotKind::Http { endpoint, settings } = read_copilot(&keys).unwrap() else {
        panic!("{keys}");
    };
    assert_eq!(endpoint.base_url(), "https://host/ask");
    assert_eq!(settings.answer, "$.a");
    assert_eq!(settings.input_tokens.as_deref(), Some("$.u.in"));
    assert_eq!(settings.output_tokens.as_deref(), Some("$.u.out"));
    assert_eq!(settings.stream_end, StreamEnd::At("$.done".to_owned()));
    assert_eq!(settings.max_output_tokens, 1024);
    assert!(settings.passages.is_none() && settings.price.is_none());
}

#[test]
fn the_other_kinds_are_read() {
    assert!(matches!(
        read_copilot("kind = 'demo'\nvariant = 'stale-numbers'"),
        Ok(CopilotKind::Demo {
            variant: Variant::StaleNumbers
        })
    ));
    assert!(matches!(
        read_copilot("kind = 'recorded'\nfile = 'a.jsonl'"),
        Ok(CopilotKind::Recorded { file }) if file == Path::new("a.jsonl")
    ));
}

#[test]
fn mistakes_in_a_copilot_are_named() {
    refuses_copilot("", "7:1: key `kind` is missing");
    refuses_copilot("kind = 'opena'", "9:8: unknown `kind` `opena`");
    refuses_copilot(
        "kind = 'demo'\nvariant = 'best'",
        "10:11: unknown `variant` `best`",
    );
    refuses_copilot(
        "kind = 'demo'\nvariant = 'good'\nmodel = 'm'",
        "11:1: unknown key `model`",
    );
    refuses_copilot("kind = 'recorded'", "7:1: key `file` is missing");
    refuses_copilot(
        "kind = 'openai'\nmodel = 'm'",
        "7:1: key `base-url` is missing",
    );
    refuses_copilot(
        &open_ai("temperature = 3"),
        "12:15: `temperature` is 3 and not from 0 to 2",
    );
    refuses_copilot(
        &open_ai("stream = 'yes'"),
        "12:10: `stream` is a string and not `true` or `false`",
    );
    refuses_copilot(
        &open_ai("passages = { path = '$.p' }"),
        "12:12: key `text` is missing",
    );
    refuses_copilot(
        &open_ai("price = { input-usd-per-million = -1, output-usd-per-million = 1 }"),
        "12:35: `input-usd-per-million` is -1 and not a price",
    );
    refuses_copilot(
        &open_ai("timeouts = { idle-s = 0 }"),
        "12:23: `idle-s` is 0 and not from 1 to 3600",
    );
    refuses_copilot(
        &open_ai("limits = { in-flight = 0 }"),
        "12:24: `in-flight` is 0 and not from 1 to 1024",
    );
    refuses_copilot(
        &open_ai("retries = { resend = 'always' }"),
        "12:22: unknown `resend` `always`",
    );
    let found = read_copilot(&http("usage = { input = 'u.in' }")).unwrap_err();
    assert!(
        found.starts_with("x.toml:13:19: `input` is not a JSONPath: "),
        "{found}"
    );
    let found = read_copilot(&http("").replace("{\"q\"", "{q")).unwrap_err();
    assert!(
        found.starts_with("x.toml:11:8: `body` is not JSON: "),
        "{found}"
    );
}

#[test]
fn limits_are_read() {
    let endpoint = resolve(
        "timeouts = { connect-s = 1, first-byte-s = 2, idle-s = 3, whole-s = 4 }\n\
         limits = { in-flight = 3, requests-per-minute = 60, adaptive = false }\n\
         retries = { max = 1, max-when-refused = 2, first-wait-ms = 10, longest-wait-s = 5, resend = 'refused' }\n\
         largest-body-mib = 1\nheaders = { x-team = 'support' }\n",
    )
    .unwrap();
    assert_eq!(endpoint.timeouts.whole, Duration::from_secs(4));
    assert_eq!(
        endpoint.limits,
        Limits {
            in_flight: 3,
            requests_per_minute: Some(60),
            tokens_per_minute: None,
            adaptive: false,
        }
    );
    assert_eq!(
        (endpoint.retry.retries, endpoint.retry.retries_when_refused),
        (1, 2)
    );
    assert_eq!(endpoint.retry.resend, Resend::Refused);
    assert_eq!(endpoint.largest_body, 1 << 20);
    assert!(
        matches!(endpoint.headers.as_slice(), [(name, HeaderText::Plain(value))]
        if name == "x-team" && value == "support")
    );
}

#[test]
fn secrets_are_looked_up_where_the_file_says() {
    assert!(matches!(resolve("").unwrap().auth, Auth::None));
    assert!(matches!(
        resolve("auth = { env = 'TOKEN' }").unwrap().auth,
        Auth::Bearer(_)
    ));
    assert!(matches!(
        resolve("auth = { file = 'token.txt' }").unwrap().auth,
        Auth::Bearer(_)
    ));
    let own_header = resolve("auth = { env = 'TOKEN', header = 'x-api-key' }").unwrap();
    assert!(matches!(own_header.auth, Auth::Header { name, .. } if name == "x-api-key"));
    let header = resolve("headers = { x-key = { env = 'TOKEN' } }").unwrap();
    assert!(matches!(
        header.headers.as_slice(),
        [(_, HeaderText::Secret(_))]
    ));
    let check = |keys: &str, expected: &str| {
        assert_eq!(
            resolve(keys).map(|_| ()),
            Err(expected.to_owned()),
            "{keys}"
        );
    };
    check(
        "auth = { env = 'ABSENT' }",
        "x.toml:12:8: environment variable `ABSENT` is not set",
    );
    check(
        "auth = { env = 'EMPTY' }",
        "x.toml:12:8: environment variable `EMPTY` is empty",
    );
    check(
        "auth = { file = 'absent.txt' }",
        "x.toml:12:8: cannot read the file `absent.txt`: entity not found",
    );
    check(
        "auth = { file = 'latin1.txt' }",
        "x.toml:12:8: file `latin1.txt` is not UTF-8 text",
    );
    check(
        "ca-file = 'absent.pem'",
        "x.toml:12:11: cannot read the file `absent.pem`: entity not found",
    );
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let check = |keys: &str, expected: &str| {
        let text = format!("{TOP}{JUDGE}[[copilot]]\nname = 'c'\n{keys}");
        let found = read_config("x.toml", &text, &BUNDLED).unwrap_err();
        assert!(found.to_string().contains(expected), "{found}");
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    };
    check(
        &open_ai("auth = 'sk-canary'"),
        "`auth` is a string, and secrets do not belong",
    );
    check(
        &open_ai("auth = { token = 'canary' }"),
        "unknown key `token`",
    );
    check(
        &open_ai("[copilot.auth]\nvalue = 'canary'"),
        "unknown key `value`",
    );
    check(
        &open_ai("auth = { env = 'sk-canary' }"),
        "`env` is not the name of an environment variable",
    );
    check(
        &open_ai("auth = { env = 'A', file = 'canary' }"),
        "one of `env`, `file`, `command`, `client-secret` and `profile` says",
    );
    check(&open_ai("api-key = 'canary'"), "unknown key `api-key`");
    for header in ["Authorization", "x-api-key", "X-Access-Token", "Cookie"] {
        let keys = open_ai(&format!("headers = {{ {header} = 'canary' }}"));
        check(&keys, &format!("header `{header}` carries a secret"));
    }
    let at = |url: &str| open_ai("").replace("https://host/v1", url);
    check(
        &at("https://me:canary@host"),
        "`base-url` holds a user name or password",
    );
    check(
        &at("https://host?api_key=canary"),
        "`base-url` holds what looks like a key",
    );
    check(&at("ftp://canary"), "the scheme `ftp`");
}

#[test]
fn judges_are_read() {
    let judge = |keys: &str| {
        let config = read(&format!("{TOP}{DEMO}[[judge]]\nname = 'j'\n{keys}"))?;
        Ok::<_, String>(config.judges.into_iter().next().unwrap())
    };
    let endpoint = "endpoint = { base-url = 'http://127.0.0.1:8000/v1', model = 'm', auth = { env = 'T' }, structured = 'json-object', send-temperature = false }";
    let embedded = judge("spec = 'embedded'").unwrap();
    assert_eq!(embedded.spec, SpecSource::Embedded);
    assert!(embedded.endpoint.is_none());
    let bundled = judge(&format!("spec = 'groundedness'\nvotes = 3\n{endpoint}")).unwrap();
    assert_eq!(bundled.spec, SpecSource::Bundled("groundedness".to_owned()));
    assert_eq!(bundled.votes, Some(3));
    let model = bundled.endpoint.unwrap();
    let ModelApi::Chat(settings) = &model.api else {
        panic!("{model:?}");
    };
    assert_eq!(settings.structured, Structured::JsonObject);
    assert!(!settings.send_temperature);
    let credentials = model.endpoint.credentials(LOOKUP);
    let (words, found) = credentials.first().unwrap();
    assert_eq!(words, "environment variable `T`");
    found.as_ref().unwrap_err();
    let own = judge(&format!("spec = 'judges/own.toml'\n{endpoint}")).unwrap();
    assert_eq!(own.spec, SpecSource::File("judges/own.toml".into()));
    let check = |keys: &str, expected: &str| {
        let found = judge(keys).map(|_| ()).unwrap_err();
        assert_eq!(found, format!("x.toml:{expected}"), "{keys}");
    };
    check(
        "spec = 'groundednes'",
        "10:8: unknown judge spec `groundednes`",
    );
    check("spec = 'groundedness'", "8:1: key `endpoint` is missing");
    check("", "8:1: key `spec` is missing");
    check(
        "spec = 'embedded'\nvotes = 3",
        "11:9: the embedded judge asks nobody and takes no `votes`",
    );
    check(
        &format!("spec = 'groundedness'\nvotes = 0\n{endpoint}"),
        "11:9: `votes` is 0 and not from 1 to 25",
    );
    check(
        "spec = 'groundedness'\nendpoint = { base-url = 'http://h' }",
        "11:12: key `model` is missing",
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
