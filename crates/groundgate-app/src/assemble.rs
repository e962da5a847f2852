//! From records and a policy to a report: what `gate`, `report` and `demo` share.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{
    Facts, KnownMetrics, Policy, ReleaseDecision, RunScores, decide_release, judge_measures,
};
use groundgate_model::{
    exchange::CallFailure,
    trial::{Cell, ClaimOf, Column, ScoreTable},
    unit::{Digest, Usd},
};
use groundgate_record::{Header, Reader, ReplySummary};
use groundgate_report::{
    AnswerReport, Embed, Ingredients, Named, Report, RunSummary, Setting, Side, SignOff, build,
};
use groundgate_stats::interval::SortedSample;

use super::{
    clock,
    error::{AppError, ErrorClass},
};

/// A record with everything that a report wants of it in memory.
#[derive(Debug)]
pub struct Loaded {
    /// The record.
    pub reader: Reader,
    /// All its scores.
    pub table: ScoreTable,
}

impl Loaded {
    /// Reads a record.
    pub fn new(reader: Reader) -> Result<Self, AppError> {
        let table = reader.score_table()?;
        table
            .check()
            .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
        Ok(Self { reader, table })
    }

    /// What the record measures, for the policy's reader.
    pub fn known_metrics(&self) -> KnownMetrics {
        let columns = self.table.columns.iter();
        columns
            .map(|(name, column)| (name.clone(), column.metric.clone()))
            .collect()
    }

    fn summary(&self) -> Result<RunSummary, AppError> {
        let header = self.reader.header();
        let calls = Calls::of(&self.reader)?;
        let latencies = self
            .table
            .columns
            .get("latency_ms")
            .map(scored)
            .unwrap_or_default();
        let latencies = SortedSample::new(latencies).ok();
        let judges: BTreeSet<String> = self
            .table
            .columns
            .values()
            .map(|column| column.instrument_name.clone())
            .collect();
        Ok(RunSummary {
            run_id: header.run_id.clone(),
            variant: header.copilot_name.clone(),
            n_cases: self.table.cases.len(),
            attempts: header.attempts,
            n_answered: calls.n_answered,
            failures: calls.failures.into_iter().collect(),
            models: calls.models.into_iter().collect(),
            judges: judges.into_iter().collect(),
            latency_p50_ms: latencies.as_ref().map(|sample| sample.type_7(0.5)),
            latency_p95_ms: latencies.as_ref().map(|sample| sample.type_7(0.95)),
            copilot_cost_usd: calls.copilot_cost.map(Usd::dollars),
            judge_cost_usd: calls.judge_cost.map(Usd::dollars),
            manifest: header.manifest.clone(),
        })
    }
}

/// One trial, opened; a trial that cannot be read says so in its place.
pub fn open(reader: &Reader, trial: usize) -> AnswerReport {
    let empty = |why: String| AnswerReport {
        text: Err(why),
        claims: Vec::new(),
        passages: Vec::new(),
        explanations: Vec::new(),
    };
    let stored = match reader.trial(trial) {
        Ok(stored) => stored,
        Err(error) => return empty(error.to_string()),
    };
    let mut report = match stored.answer {
        None => empty("not run".to_owned()),
        Some(Err(failure)) => empty(failure.to_string()),
        Some(Ok(answer)) => AnswerReport {
            text: Ok(answer.text),
            passages: answer.passages.unwrap_or_default(),
            ..empty(String::new())
        },
    };
    for (metric, detail) in stored.details {
        report
            .explanations
            .push(format!("{metric}: {}", detail.explanation));
        if report.claims.is_empty() {
            report.claims = detail.claims;
            report.claims.retain(|claim| claim.of == ClaimOf::Answer);
        }
    }
    report
}

fn scored(column: &Column) -> Vec<f64> {
    let cells = column.cells.iter();
    cells
        .filter_map(|cell| {
            if let Cell::Scored(value) = cell {
                Some(*value)
            } else {
                None
            }
        })
        .collect()
}

