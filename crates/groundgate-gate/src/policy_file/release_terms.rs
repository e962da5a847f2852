//! `[[approval]]` and `[waivers]`: who has to say yes, and what may be waived.

use std::collections::BTreeSet;

use groundgate_model::toml_reader::Table;

use super::environment::Chain;
use crate::{
    facts::WaiverTerms,
    policy::{ApprovalRule, NotBy},
    rules::{age, count, texts},
};

/// The approvals that a chain's environment needs; nothing where one cannot be read.
pub(super) fn approvals(root: Table<'_, '_>, chain: &Chain<'_, '_>) -> Option<Vec<ApprovalRule>> {
    let mut ids: BTreeSet<&str> = root
        .tables("rule")
        .iter()
        .filter_map(|rule| rule.text("id"))
        .collect();
    let mut rules = Vec::new();
    let mut all_read = true;
    for table in root.tables("approval") {
        table.only(&["id", "why", "from", "roles", "valid-for", "not-by"]);
        table.needs(&["id", "roles", "valid-for"]);
        if let Some(id) = table.text("id")
            && !ids.insert(id)
        {
            table.report("id", format!("id `{id}` is taken"));
            all_read = false;
        }
        let read = approval(table);
        let applies = chain.applies(table);
        all_read &= read.is_some() && applies.is_some();
        if applies == Some(true) {
            rules.extend(read);
        }
    }
    all_read.then_some(rules)
}

fn approval(table: Table<'_, '_>) -> Option<ApprovalRule> {
    let id = table.text("id");
    let valid_for = age(&table, "valid-for");
    let roles = texts(table, "roles");
    if roles.as_ref().is_some_and(Vec::is_empty) {
        table.report("roles", "`roles` names nobody");
        return None;
    }
    Some(ApprovalRule {
        id: id?.to_owned(),
        why: table.text("why").map(str::to_owned),
        line: Some(table.document().line_of(table.at())),
        roles: roles?,
        valid_for: valid_for?,
        not_by: not_by(table),
    })
}

/// Whose approval is none; empty where the policy does not say.
fn not_by(table: Table<'_, '_>) -> BTreeSet<NotBy> {
    let mut people = BTreeSet::new();
    for (word, at) in table.texts("not-by").unwrap_or_default() {
        match NotBy::ALL.into_iter().find(|one| one.name() == word) {
            Some(one) if people.insert(one) => {}
            Some(_) => table
                .document()
                .report(at, format!("`not-by` names `{word}` twice")),
            None => {
                let known = NotBy::ALL.map(NotBy::name);
                table.document().report_unknown(at, "`not-by`", word, known);
            }
        }
    }
    people
}

/// What may be waived, besides the rules that say `waivable = false`.
pub(super) fn waiver_terms(
    root: Table<'_, '_>,
    chain: &Chain<'_, '_>,
    never: BTreeSet<String>,
) -> Option<WaiverTerms> {
    let top = root.table("waivers");
    if let Some(top) = &top {
        top.only(&["max", "approvers"]);
    }
    let approvers = match top {
        Some(top) if top.has("approvers") => texts(top, "approvers"),
        _ => Some(Vec::new()),
    };
    let layers = chain.over(top, "waivers");
    let max = layers.read("max", None, |table, key| {
        let max = usize::try_from(count(table, key, 0)?).ok()?;
        Some(Some(max))
    });
    Some(WaiverTerms {
        max: max?,
        approvers: approvers?,
        never,
    })
}
