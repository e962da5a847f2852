//! `groundgate run`: replays, judges, and keeps everything in a record.

use groundgate_app::{
    AppError, ResumeRequest, RunRequest, RunSummary, config::Config, files, project,
    sequential::InterimRequest,
};
use groundgate_model::unit::Usd;
use groundgate_run::Ending;
use serde_json::json;

use super::{
    super::{
        args::{Global, KeyArgs, LookArgs, RunArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    trust,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &RunArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = configured(global, args)?;
    let cap = cap(&config, args)?;
    let interim = interim(&args.look);
    let app = terminal.app();
    if let Some(run) = &args.resume {
        let summary = app.resume(&ResumeRequest {
            config: &config,
            run,
            rerun_failures: args.rerun.is_some(),
            cap,
            interim: &interim,
        })?;
        return announce(global, args, &summary, terminal);
    }
    let named = args.copilot.iter().map(|name| Some(name.as_str()));
    let chosen: Vec<Option<&str>> = if args.copilot.is_empty() {
        vec![None]
    } else {
        named.collect()
    };
    for name in chosen.iter().flatten() {
        known(&config, name)?;
    }
    for (number, copilot) in chosen.into_iter().enumerate() {
        let summary = app.run(&RunRequest {
            config: &config,
            copilot,
            filters: &args.filter,
            cap,
            interim: &interim,
            number,
        })?;
        let code = announce(global, args, &summary, terminal)?;
        if code != ExitCode::Done {
            return Ok(code);
        }
    }
    Ok(ExitCode::Done)
}

/// Better said before the first of several runs than between two.
fn known(config: &Config, name: &str) -> Result<(), AppError> {
    if config.copilot(name).is_some() {
        return Ok(());
    }
    let known = config.copilots.iter().map(|one| one.name.as_str());
    let known: Vec<&str> = known.collect();
    Err(
        AppError::usage(format!("the configuration has no copilot `{name}`"))
            .with_help(format!("it has {}", known.join(", "))),
    )
}

fn interim(args: &LookArgs) -> InterimRequest {
    InterimRequest {
        sequential: args.sequential,
        looks: args.looks,
        baseline: args.baseline.clone(),
        env: args.env.clone(),
        policy: args.policy.clone(),
    }
}

/// The configuration with what the command line says put over it.
fn configured(global: &Global, args: &RunArgs) -> Result<Config, AppError> {
    let mut config = project::config(global.config.as_deref())?;
    if let Some(path) = &args.evalset {
        config.eval_set.clone_from(path);
    }
    if let Some(concurrency) = args.concurrency {
        if !(1..=1024).contains(&concurrency) {
            return Err(AppError::usage("--concurrency is a number from 1 to 1024"));
        }
        config.concurrency = concurrency;
    }
    if let Some(repeats) = args.repeats {
        if !(1..=100).contains(&repeats) {
            return Err(AppError::usage("--repeats is a number from 1 to 100"));
        }
        config.attempts = repeats;
    }
    config.model_version.clone_from(&args.model_version);
    Ok(config)
}

fn cap(config: &Config, args: &RunArgs) -> Result<Option<Usd>, AppError> {
    match args.budget_usd {
        None => Ok(config.budget),
        Some(dollars) => Usd::from_dollars(dollars)
            .map(Some)
            .ok_or_else(|| AppError::usage(format!("{dollars} is not an amount of dollars"))),
    }
}

/// Prints the run's id and, where it did not end well, what to do.
fn announce(
    global: &Global,
    args: &RunArgs,
    summary: &RunSummary,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let code = terminal.code(summary.ending);
    if let Some(key) = &args.seal {
        let key = KeyArgs {
            key: Some(key.clone()),
            public_key: None,
        };
        trust::seal(global, &summary.run_id, &key, terminal)?;
    }
    if let Some(path) = &args.id_file {
        files::append(path, &format!("{}\n", summary.run_id))?;
    }
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.run/1",
            "run": summary.run_id,
            "copilot": summary.copilot,
            "exit_code": code.number(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&summary.run_id);
    }
    if summary.ending == Ending::EndpointDown {
        terminal.report(&format!(
            "go on when it is well again: groundgate run --resume {} --rerun errors",
            summary.run_id
        ));
    } else if code != ExitCode::Done {
        terminal.note(&format!(
            "go on with: groundgate run --resume {0}   (failures again: --rerun errors)",
            summary.run_id
        ));
    }
    Ok(code)
}
