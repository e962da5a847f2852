//! Ctrl-C and SIGTERM while a run is under way.

use std::{
    sync::{
        Arc, Once,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use groundgate_run::Stop;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::exit_code::ExitCode;

/// How long calls in flight are waited for after the first signal.
const GRACE: Duration = Duration::from_secs(20);

/// Sent to whoever writes past its limit of file sizes: a write that fails is enough, and is saved.
const TOO_LARGE: SignalKind = SignalKind::from_raw(25);

/// What signals ask for: the first stops new calls, the second or the end of the grace everything.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: watch::Sender<Stop>,
    /// The exit code of the first signal; 0 before.
    first: AtomicU8,
    listening: Once,
}

impl Signals {
    /// Nobody listens yet.
    pub(crate) fn new() -> Self {
        Self {
            stop: watch::channel(Stop::No).0,
            first: AtomicU8::new(0),
            listening: Once::new(),
        }
    }

    /// What runs are stopped by.
    pub(crate) fn stop(&self) -> watch::Receiver<Stop> {
        self.stop.subscribe()
    }

    /// Listens from now on. Without signal handlers the system's own end the process; a record
    /// survives that.
    pub(crate) fn listen(self: &Arc<Self>) {
        self.listening.call_once(|| {
            let this = Arc::clone(self);
            thread::spawn(move || {
                if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
                    runtime.block_on(this.watch());
                }
            });
        });
    }

    /// How a process ends that was stopped.
    pub(crate) fn code(&self) -> ExitCode {
        if self.first.load(Ordering::SeqCst) == ExitCode::Terminated.number() {
            ExitCode::Terminated
        } else {
            ExitCode::Interrupted
        }
    }

    async fn watch(&self) {
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return;
        };
        let _ends_nobody = signal(TOO_LARGE);
        let code = tokio::select! {
            _ = interrupt.recv() => ExitCode::Interrupted,
            _ = terminate.recv() => ExitCode::Terminated,
        };
        self.first.store(code.number(), Ordering::SeqCst);
        self.stop.send_replace(Stop::AfterCalls);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        self.stop.send_replace(Stop::Now);
    }
}
