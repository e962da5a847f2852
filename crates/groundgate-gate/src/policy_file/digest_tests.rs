//! The same policy keeps its digest: signatures, approvals and sequential runs name it.

use groundgate_model::trial::{DataType, Direction, MetricSpec};

use super::*;
use crate::settings_of;

/// A policy that says everything that a policy can say.
const EVERYTHING: &str = r#"
schema = "groundgate.policy/1"
name = "everything"
owner = "data science"
[statistics]
confidence = 0.9
min-cases = 50
missing-max = 0.01
bound = "proven"
versus-baseline = "population"
absolute = "suite"
[defaults]
on-inconclusive = "hold"
[baseline]
max-age = "14d"
[judge-calibration.groundedness]
judge = "0123456789abcdef"
good-labelled = 120
good-right = 114
bad-labelled = 90
bad-right = 83
labels = "fedcba987654"
labelled-on = "2026-11-25"
kappa = 0.86
kappa-lower = 0.8
judge-weight = 0.7
[waivers]
max = 2
approvers = ["role:head"]
[[rule]]
id = "floor"
kind = "floor"
metric = "groundedness"
min = 0.92
estimand = "population"
why = "below this, agents told us they stop trusting it"
[[rule]]
id = "ceiling"
kind = "ceiling"
metric = "toxicity"
max = 0.05
[[rule]]
id = "non-inferior"
kind = "non-inferior"
metric = "groundedness"
margin = 0.02
[[rule]]
id = "superior"
kind = "superior"
metric = "groundedness"
by = 0.01
waivable = false
[[rule]]
id = "slice-floor"
kind = "slice-floor"
metric = "groundedness"
by = ["product", "language"]
min = 0.88
min-cases = 40
on-thin = "hold"
required = ["product=refunds"]
[[rule]]
id = "must-pass"
kind = "must-pass"
metric = "groundedness"
cases = "critical"
min = 1.0
min-cases = 25
repeats = 3
[[rule]]
id = "must-pass-of-a-slice"
kind = "must-pass"
metric = "groundedness"
cases = "product=refunds"
min = 1.0
[[rule]]
id = "max-count"
kind = "max-count"
metric = "pii_leak"
max = 3
[[rule]]
id = "max-error-rate"
kind = "max-error-rate"
max = 0.01
[[rule]]
id = "percentile"
kind = "percentile"
metric = "latency_ms"
quantile = 0.95
max = 4000
[[rule]]
id = "mean-max"
kind = "mean-max"
metric = "cost_usd"
max = 0.031
[[rule]]
id = "ratio-max"
kind = "ratio-max"
metric = "cost_usd"
max = 1.1
[[rule]]
id = "evidence"
kind = "evidence"
file = "index.json"
value = "/rows"
date = "/at"
max-age = "7d"
min = 1000
unit = "rows"
[[rule]]
id = "evidence-at-most"
kind = "evidence"
file = "index.json"
value = "/errors"
date = "/at"
max-age = "7d"
max = 3
[[rule]]
id = "freshness"
kind = "freshness"
of = "run"
max-age = "48h"
[[rule]]
id = "freshness-of-baseline"
kind = "freshness"
of = "baseline"
max-age = "48h"
[[rule]]
id = "freshness-of-file"
kind = "freshness"
of = "file"
file = "index.json"
date = "/at"
max-age = "48h"
[[rule]]
id = "max-overlap"
kind = "max-overlap"
files = ["prompt.txt", "examples.jsonl"]
max = 0.02
[[rule]]
id = "judge-health"
kind = "judge-health"
metric = "groundedness"
measure = "agreement"
file = "health.json"
max-age = "60d"
min = 0.7
min-labels = 150
[[rule]]
id = "judge-flips"
kind = "judge-health"
metric = "groundedness"
measure = "flip-rate"
file = "health.json"
max-age = "60d"
max = 0.05
[[approval]]
id = "launch"
roles = ["vp-product", "security"]
valid-for = "72h"
not-by = ["run-initiator", "change-author"]
[canary]
min-answers = 150
window = "30m"
[[canary.rollback]]
id = "quality"
kind = "non-inferior"
metric = "groundedness"
margin = 0.05
consecutive = 2
[[canary.rollback]]
id = "leak"
kind = "max-count"
metric = "pii_leak"
max = 0
[[canary.rollback]]
id = "spend"
kind = "rate-max"
metric = "cost_usd"
max = 45
[[canary.rollback]]
id = "errors"
kind = "max-error-rate"
max = 0.1
[env.prod]
[env.prod.rule.floor]
min = 0.93
"#;

fn everything(env: Option<&str>) -> Policy {
    let toxicity = MetricSpec {
        direction: Direction::LowerIsBetter,
        ..MetricSpec::score("toxicity", DataType::Fraction)
    };
    let groundedness = MetricSpec::score("groundedness", DataType::Binary);
    let known = [toxicity, groundedness].map(|spec| (spec.name.clone(), spec));
    read_policy("gate.toml", EVERYTHING, env, &known.into()).unwrap()
}

#[test]
fn the_digest_of_a_policy_stays_what_it_was() {
    let expected = [
        (
            None,
            "499352f93f3938477c35d7edc428c2596ded7d48a8fed75e91afafa282f18828",
        ),
        (
            Some("prod"),
            "7f6c2fe33a45f82148982fcf0cd0b491c78efc12afe009ad23b1714332ab14ad",
        ),
    ];
    for (env, digest) in expected {
        assert_eq!(everything(env).digest.to_string(), digest, "{env:?}");
    }
}

#[test]
fn every_setting_is_shown_in_the_same_words() {
    let mut shown = String::new();
    for (part, settings) in settings_of(&everything(None)) {
        let settings: Vec<String> = (settings.into_iter())
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        shown = format!("{shown}{part}: {}\n", settings.join("; "));
    }
    insta::assert_snapshot!(shown);
}
