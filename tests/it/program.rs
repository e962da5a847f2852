//! The binary as its user runs it: arguments, files, exit code, stdout, stderr.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// By these the program would know the pipeline that tests it.
pub(crate) const CI: [&str; 8] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "JENKINS_URL",
    "JENKINS_HOME",
    "BUILDKITE",
    "CIRCLECI",
];

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with files in it, in which the program runs.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            this.write(name, text);
        }
        this
    }

    /// A whole project: one copilot at `url`, asked `n` questions, and a policy.
    pub(crate) fn project(url: &str, n: usize) -> Self {
        Self::with(&[
            ("groundgate.toml", &config(url)),
            ("gate.toml", POLICY),
            ("set.jsonl", &eval_set(n)),
        ])
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The program, ready to be started here, without what the tester's own environment says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundgate"));
        for name in CI {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The records, oldest first.
    pub(crate) fn records(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path().join("runs")) else {
            return Vec::new();
        };
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "sqlite"))
            .collect();
        found.sort();
        found
    }
}

/// A configuration for one chat copilot at `url`, judged by the embedded judge.
pub(crate) fn config(url: &str) -> String {
    format!(
        r#"
schema   = "groundgate.config/1"
eval-set = "set.jsonl"
policy   = "gate.toml"
seed     = 7
concurrency = 4

[[copilot]]
name     = "candidate"
kind     = "openai"
base-url = "{url}/v1"
model    = "any"
retries  = {{ max = 1, max-when-refused = 1, first-wait-ms = 1, longest-wait-s = 1 }}
timeouts = {{ connect-s = 1, first-byte-s = 1, idle-s = 1, whole-s = 2 }}
passages = {{ path = "$.passages", id = "$.id", text = "$.text" }}

[[judge]]
name = "embedded"
spec = "embedded"

[checks]
metrics = ["refusal_correct", "context_recall", "latency_ms"]
"#
    )
}

/// A policy with a rule of nearly every kind.
pub(crate) const POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "test"

[statistics]
min-cases = 5

[[rule]]
id     = "floor"
kind   = "floor"
metric = "groundedness"
min    = 0.5

[[rule]]
id     = "not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.3

[[rule]]
id   = "errors"
kind = "max-error-rate"
max  = 0.01

[[rule]]
id       = "latency"
kind     = "percentile"
metric   = "latency_ms"
quantile = 0.5
max      = 60000
"#;

/// `n` questions, each with a passage of its own at the test servers.
pub(crate) fn eval_set(n: usize) -> String {
    let lines = (0..n).map(|index| {
        serde_json::json!({
            "id": format!("case-{index}"),
            "question": format!("what is the fee for product number {index}?"),
            "reference_answer": format!("The fee for product number {index} is {index} EUR."),
            "expected_facts": [format!("The fee for product number {index} is {index} EUR.")],
            "expected_documents": [format!("doc-{index}")],
            "answerable": true,
            "tags": {"product": if index % 2 == 0 { "even" } else { "odd" }},
        })
        .to_string()
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
