//! What a configuration means, what is refused, and that no secret is repeated.

use std::{collections::BTreeSet, io, path::Path, time::Duration};

use groundgate_endpoints::{
    chat::{MaxTokensField, Structured},
    copilot::StreamEnd,
    transport::{Auth, Endpoint, HeaderText, Limits, TokenServer, retry::Resend},
};
use groundgate_model::unit::Usd;
use proptest::prelude::*;

use super::*;
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
    let text = include_str!("../../../../groundgate.toml");
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
    let text = include_str!("../../../../groundgate.toml");
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
    let page = include_str!("../../../../docs/endpoints.md");
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
    assert_eq!(kinds.len(), 15, "every kind has an example: {kinds:?}");
}

/// Where a copilot's calls go, how they are authorized, and the names of its headers.
fn place(keys: &str) -> (String, Auth, Vec<String>) {
    let endpoint = match read_copilot(keys).unwrap() {
        CopilotKind::OpenAi { endpoint, .. }
        | CopilotKind::Model { endpoint, .. }
        | CopilotKind::Databricks { endpoint, .. } => endpoint,
        other @ (CopilotKind::Mlflow { .. }
        | CopilotKind::Command(_)
        | CopilotKind::Http { .. }
        | CopilotKind::Recorded { .. }
        | CopilotKind::Demo { .. }) => panic!("{other:?}"),
    };
    let endpoint = endpoint.resolve(LOOKUP).unwrap();
    let headers = endpoint.headers.iter().map(|(name, _)| name.clone());
    (endpoint.base_url, endpoint.auth, headers.collect())
}

#[test]
fn every_kind_of_model_goes_to_its_providers_place() {
    let (url, auth, headers) = place("kind = 'anthropic'\nmodel = 'm'\nauth = { env = 'TOKEN' }");
    assert_eq!(url, "https://api.anthropic.com/v1");
    assert!(matches!(auth, Auth::Header { name, .. } if name == "x-api-key"));
    assert_eq!(headers, ["anthropic-version"]);
    let azure = "kind = 'azure-openai'\nbase-url = 'https://r.azure.com/'\ndeployment = 'd'\nauth = { env = 'TOKEN' }";
    let (url, auth, _) = place(&format!("{azure}\napi-version = '2024-10-21'"));
    assert_eq!(
        url,
        "https://r.azure.com/openai/deployments/d?api-version=2024-10-21"
    );
    assert!(matches!(auth, Auth::Header { name, .. } if name == "api-key"));
    assert_eq!(place(azure).0, "https://r.azure.com/openai/v1");
    let (url, auth, _) =
        place("kind = 'bedrock'\nregion = 'eu-west-1'\nmodel = 'm'\nauth = { env = 'TOKEN' }");
    assert_eq!(url, "https://bedrock-runtime.eu-west-1.amazonaws.com");
    assert!(matches!(auth, Auth::Bearer(_)));
    let (url, auth, _) =
        place("kind = 'gemini'\nmodel = 'm'\nauth = { env = 'TOKEN', header = 'Authorization' }");
    assert_eq!(
        url,
        "https://generativelanguage.googleapis.com/v1beta/openai"
    );
    assert!(matches!(auth, Auth::Bearer(_)));
    assert_eq!(
        place("kind = 'ollama'\nmodel = 'm'").0,
        "http://127.0.0.1:11434/v1"
    );
}

#[test]
fn a_databricks_copilot_is_authorized_as_written() {
    let databricks = "kind = 'databricks'\nhost = 'https://h'\nendpoint = 'e'\nauth = ";
    let machine = "{ client-id = 'app', client-secret = { env = 'TOKEN' } }";
    let (url, auth, _) = place(&format!("{databricks}{machine}"));
    assert_eq!(url, "https://h");
    assert!(matches!(auth, Auth::ClientCredentials(credentials)
        if credentials.server == TokenServer::DatabricksHost("https://h".to_owned())));
    let command = place(&format!("{databricks}{{ command = ['token', '-x'] }}")).1;
    assert!(matches!(command, Auth::Command(command) if command.program == "token"));
}

/// A Databricks copilot's endpoint in an environment of these variables, with a file of profiles.
fn databricks(keys: &str, variables: &[(&str, &str)]) -> Result<Endpoint, String> {
    const PROFILES: &str = "[DEFAULT]\nhost = https://default\ntoken = canary-1\n[ci]\nhost = https://ci\nclient_id = a\nclient_secret = canary-2\n";
    let copilot = read_copilot(&format!("kind = 'databricks'\nendpoint = 'e'\n{keys}"))?;
    let CopilotKind::Databricks { endpoint, .. } = copilot else {
        panic!("{keys}");
    };
    let lookup = Lookup {
        env: &|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        },
        file: &|path| {
            if path == Path::new("/home/me/.databrickscfg") {
                Ok(PROFILES.as_bytes().to_vec())
            } else {
                Err(io::Error::from(io::ErrorKind::NotFound))
            }
        },
    };
    let resolved = endpoint.resolve(lookup).map_err(|error| error.to_string());
    assert!(!format!("{resolved:?}").contains("canary"), "{resolved:?}");
    resolved
}

