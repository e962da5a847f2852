//! Claims: what a judge says of one statement, whose statement it is, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a judge says of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// The passages say so.
    Supported,
    /// The passages say otherwise.
    Contradicted,
    /// The passages say nothing of it.
    NotFound,
    /// A greeting, a question, a sentence about the answer itself.
    NotAClaim,
}

impl Label {
    /// Every label.
    pub const ALL: [Self; 4] = [
        Self::Supported,
        Self::Contradicted,
        Self::NotFound,
        Self::NotAClaim,
    ];

    /// The name used on the wire and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotFound => "not-found",
            Self::NotAClaim => "not-a-claim",
        }
    }

    /// The label of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }

    /// How much it tells against the answer, from 0 to 3.
    pub const fn badness(self) -> u8 {
        match self {
            Self::NotAClaim => 0,
            Self::Supported => 1,
            Self::NotFound => 2,
            Self::Contradicted => 3,
        }
    }
}

/// Whose statement a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimOf {
    /// The answer states it; passages support it or not.
    Answer,
    /// The case expects it as a fact; the answer states it or not.
    Fact,
}

/// Where a passage says what a claim says, or the opposite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which passage, from 0, in the answer's order.
    pub passage: usize,
    /// Where the quote starts in the passage, in bytes (a character boundary).
    pub start: usize,
    /// Where it ends, in bytes (a character boundary).
    pub end: usize,
}

/// One claim, labelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredClaim")]
pub struct ClaimFinding {
    /// Whose statement it is.
    pub of: ClaimOf,
    /// `s1`, `s2`, …, in the order of the answer; `f1`, `f2`, … for expected facts.
    pub id: String,
    /// The claim's words.
    pub text: String,
    /// Where it starts in the answer, in bytes (a character boundary).
    pub start: usize,
    /// Where it ends in the answer, in bytes (a character boundary).
    pub end: usize,
    /// What the judge said, after our checks.
    pub label: Label,
    /// The best evidence found, where there is any.
    pub evidence: Option<Evidence>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// How a judge's label stands after our checks, from the best to the worst. No check ever turns a label
/// into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing speaks against it.
    Settled,
    /// It stands, and code found nothing either way: a paraphrase, arithmetic, another language.
    Unverified,
    /// It stands for the judge, and code finds the opposite in the same text: it counts both ways.
    Disputed,
    /// The judge named nothing that could carry it, twice: no judgment at all.
    WithoutProof,
}

impl Standing {
    /// The name used in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Unverified => "unverified",
            Self::Disputed => "disputed",
            Self::WithoutProof => "without-proof",
        }
    }
}

impl ClaimFinding {
    /// How the label stands: the worst of what its reasons say.
    pub fn standing(&self) -> Standing {
        let stands = |reason: &Reason| match reason {
            Reason::Unverified { .. } => Standing::Unverified,
            Reason::Disputed { .. } => Standing::Disputed,
            Reason::WithoutProof { .. } => Standing::WithoutProof,
            Reason::Disbelieved { .. } | Reason::SplitVotes { .. } | Reason::Note(_) => {
                Standing::Settled
            }
        };
        let all = self.reasons.iter().map(stands);
        all.max().unwrap_or(Standing::Settled)
    }

    /// Whether people should look at it: our checks could not verify the judge's label, speak against it,
    /// or, in older records, did not believe it.
    pub fn is_doubted(&self) -> bool {
        let disbelieved = |reason: &Reason| matches!(reason, Reason::Disbelieved { .. });
        self.standing() != Standing::Settled || self.reasons.iter().any(disbelieved)
    }

    /// Whether the judge's votes differed.
    pub fn split_the_votes(&self) -> bool {
        let differed = |reason: &Reason| matches!(reason, Reason::SplitVotes { .. });
        self.reasons.iter().any(differed)
    }
}

/// A claim as a record has it: older ones do not say whose it is, which its id tells there.
#[derive(Deserialize)]
struct StoredClaim {
    of: Option<ClaimOf>,
    id: String,
    text: String,
    start: usize,
    end: usize,
    label: Label,
    evidence: Option<Evidence>,
    reasons: Vec<Reason>,
}

