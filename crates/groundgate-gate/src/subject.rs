//! The name of a verdict, which approvals give: a digest over everything that the scores decided.

use groundgate_model::{trial::ScoreTable, unit::Digest};
use serde_json::json;

use super::{policy::Policy, run_scores::RunScores, verdict::Decision};

/// What approvals of this verdict name: a digest over policy, environment, runs and what the scores
/// decided. Facts with a date of their own are left out: they are read again at every gate.
pub fn approval_subject(
    policy: &Policy,
    environment: &str,
    evidence: RunScores<'_>,
    scores: &Decision,
) -> Digest {
    let run = |table: &ScoreTable| {
        json!([
            table.run_id,
            table.variant,
            table.eval_set_digest.to_string(),
            table.planned()
        ])
    };
    let findings: Vec<_> = scores
        .findings
        .iter()
        .map(|finding| json!([finding.id, finding.verdict.name(), finding.sentence]))
        .collect();
    let document = json!({
        "policy": policy.digest.to_string(),
        "environment": environment,
        "candidate": run(evidence.candidate),
        "baseline": evidence.baseline.map(run),
        "findings": findings,
    });
    Digest::of(document.to_string().as_bytes())
}

/// The same name, bound to more: the seals of the records, and what was asked.
pub(super) fn bound(subject: Digest, to: &[(String, Digest)]) -> Digest {
    if to.is_empty() {
        return subject;
    }
    let more = to
        .iter()
        .map(|(what, digest)| json!([what, digest.to_string()]));
    let document = json!([subject.to_string(), more.collect::<Vec<_>>()]);
    Digest::of(document.to_string().as_bytes())
}
