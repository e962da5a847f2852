//! The promotion: tags first, then the alias, and only of what has gone all twelve steps. Asking again
//! changes nothing; after a crash in between the old version is still what the alias names.

use std::fmt::Write as _;

use groundgate_endpoints::{
    chat::BoxFuture,
    transport::{Auth, Call, Client, Endpoint, JsonBody, Secret, SystemClock, parse_json},
};
use serde_json::{Value, json};
use std::sync::Arc;

use super::verification::{VerifyRequest, VerifySummary};
use crate::{
    app::App,
    error::{AppError, ErrorClass},
    pipeline,
};

/// What is promoted, and where it is known.
#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'a> {
    /// What must hold.
    pub verify: VerifyRequest<'a>,
    /// MLflow's registry: the URL of its server.
    pub registry: &'a str,
    /// The variable of its token.
    pub token: Option<&'a str>,
    /// The alias that moves.
    pub alias: &'a str,
}

/// What was done.
#[derive(Debug)]
pub struct PublishSummary {
    /// How the proof went; nothing else is done where it does not hold.
    pub verified: VerifySummary,
    /// Model and version, where they were promoted.
    pub promoted: Option<(String, String)>,
    /// What the alias named before, where that was another version.
    pub before: Option<String>,
}

impl App {
    /// Verifies, and moves the alias to exactly the version that the statement is about.
    pub fn publish(&self, request: &PublishRequest<'_>) -> Result<PublishSummary, AppError> {
        let verified = self.verify(&request.verify)?;
        let Some(subject) = verified.subject.clone() else {
            return Ok(PublishSummary {
                verified,
                promoted: None,
                before: None,
            });
        };
        let (name, version) = model_version(&subject)?;
        let registry = self.registry(request)?;
        let runtime = pipeline::runtime()?;
        let before = runtime.block_on(registry.promote(request, &name, &version))?;
        Ok(PublishSummary {
            verified,
            promoted: Some((name, version)),
            before,
        })
    }

    fn registry(&self, request: &PublishRequest<'_>) -> Result<Registry, AppError> {
        let mut endpoint = Endpoint::at(request.registry);
        if let Some(name) = request.token {
            let value = (self.surroundings().variable)(name).ok_or_else(|| {
                AppError::usage(format!("environment variable `{name}` is not set"))
            })?;
            endpoint.auth = Auth::Bearer(Secret::new(value));
        }
        Ok(Registry { endpoint })
    }
}

/// `models:/NAME/VERSION`, taken apart.
fn model_version(subject: &str) -> Result<(String, String), AppError> {
    let parts = subject
        .strip_prefix("models:/")
        .and_then(|rest| rest.rsplit_once('/'));
    match parts {
        Some((name, version)) if !name.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) && !version.is_empty() => {
            Ok((name.to_owned(), version.to_owned()))
        }
        _ => Err(AppError::invalid(format!(
            "the statement is about `{subject}`, which is no version of a model: there is nothing to promote"
        ))
        .with_help("say which version a run is about: groundgate run --model-version models:/NAME/VERSION")),
    }
}

/// MLflow's registry of models.
struct Registry {
    endpoint: Endpoint,
}

impl Registry {
    async fn promote(
        &self,
        request: &PublishRequest<'_>,
        name: &str,
        version: &str,
    ) -> Result<Option<String>, AppError> {
        let before = self.aliased(name, request.alias).await?;
        let environment = request.verify.environment;
        for (key, value) in [
            (
                format!("groundgate.{environment}.verdict"),
                "PASSED".to_owned(),
            ),
            (
                format!("groundgate.{environment}.proof"),
                request.verify.proof.display().to_string(),
            ),
        ] {
            let tag = json!({"name": name, "version": version, "key": key, "value": value});
            self.post("api/2.0/mlflow/model-versions/set-tag", &tag)
                .await?;
        }
        let other = before.filter(|before| before != version);
        if let Some(other) = &other {
            let alias = json!({"name": name, "alias": format!("previous_{}", request.alias), "version": other});
            self.post("api/2.0/mlflow/registered-models/alias", &alias)
                .await?;
        }
        let alias = json!({"name": name, "alias": request.alias, "version": version});
        self.post("api/2.0/mlflow/registered-models/alias", &alias)
            .await?;
        Ok(other)
    }

    /// The version that an alias names now; none where it names none.
    async fn aliased(&self, name: &str, alias: &str) -> Result<Option<String>, AppError> {
        let mut endpoint = self.endpoint.clone();
        let encoded = name.bytes().fold(String::new(), |mut encoded, byte| {
            let _infallible = write!(encoded, "%{byte:02X}");
            encoded
        });
        let base = endpoint.base_url.trim_end_matches('/');
        endpoint.base_url = format!("{base}/api/2.0/mlflow/registered-models/get?name={encoded}");
        let found = ask(&endpoint, "", None).await?;
        let aliases = found
            .pointer("/registered_model/aliases")
            .and_then(Value::as_array);
        let own = aliases
            .into_iter()
            .flatten()
            .find(|one| one.get("alias").and_then(Value::as_str) == Some(alias));
        Ok(own.and_then(|one| Some(one.get("version")?.as_str()?.to_owned())))
    }

    fn post<'a>(
        &'a self,
        path: &'a str,
        body: &'a Value,
    ) -> BoxFuture<'a, Result<Value, AppError>> {
        Box::pin(ask(&self.endpoint, path, Some(body)))
    }
}

async fn ask(endpoint: &Endpoint, path: &str, body: Option<&Value>) -> Result<Value, AppError> {
    let client = Client::new(endpoint, Arc::new(SystemClock::new()), 0)
        .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
    let target = client.target(path);
    let call = match body {
        Some(body) => Call::post_json(&target, body.to_string()),
        None => Call::get(&target),
    };
    let reply = client
        .call(&call, |head| {
            head.expect_json().map(|()| JsonBody::default())
        })
        .await
        .map_err(|failure| {
            AppError::new(ErrorClass::Incomplete, failure)
                .with_help("nothing is half done: ask again, it changes nothing twice")
        })?;
    let tries = reply.timing.tries;
    parse_json(&reply.output)
        .map_err(|fault| AppError::new(ErrorClass::Invalid, client.failure(&call, &fault, tries)))
}
