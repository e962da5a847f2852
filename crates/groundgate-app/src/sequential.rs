//! `run --sequential`: asks up to each planned look, and stops when the policy has decided.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::config::Config;
use groundgate_gate::{Decision, Facts, NextStep, Policy, RunScores, decide, must_pass_cases};
use groundgate_model::{
    eval_set::{Case, EvalSet},
    trial::{Looks, cluster_order, look_ends},
};
use groundgate_record::{Header, Reader, Status, Writer};
use groundgate_run::{Ending, SeatKind};
use tokio::runtime::Runtime;

use super::{
    app::App,
    assemble::Loaded,
    error::AppError,
    observer::Notice,
    pipeline::{self, Job},
    project, runs,
};

/// Looks where none are given: enough to stop early, and few enough to lose no power.
const LOOKS: usize = 5;

/// The cases in the order in which a sequential run asks them.
pub fn ordered(eval_set: &EvalSet, seed: u64) -> EvalSet {
    let clusters: Vec<&str> = eval_set.cases.iter().map(Case::cluster_or_id).collect();
    let order = cluster_order(&clusters, seed);
    let cases = order
        .iter()
        .filter_map(|place| eval_set.cases.get(*place).cloned());
    EvalSet::new(eval_set.name.clone(), cases.collect())
}

/// How a sequential run is decided.
#[derive(Debug, Clone, Default)]
pub struct InterimRequest {
    /// Whether to ask in random order, with interim analyses.
    pub sequential: bool,
    /// How many; fixed before the first call.
    pub looks: Option<usize>,
    /// The run that the policy compares with, where it is not the policy's own.
    pub baseline: Option<String>,
    /// The environment it is to go to, as in the policy.
    pub env: Option<String>,
    /// Another policy than the configuration's.
    pub policy: Option<PathBuf>,
}

/// Who decides at each look.
pub(crate) struct Decider {
    policy: Policy,
    baseline: Option<Loaded>,
}

impl Decider {
    /// Reads the policy and the baseline that the arguments mean.
    pub(crate) fn new(
        config: &Config,
        args: &InterimRequest,
        header: &Header,
    ) -> Result<Self, AppError> {
        let known = header
            .metrics
            .iter()
            .map(|source| (source.metric.name.clone(), source.metric.clone()))
            .collect();
        let path = args.policy.as_deref().unwrap_or(&config.policy);
        let (_, policy) = project::policy(path, args.env.as_deref(), &known)?;
        let of_policy = policy.release.baseline.run.as_deref();
        // A run that is gone on with names what it began with.
        let begun_with = header
            .looks
            .as_ref()
            .and_then(|looks| looks.baseline.as_ref());
        let reader = match (args.baseline.as_ref().or(begun_with), of_policy) {
            (Some(name), _) => Some(runs::open(&config.runs_dir, name)?),
            (None, Some(name)) => Some(runs::open_ref(&config.runs_dir, name)?),
            (None, None) => None,
        };
        let baseline = reader.map(Loaded::new).transpose()?;
        if let Some(baseline) = &baseline {
            refuse_stale(&policy, baseline, header)?;
        }
        if baseline.is_none() && policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
            return Err(AppError::usage(
                "the policy compares with a baseline; a sequential run needs it to decide",
            )
            .with_help("add --baseline RUN"));
        }
        Ok(Self { policy, baseline })
    }

    /// The looks of a new run over cases that are in their order already.
    pub(crate) fn looks(
        &self,
        eval_set: &EvalSet,
        args: &InterimRequest,
    ) -> Result<Looks, AppError> {
        let wanted = args.looks.unwrap_or(LOOKS);
        if !(1..=50).contains(&wanted) {
            return Err(AppError::usage("--looks is a number from 1 to 50"));
        }
        let clusters: Vec<&str> = eval_set.cases.iter().map(Case::cluster_or_id).collect();
        Ok(Looks {
            policy: self.policy.digest,
            baseline: self.baseline_id(),
            cases: look_ends(&clusters, wanted),
        })
    }

    /// A resumed run must be decided by what decided its earlier looks.
    pub(crate) fn check(&self, looks: &Looks) -> Result<(), AppError> {
        if looks.policy == self.policy.digest && looks.baseline == self.baseline_id() {
            return Ok(());
        }
        Err(
            AppError::invalid("this sequential run began with another policy or baseline")
                .with_help("name the same --policy, --env and --baseline as when it was started"),
        )
    }

    fn baseline_id(&self) -> Option<String> {
        self.baseline
            .as_ref()
            .map(|loaded| loaded.table.run_id.clone())
    }

    fn decide(&self, path: &Path) -> Result<Decided, AppError> {
        let candidate = Loaded::new(Reader::open(path)?)?.table;
        let looks = candidate.looks.as_ref();
        let evidence = RunScores {
            candidate: &candidate,
            baseline: self.baseline.as_ref().map(|loaded| &loaded.table),
        };
        Ok(Decided {
            decision: decide(&self.policy, evidence),
            must_pass: must_pass_cases(&self.policy, &candidate),
            reached: looks.map_or(0, |looks| looks.reached(candidate.n_asked())),
        })
    }
}

