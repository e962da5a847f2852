//! Errors as people see them: what, where, cause, and one thing to do.

use std::fmt::{self, Write as _};

use groundgate_model::diagnostic::{Mistake, Mistakes};
use groundgate_report::{visible_line, visible_text};

use super::{exit_code::ExitCode, terminal::Terminal};

/// A command that ended badly.
#[derive(Debug)]
pub(crate) struct CliError {
    /// How the process ends.
    pub(crate) code: ExitCode,
    /// What went wrong, with its causes.
    pub(crate) error: anyhow::Error,
    /// One thing to do.
    pub(crate) help: Option<String>,
}

impl CliError {
    /// An error of a class.
    pub(crate) fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
            help: None,
        }
    }

    /// The command line asks for something impossible.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Usage, anyhow::anyhow!("{message}"))
    }

    /// A file is not what it should be.
    pub(crate) fn invalid(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Invalid, anyhow::anyhow!("{message}"))
    }

    /// The machine failed us.
    pub(crate) fn internal(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Internal, anyhow::anyhow!("{message}"))
    }

    /// The same error with its cause.
    pub(crate) fn because(self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let message = self.error.to_string();
        Self {
            error: anyhow::Error::new(cause).context(message),
            ..self
        }
    }

    /// The same error with one thing to do.
    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

impl From<Mistakes> for CliError {
    fn from(mistakes: Mistakes) -> Self {
        Self::new(ExitCode::Invalid, mistakes)
    }
}

impl From<groundgate_record::RecordError> for CliError {
    fn from(error: groundgate_record::RecordError) -> Self {
        Self::new(ExitCode::Invalid, error)
    }
}

/// Prints an error to stderr.
pub(crate) fn show(error: &CliError, terminal: &Terminal) {
    if let Some(Mistakes(mistakes)) = error.error.downcast_ref::<Mistakes>() {
        for mistake in mistakes {
            terminal.report(&shown(mistake, &terminal.red("error"), terminal));
        }
        let n = mistakes.len();
        if n > 1 {
            terminal.report(&format!("{n} mistakes; nothing was run"));
        }
        return;
    }
    // Names and ids in messages are other people's words.
    let message = visible_text(&error.error.to_string());
    let mut text = format!("{}: {message}", terminal.red("error"));
    for cause in error.error.chain().skip(1) {
        let cause = visible_text(&cause.to_string());
        let _written = write!(text, "\n  cause: {cause}");
    }
    if let Some(help) = &error.help {
        let help = visible_text(help);
        let _written = write!(text, "\n  {}: {help}", terminal.bold("help"));
    }
    terminal.report(&text);
}

/// Prints something odd to stderr; with `strict` it reads as an error.
pub(crate) fn warn(oddity: &Mistake, strict: bool, terminal: &Terminal) {
    let word = if strict {
        terminal.red("error")
    } else {
        terminal.bold("warning")
    };
    terminal.report(&shown(oddity, &word, terminal));
}

/// A mistake with the line it stands on.
fn shown(mistake: &Mistake, word: &str, terminal: &Terminal) -> String {
    let (message, file) = (visible_line(&mistake.message), visible_line(&mistake.file));
    let mut text = format!("{word}: {message}\n  --> {file}");
    for place in [mistake.line, mistake.column].into_iter().flatten() {
        let _written = write!(text, ":{place}");
    }
    if let (Some(line), Some(excerpt)) = (mistake.line, &mistake.excerpt) {
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let caret = " ".repeat(mistake.column.unwrap_or(1).saturating_sub(1)) + "^";
        let _written = write!(
            text,
            "\n {margin} |\n {number} | {}\n {margin} | {caret}",
            visible_text(excerpt)
        );
    }
    if let Some(help) = mistake.help.as_deref().map(visible_line) {
        let _written = write!(text, "\n  {}: {help}", terminal.bold("help"));
    }
    text
}
