//! The one writer of this program: stdout for data, stderr for everything else.

use std::{
    borrow::Cow,
    env,
    io::{self, IsTerminal, Write},
};

use groundgate_report::Style;

use super::args::{Color, Global, Progress};

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
