//! `groundgate plan`: what a run will be able to show, what it will cost, and what to buy for more.
//! Spends nothing.

mod json;
mod money;
mod text;

use groundgate_app::config::{Config, CopilotConfig};
use groundgate_gate::{
    Evidence, KnownMetrics, Policy, policy_warnings,
    power::{
        Assumptions, POWER_LEAST, Planned, RulePower, Shopping, Sight, rule_powers, shopping,
        sights,
    },
};
use groundgate_model::{
    eval_set::{Case, EvalSet, load},
    trial::CaseInfo,
    unit::Usd,
};
use money::{Money, Order};

use super::super::{
    args::{Global, PlanArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use crate::cli::error::warn;
use groundgate_app::{
    App, AppError, ErrorClass, assemble::Loaded, files, metrics, project, runs, wiring,
};

/// So many rules with little power are warned about by name.
const NAMED: usize = 5;

/// Everything that is shown.
struct Plan {
    copilot: String,
    policy_name: String,
    env: Option<String>,
    policy: Policy,
    n_questions: usize,
    attempts: u32,
    votes: u32,
    concurrency: usize,
    pilot: Option<PilotName>,
    baseline: Option<String>,
    assumptions: Assumptions,
    question_usd: f64,
    metrics: KnownMetrics,
    powers: Vec<RulePower>,
    sights: Vec<Sight>,
    want_drop: Option<f64>,
    shopping: Vec<Shopping>,
    money: Money,
    cap: Option<Usd>,
}

/// What the pilot was.
struct PilotName {
    run: String,
    copilot: String,
    n_cases: usize,
    attempts: u32,
}

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &PlanArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let plan = plan(&terminal.app(), global, args)?;
    if wants_json(global) {
        terminal.line(&json::render(&plan).to_string());
    } else {
        terminal.print(&text::render(&plan, terminal.style()));
    }
    for warning in policy_warnings(&plan.policy_name, &plan.policy) {
        warn(&warning, false, terminal);
    }
    warn_of_little_power(&plan.powers, terminal);
    Ok(check_budget(&plan, terminal))
}

fn plan(app: &App, global: &Global, args: &PlanArgs) -> Result<Plan, AppError> {
    let mut config = project::config(global.config.as_deref())?;
    if let Some(path) = &args.evalset {
        config.eval_set.clone_from(path);
    }
    let attempts = within(args.repeats.unwrap_or(config.attempts), 100, "--repeats")?;
    let (assumptions, question_usd) = assumptions(&args.assume)?;
    let copilot = copilot(&config, args.copilot.as_deref())?;
    let eval_set = eval_set(&config)?;
    let pilot = record(
        &config,
        args.pilot.as_deref().unwrap_or("latest"),
        args.pilot.is_some(),
    )?;
    let mut metrics = metrics::of_config(&config);
    if let Some(pilot) = &pilot {
        metrics.extend(pilot.known_metrics());
    }
    let path = args.policy.clone().unwrap_or_else(|| config.policy.clone());
    let (policy_name, policy) = project::policy(&path, args.env.as_deref(), &metrics)?;
    let baseline = baseline(&config, (args.baseline.as_deref(), &policy), pilot.as_ref())?;
    let (pilot_votes, n_judges, n_splits) = votes(&config)?;
    let votes = within(args.votes.unwrap_or(pilot_votes), 25, "--votes")?;
    let cases: Vec<CaseInfo> = eval_set.cases.iter().map(info).collect();
    let planned = Planned {
        cases: &cases,
        metrics: &metrics,
        attempts,
        votes,
        pilot_votes,
        pilot: pilot.as_ref().map(|pilot| Evidence {
            candidate: &pilot.table,
            baseline: baseline.as_ref().map(|baseline| &baseline.table),
        }),
        assumptions,
    };
    let money = Money::of(&Order {
        app,
        config: &config,
        copilot,
        eval_set: &eval_set,
        attempts,
        judge_votes: votes.saturating_mul(n_judges).saturating_add(n_splits),
        pilot: pilot.as_ref(),
        question_usd,
    })?;
    let want_drop = args.want_drop.map(checked_drop).transpose()?;
    let bought = want_drop.map(|wanted| shopping(&policy, &planned, wanted, money.prices));
    Ok(Plan {
        copilot: copilot.name.clone(),
        policy_name,
        env: args.env.clone(),
        n_questions: cases.len(),
        attempts,
        votes,
        concurrency: config.concurrency,
        pilot: pilot.as_ref().map(name),
        baseline: baseline.as_ref().map(|one| name(one).run),
        assumptions,
        question_usd,
        powers: rule_powers(&policy, &planned),
        sights: sights(&policy, &planned),
        shopping: bought.unwrap_or_default(),
        want_drop,
        cap: cap(&config, args.budget_usd)?,
        money,
        policy,
        metrics: metrics.clone(),
    })
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

fn eval_set(config: &Config) -> Result<EvalSet, AppError> {
    let path = &config.eval_set;
    let eval_set = load(&path.display().to_string(), &files::read(path)?)?;
    if eval_set.cases.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "no case was selected".to_string(),
        ));
    }
    Ok(eval_set)
}

