//! Which key signs, as typed.

use std::path::PathBuf;

use clap::Args;

/// Which key signs.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Who signs: a file with a PEM block `PRIVATE KEY`, `env:NAME`, or `command:PROGRAM ARGUMENT…` for a key
    /// that never leaves where it is [default: the key in `GROUNDGATE_KEY`]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// The public key of a command that signs
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
}
