//! What is fetched of other systems, as typed.

use std::path::PathBuf;

use clap::Subcommand;

/// Of what.
#[derive(Debug, Subcommand)]
pub(crate) enum FactsCommand {
    /// State, rows, last sync and writers of a Databricks Vector Search index
    #[command(
        after_help = "The copilot is one of kind `databricks-vector-search`; its credentials are used. What may not be read is\n\
        unknown, and a rule about it inconclusive. `gate` itself asks nobody: it reads the file.\n\n\
        Example:\n  \
        groundgate facts index index-v8 -o evidence/index.json"
    )]
    Index {
        /// The copilot in the configuration
        #[arg(value_name = "COPILOT")]
        copilot: String,
        /// Where to write [default: stdout]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}
