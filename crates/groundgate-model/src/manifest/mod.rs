//! Identity as data: every setting that can change an answer or a score.
//!
//! Names and descriptions are for people and never compared. What a run asked, whom, and how it was
//! judged is a [`Manifest`]; two runs are of one plan when their manifests have one [`Digest`]. A
//! secret cannot be in a manifest: no type that holds one converts into a [`Setting`].

mod difference;

pub use difference::{Difference, differences};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::unit::Digest;

/// Settings by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest(BTreeMap<String, Setting>);

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// Any other number; never NaN or infinite.
    Number(f64),
    /// A short text: a name, a URL, a choice.
    Text(String),
    /// A long text: a prompt, a template, the contents of a file.
    Written(Written),
    /// Several settings, in an order that matters.
    List(Vec<Setting>),
    /// The settings of a part.
    Part(Manifest),
}

/// A long text by its digest. The text itself may be left out; it is no part of the identity then or
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The digest of the text's UTF-8 bytes.
    sha256: Digest,
    /// The text, unless it was redacted or is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Written {
    /// A text with its digest.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            sha256: Digest::of(text.as_bytes()),
            text: Some(text),
        }
    }

    /// Bytes by their digest alone.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::digest(Digest::of(bytes))
    }

    /// A digest that somebody has made already.
    pub const fn digest(sha256: Digest) -> Self {
        Self { sha256, text: None }
    }

    /// The text, where it was kept.
    pub fn kept(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl Manifest {
    /// No setting yet, but what kind of thing it is about.
    pub fn of(kind: &str) -> Self {
        Self::default().with("kind", kind)
    }

    /// With one more setting; an earlier one of that name is replaced.
    #[must_use]
    pub fn with(mut self, name: &str, setting: impl Into<Setting>) -> Self {
        self.0.insert(name.to_owned(), setting.into());
        self
    }

    /// With one more setting where there is one; what is not set is not in a manifest.
    #[must_use]
    pub fn with_some(self, name: &str, setting: Option<impl Into<Setting>>) -> Self {
        match setting {
            Some(setting) => self.with(name, setting),
            None => self,
        }
    }

    /// Without a setting.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The setting of that name.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// The part of that name; `None` where there is none, or where it is no part.
    pub fn part(&self, name: &str) -> Option<&Self> {
        match self.get(name)? {
            Setting::Part(part) => Some(part),
            Setting::Flag(_)
            | Setting::Count(_)
            | Setting::Number(_)
            | Setting::Text(_)
            | Setting::Written(_)
            | Setting::List(_) => None,
        }
    }

    /// All settings, by name.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0
            .iter()
            .map(|(name, setting)| (name.as_str(), setting))
    }

    /// The identity: over names and values; of long texts, over their digests.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// The same identity without long texts.
    #[must_use]
    pub fn redacted(&self) -> Self {
        Self(
            self.0
                .iter()
                .map(|(name, setting)| (name.clone(), setting.redacted()))
                .collect(),
        )
    }

    /// JSON with sorted names and without white space or long texts: what the digest is over.
    pub fn canonical(&self) -> String {
        // Maps with text as keys and finite numbers are always JSON.
        serde_json::to_string(&self.redacted()).unwrap_or_default()
    }
}

impl Setting {
    fn redacted(&self) -> Self {
        match self {
            Self::Written(written) => Self::Written(Written::digest(written.sha256)),
            Self::List(settings) => Self::List(settings.iter().map(Self::redacted).collect()),
            Self::Part(part) => Self::Part(part.redacted()),
            Self::Flag(_) | Self::Count(_) | Self::Number(_) | Self::Text(_) => self.clone(),
        }
    }
}

impl From<bool> for Setting {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Setting {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Setting {
    fn from(count: u32) -> Self {
        Self::Count(u64::from(count))
    }
}

impl From<usize> for Setting {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl From<f64> for Setting {
    /// A number that is none becomes text, so that it still tells manifests apart.
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Text(number.to_string())
        }
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Digest> for Setting {
    fn from(digest: Digest) -> Self {
        Self::Text(digest.to_string())
    }
}

impl From<Written> for Setting {
    fn from(written: Written) -> Self {
        Self::Written(written)
    }
}

impl From<Manifest> for Setting {
    fn from(part: Manifest) -> Self {
        Self::Part(part)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Setting {
    fn from(settings: Vec<T>) -> Self {
        Self::List(settings.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::of("openai")
            .with("url", "https://example.com/v1")
            .with("temperature", 0.2)
            .with("seed", 7_u64)
            .with("stream", true)
            .with("system-prompt", Written::text("Answer from the passages."))
            .with("stop", vec!["a", "b"])
            .with("limits", Manifest::default().with("tokens", 100_u32))
            .with_some("region", None::<String>)
    }

    #[test]
    fn it_reads_back_as_it_was_written() {
        let written = serde_json::to_string(&manifest()).unwrap();
        let read: Manifest = serde_json::from_str(&written).unwrap();
        assert_eq!(read, manifest());
        assert_eq!(read.digest(), manifest().digest());
    }

    #[test]
    fn its_canonical_form_has_sorted_names_and_no_long_text() {
        assert_eq!(
            Manifest::of("http")
                .with("body", Written::text("hello"))
                .with("a", 1.5)
                .canonical(),
            "{\"a\":1.5,\"body\":{\"sha256\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"},\"kind\":\"http\"}"
        );
    }

    #[test]
    fn leaving_texts_out_keeps_the_identity() {
        let redacted = manifest().redacted();
        assert_eq!(redacted.digest(), manifest().digest());
        assert!(
            !serde_json::to_string(&redacted)
                .unwrap()
                .contains("passages")
        );
    }

    #[test]
    fn any_other_setting_is_another_identity() {
        let changed = [
            manifest().with("kind", "anthropic"),
            manifest().with("url", "https://example.com/v2"),
            manifest().with("temperature", 0.3),
            manifest().with("temperature", f64::NAN),
            manifest().with("seed", 8_u64),
            manifest().with("stream", false),
            manifest().with("stream", "true"),
            manifest().with("system-prompt", Written::text("Answer.")),
            manifest().with("stop", vec!["b", "a"]),
            manifest().with("stop", "a"),
            manifest().with("limits", Manifest::default().with("tokens", 101_u32)),
            manifest().with_some("region", Some("eu")),
        ];
        let mut seen = vec![manifest().digest()];
        for other in changed {
            assert!(!seen.contains(&other.digest()), "{other:?}");
            seen.push(other.digest());
        }
    }
}
