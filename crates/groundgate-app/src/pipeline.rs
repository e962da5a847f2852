//! Runs a plan into a record: the one writer.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use crate::config::Config;
use groundgate_endpoints::copilot::Copilot;
use groundgate_model::unit::Usd;
use groundgate_record::{Header, Reader, RecordError, Status, Writer};
use groundgate_run::{self as run, Budget, Ending, Ledger, Past, Plan, Wiring};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::Instant,
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
/// and the processor a fraction. Their slots stay taken meanwhile, so that a kill loses no more calls than may
/// be in flight; so it is short beside a call.
const GATHER: Duration = Duration::from_millis(1);
/// A power cut takes away at most what was acknowledged within this time.
const ON_DISK_EVERY: Duration = Duration::from_secs(2);
/// Shares of a budget from which on people are told, with the percentages, the largest first.
const ALERT_AT: [(f64, u8); 3] = [(1.0, 100), (0.8, 80), (0.5, 50)];

/// One run to be made, or a part of one.
#[expect(missing_debug_implementations, reason = "the copilot is a port")]
#[derive(Clone)]
pub struct Job {
    /// What is asked, and who judges.
    pub plan: Plan,
    /// Who is asked.
    pub copilot: Arc<dyn Copilot>,
    /// What the record says of the run.
    pub header: Header,
    /// The record's file.
    pub path: PathBuf,
    /// Whether the record is there already and is to be gone on with.
    pub resumes: bool,
    /// Whether failures of the resumed run are to be asked again.
    pub rerun_failures: bool,
    /// What this run alone may spend, with what its record has booked already.
    pub cap: Option<Usd>,
    /// What the record says of itself when all of the plan's part is in.
    pub complete_as: Status,
    /// What is shared by runs of several processes.
    pub ledger: Option<Shared>,
}

/// A budget that several runs share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The ledger's file.
    pub path: PathBuf,
    /// What all of them may spend together.
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

/// Runs the job to its end; what was acknowledged is in the record whatever happens. It is complete when
/// every planned trial is in the record, whoever says so.
pub fn execute(app: &App, job: Job, runtime: &Runtime) -> Result<Ending, AppError> {
    let (writer, past, spent) = open(&job)?;
    let planned = Planned::of(&job);
    app.tell(Event::Begun {
        copilot: &job.header.copilot_name,
        planned: planned.now.len(),
        done: planned.now.intersection(&past.finished).count(),
    });
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
    // Every event that came is in `failed`, or in the record. What the disk did not take is asked again.
    let closed = planned
        .ended(ending, failed.is_some())
        .and_then(|(ending, status)| {
            writer.finish(status)?;
            Ok(ending)
        });
    let (ending, failed) = match (closed, failed) {
        (Ok(ending), failed) => (ending, failed.map(not_kept)),
        (Err(_), Some(error)) => (Ending::SinkClosed, Some(not_kept(error))),
        (Err(error), None) => (Ending::SinkClosed, Some(not_kept(error.error))),
    };
    let ending = noted_down(app, ending, ended.down.as_deref());
    if ended.taken_out.is_too_much() || ended.taken_out.n_with_numbers > 0 {
        app.notice(Notice::Boilerplate {
            taken: ended.taken_out,
        });
    }
    app.tell(Event::Ended(ending));
    let spent = kept.spent();
    // What was not spent goes back to the ledger now.
    drop(kept);
    alert(app, spent, &caps);
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(panic) = ended.panic {
        return Err(
            AppError::internal(format!("a question failed in groundgate itself: {panic}"))
                .with_help("what came before is saved; `groundgate run --resume` asks it again"),
        );
    }
    Ok(ending)
}

