//! What becomes of a reply that is whole: an answer without the endpoint's secrets, or a failure
//! where it answers nothing.

use groundgate_model::exchange::{Answer, CallFailure, Ending, FailureKind, Passage, Timing};

use crate::{
    chat::{Said, kept},
    transport::{Client, excerpt, joined},
};

/// The answer that a reply is, so far as it says so itself.
pub(super) fn spoken(said: Said) -> Answer {
    Answer {
        text: said.text,
        passages: None::<Vec<Passage>>,
        usage: said.usage,
        cost: None,
        model: said.model,
        finish_reason: said.finish_reason,
        ending: said.ending,
        thinking: kept(said.thinking),
        timing: Timing::default(),
    }
}

/// The answer without the endpoint's secrets, should it have echoed them; a failure where it is none.
pub(super) fn delivered(client: &Client, answer: Answer) -> Result<Answer, CallFailure> {
    answered(struck(client, answer))
}

/// A failure where the reply ended without an answer: it must count as one that never came.
pub(super) fn answered(answer: Answer) -> Result<Answer, CallFailure> {
    if let Some(count) = answer.usage.impossible() {
        let message = format!("the reply states a usage of {count} tokens, which no call can have");
        return Err(CallFailure::new(FailureKind::Malformed, message).after(answer.timing.tries));
    }
    let (kind, what) = match answer.ending {
        Ending::Error => (FailureKind::Server, "ends with an error"),
        Ending::ToolCalls => (FailureKind::ToolCalls, "asks for tools and answers nothing"),
        Ending::Empty if answer.thinking.is_some() => {
            (FailureKind::Empty, "holds reasoning and no answer")
        }
        Ending::Empty => (FailureKind::Empty, "holds no text"),
        Ending::Complete
        | Ending::Cut
        | Ending::Filtered
        | Ending::RefusedByProvider
        | Ending::Unknown => return Ok(answer),
    };
    let reason = answer
        .finish_reason
        .as_deref()
        .map_or_else(String::new, |reason| {
            format!(" (finish reason `{}`)", excerpt(reason.as_bytes()))
        });
    Err(CallFailure {
        kind,
        message: format!("the reply {what}{reason}"),
        tries: answer.timing.tries,
        failed_tries: answer.timing.failed_tries,
        cost: answer.cost,
    })
}

fn struck(client: &Client, mut answer: Answer) -> Answer {
    let strike = |text: &mut String| *text = client.strike(std::mem::take(text));
    strike(&mut answer.text);
    answer.model.iter_mut().for_each(strike);
    answer.finish_reason.iter_mut().for_each(strike);
    answer.thinking.iter_mut().for_each(strike);
    for passage in answer.passages.iter_mut().flatten() {
        passage.text = joined(std::mem::take(&mut passage.text));
        strike(&mut passage.text);
        passage.id.iter_mut().for_each(strike);
        passage.source.iter_mut().for_each(strike);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_tokens_that_no_call_can_have_is_a_failure() {
        let said = |tokens| {
            let mut answer = spoken(Said {
                text: "Yes".to_owned(),
                ..Said::default()
            });
            answer.usage.output_tokens = Some(tokens);
            answered(answer).map_err(|failure| failure.kind)
        };
        said(1_000_000).unwrap();
        assert_eq!(said(u64::MAX).unwrap_err(), FailureKind::Malformed);
    }

    #[test]
    fn a_reply_that_answers_nothing_is_a_failure() {
        let kind = |text: &str, reason: &str| {
            let said = Said {
                text: text.to_owned(),
                finish_reason: Some(reason.to_owned()),
                ..Said::default()
            };
            answered(spoken(said.concluded()))
                .err()
                .map(|failure| failure.kind)
        };
        for (text, reason, expected) in [
            ("Yes", "stop", None),
            ("Ye", "length", None),
            ("", "content_filter", None),
            ("", "stop", Some(FailureKind::Empty)),
            ("<think>hm</think>", "stop", Some(FailureKind::Empty)),
            ("I look", "tool_calls", Some(FailureKind::ToolCalls)),
            ("Ye", "error", Some(FailureKind::Server)),
        ] {
            assert_eq!(kind(text, reason), expected, "{text:?} {reason}");
        }
    }
}
