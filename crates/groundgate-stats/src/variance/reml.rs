//! Variance components by restricted maximum likelihood, for designs with gaps.

use crate::{
    count::count_to_f64,
    error::StatsError,
    variance::{Components, Estimator, NestedScores, anova::spread},
};

/// REML (Patterson and Thompson 1971). The residual variance is profiled out; what is left is
/// searched over the standard deviations of runs and questions relative to it, as `lme4` does.
pub(super) fn components(scores: &NestedScores) -> Result<Components, StatsError> {
    let likelihood = Likelihood::new(scores);
    let repeated_runs = scores.questions().iter().any(|runs| runs.len() > 1);
    let repeated_votes = scores
        .questions()
        .iter()
        .flatten()
        .any(|votes| votes.len() > 1);
    if !likelihood.varies() {
        return Err(StatsError::Undefined {
            what: "the split of the variance",
            because: "all scores are equal",
        });
    }
    // Without repeated votes the residual is the run; without repeated runs the question holds it.
    let separate_run = repeated_runs && repeated_votes;
    let (run_sd, question_sd) = if repeated_runs || repeated_votes {
        likelihood.maximum(separate_run)
    } else {
        (0.0, 0.0)
    };
    let fit = likelihood.fit(run_sd, question_sd);
    let residual = fit.residual_variance;
    let (question, run, vote) = match (repeated_runs, repeated_votes) {
        (true, true) => (question_sd.powi(2), Some(run_sd.powi(2)), Some(1.0)),
        (true, false) => (question_sd.powi(2), Some(1.0), None),
        (false, true) => (question_sd.powi(2), None, Some(1.0)),
        (false, false) => (1.0, None, None),
    };
    Ok(Components {
        question: question * residual,
        run: run.map(|run| run * residual),
        vote: vote.map(|vote| vote * residual),
        mean: fit.mean,
        se: (residual / fit.information).sqrt(),
        estimator: Estimator::Reml,
    })
}

/// Per question, per run: number of votes, their mean, and their squared deviations.
struct Likelihood {
    questions: Vec<Vec<(f64, f64, f64)>>,
    n_scores: f64,
}

struct Fit {
    mean: f64,
    /// Of the mean, in units of the residual variance.
    information: f64,
    residual_variance: f64,
    /// −2 log restricted likelihood, without its constant.
    deviance: f64,
}

impl Likelihood {
    fn new(scores: &NestedScores) -> Self {
        let questions: Vec<Vec<(f64, f64, f64)>> = (scores.questions().iter())
            .map(|runs| {
                (runs.iter())
                    .map(|votes| {
                        let (mean, squares) = spread(votes);
                        (count_to_f64(votes.len()), mean, squares)
                    })
                    .collect()
            })
            .collect();
        let n_scores = questions.iter().flatten().map(|run| run.0).sum();
        Self {
            questions,
            n_scores,
        }
    }

    fn varies(&self) -> bool {
        self.fit(0.0, 0.0).residual_variance > 0.0
    }

    /// With standard deviations relative to the residual's. The covariance of a question's scores is
    /// the identity, plus the run's variance within runs, plus the question's throughout; it is
    /// inverted level by level by the formula of Sherman and Morrison.
    fn fit(&self, run_sd: f64, question_sd: f64) -> Fit {
        let (run, question) = (run_sd.powi(2), question_sd.powi(2));
        let mut log_determinant = 0.0;
        let (mut information, mut weighted) = (0.0, 0.0);
        for runs in &self.questions {
            let (mut weight, mut sum) = (0.0, 0.0);
            for (n_votes, mean, _) in runs {
                let run_weight = n_votes / (1.0 + n_votes * run);
                log_determinant += (n_votes * run).ln_1p();
                weight += run_weight;
                sum += run_weight * mean;
            }
            log_determinant += (question * weight).ln_1p();
            information += weight / (1.0 + question * weight);
            weighted += sum / (1.0 + question * weight);
        }
        let mean = weighted / information;
        // Squares are taken about the mean, so that nothing cancels.
        let squares: f64 = (self.questions.iter())
            .map(|runs| {
                let (mut weight, mut sum, mut squares) = (0.0, 0.0, 0.0);
                for (n_votes, run_mean, within) in runs {
                    let run_weight = n_votes / (1.0 + n_votes * run);
                    let deviation = run_mean - mean;
                    weight += run_weight;
                    sum += run_weight * deviation;
                    squares += within + run_weight * deviation.powi(2);
                }
                squares - question * sum.powi(2) / (1.0 + question * weight)
            })
            .sum();
        let df = self.n_scores - 1.0;
        let residual_variance = squares / df;
        Fit {
            mean,
            information,
            residual_variance,
            deviance: log_determinant + information.ln() + df * residual_variance.ln(),
        }
    }

