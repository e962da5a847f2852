//! Whose word counts: keys, signatures, statements about runs, and their verification.
//!
//! Nothing here reads a file, a clock or the network: bytes come in, and what they prove comes out. The
//! cryptography is `ring`'s, which TLS brings along; formats are DSSE 1.0, in-toto Statement v1, Sigstore
//! bundle v0.3 and OpenSSH's signatures, so that others' tools check what is signed here.

mod approval;
mod bundle;
mod der;
mod dsse;
mod file;
mod hosts;
mod key;
mod ssh;
mod statement;
#[cfg(test)]
mod tests;
mod verify;

pub use approval::{APPROVAL_TYPE, SSH_NAMESPACE, SignedApproval, SignedBy, check_approval};
pub use bundle::{bundle, envelope_of_bundle};
pub use dsse::{Envelope, EnvelopeError, IN_TOTO_TYPE, pae};
pub use file::{Grant, Measurement, TrustFile, TrustedKey, read_trust};
pub use hosts::HostPattern;
pub use key::{KeyError, PublicKey, SigningKey};
pub use ssh::SshSignature;
pub use statement::{
    Attested, DEFAULT_VERIFIER, InputAttestation, Resource, SEAL_TYPE, TEST_RESULT, VSA,
    WaiverInForce, seal_statement, sealed_digest, test_result, vsa,
};
pub use verify::{Expected, Step, StepName, Wanted, verify};
