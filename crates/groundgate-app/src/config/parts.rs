//! Keys that copilots of several kinds have: limits, temperatures, places in replies.

use groundgate_endpoints::copilot::PassagePaths;
use groundgate_model::toml_reader::Table;
use serde_json_path::JsonPath;

use super::read::ranged;

/// Tokens that an answer can have where the file does not say.
const MAX_OUTPUT_TOKENS: u64 = 1024;

/// A JSONPath.
pub(super) fn path(table: Table<'_, '_>, key: &str) -> Option<String> {
    let written = table.text(key)?;
    if let Err(error) = JsonPath::parse(written) {
        table.report_with_help(
            key,
            format!("`{key}` is not a JSONPath: {error}"),
            "a path begins with `$`: $.reply.text",
        );
        return None;
    }
    Some(written.to_owned())
}

/// Where the passages are; `None` where the reply does not show them or a mistake was reported.
pub(super) fn passages(table: Table<'_, '_>) -> Option<PassagePaths> {
    let written = table.table("passages")?;
    written.only(&["path", "text", "id", "source"]);
    written.needs(&["path", "text"]);
    let [list, text, id, source] = ["path", "text", "id", "source"].map(|key| path(written, key));
    match PassagePaths::new(&list?, &text?, id.as_deref(), source.as_deref()) {
        Ok(paths) => Some(paths),
        Err(error) => {
            table.report("passages", error.to_string());
            None
        }
    }
}

/// A temperature; `None` where it is absent or was reported.
pub(super) fn temperature(table: Table<'_, '_>) -> Option<f64> {
    let temperature = table.number("temperature")?;
    if !(0.0..=2.0).contains(&temperature) {
        table.report(
            "temperature",
            format!("`temperature` is {temperature} and not from 0 to 2"),
        );
    }
    Some(temperature)
}

/// The most tokens that an answer can have.
pub(super) fn max_output_tokens(table: Table<'_, '_>) -> Option<u32> {
    if !table.has("max-output-tokens") {
        return u32::try_from(MAX_OUTPUT_TOKENS).ok();
    }
    let tokens = ranged(&table, "max-output-tokens", 1..=1_000_000)?;
    u32::try_from(tokens).ok()
}
