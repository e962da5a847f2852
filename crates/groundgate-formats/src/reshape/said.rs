//! What was asked and answered, out of the forms in which chats are logged.

use serde_json::{Map, Value, json};

/// Names under which a question lies in an object, the surest first.
const QUESTIONS: [&str; 8] = [
    "question",
    "query",
    "user_input",
    "input",
    "prompt",
    "text",
    "content",
    "user_query",
];

const ANSWERS: [&str; 9] = [
    "answer",
    "response",
    "output",
    "output_text",
    "content",
    "text",
    "completion",
    "result",
    "generation",
];

/// A text that holds an object or a list in JSON, opened.
fn opened(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim_start();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The question with the turns before it.
pub(crate) fn question(value: &Value) -> Option<(Vec<Value>, String)> {
    if let Some(inner) = opened(value) {
        return question(&inner).or_else(|| Some((Vec::new(), value.as_str()?.to_owned())));
    }
    match value {
        Value::String(text) => Some((Vec::new(), text.clone())),
        Value::Array(messages) => {
            let mut turns = turns(messages)?;
            let last = turns.iter().rposition(|turn| is_by(turn, "user"))?;
            turns.truncate(last + 1);
            let question = turns.pop()?.get("text")?.as_str()?.to_owned();
            Some((turns, question))
        }
        Value::Object(fields) => {
            let listed = fields.get("messages").or_else(|| fields.get("input"));
            if let Some(messages @ Value::Array(_)) = listed {
                return question(messages);
            }
            named(fields, &QUESTIONS).map(|text| (Vec::new(), text))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn is_by(turn: &Value, role: &str) -> bool {
    turn.get("role").and_then(Value::as_str) == Some(role)
}

/// The answer's text.
pub(crate) fn answer(value: &Value) -> Option<String> {
    if let Some(inner) = opened(value) {
        return answer(&inner).or_else(|| Some(value.as_str()?.to_owned()));
    }
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let said = turns(items).and_then(|turns| {
                let last = turns.into_iter().rfind(|turn| is_by(turn, "assistant"))?;
                Some(last.get("text")?.as_str()?.to_owned())
            });
            said.or_else(|| match items.as_slice() {
                [only] => answer(only),
                _ => parts(items),
            })
        }
        Value::Object(fields) => {
            let inside = ["choices", "messages", "output", "message", "generations"]
                .iter()
                .filter_map(|name| fields.get(*name))
                .filter(|value| value.is_array() || value.is_object());
            let mut inside = inside.filter_map(answer);
            inside.next().or_else(|| named(fields, &ANSWERS))
        }
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// The text under the first known name, or the only text that there is.
fn named(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let known = names.iter().find_map(|name| match fields.get(*name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(items)) => parts(items),
        _ => None,
    });
    known.or_else(|| {
        let mut texts = fields.values().filter_map(Value::as_str);
        let only = texts.next()?;
        texts.next().is_none().then(|| only.to_owned())
    })
}

/// Messages as turns, without what is no turn (system prompts, tools); `None` where they are no messages.
pub(crate) fn turns(messages: &[Value]) -> Option<Vec<Value>> {
    let mut turns = Vec::new();
    for message in messages {
        let fields = message.as_object()?;
        let role = ["role", "type", "from"]
            .iter()
            .find_map(|name| fields.get(*name)?.as_str())?;
        let role = match role {
            "user" | "human" | "HumanMessage" => "user",
            "assistant" | "ai" | "AIMessage" | "model" | "gpt" => "assistant",
            _ => continue,
        };
        let text = ["content", "text", "parts", "value"]
            .iter()
            .find_map(|name| text_of(fields.get(*name)?));
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            turns.push(json!({"role": role, "text": text}));
        }
    }
    Some(turns)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => parts(items),
        _ => None,
    }
}

/// Texts of parts, as chats send them.
fn parts(items: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => Some(text.as_str()),
            Value::Object(part) => part.get("text").or_else(|| part.get("content"))?.as_str(),
            _ => None,
        })
        .collect();
    texts
        .filter(|texts| !texts.is_empty())
        .map(|texts| texts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_are_found_in_chats() {
        let chat = json!([
            {"role": "system", "content": "be nice"}, {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "hello"}, {"role": "user", "content": [{"type": "text", "text": "why?"}]},
            {"role": "assistant", "content": "because"},
        ]);
        let (turns, asked) = question(&chat).unwrap();
        assert_eq!((turns.len(), asked.as_str()), (2, "why?"));
        assert_eq!(answer(&chat).unwrap(), "because");
        for value in [
            json!("why?"),
            json!({"question": "why?", "k": "v"}),
            json!({"messages": [{"role": "user", "content": "why?"}]}),
            json!("{\"query\": \"why?\"}"),
            json!({"anything": "why?"}),
            json!([{"role": "user", "parts": [{"type": "text", "content": "why?"}]}]),
        ] {
            assert_eq!(question(&value).unwrap().1, "why?", "{value}");
        }
        for value in [
            json!({"answer": "so", "sources": []}),
            json!({"choices": [{"message": {"role": "assistant", "content": "so"}}]}),
            json!({"output": [{"role": "assistant", "content": [{"type": "output_text", "text": "so"}]}]}),
            json!([{"role": "assistant", "content": "so"}]),
            json!(["so"]),
        ] {
            assert_eq!(answer(&value).unwrap(), "so", "{value}");
        }
        assert_eq!(question(&json!({"a": "x", "b": "y"})), None);
    }
}
