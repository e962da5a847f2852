//! What a run will be able to show, what it will cost, and what to buy for more. Spends nothing.

use std::path::Path;

use groundgate_gate::{
    KnownMetrics, Policy, RunScores, policy_warnings,
    power::{
        Assumptions, DesignOptions, MinimumDetectableEffect, POWER_LEAST, Planned, RulePower,
        design_options, minimum_detectable_effects, rule_powers,
    },
};
use groundgate_model::{
    eval_set::{Case, EvalSet},
    trial::CaseInfo,
    unit::Usd,
};

use crate::{
    app::App,
    assemble::Loaded,
    config::{Config, CopilotConfig},
    error::{AppError, ErrorClass},
    judge_spec, metrics,
    observer::Event,
    plan_cost::{Order, PlanCost},
    project, runs,
};

/// A run to be planned.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// Who would be asked what, and who would judge.
    pub config: &'a Config,
    /// Which copilot of the configuration; the first where none is named.
    pub copilot: Option<&'a str>,
    /// Another eval set than the configuration's.
    pub eval_set: Option<&'a Path>,
    /// Another policy than the configuration's.
    pub policy: Option<&'a Path>,
    /// The environment, as in the policy.
    pub environment: Option<&'a str>,
    /// How often each question would be asked; else as configured.
    pub attempts: Option<u32>,
    /// How often each judge would be asked about an answer; else as configured.
    pub votes: Option<u32>,
    /// A run to learn spreads and costs from; `none` for none; the latest where nothing is said.
    pub pilot: Option<&'a str>,
    /// What the pilot is compared with; else the policy's baseline.
    pub baseline: Option<&'a str>,
    /// What is assumed where no pilot says it.
    pub assumptions: Assumptions,
    /// What writing a question costs, in dollars.
    pub question_usd: f64,
    /// A drop that is to be seen, on the metric's scale.
    pub want_drop: Option<f64>,
    /// What the run may cost; else as configured.
    pub cap: Option<Usd>,
}

impl<'a> PlanRequest<'a> {
    /// The run that a configuration means.
    pub fn new(config: &'a Config) -> Self {
        Self {
            config,
            copilot: None,
            eval_set: None,
            policy: None,
            environment: None,
            attempts: None,
            votes: None,
            pilot: None,
            baseline: None,
            assumptions: Assumptions::default(),
            question_usd: 0.0,
            want_drop: None,
            cap: None,
        }
    }
}

/// What a run would show and cost.
#[derive(Debug)]
pub struct PlanSummary {
    /// The copilot's name.
    pub copilot: String,
    /// Where the policy is from.
    pub policy_name: String,
    /// The environment.
    pub env: Option<String>,
    /// By what it would be decided.
    pub policy: Policy,
    /// Questions of the eval set.
    pub n_questions: usize,
    /// How often each would be asked.
    pub attempts: u32,
    /// How often each judge would be asked about an answer.
    pub votes: u32,
    /// Questions in flight.
    pub concurrency: usize,
    /// From which run spreads and costs were learned.
    pub pilot: Option<Pilot>,
    /// The run that the pilot was compared with.
    pub baseline: Option<String>,
    /// What was assumed where no pilot says it.
    pub assumptions: Assumptions,
    /// What writing a question costs, in dollars.
    pub question_usd: f64,
    /// What is measured.
    pub metrics: KnownMetrics,
    /// The chance of each rule to pass.
    pub powers: Vec<RulePower>,
    /// The smallest drops that would be seen.
    pub sights: Vec<MinimumDetectableEffect>,
    /// A drop that is to be seen.
    pub want_drop: Option<f64>,
    /// What to buy for it.
    pub shopping: Vec<DesignOptions>,
    /// Calls, money and time.
    pub cost: PlanCost,
    /// What the run may cost.
    pub cap: Option<Usd>,
}

/// A run from which a plan has learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pilot {
    /// The record's run.
    pub run: String,
    /// The copilot's name.
    pub copilot: String,
    /// Its questions.
    pub n_cases: usize,
    /// How often each was asked.
    pub attempts: u32,
}

/// A plan beside its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetCheck {
    /// There is none, or what is known of the costs is within it.
    Within,
    /// More is expected than may be spent.
    Over {
        /// What is expected.
        expected: Usd,
        /// What may be spent.
        cap: Usd,
    },
    /// The run could stop before its end.
    MayStop {
        /// What it takes at worst.
        worst: Usd,
        /// What may be spent.
        cap: Usd,
    },
}

