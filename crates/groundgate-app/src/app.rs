//! The application as a value: its surroundings, and who is told what happens.

use std::{fmt, path::Path, sync::Arc};

use groundgate_run::Stop;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    config::Lookup,
    observer::{Event, Nobody, Notice, Observer},
    surroundings::Surroundings,
};

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
