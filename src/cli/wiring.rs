//! From the configuration to things that talk: copilots, judges and their models.

use std::{fs, path::Path, sync::Arc};

use tokio::runtime::Runtime;

use super::{bundled, error::CliError, exit_code::ExitCode, files, terminal};
use crate::{
    chat::OpenAiModel,
    config::{Config, CopilotConfig, CopilotKind, EndpointConfig, JudgeConfig, Lookup, SpecSource},
    copilot::{ChatCopilot, Copilot, HttpCopilot, RecordedCopilot},
    demo::{Answerer, serve},
    eval_set::KnowledgeBase,
    judge::{self, JudgeSpec, known_cases},
    run::{Seat, SeatKind},
    transport::{Client, SystemClock},
};

/// The system under test. A demo copilot is served on `runtime`.
pub(crate) fn copilot(
    config: &Config,
    chosen: &CopilotConfig,
    runtime: &Runtime,
) -> Result<Arc<dyn Copilot>, CliError> {
    let _inside = runtime.enter();
    Ok(match &chosen.kind {
        CopilotKind::OpenAi { endpoint, settings } => Arc::new(ChatCopilot::new(
            client(endpoint, config.seed)?,
            (**settings).clone(),
        )),
        CopilotKind::Http { endpoint, settings } => Arc::new(
            HttpCopilot::new(client(endpoint, config.seed)?, settings)
                .map_err(|error| CliError::new(ExitCode::Invalid, error))?,
        ),
        CopilotKind::Recorded { file } => {
            let name = file.display().to_string();
            Arc::new(RecordedCopilot::parse(&name, &files::read(file)?)?)
        }
        CopilotKind::Demo { variant } => {
            let base_url = serve_demo(config, runtime)?;
            Arc::new(bundled::demo_copilot(&base_url, variant.name())?)
        }
    })
}

/// Serves the demo copilot over the configured knowledge base, or the bundled one.
fn serve_demo(config: &Config, runtime: &Runtime) -> Result<String, CliError> {
    let knowledge_base = match &config.knowledge_base {
        Some(path) => KnowledgeBase::load(&path.display().to_string(), &files::read(path)?)?,
        None => bundled::knowledge_base()?,
    };
    let (address, server) = runtime
        .block_on(serve(Answerer::new(knowledge_base)))
        .map_err(|cause| {
            CliError::internal("failed to serve the demo copilot on loopback").because(cause)
        })?;
    runtime.spawn(server);
    Ok(format!("http://{address}/v1"))
}

/// The judges, in the configuration's order.
pub(crate) fn seats(config: &Config, runtime: &Runtime) -> Result<Vec<Seat>, CliError> {
    let _inside = runtime.enter();
    config
        .judges
        .iter()
        .map(|judge| seat(judge, config.seed))
        .collect()
}

fn seat(judge: &JudgeConfig, seed: u64) -> Result<Seat, CliError> {
    let name = judge.name.clone();
    let Some((spec, model)) = spec(judge)?.zip(judge.endpoint.as_ref()) else {
        return Ok(Seat {
            name,
            kind: SeatKind::Embedded(Arc::new(bundled::judge()?)),
        });
    };
    let model = OpenAiModel::new(client(&model.endpoint, seed)?, model.settings.clone());
    Ok(Seat {
        name,
        kind: SeatKind::Model {
            spec: Arc::new(spec),
            model: Arc::new(model),
        },
    })
}

/// A judge's spec, checked against its known cases; `None` for the embedded judge.
pub(crate) fn spec(judge: &JudgeConfig) -> Result<Option<JudgeSpec>, CliError> {
    let (file, text, cases) = match &judge.spec {
        SpecSource::Embedded => return Ok(None),
        SpecSource::Bundled(name) => match judge::bundled(name) {
            Some(bundled) => (
                format!("judges/{name}.toml"),
                bundled.spec.to_owned(),
                Some(bundled.cases.to_owned()),
            ),
            None => {
                return Err(CliError::invalid(format!(
                    "there is no bundled judge `{name}`"
                )));
            }
        },
        SpecSource::File(path) => {
            let cases = path.with_extension("cases.jsonl");
            let cases = if cases.is_file() {
                Some(files::read_text(&cases)?)
            } else {
                None
            };
            (path.display().to_string(), files::read_text(path)?, cases)
        }
    };
    let mut spec = JudgeSpec::parse(&file, &text)?;
    let cases_file = file.replace(".toml", ".cases.jsonl");
    let Some(cases) = cases else {
        return Err(
            CliError::invalid(format!("judge `{}` has no known cases", judge.name)).with_help(
                format!("write `{cases_file}`: answers that it must get right, one a line"),
            ),
        );
    };
    known_cases::check(&cases_file, &spec, &known_cases::read(&cases_file, &cases)?)?;
    if let Some(votes) = judge.votes {
        spec.votes = votes;
    }
    Ok(Some(spec))
}

fn client(endpoint: &EndpointConfig, seed: u64) -> Result<Arc<Client>, CliError> {
    let lookup = Lookup {
        env: &terminal::variable,
        file: &|path: &Path| fs::read(path),
    };
    let endpoint = endpoint
        .resolve(lookup)
        .map_err(|error| CliError::new(ExitCode::Invalid, error))?;
    let client = Client::new(&endpoint, Arc::new(SystemClock::new()), seed)
        .map_err(|error| CliError::new(ExitCode::Invalid, error))?;
    Ok(Arc::new(client))
}