/// What a look says.
struct Decided {
    decision: Decision,
    must_pass: BTreeSet<usize>,
    /// How many looks the record has come to; more than this one where the run is gone on with.
    reached: usize,
}

/// Against a baseline that is too old when the run begins, no gate lets it pass: better said before money
/// is spent.
fn refuse_stale(policy: &Policy, baseline: &Loaded, header: &Header) -> Result<(), AppError> {
    let Ok(begun) = header.created_at.parse() else {
        return Ok(());
    };
    let facts = Facts {
        baseline_made: baseline.reader.header().created_at.parse().ok(),
        ..Facts::none(begun)
    };
    match policy.release.baseline.fault(&facts) {
        None => Ok(()),
        Some(why) => Err(AppError::invalid(why).with_help(
            "make a new one first: `groundgate run` with the baseline's copilot, then name it with --baseline",
        )),
    }
}

/// Asks look after look until the decider has decided.
pub(crate) fn execute(
    app: &App,
    mut job: Job,
    looks: &Looks,
    decider: &Decider,
    runtime: &Runtime,
) -> Result<Ending, AppError> {
    let n_looks = looks.cases.len();
    let mut ended = Ending::Complete;
    for (look, asked) in (1..).zip(looks.cases.iter().copied()) {
        let mut part: BTreeSet<usize> = (0..asked).collect();
        job.complete_as = if look == n_looks {
            Status::Complete
        } else {
            Status::Interrupted
        };
        ended = stage(app, &mut job, &part, runtime)?;
        if ended != Ending::Complete || look == n_looks {
            break;
        }
        let Decided {
            mut decision,
            must_pass,
            reached,
        } = decider.decide(&job.path)?;
        if reached > look {
            continue;
        }
        if decision.next_step() == NextStep::AskMustPass {
            part.extend(must_pass);
            ended = stage(app, &mut job, &part, runtime)?;
            if ended != Ending::Complete {
                break;
            }
            decision = decider.decide(&job.path)?.decision;
        }
        app.notice(Notice::Interim {
            number: look,
            of: n_looks,
            asked,
            cases: job.plan.cases.len(),
            verdict: decision.verdict,
        });
        if decision.next_step() == NextStep::Stop {
            Writer::resume(Reader::open(&job.path)?)?.finish(Status::Decided)?;
            app.notice(saved(&job, part.len()));
            break;
        }
    }
    Ok(ended)
}

fn stage(
    app: &App,
    job: &mut Job,
    part: &BTreeSet<usize>,
    runtime: &Runtime,
) -> Result<Ending, AppError> {
    job.plan.part = Some(part.clone());
    let ended = pipeline::execute(app, job.clone(), runtime)?;
    job.resumes = true;
    job.rerun_failures = false;
    Ok(ended)
}

fn saved(job: &Job, asked: usize) -> Notice<'static> {
    let plan = &job.plan;
    let votes = plan.seats.iter().map(|seat| match &seat.kind {
        SeatKind::Embedded(_) => 0,
        SeatKind::Model { spec, .. } => usize::try_from(spec.calls()).unwrap_or(1),
    });
    let calls_per_trial = 1 + votes.sum::<usize>();
    let cases = plan.cases.len().saturating_sub(asked);
    let attempts = usize::try_from(plan.attempts).unwrap_or(1);
    Notice::DecidedEarly {
        cases,
        calls: cases * attempts * calls_per_trial,
    }
}
