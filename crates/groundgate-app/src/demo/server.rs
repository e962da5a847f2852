//! The demo copilot behind HTTP: `POST /v1/chat/completions` on loopback, plain and streamed.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{answerer::Answerer, variant::Variant};

/// Serves until the returned future is dropped. Listens on 127.0.0.1 only, on a port that the
/// system chooses.
pub async fn serve(
    answerer: Answerer,
) -> std::io::Result<(SocketAddr, impl Future<Output = std::io::Result<()>> + Send)> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/v1/chat/completions", post(complete))
        .with_state(Arc::new(answerer));
    Ok((address, async move { axum::serve(listener, app).await }))
}

#[derive(Deserialize)]
struct Request {
    model: String,
    messages: Vec<WireMessage>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct WireMessage {
    role: String,
    content: String,
}

async fn complete(State(answerer): State<Arc<Answerer>>, Json(request): Json<Request>) -> Response {
    let Some(variant) = Variant::from_name(&request.model) else {
        let error = json!({"error": {"message": "unknown model", "type": "invalid_request_error"}});
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    };
    let users: Vec<&str> = request
        .messages
        .iter()
        .filter(|message| message.role == "user")
        .map(|message| message.content.as_str())
        .collect();
    let (question, earlier) = users.split_last().unwrap_or((&"", &[]));
    let answer = answerer.answer(&earlier.join(" "), question, variant);
    let passages: Vec<Value> = answer
        .passages
        .iter()
        .map(|document| json!({"id": document.id, "title": document.title, "text": document.text}))
        .collect();
    let usage = json!({
        "prompt_tokens": tokens(&passages.iter().map(Value::to_string).collect::<String>()),
        "completion_tokens": tokens(&answer.text),
    });
    if request.stream {
        return streamed(&request.model, &answer.text, &passages, &usage);
    }
    Json(json!({
        "id": "demo", "object": "chat.completion", "model": request.model,
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": answer.text}}],
        "usage": usage, "passages": passages,
    }))
    .into_response()
}

fn streamed(model: &str, text: &str, passages: &[Value], usage: &Value) -> Response {
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "demo", "object": "chat.completion.chunk", "model": model,
               "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let mut last = chunk(json!({}), json!("stop"));
    if let Some(fields) = last.as_object_mut() {
        fields.insert("usage".to_owned(), usage.clone());
        fields.insert("passages".to_owned(), json!(passages));
    }
    let events = text
        .split_inclusive(' ')
        .map(|word| chunk(json!({"content": word}), Value::Null))
        .chain([last])
        .fold(String::new(), |body, event| {
            format!("{body}data: {event}\n\n")
        });
    let body = Body::from(format!("{events}data: [DONE]\n\n"));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// About four bytes a token, as a rule of thumb for English.
const fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}
