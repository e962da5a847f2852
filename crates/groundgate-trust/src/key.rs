//! Keys: ECDSA over P-256 and Ed25519, as PEM; and what OpenSSH calls a public key, as one line.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use groundgate_model::unit::Digest;
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, UnparsedPublicKey,
    },
};

use super::{der, ssh};

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// Why a text is no key that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError(pub(crate) String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

/// What a signature is checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256: an uncompressed point.
    P256(Vec<u8>),
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// A key of OpenSSH, as its own encoding has it; it checks OpenSSH's signatures only.
    Ssh(Vec<u8>),
}

impl PublicKey {
    /// A PEM block, the bare base64 of one, or a line of OpenSSH (`ssh-ed25519 AAAA… ben`).
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if let Some(blob) = ssh::public_key(text) {
            return Ok(Self::Ssh(blob));
        }
        let der = der::pem(text, PUBLIC).or_else(|| STANDARD.decode(text).ok());
        let der = der.ok_or_else(|| {
            KeyError("it is neither a PEM block `PUBLIC KEY` nor a line of OpenSSH".to_owned())
        })?;
        if let Some(key) = der::p256_of(&der) {
            return Ok(Self::P256(key.to_vec()));
        }
        if let Some(key) = der::ed25519_of(&der) {
            return Ok(Self::Ed25519(key.to_vec()));
        }
        Err(KeyError(
            "it is a key of another kind than P-256 or Ed25519".to_owned(),
        ))
    }

    /// Whether a signature is this key's over a message. Keys of OpenSSH sign in a form of their own.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
                .verify(message, signature)
                .is_ok(),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key)
                .verify(message, signature)
                .is_ok(),
            Self::Ssh(_) => false,
        }
    }

    /// The digest that names it.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.encoded())
    }

    /// A PEM block; a line in the case of OpenSSH.
    pub fn to_text(&self) -> String {
        match self {
            Self::P256(_) | Self::Ed25519(_) => der::to_pem(PUBLIC, &self.encoded()),
            Self::Ssh(blob) => format!("{} {}\n", ssh::kind(blob), STANDARD.encode(blob)),
        }
    }

    /// One line: for TOML.
    pub fn to_line(&self) -> String {
        match self {
            Self::P256(_) | Self::Ed25519(_) => STANDARD.encode(self.encoded()),
            Self::Ssh(_) => self.to_text().trim_end().to_owned(),
        }
    }

    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::P256(_) => "p256",
            Self::Ed25519(_) => "ed25519",
            Self::Ssh(_) => "ssh",
        }
    }

    fn encoded(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => der::p256_info(key),
            Self::Ed25519(key) => der::ed25519_info(key),
            Self::Ssh(blob) => blob.clone(),
        }
    }
}

/// What signs; it is never printed.
pub struct SigningKey(Pair);

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl SigningKey {
    /// A PEM block `PRIVATE KEY` (PKCS #8), not encrypted.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.contains("OPENSSH PRIVATE KEY") {
            return Err(KeyError(
                "it is a key of OpenSSH: name it with --ssh-key, ssh-keygen signs with it"
                    .to_owned(),
            ));
        }
        let der = der::pem(text, PRIVATE).ok_or_else(|| {
            KeyError(
                "it is no PEM block `PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` makes one"
                    .to_owned(),
            )
        })?;
        let random = SystemRandom::new();
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random) {
            return Ok(Self(Pair::P256(pair)));
        }
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map(|pair| Self(Pair::Ed25519(pair)))
            .map_err(|_other| {
                KeyError("it is a key of another kind than P-256 or Ed25519".to_owned())
            })
    }

    /// A new key of P-256, as a PEM block.
    pub fn generate() -> Result<String, KeyError> {
        let random = SystemRandom::new();
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
            .map(|document| der::to_pem(PRIVATE, document.as_ref()))
            .map_err(|_unspecified| KeyError("the system gives no random numbers".to_owned()))
    }

    /// What checks its signatures.
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Pair::P256(pair) => PublicKey::P256(pair.public_key().as_ref().to_vec()),
            Pair::Ed25519(pair) => PublicKey::Ed25519(pair.public_key().as_ref().to_vec()),
        }
    }

    /// Its signature over a message.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.0 {
            Pair::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_unspecified| KeyError("the system gives no random numbers".to_owned())),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}
