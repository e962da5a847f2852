//! From the configuration to things that talk: copilots, judges and their models.

use std::{fs, path::Path, sync::Arc};

use groundgate_app::{
    config::{
        Config, CopilotConfig, CopilotKind, EndpointConfig, History, JudgeConfig, JudgeEndpoint,
        JurorConfig, Lookup, ModelApi, ServedModel, SpecSource,
    },
    demo::{Answerer, serve},
};
use groundgate_endpoints::{
    chat::{AnthropicModel, BedrockModel, ChatModel, OpenAiModel, OpenAiResponsesModel},
    copilot::{
        ChatCopilot, CommandCopilot, Copilot, DatabricksCopilot, HttpCopilot, ModelCopilot,
        RecordedCopilot, SameModel, TurnByTurn,
    },
    transport::{Client, SystemClock},
};
use groundgate_judge::{
    JudgeSpec, OfflineJudge,
    known_cases::{self, KnownCase},
};
use groundgate_model::{
    eval_set::KnowledgeBase,
    trial::{MetricSpec, disagreement_of},
};
use groundgate_run::{Juror, Seat, SeatKind};
use tokio::runtime::Runtime;

use super::{
    bundled, cascades, databricks,
    error::CliError,
    exit_code::ExitCode,
    files,
    prices::Prices,
    terminal::{self, Terminal},
};

/// A copilot with what it talks through.
pub(crate) struct Wired {
    pub(crate) copilot: Arc<dyn Copilot>,
    /// `None` where nothing goes over a network, or to this program's own demo only.
    pub(crate) client: Option<Arc<Client>>,
}

/// The system under test. A demo copilot is served on `runtime`; `first_model` is the model that has
/// answered in an earlier part of the run.
pub(crate) fn copilot(
    config: &Config,
    chosen: &CopilotConfig,
    first_model: Option<String>,
    runtime: &Runtime,
    terminal: &Terminal,
) -> Result<Wired, CliError> {
    let _inside = runtime.enter();
    let wired = bare_copilot(config, chosen, runtime, Some(terminal))?;
    let mut copilot = wired.copilot;
    match &chosen.served_model {
        ServedModel::Any => {}
        ServedModel::Same => copilot = Arc::new(SameModel::new(copilot, first_model)),
        ServedModel::Named(name) => copilot = Arc::new(SameModel::new(copilot, Some(name.clone()))),
    }
    let copilot = with_history(chosen, copilot);
    Ok(Wired { copilot, ..wired })
}

/// The system under test for what its calls can cost: nothing is called, also not to make it ready.
pub(crate) fn uncalled_copilot(
    config: &Config,
    chosen: &CopilotConfig,
    runtime: &Runtime,
) -> Result<Arc<dyn Copilot>, CliError> {
    let _inside = runtime.enter();
    let wired = bare_copilot(config, chosen, runtime, None)?;
    Ok(with_history(chosen, wired.copilot))
}

fn with_history(chosen: &CopilotConfig, copilot: Arc<dyn Copilot>) -> Arc<dyn Copilot> {
    match chosen.history {
        History::AsWritten => copilot,
        History::TurnByTurn => {
            let longest = max_output_tokens(&chosen.kind);
            Arc::new(TurnByTurn::new(copilot, longest))
        }
    }
}

