//! A call that is made once more: its reply could not be used, or code doubts what it says.

use groundgate_model::{
    eval_set::Role,
    exchange::{ChatRequest, Message},
};

use super::{claims::Unit, proof::Doubt, reply::ReplyFault};

/// The same call, with the fault of its reply named.
pub(super) fn once_more(request: &ChatRequest, fault: &ReplyFault) -> ChatRequest {
    let text = format!(
        "An earlier reply could not be used ({}). Reply again, following the rules for replies exactly.",
        fault.for_model()
    );
    with_message(request, text)
}

/// Labels that code could not verify, of one reply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Doubts(Vec<DoubtedLabel>);

/// One of them.
#[derive(Debug, Clone, PartialEq)]
struct DoubtedLabel {
    /// The claim's own id.
    of: String,
    /// The id under which it was shown.
    shown: String,
    label: &'static str,
    doubt: Doubt,
}

impl Doubts {
    pub(super) fn add(&mut self, unit: &Unit, shown: String, label: &'static str, doubt: Doubt) {
        self.0.push(DoubtedLabel {
            of: unit.id.clone(),
            shown,
            label,
            doubt,
        });
    }

    /// Whether every label is verified or needs no proof.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_about(&self, id: &str) -> bool {
        self.0.iter().any(|doubted| doubted.of == id)
    }
}

/// The same call, with what code doubts named in our own words; the reply itself is not repeated, since
/// it may carry an attack on.
pub(super) fn look_again(request: &ChatRequest, doubts: &Doubts) -> ChatRequest {
    let named: Vec<String> = doubts
        .0
        .iter()
        .map(|doubted| {
            format!(
                "- {} was called `{}`: {}",
                doubted.shown,
                doubted.label,
                doubted.doubt.for_model()
            )
        })
        .collect();
    let text = format!(
        "An earlier reply gave labels that could not be verified:\n{}\nLook at these again, without regard to \
         the earlier label, and reply once more for every id, following the rules for replies exactly. A quote \
         must carry the statement by itself.",
        named.join("\n")
    );
    with_message(request, text)
}

fn with_message(request: &ChatRequest, text: String) -> ChatRequest {
    let mut request = request.clone();
    request.messages.push(Message {
        role: Some(Role::User),
        text,
    });
    request
}
