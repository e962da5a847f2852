//! The whole run against a loopback server in a process of its own: 1,000 questions, one copilot call
//! and two judge calls each, 64 calls in flight; wall time against the ideal, CPU per call and peak
//! memory of `groundgate run`. Then ten times the questions with 512 calls in flight, for its memory.
//!
//! `cargo bench --bench throughput`

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a bench prints, keeps the time, and fails by panicking"
)]

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::post};
use tokio::{net::TcpListener, sync::oneshot};

/// What is run: latency in milliseconds, questions, calls in flight, times.
const LOADS: [(u64, usize, usize, u32); 4] = [
    (50, 1000, 64, 3),
    (0, 1000, 64, 3),
    (50, 1000, 512, 1),
    (50, 10_000, 512, 1),
];
/// Clock ticks per second of `/proc/PID/stat` on Linux.
const TICKS: f64 = 100.0;

fn main() {
    if env::args().nth(1).as_deref() == Some("serve") {
        serve(Duration::from_millis(
            env::args().nth(2).unwrap().parse().unwrap(),
        ));
        return;
    }
    println!(
        "| latency | questions | in flight | wall | of ideal | calls/s | CPU per call | peak memory |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (milliseconds, questions, in_flight, times) in LOADS {
        let mut server = Command::new(env::current_exe().unwrap())
            .args(["serve", &milliseconds.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        for _ in 0..times {
            measure(url.trim(), milliseconds, questions, in_flight);
        }
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

/// One run of the program in a fresh folder.
fn measure(url: &str, milliseconds: u64, questions: usize, in_flight: usize) {
    let folder = tempfile::tempdir().unwrap();
    let config = config(url, in_flight);
    fs::write(folder.path().join("groundgate.toml"), config).unwrap();
    let lines = (0..questions).map(|index| {
        format!("{{\"id\":\"q{index}\",\"question\":\"what is the fee for product number {index}?\",\"answerable\":true}}\n")
    });
    fs::write(folder.path().join("set.jsonl"), lines.collect::<String>()).unwrap();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_groundgate"))
        .args(["run", "-q"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (cpu, peak) = follow(&mut child);
    let wall = start.elapsed().as_secs_f64();
    assert!(child.wait().unwrap().success(), "the run did not end well");
    let calls = (3 * questions) as f64;
    let ideal = calls * milliseconds as f64 / 1000.0 / in_flight as f64;
    println!(
        "| {milliseconds} ms | {questions} | {in_flight} | {wall:.2} s | {:.1} % | {:.0} | {:.3} ms | {:.0} MB |",
        100.0 * ideal / wall,
        calls / wall,
        1000.0 * cpu / calls,
        peak / 1024.0
    );
}

/// CPU seconds and peak kilobytes of a process, as last seen before it ended.
fn follow(child: &mut Child) -> (f64, f64) {
    let (mut cpu, mut peak) = (0.0, 0.0);
    while child.try_wait().unwrap().is_none() {
        if let (Ok(stat), Ok(status)) = (
            fs::read_to_string(format!("/proc/{}/stat", child.id())),
            fs::read_to_string(format!("/proc/{}/status", child.id())),
        ) {
            let fields: Vec<&str> = stat
                .rsplit(')')
                .next()
                .unwrap()
                .split_whitespace()
                .collect();
            let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
            cpu = (ticks(11) + ticks(12)) / TICKS;
            if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM:")) {
                peak = line.split_whitespace().nth(1).unwrap().parse().unwrap();
            }
        }
        thread::sleep(Duration::from_millis(3));
    }
    (cpu, peak)
}

fn config(url: &str, in_flight: usize) -> String {
    format!(
        r#"
schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
concurrency = {in_flight}

[[copilot]]
name = "bench"
kind = "openai"
base-url = "{url}/copilot/v1"
model = "m"
passages = {{ path = "$.passages", text = "$.text", id = "$.id" }}

[[judge]]
name = "groundedness"
spec = "groundedness"
endpoint = {{ base-url = "{url}/claims/v1", model = "m" }}

[[judge]]
name = "relevance"
spec = "answer_relevance"
endpoint = {{ base-url = "{url}/rubric/v1", model = "m" }}
"#
    )
}

/// Lets so much time pass, to the tenth of a millisecond: a timer of the runtime would add up to one.
#[derive(Clone)]
struct Pause {
    latency: Duration,
    waiting: mpsc::Sender<(Instant, oneshot::Sender<()>)>,
}

impl Pause {
    fn of(latency: Duration) -> Self {
        let (waiting, queue) = mpsc::channel::<(Instant, oneshot::Sender<()>)>();
        thread::spawn(move || {
            for (until, wake) in queue {
                thread::sleep(until.saturating_duration_since(Instant::now()));
                wake.send(()).unwrap_or_default(); // its connection may be gone
            }
        });
        Self { latency, waiting }
    }

    async fn wait(&self) {
        if self.latency.is_zero() {
            return;
        }
        let (wake, woken) = oneshot::channel();
        let until = Instant::now() + self.latency;
        self.waiting.send((until, wake)).unwrap();
        woken.await.unwrap();
    }
}

/// Three endpoints with constant replies, on one thread: it leaves the other core to the program.
#[tokio::main(flavor = "current_thread")]
async fn serve(latency: Duration) {
    let chat = |content: &str, more: &str| {
        let content = serde_json::to_string(content).unwrap();
        format!(
            "{{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"finish_reason\":\"stop\",\"message\":{{\"role\":\"assistant\",\"content\":{content}}}}}],\"usage\":{{\"prompt_tokens\":300,\"completion_tokens\":20}}{more}}}"
        )
    };
    let fee = "The monthly fee for this product is 3 EUR.";
    let passages = format!(
        ",\"passages\":[{{\"id\":\"d\",\"text\":\"{fee} {}\"}}]",
        "Fees are charged on the first day. ".repeat(20)
    );
    let claims = r#"{"claims":[{"id":"s1","label":"supported","passage":1,"quote":"The monthly fee for this product is 3 EUR."}]}"#;
    let rubric = r#"{"reason":"it does","label":"addresses-all"}"#;
    let route = |body: String| {
        post(move |State(pause): State<Pause>| async move {
            pause.wait().await;
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        })
    };
    let app = Router::new()
        .route("/copilot/v1/chat/completions", route(chat(fee, &passages)))
        .route("/claims/v1/chat/completions", route(chat(claims, "")))
        .route("/rubric/v1/chat/completions", route(chat(rubric, "")))
        .with_state(Pause::of(latency));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}
