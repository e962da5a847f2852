//! `groundgate run`: replays, judges, and keeps everything in a record.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use groundgate_app::config::{Config, CopilotConfig};
use groundgate_model::{
    eval_set::{Case, EvalSet, load},
    unit::Usd,
};
use groundgate_record::{Header, Reader, ReplySummary, Status};
use groundgate_run::Plan;
use serde_json::json;

use super::super::{
    anchors,
    args::{Global, LookArgs, Rerun, RunArgs},
    clock,
    error::CliError,
    exit_code::ExitCode,
    files,
    pipeline::{self, Job},
    planning::{self, Parts},
    project, runs,
    sequential::{self, Decider},
    terminal::Terminal,
    wants_json, wiring,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &RunArgs,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let config = configured(global, args)?;
    let cap = cap(&config, args)?;
    files::create_dir(&config.runs_dir)?;
    if let Some(name) = &args.resume {
        return resume(global, &config, (name, args, cap), terminal);
    }
    let mut eval_set = eval_set(&config, args)?;
    if args.look.sequential {
        eval_set = sequential::ordered(&eval_set, config.seed);
    }
    let chosen = copilots(&config, args)?;
    let mut worst = ExitCode::Done;
    for (number, copilot) in chosen.into_iter().enumerate() {
        let start = Start {
            config: &config,
            eval_set: &eval_set,
            copilot,
            cap,
            look: &args.look,
            resumed: None,
        };
        let (header, code) = start.go(number, terminal)?;
        announce(global, &header, code, terminal);
        worst = worst.max(code);
        if code != ExitCode::Done {
            break;
        }
    }
    Ok(worst)
}

/// The configuration with what the command line says put over it.
fn configured(global: &Global, args: &RunArgs) -> Result<Config, CliError> {
    let mut config = project::config(global)?;
    if let Some(path) = &args.evalset {
        config.eval_set.clone_from(path);
    }
    if let Some(concurrency) = args.concurrency {
        if !(1..=1024).contains(&concurrency) {
            return Err(CliError::usage("--concurrency is a number from 1 to 1024"));
        }
        config.concurrency = concurrency;
    }
    if let Some(repeats) = args.repeats {
        if !(1..=100).contains(&repeats) {
            return Err(CliError::usage("--repeats is a number from 1 to 100"));
        }
        config.attempts = repeats;
    }
    Ok(config)
}

fn cap(config: &Config, args: &RunArgs) -> Result<Option<Usd>, CliError> {
    match args.budget_usd {
        None => Ok(config.budget),
        Some(dollars) => Usd::from_dollars(dollars)
            .map(Some)
            .ok_or_else(|| CliError::usage(format!("{dollars} is not an amount of dollars"))),
    }
}

fn eval_set(config: &Config, args: &RunArgs) -> Result<EvalSet, CliError> {
    let path = &config.eval_set;
    let mut eval_set = load(&path.display().to_string(), &files::read(path)?)?;
    if !args.filter.is_empty() {
        let cases = eval_set
            .cases
            .into_iter()
            .filter(|case| is_chosen(case, &args.filter))
            .collect();
        eval_set = EvalSet::new(eval_set.name, cases);
    }
    if eval_set.cases.is_empty() {
        return Err(CliError::new(
            ExitCode::NothingToDo,
            anyhow::anyhow!("no case was selected"),
        )
        .with_help("`--filter` takes TAG=VALUE or a case's id"));
    }
    Ok(eval_set)
}

/// All filters of one tag are alternatives; different tags must all hold. Ids are alternatives too.
fn is_chosen(case: &Case, filters: &[String]) -> bool {
    let (tags, ids): (Vec<_>, Vec<_>) = filters.iter().partition(|filter| filter.contains('='));
    let named = tags.iter().filter_map(|filter| filter.split_once('='));
    let holds = named.clone().all(|(tag, _)| {
        named.clone().any(|(other, value)| {
            other == tag && case.tags.get(tag).is_some_and(|actual| actual == value)
        })
    });
    holds && (ids.is_empty() || ids.iter().any(|id| **id == case.id))
}

fn copilots<'a>(config: &'a Config, args: &RunArgs) -> Result<Vec<&'a CopilotConfig>, CliError> {
    if args.copilot.is_empty() {
        return Ok(config.copilots.first().into_iter().collect());
    }
    let named = args.copilot.iter().map(|name| {
        config.copilot(name).ok_or_else(|| {
            let known: Vec<&str> = config
                .copilots
                .iter()
                .map(|one| one.name.as_str())
                .collect();
            CliError::usage(format!("the configuration has no copilot `{name}`"))
                .with_help(format!("it has {}", known.join(", ")))
        })
    });
    named.collect()
}