impl From<StoredClaim> for ClaimFinding {
    fn from(stored: StoredClaim) -> Self {
        let by_id = || {
            if stored.id.starts_with('f') {
                ClaimOf::Fact
            } else {
                ClaimOf::Answer
            }
        };
        Self {
            of: stored.of.unwrap_or_else(by_id),
            id: stored.id,
            text: stored.text,
            start: stored.start,
            end: stored.end,
            label: stored.label,
            evidence: stored.evidence,
            reasons: stored.reasons,
        }
    }
}

/// Why a claim has its label; may quote untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredReason", into = "StoredReason")]
pub enum Reason {
    /// In records of earlier versions: our checks did not believe the judge, and made the label
    /// another.
    Disbelieved {
        /// The label that the judge gave.
        said: String,
        /// Why it was not believed.
        because: String,
    },
    /// The label stands, though code could not verify it.
    Unverified {
        /// What could not be verified.
        because: String,
    },
    /// The label counts both ways, since code finds the opposite.
    Disputed {
        /// What speaks against the label.
        because: String,
    },
    /// The judge showed nothing that carries the label, though it was asked twice.
    WithoutProof {
        /// What it showed.
        because: String,
    },
    /// The judge's votes differed.
    SplitVotes {
        /// By label.
        votes: Vec<VotesFor>,
    },
    /// Any other, in words for people (`the number 30 is not in the passages`).
    Note(String),
}

/// The votes for one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotesFor {
    /// Which label.
    pub label: Label,
    /// How many.
    pub n: usize,
    /// Whose, where a panel voted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jurors: Vec<String>,
}

impl fmt::Display for VotesFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.n, self.label.name())?;
        if !self.jurors.is_empty() {
            write!(f, " ({})", self.jurors.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disbelieved { said, because } => {
                write!(f, "{DISBELIEVED}said `{said}`, but {because}")
            }
            Self::Unverified { because } => write!(f, "not verified: {because}"),
            Self::Disputed { because } => write!(f, "disputed: {because}"),
            Self::WithoutProof { because } => write!(f, "without proof: {because}"),
            Self::SplitVotes { votes } => {
                let votes: Vec<String> = votes.iter().map(ToString::to_string).collect();
                write!(f, "{SPLIT_VOTES}{}", votes.join(", "))
            }
            Self::Note(note) => f.write_str(note),
        }
    }
}

impl From<String> for Reason {
    fn from(note: String) -> Self {
        Self::Note(note)
    }
}

/// How a reason begins in text for people, and began in records of older versions.
const DISBELIEVED: &str = "judge fault: ";
const SPLIT_VOTES: &str = "votes: ";

/// A reason as a record has it: a note is its text; older records have all reasons as text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredReason {
    Text(String),
    Typed(TypedReason),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TypedReason {
    Disbelieved { said: String, because: String },
    Unverified { because: String },
    Disputed { because: String },
    WithoutProof { because: String },
    SplitVotes(Vec<VotesFor>),
    Note(String),
}

impl From<StoredReason> for Reason {
    fn from(stored: StoredReason) -> Self {
        match stored {
            StoredReason::Text(text) => from_old_text(&text).unwrap_or(Self::Note(text)),
            StoredReason::Typed(TypedReason::Disbelieved { said, because }) => {
                Self::Disbelieved { said, because }
            }
            StoredReason::Typed(TypedReason::Unverified { because }) => {
                Self::Unverified { because }
            }
            StoredReason::Typed(TypedReason::Disputed { because }) => Self::Disputed { because },
            StoredReason::Typed(TypedReason::WithoutProof { because }) => {
                Self::WithoutProof { because }
            }
            StoredReason::Typed(TypedReason::SplitVotes(votes)) => Self::SplitVotes { votes },
            StoredReason::Typed(TypedReason::Note(note)) => Self::Note(note),
        }
    }
}

impl From<Reason> for StoredReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Disbelieved { said, because } => {
                Self::Typed(TypedReason::Disbelieved { said, because })
            }
            Reason::Unverified { because } => Self::Typed(TypedReason::Unverified { because }),
            Reason::Disputed { because } => Self::Typed(TypedReason::Disputed { because }),
            Reason::WithoutProof { because } => Self::Typed(TypedReason::WithoutProof { because }),
            Reason::SplitVotes { votes } => Self::Typed(TypedReason::SplitVotes(votes)),
            // A note that reads like an old reason must not become one.
            Reason::Note(note) if from_old_text(&note).is_some() => {
                Self::Typed(TypedReason::Note(note))
            }
            Reason::Note(note) => Self::Text(note),
        }
    }
}

