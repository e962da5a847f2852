//! What goes to an endpoint and what comes back: values only, whoever does the talking.

mod answer;
mod call;
mod conversation;
mod ending;
mod thinking;

pub use answer::{Answer, Passage};
pub use call::{CallFailure, FailedTry, FailureKind, Timing, Usage};
pub use conversation::{ChatReply, ChatRequest, Message};
pub use ending::Ending;
pub use thinking::{Parted, parted};
