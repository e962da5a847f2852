//! What a policy may not say, section by section: each mistake is named, and nothing is read as if it
//! were not there.

use std::fmt::Write as _;

use groundgate_model::trial::{DataType, MetricSpec};

use super::*;

const HEAD: &str = "schema = \"groundgate.policy/1\"\nname = \"p\"\n";
const RULE: &str = "[[rule]]\nid = \"a\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.9\n";
const CANARY: &str = "[canary]\nmin-answers = 10\n";
const LEAK: &str =
    "[[canary.rollback]]\nid = \"leak\"\nkind = \"max-count\"\nmetric = \"pii_leak\"\nmax = 0\n";
const CALIBRATION: &str = "[judge-calibration.groundedness]\njudge = \"0123456789ab\"\n\
    good-labelled = 100\ngood-right = 95\nbad-labelled = 100\nbad-right = 90\n";

fn read(text: &str) -> Result<Policy, String> {
    let known = [
        MetricSpec::score("groundedness", DataType::Fraction),
        MetricSpec::score("helpfulness", DataType::Ordinal { low: 1, high: 5 }),
    ];
    let known = known.map(|metric| (metric.name.clone(), metric)).into();
    read_policy("gate.toml", text, None, &known).map_err(|mistakes| mistakes.to_string())
}

/// A policy with one good rule and this is refused for that reason.
fn refuses(more: &str, expected: &str) {
    let found = read(&format!("{HEAD}{RULE}{more}")).unwrap_err();
    assert!(found.contains(expected), "{more}\n{found}");
}

#[test]
fn canaries() {
    let good = format!("{HEAD}{RULE}{CANARY}thin-windows = 2\nwindow = \"30m\"\n{LEAK}");
    let rate = LEAK.replace("max-count", "rate-max");
    let canary = read(&good.replace(LEAK, &rate)).unwrap().release.canary;
    assert_eq!(canary.unwrap().thin_windows, 2);
    let worse = "[[canary.rollback]]\nid = \"q\"\nkind = \"non-inferior\"\nmargin = 0.1\n\
        metric = \"groundedness\"\n";
    assert!(read(&format!("{HEAD}{RULE}{CANARY}{worse}")).is_ok());
    for (rules, expected) in [
        (format!("{LEAK}{LEAK}"), "id `leak` is taken"),
        (LEAK.replace("id = \"leak\"\n", ""), "key `id` is missing"),
        (
            LEAK.replace("\"max-count\"", "\"sum\""),
            "unknown `kind` `sum`",
        ),
        (LEAK.replace("pii_leak", "pii"), "unknown metric `pii`"),
        (
            LEAK.replace("pii_leak", "groundedness"),
            "needs an amount, and `groundedness` is none",
        ),
        (
            worse.replace("groundedness", "pii_leak"),
            "needs a score, and `pii_leak` is none",
        ),
        (worse.replace("0.1", "-0.1"), "not from 0 to below 1"),
        (worse.replace("0.1", "1"), "not from 0 to below 1"),
        (rate.clone(), "needs the length of a window"),
        (rate.replace("max = 0", "max = -1"), "not at least 0"),
        (format!("{LEAK}{worse}").replace("0.1", "2"), "not from 0"),
    ] {
        refuses(&format!("{CANARY}{rules}"), expected);
    }
    refuses(
        &format!("{CANARY}rollback = []\n"),
        "without a reason to roll back",
    );
    refuses(
        &format!("{CANARY}window = \"soon\"\n{rate}"),
        "`window` is no length of time",
    );
}

#[test]
fn calibrations() {
    let origin = "judge-weight = 0.5\nlabelled-on = \"2026-11-25\"\n";
    let policy = read(&format!("{HEAD}{RULE}{CALIBRATION}{origin}")).unwrap();
    let read_origin = &policy.calibrations["groundedness"].origin;
    assert_eq!(read_origin.labelled_on.as_deref(), Some("2026-11-25"));
    assert_eq!(read_origin.weight, Some(0.5));
    for (more, expected) in [
        ("labelled-on = \"lately\"\n", "`labelled-on` is no day"),
        ("judge-weight = 1.5\n", "is a number from 0 to 1"),
        ("kappa = \"high\"\n", "`kappa`"),
        ("labels = 7\n", "`labels`"),
    ] {
        refuses(&format!("{CALIBRATION}{more}"), expected);
    }
    for (from, to, expected) in [
        ("groundedness", "tone", "unknown metric `tone`"),
        ("groundedness", "helpfulness", "on a score from 0 to 1"),
        ("0123456789ab", "0123", "`judge` is no digest"),
        ("0123456789ab", "0123456789xy", "`judge` is no digest"),
        ("good-right = 95", "good-right = 101", "which cannot be"),
        (
            "good-labelled = 100\n",
            "",
            "key `good-labelled` is missing",
        ),
    ] {
        refuses(&CALIBRATION.replace(from, to), expected);
    }
}

