//! Copilots over real sockets: what they send, what they understand, and when they stop asking.

use std::{collections::BTreeMap, sync::Arc};

use groundgate_endpoints::{
    chat::OpenAiSettings,
    copilot::{
        ChatCopilotSettings, Copilot, DatabricksCopilot, DatabricksForm, DatabricksSettings,
        HttpCopilot, HttpCopilotSettings, ModelCopilot, PassagePaths, ServingEndpoint, StreamEnd,
    },
    transport::{Auth, Client, Endpoint, Secret, SystemClock},
};
use groundgate_model::{
    eval_set::{Case, Role, Turn},
    exchange::{Answer, CallFailure, FailureKind},
};
use serde_json::{Value, json};

use crate::misbehave::{Server, event_stream, json_reply, reply};

const CANARY: &str = "dapi-canary-0123456789";

fn client(server: &Server) -> Arc<Client> {
    let endpoint = Endpoint {
        auth: Auth::Bearer(Secret::new(CANARY)),
        ..Endpoint::at(&server.url)
    };
    Arc::new(Client::new(&endpoint, Arc::new(SystemClock::new()), 1).unwrap())
}

fn case() -> Case {
    Case {
        id: "c1".to_owned(),
        history: vec![Turn {
            role: Role::Assistant,
            text: "Hello".to_owned(),
        }],
        question: "Why \"not\"?".to_owned(),
        reference_answer: None,
        expected_facts: Vec::new(),
        expected_documents: Vec::new(),
        answerable: None,
        tags: BTreeMap::new(),
        cluster: None,
        critical: false,
    }
}

async fn ask(copilot: &dyn Copilot) -> Result<Answer, CallFailure> {
    copilot.ask(&case(), 1).await
}

/// First line and JSON body of a request.
fn sent(server: &Server, index: usize) -> (String, Value) {
    let request = server.requests()[index].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let first = head.lines().next().unwrap().to_owned();
    (first, serde_json::from_str(body).unwrap_or_default())
}

fn http(server: &Server, stream_end: StreamEnd) -> HttpCopilot {
    let settings = HttpCopilotSettings {
        path: "ask".to_owned(),
        body: r#"{"q": "{{question}}", "h": "{{history}}", "id": "{{case_id}}/{{attempt}}"}"#
            .to_owned(),
        answer: "$.answer".to_owned(),
        passages: Some(PassagePaths::new("$.docs", "$.t", Some("$.i"), None).unwrap()),
        input_tokens: None,
        output_tokens: None,
        model: None,
        finish_reason: None,
        framing: None,
        stream_end,
        price: None,
        max_output_tokens: 0,
    };
    HttpCopilot::new(client(server), &settings).unwrap()
}

#[tokio::test]
async fn any_endpoint_is_asked_by_its_template_and_read_by_its_paths() {
    let lines =
        "{\"answer\":\"Go \"}\n{\"answer\":\"on\",\"docs\":[{\"t\":\"x\",\"i\":1}],\"last\":true}";
    let events = "data: {\"answer\":\"Go \"}\n\ndata: {\"answer\":\"on\",\"docs\":[{\"t\":\"x\",\"i\":1}],\"last\":true}\n\n";
    let whole = r#"{"answer":"Go on","docs":[{"t":"x","i":1}]}"#;
    for bytes in [
        json_reply("200 OK", whole),
        reply("200 OK", "content-type: application/x-ndjson\r\n", lines),
        event_stream(events, 3),
    ] {
        let server = Server::saying(bytes).await;
        let copilot = http(&server, StreamEnd::At("$.last".to_owned()));
        let answer = ask(&copilot).await.unwrap();
        assert_eq!(answer.text, "Go on");
        assert_eq!(answer.passages.unwrap()[0].id.as_deref(), Some("1"));
        let (first, body) = sent(&server, 0);
        assert_eq!(first, "POST /ask HTTP/1.1");
        let turn = json!({"role": "assistant", "content": "Hello"});
        assert_eq!(
            body,
            json!({"q": "Why \"not\"?", "h": [turn], "id": "c1/1"})
        );
    }
}

