//! The command line: the only room that prints, exits, reads the clock or the environment, and the
//! one that joins the others.
//!
//! `args` is the command line as typed; each command has a file of its own under `command/`.

mod again;
mod args;
mod command;
mod error;
mod exit_code;
mod progress;
mod reading;
mod shown;
mod signals;
mod surroundings;
mod terminal;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use exit_code::ExitCode;

use args::{Cli, Command, Format};
use error::show;
use groundgate_app::AppError;
use terminal::Terminal;

/// Runs one command line and says how the process is to end.
pub(crate) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let terminal = Terminal::new(&cli.global);
    let code = match run(cli, &terminal) {
        Ok(code) => code,
        Err(error) => {
            show(&error, &terminal);
            terminal.code_of(error.class)
        }
    };
    if code == ExitCode::Done && terminal.has_lost_output() {
        show(
            &AppError::invalid("failed to write all of it to stdout"),
            &terminal,
        );
        return ExitCode::Invalid;
    }
    code
}

fn usage(error: &clap::Error) -> ExitCode {
    // Help and version are printed to stdout and are no mistake; a closed pipe is nobody's either.
    let is_mistake = error.use_stderr();
    if error.print().is_err() || !is_mistake {
        ExitCode::Done
    } else {
        ExitCode::Usage
    }
}

fn run(cli: Cli, terminal: &Terminal) -> Result<ExitCode, AppError> {
    if let Some(directory) = &cli.global.directory {
        std::env::set_current_dir(directory).map_err(|cause| {
            AppError::usage(format!("failed to enter `{}`", directory.display())).because(cause)
        })?;
    }
    let global = &cli.global;
    refuse_another_time(&cli)?;
    match cli.command {
        Command::Init(args) => command::init::run(&args, terminal),
        Command::Validate(args) => command::validate::run(global, &args, terminal),
        Command::Doctor(args) => command::doctor::run(global, &args, terminal),
        Command::Demo(args) => command::demo::run(&args, terminal),
        Command::Run(args) => command::run::run(global, &args, terminal),
        Command::Gate(args) => command::gate::run(global, &args, terminal),
        Command::Approve(args) => command::approve::run(global, &args, terminal),
        Command::Attest(args) => command::trust::attest(global, &args, terminal),
        Command::Verify(args) => command::trust::verify(global, &args, terminal),
        Command::Publish(args) => command::trust::publish(global, &args, terminal),
        Command::Trust(command) => command::trust::run(global, &command, terminal),
        Command::Policy(args) => command::policy::run(global, &args, terminal),
        Command::Score(args) => command::score::run(global, &args, terminal),
        Command::Import(command) => command::mlflow::import(global, &command, terminal),
        Command::Facts(command) => command::facts::run(global, &command, terminal),
        Command::Convert(args) => command::convert::run(&args, terminal),
        Command::Compare(args) => command::compare::run(global, &args, terminal),
        Command::Report(args) => command::report::run(global, &args, terminal),
        Command::View(args) => command::view::run(global, &args, terminal),
        Command::Label(args) => command::view::label(global, &args, terminal),
        Command::Explain(args) => command::explain::run(global, &args, terminal),
        Command::Plan(args) => command::plan::run(global, &args, terminal),
        Command::Selftest(args) => command::selftest::run(global, &args, terminal),
        Command::Baseline(args) => command::baseline::run(global, &args, terminal),
        Command::Schema(args) => command::schema::run(&args, terminal),
        Command::Watch(args) => command::watch::run(global, &args, terminal),
        Command::Judge(command) => command::judge::run(global, &command, terminal),
        Command::Rejudge(args) => command::rejudge::run(global, &args, terminal),
        Command::Runs(args) => command::runs::run(global, args, terminal),
        Command::Stats(args) => command::stats::run(global, &args, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "groundgate", &mut script);
            terminal.print(&String::from_utf8_lossy(&script));
            Ok(ExitCode::Done)
        }
    }
}

/// A time that somebody gives is for looking at what there is, and for nothing that is stamped with it.
fn refuse_another_time(cli: &Cli) -> Result<(), AppError> {
    let only_looks = matches!(
        cli.command,
        Command::Gate(_)
            | Command::Report(_)
            | Command::Watch(_)
            | Command::Verify(_)
            | Command::View(_)
            | Command::Explain(_)
            | Command::Plan(_)
            | Command::Selftest(_)
            | Command::Policy(_)
            | Command::Baseline(args::BaselineCommand::Diff { .. })
    );
    if cli.global.now.is_none() || only_looks {
        return Ok(());
    }
    Err(AppError::usage(
        "--now is for commands that judge what is there, and stamp nothing",
    ))
}

/// Whether stdout is to carry one JSON document.
fn wants_json(global: &args::Global) -> bool {
    global.json || global.format == Format::Json
}
