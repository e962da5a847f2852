//! Calls, cost and time of a planned run: from the pilot's usage where there is one, and from prices.

use groundgate_gate::power::Prices;
use groundgate_model::{
    eval_set::EvalSet,
    unit::{Usd, count_to_f64},
};
use groundgate_record::ReplySummary;

use crate::{
    app::App,
    assemble::Loaded,
    config::{Config, CopilotConfig},
    control_cost,
    error::AppError,
    pipeline, wiring,
};

/// What a run will take.
#[derive(Debug, Clone)]
pub struct PlanCost {
    /// Questions, each as often as it is asked.
    pub answers: usize,
    /// Calls of all judges with a model.
    pub judge_calls: usize,
    /// `None`: no pilot, or no price.
    pub expected: Option<Usd>,
    /// `None`: no price, or no credentials to make the copilot with.
    pub worst: Option<Usd>,
    /// Seconds; `None` without a pilot.
    pub seconds: Option<f64>,
    /// What is to be known of these numbers.
    pub notes: Vec<String>,
    /// Per call, for what could be bought; in calls where money is not known.
    pub prices: Prices,
    /// Whether `prices` are dollars.
    pub is_priced: bool,
}

/// What calls of one kind took in the pilot.
#[derive(Debug, Default, Clone, Copy)]
struct Usage {
    calls: usize,
    cost: Usd,
    /// Calls of which nobody knows the cost.
    unpriced: usize,
    highest: Usd,
    milliseconds: u64,
}

/// What all calls took in the pilot.
#[derive(Debug, Default, Clone, Copy)]
struct Usages {
    copilot: Usage,
    judge: Usage,
}

impl Usage {
    fn add(&mut self, cost: Option<Usd>, booked: Usd, milliseconds: u64) {
        self.calls += 1;
        self.milliseconds = self.milliseconds.saturating_add(milliseconds);
        self.highest = self.highest.max(booked);
        match cost {
            Some(cost) => self.cost = self.cost.plus(cost),
            None => self.unpriced += 1,
        }
    }

    fn mean_cost(self) -> Option<f64> {
        (self.calls > 0 && self.unpriced == 0)
            .then(|| self.cost.dollars() / count_to_f64(self.calls))
    }

    fn mean_seconds(self) -> Option<f64> {
        let milliseconds = u32::try_from(self.milliseconds).map_or(f64::MAX, f64::from);
        (self.calls > 0).then(|| milliseconds / 1000.0 / count_to_f64(self.calls))
    }
}

/// What is planned, as far as money goes.
pub(crate) struct Order<'a> {
    pub(crate) app: &'a App,
    pub(crate) config: &'a Config,
    pub(crate) copilot: &'a CopilotConfig,
    pub(crate) eval_set: &'a EvalSet,
    pub(crate) attempts: u32,
    /// Calls of all judges with a model about one answer.
    pub(crate) judge_votes: u32,
    pub(crate) pilot: Option<&'a Loaded>,
    /// Of writing a question, in dollars.
    pub(crate) question_usd: f64,
}

impl PlanCost {
    /// Adds it up; nothing is called.
    pub(crate) fn of(order: &Order<'_>) -> Result<Self, AppError> {
        let attempts = usize::try_from(order.attempts).unwrap_or(usize::MAX);
        let answers = order.eval_set.cases.len().saturating_mul(attempts);
        let votes = usize::try_from(order.judge_votes).unwrap_or(usize::MAX);
        let judge_calls = answers.saturating_mul(votes);
        let Usages { copilot, judge } = match order.pilot {
            Some(pilot) => usage(pilot)?,
            None => Usages::default(),
        };
        let mut notes = control_cost::notes(order.config, answers)?;
        if order
            .config
            .judges
            .iter()
            .any(|judge| judge.cascade.is_some())
        {
            notes.push(
                "a judge behind another is counted as asked about every answer: at most so much"
                    .to_owned(),
            );
        }
        let copilot_cost = copilot.mean_cost();
        let judge_cost = if judge_calls == 0 {
            Some(0.0)
        } else {
            judge.mean_cost()
        };
        let costs = copilot_cost.zip(judge_cost);
        let expected = costs.and_then(|(copilot, judge)| {
            Usd::from_dollars(copilot * count_to_f64(answers) + judge * count_to_f64(judge_calls))
        });
        let worst = worst(order, judge, judge_calls, &mut notes);
        let judge_seconds = if judge_calls == 0 {
            Some(0.0)
        } else {
            judge.mean_seconds()
        };
        let seconds = copilot.mean_seconds().zip(judge_seconds);
        let in_flight = count_to_f64(order.config.concurrency);
        Ok(Self {
            answers,
            judge_calls,
            expected,
            worst,
            seconds: seconds.map(|(ask, judge)| {
                let work = ask * count_to_f64(answers) + judge * count_to_f64(judge_calls);
                work / in_flight.min(count_to_f64(answers).max(1.0))
            }),
            notes,
            prices: match costs {
                Some((copilot, vote)) => Prices {
                    question: order.question_usd,
                    copilot,
                    vote: vote * f64::from(order.judge_votes.max(1)),
                },
                None => Prices {
                    question: 0.0,
                    copilot: 1.0,
                    vote: if judge_calls == 0 { 0.0 } else { 1.0 },
                },
            },
            is_priced: costs.is_some(),
        })
    }
}

fn usage(pilot: &Loaded) -> Result<Usages, AppError> {
    let mut usages = Usages::default();
    pilot.reader.for_each_call(|call| match &call.result {
        Ok(ReplySummary::Answer(reply)) => {
            usages
                .copilot
                .add(reply.cost, call.booked, reply.timing.latency_ms);
        }
        Ok(ReplySummary::Chat(reply)) => {
            usages
                .judge
                .add(reply.cost, call.booked, reply.timing.latency_ms);
        }
        Err(_) => {}
    })?;
    Ok(usages)
}

/// The most that the run can cost: the copilot's calls at their worst, a judge's at the highest of the
/// pilot and asked twice.
fn worst(
    order: &Order<'_>,
    judge: Usage,
    judge_calls: usize,
    notes: &mut Vec<String>,
) -> Option<Usd> {
    let runtime = pipeline::runtime().ok()?;
    let copilot = match wiring::uncalled_copilot(order.app, order.config, order.copilot, &runtime) {
        Ok(copilot) => copilot,
        Err(error) => {
            notes.push(format!("the worst case is not known: {}", error.error));
            return None;
        }
    };
    let mut sum = Usd::ZERO;
    for case in &order.eval_set.cases {
        let Some(cost) = copilot.worst_cost(case) else {
            notes.push("the worst case is not known: the copilot has no price".to_owned());
            return None;
        };
        sum = sum.plus(cost.times(u64::from(order.attempts)));
    }
    if judge_calls == 0 {
        return Some(sum);
    }
    if judge.calls == 0 {
        notes.push("the worst case is not known: no pilot has paid this judge yet".to_owned());
        return None;
    }
    let calls = u64::try_from(judge_calls).unwrap_or(u64::MAX);
    Some(sum.plus(judge.highest.times(calls.saturating_mul(2))))
}
