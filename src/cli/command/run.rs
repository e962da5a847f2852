//! x
use super::super::{args::{Global, RunArgs}, error::CliError, exit_code::ExitCode, terminal::Terminal};
pub(crate) fn run(_: &Global, _: &RunArgs, _: &Terminal) -> Result<ExitCode, CliError> { Ok(ExitCode::Done) }
