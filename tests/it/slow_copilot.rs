//! A well-behaved chat copilot that takes its time and counts who asked what.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

/// The server; it ends with its runtime.
pub(crate) struct SlowCopilot {
    pub(crate) url: String,
    asked: Asked,
    _runtime: Runtime,
}

impl SlowCopilot {
    pub(crate) fn start(delay: Duration) -> Self {
        let runtime = Runtime::new().unwrap();
        let asked: Asked = Arc::default();
        let counted = Arc::clone(&asked);
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state((counted, delay));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            asked,
            _runtime: runtime,
        }
    }

    /// How often each question was asked so far.
    pub(crate) fn asked(&self) -> BTreeMap<String, usize> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(
    State((asked, delay)): State<(Asked, Duration)>,
    Json(request): Json<Value>,
) -> Json<Value> {
    let question = request["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap()
        .to_owned();
    *asked.lock().unwrap().entry(question.clone()).or_insert(0) += 1;
    tokio::time::sleep(delay).await;
    let number: String = question.chars().filter(char::is_ascii_digit).collect();
    // Every fifth answer is wrong, so that there is something to compare.
    let fee = if number.parse::<usize>().unwrap() % 5 == 0 {
        "77".to_owned()
    } else {
        number.clone()
    };
    Json(json!({
        "id": "x", "object": "chat.completion", "model": "slow-1",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": format!("The fee for product number {number} is {fee} EUR.")}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10},
        "passages": [{"id": format!("doc-{number}"), "text": format!("The fee for product number {number} is {number} EUR.")}],
    }))
}
