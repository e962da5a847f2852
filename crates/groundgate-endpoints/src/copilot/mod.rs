//! Copilots: the systems under test, behind one port.
//!
//! Answers, templates, paths and traces are read by pure functions; the adapters beside them do the
//! talking.

mod agent_reply;
mod chat;
mod command;
mod databricks;
mod databricks_endpoint;
mod databricks_watch;
mod delivered;
mod extract;
mod http;
mod model;
mod program;
mod recorded;
mod retriever;
mod served;
mod template;
mod turns;

pub use chat::ChatCopilotSettings;
pub use command::{CommandCopilot, CommandOutput, CommandSettings};
pub use databricks::{DatabricksCopilot, DatabricksSettings};
pub use databricks_endpoint::{DatabricksForm, ServedEntity, ServingEndpoint};
pub use extract::{PassagePaths, PathError};
pub use http::{HttpCopilot, HttpCopilotError, HttpCopilotSettings, StreamEnd};
pub use model::{ModelCopilot, ModelCopilotSettings};
pub use recorded::RecordedCopilot;
pub use retriever::{RetrieverCopilot, RetrieverSettings, VectorSearchSettings};
pub use served::SameModel;
pub use template::TemplateError;
pub use turns::TurnByTurn;

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure},
    manifest::Manifest,
    unit::Usd,
};

use crate::chat::BoxFuture;

/// The first port of the house: something that answers one question.
pub trait Copilot: Send + Sync {
    /// Asks one question, waiting for limits and retrying where that is safe.
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>>;

    /// The most that this call can cost; `None` where there is no price.
    fn worst_cost(&self, case: &Case) -> Option<Usd>;

    /// What it is called, for people; never compared.
    fn describe(&self) -> String;

    /// Everything that can change an answer, without secrets. Prices, limits, timeouts and retries
    /// change none and are not in it.
    fn manifest(&self) -> Manifest;

    /// Whether somebody is asked, who may be gone; a file is not.
    fn is_live(&self) -> bool {
        true
    }
}
