//! Canary secrets through every command: in no file, no stream, in none of their forms, whatever a
//! hostile endpoint echoes.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    program::{Folder, eval_set},
    wire::{Asked, Said, Wire, fee},
};

/// With everything that escapes change: slashes, plus, quotes, percent signs.
const CANARIES: [&str; 4] = [
    "dapi-canary/1+\"q\"%41",
    "sk-canary/2+\"q\"%41",
    "hdr-canary/3+\"q\"%41",
    "oauth-canary/4+\"q\"%41",
];

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn json_escaped(text: &str) -> String {
    json!(text).to_string().trim_matches('"').to_owned()
}

/// The forms in which a secret travels.
fn forms(secret: &str) -> [String; 5] {
    [
        secret.to_owned(),
        percent_encoded(secret),
        json_escaped(secret),
        STANDARD.encode(secret),
        STANDARD.encode(format!("user:{secret}")),
    ]
}

/// What must be found nowhere: of base64, the digits that no neighbor shares.
fn traces(secret: &str) -> [String; 6] {
    let [raw, percent, json, encoded, basic] = forms(secret);
    // What was escaped once may be escaped again on its way out.
    let twice = json_escaped(&json);
    let encoded = encoded[..encoded.len() - 4].to_owned();
    let basic = basic[8..basic.len() - 4].to_owned();
    [raw, percent, json, twice, encoded, basic]
}

/// Every form of every secret that the request carries.
fn echo(asked: &Asked) -> String {
    let carried = CANARIES.iter().filter(|secret| {
        let mut values = asked.headers.values();
        values.any(|value| value.contains(**secret))
    });
    carried
        .flat_map(|secret| forms(secret))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Says everything that it was shown, in good replies and in errors.
fn hostile(asked: &Asked) -> Said {
    if asked.path == "/token" {
        return Said::json(&json!({"access_token": CANARIES[3], "expires_in": 3600}));
    }
    let shown = format!("{:?} {}", asked.headers, echo(asked));
    if asked.text().contains("number 3?") {
        return Said::status(500, &json!({"error": {"message": shown}}).to_string());
    }
    if asked.text().contains("number 4?") {
        return Said::status(200, &format!("<html>{shown}"));
    }
    if asked.text().contains("number 5?") {
        return Said::status(
            401,
            &json!({"error_code": shown, "message": shown}).to_string(),
        );
    }
    let is_judge = asked.body.get("response_format").is_some();
    let text = if is_judge {
        json!({"reason": shown, "label": "addresses-all"}).to_string()
    } else {
        format!("{} {shown}", fee(asked))
    };
    Said::json(&json!({"model": format!("m {shown}"),
        "choices": [{"message": {"content": text}, "finish_reason": shown}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        "passages": [{"id": shown, "text": shown, "url": shown}]}))
}

fn config(url: &str) -> String {
    let endpoint = |auth: &str| {
        format!(
            "base-url = \"{url}/v1\"\nretries = {{ max = 1, first-wait-ms = 1 }}\nheaders = {{ x-gate = {{ env = \"CANARY_3\" }} }}\nauth = {auth}\n\
             passages = {{ path = \"$.passages\", id = \"$.id\", text = \"$.text\", source = \"$.url\" }}\n"
        )
    };
    format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n\
         [[copilot]]\nname = \"env\"\nkind = \"openai\"\n{}\
         [[copilot]]\nname = \"oauth\"\nkind = \"openai\"\n{}\
         [[judge]]\nname = \"judge\"\nspec = \"answer_relevance\"\n\
         endpoint = {{ base-url = \"{url}/v1\", model = \"j\", auth = {{ env = \"CANARY_2\" }} }}\n[checks]\nmetrics = [\"answer_chars\"]\n",
        endpoint("{ env = \"CANARY_1\" }"),
        endpoint(&format!(
            "{{ token-url = \"{url}/token\", client-id = \"app\", client-secret = {{ env = \"CANARY_2\" }} }}"
        )),
    )
}

const RULES: &str = r#"
schema = "groundgate.policy/1"
name   = "test"

[statistics]
min-cases = 5

[[rule]]
id     = "floor"
kind   = "floor"
metric = "answer_relevance"
min    = 0.5

[[rule]]
id   = "errors"
kind = "max-error-rate"
max  = 0.01
"#;

/// Fails where a form of a secret is in some bytes.
fn search(what: &str, bytes: &[u8]) {
    for secret in CANARIES {
        for form in traces(secret) {
            let found = bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes());
            assert!(!found, "`{form}` is in {what}");
        }
    }
    let word = b"canary";
    let found = bytes.windows(word.len()).any(|window| window == word);
    assert!(
        !found,
        "a part of a canary is in {what}: {}",
        String::from_utf8_lossy(bytes)
    );
}

fn search_files(folder: &Path, configured: &str) -> usize {
    let mut n = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            n += search_files(&path, configured);
        } else if !path.ends_with(configured) {
            search(&path.display().to_string(), &fs::read(&path).unwrap());
            n += 1;
        }
    }
    n
}

#[test]
fn no_secret_reaches_a_file_or_a_stream() {
    let server = Wire::answering(hostile);
    let folder = Folder::with(&[
        ("gate.toml", RULES),
        ("set.jsonl", &eval_set(8)),
        ("groundgate.toml", &config(&server.url)),
    ]);
    let report = "report -o r.html -o r.md -o r.json -o r.xml -o r.csv";
    for arguments in [
        "validate",
        "doctor",
        "doctor --online",
        "doctor --online --json",
        "run --copilot env",
        "run --copilot oauth --json",
        "run --resume latest --rerun errors",
        "gate",
        "gate --json",
        report,
        "explain case-0",
        "explain case-3",
        "explain case-4",
        "runs list --json",
        "runs show",
        "runs export",
        "runs export -o exported.jsonl",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let mut command = folder.command(&words);
        for (number, secret) in CANARIES.iter().enumerate() {
            command.env(format!("CANARY_{}", number + 1), secret);
        }
        let output = command.output().unwrap();
        search(&format!("stdout of {arguments}"), &output.stdout);
        search(&format!("stderr of {arguments}"), &output.stderr);
        let code = output.status.code().unwrap();
        assert!(
            !matches!(code, 1..=3),
            "{arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let tokens: Vec<Value> = server
        .asked()
        .into_iter()
        .filter(|asked| asked.path.starts_with("/v1"))
        .map(|asked| json!(asked.headers["authorization"]))
        .collect();
    for secret in [CANARIES[0], CANARIES[1], CANARIES[3]] {
        let carried = json!(format!("Bearer {secret}"));
        assert!(tokens.contains(&carried), "the secrets were in use");
    }
    let n_files = search_files(folder.path(), "groundgate.toml");
    assert!(
        n_files > 8,
        "{n_files} files: {:?}",
        fs::read_dir(folder.path())
    );
}
