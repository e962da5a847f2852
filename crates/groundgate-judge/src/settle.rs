//! What code can settle about an answer without asking a model, and how labels become outcomes.
//!
//! Comes first on the way of an answer ([`super::ask`]): what is empty, refused, too long or without
//! passages never reaches a model, which such answers are known to fool.

use groundgate_model::{
    exchange::Passage,
    trial::{ClaimFinding, Label, Outcome, Reason, Unscored},
};

use super::{
    claims::{Unit, says_something},
    guard::{Known, check_not_a_claim},
    labels::PairLabel,
    mode::Mode,
    refusal::declines,
    score::{self, Outcomes, too_large, unscored},
    spec::{JudgeSpec, Reading},
    subject::Subject,
};

/// What needs no model. A refusal reaches the judge of a rubric or of facts only where it may have
/// been wrong to refuse.
pub(super) fn settle(spec: &JudgeSpec, subject: Subject<'_>, units: &[Unit]) -> Option<Outcomes> {
    if spec.mode == Mode::Context {
        return settle_context(spec, subject.answer.passages.as_deref());
    }
    if spec.mode == Mode::Pairwise {
        return settle_pair(spec, subject);
    }
    if spec.about_refusals && subject.case.answerable.is_none() {
        let why = "nobody said whether the case can be answered".to_owned();
        return Some(score::each(spec, |_| Outcome::NotApplicable(why.clone())));
    }
    let text = &subject.answer.text;
    let refused = declines(subject.answer) && !spec.about_refusals;
    if refused && subject.case.answerable == Some(false) && spec.mode != Mode::Claims {
        let why = "refused, rightly".to_owned();
        return Some(score::each(spec, |_| Outcome::NotApplicable(why.clone())));
    }
    if spec.mode == Mode::Facts && units.is_empty() {
        let why = "the case expects no facts".to_owned();
        return Some(score::each(spec, |_| Outcome::NotApplicable(why.clone())));
    }
    if !says_something(text) {
        return Some(match spec.mode {
            Mode::Facts => facts_without_reply(spec, units),
            Mode::Claims | Mode::Rubric | Mode::Context | Mode::Pairwise => {
                score::nothing(spec, "the answer is empty")
            }
        });
    }
    if units.len() > spec.limits.claims {
        return Some(unscored(spec, &too_large()));
    }
    match (spec.mode, subject.answer.passages.as_deref()) {
        (Mode::Claims, _) if refused => Some(score::nothing(spec, "the answer is a refusal")),
        (Mode::Claims, None) => Some(unscored(spec, &Unscored::InputMissing("passages".into()))),
        (Mode::Claims, Some(_)) if !units.iter().any(|unit| unit.is_statement) => {
            Some(score::nothing(spec, "the answer claims nothing"))
        }
        (Mode::Claims, Some([])) => Some(claims_without_passages(spec, units)),
        _ => None,
    }
}

/// Where nothing was retrieved, the passages are as bad as can be.
fn settle_context(spec: &JudgeSpec, passages: Option<&[Passage]>) -> Option<Outcomes> {
    match passages {
        None => Some(unscored(spec, &Unscored::InputMissing("passages".into()))),
        Some([]) => Some(score::each(spec, |judged| {
            let worst = judged.metric.worst().unwrap_or_default();
            let why = "nothing was retrieved".to_owned();
            score::scored(&judged.metric, worst, why, Vec::new())
        })),
        Some(_) => None,
    }
}

/// An empty answer loses against any other; two equal ones are a tie.
fn settle_pair(spec: &JudgeSpec, subject: Subject<'_>) -> Option<Outcomes> {
    let Some(other) = &subject.case.reference_answer else {
        let why = Unscored::InputMissing("an answer to compare with".into());
        return Some(unscored(spec, &why));
    };
    let own = &subject.answer.text;
    let label = match (says_something(own), says_something(other)) {
        (true, true) if own.trim() == other.trim() => PairLabel::Tie,
        (false, false) => PairLabel::Tie,
        (false, true) => PairLabel::Second,
        (true, false) => PairLabel::First,
        (true, true) => return None,
    };
    let label = spec.labels.iter().find(|one| one.name == label.name())?;
    let why = format!("{}: the answers are equal, or one is empty", label.name);
    let value = label.value?;
    Some(score::each(spec, |judged| {
        score::scored(&judged.metric, value, why.clone(), Vec::new())
    }))
}

/// An empty answer states none of the facts.
fn facts_without_reply(spec: &JudgeSpec, units: &[Unit]) -> Outcomes {
    let findings: Vec<ClaimFinding> = units
        .iter()
        .map(|unit| {
            finding(
                unit,
                Label::NotFound,
                vec![Reason::Note("the answer is empty".to_owned())],
            )
        })
        .collect();
    fact_outcomes(spec, &findings)
}

/// Where nothing was retrieved, nothing is supported.
fn claims_without_passages(spec: &JudgeSpec, units: &[Unit]) -> Outcomes {
    let claims: Vec<ClaimFinding> = units
        .iter()
        .map(
            |unit| match check_not_a_claim(&unit.plain, &Known::default()) {
                Ok(()) => finding(unit, Label::NotAClaim, Vec::new()),
                Err(_) => finding(
                    unit,
                    Label::NotFound,
                    vec![Reason::Note("no passage was retrieved".to_owned())],
                ),
            },
        )
        .collect();
    claim_outcomes(spec, &claims)
}

pub(super) fn claim_outcomes(spec: &JudgeSpec, claims: &[ClaimFinding]) -> Outcomes {
    score::each(spec, |judged| {
        score::of_claims(&judged.metric, judged.reading, claims).unwrap_or_else(|| {
            let why = if judged.reading == Reading::CitationsSupported {
                "the answer cites nothing"
            } else {
                "the answer claims nothing"
            };
            score::nothing_for(spec, judged, why)
        })
    })
}

pub(super) fn fact_outcomes(spec: &JudgeSpec, findings: &[ClaimFinding]) -> Outcomes {
    score::each(spec, |judged| {
        score::of_facts(&judged.metric, findings.to_vec())
            .unwrap_or_else(|| Outcome::NotApplicable("the case expects no facts".to_owned()))
    })
}

pub(super) fn finding(unit: &Unit, label: Label, reasons: Vec<Reason>) -> ClaimFinding {
    ClaimFinding {
        of: unit.of,
        id: unit.id.clone(),
        text: unit.text.clone(),
        start: unit.start,
        end: unit.end,
        label,
        evidence: None,
        reasons,
    }
}
