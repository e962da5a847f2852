//! From policy and scores to a verdict.
//!
//! Each rule becomes one or more drafts (a slice rule one per slice). A draft is decided by itself
//! (no data, a count), or it carries two one-sided tests. Then all drafts are read together: Holm's
//! correction shares the error rate of FAIL among them; PASS needs all of them, so it needs no
//! correction (docs/statistics.md). The worst finding is the verdict.
//!
//! | H0 'the threshold is not met' rejected | H0 'the threshold is met' rejected (Holm) | finding |
//! |---|---|---|
//! | yes | no | pass |
//! | no | yes | fail |
//! | no | no | inconclusive, or hold where the policy says so |

use groundgate_model::trial::ScoreTable;
use groundgate_stats::{Alphas, Assessment, Estimate, StatsError, holm_at};

use super::{
    draft::{Draft, State},
    interim::{LEVEL_MIN, View},
    labels::HumanScores,
    notes::notes,
    policy::{OnOpen, Policy, Rule},
    rules::{ERRORS, Evaluation, Threshold, decided},
    run_scores::RunScores,
    sentence,
    verdict::{AllowedSide, Decision, Finding, Verdict},
};

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
pub(super) fn verdicts(policy: &Policy, evidence: RunScores<'_>) -> Vec<RuleVerdict> {
    let view = View::of(policy.digest, evidence);
    let drafts = drafts(policy, &view).into_iter();
    let verdicts = drafts.map(|(rule, draft, levels)| {
        let verdict = match &draft.state {
            State::Decided(verdict, _) => *verdict,
            State::Tested(assessment) => {
                let alphas = levels.alphas(draft.side);
                let at = |threshold| assessment.p_values_at(threshold, alphas);
                let both = at(draft.threshold).and_then(|pass| Ok((pass, at(draft.fails_at())?)));
                both.map_or(Verdict::Error, |(pass, fail)| {
                    let shown = match draft.side {
                        AllowedSide::AtLeast => Shown {
                            above: pass.0 < alphas.lower,
                            below: fail.1 < alphas.upper,
                        },
                        AllowedSide::AtMost => Shown {
                            above: fail.0 < alphas.lower,
                            below: pass.1 < alphas.upper,
                        },
                    };
                    tested(policy, draft.side, shown, levels.of(assessment))
                })
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
pub fn decide(policy: &Policy, evidence: RunScores<'_>) -> Decision {
    decide_with_labels(policy, evidence, None)
}

/// The same, with what people said of some of the candidate's answers: rules about the mean of a
/// metric with enough labels speak of what people would say of all answers.
pub fn decide_with_labels(
    policy: &Policy,
    evidence: RunScores<'_>,
    labels: Option<&HumanScores>,
) -> Decision {
    let view = View::of(policy.digest, evidence).with_labels(labels);
    let findings: Vec<Finding> = drafts(policy, &view)
        .into_iter()
        .filter_map(|(place, draft, levels)| {
            Some(finding(policy, policy.rules.get(place)?, draft, levels))
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
        notes: notes(policy, &view),
    }
}

/// Every rule's drafts with the rule's place and with what their tests are held to: the rate of FAIL is
/// shared among all drafts (Holm).
fn drafts(policy: &Policy, view: &View<'_>) -> Vec<(usize, Draft, Levels)> {
    let rules = policy.rules.iter().enumerate();
    let tables = [Some(view.whole), view.baseline.as_deref()]
        .into_iter()
        .flatten();
    let impossible = tables
        .filter_map(ScoreTable::impossible_score)
        .map(|(metric, value)| sentence::impossible(metric, value))
        .next();
    let drafts: Vec<(usize, Draft)> = rules
        .flat_map(|(place, rule)| {
            let evaluation = Evaluation {
                id: &rule.id,
                estimand: rule.estimand,
                statistics: &policy.statistics,
                calibrations: &policy.calibrations,
                view,
            };
            let drafts = match &impossible {
                Some(why) => vec![broken(rule, &evaluation, why.clone())],
                None => rule.kind.drafts(&evaluation),
            };
            let drafts = drafts.into_iter();
            drafts.map(move |draft| (place, draft))
        })
        .collect();
    let p_fail: Vec<Option<f64>> = drafts.iter().map(|(_, draft)| p_fail(draft)).collect();
    let p_values: Vec<f64> = p_fail.iter().copied().flatten().collect();
    let alpha = policy.statistics.alpha_fail;
    let mut adjusted = holm_at(&p_values, alpha, |share| view.nominal(share)).into_iter();
    let (pass, alone) = (view.alpha_pass(&policy.statistics), view.nominal(alpha));
    let with_levels = drafts.into_iter().zip(p_fail).map(|((place, draft), p)| {
        let shared = p.and_then(|_| adjusted.next()).map(|one| one.level);
        let fail = shared.unwrap_or(alone);
        (place, draft, Levels { pass, fail })
    });
    with_levels.collect()
}

/// The draft of a rule that cannot be evaluated, and why.
fn broken(rule: &Rule, evaluation: &Evaluation<'_>, why: String) -> Draft {
    let metric = rule.kind.metric().unwrap_or(ERRORS);
    Draft {
        state: decided(Verdict::Error, why),
        ..evaluation.blank(metric, Threshold::at_least(0.0))
    }
}

fn p_fail(draft: &Draft) -> Option<f64> {
    match &draft.state {
        State::Decided(..) => None,
        // A p-value that cannot be had is no evidence.
        State::Tested(assessment) => {
            let p_values = assessment.p_values_at(draft.fails_at(), assessment.alphas());
            Some(p_values.map_or(1.0, |(above, below)| match draft.side {
                AllowedSide::AtLeast => below,
                AllowedSide::AtMost => above,
            }))
        }
    }
}

/// What the two tests of a rule are held to; 0 where a test may not decide.
#[derive(Debug, Clone, Copy)]
struct Levels {
    pass: f64,
    fail: f64,
}

impl Levels {
    /// What errs more often than it says passes nothing by itself.
    const fn of(self, assessment: &Assessment) -> Self {
        let pass = if assessment.holds_its_rate() {
            self.pass
        } else {
            0.0
        };
        Self { pass, ..self }
    }

    /// Where a test may not decide, its bound is shown at the smallest level there is.
    const fn alphas(self, side: AllowedSide) -> Alphas {
        let (pass, fail) = (self.pass.max(LEVEL_MIN), self.fail.max(LEVEL_MIN));
        match side {
            AllowedSide::AtLeast => Alphas {
                lower: pass,
                upper: fail,
            },
            AllowedSide::AtMost => Alphas {
                lower: fail,
                upper: pass,
            },
        }
    }
}

fn finding(policy: &Policy, rule: &Rule, draft: Draft, levels: Levels) -> Finding {
    let (verdict, found) = match &draft.state {
        State::Decided(verdict, why) => (*verdict, Err(why.clone())),
        State::Tested(assessment) => match compare(&draft, assessment, levels) {
            Ok((shown, estimate)) => {
                let levels = levels.of(assessment);
                (tested(policy, draft.side, shown, levels), Ok(estimate))
            }
            Err(error) => (Verdict::Error, Err(error.to_string())),
        },
    };
    let (n_labels, fails_at) = (draft.n_labels, draft.fails_at());
    let is_rough = matches!(&draft.state, State::Tested(tested) if !tested.holds_its_rate());
    let mut finding = Finding {
        id: draft.id,
        kind: rule.kind.name(),
        metric: draft.metric,
        unit: draft.unit,
        slice: draft.slice,
        why: rule.why.clone(),
        verdict,
        sentence: String::new(),
        estimate: None,
        observed: None,
        threshold: draft.threshold,
        side: draft.side,
        is_difference: draft.is_difference,
        scaled: draft.scaled,
        waived: None,
        counts: draft.counts,
        worst_cases: draft.worst_cases,
        policy_line: rule.line,
    };
    match found {
        Ok(estimate) => {
            let tested = sentence::Tested {
                finding: &finding,
                quantity: &rule.kind.quantity(&finding.metric),
                estimate: &estimate,
                n_labels,
                fails_at,
                is_rough,
            };
            finding.sentence = tested.sentence(policy.statistics.alpha_pass);
            finding.estimate = Some(estimate);
        }
        Err(why) => finding.sentence = why,
    }
    finding
}

/// What is shown at the threshold, and of a fail at the one of a fail.
fn compare(
    draft: &Draft,
    assessment: &Assessment,
    levels: Levels,
) -> Result<(Shown, Estimate), StatsError> {
    let at = |threshold| assessment.against_at(threshold, levels.alphas(draft.side));
    let passing = at(draft.threshold)?;
    let failing = match draft.refuted_at {
        Some(threshold) => at(threshold)?,
        None => passing.clone(),
    };
    let shown = match draft.side {
        AllowedSide::AtLeast => Shown {
            above: passing.is_above(),
            below: failing.is_below(),
        },
        AllowedSide::AtMost => Shown {
            above: failing.is_above(),
            below: passing.is_below(),
        },
    };
    Ok((shown, passing.estimate))
}

/// On which side of its threshold a number is shown to be.
#[derive(Debug, Clone, Copy)]
struct Shown {
    above: bool,
    below: bool,
}

fn tested(policy: &Policy, side: AllowedSide, shown: Shown, levels: Levels) -> Verdict {
    let (is_shown, is_refuted) = match side {
        AllowedSide::AtLeast => (shown.above, shown.below),
        AllowedSide::AtMost => (shown.below, shown.above),
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

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Cell;

    use super::*;
    use crate::{
        rules::{Floor, RuleKind},
        tests::{policy, table},
    };

    const ABOVE: Shown = Shown {
        above: true,
        below: false,
    };
    const BELOW: Shown = Shown {
        above: false,
        below: true,
    };

    #[test]
    fn a_test_that_may_not_decide_does_not() {
        let policy = policy(Vec::new());
        let both = Levels {
            pass: 0.05,
            fail: 0.05,
        };
        let (no_pass, no_fail) = (Levels { pass: 0.0, ..both }, Levels { fail: 0.0, ..both });
        for (side, above, below) in [
            (AllowedSide::AtLeast, Verdict::Pass, Verdict::Fail),
            (AllowedSide::AtMost, Verdict::Fail, Verdict::Pass),
        ] {
            let verdict = |shown, levels| tested(&policy, side, shown, levels);
            assert_eq!(verdict(ABOVE, both), above);
            assert_eq!(verdict(BELOW, both), below);
            let neither = Shown {
                below: false,
                ..BELOW
            };
            assert_eq!(verdict(neither, both), Verdict::Inconclusive);
        }
        let verdict = |shown, levels| tested(&policy, AllowedSide::AtLeast, shown, levels);
        assert_eq!(verdict(ABOVE, no_pass), Verdict::Inconclusive);
        assert_eq!(verdict(BELOW, no_fail), Verdict::Inconclusive);
    }

    /// Holm: the clearest failure takes half of the 5 %, and leaves all of it to the other. 172 of 200
    /// against 0.9 has p = 0.0434 (scipy's `binom.cdf`), 174 has 0.1005.
    #[test]
    fn a_clear_failure_leaves_the_whole_rate_to_the_next() {
        let second = |right: usize| {
            let candidate = table("run", 200, |index| {
                Cell::Scored(f64::from(u8::from(index < right)))
            });
            let floor = |min| {
                RuleKind::Floor(Floor {
                    metric: "groundedness".to_owned(),
                    min,
                })
            };
            let evidence = RunScores {
                candidate: &candidate,
                baseline: None,
            };
            let both = decide(&policy(vec![floor(0.99), floor(0.9)]), evidence);
            assert_eq!(both.findings[0].verdict, Verdict::Fail);
            both.findings[1].verdict
        };
        assert_eq!(second(172), Verdict::Fail);
        assert_eq!(second(174), Verdict::Inconclusive);
    }
}
