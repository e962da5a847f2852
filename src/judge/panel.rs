//! Several votes of one judge on one answer, made into one outcome per metric.
//!
//! Values are averaged (ordinal ones: their median), labels of claims go by majority, ties to the
//! label that is worse for the answer. Too few scored votes leave the outcome unscored: a vote that
//! failed never counts as agreement.

use std::collections::BTreeMap;

use super::{
    score::{self, Outcomes, mean},
    spec::{JudgeSpec, JudgedMetric},
};
use crate::trial::{ClaimFinding, DataType, Label, MetricSpec, Outcome, Score, Unscored};

/// Joins the votes on one answer; a vote that is not there counts as not run.
pub fn combine(spec: &JudgeSpec, votes: &[Outcomes]) -> Outcomes {
    spec.metrics
        .iter()
        .zip(spec.metrics())
        .map(|(judged, voted)| {
            let outcomes: Vec<&Outcome> = votes
                .iter()
                .filter_map(|vote| vote.get(&judged.metric.name))
                .collect();
            (voted.name.clone(), join(spec, judged, &voted, &outcomes))
        })
        .collect()
}

fn join(
    spec: &JudgeSpec,
    judged: &JudgedMetric,
    voted: &MetricSpec,
    outcomes: &[&Outcome],
) -> Outcome {
    if let ([only], 1) = (outcomes, spec.votes) {
        return (*only).clone();
    }
    let mut scores: Vec<&Score> = Vec::new();
    let mut not_applicable = Vec::new();
    let mut reasons: Vec<&Unscored> = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Scored(score) => scores.push(score),
            Outcome::NotApplicable(why) => not_applicable.push(why),
            Outcome::Unscored(reason) => reasons.push(reason),
        }
    }
    let needed = usize::try_from(spec.votes_needed).unwrap_or(usize::MAX);
    if scores.len() + not_applicable.len() < needed {
        let reason = reasons
            .first()
            .map_or(Unscored::NotRun, |reason| (*reason).clone());
        return Outcome::Unscored(reason);
    }
    match not_applicable.first() {
        Some(why) if not_applicable.len() > scores.len() => Outcome::NotApplicable((*why).clone()),
        _ => join_scores(judged, voted, &scores, outcomes.len()),
    }
}

fn join_scores(
    judged: &JudgedMetric,
    joined: &MetricSpec,
    scores: &[&Score],
    votes: usize,
) -> Outcome {
    let values: Vec<f64> = scores.iter().map(|score| score.value()).collect();
    let Some(value) = center(judged.metric.data_type, &values) else {
        return Outcome::Unscored(Unscored::NotRun);
    };
    let claims = majority(scores);
    let explanation = explain(scores, &values, votes);
    score::scored(joined, value, explanation, claims)
}

fn center(data_type: DataType, values: &[f64]) -> Option<f64> {
    if !matches!(data_type, DataType::Ordinal { .. }) {
        // Rounding may carry a mean of ones beyond one.
        return mean(values).map(|value| value.clamp(0.0, 1.0));
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// What the votes said, and how many went against the first of them.
fn explain(scores: &[&Score], values: &[f64], votes: usize) -> String {
    let shown: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
    let first = scores
        .first()
        .map_or("", |score| score.explanation.as_str());
    let flips = values.first().map_or(0, |first| {
        values
            .iter()
            .filter(|value| value.total_cmp(first).is_ne())
            .count()
    });
    format!(
        "{} of {votes} votes scored: {}; {flips} differ from the first; first vote: {first}",
        scores.len(),
        shown.join(", ")
    )
}

/// Each claim with the label that most votes gave it, as the first vote with that label found it.
fn majority(scores: &[&Score]) -> Vec<ClaimFinding> {
    let mut by_id: BTreeMap<&str, Vec<&ClaimFinding>> = BTreeMap::new();
    for claim in scores.iter().flat_map(|score| &score.claims) {
        by_id.entry(&claim.id).or_default().push(claim);
    }
    let ids = scores
        .first()
        .map(|score| score.claims.as_slice())
        .unwrap_or_default();
    ids.iter()
        .filter_map(|claim| elect(by_id.get(claim.id.as_str())?))
        .collect()
}

fn elect(findings: &[&ClaimFinding]) -> Option<ClaimFinding> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.label).or_default() += 1;
    }
    let (label, count) = counts
        .iter()
        .max_by_key(|(label, count)| (**count, badness(**label)))?;
    let mut elected = (*findings.iter().find(|finding| finding.label == *label)?).clone();
    if *count < findings.len() {
        let said: Vec<String> = counts
            .iter()
            .map(|(label, count)| format!("{count} {}", label.name()))
            .collect();
        elected
            .reasons
            .push(format!("{}{}", ClaimFinding::SPLIT, said.join(", ")));
    }
    Some(elected)
}

