//! Nested scores, and their components by mean squares.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{all_finite, at_least},
    variance::{Components, Estimator},
};

/// Scores by question, run and vote.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedScores {
    /// Per question, per run, the votes; no level is empty.
    questions: Vec<Vec<Vec<f64>>>,
}

/// The same number of runs for all questions, and of votes for all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) runs: usize,
    pub(super) votes: usize,
}

impl NestedScores {
    /// Per question, per run, the scores of each vote. Runs without a vote and questions without a run
    /// are left out: nothing is known of their spread. At least two questions must be left.
    pub fn new(questions: Vec<Vec<Vec<f64>>>) -> Result<Self, StatsError> {
        let mut kept = questions;
        for runs in &mut kept {
            runs.retain(|votes| !votes.is_empty());
            runs.iter().try_for_each(|votes| all_finite(votes))?;
        }
        kept.retain(|runs| !runs.is_empty());
        at_least(2, kept.len())?;
        Ok(Self { questions: kept })
    }

    pub(super) fn questions(&self) -> &[Vec<Vec<f64>>] {
        &self.questions
    }

    pub(super) fn balance(&self) -> Option<Balance> {
        let runs = self.questions.first()?.len();
        let votes = self.questions.first()?.first()?.len();
        let even = (self.questions.iter()).all(|question| {
            question.len() == runs && question.iter().all(|run| run.len() == votes)
        });
        even.then_some(Balance { runs, votes })
    }
}

/// `s²_vote = MS_vote`, `s²_run = (MS_run − MS_vote) / j`,
/// `s²_question = (MS_question − MS_run) / (k j)`; negative ones are 0 (Searle and others, "Variance
/// Components", 1992).
pub(super) fn components(scores: &NestedScores, balance: Balance) -> Components {
    let runs: Vec<(f64, f64)> = scores
        .questions()
        .iter()
        .flatten()
        .map(|run| spread(run))
        .collect();
    let run_means: Vec<(f64, f64)> = (scores.questions().iter())
        .map(|question| spread(&question.iter().map(|run| spread(run).0).collect::<Vec<_>>()))
        .collect();
    let (mean, between) = spread(
        &run_means
            .iter()
            .map(|question| question.0)
            .collect::<Vec<_>>(),
    );

    let (k, j) = (count_to_f64(balance.runs), count_to_f64(balance.votes));
    let n = count_to_f64(scores.questions().len());
    let sum = |parts: &[(f64, f64)]| parts.iter().map(|part| part.1).sum::<f64>();
    let of_question = between / (n - 1.0);
    // Variances of means: a run's mean of votes, a question's mean of runs.
    let of_run = (balance.runs > 1).then(|| sum(&run_means) / (n * (k - 1.0)));
    let vote = (balance.votes > 1).then(|| sum(&runs) / (n * k * (j - 1.0)));
    let run = of_run.map(|of_run| (of_run - vote.unwrap_or(0.0) / j).max(0.0));
    let within = of_run.map_or_else(|| vote.unwrap_or(0.0) / j, |of_run| of_run / k);
    let question = (of_question - within).max(0.0);
    let run_part = run.map_or(0.0, |run| run / k);
    let variance = (question + run_part + vote.map_or(0.0, |vote| vote / (k * j))) / n;
    Components {
        question,
        run,
        vote,
        mean,
        se: variance.sqrt(),
        estimator: Estimator::Anova,
    }
}

