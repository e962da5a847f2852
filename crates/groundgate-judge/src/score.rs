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
    trial::{ClaimFinding, Label, MetricSpec, Outcome, Score, Standing, Unscored},
    unit::{UnitInterval, count_to_f64},
};

use super::{
    citations::Cited,
    envelope::Repairs,
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

/// The outcome of one reading of claims; `None` where there is no checkable claim.
///
/// What is disputed counts both ways: the value takes it as contradicted, the score says what it would be
/// if it were supported. Where a judge showed nothing for its label, and that decides, there is no value.
pub(crate) fn of_claims(
    metric: &MetricSpec,
    reading: Reading,
    claims: &[ClaimFinding],
) -> Option<Outcome> {
    let worst = value_of(reading, &taken_as(claims, Label::Contradicted))?;
    let best = value_of(reading, &taken_as(claims, Label::Supported))?;
    let is_open = worst.to_bits() != best.to_bits();
    let without = standing(claims, Standing::WithoutProof);
    if is_open && !without.is_empty() {
        let why = format!("labels without proof for {}", without.join(", "));
        return Some(Outcome::Unscored(Unscored::ReplyMalformed(why.into())));
    }
    let words = match reading {
        Reading::CitationsSupported => Cited::of(claims)?.words(),
        Reading::AllSupported
        | Reading::ShareSupported
        | Reading::NoneContradicted
        | Reading::LabelValue
        | Reading::Recall => Tally::of(claims).words(),
    };
    let outcome = scored(metric, worst, words + &doubts(claims), claims.to_vec());
    Some(or_up_to(outcome, best))
}

/// The same outcomes, saying what had to be mended before the reply could be read.
pub(crate) fn with_repairs(mut outcomes: Outcomes, repairs: &Repairs) -> Outcomes {
    let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
    if names.is_empty() {
        return outcomes;
    }
    for outcome in outcomes.values_mut() {
        if let Outcome::Scored(score) = outcome {
            score.explanation = format!("{}; {MENDED}{}", score.explanation, names.join(", "));
        }
    }
    outcomes
}

/// How an explanation says that a reply was mended.
const MENDED: &str = "mended in the reply: ";

/// The same outcome, with what it would be if all that is disputed were right.
fn or_up_to(outcome: Outcome, best: f64) -> Outcome {
    match outcome {
        Outcome::Scored(score) => Outcome::Scored(score.or_up_to(best)),
        none @ (Outcome::NotApplicable(_) | Outcome::Unscored(_)) => none,
    }
}

fn value_of(reading: Reading, claims: &[ClaimFinding]) -> Option<f64> {
    let tally = Tally::of(claims);
    let share = share_supported(claims)?;
    match reading {
        Reading::AllSupported => Some(binary(tally.supported == tally.checkable())),
        Reading::ShareSupported => Some(share),
        Reading::NoneContradicted => Some(binary(tally.contradicted == 0)),
        Reading::CitationsSupported => Some(binary(Cited::of(claims)?.is_right())),
        Reading::LabelValue | Reading::Recall => None,
    }
}

/// The claims with what does not stand taken as that label.
fn taken_as(claims: &[ClaimFinding], label: Label) -> Vec<ClaimFinding> {
    let mut claims = claims.to_vec();
    for claim in &mut claims {
        if claim.standing() >= Standing::Disputed {
            claim.label = label;
        }
    }
    claims
}

/// The ids of the claims that stand so.
fn standing(claims: &[ClaimFinding], standing: Standing) -> Vec<&str> {
    let stand_so = claims.iter().filter(|claim| claim.standing() == standing);
    stand_so.map(|claim| claim.id.as_str()).collect()
}

/// What is disputed and what could not be verified, in words.
fn doubts(claims: &[ClaimFinding]) -> String {
    let named = [
        (Standing::Disputed, "disputed"),
        (Standing::Unverified, "not verified"),
        (Standing::WithoutProof, "without proof"),
    ];
    let counted = named.map(|(is, word)| match standing(claims, is).len() {
        0 => String::new(),
        n => format!(", {n} {word}"),
    });
    counted.concat()
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

/// The recall of expected facts; `None` where none are expected. What is disputed counts both ways.
pub(crate) fn of_facts(metric: &MetricSpec, findings: Vec<ClaimFinding>) -> Option<Outcome> {
    let recall = |label| {
        let tally = Tally::of(&taken_as(&findings, label));
        Some(UnitInterval::ratio(tally.supported, findings.len())?.value())
    };
    let (worst, best) = (recall(Label::NotFound)?, recall(Label::Supported)?);
    let without = standing(&findings, Standing::WithoutProof);
    if !without.is_empty() {
        let why = format!("labels without proof for {}", without.join(", "));
        return Some(Outcome::Unscored(Unscored::ReplyMalformed(why.into())));
    }
    let tally = Tally::of(&findings);
    let explanation = format!(
        "{} of {} expected facts stated, {} contradicted{}",
        tally.supported,
        findings.len(),
        tally.contradicted,
        doubts(&findings)
    );
    Some(or_up_to(scored(metric, worst, explanation, findings), best))
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
    use groundgate_model::trial::{ClaimOf, DataType, Reason};

    use super::*;

    fn ledger(labels: &[Label]) -> Vec<ClaimFinding> {
        labels
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
            .collect()
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
        for claim in &mut ledger[..4] {
            (claim.start, claim.end) = (0, 1);
        }
        let outcome = of_claims(&metric, Reading::ShareSupported, &ledger);
        assert!(
            matches!(outcome, Some(Outcome::Scored(score)) if (score.value() - 0.5).abs() < 1e-12)
        );
    }

    #[test]
    fn a_disputed_fact_counts_both_ways() {
        let metric = MetricSpec::score("m", DataType::Fraction);
        let mut facts = ledger(&[Label::Supported, Label::Supported, Label::NotFound]);
        let because = "the answer says nothing of it".to_owned();
        facts[1].reasons.push(Reason::Disputed { because });
        let Some(Outcome::Scored(score)) = of_facts(&metric, facts) else {
            panic!("no score");
        };
        assert!((score.value() - 1.0 / 3.0).abs() < 1e-12, "{score:?}");
        let best = score.up_to().unwrap();
        assert!((best - 2.0 / 3.0).abs() < 1e-12, "{score:?}");
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

    fn doubted(label: Label, reason: Reason) -> ClaimFinding {
        let mut claim = ledger(&[label]).remove(0);
        claim.reasons.push(reason);
        claim
    }

    fn because() -> String {
        "of something".to_owned()
    }

    #[test]
    fn what_is_disputed_counts_both_ways() {
        let metric = MetricSpec::score("m", DataType::Fraction);
        let disputed = |label| doubted(label, Reason::Disputed { because: because() });
        let supported = ledger(&[Label::Supported]).remove(0);
        for (reading, worst) in [
            (Reading::AllSupported, 0.0),
            (Reading::ShareSupported, 0.5),
            (Reading::NoneContradicted, 0.0),
        ] {
            for label in [Label::Supported, Label::NotAClaim] {
                let mut claims = vec![supported.clone(), disputed(label)];
                (claims[1].start, claims[1].end) = (1, 2);
                let Some(Outcome::Scored(score)) = of_claims(&metric, reading, &claims) else {
                    panic!("{reading:?}")
                };
                assert_eq!(
                    (score.value(), score.up_to()),
                    (worst, Some(1.0)),
                    "{reading:?}"
                );
                assert!(score.explanation.ends_with("1 disputed"));
                assert_eq!(score.claims[1].label, label);
            }
        }
        // Another claim decides: nothing is open.
        let claims = vec![
            disputed(Label::Supported),
            ledger(&[Label::NotFound]).remove(0),
        ];
        let outcome = of_claims(&metric, Reading::AllSupported, &claims);
        assert!(matches!(outcome, Some(Outcome::Scored(score)) if score.up_to().is_none()));
    }

    #[test]
    fn an_unverified_label_stands() {
        let metric = MetricSpec::score("m", DataType::Fraction);
        let claims = [doubted(
            Label::Supported,
            Reason::Unverified { because: because() },
        )];
        let Some(Outcome::Scored(score)) = of_claims(&metric, Reading::AllSupported, &claims)
        else {
            panic!()
        };
        assert_eq!((score.value(), score.up_to()), (1.0, None));
        assert!(score.explanation.ends_with("1 not verified"));
    }

    #[test]
    fn a_label_without_proof_is_no_judgment_unless_another_claim_decides() {
        let metric = MetricSpec::score("m", DataType::Binary);
        let without = doubted(
            Label::Supported,
            Reason::WithoutProof { because: because() },
        );
        for reading in [
            Reading::AllSupported,
            Reading::ShareSupported,
            Reading::NoneContradicted,
        ] {
            let outcome = of_claims(&metric, reading, std::slice::from_ref(&without));
            assert!(matches!(outcome, Some(Outcome::Unscored(_))), "{reading:?}");
        }
        let claims = [without, ledger(&[Label::NotFound]).remove(0)];
        let outcome = of_claims(&metric, Reading::AllSupported, &claims);
        assert!(matches!(outcome, Some(Outcome::Scored(_))));
    }
}