impl PlanSummary {
    /// Rules that would too seldom let an unchanged candidate pass. A rule that asks for an improvement
    /// is not meant to pass unchanged.
    pub fn weak_rules(&self) -> impl Iterator<Item = &RulePower> {
        self.powers.iter().filter(|power| has_little_power(power))
    }

    /// What the budget says to it.
    pub fn budget(&self) -> BudgetCheck {
        match (self.cap, self.cost.expected, self.cost.worst) {
            (Some(cap), Some(expected), _) if expected > cap => BudgetCheck::Over { expected, cap },
            (Some(cap), _, Some(worst)) if worst > cap => BudgetCheck::MayStop { worst, cap },
            _ => BudgetCheck::Within,
        }
    }
}

/// Whether a rule would too seldom let an unchanged candidate pass.
pub fn has_little_power(power: &RulePower) -> bool {
    power.kind != "superior" && power.pass.is_some_and(|pass| pass < POWER_LEAST)
}

/// What a plan is made from.
struct Parts<'a> {
    copilot: &'a CopilotConfig,
    eval_set: EvalSet,
    cases: Vec<CaseInfo>,
    attempts: u32,
    pilot: Option<Loaded>,
    baseline: Option<Loaded>,
    metrics: KnownMetrics,
    policy_name: String,
    policy: Policy,
}

impl App {
    /// Plans a run; nothing is called.
    pub fn plan(&self, request: &PlanRequest<'_>) -> Result<PlanSummary, AppError> {
        let config = request.config;
        let want_drop = request.want_drop.map(checked_drop).transpose()?;
        let parts = self.plan_parts(request)?;
        let asked = votes(config)?;
        let votes = within(request.votes.unwrap_or(asked.most), 25, "--votes")?;
        let planned = Planned {
            cases: &parts.cases,
            metrics: &parts.metrics,
            attempts: parts.attempts,
            votes,
            pilot_votes: asked.most,
            pilot: parts.pilot.as_ref().map(|pilot| RunScores {
                candidate: &pilot.table,
                baseline: parts.baseline.as_ref().map(|baseline| &baseline.table),
            }),
            assumptions: request.assumptions,
        };
        let judge_votes = votes.saturating_mul(asked.judges);
        let cost = PlanCost::of(&Order {
            app: self,
            config,
            copilot: parts.copilot,
            eval_set: &parts.eval_set,
            attempts: parts.attempts,
            judge_votes: judge_votes.saturating_add(asked.splits),
            pilot: parts.pilot.as_ref(),
            question_usd: request.question_usd,
        })?;
        let bought =
            want_drop.map(|wanted| design_options(&parts.policy, &planned, wanted, cost.prices));
        Ok(PlanSummary {
            copilot: parts.copilot.name.clone(),
            env: request.environment.map(str::to_owned),
            n_questions: parts.cases.len(),
            attempts: parts.attempts,
            votes,
            concurrency: config.concurrency,
            pilot: parts.pilot.as_ref().map(name),
            baseline: parts.baseline.as_ref().map(|one| name(one).run),
            assumptions: request.assumptions,
            question_usd: request.question_usd,
            powers: rule_powers(&parts.policy, &planned),
            sights: minimum_detectable_effects(&parts.policy, &planned),
            shopping: bought.unwrap_or_default(),
            want_drop,
            cap: request.cap.or(config.budget),
            cost,
            policy_name: parts.policy_name,
            policy: parts.policy,
            metrics: parts.metrics,
        })
    }

    fn plan_parts<'a>(&self, request: &PlanRequest<'a>) -> Result<Parts<'a>, AppError> {
        let config = request.config;
        let attempts = request.attempts.unwrap_or(config.attempts);
        let attempts = within(attempts, 100, "--repeats")?;
        let copilot = copilot(config, request.copilot)?;
        let eval_set = eval_set(self, request.eval_set.unwrap_or(&config.eval_set))?;
        let pilot = match request.pilot {
            Some(name) => record(config, name)?,
            None if runs::list(&config.runs_dir)?.is_empty() => None,
            None => record(config, "latest")?,
        };
        let mut metrics = metrics::of_config(config);
        if let Some(pilot) = &pilot {
            metrics.extend(pilot.known_metrics());
        }
        let path = request.policy.unwrap_or(&config.policy);
        let (policy_name, policy) = project::policy(path, request.environment, &metrics)?;
        let baseline = baseline(request, &policy, pilot.as_ref())?;
        for warning in policy_warnings(&policy_name, &policy) {
            self.tell(Event::Warning(&warning));
        }
        Ok(Parts {
            copilot,
            cases: eval_set.cases.iter().map(info).collect(),
            eval_set,
            attempts,
            pilot,
            baseline,
            metrics,
            policy_name,
            policy,
        })
    }
}

