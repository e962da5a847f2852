//! From policy and scores to a verdict.
//!
//! Each rule becomes one or more drafts (a slice rule one per slice). A draft is settled by itself
//! (no data, a count), or it carries two one-sided tests. Then all drafts are read together: Holm's
//! correction shares the error rate of FAIL among them; PASS needs all of them, so it needs no
//! correction (statistics.md 3.6). The worst finding is the verdict.
//!
//! | H0 'the bar is not met' rejected | H0 'the bar is met' rejected (Holm) | finding |
//! |---|---|---|
//! | yes | no | pass |
//! | no | yes | fail |
//! | no | no | inconclusive, or hold where the policy says so |

use super::{
    policy::{OnOpen, Policy, Rule},
    rules, sentence,
    verdict::{Bar, Counts, Decision, Finding, ScaledMargin, Verdict},
};
use crate::{
    stats::{Alphas, Assessment, Comparison, StatsError, holm},
    trial::ScoreTable,
};

/// What a policy is held against.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The run under test.
    pub candidate: &'a ScoreTable,
    /// What rules against a baseline compare with.
    pub baseline: Option<&'a ScoreTable>,
}

/// A rule's finding before all rules are read together.
#[derive(Debug)]
pub(super) struct Draft {
    /// The rule's id, for a slice rule followed by the slice.
    pub(super) id: String,
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) slice: Option<String>,
    pub(super) threshold: f64,
    pub(super) bar: Bar,
    pub(super) is_difference: bool,
    pub(super) scaled: Option<ScaledMargin>,
    pub(super) counts: Counts,
    pub(super) worst_cases: Vec<String>,
    pub(super) state: State,
}

/// How far a draft is settled by itself.
#[derive(Debug)]
pub(super) enum State {
    /// Decided without a test, and why.
    Settled(Verdict, String),
    /// Two one-sided tests of one procedure.
    Tested(Box<Assessment>),
}

/// The verdict of one rule, for a slice rule of one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleVerdict {
    /// The rule's place in the policy, from 0.
    pub(super) rule: usize,
    /// The rule's id, for a slice rule followed by the slice.
    pub(super) id: String,
    pub(super) verdict: Verdict,
}

/// The verdicts of [`decide`] alone, without bounds and sentences: for simulations.
pub(super) fn verdicts(policy: &Policy, evidence: Evidence<'_>) -> Vec<RuleVerdict> {
    let rules = policy.rules.iter().enumerate();
    let drafts: Vec<(usize, Draft)> = rules
        .flat_map(|(place, rule)| {
            let drafts = rules::drafts(policy, rule, evidence);
            drafts.into_iter().map(move |draft| (place, draft))
        })
        .collect();
    let p_fail: Vec<Option<f64>> = drafts.iter().map(|(_, draft)| p_fail(draft)).collect();
    let p_values: Vec<f64> = p_fail.iter().copied().flatten().collect();
    let mut adjusted = holm(&p_values, policy.statistics.alpha_fail).into_iter();
    let verdicts = drafts.into_iter().zip(p_fail).map(|((rule, draft), p)| {
        let level = p.and_then(|_| adjusted.next()).map(|one| one.level);
        let level = level.unwrap_or(policy.statistics.alpha_fail);
        let verdict = match &draft.state {
            State::Settled(verdict, _) => *verdict,
            State::Tested(assessment) => {
                let alphas = alphas(policy, draft.bar, level);
                match assessment.p_values_at(draft.threshold, alphas) {
                    Ok((above, below)) => {
                        let shown = (above < alphas.lower, below < alphas.upper);
                        tested(policy, draft.bar, shown)
                    }
                    Err(_) => Verdict::Error,
                }
            }
        };
        RuleVerdict {
            rule,
            id: draft.id,
            verdict,
        }
    });
    verdicts.collect()
}