#[test]
fn environments() {
    let mut many = String::new();
    for number in 0..=20 {
        writeln!(many, "[env.e{number}]").unwrap();
    }
    refuses(&many, "more than 20 environments");
    refuses("[env]\ndev = 1\n", "`dev` is a whole number");
    refuses("[env.dev.rule]\na = 1\n", "`a` is a whole number");
    refuses("[env.dev.rule.b]\nmin = 1\n", "unknown rule `b`");
    refuses(
        "[env.a]\ninherits = \"b\"\n[env.b]\ninherits = \"a\"\n",
        "inherits from itself",
    );
    refuses("[env.a]\ninherits = \"b\"\n", "unknown environment `b`");
}

#[test]
fn the_names_of_environments_are_read_without_the_rest() {
    let names = |text: &str| super::environments("gate.toml", text);
    assert_eq!(
        names("[env.qa]\n[env.dev]\nnonsense = 1\n").unwrap(),
        ["dev", "qa"]
    );
    assert_eq!(names("name = \"p\"\n").unwrap(), [""; 0]);
    assert!(names("[env").is_err());
}

#[test]
fn rules() {
    let rule = |keys: &str| format!("[[rule]]\nid = \"b\"\n{keys}");
    let slices = "kind = \"slice-floor\"\nmetric = \"groundedness\"\nmin = 0.5\n";
    let must = "kind = \"must-pass\"\nmetric = \"groundedness\"\ncases = \"critical\"\n";
    let share = "kind = \"percentile\"\nmetric = \"latency_ms\"\nmax = 10\n";
    for (keys, expected) in [
        (format!("{slices}by = []\n"), "names no dimension"),
        (
            format!("{slices}by = [\"product\", \"product\"]\n"),
            "names `product` twice",
        ),
        (
            format!("{slices}by = [\"product\"]\nrequired = [\"=x\"]\n"),
            "`=x` is no slice",
        ),
        (
            format!("{slices}by = [\"product\"]\nrequired = [\"product=\"]\n"),
            "`product=` is no slice",
        ),
        (
            format!("{slices}by = [\"product\"]\nrequired = [\"language=pt\"]\n"),
            "unknown dimension of this rule `language`",
        ),
        (format!("{must}min = 2\n"), "reachable for `groundedness`"),
        (format!("{must}min = 0\n"), "reachable for `groundedness`"),
        (format!("{share}quantile = 0\n"), "not between 0 and 1"),
        (format!("{share}quantile = 1\n"), "not between 0 and 1"),
    ] {
        refuses(&rule(&keys), expected);
    }
    let health =
        "kind = \"judge-health\"\nfile = \"h.json\"\nmax-age = \"1d\"\nmeasure = \"flip-rate\"\n";
    for (keys, expected) in [
        (
            "metric = \"groundedness\"\nmax = 0\n",
            "above 0 and below 1",
        ),
        (
            "metric = \"tone\"\nmax = 0.1\n",
            "unknown judged metric `tone`",
        ),
        (
            "metric = \"pii_leak\"\nmax = 0.1\n",
            "unknown judged metric `pii_leak`",
        ),
    ] {
        refuses(&rule(&format!("{health}{keys}")), expected);
    }
    refuses(
        &rule("kind = \"freshness\"\nof = \"run\"\nmax-age = \"1d\"\ndate = \"/at\"\n"),
        "are for `of",
    );
    refuses(
        &RULE.replace("\"a\"", "\"b\\u0007\""),
        "holds control characters",
    );
}

#[test]
fn people() {
    let approval = "[[approval]]\nid = \"go\"\nroles = [\"vp\"]\nvalid-for = \"72h\"\n";
    for (from, to, expected) in [
        ("id = \"go\"\n", "", "key `id` is missing"),
        ("\"go\"", "\"a\"", "id `a` is taken"),
        ("[\"vp\"]", "[]", "names nobody"),
        ("[\"vp\"]", "[\"vp\", \"vp\"]", "names `vp` twice"),
        ("\"72h\"", "\"ever\"", "no length of time"),
    ] {
        refuses(&approval.replace(from, to), expected);
    }
    refuses("[waivers]\nmax = -1\n", "`max`");
    let policy = read(&format!("{HEAD}{RULE}")).unwrap();
    let waivers = |keys: &str| {
        let text = format!(
            "schema = \"groundgate.waivers/1\"\n[[waiver]]\nrule = \"a\"\nenv = [\"qa\"]\nbar = 0.8\n\
             reason = \"r\"\nowner = \"ana\"\napproved-by = \"anybody\"\nticket = \"T\"\n\
             created = 2026-11-01\nexpires = 2026-11-20\n{keys}"
        );
        read_waivers("waivers.toml", &text, &policy).map_err(|mistakes| mistakes.to_string())
    };
    let of_slice = waivers("id = \"W\"\nslice = \"product=cards\"\n").unwrap();
    assert_eq!(of_slice[0].slice.as_deref(), Some("product=cards"));
    assert!(waivers("").unwrap_err().contains("key `id` is missing"));
    let nobody = "schema = \"groundgate.waivers/1\"\n[[waiver]]\nid = \"W\"\n";
    let found = read_waivers("waivers.toml", nobody, &policy).unwrap_err();
    assert!(found.to_string().contains("key `owner` is missing"));
}
