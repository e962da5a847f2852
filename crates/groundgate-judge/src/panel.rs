//! Several votes on one answer, of one model or of a panel's jurors, made into one outcome per metric.
//!
//! Values are averaged (ordinal ones: their median), labels of claims go by majority, ties to the
//! label that is worse for the answer. Too few scored votes leave the outcome unscored. Where enough
//! others suffice, a vote that failed counts as the worst there is, and the score says what it would be
//! at the best: a gate takes the end that helps nobody. So no failure is agreement.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::trial::{
    ClaimFinding, DataType, Label, MetricSpec, Outcome, Reason, Score, Unscored, VotesFor,
    disagreement_of,
};

use super::{
    score::{self, Outcomes, mean},
    spec::{JudgeSpec, JudgedMetric},
};

/// What one vote said.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote<'a> {
    /// Whose vote it is, in a panel; empty where one model judges.
    pub juror: &'a str,
    /// Whether a model was asked: on what code settles, nobody can disagree.
    pub is_asked: bool,
    /// One outcome per metric.
    pub outcomes: Outcomes,
}

/// Joins the votes on one answer; a vote that is not there counts as failed.
pub fn combine(spec: &JudgeSpec, votes: &[Vote<'_>]) -> Outcomes {
    let size = |votes: u32| usize::try_from(votes).unwrap_or(usize::MAX);
    spec.metrics
        .iter()
        .zip(spec.metrics())
        .map(|(judged, voted)| {
            let ballot = Ballot::of(votes, &judged.metric.name, size(spec.votes));
            let outcome = ballot.outcome(judged, &voted, size(spec.votes_needed));
            (voted.name, outcome)
        })
        .collect()
}

/// The votes on one metric of one answer.
struct Ballot<'a> {
    /// How many there should be.
    votes: usize,
    scores: Vec<(&'a str, &'a Score)>,
    not_applicable: Vec<(&'a str, &'a str)>,
    failed: Vec<(&'a str, &'a Unscored)>,
    /// Of those that are there, the first.
    first: Option<&'a Outcome>,
}

