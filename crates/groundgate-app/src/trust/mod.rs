//! Whose word counts: the trust file, what a run must be, where secrets may go, and what is signed.

mod attest;
mod identity;
mod left_out;
mod measurement;
mod place;
mod publish;
mod sealing;
mod secrets;
mod signer;
mod start;
#[cfg(test)]
mod tests;
mod verification;

pub use groundgate_trust::StepName;

pub use attest::{AttestRequest, AttestSummary};
pub use place::Trusted;
pub use publish::{PublishRequest, PublishSummary};
pub use secrets::SecretHosts;
pub use signer::Signer;
pub use start::{StartRequest, StartSummary};
pub use verification::{VerifyRequest, VerifySummary, subject_digest};

pub(crate) use identity::served;
pub(crate) use measurement::{Integrity, Measured, integrity};
pub(crate) use place::is_outside;
