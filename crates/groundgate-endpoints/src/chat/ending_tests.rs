//! Endings in every provider's form, in the shapes that servers have been seen to send.

#![expect(
    clippy::needless_pass_by_value,
    reason = "values are made where they are checked"
)]

use groundgate_model::exchange::Ending;
use serde_json::{Value, json};

use super::{
    AnthropicSettings, AnthropicStructured, BedrockSettings, Provider, Said,
    openai_reply::CompletionForm, responses_reply::ResponsesForm,
};
use crate::transport::{Fault, FormReader, Framing, ReplyForm, ReplyReader as _, retry::Resend};

fn completion(choice: Value) -> Result<Said, Fault> {
    let body = json!({"model": "m-1", "choices": [choice]});
    CompletionForm::default().json(body.to_string().as_bytes())
}

fn message(reason: &str, message: Value) -> Said {
    completion(json!({"message": message, "finish_reason": reason})).unwrap()
}

fn check(said: Said, text: &str, thinking: &str, ending: Ending) {
    let found = (said.text.as_str(), said.thinking.as_str(), said.ending);
    assert_eq!(found, (text, thinking, ending));
}

#[test]
fn completions_say_how_they_ended() {
    let of = |reason: &str, said: Value| message(reason, said);
    check(
        of("stop", json!({"content": "Five."})),
        "Five.",
        "",
        Ending::Complete,
    );
    check(
        of("length", json!({"content": "Fi"})),
        "Fi",
        "",
        Ending::Cut,
    );
    check(of("stop", json!({"content": null})), "", "", Ending::Empty);
    check(
        of("content_filter", json!({"content": null})),
        "",
        "",
        Ending::Filtered,
    );
    let refused = json!({"content": null, "refusal": "I can't."});
    check(
        of("stop", refused),
        "I can't.",
        "",
        Ending::RefusedByProvider,
    );
    for name in ["reasoning", "reasoning_content"] {
        let thought = of("stop", json!({"content": null, name: "Five, I think."}));
        check(thought, "", "Five, I think.", Ending::Empty);
    }
    let parts = json!({"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "99?"}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": " hm"}]},
        {"type": "text", "text": "Five."},
    ]});
    check(of("stop", parts), "Five.", "99? hm", Ending::Complete);
    let tagged = of("stop", json!({"content": "<think>99?</think>Five."}));
    check(tagged, "Five.", "99?", Ending::Complete);
}

#[test]
fn a_completion_that_calls_a_tool_answers_nothing() {
    let call = json!({"id": "t", "type": "function",
        "function": {"name": "search", "arguments": "{\"q\":\"fee\"}"}});
    for reason in ["tool_calls", "stop"] {
        let said = message(reason, json!({"content": null, "tool_calls": [call, call]}));
        assert_eq!(said.tool_input, "{\"q\":\"fee\"}");
        check(said, "", "", Ending::ToolCalls);
    }
}

#[test]
fn the_error_of_a_choice_is_an_error() {
    for (text, resend) in [("", Resend::Unanswered), ("Five", Resend::Never)] {
        let fault = completion(json!({
            "message": {"content": text}, "finish_reason": "error",
            "error": {"message": "Provider returned error", "code": 502},
        }));
        let fault = fault.unwrap_err();
        assert!(
            fault.message.ends_with("Provider returned error"),
            "{fault:?}"
        );
        assert_eq!(fault.class.resend, resend);
    }
}

#[test]
fn a_guardrail_that_intervened_has_filtered() {
    let body = json!({"choices": [{"message": {"content": "Sorry."}, "finish_reason": "stop"}],
        "amazon-bedrock-guardrailAction": "INTERVENED"});
    let said = CompletionForm::default().json(body.to_string().as_bytes());
    check(said.unwrap(), "Sorry.", "", Ending::Filtered);
}

#[test]
fn a_streamed_completion_ends_as_a_whole_one() {
    let stream = |chunks: &[Value]| {
        let mut reader = FormReader::framed(Framing::Events, CompletionForm::default());
        for chunk in chunks {
            reader.push(format!("data: {chunk}\n\n").into()).unwrap();
        }
        reader.finish().unwrap()
    };
    let delta = |delta: Value| json!({"choices": [{"delta": delta}]});
    let end = |reason: &str| json!({"choices": [{"delta": {}, "finish_reason": reason}]});
    let thought = [
        delta(json!({"reasoning_content": "99?"})),
        delta(json!({"content": "Fi"})),
    ];
    let [first, second] = &thought;
    let cut = stream(&[first.clone(), second.clone(), end("length")]);
    check(cut, "Fi", "99?", Ending::Cut);
    let call = |arguments: &str| {
        let call = json!({"index": 0, "function": {"arguments": arguments}});
        delta(json!({"tool_calls": [call]}))
    };
    let called = stream(&[call("{\"v\":"), call("1}"), end("tool_calls")]);
    assert_eq!(called.tool_input, "{\"v\":1}");
    assert_eq!(called.ending, Ending::ToolCalls);
}

#[test]
fn responses_say_how_they_ended() {
    let response = |status: &str, reason: Value, output: Value| {
        let body = json!({"status": status, "output": output,
            "incomplete_details": {"reason": reason}});
        let said = ResponsesForm::default().json(body.to_string().as_bytes());
        said.unwrap()
    };
    let text = |kind: &str, name: &str| json!([{"type": "message", "content": [{"type": kind, name: "Five"}]}]);
    let said = text("output_text", "text");
    let cut = response("incomplete", json!("max_output_tokens"), said.clone());
    check(cut, "Five", "", Ending::Cut);
    let filtered = response("incomplete", json!("content_filter"), json!([]));
    check(filtered, "", "", Ending::Filtered);
    let whole = response("completed", Value::Null, said);
    check(whole, "Five", "", Ending::Complete);
    let refused = response("completed", Value::Null, text("refusal", "refusal"));
    check(refused, "Five", "", Ending::RefusedByProvider);
    let thought =
        json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}]);
    check(
        response("completed", Value::Null, thought),
        "",
        "hm",
        Ending::Empty,
    );
    let call = json!([{"type": "function_call", "arguments": "{}"}]);
    check(
        response("completed", Value::Null, call),
        "",
        "",
        Ending::ToolCalls,
    );
}

#[test]
fn messages_and_converse_say_how_they_ended() {
    let anthropic = AnthropicSettings {
        model: "m".to_owned(),
        structured: AnthropicStructured::None,
        send_temperature: false,
        stream: false,
        price: None,
    };
    let bedrock = BedrockSettings {
        model: "m".to_owned(),
        structured: false,
        send_temperature: false,
        price: None,
    };
    for (reason, text, ending) in [
        ("end_turn", "Five", Ending::Complete),
        ("max_tokens", "Fi", Ending::Cut),
        ("refusal", "", Ending::RefusedByProvider),
        ("guardrail_intervened", "Sorry.", Ending::Filtered),
        ("tool_use", "Let me look.", Ending::ToolCalls),
        ("end_turn", "", Ending::Empty),
    ] {
        let content =
            json!([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}]);
        let body = json!({"type": "message", "content": content, "stop_reason": reason});
        let said = anthropic.reply().json(body.to_string().as_bytes()).unwrap();
        check(said, text, "hm", ending);
        let thought = json!({"reasoningContent": {"reasoningText": {"text": "hm"}}});
        let content = json!([thought, {"text": text}]);
        let body = json!({"output": {"message": {"content": content}}, "stopReason": reason});
        let said = bedrock.reply().json(body.to_string().as_bytes()).unwrap();
        check(said, text, "hm", ending);
    }
}
