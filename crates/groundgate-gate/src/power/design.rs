//! What a run must be made of so that a drop of a wanted size is seen: questions, runs of each, or votes on each
//! answer.

use groundgate_model::unit::count_to_f64;

use super::{
    detectable::{compared, required},
    difference::{Compared, Scope},
    planned::{POWER_WANTED, Planned, Size, whole},
    spread::Spread,
};
use crate::policy::{Policy, Slice};

/// Nobody asks more.
const QUESTIONS_MOST: usize = 100_000;
/// As many attempts as a configuration can ask for.
const ATTEMPTS_MOST: u32 = 100;
/// As many votes as a judge can have.
const VOTES_MOST: u32 = 25;

/// What one more of each costs, in any one currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// Writing and curating a question.
    pub question: f64,
    /// A call of the copilot.
    pub copilot: f64,
    /// One vote of all judges on an answer.
    pub vote: f64,
}

/// A way to see the wanted drop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunDesign {
    /// Questions, of the slice where it is about one.
    pub questions: usize,
    /// Attempts at each.
    pub attempts: u32,
    /// Votes on each answer.
    pub votes: u32,
    /// The run's price, with that of writing the questions that are new.
    pub price: f64,
}

/// The ways to see a wanted drop of one metric in one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct DesignOptions {
    /// Of which metric.
    pub metric: String,
    /// `None`: overall.
    pub slice: Option<Slice>,
    /// What is planned.
    pub now: RunDesign,
    /// The drop that the plan sees.
    pub drop_now: Option<f64>,
    /// Only more questions; `None`: no number of them is enough.
    pub more_questions: Option<RunDesign>,
    /// Only more attempts; `None`: no number up to 100 is enough.
    pub more_attempts: Option<RunDesign>,
    /// Only more votes; `None`: no number up to 25 is enough.
    pub more_votes: Option<RunDesign>,
    /// The cheapest of all, in questions, attempts and votes together.
    pub cheapest: Option<RunDesign>,
}

/// The runs in which a drop of `wanted` (on the metric's scale) is seen with a chance of 80 %, for
/// every metric that is compared, overall and in each required slice.
pub fn design_options(
    policy: &Policy,
    planned: &Planned<'_>,
    wanted: f64,
    prices: Prices,
) -> Vec<DesignOptions> {
    let slices = [None]
        .into_iter()
        .chain(required(policy).into_iter().map(Some));
    let metrics = compared(policy);
    let all = slices.flat_map(|slice| metrics.iter().map(move |metric| (metric, slice.clone())));
    all.filter_map(|(metric, slice)| {
        let spread = planned.difference_spread(metric, slice.as_ref())?;
        let size = Size::of(planned.cases, slice.as_ref());
        let search = DesignSearch {
            policy,
            planned,
            metric,
            spread,
            size,
            wanted,
            prices,
        };
        (size.questions > 0.0).then(|| search.options(slice))
    })
    .collect()
}

struct DesignSearch<'a> {
    policy: &'a Policy,
    planned: &'a Planned<'a>,
    metric: &'a str,
    spread: Spread,
    /// Of what is planned.
    size: Size,
    wanted: f64,
    prices: Prices,
}

impl DesignSearch<'_> {
    fn options(&self, slice: Option<Slice>) -> DesignOptions {
        let (attempts, votes) = (self.planned.attempts, self.planned.votes);
        let now = self.design(whole(self.size.questions), attempts, votes);
        DesignOptions {
            metric: self.metric.to_owned(),
            slice,
            drop_now: self.drop(&now),
            more_questions: self.questions_for(attempts, votes),
            more_attempts: least(attempts, ATTEMPTS_MOST, |attempts| {
                self.is_enough(&self.design(now.questions, attempts, votes))
            })
            .map(|attempts| self.design(now.questions, attempts, votes)),
            more_votes: least(votes, self.votes_most(), |votes| {
                self.is_enough(&self.design(now.questions, attempts, votes))
            })
            .map(|votes| self.design(now.questions, attempts, votes)),
            cheapest: self.cheapest(),
            now,
        }
    }

    fn questions_for(&self, attempts: u32, votes: u32) -> Option<RunDesign> {
        let now = whole(self.size.questions);
        let with = |questions| self.design(questions, attempts, votes);
        let least_n = least_count(now, QUESTIONS_MOST, |n| self.is_enough(&with(n)))?;
        Some(with(least_n))
    }

    /// More votes are for sale only where a judge is paid for them and they can differ.
    fn votes_most(&self) -> u32 {
        if self.prices.vote > 0.0 && self.planned.assumptions.flips > 0.0 {
            VOTES_MOST
        } else {
            self.planned.votes
        }
    }

    fn cheapest(&self) -> Option<RunDesign> {
        let votes_most = self.votes_most();
        let designs = (self.planned.attempts..=ATTEMPTS_MOST.min(self.planned.attempts + 20))
            .flat_map(|attempts| {
                (self.planned.votes..=votes_most).map(move |votes| (attempts, votes))
            });
        designs
            .filter_map(|(attempts, votes)| self.questions_for(attempts, votes))
            .min_by(|one, other| one.price.total_cmp(&other.price))
    }

    fn design(&self, questions: usize, attempts: u32, votes: u32) -> RunDesign {
        let n = count_to_f64(questions);
        let answers = n * f64::from(attempts);
        let new = (n - self.size.questions).max(0.0);
        let per_answer = self.prices.copilot + f64::from(votes) * self.prices.vote;
        RunDesign {
            questions,
            attempts,
            votes,
            price: new * self.prices.question + answers * per_answer,
        }
    }

    fn is_enough(&self, design: &RunDesign) -> bool {
        self.drop(design).is_some_and(|drop| drop <= self.wanted)
    }

    fn drop(&self, design: &RunDesign) -> Option<f64> {
        let questions = count_to_f64(design.questions);
        let scope = Scope {
            size: Size {
                questions,
                clusters: self.size.clusters * questions / self.size.questions,
            },
            attempts: f64::from(design.attempts),
            votes: design.votes,
        };
        let statistics = &self.policy.statistics;
        let of = Compared {
            metric: self.metric,
            estimand: statistics.versus_baseline,
        };
        let difference = (self.planned).difference_of(statistics, of, &self.spread, scope)?;
        let alpha = statistics.alpha_fail;
        difference
            .mean
            .drop_seen(0.0, difference.width, alpha, POWER_WANTED)
            .ok()?
    }
}

/// The smallest count from `from` to `most` that is enough, where more is never worse.
fn least(from: u32, most: u32, is_enough: impl Fn(u32) -> bool) -> Option<u32> {
    (from..=most).find(|count| is_enough(*count))
}

/// The same for counts too large to be tried one by one.
fn least_count(from: usize, most: usize, is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    if !is_enough(most) {
        return None;
    }
    let (mut low, mut high) = (from, most);
    while low < high {
        let middle = low.midpoint(high);
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}
