//! How many calls a second one process makes and what each costs it, against a server of no latency
//! in a process of its own: `cargo run --release --example loopback_throughput [calls] [in flight]`.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
    sync::Arc,
};

use axum::{Router, http::header::CONTENT_TYPE, routing::post};
use futures_util::{StreamExt as _, stream};
use groundgate_endpoints::{
    chat::{ChatModel as _, OpenAiModel, OpenAiSettings},
    transport::{Client, Clock as _, Endpoint, Limits, SystemClock},
};
use groundgate_model::{
    eval_set::Role,
    exchange::{ChatRequest, Message},
};
use tokio::net::TcpListener;

const REPLY: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1795412623,"model":"loopback-1","choices":[{"index":0,"message":{"role":"assistant","content":"You can send the card back within 30 days of delivery; the refund reaches your account in five working days after we have received it."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":412,"completion_tokens":31,"total_tokens":443},"system_fingerprint":"fp_1"}"#;

type AnyError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == "serve") {
        return serve().await;
    }
    let number = |index: usize| arguments.get(index)?.parse().ok();
    let calls = number(0).unwrap_or(30_000);
    let in_flight = number(1).unwrap_or(64);
    let mut server = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    let output = server.stdout.take().ok_or("the server has no output")?;
    BufReader::new(output).read_line(&mut url)?;
    let measured = measure(url.trim(), calls, in_flight).await;
    server.kill()?;
    server.wait()?;
    let line = measured?;
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn serve() -> Result<(), AnyError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    let reply = post(|_body: String| async { ([(CONTENT_TYPE, "application/json")], REPLY) });
    axum::serve(listener, Router::new().route("/chat/completions", reply)).await?;
    Ok(())
}

async fn measure(url: &str, calls: usize, in_flight: usize) -> Result<String, AnyError> {
    let endpoint = Endpoint {
        limits: Limits {
            in_flight,
            ..Limits::default()
        },
        ..Endpoint::at(url)
    };
    let clock = Arc::new(SystemClock::new());
    let client = Arc::new(Client::new(&endpoint, clock.clone(), 1)?);
    let model = Arc::new(OpenAiModel::new(
        client,
        OpenAiSettings::for_model("loopback-1"),
    ));
    let request = Arc::new(request());
    let run = |n: usize| {
        stream::iter(0..n)
            .map(|_| {
                let (model, request) = (Arc::clone(&model), Arc::clone(&request));
                async move { model.complete(&request).await.is_ok() }
            })
            .buffer_unordered(in_flight)
            .filter(|answered| std::future::ready(*answered))
            .count()
    };
    run(in_flight * 4).await;
    let (start, cpu_start) = (clock.now(), cpu_seconds()?);
    let answered = run(calls).await;
    let seconds = clock.now().saturating_sub(start).as_secs_f64();
    let cpu_ms = (cpu_seconds()? - cpu_start) * 1000.0;
    let n = f64::from(u32::try_from(answered)?);
    Ok(format!(
        "{answered} of {calls} calls, {in_flight} in flight: {:.0} calls/s, {:.3} ms CPU per call, {} at most in memory",
        n / seconds,
        cpu_ms / n,
        peak_memory()?,
    ))
}

/// User and system time of this process so far (`proc_pid_stat(5)`, fields 14 and 15, in 1/100 s).
fn cpu_seconds() -> Result<f64, AnyError> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let ticks: Result<Vec<f64>, _> = fields.split(' ').skip(11).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

/// The most memory that this process has had (`proc_pid_status(5)`).
fn peak_memory() -> Result<String, AnyError> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.ok_or("no VmHWM")?.trim().to_owned())
}

fn request() -> ChatRequest {
    let passage =
        "Cards can be returned within 30 days of delivery. Refunds take five working days. ";
    ChatRequest {
        messages: vec![
            Message {
                role: None,
                text: "Say for each sentence whether the passages support it.".to_owned(),
            },
            Message {
                role: Some(Role::User),
                text: passage.repeat(20),
            },
        ],
        max_output_tokens: 256,
        temperature: Some(0.0),
        seed: Some(1),
        json_schema: None,
    }
}