/// Without a terminal to tell about it, no endpoint is looked at or woken up.
fn bare_copilot(
    config: &Config,
    chosen: &CopilotConfig,
    runtime: &Runtime,
    terminal: Option<&Terminal>,
) -> Result<Wired, CliError> {
    let seed = config.seed;
    let prices = Prices::of(config)?;
    let over = |client: &Arc<Client>, copilot: Arc<dyn Copilot>| Wired {
        copilot,
        client: Some(Arc::clone(client)),
    };
    Ok(match &chosen.kind {
        CopilotKind::OpenAi { endpoint, settings } => {
            let client = client(endpoint, seed)?;
            let mut settings = (**settings).clone();
            prices.fill_chat(&mut settings.model);
            let copilot = ChatCopilot::new(Arc::clone(&client), settings);
            over(&client, Arc::new(copilot))
        }
        CopilotKind::Model {
            endpoint,
            api,
            settings,
        } => {
            let client = client(endpoint, seed)?;
            let model = model(&client, prices.filled(api));
            let copilot = ModelCopilot::new(Arc::clone(&client), model, (**settings).clone());
            over(&client, Arc::new(copilot))
        }
        CopilotKind::Databricks { endpoint, settings } => {
            let client = client(endpoint, seed)?;
            let place = databricks::Place {
                client: &client,
                endpoint,
                may_be_mixed: chosen.served_model == ServedModel::Any,
                seed,
            };
            let copilot = match terminal {
                Some(terminal) => databricks::copilot(&place, settings, runtime, terminal)?,
                None => {
                    DatabricksCopilot::on_mlflow(Arc::clone(&client), settings.settings.clone())
                }
            };
            over(&client, Arc::new(copilot))
        }
        CopilotKind::Mlflow { endpoint, settings } => {
            let client = client(endpoint, seed)?;
            let copilot = DatabricksCopilot::on_mlflow(Arc::clone(&client), (**settings).clone());
            over(&client, Arc::new(copilot))
        }
        CopilotKind::Http { endpoint, settings } => {
            let client = client(endpoint, seed)?;
            let copilot = HttpCopilot::new(Arc::clone(&client), settings)
                .map_err(|error| CliError::new(ExitCode::Invalid, error))?;
            over(&client, Arc::new(copilot))
        }
        CopilotKind::Command(settings) => local(CommandCopilot::new(
            settings.clone(),
            Arc::new(SystemClock::new()),
        )),
        CopilotKind::Recorded { file } => {
            let name = file.display().to_string();
            local(RecordedCopilot::parse(&name, &files::read(file)?)?)
        }
        CopilotKind::Demo { variant } => {
            let base_url = serve_demo(config, runtime)?;
            local(bundled::demo_copilot(&base_url, variant.name())?)
        }
    })
}

fn local(copilot: impl Copilot + 'static) -> Wired {
    Wired {
        copilot: Arc::new(copilot),
        client: None,
    }
}

/// The most tokens of a reply that goes back with the next turn.
fn max_output_tokens(kind: &CopilotKind) -> u32 {
    match kind {
        CopilotKind::OpenAi { settings, .. } => settings.max_output_tokens,
        CopilotKind::Model { settings, .. } => settings.max_output_tokens,
        CopilotKind::Databricks { settings, .. } => settings.settings.max_output_tokens,
        CopilotKind::Mlflow { settings, .. } => settings.max_output_tokens,
        CopilotKind::Http { settings, .. } => settings.max_output_tokens,
        CopilotKind::Command(_) | CopilotKind::Recorded { .. } | CopilotKind::Demo { .. } => 0,
    }
}

/// A model behind its provider's API.
fn model(client: &Arc<Client>, api: ModelApi) -> Arc<dyn ChatModel> {
    let client = Arc::clone(client);
    match api {
        ModelApi::Chat(settings) => Arc::new(OpenAiModel::new(client, settings)),
        ModelApi::Responses(settings) => Arc::new(OpenAiResponsesModel::new(client, settings)),
        ModelApi::Anthropic(settings) => Arc::new(AnthropicModel::new(client, settings)),
        ModelApi::Bedrock(settings) => Arc::new(BedrockModel::new(client, settings)),
    }
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
    let prices = Prices::of(config)?;
    let mut seats: Vec<Seat> = Vec::new();
    for judge in &config.judges {
        let mut seat = seat(judge, &prices, config.seed)?;
        seat.apart = cascades::apart(config, judge)?;
        seats.push(seat);
    }
    for (place, judge) in config.judges.iter().enumerate() {
        let behind = cascades::behind(config, judge, &seats)?;
        if let Some(seat) = seats.get_mut(place) {
            seat.behind = behind;
        }
    }
    Ok(seats)
}