impl<'a> Ballot<'a> {
    fn of(votes: &'a [Vote<'_>], metric: &str, planned: usize) -> Self {
        let said = votes
            .iter()
            .filter_map(|vote| Some((vote.juror, vote.outcomes.get(metric)?)));
        let mut ballot = Self {
            votes: planned,
            scores: Vec::new(),
            not_applicable: Vec::new(),
            failed: Vec::new(),
            first: said.clone().next().map(|(_, outcome)| outcome),
        };
        for (juror, outcome) in said {
            match outcome {
                Outcome::Scored(score) => ballot.scores.push((juror, score)),
                Outcome::NotApplicable(why) => ballot.not_applicable.push((juror, why)),
                Outcome::Unscored(reason) => ballot.failed.push((juror, reason)),
            }
        }
        ballot
    }

    fn outcome(&self, judged: &JudgedMetric, joined: &MetricSpec, needed: usize) -> Outcome {
        if let (Some(only), 1) = (self.first, self.votes) {
            return only.clone();
        }
        let (scored, without) = (self.scores.len(), self.not_applicable.len());
        let n_failed = self.votes.saturating_sub(scored + without);
        let is_decided = without > scored + n_failed || without + n_failed <= scored;
        // Where votes failed, they may have decided whether the metric applies at all.
        if scored + without < needed || (n_failed > 0 && !is_decided) {
            let reason = self.failed.first().map(|(_, reason)| (*reason).clone());
            return Outcome::Unscored(reason.unwrap_or(Unscored::NotRun));
        }
        match self.not_applicable.first() {
            Some((_, why)) if without > scored => Outcome::NotApplicable((*why).to_owned()),
            _ => self.score(judged, joined, n_failed),
        }
    }

    fn score(&self, judged: &JudgedMetric, joined: &MetricSpec, n_failed: usize) -> Outcome {
        // What is disputed in a vote counts both ways, too.
        let center_with = |end: Option<f64>, value: fn(&Score) -> f64| {
            let scored = self.scores.iter().map(|(_, score)| value(score));
            let mut values: Vec<f64> = scored.collect();
            if n_failed > 0 {
                values.extend(std::iter::repeat_n(end?, n_failed));
            }
            center(judged.metric.data_type, &values)
        };
        let ends = center_with(judged.metric.worst(), Score::value)
            .zip(center_with(judged.metric.best(), |score| {
                score.up_to().unwrap_or(score.value())
            }));
        let Some((value, best)) = ends else {
            return Outcome::Unscored(Unscored::NotRun);
        };
        match score::scored(joined, value, self.explain(n_failed), self.majority()) {
            Outcome::Scored(score) => Outcome::Scored(score.or_up_to(best)),
            impossible @ (Outcome::NotApplicable(_) | Outcome::Unscored(_)) => impossible,
        }
    }

    /// Who said what, whose votes failed, and in one juror's words each value that was given.
    fn explain(&self, n_failed: usize) -> String {
        let who = |juror: &str| juror.to_owned() + if juror.is_empty() { "" } else { " " };
        let shown: Vec<String> = (self.scores.iter())
            .map(|(juror, score)| format!("{}{:.2}", who(juror), score.value()))
            .collect();
        let mut parts = vec![format!(
            "{} of {} votes scored: {}",
            self.scores.len(),
            self.votes,
            shown.join(", ")
        )];
        let applied = self.not_applicable.iter();
        parts.extend(applied.map(|(juror, why)| format!("{}nothing to judge: {why}", who(juror))));
        let failed = self.failed.iter();
        parts.extend(failed.map(|(juror, reason)| format!("{}no score: {reason}", who(juror))));
        if n_failed > 0 {
            parts.push("what failed counts as the worst".to_owned());
        }
        let first = self
            .scores
            .first()
            .map(|(_, score)| score.value().to_bits());
        let differs = |(_, score): &&(&str, &Score)| Some(score.value().to_bits()) != first;
        let flips = self.scores.iter().filter(differs).count();
        parts.push(format!("{flips} differ from the first"));
        let mut seen = BTreeSet::new();
        for (juror, score) in &self.scores {
            let name = if juror.is_empty() {
                "first vote"
            } else {
                juror
            };
            let is_new = seen.insert(score.value().to_bits());
            if is_new && (seen.len() == 1 || !juror.is_empty()) {
                parts.push(format!("{name}: {}", score.explanation));
            }
        }
        parts.join("; ")
    }

    /// Each claim with the label that most votes gave it, as the first vote with that label found it.
    fn majority(&self) -> Vec<ClaimFinding> {
        let mut by_id: BTreeMap<&str, Vec<OneVote<'_>>> = BTreeMap::new();
        for (juror, score) in &self.scores {
            for claim in &score.claims {
                let vote = OneVote { juror, claim };
                by_id.entry(&claim.id).or_default().push(vote);
            }
        }
        let ids = self
            .scores
            .first()
            .map(|(_, score)| score.claims.as_slice())
            .unwrap_or_default();
        ids.iter()
            .filter_map(|claim| elect(by_id.get(claim.id.as_str())?))
            .collect()
    }

    /// What one juror's own votes come to.
    fn of_juror(&self, juror: &str) -> Self {
        let own = |name: &&str| *name == juror;
        let scores: Vec<_> = (self.scores.iter().filter(|(name, _)| own(name)).copied()).collect();
        let not_applicable: Vec<_> = (self
            .not_applicable
            .iter()
            .filter(|(name, _)| own(name))
            .copied())
        .collect();
        let failed: Vec<_> = (self.failed.iter().filter(|(name, _)| own(name)).copied()).collect();
        Self {
            votes: scores.len() + not_applicable.len() + failed.len(),
            scores,
            not_applicable,
            failed,
            first: None,
        }
    }
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

/// What one juror says of a claim.
struct OneVote<'a> {
    juror: &'a str,
    claim: &'a ClaimFinding,
}

