//! From the scores' verdict to the gate's.
//!
//! | step | what it can do |
//! |---|---|
//! | waivers | a rule that passes a waiver's threshold instead of its own becomes waived |
//! | judge health | what an unhealthy judge measured becomes inconclusive, waived or not |
//! | rules about facts | add findings; one whose file the change could have written holds at best |
//! | what a run must be | adds findings that hold or cannot be told |
//! | approvals | add findings that hold until everybody has said yes |
//! | the baseline's age | what would pass against one that is too old becomes inconclusive |
//!
//! The worst finding is the verdict.

use std::collections::BTreeSet;

use groundgate_model::{trial::ScoreTable, unit::Digest};

use super::{
    approvals,
    decide::decide_with_labels,
    facts::{Concern, Facts, Waiver},
    policy::{FactRule, Policy, Rule},
    rules::{AskedFact, Found, Shape, Threshold},
    run_scores::RunScores,
    sentence, stale_baseline,
    subject::{approval_subject, bound},
    verdict::{Decision, Finding, Verdict, Waived},
};

/// What the gate says, and the name of it that approvals give.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseDecision {
    /// The verdict with all its findings.
    pub decision: Decision,
    /// Over what the scores decided: approvals name it.
    pub subject: Digest,
}

/// Holds a policy against scores and facts. Never empty, never panics, never passes without data.
pub fn decide_release(policy: &Policy, evidence: RunScores<'_>, facts: &Facts) -> ReleaseDecision {
    let scores = decide_with_labels(policy, evidence, facts.labels.as_ref());
    let subject = approval_subject(policy, &facts.environment, evidence, &scores);
    let subject = bound(subject, &facts.bound_to);
    let mut decision = scores;
    waive(policy, evidence, facts, &mut decision);
    for rule in &policy.release.facts {
        let found = fact(policy, rule, facts, evidence.candidate);
        if rule.kind.is_about_a_judge() && found.verdict != Verdict::Pass {
            distrust_judge(&found, evidence.candidate, &mut decision.findings);
        }
        decision.findings.push(found);
    }
    let concerns = facts.concerns.iter().map(concern);
    decision.findings.extend(concerns);
    let approvals = policy.release.approvals.iter();
    let approvals = approvals.map(|rule| approvals::finding(rule, subject, facts));
    decision.findings.extend(approvals);
    check_number_of_waivers(policy, &mut decision);
    stale_baseline::make_inconclusive(policy, facts, &mut decision.findings);
    let notes = facts
        .waivers
        .iter()
        .filter_map(|waiver| waiver.note(facts.at));
    decision.notes.extend(notes);
    let worst = decision
        .findings
        .iter()
        .map(|finding| finding.verdict)
        .max();
    decision.verdict = worst.unwrap_or(Verdict::Error);
    ReleaseDecision { decision, subject }
}

/// A rule about a fact, with its waiver where there is one.
fn fact(policy: &Policy, rule: &FactRule, facts: &Facts, candidate: &ScoreTable) -> Finding {
    let asked = AskedFact {
        id: &rule.id,
        kind: rule.kind.name(),
        why: rule.why.as_deref(),
        line: rule.line,
        facts,
        candidate,
        alpha: policy.statistics.alpha_pass,
    };
    let at_waived = |waiver: &Waiver| {
        let lowered = rule.kind.with_threshold(waiver.threshold)?;
        Some(lowered.finding(&asked))
    };
    let rule_or_never = Waivable {
        id: &rule.id,
        never: &policy.release.waivers.never,
    };
    let found = rule_or_never.waived(facts, rule.kind.finding(&asked), &at_waived);
    hold_unprotected(rule, facts, found)
}

/// What the change under test could have written itself lets nothing pass.
fn hold_unprotected(rule: &FactRule, facts: &Facts, found: Finding) -> Finding {
    let mut files = rule.kind.files().iter();
    let Some(file) = files.find(|file| facts.unprotected.contains(*file)) else {
        return found;
    };
    if found.verdict >= Verdict::Hold {
        return found;
    }
    Finding {
        verdict: Verdict::Hold,
        sentence: sentence::unprotected(file, &found.sentence),
        waived: None,
        ..found
    }
}

/// What speaks against the run, as a finding of its own.
fn concern(concern: &Concern) -> Finding {
    let shape = Shape {
        id: concern.id,
        kind: "measurement",
        metric: "measurement",
        unit: "",
        why: None,
        line: None,
        threshold: Threshold::at_least(1.0),
    };
    shape.finding(Found {
        verdict: concern.verdict,
        sentence: concern.sentence.clone(),
        observed: None,
    })
}