/// One run to be started, or to be gone on with.
struct Start<'a> {
    config: &'a Config,
    eval_set: &'a EvalSet,
    copilot: &'a CopilotConfig,
    cap: Option<Usd>,
    look: &'a LookArgs,
    resumed: Option<(Reader, Option<Rerun>)>,
}

impl Start<'_> {
    /// The plan and its header; before a new run the anchors are judged, where there are some.
    fn planned(
        &self,
        parts: Parts<'_>,
        number: usize,
        terminal: &Terminal,
    ) -> Result<(Plan, Header), CliError> {
        let at = clock::now(terminal.source_date_epoch.as_deref());
        let (plan, mut header) = planning::plan(parts, at, number)?;
        if self.resumed.is_none() {
            anchors::mark_changed_judges(self.config, &mut header, terminal)?;
        }
        Ok((plan, header))
    }

    fn go(self, number: usize, terminal: &Terminal) -> Result<(Header, ExitCode), CliError> {
        let runtime = pipeline::runtime()?;
        let earlier = self.resumed.as_ref().map(|(reader, _)| first_model(reader));
        let first_model = earlier.transpose()?.flatten();
        let copilot =
            wiring::copilot(self.config, self.copilot, first_model, &runtime, terminal)?.copilot;
        let seats = wiring::seats(self.config, &runtime)?;
        let attempts = match &self.resumed {
            Some((reader, _)) => reader.header().attempts,
            None => self.config.attempts,
        };
        let parts = Parts {
            eval_set: self.eval_set,
            copilot_name: &self.copilot.name,
            copilot: copilot.as_ref(),
            attempts,
            seed: self.config.seed,
            concurrency: self.config.concurrency,
            seats,
            checks: self.config.checks.clone(),
        };
        let (plan, mut header) = self.planned(parts, number, terminal)?;
        refuse_unpriced(
            self.cap.or(self.config.budget_month),
            &plan,
            copilot.as_ref(),
        )?;
        let (resumed, rerun) = self.resumed.unzip();
        if let Some(reader) = &resumed {
            check_same_plan(reader.header(), &header)?;
            header = reader.header().clone();
        } else {
            header.earlier_tries =
                runs::finished_with_plan(&self.config.runs_dir, header.plan_digest)?;
        }
        let goes_on = resumed.is_some();
        let decider = decider(
            self.config,
            self.look,
            (self.eval_set, &mut header),
            goes_on,
        )?;
        // Whoever reads a record keeps its writer from folding it into one file.
        drop(resumed);
        let path: PathBuf = runs::path(&self.config.runs_dir, &header.run_id);
        let job = Job {
            plan,
            copilot: Arc::clone(&copilot),
            header: header.clone(),
            path,
            resumes: goes_on,
            rerun_failures: rerun.flatten().is_some(),
            cap: pipeline::own_cap(self.config, self.cap),
            complete_as: Status::Complete,
            ledger: pipeline::shared(self.config, self.cap, &header),
        };
        let ended = match (&header.looks, &decider) {
            (Some(looks), Some(decider)) => {
                sequential::execute(job, (looks, decider), &runtime, terminal)?
            }
            _ => pipeline::execute(job, &runtime, terminal)?,
        };
        let code = unanswered(
            ended.code,
            &runs::path(&self.config.runs_dir, &header.run_id),
            terminal,
        )?;
        Ok((header, code))
    }
}

/// A run is gone on with as it was planned, or not at all.
fn check_same_plan(resumed: &Header, planned: &Header) -> Result<(), CliError> {
    if resumed.plan_digest == planned.plan_digest {
        return Ok(());
    }
    Err(CliError::invalid(format!(
        "run `{}` was planned with another copilot, eval set, judges, checks or seed",
        resumed.run_id
    ))
    .with_help("put the configuration back as it was, or start a new run"))
}

/// Who decides at the looks of a sequential run; plans them where they are not planned yet.
fn decider(
    config: &Config,
    args: &LookArgs,
    (eval_set, header): (&EvalSet, &mut Header),
    goes_on: bool,
) -> Result<Option<Decider>, CliError> {
    if header.looks.is_none() && (goes_on || !args.sequential) {
        return Ok(None);
    }
    let decider = Decider::new(config, args, header)?;
    match &header.looks {
        Some(looks) => decider.check(looks)?,
        None => header.looks = Some(decider.looks(eval_set, args)?),
    }
    Ok(Some(decider))
}

