//! The verdict on tables of trials that are nobody's records: scores by question, as a cluster collected them.
//!
//! The same decision as on a record of the same rows in the order of their ids, to the last bit. A table has no seal, no
//! history of tries and no answers: rules that need these cannot pass.

mod trials;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{
    Concern, Facts, KnownMetrics, ReleaseDecision, RunScores, Verdict, decide_release,
    judge_measures, policy_warnings,
};
use groundgate_model::{
    trial::{CaseInfo, Cell, ScoreTable, Unscored},
    unit::Digest,
};
use groundgate_report::{
    AnswerReport, Embed, Ingredients, Named, Report, RunSummary, Side, SignOff, build,
};

pub use trials::{MeasuredMetric, TableTrial, Trials};
pub use watch::TableWatchRequest;

use crate::{App, AppError, Event, Notice, assemble::settings, clock, project::Project};

/// Tables of trials to be decided about.
#[derive(Debug)]
pub struct TableGateRequest<'a> {
    /// Where the policy is.
    pub project: &'a Project,
    /// The version under test.
    pub candidate: ScoreTable,
    /// What it is compared with.
    pub baseline: Option<ScoreTable>,
    /// Where it is to go, as in the policy.
    pub environment: Option<&'a str>,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
    /// The digest that the policy must have.
    pub policy_digest: Option<&'a str>,
    /// Whether the two versions were asked other questions, as in production. Else questions that the baseline was
    /// asked and the candidate was not hold.
    pub other_questions: bool,
}

impl App {
    /// Decides about tables of trials; asks nobody and spends nothing.
    pub fn gate_tables(&self, request: &TableGateRequest<'_>) -> Result<Report, AppError> {
        let (candidate, baseline) = (&request.candidate, request.baseline.as_ref());
        for (side, table) in [("candidate", Some(candidate)), ("baseline", baseline)] {
            if table.is_some_and(|table| table.cases.is_empty()) {
                return Err(AppError::invalid(format!(
                    "the {side}'s table has no rows: nothing can be decided"
                )));
            }
        }
        let source = request.project.policy_source(request.policy)?;
        let policy = source.policy(request.environment, &known(candidate))?;
        source.check_trusted(&policy, request.policy_digest, self.surroundings())?;
        if baseline.is_none() && policy.rules.iter().any(|rule| rule.kind.needs_baseline()) {
            self.notice(Notice::NoBaseline);
        }
        let name = source.to_string();
        for warning in policy_warnings(&name, &policy) {
            self.tell(Event::Warning(&warning));
        }
        // Waivers beside a policy of the working tree are as trustworthy as the tree.
        let surroundings = self.surroundings();
        let wants_protection = surroundings.is_ci || policy.release.is_protected;
        let waivers = if source.is_protected() || !wants_protection {
            source.waivers(&policy)?
        } else {
            Vec::new()
        };
        let left_out = baseline.filter(|_| !request.other_questions);
        let left_out = left_out.and_then(|baseline| left_out_of(candidate, baseline));
        let facts = Facts {
            environment: request.environment.unwrap_or("").to_owned(),
            concerns: (left_out.into_iter())
                .chain(wants_protection.then(unsealed))
                .collect(),
            waivers,
            ..Facts::none(self.now())
        };
        let evidence = RunScores {
            candidate,
            baseline,
        };
        let settled = decide_release(&policy, evidence, &facts);
        let sign_off = SignOff::new(&policy, &facts, &settled, candidate);
        let ReleaseDecision {
            mut decision,
            subject: _,
        } = settled;
        decision.notes.push(
            "decided on tables of scores: nothing says how often this was tried before, and no file of a rule was read"
                .to_owned(),
        );
        let side = |table| Side {
            summary: summary(table),
            table,
            open: &elsewhere,
        };
        Ok(build(Ingredients {
            policy: &policy,
            environment: facts.environment.clone(),
            evaluated_at: clock::rfc3339(facts.at),
            exit_code: groundgate_report::exit_code(decision.verdict),
            next: "look at the worst cases in the table".to_owned(),
            decision,
            sign_off,
            judge_measures: judge_measures(&policy, &facts, candidate),
            candidate: side(candidate),
            baseline: baseline.map(side),
            open_case: &|_case| None,
            embed: Embed::None,
            settings: settings(&policy, &name),
            provenance: provenance(&name, policy.digest, evidence),
        }))
    }
}

