//! One `[[rule]]` with the environments' bars laid over it.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    toml_reader::Table,
    trial::{BUILTIN_METRICS, DataType, Direction, MetricSpec, builtin_metric},
};

use super::{
    ESTIMANDS, count,
    environment::{Chain, Layers},
    fact_kind::FACT_KINDS,
    kind::{KINDS, Kind, Wanted},
};
use crate::{
    outside::FactRule,
    policy::{KnownMetrics, Rule, Slice, Statistics},
};

/// The kinds that speak of a mean, of these questions or of all like them.
const OF_MEANS: [&str; 6] = [
    "floor",
    "ceiling",
    "non-inferior",
    "superior",
    "slice-floor",
    "mean-max",
];

/// The keys that every rule may have.
const COMMON: [&str; 5] = ["id", "kind", "why", "from", "waivable"];

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
        let read = reader.rule(line);
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
            Read::Scores(rule, waivable) => (&rule.id, *waivable && rule.kind.bar().is_some()),
            Read::Facts(rule, waivable) => (&rule.id, *waivable && rule.kind.bar().is_some()),
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

/// What a kind of rule is read from.
pub(super) struct Reader<'d, 's, 'k> {
    pub(super) table: Table<'d, 's>,
    pub(super) layers: Layers<'d, 's>,
    pub(super) default_min_cases: usize,
    pub(super) known: &'k KnownMetrics,
}

impl<'d, 's> Reader<'d, 's, '_> {
    fn rule(&self, line: usize) -> Option<Read> {
        self.table.needs(&["id", "kind"]);
        let id = self.table.text("id");
        if id.is_some_and(|id| id.chars().any(char::is_control)) {
            self.table.report("id", "`id` holds control characters");
        }
        let why = self.table.text("why").map(str::to_owned);
        let waivable = if self.table.has("waivable") {
            self.table.flag("waivable")
        } else {
            Some(true)
        };
        let names: Vec<(&str, &str)> = names().map(|name| (name, name)).collect();
        let name = self.table.choice("kind", &names)?;
        if let Some(kind) = FACT_KINDS.iter().find(|kind| kind.name == name) {
            self.check_keys(kind);
            let rule = FactRule {
                kind: (kind.read)(self)?,
                id: id?.to_owned(),
                why,
                line: Some(line),
            };
            return Some(Read::Facts(rule, waivable?));
        }
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        self.check_keys(kind);
        let estimand = self.table.choice("estimand", &ESTIMANDS);
        let kind = (kind.read)(self);
        if self.table.has("estimand") && estimand.is_none() {
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

    fn check_keys<T>(&self, kind: &Kind<T>) {
        let of_mean: &[&str] = if OF_MEANS.contains(&kind.name) {
            &["estimand"]
        } else {
            &[]
        };
        let all = [&COMMON[..], kind.needs, kind.optional, of_mean].concat();
        self.table.only(&all);
        self.table.needs(kind.needs);
        for table in self.layers.overrides() {
            table.only(kind.bars);
        }
    }

    /// The metric if it is known and suits.
    pub(super) fn metric(&self, wanted: &Wanted) -> Option<MetricSpec> {
        let name = self.table.text("metric")?;
        let spec = self.known.get(name).cloned();
        let Some(spec) = spec.or_else(|| builtin_metric(name)) else {
            let known = self.known.keys().map(String::as_str).chain(BUILTIN_METRICS);
            let at = self.table.at_value("metric");
            self.table
                .document()
                .report_unknown(at, "metric", name, known);
            return None;
        };
        let is_amount = spec.data_type == DataType::Amount;
        let suits = wanted.amount.is_none_or(|amount| amount == is_amount)
            && wanted
                .direction
                .is_none_or(|direction| direction == spec.direction);
        if !suits {
            let message = format!(
                "`{}` needs {}, and `{name}` is {} of which {} is better",
                self.table.text("kind").unwrap_or("rule"),
                wanted.in_words,
                if is_amount { "an amount" } else { "a score" },
                match spec.direction {
                    Direction::HigherIsBetter => "more",
                    Direction::LowerIsBetter => "less",
                },
            );
            self.table.report_with_help("metric", message, wanted.help);
            return None;
        }
        Some(spec)
    }

    pub(super) fn number(&self, key: &'static str) -> Option<Written<'d, 's>> {
        let table = *self.layers.holder(key)?;
        let number = table.number(key)?;
        Some(Written { number, key, table })
    }

    pub(super) fn count(&self, key: &str, least: u32) -> Option<u32> {
        count(self.layers.holder(key)?, key, least)
    }

    pub(super) fn above_zero(&self, key: &'static str) -> Option<f64> {
        let written = self.number(key)?;
        written.allow(written.number > 0.0, "more than 0")
    }

    pub(super) fn quantile(&self) -> Option<f64> {
        let written = self.number("quantile")?;
        let inside = written.number > 0.0 && written.number < 1.0;
        written.allow(inside, "between 0 and 1")
    }

    pub(super) fn slice(&self, written: &str, at: usize) -> Option<Slice> {
        let parts = written.split_once('=');
        match parts.map(|(tag, value)| (tag.trim(), value.trim())) {
            Some((tag, value)) if !tag.is_empty() && !value.is_empty() => Some(Slice {
                tag: tag.to_owned(),
                value: value.to_owned(),
            }),
            _ => {
                self.table.document().report_with_help(
                    at,
                    format!("`{written}` is no slice"),
                    "a slice is written as `product=refunds`",
                );
                None
            }
        }
    }
}

/// A number of a rule, and where it is written: what is wrong with it is said there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'d, 's> {
    pub(super) number: f64,
    key: &'static str,
    table: Table<'d, 's>,
}

impl Written<'_, '_> {
    /// A bar that some values of the metric pass and others do not.
    pub(super) fn inside(self, spec: &MetricSpec) -> Option<f64> {
        let (low, high) = spec.data_type.range();
        let inside = self.number > low && high.is_none_or(|high| self.number < high);
        let high = high.map_or_else(String::new, |high| format!(" and below {high}"));
        let wanted = format!("above {low}{high}, where `{}` can tell", spec.name);
        self.allow(inside, &wanted)
    }

    /// A difference that two values of the metric can have.
    pub(super) fn below_range(self, spec: &MetricSpec) -> Option<f64> {
        let (low, high) = spec.data_type.range();
        let range = high.map_or(f64::INFINITY, |high| high - low);
        let wanted = format!("from 0 to below {range}, the range of `{}`", spec.name);
        self.allow((0.0..range).contains(&self.number), &wanted)
    }

    pub(super) fn allow(self, allowed: bool, wanted: &str) -> Option<f64> {
        let Self { number, key, table } = self;
        if allowed {
            return Some(number);
        }
        table.report(key, format!("`{key}` is {number} and not {wanted}"));
        None
    }
}

/// The names of all kinds of rules.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let scores = KINDS.iter().map(|kind| kind.name);
    scores.chain(FACT_KINDS.iter().map(|kind| kind.name))
}
