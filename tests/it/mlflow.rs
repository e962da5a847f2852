//! Against `MLflow`'s own server, from the Python package index: a `ChatAgent` and a `ResponsesAgent` with retriever spans,
//! saved and served by it, replayed end to end, their passages found in the traces that `MLflow`
//! itself has made.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::program::{Folder, POLICY, eval_set};

/// A command of the tests' own Python, which records traces as on Databricks.
fn python(bin: &Path, program: &str, folder: &Path) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let path = path.to_string_lossy();
    let mut command = Command::new(bin.join(program));
    command
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("IS_IN_DB_MODEL_SERVING_ENV", "true")
        .env("ENABLE_MLFLOW_TRACING", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// One served agent; it ends with the test.
struct Agent {
    process: Child,
    port: u16,
}

impl Agent {
    fn serve(bin: &Path, folder: &Path, model: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        // A group of its own: the server that MLflow starts outlives it.
        let process = python(bin, "mlflow", folder)
            .args(["models", "serve", "-m", model, "--env-manager", "local"])
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .process_group(0)
            .spawn()
            .unwrap();
        Self { process, port }
    }

    fn wait(&self) {
        for _ in 0..3000 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the agent did not start within five minutes");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(killed.unwrap().success());
        self.process.wait().unwrap();
    }
}

/// Where MLflow is; nothing where `tests/run.sh` has not installed it.
fn installed() -> Option<PathBuf> {
    let bin = PathBuf::from(env::var_os("GROUNDGATE_TEST_VENV")?).join("bin");
    bin.join("mlflow").is_file().then_some(bin)
}

fn config(port: u16, form: &str) -> String {
    format!(
        r#"
schema   = "groundgate.config/1"
eval-set = "set.jsonl"
policy   = "gate.toml"

[[copilot]]
name     = "agent"
kind     = "mlflow"
base-url = "http://127.0.0.1:{port}"
form     = "{form}"

[[judge]]
name = "embedded"
spec = "embedded"

[checks]
metrics = ["context_recall"]
"#
    )
}

#[test]
fn agents_that_mlflow_serves_are_replayed_with_their_passages() {
    let Some(bin) = installed() else {
        eprintln!("SKIPPED: no MLflow; ./tests/run.sh installs it");
        assert!(
            env::var_os("CI").is_none(),
            "CI has what tests/run.sh installs"
        );
        return;
    };
    let folder = Folder::with(&[
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(6)),
        ("chat_agent.py", include_str!("agents/chat_agent.py")),
        (
            "responses_agent.py",
            include_str!("agents/responses_agent.py"),
        ),
        ("save.py", include_str!("agents/save.py")),
    ]);
    let saved = python(&bin, "python", folder.path())
        .arg("save.py")
        .status();
    assert!(saved.unwrap().success(), "MLflow did not save the agents");
    let agents = [
        ("chat_agent", "chat-agent"),
        ("responses_agent", "responses"),
    ]
    .map(|(model, form)| (Agent::serve(&bin, folder.path(), model), form));
    for (agent, form) in &agents {
        agent.wait();
        folder.write("groundgate.toml", &config(agent.port, form));
        let doctor = folder.run(&["doctor", "--online"]);
        assert_eq!(doctor.code, 0, "{form}: {}{}", doctor.out, doctor.err);
        assert!(
            doctor.out.contains("passages     1 shown"),
            "{}",
            doctor.out
        );
        let ended = folder.run(&["run"]);
        assert_eq!(ended.code, 0, "{form}: {}", ended.err);
        let exported = folder.run(&["runs", "export"]).out;
        assert_eq!(exported.lines().count(), 6);
        for (number, line) in exported.lines().enumerate() {
            let trial: Value = serde_json::from_str(line).unwrap();
            let text = format!("The fee for product number {number} is {number} EUR.");
            assert_eq!(trial["answer"], text.as_str(), "{form}: {line}");
            let passage = &trial["passages"][0];
            assert_eq!(passage["text"], text.as_str(), "{form}: {line}");
            assert_eq!(passage["id"], format!("doc-{number}"), "{form}: {line}");
            assert_eq!(
                passage["source"],
                format!("kb/{number}.md"),
                "{form}: {line}"
            );
            assert_eq!(trial["scores"]["context_recall"], 1.0, "{form}: {line}");
            assert_eq!(trial["scores"]["groundedness"], 1.0, "{form}: {line}");
        }
    }
    assert!(fs::read_dir(folder.path().join("runs")).unwrap().count() >= 2);
}
