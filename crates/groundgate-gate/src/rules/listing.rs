//! The list of all kinds of rules in the forms in which others show it: their keys, JSON Schemas, and the
//! table of the README.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    FactKind, RuleKind,
    base::{Holds, Key, Kind},
};

/// One kind of rule with its keys, besides those that every rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleKeys {
    /// The kind's name.
    pub kind: &'static str,
    /// When a rule of it passes, in Markdown.
    pub passes: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Whether a rule of it may say which mean it speaks of.
    pub has_estimand: bool,
}

/// All kinds of rules with their keys: those about scores, then those about facts.
pub fn rule_keys() -> Vec<RuleKeys> {
    let scores = RuleKind::KINDS.iter().map(of_kind);
    scores.chain(FactKind::KINDS.iter().map(of_kind)).collect()
}

const fn of_kind<T>(kind: &Kind<T>) -> RuleKeys {
    RuleKeys {
        kind: kind.name,
        passes: kind.passes,
        keys: kind.keys,
        has_estimand: kind.claim.has_estimand(),
    }
}

/// The keys that every rule may have.
pub(crate) const COMMON_KEYS: [Key; 5] = [
    Key::needed("id", Holds::Text, "unique in the policy"),
    Key::needed("kind", Holds::Text, "what the rule asks"),
    Key::optional("why", Holds::Text, "why the rule is there"),
    Key::optional(
        "from",
        Holds::Text,
        "the first environment in which the rule applies",
    ),
    Key::optional(
        "waivable",
        Holds::Flag,
        "whether a waiver may allow another threshold; yes where it is not said",
    ),
];

/// What a rule about a mean may say besides.
pub(crate) const ESTIMAND_KEY: Key = Key::optional(
    "estimand",
    Holds::OneOf(&["suite", "population"]),
    "whether it speaks of these very questions, or of all questions like them",
);

impl RuleKeys {
    /// Every key that a rule of the kind may have.
    fn all(&self) -> impl Iterator<Item = &'static Key> {
        let estimand = self.has_estimand.then_some(&ESTIMAND_KEY);
        COMMON_KEYS.iter().chain(self.keys).chain(estimand)
    }

    fn schema(&self) -> Value {
        let mut properties = properties(self.all());
        properties.insert("kind".to_owned(), json!({"const": self.kind}));
        let needed: Vec<&str> = self
            .all()
            .filter(|key| key.is_needed)
            .map(|key| key.name)
            .collect();
        json!({
            "type": "object",
            "description": format!("passes when {}", self.passes),
            "required": needed,
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

fn properties<'k>(keys: impl Iterator<Item = &'k Key>) -> Map<String, Value> {
    keys.map(|key| {
        let mut schema = key.holds.schema();
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("description".to_owned(), json!(key.means));
        }
        (key.name.to_owned(), schema)
    })
    .collect()
}

/// A JSON Schema of each kind of rule.
pub fn rule_schemas() -> Vec<Value> {
    rule_keys().iter().map(RuleKeys::schema).collect()
}

/// A JSON Schema of what an environment may say about a rule, whatever its kind.
pub fn tightened_schema() -> Value {
    let all = rule_keys().into_iter().flat_map(|kind| kind.keys);
    let tightened: BTreeMap<&str, Value> = all
        .filter(|key| key.may_tighten)
        .map(|key| (key.name, key.holds.schema()))
        .collect();
    json!({"type": "object", "required": [], "properties": tightened, "additionalProperties": false})
}

/// The table of all kinds of rules, in Markdown.
pub fn rule_table() -> String {
    let rows = rule_keys().into_iter();
    let rows = rows.map(|kind| format!("| `{}` | {} |\n", kind.kind, kind.passes));
    format!(
        "| rule | passes when |\n|---|---|\n{}",
        rows.collect::<String>()
    )
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