/// The reason that an older version wrote as text; `None` for a note.
fn from_old_text(text: &str) -> Option<Reason> {
    if let Some(rest) = text.strip_prefix(DISBELIEVED) {
        let (said, because) = rest
            .strip_prefix("said `")
            .and_then(|rest| rest.split_once("`, but "))
            .unwrap_or(("", rest));
        return Some(Reason::Disbelieved {
            said: said.to_owned(),
            because: because.to_owned(),
        });
    }
    let mut rest = text.strip_prefix(SPLIT_VOTES)?;
    let mut votes = Vec::new();
    while !rest.is_empty() {
        let (n, after) = rest.split_once(' ')?;
        let end = after.find([' ', ',']).unwrap_or(after.len());
        let (label, after) = after.split_at_checked(end)?;
        let (jurors, after) = match after.strip_prefix(" (") {
            Some(inside) => inside.split_once(')')?,
            None => ("", after),
        };
        votes.push(VotesFor {
            label: Label::from_name(label)?,
            n: n.parse().ok()?,
            jurors: jurors
                .split(", ")
                .filter(|juror| !juror.is_empty())
                .map(str::to_owned)
                .collect(),
        });
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    Some(Reason::SplitVotes { votes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons() -> Vec<Reason> {
        let votes = |label, n, jurors: &[&str]| VotesFor {
            label,
            n,
            jurors: jurors.iter().map(|juror| (*juror).to_owned()).collect(),
        };
        vec![
            Reason::Disbelieved {
                said: "supported".to_owned(),
                because: "its quote is not in the passage".to_owned(),
            },
            Reason::SplitVotes {
                votes: vec![
                    votes(Label::Supported, 2, &["a", "b"]),
                    votes(Label::NotFound, 1, &["c"]),
                ],
            },
            Reason::SplitVotes {
                votes: vec![
                    votes(Label::Supported, 2, &[]),
                    votes(Label::NotAClaim, 1, &[]),
                ],
            },
            Reason::Note("the number 30 is not in the passages".to_owned()),
        ]
    }

    #[test]
    fn reasons_of_older_records_are_what_they_said() {
        for reason in reasons() {
            let old = serde_json::to_string(&reason.to_string()).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&old).unwrap(), reason);
        }
    }

    #[test]
    fn reasons_come_back_as_they_were_written() {
        let tricky = Reason::Note("votes: 2 supported".to_owned());
        for reason in reasons().into_iter().chain([tricky]) {
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&written).unwrap(), reason);
        }
        for (reason, written) in [
            (
                Reason::Unverified {
                    because: "x".to_owned(),
                },
                r#"{"unverified":{"because":"x"}}"#,
            ),
            (
                Reason::Disputed {
                    because: "x".to_owned(),
                },
                r#"{"disputed":{"because":"x"}}"#,
            ),
            (
                Reason::WithoutProof {
                    because: "x".to_owned(),
                },
                r#"{"without-proof":{"because":"x"}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), written);
            assert_eq!(serde_json::from_str::<Reason>(written).unwrap(), reason);
        }
        let written = serde_json::to_string(&reasons()[0]).unwrap();
        assert_eq!(
            written,
            r#"{"disbelieved":{"said":"supported","because":"its quote is not in the passage"}}"#
        );
    }

    #[test]
    fn claims_say_whose_they_are_and_in_older_records_their_ids_do() {
        let stored = |of: &str, id: &str| -> ClaimOf {
            let json = format!(
                r#"{{{of}"id":"{id}","text":"x","start":0,"end":1,"label":"supported","evidence":null,"reasons":[]}}"#
            );
            let claim: ClaimFinding = serde_json::from_str(&json).unwrap();
            let again = serde_json::to_string(&claim).unwrap();
            assert_eq!(serde_json::from_str::<ClaimFinding>(&again).unwrap(), claim);
            claim.of
        };
        assert_eq!(stored("", "s1"), ClaimOf::Answer);
        assert_eq!(stored("", "c1.2"), ClaimOf::Answer);
        assert_eq!(stored("", "f1"), ClaimOf::Fact);
        assert_eq!(stored(r#""of":"answer","#, "f1"), ClaimOf::Answer);
        assert_eq!(stored(r#""of":"fact","#, "s1"), ClaimOf::Fact);
    }
}
