//! Runs a plan into a record: the one writer, the progress, the signals.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use groundgate_app::config::Config;
use groundgate_endpoints::copilot::Copilot;
use groundgate_model::unit::Usd;
use groundgate_record::{Header, Reader, RecordError, Status, Writer};
use groundgate_run::{Budget, Ending, Event, Ledger, Past, Plan, Stop, Wiring, run};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};

use super::{clock, error::CliError, exit_code::ExitCode, progress::Progress, terminal::Terminal};

/// Events that may wait for the writer.
const QUEUE: usize = 1024;
/// Events in one transaction.
const BATCH: usize = 512;
/// How long events gather before they are written: one transaction for many of them costs the disk
/// and the processor a fraction. At most what came within this time is asked again after a kill.
const GATHER: Duration = Duration::from_millis(4);
/// How long calls in flight are waited for after the first Ctrl-C.
const GRACE: Duration = Duration::from_secs(20);
/// Shares of a budget from which on people are told, the largest first.
const ALERT_AT: [f64; 3] = [1.0, 0.8, 0.5];

/// One run to be made, or a part of one.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) copilot: Arc<dyn Copilot>,
    pub(crate) header: Header,
    pub(crate) path: PathBuf,
    /// Whether the record is there already and is to be gone on with.
    pub(crate) resumes: bool,
    /// Whether failures of the resumed run are to be asked again.
    pub(crate) rerun_failures: bool,
    pub(crate) cap: Option<Usd>,
    /// What the record says of itself when all of the plan's part is in.
    pub(crate) complete_as: Status,
    /// What is shared by runs of several processes.
    pub(crate) ledger: Option<Shared>,
}

/// A budget that several runs share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) cap: Usd,
    /// The first id of the runs that count.
    pub(crate) first: String,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) code: ExitCode,
}

/// The runtime that everything with waiting in it runs on.
pub(crate) fn runtime() -> Result<Runtime, CliError> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| CliError::internal("failed to start the runtime").because(cause))
}

/// Runs the job to its end; what was acknowledged is in the record whatever happens.
pub(crate) fn execute(job: Job, runtime: &Runtime, terminal: &Terminal) -> Result<Ended, CliError> {
    let (writer, past, spent) = open(&job)?;
    let planned: Vec<_> = job.plan.trials().collect();
    let done = planned
        .iter()
        .filter(|trial| past.finished.contains(&trial.index));
    let mut progress = Progress::new(
        terminal,
        &job.header.copilot_name,
        planned.len(),
        done.count(),
    );
    let complete_as = job.complete_as;
    let (sink, events) = mpsc::channel(QUEUE);
    let (stop_at, stop) = watch::channel(Stop::No);
    let signal = Arc::new(AtomicU8::new(0));
    let budget = Arc::new(budget(&job, spent)?);
    let (kept, caps) = (
        Arc::clone(&budget),
        (job.cap, job.ledger.clone(), job.header.run_id.clone()),
    );
    let wiring = Wiring {
        copilot: job.copilot,
        budget,
        stop,
        sink,
    };
    let (ending, recorded) = thread::scope(|scope| {
        let recorder = scope.spawn(|| record(writer, events, &mut progress));
        let watcher = runtime.spawn(watch_signals(stop_at, Arc::clone(&signal)));
        let ending = runtime.block_on(run(job.plan, past, wiring));
        watcher.abort();
        (ending, recorder.join())
    });
    let (writer, failed) =
        recorded.map_err(|_panic| CliError::internal("the recorder panicked"))?;
    writer.finish(status(ending, complete_as))?;
    progress.finish(match ending {
        Ending::Complete => "done",
        Ending::Stopped => "stopped, saved",
        Ending::OutOfBudget => "budget reached, saved",
        Ending::SinkClosed => "not saved",
    });
    let spent = kept.spent();
    // What was not spent goes back to the ledger now.
    drop(kept);
    alert(spent, &caps, terminal);
    if let Some(error) = failed {
        return Err(CliError::new(ExitCode::Internal, error)
            .with_help("free some disk space, then go on with `groundgate run --resume`"));
    }
    Ok(Ended {
        ending,
        code: code(ending, signal.load(Ordering::SeqCst)),
    })
}

