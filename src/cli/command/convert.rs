//! `groundgate convert`: a file of one tool as that of another.

use groundgate_app::{AppError, files};
use groundgate_formats::{WRITTEN, Want, WriteError, write};
use groundgate_model::number::plural;

use super::super::{args::ConvertArgs, exit_code::ExitCode, reading, terminal::Terminal};

/// Runs the command.
pub(crate) fn run(args: &ConvertArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let want = Want::from(args.held_as);
    let options = reading::options(&args.reading, want)?;
    let found = terminal.app().read_rows(&args.file, &options)?;
    reading::save(&args.reading, &found)?;
    let text =
        write(&found.rows, want, &args.to).map_err(|error| refused(&error, &args.to, want))?;
    match &args.output {
        None => terminal.print(&text),
        Some(path) => {
            files::write(path, &text)?;
            let n = plural(found.rows.len(), "row");
            terminal.note(&format!("wrote {} ({n})", path.display()));
        }
    }
    Ok(ExitCode::Done)
}

fn refused(error: &WriteError, to: &str, want: Want) -> AppError {
    let names = |holds: &dyn Fn(&[Want]) -> bool| -> String {
        let names = WRITTEN.iter().filter(|(_, wants)| holds(wants));
        let names: Vec<&str> = names.map(|(name, _)| *name).collect();
        names.join(", ")
    };
    match error {
        WriteError::Unknown => AppError::usage(format!("no format `{to}` is written"))
            .with_help(format!("formats are {}", names(&|_| true))),
        WriteError::NoRoom => {
            AppError::usage(format!("the format `{to}` has no room for {}", want.name())).with_help(
                format!("these have: {}", names(&|wants| wants.contains(&want))),
            )
        }
    }
}
