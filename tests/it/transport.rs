//! The fault matrix: what becomes of a call when the endpoint, or the way to it, misbehaves.

use std::{io::Write as _, sync::Arc, time::Duration};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use groundgate_endpoints::{
    chat::{ChatModel as _, OpenAiModel, OpenAiSettings},
    transport::{
        Auth, Client, Endpoint, Limits, RetryPolicy, Secret, SystemClock, Timeouts, retry::Resend,
    },
};
use groundgate_model::{
    eval_set::Role,
    exchange::{CallFailure, ChatReply, ChatRequest, FailureKind, Message},
};
use tokio::{net::TcpListener, time::timeout};

use crate::misbehave::{Server, Step, event_stream, json_reply, reply};

const CANARY: &str = "sk-canary-0123456789";

const GOOD: &str = r#"{"model":"m","choices":[{"message":{"content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}"#;

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        auth: Auth::Bearer(Secret::new(CANARY)),
        limits: Limits {
            in_flight: 4,
            ..Limits::default()
        },
        timeouts: Timeouts {
            connect: Duration::from_millis(500),
            first_byte: Duration::from_millis(150),
            idle: Duration::from_millis(150),
            whole: Duration::from_millis(400),
            ..Timeouts::default()
        },
        retry: RetryPolicy {
            retries: 2,
            retries_when_refused: 3,
            first_wait: Duration::from_millis(2),
            longest_wait: Duration::from_secs(1),
            resend: Resend::Unanswered,
        },
        ..Endpoint::at(url)
    }
}

fn model(endpoint: &Endpoint, stream: bool) -> OpenAiModel {
    let client = Client::new(endpoint, Arc::new(SystemClock::new()), 7).unwrap();
    let settings = OpenAiSettings {
        stream,
        ..OpenAiSettings::for_model("m")
    };
    OpenAiModel::new(Arc::new(client), settings)
}

async fn ask(endpoint: &Endpoint, stream: bool) -> Result<ChatReply, CallFailure> {
    let request = ChatRequest {
        messages: vec![Message {
            role: Some(Role::User),
            text: "hi".to_owned(),
        }],
        max_output_tokens: 16,
        temperature: None,
        seed: None,
        json_schema: None,
    };
    let model = model(endpoint, stream);
    let answered = timeout(Duration::from_secs(5), model.complete(&request));
    let result = answered.await.expect("a call ends by its own deadlines");
    if let Err(failure) = &result {
        assert!(!failure.message.contains(CANARY), "{failure}");
    }
    result
}

async fn failure(server: &Server) -> CallFailure {
    ask(&endpoint(&server.url), false).await.unwrap_err()
}