/// The model that answered first in an earlier part of a run, as far as answers name theirs.
fn first_model(reader: &Reader) -> Result<Option<String>, CliError> {
    let mut found = None;
    reader.for_each_call(|call| {
        if let (Ok(ReplySummary::Answer(answer)), None) = (call.result, &found) {
            found = answer.model.map(Cow::into_owned);
        }
    })?;
    Ok(found)
}

/// Under a cap every call needs a price; better said before the first call than after.
fn refuse_unpriced(
    cap: Option<Usd>,
    plan: &Plan,
    copilot: &dyn groundgate_endpoints::copilot::Copilot,
) -> Result<(), CliError> {
    let (Some(cap), Some(case)) = (cap, plan.cases.first()) else {
        return Ok(());
    };
    match copilot.worst_cost(case) {
        None => Err(
            CliError::invalid("a budget is set, and the copilot has no price")
                .with_help("add `price` to the copilot in groundgate.toml; 0 is a price"),
        ),
        Some(worst) if worst > cap => Err(CliError::new(
            ExitCode::OverBudget,
            anyhow::anyhow!(
                "the worst case of one call is {worst}, the budget {cap}; nothing was spent"
            ),
        )),
        Some(_) => Ok(()),
    }
}

/// A run without a single answer is complete in form only.
fn unanswered(
    code: ExitCode,
    path: &std::path::Path,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let reader = Reader::open(path)?;
    let (mut answered, mut failure) = (false, None);
    reader.for_each_call(|call| match call.result {
        Ok(_) => answered = true,
        Err(error) => failure = Some(error),
    })?;
    match failure {
        Some(failure) if !answered && code == ExitCode::Done => {
            terminal.report(&format!(
                "{}: no question was answered",
                terminal.red("error")
            ));
            terminal.report(&format!(
                "  cause: {}",
                groundgate_report::visible_line(&failure.to_string())
            ));
            Ok(ExitCode::Incomplete)
        }
        Some(_) | None => Ok(code),
    }
}

fn resume(
    global: &Global,
    config: &Config,
    (name, args, cap): (&str, &RunArgs, Option<Usd>),
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let reader = runs::open(&config.runs_dir, name)?;
    let header = reader.header().clone();
    let copilot = config.copilot(&header.copilot_name).ok_or_else(|| {
        CliError::invalid(format!(
            "run `{}` asked the copilot `{}`, which the configuration no longer has",
            header.run_id, header.copilot_name
        ))
    })?;
    let eval_set = EvalSet::new(header.eval_set_name.clone(), reader.cases()?);
    let start = Start {
        config,
        eval_set: &eval_set,
        copilot,
        cap,
        look: &args.look,
        resumed: Some((reader, args.rerun)),
    };
    let (header, code) = start.go(0, terminal)?;
    announce(global, &header, code, terminal);
    Ok(code)
}

fn announce(global: &Global, header: &Header, code: ExitCode, terminal: &Terminal) {
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.run/1",
            "run": header.run_id,
            "copilot": header.copilot_name,
            "exit_code": code.number(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&header.run_id);
    }
    if code != ExitCode::Done {
        terminal.note(&format!(
            "go on with: groundgate run --resume {0}   (failures again: --rerun errors)",
            header.run_id
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn filters_of_one_tag_are_alternatives_and_of_different_tags_conditions() {
        let json = serde_json::json!({"id": "a", "question": "q", "tags": {"product": "cards", "kind": "number"}});
        let case: Case = serde_json::from_value(json).unwrap();
        assert_eq!(
            case.tags.len(),
            BTreeMap::from([("product", 1), ("kind", 2)]).len()
        );
        for (filters, chosen) in [
            (vec!["product=cards"], true),
            (vec!["product=fees", "product=cards"], true),
            (vec!["product=cards", "kind=procedure"], false),
            (vec!["a"], true),
            (vec!["b"], false),
            (vec!["b", "a", "kind=number"], true),
        ] {
            let filters: Vec<String> = filters.into_iter().map(str::to_owned).collect();
            assert_eq!(is_chosen(&case, &filters), chosen, "{filters:?}");
        }
    }
}
