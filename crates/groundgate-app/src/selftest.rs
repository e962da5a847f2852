//! How often a gate would be wrong on data like a record's.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use groundgate_gate::{
    Policy, RunScores,
    selftest::{SelfTest, Trying, selftest},
};

use crate::{app::App, error::AppError, observer::Event, project, project::Project};

/// More than anybody waits for.
const REPLICATIONS_MOST: usize = 1_000_000;

/// A gate to be tried.
#[derive(Debug, Clone, Copy)]
pub struct SelftestRequest<'a> {
    /// Where records and the policy are.
    pub project: &'a Project,
    /// The run whose data releases are drawn from.
    pub run: &'a str,
    /// More runs of the same copilot.
    pub baseline: Option<&'a str>,
    /// Another policy than the project's.
    pub policy: Option<&'a Path>,
    /// The environment, as in the policy.
    pub environment: Option<&'a str>,
    /// Simulated releases, from 1 to a million.
    pub replications: usize,
    /// Of the simulation.
    pub seed: u64,
    /// How two answers to one question agree, where the record has one only.
    pub correlation: f64,
}

/// How a gate did.
#[derive(Debug)]
pub struct SelftestSummary {
    /// The run.
    pub run: String,
    /// Its copilot's name.
    pub copilot: String,
    /// The run that counts as more of the same copilot.
    pub baseline: Option<String>,
    /// Where the policy is from.
    pub policy_name: String,
    /// What was tried.
    pub policy: Policy,
    /// The environment.
    pub environment: Option<String>,
    /// How often it was wrong.
    pub result: SelfTest,
}

impl App {
    /// Tries a gate on simulated releases.
    pub fn selftest(&self, request: &SelftestRequest<'_>) -> Result<SelftestSummary, AppError> {
        if !(1..=REPLICATIONS_MOST).contains(&request.replications) {
            return Err(AppError::usage(format!(
                "--replications is a number from 1 to {REPLICATIONS_MOST}"
            )));
        }
        if !(0.0..=1.0).contains(&request.correlation) {
            return Err(AppError::usage("--correlation is a number from 0 to 1"));
        }
        let project = request.project;
        let record = project.load(request.run)?;
        let baseline = request.baseline.map(|name| project.load(name));
        let baseline = baseline.transpose()?;
        let path = request.policy.unwrap_or(&project.policy);
        let known = record.known_metrics();
        let (policy_name, policy) = project::policy(path, request.environment, &known)?;
        let trying = Trying {
            policy: &policy,
            evidence: RunScores {
                candidate: &record.table,
                baseline: baseline.as_ref().map(|more| &more.table),
            },
            replications: request.replications,
            seed: request.seed,
            correlation: request.correlation,
        };
        let done = AtomicUsize::new(0);
        let tick = || {
            self.tell(Event::Simulated {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                of: request.replications,
            });
        };
        let result = selftest(&trying, &tick);
        let header = record.reader.header();
        Ok(SelftestSummary {
            run: header.run_id.clone(),
            copilot: header.copilot_name.clone(),
            baseline: baseline.map(|more| more.table.run_id),
            policy_name,
            policy,
            environment: request.environment.map(str::to_owned),
            result,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FLOOR, Folder, at};

    #[test]
    fn the_same_seed_gives_the_same_rates_and_what_cannot_be_tried_is_refused() {
        let folder = Folder::new(FLOOR);
        let project = folder.project();
        let run = folder.record(1, 10);
        let app = App::new(at(23));
        let request = SelftestRequest {
            project: &project,
            run: &run,
            baseline: None,
            policy: None,
            environment: None,
            replications: 50,
            seed: 7,
            correlation: 0.5,
        };
        let rates = |request: &SelftestRequest<'_>| {
            let tried = app.selftest(request).unwrap();
            assert_eq!(tried.run, run);
            let gate = tried.result.gate;
            [gate.pass, gate.inconclusive, gate.fail].map(|rate| (rate.count, rate.of))
        };
        let first = rates(&request);
        assert_eq!(first, rates(&request));
        assert_eq!(first.map(|(_, of)| of), [50; 3]);
        let wrong = [
            SelftestRequest {
                replications: 0,
                ..request
            },
            SelftestRequest {
                replications: REPLICATIONS_MOST + 1,
                ..request
            },
            SelftestRequest {
                correlation: 1.1,
                ..request
            },
            SelftestRequest {
                correlation: f64::NAN,
                ..request
            },
        ];
        for request in wrong {
            assert!(app.selftest(&request).is_err(), "{request:?}");
        }
    }
}
