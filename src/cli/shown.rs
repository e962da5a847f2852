//! The application as this process has it: what happens in it is shown on stderr.

use std::sync::{Arc, Mutex, PoisonError};

use groundgate_app::{App, Event, Observer, Surroundings};
use groundgate_report::visible_line;
use groundgate_run::Ending;

use super::{
    error::warn,
    progress,
    surroundings::{now, variable},
    terminal::Terminal,
};

impl Terminal {
    /// The application, told what this process knows; what happens is shown here.
    pub(crate) fn app(&self) -> App {
        let as_of = self.as_of;
        App::new(Surroundings {
            now: Arc::new(move || as_of.unwrap_or_else(now)),
            trust: self.trust.clone(),
            as_of,
            ..Surroundings::of(Arc::new(variable))
        })
        .stopped_by(self.signals.stop())
        .observed_by(Arc::new(Shown {
            terminal: self.clone(),
            progress: Mutex::default(),
        }))
    }
}

/// What happens in the application, on stderr.
struct Shown {
    terminal: Terminal,
    progress: Mutex<Option<progress::Progress>>,
}

impl Observer for Shown {
    fn observe(&self, event: Event<'_>) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begun {
                copilot,
                planned,
                done,
            } => {
                self.terminal.signals.listen();
                *progress = Some(progress::Progress::new(
                    &self.terminal,
                    copilot,
                    planned,
                    done,
                ));
            }
            Event::Progress(event) => {
                if let Some(progress) = progress.as_mut() {
                    progress.observe(event);
                }
            }
            Event::Ended(ending) => {
                if let Some(progress) = progress.take() {
                    progress.finish(match ending {
                        Ending::Complete => "done",
                        Ending::Stopped => "stopped, saved",
                        Ending::EndpointDown => "endpoint down, saved",
                        Ending::OutOfBudget => "budget reached, saved",
                        Ending::SinkClosed => "not saved",
                        Ending::Panicked => "stopped by a fault of groundgate, saved",
                    });
                }
            }
            Event::Notice(notice) if notice.is_urgent() => {
                self.terminal.report(&visible_line(&notice.to_string()));
            }
            Event::Notice(notice) => self.terminal.note(&visible_line(&notice.to_string())),
            // The command that simulates draws a bar of its own.
            Event::Simulated { .. } => {}
            Event::Warning(oddity) => warn(oddity, false, &self.terminal),
        }
    }
}