fn budget(job: &Job, spent: Usd) -> Result<Budget, CliError> {
    let Some(shared) = &job.ledger else {
        return Ok(Budget::new(job.cap, spent));
    };
    let (ledger, drawn) = shared.open(&job.header.run_id, spent)?;
    Ok(Budget::shared(ledger, drawn, spent).with_cap(job.cap))
}

/// The cap of this run alone: where a ledger has no month, its cap is the one that all runs share.
pub(crate) fn own_cap(config: &Config, cap: Option<Usd>) -> Option<Usd> {
    let is_shared = config.budget_ledger.is_some() && config.budget_month.is_none();
    cap.filter(|_| !is_shared)
}

/// What this run shares with others: a month's budget with those that began in its month, or all.
pub(crate) fn shared(config: &Config, cap: Option<Usd>, header: &Header) -> Option<Shared> {
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
    fn open(&self, run_id: &str, spent: Usd) -> Result<(Ledger, Usd), CliError> {
        let (ledger, drawn) = Ledger::open(&self.path, run_id, self.cap, spent)
            .map_err(|error| CliError::new(ExitCode::Invalid, error))?;
        Ok((ledger.counting_from(self.first.clone()), drawn))
    }
}

/// Says how much of a budget is gone, where it is much.
fn alert(
    spent: Usd,
    (cap, shared, run_id): &(Option<Usd>, Option<Shared>, String),
    terminal: &Terminal,
) {
    let tell = |what: &str, spent: Usd, cap: Usd| {
        let share = spent.dollars() / cap.dollars();
        if let Some(mark) = ALERT_AT.into_iter().find(|mark| share >= *mark) {
            terminal.report(&format!(
                "budget: {spent} of {what} {cap} are spent, {:.0} % and more",
                100.0 * mark
            ));
        }
    };
    if let Some(cap) = cap {
        tell("the run's", spent, *cap);
    }
    let drawn = shared
        .as_ref()
        .and_then(|shared| shared.open(run_id, spent).ok());
    if let Some((drawn, cap)) = drawn.and_then(|(ledger, _)| ledger.drawn().ok()) {
        tell("the ledger's", drawn, cap);
    }
}

fn open(job: &Job) -> Result<(Writer, Past, Usd), CliError> {
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
    mut writer: Writer,
    mut events: mpsc::Receiver<Event>,
    progress: &mut Progress<'_>,
) -> (Writer, Option<RecordError>) {
    let (mut calls, mut trials) = (Vec::new(), Vec::new());
    while let Some(first) = events.blocking_recv() {
        thread::sleep(GATHER);
        let mut next = Some(first);
        while let Some(event) = next {
            progress.observe(&event);
            match event {
                Event::Call(call) => calls.push(*call),
                Event::Trial(trial) => trials.push(*trial),
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

/// The first signal stops new calls, the second or the end of the grace everything.
async fn watch_signals(stop: watch::Sender<Stop>, which: Arc<AtomicU8>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // Without signal handlers the system's own end the process; the record survives that.
        std::future::pending::<()>().await;
        return;
    };
    let code = tokio::select! {
        _ = interrupt.recv() => ExitCode::Interrupted,
        _ = terminate.recv() => ExitCode::Terminated,
    };
    which.store(code.number(), Ordering::SeqCst);
    stop.send_replace(Stop::AfterCalls);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
    stop.send_replace(Stop::Now);
    std::future::pending::<()>().await;
}

const fn status(ending: Ending, complete_as: Status) -> Status {
    match ending {
        Ending::Complete => complete_as,
        Ending::Stopped | Ending::SinkClosed => Status::Interrupted,
        Ending::OutOfBudget => Status::OutOfBudget,
    }
}

fn code(ending: Ending, signal: u8) -> ExitCode {
    match ending {
        Ending::Complete => ExitCode::Done,
        Ending::Stopped if signal == ExitCode::Terminated.number() => ExitCode::Terminated,
        Ending::Stopped => ExitCode::Interrupted,
        Ending::OutOfBudget => ExitCode::Incomplete,
        Ending::SinkClosed => ExitCode::Internal,
    }
}
