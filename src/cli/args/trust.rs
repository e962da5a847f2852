//! What is signed, verified and promoted, as typed.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::{gate::Against, key::KeyArgs, mlflow::PublishCommand};

#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    #[command(flatten)]
    pub(crate) against: Against,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Where the statements go
    #[arg(short, long, value_name = "DIR", default_value = "attest")]
    pub(crate) output: PathBuf,
}

/// What must hold before anything is promoted.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The folder that `attest` wrote, or its summary
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// The environment it is to go to, as in the policy
    #[arg(long, value_name = "NAME")]
    pub(crate) env: String,
    /// The model and version that is to be promoted
    #[arg(long, value_name = "models:/NAME/VERSION")]
    pub(crate) model: Option<String>,
    /// The digest that the subject must have
    #[arg(long, value_name = "SHA256")]
    pub(crate) subject_digest: Option<String>,
    /// The copilot's manifest, of which the digest is made: JSON
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "subject_digest",
        requires = "model"
    )]
    pub(crate) subject_manifest: Option<PathBuf>,
    /// The policy, from a place that the change under test cannot write
    #[arg(long, value_name = "FILE|git:REF:FILE")]
    pub(crate) policy: Option<String>,
    /// A digest that the policy may have: of a pinned file, or of an earlier policy that is still good
    #[arg(long, value_name = "SHA256")]
    pub(crate) policy_digest: Vec<String>,
    /// How old the verdict may be
    #[arg(long, value_name = "AGE", default_value = "72h")]
    pub(crate) max_age: String,
}

/// What is published.
#[derive(Debug)]
pub(crate) enum PublishArgs {
    /// A run, to a place with a name of its own.
    Run(PublishCommand),
    /// A verified version.
    Alias(Box<PublishAliasArgs>),
}

/// By hand: as a flattened option, clap's derived reader takes the arguments of an alias for absent.
impl FromArgMatches for PublishArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.subcommand_name().is_some() {
            return PublishCommand::from_arg_matches(matches).map(Self::Run);
        }
        let alias = PublishAliasArgs::from_arg_matches(matches)?;
        Ok(Self::Alias(Box::new(alias)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for PublishArgs {
    fn augment_args(command: Command) -> Command {
        PublishAliasArgs::augment_args(PublishCommand::augment_subcommands(command))
            .subcommand_required(false)
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// A verified version, and the alias that moves to it.
#[derive(Debug, Args)]
pub(crate) struct PublishAliasArgs {
    #[command(flatten)]
    pub(crate) verify: VerifyArgs,
    /// MLflow's registry: the URL of its server
    #[arg(long, value_name = "URL", env = "MLFLOW_TRACKING_URI")]
    pub(crate) registry: String,
    /// The variable that holds the registry's token
    #[arg(long, value_name = "NAME")]
    pub(crate) token_env: Option<String>,
    /// The alias that moves
    #[arg(long, value_name = "NAME", default_value = "champion")]
    pub(crate) alias: String,
}

/// Whose word counts.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Write a first trust file and a key for the pipeline
    Init {
        /// The trust file
        #[arg(value_name = "FILE", default_value = "trust.toml")]
        file: PathBuf,
        /// The key
        #[arg(long, value_name = "FILE", default_value = "groundgate-ci.key")]
        key: PathBuf,
        /// Somebody who approves, with the public key that ssh has of them; several times for several
        #[arg(long, value_name = "NAME=ROLE=FILE")]
        approver: Vec<String>,
    },
    /// Sign the seal of a record
    Seal {
        /// The run: an id, its beginning, or `latest`
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        #[command(flatten)]
        key: KeyArgs,
    },
}
