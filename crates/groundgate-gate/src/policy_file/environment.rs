//! Environments: what inherits from what, and the proof that nothing gets weaker on the way.

use std::collections::BTreeMap;

use groundgate_model::toml_reader::Table;

use super::Resolved;
use crate::{
    facts::Age,
    policy::OnOpen,
    rules::{Layers, Setting},
};

/// More environments than anybody has.
const ENVIRONMENT_LIMIT: usize = 20;

/// One environment with all that it inherits from.
#[derive(Debug)]
pub(super) struct Chain<'d, 's> {
    /// `None`: the top of the file.
    pub(super) name: Option<&'d str>,
    /// What it inherits from directly; `None`: the top of the file.
    parent: Option<&'d str>,
    /// Its own name and those of all that it inherits from.
    names: Vec<&'d str>,
    /// All environments of the file.
    all: Vec<&'d str>,
    /// From the one nearest to the top to its own.
    tables: Vec<Table<'d, 's>>,
}

impl<'d, 's> Chain<'d, 's> {
    /// The tables of that key, `top`'s first.
    pub(super) fn over(&self, top: Option<Table<'d, 's>>, key: &str) -> Layers<'d, 's> {
        let own = self.tables.iter().filter_map(|env| env.table(key));
        Layers::new(top.into_iter().chain(own))
    }

    /// A rule's table and what the environments say about that rule.
    pub(super) fn over_rule(&self, top: Table<'d, 's>, id: &str) -> Layers<'d, 's> {
        let own = self
            .tables
            .iter()
            .filter_map(|env| env.table("rule")?.table(id));
        Layers::new([top].into_iter().chain(own))
    }
}

impl Chain<'_, '_> {
    /// Whether a table with `from = "qa"` applies here: in that environment and in those that inherit
    /// from it, so that nobody down the way can lose it. Nothing for an environment that does not exist.
    pub(super) fn applies(&self, table: Table<'_, '_>) -> Option<bool> {
        if !table.has("from") {
            return Some(true);
        }
        let from = table.text("from")?;
        if self.all.contains(&from) {
            return Some(self.names.contains(&from));
        }
        let known = self.all.iter().copied();
        let at = table.at_value("from");
        table
            .document()
            .report_unknown(at, "environment", from, known);
        None
    }
}

/// Whether an environment, or one that it inherits from, says `protected = true`; `None` where one of
/// them takes that back.
pub(super) fn is_protected(chain: &Chain<'_, '_>) -> Option<bool> {
    let mut is_protected = false;
    for table in &chain.tables {
        if !table.has("protected") {
            continue;
        }
        match (is_protected, table.flag("protected")?) {
            (true, false) => {
                let name = chain.name.unwrap_or("");
                let from = chain.parent.unwrap_or("the top of the file");
                weaker(*table, "protected", name, from);
                return None;
            }
            (_, said) => is_protected |= said,
        }
    }
    Some(is_protected)
}

/// The top of the file, and every environment whose inheritance can be followed.
pub(super) fn chains<'d, 's>(root: Table<'d, 's>) -> Vec<Chain<'d, 's>> {
    let top = |all: Vec<&'d str>| Chain {
        name: None,
        parent: None,
        names: Vec::new(),
        all,
        tables: Vec::new(),
    };
    let Some(environments) = root.table("env") else {
        return vec![top(Vec::new())];
    };
    let rule_ids: Vec<&str> = root
        .tables("rule")
        .iter()
        .filter_map(|rule| rule.text("id"))
        .collect();
    let mut tables = BTreeMap::new();
    for (name, at) in environments.keys() {
        if tables.len() == ENVIRONMENT_LIMIT {
            root.document()
                .report(at, format!("more than {ENVIRONMENT_LIMIT} environments"));
            break;
        }
        if let Some(table) = environments.table(name) {
            check_keys(&table, &rule_ids);
            tables.insert(name, table);
        }
    }
    let own = tables.keys().filter_map(|name| chain(name, &tables));
    let all = tables.keys().copied().collect();
    [top(all)].into_iter().chain(own).collect()
}

