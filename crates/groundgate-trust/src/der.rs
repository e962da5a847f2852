//! The two forms of a public key's DER, and PEM around bytes. Both forms are fixed: what stands before the
//! key is always the same.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What stands before the 65 bytes of an uncompressed point of P-256.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before the 32 bytes of a key of Ed25519.
const ED25519: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The key in a `SubjectPublicKeyInfo` of P-256.
pub(crate) fn p256_of(der: &[u8]) -> Option<&[u8]> {
    der.strip_prefix(P256).filter(|key| key.len() == 65)
}

/// The key in a `SubjectPublicKeyInfo` of Ed25519.
pub(crate) fn ed25519_of(der: &[u8]) -> Option<&[u8]> {
    der.strip_prefix(ED25519).filter(|key| key.len() == 32)
}

pub(crate) fn p256_info(key: &[u8]) -> Vec<u8> {
    [P256, key].concat()
}

pub(crate) fn ed25519_info(key: &[u8]) -> Vec<u8> {
    [ED25519, key].concat()
}

/// The bytes between the lines of a PEM block; `None` where there is no such block, or more than one.
pub(crate) fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let (before, rest) = text.split_once(&begin)?;
    let (body, after) = rest.split_once(&end)?;
    if !before.trim().is_empty() || !after.trim().is_empty() {
        return None;
    }
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// Bytes as a PEM block.
pub(crate) fn to_pem(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut lines = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        lines.push_str(line);
        lines.push('\n');
        rest = tail;
    }
    [lines, format!("-----END {label}-----\n")].concat()
}
