//! Rules about facts, approvals, waivers, and from which environment on a rule applies.

use groundgate_model::trial::{DataType, MetricSpec, builtin_metric};

use super::*;
use crate::{
    facts::{Age, Waiver},
    rules::{DateOf, FactKind, Measure, Source},
    rules::{Evidence as EvidenceRule, Freshness, JudgeHealth, MaxOverlap},
    verdict::AllowedSide,
};

const HEAD: &str = "schema = \"groundgate.policy/1\"\nname = \"p\"\n";
const RULE: &str = "[[rule]]\nid = \"a\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.9\n";

fn read_text(text: &str, env: Option<&str>) -> Result<Policy, String> {
    let known = [
        MetricSpec::score("groundedness", DataType::Fraction),
        builtin_metric("latency_ms").unwrap(),
    ];
    let known = known.map(|metric| (metric.name.clone(), metric)).into();
    read_policy("gate.toml", text, env, &known).map_err(|mistakes| mistakes.to_string())
}

/// The fact rule of a policy with a floor, whose keys besides the id are given.
fn read_fact(keys: &str) -> Result<FactKind, String> {
    let text = format!("{HEAD}{RULE}[[rule]]\nid = \"b\"\n{keys}");
    let policy = read_text(&text, None)?;
    Ok(policy.release.facts.into_iter().next().unwrap().kind)
}

fn refuses(keys: &str, expected: &str) {
    let found = read_fact(keys).unwrap_err();
    assert!(found.contains(expected), "{keys}: {found}");
}

const EVIDENCE: &str =
    "kind='evidence'\nfile='spend.json'\nvalue='/usd'\ndate='/as_of'\nmax-age='24h'\n";
const HEALTH: &str = "kind='judge-health'\nmetric='groundedness'\nfile='h.json'\nmax-age='60d'\n";

#[test]
fn every_kind_of_rule_about_facts_is_read() {
    let age = |text| Age::parse(text).unwrap();
    assert_eq!(
        read_fact(&format!("{EVIDENCE}max=1500\nunit='USD'")),
        Ok(FactKind::Evidence(EvidenceRule {
            file: "spend.json".to_owned(),
            value: "/usd".to_owned(),
            date: "/as_of".to_owned(),
            max_age: age("24h"),
            side: AllowedSide::AtMost,
            threshold: 1500.0,
            unit: "USD".to_owned(),
        }))
    );
    for (keys, of) in [
        ("of='run'", DateOf::Run),
        ("of='baseline'", DateOf::Baseline),
        (
            "of='file'\nfile='i.json'\ndate='/at'",
            DateOf::File {
                file: "i.json".to_owned(),
                date: "/at".to_owned(),
            },
        ),
    ] {
        let max_age = age("2d");
        let read = read_fact(&format!("kind='freshness'\nmax-age='48h'\n{keys}"));
        assert_eq!(read, Ok(FactKind::Freshness(Freshness { of, max_age })));
    }
    assert_eq!(
        read_fact("kind='max-overlap'\nfiles=['p.md', 'shots.jsonl']\nmax=0.02"),
        Ok(FactKind::MaxOverlap(MaxOverlap {
            files: vec!["p.md".to_owned(), "shots.jsonl".to_owned()],
            max: 0.02,
        }))
    );
    assert_eq!(
        read_fact(&format!(
            "{HEALTH}measure='agreement'\nmin=0.7\nmin-labels=150"
        )),
        Ok(FactKind::JudgeHealth(JudgeHealth {
            source: Source::File {
                file: "h.json".to_owned(),
                max_age: age("60d"),
            },
            metric: "groundedness".to_owned(),
            measure: Measure::Agreement,
            threshold: 0.7,
            min_labels: 150,
        }))
    );
}

