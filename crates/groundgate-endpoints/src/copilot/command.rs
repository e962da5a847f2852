//! A copilot that is a command: asked on its standard input, one process per question.
//!
//! It gets one line of JSON, `{"case_id", "attempt", "question", "history": [{"role", "content"}]}`,
//! and prints its answer. No shell reads its arguments, and nothing of the question is among them.

use std::{env, ffi::OsString, process::Stdio, sync::Arc, time::Duration};

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, FailureKind, Timing},
    manifest::Manifest,
    unit::Usd,
};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    time::timeout,
};

use super::{
    Copilot,
    delivered::{answered, spoken},
    program,
    recorded::{Recorded, parse_printed},
};
use crate::{
    chat::{BoxFuture, Said},
    transport::{Clock, Limiter, Limits, excerpt},
};

/// The most that is read of what a command writes to its standard error, in bytes.
const LARGEST_COMPLAINT: usize = 4 << 10;

/// What is run, and within which limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSettings {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The variables that it inherits although their names are like a secret's.
    pub inherits: Vec<String>,
    /// What it prints.
    pub output: CommandOutput,
    /// Processes at the same time, and how fast they are started.
    pub limits: Limits,
    /// How long one may run.
    pub deadline: Duration,
    /// The most that one may print, in bytes.
    pub largest_output: usize,
}

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandOutput {
    /// Nothing but the answer.
    Text,
    /// A JSON object with `answer` or `error`, and optionally `passages`, `usage`, `cost_usd`,
    /// `model` and `finish_reason`, as in recorded answers.
    Json,
}

/// Asks a command.
#[derive(Debug)]
pub struct CommandCopilot {
    settings: CommandSettings,
    limiter: Limiter,
    clock: Arc<dyn Clock>,
}

impl CommandCopilot {
    /// Runs nothing yet.
    pub fn new(settings: CommandSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            limiter: Limiter::new(settings.limits, Arc::clone(&clock)),
            settings,
            clock,
        }
    }

    async fn run(&self, case: &Case, attempt: u32) -> Recorded {
        let question = line(case, attempt);
        let called = self.clock.now();
        let slot = self.limiter.acquire(0).await;
        let started = self.clock.now();
        let exchange = timeout(self.settings.deadline, self.exchange(question));
        let output = exchange.await.unwrap_or_else(|_elapsed| {
            let deadline = self.settings.deadline;
            Err(self.failure(
                FailureKind::Timeout,
                &format!("did not end within {deadline:?}"),
            ))
        })?;
        let elapsed = self.clock.now().saturating_sub(started);
        slot.answered();
        let timing = Timing {
            latency_ms: milliseconds(elapsed),
            ttft_ms: None,
            tries: 1,
            queued_ms: milliseconds(started.saturating_sub(called)),
            ..Timing::default()
        };
        let malformed = |what: &str| self.failure(FailureKind::Malformed, what);
        let text = String::from_utf8(output)
            .map_err(|_not_utf8| malformed("printed what is not UTF-8"))?;
        match self.settings.output {
            CommandOutput::Text => {
                let said = Said {
                    text: text.trim_end_matches(['\r', '\n']).to_owned(),
                    ..Said::default()
                };
                answered(Answer {
                    timing,
                    ..spoken(said.concluded())
                })
            }
            CommandOutput::Json => parse_printed(&text, timing).map_err(|faults| {
                let printed = excerpt(text.as_bytes());
                malformed(&format!(
                    "printed no answer ({}): {printed}",
                    faults.join("; ")
                ))
            })?,
        }
    }

    /// What one process prints.
    async fn exchange(&self, question: String) -> Result<Vec<u8>, CallFailure> {
        let broken = |error| self.failure(FailureKind::Cut, &format!("broke off: {error}"));
        let mut child = self.start()?;
        let (input, output, complaint) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let write = async {
            if let Some(mut input) = input {
                // A command that reads nothing may still answer.
                input
                    .write_all(question.as_bytes())
                    .await
                    .unwrap_or_default();
            }
        };
        let largest = self.settings.largest_output;
        let ((), printed, complained) = tokio::join!(
            write,
            read(output, largest + 1),
            read(complaint, LARGEST_COMPLAINT)
        );
        let printed = printed.map_err(broken)?;
        if printed.len() > largest {
            let what = format!("printed more than {largest} bytes");
            return Err(self.failure(FailureKind::TooLarge, &what));
        }
        let status = child.wait().await.map_err(broken)?;
        if !status.success() {
            let complained = excerpt(&complained.unwrap_or_default());
            return Err(self.failure(
                FailureKind::Server,
                &format!("ended with {status}: {complained}"),
            ));
        }
        Ok(printed)
    }

    fn start(&self) -> Result<Child, CallFailure> {
        let mut command = Command::new(&self.settings.program);
        for name in hidden(&self.settings.inherits) {
            command.env_remove(name);
        }
        command
            .args(&self.settings.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                self.failure(FailureKind::Connect, &format!("cannot be started: {error}"))
            })
    }

    fn failure(&self, kind: FailureKind, what: &str) -> CallFailure {
        CallFailure {
            kind,
            message: format!("command `{}` {what}", self.settings.program),
            tries: 1,
            failed_tries: Vec::new(),
            cost: None,
        }
    }
}

