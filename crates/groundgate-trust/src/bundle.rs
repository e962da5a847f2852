//! Sigstore's bundle v0.3 around an envelope that a key of one's own signed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::dsse::{Envelope, EnvelopeError, Written};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bundle {
    media_type: String,
    #[serde(rename = "verificationMaterial")]
    _verification_material: Value,
    dsse_envelope: Written,
}

/// The envelope as a bundle: the key is named by a hint, as Sigstore's `publicKey` has it.
pub fn bundle(envelope: &Envelope) -> String {
    let document = json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": envelope.key_id()}, "tlogEntries": []},
        "dsseEnvelope": serde_json::to_value(envelope.written()).unwrap_or(Value::Null),
    });
    document.to_string() + "\n"
}

/// The envelope of a bundle, or the envelope itself.
pub fn envelope_of_bundle(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
    match serde_json::from_slice::<Bundle>(bytes) {
        Ok(bundle) if bundle.media_type == MEDIA_TYPE && bytes.len() <= 1 << 20 => {
            Envelope::of(bundle.dsse_envelope)
        }
        Ok(_) | Err(_) => Envelope::parse(bytes),
    }
}