fn copilot<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a CopilotConfig, AppError> {
    let found = match name {
        None => config.copilots.first(),
        Some(name) => config.copilot(name),
    };
    found.ok_or_else(|| {
        let name = name.unwrap_or("");
        let known: Vec<&str> = config
            .copilots
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        AppError::usage(format!("the configuration has no copilot `{name}`"))
            .with_help(format!("it has {}", known.join(", ")))
    })
}

fn eval_set(app: &App, path: &Path) -> Result<EvalSet, AppError> {
    let eval_set = app.load_eval_set(path)?;
    if eval_set.cases.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "no case was selected".to_string(),
        ));
    }
    Ok(eval_set)
}

/// A record; nothing where `none` was asked for.
fn record(config: &Config, name: &str) -> Result<Option<Loaded>, AppError> {
    if name == "none" {
        return Ok(None);
    }
    Loaded::new(runs::open_whole(&config.runs_dir, name)?).map(Some)
}

/// What the pilot is compared with: as the command line says, else the policy.
fn baseline(
    request: &PlanRequest<'_>,
    policy: &Policy,
    pilot: Option<&Loaded>,
) -> Result<Option<Loaded>, AppError> {
    let config = request.config;
    if let Some(name) = request.baseline {
        return record(config, name);
    }
    let (Some(pilot), Some(name)) = (pilot, &policy.release.baseline.run) else {
        return Ok(None);
    };
    let reader = runs::open_ref(&config.runs_dir, name)?;
    let is_other = reader.header().run_id != pilot.reader.header().run_id;
    is_other.then(|| Loaded::new(reader)).transpose()
}

/// How often judges with a model are asked about one answer.
struct Votes {
    /// The most votes of one of them, at least 1.
    most: u32,
    judges: u32,
    /// Calls that they make besides, to take sentences apart.
    splits: u32,
}

fn votes(config: &Config) -> Result<Votes, AppError> {
    let mut votes = Votes {
        most: 1,
        judges: 0,
        splits: 0,
    };
    for judge in &config.judges {
        if let Some(spec) = judge_spec::spec(judge)? {
            votes.most = votes.most.max(spec.votes);
            votes.judges += 1;
            votes.splits += spec.calls() - spec.votes;
        }
    }
    Ok(votes)
}

fn within(number: u32, most: u32, what: &str) -> Result<u32, AppError> {
    if (1..=most).contains(&number) {
        Ok(number)
    } else {
        Err(AppError::usage(format!(
            "{what} is a number from 1 to {most}"
        )))
    }
}

fn checked_drop(drop: f64) -> Result<f64, AppError> {
    if drop > 0.0 && drop.is_finite() {
        Ok(drop)
    } else {
        Err(AppError::usage(
            "--want-drop is a number above 0, on the metric's scale: 0.03 is 3 points",
        ))
    }
}

fn info(case: &Case) -> CaseInfo {
    CaseInfo {
        id: case.id.clone(),
        digest: case.digest(),
        cluster: case.cluster_or_id().to_owned(),
        tags: case.tags.clone().into(),
        critical: case.critical,
        answerable: case.answerable,
    }
}

