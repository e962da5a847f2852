//! One `[[judge]]`.

use std::{collections::BTreeSet, path::Path};

use super::{
    file::{self, ranged, relative},
    model::{self, ModelKind, Reader},
    settings::{JudgeConfig, JudgeEndpoint, JurorConfig, SpecSource},
};
use crate::toml_reader::Table;

/// What the embedded judge's spec is called.
const EMBEDDED: &str = "embedded";

/// Fewer are no panel.
const JURORS_MIN: usize = 2;

/// Reads a judge; its name was read already.
pub(super) fn read(
    table: Table<'_, '_>,
    name: Option<String>,
    folder: &Path,
    concurrency: usize,
    bundled: &[&str],
) -> Option<JudgeConfig> {
    table.only(&["name", "spec", "endpoint", "juror", "votes", "votes-needed"]);
    table.needs(&["spec"]);
    let [votes, votes_needed] = ["votes", "votes-needed"]
        .map(|key| ranged(&table, key, 1..=25).and_then(|votes| u32::try_from(votes).ok()));
    let spec = spec(table, folder, bundled);
    let model = table
        .table("endpoint")
        .map(|table| endpoint(table, folder, concurrency));
    let panel = table
        .has("juror")
        .then(|| panel(table, folder, concurrency));
    let spec = spec?;
    if spec == SpecSource::Embedded {
        for key in ["endpoint", "juror", "votes", "votes-needed"] {
            if table.has(key) {
                table.report(
                    key,
                    format!("the embedded judge asks nobody and takes no `{key}`"),
                );
            }
        }
    } else if !table.has("endpoint") && !table.has("juror") {
        table.needs_with_help(
            "endpoint",
            "the model that reads the spec: endpoint = { kind = \"openai\", base-url = \"…\", model = \"…\" }",
        );
        return None;
    }
    let jurors = match (model, panel) {
        (None, None) => Vec::new(),
        (None, Some(panel)) => panel?,
        (Some(model), None) => vec![JurorConfig {
            name: String::new(),
            endpoint: model?,
        }],
        (Some(_), Some(_)) => {
            table.report_with_help(
                "juror",
                "a judge is one model or a panel: there are both `endpoint` and `juror`",
                "make the endpoint one more [[judge.juror]] with a name",
            );
            return None;
        }
    };
    Some(JudgeConfig {
        name: name?,
        spec,
        jurors,
        votes,
        votes_needed,
    })
}

/// The jurors by name: their order in the file means nothing.
fn panel(table: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<Vec<JurorConfig>> {
    let tables = table.tables("juror");
    if tables.len() < JURORS_MIN {
        table.report_with_help(
            "juror",
            format!("a panel has at least {JURORS_MIN} jurors"),
            "one model is an `endpoint`, asked several times with `votes`",
        );
    }
    let mut names = BTreeSet::new();
    let read: Vec<Option<JurorConfig>> = tables
        .into_iter()
        .map(|juror| {
            juror.only(&["name", "endpoint"]);
            juror.needs(&["endpoint"]);
            let name = file::name(juror, &mut names);
            let endpoint = juror
                .table("endpoint")
                .and_then(|table| endpoint(table, folder, concurrency));
            Some(JurorConfig {
                name: name?,
                endpoint: endpoint?,
            })
        })
        .collect();
    let mut jurors: Vec<JurorConfig> = read.into_iter().collect::<Option<_>>()?;
    jurors.sort_by(|one, other| one.name.cmp(&other.name));
    Some(jurors)
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
