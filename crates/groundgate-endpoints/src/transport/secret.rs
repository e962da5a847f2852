//! Secrets, and striking them out of text that others wrote.
//!
//! A [`Secret`] cannot be printed, serialized or compared; only this crate reads it, where a header
//! is built. Endpoints echo keys in their error messages, and a clumsy one in its answers, so every
//! text that leaves `transport` or an adapter passes a [`Redactor`] first.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose};

use super::percent;

/// What is printed in place of a secret.
const STRUCK: &str = "***";

/// Shorter secrets are not searched for: they would strike out ordinary words.
const SHORTEST_SEARCHED: usize = 6;

/// A key, token or password.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a value that the caller read from the environment, a file or a command; the line end
    /// that files and commands add is dropped.
    pub fn new(value: impl Into<String>) -> Self {
        let mut value = value.into();
        value.truncate(value.trim_end_matches(['\r', '\n']).len());
        Self(value)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STRUCK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STRUCK)
    }
}

/// Strikes an endpoint's secrets out of text, raw and in the forms that they travel in.
/// Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<RwLock<Vec<String>>>,
}

impl Redactor {
    /// Knows `secrets` raw, base64-encoded, percent-encoded and as a JSON string writes them.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let redactor = Self::default();
        for secret in secrets {
            redactor.learn(secret);
        }
        redactor
    }

    /// Knows one more secret: a token that was renewed.
    pub fn learn(&self, secret: &Secret) {
        if secret.0.len() < SHORTEST_SEARCHED {
            return;
        }
        let mut needles = self.needles.write().unwrap_or_else(PoisonError::into_inner);
        needles.extend(forms(&secret.0));
        // Longest first: a secret inside another must not spoil the search for the longer one.
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
    }

    /// The text without the secrets; not copied where it holds none.
    pub fn strike(&self, text: String) -> String {
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        needles.iter().fold(text, |text, needle| {
            if text.contains(needle.as_str()) {
                text.replace(needle.as_str(), STRUCK)
            } else {
                text
            }
        })
    }
}

/// So much of a secret at a place where a text was cut is struck out, too.
const LEAST_OF_A_CUT: usize = 8;

impl Redactor {
    /// As [`strike`](Self::strike), for a message that quotes text which was cut to a bearable
    /// length: a secret that the cut went through is no whole secret any more.
    pub fn strike_message(&self, text: String) -> String {
        let text = self.strike(text);
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        let pieces: Vec<String> = text
            .split('…')
            .map(|piece| without_cut_end(piece, &needles))
            .collect();
        pieces.join("…")
    }
}

/// The text without the beginning of a secret at its end.
fn without_cut_end(text: &str, needles: &[String]) -> String {
    let beginning = needles.iter().find_map(|needle| {
        let lengths = (LEAST_OF_A_CUT..needle.len()).rev();
        let mut parts = lengths.filter_map(|length| needle.get(..length));
        parts.find(|part| text.ends_with(*part))
    });
    match beginning.and_then(|part| text.strip_suffix(part)) {
        Some(kept) => format!("{kept}{STRUCK}"),
        None => text.to_owned(),
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needles = self.needles.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Redactor({} forms)", needles.len())
    }
}

fn forms(secret: &str) -> Vec<String> {
    let escaped = json_escaped(secret);
    let written = [
        secret.to_owned(),
        percent::encoded(secret),
        // A judge's reply is JSON inside a string of JSON.
        json_escaped(&escaped),
        escaped,
    ];
    let encoded = (0..3).flat_map(|before| {
        [
            general_purpose::STANDARD_NO_PAD,
            general_purpose::URL_SAFE_NO_PAD,
        ]
        .map(|alphabet| inside_base64(&alphabet, secret, before))
    });
    written.into_iter().chain(encoded).collect()
}

/// As a JSON string writes it, without the quotes around it.
fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}

/// What the secret is in the base64 of a longer text in which so many bytes (modulo three) stand
/// before it: the digits that its neighbors have no part in.
fn inside_base64(alphabet: &impl Engine, secret: &str, before: usize) -> String {
    let padded = [vec![0; before].as_slice(), secret.as_bytes()].concat();
    let digits = alphabet.encode(&padded);
    let first = (before * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    digits.get(first..last).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "dapi-canary/7f+\"q\"";

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new(CANARY);
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(
            format!("{:?}", Redactor::new([&secret])),
            "Redactor(7 forms)"
        );
    }

    #[test]
    fn the_line_end_of_a_file_is_not_part_of_the_secret() {
        assert_eq!(Secret::new("key-1\r\n").expose(), "key-1");
        assert!(Secret::new("\n").is_empty());
    }

    #[test]
    fn every_form_of_a_secret_is_struck_out() {
        let redactor = Redactor::new([&Secret::new(CANARY)]);
        for form in forms(CANARY) {
            let text = redactor.strike(format!("key {form} is wrong"));
            assert!(!text.contains(&form), "{text}");
            assert!(text.contains("key ***"), "{text}");
        }
    }

    #[test]
    fn a_secret_inside_a_longer_base64_is_struck_out() {
        let redactor = Redactor::new([&Secret::new(CANARY)]);
        for before in ["", "u", "us", "user", "user:"] {
            for after in ["", "x", "yz", ":more"] {
                let text = general_purpose::STANDARD.encode(format!("{before}{CANARY}{after}"));
                let struck = redactor.strike(text.clone());
                assert!(struck.contains("***"), "{text}");
                assert!(struck.len() <= 20, "{struck}");
            }
        }
    }

    #[test]
    fn a_secret_that_was_cut_is_struck_out_of_messages() {
        let redactor = Redactor::new([&Secret::new(CANARY)]);
        let check = |text: &str, expected: &str| {
            assert_eq!(redactor.strike_message(text.to_owned()), expected);
        };
        check("failed: key dapi-canary/7…", "failed: key ***…");
        check("`key dapi-canary/7…`: no", "`key ***…`: no");
        check("failed: dapi-can", "failed: ***");
        check("failed: dapi-c", "failed: dapi-c");
        check(&format!("{CANARY} dapi-canary is"), "*** dapi-canary is");
    }

    #[test]
    fn text_without_a_secret_is_left_alone() {
        let redactor = Redactor::new([&Secret::new(CANARY), &Secret::new("a")]);
        assert_eq!(redactor.strike("a banana".to_owned()), "a banana");
    }
}
