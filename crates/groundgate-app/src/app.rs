//! The application as a value: what it knows of its surroundings, and who is told what happens.

use std::{fmt, path::Path, sync::Arc};

use groundgate_run::Stop;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    config::Lookup,
    observer::{Event, Nobody, Notice, Observer},
};

/// How a variable of the environment is looked up.
pub type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What the application may know of the process that it is part of. It asks nobody else.
#[derive(Clone)]
pub struct Surroundings {
    /// The time, for stamps, ages and run ids.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A variable of the environment, for secrets and addresses that the configuration names.
    pub variable: Arc<Variable>,
    /// Tells run ids of processes that begin in the same millisecond apart.
    pub process: u32,
    /// Who started this, as the record will say.
    pub initiator: Option<String>,
    /// Whether this is a pipeline, where the working tree is what is under test.
    pub is_ci: bool,
    /// Whether nothing is decided here: pages show what a gate would say.
    pub only_looks: bool,
    /// Another trust file than the one beside the policy: `FILE` or `git:REF:FILE`.
    pub trust: Option<String>,
    /// The time that somebody gave instead of the system's; verdicts say so.
    pub as_of: Option<Timestamp>,
}

impl Surroundings {
    /// A program's own: the system's clock, no variables, nobody who started it.
    pub fn system() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            variable: Arc::new(|_name| None),
            process: std::process::id(),
            initiator: None,
            is_ci: false,
            only_looks: false,
            trust: None,
            as_of: None,
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("process", &self.process)
            .field("initiator", &self.initiator)
            .field("is_ci", &self.is_ci)
            .finish_non_exhaustive()
    }
}

/// The application.
#[derive(Clone)]
pub struct App {
    surroundings: Surroundings,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<Stop>,
    /// Held so that a stop nobody can ask for stays open.
    _open: Option<Arc<watch::Sender<Stop>>>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("surroundings", &self.surroundings)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Nobody is told anything, and nothing stops it.
    pub fn new(surroundings: Surroundings) -> Self {
        let (open, stop) = watch::channel(Stop::No);
        Self {
            surroundings,
            observer: Arc::new(Nobody),
            stop,
            _open: Some(Arc::new(open)),
        }
    }

    /// Tells `observer` what happens.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Ends runs early when told so.
    #[must_use]
    pub fn stopped_by(self, stop: watch::Receiver<Stop>) -> Self {
        Self {
            stop,
            _open: None,
            ..self
        }
    }

    /// What it knows of its surroundings.
    pub const fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.surroundings.now)()
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        self.observer.observe(event);
    }

    pub(crate) fn notice(&self, notice: Notice<'_>) {
        self.tell(Event::Notice(notice));
    }

    pub(crate) fn stop(&self) -> watch::Receiver<Stop> {
        self.stop.clone()
    }

    /// How the configuration's secrets are looked up.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup {
            env: self.surroundings.variable.as_ref(),
            file: &|path: &Path| std::fs::read(path),
        }
    }
}