/// Holds a policy against the evidence. Never empty, never panics, never passes without data.
pub fn decide(policy: &Policy, evidence: Evidence<'_>) -> Decision {
    let drafts: Vec<(&Rule, Draft)> = policy
        .rules
        .iter()
        .flat_map(|rule| {
            rules::drafts(policy, rule, evidence)
                .into_iter()
                .map(move |draft| (rule, draft))
        })
        .collect();
    let p_fail: Vec<Option<f64>> = drafts.iter().map(|(_, draft)| p_fail(draft)).collect();
    let tested: Vec<f64> = p_fail.iter().copied().flatten().collect();
    let mut adjusted = holm(&tested, policy.statistics.alpha_fail).into_iter();
    let findings: Vec<Finding> = drafts
        .into_iter()
        .zip(p_fail)
        .map(|((rule, draft), p)| {
            let level = p
                .and_then(|_| adjusted.next())
                .map(|adjusted| adjusted.level);
            finding(
                policy,
                rule,
                draft,
                level.unwrap_or(policy.statistics.alpha_fail),
            )
        })
        .collect();
    let verdict = findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or(Verdict::Error);
    Decision {
        verdict,
        findings,
        notes: rules::notes(policy, evidence),
    }
}

fn p_fail(draft: &Draft) -> Option<f64> {
    match &draft.state {
        State::Settled(..) => None,
        // A p-value that cannot be had is no evidence.
        State::Tested(assessment) => {
            let p_values = assessment.p_values_at(draft.threshold, assessment.alphas());
            Some(p_values.map_or(1.0, |(above, below)| match draft.bar {
                Bar::AtLeast => below,
                Bar::AtMost => above,
            }))
        }
    }
}

fn finding(policy: &Policy, rule: &Rule, draft: Draft, alpha_fail: f64) -> Finding {
    let (verdict, estimate, why_settled) = match &draft.state {
        State::Settled(verdict, why) => (*verdict, None, Some(why.clone())),
        State::Tested(assessment) => match compare(policy, &draft, assessment, alpha_fail) {
            Ok(comparison) => (
                tested(
                    policy,
                    draft.bar,
                    (comparison.is_above(), comparison.is_below()),
                ),
                Some(comparison.estimate),
                None,
            ),
            Err(error) => (Verdict::Error, None, Some(error.to_string())),
        },
    };
    let mut finding = Finding {
        id: draft.id,
        kind: rule.kind.name(),
        metric: draft.metric,
        unit: draft.unit,
        slice: draft.slice,
        why: rule.why.clone(),
        verdict,
        sentence: String::new(),
        estimate,
        threshold: draft.threshold,
        bar: draft.bar,
        is_difference: draft.is_difference,
        scaled: draft.scaled,
        counts: draft.counts,
        worst_cases: draft.worst_cases,
        policy_line: rule.line,
    };
    finding.sentence = why_settled.unwrap_or_else(|| sentence::of(&finding));
    finding
}

fn compare(
    policy: &Policy,
    draft: &Draft,
    assessment: &Assessment,
    alpha_fail: f64,
) -> Result<Comparison, StatsError> {
    assessment.against_at(draft.threshold, alphas(policy, draft.bar, alpha_fail))
}

const fn alphas(policy: &Policy, bar: Bar, alpha_fail: f64) -> Alphas {
    let alpha_pass = policy.statistics.alpha_pass;
    match bar {
        Bar::AtLeast => Alphas {
            lower: alpha_pass,
            upper: alpha_fail,
        },
        Bar::AtMost => Alphas {
            lower: alpha_fail,
            upper: alpha_pass,
        },
    }
}

fn tested(policy: &Policy, bar: Bar, (is_above, is_below): (bool, bool)) -> Verdict {
    let (is_shown, is_refuted) = match bar {
        Bar::AtLeast => (is_above, is_below),
        Bar::AtMost => (is_below, is_above),
    };
    match (is_refuted, is_shown, policy.on_inconclusive) {
        (true, _, _) => Verdict::Fail,
        (false, true, _) => Verdict::Pass,
        (false, false, OnOpen::Block) => Verdict::Inconclusive,
        (false, false, OnOpen::Hold) => Verdict::Hold,
    }
}