fn seat(judge: &JudgeConfig, prices: &Prices, seed: u64) -> Result<Seat, CliError> {
    let name = judge.name.clone();
    let Some(spec) = spec(judge)? else {
        let judge = Arc::new(bundled::judge()?);
        return Ok(Seat::alone(name, SeatKind::Embedded(judge)));
    };
    let juror = |juror: &JurorConfig| -> Result<Juror, CliError> {
        let (_, model) = judge_model(&juror.endpoint, prices, seed)?;
        Ok(Juror {
            name: juror.name.clone(),
            model,
        })
    };
    let kind = SeatKind::Model {
        spec: Arc::new(spec),
        jurors: judge.jurors.iter().map(juror).collect::<Result<_, _>>()?,
    };
    Ok(Seat::alone(name, kind))
}

/// The model behind a judge, with what it talks through.
pub(crate) fn judge_model(
    written: &JudgeEndpoint,
    prices: &Prices,
    seed: u64,
) -> Result<(Arc<Client>, Arc<dyn ChatModel>), CliError> {
    let client = client(&written.endpoint, seed)?;
    let model = model(&client, prices.filled(&written.api));
    Ok((client, model))
}

/// A judge's spec, checked against its known cases; `None` for the embedded judge.
pub(crate) fn spec(judge: &JudgeConfig) -> Result<Option<JudgeSpec>, CliError> {
    Ok(spec_with_cases(judge)?.map(|(spec, _)| spec))
}

/// What a judge measures, under its own names.
pub(crate) fn metrics(judge: &JudgeConfig) -> Result<Vec<MetricSpec>, CliError> {
    let Some(spec) = spec(judge)? else {
        return Ok(OfflineJudge::metrics());
    };
    let disagreement = (judge.jurors.len() > 1).then(|| disagreement_of(&judge.name));
    Ok(spec.metrics().into_iter().chain(disagreement).collect())
}

/// The same with the known cases themselves.
pub(crate) fn spec_with_cases(
    judge: &JudgeConfig,
) -> Result<Option<(JudgeSpec, Vec<KnownCase>)>, CliError> {
    let (file, text, cases) = match &judge.spec {
        SpecSource::Embedded => return Ok(None),
        SpecSource::Bundled(name) => match groundgate_judge::bundled(name) {
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
    let cases = known_cases::read(&cases_file, &cases)?;
    known_cases::check(&cases_file, &spec, &cases)?;
    set_votes(&mut spec, judge)?;
    Ok(Some((spec, cases)))
}

/// The votes of all jurors together, and how many of them must be scored, as the configuration says.
fn set_votes(spec: &mut JudgeSpec, judge: &JudgeConfig) -> Result<(), CliError> {
    let n_jurors = u32::try_from(judge.jurors.len()).unwrap_or(u32::MAX);
    let each = judge.votes.unwrap_or(spec.votes);
    let votes = each.saturating_mul(n_jurors);
    if let Some(fault) = spec.votes_fault(each, votes) {
        let message = format!("judge `{}` has {fault}", judge.name);
        return Err(CliError::invalid(message).with_help("`votes` are those of each juror"));
    }
    spec.set_votes(votes);
    match judge.votes_needed {
        None => {}
        Some(needed) if needed <= votes => spec.set_votes_needed(needed),
        Some(needed) => {
            let message = format!(
                "judge `{}`: `votes-needed` is {needed} and there are {votes} votes",
                judge.name
            );
            return Err(
                CliError::invalid(message).with_help("it counts the votes of all jurors together")
            );
        }
    }
    Ok(())
}

/// How the configuration's secrets are looked up.
pub(crate) fn lookup() -> Lookup<'static> {
    Lookup {
        env: &terminal::variable,
        file: &|path: &Path| fs::read(path),
    }
}

pub(crate) fn client(endpoint: &EndpointConfig, seed: u64) -> Result<Arc<Client>, CliError> {
    let endpoint = endpoint.resolve(lookup())?;
    let client = Client::new(&endpoint, Arc::new(SystemClock::new()), seed)
        .map_err(|error| CliError::new(ExitCode::Invalid, error))?;
    Ok(Arc::new(client))
}
