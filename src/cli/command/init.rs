//! `groundgate init`: the working example, or a project for one's own copilot, as files to start from.

use groundgate_app::{AppError, InitKind, InitRequest};

use super::super::{
    args::{InitArgs, InitFrom},
    exit_code::ExitCode,
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn run(args: &InitArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let written = match args.from {
        None => terminal.app().init(&args.folder)?,
        Some(from) => terminal.app().init_from(&InitRequest {
            folder: &args.folder,
            kind: kind(from),
            place: args.url.as_deref(),
            model: args.model.as_deref(),
            key: args.key.as_deref(),
            eval_set: args.evalset.as_deref(),
        })?,
    };
    for path in written {
        terminal.note(&format!("wrote {}", path.display()));
    }
    let steps = match args.from {
        None => {
            "groundgate validate\n  groundgate run --copilot good          prints the baseline's run id\n  groundgate run --copilot stale-numbers\n  groundgate gate --baseline RUN-ID --env prod"
        }
        Some(InitFrom::File) => {
            "groundgate validate\n  groundgate run                         judges the answers of the file\n  groundgate gate latest"
        }
        Some(InitFrom::OpenAi | InitFrom::Databricks | InitFrom::Mlflow | InitFrom::Http) => {
            "groundgate doctor --online             one call: what the endpoint tells\n  groundgate run\n  groundgate gate latest"
        }
    };
    terminal.line(&format!("Next, in {}:\n  {steps}", args.folder.display()));
    Ok(ExitCode::Done)
}

const fn kind(from: InitFrom) -> InitKind {
    match from {
        InitFrom::OpenAi => InitKind::OpenAi,
        InitFrom::Databricks => InitKind::Databricks,
        InitFrom::Mlflow => InitKind::Mlflow,
        InitFrom::Http => InitKind::Http,
        InitFrom::File => InitKind::File,
    }
}
