//! Where calls go, how they are authorized and limited, and that no secret is repeated.

use std::{io, path::Path, time::Duration};

use groundgate_endpoints::transport::{
    Auth, Endpoint, HeaderText, Limits, Timeouts, TokenServer,
    retry::{Resend, RetryPolicy},
};

use super::{
    super::{CopilotKind, Lookup, read_config},
    BUNDLED, JUDGE, LOOKUP, TOP, open_ai, read_copilot, refuses_copilot,
};

/// The endpoint of a copilot with its secrets looked up: `TOKEN` is set, `EMPTY` is empty.
fn resolve(keys: &str) -> Result<Endpoint, String> {
    let CopilotKind::OpenAi { endpoint, .. } = read_copilot(&open_ai(keys))? else {
        panic!("{keys}");
    };
    endpoint.resolve(LOOKUP).map_err(|error| error.to_string())
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
        | CopilotKind::VectorSearch { .. }
        | CopilotKind::Retriever { .. }
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
    const PROFILES: &str = "[DEFAULT]\nhost = https://default\ntoken = canary-1\n[ci]\nhost = https://ci\nclient_id = a\nclient_secret = canary-2\n[host-only]\nhost: https://only/?o=1\n";
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
#[expect(clippy::too_many_lines, reason = "one story")]
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
    let default = ("DATABRICKS_CONFIG_PROFILE", "DEFAULT");
    assert_eq!(
        host("auth = { profile = 'ci' }", &[HOME, default]).unwrap(),
        "https://ci",
        "what the file says wins"
    );
    let chosen = ("DATABRICKS_CONFIG_PROFILE", "ci");
    assert_eq!(host("", &[HOME, chosen]).unwrap(), "https://ci");
    assert_eq!(
        host("", &[HOME, HOST, chosen]).unwrap(),
        "https://env.example",
        "never another workspace than the environment names"
    );
    let merged = [HOME, TOKEN, ("DATABRICKS_CONFIG_PROFILE", "host-only")];
    let merged = databricks("", &merged).unwrap();
    assert_eq!(merged.base_url, "https://only");
    assert!(matches!(merged.auth, Auth::Bearer(_)));
    fails(
        "",
        &[HOME, TOKEN, HOST, chosen],
        "credentials of several kinds",
    );
    fails("", &[HOME, HOST], "no whole credentials");
    fails("", &[HOME, TOKEN], "names no `host`");
    fails(
        "",
        &[HOST, TOKEN, MACHINE[0]],
        "credentials of several kinds",
    );
    let entra = [
        HOME,
        HOST,
        ("ARM_CLIENT_ID", "a"),
        ("ARM_CLIENT_SECRET", "canary-5"),
        ("ARM_TENANT_ID", "t"),
    ];
    assert_eq!(host("", &entra).unwrap(), "https://env.example");
    let federated = [HOME, HOST, ("DATABRICKS_AUTH_TYPE", "env-oidc")];
    fails("", &federated, "`auth_type` `env-oidc`");
    let tilde = ("DATABRICKS_CONFIG_FILE", "~/.databrickscfg");
    let empty = ("DATABRICKS_HOST", "");
    assert_eq!(host("", &[HOME, tilde, empty]).unwrap(), "https://default");
    let machine = databricks("", &[HOST, MACHINE[0], MACHINE[1]]).unwrap();
    assert!(matches!(machine.auth, Auth::ClientCredentials(_)));
    let kind = ("DATABRICKS_AUTH_TYPE", "pat");
    let both = [HOST, TOKEN, MACHINE[0], MACHINE[1], kind];
    assert!(matches!(
        databricks("", &both).unwrap().auth,
        Auth::Bearer(_)
    ));
    fails(
        "",
        &both[..4],
        "credentials of several kinds (pat, oauth-m2m)",
    );
    fails("", &[TOKEN], "names no `host`");
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
fn limits_are_read() {
    let endpoint = resolve(
        "timeouts = { connect-s = 1, first-byte-s = 2, idle-s = 3, whole-s = 4, least-bytes-per-s = 5 }\n\
         limits = { in-flight = 3, requests-per-minute = 60, adaptive = false }\n\
         retries = { max = 1, max-when-refused = 2, first-wait-ms = 10, longest-wait-s = 5, resend = 'refused' }\n\
         largest-body-mib = 1\nheaders = { x-team = 'support' }\n",
    )
    .unwrap();
    assert_eq!(
        endpoint.timeouts,
        Timeouts {
            connect: Duration::from_secs(1),
            first_byte: Duration::from_secs(2),
            idle: Duration::from_secs(3),
            whole: Duration::from_secs(4),
            least_bytes_per_s: 5,
            ..Timeouts::default()
        }
    );
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
        endpoint.retry,
        RetryPolicy {
            retries: 1,
            retries_when_refused: 2,
            first_wait: Duration::from_millis(10),
            longest_wait: Duration::from_secs(5),
            resend: Resend::Refused,
        }
    );
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
