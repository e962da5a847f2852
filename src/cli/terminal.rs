//! The one writer of this program: stdout for data, stderr for everything else.

use std::{
    borrow::Cow,
    env,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use groundgate_report::{Style, visible_line};

use groundgate_app::{App, ErrorClass, Event, Observer, Surroundings};
use groundgate_run::Ending;
use jiff::Timestamp;

use super::{
    args::{Color, Global, Progress},
    error::warn,
    exit_code::ExitCode,
    progress,
    signals::Signals,
};

/// What the process knows of its surroundings, read once.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent fact of a terminal"
)]
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    color_out: bool,
    color_err: bool,
    /// Wide enough lines for a person, 80 where nobody says.
    pub(crate) is_ci: bool,
    pub(crate) quiet: bool,
    pub(crate) progress: Progress,
    /// Whether the locale can show more than ASCII.
    pub(crate) unicode: bool,
    pub(crate) source_date_epoch: Option<String>,
    signals: Arc<Signals>,
}

impl Terminal {
    /// Reads the surroundings.
    pub(crate) fn new(global: &Global) -> Self {
        let is_ci = is_set("CI");
        let plain = is_set("NO_COLOR") || is_ci || variable("TERM").as_deref() == Some("dumb");
        let color = |is_terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => (is_terminal && !plain) || is_set("CLICOLOR_FORCE"),
        };
        let on_stderr = io::stderr().is_terminal();
        let progress = match global.progress {
            Progress::Auto if global.quiet => Progress::None,
            Progress::Auto if on_stderr && !is_ci => Progress::Bar,
            Progress::Auto => Progress::Lines,
            chosen @ (Progress::Bar | Progress::Lines | Progress::None) => chosen,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        Self {
            color_out: color(io::stdout().is_terminal()),
            color_err: color(on_stderr),
            is_ci,
            quiet: global.quiet,
            progress,
            unicode: locale
                .is_none_or(|name| name.to_lowercase().replace('-', "").contains("utf8")),
            source_date_epoch: variable("SOURCE_DATE_EPOCH"),
            signals: Arc::new(Signals::new()),
        }
    }

    /// The application, told what this process knows; what happens is shown here.
    pub(crate) fn app(&self) -> App {
        let epoch = self.source_date_epoch.clone();
        App::new(Surroundings {
            now: Arc::new(move || now(epoch.as_deref())),
            variable: Arc::new(variable),
            process: std::process::id(),
            initiator: initiator(),
            is_ci: self.is_ci,
        })
        .stopped_by(self.signals.stop())
        .observed_by(Arc::new(Shown {
            terminal: self.clone(),
            progress: Mutex::default(),
        }))
    }

    /// Now, or what `SOURCE_DATE_EPOCH` says.
    pub(crate) fn now(&self) -> Timestamp {
        now(self.source_date_epoch.as_deref())
    }

    /// How the process ends after a run.
    pub(crate) fn code(&self, ending: Ending) -> ExitCode {
        match ending {
            Ending::Complete => ExitCode::Done,
            Ending::Stopped => self.signals.code(),
            Ending::OutOfBudget => ExitCode::Incomplete,
            Ending::SinkClosed | Ending::Panicked => ExitCode::Internal,
        }
    }

    /// How the process ends after an error.
    pub(crate) fn code_of(&self, class: ErrorClass) -> ExitCode {
        match class {
            ErrorClass::Internal => ExitCode::Internal,
            ErrorClass::Usage => ExitCode::Usage,
            ErrorClass::Invalid => ExitCode::Invalid,
            ErrorClass::NothingToDo => ExitCode::NothingToDo,
            ErrorClass::Incomplete => ExitCode::Incomplete,
            ErrorClass::OverBudget => ExitCode::OverBudget,
            ErrorClass::Interrupted => self.signals.code(),
        }
    }

    /// How text reports look on stdout.
    pub(crate) const fn style(&self) -> Style {
        Style {
            color: self.color_out,
            unicode: self.unicode,
            workflow_log: self.is_ci,
        }
    }

    /// Data to stdout. A closed pipe (`| head`) is nobody's mistake.
    pub(crate) fn print(&self, text: &str) {
        self.command(&self.disarmed(text));
    }

    /// Commands to a CI runner, on stdout; everything in them must be escaped already.
    #[expect(clippy::unused_self, reason = "only who holds the terminal may print")]
    pub(crate) fn command(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// A line of data to stdout.
    pub(crate) fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// A message to stderr, unless quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.report(text);
        }
    }

    /// An error to stderr.
    pub(crate) fn report(&self, text: &str) {
        let _closed_pipe = writeln!(io::stderr().lock(), "{}", self.disarmed(text));
    }

    /// In CI, text without anything that a runner would obey: `##[` anywhere, `::` at the start of a
    /// line. What JSON says stays the same.
    fn disarmed<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.is_ci || !(text.contains("##[") || text.contains("::")) {
            return Cow::Borrowed(text);
        }
        let lines = text.split_inclusive(['\n', '\r']).map(|line| {
            let line = line.replace("##[", "\\u0023#[");
            let start = line.len() - line.trim_start().len();
            match line.get(start..).and_then(|rest| rest.strip_prefix("::")) {
                Some(rest) => format!(": :{rest}"),
                None => line,
            }
        });
        Cow::Owned(lines.collect())
    }

    /// For stderr.
    pub(crate) fn red(&self, text: &str) -> String {
        self.paint(text, "1;31")
    }

    /// For stderr.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.color_err {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
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

/// Now, or what `SOURCE_DATE_EPOCH` says, so that reports can be made again byte by byte.
pub(crate) fn now(source_date_epoch: Option<&str>) -> Timestamp {
    source_date_epoch
        .and_then(|text| text.parse().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or_else(Timestamp::now)
}

/// A variable of the environment; an empty one is none.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who started this process, as CI declares it; outside of CI the local user.
pub(crate) fn initiator() -> Option<String> {
    let by_ci = [
        "GITHUB_TRIGGERING_ACTOR",
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
    ];
    let locally = ["USER", "LOGNAME", "USERNAME"];
    // A machine is nobody: in CI the local user is one, and so is `root`.
    let locally = locally.into_iter().filter(|_| !is_set("CI"));
    let mut names = by_ci.into_iter().chain(locally).filter_map(variable);
    names.find(|name| name != "root")
}

fn is_set(name: &str) -> bool {
    variable(name).is_some()
}
