//! Policies as people write them: TOML in, the rules of one environment out, or every mistake with
//! its line.
//!
//! The top of the file is the weakest policy; each `[env.<name>]` inherits from it or from another
//! environment and may only be stricter. Whatever environment is asked for, all are checked.

mod baseline;
mod calibration;
mod canary;
mod diff;
mod digest;
mod environment;
mod release_terms;
mod rules;
mod waiver;

pub use diff::{Change, Tendency, changes, settings_of};
pub use waiver::read_waivers;

use std::collections::BTreeMap;

use groundgate_model::{
    diagnostic::Mistakes,
    toml_reader::{Document, Table},
    unit::UnitInterval,
};

use self::{digest::digest, environment::Chain};
use super::{
    policy::{BoundChoice, KnownMetrics, OnOpen, Policy, ReleaseTerms, Rule, Statistics},
    rules::{ESTIMANDS, Settings, count, open, share},
};

/// What the `schema` key says.
const SCHEMA: &str = "groundgate.policy/1";
/// Below it a verdict would say next to nothing.
const LEAST_CONFIDENCE: f64 = 0.8;

const BOUNDS: [(&str, BoundChoice); 3] = [
    ("exact", BoundChoice::Exact),
    ("calibrated", BoundChoice::Calibrated),
    ("proven", BoundChoice::Proven),
];
/// What one environment resolves to.
#[derive(Debug, Clone)]
struct Resolved {
    statistics: Statistics,
    on_inconclusive: OnOpen,
    rules: Vec<Rule>,
    release: ReleaseTerms,
}

impl Resolved {
    /// Every setting of every rule, by the rule's id.
    fn settings(&self) -> BTreeMap<String, Settings> {
        let scores = self.rules.iter();
        let scores = scores.map(|rule| (rule.id.clone(), rule.kind.settings()));
        let facts = self.release.facts.iter();
        let facts = facts.map(|rule| (rule.id.clone(), rule.kind.settings()));
        scores.chain(facts).collect()
    }
}

/// Reads a policy for `env` (`None`: the top of the file alone). `known` are the metrics of the
/// judges in use; the built-in ones are known anyway. On failure, every mistake of the file.
pub fn read_policy(
    file_name: &str,
    text: &str,
    env: Option<&str>,
    known: &KnownMetrics,
) -> Result<Policy, Mistakes> {
    let document = Document::parse(file_name, text)?;
    let policy = read(document.root(), env, known);
    document.finish(policy)
}

/// The environments of a policy, in alphabetical order.
pub fn environments(file_name: &str, text: &str) -> Result<Vec<String>, Mistakes> {
    let document = Document::parse(file_name, text)?;
    let names = document.root().table("env").map(|table| table.keys());
    let names = names.unwrap_or_default().into_iter();
    let names = names.map(|(name, _)| name.to_owned()).collect();
    document.finish(Some(names))
}

fn read(root: Table<'_, '_>, env: Option<&str>, known: &KnownMetrics) -> Option<Policy> {
    root.only(&[
        "schema",
        "name",
        "owner",
        "statistics",
        "defaults",
        "baseline",
        "judge-calibration",
        "waivers",
        "rule",
        "approval",
        "canary",
        "env",
    ]);
    root.check_schema(SCHEMA);
    root.needs(&["name"]);
    let name = root.text("name");
    let owner = root.text("owner").map(str::to_owned);
    let calibrations = calibration::read(root, known);
    let chains = environment::chains(root);
    let mut resolved: BTreeMap<Option<&str>, Option<Resolved>> = chains
        .iter()
        .map(|chain| (chain.name, resolve(root, chain, known)))
        .collect();
    for chain in &chains {
        environment::check_only_stricter(chain, &resolved);
    }
    let Some(chosen) = resolved.remove(&env) else {
        let names = resolved.into_keys().flatten();
        let env = env.unwrap_or("");
        root.document()
            .report_unknown(root.at_value("env"), "environment", env, names);
        return None;
    };
    let (name, chosen, calibrations) = (name?, chosen?, calibrations?);
    if chosen.rules.is_empty() {
        let message = "no rule about scores applies here";
        root.document().report_with_help(
            root.at_value("rule"),
            message,
            "what nobody measured cannot be released; begin with a `floor`",
        );
        return None;
    }
    Some(Policy {
        name: name.to_owned(),
        digest: digest(name, owner.as_deref(), &chosen, &calibrations),
        calibrations,
        owner,
        statistics: chosen.statistics,
        on_inconclusive: chosen.on_inconclusive,
        rules: chosen.rules,
        release: chosen.release,
    })
}

