//! From labels to values. Pure; the only place where a judged value is computed.
//!
//! With S supported, C contradicted and N not found, checkable claims are S + C + N:
//! groundedness = 1 if S = S + C + N, else 0; faithfulness = S ÷ (S + C + N), as Ragas defines it, where
//! the claims of one sentence count as one together: who splits finer gets no other weight;
//! `no_contradiction` = 1 if C = 0, else 0; citations are in
//! `citations.rs`. Without a checkable
//! claim there is nothing to judge. Recall of facts = stated ÷ expected.

use std::collections::BTreeMap;

use groundgate_model::{
    exchange::FailureKind,
    trial::{ClaimFinding, Label, MetricSpec, Outcome, Score, Unscored},
    unit::{UnitInterval, count_to_f64},
};

use super::{
    citations::Cited,
    spec::{JudgeSpec, JudgedMetric, NothingToJudge, Reading},
};

/// One outcome for every metric of a judge, by metric name.
pub type Outcomes = BTreeMap<String, Outcome>;

/// How many claims have which label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    supported: usize,
    contradicted: usize,
    not_found: usize,
    not_a_claim: usize,
}

impl Tally {
    fn of(claims: &[ClaimFinding]) -> Self {
        let mut tally = Self::default();
        for claim in claims {
            match claim.label {
                Label::Supported => tally.supported += 1,
                Label::Contradicted => tally.contradicted += 1,
                Label::NotFound => tally.not_found += 1,
                Label::NotAClaim => tally.not_a_claim += 1,
            }
        }
        tally
    }

    const fn checkable(self) -> usize {
        self.supported + self.contradicted + self.not_found
    }

    fn words(self) -> String {
        format!(
            "{} of {} claims supported, {} contradicted, {} not found, {} no claim",
            self.supported,
            self.checkable(),
            self.contradicted,
            self.not_found,
            self.not_a_claim
        )
    }
}

/// Labelled claims, with the support that was asserted and could not be proved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ledger {
    /// In the order of the answer.
    pub(crate) claims: Vec<ClaimFinding>,
    /// Ids whose helpful label was not believed.
    pub(crate) disbelieved: Vec<String>,
}

/// The outcome of one reading of claims; `None` where there is no checkable claim.
pub(crate) fn of_claims(metric: &MetricSpec, reading: Reading, ledger: &Ledger) -> Option<Outcome> {
    let tally = Tally::of(&ledger.claims);
    let share = share_supported(&ledger.claims)?;
    let value = match reading {
        Reading::AllSupported => binary(tally.supported == tally.checkable()),
        Reading::ShareSupported => share,
        // What a disbelieved label hid may have been a contradiction: a fault must not help.
        Reading::NoneContradicted if tally.contradicted == 0 && !ledger.disbelieved.is_empty() => {
            let ids = ledger.disbelieved.join(", ");
            return Some(Outcome::Unscored(Unscored::ReplyMalformed(
                format!("labels without proof for {ids}").into(),
            )));
        }
        Reading::NoneContradicted => binary(tally.contradicted == 0),
        Reading::CitationsSupported => {
            let cited = Cited::of(&ledger.claims)?;
            let value = binary(cited.is_right());
            return Some(scored(metric, value, cited.words(), ledger.claims.clone()));
        }
        Reading::LabelValue | Reading::Recall => return None,
    };
    Some(scored(metric, value, tally.words(), ledger.claims.clone()))
}

/// The mean over the sentences with something to check of the share of it that is supported.
fn share_supported(claims: &[ClaimFinding]) -> Option<f64> {
    let of_sentence = claims.chunk_by(|one, next| (one.start, one.end) == (next.start, next.end));
    let shares: Vec<f64> = of_sentence
        .filter_map(|claims| {
            let tally = Tally::of(claims);
            Some(UnitInterval::ratio(tally.supported, tally.checkable())?.value())
        })
        .collect();
    // Rounding may carry a mean of ones beyond one.
    mean(&shares).map(|share| share.clamp(0.0, 1.0))
}

/// The recall of expected facts; `None` where none are expected.
pub(crate) fn of_facts(metric: &MetricSpec, findings: Vec<ClaimFinding>) -> Option<Outcome> {
    let tally = Tally::of(&findings);
    let recall = UnitInterval::ratio(tally.supported, findings.len())?;
    let explanation = format!(
        "{} of {} expected facts stated, {} contradicted",
        tally.supported,
        findings.len(),
        tally.contradicted
    );
    Some(scored(metric, recall.value(), explanation, findings))
}

/// A score, or the reason why the value cannot be one.
pub(crate) fn scored(
    metric: &MetricSpec,
    value: f64,
    explanation: String,
    claims: Vec<ClaimFinding>,
) -> Outcome {
    match Score::new(metric, value, explanation) {
        Ok(score) => Outcome::Scored(score.with_claims(claims)),
        Err(error) => Outcome::Unscored(Unscored::ReplyMalformed(error.to_string().into())),
    }
}

