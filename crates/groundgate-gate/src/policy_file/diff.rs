//! What differs between two policies, setting by setting, and which way it goes.

use std::collections::BTreeMap;

use groundgate_model::unit::count_to_f64;

use crate::{
    facts::Age,
    policy::{BaselineTerms, Estimand, NotBy, OnOpen, Policy, Statistics},
    rules::{Setting, Settings},
};

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tendency {
    /// Easier to pass.
    Weaker,
    /// Something else than before; code cannot tell which is harder.
    Other,
    /// Harder to pass.
    Stricter,
}

impl Tendency {
    /// The word in tables and machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weaker => "weaker",
            Self::Other => "other",
            Self::Stricter => "stricter",
        }
    }
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `rule groundedness.floor min`.
    pub setting: String,
    /// `None`: it was not there.
    pub before: Option<String>,
    /// `None`: it is not there any more.
    pub after: Option<String>,
    /// Which way it goes.
    pub tendency: Tendency,
}

/// What differs, in alphabetical order. Why a rule is there and who owns the policy are no settings.
pub fn changes(before: &Policy, after: &Policy) -> Vec<Change> {
    let (before, after) = (all(before), all(after));
    let mut changes = Vec::new();
    for (part, own) in &before {
        match after.get(part) {
            None => changes.push(Change {
                setting: part.clone(),
                before: Some(in_short(own)),
                after: None,
                tendency: Tendency::Weaker,
            }),
            Some(other) => changes.extend(of_part(part, own, other)),
        }
    }
    let added = after.iter().filter(|(part, _)| !before.contains_key(*part));
    changes.extend(added.map(|(part, own)| Change {
        setting: part.clone(),
        before: None,
        after: Some(in_short(own)),
        tendency: Tendency::Stricter,
    }));
    changes.sort_by(|one, other| one.setting.cmp(&other.setting));
    changes
}

