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
    look::{LEVEL_MIN, View},
    policy::{OnOpen, Policy, Rule},
    rules, sentence,
    verdict::{Bar, Counts, Decision, Finding, Verdict},
};
use crate::{
    stats::{Alphas, Assessment, Comparison, StatsError, holm_at},
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
    /// Decided without a test, and why.
    Settled(Verdict, String),
    /// Two one-sided tests of one procedure.
    Tested(Box<Assessment>),
}

/// Holds a policy against the evidence. Never empty, never panics, never passes without data.
pub fn decide(policy: &Policy, evidence: Evidence<'_>) -> Decision {
    let view = View::of(policy, evidence);
    let drafts: Vec<(&Rule, Draft)> = policy
        .rules
        .iter()
        .flat_map(|rule| {
            rules::drafts(policy, rule, &view)
                .into_iter()
                .map(move |draft| (rule, draft))
        })
        .collect();
    let p_fail: Vec<Option<f64>> = drafts.iter().map(|(_, draft)| p_fail(draft)).collect();
    let tested: Vec<f64> = p_fail.iter().copied().flatten().collect();
    let nominal = |alpha| view.nominal(alpha);
    let mut adjusted = holm_at(&tested, policy.statistics.alpha_fail, nominal).into_iter();
    let pass = view.alpha_pass(policy);
    let findings: Vec<Finding> = drafts
        .into_iter()
        .zip(p_fail)
        .map(|((rule, draft), p)| {
            let level = p
                .and_then(|_| adjusted.next())
                .map(|adjusted| adjusted.level);
            let levels = Levels {
                pass,
                fail: level.unwrap_or_else(|| view.nominal(policy.statistics.alpha_fail)),
            };
            finding(policy, rule, draft, levels)
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
        notes: rules::notes(policy, &view),
    }
}

fn p_fail(draft: &Draft) -> Option<f64> {
    match &draft.state {
        State::Settled(..) => None,
        // A p-value that cannot be had is no evidence.
        State::Tested(assessment) => Some(assessment.against(draft.threshold).map_or(
            1.0,
            |comparison| match draft.bar {
                Bar::AtLeast => comparison.p_below,
                Bar::AtMost => comparison.p_above,
            },
        )),
    }
}

/// What the two tests of a rule are held to; 0 where a test may not decide.
#[derive(Debug, Clone, Copy)]
struct Levels {
    pass: f64,
    fail: f64,
}

fn finding(policy: &Policy, rule: &Rule, draft: Draft, levels: Levels) -> Finding {
    let (verdict, estimate, why_settled) = match &draft.state {
        State::Settled(verdict, why) => (*verdict, None, Some(why.clone())),
        State::Tested(assessment) => match compare(&draft, assessment, levels) {
            Ok(comparison) => (
                tested(policy, draft.bar, &comparison, levels),
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
        counts: draft.counts,
        worst_cases: draft.worst_cases,
        policy_line: rule.line,
    };
    finding.sentence = why_settled.unwrap_or_else(|| sentence::of(&finding));
    finding
}

fn compare(
    draft: &Draft,
    assessment: &Assessment,
    levels: Levels,
) -> Result<Comparison, StatsError> {
    // Where a test may not decide, its bound is shown at the smallest level there is.
    let (pass, fail) = (levels.pass.max(LEVEL_MIN), levels.fail.max(LEVEL_MIN));
    let alphas = match draft.bar {
        Bar::AtLeast => Alphas {
            lower: pass,
            upper: fail,
        },
        Bar::AtMost => Alphas {
            lower: fail,
            upper: pass,
        },
    };
    assessment.against_at(draft.threshold, alphas)
}

fn tested(policy: &Policy, bar: Bar, comparison: &Comparison, levels: Levels) -> Verdict {
    let (above, below) = (comparison.is_above(), comparison.is_below());
    let (is_shown, is_refuted) = match bar {
        Bar::AtLeast => (above, below),
        Bar::AtMost => (below, above),
    };
    let (is_shown, is_refuted) = (
        is_shown && levels.pass > 0.0,
        is_refuted && levels.fail > 0.0,
    );
    match (is_refuted, is_shown, policy.on_inconclusive) {
        (true, _, _) => Verdict::Fail,
        (false, true, _) => Verdict::Pass,
        (false, false, OnOpen::Block) => Verdict::Inconclusive,
        (false, false, OnOpen::Hold) => Verdict::Hold,
    }
}