#[test]
fn databricks_credentials_are_found_as_its_own_tools_find_them() {
    const HOME: (&str, &str) = ("HOME", "/home/me");
    const TOKEN: (&str, &str) = ("DATABRICKS_TOKEN", "canary-3");
    const HOST: (&str, &str) = ("DATABRICKS_HOST", "env.example/");
    const MACHINE: [(&str, &str); 2] = [
        ("DATABRICKS_CLIENT_ID", "a"),
        ("DATABRICKS_CLIENT_SECRET", "canary-4"),
    ];
    let host = |keys: &str, variables: &[(&str, &str)]| {
        databricks(keys, variables).map(|endpoint| endpoint.base_url)
    };
    let fails = |keys: &str, variables: &[(&str, &str)], expected: &str| {
        let found = host(keys, variables).unwrap_err();
        assert!(found.contains(expected), "{found}");
    };
    assert_eq!(host("", &[HOME]).unwrap(), "https://default");
    assert_eq!(
        host("auth = { profile = 'ci' }", &[HOME]).unwrap(),
        "https://ci"
    );
    assert_eq!(
        host("", &[HOME, TOKEN, HOST]).unwrap(),
        "https://env.example"
    );
    assert_eq!(
        host("host = 'https://written'", &[TOKEN, HOST]).unwrap(),
        "https://written"
    );
    let chosen = ("DATABRICKS_CONFIG_PROFILE", "ci");
    assert_eq!(
        host("", &[HOME, TOKEN, HOST, chosen]).unwrap(),
        "https://ci"
    );
    let machine = databricks("", &[HOST, MACHINE[0], MACHINE[1]]).unwrap();
    assert!(matches!(machine.auth, Auth::ClientCredentials(_)));
    let kind = ("DATABRICKS_AUTH_TYPE", "pat");
    let both = [HOST, TOKEN, MACHINE[0], MACHINE[1], kind];
    assert!(matches!(
        databricks("", &both).unwrap().auth,
        Auth::Bearer(_)
    ));
    fails("", &both[..4], "both `DATABRICKS_TOKEN` and");
    fails("", &[TOKEN], "neither `host` nor the environment");
    fails("", &[], "no credentials for Databricks");
    fails("", &[("HOME", "/nowhere")], "no credentials for Databricks");
    fails(
        "auth = { profile = 'x' }",
        &[HOME],
        "there is no profile `x`",
    );
    fails("host = 'https://other'", &[HOME], "another workspace");
}

#[test]
fn a_proxy_is_written_or_the_environments() {
    let proxy = |keys: &str, url: &str, variables: &[(&str, &str)]| {
        let keys = open_ai(keys).replace("https://host/v1", url);
        let CopilotKind::OpenAi { endpoint, .. } = read_copilot(&keys).unwrap() else {
            panic!("{keys}");
        };
        let lookup = Lookup {
            env: &|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            },
            ..LOOKUP
        };
        let resolved = endpoint.resolve(lookup).map_err(|error| error.to_string());
        assert!(!format!("{resolved:?}").contains("canary"), "{resolved:?}");
        resolved.map(|endpoint| {
            endpoint
                .proxy
                .map(|proxy| (proxy.url, proxy.login.is_some(), proxy.except))
        })
    };
    let found = |url: &str, login, except: &str| Some((url.to_owned(), login, except.to_owned()));
    let environment = [
        ("HTTPS_PROXY", "http://me:canary@secure:1"),
        ("HTTP_PROXY", "http://trap:2"),
        ("http_proxy", "plain:3"),
        ("NO_PROXY", "a,.b"),
    ];
    let check = |keys: &str, url: &str, expected| {
        assert_eq!(
            proxy(keys, url, &environment).unwrap(),
            expected,
            "{keys} {url}"
        );
    };
    check("", "https://host", found("http://secure:1/", true, "a,.b"));
    check("", "http://host", found("http://plain:3/", false, "a,.b"));
    check("", "https://127.0.0.1:9", None);
    check("proxy = 'none'", "https://host", None);
    check(
        "proxy = 'http://p:4'",
        "https://host",
        found("http://p:4", false, ""),
    );
    let login = "proxy = { url = 'http://p:4', user = 'u', password = { file = 'token.txt' }, except = ['x', '.y'] }";
    check(login, "https://host", found("http://p:4", true, "x,.y"));
    let broken = proxy("", "https://host", &[("ALL_PROXY", "socks5://me:canary@h")]).unwrap_err();
    assert!(
        broken.contains("`ALL_PROXY` names is not usable"),
        "{broken}"
    );
    refuses_copilot(
        &open_ai("proxy = { url = 'http://p', user = 'u' }"),
        "12:9: a proxy's login needs both `user` and `password`",
    );
}

