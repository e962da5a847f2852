//! Who sealed a record: the signature of its seal, and the signing of one.

use groundgate_model::unit::Digest;
use groundgate_record::{Header, Reader, SealState, sign};
use groundgate_trust::{
    Envelope, Grant, IN_TOTO_TYPE, Resource, TrustFile, seal_statement, sealed_digest,
};
use jiff::Timestamp;

use super::signer::Signer;
use crate::error::AppError;

/// How far a record's seal is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealed {
    /// By a key of that id.
    By(String),
    /// It holds, and nobody who counts has signed it: why.
    Unsigned(String),
    /// There is none.
    Not,
}

/// The seal's digest, where there is a seal. A seal that does not hold is an error.
pub(crate) fn seal_of(reader: &Reader) -> Result<Option<Digest>, AppError> {
    Ok(match reader.seal()? {
        SealState::Holds(seal) => Some(seal.digest),
        SealState::Unsealed => None,
    })
}

/// Who of these keys sealed a record.
pub(super) fn sealed_by(
    reader: &Reader,
    trust: &TrustFile,
    allowed: &[String],
    at: Timestamp,
) -> Result<Sealed, AppError> {
    let Some(seal) = seal_of(reader)? else {
        return Ok(Sealed::Not);
    };
    let unsigned = |why: String| Ok(Sealed::Unsigned(why));
    let Some(text) = reader.seal_signature()? else {
        return unsigned("nobody has signed its seal".to_owned());
    };
    let envelope = match Envelope::parse(text.as_bytes()) {
        Ok(envelope) => envelope,
        Err(error) => {
            return unsigned(format!("the signature of its seal cannot be read: {error}"));
        }
    };
    if envelope.payload_type != IN_TOTO_TYPE || sealed_digest(&envelope.payload) != Some(seal) {
        return unsigned("the signature is over another seal".to_owned());
    }
    let mut why = "no key that may seal has signed it".to_owned();
    for key in envelope.signers(&trust.keys) {
        if !allowed.contains(&key.id) {
            why = format!(
                "key `{}` signed it, and `sealed-by` does not name it",
                key.id
            );
            continue;
        }
        match key.fault(&Grant::Seal, "", at) {
            None => return Ok(Sealed::By(key.id.clone())),
            Some(fault) => why = fault,
        }
    }
    unsigned(why)
}

/// Signs the seal of a record.
pub(crate) fn sign_seal(reader: Reader, signer: &Signer) -> Result<(), AppError> {
    let Some(digest) = seal_of(&reader)? else {
        return Err(AppError::invalid(
            "the record has no seal that could be signed",
        ));
    };
    let Header {
        run_id,
        tool_version,
        ..
    } = reader.header();
    let run = Resource {
        name: format!("run:{run_id}"),
        digest,
    };
    let envelope = signer.envelope(IN_TOTO_TYPE, seal_statement(&run, tool_version))?;
    let path = reader.path().to_owned();
    drop(reader);
    Ok(sign(&path, &envelope.to_json())?)
}
