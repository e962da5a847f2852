//! From cases, judges and checks to a plan and the header of its record.

use std::collections::BTreeSet;

use groundgate_endpoints::copilot::Copilot;
use groundgate_judge::checks;
use groundgate_model::{
    eval_set::EvalSet,
    manifest::Manifest,
    trial::{InstrumentKind, builtin_metric},
};
use groundgate_record::{Header, MetricSource};
use groundgate_run::{Plan, Seat};
use jiff::Timestamp;

use super::{app::App, clock, error::AppError, git::Git};

/// What a run is made of.
pub struct Parts<'a> {
    pub eval_set: &'a EvalSet,
    pub copilot_name: &'a str,
    pub copilot: &'a dyn Copilot,
    pub attempts: u32,
    pub seed: u64,
    pub concurrency: usize,
    pub seats: Vec<Seat>,
    pub checks: Vec<String>,
}

/// The plan and the header of its record.
pub fn plan(
    app: &App,
    parts: Parts<'_>,
    at: Timestamp,
    number: usize,
) -> Result<(Plan, Header), AppError> {
    let metrics = metric_sources(&parts.seats, &parts.checks)?;
    let manifest = manifest(&parts);
    let header = Header {
        run_id: clock::run_id(at, app.surroundings().process, number),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: clock::rfc3339(at),
        eval_set_name: parts.eval_set.name.clone(),
        eval_set_digest: parts.eval_set.digest,
        copilot_name: parts.copilot_name.to_owned(),
        copilot_description: parts.copilot.describe(),
        attempts: parts.attempts,
        seed: parts.seed,
        plan_digest: manifest.digest(),
        manifest: Some(manifest),
        initiator: app.surroundings().initiator.clone(),
        git_revision: Git::default().revision(),
        metrics,
        looks: None,
        earlier_tries: Vec::new(),
    };
    let plan = Plan {
        cases: parts.eval_set.cases.clone(),
        attempts: parts.attempts,
        seats: parts.seats,
        checks: parts.checks,
        seed: parts.seed,
        concurrency: parts.concurrency,
        part: None,
    };
    Ok((plan, header))
}

fn metric_sources(seats: &[Seat], checks: &[String]) -> Result<Vec<MetricSource>, AppError> {
    let judged = seats.iter().flat_map(|seat| {
        seat.metrics().into_iter().map(|metric| MetricSource {
            cascade: seat.cascade(&metric).cloned(),
            metric,
            instrument: seat.instrument(),
            instrument_name: seat.instrument_name(),
            instrument_kind: seat.instrument_kind(),
        })
    });
    let checked = checks.iter().filter_map(|name| {
        Some(MetricSource {
            metric: builtin_metric(name)?,
            instrument: checks::manifest().digest(),
            instrument_name: "plain checks".to_owned(),
            instrument_kind: InstrumentKind::Checks,
            cascade: None,
        })
    });
    let sources: Vec<MetricSource> = judged.chain(checked).collect();
    let mut seen = BTreeSet::new();
    match sources
        .iter()
        .find(|source| !seen.insert(source.metric.name.clone()))
    {
        None => Ok(sources),
        Some(twice) => Err(AppError::invalid(format!(
            "two judges measure `{}`; a run measures each metric once",
            twice.metric.name
        ))),
    }
}

/// Everything that decides what is asked, whom, and how it is judged. A judge stands under the first
/// metric that it measures, which no other judge does; names of copilots and judges are for people.
fn manifest(parts: &Parts<'_>) -> Manifest {
    let mut judges = Manifest::default();
    for seat in &parts.seats {
        let measured: Vec<String> = (seat.metrics().into_iter())
            .map(|metric| metric.name)
            .collect();
        if let Some(first) = measured.first().cloned() {
            judges = judges.with(&first, seat.manifest().with("measures", measured));
        }
    }
    Manifest::of("run")
        .with("eval-set", parts.eval_set.digest)
        .with("copilot", parts.copilot.manifest())
        .with("attempts", parts.attempts)
        .with("seed", parts.seed)
        .with("judges", judges)
        .with(
            "checks",
            checks::manifest().with("measures", parts.checks.clone()),
        )
}
