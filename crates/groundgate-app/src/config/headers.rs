//! Headers of an endpoint as written: texts that may be shown, and secrets by reference.

use groundgate_endpoints::transport::HeaderText;
use groundgate_model::{diagnostic::Mistake, toml_reader::Table};

use super::secret::{SecretSource, variable};

/// Header names whose values are secrets whatever they say.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "key",
    "token",
    "secret",
    "password",
];

/// A header whose value is elsewhere.
#[derive(Debug, Clone)]
pub(super) struct SecretHeader {
    pub(super) name: String,
    pub(super) source: SecretSource,
    /// Where the file says so.
    pub(super) place: Mistake,
}

/// A header's name at a key.
pub(super) fn name(table: Table<'_, '_>, key: &str) -> Option<String> {
    let name = table.text(key)?;
    if !is_header_name(name) {
        table.report(key, format!("`{key}` is not the name of a header"));
        return None;
    }
    Some(name.to_owned())
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
}

/// The headers of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// Those that may be shown.
    pub(super) plain: Vec<(String, HeaderText)>,
    /// Those that may not.
    pub(super) secret: Vec<SecretHeader>,
}

/// Reads the key `headers`.
pub(super) fn read(table: Table<'_, '_>) -> Option<Headers> {
    let mut headers = Headers::default();
    if !table.has("headers") {
        return Some(headers);
    }
    let written = table.table("headers")?.hiding();
    for (name, _) in written.keys() {
        if !is_header_name(name) {
            written.report(name, format!("`{name}` is not the name of a header"));
            continue;
        }
        let lower = name.to_ascii_lowercase();
        if !written.has_text(name) {
            let source = written.table(name)?;
            source.only(&["env"]);
            source.needs(&["env"]);
            headers.secret.push(SecretHeader {
                name: name.to_owned(),
                source: SecretSource::Env(variable(source, "env")?),
                place: written.place(name),
            });
        } else if SECRET_HEADERS.iter().any(|word| lower.ends_with(word)) {
            written.report_with_help(
                name,
                format!(
                    "header `{name}` carries a secret, and secrets do not belong into this file"
                ),
                format!("name the variable: {name} = {{ env = \"NAME\" }}"),
            );
        } else if let Some(value) = written.text(name) {
            let value = HeaderText::Plain(value.to_owned());
            headers.plain.push((name.to_owned(), value));
        }
    }
    Some(headers)
}
