//! The one writer of this program: stdout for data, stderr for everything else.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use groundgate_app::ErrorClass;
use groundgate_report::{Ink, Style};
use groundgate_run::Ending;
use jiff::Timestamp;

use super::{
    args::{Color, Global, Progress},
    exit_code::ExitCode,
    signals::Signals,
    surroundings::{is_ci, is_set, now, source_date, variable},
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
    /// The trust file that `--trust` names.
    pub(crate) trust: Option<String>,
    /// The time that `--now` gives.
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) signals: Arc<Signals>,
    lost_output: Arc<AtomicBool>,
}

impl Terminal {
    /// Reads the surroundings.
    pub(crate) fn new(global: &Global) -> Self {
        let is_ci = is_ci();
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
            trust: global.trust.clone(),
            as_of: global.now,
            signals: Arc::new(Signals::new()),
            lost_output: Arc::default(),
        }
    }

    /// What `--now` says, or the system's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.as_of.unwrap_or_else(now)
    }

    /// For what is made and decides nothing: what `SOURCE_DATE_EPOCH` says, or now.
    pub(crate) fn stamp(&self) -> Timestamp {
        source_date().unwrap_or_else(|| self.now())
    }

    /// How the process ends after a run.
    pub(crate) fn code(&self, ending: Ending) -> ExitCode {
        match ending {
            Ending::Complete => ExitCode::Done,
            Ending::Stopped => self.signals.code(),
            Ending::OutOfBudget | Ending::EndpointDown => ExitCode::Incomplete,
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
    pub(crate) fn command(&self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost_output.store(true, Ordering::Relaxed);
        }
    }

    /// Whether something that was to go to stdout did not: a full disk, not a reader who has seen enough.
    pub(crate) fn has_lost_output(&self) -> bool {
        self.lost_output.load(Ordering::Relaxed)
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
        Ink::BoldRed.paint(text, self.color_err)
    }

    /// For stderr.
    pub(crate) fn bold(&self, text: &str) -> String {
        Ink::Bold.paint(text, self.color_err)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{super::args::Cli, *};

    fn terminal(is_ci: bool) -> Terminal {
        let cli = Cli::parse_from(["groundgate", "demo"]);
        Terminal {
            is_ci,
            ..Terminal::new(&cli.global)
        }
    }

    #[test]
    fn in_ci_no_text_is_a_command_to_the_runner() {
        for (text, expected) in [
            ("::error::boo", ": :error::boo"),
            (
                "fine\n  ::stop-commands::x\n",
                "fine\n: :stop-commands::x\n",
            ),
            ("\r::add-mask::x", "\r: :add-mask::x"),
            ("say ##[error]boo", "say \\u0023#[error]boo"),
            ("##[group]\n::x", "\\u0023#[group]\n: :x"),
            ("std::fs is no command", "std::fs is no command"),
        ] {
            assert_eq!(terminal(true).disarmed(text), expected);
        }
    }

    #[test]
    fn json_says_the_same_in_ci() {
        let text = serde_json::json!({"answer": "##[error]boo"}).to_string();
        let disarmed = terminal(true).disarmed(&text).into_owned();
        assert!(!disarmed.contains("##["), "{disarmed}");
        let read: serde_json::Value = serde_json::from_str(&disarmed).unwrap();
        assert_eq!(read["answer"], "##[error]boo");
    }

    #[test]
    fn elsewhere_text_stays_as_it_is() {
        let text = "::error::boo ##[error]";
        assert_eq!(terminal(false).disarmed(text), text);
    }

    #[test]
    fn every_class_of_error_has_its_exit_code() {
        let codes = [
            (ErrorClass::Internal, 1),
            (ErrorClass::Usage, 2),
            (ErrorClass::Invalid, 3),
            (ErrorClass::NothingToDo, 4),
            (ErrorClass::Incomplete, 5),
            (ErrorClass::OverBudget, 6),
        ];
        for (class, number) in codes {
            assert_eq!(terminal(false).code_of(class).number(), number, "{class:?}");
        }
    }

    #[test]
    fn every_ending_has_its_exit_code() {
        let codes = [
            (Ending::Complete, 0),
            (Ending::OutOfBudget, 5),
            (Ending::EndpointDown, 5),
            (Ending::SinkClosed, 1),
            (Ending::Panicked, 1),
        ];
        for (ending, number) in codes {
            assert_eq!(terminal(false).code(ending).number(), number, "{ending:?}");
        }
    }
}
