//! Policies that name a metric as it was called before.

use groundgate_model::trial::{DataType, MetricSpec};

use super::*;
use crate::{
    canary::RollbackKind,
    rules::{FactKind, JudgeHealth},
};

const HEAD: &str = "schema='groundgate.policy/1'\nname='p'\n";
const HEALTH: &str = "good-labelled=90\ngood-right=88\nbad-labelled=80\nbad-right=75\n";

fn read(text: &str, known: &[&str]) -> Result<Policy, String> {
    let spec = |name: &&str| {
        let name = (*name).to_owned();
        (name.clone(), MetricSpec::score(&name, DataType::Fraction))
    };
    let known: KnownMetrics = known.iter().map(spec).collect();
    let text = format!("{HEAD}{text}");
    read_policy("gate.toml", &text, None, &known).map_err(|mistakes| mistakes.to_string())
}

/// A rule, a judge's health, a calibration and a canary, each about `metric`.
fn all_about(metric: &str) -> String {
    format!(
        "[[rule]]\nid='floor'\nkind='floor'\nmetric='{metric}'\nmin=0.9\n\
         [[rule]]\nid='health'\nkind='judge-health'\nfile='h.json'\nmetric='{metric}'\nmax-age='7d'\nmeasure='agreement'\nmin=0.5\n\
         [judge-calibration.{metric}]\njudge='0123456789ab'\n{HEALTH}\
         [canary]\nmin-answers=10\n\
         [[canary.rollback]]\nid='worse'\nkind='non-inferior'\nmetric='{metric}'\nmargin=0.1\n"
    )
}

/// What of a policy names a metric.
fn named(policy: &Policy) -> Vec<&str> {
    let rules = policy.rules.iter().filter_map(|rule| rule.kind.metric());
    let facts = policy.release.facts.iter().map(|rule| {
        let FactKind::JudgeHealth(JudgeHealth { metric, .. }) = &rule.kind else {
            panic!("{rule:?}");
        };
        metric.as_str()
    });
    let calibrations = policy.calibrations.keys().map(String::as_str);
    let canary = policy
        .release
        .canary
        .iter()
        .flat_map(|canary| &canary.rules);
    let canary = canary.map(|rule| {
        let RollbackKind::NonInferior { metric, .. } = &rule.kind else {
            panic!("{rule:?}");
        };
        metric.as_str()
    });
    rules
        .chain(facts)
        .chain(calibrations)
        .chain(canary)
        .collect()
}

#[test]
fn every_part_of_a_policy_may_name_a_metric_as_it_was_called_before() {
    let old = read(&all_about("contradiction"), &["no_contradiction"]).unwrap();
    assert_eq!(named(&old), ["no_contradiction"; 4]);
    let new = read(&all_about("no_contradiction"), &["no_contradiction"]).unwrap();
    assert_eq!(old.digest, new.digest);
    let prefixed = read(
        &all_about("embedded_contradiction"),
        &["embedded_no_contradiction"],
    );
    assert_eq!(named(&prefixed.unwrap()), ["embedded_no_contradiction"; 4]);
}

#[test]
fn a_metric_of_somebodys_own_is_meant_by_the_name_it_has() {
    let both = ["contradiction", "no_contradiction"];
    let policy = read(&all_about("contradiction"), &both).unwrap();
    assert_eq!(named(&policy), ["contradiction"; 4]);
    let mistakes = read(&all_about("contradiction"), &["groundedness"]).unwrap_err();
    assert!(mistakes.contains("`contradiction`"), "{mistakes}");
}

#[test]
fn a_metric_is_not_calibrated_under_both_names() {
    let twice = ["contradiction", "no_contradiction"]
        .map(|metric| format!("[judge-calibration.{metric}]\njudge='0123456789ab'\n{HEALTH}"));
    let rule = "[[rule]]\nid='floor'\nkind='floor'\nmetric='no_contradiction'\nmin=0.9\n";
    let text = format!("{rule}{}", twice.concat());
    let mistakes = read(&text, &["no_contradiction"]).unwrap_err();
    assert!(
        mistakes.contains("`no_contradiction` is calibrated twice"),
        "{mistakes}"
    );
}
