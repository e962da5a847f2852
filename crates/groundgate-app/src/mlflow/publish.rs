//! `groundgate publish mlflow`: a run's verdict, numbers, answers and claims at the tracking server, each under an id of
//! its own that follows from the record: whoever is killed asks again, and nothing is there twice.

use groundgate_connect::mlflow::{
    Experiment, Kept, RunHead, TrackingError, TrackingServer, WrittenAssessment, WrittenTrace,
};
use groundgate_gate::Verdict;
use groundgate_report::{render_html, render_json};
use std::{collections::BTreeMap, fs};

use super::{
    kept::{self, PUBLICATION},
    links::TraceLinks,
    tracking_error,
    written::Written,
};
use crate::{App, GateRequest, GateSummary, config, error::AppError, pipeline};

/// What is published, and where.
#[derive(Debug, Clone, Copy)]
pub struct MlflowPublishRequest<'a> {
    /// The run, and by what it is decided.
    pub gate: GateRequest<'a>,
    /// The server: its URL or `databricks`; `MLFLOW_TRACKING_URI` where there is none.
    pub tracking_uri: Option<&'a str>,
    /// The experiment's name or id; the one that the run was imported from where there is none.
    pub experiment: Option<&'a str>,
}

/// What is at the server now: read back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlflowPublish {
    /// The record's run.
    pub run_id: String,
    /// The server's run.
    pub mlflow_run: String,
    /// The experiment's name.
    pub experiment: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Traces of the run; each is a trial.
    pub n_traces: usize,
    /// Of these, the copilot's own.
    pub n_linked: usize,
    /// Assessments of ours on them.
    pub n_assessments: usize,
    /// Metrics of the run.
    pub n_metrics: usize,
    /// Files that it has; none where they go to a store that only MLflow's client can write.
    pub files: Vec<&'static str>,
    /// What this call has sent of traces and assessments: nothing where all was there.
    pub n_sent: usize,
}

/// What stands where it is to stand, and what was sent to get there.
struct Standing {
    traces: usize,
    assessments: usize,
    sent: usize,
    files: Vec<&'static str>,
}

impl App {
    /// Publishes a run; decides about it first, offline.
    pub fn publish_mlflow(
        &self,
        request: &MlflowPublishRequest<'_>,
    ) -> Result<MlflowPublish, AppError> {
        let gated = self.gate(&request.gate)?;
        let run_id = gated.candidate.reader.header().run_id.clone();
        let links = TraceLinks::read(&request.gate.project.runs_dir, &run_id)?;
        let uri = request
            .tracking_uri
            .or_else(|| links.as_ref().map(|links| links.tracking_uri.as_str()));
        let endpoint = config::tracking_endpoint(uri, self.lookup())?;
        let here = links.filter(|links| links.tracking_uri == endpoint.base_url);
        let experiment = request
            .experiment
            .or_else(|| here.as_ref().map(|links| links.experiment.as_str()))
            .ok_or_else(|| {
                AppError::usage(format!("nobody says to which experiment {run_id} goes")).with_help(
                    "--experiment NAME; MLflow makes one: mlflow experiments create -n NAME",
                )
            })?;
        let server = TrackingServer::new(&endpoint).map_err(tracking_error)?;
        let written = Written::of(&gated.candidate, here.as_ref())?;
        let kept = kept::of(&gated, &written.publication)?;
        let files = files(&gated)?;
        let runtime = pipeline::runtime()?;
        runtime
            .block_on(async {
                let experiment = server.experiment(experiment).await?;
                let publisher = Publisher {
                    server: &server,
                    experiment: &experiment,
                    written: &written,
                    kept: &kept,
                };
                let run = publisher.run(&run_id).await?;
                let standing = publisher.publish(&run, files).await?;
                Ok((experiment, run, standing))
            })
            .map(|(experiment, run, standing)| MlflowPublish {
                run_id,
                mlflow_run: run.id,
                experiment: experiment.name,
                verdict: gated.verdict(),
                n_traces: standing.traces,
                n_linked: written
                    .traces
                    .iter()
                    .filter(|trace| !trace.is_ours())
                    .count(),
                n_assessments: standing.assessments,
                n_metrics: kept.metrics.len(),
                files: standing.files,
                n_sent: standing.sent,
            })
            .map_err(tracking_error)
    }
}

