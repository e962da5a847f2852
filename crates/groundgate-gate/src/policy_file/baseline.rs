//! `[baseline]`: which run candidates are compared with, and how old it may be.

use groundgate_model::toml_reader::Table;

use super::environment::Chain;
use crate::{policy::BaselineTerms, rules::age};

/// The section with a chain's environments laid over it.
pub(super) fn terms(root: Table<'_, '_>, chain: &Chain<'_, '_>) -> Option<BaselineTerms> {
    let top = root.table("baseline");
    if let Some(top) = &top {
        top.only(&["ref", "same-evalset", "same-judge", "max-age", "if-stale"]);
        check_same(top, "same-evalset", "other questions");
        check_same(top, "same-judge", "another judge");
        check_if_stale(top);
    }
    let run = top.and_then(|top| run(&top));
    let layers = chain.over(top, "baseline");
    let max_age = layers.read("max-age", None, |table, key| age(table, key).map(Some));
    Some(BaselineTerms {
        run,
        max_age: max_age?,
    })
}

/// The gate pairs what has the same digest and nothing else; the key can only say so.
fn check_same(top: &Table<'_, '_>, key: &str, other: &str) {
    if top.flag(key) == Some(false) {
        top.report_with_help(
            key,
            format!("`{key}` cannot be `false`: a difference to {other} means nothing"),
            "take the key out, and make a baseline run with the candidate's questions and judges",
        );
    }
}

fn check_if_stale(top: &Table<'_, '_>) {
    if let Some(word) = top.text("if-stale").filter(|word| *word != "block") {
        top.report_with_help(
            "if-stale",
            format!("`if-stale` cannot be `{word}`: a gate asks no endpoint, it can only `block`"),
            "make a new baseline beside the candidate: `groundgate run --copilot LIVE --copilot CANDIDATE`, \
             then `groundgate baseline set RUN`",
        );
    }
}

/// One run, whenever it is asked for.
fn run(top: &Table<'_, '_>) -> Option<String> {
    let name = top.text("ref")?;
    if name == "latest" || name.contains(':') {
        top.report_with_help(
            "ref",
            format!("`ref` is `{name}`, which is not one certain run"),
            "write a run's id, the beginning of one, or a record's file; without `ref` it is the run that \
             `groundgate baseline set` names",
        );
        return None;
    }
    Some(name.to_owned())
}
