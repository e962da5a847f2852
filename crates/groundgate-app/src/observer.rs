//! What happens while the application works, for those who want to show it.

use std::{fmt, time::Duration};

use groundgate_gate::{Verdict, quality::Drift};
use groundgate_judge::boilerplate::TakenOut;
use groundgate_model::{diagnostic::Mistake, unit::Usd};
use groundgate_run::Ending;

use crate::baseline_choice::NamedBy;

/// Somebody who is told; may be called from several threads.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, event: Event<'_>);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn observe(&self, _event: Event<'_>) {}
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A run, or a part of one, begins.
    Begun {
        /// The copilot's name.
        copilot: &'a str,
        /// Trials of the whole plan.
        planned: usize,
        /// Trials that are in the record already.
        done: usize,
    },
    /// A call has ended, or a trial is whole.
    Progress(&'a groundgate_run::Event),
    /// The run, or its part, has ended; everything is saved, unless the disk failed.
    Ended(Ending),
    /// A simulated release was tried.
    Simulated {
        /// How many have been, in no order.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// Something that people should know.
    Notice(Notice<'a>),
    /// Something odd in a file.
    Warning(&'a Mistake),
}

/// Something that people should know; its `Display` is a sentence.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A sleeping endpoint is being woken up.
    Waking {
        /// The endpoint's name.
        endpoint: &'a str,
        /// How long it is waited for at most.
        at_most: Duration,
    },
    /// Much of a budget is gone.
    BudgetSpent {
        /// `the run's` or `the ledger's`.
        whose: &'static str,
        /// What is spent.
        spent: Usd,
        /// Of how much.
        cap: Usd,
        /// The share that has been passed, in percent.
        percent: u8,
    },
    /// A judge measures differently than when its anchors were frozen.
    JudgeChanged {
        /// The metric.
        metric: &'a str,
        /// How far its anchors moved.
        drift: &'a Drift,
    },
    /// A planned interim analysis of a sequential run.
    Interim {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// Cases asked so far.
        asked: usize,
        /// Cases of the plan.
        cases: usize,
        /// What the policy says so far.
        verdict: Verdict,
    },
    /// The policy has decided before all cases were asked.
    DecidedEarly {
        /// Cases that need not be asked.
        cases: usize,
        /// Calls that need not be made.
        calls: usize,
    },
    /// An endpoint answers no more.
    EndpointDown {
        /// Who, and what became of the last call.
        cause: &'a str,
    },
    /// Declared lines took out more than they should, or match what states a number.
    Boilerplate {
        /// What of all answers.
        taken: TakenOut,
    },
    /// What is compared with, where the caller did not say.
    Baseline {
        /// The run.
        run: &'a str,
        /// Who says so.
        named_by: NamedBy,
    },
    /// In a pipeline, and nothing says where secrets may go.
    SecretsGoAnywhere {
        /// What is sent.
        secrets: &'a [String],
        /// To which hosts.
        hosts: &'a [String],
    },
    /// The policy compares and there is nothing to compare with.
    NoBaseline,
    /// How a file of another tool was read.
    Guessed {
        /// The file.
        file: &'a str,
        /// What was guessed or left out.
        guess: &'a str,
    },
}

impl Notice<'_> {
    /// Whether it is said even where only results and errors are wanted.
    pub const fn is_urgent(&self) -> bool {
        match self {
            Self::BudgetSpent { .. }
            | Self::EndpointDown { .. }
            | Self::Boilerplate { .. }
            | Self::JudgeChanged { .. }
            | Self::SecretsGoAnywhere { .. }
            | Self::NoBaseline => true,
            Self::Waking { .. }
            | Self::Guessed { .. }
            | Self::Interim { .. }
            | Self::DecidedEarly { .. }
            | Self::Baseline { .. } => false,
        }
    }
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waking { endpoint, at_most } => write!(
                f,
                "waking up `{endpoint}`, for at most {} s; this counts as nobody's latency",
                at_most.as_secs()
            ),
            Self::BudgetSpent {
                whose,
                spent,
                cap,
                percent,
            } => write!(
                f,
                "budget: {spent} of {whose} {cap} are spent, {percent} % and more"
            ),
            Self::JudgeChanged { metric, drift } => write!(
                f,
                "warning: the judge of `{metric}` has changed: of {} anchors {} turned bad and {} good (p = {:.4}); no rule will compare this run with an older baseline",
                drift.n, drift.turned_bad, drift.turned_good, drift.p_value
            ),
            Self::Interim {
                number,
                of,
                asked,
                cases,
                verdict,
            } => write!(
                f,
                "look {number} of {of}: {asked} of {cases} cases, {verdict}"
            ),
            Self::DecidedEarly { cases, calls } => write!(
                f,
                "decided: {cases} cases, {calls} calls, need not be asked"
            ),
            Self::EndpointDown { cause } => write!(f, "error: {cause}"),
            Self::Boilerplate { taken } => write!(f, "warning: {taken}"),
            Self::Baseline { run, named_by } => write!(
                f,
                "against the baseline that {} names: {run}",
                named_by.name()
            ),
            Self::SecretsGoAnywhere { secrets, hosts } => write!(
                f,
                "warning: {} go to {} because the configuration under test says so; [secrets] of a trust file says where they may go",
                secrets.join(", "),
                hosts.join(", ")
            ),
            Self::Guessed { file, guess } => write!(f, "{file}: {guess}"),
            Self::NoBaseline => f.write_str(
                "note: the policy compares with a baseline and none was named; add --baseline RUN",
            ),
        }
    }
}