#[test]
fn facts_that_say_nothing_are_refused() {
    refuses(EVIDENCE, "either `min` or `max`");
    let overlap = "kind='max-overlap'\nfiles=['p.md']\n";
    refuses(overlap, "key `max` is missing");
    refuses(&format!("{overlap}max=1"), "from 0 to just below 1");
    refuses("kind='max-overlap'\nfiles=[]\nmax=0", "names no file");
    refuses(&format!("{EVIDENCE}min=1\nmax=2"), "either `min` or `max`");
    refuses(
        &format!("{EVIDENCE}max=nan"),
        "`max` is not a finite number",
    );
    refuses(
        &EVIDENCE.replace("'/usd'", "'usd'"),
        "`value` is no JSON pointer",
    );
    refuses(
        &EVIDENCE.replace("'24h'", "'1 day'"),
        "`max-age` is no length of time",
    );
    refuses(
        &EVIDENCE.replace("max-age='24h'\n", ""),
        "key `max-age` is missing",
    );
    refuses(
        "kind='freshness'\nof='weather'\nmax-age='1d'",
        "unknown `of` `weather`",
    );
    refuses(
        "kind='freshness'\nof='file'\nmax-age='1d'",
        "key `file` is missing",
    );
    refuses(
        "kind='freshness'\nof='run'\nfile='x'\nmax-age='1d'",
        "are for `of",
    );
    refuses(
        &format!("{HEALTH}measure='flip-rate'"),
        "key `max` is missing",
    );
    refuses(
        &format!("{HEALTH}measure='flip-rate'\nmax=0.05\nmin=1"),
        "no `min`",
    );
    refuses(
        &format!("{HEALTH}measure='flip-rate'\nmax=1"),
        "above 0 and below 1",
    );
    refuses(
        &format!("{HEALTH}measure='agreement'\nmin=0.7\nmin-labels=5"),
        "not at least 50",
    );
    for unjudged in ["'latency_ms'", "'mrr'", "'tone'"] {
        let plain = HEALTH.replace("'groundedness'", unjudged);
        refuses(
            &format!("{plain}measure='flip-rate'\nmax=0.05"),
            "unknown judged metric",
        );
    }
}

#[test]
fn a_rule_applies_from_its_environment_on_and_cannot_be_lost_again() {
    let text = format!(
        "{HEAD}{RULE}[[rule]]\nid='b'\nfrom='qa'\n{EVIDENCE}max=1500\n\
         [[approval]]\nid='launch'\nfrom='prod'\nroles=['product','security']\nvalid-for='72h'\n\
         [waivers]\nmax=2\napprovers=['head']\n\
         [env.dev]\n[env.qa]\ninherits='dev'\n[env.prod]\ninherits='qa'\nwaivers.max=0\n\
         rule.b.max=1000\n"
    );
    let check = |env: Option<&str>, n_facts: usize, n_approvals: usize, max: usize| {
        let policy = read_text(&text, env).unwrap();
        assert_eq!(policy.release.facts.len(), n_facts, "{env:?}");
        assert_eq!(policy.release.approvals.len(), n_approvals, "{env:?}");
        assert_eq!(policy.release.waivers.max, Some(max), "{env:?}");
        policy.digest
    };
    let digests = [
        check(None, 0, 0, 2),
        check(Some("dev"), 0, 0, 2),
        check(Some("qa"), 1, 0, 2),
        check(Some("prod"), 1, 1, 0),
    ];
    assert_eq!(digests[0], digests[1]);
    assert!(digests[1] != digests[2] && digests[2] != digests[3]);
    let refused = |from: &str, to: &str, expected: &str| {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        let found = read_text(&changed, Some("dev")).unwrap_err();
        assert!(found.contains(expected), "{found}");
    };
    refused("max=0\n", "max=3\n", "makes `max` weaker than qa");
    refused("b.max=1000", "b.max=2000", "makes `max` weaker than qa");
    refused("from='qa'", "from='stage'", "unknown environment `stage`");
    refused("roles=['product','security']", "roles=[]", "names nobody");
    refused("id='launch'", "id='a'", "id `a` is taken");
    refused("72h", "3 days", "no length of time");
}

#[test]
fn an_environment_without_a_rule_about_scores_is_refused() {
    let text = format!("{HEAD}{RULE}from='prod'\n[env.dev]\n[env.prod]\ninherits='dev'\n");
    assert!(read_text(&text, Some("prod")).is_ok());
    for env in [None, Some("dev")] {
        let found = read_text(&text, env).unwrap_err();
        assert!(
            found.contains("no rule about scores applies here"),
            "{found}"
        );
    }
    let only_facts = format!("{HEAD}[[rule]]\nid='b'\n{EVIDENCE}max=1");
    assert!(read_text(&only_facts, None).is_err());
}

#[test]
fn rules_that_must_hold_are_never_waived() {
    let text = format!(
        "{HEAD}{RULE}{}waivable=false\n[[rule]]\nid='e'\nkind='max-error-rate'\nmax=0.01\n\
         [[rule]]\nid='m'\nkind='must-pass'\nmetric='groundedness'\ncases='critical'\nmin=1\n\
         [[rule]]\nid='f'\nkind='freshness'\nof='run'\nmax-age='1d'\n",
        RULE.replace("\"a\"", "\"n\"")
    );
    let policy = read_text(&text, None).unwrap();
    let never: Vec<&str> = policy
        .release
        .waivers
        .never
        .iter()
        .map(String::as_str)
        .collect();
    assert_eq!(never, ["e", "f", "m", "n"]);
}