    /// The relative standard deviations of run and question with the highest likelihood. `run` is held
    /// at 0 unless `with_run`.
    fn maximum(&self, with_run: bool) -> (f64, f64) {
        let best_question =
            |run_sd: f64| minimum(|question_sd| self.fit(run_sd, question_sd).deviance);
        let run_sd = if with_run {
            minimum(|run_sd| self.fit(run_sd, best_question(run_sd)).deviance)
        } else {
            0.0
        };
        (run_sd, best_question(run_sd))
    }
}

/// Where `f` is smallest on [0, 10⁴], by golden-section search on a scale that is fine near 0, after
/// a coarse look for the right valley.
fn minimum(f: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    const STEPS: u32 = 40;
    // u in [0, 1] stands for the standard deviation u / (1 − u).
    let top = 1.0 - 1e-4;
    let value = |u: f64| f(u / (1.0 - u));
    let grid = |step: u32| top * f64::from(step) / f64::from(STEPS);
    let coarse = (0..=STEPS)
        .map(|step| (step, value(grid(step))))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |best| best.0);
    let mut low = grid(coarse.saturating_sub(1));
    let mut high = grid((coarse + 1).min(STEPS));
    let mut left = high - GOLDEN * (high - low);
    let mut right = low + GOLDEN * (high - low);
    let (mut at_left, mut at_right) = (value(left), value(right));
    while high - low > 1e-9 {
        if at_left <= at_right {
            high = right;
            (right, at_right) = (left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = value(left);
        } else {
            low = left;
            (left, at_left) = (right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = value(right);
        }
    }
    let middle = 0.5 * (low + high);
    // The boundary itself, where the search can only come near.
    let best = if value(0.0) <= value(middle) {
        0.0
    } else {
        middle
    };
    best / (1.0 - best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_lme4() {
        // R 4.2.2, lme4 1.1-31: y ~ 1 + (1 | question / sample), the fifteen questions below.
        let scores: Vec<Vec<Vec<f64>>> = UNBALANCED
            .iter()
            .map(|runs| runs.iter().map(|votes| votes.to_vec()).collect())
            .collect();
        let components = components(&NestedScores::new(scores).unwrap()).unwrap();
        for (value, expected) in [
            (components.question, 0.041_520_379_565_139_5),
            (components.run.unwrap(), 0.006_443_350_928_12),
            (components.vote.unwrap(), 0.001_709_720_913_685_58),
            (components.mean, 0.899_133_995_537_78),
            (components.se, 0.054_194_427_176_727_3),
        ] {
            assert!((value - expected).abs() < 2e-6, "{value} {expected}");
        }
    }

    #[rustfmt::skip]
    const UNBALANCED: &[&[&[f64]]] = &[
        &[&[1.1937], &[1.0809, 1.0889], &[1.1678]],
        &[&[0.6585, 0.6777], &[0.7823, 0.7543], &[0.7261, 0.6583]],
        &[&[0.7356], &[0.7445], &[0.5126, 0.5292]],
        &[&[0.8623, 0.9866], &[0.7737, 0.7568], &[0.7937]],
        &[&[0.6739], &[0.5409], &[0.5375]],
        &[&[0.5386], &[0.7607, 0.7416], &[0.7113, 0.6403]],
        &[&[0.9603, 0.8274], &[0.8626], &[0.882, 0.8854]],
        &[&[0.8235], &[0.6874, 0.5917], &[0.8178, 0.8194]],
        &[&[0.8964], &[0.9234, 0.9677], &[0.7852, 0.7835]],
        &[&[1.1771], &[0.9353, 1.0525], &[1.1046]],
        &[&[0.8919], &[1.023, 0.9797], &[0.9491, 0.9893]],
        &[&[1.2429, 1.2192], &[1.2272], &[1.1516, 1.2219]],
        &[&[1.1848, 1.1599], &[1.2357, 1.1411], &[1.3352, 1.3587]],
        &[&[0.9345, 0.9714], &[0.8236, 0.853], &[0.7001, 0.7022]],
        &[&[1.1404, 1.1127], &[1.0566, 1.1253], &[0.9395]],
    ];

    #[test]
    fn minima_are_found_near_and_far() {
        for at in [0.0, 1e-3, 0.3, 1.0, 7.0, 60.0, 900.0, 5000.0] {
            let found = minimum(|sd| (sd - at).powi(2));
            assert!((found - at).abs() < 1e-4 * (1.0 + at), "{at}: {found}");
        }
        // The deeper of two valleys.
        for (shallow, deep) in [(0.1, 10.0), (10.0, 0.1), (2.0, 50.0)] {
            let valley = |sd: f64, at: f64| (sd.ln_1p() - at.ln_1p()).powi(2);
            let found = minimum(|sd| (0.3 + valley(sd, shallow)).min(valley(sd, deep)));
            assert!(
                (found - deep).abs() < 1e-4 * (1.0 + deep),
                "{deep}: {found}"
            );
        }
    }

    #[test]
    fn equal_scores_have_no_split() {
        let scores = NestedScores::new(vec![vec![vec![1.0, 1.0]], vec![vec![1.0]]]).unwrap();
        assert!(matches!(
            components(&scores),
            Err(StatsError::Undefined { .. })
        ));
    }
}
