//! What a copilot said. Pure values; adapters make them.

use serde::{Deserialize, Serialize};

use crate::{
    transport::{Timing, Usage},
    unit::Usd,
};

/// One retrieved context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The document's id where the endpoint names it.
    pub id: Option<String>,
    /// What the copilot was given to read.
    pub text: String,
    /// Where it came from, as the endpoint says (a URL, a title).
    pub source: Option<String>,
}

/// What the copilot said to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The answer as people would read it; may be empty.
    pub text: String,
    /// Retrieved contexts, best first; `None` where the endpoint does not show them.
    pub passages: Option<Vec<Passage>>,
    /// Tokens used.
    pub usage: Usage,
    /// What the call cost; `None` where the price or the usage is unknown.
    pub cost: Option<Usd>,
    /// The model's name and version as the reply gives it.
    pub model: Option<String>,
    /// Why the model stopped (`stop`, `length`, …), as the reply gives it.
    pub finish_reason: Option<String>,
    /// How long it took.
    pub timing: Timing,
}

<<<<<<< HEAD
/// Why a call to an endpoint brought nothing usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No connection (refused, name not found, TLS).
    Connect,
    /// A deadline passed.
    Timeout,
    /// The connection ended before the reply was whole.
    Cut,
    /// 401 or 403.
    Auth,
    /// 429, and the retries were used up.
    RateLimited,
    /// Another 4xx.
    Rejected,
    /// 5xx, and the retries were used up.
    Server,
    /// A redirect, which is never followed.
    Redirect,
    /// A status of success, but not the promised form (HTML, other JSON, wrong encoding).
    Malformed,
    /// A limit on size or depth was passed.
    TooLarge,
    /// A recorded answer was asked for that the file does not hold.
    Absent,
    /// Not sent: the budget, the deadline or the user ended the run.
    NotSent,
}

impl FailureKind {
    /// The name used in files and counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Auth => "auth",
            Self::RateLimited => "rate-limited",
            Self::Rejected => "rejected",
            Self::Server => "server",
            Self::Redirect => "redirect",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Absent => "absent",
            Self::NotSent => "not-sent",
        }
    }
}

/// A call that brought nothing usable: what happened, in words, and how often it was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// The class, for counting and deciding.
    pub kind: FailureKind,
    /// For people: what, where, cause. Never holds a secret.
    pub message: String,
    /// How often the call was sent.
    pub tries: u32,
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for CallFailure {}
=======
/// Money in a record: billionths of a dollar, or nothing where unknown.
mod usd_nanos {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::unit::Usd;

    #[expect(clippy::ref_option, reason = "serde's `with` hands a reference")]
    pub(super) fn serialize<S: Serializer>(cost: &Option<Usd>, to: S) -> Result<S::Ok, S::Error> {
        cost.map(Usd::nanos).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Usd>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Usd::from_nanos))
    }
}
>>>>>>> transport
