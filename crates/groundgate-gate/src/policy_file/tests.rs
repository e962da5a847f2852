//! What a policy means, and that environments only get stricter.

use std::collections::BTreeSet;

use groundgate_model::{
    trial::{DataType, Direction, MetricSpec},
    unit::UnitInterval,
};
use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::{
    policy::Estimand,
    policy_warnings,
    rules::{FactKind, Floor, RuleKind, rule_keys},
};

pub(super) const HEAD: &str = "schema = \"groundgate.policy/1\"\nname = \"p\"\n";
pub(super) const RULE: &str =
    "[[rule]]\nid = \"a\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.9\n";

pub(super) fn known() -> KnownMetrics {
    let mut metrics: KnownMetrics = ["groundedness", "correctness"]
        .map(|name| (name.to_owned(), MetricSpec::score(name, DataType::Fraction)))
        .into();
    let contradiction = MetricSpec {
        direction: Direction::LowerIsBetter,
        ..MetricSpec::score("contradiction", DataType::Fraction)
    };
    let helpfulness = MetricSpec::score("helpfulness", DataType::Ordinal { low: 1, high: 5 });
    metrics.insert(contradiction.name.clone(), contradiction);
    metrics.insert(helpfulness.name.clone(), helpfulness);
    metrics
}

pub(super) fn read_text(text: &str, env: Option<&str>) -> Result<Policy, String> {
    read_policy("gate.toml", text, env, &known()).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn what_is_left_out_has_the_careful_default() {
    let policy = read_text(&format!("{HEAD}{RULE}"), None).unwrap();
    assert_eq!(
        policy.statistics,
        Statistics {
            alpha_pass: 0.05,
            alpha_fail: 0.05,
            min_cases: 30,
            missing_max: UnitInterval::new(0.02).unwrap(),
            applicable_min: UnitInterval::new(0.9).unwrap(),
            bound: BoundChoice::Exact,
            versus_baseline: Estimand::Suite,
            absolute: Estimand::Population,
        }
    );
    assert_eq!(policy.on_inconclusive, OnOpen::Block);
    assert_eq!(policy.rules.first().unwrap().line, Some(3));
}

#[test]
fn what_is_written_is_meant() {
    let policy = read_text(
        &format!(
            "{HEAD}owner = \"o\"\n[statistics]\nconfidence = 0.9\nmin-cases = 50\nmissing-max = 0\napplicable-min = 1\n\
             bound = \"proven\"\nversus-baseline = \"population\"\nabsolute = \"suite\"\n\
             [defaults]\non-inconclusive = \"hold\"\n{RULE}why = \"because\"\n"
        ),
        None,
    )
    .unwrap();
    assert_eq!(
        policy.statistics,
        Statistics {
            alpha_pass: 0.1,
            alpha_fail: 0.1,
            min_cases: 50,
            missing_max: UnitInterval::ZERO,
            applicable_min: UnitInterval::ONE,
            bound: BoundChoice::Proven,
            versus_baseline: Estimand::Population,
            absolute: Estimand::Suite,
        }
    );
    assert_eq!(policy.on_inconclusive, OnOpen::Hold);
    assert_eq!(policy.owner.as_deref(), Some("o"));
    assert_eq!(
        policy.rules.first().unwrap().why.as_deref(),
        Some("because")
    );
}

#[test]
fn a_margin_of_zero_is_read_and_warned_about() {
    let worse = "kind='non-inferior'\nmetric='groundedness'\nmargin=";
    let warned = |margin: &str| {
        let text = format!(
            "{HEAD}[[rule]]\nid = \"a\"\n{worse}{margin}\n{}",
            RULE.replace("\"a\"", "\"b\"")
        );
        let policy = read_text(&text, None).unwrap();
        policy_warnings("gate.toml", &policy)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        warned("0"),
        ["gate.toml:3: rule `a` has a margin of 0: an equal candidate would almost never pass"]
    );
    assert_eq!(warned("0.001"), Vec::<String>::new());
}

#[test]
fn a_judges_calibration_is_read_and_changes_the_digest() {
    let counts = "good-labelled=120\ngood-right=117\nbad-labelled=60\nbad-right=51\n";
    let with = |head: &str, keys: &str| {
        read_text(
            &format!("{HEAD}{RULE}[judge-calibration.{head}]\n{keys}"),
            None,
        )
    };
    let judge = "judge='0123456789AB'\n";
    let policy = with("groundedness", &format!("{judge}{counts}")).unwrap();
    let read = &policy.calibrations["groundedness"];
    assert_eq!(read.judge, "0123456789ab");
    assert_eq!(
        (read.good.counts(), read.bad.counts()),
        ((117, 120), (51, 60))
    );
    let without = read_text(&format!("{HEAD}{RULE}"), None).unwrap();
    assert_ne!(policy.digest, without.digest);

    let refused = |head: &str, keys: &str, expected: &str| {
        let message = with(head, keys).unwrap_err();
        assert!(message.contains(expected), "{message}");
    };
    refused("groundedness", counts, "key `judge` is missing");
    refused(
        "groundedness",
        &format!("judge='abc'\n{counts}"),
        "`judge` is no digest",
    );
    refused(
        "groundednes",
        &format!("{judge}{counts}"),
        "unknown metric `groundednes`",
    );
    refused(
        "helpfulness",
        &format!("{judge}{counts}"),
        "`helpfulness` is none",
    );
    let impossible = counts.replace("bad-right=51", "bad-right=61");
    refused(
        "groundedness",
        &format!("{judge}{impossible}"),
        "`bad-right` is 61 of 60",
    );
    let none = counts.replace("=60", "=0").replace("=51", "=0");
    refused(
        "groundedness",
        &format!("{judge}{none}"),
        "`bad-right` is 0 of 0",
    );
}

#[test]
fn mistakes_outside_of_rules_are_named() {
    let check = |text: String, env: Option<&str>, expected: &str| {
        assert_eq!(
            read_text(&text, env).map(|_| ()),
            Err(expected.to_owned()),
            "{text}"
        );
    };
    check(HEAD.to_owned(), None, "gate.toml:1:1: policy has no rule");
    check(
        format!("{HEAD}rule = []"),
        None,
        "gate.toml:3:8: policy has no rule",
    );
    check(
        format!("name = 'p'\n{RULE}"),
        None,
        "gate.toml:1:1: key `schema` is missing",
    );
    check(
        format!("name = 'p'\nschema = 'x'\n{RULE}"),
        None,
        "gate.toml:2:10: `schema` is `x`",
    );
    check(
        format!("{HEAD}{RULE}{RULE}"),
        None,
        "gate.toml:9:6: rule id `a` is already on line 3",
    );
    check(
        format!("{HEAD}budget = 3\n{RULE}"),
        None,
        "gate.toml:3:1: unknown key `budget`",
    );
    for word in ["pass", "warn"] {
        check(
            format!("{HEAD}[defaults]\non-inconclusive = '{word}'\n{RULE}"),
            None,
            &format!(
                "gate.toml:4:19: `on-inconclusive` cannot be `{word}`: what cannot be shown to hold never passes"
            ),
        );
    }
    check(
        format!("{HEAD}{RULE}"),
        Some("prod"),
        "gate.toml:1:1: unknown environment `prod`",
    );
}

#[test]
fn statistics_that_say_nothing_are_refused() {
    let check = |line: &str, expected: &str| {
        let text = format!("{HEAD}[statistics]\n{line}\n{RULE}");
        let expected = Err(format!("gate.toml:4:{expected}"));
        assert_eq!(read_text(&text, None).map(|_| ()), expected, "{text}");
    };
    check(
        "confidence = 95",
        "14: `confidence` is 95 and not from 0.8 to just below 1",
    );
    check(
        "confidence = 0.5",
        "14: `confidence` is 0.5 and not from 0.8 to just below 1",
    );
    check("min-cases = 0", "13: `min-cases` is 0 and not at least 1");
    check(
        "missing-max = 1",
        "15: `missing-max` is 1 and not from 0 to just below 1",
    );
    check("bound = 'tight'", "9: unknown `bound` `tight`");
    check("min_cases = 5", "1: unknown key `min_cases`");
}

#[test]
fn a_rule_may_say_what_it_speaks_of() {
    let with = |line: &str| read_text(&format!("{HEAD}{RULE}{line}"), None);
    let plain = with("").unwrap();
    let suite = with("estimand = 'suite'").unwrap();
    assert_eq!(plain.rules.first().unwrap().estimand, None);
    assert_eq!(suite.rules.first().unwrap().estimand, Some(Estimand::Suite));
    assert_ne!(plain.digest, suite.digest);
    let found = with("estimand = 'all'").unwrap_err();
    assert_eq!(found, "gate.toml:8:12: unknown `estimand` `all`");
}

#[test]
fn every_mistake_is_found_at_once_and_each_only_once() {
    let text = format!(
        "{HEAD}[statistics]\nmin-cases = 'x'\n{RULE}nim = 1\n[[rule]]\nid = 'b'\n[env.qa]\n[env.prod]\n"
    );
    assert_eq!(
        read_text(&text, Some("prod")).unwrap_err(),
        "gate.toml:4:13: `min-cases` is a string and not a whole number from 0 up\n\
         gate.toml:10:1: unknown key `nim`\n\
         gate.toml:11:1: key `kind` is missing"
    );
}

#[test]
fn help_names_what_was_meant() {
    let check = |keys: &str, expected: &str| {
        let text = format!("{HEAD}[[rule]]\nid = 'a'\n{keys}");
        let mistakes = read_policy("gate.toml", &text, None, &known()).unwrap_err();
        let help = mistakes.0.first().unwrap().help.clone().unwrap();
        assert!(help.contains(expected), "{help}");
    };
    check("kind='flor'", "did you mean `floor`?");
    check("kind='weather'", "non-inferior, superior");
    check(
        "kind='floor'\nmetric='groundednes'\nmin=0.5",
        "did you mean `groundedness`?",
    );
    check(
        "kind='floor'\nmetric='latency_ms'\nmin=0.5",
        "use `ceiling`; for amounts `percentile`",
    );
    // Of a plain check there is no judge to doubt.
    let health =
        "kind='judge-health'\nfile='f.json'\nmeasure='flip-rate'\nmax=0.05\nmax-age='9d'\n";
    check(
        &format!("{health}metric='groundednes'"),
        "did you mean `groundedness`?",
    );
    check(
        &format!("{health}metric='latency_ms'"),
        "known: contradiction, correctness, groundedness, helpfulness",
    );
    check(
        "kind='floor'\nmetric='groundedness'\nmin=0.5\nmaxx=1",
        "known: id, kind, why, from, waivable, metric, min",
    );
}

const ENVIRONMENTS: &str = "[env.dev]\n\
    [env.qa]\ninherits = 'dev'\nstatistics.min-cases = 100\n\
    [env.prod]\ninherits = 'qa'\ndefaults.on-inconclusive = 'block'\n[env.prod.rule.a]\nmin = 0.95\n";

#[test]
fn an_environment_inherits_and_tightens() {
    let text = format!("{HEAD}[defaults]\non-inconclusive = 'hold'\n{RULE}{ENVIRONMENTS}");
    let check = |env, min_cases: usize, on_inconclusive, expected_min: f64| {
        let policy = read_text(&text, env).unwrap();
        assert_eq!(policy.statistics.min_cases, min_cases, "{env:?}");
        assert_eq!(policy.on_inconclusive, on_inconclusive, "{env:?}");
        let expected = RuleKind::Floor(Floor {
            metric: "groundedness".to_owned(),
            min: expected_min,
        });
        assert_eq!(policy.rules.first().unwrap().kind, expected, "{env:?}");
        policy.digest
    };
    let top = check(None, 30, OnOpen::Hold, 0.9);
    let dev = check(Some("dev"), 30, OnOpen::Hold, 0.9);
    let qa = check(Some("qa"), 100, OnOpen::Hold, 0.9);
    let prod = check(Some("prod"), 100, OnOpen::Block, 0.95);
    assert_eq!(top, dev);
    assert_ne!(dev, qa);
    assert_ne!(qa, prod);
}

#[test]
fn no_environment_gets_weaker_whichever_is_asked_for() {
    let rules = format!(
        "{RULE}[[rule]]\nid='b'\nkind='non-inferior'\nmetric='groundedness'\nmargin=0.05\n\
         [[rule]]\nid='c'\nkind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.5\nmin-cases=10\n\
         [[rule]]\nid='d'\nkind='must-pass'\nmetric='correctness'\ncases='critical'\nmin=1\nrepeats=3\n"
    );
    let check = |environment: &str, expected: Option<&str>| {
        let text = format!("{HEAD}{rules}[env.dev]\n[env.prod]\ninherits='dev'\n{environment}");
        for env in [None, Some("dev"), Some("prod")] {
            let found = read_text(&text, env).err();
            let found = found
                .as_deref()
                .map(|text| text.split_once(": ").unwrap().1);
            assert_eq!(found, expected, "{environment} in {env:?}");
        }
    };
    let weaker = |key: &str| format!("environment `prod` makes `{key}` weaker than dev");
    check("statistics.min-cases=29", Some(&weaker("min-cases")));
    check("statistics.min-cases=30", None);
    check(
        "defaults.on-inconclusive='hold'",
        Some(&weaker("on-inconclusive")),
    );
    check("rule.a.min=0.89", Some(&weaker("min")));
    check("rule.a.min=0.91", None);
    check("rule.b.margin=0.06", Some(&weaker("margin")));
    check("rule.b.margin=0.01", None);
    check("rule.c.min-cases=9", Some(&weaker("min-cases")));
    check("rule.c.on-thin='hold'", Some(&weaker("on-thin")));
    check("rule.d.repeats=2", Some(&weaker("repeats")));
    check("rule.d.repeats=4", None);
    check("rule.a.metric='correctness'", Some("unknown key `metric`"));
    check(
        "rule.a.min=1.5",
        Some("`min` is 1.5 and not above 0 and below 1, where `groundedness` can tell"),
    );
    check("rule.x.min=0.95", Some("unknown rule `x`"));
    check(
        "statistics.confidence=0.99",
        Some("unknown key `confidence`"),
    );
    check("[env.x]\ninherits='y'", Some("unknown environment `y`"));
    check(
        "[env.x]\ninherits='x'",
        Some("environment `x` inherits from itself"),
    );
}

#[test]
fn environments_that_inherit_in_a_circle_are_refused() {
    let text = format!("{HEAD}{RULE}[env.a]\ninherits='b'\n[env.b]\ninherits='a'\n");
    let found = read_text(&text, Some("a")).unwrap_err();
    assert!(found.contains("inherits from itself"), "{found}");
}

#[test]
fn the_example_s_policy_is_right_in_every_environment() {
    let text = include_str!("../../../../gate.toml");
    let mut known = known();
    let faithfulness = MetricSpec::score("faithfulness", DataType::Fraction);
    known.insert(faithfulness.name.clone(), faithfulness);
    for env in [None, Some("dev"), Some("qa"), Some("prod")] {
        let policy = read_policy("gate.toml", text, env, &known).unwrap();
        for rule in &policy.rules {
            assert!(rule.why.is_some(), "{} says not why", rule.id);
        }
    }
}

proptest! {
    #[test]
    fn neither_order_of_keys_nor_comments_change_the_digest(
        order in Just(vec!["id = 'a'", "kind = 'slice-floor'", "metric = 'correctness'", "min = 0.5",
                           "by = ['product']", "why = 'w'", "on-thin = 'hold'"]).prop_shuffle(),
        comment in "[a-z ]{0,20}",
    ) {
        let plain = "id = 'a'\nkind = 'slice-floor'\nmetric = 'correctness'\nmin = 0.5\n\
                     by = ['product']\nwhy = 'w'\non-thin = 'hold'\n";
        let expected = read_text(&format!("{HEAD}[[rule]]\n{plain}"), None).unwrap().digest;
        let shuffled = order.join(&format!("  # {comment}\n"));
        let text = format!("# {comment}\nname = 'p'\nschema = 'groundgate.policy/1'\n[[rule]]\n{shuffled}\n");
        prop_assert_eq!(read_text(&text, None).unwrap().digest, expected);
    }

    #[test]
    fn every_setting_changes_the_digest(
        changed in subsequence(vec!["confidence = 0.9", "min-cases = 40", "missing-max = 0.1",
            "bound = 'proven'", "versus-baseline = 'population'", "absolute = 'suite'"], 1..=6),
    ) {
        let plain = read_text(&format!("{HEAD}{RULE}"), None).unwrap();
        let text = format!("{HEAD}[statistics]\n{}\n{RULE}", changed.join("\n"));
        prop_assert_ne!(read_text(&text, None).unwrap().digest, plain.digest);
    }

    #[test]
    fn no_text_panics(
        lines in prop::collection::vec(prop::sample::select(vec![
            "schema = 'groundgate.policy/1'", "name = 'p'", "[[rule]]", "id = 'a'", "kind = 'floor'",
            "kind = 'slice-floor'", "metric = 'groundedness'", "metric = 3", "min = 0.9", "min = nan",
            "[env.a]", "[env.b]", "inherits = 'a'", "inherits = 'b'", "[env.a.rule.a]", "env = 3",
            "[statistics]", "min-cases = 3", "by = ['x', 3]", "rule = 3", "[rule]", "required = ['x=y']",
        ]), 0..14),
        env in prop::option::of("[ab]"),
    ) {
        if let Err(mistakes) = read_text(&lines.join("\n"), env.as_deref()) {
            prop_assert!(!mistakes.is_empty());
        }
    }

    #[test]
    fn no_bytes_panic(text in "\\PC{0,80}") {
        prop_assert!(read_text(&text, None).is_err());
    }
}

#[test]
fn parts_of_a_policy_that_stand_alone_change_its_digest() {
    let digest = |more: &str| {
        read_text(&format!("{HEAD}{RULE}{more}"), None)
            .unwrap()
            .digest
    };
    let calibration = "[judge-calibration.groundedness]\njudge='0123456789ab'\n\
        good-labelled=120\ngood-right=117\nbad-labelled=60\nbad-right=51\n";
    let all = [
        String::new(),
        "[waivers]\nmax=1\n".to_owned(),
        "[waivers]\napprovers=['ana']\n".to_owned(),
        calibration.to_owned(),
        calibration.replace("51", "52"),
        format!("{calibration}kappa=0.8\n"),
        format!("{calibration}kappa=0.7\n"),
    ];
    let digests: BTreeSet<_> = all.iter().map(|more| digest(more).to_string()).collect();
    assert_eq!(digests.len(), all.len());
}

#[test]
fn an_environment_may_repeat_what_it_inherits() {
    let text = format!("{HEAD}{RULE}[waivers]\nmax=1\n[env.qa]\nwaivers.max=1\n");
    assert!(read_text(&text, Some("qa")).is_ok());
    let more = text.replace("waivers.max=1", "waivers.max=2");
    assert!(read_text(&more, Some("qa")).is_err_and(|why| why.contains("weaker")));
}

#[test]
fn every_kind_of_rule_tells_its_keys() {
    let keys = rule_keys();
    let of = |kind: &str| keys.iter().find(|one| one.kind == kind).unwrap();
    assert_eq!(keys.len(), RuleKind::KINDS.len() + FactKind::KINDS.len());
    let key = |kind: &str, name: &str| *of(kind).keys.iter().find(|key| key.name == name).unwrap();
    assert!(key("floor", "metric").is_needed && !key("floor", "metric").may_tighten);
    assert!(key("floor", "min").may_tighten && key("evidence", "file").is_needed);
    let keys = "[[rule]]\nid = \"a\"\nkind = \"slice-floor\"\nmetric = \"groundedness\"\nmin = 0.9\n\
        by = [\"product\"]\nrequired = [\"product=cards\"]\n";
    let policy = read_text(&format!("{HEAD}{keys}"), None).unwrap();
    let required = policy.rules[0].kind.slices().required;
    assert_eq!(
        (required[0].tag.as_str(), required[0].value.as_str()),
        ("product", "cards")
    );
}
