//! What is suspicious in an eval set that can be read: answers given away, questions counted twice,
//! slices too thin to say anything.
//!
//! A lint never changes a case. An error contradicts itself or the knowledge base, and numbers
//! measured with it would be wrong; a warning says what cannot be measured well. Pure; for people
//! who write questions, before money is spent on them.

mod duplicate;
mod label;
mod leak;
mod words;

use super::{Case, EvalSet, KnowledgeBase};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Numbers measured with it would be wrong.
    Error,
    /// Something cannot be measured, or not well.
    Warning,
}

impl Severity {
    /// The word in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding about an eval set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// How bad it is.
    pub severity: Severity,
    /// Ids of the cases it is about, in the file's order; empty where it is about all of them.
    pub cases: Vec<String>,
    /// What is suspicious, lower case, no full stop.
    pub message: String,
    /// One thing to do.
    pub help: String,
}

impl Lint {
    fn new<'a>(
        severity: Severity,
        cases: impl IntoIterator<Item = &'a Case>,
        message: impl Into<String>,
        help: &str,
    ) -> Self {
        Self {
            severity,
            cases: cases.into_iter().map(|case| case.id.clone()).collect(),
            message: message.into(),
            help: help.to_owned(),
        }
    }
}

/// Everything suspicious in an eval set, errors first. Without the knowledge base, what would need
/// it is not checked.
pub fn lint(set: &EvalSet, knowledge_base: Option<&KnowledgeBase>) -> Vec<Lint> {
    let mut lints = label::answerable(&set.cases);
    lints.extend(label::expectations(&set.cases));
    lints.extend(label::slices(&set.cases));
    lints.extend(label::critical(&set.cases));
    lints.extend(duplicate::near_duplicates(&set.cases));
    lints.extend(leak::answers_in_questions(&set.cases));
    if let Some(knowledge_base) = knowledge_base {
        lints.extend(label::documents(&set.cases, knowledge_base));
        lints.extend(leak::questions_in_documents(&set.cases, knowledge_base));
        lints.extend(leak::numbers_without_source(&set.cases, knowledge_base));
    }
    lints.sort_by_key(|lint| lint.severity);
    lints
}

#[cfg(test)]
mod tests;
