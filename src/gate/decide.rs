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
    bounds::Bounds,
    policy::{OnOpen, Policy, Rule},
    rules,
    sentence,
    verdict::{Bar, Counts, Decision, Finding, Verdict},
};
use crate::{
    stats::{Estimate, holm_alphas},
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
    pub(super) counts: Counts,
    pub(super) worst_cases: Vec<String>,
    pub(super) state: State,
}

/// How far a draft is settled by itself.
#[derive(Debug)]
pub(super) enum State {
    /// Decided without a test: the verdict, why, and the number where there is one.
    Settled(Verdict, String, Option<Estimate>),
    /// Two one-sided tests of one procedure.
    Tested(Box<Bounds>),
}

/// Holds a policy against the evidence. Never empty, never panics, never passes without data.
pub fn decide(policy: &Policy, evidence: Evidence<'_>) -> Decision {
    let drafts: Vec<(&Rule, Draft)> = policy
        .rules
        .iter()
        .flat_map(|rule| rules::drafts(policy, rule, evidence).into_iter().map(move |draft| (rule, draft)))
        .collect();
    let p_fail: Vec<Option<f64>> = drafts.iter().map(|(_, draft)| p_fail(draft)).collect();
    let tested: Vec<f64> = p_fail.iter().copied().flatten().collect();
    let mut alphas = holm_alphas(&tested, policy.statistics.alpha_fail).into_iter();
    let findings: Vec<Finding> = drafts
        .into_iter()
        .zip(p_fail)
        .map(|((rule, draft), p)| {
            let alpha_fail = p.and_then(|_| alphas.next()).unwrap_or(policy.statistics.alpha_fail);
            finding(policy, rule, draft, alpha_fail)
        })
        .collect();
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Error);
    Decision { verdict, findings, notes: rules::notes(policy, evidence) }
}

fn p_fail(draft: &Draft) -> Option<f64> {
    match &draft.state {
        State::Settled(..) => None,
        State::Tested(bounds) => Some(match draft.bar {
            Bar::AtLeast => bounds.p_below(draft.threshold),
            Bar::AtMost => bounds.p_above(draft.threshold),
        }),
    }
}

fn finding(policy: &Policy, rule: &Rule, draft: Draft, alpha_fail: f64) -> Finding {
    let (verdict, estimate, why_settled) = match draft.state {
        State::Settled(verdict, why, estimate) => (verdict, estimate, Some(why)),
        State::Tested(ref bounds) => {
            let verdict = tested(policy, &draft, bounds, alpha_fail);
            let alpha_pass = policy.statistics.alpha_pass;
            let (lower, upper) = match draft.bar {
                Bar::AtLeast => (alpha_pass, alpha_fail),
                Bar::AtMost => (alpha_fail, alpha_pass),
            };
            (verdict, Some(bounds.estimate(lower, upper)), None)
        }
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
        counts: draft.counts,
        worst_cases: draft.worst_cases,
        policy_line: rule.line,
    };
    finding.sentence = why_settled.unwrap_or_else(|| sentence::of(&finding));
    finding
}

fn tested(policy: &Policy, draft: &Draft, bounds: &Bounds, alpha_fail: f64) -> Verdict {
    let (p_pass, p_fail) = match draft.bar {
        Bar::AtLeast => (bounds.p_above(draft.threshold), bounds.p_below(draft.threshold)),
        Bar::AtMost => (bounds.p_below(draft.threshold), bounds.p_above(draft.threshold)),
    };
    if p_fail < alpha_fail {
        Verdict::Fail
    } else if p_pass < policy.statistics.alpha_pass {
        Verdict::Pass
    } else {
        match policy.on_inconclusive {
            OnOpen::Block => Verdict::Inconclusive,
            OnOpen::Hold => Verdict::Hold,
        }
    }
}
