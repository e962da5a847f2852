//! Paid calls: what was asked for whom, and what came back. A run writes them down as they end, so
//! that a resumed run pays for none of them twice.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    exchange::{Answer, CallFailure, ChatReply},
    unit::Usd,
};

/// Who was called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// The system under test.
    Copilot,
    /// A judge, by its name in the configuration; a juror of a panel as `judge/juror`.
    Judge(String),
}

impl Callee {
    /// A judge's model; a juror of a panel by both names.
    pub fn juror(judge: &str, juror: &str) -> Self {
        if juror.is_empty() {
            Self::Judge(judge.to_owned())
        } else {
            Self::Judge(format!("{judge}/{juror}"))
        }
    }

    /// The name in records: empty for the copilot.
    pub fn name(&self) -> &str {
        match self {
            Self::Copilot => "",
            Self::Judge(name) => name,
        }
    }

    /// The callee of a name in a record.
    pub fn from_name(name: &str) -> Self {
        if name.is_empty() {
            Self::Copilot
        } else {
            Self::Judge(name.to_owned())
        }
    }
}

/// Which call of a run it is; no two calls of a run share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallKey {
    /// The trial's place in the plan: case index × attempts + attempt.
    pub trial: usize,
    /// Who was called.
    pub callee: Callee,
    /// Which of a judge's votes, from 0.
    pub vote: u32,
    /// 0 for the first asking, 1 where a malformed reply was asked for once more; 2 and 3 for the second
    /// part of passages that do not fit into one call, and so on.
    pub round: u32,
}

/// What a call brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// From the copilot.
    Answer(Answer),
    /// From a judge's model.
    Chat(ChatReply),
}

/// What was sent to a judge's model, as text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The system message: the same in all calls of a judge, so a record keeps it once.
    pub system: String,
    /// The rest of the conversation.
    pub conversation: String,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[system]\n{}\n\n{}", self.system, self.conversation)
    }
}

/// One call that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub key: CallKey,
    /// What was sent to a judge, so that a score can be traced; `None` for the copilot, whose
    /// question is in the case.
    pub request: Option<Request>,
    /// What came back.
    pub result: Result<Reply, CallFailure>,
    /// What was booked for it: its cost, or its worst case where nobody knows.
    pub booked: Usd,
}
