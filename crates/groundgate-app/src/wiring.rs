//! From the configuration to things that talk: copilots, judges and their models.

use std::sync::Arc;

use crate::{
    config::{
        Config, CopilotConfig, CopilotKind, DatabricksConfig, EndpointConfig, History, JudgeConfig,
        JudgeEndpoint, JurorConfig, ModelApi, ServedModel,
    },
    demo::{Answerer, DemoServer, serve},
};
use groundgate_endpoints::{
    chat::{AnthropicModel, BedrockModel, ChatModel, OpenAiModel, OpenAiResponsesModel},
    copilot::{
        CommandCopilot, Copilot, DatabricksCopilot, HttpCopilot, ModelCopilot, RecordedCopilot,
        RetrieverCopilot, SameModel, TurnByTurn,
    },
    transport::{Client, SystemClock},
};
use groundgate_model::eval_set::KnowledgeBase;
use groundgate_run::{Juror, Seat, SeatKind};
use tokio::runtime::Runtime;

use super::{
    app::App,
    bundled, cascades, databricks,
    error::{AppError, ErrorClass},
    files, judge_spec,
    prices::Prices,
};

/// A copilot with what it talks through.
#[expect(missing_debug_implementations, reason = "the copilot is a port")]
pub struct Wired {
    /// Who is asked.
    pub copilot: Arc<dyn Copilot>,
    /// `None` where nothing goes over a network, or to this program's own demo only.
    pub client: Option<Arc<Client>>,
}

/// The system under test. A demo copilot is served on `runtime`; `first_model` is the model that has
/// answered in an earlier part of the run.
pub fn copilot(
    app: &App,
    config: &Config,
    chosen: &CopilotConfig,
    first_model: Option<String>,
    runtime: &Runtime,
) -> Result<Wired, AppError> {
    let _inside = runtime.enter();
    let wired = bare_copilot(app, config, chosen, runtime, Wake::Sleepers)?;
    let mut copilot = wired.copilot;
    match &chosen.served_model {
        ServedModel::Any => {}
        ServedModel::Same => copilot = Arc::new(SameModel::as_first(copilot, first_model)),
        ServedModel::Named(name) => copilot = Arc::new(SameModel::named(copilot, name.clone())),
    }
    let copilot = with_history(chosen, copilot);
    Ok(Wired { copilot, ..wired })
}