fn name(loaded: &Loaded) -> Pilot {
    let header = loaded.reader.header();
    Pilot {
        run: header.run_id.clone(),
        copilot: header.copilot_name.clone(),
        n_cases: loaded.table.cases.len(),
        attempts: header.attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FLOOR, Folder, NOT_WORSE, at};

    /// A project with a configuration of two copilots.
    fn configured(policy: &str) -> Folder {
        let folder = Folder::new(policy);
        let question = |index: usize| {
            format!("{{\"id\": \"case-{index}\", \"question\": \"what is number {index}?\"}}\n")
        };
        folder.write("set.jsonl", &(0..200).map(question).collect::<String>());
        let copilot = |name: &str| {
            format!(
                "[[copilot]]\nname = '{name}'\nkind = 'openai'\nbase-url = 'http://127.0.0.1:9/v1'\nmodel = 'any'\n"
            )
        };
        let config = format!(
            "schema = 'groundgate.config/1'\neval-set = 'set.jsonl'\npolicy = 'gate.toml'\n{}{}[[judge]]\nname = 'embedded'\nspec = 'embedded'\n",
            copilot("one"),
            copilot("two")
        );
        folder.write("groundgate.toml", &config);
        folder
    }

    #[test]
    fn a_plan_takes_the_first_copilot_and_the_latest_run_unless_told_otherwise() {
        let folder = configured(FLOOR);
        let config = project::config(Some(&folder.path("groundgate.toml"))).unwrap();
        let app = App::new(at(23));
        let request = PlanRequest::new(&config);
        let plan = app.plan(&request).unwrap();
        assert_eq!((plan.copilot.as_str(), plan.n_questions), ("one", 200));
        assert_eq!(plan.pilot, None, "there is no run yet");
        let (first, latest) = (folder.record(1, 4), folder.record(2, 4));
        let pilot =
            |request: &PlanRequest<'_>| app.plan(request).unwrap().pilot.map(|pilot| pilot.run);
        assert_eq!(pilot(&request), Some(latest));
        let named = PlanRequest {
            pilot: Some(&first),
            ..request
        };
        assert_eq!(pilot(&named), Some(first.clone()));
        let none = PlanRequest {
            pilot: Some("none"),
            ..request
        };
        assert_eq!(pilot(&none), None);
        for (wrong, said) in [
            (
                PlanRequest {
                    copilot: Some("three"),
                    ..request
                },
                "no copilot `three`",
            ),
            (
                PlanRequest {
                    pilot: Some("NOWHERE"),
                    ..request
                },
                "there is no run `NOWHERE`",
            ),
            (
                PlanRequest {
                    attempts: Some(0),
                    ..request
                },
                "from 1 to 100",
            ),
            (
                PlanRequest {
                    votes: Some(26),
                    ..request
                },
                "from 1 to 25",
            ),
            (
                PlanRequest {
                    want_drop: Some(0.0),
                    ..request
                },
                "above 0",
            ),
        ] {
            let error = app.plan(&wrong).map(|_| ()).unwrap_err();
            assert!(error.to_string().contains(said), "{said}: {error}");
        }
    }

    #[test]
    fn a_pilot_is_compared_as_the_request_says_else_as_the_policy_and_not_with_itself() {
        let folder = configured(NOT_WORSE);
        let (old, new) = (folder.record(1, 4), folder.record(2, 4));
        let config = project::config(Some(&folder.path("groundgate.toml"))).unwrap();
        let app = App::new(at(23));
        let request = PlanRequest::new(&config);
        assert_eq!(app.plan(&request).unwrap().baseline, None);
        let named = PlanRequest {
            baseline: Some(&old),
            ..request
        };
        assert_eq!(app.plan(&named).unwrap().baseline.as_ref(), Some(&old));
        for (of_policy, expected) in [(&old, Some(&old)), (&new, None)] {
            let policy = format!("{NOT_WORSE}[baseline]\nref = '{of_policy}'\n");
            folder.write("gate.toml", &policy);
            let plan = app.plan(&request).unwrap();
            assert_eq!(plan.baseline.as_ref(), expected);
        }
    }

    #[test]
    fn a_budget_below_what_is_expected_is_over_and_one_below_the_worst_may_stop() {
        let folder = configured(FLOOR);
        let config = project::config(Some(&folder.path("groundgate.toml"))).unwrap();
        let request = PlanRequest::new(&config);
        let mut plan = App::new(at(23)).plan(&request).unwrap();
        let [low, cap, high] =
            [1, 2, 3].map(|dollars| Usd::from_dollars(f64::from(dollars)).unwrap());
        let may_stop = BudgetCheck::MayStop { worst: high, cap };
        let over = BudgetCheck::Over {
            expected: high,
            cap,
        };
        for (expected, worst, check) in [
            (None, None, BudgetCheck::Within),
            (Some(low), Some(cap), BudgetCheck::Within),
            (Some(cap), Some(high), may_stop),
            (None, Some(high), may_stop),
            (Some(high), Some(high), over),
        ] {
            (plan.cost.expected, plan.cost.worst, plan.cap) = (expected, worst, Some(cap));
            assert_eq!(plan.budget(), check);
        }
        plan.cap = None;
        assert_eq!(plan.budget(), BudgetCheck::Within);
    }
}
