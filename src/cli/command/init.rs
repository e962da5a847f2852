//! `groundgate init`: the working example as files to start from.

use groundgate_app::AppError;

use super::super::{args::InitArgs, exit_code::ExitCode, terminal::Terminal};

/// Runs the command.
pub(crate) fn run(args: &InitArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    for path in terminal.app().init(&args.folder)? {
        terminal.note(&format!("wrote {}", path.display()));
    }
    terminal.line(&format!(
        "Next, in {}:\n  groundgate validate\n  groundgate run --copilot good          prints the baseline's run id\n  groundgate run --copilot stale-numbers\n  groundgate gate --baseline RUN-ID --env prod",
        args.folder.display()
    ));
    Ok(ExitCode::Done)
}
