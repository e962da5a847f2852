//! A case: one curated question with what is known about a right answer to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::unit::Digest;

/// Who spoke a turn of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The person who asks.
    User,
    /// The copilot.
    Assistant,
}

impl Role {
    /// The name used on the wire and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One earlier turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who spoke.
    pub role: Role,
    /// What was said.
    pub text: String,
}

/// One curated question. Its own JSON form is the one in records and imports; eval sets that people
/// write are read by the loaders of this room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique in its eval set.
    pub id: String,
    /// Earlier turns, oldest first; empty for a single question.
    #[serde(default)]
    pub history: Vec<Turn>,
    /// The question to be answered: the last user turn.
    pub question: String,
    /// A right answer, as a person would give it.
    #[serde(default)]
    pub reference_answer: Option<String>,
    /// Facts that a right answer states, each a sentence of its own.
    #[serde(default)]
    pub expected_facts: Vec<String>,
    /// Ids of the documents that a right answer rests on.
    #[serde(default)]
    pub expected_documents: Vec<String>,
    /// Whether the knowledge base holds the answer; `None` where nobody said.
    #[serde(default)]
    pub answerable: Option<bool>,
    /// Dimensions and values that make slices, as `product` → `cards`.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Cases of one cluster are not independent (paraphrases, one ticket, one source document).
    #[serde(default)]
    pub cluster: Option<String>,
    /// Whether every attempt at it must succeed.
    #[serde(default)]
    pub critical: bool,
}

impl Case {
    /// The cluster, or the case itself where it stands alone.
    pub fn cluster_or_id(&self) -> &str {
        self.cluster.as_deref().unwrap_or(&self.id)
    }

    /// What is asked, whatever the id: words without their case and what stands between them. Questions that are
    /// asked again under other ids are not as independent as their number looks.
    pub fn asked(&self) -> Digest {
        let turns = self.history.iter().map(|turn| turn.text.as_str());
        let text: String = turns
            .chain([self.question.as_str()])
            .collect::<Vec<_>>()
            .join(" ");
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        Digest::of(words.join(" ").to_lowercase().as_bytes())
    }

    /// Over everything in the case.
    pub fn digest(&self) -> Digest {
        let list =
            |items: &[String]| Digest::of_parts(items.iter().map(String::as_bytes)).to_string();
        let history: Vec<String> = self
            .history
            .iter()
            .map(|turn| format!("{} {}", turn.role.name(), turn.text))
            .collect();
        let tags: Vec<String> = self
            .tags
            .iter()
            .flat_map(|(tag, value)| [tag.clone(), value.clone()])
            .collect();
        let parts = [
            self.id.clone(),
            list(&history),
            self.question.clone(),
            format!("{:?}", self.reference_answer),
            list(&self.expected_facts),
            list(&self.expected_documents),
            format!("{:?}", self.answerable),
            list(&tags),
            format!("{:?}", self.cluster),
            self.critical.to_string(),
        ];
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }
}

/// The curated questions of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalSet {
    /// For people: the file's stem, or the name in its provenance file.
    pub name: String,
    /// In the order of the file.
    pub cases: Vec<Case>,
    /// Over all cases in id order, so that moving lines changes nothing.
    pub digest: Digest,
}

impl EvalSet {
    /// Over all cases, whose digests come in id order.
    pub fn digest_of(cases: impl IntoIterator<Item = Digest>) -> Digest {
        let digests: Vec<String> = cases.into_iter().map(|one| one.to_string()).collect();
        Digest::of_parts(digests.iter().map(String::as_bytes))
    }

    /// Puts cases together; their digest does not depend on their order.
    pub fn new(name: String, cases: Vec<Case>) -> Self {
        let by_id: BTreeMap<&str, Digest> = cases
            .iter()
            .map(|case| (case.id.as_str(), case.digest()))
            .collect();
        let digest = Self::digest_of(by_id.into_values());
        Self {
            name,
            cases,
            digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn changed(change: impl FnOnce(&mut Case)) -> Digest {
        let mut case = Case {
            id: "a".to_owned(),
            history: Vec::new(),
            question: "How long?".to_owned(),
            reference_answer: None,
            expected_facts: Vec::new(),
            expected_documents: Vec::new(),
            answerable: None,
            tags: BTreeMap::new(),
            cluster: None,
            critical: false,
        };
        change(&mut case);
        case.digest()
    }

    #[test]
    fn any_other_field_is_another_case() {
        let said = |role| Turn {
            role,
            text: "x".to_owned(),
        };
        let one = || vec!["x".to_owned()];
        let digests = [
            changed(|_| {}),
            changed(|case| case.id = "b".to_owned()),
            changed(|case| case.history = vec![said(Role::User)]),
            changed(|case| case.history = vec![said(Role::Assistant)]),
            changed(|case| case.question.push('x')),
            changed(|case| case.reference_answer = Some("x".to_owned())),
            changed(|case| case.expected_facts = one()),
            changed(|case| case.expected_documents = one()),
            changed(|case| case.answerable = Some(true)),
            changed(|case| case.answerable = Some(false)),
            changed(|case| case.tags = BTreeMap::from([("x".to_owned(), "y".to_owned())])),
            changed(|case| case.tags = BTreeMap::from([("x".to_owned(), "z".to_owned())])),
            changed(|case| case.cluster = Some("x".to_owned())),
            changed(|case| case.critical = true),
        ];
        assert_eq!(BTreeSet::from(digests).len(), digests.len());
    }

    #[test]
    fn a_question_is_the_same_whatever_its_id_its_case_and_its_signs() {
        let case = |id: &str, question: &str, history: &str| -> Case {
            serde_json::from_value(serde_json::json!({
                "id": id, "question": question,
                "history": if history.is_empty() { serde_json::json!([]) } else {
                    serde_json::json!([{"role": "user", "text": history}])
                },
            }))
            .unwrap()
        };
        let asked = |id, question, history| case(id, question, history).asked();
        let one = asked("a", "How long does a refund take?", "");
        assert_eq!(one, asked("b", "how long does a refund  take", ""));
        assert_ne!(one, asked("b", "How long does a payout take?", ""));
        let later = asked("b", "How long does a refund take?", "I paid by card.");
        assert_ne!(one, later);
    }
}