/// A record; nothing where there is none and nobody asked for one, or where `none` was asked for.
fn record(config: &Config, name: &str, is_asked_for: bool) -> Result<Option<Loaded>, AppError> {
    if name == "none" || (!is_asked_for && runs::list(&config.runs_dir)?.is_empty()) {
        return Ok(None);
    }
    Loaded::new(runs::open(&config.runs_dir, name)?).map(Some)
}

/// What the pilot is compared with: as the command line says, else the policy.
fn baseline(
    config: &Config,
    (written, policy): (Option<&str>, &Policy),
    pilot: Option<&Loaded>,
) -> Result<Option<Loaded>, AppError> {
    if let Some(name) = written {
        return record(config, name, true);
    }
    let (Some(pilot), Some(name)) = (pilot, &policy.outside.baseline.run) else {
        return Ok(None);
    };
    let reader = runs::open_ref(&config.runs_dir, name)?;
    let is_other = reader.header().run_id != pilot.reader.header().run_id;
    is_other.then(|| Loaded::new(reader)).transpose()
}

/// The most votes of a judge with a model, at least 1, how many such judges there are, and how many
/// calls they make besides.
fn votes(config: &Config) -> Result<(u32, u32, u32), AppError> {
    let (mut most, mut n_judges, mut n_splits) = (1, 0, 0);
    for judge in &config.judges {
        if let Some(spec) = wiring::spec(judge)? {
            most = most.max(spec.votes);
            n_judges += 1;
            n_splits += spec.calls() - spec.votes;
        }
    }
    Ok((most, n_judges, n_splits))
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

fn cap(config: &Config, dollars: Option<f64>) -> Result<Option<Usd>, AppError> {
    match dollars {
        None => Ok(config.budget),
        Some(dollars) => Usd::from_dollars(dollars)
            .map(Some)
            .ok_or_else(|| AppError::usage(format!("{dollars} is not an amount of dollars"))),
    }
}

/// What `--assume KEY=NUMBER` says, over the defaults; and the price of writing a question.
fn assumptions(written: &[String]) -> Result<(Assumptions, f64), AppError> {
    let (mut assumptions, mut question_usd) = (Assumptions::default(), 0.0);
    for one in written {
        let wrong = || {
            AppError::usage(format!("`--assume {one}` says nothing")).with_help(
                "mean, sd, correlation and flips take a number from 0 to 1, question-usd an amount",
            )
        };
        let (key, number) = one.split_once('=').ok_or_else(wrong)?;
        let number: f64 = number.trim().parse().map_err(|_not_a_number| wrong())?;
        let is_share = (0.0..=1.0).contains(&number);
        match key.trim() {
            "mean" if is_share => assumptions.mean = number,
            "sd" if is_share => assumptions.sd = number,
            "correlation" if is_share => assumptions.correlation = number,
            "flips" if is_share => assumptions.flips = number,
            "question-usd" if number >= 0.0 && number.is_finite() => question_usd = number,
            _ => return Err(wrong()),
        }
    }
    Ok((assumptions, question_usd))
}

fn info(case: &Case) -> CaseInfo {
    CaseInfo {
        id: case.id.clone(),
        digest: case.digest(),
        cluster: case.cluster_or_id().to_owned(),
        tags: case.tags.clone().into(),
        critical: case.critical,
    }
}

fn name(loaded: &Loaded) -> PilotName {
    let header = loaded.reader.header();
    PilotName {
        run: header.run_id.clone(),
        copilot: header.copilot_name.clone(),
        n_cases: loaded.table.cases.len(),
        attempts: header.attempts,
    }
}

/// A rule that asks for an improvement is not meant to pass unchanged.
fn has_little_power(power: &RulePower) -> bool {
    power.kind != "superior" && power.pass.is_some_and(|pass| pass < POWER_LEAST)
}

fn warn_of_little_power(powers: &[RulePower], terminal: &Terminal) {
    let weak: Vec<&RulePower> = powers
        .iter()
        .filter(|power| has_little_power(power))
        .collect();
    for power in weak.iter().take(NAMED) {
        terminal.report(&format!(
            "{}: `{}` would let an unchanged candidate pass with a chance of only {}",
            terminal.bold("warning"),
            power.id,
            text::chance(power.pass)
        ));
    }
    if weak.len() > NAMED {
        terminal.report(&format!("  and {} more like it", weak.len() - NAMED));
    }
    if !weak.is_empty() {
        terminal.report(
            "  help: ask more questions or each more often; `--want-drop 0.03` says how many",
        );
    }
}

fn check_budget(plan: &Plan, terminal: &Terminal) -> ExitCode {
    let Some(cap) = plan.cap else {
        return ExitCode::Done;
    };
    match (plan.money.expected, plan.money.worst) {
        (Some(expected), _) if expected > cap => {
            terminal.report(&format!(
                "{}: {expected} are expected and the budget is {cap}; nothing was spent",
                terminal.red("error")
            ));
            ExitCode::OverBudget
        }
        (_, Some(worst)) if worst > cap => {
            terminal.report(&format!(
                "{}: at worst {worst}, and the budget is {cap}: the run would stop before it passes it, and could be resumed",
                terminal.bold("warning")
            ));
            ExitCode::Done
        }
        _ => ExitCode::Done,
    }
}
