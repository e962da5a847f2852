//! A call that is made once more, since its reply could not be used.

use groundgate_model::{
    eval_set::Role,
    exchange::{ChatRequest, Message},
};

use super::reply::ReplyFault;

/// The same call, with the fault of its reply named.
pub(super) fn once_more(request: &ChatRequest, fault: &ReplyFault) -> ChatRequest {
    let mut request = request.clone();
    request.messages.push(Message {
        role: Some(Role::User),
        text: format!(
            "An earlier reply could not be used ({}). Reply again, following the rules for \
             replies exactly.",
            fault.for_model()
        ),
    });
    request
}
