//! The configuration as meant.

use std::path::PathBuf;

use super::endpoint::EndpointConfig;
use crate::{
    chat::OpenAiSettings,
    copilot::{ChatCopilotSettings, HttpCopilotSettings},
    demo::Variant,
    unit::Usd,
};

/// All of one file. Paths are relative to the working directory: the file's own folder is already
/// put before them.
#[derive(Debug, Clone)]
pub struct Config {
    /// The curated questions.
    pub eval_set: PathBuf,
    /// The documents that answers rest on, for the linter and the demo.
    pub knowledge_base: Option<PathBuf>,
    /// The release rules.
    pub policy: PathBuf,
    /// Where records go.
    pub runs_dir: PathBuf,
    /// How often each question is asked; 1 to 100.
    pub attempts: u32,
    /// For orders and draws.
    pub seed: u64,
    /// Questions in flight; 1 to 1024.
    pub concurrency: usize,
    /// What a run may cost at most; `None`: no limit.
    pub budget: Option<Usd>,
    /// The systems under test, in the file's order; never empty, names unique.
    pub copilots: Vec<CopilotConfig>,
    /// Who scores the answers, in the file's order; names unique.
    pub judges: Vec<JudgeConfig>,
    /// Built-in metrics that plain checks measure; without repetition.
    pub checks: Vec<String>,
}

impl Config {
    /// The copilot of that name.
    pub fn copilot(&self, name: &str) -> Option<&CopilotConfig> {
        self.copilots.iter().find(|copilot| copilot.name == name)
    }
}

/// One system under test.
#[derive(Debug, Clone)]
pub struct CopilotConfig {
    /// Letters, digits, `-`, `_` and `.`; unique among copilots.
    pub name: String,
    /// How it is asked.
    pub kind: CopilotKind,
}

/// How a copilot is asked.
#[derive(Debug, Clone)]
pub enum CopilotKind {
    /// By chat completions.
    OpenAi {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// What is sent with every question.
        settings: Box<ChatCopilotSettings>,
    },
    /// By any JSON over HTTP.
    Http {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// What is sent, and where the answer is.
        settings: Box<HttpCopilotSettings>,
    },
    /// Not at all: its answers are in a file.
    Recorded {
        /// JSONL of answers.
        file: PathBuf,
    },
    /// The bundled demo copilot.
    Demo {
        /// Which one.
        variant: Variant,
    },
}

/// One judge.
#[derive(Debug, Clone)]
pub struct JudgeConfig {
    /// Letters, digits, `-`, `_` and `.`; unique among judges.
    pub name: String,
    /// What it is asked to do.
    pub spec: SpecSource,
    /// The model that reads the spec; `None` exactly for the embedded judge.
    pub endpoint: Option<JudgeEndpoint>,
    /// Votes on each answer; `None`: as the spec says. 1 to 25.
    pub votes: Option<u32>,
}

/// Where a judge's spec is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecSource {
    /// The embedded judge, which needs no model.
    Embedded,
    /// One of the bundled specs, by name.
    Bundled(String),
    /// A file.
    File(PathBuf),
}

/// The model behind a judge.
#[derive(Debug, Clone)]
pub struct JudgeEndpoint {
    /// Where.
    pub endpoint: EndpointConfig,
    /// Model, parameters and price.
    pub settings: OpenAiSettings,
}
