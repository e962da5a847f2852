//! `waivers.toml`: waivers in a file of their own, so that it can have other owners than the policy.

use std::collections::BTreeSet;

use groundgate_model::{
    diagnostic::Mistakes,
    toml_reader::{Document, Table},
    unit::Digest,
};
use jiff::civil::Date;
use serde_json::json;

use super::super::{facts::Waiver, policy::Policy, verdict::AllowedSide};

/// What the `schema` key says.
const SCHEMA: &str = "groundgate.waivers/1";
/// A waiver that lasts longer is a policy.
const LONGEST_DAYS: i32 = 30;

const KEYS: [&str; 11] = [
    "id",
    "rule",
    "slice",
    "env",
    "bar",
    "reason",
    "owner",
    "approved-by",
    "ticket",
    "created",
    "expires",
];

/// Reads all waivers of a file, expired ones too; each must suit a rule of the policy. On failure,
/// every mistake of the file.
pub fn read_waivers(file_name: &str, text: &str, policy: &Policy) -> Result<Vec<Waiver>, Mistakes> {
    let document = Document::parse(file_name, text)?;
    let root = document.root();
    root.only(&["schema", "waiver"]);
    root.check_schema(SCHEMA);
    let mut ids = BTreeSet::new();
    let mut waivers = Vec::new();
    let mut all_read = true;
    for table in root.tables("waiver") {
        if let Some(id) = table.text("id")
            && !ids.insert(id)
        {
            table.report("id", format!("waiver id `{id}` is taken"));
        }
        let read = waiver(table, policy);
        all_read &= read.is_some();
        waivers.extend(read);
    }
    document.finish(all_read.then_some(waivers))
}

fn waiver(table: Table<'_, '_>, policy: &Policy) -> Option<Waiver> {
    table.only(&KEYS);
    let needed: Vec<&str> = KEYS.into_iter().filter(|key| *key != "slice").collect();
    table.needs(&needed);
    let text = |key: &str| table.text(key).map(str::to_owned);
    let (id, reason, ticket) = (text("id"), text("reason"), text("ticket"));
    let (owner, approved_by) = (text("owner"), text("approved-by"));
    check_people(table, owner.as_deref(), approved_by.as_deref(), policy);
    let bar = table.number("bar");
    let rule = rule(table, bar, policy);
    let dates = dates(table);
    let environments = table.texts("env").map(|names| {
        let names = names.into_iter();
        names.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    });
    let (created, expires) = dates?;
    let mut waiver = Waiver {
        id: id?,
        rule: rule?,
        slice: if table.has("slice") {
            Some(text("slice")?)
        } else {
            None
        },
        environments: environments?,
        threshold: bar?,
        reason: reason?,
        owner: owner?,
        approved_by: approved_by?,
        ticket: ticket?,
        created,
        expires,
        digest: Digest::of(b""),
    };
    waiver.digest = digest(&waiver);
    Some(waiver)
}

fn digest(waiver: &Waiver) -> Digest {
    let document = json!([
        waiver.id,
        waiver.rule,
        waiver.slice,
        waiver.environments,
        waiver.threshold,
        waiver.reason,
        waiver.owner,
        waiver.approved_by,
        waiver.ticket,
        waiver.created.to_string(),
        waiver.expires.to_string(),
    ]);
    Digest::of(document.to_string().as_bytes())
}

/// Two people, and the second one of those who may.
fn check_people(
    table: Table<'_, '_>,
    owner: Option<&str>,
    approved_by: Option<&str>,
    policy: &Policy,
) {
    let (Some(owner), Some(approved_by)) = (owner, approved_by) else {
        return;
    };
    if owner.trim().eq_ignore_ascii_case(approved_by.trim()) {
        table.report("approved-by", "the owner of a waiver cannot approve it");
    }
    let may = &policy.release.waivers.approvers;
    if !may.is_empty() && !may.iter().any(|one| one == approved_by) {
        let known = may.iter().map(String::as_str);
        let at = table.at_value("approved-by");
        table
            .document()
            .report_unknown(at, "approver of waivers", approved_by, known);
    }
}

/// The id of a rule that may be waived, at a threshold that is weaker than its own. A rule that does not
/// apply in this environment is none of ours: other environments read the same file.
fn rule(table: Table<'_, '_>, bar: Option<f64>, policy: &Policy) -> Option<String> {
    let id = table.text("rule")?;
    if policy.release.waivers.never.contains(id) {
        table.report("rule", format!("rule `{id}` cannot be waived"));
        return None;
    }
    let scores = policy.rules.iter();
    let scores = scores.map(|rule| (&rule.id, rule.kind.threshold()));
    let facts = policy.release.facts.iter();
    let facts = facts.map(|rule| (&rule.id, rule.kind.threshold()));
    let own = scores.chain(facts).find(|(own, _)| *own == id);
    if let (Some((_, Some(threshold))), Some(bar)) = (own, bar) {
        let own = threshold.value;
        let is_weaker = match threshold.side {
            AllowedSide::AtLeast => bar < own,
            AllowedSide::AtMost => bar > own,
        };
        if !is_weaker {
            let message =
                format!("`bar` is {bar}, and rule `{id}` asks for no more than {own} anyway");
            table.report("bar", message);
            return None;
        }
        // Nothing that rules measure is below 0, and a waiver is no way to switch a rule off.
        if bar < 0.0 && own >= 0.0 {
            let message = format!("`bar` is {bar}, which every run would meet");
            table.report("bar", message);
            return None;
        }
    }
    Some(id.to_owned())
}

fn dates(table: Table<'_, '_>) -> Option<(Date, Date)> {
    let (created, expires) = (table.date("created"), table.date("expires"));
    let (created, expires) = (created?, expires?);
    let days = created.until(expires).ok()?.get_days();
    if !(0..=LONGEST_DAYS).contains(&days) {
        table.report_with_help(
            "expires",
            format!("`expires` is {days} days after `created`, and not from 0 to {LONGEST_DAYS}"),
            "a waiver that is needed for longer is a change of the policy",
        );
        return None;
    }
    Some((created, expires))
}
