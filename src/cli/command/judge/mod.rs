//! `groundgate judge`: is the judge any good?
//!
//! `agreement`, `compare` and `calibrate` read records and labels and ask nobody; `check`, `flips` and
//! `attack` have answers judged, each into a record of its own beside the runs.

mod anchors;
mod attack;
mod check;
mod flips;
mod labelled;
mod prefer;
mod show;

use super::super::{
    args::{Global, JudgeCommand},
    exit_code::ExitCode,
    terminal::Terminal,
};
use groundgate_app::AppError;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &JudgeCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    match command {
        JudgeCommand::Check(args) => check::run(global, args, terminal),
        JudgeCommand::Agreement(args) => labelled::agreement(global, args, terminal),
        JudgeCommand::Compare(args) => labelled::compare(global, args, terminal),
        JudgeCommand::Calibrate(args) => labelled::calibrate(global, args, terminal),
        JudgeCommand::Flips(args) => flips::run(global, args, terminal),
        JudgeCommand::Anchors(args) => anchors::freeze(global, args, terminal),
        JudgeCommand::Drift(args) => anchors::drift(global, args, terminal),
        JudgeCommand::Prefer(args) => prefer::run(global, args, terminal),
        JudgeCommand::Attack(args) => attack::run(global, args, terminal),
    }
}