fn check_keys(table: &Table<'_, '_>, rule_ids: &[&str]) {
    table.only(&[
        "inherits",
        "protected",
        "statistics",
        "defaults",
        "baseline",
        "waivers",
        "rule",
    ]);
    if let Some(baseline) = table.table("baseline") {
        baseline.only(&["max-age"]);
    }
    if let Some(waivers) = table.table("waivers") {
        waivers.only(&["max"]);
    }
    if let Some(statistics) = table.table("statistics") {
        statistics.only(&["min-cases"]);
    }
    if let Some(defaults) = table.table("defaults") {
        defaults.only(&["on-inconclusive"]);
    }
    let Some(rules) = table.table("rule") else {
        return;
    };
    for (id, at) in rules.keys() {
        // Read, so that an override that is no table is reported.
        let is_table = rules.table(id).is_some();
        if is_table && !rule_ids.contains(&id) {
            rules
                .document()
                .report_unknown(at, "rule", id, rule_ids.iter().copied());
        }
    }
}

fn chain<'d, 's>(
    name: &'d str,
    tables: &BTreeMap<&'d str, Table<'d, 's>>,
) -> Option<Chain<'d, 's>> {
    let own = tables.get(name)?;
    let parent = own.text("inherits");
    let mut path = vec![*own];
    let mut visited = vec![name];
    let mut next = parent;
    while let Some(inherited) = next {
        let last = path.last()?;
        if visited.contains(&inherited) {
            last.report(
                "inherits",
                format!("environment `{inherited}` inherits from itself"),
            );
            return None;
        }
        let Some(table) = tables.get(inherited) else {
            let at = last.at_value("inherits");
            let known = tables.keys().copied();
            last.document()
                .report_unknown(at, "environment", inherited, known);
            return None;
        };
        visited.push(inherited);
        path.push(*table);
        next = table.text("inherits");
    }
    path.reverse();
    Some(Chain {
        name: Some(name),
        parent,
        names: visited,
        all: tables.keys().copied().collect(),
        tables: path,
    })
}

/// Reports every setting of an environment that is weaker than what it inherits.
pub(super) fn check_only_stricter(
    chain: &Chain<'_, '_>,
    resolved: &BTreeMap<Option<&str>, Option<Resolved>>,
) {
    let (Some(own), Some(name)) = (chain.tables.last(), chain.name) else {
        return;
    };
    let policy_of = |name| resolved.get(&name).and_then(Option::as_ref);
    let (Some(parent), Some(child)) = (policy_of(chain.parent), policy_of(Some(name))) else {
        return;
    };
    let from = chain.parent.unwrap_or("the top of the file");
    // What an environment does not write down is what it inherits.
    if let Some(statistics) = own.table("statistics")
        && child.statistics.min_cases < parent.statistics.min_cases
    {
        weaker(statistics, "min-cases", name, from);
    }
    if let Some(defaults) = own.table("defaults")
        && (parent.on_inconclusive, child.on_inconclusive) == (OnOpen::Block, OnOpen::Hold)
    {
        weaker(defaults, "on-inconclusive", name, from);
    }
    let oldest = |resolved: &Resolved| {
        let max_age = resolved.release.baseline.max_age;
        max_age.map_or(i64::MAX, Age::seconds)
    };
    if let Some(baseline) = own.table("baseline")
        && oldest(child) > oldest(parent)
    {
        weaker(baseline, "max-age", name, from);
    }
    let most = |resolved: &Resolved| resolved.release.waivers.max.unwrap_or(usize::MAX);
    if let Some(waivers) = own.table("waivers")
        && most(child) > most(parent)
    {
        weaker(waivers, "max", name, from);
    }
    let Some(overrides) = own.table("rule") else {
        return;
    };
    let before = parent.settings();
    for (id, after) in child.settings() {
        let Some(table) = overrides.table(&id) else {
            continue;
        };
        let before = before.get(&id).map(Vec::as_slice).unwrap_or_default();
        for ((key, before), (_, after)) in before.iter().zip(&after) {
            if Setting::is_weaker(before, after) {
                weaker(table, key, name, from);
            }
        }
    }
}

fn weaker(table: Table<'_, '_>, key: &str, name: &str, from: &str) {
    table.document().report_with_help(
        table.at_value(key),
        format!("environment `{name}` makes `{key}` weaker than {from}"),
        "an environment may only be stricter than what it inherits",
    );
}