fn known(table: &ScoreTable) -> KnownMetrics {
    let columns = table.columns.iter();
    columns
        .map(|(name, column)| (name.clone(), column.metric.clone()))
        .collect()
}

/// Where a change must not decide about itself, scores that anybody could have written hold.
fn unsealed() -> Concern {
    Concern {
        id: "measurement.seal",
        verdict: Verdict::Hold,
        sentence: "tables of scores are not sealed: nothing shows who judged these answers; gate a record that `groundgate run` made, or have somebody decide".to_owned(),
    }
}

/// Questions that the baseline was asked, or that had to succeed there, and are not or need not here.
fn left_out_of(candidate: &ScoreTable, baseline: &ScoreTable) -> Option<Concern> {
    let ours: BTreeMap<&str, bool> = (candidate.cases.iter())
        .map(|case| (case.id.as_str(), case.critical))
        .collect();
    let is_less = |case: &&CaseInfo| match ours.get(case.id.as_str()) {
        None => true,
        Some(critical) => case.critical && !critical,
    };
    let less: Vec<&CaseInfo> = baseline.cases.iter().filter(is_less).collect();
    let first = less.first()?;
    Some(Concern {
        id: "measurement.questions",
        verdict: Verdict::Hold,
        sentence: format!(
            "{} questions that the baseline was asked were not asked, or need not succeed any more (the first is {}); if that is meant, say that the two were asked other questions",
            less.len(),
            first.id
        ),
    })
}

fn elsewhere(_trial: usize) -> AnswerReport {
    AnswerReport {
        text: Err("the answer is in the table that was judged".to_owned()),
        claims: Vec::new(),
        passages: Vec::new(),
        explanations: Vec::new(),
    }
}

fn summary(table: &ScoreTable) -> RunSummary {
    let judges: BTreeSet<String> = (table.columns.values())
        .map(|column| column.instrument_name.clone())
        .collect();
    let n_failed = failed(table);
    RunSummary {
        run_id: table.run_id.clone(),
        variant: table.variant.clone(),
        n_cases: table.cases.len(),
        attempts: table.attempts,
        n_answered: table.planned() - n_failed,
        failures: if n_failed > 0 {
            vec![("absent".to_owned(), n_failed)]
        } else {
            Vec::new()
        },
        models: Vec::new(),
        judges: judges.into_iter().collect(),
        latency_p50_ms: None,
        latency_p95_ms: None,
        copilot_cost_usd: None,
        judge_cost_usd: None,
        manifest: None,
    }
}

/// Trials of which the table has no answer: every metric says so.
fn failed(table: &ScoreTable) -> usize {
    let Some(column) = table.columns.values().next() else {
        return 0;
    };
    let is_failed = |cell: &&Cell| matches!(cell, Cell::Unscored(why) if why.is_product_failure() || *why == Unscored::NotRun);
    column.cells.iter().filter(is_failed).count()
}

fn provenance(policy_name: &str, digest: Digest, evidence: RunScores<'_>) -> Vec<Named> {
    let mut rows = vec![
        Named::new("groundgate", env!("CARGO_PKG_VERSION")),
        Named::new("policy", format!("{policy_name} {digest}")),
    ];
    let sides = [
        ("candidate", Some(evidence.candidate)),
        ("baseline", evidence.baseline),
    ];
    for (side, table) in sides {
        let Some(table) = table else { continue };
        rows.push(Named::new(
            format!("{side} questions"),
            format!("{} {}", table.cases.len(), table.eval_set_digest),
        ));
    }
    rows
}
