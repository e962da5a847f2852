//! Runs a plan into a record: the one writer.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use crate::config::Config;
use groundgate_endpoints::copilot::Copilot;
use groundgate_model::unit::Usd;
use groundgate_record::{Header, Reader, RecordError, Status, Writer};
use groundgate_run::{self as run, Budget, Ending, Ledger, Past, Plan, Wiring};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

use super::{
    app::App,
    clock,
    error::{AppError, ErrorClass},
    observer::{Event, Notice},
};

/// Events that may wait for the writer.
const QUEUE: usize = 1024;
/// Events in one transaction.
const BATCH: usize = 512;
/// How long events gather before they are written: one transaction for many of them costs the disk
/// and the processor a fraction. At most what came within this time is asked again after a kill.
const GATHER: Duration = Duration::from_millis(4);
/// Shares of a budget from which on people are told, with the percentages, the largest first.
const ALERT_AT: [(f64, u8); 3] = [(1.0, 100), (0.8, 80), (0.5, 50)];

/// One run to be made, or a part of one.
#[derive(Clone)]
pub struct Job {
    pub plan: Plan,
    pub copilot: Arc<dyn Copilot>,
    pub header: Header,
    pub path: PathBuf,
    /// Whether the record is there already and is to be gone on with.
    pub resumes: bool,
    /// Whether failures of the resumed run are to be asked again.
    pub rerun_failures: bool,
    pub cap: Option<Usd>,
    /// What the record says of itself when all of the plan's part is in.
    pub complete_as: Status,
    /// What is shared by runs of several processes.
    pub ledger: Option<Shared>,
}

/// A budget that several runs share.
#[derive(Debug, Clone)]
pub struct Shared {
    pub path: PathBuf,
    pub cap: Usd,
    /// The first id of the runs that count.
    pub first: String,
}

/// The runtime that everything with waiting in it runs on.
pub fn runtime() -> Result<Runtime, AppError> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| AppError::internal("failed to start the runtime").because(cause))
}

/// Runs the job to its end; what was acknowledged is in the record whatever happens.
pub fn execute(app: &App, job: Job, runtime: &Runtime) -> Result<Ending, AppError> {
    let (writer, past, spent) = open(&job)?;
    let planned: Vec<_> = job.plan.trials().collect();
    let done = planned
        .iter()
        .filter(|trial| past.finished.contains(&trial.index));
    app.tell(Event::Begun {
        copilot: &job.header.copilot_name,
        planned: planned.len(),
        done: done.count(),
    });
    let complete_as = job.complete_as;
    let (sink, events) = mpsc::channel(QUEUE);
    let budget = Arc::new(budget(&job, spent)?);
    let kept = Arc::clone(&budget);
    let caps = Caps {
        own: job.cap,
        shared: job.ledger.clone(),
        run_id: job.header.run_id.clone(),
    };
    let wiring = Wiring {
        copilot: job.copilot,
        budget,
        stop: app.stop(),
        sink,
    };
    let (ended, recorded) = thread::scope(|scope| {
        let recorder = scope.spawn(|| record(app, writer, events));
        let ended = runtime.block_on(run::run(job.plan, past, wiring));
        (ended, recorder.join())
    });
    let ending = ended.ending;
    let (writer, failed) =
        recorded.map_err(|_panic| AppError::internal("the recorder panicked"))?;
    writer.finish(status(ending, complete_as))?;
    app.tell(Event::Ended(ending));
    let spent = kept.spent();
    // What was not spent goes back to the ledger now.
    drop(kept);
    alert(app, spent, &caps);
    if let Some(error) = failed {
        return Err(AppError::new(ErrorClass::Internal, error)
            .with_help("free some disk space, then go on with `groundgate run --resume`"));
    }
    if let Some(panic) = ended.panic {
        return Err(
            AppError::internal(format!("a question failed in groundgate itself: {panic}"))
                .with_help("what came before is saved; `groundgate run --resume` asks it again"),
        );
    }
    Ok(ending)
}

