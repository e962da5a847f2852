//! The demo copilot as a copilot: asked over HTTP, and the same whatever port it is served at.

use groundgate_endpoints::{
    chat::BoxFuture,
    copilot::{Copilot, ModelCopilot},
};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure},
    manifest::{Manifest, Written},
    unit::{Digest, Usd},
};

use super::Variant;

/// Where the demo copilot is served, and what it knows.
#[derive(Debug, Clone)]
pub struct DemoServer {
    /// Up to and with `/v1`.
    pub base_url: String,
    /// The knowledge base.
    pub knowledge_base: Digest,
}

/// A served variant of the demo copilot.
#[derive(Debug)]
pub struct DemoCopilot {
    served: ModelCopilot,
    variant: Variant,
    knowledge_base: Digest,
}

impl DemoCopilot {
    /// The variant that `served` asks, over the knowledge base of that digest.
    pub const fn new(served: ModelCopilot, variant: Variant, knowledge_base: Digest) -> Self {
        Self {
            served,
            variant,
            knowledge_base,
        }
    }
}

impl Copilot for DemoCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        self.served.ask(case, attempt)
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        self.served.worst_cost(case)
    }

    fn describe(&self) -> String {
        format!("bundled demo, variant {}", self.variant.name())
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("demo")
            .with("variant", self.variant.name())
            .with("knowledge-base", Written::digest(self.knowledge_base))
            // The answers are made by this program.
            .with("version", env!("CARGO_PKG_VERSION"))
    }
}