#[tokio::test]
async fn a_status_is_retried_where_that_can_help_and_says_what_it_was() {
    for (status, kind, tries) in [
        ("400 Bad Request", FailureKind::Rejected, 1),
        ("401 Unauthorized", FailureKind::Auth, 1),
        ("403 Forbidden", FailureKind::Auth, 1),
        ("404 Not Found", FailureKind::Rejected, 1),
        ("408 Request Timeout", FailureKind::Timeout, 3),
        ("409 Conflict", FailureKind::Rejected, 3),
        ("429 Too Many Requests", FailureKind::RateLimited, 4),
        ("500 Internal Server Error", FailureKind::Server, 3),
        ("502 Bad Gateway", FailureKind::Server, 3),
        ("503 Service Unavailable", FailureKind::Server, 4),
        ("529 Overloaded", FailureKind::Server, 4),
    ] {
        let echo = format!(r#"{{"error":{{"message":"no, key {CANARY}"}}}}"#);
        let server = Server::saying(json_reply(status, &echo)).await;
        let failure = failure(&server).await;
        assert_eq!((failure.kind, failure.tries), (kind, tries), "{failure}");
        assert_eq!(server.requests().len(), usize::try_from(tries).unwrap());
        let code = status.split(' ').next().unwrap();
        assert!(failure.message.contains(code), "{failure}");
        assert!(failure.message.contains("no, key ***"), "{failure}");
        assert!(failure.message.contains("/chat/completions"), "{failure}");
    }
}

#[tokio::test]
async fn after_a_failure_that_passes_the_answer_counts_and_says_how_often_it_was_sent() {
    let read = || Step::Read;
    for bad in [
        vec![
            read(),
            Step::Send(json_reply("429 Too Many Requests", "{}")),
        ],
        vec![read(), Step::Send(json_reply("500 Oops", "not json"))],
        vec![
            read(),
            Step::Send(reply("503 Busy", "retry-after: 0.01\r\n", "")),
        ],
        vec![Step::Reset],
        vec![read(), Step::Reset],
        vec![read(), Step::Close],
        vec![read(), Step::Hang],
    ] {
        let good = vec![read(), Step::Send(json_reply("200 OK", GOOD))];
        let server = Server::playing(vec![bad.clone(), good]).await;
        let reply = ask(&endpoint(&server.url), false).await;
        let reply = reply.unwrap_or_else(|failure| panic!("{bad:?}: {failure}"));
        assert_eq!(
            (reply.text.as_str(), reply.timing.tries),
            ("fine", 2),
            "{bad:?}"
        );
        assert!(reply.timing.latency_ms < 100, "only the last try counts");
        assert_eq!(reply.timing.failed_tries.len(), 1, "{bad:?}");
    }
}

#[tokio::test]
async fn every_try_has_times_of_its_own_and_only_a_new_connection_has_one() {
    let refusal = reply("429 Slow down", "retry-after: 0.2\r\n", "");
    let mut begun = json_reply("200 OK", GOOD);
    let rest = begun.split_off(12);
    let slowly = Step::Trickle(begun, Duration::from_millis(10));
    let server = Server::playing(vec![
        vec![Step::Read, Step::Send(refusal)],
        vec![Step::Read, slowly, Step::Send(rest)],
    ])
    .await;
    let timing = ask(&endpoint(&server.url), false).await.unwrap().timing;
    let [failed] = timing.failed_tries[..] else {
        panic!("{timing:?}")
    };
    assert_eq!(failed.kind, FailureKind::RateLimited);
    assert!(
        failed.connect_ms.is_some() && failed.latency_ms < 100,
        "{timing:?}"
    );
    assert_eq!(timing.connect_ms, None, "an open connection was used");
    assert!((120..200).contains(&timing.latency_ms), "{timing:?}");
    assert!((200..400).contains(&timing.queued_ms), "{timing:?}");

    let busy = reply("503 Busy", "connection: close\r\nretry-after: 0.05\r\n", "");
    let server = Server::playing(vec![vec![Step::Read, Step::Send(busy)]; 4]).await;
    let failure = failure(&server).await;
    let failed_tries = failure.failed_tries;
    assert_eq!(failed_tries.len(), usize::try_from(failure.tries).unwrap());
    assert!(failed_tries.len() > 1);
    assert!(
        failed_tries
            .iter()
            .all(|failed| failed.connect_ms.is_some())
    );
    assert!(
        failed_tries
            .iter()
            .skip(1)
            .all(|failed| failed.queued_ms >= 50),
        "{failed_tries:?}"
    );
}

#[tokio::test]
async fn the_wait_that_the_endpoint_asks_for_is_kept() {
    let date = "date: Wed, 25 Nov 2026 08:00:00 GMT\r\n";
    for (headers, at_least_ms) in [
        ("retry-after: 0.2\r\n".to_owned(), 200),
        ("retry-after-ms: 150\r\n".to_owned(), 150),
        (
            format!("{date}retry-after: Wed, 25 Nov 2026 08:00:01 GMT\r\n"),
            1000,
        ),
    ] {
        let refusal = reply("429 Slow down", &headers, "");
        let server = Server::playing(vec![
            vec![Step::Read, Step::Send(refusal)],
            vec![Step::Read, Step::Send(json_reply("200 OK", GOOD))],
        ])
        .await;
        let start = tokio::time::Instant::now();
        ask(&endpoint(&server.url), false).await.unwrap();
        let waited = start.elapsed().as_millis();
        assert!(
            (at_least_ms..at_least_ms + 300).contains(&waited),
            "{headers}: {waited}"
        );
    }
    let hopeless = reply("429 Slow down", "retry-after: 3600\r\n", "");
    let server = Server::saying(hopeless).await;
    assert_eq!(failure(&server).await.tries, 1);
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = ask(&endpoint(&url), false).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.tries),
        (FailureKind::Connect, 3),
        "{failure}"
    );
}

