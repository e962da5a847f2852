//! From a configured serving endpoint to a copilot: the endpoint is looked at, understood, and woken
//! up where it sleeps.

use std::{sync::Arc, time::Duration};

use crate::config::{DatabricksConfig, EndpointConfig};
use groundgate_endpoints::{
    copilot::{DatabricksCopilot, DatabricksSettings, ServingEndpoint},
    transport::{Client, SystemClock, Timeouts},
};
use groundgate_model::exchange::{CallFailure, FailureKind};
use tokio::runtime::Runtime;

use super::{
    app::App,
    error::{AppError, ErrorClass},
    observer::Notice,
};

/// Where the endpoint is.
#[derive(Debug)]
pub struct Place<'a> {
    /// What is talked through.
    pub client: &'a Arc<Client>,
    /// As configured.
    pub endpoint: &'a EndpointConfig,
    /// Whether several versions may answer.
    pub may_be_mixed: bool,
    /// For the spread of retries.
    pub seed: u64,
}

/// The copilot at a serving endpoint.
pub fn copilot(
    app: &App,
    place: &Place<'_>,
    config: &DatabricksConfig,
    runtime: &Runtime,
) -> Result<DatabricksCopilot, AppError> {
    let found = runtime
        .block_on(ServingEndpoint::look(place.client, &config.name))
        .map_err(|failure| not_found(&config.name, failure))?;
    let settings = settings(config, &found)?;
    if found.is_mixed() && !place.may_be_mixed {
        return Err(AppError::invalid(format!(
            "the endpoint `{}` serves a mix, {}: a verdict would be about none of them",
            config.name,
            found.served_words()
        ))
        .with_help(
            "route all traffic to one version, or say that the mix is meant: served-model = \"any\"",
        ));
    }
    if found.scales_to_zero || !found.is_ready {
        app.notice(Notice::Waking {
            endpoint: &config.name,
            at_most: config.cold_start,
        });
        let sleeper = Sleeper {
            place,
            config,
            found: &found,
            settings: &settings,
        };
        sleeper.wake(app, runtime)?;
    }
    Ok(DatabricksCopilot::new(
        Arc::clone(place.client),
        found,
        settings,
    ))
}

fn settings(
    config: &DatabricksConfig,
    found: &ServingEndpoint,
) -> Result<DatabricksSettings, AppError> {
    let Some(form) = config.form.or(found.form) else {
        return Err(AppError::invalid(format!(
            "the endpoint `{}` does not say how it is asked",
            config.name
        ))
        .with_help("an agent: form = \"responses\", \"chat-agent\" or \"chat\"; a custom model: `body` and `answer`"));
    };
    Ok(DatabricksSettings {
        form,
        return_trace: config.trace.unwrap_or(found.is_agent),
        ..config.settings.clone()
    })
}

fn not_found(name: &str, failure: CallFailure) -> AppError {
    let help = match failure.kind {
        FailureKind::Auth => "the token needs the permission CAN QUERY on the endpoint".to_owned(),
        FailureKind::Rejected => {
            format!("check the name: `databricks serving-endpoints get {name}`")
        }
        FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::Cut
        | FailureKind::RateLimited
        | FailureKind::Server
        | FailureKind::Redirect
        | FailureKind::Malformed
        | FailureKind::Filtered
        | FailureKind::Empty
        | FailureKind::ToolCalls
        | FailureKind::TooLarge
        | FailureKind::Changed
        | FailureKind::Absent
        | FailureKind::NotSent => "check `host`, or ask again later".to_owned(),
    };
    AppError::new(ErrorClass::Invalid, failure).with_help(help)
}

/// An endpoint that is to be woken up.
struct Sleeper<'a> {
    place: &'a Place<'a>,
    config: &'a DatabricksConfig,
    found: &'a ServingEndpoint,
    settings: &'a DatabricksSettings,
}

impl Sleeper<'_> {
    /// Wakes the endpoint through a client of its own, so that neither deadlines nor failures of waking
    /// up are those of the run.
    fn wake(&self, app: &App, runtime: &Runtime) -> Result<(), AppError> {
        let Self {
            place,
            config,
            found,
            settings,
        } = *self;
        let mut endpoint = app.resolve(place.endpoint)?;
        endpoint.timeouts = Timeouts {
            first_byte: config.cold_start,
            whole: config.cold_start.saturating_add(Duration::from_mins(1)),
            ..endpoint.timeouts
        };
        endpoint.retry.retries = 0;
        // Enough room that waking up is not given up for its failures.
        endpoint.limits.in_flight = 1024;
        let client = Client::new(&endpoint, Arc::new(SystemClock::new()), place.seed)
            .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
        let sleeper = DatabricksCopilot::new(Arc::new(client), found.clone(), settings.clone());
        runtime
            .block_on(sleeper.wake(config.cold_start))
            .map_err(|failure| {
                AppError::new(ErrorClass::Incomplete, failure)
                    .with_help("ask again later, or give it more time: cold-start-s = 3600")
            })
    }
}
