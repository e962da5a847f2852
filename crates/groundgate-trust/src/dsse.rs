//! The envelope of DSSE 1.0: a payload and who signed it. What is verified is what is parsed: the same
//! bytes, once.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    file::TrustedKey,
    key::{KeyError, SigningKey},
};

/// The payload type of an in-toto statement.
pub const IN_TOTO_TYPE: &str = "application/vnd.in-toto+json";
/// The largest envelope, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// More signatures than anybody makes.
const SIGNATURES: usize = 16;

/// What is wrong with an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeError(String);

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EnvelopeError {}

/// A payload and its signatures; nobody has checked them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// What is signed.
    pub payload: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    key_ids: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Written {
    payload_type: String,
    payload: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// What a signature is over: type and payload, each with its length before it.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Reads one strictly: its size, its form, each key once, base64 in one spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > SIZE_LIMIT {
            let message = format!("{} bytes are more than {SIZE_LIMIT}", bytes.len());
            return Err(EnvelopeError(message));
        }
        let written: Written = serde_json::from_slice(bytes)
            .map_err(|error| EnvelopeError(format!("it is no DSSE envelope: {error}")))?;
        Self::of(written)
    }

    pub(crate) fn of(written: Written) -> Result<Self, EnvelopeError> {
        let decode = |what: &str, text: &str| {
            STANDARD
                .decode(text)
                .map_err(|error| EnvelopeError(format!("its {what} is not base64: {error}")))
        };
        if written.signatures.is_empty() || written.signatures.len() > SIGNATURES {
            let message = format!("it has {} signatures", written.signatures.len());
            return Err(EnvelopeError(message));
        }
        let payload = decode("payload", &written.payload)?;
        let signatures = written.signatures.iter();
        let signatures: Result<Vec<_>, _> = signatures
            .map(|one| decode("signature", &one.sig))
            .collect();
        Ok(Self {
            payload_type: written.payload_type,
            payload,
            signatures: signatures?,
            key_ids: written
                .signatures
                .into_iter()
                .map(|one| one.keyid)
                .collect(),
        })
    }

    /// A payload signed with a key.
    pub fn sign(payload_type: &str, payload: Vec<u8>, key: &SigningKey) -> Result<Self, KeyError> {
        let signature = key.sign(&pae(payload_type, &payload))?;
        let id = key.public().fingerprint().to_string();
        Ok(Self::with(payload_type, payload, signature, id))
    }

    /// A payload with a signature that was made elsewhere, by the key of that fingerprint.
    pub fn with(payload_type: &str, payload: Vec<u8>, signature: Vec<u8>, key_id: String) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload,
            signatures: vec![signature],
            key_ids: vec![key_id],
        }
    }

    /// Which of these keys signed it; the ids that it names are hints and not believed.
    pub fn signers<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k TrustedKey>,
    ) -> Vec<&'k TrustedKey> {
        let message = pae(&self.payload_type, &self.payload);
        let is_signer = |key: &&TrustedKey| {
            let mut signatures = self.signatures.iter();
            signatures.any(|signature| key.public.verifies(&message, signature))
        };
        keys.into_iter().filter(is_signer).collect()
    }

    /// The hint of its first signature.
    pub fn key_id(&self) -> &str {
        self.key_ids.first().map_or("", String::as_str)
    }

    pub(crate) fn written(&self) -> Written {
        let signatures = self.signatures.iter().zip(&self.key_ids);
        Written {
            payload_type: self.payload_type.clone(),
            payload: STANDARD.encode(&self.payload),
            signatures: signatures
                .map(|(signature, id)| WrittenSignature {
                    keyid: id.clone(),
                    sig: STANDARD.encode(signature),
                })
                .collect(),
        }
    }

    /// The JSON of it.
    pub fn to_json(&self) -> String {
        // Text, numbers of bytes and lists of them: there is nothing that JSON cannot say.
        serde_json::to_string(&self.written()).unwrap_or_default() + "\n"
    }
}