const fn badness(label: Label) -> u8 {
    match label {
        Label::NotAClaim => 0,
        Label::Supported => 1,
        Label::NotFound => 2,
        Label::Contradicted => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{copilot::FailureKind, judge::test_values::voting_spec};

    fn vote(value: f64, label: Label) -> Outcomes {
        let metric = MetricSpec::score("groundedness", DataType::Binary);
        let claim = ClaimFinding {
            id: "s1".to_owned(),
            text: "x".to_owned(),
            start: 0,
            end: 1,
            label,
            evidence: None,
            reasons: Vec::new(),
        };
        let outcome = score::scored(&metric, value, "because".to_owned(), vec![claim]);
        BTreeMap::from([("groundedness".to_owned(), outcome)])
    }

    fn other(outcome: Outcome) -> Outcomes {
        BTreeMap::from([("groundedness".to_owned(), outcome)])
    }

    #[test]
    fn with_more_votes_no_more_may_fail_and_the_instrument_is_another() {
        for (votes, needed, asked, expected) in
            [(1, 1, 3, 3), (3, 2, 5, 4), (3, 3, 1, 1), (5, 2, 1, 1)]
        {
            let mut spec = voting_spec(votes, needed);
            let digest = spec.digest;
            spec.set_votes(asked);
            assert_eq!((spec.votes, spec.votes_needed), (asked, expected));
            assert_ne!(spec.digest, digest);
        }
        let mut same = voting_spec(3, 2);
        let digest = same.digest;
        same.set_votes(3);
        assert_eq!((same.votes_needed, same.digest), (2, digest));
        // One of three configured votes failed: two do not speak for it.
        let mut spec = voting_spec(1, 1);
        spec.set_votes(3);
        let failed = other(Outcome::Unscored(Unscored::NotRun));
        let good = || vote(1.0, Label::Supported);
        check(&spec, &[good(), good(), failed], None);
    }

    #[track_caller]
    fn check(spec: &JudgeSpec, votes: &[Outcomes], expected: Option<f64>) -> Outcome {
        let joined = combine(spec, votes)
            .remove("groundedness")
            .expect("the metric");
        match (&joined, expected) {
            (Outcome::Scored(score), Some(value)) => assert!((score.value() - value).abs() < 1e-12),
            (Outcome::Unscored(_) | Outcome::NotApplicable(_), None) => {}
            _ => panic!("{joined:?}"),
        }
        joined
    }

    #[test]
    fn values_are_averaged_and_labels_go_by_majority() {
        let spec = voting_spec(3, 3);
        let votes = [
            vote(1.0, Label::Supported),
            vote(0.0, Label::NotFound),
            vote(1.0, Label::Supported),
        ];
        let joined = check(&spec, &votes, Some(2.0 / 3.0));
        let Outcome::Scored(score) = joined else {
            panic!()
        };
        assert_eq!(score.claims[0].label, Label::Supported);
        assert_eq!(score.claims[0].reasons, ["votes: 2 supported, 1 not-found"]);
        assert!(
            score.explanation.contains("1 differ"),
            "{}",
            score.explanation
        );
    }

    #[test]
    fn a_tie_goes_to_the_worse_label() {
        let spec = voting_spec(2, 2);
        let votes = [vote(1.0, Label::Supported), vote(0.0, Label::Contradicted)];
        let Outcome::Scored(score) = check(&spec, &votes, Some(0.5)) else {
            panic!()
        };
        assert_eq!(score.claims[0].label, Label::Contradicted);
    }

    #[test]
    fn a_failed_vote_leaves_it_unscored_unless_enough_others_scored() {
        let failed = other(Outcome::Unscored(Unscored::JudgeFailed(
            FailureKind::Timeout,
        )));
        let votes = [
            vote(1.0, Label::Supported),
            failed,
            vote(1.0, Label::Supported),
        ];
        check(&voting_spec(3, 3), &votes, None);
        check(&voting_spec(3, 2), &votes, Some(1.0));
        check(&voting_spec(3, 3), &[vote(1.0, Label::Supported)], None);
        check(&voting_spec(3, 3), &[], None);
    }

    #[test]
    fn most_votes_decide_whether_it_applies_and_a_tie_is_scored() {
        let not_applicable = || other(Outcome::NotApplicable("nothing".to_owned()));
        let votes = [
            not_applicable(),
            vote(0.0, Label::NotFound),
            not_applicable(),
        ];
        check(&voting_spec(3, 3), &votes, None);
        check(&voting_spec(2, 2), &votes[..2], Some(0.0));
    }
}
