//! What of a run can be labelled: the claims of its answers, or whole answers beside another run's.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_judge::attacks::speaks_to_a_judge;
use groundgate_model::{
    eval_set::Case,
    trial::{ClaimFinding, Label},
};
use groundgate_record::{Reader, RecordError};

use super::texts::attempts_of;
use crate::label::{Answer, Claim, Item, LabelledMetric, Sign};

/// A run's metrics that are made of claims of the answer.
fn metrics(run: &Reader) -> impl Iterator<Item = LabelledMetric> {
    let metrics = run.header().metrics.iter().map(|source| &source.metric);
    metrics.filter_map(|metric| {
        Some(LabelledMetric {
            name: metric.name.clone(),
            data_type: metric.data_type,
            reading: metric.claim_reading()?,
        })
    })
}

/// The claims of one trial as the first instrument labelled them.
struct Judged {
    claims: Vec<ClaimFinding>,
    /// Ids that another instrument labelled otherwise.
    disputed: BTreeSet<String>,
}

/// Every claim of a run's answers that a judge has labelled: the first instrument's label is the
/// one that people are compared with, others can dispute it.
pub fn claims_of(run: &Reader) -> Result<Vec<Claim>, RecordError> {
    let attempts = attempts_of(run);
    let judged = judged(run)?;
    let grounded: BTreeMap<usize, bool> = judged
        .iter()
        .map(|(trial, judged)| (*trial, !judged.claims.iter().any(is_bad)))
        .collect();
    let mut all = Vec::new();
    let mut case: Option<(usize, Case)> = None;
    for (trial, judged) in &judged {
        let place = trial / attempts;
        if case.as_ref().is_none_or(|(known, _)| *known != place) {
            case = Some((place, run.case(place)?));
        }
        let Some((_, case)) = &case else { continue };
        let repeats =
            (place * attempts..(place + 1) * attempts).filter_map(|trial| grounded.get(&trial));
        let of_answer = signs([
            (repeats.collect::<BTreeSet<_>>().len() > 1, Sign::Flips),
            (judged.claims.iter().any(is_flagged), Sign::Flagged),
            (case.critical, Sign::Critical),
        ]);
        let n_bad = judged.claims.iter().filter(|claim| is_bad(claim)).count();
        all.extend(judged.claims.iter().map(|claim| Claim {
            item: Item {
                run: run.header().run_id.clone(),
                case: case.id.clone(),
                attempt: u32::try_from(trial % attempts).unwrap_or(0),
                claim: Some(claim.id.clone()),
                baseline: None,
            },
            judged: claim.label,
            signs: &of_answer
                | &signs([
                    (
                        judged.disputed.contains(&claim.id) || claim.split_the_votes(),
                        Sign::Split,
                    ),
                    (lacks_quote(claim), Sign::NoQuote),
                    (n_bad == 1 && is_bad(claim), Sign::Pivotal),
                ]),
            words: claim.text.split_whitespace().count(),
        }));
    }
    Ok(all)
}

fn judged(run: &Reader) -> Result<BTreeMap<usize, Judged>, RecordError> {
    let mut by_trial: BTreeMap<usize, Judged> = BTreeMap::new();
    for metric in metrics(run) {
        run.for_each_claims(&metric.name, |trial, claims| {
            let Some(first) = by_trial.get_mut(&trial) else {
                let disputed = BTreeSet::new();
                by_trial.insert(trial, Judged { claims, disputed });
                return;
            };
            let differs = |claim: &&ClaimFinding| {
                let mut ours = first.claims.iter();
                ours.any(|one| one.id == claim.id && one.label != claim.label)
            };
            let ids: Vec<String> = (claims.iter().filter(differs))
                .map(|claim| claim.id.clone())
                .collect();
            first.disputed.extend(ids);
        })?;
    }
    Ok(by_trial)
}

fn signs<const N: usize>(signs: [(bool, Sign); N]) -> BTreeSet<Sign> {
    let there = signs.into_iter().filter(|(is_there, _)| *is_there);
    there.map(|(_, sign)| sign).collect()
}

const fn is_bad(claim: &ClaimFinding) -> bool {
    matches!(claim.label, Label::Contradicted | Label::NotFound)
}

fn is_flagged(claim: &ClaimFinding) -> bool {
    claim.is_doubted() || speaks_to_a_judge(&claim.text)
}

fn lacks_quote(claim: &ClaimFinding) -> bool {
    matches!(claim.label, Label::Supported | Label::Contradicted) && claim.evidence.is_none()
}

/// Whole answers of cases that both runs have.
pub(super) fn pairs_of(run: &Reader, base: &Reader) -> Result<Vec<Claim>, RecordError> {
    let mut all = Vec::new();
    for case in run.cases()? {
        if base.place_of(&case.id)?.is_some() {
            all.push(Claim {
                item: Item {
                    run: run.header().run_id.clone(),
                    case: case.id,
                    attempt: 0,
                    claim: None,
                    baseline: Some(base.header().run_id.clone()),
                },
                judged: Label::NotAClaim,
                signs: BTreeSet::new(),
                words: 0,
            });
        }
    }
    Ok(all)
}

/// The answer that an item is of; nothing where the run has none, or no claims in it.
pub fn answer_of(run: &Reader, item: &Item) -> Result<Option<Answer>, RecordError> {
    let Some(place) = run.place_of(&item.case)? else {
        return Ok(None);
    };
    let trial = place * attempts_of(run) + usize::try_from(item.attempt).unwrap_or(0);
    let stored = run.trial(trial)?;
    let Some(Ok(answer)) = stored.answer else {
        return Ok(None);
    };
    let of_claims = |metric: LabelledMetric| {
        stored
            .details
            .get(&metric.name)
            .filter(|detail| !detail.claims.is_empty())
    };
    let Some(first) = metrics(run).find_map(of_claims) else {
        return Ok(None);
    };
    Ok(Some(Answer {
        item: item.clone(),
        question: run.case(place)?.question,
        text: answer.text,
        claims: first.claims.iter().map(|claim| claim.id.clone()).collect(),
        metrics: metrics(run).collect(),
    }))
}
