//! x
use super::super::{args::{Global, ValidateArgs}, error::CliError, exit_code::ExitCode, terminal::Terminal};
pub(crate) fn run(_: &Global, _: &ValidateArgs, _: &Terminal) -> Result<ExitCode, CliError> { Ok(ExitCode::Done) }
