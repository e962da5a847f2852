//! One `[[judge]]`.

use std::{collections::BTreeSet, ops::RangeInclusive, path::Path};

use groundgate_judge::CONTROLS_ALLOWED;
use groundgate_model::toml_reader::Table;

use super::{
    model::{self, ModelKind, Reader},
    read::{name, ranged, relative},
    settings::{CascadeConfig, JudgeConfig, JudgeEndpoint, JurorConfig, SpecSource},
};

/// What the embedded judge's spec is called.
const EMBEDDED: &str = "embedded";

/// The embedded judge's probability that all of an answer is grounded.
const SUPPORT: &str = "support";

/// Shares of what the cheaper judge is sure of that are judged all the same. With fewer than the least,
/// nothing could be shown; from the most on, little is saved.
const AUDIT: RangeInclusive<f64> = 0.02..=0.5;

/// Fewer are no panel.
const JURORS_MIN: usize = 2;

/// The keys of a judge.
const KEYS: [&str; 11] = [
    "name",
    "spec",
    "endpoint",
    "juror",
    "votes",
    "votes-needed",
    "controls",
    "after",
    "by",
    "unsure",
    "audit",
];

/// Reads a judge; its name was read already.
pub(super) fn read(
    table: Table<'_, '_>,
    name: Option<String>,
    folder: &Path,
    concurrency: usize,
    bundled: &[&str],
) -> Option<JudgeConfig> {
    table.only(&KEYS);
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
        for key in [
            "endpoint",
            "juror",
            "votes",
            "votes-needed",
            "controls",
            "after",
        ] {
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
        controls: controls(table),
        cascade: cascade(table),
    })
}

/// Controls in each call; `None`: as the spec says.
fn controls(table: Table<'_, '_>) -> Option<u32> {
    let written = table.count("controls")?;
    let read = u32::try_from(written).ok();
    let read = read.filter(|count| CONTROLS_ALLOWED.contains(count));
    if read.is_none() {
        table.report_with_help(
            "controls",
            format!("`controls` is {written} and not 0, 2 or 4"),
            "claims with a known label in each call: none, two easy ones, or two hard ones as well",
        );
    }
    read
}

/// When it is asked; `None` where it stands behind no other or a mistake was reported.
fn cascade(table: Table<'_, '_>) -> Option<CascadeConfig> {
    if !table.has("after") {
        for key in ["by", "unsure", "audit"]
            .into_iter()
            .filter(|key| table.has(key))
        {
            let message =
                format!("`{key}` is about a judge to stand behind, and there is no `after`");
            table.report(key, message);
        }
        return None;
    }
    table.needs(&["unsure", "audit"]);
    let band = table.numbers("unsure");
    let unsure = match band.as_deref() {
        Some([low, high]) if 0.0 <= *low && low < high && *high <= 1.0 => Some((*low, *high)),
        Some(_) => {
            table.report(
                "unsure",
                "`unsure` is two numbers from 0 to 1, the lower first",
            );
            None
        }
        None => None,
    };
    let audit = table.number("audit")?;
    if !AUDIT.contains(&audit) {
        let (least, most) = (AUDIT.start(), AUDIT.end());
        table.report_with_help(
            "audit",
            format!("`audit` is {audit} and not from {least} to {most}"),
            "it is the share of the answers of which the other judge is sure that are judged all the same: without it nobody knows how often that one errs",
        );
    }
    Some(CascadeConfig {
        after: table.text("after")?.to_owned(),
        by: table.text("by").unwrap_or(SUPPORT).to_owned(),
        unsure: unsure?,
        audit,
        asks_always: false,
    })
}

/// A judge with the table that says so.
pub(super) struct WrittenJudge<'d, 's> {
    pub(super) table: Table<'d, 's>,
    pub(super) judge: JudgeConfig,
}

/// Every judge to stand behind is there, and stands behind no other.
pub(super) fn check_cascades(judges: &[WrittenJudge<'_, '_>]) {
    for WrittenJudge { table, judge } in judges {
        let Some(cascade) = &judge.cascade else {
            continue;
        };
        let mut others = judges.iter().map(|other| &other.judge);
        let wrong = match others.find(|other| other.name == cascade.after) {
            None => "there is no judge of that name",
            Some(other) if other.name == judge.name => "a judge does not stand behind itself",
            Some(other) if other.cascade.is_some() => "that one stands behind another itself",
            Some(_) => continue,
        };
        table.report("after", format!("`after` is `{}`: {wrong}", cascade.after));
    }
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
            let name = name(juror, &mut names);
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