const WAIVER: &str = "id='W-1'\nrule='a'\nenv=['qa']\nbar=0.8\nreason='re-index'\nowner='ana'\n\
    approved-by='ben'\nticket='T-1'\ncreated=2026-11-01\nexpires=2026-11-20\n";

fn read_waiver(keys: &str) -> Result<Vec<Waiver>, String> {
    let text = format!("{HEAD}{RULE}waivable=true\n[waivers]\napprovers=['ben','cem']\n");
    let text = format!("{text}[[rule]]\nid='e'\nkind='max-error-rate'\nmax=0.01\n");
    let text = format!("{text}[[rule]]\nid='l'\nkind='mean-max'\nmetric='latency_ms'\nmax=0.5\n");
    let policy = read_text(&text, None).unwrap();
    let text = format!("schema = 'groundgate.waivers/1'\n[[waiver]]\n{keys}");
    read_waivers("waivers.toml", &text, &policy).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn waivers_are_read_or_refused() {
    let read = read_waiver(WAIVER).unwrap();
    assert_eq!(read.first().unwrap().expires.to_string(), "2026-11-20");
    for (from, to, expected) in [
        (
            "expires=2026-11-20",
            "expires=2026-12-02",
            "is 31 days after `created`",
        ),
        (
            "expires=2026-11-20",
            "expires=2026-10-31",
            "is -1 days after `created`",
        ),
        ("expires=2026-11-20\n", "", "key `expires` is missing"),
        (
            "expires=2026-11-20",
            "expires='always'",
            "is a string and not a date",
        ),
        (
            "expires=2026-11-20",
            "expires=2026-11-20T00:00:00Z",
            "and not a date",
        ),
        ("bar=0.8", "bar=0.9", "asks for no more than 0.9 anyway"),
        ("bar=0.8", "bar=0.95", "asks for no more than 0.9 anyway"),
        ("bar=0.8", "bar=nan", "not a finite number"),
        ("bar=0.8\n", "", "key `bar` is missing"),
        ("rule='a'", "rule='e'", "rule `e` cannot be waived"),
        (
            "approved-by='ben'",
            "approved-by='Ana'",
            "the owner of a waiver cannot approve it",
        ),
        (
            "approved-by='ben'",
            "approved-by='dan'",
            "unknown approver of waivers `dan`",
        ),
        ("reason='re-index'", "reason=''", "`reason` is empty"),
        ("ticket='T-1'", "tickets='T-1'", "unknown key `tickets`"),
    ] {
        let found = read_waiver(&WAIVER.replace(from, to)).unwrap_err();
        assert!(found.contains(expected), "{to}: {found}");
    }
    let twice = read_waiver(&format!("{WAIVER}[[waiver]]\n{WAIVER}")).unwrap_err();
    assert!(twice.contains("waiver id `W-1` is taken"), "{twice}");
    // Where less is better, a waiver's threshold is above the rule's.
    let latency = |bar: &str| {
        read_waiver(
            &WAIVER
                .replace("rule='a'", "rule='l'")
                .replace("bar=0.8", bar),
        )
    };
    assert!(latency("bar=0.8").is_ok());
    for bar in ["bar=0.5", "bar=0.4"] {
        assert!(latency(bar).is_err_and(|why| why.contains("no more than 0.5 anyway")));
    }
    // A rule of another environment, or one that is gone, is nobody's mistake here.
    assert!(read_waiver(&WAIVER.replace("rule='a'", "rule='elsewhere'")).is_ok());
}

#[test]
fn the_example_policies_are_right_in_every_environment() {
    let known: KnownMetrics = ["groundedness", "correctness"]
        .map(|name| (name.to_owned(), MetricSpec::score(name, DataType::Fraction)))
        .into();
    let release = include_str!("../../../../docs/policies/release.toml");
    let mut rules = Vec::new();
    for env in ["dev", "qa", "prod"] {
        let policy = read_policy("release.toml", release, Some(env), &known).unwrap();
        rules.push(policy.rules.len() + policy.release.facts.len());
        assert_eq!(policy.release.approvals.len(), usize::from(env == "prod"));
        assert!(policy.release.canary.is_some());
        let waivers = include_str!("../../../../docs/policies/waivers.toml");
        assert_eq!(
            read_waivers("waivers.toml", waivers, &policy)
                .unwrap()
                .len(),
            1
        );
    }
    assert!(
        rules.is_sorted() && rules.first() < rules.last(),
        "{rules:?}"
    );
    let index = include_str!("../../../../docs/policies/index-only.toml");
    let policy = read_policy("index-only.toml", index, None, &known).unwrap();
    assert_eq!(policy.release.facts.len(), 2);
}
