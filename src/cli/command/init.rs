//! `groundgate init`: the working example as files to start from.

use super::super::{args::InitArgs, exit_code::ExitCode, terminal::Terminal};
use groundgate_app::{AppError, bundled, files};

/// Runs the command. Nothing that is there already is touched.
pub(crate) fn run(args: &InitArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let folder = &args.folder;
    let taken: Vec<String> = bundled::FILES
        .iter()
        .map(|(name, _)| folder.join(name))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !taken.is_empty() {
        return Err(
            AppError::invalid(format!("there is already {}", taken.join(", ")))
                .with_help("name another folder: `groundgate init DIR`; nothing was written"),
        );
    }
    for (name, text) in bundled::FILES {
        files::write(&folder.join(name), text)?;
        terminal.note(&format!("wrote {}", folder.join(name).display()));
    }
    terminal.line(&format!(
        "Next, in {}:\n  groundgate validate\n  groundgate run --copilot good          prints the baseline's run id\n  groundgate run --copilot stale-numbers\n  groundgate gate --baseline RUN-ID --env prod",
        folder.display()
    ));
    Ok(ExitCode::Done)
}
