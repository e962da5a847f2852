//! What of a run a gate may look at, and at which error rates.
//!
//! An ordinary run is looked at whole, at the policy's rates. Of a sequential run only the cases up to
//! the last planned interim analysis count, at the rates that this one may spend (Lan and `DeMets`
//! 1983, O'Brien and Fleming's shape; docs/statistics.md): however many there were, all together pass
//! a bad candidate no more often than the policy says.
//!
//! A further try of the same plan passes at half the rate of the one before, so that trying until it
//! is green passes a bad candidate at most twice as often as one try.

use std::{borrow::Cow, collections::BTreeSet};

use groundgate_model::{
    trial::{Looks, ScoreTable},
    unit::{Digest, count_to_f64},
};
use groundgate_stats::sequential::{Spending, normal_boundaries};

use super::{labels::HumanScores, policy::Statistics, run_scores::RunScores, sentence};

/// Levels below are beyond what p-values are computed to: such an analysis decides nothing.
pub(super) const LEVEL_MIN: f64 = 1e-9;

/// A run as far as it may be looked at.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) candidate: Cow<'a, ScoreTable>,
    pub(super) baseline: Option<Cow<'a, ScoreTable>>,
    /// The candidate with all that was planned.
    pub(super) whole: &'a ScoreTable,
    /// What people said of the candidate's answers.
    pub(super) labels: Option<Cow<'a, HumanScores>>,
    /// Why no test may decide.
    pub(super) refusal: Option<String>,
    /// Shares of the cases at this interim analysis and those before; empty for an ordinary run.
    information: Vec<f64>,
    /// Tries of the same plan before this one, without the baseline.
    earlier_tries: usize,
}

impl<'a> View<'a> {
    pub(super) fn of(policy: Digest, evidence: RunScores<'a>) -> Self {
        let whole = evidence.candidate;
        let baseline_id = evidence.baseline.map(|table| table.run_id.as_str());
        let tries = whole.earlier_tries.iter();
        let earlier_tries = tries.filter(|id| Some(id.as_str()) != baseline_id).count();
        let Some(looks) = &whole.looks else {
            return Self {
                candidate: Cow::Borrowed(whole),
                baseline: evidence.baseline.map(Cow::Borrowed),
                whole,
                labels: None,
                refusal: None,
                information: Vec::new(),
                earlier_tries,
            };
        };
        let reached = looks.reached(whole.n_asked());
        let ends: Vec<usize> = looks.cases.iter().take(reached).copied().collect();
        let n_seen = ends.last().copied().unwrap_or(0);
        let candidate = whole.only(|place, _| place < n_seen);
        let seen: BTreeSet<&str> = candidate
            .cases
            .iter()
            .map(|case| case.id.as_str())
            .collect();
        let baseline = evidence
            .baseline
            .map(|table| Cow::Owned(table.only(|_, id| seen.contains(id))));
        Self {
            refusal: refusal(looks, reached, policy, baseline_id),
            information: ends
                .iter()
                .map(|end| count_to_f64(*end) / count_to_f64(whole.cases.len()))
                .collect(),
            candidate: Cow::Owned(candidate),
            baseline,
            whole,
            labels: None,
            earlier_tries,
        }
    }

    /// The same with what people said; it cannot be used where only a part of the run may be looked at.
    pub(super) fn with_labels(mut self, labels: Option<&'a HumanScores>) -> Self {
        self.labels = labels.map(|labels| match self.whole.looks {
            None => Cow::Borrowed(labels),
            Some(_) => Cow::Owned(labels.of_sequential_run()),
        });
        self
    }

    /// The rate at which a rule may pass here.
    pub(super) fn alpha_pass(&self, statistics: &Statistics) -> f64 {
        let halvings = i32::try_from(self.earlier_tries).unwrap_or(i32::MAX);
        self.nominal(statistics.alpha_pass * 0.5_f64.powi(halvings))
    }

    /// What this interim analysis may compare a p-value with, for a test that may err with probability
    /// `alpha` over all of them; 0 where it may not decide.
    pub(super) fn nominal(&self, alpha: f64) -> f64 {
        if self.information.is_empty() {
            return if self.whole.looks.is_some() || alpha < LEVEL_MIN {
                0.0
            } else {
                alpha
            };
        }
        let boundaries = normal_boundaries(&self.information, Spending::OBrienFleming, alpha);
        let level = boundaries
            .ok()
            .and_then(|looks| Some(looks.last()?.nominal_level));
        level.filter(|level| *level >= LEVEL_MIN).unwrap_or(0.0)
    }

    /// What people must know of this view.
    pub(super) fn notes(&self, statistics: &Statistics) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(looks) = &self.whole.looks {
            let at = sentence::Interim {
                number: self.information.len(),
                of: looks.cases.len(),
                n_seen: self.candidate.cases.len(),
                n_planned: self.whole.cases.len(),
            };
            notes.push(sentence::interim(&at, self.alpha_pass(statistics)));
        }
        if self.earlier_tries > 0 {
            notes.push(sentence::further_try(
                self.earlier_tries + 1,
                self.alpha_pass(statistics),
                self.nominal(statistics.alpha_pass),
            ));
        }
        notes
    }
}

/// Stopping by one policy's verdict biases what another would say.
fn refusal(
    looks: &Looks,
    reached: usize,
    policy: Digest,
    baseline: Option<&str>,
) -> Option<String> {
    if reached == 0 {
        return Some(sentence::no_interim_reached());
    }
    let stopped_early = reached < looks.cases.len();
    if stopped_early && looks.policy != policy {
        return Some(sentence::stopped_by_another_policy());
    }
    if stopped_early && looks.baseline.as_deref() != baseline {
        return Some(sentence::stopped_against_another_baseline());
    }
    None
}
