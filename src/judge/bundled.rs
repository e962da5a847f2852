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

/// Every bundled judge.
pub const BUNDLED: [Bundled; 3] = [
    Bundled {
        name: "groundedness",
        spec: include_str!("../../judges/groundedness.toml"),
        cases: include_str!("../../judges/groundedness.cases.jsonl"),
    },
    Bundled {
        name: "answer_relevance",
        spec: include_str!("../../judges/answer_relevance.toml"),
        cases: include_str!("../../judges/answer_relevance.cases.jsonl"),
    },
    Bundled {
        name: "correctness",
        spec: include_str!("../../judges/correctness.toml"),
        cases: include_str!("../../judges/correctness.cases.jsonl"),
    },
];

/// The bundled judge of that name.
pub fn bundled(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}
