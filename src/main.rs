//! The binary: arguments in, exit code out.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Judges make many small strings: `docs/decisions/0006-an-allocator-of-our-own-choice.md`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(groundgate_cli::run(std::env::args_os()))
}