fn waive(policy: &Policy, evidence: RunScores<'_>, facts: &Facts, decision: &mut Decision) {
    for rule in &policy.rules {
        let own = format!("{}/", rule.id);
        let is_its = |finding: &&mut Finding| finding.id == rule.id || finding.id.starts_with(&own);
        for finding in decision.findings.iter_mut().filter(is_its) {
            let id = finding.id.clone();
            let at_waived = |waiver: &Waiver| {
                let policy = with_threshold(policy, rule, waiver.threshold)?;
                let decision = decide_with_labels(&policy, evidence, facts.labels.as_ref());
                decision.findings.into_iter().find(|again| again.id == id)
            };
            let rule = Waivable {
                id: &rule.id,
                never: &policy.release.waivers.never,
            };
            *finding = rule.waived(facts, finding.clone(), &at_waived);
        }
    }
}

/// The policy of that rule alone, at another threshold; `None` where it cannot have that one.
fn with_threshold(policy: &Policy, rule: &Rule, threshold: f64) -> Option<Policy> {
    let kind = rule.kind.with_threshold(threshold)?;
    let rule = Rule {
        kind,
        ..rule.clone()
    };
    Some(Policy {
        rules: vec![rule],
        ..policy.clone()
    })
}

/// A rule, and those that are never waived.
struct Waivable<'a> {
    id: &'a str,
    never: &'a BTreeSet<String>,
}

impl Waivable<'_> {
    /// The finding, waived where a waiver in force has a threshold that it passes.
    fn waived(
        &self,
        facts: &Facts,
        found: Finding,
        at_waived: &dyn Fn(&Waiver) -> Option<Finding>,
    ) -> Finding {
        let is_open = matches!(
            found.verdict,
            Verdict::Hold | Verdict::Inconclusive | Verdict::Fail
        );
        if !is_open || self.never.contains(self.id) {
            return found;
        }
        let slice = found.slice.as_deref();
        let in_force = facts.waivers.iter().filter(|waiver| {
            waiver.is_about(self.id, slice, &facts.environment) && waiver.is_in_force(facts.at)
        });
        // Of several the strictest counts, and no laxer one beside it.
        let distance = |waiver: &Waiver| (waiver.threshold - found.threshold).abs();
        let strictest = in_force.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        let granted = strictest.filter(|waiver| {
            at_waived(waiver).is_some_and(|lowered| lowered.verdict == Verdict::Pass)
        });
        match granted {
            None => found,
            Some(waiver) => Finding {
                verdict: Verdict::Waived,
                sentence: sentence::waived(waiver, &found.sentence),
                waived: Some(Waived {
                    id: waiver.id.clone(),
                    was: found.verdict,
                    threshold: waiver.threshold,
                    expires: waiver.expires.to_string(),
                    ticket: waiver.ticket.clone(),
                    said: found.sentence.clone(),
                }),
                ..found
            },
        }
    }
}

/// More waivers than the policy bears: none of them counts.
fn check_number_of_waivers(policy: &Policy, decision: &mut Decision) {
    let used: BTreeSet<&str> = (decision.findings.iter())
        .filter_map(|finding| Some(finding.waived.as_ref()?.id.as_str()))
        .collect();
    let Some(max) = policy.release.waivers.max.filter(|max| used.len() > *max) else {
        return;
    };
    let note = sentence::too_many_waivers(used.len(), max);
    for finding in &mut decision.findings {
        if let Some(waived) = finding.waived.take() {
            finding.verdict = waived.was;
            finding.sentence = waived.said;
        }
    }
    decision.notes.push(note);
}

/// What the judge of a metric measured cannot be told, by what was found of that judge.
fn distrust_judge(health: &Finding, candidate: &ScoreTable, findings: &mut [Finding]) {
    let instrument = |name: &str| candidate.columns.get(name).map(|column| column.instrument);
    let judge = instrument(&health.metric);
    let is_its = |finding: &&mut Finding| {
        finding.metric == health.metric || (judge.is_some() && instrument(&finding.metric) == judge)
    };
    for finding in findings.iter_mut().filter(is_its) {
        if !matches!(finding.verdict, Verdict::Inconclusive | Verdict::Error) {
            finding.verdict = Verdict::Inconclusive;
            finding.waived = None;
            let why = sentence::unhealthy_judge(&health.id);
            finding.sentence = sentence::cannot_be_told(&why, &finding.sentence);
        }
    }
}
