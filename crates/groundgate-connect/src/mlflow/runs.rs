//! Runs of the server: found or begun once, told what they measured, given their files, ended.

use serde_json::{Value, json};

use super::{
    error::TrackingError,
    server::{Experiment, TrackingServer},
};

/// What one call may carry: metrics, params and tags.
const METRICS: usize = 500;
const PARAMS: usize = 100;
/// Traces that one call links.
const LINKS: usize = 100;
/// The longest value of a param that every server keeps whole.
const PARAM_CHARS: usize = 500;

/// A run of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHead {
    /// Its id.
    pub id: String,
    /// Whether it has ended.
    pub is_finished: bool,
    /// Where its files go.
    pub artifact_uri: String,
    /// Metrics that it has, with their last values.
    pub metrics: Vec<(String, f64)>,
}

impl RunHead {
    /// A metric's last value.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let mut metrics = self.metrics.iter();
        metrics
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    }

    /// How many of these metrics it has with these values.
    pub fn n_kept(&self, metrics: &[(String, f64)]) -> usize {
        let there = |(name, value): &&(String, f64)| {
            self.metric(name)
                .is_some_and(|there| is_same(there, *value))
        };
        metrics.iter().filter(there).count()
    }
}

/// The same number: what was written in decimal and read again may differ in its last bit.
fn is_same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(1.0)
}

/// What a run keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// Names and values.
    pub metrics: Vec<(String, f64)>,
    /// When they were measured, in milliseconds: the same for the same record, so that nothing is there twice.
    pub at_ms: i64,
    /// When a metric was measured that the run has with another value: the later one counts.
    pub changed_at_ms: i64,
    /// Names and values that never change.
    pub params: Vec<(String, String)>,
    /// Names and values that may.
    pub tags: Vec<(String, String)>,
}

impl TrackingServer {
    /// The run with this tag, and how many more have it.
    pub async fn run_with_tag(
        &self,
        experiment: &Experiment,
        tag: (&str, &str),
    ) -> Result<Option<RunHead>, TrackingError> {
        let (name, value) = tag;
        let body = json!({
            "experiment_ids": [experiment.id],
            "filter": format!("tags.`{name}` = '{value}'"),
            "max_results": 2,
            "order_by": ["attributes.start_time ASC"],
        });
        let found = self.post("api/2.0/mlflow/runs/search", &body).await?;
        let runs = found.get("runs").and_then(Value::as_array);
        Ok(runs.and_then(|runs| head(runs.first()?)))
    }

    /// A run by its id.
    pub async fn run(&self, id: &str) -> Result<RunHead, TrackingError> {
        let found = self
            .get("api/2.0/mlflow/runs/get", &[("run_id", id)])
            .await?;
        let run = found.get("run").and_then(head);
        run.ok_or_else(|| TrackingError::NotMlflow("its run has no id".to_owned()))
    }

    /// Begins a run; its tags are there from the first moment.
    pub async fn begin_run(
        &self,
        experiment: &Experiment,
        name: &str,
        kept: &Kept,
    ) -> Result<RunHead, TrackingError> {
        let body = json!({
            "experiment_id": experiment.id,
            "run_name": name,
            "start_time": kept.at_ms,
            "tags": pairs(&kept.tags),
        });
        let made = self.post("api/2.0/mlflow/runs/create", &body).await?;
        let run = made.get("run").and_then(head);
        run.ok_or_else(|| TrackingError::NotMlflow("its new run has no id".to_owned()))
    }

    /// Tells a run what it keeps; telling it again changes nothing.
    pub async fn keep(&self, run: &RunHead, kept: &Kept) -> Result<(), TrackingError> {
        let path = "api/2.0/mlflow/runs/log-batch";
        let mut metrics: Vec<Value> = Vec::new();
        for (key, value) in &kept.metrics {
            let at = match run.metric(key) {
                Some(there) if is_same(there, *value) => continue,
                Some(_) => kept.changed_at_ms,
                None => kept.at_ms,
            };
            metrics.push(json!({"key": key, "value": value, "timestamp": at, "step": 0}));
        }
        for metrics in metrics.chunks(METRICS) {
            self.post(path, &json!({"run_id": run.id, "metrics": metrics}))
                .await?;
        }
        for params in kept.params.chunks(PARAMS) {
            let cut: Vec<(String, String)> = params
                .iter()
                .map(|(key, value)| (key.clone(), value.chars().take(PARAM_CHARS).collect()))
                .collect();
            self.post(path, &json!({"run_id": run.id, "params": pairs(&cut)}))
                .await?;
        }
        for tags in kept.tags.chunks(PARAMS) {
            self.post(path, &json!({"run_id": run.id, "tags": pairs(tags)}))
                .await?;
        }
        Ok(())
    }

    /// Gives a run a file. `false`: its files go to a store that only MLflow's client can write.
    pub async fn give_file(
        &self,
        run: &RunHead,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<bool, TrackingError> {
        let Some(place) = run.artifact_uri.strip_prefix("mlflow-artifacts:/") else {
            return Ok(false);
        };
        let path = format!(
            "api/2.0/mlflow-artifacts/artifacts/{}/{name}",
            place.trim_start_matches('/')
        );
        self.put(&path, bytes).await?;
        Ok(true)
    }

    /// Says that traces belong to a run; saying it again changes nothing.
    pub async fn link(&self, run: &RunHead, traces: &[&str]) -> Result<(), TrackingError> {
        for traces in traces.chunks(LINKS) {
            let body = json!({"run_id": run.id, "trace_ids": traces});
            self.post("api/2.0/mlflow/traces/link-to-run", &body)
                .await?;
        }
        Ok(())
    }

    /// Ends a run.
    pub async fn end_run(&self, run: &RunHead, at_ms: i64) -> Result<(), TrackingError> {
        let body = json!({"run_id": run.id, "status": "FINISHED", "end_time": at_ms});
        self.post("api/2.0/mlflow/runs/update", &body).await?;
        Ok(())
    }
}

fn head(run: &Value) -> Option<RunHead> {
    let text = |field: &str| run.pointer(&format!("/info/{field}"))?.as_str();
    let metrics = run.pointer("/data/metrics").and_then(Value::as_array);
    let metrics = metrics.into_iter().flatten().filter_map(|metric| {
        let name = metric.get("key")?.as_str()?.to_owned();
        Some((name, metric.get("value")?.as_f64()?))
    });
    Some(RunHead {
        id: text("run_id")?.to_owned(),
        is_finished: text("status") == Some("FINISHED"),
        artifact_uri: text("artifact_uri").unwrap_or_default().to_owned(),
        metrics: metrics.collect(),
    })
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}
