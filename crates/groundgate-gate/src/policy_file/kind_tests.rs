//! What each kind of rule reads, and what of it is refused.

use groundgate_model::unit::UnitInterval;

use super::{
    tests::{HEAD, RULE, read_text},
    *,
};
use crate::{
    policy::{CaseFilter, Slice},
    rules::{
        Ceiling, Floor, MaxCount, MaxErrorRate, MeanMax, MustPass, NonInferior, Percentile,
        RatioMax, RuleKind, SliceFloor, Superior,
    },
};

/// The only rule of a policy, whose keys besides the id are given.
fn read_rule(keys: &str) -> Result<RuleKind, String> {
    let text = format!("{HEAD}[[rule]]\nid = \"a\"\n{keys}");
    let policy = read_text(&text, None)?;
    Ok(policy.rules.into_iter().next().unwrap().kind)
}

fn reads(keys: &str, expected: RuleKind) {
    assert_eq!(read_rule(keys), Ok(expected), "{keys}");
}

fn refuses(keys: &str, expected: &str) {
    let expected = Err(format!("gate.toml:{expected}"));
    assert_eq!(read_rule(keys), expected, "{keys}");
}

fn metric(name: &str) -> String {
    name.to_owned()
}

#[test]
fn every_kind_of_rule_is_read() {
    reads(
        "kind='floor'\nmetric='groundedness'\nmin=0.9",
        RuleKind::Floor(Floor {
            metric: metric("groundedness"),
            min: 0.9,
        }),
    );
    reads(
        "kind='floor'\nmetric='helpfulness'\nmin=4",
        RuleKind::Floor(Floor {
            metric: metric("helpfulness"),
            min: 4.0,
        }),
    );
    reads(
        "kind='ceiling'\nmetric='contradiction'\nmax=0.05",
        RuleKind::Ceiling(Ceiling {
            metric: metric("contradiction"),
            max: 0.05,
            cap: None,
        }),
    );
    reads(
        "kind='non-inferior'\nmetric='context_recall'\nmargin=0.05",
        RuleKind::NonInferior(NonInferior {
            metric: metric("context_recall"),
            margin: 0.05,
        }),
    );
    reads(
        "kind='superior'\nmetric='groundedness'",
        RuleKind::Superior(Superior {
            metric: metric("groundedness"),
            by: 0.0,
        }),
    );
}

#[test]
fn every_kind_of_rule_about_amounts_is_read() {
    reads(
        "kind='max-count'\nmetric='pii_leak'\nmax=0",
        RuleKind::MaxCount(MaxCount {
            metric: metric("pii_leak"),
            max: 0,
        }),
    );
    reads(
        "kind='max-error-rate'\nmax=0.01",
        RuleKind::MaxErrorRate(MaxErrorRate {
            max: UnitInterval::new(0.01).unwrap(),
        }),
    );
    reads(
        "kind='percentile'\nmetric='latency_ms'\nquantile=0.95\nmax=4000",
        RuleKind::Percentile(Percentile {
            metric: metric("latency_ms"),
            quantile: 0.95,
            max: 4000.0,
        }),
    );
    reads(
        "kind='mean-max'\nmetric='cost_usd'\nmax=0.03",
        RuleKind::MeanMax(MeanMax {
            metric: metric("cost_usd"),
            max: 0.03,
            cap: None,
        }),
    );
    reads(
        "kind='mean-max'\nmetric='cost_usd'\nmax=0.03\ncap=0.5",
        RuleKind::MeanMax(MeanMax {
            metric: metric("cost_usd"),
            max: 0.03,
            cap: Some(0.5),
        }),
    );
    reads(
        "kind='ratio-max'\nmetric='cost_usd'\nmax=1.1\ncap=0.5",
        RuleKind::RatioMax(RatioMax {
            metric: metric("cost_usd"),
            max: 1.1,
            cap: Some(0.5),
        }),
    );
    reads(
        "kind='ratio-max'\nmetric='cost_usd'\nmax=1.1",
        RuleKind::RatioMax(RatioMax {
            metric: metric("cost_usd"),
            max: 1.1,
            cap: None,
        }),
    );
}

#[test]
fn rules_about_slices_and_cases_are_read() {
    let slice = |tag: &str, value: &str| Slice {
        tag: tag.to_owned(),
        value: value.to_owned(),
    };
    reads(
        "kind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.6\nmin-cases=10\n\
         on-thin='hold'\nrequired=['product=refunds']",
        RuleKind::SliceFloor(SliceFloor {
            metric: metric("correctness"),
            by: vec!["product".to_owned()],
            min: 0.6,
            min_cases: 10,
            on_thin: OnOpen::Hold,
            required: vec![slice("product", "refunds")],
        }),
    );
    reads(
        "kind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.6",
        RuleKind::SliceFloor(SliceFloor {
            metric: metric("correctness"),
            by: vec!["product".to_owned()],
            min: 0.6,
            min_cases: 30,
            on_thin: OnOpen::Block,
            required: Vec::new(),
        }),
    );
    reads(
        "kind='must-pass'\nmetric='correctness'\ncases='critical'\nmin=1\nmin-cases=20\nrepeats=3",
        RuleKind::MustPass(MustPass {
            metric: metric("correctness"),
            cases: CaseFilter::Critical,
            min: 1.0,
            min_cases: 20,
            repeats: 3,
        }),
    );
    reads(
        "kind='must-pass'\nmetric='correctness'\ncases='product=fraud'\nmin=0.5",
        RuleKind::MustPass(MustPass {
            metric: metric("correctness"),
            cases: CaseFilter::Slice(slice("product", "fraud")),
            min: 0.5,
            min_cases: 1,
            repeats: 1,
        }),
    );
}