fn budget(job: &Job, spent: Usd) -> Result<Budget, AppError> {
    let Some(shared) = &job.ledger else {
        return Ok(Budget::new(job.cap, spent));
    };
    let (ledger, drawn) = shared.open(&job.header.run_id, spent)?;
    Ok(Budget::shared(ledger, drawn, spent).with_cap(job.cap))
}

/// The cap of this run alone: where a ledger has no month, its cap is the one that all runs share.
pub fn own_cap(config: &Config, cap: Option<Usd>) -> Option<Usd> {
    let is_shared = config.budget_ledger.is_some() && config.budget_month.is_none();
    cap.filter(|_| !is_shared)
}

/// What this run shares with others: a month's budget with those that began in its month, or all.
pub fn shared(config: &Config, cap: Option<Usd>, header: &Header) -> Option<Shared> {
    let path = config.budget_ledger.clone()?;
    match config.budget_month {
        None => Some(Shared {
            path,
            cap: cap?,
            first: String::new(),
        }),
        Some(month) => Some(Shared {
            path,
            cap: month,
            first: clock::first_id_of_month(&header.created_at),
        }),
    }
}

impl Shared {
    fn open(&self, run_id: &str, spent: Usd) -> Result<(Ledger, Usd), AppError> {
        let (ledger, drawn) = Ledger::open(&self.path, run_id, self.cap, spent)
            .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
        Ok((ledger.counting_from(self.first.clone()), drawn))
    }
}

/// What a run may spend, by itself and together with others.
struct Caps {
    own: Option<Usd>,
    shared: Option<Shared>,
    run_id: String,
}

/// Says how much of a budget is gone, where it is much.
fn alert(app: &App, spent: Usd, caps: &Caps) {
    let tell = |whose: &'static str, spent: Usd, cap: Usd| {
        let share = spent.dollars() / cap.dollars();
        if let Some((_, percent)) = ALERT_AT.into_iter().find(|(mark, _)| share >= *mark) {
            app.notice(Notice::BudgetSpent {
                whose,
                spent,
                cap,
                percent,
            });
        }
    };
    if let Some(cap) = caps.own {
        tell("the run's", spent, cap);
    }
    let shared = caps.shared.as_ref();
    let drawn = shared.and_then(|shared| shared.open(&caps.run_id, spent).ok());
    if let Some((drawn, cap)) = drawn.and_then(|(ledger, _)| ledger.drawn().ok()) {
        tell("the ledger's", drawn, cap);
    }
}

fn open(job: &Job) -> Result<(Writer, Past, Usd), AppError> {
    let path = &job.path;
    if !job.resumes {
        let writer = Writer::create(path, &job.header, &job.plan.cases)?;
        return Ok((writer, Past::default(), Usd::ZERO));
    }
    let mut writer = Writer::resume(Reader::open(path)?)?;
    if job.rerun_failures {
        writer.forget_failures()?;
    }
    let reader = Reader::open(path)?;
    let past = Past {
        finished: reader.finished()?,
        calls: reader.open_calls()?,
    };
    Ok((writer, past, reader.booked()?))
}

/// Writes what comes, in batches as large as what has gathered meanwhile.
fn record(
    app: &App,
    mut writer: Writer,
    mut events: mpsc::Receiver<run::Event>,
) -> (Writer, Option<RecordError>) {
    let (mut calls, mut trials) = (Vec::new(), Vec::new());
    while let Some(first) = events.blocking_recv() {
        thread::sleep(GATHER);
        let mut next = Some(first);
        while let Some(event) = next {
            app.tell(Event::Progress(&event));
            match event {
                run::Event::Call(call) => calls.push(*call),
                run::Event::Trial(trial) => trials.push(*trial),
            }
            next = if calls.len() + trials.len() < BATCH {
                events.try_recv().ok()
            } else {
                None
            };
        }
        if let Err(error) = writer.append(&calls, &trials) {
            return (writer, Some(error));
        }
        calls.clear();
        trials.clear();
    }
    (writer, None)
}

const fn status(ending: Ending, complete_as: Status) -> Status {
    match ending {
        Ending::Complete => complete_as,
        Ending::Stopped | Ending::SinkClosed | Ending::Panicked => Status::Interrupted,
        Ending::OutOfBudget => Status::OutOfBudget,
    }
}
