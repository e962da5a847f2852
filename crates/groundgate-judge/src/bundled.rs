//! The judges that come with the program.

/// A bundled judge: its spec and its known cases, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// As in `--judge groundedness`.
    pub name: &'static str,
    /// TOML, for [`super::JudgeSpec::parse`].
    pub spec: &'static str,
    /// JSON Lines, for [`super::known_cases::read`].
    pub cases: &'static str,
}

macro_rules! bundled {
    ($name:literal) => {
        Bundled {
            name: $name,
            spec: include_str!(concat!("../../../judges/", $name, ".toml")),
            cases: include_str!(concat!("../../../judges/", $name, ".cases.jsonl")),
        }
    };
}

/// Every bundled judge.
pub const BUNDLED: [Bundled; 13] = [
    bundled!("groundedness"),
    bundled!("faithfulness"),
    bundled!("contradiction"),
    bundled!("citation_correctness"),
    bundled!("answer_relevance"),
    bundled!("correctness"),
    bundled!("completeness"),
    bundled!("context_sufficiency"),
    bundled!("context_relevance"),
    bundled!("refusal"),
    bundled!("tone"),
    bundled!("guideline_adherence"),
    bundled!("preference"),
];

/// The bundled judge of that name.
pub fn bundled(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}