/// The run's files: the report for people and for programs, and the record.
fn files(gated: &GateSummary) -> Result<Vec<(&'static str, Vec<u8>)>, AppError> {
    let html = render_html(&gated.report).map_err(AppError::internal)?;
    let json = render_json(&gated.report).map_err(AppError::internal)?;
    let path = gated.candidate.reader.path();
    let record = fs::read(path).map_err(|cause| {
        AppError::invalid(format!("failed to read `{}`", path.display())).because(cause)
    })?;
    Ok(vec![
        ("report.html", html.into_bytes()),
        ("verdict.json", json.into_bytes()),
        ("record.sqlite", record),
    ])
}

struct Publisher<'a> {
    server: &'a TrackingServer,
    experiment: &'a Experiment,
    written: &'a Written,
    kept: &'a Kept,
}

impl Publisher<'_> {
    /// The server's run: the one that an earlier call began, or a new one.
    async fn run(&self, run_id: &str) -> Result<RunHead, TrackingError> {
        let tag = (PUBLICATION, self.written.publication.as_str());
        if let Some(run) = self.server.run_with_tag(self.experiment, tag).await? {
            return Ok(run);
        }
        let name = format!("groundgate {run_id}");
        self.server
            .begin_run(self.experiment, &name, self.kept)
            .await
    }

    async fn publish(
        &self,
        run: &RunHead,
        files: Vec<(&'static str, Vec<u8>)>,
    ) -> Result<Standing, TrackingError> {
        self.server.keep(run, self.kept).await?;
        let mut given = Vec::new();
        for (name, bytes) in files {
            let path = format!("groundgate/{name}");
            if self.server.give_file(run, &path, bytes).await? {
                given.push(name);
            }
        }
        let mut sent = 0;
        let there = self.there(run).await?;
        let ours: Vec<WrittenTrace> = self
            .written
            .traces
            .iter()
            .filter(|trace| trace.is_ours() && !is_whole(trace, &there))
            .cloned()
            .collect();
        sent += ours.len();
        self.server
            .write_traces(self.experiment, run, &ours)
            .await?;
        let unlinked: Vec<&str> = self
            .written
            .traces
            .iter()
            .map(|trace| trace.id.as_str())
            .filter(|id| !there.contains_key(*id))
            .collect();
        self.server.link(run, &unlinked).await?;
        // What a server did not take together with its trace is said one by one.
        let there = self.there(run).await?;
        let missing: Vec<(&str, &WrittenAssessment)> = self
            .written
            .traces
            .iter()
            .flat_map(|trace| trace.assessments.iter().map(|one| (trace.id.as_str(), one)))
            .filter(|(trace, one)| there.get(*trace).is_none_or(|ids| !ids.contains(&one.id)))
            .collect();
        sent += missing.len();
        self.server.assess(run, &missing).await?;
        let standing = self.check(run, sent, given).await?;
        if !run.is_finished {
            self.server.end_run(run, self.kept.at_ms).await?;
        }
        Ok(standing)
    }

    async fn there(&self, run: &RunHead) -> Result<BTreeMap<String, Vec<String>>, TrackingError> {
        let written = self.server.written(self.experiment, run).await?;
        Ok(written.into_iter().collect())
    }

    /// Reads back what is there: every trial is a trace, every assessment is on it.
    async fn check(
        &self,
        run: &RunHead,
        sent: usize,
        files: Vec<&'static str>,
    ) -> Result<Standing, TrackingError> {
        let there = self.there(run).await?;
        let planned = &self.written.traces;
        let lost = planned
            .iter()
            .filter(|trace| !is_whole(trace, &there))
            .count();
        if lost > 0 || there.len() != planned.len() {
            return Err(TrackingError::NotAll(format!(
                "of {} traces {} are at the server, {lost} of them without all that was said of them",
                planned.len(),
                there.len()
            )));
        }
        let assessments = planned.iter().map(|trace| trace.assessments.len()).sum();
        let head = self.server.run(&run.id).await?;
        let n = head.n_kept(&self.kept.metrics);
        if n != self.kept.metrics.len() {
            return Err(TrackingError::NotAll(format!(
                "of {} metrics the server has {n} as they were sent",
                self.kept.metrics.len()
            )));
        }
        Ok(Standing {
            traces: there.len(),
            assessments,
            sent,
            files,
        })
    }
}

/// Whether a trace is there with everything that is said of it.
fn is_whole(trace: &WrittenTrace, there: &BTreeMap<String, Vec<String>>) -> bool {
    there.get(&trace.id).is_some_and(|ids| {
        let mut said = trace.assessments.iter();
        said.all(|one| ids.contains(&one.id))
    })
}
