//! Against an OpenAI-compatible server that is not ours: LiteLLM's proxy with canned replies, as
//! copilot (plain and streamed) and as judge, behind its own bearer key.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::program::{Folder, POLICY, eval_set};

const MODELS: &str = r#"
model_list:
  - model_name: support
    litellm_params:
      model: openai/canned
      api_key: none
      mock_response: "The fee for product number 3 is 3 EUR."
  - model_name: judge
    litellm_params:
      model: openai/canned
      api_key: none
      mock_response: '{"reason": "it does", "label": "addresses-all"}'
  - model_name: limited
    litellm_params:
      model: openai/canned
      api_key: none
      rpm: 8
      mock_response: "The fee for product number 3 is 3 EUR."
  - model_name: refused
    litellm_params:
      model: openai/canned
      api_key: none
      mock_response: "litellm.RateLimitError"
router_settings:
  enable_pre_call_checks: true
  num_retries: 0
  routing_strategy: usage-based-routing-v2
general_settings:
  master_key: sk-canary-5e8f
"#;

/// The proxy; it ends with the test.
struct Gateway {
    process: Child,
    url: String,
}

impl Gateway {
    /// Nothing where LiteLLM is not installed: `tests/run.sh` installs it.
    fn start(folder: &Folder) -> Option<Self> {
        let program = PathBuf::from(env::var_os("GROUNDGATE_TEST_VENV")?).join("bin/litellm");
        if !program.is_file() {
            return None;
        }
        folder.write("models.yaml", MODELS);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program)
            .args([
                "--config",
                "models.yaml",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ])
            .current_dir(folder.path())
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let this = Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        for _ in 0..1200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(this);
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the gateway did not start within two minutes");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn config(url: &str, stream: bool) -> String {
    format!(
        r#"
schema   = "groundgate.config/1"
eval-set = "set.jsonl"
policy   = "gate.toml"
concurrency = 4

[[copilot]]
name     = "support"
kind     = "openai"
base-url = "{url}/v1"
model    = "support"
stream   = {stream}
auth     = {{ env = "GATEWAY_KEY" }}
price    = {{ input-usd-per-million = 0.5, output-usd-per-million = 1.5 }}

[[judge]]
name     = "relevance"
spec     = "answer_relevance"
endpoint = {{ base-url = "{url}/v1", model = "judge", auth = {{ env = "GATEWAY_KEY" }} }}

[checks]
metrics = ["output_tokens", "cost_usd", "latency_ms"]
"#
    )
}

#[test]
fn a_third_partys_gateway_is_copilot_and_judge() {
    let folder = Folder::with(&[("gate.toml", POLICY), ("set.jsonl", &eval_set(8))]);
    let Some(gateway) = Gateway::start(&folder) else {
        eprintln!("SKIPPED: no LiteLLM; ./tests/run.sh installs it");
        assert!(
            env::var_os("CI").is_none(),
            "CI has what tests/run.sh installs"
        );
        return;
    };
    its_refusals_are_waited_for(&folder, &gateway);
    for stream in [false, true] {
        folder.write("groundgate.toml", &config(&gateway.url, stream));
        let without_key = folder.run(&["run", "-q"]);
        assert_eq!(without_key.code, 3, "{}", without_key.err);
        assert!(without_key.err.contains("GATEWAY_KEY"));
        let output = folder
            .command(&["run"])
            .env("GATEWAY_KEY", "sk-canary-5e8f")
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "stream {stream}: {err}");
        let shown = folder.run(&["runs", "export"]);
        for line in shown.out.lines() {
            let trial: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(trial["answer"], "The fee for product number 3 is 3 EUR.");
            assert_eq!(trial["scores"]["answer_relevance"], 1.0, "{line}");
            assert!(
                trial["scores"]["output_tokens"].as_f64().unwrap() > 0.0,
                "{line}"
            );
        }
        let record = folder.records().pop().unwrap();
        let bytes = fs::read(record).unwrap();
        assert!(
            !bytes.windows(6).any(|window| window == b"canary"),
            "the key is in the record"
        );
        assert!(!err.contains("canary"), "the key is in the messages");
    }
}

/// The gateway lets eight calls in each minute and refuses the rest until the next: all questions are
/// answered, with patience. What it always refuses is given up and says why.
fn its_refusals_are_waited_for(folder: &Folder, gateway: &Gateway) {
    let run = |model: &str, limits: &str| {
        let config = config(&gateway.url, false)
            .replace(
                "model    = \"support\"",
                &format!("model = \"{model}\"\n{limits}"),
            )
            .replace("[[judge]]", "[[ignored]]");
        let (copilots, _) = config.split_once("[[ignored]]").unwrap();
        let checks = "[checks]\nmetrics = [\"answer_chars\"]\n";
        folder.write("groundgate.toml", &format!("{copilots}{checks}"));
        let output = folder
            .command(&["run"])
            .env("GATEWAY_KEY", "sk-canary-5e8f")
            .output()
            .unwrap();
        let exported = folder.run(&["runs", "export"]).out;
        (output.status.code().unwrap(), exported)
    };
    folder.write("set.jsonl", &eval_set(10));
    let (code, exported) = run("limited", "");
    assert_eq!(code, 0);
    assert_eq!(exported.matches("3 EUR.\"").count(), 10 + 2, "{exported}");
    folder.write("set.jsonl", &eval_set(2));
    let few = "retries = { max-when-refused = 1, first-wait-ms = 1 }";
    let (code, exported) = run("refused", few);
    assert_eq!(code, 5);
    assert_eq!(
        exported.matches("rate-limited: call to").count(),
        2,
        "{exported}"
    );
    folder.write("set.jsonl", &eval_set(8));
}
