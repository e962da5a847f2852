//! What is too large, too slow or too odd, as the whole program meets it: its memory stays small and
//! the call fails with its reason.

use std::{fs, thread, time::Duration};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    misbehave::{Server, Step, reply},
    program::{Folder, POLICY, eval_set},
};

/// The most memory that the program had, in MiB, and what became of its only question.
fn run(script: Vec<Step>, timeouts: &str) -> (u64, String) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::playing(vec![script]));
    let config = format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n[[copilot]]\nname = \"one\"\n\
         kind = \"openai\"\nbase-url = \"{}/v1\"\nretries = {{ max = 0, max-when-refused = 0 }}\n{timeouts}\n[checks]\nmetrics = [\"answer_chars\"]\n",
        server.url
    );
    let folder = Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(1)),
        ("groundgate.toml", &config),
    ]);
    let mut child = folder.command(&["run", "-q"]).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        let read = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let line = read.unwrap_or_default();
        let line = line.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(5), "no question was answered");
    let exported = folder.run(&["runs", "export"]).out;
    let trial: Value = serde_json::from_str(exported.trim()).unwrap();
    (peak, trial["error"].as_str().unwrap().to_owned())
}

/// 64 MiB of spaces in 54 bytes.
const BROTLI: &str = "cfffff7ff82540e2b14020f7fe9ffffffff04b00c4610180eefd3fffffffe1970088c32200ddfb7ffeffffc32f0110870500baf7ff03";

fn brotli_bomb() -> Vec<u8> {
    let digits: Vec<char> = BROTLI.chars().collect();
    let byte = |pair: &[char]| {
        let pair: String = pair.iter().collect();
        u8::from_str_radix(&pair, 16).unwrap()
    };
    digits.chunks(2).map(byte).collect()
}

/// 2 GiB in 64 kB: a frame of blocks that each repeat one byte 131,072 times (RFC 8878, 3.1.1).
fn zstd_bomb() -> Vec<u8> {
    let block = ((1_u32 << 17) << 3 | 1 << 1).to_le_bytes();
    let blocks = [block[0], block[1], block[2], b' '].repeat(16_384);
    [
        [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38].as_slice(),
        &blocks,
        &[1, 0, 0],
    ]
    .concat()
}

fn gzip_bomb() -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..512 {
        packed.write_all(&megabyte).unwrap();
    }
    packed.finish().unwrap()
}

#[test]
fn bombs_and_floods_stay_small_in_memory() {
    let packed = |encoding: &str, body: Vec<u8>| {
        let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
        vec![Step::Read, Step::Send(reply("200 OK", &headers, body))]
    };
    let chunked =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let piece = [b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat();
    let events = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    for (script, expected) in [
        (packed("gzip", gzip_bomb()), "larger than 8388608 bytes"),
        (packed("br", brotli_bomb()), "larger than 8388608 bytes"),
        (packed("zstd", zstd_bomb()), "larger than 8388608 bytes"),
        (
            vec![
                Step::Read,
                Step::Send(chunked.to_vec()),
                Step::Repeat(piece.clone(), 16_384),
            ],
            "larger than 8388608 bytes",
        ),
        (
            vec![
                Step::Read,
                Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Repeat(b"x-more: y\r\n".repeat(1000), 1000),
            ],
            "head is too large",
        ),
        (
            vec![
                Step::Read,
                Step::Send(events.to_vec()),
                Step::Repeat(b"data: {\"choices\":[]}\n\n".repeat(1000), 1000),
            ],
            "larger than 8388608 bytes",
        ),
        (
            vec![
                Step::Read,
                Step::Send([events.as_slice(), b"data: "].concat()),
                Step::Repeat(vec![b'x'; 1 << 16], 1000),
            ],
            "an event of the stream is longer",
        ),
    ] {
        let (peak, error) = run(script, "");
        assert!(error.contains(expected), "{error}");
        assert!(peak < 200, "{peak} MiB: {error}");
    }
}

#[test]
fn one_byte_a_second_ends_at_the_deadline() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
    let script = vec![
        Step::Read,
        Step::Send(head.to_vec()),
        Step::Trickle(vec![b' '; 99], Duration::from_secs(1)),
    ];
    let start = tokio::time::Instant::now();
    let (_, error) = run(script, "timeouts = { whole-s = 3, idle-s = 2 }");
    assert!(error.starts_with("timeout: "), "{error}");
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn odd_texts_are_read_or_refused_by_the_rules_of_json() {
    let good = |content: &str| {
        format!(
            r#"{{"model":"m","choices":[{{"message":{{"content":{content}}},"finish_reason":"stop"}}]}}"#
        )
    };
    for (body, expected) in [
        (good(r#""\ud8""#), "escape"),
        (
            r#"{"choices":[],"choices":[{"message":{"content":"x"}}]}"#.to_owned(),
            "duplicate field",
        ),
        (good("\"a\u{0}\""), "control character"),
        (
            json!({"error": "down"}).to_string(),
            "reports an error: down",
        ),
    ] {
        let headers = "content-type: application/json\r\n";
        let script = vec![Step::Read, Step::Send(reply("200 OK", headers, body))];
        let (_, error) = run(script, "");
        assert!(error.contains(expected), "{error}");
    }
}