/// All settings with their values, by part of the policy.
pub fn settings_of(policy: &Policy) -> Vec<(String, Vec<(&'static str, String)>)> {
    let parts = all(policy).into_iter();
    let shown = |(key, setting): (&'static str, Setting)| (key, shown(&setting));
    parts
        .map(|(part, settings)| (part, settings.into_iter().map(shown).collect()))
        .collect()
}

fn of_part(part: &str, before: &Settings, after: &Settings) -> Vec<Change> {
    let find = |settings: &Settings, key: &str| {
        let found = settings.iter().find(|(own, _)| *own == key);
        found.map(|(_, setting)| setting.clone())
    };
    let mut keys: Vec<&str> = before.iter().chain(after).map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let changed = keys.into_iter().filter_map(|key| {
        let (before, after) = (find(before, key), find(after, key));
        if before == after {
            return None;
        }
        Some(Change {
            setting: format!("{part} {key}"),
            tendency: tendency(before.as_ref(), after.as_ref()),
            before: before.as_ref().map(shown),
            after: after.as_ref().map(shown),
        })
    });
    changed.collect()
}

fn tendency(before: Option<&Setting>, after: Option<&Setting>) -> Tendency {
    let (Some(before), Some(after)) = (before, after) else {
        return Tendency::Other;
    };
    match (
        Setting::is_weaker(before, after),
        Setting::is_weaker(after, before),
    ) {
        (true, _) => Tendency::Weaker,
        (false, true) => Tendency::Stricter,
        (false, false) => Tendency::Other,
    }
}

/// How numbers become bounds.
fn statistics(statistics: &Statistics) -> Settings {
    use Setting::{LessIsStricter, MoreIsStricter, Word};
    let estimand = |estimand: Estimand| Word(format!("{estimand:?}").to_lowercase());
    vec![
        ("error-rate-of-pass", LessIsStricter(statistics.alpha_pass)),
        ("error-rate-of-fail", Setting::Number(statistics.alpha_fail)),
        (
            "min-cases",
            MoreIsStricter(count_to_f64(statistics.min_cases)),
        ),
        (
            "missing-max",
            LessIsStricter(statistics.missing_max.value()),
        ),
        (
            "applicable-min",
            MoreIsStricter(statistics.applicable_min.value()),
        ),
        (
            "bound",
            Word(format!("{:?}", statistics.bound).to_lowercase()),
        ),
        ("versus-baseline", estimand(statistics.versus_baseline)),
        ("absolute", estimand(statistics.absolute)),
    ]
}

/// Every part of a policy with its settings.
fn all(policy: &Policy) -> BTreeMap<String, Settings> {
    use Setting::{LessIsStricter, MoreIsStricter, Word, Words};
    let mut parts: BTreeMap<String, Settings> = BTreeMap::new();
    parts.insert("statistics".to_owned(), statistics(&policy.statistics));
    let blocks = f64::from(u8::from(policy.on_inconclusive == OnOpen::Block));
    parts.insert(
        "defaults".to_owned(),
        vec![("inconclusive-blocks", MoreIsStricter(blocks))],
    );
    for (metric, one) in &policy.calibrations {
        let counts = format!(
            "{} {:?} {:?} {:?}",
            one.judge,
            one.good.counts(),
            one.bad.counts(),
            one.origin
        );
        parts.insert(
            format!("judge-calibration {metric}"),
            vec![("counts", Word(counts))],
        );
    }
    if policy.release.is_protected {
        parts.insert(
            "environment".to_owned(),
            vec![("protected", MoreIsStricter(1.0))],
        );
    }
    of_rules(policy, &mut parts);
    of_canary(policy, &mut parts);
    let BaselineTerms { run, max_age } = &policy.release.baseline;
    let seconds = |age: Age| count_to_f64(usize::try_from(age.seconds()).unwrap_or(usize::MAX));
    let set = "as `groundgate baseline set` names it";
    parts.insert(
        "baseline".to_owned(),
        vec![
            ("ref", Word(run.as_deref().unwrap_or(set).to_owned())),
            (
                "max-age-s",
                LessIsStricter(max_age.map_or(f64::INFINITY, seconds)),
            ),
        ],
    );
    let terms = &policy.release.waivers;
    parts.insert(
        "waivers".to_owned(),
        vec![
            (
                "max",
                LessIsStricter(terms.max.map_or(f64::INFINITY, count_to_f64)),
            ),
            ("approvers", Words(terms.approvers.clone())),
        ],
    );
    parts
}

fn of_canary(policy: &Policy, parts: &mut BTreeMap<String, Settings>) {
    use Setting::{LessIsStricter, MoreIsStricter, Word};
    if let Some(canary) = &policy.release.canary {
        for rule in &canary.rules {
            let own = vec![
                (
                    "consecutive",
                    LessIsStricter(count_to_f64(rule.consecutive)),
                ),
                ("asks", Word(format!("{:?}", rule.kind))),
            ];
            parts.insert(format!("canary {}", rule.id), own);
        }
        let own = vec![
            (
                "min-answers",
                MoreIsStricter(count_to_f64(canary.min_answers)),
            ),
            (
                "thin-windows",
                LessIsStricter(count_to_f64(canary.thin_windows)),
            ),
        ];
        parts.insert("canary".to_owned(), own);
    }
}

fn of_rules(policy: &Policy, parts: &mut BTreeMap<String, Settings>) {
    use Setting::{LessIsStricter, MoreIsStricter, Word, Words};
    let never = &policy.release.waivers.never;
    let waivable = |id: &str| {
        let flag = f64::from(u8::from(!never.contains(id)));
        ("waivable", LessIsStricter(flag))
    };
    for rule in &policy.rules {
        let mut own = rule.kind.settings();
        own.push(waivable(&rule.id));
        if let Some(of) = rule.estimand {
            own.push(("estimand", Word(format!("{of:?}").to_lowercase())));
        }
        parts.insert(format!("rule {}", rule.id), own);
    }
    for rule in &policy.release.facts {
        let mut own = rule.kind.settings();
        own.push(waivable(&rule.id));
        parts.insert(format!("rule {}", rule.id), own);
    }
    for rule in &policy.release.approvals {
        let seconds = usize::try_from(rule.valid_for.seconds()).unwrap_or(usize::MAX);
        let not_by = |one: NotBy| {
            let flag = f64::from(u8::from(rule.not_by.contains(&one)));
            (one.flag(), MoreIsStricter(flag))
        };
        let mut own = vec![
            ("roles", Words(rule.roles.clone())),
            ("valid-for-s", LessIsStricter(count_to_f64(seconds))),
        ];
        own.extend(NotBy::ALL.map(not_by));
        parts.insert(format!("approval {}", rule.id), own);
    }
}

fn in_short(settings: &Settings) -> String {
    let shown: Vec<String> = settings
        .iter()
        .map(|(key, setting)| format!("{key} = {}", shown(setting)))
        .collect();
    shown.join(", ")
}

fn shown(setting: &Setting) -> String {
    match setting {
        Setting::Word(word) => word.clone(),
        Setting::Words(words) if words.is_empty() => "none".to_owned(),
        Setting::Words(words) => words.join(", "),
        Setting::MoreIsStricter(number) | Setting::LessIsStricter(number)
            if number.is_infinite() =>
        {
            "any number".to_owned()
        }
        Setting::MoreIsStricter(number)
        | Setting::LessIsStricter(number)
        | Setting::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::KnownMetrics, policy_file::read_policy};

    const BASE: &str = "schema='groundgate.policy/1'\nname='p'\n[statistics]\nmin-cases=50\n\
        [[rule]]\nid='errors'\nkind='max-error-rate'\nmax=0.01\n\
        [[rule]]\nid='leaks'\nkind='max-count'\nmetric='pii_leak'\nmax=0\nwaivable=false\n\
        [[approval]]\nid='launch'\nroles=['a','b']\nvalid-for='72h'\n";

    fn policy(text: &str) -> Policy {
        read_policy("gate.toml", text, None, &KnownMetrics::new()).unwrap()
    }

    #[test]
    fn every_change_has_its_direction() {
        for (from, to, setting, tendency) in [
            ("max=0.01", "max=0.02", "rule errors max", Tendency::Weaker),
            (
                "max=0.01",
                "max=0.005",
                "rule errors max",
                Tendency::Stricter,
            ),
            (
                "min-cases=50",
                "min-cases=20",
                "statistics min-cases",
                Tendency::Weaker,
            ),
            (
                "metric='pii_leak'\nmax=0",
                "metric='answer_chars'\nmax=0",
                "rule leaks metric",
                Tendency::Other,
            ),
            (
                "waivable=false",
                "waivable=true",
                "rule leaks waivable",
                Tendency::Weaker,
            ),
            ("72h", "9d", "approval launch valid-for-s", Tendency::Weaker),
            (
                "['a','b']",
                "['a']",
                "approval launch roles",
                Tendency::Other,
            ),
            ("id='leaks'", "id='leaks2'", "rule leaks", Tendency::Weaker),
            (
                "[[approval]]",
                "[waivers]\nmax=1\n[[approval]]",
                "waivers max",
                Tendency::Stricter,
            ),
        ] {
            let changed = BASE.replace(from, to);
            let found = changes(&policy(BASE), &policy(&changed));
            let first = found.first().unwrap();
            assert_eq!(
                (first.setting.as_str(), first.tendency),
                (setting, tendency),
                "{to}"
            );
        }
        assert_eq!(changes(&policy(BASE), &policy(BASE)), []);
    }

    #[test]
    fn what_is_added_is_stricter_and_what_is_taken_away_weaker() {
        let canary = "[canary]\nmin-answers=10\n[[canary.rollback]]\nid='leak'\n\
            kind='max-count'\nmetric='pii_leak'\nmax=0\n";
        let slow = "[[rule]]\nid='slow'\nkind='mean-max'\nmetric='latency_ms'\nmax=9\n\
            estimand='suite'\n";
        let empty = "[waivers]\napprovers=['ana']\n";
        for (added, setting) in [
            (canary, "canary"),
            (slow, "rule slow"),
            (empty, "waivers approvers"),
        ] {
            let more = format!("{BASE}{added}");
            let find = |before: &str, after: &str| {
                let found = changes(&policy(before), &policy(after));
                found
                    .into_iter()
                    .find(|one| one.setting == setting)
                    .unwrap()
            };
            let (added, removed) = (find(BASE, &more), find(&more, BASE));
            assert_eq!(added.after, removed.before, "{setting}");
            if setting != "waivers approvers" {
                assert_eq!(added.tendency, Tendency::Stricter, "{setting}");
                assert_eq!(removed.tendency, Tendency::Weaker, "{setting}");
            }
        }
    }

    #[test]
    fn a_setting_that_only_one_side_has_is_neither_weaker_nor_stricter() {
        let speed = |keys: &str| {
            let rule = "[[rule]]\nid='slow'\nmetric='latency_ms'\nmax=9\n";
            policy(&format!("{BASE}{rule}{keys}"))
        };
        let (mean, tail) = (
            speed("kind='mean-max'\nestimand='suite'\n"),
            speed("kind='percentile'\nquantile=0.9\n"),
        );
        let found: Vec<(String, bool, bool, Tendency)> = changes(&mean, &tail)
            .into_iter()
            .map(|one| {
                let (before, after) = (one.before.is_some(), one.after.is_some());
                (one.setting, before, after, one.tendency)
            })
            .collect();
        let expected = [
            ("rule slow estimand", true, false),
            ("rule slow kind", true, true),
            ("rule slow quantile", false, true),
        ];
        let other = |(setting, before, after): (&str, bool, bool)| {
            (setting.to_owned(), before, after, Tendency::Other)
        };
        assert_eq!(found, expected.map(other));
    }

    #[test]
    fn directions_have_words() {
        let words = [Tendency::Weaker, Tendency::Other, Tendency::Stricter].map(Tendency::name);
        assert_eq!(words, ["weaker", "other", "stricter"]);
    }

    #[test]
    fn the_digest_changes_with_every_setting_that_changes() {
        for (from, to) in [
            ("max=0.01", "max=0.02"),
            ("waivable=false", "waivable=true"),
            ("72h", "9d"),
        ] {
            let changed = policy(&BASE.replace(from, to));
            assert_ne!(changed.digest, policy(BASE).digest, "{to}");
        }
    }

    #[test]
    fn what_changed_is_shown_in_words() {
        let of = |text: &str| {
            let found = changes(&policy(BASE), &policy(text));
            let first = found.into_iter().next().unwrap();
            (first.setting, first.tendency, first.before, first.after)
        };
        let text = |words: &str| Some(words.to_owned());
        let hold = BASE.replace(
            "[[rule]]\nid='errors'",
            "[defaults]\non-inconclusive='hold'\n[[rule]]\nid='errors'",
        );
        assert_eq!(
            of(&hold),
            (
                "defaults inconclusive-blocks".to_owned(),
                Tendency::Weaker,
                text("1"),
                text("0")
            )
        );
        let without = BASE.split("[[approval]]").next().unwrap();
        assert_eq!(
            of(without),
            (
                "approval launch".to_owned(),
                Tendency::Weaker,
                text(
                    "roles = a, b, valid-for-s = 259200, not-by-run-initiator = 0, not-by-change-author = 0"
                ),
                None
            )
        );
        assert_eq!(shown(&Setting::Words(Vec::new())), "none");
        assert_eq!(shown(&Setting::LessIsStricter(f64::INFINITY)), "any number");
    }
}