/// What came could not be written down.
fn not_kept(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AppError {
    AppError::new(ErrorClass::Incomplete, error).with_help(
        "what was acknowledged before is in the record; free some disk space, then go on with `groundgate run --resume`",
    )
}

/// A run whose endpoint was gone at its end has not come to its end, whatever share was answered before.
fn noted_down(app: &App, ending: Ending, down: Option<&str>) -> Ending {
    match (ending, down) {
        (Ending::Complete | Ending::EndpointDown, Some(cause)) => {
            app.notice(Notice::EndpointDown { cause });
            Ending::EndpointDown
        }
        (ending, _) => ending,
    }
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
    mut events: mpsc::Receiver<run::Delivery>,
) -> (Writer, Option<RecordError>) {
    let (mut calls, mut trials, mut slots) = (Vec::new(), Vec::new(), Vec::new());
    let mut on_disk = Instant::now();
    while let Some(first) = events.blocking_recv() {
        thread::sleep(GATHER);
        let mut next = Some(first);
        while let Some(run::Delivery { event, slot }) = next {
            app.tell(Event::Progress(&event));
            slots.extend(slot);
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
        let mut kept = writer.append(&calls, &trials);
        if kept.is_ok() && on_disk.elapsed() >= ON_DISK_EVERY {
            on_disk = Instant::now();
            kept = writer.keep();
        }
        if let Err(error) = kept {
            return (writer, Some(error));
        }
        calls.clear();
        trials.clear();
        // Kept: others may be in flight in their place.
        slots.clear();
    }
    (writer, None)
}

/// What must be in a record for it to be complete.
struct Planned {
    path: PathBuf,
    /// The trials of the part that is asked now.
    now: BTreeSet<usize>,
    /// How many trials the whole plan has.
    all: usize,
    complete_as: Status,
}

impl Planned {
    fn of(job: &Job) -> Self {
        let attempts = usize::try_from(job.plan.attempts).unwrap_or(usize::MAX);
        Self {
            path: job.path.clone(),
            now: job.plan.trials().map(|trial| trial.index).collect(),
            all: job.plan.cases.len().saturating_mul(attempts),
            complete_as: job.complete_as,
        }
    }

    /// How it really ended, and what the record says of itself: who asked the questions is not believed
    /// about what came into the record.
    fn ended(&self, ending: Ending, failed: bool) -> Result<(Ending, Status), AppError> {
        Ok(match ending {
            Ending::Complete if failed => (Ending::SinkClosed, Status::Interrupted),
            Ending::Complete => self.complete(&finished(&self.path)?),
            Ending::Stopped | Ending::EndpointDown | Ending::SinkClosed | Ending::Panicked => {
                (ending, Status::Interrupted)
            }
            Ending::OutOfBudget => (ending, Status::OutOfBudget),
        })
    }

    fn complete(&self, finished: &BTreeSet<usize>) -> (Ending, Status) {
        if !self.now.is_subset(finished) {
            return (Ending::SinkClosed, Status::Interrupted);
        }
        let is_whole = finished.len() == self.all;
        if self.complete_as == Status::Complete && !is_whole {
            return (Ending::Complete, Status::Interrupted);
        }
        (Ending::Complete, self.complete_as)
    }
}

fn finished(path: &Path) -> Result<BTreeSet<usize>, AppError> {
    Ok(Reader::open(path)?.finished()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_is_what_holds_every_planned_trial() {
        let planned = |now: &[usize], complete_as| Planned {
            path: PathBuf::new(),
            now: now.iter().copied().collect(),
            all: 4,
            complete_as,
        };
        for (now, complete_as, finished, ending, status) in [
            (
                &[0, 1, 2, 3][..],
                Status::Complete,
                &[0, 1, 2, 3][..],
                Ending::Complete,
                Status::Complete,
            ),
            (
                &[0, 1, 2, 3],
                Status::Complete,
                &[0, 1, 3],
                Ending::SinkClosed,
                Status::Interrupted,
            ),
            (
                &[0, 1],
                Status::Interrupted,
                &[0, 1],
                Ending::Complete,
                Status::Interrupted,
            ),
            (
                &[0, 1],
                Status::Decided,
                &[0, 1],
                Ending::Complete,
                Status::Decided,
            ),
            (
                &[0, 1],
                Status::Decided,
                &[0],
                Ending::SinkClosed,
                Status::Interrupted,
            ),
            (
                &[0, 1],
                Status::Complete,
                &[0, 1],
                Ending::Complete,
                Status::Interrupted,
            ),
            (
                &[],
                Status::Complete,
                &[],
                Ending::Complete,
                Status::Interrupted,
            ),
        ] {
            let finished = finished.iter().copied().collect();
            let found = planned(now, complete_as).complete(&finished);
            assert_eq!(
                found,
                (ending, status),
                "{now:?} {complete_as:?} {finished:?}"
            );
        }
    }
}