/// All calls of a record, added up.
#[derive(Default)]
struct Calls {
    n_answered: usize,
    failures: BTreeMap<String, usize>,
    models: BTreeSet<String>,
    copilot_cost: Option<Usd>,
    judge_cost: Option<Usd>,
}

impl Calls {
    fn of(reader: &Reader) -> Result<Self, AppError> {
        let mut this = Self::default();
        let (mut copilot, mut judge) = (Some(Usd::ZERO), Some(Usd::ZERO));
        reader.for_each_call(|call| {
            let add = |sum: Option<Usd>, cost: Option<Usd>| Some(sum?.plus(cost?));
            match (call.is_copilot, call.result) {
                (true, Ok(ReplySummary::Answer(answer))) => {
                    this.n_answered += 1;
                    if let Some(model) = answer.model
                        && !this.models.contains(model.as_ref())
                    {
                        this.models.insert(model.into_owned());
                    }
                    copilot = add(copilot, answer.cost);
                }
                (true, Err(failure)) => this.fail(&failure),
                (false, Ok(ReplySummary::Chat(reply))) => judge = add(judge, reply.cost),
                (false, Err(_)) => judge = None,
                (true, Ok(ReplySummary::Chat(_))) | (false, Ok(ReplySummary::Answer(_))) => {}
            }
        })?;
        this.copilot_cost = copilot;
        this.judge_cost = judge;
        Ok(this)
    }

    fn fail(&mut self, failure: &CallFailure) {
        *self
            .failures
            .entry(failure.kind.name().to_owned())
            .or_insert(0) += 1;
    }
}

/// What is to be decided, and what for.
#[derive(Debug)]
pub struct ReportSources<'a> {
    /// The run.
    pub candidate: &'a Loaded,
    /// What it is compared with.
    pub baseline: Option<&'a Loaded>,
    /// By what it is decided.
    pub policy: &'a Policy,
    /// Where that is from.
    pub policy_name: &'a str,
    /// Where it is to go, when the gate is asked, and what else it is told.
    pub facts: &'a Facts,
    /// Which answers the report has whole.
    pub embed: Embed,
}

/// Decides, and puts the report together.
pub fn report(sources: &ReportSources<'_>) -> Result<(Report, Digest), AppError> {
    let (candidate, baseline) = (sources.candidate, sources.baseline);
    let evidence = RunScores {
        candidate: &candidate.table,
        baseline: baseline.map(|loaded| &loaded.table),
    };
    let settled = decide_release(sources.policy, evidence, sources.facts);
    let sign_off = SignOff::new(sources.policy, sources.facts, &settled, &candidate.table);
    let ReleaseDecision { decision, subject } = settled;
    let open_candidate = |trial| open(&candidate.reader, trial);
    let open_baseline = |trial| match baseline {
        Some(baseline) => open(&baseline.reader, trial),
        None => open(&candidate.reader, trial),
    };
    let baseline_side = match baseline {
        None => None,
        Some(loaded) => Some(Side {
            summary: loaded.summary()?,
            table: &loaded.table,
            open: &open_baseline,
        }),
    };
    let report = build(Ingredients {
        policy: sources.policy,
        environment: sources.facts.environment.clone(),
        evaluated_at: clock::rfc3339(sources.facts.at),
        exit_code: groundgate_report::exit_code(decision.verdict),
        next: next(sources, &decision.findings),
        decision,
        sign_off,
        judge_measures: judge_measures(sources.policy, sources.facts, &candidate.table),
        candidate: Side {
            summary: candidate.summary()?,
            table: &candidate.table,
            open: &open_candidate,
        },
        baseline: baseline_side,
        open_case: &|case| candidate.reader.case(case).ok(),
        embed: sources.embed,
        settings: settings(sources.policy, sources.policy_name),
        provenance: provenance(sources),
    });
    Ok((report, subject))
}

