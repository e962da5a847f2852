//! What to buy with the next money: questions, runs, or votes.

use crate::{
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, not_negative, positive},
    variance::Components,
};

/// Most repeats that [`best_design`] considers of either kind.
const REPEATS_MAX: usize = 50;

/// What one more of each costs, in any one currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// A new question: writing and curating it. 0 when it exists already.
    pub question: f64,
    /// A call of the copilot.
    pub copilot: f64,
    /// A call of the judge.
    pub judge: f64,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Design {
    /// n.
    pub questions: usize,
    /// k, per question.
    pub runs: usize,
    /// j, per answer.
    pub votes: usize,
}

/// The spread of one score, by source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    /// Between questions. For claims about a fixed suite it is 0.
    pub question: f64,
    /// Between runs.
    pub run: f64,
    /// Between votes.
    pub vote: f64,
}

impl From<Components> for Repeats {
    /// What could not be told apart counts where it was found.
    fn from(components: Components) -> Self {
        Self {
            question: components.question,
            run: components.run.unwrap_or(0.0),
            vote: components.vote.unwrap_or(0.0),
        }
    }
}

impl Repeats {
    /// The spread of the difference of two systems on the same questions: runs and votes count twice;
    /// of the questions only `interaction` is left, by how much the difference varies between them.
    #[must_use]
    pub fn of_difference(self, interaction: f64) -> Self {
        Self {
            question: interaction,
            run: 2.0 * self.run,
            vote: 2.0 * self.vote,
        }
    }

    /// The variance of the mean score:
    /// `s²_question / n + s²_run / (n k) + s²_vote / (n k j)`.
    pub fn variance_of_mean(self, design: Design) -> f64 {
        let (n, k, j) = design.counts();
        (self.question + (self.run + self.vote / j) / k) / n
    }

    fn checked(self) -> Result<Self, StatsError> {
        not_negative("question variance", self.question)?;
        not_negative("run variance", self.run)?;
        not_negative("vote variance", self.vote)?;
        Ok(self)
    }
}

impl Design {
    fn counts(self) -> (f64, f64, f64) {
        (
            count_to_f64(self.questions),
            count_to_f64(self.runs),
            count_to_f64(self.votes),
        )
    }

    /// `n (c_question + k (c_copilot + j c_judge))`.
    pub fn cost(self, costs: Costs) -> f64 {
        let (n, k, j) = self.counts();
        n * (costs.question + k * (costs.copilot + j * costs.judge))
    }
}

/// The votes j* and runs k* with the smallest variance for the money, before rounding:
/// `j* = √(c_copilot s²_vote / (c_judge s²_run))` and
/// `k* = √(c_question (s²_run + s²_vote / j*) / ((c_copilot + j* c_judge) s²_question))`.
/// Infinite where a repeat buys everything: votes without spread between runs, runs without spread
/// between questions. Not cut at 1: below it, one is enough.
pub fn optimal_repeats(repeats: Repeats, costs: Costs) -> Result<(f64, f64), StatsError> {
    repeats.checked()?;
    let copilot = positive("copilot cost", costs.copilot)?;
    let judge = positive("judge cost", costs.judge)?;
    let question = not_negative("question cost", costs.question)?;
    let votes = root_of_quotient(copilot * repeats.vote, judge * repeats.run);
    let within = if votes.is_finite() && votes > 0.0 {
        repeats.run + repeats.vote / votes
    } else {
        repeats.run
    };
    let price = if votes.is_finite() {
        copilot + votes * judge
    } else {
        copilot
    };
    let runs = root_of_quotient(question * within, price * repeats.question);
    Ok((votes, runs))
}

/// 0 when there is nothing above, infinite when there is nothing below.
fn root_of_quotient(above: f64, below: f64) -> f64 {
    if above <= 0.0 {
        0.0
    } else if below <= 0.0 {
        f64::INFINITY
    } else {
        (above / below).sqrt()
    }
}

/// The whole design with the smallest variance of the mean that `budget` pays for, of at most
/// `questions_max` questions and 50 repeats of each kind. `None`: not even one question is paid for.
pub fn best_design(
    repeats: Repeats,
    costs: Costs,
    budget: f64,
    questions_max: usize,
) -> Result<Option<Design>, StatsError> {
    repeats.checked()?;
    positive("copilot cost", costs.copilot)?;
    not_negative("judge cost", costs.judge)?;
    not_negative("question cost", costs.question)?;
    not_negative("budget", budget)?;
    let mut best: Option<(f64, Design)> = None;
    for runs in 1..=REPEATS_MAX {
        for votes in 1..=REPEATS_MAX {
            let design = |questions| Design {
                questions,
                runs,
                votes,
            };
            let questions = most_within(questions_max, |n| design(n).cost(costs) <= budget);
            if questions == 0 {
                break;
            }
            let variance = repeats.variance_of_mean(design(questions));
            if best.is_none_or(|(least, _)| variance < least) {
                best = Some((variance, design(questions)));
            }
        }
    }
    Ok(best.map(|best| best.1))
}