#[tokio::test]
async fn a_key_that_an_answer_echoes_is_struck_out() {
    let echo = format!(r#"{{"answer":"key {CANARY}","docs":["doc {CANARY}"]}}"#);
    let server = Server::saying(json_reply("200 OK", &echo)).await;
    let answer = ask(&http(&server, StreamEnd::Done)).await.unwrap();
    assert_eq!(answer.text, "key ***");
    assert_eq!(answer.passages.unwrap()[0].text, "doc ***");
}

#[tokio::test]
async fn a_chat_copilot_sends_the_conversation_and_finds_passages() {
    let body = r#"{"model":"m","choices":[{"message":{"content":"Go","context":[{"text":"x","id":"1"}]},"finish_reason":"stop"}]}"#;
    let server = Server::saying(json_reply("200 OK", body)).await;
    let settings = ChatCopilotSettings {
        model: OpenAiSettings::for_model("m"),
        system_prompt: Some("Be brief".to_owned()),
        max_output_tokens: 99,
        temperature: None,
        seed: None,
        passages: Some(
            PassagePaths::new("$.choices[0].message.context", "$.text", Some("$.id"), None)
                .unwrap(),
        ),
    };
    let copilot = ModelCopilot::chat(client(&server), settings);
    let answer = ask(&copilot).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.passages.unwrap().len()),
        ("Go", 1)
    );
    let (first, body) = sent(&server, 0);
    assert_eq!(first, "POST /chat/completions HTTP/1.1");
    assert_eq!(
        body["messages"],
        json!([
            {"role": "system", "content": "Be brief"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Why \"not\"?"},
        ])
    );
}

#[tokio::test]
async fn a_databricks_endpoint_is_looked_at_and_then_asked_in_its_form() {
    let described = r#"{"name":"copilot","task":"agent/v1/responses","state":{"ready":"READY"},"config":{"served_entities":[{"name":"m-7","entity_name":"cat.sch.m","entity_version":"7"}]}}"#;
    let server = Server::saying(json_reply("200 OK", described)).await;
    let endpoint = ServingEndpoint::look(&client(&server), "copilot")
        .await
        .unwrap();
    assert_eq!(
        sent(&server, 0).0,
        "GET /api/2.0/serving-endpoints/copilot HTTP/1.1"
    );
    assert_eq!(endpoint.form, Some(DatabricksForm::Responses));
    let answer = r#"{"object":"response","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Go"}]}]}"#;
    let server = Server::saying(json_reply("200 OK", answer)).await;
    let settings = DatabricksSettings {
        form: DatabricksForm::Responses,
        return_trace: true,
        stream: false,
        system_prompt: None,
        max_output_tokens: 64,
        temperature: None,
        passages: None,
        price: None,
    };
    let copilot = DatabricksCopilot::new(client(&server), endpoint, settings);
    assert_eq!(ask(&copilot).await.unwrap().text, "Go");
    let (first, body) = sent(&server, 0);
    assert_eq!(
        first,
        "POST /serving-endpoints/copilot/invocations HTTP/1.1"
    );
    assert_eq!(body["databricks_options"], json!({"return_trace": true}));
    assert!(copilot.describe().ends_with("cat.sch.m version 7 (100 %)"));
}

#[tokio::test]
async fn an_endpoint_that_refuses_our_key_is_soon_left_alone() {
    let server = Server::saying(json_reply("403 Forbidden", r#"{"message":"no"}"#)).await;
    let copilot = http(&server, StreamEnd::Done);
    for _ in 0..3 {
        assert_eq!(ask(&copilot).await.unwrap_err().kind, FailureKind::Auth);
    }
    let failure = ask(&copilot).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.tries),
        (FailureKind::NotSent, 0),
        "{failure}"
    );
    assert_eq!(server.requests().len(), 3);
}
