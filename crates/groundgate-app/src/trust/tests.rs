//! Where secrets go, and what a run must be.

use std::{path::Path, sync::Arc};

use crate::{
    App, AppError, Surroundings,
    config::{CopilotKind, read_config},
    test_values::Folder,
};

const SECRETS: &str =
    "schema = \"groundgate.trust/1\"\n[secrets]\nTOKEN = [\"api.example.com\", \"*.ok.example\"]\n";

/// What comes of an endpoint of a configuration whose copilot has these keys.
fn resolved(trust: Option<&Path>, copilot: &str) -> Result<(), AppError> {
    let text = format!(
        "schema = \"groundgate.config/1\"\neval-set = \"e\"\npolicy = \"p\"\n[[copilot]]\nname = \"c\"\nkind = \"openai\"\nmodel = \"m\"\n{copilot}\n[checks]\nmetrics = [\"answer_chars\"]\n"
    );
    let config = read_config("c.toml", &text, &[])?;
    let CopilotKind::OpenAi { endpoint, .. } = &config.copilots[0].kind else {
        panic!("another kind");
    };
    let app = App::new(Surroundings {
        variable: Arc::new(|name| matches!(name, "TOKEN" | "OTHER").then(|| "s3cr3t".to_owned())),
        trust: trust.map(|path| path.display().to_string()),
        ..Surroundings::system()
    });
    app.resolve(endpoint).map(|_| ())
}

#[test]
fn a_secret_goes_to_no_host_that_is_not_named() {
    let folder = Folder::new();
    let trust = folder.write("trust.toml", SECRETS);
    let token = "auth = { env = \"TOKEN\" }";
    for (copilot, is_allowed) in [
        (
            format!("base-url = \"https://api.example.com/v1\"\n{token}"),
            true,
        ),
        (
            format!("base-url = \"https://a.ok.example/v1\"\n{token}"),
            true,
        ),
        (
            format!("base-url = \"https://evil.example/v1\"\n{token}"),
            false,
        ),
        (
            format!("base-url = \"https://api.example.com.evil.example/v1\"\n{token}"),
            false,
        ),
        (
            format!(
                "base-url = \"https://api.example.com/v1\"\n{token}\nproxy = {{ url = \"http://evil.example:3128\" }}"
            ),
            false,
        ),
        (
            format!(
                "base-url = \"https://api.example.com/v1\"\n{token}\nproxy = {{ url = \"http://proxy.ok.example:3128\" }}"
            ),
            true,
        ),
        (
            "base-url = \"https://api.example.com/v1\"\nauth = { env = \"OTHER\" }".to_owned(),
            false,
        ),
        (
            "base-url = \"https://api.example.com/v1\"\nauth = { command = [\"true\"] }".to_owned(),
            false,
        ),
        ("base-url = \"https://evil.example/v1\"".to_owned(), true),
    ] {
        assert!(resolved(None, &copilot).is_ok(), "{copilot}");
        let result = resolved(Some(&trust), &copilot);
        assert_eq!(result.is_ok(), is_allowed, "{copilot}: {result:?}");
        if let Err(error) = result {
            let said = error.to_string();
            assert!(!said.contains("s3cr3t"), "{said}");
        }
    }
}

#[test]
fn a_trust_file_that_was_named_and_is_not_there_is_an_error() {
    let absent = resolved(
        Some(Path::new("no-such-trust.toml")),
        "base-url = \"https://a.example/v1\"",
    );
    assert!(
        absent
            .unwrap_err()
            .to_string()
            .contains("there is no trust file")
    );
}