/// The system under test for what its calls can cost: nothing is called, also not to make it ready.
pub fn uncalled_copilot(
    app: &App,
    config: &Config,
    chosen: &CopilotConfig,
    runtime: &Runtime,
) -> Result<Arc<dyn Copilot>, AppError> {
    let _inside = runtime.enter();
    let wired = bare_copilot(app, config, chosen, runtime, Wake::Nobody)?;
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

/// Whether endpoints that scale to zero are looked at and woken up.
#[derive(Debug, Clone, Copy)]
enum Wake {
    Sleepers,
    Nobody,
}

fn bare_copilot(
    app: &App,
    config: &Config,
    chosen: &CopilotConfig,
    runtime: &Runtime,
    wake: Wake,
) -> Result<Wired, AppError> {
    let seed = config.seed;
    let prices = Prices::of(config)?;
    Ok(match &chosen.kind {
        CopilotKind::OpenAi { endpoint, settings } => {
            let client = client(app, endpoint, seed)?;
            let mut settings = (**settings).clone();
            prices.fill_chat(&mut settings.model);
            let copilot = ModelCopilot::chat(Arc::clone(&client), settings);
            over(&client, copilot)
        }
        CopilotKind::Model {
            endpoint,
            api,
            settings,
        } => {
            let client = client(app, endpoint, seed)?;
            let model = model(&client, prices.filled(api));
            let copilot = ModelCopilot::new(Arc::clone(&client), model, (**settings).clone());
            over(&client, copilot)
        }
        CopilotKind::Databricks { endpoint, settings } => {
            let client = client(app, endpoint, seed)?;
            let place = databricks::Place {
                client: &client,
                endpoint,
                may_be_mixed: chosen.served_model == ServedModel::Any,
                seed,
            };
            let copilot = served(app, &place, settings, (runtime, wake))?;
            over(&client, copilot)
        }
        CopilotKind::Mlflow { endpoint, settings } => {
            let client = client(app, endpoint, seed)?;
            let copilot = DatabricksCopilot::on_mlflow(Arc::clone(&client), (**settings).clone());
            over(&client, copilot)
        }
        CopilotKind::Http { endpoint, settings } => {
            let client = client(app, endpoint, seed)?;
            let copilot = HttpCopilot::new(Arc::clone(&client), settings)
                .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
            over(&client, copilot)
        }
        CopilotKind::VectorSearch { endpoint, .. } | CopilotKind::Retriever { endpoint, .. } => {
            let client = client(app, endpoint, seed)?;
            over(&client, retriever(&client, &chosen.kind)?)
        }
        CopilotKind::Command(_) if forbids_commands(app)? => {
            return Err(AppError::invalid(
                "a copilot of kind `command` could read every secret: [measurement] of the trust file does not name its kind",
            )
            .with_help("who owns the trust file may add it: copilot = { kinds = [\"command\"] }"));
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
            let server = serve_demo(config, runtime)?;
            local(bundled::demo_copilot(&server, *variant)?)
        }
    })
}

/// A copilot at a serving endpoint, which is looked at unless nobody is to be woken up.
fn served(
    app: &App,
    place: &databricks::Place<'_>,
    settings: &DatabricksConfig,
    (runtime, wake): (&Runtime, Wake),
) -> Result<DatabricksCopilot, AppError> {
    match wake {
        Wake::Nobody => Ok(DatabricksCopilot::on_mlflow(
            Arc::clone(place.client),
            settings.settings.clone(),
        )),
        Wake::Sleepers => databricks::copilot(app, place, settings, runtime),
    }
}

/// An index at the client's endpoint.
fn retriever(client: &Arc<Client>, kind: &CopilotKind) -> Result<RetrieverCopilot, AppError> {
    let client = Arc::clone(client);
    let made = match kind {
        CopilotKind::VectorSearch { settings, .. } => {
            RetrieverCopilot::vector_search(client, (**settings).clone())
        }
        CopilotKind::Retriever { settings, .. } => {
            RetrieverCopilot::over_http(client, (**settings).clone())
        }
        CopilotKind::OpenAi { .. }
        | CopilotKind::Model { .. }
        | CopilotKind::Databricks { .. }
        | CopilotKind::Mlflow { .. }
        | CopilotKind::Command(_)
        | CopilotKind::Http { .. }
        | CopilotKind::Recorded { .. }
        | CopilotKind::Demo { .. } => {
            return Err(AppError::internal("this copilot is no index"));
        }
    };
    made.map_err(|error| AppError::new(ErrorClass::Invalid, error))
}

/// Whether there are secrets that a command of the configuration's choice must not see.
fn forbids_commands(app: &App) -> Result<bool, AppError> {
    let secrets = app.secret_hosts()?;
    Ok(secrets.is_some_and(|secrets| !secrets.allows_commands))
}

fn over(client: &Arc<Client>, copilot: impl Copilot + 'static) -> Wired {
    Wired {
        copilot: Arc::new(copilot),
        client: Some(Arc::clone(client)),
    }
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
        CopilotKind::VectorSearch { .. }
        | CopilotKind::Retriever { .. }
        | CopilotKind::Command(_)
        | CopilotKind::Recorded { .. }
        | CopilotKind::Demo { .. } => 0,
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
fn serve_demo(config: &Config, runtime: &Runtime) -> Result<DemoServer, AppError> {
    let knowledge_base = match &config.knowledge_base {
        Some(path) => KnowledgeBase::load(&path.display().to_string(), &files::read(path)?)?,
        None => bundled::knowledge_base()?,
    };
    let digest = knowledge_base.digest();
    let (address, server) = runtime
        .block_on(serve(Answerer::new(knowledge_base)))
        .map_err(|cause| {
            AppError::internal("failed to serve the demo copilot on loopback").because(cause)
        })?;
    runtime.spawn(server);
    Ok(DemoServer {
        base_url: format!("http://{address}/v1"),
        knowledge_base: digest,
    })
}

/// The judges, in the configuration's order.
pub fn seats(app: &App, config: &Config, runtime: &Runtime) -> Result<Vec<Seat>, AppError> {
    let _inside = runtime.enter();
    let prices = Prices::of(config)?;
    let mut seats: Vec<Seat> = Vec::new();
    for judge in &config.judges {
        let mut seat = seat(app, judge, &prices, config.seed)?;
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

fn seat(app: &App, judge: &JudgeConfig, prices: &Prices, seed: u64) -> Result<Seat, AppError> {
    let name = judge.name.clone();
    let Some(spec) = judge_spec::spec(judge)? else {
        let judge = Arc::new(bundled::judge()?);
        return Ok(Seat::alone(name, SeatKind::Embedded(judge)));
    };
    let juror = |juror: &JurorConfig| -> Result<Juror, AppError> {
        let (_, model) = judge_model(app, &juror.endpoint, prices, seed)?;
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
pub fn judge_model(
    app: &App,
    written: &JudgeEndpoint,
    prices: &Prices,
    seed: u64,
) -> Result<(Arc<Client>, Arc<dyn ChatModel>), AppError> {
    let client = client(app, &written.endpoint, seed)?;
    let model = model(&client, prices.filled(&written.api));
    Ok((client, model))
}

/// A client of an endpoint, its secrets looked up.
pub fn client(app: &App, endpoint: &EndpointConfig, seed: u64) -> Result<Arc<Client>, AppError> {
    let endpoint = app.resolve(endpoint)?;
    let client = Client::new(&endpoint, Arc::new(SystemClock::new()), seed)
        .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
    Ok(Arc::new(client))
}