fn elect(cast: &[OneVote<'_>]) -> Option<ClaimFinding> {
    let mut by_label: BTreeMap<Label, Vec<&str>> = BTreeMap::new();
    for vote in cast {
        let jurors = by_label.entry(vote.claim.label).or_default();
        jurors.push(vote.juror);
    }
    let (label, won) = by_label
        .iter()
        .max_by_key(|(label, jurors)| (jurors.len(), label.badness()))?;
    let mut of_label = cast.iter().filter(|vote| vote.claim.label == *label);
    let mut elected = of_label.next()?.claim.clone();
    if won.len() < cast.len() {
        let counted = by_label.iter().map(|(label, jurors)| VotesFor {
            label: *label,
            n: jurors.len(),
            jurors: (jurors.iter())
                .filter(|juror| !juror.is_empty())
                .map(|juror| (*juror).to_owned())
                .collect(),
        });
        elected.reasons.push(Reason::SplitVotes {
            votes: counted.collect(),
        });
    }
    Some(elected)
}

/// Whether the jurors of a panel disagree about an answer: 1 if on any metric the votes of two of them
/// come to different values. Not applicable where nobody was asked.
pub fn disagreement(spec: &JudgeSpec, judge: &str, votes: &[Vote<'_>]) -> (String, Outcome) {
    let metric = disagreement_of(judge);
    let outcome = if votes.iter().any(|vote| vote.is_asked) {
        disagree(spec, &metric, votes)
    } else {
        Outcome::NotApplicable("settled without asking a juror".to_owned())
    };
    (metric.name, outcome)
}

fn disagree(spec: &JudgeSpec, metric: &MetricSpec, votes: &[Vote<'_>]) -> Outcome {
    let jurors: BTreeSet<&str> = votes.iter().map(|vote| vote.juror).collect();
    let (mut differing, mut open, mut applies) = (Vec::new(), None, false);
    for (judged, voted) in spec.metrics.iter().zip(spec.metrics()) {
        let ballot = Ballot::of(votes, &judged.metric.name, votes.len());
        let mut values = BTreeSet::new();
        let mut said = Vec::new();
        for juror in &jurors {
            let own = ballot.of_juror(juror);
            let value = match own.outcome(judged, &voted, own.votes) {
                Outcome::Scored(score) => Some(score.value()),
                Outcome::NotApplicable(_) => None,
                Outcome::Unscored(reason) => {
                    open = Some(reason);
                    continue;
                }
            };
            applies |= value.is_some();
            let shown = value.map_or("nothing to judge".to_owned(), |value| format!("{value:.2}"));
            said.push(format!("{juror} {shown}"));
            values.insert(value.map(f64::to_bits));
        }
        if values.len() > 1 {
            differing.push(format!("{}: {}", judged.metric.name, said.join(", ")));
        }
    }
    match open {
        Some(reason) if differing.is_empty() => Outcome::Unscored(reason),
        None if !applies => Outcome::NotApplicable("nothing to judge".to_owned()),
        _ if differing.is_empty() => {
            score::scored(metric, 0.0, "all jurors agree".to_owned(), Vec::new())
        }
        _ => score::scored(
            metric,
            1.0,
            format!("jurors disagree on {}", differing.join("; ")),
            Vec::new(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::{exchange::FailureKind, trial::ClaimOf};

    use super::*;
    use crate::test_values::{bundled_spec, voting_spec};

    fn vote(value: f64, label: Label) -> Vote<'static> {
        of("", value, label)
    }

    fn of(juror: &str, value: f64, label: Label) -> Vote<'_> {
        let metric = MetricSpec::score("groundedness", DataType::Binary);
        let claim = ClaimFinding {
            of: ClaimOf::Answer,
            id: "s1".to_owned(),
            text: "x".to_owned(),
            start: 0,
            end: 1,
            label,
            evidence: None,
            reasons: Vec::new(),
        };
        let outcome = score::scored(&metric, value, "because".to_owned(), vec![claim]);
        other(juror, outcome)
    }

    fn other(juror: &str, outcome: Outcome) -> Vote<'_> {
        Vote {
            juror,
            is_asked: true,
            outcomes: BTreeMap::from([("groundedness".to_owned(), outcome)]),
        }
    }

    fn timeout(juror: &str) -> Vote<'_> {
        other(
            juror,
            Outcome::Unscored(Unscored::JudgeFailed(FailureKind::Timeout)),
        )
    }

    #[test]
    fn with_more_votes_no_more_may_fail_and_the_instrument_is_another() {
        for (votes, needed, asked, expected) in
            [(1, 1, 3, 3), (3, 2, 5, 4), (3, 3, 1, 1), (5, 2, 1, 1)]
        {
            let mut spec = voting_spec(votes, needed);
            let digest = spec.digest();
            spec.set_votes(asked);
            assert_eq!((spec.votes, spec.votes_needed), (asked, expected));
            assert_ne!(spec.digest(), digest);
        }
        let mut same = voting_spec(3, 2);
        let digest = same.digest();
        same.set_votes(3);
        assert_eq!((same.votes_needed, same.digest()), (2, digest));
        // One of three configured votes failed: two do not speak for it.
        let mut spec = voting_spec(1, 1);
        spec.set_votes(3);
        let failed = other("", Outcome::Unscored(Unscored::NotRun));
        let good = || vote(1.0, Label::Supported);
        check(&spec, &[good(), good(), failed], None);
    }

    #[track_caller]
    fn check(spec: &JudgeSpec, votes: &[Vote<'_>], expected: Option<f64>) -> Outcome {
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
        assert_eq!(
            score.claims[0].reasons[0].to_string(),
            "votes: 2 supported, 1 not-found"
        );
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
        let good = || vote(1.0, Label::Supported);
        let votes = [good(), timeout(""), good()];
        check(&voting_spec(3, 3), &votes, None);
        check(&voting_spec(3, 3), &[good()], None);
        check(&voting_spec(3, 3), &[], None);
    }

    /// However a juror's failure would have come out had it voted, the score with the failure is not
    /// higher, and the other end not lower.
    #[test]
    fn a_failed_juror_helps_nobody() {
        let spec = voting_spec(3, 2);
        for others in [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]] {
            let [first, second] = others.map(|value| of("a", value, Label::Supported));
            let with = |third: Vote<'static>| {
                let outcome =
                    combine(&spec, &[first.clone(), second.clone(), third]).remove("groundedness");
                let Some(Outcome::Scored(score)) = outcome else {
                    panic!("{outcome:?}")
                };
                score
            };
            let failed = with(timeout("b"));
            let worst = with(of("b", 0.0, Label::NotFound));
            let best = with(of("b", 1.0, Label::Supported));
            assert!(failed.value() <= worst.value(), "{others:?}");
            assert!(failed.up_to() >= Some(best.value()), "{others:?}");
            assert!(
                failed.explanation.contains("b no score: judge: timeout"),
                "{failed:?}"
            );
        }
        // Whether the metric applies may be what the failed votes would have decided.
        let nothing = || other("a", Outcome::NotApplicable("nothing".to_owned()));
        let votes = [nothing(), of("b", 0.0, Label::NotFound), timeout("c")];
        check(&spec, &votes, None);
        check(&spec, &[nothing(), nothing(), timeout("c")], None);
    }

    fn said(votes: &[Vote<'_>]) -> (Option<f64>, String) {
        let n = u32::try_from(votes.len()).unwrap();
        let (name, outcome) = disagreement(&only_groundedness(n), "grounded", votes);
        assert_eq!(name, "grounded.disagreement");
        match outcome {
            Outcome::Scored(score) => (Some(score.value()), score.explanation),
            Outcome::NotApplicable(why) => (None, why),
            Outcome::Unscored(reason) => (None, reason.to_string()),
        }
    }

    fn only_groundedness(votes: u32) -> JudgeSpec {
        let mut spec = voting_spec(votes, votes);
        spec.metrics.truncate(1);
        spec
    }

    /// Of an even number the lower: a vote that is missing may not raise the grade.
    #[test]
    fn grades_have_their_median_and_other_values_their_mean() {
        let grades = DataType::Ordinal { low: 1, high: 5 };
        for (data_type, values, expected) in [
            (grades, &[5.0, 1.0, 2.0][..], Some(2.0)),
            (grades, &[5.0, 2.0, 4.0, 1.0], Some(2.0)),
            (grades, &[3.0], Some(3.0)),
            (grades, &[], None),
            (DataType::Binary, &[1.0, 0.0, 0.0, 0.0], Some(0.25)),
            (DataType::Fraction, &[], None),
        ] {
            assert_eq!(center(data_type, values), expected, "{values:?}");
        }
    }

    #[test]
    fn votes_suit_the_spec_or_it_is_said() {
        let fault = |name: &str, each, all| bundled_spec(name).votes_fault(each, all);
        for (name, each, all) in [("groundedness", 2, 4), ("preference", 2, 4), ("tone", 1, 3)] {
            assert_eq!(fault(name, each, all), None, "{name}");
        }
        for (name, each, all) in [
            ("groundedness", 13, 26),
            ("preference", 1, 2),
            ("tone", 1, 2),
        ] {
            assert!(fault(name, each, all).is_some(), "{name}");
        }
    }

    #[test]
    fn jurors_that_disagree_are_named() {
        let (good, bad) = (
            of("haiku", 1.0, Label::Supported),
            of("opus", 0.0, Label::NotFound),
        );
        let agreeing = of("opus", 1.0, Label::Supported);
        assert_eq!(
            said(&[good.clone(), agreeing]),
            (Some(0.0), "all jurors agree".to_owned())
        );
        let (value, why) = said(&[good.clone(), bad.clone()]);
        assert_eq!(value, Some(1.0));
        assert_eq!(
            why,
            "jurors disagree on groundedness: haiku 1.00, opus 0.00"
        );
        // What a failed juror would have said nobody knows, unless the others differ already.
        assert_eq!(said(&[good.clone(), timeout("opus")]).0, None);
        assert_eq!(
            said(&[good.clone(), bad.clone(), timeout("qwen")]).0,
            Some(1.0)
        );
        let nothing = other("opus", Outcome::NotApplicable("nothing".to_owned()));
        assert_eq!(said(&[good.clone(), nothing]).0, Some(1.0));
        let settled = [good.clone(), bad.clone()].map(|vote| Vote {
            is_asked: false,
            ..vote
        });
        assert_eq!(
            said(&settled),
            (None, "settled without asking a juror".to_owned())
        );
        let joined = check(&only_groundedness(2), &[good, bad], Some(0.5));
        let Outcome::Scored(score) = joined else {
            panic!()
        };
        assert!(
            score
                .explanation
                .starts_with("2 of 2 votes scored: haiku 1.00, opus 0.00;"),
            "{}",
            score.explanation
        );
        assert!(
            score.explanation.contains("haiku: because; opus: because"),
            "{}",
            score.explanation
        );
        assert_eq!(
            score.claims[0].reasons[0].to_string(),
            "votes: 1 supported (haiku), 1 not-found (opus)"
        );
    }

    #[test]
    fn most_votes_decide_whether_it_applies_and_a_tie_is_scored() {
        let not_applicable = || other("", Outcome::NotApplicable("nothing".to_owned()));
        let votes = [
            not_applicable(),
            vote(0.0, Label::NotFound),
            not_applicable(),
        ];
        check(&voting_spec(3, 3), &votes, None);
        check(&voting_spec(2, 2), &votes[..2], Some(0.0));
        // The vote that failed could have made it a tie: nobody knows whether the metric applies.
        let failed = other("", Outcome::Unscored(Unscored::NotRun));
        let votes = [&votes[..], &[failed]].concat();
        let open = check(&voting_spec(4, 3), &votes, None);
        assert!(matches!(open, Outcome::Unscored(_)), "{open:?}");
    }
}