/// The top of the file with a chain of environments laid over it.
fn resolve(root: Table<'_, '_>, chain: &Chain<'_, '_>, known: &KnownMetrics) -> Option<Resolved> {
    let statistics = statistics(root, chain);
    let on_inconclusive = on_inconclusive(root, chain);
    let rules = rules::read_rules(root, chain, statistics.as_ref(), known);
    let baseline = baseline::terms(root, chain);
    let approvals = release_terms::approvals(root, chain);
    let never = rules.as_ref().map(|rules| rules.never_waived.clone());
    let canary = canary::read(root, known);
    let waivers = release_terms::waiver_terms(root, chain, never.unwrap_or_default());
    let is_protected = environment::is_protected(chain);
    let rules = rules?;
    Some(Resolved {
        statistics: statistics?,
        on_inconclusive: on_inconclusive?,
        rules: rules.scores,
        release: ReleaseTerms {
            facts: rules.facts,
            baseline: baseline?,
            is_protected: is_protected?,
            approvals: approvals?,
            waivers: waivers?,
            canary,
        },
    })
}

fn statistics(root: Table<'_, '_>, chain: &Chain<'_, '_>) -> Option<Statistics> {
    if let Some(top) = root.table("statistics") {
        top.only(&[
            "confidence",
            "min-cases",
            "missing-max",
            "applicable-min",
            "bound",
            "versus-baseline",
            "absolute",
        ]);
    }
    let layers = chain.over(root.table("statistics"), "statistics");
    let default = Statistics::default();
    let alpha = layers.read("confidence", default.alpha_pass, alpha);
    let min_cases = layers.read("min-cases", default.min_cases, |table, key| {
        usize::try_from(count(table, key, 1)?).ok()
    });
    let missing_max = layers.read("missing-max", default.missing_max, share);
    let applicable_min = layers.read("applicable-min", default.applicable_min, |table, key| {
        let number = table.number(key)?;
        let read = UnitInterval::new(number).ok();
        if read.is_none() {
            table.report(key, format!("`{key}` is {number} and not from 0 to 1"));
        }
        read
    });
    let bound = layers.read("bound", default.bound, |table, key| {
        table.choice(key, &BOUNDS)
    });
    let estimand = |table: &Table<'_, '_>, key: &str| table.choice(key, &ESTIMANDS);
    let versus_baseline = layers.read("versus-baseline", default.versus_baseline, estimand);
    let absolute = layers.read("absolute", default.absolute, estimand);
    Some(Statistics {
        alpha_pass: alpha?,
        alpha_fail: alpha?,
        min_cases: min_cases?,
        missing_max: missing_max?,
        applicable_min: applicable_min?,
        bound: bound?,
        versus_baseline: versus_baseline?,
        absolute: absolute?,
    })
}

fn on_inconclusive(root: Table<'_, '_>, chain: &Chain<'_, '_>) -> Option<OnOpen> {
    if let Some(top) = root.table("defaults") {
        top.only(&["on-inconclusive"]);
    }
    let layers = chain.over(root.table("defaults"), "defaults");
    layers.read("on-inconclusive", OnOpen::Block, open)
}

/// The one-sided error rate that leaves the confidence written in the file.
fn alpha(table: &Table<'_, '_>, key: &str) -> Option<f64> {
    let confidence = table.number(key)?;
    if !(LEAST_CONFIDENCE..1.0).contains(&confidence) {
        let message =
            format!("`{key}` is {confidence} and not from {LEAST_CONFIDENCE} to just below 1");
        table.report_with_help(
            key,
            message,
            "0.95: each bound is wrong at most once in 20 times",
        );
        return None;
    }
    // 1 - 0.95 is 0.05 and a rounding error; the error would show in reports and digests.
    Some(((1.0 - confidence) * 1e12).round() / 1e12)
}

#[cfg(test)]
mod baseline_tests;
#[cfg(test)]
mod digest_tests;
#[cfg(test)]
mod kind_tests;
#[cfg(test)]
mod mistakes_tests;
#[cfg(test)]
mod old_name_tests;
#[cfg(test)]
mod release_terms_tests;
#[cfg(test)]
mod tests;