/// The largest count up to `most` for which `fits`, which holds up to some count and not beyond.
fn most_within(most: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = high - (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// What a little more money is best spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purchase {
    /// New questions.
    Questions,
    /// More runs of each question.
    Runs,
    /// More votes on each answer.
    Votes,
}

/// What lowers the variance of the mean the most per unit of money, from `design` on. `None`: nothing
/// does, there is no spread. Votes never remove a judge's bias, whatever this says.
pub fn best_purchase(
    repeats: Repeats,
    costs: Costs,
    design: Design,
) -> Result<Option<Purchase>, StatsError> {
    repeats.checked()?;
    let copilot = positive("copilot cost", costs.copilot)?;
    let judge = positive("judge cost", costs.judge)?;
    let question = not_negative("question cost", costs.question)?;
    at_least(1, design.questions.min(design.runs).min(design.votes))?;
    let (n, k, j) = design.counts();
    // Raising a count by a share s lowers the parts it divides by s, for s of its money.
    let by_votes = repeats.vote / (n * k * j);
    let by_runs = repeats.run / (n * k) + by_votes;
    let by_questions = repeats.question / n + by_runs;
    // In case of a tie, the first: new questions also widen what the suite covers.
    let mut best = (0.0, None);
    for (gained, purchase) in [
        (
            by_questions / (n * (question + k * (copilot + j * judge))),
            Purchase::Questions,
        ),
        (by_runs / (n * k * (copilot + j * judge)), Purchase::Runs),
        (by_votes / (n * k * j * judge), Purchase::Votes),
    ] {
        if gained > best.0 {
            best = (gained, Some(purchase));
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PILOT: Repeats = Repeats {
        question: 0.005,
        run: 0.02,
        vote: 0.04,
    };

    #[test]
    fn optimal_repeats_follow_the_closed_form() {
        let repeats = Repeats {
            question: 0.02,
            run: 0.05,
            vote: 0.02,
        };
        let costs = Costs {
            question: 10.0,
            copilot: 2.0,
            judge: 0.2,
        };
        let (votes, runs) = optimal_repeats(repeats, costs).unwrap();
        assert!((votes - 2.0).abs() < 1e-12);
        assert!((runs - 3.535_533_905_932_737_8).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_average_needs_no_repeats() {
        let costs = Costs {
            question: 1.0,
            copilot: 1.0,
            judge: 1.0,
        };
        let still = Repeats {
            question: 1.0,
            run: 0.0,
            vote: 0.0,
        };
        assert_eq!(optimal_repeats(still, costs), Ok((0.0, 0.0)));
        let suite = Repeats {
            question: 0.0,
            ..PILOT
        };
        assert!(optimal_repeats(suite, costs).unwrap().1.is_infinite());
    }

    #[test]
    fn three_runs_beat_three_votes_for_the_same_judge_calls() {
        // A paired difference, with an interaction as large as the questions' spread.
        let difference = PILOT.of_difference(0.005);
        for (runs, votes, expected) in [(3, 1, 0.0212), (1, 3, 0.0268)] {
            let design = Design {
                questions: 100,
                runs,
                votes,
            };
            let se = difference.variance_of_mean(design).sqrt();
            assert!((se - expected).abs() < 1e-4, "{runs} {votes}: {se}");
        }
    }

    #[test]
    fn the_best_design_beats_its_neighbors_within_the_budget() {
        let costs = Costs {
            question: 0.0,
            copilot: 1.0,
            judge: 0.25,
        };
        let best = best_design(PILOT, costs, 500.0, 100).unwrap().unwrap();
        assert!(best.cost(costs) <= 500.0 && best.questions <= 100);
        for runs in 1..20 {
            for votes in 1..20 {
                for questions in 1..=100 {
                    let other = Design {
                        questions,
                        runs,
                        votes,
                    };
                    if other.cost(costs) <= 500.0 {
                        assert!(
                            PILOT.variance_of_mean(best) <= PILOT.variance_of_mean(other) + 1e-15
                        );
                    }
                }
            }
        }
        assert_eq!(best_design(PILOT, costs, 1.0, 100).unwrap(), None);
    }

    #[test]
    fn without_spread_nothing_is_repeated() {
        let costs = Costs {
            question: 5.0,
            copilot: 1.0,
            judge: 0.25,
        };
        let still = PILOT.of_difference(0.0);
        let still = Repeats {
            run: 0.0,
            vote: 0.0,
            ..still
        };
        let best = best_design(still, costs, 500.0, 100).unwrap().unwrap();
        assert_eq!((best.runs, best.votes), (1, 1));
        let design = Design {
            questions: 10,
            runs: 4,
            votes: 2,
        };
        // 10 (5 + 4 (1 + 2 / 4)).
        assert!((design.cost(costs) - 110.0).abs() < 1e-12);
    }

    /// The best purchase is the count whose derivative of the variance is the steepest for the
    /// derivative of its cost.
    #[test]
    fn the_best_purchase_has_the_steepest_derivative() {
        let variance = |repeats: Repeats, [n, k, j]: [f64; 3]| {
            repeats.question / n + repeats.run / (n * k) + repeats.vote / (n * k * j)
        };
        let price = |costs: Costs, [n, k, j]: [f64; 3]| {
            n * costs.question + n * k * costs.copilot + n * k * j * costs.judge
        };
        let purchases = [Purchase::Questions, Purchase::Runs, Purchase::Votes];
        let mut seen = [0; 3];
        let grid = |at: usize, values: [f64; 4]| values[at % 4];
        for case in 0..1024_usize {
            let repeats = Repeats {
                question: grid(case, [0.01, 0.1, 0.4, 0.0]),
                run: grid(case / 4, [0.3, 0.05, 1.1, 0.0]),
                vote: grid(case / 16, [0.2, 0.7, 2.5, 6.0]),
            };
            let costs = Costs {
                question: grid(case / 64, [0.2, 3.0, 0.4, 11.0]),
                copilot: grid(case / 64, [1.3, 0.3, 5.0, 1.0]),
                judge: grid(case / 256, [0.7, 0.2, 2.0, 0.05]),
            };
            let design = Design {
                questions: 7 + case % 5,
                runs: 2 + case % 3,
                votes: 2 + case % 7,
            };
            let (n, k, j) = design.counts();
            let slope = |which: usize| {
                let (mut low, mut high) = ([n, k, j], [n, k, j]);
                low[which] *= 1.0 - 1e-4;
                high[which] *= 1.0 + 1e-4;
                (variance(repeats, low) - variance(repeats, high))
                    / (price(costs, high) - price(costs, low))
            };
            let steepest = slope(0).max(slope(1)).max(slope(2));
            let found = best_purchase(repeats, costs, design).unwrap();
            let found = (0..3)
                .find(|which| found == Some(purchases[*which]))
                .unwrap();
            seen[found] += 1;
            assert!(
                slope(found) > steepest * (1.0 - 1e-7),
                "{repeats:?} {costs:?} {design:?}"
            );
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }

    #[test]
    fn nothing_can_be_added_to_nothing() {
        let costs = Costs {
            question: 5.0,
            copilot: 1.0,
            judge: 0.1,
        };
        for (questions, runs, votes) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
            let design = Design {
                questions,
                runs,
                votes,
            };
            assert_eq!(best_purchase(PILOT, costs, design), Err(StatsError::NoData));
        }
    }

    #[test]
    fn the_next_money_goes_where_the_spread_is() {
        let design = Design {
            questions: 50,
            runs: 2,
            votes: 1,
        };
        let costs = Costs {
            question: 5.0,
            copilot: 1.0,
            judge: 0.1,
        };
        for (repeats, expected) in [
            (
                Repeats {
                    question: 1.0,
                    run: 0.01,
                    vote: 0.01,
                },
                Some(Purchase::Questions),
            ),
            (
                Repeats {
                    question: 0.01,
                    run: 1.0,
                    vote: 0.01,
                },
                Some(Purchase::Runs),
            ),
            (
                Repeats {
                    question: 0.01,
                    run: 0.01,
                    vote: 1.0,
                },
                Some(Purchase::Votes),
            ),
            (
                Repeats {
                    question: 0.0,
                    run: 0.0,
                    vote: 0.0,
                },
                None,
            ),
        ] {
            assert_eq!(
                best_purchase(repeats, costs, design).unwrap(),
                expected,
                "{repeats:?}"
            );
        }
    }
}