#[tokio::test]
async fn a_reply_that_never_comes_or_never_ends_meets_its_deadline() {
    let started =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let pause = Duration::from_millis(50);
    for (script, tries, words) in [
        (vec![Step::Hang], 3, "no reply began within 150ms"),
        (
            vec![
                Step::Read,
                Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Hang,
            ],
            3,
            "no reply began",
        ),
        (
            vec![Step::Read, Step::Send(started.to_vec()), Step::Hang],
            1,
            "nothing more came",
        ),
        (
            vec![
                Step::Read,
                Step::Send(started.to_vec()),
                Step::Trickle(vec![b' '; 90], pause),
            ],
            1,
            "not whole within 400ms",
        ),
    ] {
        let server = Server::playing(vec![script]).await;
        let failure = failure(&server).await;
        assert_eq!(
            (failure.kind, failure.tries),
            (FailureKind::Timeout, tries),
            "{failure}"
        );
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_cut_and_not_paid_for_twice() {
    let whole = json_reply("200 OK", GOOD);
    for end in [Step::Reset, Step::Close] {
        let part = whole[..whole.len() - 10].to_vec();
        let server = Server::playing(vec![vec![Step::Read, Step::Send(part), end]]).await;
        let failure = failure(&server).await;
        assert_eq!(failure.kind, FailureKind::Cut, "{failure}");
        assert_eq!(failure.tries, 1, "{failure}");
    }
}

const STREAM: &str = concat!(
    "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"fi\"}}]}\n\n",
    "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"né\"}}]}\n\n",
    "data: {\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n",
    "data: [DONE]\n\n",
);

#[tokio::test]
async fn a_stream_is_the_same_in_chunks_of_any_size() {
    for chunk in [1, 2, 7, 64, 100_000] {
        let server = Server::saying(event_stream(STREAM, chunk)).await;
        let reply = ask(&endpoint(&server.url), true).await.unwrap();
        assert_eq!(reply.text, "finé");
        assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
        assert_eq!(reply.usage.input_tokens, Some(5));
        assert!(reply.timing.ttft_ms.is_some());
    }
}

#[tokio::test]
async fn a_stream_cut_after_any_byte_is_never_a_short_answer() {
    let whole = event_stream(STREAM, 40);
    let head = whole
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    for end in head..whole.len() {
        let script = vec![Step::Read, Step::Send(whole[..end].to_vec()), Step::Close];
        let server = Server::playing(vec![script]).await;
        let endpoint = Endpoint {
            retry: RetryPolicy {
                retries: 0,
                ..RetryPolicy::default()
            },
            ..endpoint(&server.url)
        };
        match ask(&endpoint, true).await {
            Ok(reply) => assert_eq!(reply.text, "finé", "cut at {end}"),
            Err(failure) => assert_eq!(failure.kind, FailureKind::Cut, "{failure}"),
        }
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_is_an_error() {
    let error = "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\ndata: [DONE]\n\n";
    let first = STREAM.split_inclusive("\n\n").next().unwrap();
    for (events, tries) in [(error.to_owned(), 4), (format!("{first}{error}"), 1)] {
        let server = Server::saying(event_stream(&events, 64)).await;
        let failure = ask(&endpoint(&server.url), true).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.tries),
            (FailureKind::Server, tries),
            "{failure}"
        );
    }
}

/// 16 MiB in 16 kB.
fn gzip_bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![b' '; 16 << 20]).unwrap();
    packed.finish().unwrap()
}

/// 512 MiB in 16 kB: a frame of blocks that each repeat one byte 131,072 times (RFC 8878, 3.1.1).
fn zstd_bomb() -> Vec<u8> {
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    let block = ((1_u32 << 17) << 3 | 1 << 1).to_le_bytes();
    let blocks = [block[0], block[1], block[2], b' '].repeat(4096);
    [header.as_slice(), &blocks, &[1, 0, 0]].concat()
}

