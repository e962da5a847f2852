//! A loopback server that does exactly what a script says, byte by byte: whatever a real one can do
//! wrong.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// One thing that the server does on a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Reads one request.
    Read,
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends the same bytes many times.
    Repeat(Vec<u8>, usize),
    /// Sends bytes one by one with a pause after each.
    Trickle(Vec<u8>, Duration),
    /// Keeps the connection and does nothing.
    Hang,
    /// Closes in an orderly way.
    Close,
    /// Closes with a TCP reset.
    Reset,
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plays the first script to the first request, the second to the second, and the last one to
    /// all that follow.
    pub(crate) async fn playing(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let played = Arc::new(AtomicUsize::new(0));
        let scripts = Arc::new(scripts);
        let (accepted, read) = (Arc::clone(&connections), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(
                    stream,
                    Arc::clone(&scripts),
                    Arc::clone(&played),
                    Arc::clone(&read),
                ));
            }
        });
        Self {
            url,
            connections,
            requests,
            task,
        }
    }

    /// Answers every request with the same bytes.
    pub(crate) async fn saying(reply: impl Into<Vec<u8>>) -> Self {
        Self::playing(vec![vec![Step::Read, Step::Send(reply.into())]]).await
    }

    pub(crate) fn n_connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests as they were read: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    scripts: Arc<Vec<Vec<Step>>>,
    played: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let index = played.fetch_add(1, Ordering::SeqCst).min(scripts.len() - 1);
        for step in &scripts[index] {
            if play(step, &mut stream, &requests).await.is_none() {
                return;
            }
        }
        // The next script starts with the next request, if there is one.
        if !matches!(stream.peek(&mut [0]).await, Ok(1)) {
            return;
        }
    }
}

/// Nothing when the connection has ended.
async fn play(step: &Step, stream: &mut TcpStream, requests: &Mutex<Vec<String>>) -> Option<()> {
    match step {
        Step::Read => {
            let request = read_request(stream).await?;
            requests.lock().unwrap().push(request);
        }
        Step::Send(bytes) => stream.write_all(bytes).await.ok()?,
        Step::Repeat(bytes, times) => {
            for _ in 0..*times {
                stream.write_all(bytes).await.ok()?;
            }
        }
        Step::Trickle(bytes, pause) => {
            for byte in bytes {
                stream.write_all(&[*byte]).await.ok()?;
                sleep(*pause).await;
            }
        }
        Step::Hang => std::future::pending().await,
        Step::Close => {
            return stream.shutdown().await.ok().and(None);
        }
        Step::Reset => {
            return stream.set_zero_linger().ok().and(None);
        }
    }
    Some(())
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A reply with a length.
pub(crate) fn reply(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A reply of JSON.
pub(crate) fn json_reply(status: &str, body: &str) -> Vec<u8> {
    reply(status, "content-type: application/json\r\n", body)
}

/// A stream of server-sent events in chunks of so many bytes.
pub(crate) fn event_stream(events: &str, chunk: usize) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for piece in events.as_bytes().chunks(chunk) {
        bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
        bytes.extend(piece);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}