/// The outcomes of an answer without anything to judge.
pub(crate) fn nothing(spec: &JudgeSpec, why: &str) -> Outcomes {
    each(spec, |judged| nothing_for(spec, judged, why))
}

/// The same for one metric.
pub(crate) fn nothing_for(spec: &JudgeSpec, judged: &JudgedMetric, why: &str) -> Outcome {
    match (spec.nothing_to_judge, judged.metric.worst()) {
        (NothingToJudge::Worst, Some(worst)) => {
            scored(&judged.metric, worst, why.to_owned(), Vec::new())
        }
        _ => Outcome::NotApplicable(why.to_owned()),
    }
}

/// The same reason for every metric of a judge: for a vote whose call failed.
pub fn unscored(spec: &JudgeSpec, reason: &Unscored) -> Outcomes {
    each(spec, |_| Outcome::Unscored(reason.clone()))
}

/// The reason of an answer beyond the limits.
pub(crate) const fn too_large() -> Unscored {
    Unscored::JudgeFailed(FailureKind::TooLarge)
}

/// The same outcome for each metric of a judge.
pub(crate) fn each(spec: &JudgeSpec, outcome: impl Fn(&JudgedMetric) -> Outcome) -> Outcomes {
    spec.metrics
        .iter()
        .map(|judged| (judged.metric.name.clone(), outcome(judged)))
        .collect()
}

const fn binary(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

/// The mean of finite values; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / count_to_f64(values.len()))
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{ClaimOf, DataType};

    use super::*;

    fn ledger(labels: &[Label]) -> Ledger {
        let claims = labels
            .iter()
            .enumerate()
            .map(|(place, label)| ClaimFinding {
                of: ClaimOf::Answer,
                id: format!("s{place}"),
                text: "x".to_owned(),
                start: place,
                end: place + 1,
                label: *label,
                evidence: None,
                reasons: Vec::new(),
            })
            .collect();
        Ledger {
            claims,
            disbelieved: Vec::new(),
        }
    }

    #[track_caller]
    fn check(labels: &[Label], grounded: f64, faithful: f64, uncontradicted: f64) {
        let metric = MetricSpec::score("m", DataType::Fraction);
        for (reading, expected) in [
            (Reading::AllSupported, grounded),
            (Reading::ShareSupported, faithful),
            (Reading::NoneContradicted, uncontradicted),
        ] {
            match of_claims(&metric, reading, &ledger(labels)) {
                Some(Outcome::Scored(score)) => {
                    assert!(
                        (score.value() - expected).abs() < 1e-12,
                        "{labels:?} {reading:?}"
                    );
                }
                other => panic!("{labels:?} {reading:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn formulas_hold() {
        use Label::{Contradicted, NotAClaim, NotFound, Supported};
        check(&[Supported], 1.0, 1.0, 1.0);
        check(&[Supported, NotAClaim], 1.0, 1.0, 1.0);
        check(&[Supported, NotFound], 0.0, 0.5, 1.0);
        check(
            &[Supported, Contradicted, NotFound, NotAClaim],
            0.0,
            1.0 / 3.0,
            0.0,
        );
        check(&[Contradicted], 0.0, 0.0, 0.0);
    }

    #[test]
    fn the_claims_of_one_sentence_weigh_as_much_as_another_sentence() {
        use Label::{NotAClaim, NotFound, Supported};
        let metric = MetricSpec::score("m", DataType::Fraction);
        let mut ledger = ledger(&[Supported, Supported, NotAClaim, Supported, NotFound]);
        for claim in &mut ledger.claims[..4] {
            (claim.start, claim.end) = (0, 1);
        }
        let outcome = of_claims(&metric, Reading::ShareSupported, &ledger);
        assert!(
            matches!(outcome, Some(Outcome::Scored(score)) if (score.value() - 0.5).abs() < 1e-12)
        );
    }

    #[test]
    fn without_a_checkable_claim_there_is_no_value() {
        let metric = MetricSpec::score("m", DataType::Fraction);
        for labels in [&[][..], &[Label::NotAClaim]] {
            assert_eq!(
                of_claims(&metric, Reading::ShareSupported, &ledger(labels)),
                None
            );
        }
    }

    #[test]
    fn a_label_without_proof_leaves_contradiction_open() {
        let metric = MetricSpec::score("m", DataType::Binary);
        let mut ledger = ledger(&[Label::NotFound]);
        ledger.disbelieved.push("s1".to_owned());
        let outcome = of_claims(&metric, Reading::NoneContradicted, &ledger);
        assert!(matches!(outcome, Some(Outcome::Unscored(_))));
    }
}
