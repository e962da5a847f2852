//! Scores of every answer by models that have not seen its question, and by models that have not seen its
//! family.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_judge::embedded::{Features, answer_score};

use crate::{
    fit::{Example, Fitted, fit},
    measure::{Judged, kappa},
    rows,
    train::{self, Case, OfAnswers, OfClaims},
};

/// Folds of the cross-validation by question.
const FOLDS: usize = 5;

/// What a model says of an answer that it has not seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// Log odds of the claims.
    pub(crate) claims: Vec<f32>,
    /// Log odds of the answer.
    pub(crate) answer: f64,
}

/// Scores by models that did not see the question of what they score.
pub(crate) struct Scores {
    /// Of each case.
    pub(crate) said: Vec<Said>,
    answers: Vec<OfAnswers>,
    /// From log odds of an answer to calibrated ones.
    pub(crate) scale: Fitted,
    /// From log odds of a claim and of its answer to those that its label is made from.
    pub(crate) label: Fitted,
    /// From this probability on a claim is labelled unsupported.
    pub(crate) threshold: f64,
}

impl Scores {
    /// What the model says of some claims of a case that has not seen its question.
    pub(crate) fn says_of(&self, crossed: &Crossed, case: &Case, claims: &[Features]) -> Said {
        let fold = case.fold % FOLDS;
        let odds = crossed.models[fold].log_odds(claims);
        let answer = self.answers[fold].log_odds(claims, &odds);
        Said {
            answer: scaled(&self.scale, answer, odds.len()),
            claims: odds,
        }
    }

    /// The probability behind a claim's label.
    pub(crate) fn labelled(&self, said: &Said) -> Vec<f64> {
        let each = said.claims.iter();
        each.map(|own| sigmoid(self.label.log_odds(&[f64::from(*own), said.answer])))
            .collect()
    }
}

/// An answer's log odds, calibrated.
fn scaled(scale: &Fitted, answer: f64, n_claims: usize) -> f64 {
    scale.log_odds(&[answer, f64::from(answer_score::several(n_claims))])
}

pub(crate) fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Log odds of the claims of every answer, by models that have not seen its question.
pub(crate) struct Crossed {
    pub(crate) odds: Vec<Vec<f32>>,
    models: Vec<OfClaims>,
}

impl Crossed {
    pub(crate) fn of(cases: &[Case]) -> Self {
        let mut odds = vec![Vec::new(); cases.len()];
        let mut models = Vec::new();
        for fold in 0..FOLDS {
            let is_out = |case: &Case| case.fold % FOLDS == fold;
            let known = cases
                .iter()
                .filter(|case| !is_out(case) && case.is_trained_on());
            let model = train::of_claims(known);
            for (odds, case) in odds.iter_mut().zip(cases).filter(|(_, case)| is_out(case)) {
                *odds = model.log_odds(&case.claims);
            }
            models.push(model);
        }
        Self { odds, models }
    }

    /// The model for answers, learned from those that `keep` keeps, with their claims as they come later:
    /// scored by models that have not seen their question.
    pub(crate) fn answers(&self, cases: &[Case], keep: impl Fn(&Case) -> bool) -> OfAnswers {
        let each = cases.iter().zip(&self.odds);
        let known = each.filter(|(case, _)| case.is_trained_on() && keep(case));
        train::of_answers(known)
    }
}

/// Scores all answers, and learns from that how answers and labels are calibrated.
pub(crate) fn scores(cases: &[Case], crossed: &Crossed) -> Scores {
    let answers: Vec<OfAnswers> = (0..FOLDS)
        .map(|fold| crossed.answers(cases, |case| case.fold % FOLDS != fold))
        .collect();
    let each = cases.iter().zip(&crossed.odds);
    let mut said: Vec<Said> = each
        .map(|(case, odds)| Said {
            answer: answers[case.fold % FOLDS].log_odds(&case.claims, odds),
            claims: odds.clone(),
        })
        .collect();
    let scale = scale(cases, &said, |_| true);
    for own in &mut said {
        own.answer = scaled(&scale, own.answer, own.claims.len());
    }
    let label = label(cases, &said);
    let mut scores = Scores {
        said,
        answers,
        scale,
        label,
        threshold: 0.5,
    };
    scores.threshold = threshold(cases, &scores);
    scores
}

