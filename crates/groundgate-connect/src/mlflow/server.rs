//! The server itself: how it is asked, and its experiments.

use std::{sync::Arc, time::Duration};

use groundgate_endpoints::transport::{
    Call, Client, Endpoint, HeaderText, JsonBody, SystemClock, Target, Unanswered, parse_json,
};
use serde_json::{Value, json};

use super::error::TrackingError;

/// The largest reply that is read: ten traces, or one that is very long.
const LARGEST_REPLY: usize = 64 << 20;
/// Calls at a time: the server works on one, or on a few.
const IN_FLIGHT: usize = 8;
/// How long a server may search.
const FIRST_BYTE: Duration = Duration::from_mins(2);
/// How many experiments an error names.
const NAMED: usize = 10;

/// A tracking server.
#[derive(Debug)]
pub struct TrackingServer {
    client: Client,
    endpoint: Endpoint,
}

/// An experiment of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl TrackingServer {
    /// The server at an endpoint; its limits are set here.
    pub fn new(endpoint: &Endpoint) -> Result<Self, TrackingError> {
        let mut endpoint = endpoint.clone();
        endpoint.largest_body = LARGEST_REPLY;
        endpoint.limits.in_flight = IN_FLIGHT;
        endpoint.timeouts.first_byte = endpoint.timeouts.first_byte.max(FIRST_BYTE);
        endpoint.timeouts.whole = endpoint.timeouts.whole.max(FIRST_BYTE.saturating_mul(2));
        Ok(Self {
            client: Client::new(&endpoint, Arc::new(SystemClock::new()), 0)?,
            endpoint,
        })
    }

    /// The same server, told these headers with every call.
    pub(super) fn with_headers(&self, headers: &[(&str, &str)]) -> Result<Self, TrackingError> {
        let mut endpoint = self.endpoint.clone();
        let headers = headers.iter();
        let headers = headers
            .map(|(name, value)| ((*name).to_owned(), HeaderText::Plain((*value).to_owned())));
        endpoint.headers.extend(headers);
        Self::new(&endpoint)
    }

    /// The experiment of that name, or with that id.
    pub async fn experiment(&self, name: &str) -> Result<Experiment, TrackingError> {
        let by_name = [("experiment_name", name)];
        let found = self
            .get("api/2.0/mlflow/experiments/get-by-name", &by_name)
            .await;
        let is_id = name.bytes().all(|byte| byte.is_ascii_digit());
        let found = match found {
            Err(unanswered) if unanswered.status == Some(404) && is_id => {
                self.get("api/2.0/mlflow/experiments/get", &[("experiment_id", name)])
                    .await
            }
            found => found,
        };
        let found = match found {
            Ok(found) => found,
            Err(unanswered) if unanswered.status == Some(404) => {
                return Err(TrackingError::NoExperiment {
                    name: name.to_owned(),
                    there: self.names().await,
                });
            }
            Err(unanswered) => return Err(unanswered.into()),
        };
        let text = |field: &str| found.pointer(&format!("/experiment/{field}"))?.as_str();
        if text("lifecycle_stage") == Some("deleted") {
            return Err(TrackingError::DeletedExperiment(name.to_owned()));
        }
        match (text("experiment_id"), text("name")) {
            (Some(id), Some(name)) => Ok(Experiment {
                id: id.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(TrackingError::NotMlflow(format!(
                "it describes the experiment `{name}` without id and name"
            ))),
        }
    }

    /// Names of a few experiments; none where even that is not told.
    async fn names(&self) -> Vec<String> {
        let body = json!({"max_results": NAMED});
        let found = self
            .post("api/2.0/mlflow/experiments/search", &body)
            .await
            .unwrap_or_default();
        let experiments = found.get("experiments").and_then(Value::as_array);
        let names = experiments
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("name")?.as_str());
        names.map(str::to_owned).collect()
    }

    pub(super) async fn get(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Unanswered> {
        let target = self.client.target_with(path, parameters);
        self.json(&target, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Unanswered> {
        let target = self.client.target(path);
        self.json(&target, Some(body)).await
    }

    /// Sends something whose reply says nothing.
    pub(super) async fn tell(&self, path: &str, body: &Value) -> Result<(), Unanswered> {
        let target = self.client.target(path);
        let call = Call::post_json(&target, body.to_string());
        self.client
            .call_with_status(&call, |_head| Ok(JsonBody::default()))
            .await
            .map(drop)
    }

    /// Puts a file.
    pub(super) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), Unanswered> {
        let target = self.client.target(path);
        let call = Call::put(&target, bytes);
        self.client
            .call_with_status(&call, |_head| Ok(JsonBody::default()))
            .await
            .map(drop)
    }

    /// Files come as text, whatever is in them: the body decides whether it is JSON.
    async fn json(&self, target: &Target, body: Option<&Value>) -> Result<Value, Unanswered> {
        let call = match body {
            Some(body) => Call::post_json(target, body.to_string()),
            None => Call::get(target),
        };
        let reply = self
            .client
            .call_with_status(&call, |_head| Ok(JsonBody::default()))
            .await?;
        let tries = reply.timing.tries;
        parse_json(&reply.output).map_err(|fault| self.client.failure(&call, &fault, tries).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_time_to_search_whatever_is_usual() {
        let timeouts_of = |seconds| {
            let mut endpoint = Endpoint::at("http://127.0.0.1:1");
            endpoint.timeouts.first_byte = Duration::from_secs(seconds);
            endpoint.timeouts.whole = Duration::from_secs(seconds);
            let endpoint = TrackingServer::new(&endpoint).unwrap().endpoint;
            assert_eq!(endpoint.limits.in_flight, IN_FLIGHT);
            assert_eq!(endpoint.largest_body, LARGEST_REPLY);
            let timeouts = endpoint.timeouts;
            (timeouts.first_byte.as_secs(), timeouts.whole.as_secs())
        };
        assert_eq!(timeouts_of(5), (120, 240));
        assert_eq!(timeouts_of(900), (900, 900));
    }
}