#[test]
fn thresholds_that_say_nothing_are_refused() {
    let floor = "kind='floor'\nmetric='groundedness'\nmin=";
    let inside = "above 0 and below 1, where `groundedness` can tell";
    refuses(
        &format!("{floor}1"),
        &format!("7:5: `min` is 1 and not {inside}"),
    );
    refuses(
        &format!("{floor}0.0"),
        &format!("7:5: `min` is 0 and not {inside}"),
    );
    refuses(
        &format!("{floor}92"),
        &format!("7:5: `min` is 92 and not {inside}"),
    );
    refuses(&format!("{floor}nan"), "7:5: `min` is not a finite number");
    refuses(
        &format!("{floor}'0.9'"),
        "7:5: `min` is a string and not a number",
    );
    let range = "from 0 to below 1, the range of `groundedness`";
    let worse = "kind='non-inferior'\nmetric='groundedness'\nmargin=";
    refuses(
        &format!("{worse}-0.1"),
        &format!("7:8: `margin` is -0.1 and not {range}"),
    );
    refuses(
        &format!("{worse}1.0"),
        &format!("7:8: `margin` is 1 and not {range}"),
    );
    refuses(
        "kind='superior'\nmetric='groundedness'\nby=-0.1",
        &format!("7:4: `by` is -0.1 and not {range}"),
    );
}

#[test]
fn amounts_and_counts_that_say_nothing_are_refused() {
    refuses(
        "kind='percentile'\nmetric='latency_ms'\nquantile=1.0\nmax=1",
        "7:10: `quantile` is 1 and not between 0 and 1",
    );
    refuses(
        "kind='percentile'\nmetric='latency_ms'\nquantile=0.5\nmax=0",
        "8:5: `max` is 0 and not more than 0",
    );
    refuses(
        "kind='max-count'\nmetric='pii_leak'\nmax=-1",
        "7:5: `max` is a negative number and not a whole number from 0 up",
    );
    refuses(
        "kind='max-count'\nmetric='pii_leak'\nmax=0.5",
        "7:5: `max` is a number with a point and not a whole number from 0 up",
    );
    refuses(
        "kind='max-error-rate'\nmax=1",
        "6:5: `max` is 1 and not from 0 to just below 1",
    );
    refuses(
        "kind='must-pass'\nmetric='correctness'\ncases='critical'\nmin=1.5",
        "8:5: `min` is 1.5 and not above 0 and reachable for `correctness`",
    );
    refuses(
        "kind='must-pass'\nmetric='correctness'\ncases='critical'\nmin=1\nmin-cases=0",
        "9:11: `min-cases` is 0 and not at least 1",
    );
}

#[test]
fn a_rule_says_which_metrics_and_keys_suit_it() {
    refuses(
        "kind='floor'\nmetric='latency_ms'\nmin=1",
        "6:8: `floor` needs a score of which more is better, and `latency_ms` is an amount of which less is better",
    );
    refuses(
        "kind='ceiling'\nmetric='groundedness'\nmax=0.1",
        "6:8: `ceiling` needs a score of which less is better, and `groundedness` is a score of which more is better",
    );
    refuses(
        "kind='non-inferior'\nmetric='cost_usd'\nmargin=0.1",
        "6:8: `non-inferior` needs a score, and `cost_usd` is an amount of which less is better",
    );
    refuses(
        "kind='max-count'\nmetric='groundedness'\nmax=0",
        "6:8: `max-count` needs an amount of which less is better, and `groundedness` is a score of which more is better",
    );
    refuses(
        "kind='floor'\nmetric='groundednes'\nmin=0.5",
        "6:8: unknown metric `groundednes`",
    );
    refuses(
        "kind='flor'\nmetric='groundedness'\nmin=0.5",
        "5:6: unknown `kind` `flor`",
    );
    refuses(
        "kind='floor'\nmetric='groundedness'\nmin=0.5\nmax=0.6",
        "8:1: unknown key `max`",
    );
    refuses(
        "kind='floor'\nmetric='groundedness'",
        "3:1: key `min` is missing",
    );
    refuses(
        "metric='groundedness'\nmin=0.5",
        "3:1: key `kind` is missing",
    );
    refuses(
        "kind='slice-floor'\nmetric='correctness'\nby=[]\nmin=0.5",
        "7:4: `by` names no dimension",
    );
    refuses(
        "kind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.5\nrequired=['refunds']",
        "9:11: `refunds` is no slice",
    );
    refuses(
        "kind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.5\nrequired=['lang=pt']",
        "9:11: unknown dimension of this rule `lang`",
    );
    refuses(
        "kind='slice-floor'\nmetric='correctness'\nby=['product']\nmin=0.5\non-thin='warn'",
        "9:9: `on-thin` cannot be `warn`: what cannot be shown to hold never passes",
    );
}

#[test]
fn margins_are_held_against_the_range_and_not_the_ends() {
    let margin = |margin: f64| {
        let keys =
            format!("kind = \"non-inferior\"\nmetric = \"helpfulness\"\nmargin = {margin}\n");
        read_rule(&keys)
    };
    assert!(margin(3.9).is_ok());
    assert!(
        margin(4.5).is_err_and(|why| why.contains("from 0 to below 4, the range of `helpfulness`"))
    );
    let canary = |margin: f64| {
        let text = format!(
            "{HEAD}{RULE}[canary]\nmin-answers = 100\nthin-windows = 3\n[[canary.rollback]]\nid = \"q\"\n\
             kind = \"non-inferior\"\nmetric = \"helpfulness\"\nmargin = {margin}\n"
        );
        read_text(&text, None)
    };
    assert!(canary(3.9).is_ok(), "{:?}", canary(3.9));
    assert!(canary(4.5).is_err_and(|why| why.contains("not from 0 to below 4")));
}
