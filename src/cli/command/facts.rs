//! `groundgate facts`: what other systems say of themselves.

use groundgate_app::{AppError, files, project};

use super::super::{
    args::{FactsCommand, Global},
    exit_code::ExitCode,
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &FactsCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let FactsCommand::Index { copilot, output } = command;
    let config = project::config(global.config.as_deref())?;
    let facts = terminal.app().index_facts(&config, copilot)?;
    let text = format!("{facts:#}\n");
    match output {
        None => terminal.print(&text),
        Some(path) => {
            files::write(path, &text)?;
            terminal.note(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitCode::Done)
}
