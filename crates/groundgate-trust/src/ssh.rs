//! OpenSSH's signatures (`ssh-keygen -Y sign`), with the keys that people have already.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    digest,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};

const MAGIC: &[u8] = b"SSHSIG";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const KINDS: [&str; 5] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];
/// On a security key: somebody touched it.
const TOUCHED: u8 = 1;

/// A signature of OpenSSH; nobody has checked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    /// The key that it names.
    pub(crate) public_key: Vec<u8>,
    namespace: Vec<u8>,
    reserved: Vec<u8>,
    hash: Vec<u8>,
    signature: Vec<u8>,
}

/// The fields of OpenSSH's encoding, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (own, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(own)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// A positive number without the zero that says so.
    fn integer(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        bytes.get(start..)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The key of a line of OpenSSH: `ssh-ed25519 AAAA… comment`.
pub(crate) fn public_key(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_ascii_whitespace();
    let kind = words.next().filter(|kind| KINDS.contains(kind))?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    let named = Fields(&blob).string()?;
    (named == kind.as_bytes()).then_some(blob)
}

/// The kind that an encoded key names.
pub(crate) fn kind(blob: &[u8]) -> String {
    let name = Fields(blob).string().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

impl SshSignature {
    /// Reads what `ssh-keygen -Y sign` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let body: String = body.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(body).ok()?;
        let mut fields = Fields(bytes.strip_prefix(MAGIC)?);
        (fields.number()? == 1).then_some(())?;
        let mut string = || fields.string().map(<[u8]>::to_vec);
        let signature = Self {
            public_key: string()?,
            namespace: string()?,
            reserved: string()?,
            hash: string()?,
            signature: string()?,
        };
        fields.end()?;
        Some(signature)
    }

    /// Whether it is the named key's over a message, for that use.
    pub fn verifies(&self, message: &[u8], namespace: &str) -> bool {
        self.namespace == namespace.as_bytes() && self.check(message).is_some()
    }

    fn check(&self, message: &[u8]) -> Option<()> {
        let algorithm = match self.hash.as_slice() {
            b"sha256" => &digest::SHA256,
            b"sha512" => &digest::SHA512,
            _ => return None,
        };
        let hashed = digest::digest(algorithm, message);
        let mut signed = MAGIC.to_vec();
        for field in [
            &self.namespace,
            &self.reserved,
            &self.hash,
            &hashed.as_ref().to_vec(),
        ] {
            signed.extend(u32::try_from(field.len()).ok()?.to_be_bytes());
            signed.extend(field);
        }
        let mut key = Fields(&self.public_key);
        let mut signature = Fields(&self.signature);
        let (kind, scheme) = (key.string()?, signature.string()?);
        let own = signature.string()?;
        match kind {
            b"ssh-ed25519" if scheme == kind => ed25519(key.string()?, &signed, own)?,
            b"ecdsa-sha2-nistp256" if scheme == kind => {
                key.string()?;
                p256(key.string()?, &signed, own)?;
            }
            b"ssh-rsa" => rsa(&mut key, scheme, &signed, own)?,
            b"sk-ssh-ed25519@openssh.com" if scheme == kind => {
                let public = key.string()?;
                let signed = on_a_security_key(key.string()?, &mut signature, &signed)?;
                ed25519(public, &signed, own)?;
            }
            b"sk-ecdsa-sha2-nistp256@openssh.com" if scheme == kind => {
                key.string()?;
                let public = key.string()?;
                let signed = on_a_security_key(key.string()?, &mut signature, &signed)?;
                p256(public, &signed, own)?;
            }
            _ => return None,
        }
        key.end()?;
        signature.end()
    }
}

fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .ok()
}

fn p256(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let mut parts = Fields(signature);
    let mut fixed = Vec::with_capacity(64);
    for _ in 0..2 {
        let number = parts.integer()?;
        fixed.extend(std::iter::repeat_n(0, 32_usize.checked_sub(number.len())?));
        fixed.extend(number);
    }
    parts.end()?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(message, &fixed)
        .ok()
}

fn rsa(key: &mut Fields<'_>, scheme: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let parameters = match scheme {
        b"rsa-sha2-512" => &RSA_PKCS1_2048_8192_SHA512,
        b"rsa-sha2-256" => &RSA_PKCS1_2048_8192_SHA256,
        // SHA-1 proves nothing any more.
        _ => return None,
    };
    let (e, n) = (key.integer()?, key.integer()?);
    RsaPublicKeyComponents { n, e }
        .verify(parameters, message, signature)
        .ok()
}

/// What a security key signs: the application's digest, its flags and counter, the message's digest.
fn on_a_security_key(
    application: &[u8],
    signature: &mut Fields<'_>,
    message: &[u8],
) -> Option<Vec<u8>> {
    let flags = signature.take(1)?;
    let counter = signature.take(4)?;
    (flags.first()? & TOUCHED != 0).then_some(())?;
    let application = digest::digest(&digest::SHA256, application);
    let message = digest::digest(&digest::SHA256, message);
    Some([application.as_ref(), flags, counter, message.as_ref()].concat())
}