#[test]
fn mistakes_in_the_newer_kinds_are_named() {
    refuses_copilot(
        "kind = 'anthropic'\nmodel = 'm'",
        "7:1: key `auth` is missing",
    );
    refuses_copilot(
        "kind = 'bedrock'\nmodel = 'm'\nregion = 'EU west'\nauth = { env = 'A' }",
        "11:10: `region` is not the name of a region",
    );
    refuses_copilot(
        "kind = 'databricks'\nendpoint = 'a/b'",
        "10:12: `endpoint` cannot stand in a URL",
    );
    refuses_copilot(
        "kind = 'mlflow'\nbase-url = 'http://h'",
        "7:1: key `form` is missing",
    );
    refuses_copilot(
        "kind = 'mlflow'\nbase-url = 'http://h'\nbody = '{}'",
        "7:1: key `answer` is missing",
    );
    refuses_copilot(
        "kind = 'command'\ncommand = []",
        "10:11: `command` is empty",
    );
    refuses_copilot(
        &open_ai("auth = { profile = 'ci' }"),
        "12:20: `profile` is a profile of Databricks, and this is another provider",
    );
    refuses_copilot(
        &open_ai("auth = { env = 'A', lifetime-s = 3 }"),
        "12:34: `lifetime-s` means nothing beside `env`",
    );
    refuses_copilot(
        &open_ai("auth = { client-secret = { env = 'A' }, client-id = 'i' }"),
        "12:8: key `token-url` is missing",
    );
    refuses_copilot(
        &open_ai("history = 'own'"),
        "12:11: unknown `history` `own`",
    );
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
    assert!(embedded.jurors.is_empty());
    let bundled = judge(&format!("spec = 'groundedness'\nvotes = 3\n{endpoint}")).unwrap();
    assert_eq!(bundled.spec, SpecSource::Bundled("groundedness".to_owned()));
    assert_eq!(bundled.votes, Some(3));
    let [juror] = bundled.jurors.as_slice() else {
        panic!("{bundled:?}");
    };
    assert_eq!(juror.name, "");
    let model = &juror.endpoint;
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

#[test]
fn panels_are_read() {
    let read_judge = |keys: &str| {
        let config = read(&format!(
            "{TOP}{DEMO}[[judge]]\nname = 'j'\nspec = 'groundedness'\n{keys}"
        ))?;
        Ok::<_, String>(config.judges.into_iter().next().unwrap())
    };
    let endpoint = "endpoint = { base-url = 'http://127.0.0.1:8000/v1', model = 'm' }";
    let juror = |name: &str| format!("[[judge.juror]]\nname = '{name}'\n{endpoint}\n");
    let two = [juror("opus"), juror("haiku")].concat();
    let panel = read_judge(&format!("votes = 2\nvotes-needed = 3\n{two}")).unwrap();
    let names: Vec<&str> = panel
        .jurors
        .iter()
        .map(|juror| juror.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["haiku", "opus"],
        "by name, however they stand in the file"
    );
    assert_eq!((panel.votes, panel.votes_needed), (Some(2), Some(3)));
    let check = |keys: &str, expected: &str| {
        let found = read_judge(keys).map(|_| ()).unwrap_err();
        assert!(found.contains(expected), "{keys}: {found}");
    };
    check(
        &format!("{endpoint}\n{two}"),
        "there are both `endpoint` and `juror`",
    );
    check(&juror("opus"), "a panel has at least 2 jurors");
    check("juror = []", "a panel has at least 2 jurors");
    check(
        &[juror("a"), juror("a")].concat(),
        "the name `a` comes twice",
    );
    check(
        &[juror("a/b"), juror("a")].concat(),
        "`name` cannot stand in",
    );
    check(
        &format!("{two}[[judge.juror]]\nname = 'x'\n"),
        "key `endpoint` is missing",
    );
    check(
        &format!("{two}[[judge.juror]]\n{endpoint}\n"),
        "key `name` is missing",
    );
    check(&format!("{two}votes = 3\n"), "unknown key `votes`");
    check(&format!("votes-needed = 0\n{two}"), "`votes-needed` is 0");
    let embedded = read(&format!(
        "{TOP}{DEMO}[[judge]]\nname = 'j'\nspec = 'embedded'\n{two}"
    ));
    assert!(embedded.unwrap_err().contains("takes no `juror`"));
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