#[tokio::test]
async fn a_success_of_the_wrong_form_is_named() {
    let json = "content-type: application/json\r\n";
    let deep = format!(
        r#"{{"choices":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let malformed = FailureKind::Malformed;
    for (body, kind, words) in [
        (
            reply("200 OK", "content-type: text/html\r\n", "<html>Log in"),
            malformed,
            "`text/html`",
        ),
        (
            reply("200 OK", json, "<html>Log in"),
            malformed,
            "not the expected JSON",
        ),
        (reply("200 OK", json, ""), malformed, "EOF"),
        (reply("204 No Content", json, ""), malformed, "EOF"),
        (
            reply("200 OK", json, b"{\"choices\":\"\xff\"}"),
            malformed,
            "not valid UTF-8",
        ),
        (
            reply("200 OK", json, "{\"choices\":\"\0\"}"),
            malformed,
            "control character",
        ),
        (
            reply("200 OK", json, r#"{"model":"\ud800"}"#),
            malformed,
            "hex escape",
        ),
        (
            reply("200 OK", json, &deep),
            FailureKind::TooLarge,
            "deeper than 64",
        ),
        (
            reply(
                "200 OK",
                &format!("{json}content-encoding: gzip\r\n"),
                "no gzip",
            ),
            malformed,
            "gzip",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n".to_vec(), malformed, "not HTTP"),
    ] {
        let server = Server::saying(body).await;
        let failure = failure(&server).await;
        assert_eq!((failure.kind, failure.tries), (kind, 1), "{failure}");
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_while_it_is_read() {
    let bomb = |encoding: &str, body| {
        let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
        vec![Step::Read, Step::Send(reply("200 OK", &headers, body))]
    };
    let endless = vec![
        Step::Read,
        Step::Send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                .to_vec(),
        ),
        Step::Repeat([b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat(), 100_000),
    ];
    let heads = vec![
        Step::Read,
        Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Step::Repeat(b"x-more: y\r\n".to_vec(), 1_000_000),
    ];
    for (script, words) in [
        (bomb("gzip", gzip_bomb()), "larger than 8388608 bytes"),
        (bomb("zstd", zstd_bomb()), "larger than 8388608 bytes"),
        (endless, "larger than 8388608 bytes"),
        (heads, "head is too large"),
    ] {
        let server = Server::playing(vec![script]).await;
        let endpoint = Endpoint {
            timeouts: Timeouts::default(),
            ..endpoint(&server.url)
        };
        let failure = ask(&endpoint, false).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.tries),
            (FailureKind::TooLarge, 1),
            "{failure}"
        );
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[tokio::test]
async fn faults_that_pass_lose_no_call() {
    let good = vec![Step::Read, Step::Send(json_reply("200 OK", GOOD))];
    let script = |index: usize| match index {
        index if index % 20 == 3 => {
            vec![
                Step::Read,
                Step::Send(json_reply("429 Too Many Requests", "{}")),
            ]
        }
        index if index % 50 == 7 => vec![Step::Read, Step::Send(json_reply("500 Oops", "{}"))],
        index if index % 100 == 11 => vec![Step::Read, Step::Reset],
        _ => good.clone(),
    };
    let server = Server::playing((0..1200).map(script).chain([good.clone()]).collect()).await;
    let endpoint = Endpoint {
        timeouts: Timeouts::default(),
        limits: Limits {
            in_flight: 32,
            ..Limits::default()
        },
        ..endpoint(&server.url)
    };
    let model = model(&endpoint, false);
    let request = ChatRequest {
        messages: Vec::new(),
        max_output_tokens: 1,
        temperature: None,
        seed: None,
        json_schema: None,
    };
    let replies = join_all((0..1000).map(|_| model.complete(&request))).await;
    for reply in &replies {
        assert!(reply.is_ok(), "{reply:?}");
    }
    let tries: u32 = replies
        .iter()
        .flatten()
        .map(|reply| reply.timing.tries)
        .sum();
    assert_eq!(server.requests().len(), usize::try_from(tries).unwrap());
    assert!((1050..1150).contains(&tries), "{tries}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let second = Server::saying(json_reply("200 OK", GOOD)).await;
    for status in ["301", "302", "303", "307", "308"] {
        let location = format!("location: {}/elsewhere?key={CANARY}\r\n", second.url);
        let server = Server::saying(reply(&format!("{status} Moved"), &location, "")).await;
        let failure = failure(&server).await;
        assert_eq!(
            (failure.kind, failure.tries),
            (FailureKind::Redirect, 1),
            "{failure}"
        );
        assert!(
            failure.message.contains("to the host `127.0.0.1`"),
            "{failure}"
        );
        assert!(!failure.message.contains("elsewhere"), "{failure}");
    }
    assert_eq!(second.n_connections(), 0);
}

#[tokio::test]
async fn a_call_carries_its_key_and_one_connection_serves_many() {
    let server = Server::saying(json_reply("200 OK", GOOD)).await;
    let endpoint = endpoint(&server.url);
    let model = model(&endpoint, false);
    let request = ChatRequest {
        messages: Vec::new(),
        max_output_tokens: 1,
        temperature: None,
        seed: None,
        json_schema: None,
    };
    for _ in 0..3 {
        model.complete(&request).await.unwrap();
    }
    assert_eq!(server.n_connections(), 1);
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("POST /chat/completions HTTP/1.1\r\n"));
    assert!(requests[0].contains(&format!("authorization: Bearer {CANARY}\r\n")));
    assert!(!format!("{model:?} {}", model.describe()).contains(CANARY));
}
