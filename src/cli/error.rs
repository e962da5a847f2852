//! Errors on the terminal: what, where, cause, and one thing to do.

use std::fmt::Write as _;

use groundgate_app::AppError;
use groundgate_model::diagnostic::{Mistake, Mistakes};
use groundgate_report::{visible_line, visible_text};

use super::terminal::Terminal;

/// Prints an error to stderr.
pub(crate) fn show(error: &AppError, terminal: &Terminal) {
    if let Some(Mistakes(mistakes)) = error.mistakes() {
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
    let message = visible_text(&error.to_string());
    let mut text = format!("{}: {message}", terminal.red("error"));
    for cause in error.causes() {
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