/// Mean and sum of squared deviations.
pub(super) fn spread(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / count_to_f64(values.len());
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variance::{variance_components, variance_components_reml};

    fn nested(questions: &[&[&[f64]]]) -> NestedScores {
        let question = |runs: &&[&[f64]]| runs.iter().map(|votes| votes.to_vec()).collect();
        NestedScores::new(questions.iter().map(question).collect()).unwrap()
    }

    #[test]
    fn mean_squares_by_hand() {
        let scores = nested(&[&[&[0.0, 2.0], &[4.0, 6.0]], &[&[10.0, 12.0], &[14.0, 16.0]]]);
        let components = variance_components(&scores).unwrap();
        // MS_vote = 2; MS_run = 16; MS_question = 200.
        assert!(
            (components.vote.unwrap() - 2.0).abs() < 1e-12,
            "{components:?}"
        );
        assert!(
            (components.run.unwrap() - 7.0).abs() < 1e-12,
            "{components:?}"
        );
        assert!((components.question - 46.0).abs() < 1e-12, "{components:?}");
        assert!((components.mean - 8.0).abs() < 1e-12);
        assert!((components.se.powi(2) - 200.0 / 8.0).abs() < 1e-12);
    }

    #[test]
    fn a_negative_component_is_zero() {
        let scores = nested(&[&[&[0.0], &[1.0]], &[&[1.0], &[0.0]]]);
        let components = variance_components(&scores).unwrap();
        assert!(components.question.abs() < 1e-15 && components.run.unwrap() > 0.0);
    }

    #[test]
    fn what_was_not_repeated_is_part_of_the_level_above() {
        let one_vote = nested(&[&[&[0.0], &[2.0]], &[&[5.0], &[7.0]], &[&[9.0], &[8.0]]]);
        let components = variance_components(&one_vote).unwrap();
        assert_eq!(components.vote, None);
        assert!(
            (components.run.unwrap() - 1.5).abs() < 1e-12,
            "{components:?}"
        );
        let one_run = nested(&[&[&[0.0, 2.0]], &[&[5.0, 7.0]], &[&[9.0, 8.0]]]);
        let components = variance_components(&one_run).unwrap();
        assert_eq!(components.run, None);
        assert!(
            (components.vote.unwrap() - 1.5).abs() < 1e-12,
            "{components:?}"
        );
    }

    #[test]
    fn reml_equals_anova_when_balanced_and_nothing_is_negative() {
        for scores in [
            nested(&[
                &[&[0.0, 2.0], &[4.0, 6.0]],
                &[&[10.0, 12.0], &[14.0, 16.0]],
                &[&[3.0, 2.0], &[8.0, 8.0]],
            ]),
            nested(&[&[&[0.0], &[2.0]], &[&[5.0], &[7.0]], &[&[9.0], &[8.0]]]),
            nested(&[&[&[0.0, 2.0]], &[&[5.0, 7.0]], &[&[9.0, 8.0]]]),
            nested(&[
                &[&[0.0, 2.0, 1.5], &[4.0, 6.0, 5.5], &[1.0, 2.0, 1.0]],
                &[&[10.0, 12.0, 12.5], &[14.0, 16.0, 15.0], &[9.0, 9.5, 8.0]],
                &[&[3.0, 2.0, 4.0], &[8.0, 8.0, 6.5], &[5.0, 4.0, 6.0]],
            ]),
        ] {
            let anova = variance_components(&scores).unwrap();
            let reml = variance_components_reml(&scores).unwrap();
            for (a, b) in [
                (anova.question, reml.question),
                (anova.run.unwrap_or(-1.0), reml.run.unwrap_or(-1.0)),
                (anova.vote.unwrap_or(-1.0), reml.vote.unwrap_or(-1.0)),
                (anova.mean, reml.mean),
                (anova.se, reml.se),
            ] {
                assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{anova:?} {reml:?}");
            }
        }
    }

    #[test]
    fn one_vote_less_anywhere_leaves_the_balance() {
        for (scores, estimator) in [
            (nested(&[&[&[0.0, 2.0]], &[&[5.0, 7.0]]]), Estimator::Anova),
            (nested(&[&[&[0.0, 2.0]], &[&[5.0]]]), Estimator::Reml),
            (nested(&[&[&[0.0], &[2.0]], &[&[5.0]]]), Estimator::Reml),
        ] {
            let components = variance_components(&scores).unwrap();
            assert_eq!(components.estimator, estimator, "{scores:?}");
        }
    }

    #[test]
    fn too_little_is_an_error() {
        assert_eq!(
            NestedScores::new(vec![vec![vec![1.0]], vec![vec![]]]),
            Err(StatsError::TooFew { needed: 2, got: 1 })
        );
        assert!(NestedScores::new(vec![vec![vec![f64::NAN]], vec![vec![1.0]]]).is_err());
    }
}
