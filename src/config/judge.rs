//! One `[[judge]]`.

use std::path::Path;

use super::{
    file::{ranged, relative},
    model::{self, ModelKind, Reader},
    settings::{JudgeConfig, JudgeEndpoint, SpecSource},
};
use crate::toml_reader::Table;

/// What the embedded judge's spec is called.
const EMBEDDED: &str = "embedded";

/// Reads a judge; its name was read already.
pub(super) fn read(
    table: Table<'_, '_>,
    name: Option<String>,
    folder: &Path,
    concurrency: usize,
    bundled: &[&str],
) -> Option<JudgeConfig> {
    table.only(&["name", "spec", "endpoint", "votes"]);
    table.needs(&["spec"]);
    let votes = ranged(&table, "votes", 1..=25).and_then(|votes| u32::try_from(votes).ok());
    let spec = spec(table, folder, bundled);
    let model = table
        .table("endpoint")
        .map(|table| endpoint(table, folder, concurrency));
    let spec = spec?;
    let embedded = spec == SpecSource::Embedded;
    for key in ["endpoint", "votes"].into_iter().filter(|_| embedded) {
        if table.has(key) {
            table.report(
                key,
                format!("the embedded judge asks nobody and takes no `{key}`"),
            );
        }
    }
    if !embedded && !table.has("endpoint") {
        table.needs_with_help(
            "endpoint",
            "the model that reads the spec: endpoint = { kind = \"openai\", base-url = \"…\", model = \"…\" }",
        );
        return None;
    }
    Some(JudgeConfig {
        name: name?,
        spec,
        endpoint: match model {
            Some(model) => Some(model?),
            None => None,
        },
        votes,
    })
}

fn spec(table: Table<'_, '_>, folder: &Path, bundled: &[&str]) -> Option<SpecSource> {
    let spec = table.text("spec")?;
    let is_file = Path::new(spec)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if is_file {
        return Some(SpecSource::File(relative(folder, spec)));
    }
    if spec == EMBEDDED {
        return Some(SpecSource::Embedded);
    }
    if bundled.contains(&spec) {
        return Some(SpecSource::Bundled(spec.to_owned()));
    }
    let known = bundled.iter().copied().chain([EMBEDDED]);
    let at = table.at_value("spec");
    table
        .document()
        .report_unknown(at, "judge spec", spec, known);
    None
}

fn endpoint(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<JudgeEndpoint> {
    let kind = if table.has("kind") {
        table.choice("kind", &model::KINDS)?
    } else {
        ModelKind::OpenAi
    };
    let (endpoint, api) = model::read(table, kind, Reader::Judge, folder, concurrency)?;
    Some(JudgeEndpoint { endpoint, api })
}
