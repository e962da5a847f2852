//! The file's top: the run's own settings, and the lists of copilots and judges.

use std::{collections::BTreeSet, path::Path};

use groundgate_model::{
    diagnostic::Mistakes,
    toml_reader::{Document, Table},
    trial::{BUILTIN_METRICS, builtin_metric},
};

use super::{
    answers, copilot, judge,
    read::{dollars, name, ranged, relative},
    settings::{Config, CopilotConfig, JudgeConfig},
};

/// What the `schema` key says.
const SCHEMA: &str = "groundgate.config/1";

const KEYS: [&str; 17] = [
    "schema",
    "eval-set",
    "knowledge-base",
    "policy",
    "runs-dir",
    "attempts",
    "seed",
    "concurrency",
    "budget-usd",
    "budget-ledger",
    "budget-month-usd",
    "prices",
    "anchors",
    "answers",
    "copilot",
    "judge",
    "checks",
];

/// Reads a configuration. Paths in it are relative to the folder of `file_name`;
/// `bundled_judges` are the names of the bundled specs. On failure, every mistake of the file; no
/// message repeats what may be a secret.
pub fn read_config(
    file_name: &str,
    text: &str,
    bundled_judges: &[&str],
) -> Result<Config, Mistakes> {
    let document = Document::parse(file_name, text)?;
    let folder = Path::new(file_name).parent().unwrap_or(Path::new(""));
    let config = read(document.root(), folder, bundled_judges);
    document.finish(config)
}

fn read(root: Table<'_, '_>, folder: &Path, bundled_judges: &[&str]) -> Option<Config> {
    root.only(&KEYS);
    root.check_schema(SCHEMA);
    root.needs(&["eval-set", "policy"]);
    let path = |key: &str| root.text(key).map(|path| relative(folder, path));
    let concurrency = usize::try_from(ranged(&root, "concurrency", 1..=1024).unwrap_or(16)).ok()?;
    let attempts = u32::try_from(ranged(&root, "attempts", 1..=100).unwrap_or(1)).ok()?;
    let copilots = copilots(root, folder, concurrency);
    let judges = judges(root, folder, concurrency, bundled_judges);
    let checks = checks(root);
    if root.has("budget-month-usd") && !root.has("budget-ledger") {
        root.report_with_help(
            "budget-month-usd",
            "a month's budget needs a ledger to count in",
            "add budget-ledger = \"ledger.json\"",
        );
    }
    let is_capped = root.has("budget-usd") || root.has("budget-month-usd");
    if root.has("budget-ledger") && !is_capped {
        root.report_with_help(
            "budget-ledger",
            "a ledger is shared and there is no budget to share",
            "add budget-month-usd = 1500",
        );
    }
    if root.tables("judge").is_empty() && checks.is_empty() {
        root.document().report_with_help(
            root.at(),
            "nothing is measured: there is neither a judge nor a check",
            "add a `[[judge]]` with spec = \"embedded\"",
        );
    }
    Some(Config {
        eval_set: path("eval-set")?,
        knowledge_base: path("knowledge-base"),
        policy: path("policy")?,
        runs_dir: path("runs-dir").unwrap_or_else(|| folder.join("runs")),
        attempts,
        seed: root.count("seed").unwrap_or(0),
        concurrency,
        budget: dollars(&root, "budget-usd"),
        prices: path("prices"),
        anchors: path("anchors"),
        budget_ledger: path("budget-ledger"),
        budget_month: dollars(&root, "budget-month-usd"),
        copilots: copilots?,
        model_version: None,
        judges: judges?,
        checks,
        answers: answers::read(root),
    })
}

fn copilots(root: Table<'_, '_>, folder: &Path, concurrency: usize) -> Option<Vec<CopilotConfig>> {
    let tables = root.tables("copilot");
    if tables.is_empty() {
        let message = "there is no copilot to ask";
        root.document()
            .report_with_help(root.at_value("copilot"), message, "add a `[[copilot]]`");
    }
    let mut names = BTreeSet::new();
    let read: Vec<Option<CopilotConfig>> = tables
        .into_iter()
        .map(|table| {
            let name = name(table, &mut names);
            let kind = copilot::read(table, folder, concurrency);
            Some(CopilotConfig {
                name: name?,
                kind: kind?,
                boilerplate: answers::boilerplate(table),
                history: copilot::history(table),
                served_model: copilot::served_model(table),
            })
        })
        .collect();
    read.into_iter().collect()
}

fn judges(
    root: Table<'_, '_>,
    folder: &Path,
    concurrency: usize,
    bundled: &[&str],
) -> Option<Vec<JudgeConfig>> {
    let mut names = BTreeSet::new();
    let read: Vec<_> = root
        .tables("judge")
        .into_iter()
        .map(|table| {
            let name = name(table, &mut names);
            let judge = judge::read(table, name, folder, concurrency, bundled)?;
            Some(judge::WrittenJudge { table, judge })
        })
        .collect();
    let judges: Vec<_> = read.into_iter().collect::<Option<_>>()?;
    judge::check_cascades(&judges);
    Some(judges.into_iter().map(|written| written.judge).collect())
}

fn checks(root: Table<'_, '_>) -> Vec<String> {
    let Some(table) = root.table("checks") else {
        return Vec::new();
    };
    table.only(&["metrics"]);
    table.needs(&["metrics"]);
    let mut checks: Vec<String> = Vec::new();
    for (metric, at) in table.texts("metrics").unwrap_or_default() {
        if builtin_metric(metric).is_none() {
            table
                .document()
                .report_unknown(at, "built-in metric", metric, BUILTIN_METRICS);
        } else if checks.iter().any(|earlier| earlier == metric) {
            table
                .document()
                .report(at, format!("`metrics` names `{metric}` twice"));
        } else {
            checks.push(metric.to_owned());
        }
    }
    checks
}