impl Copilot for CommandCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.run(case, attempt))
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        None
    }

    fn describe(&self) -> String {
        format!("command {}", self.settings.program)
    }

    /// Reads the program and the files among its arguments.
    fn manifest(&self) -> Manifest {
        let output = match self.settings.output {
            CommandOutput::Text => "text",
            CommandOutput::Json => "json",
        };
        let inherits = &self.settings.inherits;
        program::manifest(&self.settings.program, &self.settings.arguments)
            .with("output", output)
            .with_some("inherits", (!inherits.is_empty()).then(|| inherits.clone()))
    }
}

/// Parts of the names of variables that hold secrets.
const SECRET_LIKE: [&str; 7] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "KEY",
    "CREDENTIAL",
    "PRIVATE",
];

/// The variables of this process that a command does not inherit: what another endpoint is called with is
/// none of its business, and what it prints is kept.
fn hidden(inherits: &[String]) -> Vec<OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    let is_hidden = |name: &OsString| {
        let text = name.to_string_lossy().to_uppercase();
        SECRET_LIKE.iter().any(|part| text.contains(part))
            && !inherits.iter().any(|one| name == one.as_str())
    };
    names.filter(is_hidden).collect()
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn line(case: &Case, attempt: u32) -> String {
    let history = case.history.iter();
    let turn = |role: &str, text: &str| json!({"role": role, "content": text});
    let history: Vec<_> = history
        .map(|one| turn(one.role.name(), &one.text))
        .collect();
    let mut line = json!({
        "case_id": case.id, "attempt": attempt, "question": case.question, "history": history,
    })
    .to_string();
    line.push('\n');
    line
}

/// Reads to the end, or as many bytes as asked for; a command that still prints is then killed.
async fn read(
    from: Option<impl AsyncRead + Unpin>,
    most: usize,
) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        from.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::template::tests::case, *};
    use crate::transport::SystemClock;

    fn shell(script: &str, output: CommandOutput) -> CommandCopilot {
        let settings = CommandSettings {
            program: "sh".to_owned(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            inherits: Vec::new(),
            output,
            limits: Limits::default(),
            deadline: Duration::from_secs(5),
            largest_output: 1 << 16,
        };
        CommandCopilot::new(settings, Arc::new(SystemClock::new()))
    }

    #[tokio::test]
    async fn a_command_is_asked_on_its_input_and_prints_its_answer() {
        let echo = shell("cat", CommandOutput::Text);
        let answer = echo.ask(&case("c1", "Why \"$(id)\"?"), 2).await.unwrap();
        let expected = r#"{"attempt":2,"case_id":"c1","history":[{"content":"Hello","role":"assistant"}],"question":"Why \"$(id)\"?"}"#;
        assert_eq!(answer.text, expected);
        let json = shell(
            r#"echo '{"answer":"a","passages":[{"id":"1","text":"t"}],"model":"m"}'"#,
            CommandOutput::Json,
        );
        let answer = json.ask(&case("c", "?"), 0).await.unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.passages.unwrap().len()),
            ("a", 1)
        );
        assert_eq!(answer.timing.tries, 1);
    }

    /// Cargo gives its tests a variable whose name has `KEY` in it only if somebody sets one: `env` shows
    /// what a command gets of those that this process has.
    #[tokio::test]
    async fn a_command_inherits_no_variable_that_is_named_like_a_secret() {
        let seen = shell("env", CommandOutput::Text);
        let seen = seen.ask(&case("c", "?"), 0).await.unwrap().text;
        let names: Vec<&str> = seen
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0))
            .collect();
        assert!(names.contains(&"PATH"), "{names:?}");
        for part in SECRET_LIKE {
            assert!(
                !names.iter().any(|name| name.to_uppercase().contains(part)),
                "{names:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_command_that_fails_is_a_failure() {
        for (script, kind, words) in [
            (
                "echo no >&2; exit 3",
                FailureKind::Server,
                "exit status: 3: no",
            ),
            (
                "echo '{\"answer\":1}'",
                FailureKind::Malformed,
                "field `answer` is not a text",
            ),
            ("echo hello", FailureKind::Malformed, "not a JSON object"),
            ("printf '\\377'", FailureKind::Malformed, "not UTF-8"),
            ("yes", FailureKind::TooLarge, "more than 65536 bytes"),
            ("echo '{\"error\":\"down\"}'", FailureKind::Server, "down"),
        ] {
            let failure = shell(script, CommandOutput::Json)
                .ask(&case("c", "?"), 0)
                .await;
            let failure = failure.unwrap_err();
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.contains(words), "{failure}");
        }
        let slow = CommandSettings {
            deadline: Duration::from_millis(50),
            ..shell("exec sleep 60", CommandOutput::Text).settings
        };
        let slow = CommandCopilot::new(slow, Arc::new(SystemClock::new()));
        assert_eq!(
            slow.ask(&case("c", "?"), 0).await.unwrap_err().kind,
            FailureKind::Timeout
        );
        let absent = CommandSettings {
            program: "no-such-program-here".to_owned(),
            ..slow.settings
        };
        let absent = CommandCopilot::new(absent, Arc::new(SystemClock::new()));
        assert_eq!(
            absent.ask(&case("c", "?"), 0).await.unwrap_err().kind,
            FailureKind::Connect
        );
    }
}
