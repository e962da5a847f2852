//! The keys of every kind of rule, for JSON Schemas.

use super::{fact_kind::FACT_KINDS, kind::KINDS};

/// One kind of rule with its keys, besides those that every rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleKeys {
    /// The kind's name.
    pub kind: &'static str,
    /// Must be there.
    pub needs: &'static [&'static str],
    /// May be there.
    pub optional: &'static [&'static str],
    /// What an environment may make stricter.
    pub bars: &'static [&'static str],
}

/// All kinds of rules with their keys.
pub fn rule_keys() -> Vec<RuleKeys> {
    let scores = KINDS.iter().map(|kind| RuleKeys {
        kind: kind.name,
        needs: kind.needs,
        optional: kind.optional,
        bars: kind.bars,
    });
    let facts = FACT_KINDS.iter().map(|kind| RuleKeys {
        kind: kind.name,
        needs: kind.needs,
        optional: kind.optional,
        bars: kind.bars,
    });
    scores.chain(facts).collect()
}
