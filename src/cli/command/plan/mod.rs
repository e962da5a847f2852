//! `groundgate plan`: what a run will be able to show, what it will cost, and what to buy for more.
//! Spends nothing.

mod json;
mod text;

use groundgate_app::{AppError, BudgetCheck, PlanRequest, PlanSummary, project};
use groundgate_gate::power::{Assumptions, RulePower};
use groundgate_model::unit::Usd;

use super::super::{
    args::{Global, PlanArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// So many rules with little power are warned about by name.
const NAMED: usize = 5;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &PlanArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let Assumed {
        assumptions,
        question_usd,
    } = assumed(&args.assume)?;
    let plan = terminal.app().plan(&PlanRequest {
        copilot: args.copilot.as_deref(),
        eval_set: args.evalset.as_deref(),
        policy: args.policy.as_deref(),
        environment: args.env.as_deref(),
        attempts: args.repeats,
        votes: args.votes,
        pilot: args.pilot.as_deref(),
        baseline: args.baseline.as_deref(),
        assumptions,
        question_usd,
        want_drop: args.want_drop,
        cap: args.budget_usd.map(dollars).transpose()?,
        ..PlanRequest::new(&config)
    })?;
    if wants_json(global) {
        terminal.line(&json::render(&plan).to_string());
    } else {
        terminal.print(&text::render(&plan, terminal.style()));
    }
    warn_of_little_power(&plan, terminal);
    Ok(check_budget(&plan, terminal))
}

fn dollars(dollars: f64) -> Result<Usd, AppError> {
    Usd::from_dollars(dollars)
        .ok_or_else(|| AppError::usage(format!("{dollars} is not an amount of dollars")))
}

/// What `--assume` says.
struct Assumed {
    assumptions: Assumptions,
    /// Of writing a question.
    question_usd: f64,
}

/// What `--assume KEY=NUMBER` says, over the defaults; and the price of writing a question.
fn assumed(written: &[String]) -> Result<Assumed, AppError> {
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
    Ok(Assumed {
        assumptions,
        question_usd,
    })
}

fn warn_of_little_power(plan: &PlanSummary, terminal: &Terminal) {
    let weak: Vec<&RulePower> = plan.weak_rules().collect();
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

fn check_budget(plan: &PlanSummary, terminal: &Terminal) -> ExitCode {
    match plan.budget() {
        BudgetCheck::Within => ExitCode::Done,
        BudgetCheck::Over { expected, cap } => {
            terminal.report(&format!(
                "{}: {expected} are expected and the budget is {cap}; nothing was spent",
                terminal.red("error")
            ));
            ExitCode::OverBudget
        }
        BudgetCheck::MayStop { worst, cap } => {
            terminal.report(&format!(
                "{}: at worst {worst}, and the budget is {cap}: the run would stop before it passes it, and could be resumed",
                terminal.bold("warning")
            ));
            ExitCode::Done
        }
    }
}
