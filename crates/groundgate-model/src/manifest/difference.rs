//! What tells two manifests apart, for people.

use std::{collections::BTreeSet, fmt};

use super::{Manifest, Setting, Written};

/// Longer values are cut in sentences.
const SHOWN: usize = 60;

/// One setting that two manifests do not share.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The setting's name, behind the names of the parts that it is in: `judge.temperature`.
    pub name: String,
    /// Its value in the first; `None` where it is not set there.
    pub first: Option<Setting>,
    /// Its value in the second.
    pub second: Option<Setting>,
}

/// All settings in which two manifests differ, by name.
pub fn differences(first: &Manifest, second: &Manifest) -> Vec<Difference> {
    let mut found = Vec::new();
    collect("", first, second, &mut found);
    found
}

fn collect(above: &str, first: &Manifest, second: &Manifest, found: &mut Vec<Difference>) {
    let names: BTreeSet<&str> = (first.settings().chain(second.settings()))
        .map(|(name, _)| name)
        .collect();
    for name in names {
        let full = if above.is_empty() {
            name.to_owned()
        } else {
            format!("{above}.{name}")
        };
        match (first.get(name), second.get(name)) {
            (Some(Setting::Part(first)), Some(Setting::Part(second))) => {
                collect(&full, first, second, found);
            }
            (Some(Setting::Written(first)), Some(Setting::Written(second)))
                if first.sha256 == second.sha256 => {}
            (first, second) if first == second => {}
            (first, second) => found.push(Difference {
                name: full,
                first: first.cloned(),
                second: second.cloned(),
            }),
        }
    }
}

impl fmt::Display for Difference {
    /// `copilot.temperature: 0.2, then 0.7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match (&self.first, &self.second) {
            (Some(Setting::Written(first)), Some(Setting::Written(second))) => {
                f.write_str(&lines(first, second))
            }
            (Some(first), Some(second)) => write!(f, "{first}, then {second}"),
            (Some(first), None) => write!(f, "{first}, then not set"),
            (None, Some(second)) => write!(f, "not set, then {second}"),
            (None, None) => f.write_str("not set"),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(&cut(text)),
            Self::Written(written) => match written.kept() {
                Some(text) => write!(f, "`{}` ({})", cut(text), written.sha256.short()),
                None => f.write_str(&written.sha256.short()),
            },
            Self::List(settings) => {
                let shown: Vec<String> = settings.iter().map(ToString::to_string).collect();
                f.write_str(&cut(&shown.join(" ")))
            }
            Self::Part(part) => {
                let shown: Vec<String> = part
                    .settings()
                    .map(|(name, setting)| format!("{name} {setting}"))
                    .collect();
                f.write_str(&cut(&shown.join(", ")))
            }
        }
    }
}

/// Two long texts by the first line in which they differ.
fn lines(first: &Written, second: &Written) -> String {
    let digests = format!("{}, then {}", first.sha256.short(), second.sha256.short());
    let (Some(old), Some(new)) = (first.kept(), second.kept()) else {
        return digests;
    };
    let (mut old, mut new) = (old.lines(), new.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return digests,
            (one, other) => {
                let shown = |line: Option<&str>| {
                    line.map_or("nothing".to_owned(), |line| format!("`{}`", cut(line)))
                };
                return format!("line {number} was {}, then {}", shown(one), shown(other));
            }
        }
    }
}

/// The first line, and not all of a long one.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(SHOWN).collect();
    if short.len() < text.trim_end().len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_in_words() {
        let first = Manifest::of("run").with("seed", 7_u64).with(
            "copilot",
            Manifest::of("openai")
                .with("temperature", 0.2)
                .with("system-prompt", Written::text("Be short.\nBe kind."))
                .with("url", "https://a.example"),
        );
        let second = Manifest::of("run").with("seed", 7_u64).with(
            "copilot",
            Manifest::of("openai")
                .with("temperature", 0.7)
                .with("system-prompt", Written::text("Be short.\nBe exact."))
                .with("max-output-tokens", 10_u32),
        );
        let told: Vec<String> = differences(&first, &second)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "copilot.max-output-tokens: not set, then 10",
                "copilot.system-prompt: line 2 was `Be kind.`, then `Be exact.`",
                "copilot.temperature: 0.2, then 0.7",
                "copilot.url: https://a.example, then not set",
            ]
        );
        assert!(differences(&first, &first.redacted()).is_empty());
    }
}
