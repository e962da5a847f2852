//! The `[[rule]]` tables with the environments' words laid over them.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::toml_reader::Table;

use super::environment::Chain;
use crate::{
    policy::{FactRule, KnownMetrics, Rule, Statistics},
    rules::{COMMON_KEYS, ESTIMAND_KEY, ESTIMANDS, FactKind, Key, Kind, Reader, RuleKind},
};

/// The rules of one environment.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// About scores.
    pub(super) scores: Vec<Rule>,
    /// About facts.
    pub(super) facts: Vec<FactRule>,
    /// Ids of those that cannot be waived.
    pub(super) never_waived: BTreeSet<String>,
}

/// The rules with a chain's environments laid over them; nothing where one cannot be read.
pub(super) fn read_rules(
    root: Table<'_, '_>,
    chain: &Chain<'_, '_>,
    statistics: Option<&Statistics>,
    known: &KnownMetrics,
) -> Option<Rules> {
    let tables = root.tables("rule");
    if tables.is_empty() {
        root.document().report_with_help(
            root.at_value("rule"),
            "policy has no rule",
            "a policy without rules would pass everything; begin with a `[[rule]]`",
        );
        return None;
    }
    let mut line_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rules = Rules::default();
    let mut all_read = true;
    for table in tables {
        let line = table.document().line_of(table.at());
        if let Some(id) = table.text("id")
            && let Some(first) = line_of.insert(id, line)
        {
            table.report("id", format!("rule id `{id}` is already on line {first}"));
            all_read = false;
        }
        let reader = Reader {
            layers: chain.over_rule(table, table.text("id").unwrap_or("")),
            table,
            default_min_cases: statistics.map_or(1, |statistics| statistics.min_cases),
            known,
        };
        // Read also where it does not apply, so that its mistakes are found.
        let read = read(&reader, line);
        let applies = chain.applies(table);
        all_read &= read.is_some() && applies.is_some();
        if let (Some(read), Some(true)) = (read, applies) {
            rules.add(read);
        }
    }
    all_read.then_some(rules)
}

/// A rule as read, and whether it may be waived.
enum Read {
    Scores(Rule, bool),
    Facts(FactRule, bool),
}

impl Rules {
    fn add(&mut self, read: Read) {
        let (id, waivable) = match &read {
            Read::Scores(rule, waivable) => {
                (&rule.id, *waivable && rule.kind.threshold().is_some())
            }
            Read::Facts(rule, waivable) => (&rule.id, *waivable && rule.kind.threshold().is_some()),
        };
        if !waivable {
            self.never_waived.insert(id.clone());
        }
        match read {
            Read::Scores(rule, _) => self.scores.push(rule),
            Read::Facts(rule, _) => self.facts.push(rule),
        }
    }
}

fn read(reader: &Reader<'_, '_, '_>, line: usize) -> Option<Read> {
    reader.table.needs(&["id", "kind"]);
    let id = reader.table.text("id");
    if id.is_some_and(|id| id.chars().any(char::is_control)) {
        reader.table.report("id", "`id` holds control characters");
    }
    let why = reader.table.text("why").map(str::to_owned);
    let waivable = if reader.table.has("waivable") {
        reader.table.flag("waivable")
    } else {
        Some(true)
    };
    let scores = RuleKind::KINDS.iter().map(|kind| kind.name);
    let names = scores.chain(FactKind::KINDS.iter().map(|kind| kind.name));
    let names: Vec<(&str, &str)> = names.map(|name| (name, name)).collect();
    let name = reader.table.choice("kind", &names)?;
    if let Some(kind) = FactKind::KINDS.iter().find(|kind| kind.name == name) {
        check_keys(reader, kind);
        let rule = FactRule {
            kind: (kind.read)(reader)?,
            id: id?.to_owned(),
            why,
            line: Some(line),
        };
        return Some(Read::Facts(rule, waivable?));
    }
    let kind = RuleKind::KINDS.iter().find(|kind| kind.name == name)?;
    check_keys(reader, kind);
    let estimand = reader.table.choice("estimand", &ESTIMANDS);
    let kind = (kind.read)(reader);
    if reader.table.has("estimand") && estimand.is_none() {
        return None;
    }
    let rule = Rule {
        id: id?.to_owned(),
        why,
        line: Some(line),
        estimand,
        kind: kind?,
    };
    Some(Read::Scores(rule, waivable?))
}

fn check_keys<T>(reader: &Reader<'_, '_, '_>, kind: &Kind<T>) {
    let names = |is_wanted: fn(&Key) -> bool| -> Vec<&str> {
        let keys = kind.keys.iter().filter(|key| is_wanted(key));
        keys.map(|key| key.name).collect()
    };
    let common = COMMON_KEYS.iter().map(|key| key.name);
    let estimand = kind.claim.has_estimand().then_some(ESTIMAND_KEY.name);
    let own = names(|_| true).into_iter();
    let all: Vec<&str> = common.chain(own).chain(estimand).collect();
    reader.table.only(&all);
    reader.table.needs(&names(|key| key.is_needed));
    for table in reader.layers.overrides() {
        table.only(&names(|key| key.may_tighten));
    }
}
