//! The configuration as meant.

use std::{path::PathBuf, time::Duration};

use groundgate_endpoints::copilot::{
    ChatCopilotSettings, CommandSettings, DatabricksForm, DatabricksSettings, HttpCopilotSettings,
    ModelCopilotSettings, RetrieverSettings, VectorSearchSettings,
};
use groundgate_judge::boilerplate::Pattern;
use groundgate_model::unit::Usd;
use groundgate_run::AnswerRules;

use super::{endpoint::EndpointConfig, model::ModelApi};
use crate::demo::Variant;

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
    /// Prices that win over the table of this program.
    pub prices: Option<PathBuf>,
    /// A record of judged answers that every run has judged again first: whether the judges still say
    /// what they said.
    pub anchors: Option<PathBuf>,
    /// What several runs, of several processes, spend the budget from; `None`: each has its own.
    pub budget_ledger: Option<PathBuf>,
    /// What all runs of the ledger that begin in one month (UTC) may cost; `budget` is then for each
    /// run alone.
    pub budget_month: Option<Usd>,
    /// The systems under test, in the file's order; never empty, names unique.
    pub copilots: Vec<CopilotConfig>,
    /// The model and version that the copilot is, `models:/NAME/VERSION`, where whoever started the run
    /// says so; the file cannot.
    pub model_version: Option<String>,
    /// Who scores the answers, in the file's order; names unique.
    pub judges: Vec<JudgeConfig>,
    /// Built-in metrics that plain checks measure; without repetition.
    pub checks: Vec<String>,
    /// What of an answer is judged.
    pub answers: AnswerRules,
}

impl Config {
    /// The copilot of that name.
    pub fn copilot(&self, name: &str) -> Option<&CopilotConfig> {
        self.copilots.iter().find(|copilot| copilot.name == name)
    }

    /// What of the answers of the copilot of that name is judged.
    pub fn answers_of(&self, name: &str) -> AnswerRules {
        let own = self
            .copilot(name)
            .map(|copilot| copilot.boilerplate.as_slice());
        self.answers
            .clone()
            .with_boilerplate(own.unwrap_or_default())
    }
}

/// One system under test.
#[derive(Debug, Clone)]
pub struct CopilotConfig {
    /// Letters, digits, `-`, `_` and `.`; unique among copilots.
    pub name: String,
    /// How it is asked.
    pub kind: CopilotKind,
    /// Fixed lines of its answers, besides those of `[answers]`.
    pub boilerplate: Vec<Pattern>,
    /// How the earlier turns of a conversation reach it.
    pub history: History,
    /// Which model may answer.
    pub served_model: ServedModel,
}

/// How the earlier turns of a conversation reach a copilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// As the eval set has them, with the last question.
    AsWritten,
    /// One by one, with the copilot's own replies.
    TurnByTurn,
}

/// Which model may answer during a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServedModel {
    /// Whichever answers first, to the end of the run.
    Same,
    /// The named one.
    Named(String),
    /// Any, and several.
    Any,
}

/// A copilot on Databricks Model Serving.
#[derive(Debug, Clone)]
pub struct DatabricksConfig {
    /// The serving endpoint.
    pub name: String,
    /// Its form; `None`: as the endpoint says.
    pub form: Option<DatabricksForm>,
    /// Whether the trace is asked for; `None`: of agents, which have one.
    pub trace: Option<bool>,
    /// How long it is waited for where it sleeps when nobody asks.
    pub cold_start: Duration,
    /// What is sent; its form and trace are as the two keys above and the endpoint say.
    pub settings: DatabricksSettings,
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
    /// By another provider's API.
    Model {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// Which API.
        api: Box<ModelApi>,
        /// What is sent with every question.
        settings: Box<ModelCopilotSettings>,
    },
    /// On Databricks Model Serving.
    Databricks {
        /// The workspace.
        endpoint: Box<EndpointConfig>,
        /// Which endpoint, and what is sent.
        settings: Box<DatabricksConfig>,
    },
    /// An agent behind MLflow's own server.
    Mlflow {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// What is sent.
        settings: Box<DatabricksSettings>,
    },
    /// By a command of this machine.
    Command(CommandSettings),
    /// By any JSON over HTTP.
    Http {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// What is sent, and where the answer is.
        settings: Box<HttpCopilotSettings>,
    },
    /// An index of Databricks Vector Search, without a copilot.
    VectorSearch {
        /// The workspace.
        endpoint: Box<EndpointConfig>,
        /// Which index, and what of it.
        settings: Box<VectorSearchSettings>,
    },
    /// Any other index over HTTP, without a copilot.
    Retriever {
        /// Where.
        endpoint: Box<EndpointConfig>,
        /// What is sent, and where the passages are.
        settings: Box<RetrieverSettings>,
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
    /// The models that read the spec: none exactly for the embedded judge, one without a name, or the
    /// jurors of a panel, in the order of their names.
    pub jurors: Vec<JurorConfig>,
    /// Votes of each juror on each answer; `None`: as the spec says. 1 to 25.
    pub votes: Option<u32>,
    /// How many votes of all jurors together must be scored; `None`: as many may fail as the spec says.
    /// 1 to 25.
    pub votes_needed: Option<u32>,
    /// Claims with a known label in each call; `None`: as the spec says. 0, 2 or 4.
    pub controls: Option<u32>,
    /// The cheaper judge that it stands behind; `None`: it is asked about every answer.
    pub cascade: Option<CascadeConfig>,
}

/// When a judge behind a cheaper one is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct CascadeConfig {
    /// The cheaper judge, which stands behind no other itself.
    pub after: String,
    /// The cheaper judge's metric that says how sure it is.
    pub by: String,
    /// From the one to the other, both included, it is unsure; 0 to 1.
    pub unsure: (f64, f64),
    /// The share of the others that is judged all the same; 0.02 to 0.5.
    pub audit: f64,
    /// Whether it is asked about every answer for once: where the judge itself is on trial.
    pub asks_always: bool,
}

/// One model of a judge.
#[derive(Debug, Clone)]
pub struct JurorConfig {
    /// Unique in its panel; empty where the judge is one model.
    pub name: String,
    /// The model.
    pub endpoint: JudgeEndpoint,
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
    /// Which API, model, parameters and price.
    pub api: ModelApi,
}
