//! Who has to approve before a release, as a policy says it.

use std::collections::BTreeSet;

use crate::facts::Age;

/// Who has to approve before a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// One person for each of them; never empty.
    pub roles: Vec<String>,
    /// An older approval is none.
    pub valid_for: Age,
    /// Whose approval is none; nobody's counts while one of them is not known.
    pub not_by: BTreeSet<NotBy>,
}

/// Somebody who must not approve what is their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotBy {
    /// Who started the run.
    RunInitiator,
    /// Who made the change that it tests.
    ChangeAuthor,
}

impl NotBy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::RunInitiator, Self::ChangeAuthor];

    /// The word in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunInitiator => "run-initiator",
            Self::ChangeAuthor => "change-author",
        }
    }

    /// The key of its setting, which is 1 where the policy has it.
    pub(crate) const fn flag(self) -> &'static str {
        match self {
            Self::RunInitiator => "not-by-run-initiator",
            Self::ChangeAuthor => "not-by-change-author",
        }
    }
}
