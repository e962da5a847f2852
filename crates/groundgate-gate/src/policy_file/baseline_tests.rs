//! `[baseline]` and `not-by`: what is read, what is refused with its line, and what changes a policy.

use super::*;
use crate::{
    facts::Age,
    policy::{BaselineTerms, NotBy},
};

const TOP: &str = "schema='groundgate.policy/1'\nname='p'\n[[rule]]\nid='errors'\n\
    kind='max-error-rate'\nmax=0.01\n";
const LAUNCH: &str = "[[approval]]\nid='launch'\nroles=['a']\nvalid-for='72h'\n";

fn read_text(more: &str, env: Option<&str>) -> Result<Policy, String> {
    let text = format!("{TOP}{more}");
    let policy = read_policy("gate.toml", &text, env, &KnownMetrics::new());
    policy.map_err(|mistakes| {
        let mistakes = mistakes.0.into_iter();
        let lines =
            mistakes.map(|one| format!("{one} {}", one.help.as_deref().unwrap_or_default()));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn terms(more: &str, env: Option<&str>) -> BaselineTerms {
    read_text(more, env).unwrap().release.baseline
}

fn refuses(more: &str, expected: &[&str]) {
    let found = read_text(more, None).unwrap_err();
    for words in expected {
        assert!(found.contains(words), "{more}: {words}: {found}");
    }
}

#[test]
fn the_section_is_read_and_environments_shorten_the_age() {
    let age = |text| Age::parse(text);
    assert_eq!(terms("", None), BaselineTerms::default());
    let section = "[baseline]\nref='01JQ8Z'\nsame-evalset=true\nsame-judge=true\nmax-age='14d'\n\
        if-stale='block'\n[env.dev]\n[env.prod]\nbaseline.max-age='7d'\n";
    for (env, max_age) in [(None, "14d"), (Some("dev"), "14d"), (Some("prod"), "7d")] {
        let wanted = BaselineTerms {
            run: Some("01JQ8Z".to_owned()),
            max_age: age(max_age),
        };
        assert_eq!(terms(section, env), wanted, "{env:?}");
    }
    // An environment may limit what the top of the file does not, and repeat what it does.
    let own =
        "[env.dev]\nbaseline.max-age='14d'\n[env.prod]\ninherits='dev'\nbaseline.max-age='2w'\n";
    assert_eq!(terms(own, None).max_age, None);
    assert_eq!(terms(own, Some("prod")).max_age, age("14d"));
    assert_eq!(
        terms("[baseline]\nref='live.sqlite'\n", None)
            .run
            .as_deref(),
        Some("live.sqlite")
    );
}

#[test]
fn what_cannot_be_kept_is_refused_with_its_line() {
    for (section, expected) in [
        (
            "same-judge=false",
            &[
                "gate.toml:8:12",
                "`same-judge` cannot be `false`: a difference to another judge means nothing",
            ][..],
        ),
        (
            "same-evalset=false",
            &[
                "gate.toml:8:14",
                "`same-evalset` cannot be `false`: a difference to other questions means nothing",
            ],
        ),
        ("same-judge='yes'", &["`true` or `false`"]),
        (
            "if-stale='rerun'",
            &[
                "gate.toml:8:10",
                "a gate asks no endpoint",
                "groundgate run --copilot LIVE",
                "groundgate baseline set RUN",
            ],
        ),
        ("if-stale='pass'", &["`if-stale` cannot be `pass`"]),
        (
            "max-age='14 days'",
            &["gate.toml:8:9", "no length of time", "14d"],
        ),
        ("max-age=14", &["gate.toml:8:9"]),
        (
            "ref='latest'",
            &["gate.toml:8:5", "`latest`, which is not one certain run"],
        ),
        (
            "ref='alias:champion'",
            &["not one certain run", "without `ref`", "baseline set"],
        ),
        ("ref=''", &["`ref` is empty"]),
        ("run='01J'", &["gate.toml:8:1", "unknown key `run`"]),
    ] {
        refuses(&format!("[baseline]\n{section}\n"), expected);
    }
    for (env, expected) in [
        (
            "baseline.max-age='15d'",
            "environment `prod` makes `max-age` weaker than the top of the file",
        ),
        ("baseline.ref='01J'", "unknown key `ref`"),
        ("baseline=1", "a table"),
    ] {
        let text = format!("[baseline]\nmax-age='14d'\n[env.prod]\n{env}\n");
        refuses(&text, &[expected]);
    }
}

#[test]
fn who_must_not_approve_is_read_or_refused() {
    let read = |not_by: &str| read_text(&format!("{LAUNCH}{not_by}\n"), None);
    let not_by = |written: &str| {
        let policy = read(written).unwrap();
        let rule = policy.release.approvals.into_iter().next().unwrap();
        rule.not_by.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(not_by(""), []);
    assert_eq!(not_by("not-by=['change-author']"), [NotBy::ChangeAuthor]);
    let both = "not-by=['change-author', 'run-initiator']";
    assert_eq!(not_by(both), NotBy::ALL);
    for (written, expected) in [
        ("not-by=['author']", "unknown `not-by` `author`"),
        ("not-by='run-initiator'", "a list of strings"),
        (
            "not-by=['run-initiator', 'run-initiator']",
            "names `run-initiator` twice",
        ),
    ] {
        let found = read(written).unwrap_err();
        assert!(found.contains(expected), "{found}");
        assert!(found.contains("gate.toml:11:"), "{found}");
    }
}

#[test]
fn every_setting_changes_the_digest_and_has_its_direction() {
    let full = format!("[baseline]\nref='A'\nmax-age='14d'\n{LAUNCH}not-by=['run-initiator']\n");
    let policy = |more: &str| read_text(more, None).unwrap();
    let (base, full) = (policy(LAUNCH), policy(&full));
    let change = |from: &Policy, to: &Policy| -> Vec<(String, Tendency)> {
        assert_ne!(from.digest, to.digest);
        let found = changes(from, to).into_iter();
        found.map(|one| (one.setting, one.tendency)).collect()
    };
    let all = |not_by, age| {
        [
            ("approval launch not-by-run-initiator", not_by),
            ("baseline max-age-s", age),
            ("baseline ref", Tendency::Other),
        ]
        .map(|(setting, tendency)| (setting.to_owned(), tendency))
    };
    let (weaker, stricter) = (Tendency::Weaker, Tendency::Stricter);
    assert_eq!(change(&base, &full), all(stricter, stricter));
    assert_eq!(change(&full, &base), all(weaker, weaker));
    let one = |from: &str, to: &str| {
        change(
            &policy(&format!("{from}{LAUNCH}")),
            &policy(&format!("{to}{LAUNCH}")),
        )
    };
    let longer = one("[baseline]\nmax-age='7d'\n", "[baseline]\nmax-age='8d'\n");
    assert_eq!(longer, [("baseline max-age-s".to_owned(), weaker)]);
    let other = one("[baseline]\nref='A'\n", "[baseline]\nref='B'\n");
    assert_eq!(other, [("baseline ref".to_owned(), Tendency::Other)]);
    let author = change(
        &base,
        &policy(&format!("{LAUNCH}not-by=['change-author']\n")),
    );
    assert_eq!(
        author,
        [("approval launch not-by-change-author".to_owned(), stricter)]
    );
    // What only says what holds anyway is no other policy.
    let said = policy(&format!(
        "[baseline]\nsame-judge=true\nif-stale='block'\n{LAUNCH}"
    ));
    assert_eq!(said.digest, base.digest);
    let shown = settings_of(&full)
        .into_iter()
        .find(|(part, _)| part == "baseline");
    let shown = shown.unwrap().1;
    assert_eq!(
        shown,
        [("ref", "A".to_owned()), ("max-age-s", "1209600".to_owned())]
    );
    let shown = settings_of(&base)
        .into_iter()
        .find(|(part, _)| part == "baseline");
    let set = "as `groundgate baseline set` names it".to_owned();
    assert_eq!(
        shown.unwrap().1,
        [("ref", set), ("max-age-s", "any number".to_owned())]
    );
}
