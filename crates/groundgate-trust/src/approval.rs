//! Approvals that are signed: with a key of one's own, or with the key that OpenSSH knows one by.

use super::{
    dsse::Envelope,
    file::{TrustFile, TrustedKey},
    key::PublicKey,
    ssh::SshSignature,
};

/// The payload type of an approval.
pub const APPROVAL_TYPE: &str = "application/vnd.groundgate.approval+json";
/// What a signature of OpenSSH is for.
pub const SSH_NAMESPACE: &str = "approval@groundgate";

/// An approval's text and its signature, as they stand in two files.
#[derive(Debug, Clone, Copy)]
pub struct SignedApproval<'a> {
    /// The approval, byte by byte.
    pub text: &'a [u8],
    /// An envelope around the same bytes, or a signature of OpenSSH.
    pub signature: &'a [u8],
}

/// Whose signature it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedBy<'k> {
    /// A key of the trust file.
    Key(&'k TrustedKey),
    /// None of its keys, and why.
    Nobody(String),
}

/// Who of the trust file signed an approval; whether that key may is not asked.
pub fn check_approval<'k>(approval: SignedApproval<'_>, trust: &'k TrustFile) -> SignedBy<'k> {
    let unknown = |why: &str| SignedBy::Nobody(why.to_owned());
    let as_text = str::from_utf8(approval.signature).unwrap_or("");
    if let Some(signature) = SshSignature::parse(as_text) {
        let named = PublicKey::Ssh(signature.public_key.clone());
        let Some(key) = trust.keys.iter().find(|key| key.public == named) else {
            return unknown("its key is not in the trust file");
        };
        return if signature.verifies(approval.text, SSH_NAMESPACE) {
            SignedBy::Key(key)
        } else {
            unknown("its signature is not over this text")
        };
    }
    let envelope = match Envelope::parse(approval.signature) {
        Ok(envelope) => envelope,
        Err(error) => return unknown(&format!("its signature cannot be read: {error}")),
    };
    if envelope.payload_type != APPROVAL_TYPE || envelope.payload != approval.text {
        return unknown("its signature is over another text");
    }
    match envelope.signers(&trust.keys).as_slice() {
        [] => unknown("no key of the trust file signed it"),
        [key] => SignedBy::Key(key),
        _ => unknown("two keys signed it: one approval is one person's"),
    }
}