/// What is said of every answer by models that have not seen its family.
pub(crate) fn out_of_family(cases: &[Case], crossed: &Crossed, scores: &Scores) -> Vec<Said> {
    let families: BTreeSet<&str> = cases.iter().map(|case| case.row.family).collect();
    let mut said = vec![Said::default(); cases.len()];
    for family in families {
        let is_out = |case: &Case| case.row.family == family;
        let known = cases
            .iter()
            .filter(|case| !is_out(case) && case.is_trained_on());
        let claims = train::of_claims(known);
        let answers = crossed.answers(cases, |case| !is_out(case));
        // What is known of the family's base rate is not known either.
        let rescale = scale(cases, &scores.said, |case| !is_out(case));
        for (said, case) in said.iter_mut().zip(cases).filter(|(_, case)| is_out(case)) {
            let odds = claims.log_odds(&case.claims);
            let answer = answers.log_odds(&case.claims, &odds);
            let known = scaled(&scores.scale, answer, odds.len());
            *said = Said {
                answer: scaled(&rescale, known, odds.len()),
                claims: odds,
            };
        }
    }
    said
}

/// Calibrates answers: retrieved ones count as much as all others.
fn scale(cases: &[Case], said: &[Said], keep: impl Fn(&Case) -> bool) -> Fitted {
    let each = cases
        .iter()
        .zip(said)
        .filter(|(case, _)| case.is_trained_on() && keep(case));
    let examples: Vec<Example> = each
        .map(|(case, said)| Example {
            inputs: vec![
                said.answer,
                f64::from(answer_score::several(said.claims.len())),
            ],
            source: 0,
            positive: case.row.ungrounded,
            weight: if case.is_retrieved() { 1.0 } else { 0.2 },
        })
        .collect();
    fit(&examples, 1.0)
}

/// How a claim's label follows from its own log odds and those of its answer: learned from claims that a
/// human marked.
fn label(cases: &[Case], said: &[Said]) -> Fitted {
    let mut examples = Vec::new();
    for (case, said) in cases
        .iter()
        .zip(said)
        .filter(|(case, _)| case.is_trained_on())
    {
        let marks = case.marks.iter().flatten();
        examples.extend(said.claims.iter().zip(marks).map(|(own, mark)| Example {
            inputs: vec![f64::from(*own), said.answer],
            source: usize::from(case.is_retrieved()),
            positive: *mark,
            weight: 1.0,
        }));
    }
    fit(&examples, 1.0)
}

/// Where the labels agree best with people on whole answers: the mean over data sets of Cohen's kappa
/// between "no claim is unsupported" and "grounded", retrieved answers counted as often as all others.
fn threshold(cases: &[Case], scores: &Scores) -> f64 {
    let worst = |said: &Said| scores.labelled(said).into_iter().fold(0.0, f64::max);
    let mut sets: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for (case, said) in cases
        .iter()
        .zip(&scores.said)
        .filter(|(case, _)| case.is_trained_on())
    {
        sets.entry(case.row.dataset).or_default().push(Judged {
            score: worst(said),
            positive: case.row.ungrounded,
            group: &case.row.group,
        });
    }
    let retrieved = sets.remove(rows::RETRIEVED).unwrap_or_default();
    let quality = |cut: f64| {
        let sum: f64 = sets.values().map(|own| kappa(own, cut)).sum();
        f64::midpoint(kappa(&retrieved, cut), sum / sets.len() as f64)
    };
    let cuts = (5..95).map(|percent| f64::from(percent) / 100.0);
    let best = cuts
        .map(|cut| (quality(cut), cut))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or(0.5, |(_, cut)| cut)
}
