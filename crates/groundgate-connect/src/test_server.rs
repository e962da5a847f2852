//! A server that gives the replies of a script, one after the other, and remembers what it was asked.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use groundgate_endpoints::transport::{Endpoint, RetryPolicy};
use serde_json::Value;

/// One question that the server was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// `GET /path?query`.
    pub(crate) line: String,
    /// `null` where there was none.
    pub(crate) body: Value,
}

/// Where the script is played.
pub(crate) struct TestServer {
    pub(crate) endpoint: Endpoint,
    asked: Arc<Mutex<Vec<Question>>>,
}

impl TestServer {
    /// A server with a script of status and body.
    pub(crate) fn new(script: Vec<(u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for (status, reply) in script {
                let (stream, _) = listener.accept().unwrap();
                let question = question(&stream);
                remembered.lock().unwrap().push(question);
                say(stream, status, &reply.to_string());
            }
        });
        let retry = RetryPolicy {
            retries: 0,
            retries_when_refused: 0,
            ..RetryPolicy::default()
        };
        Self {
            endpoint: Endpoint {
                retry,
                ..Endpoint::at(url)
            },
            asked,
        }
    }

    /// What it was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }

    /// The first lines of what it was asked.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|one| one.line).collect()
    }
}

fn question(stream: &TcpStream) -> Question {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Question {
        line: line.trim_end_matches(" HTTP/1.1\r\n").to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

fn say(mut stream: TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
}