fn next(sources: &ReportSources<'_>, findings: &[groundgate_gate::Finding]) -> String {
    let run = &sources.candidate.reader.header().run_id;
    let worst = findings
        .iter()
        .filter(|finding| finding.verdict > groundgate_gate::Verdict::Pass);
    match worst
        .max_by_key(|finding| finding.verdict)
        .and_then(|finding| finding.worst_cases.first())
    {
        Some(case) => format!("groundgate explain {case} --run {run}"),
        None => format!("groundgate report {run} -o report.html"),
    }
}

/// Every setting of a policy that could change the verdict.
pub(crate) fn settings(policy: &Policy, policy_name: &str) -> Vec<Setting> {
    let statistics = &policy.statistics;
    let from = policy_name.to_owned();
    let row = |name: &str, value: String| Setting {
        name: name.to_owned(),
        value,
        origin: from.clone(),
    };
    let max_age = policy.release.baseline.max_age;
    let mut rows = vec![
        row("error rate of a pass", format!("{}", statistics.alpha_pass)),
        row(
            "error rate of a fail, all rules together",
            format!("{}", statistics.alpha_fail),
        ),
        row("cases a rule needs", statistics.min_cases.to_string()),
        row(
            "trials without a measurement, at most",
            format!("{}", statistics.missing_max.value()),
        ),
        row(
            "answerable cases that were judged, at least",
            format!("{}", statistics.applicable_min.value()),
        ),
        row("bound", statistics.bound.name().to_owned()),
        row(
            "rules against the baseline speak of the",
            statistics.versus_baseline.name().to_owned(),
        ),
        row(
            "absolute rules speak of the",
            statistics.absolute.name().to_owned(),
        ),
        row("undecided rules", policy.on_inconclusive.name().to_owned()),
    ];
    rows.extend(max_age.map(|age| row("age of the baseline, at most", age.to_string())));
    rows
}

fn provenance(sources: &ReportSources<'_>) -> Vec<Named> {
    let policy = format!("{} {}", sources.policy_name, sources.policy.digest);
    let mut rows = vec![
        Named::new("groundgate", env!("CARGO_PKG_VERSION")),
        Named::new("policy", policy),
    ];
    let sides = [
        ("candidate", Some(sources.candidate)),
        ("baseline", sources.baseline),
    ];
    for (side, loaded) in sides
        .into_iter()
        .filter_map(|(side, loaded)| Some((side, loaded?)))
    {
        rows.extend(of_run(side, loaded.reader.header()));
    }
    rows
}

fn of_run(side: &str, header: &Header) -> Vec<Named> {
    let row = |name: &str, value: String| Named::new(format!("{side} {name}"), value);
    let mut rows = vec![
        row("run", header.run_id.clone()),
        row(
            "made",
            format!(
                "{} by groundgate {}",
                header.created_at, header.tool_version
            ),
        ),
        row(
            "copilot",
            format!("{}: {}", header.copilot_name, header.copilot_description),
        ),
        row(
            "eval set",
            format!("{} {}", header.eval_set_name, header.eval_set_digest),
        ),
        row("plan", header.plan_digest.to_string()),
        row("seed", header.seed.to_string()),
    ];
    rows.extend(
        header
            .initiator
            .clone()
            .map(|initiator| row("started by", initiator)),
    );
    rows.extend(
        header
            .git_revision
            .clone()
            .map(|revision| row("git revision", revision)),
    );
    rows.extend((header.target()).map(|target| row("target", target.to_string())));
    let instruments: BTreeSet<(&str, Digest)> = (header.metrics.iter())
        .map(|source| (source.instrument_name.as_str(), source.instrument))
        .collect();
    rows.extend(
        instruments
            .into_iter()
            .map(|(name, digest)| row("judge", format!("{name} {digest}"))),
    );
    rows
}
