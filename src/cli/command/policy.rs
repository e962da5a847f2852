//! `groundgate policy`: what a policy means, whether it is right, and what a change of it would change.

use std::{fmt::Write as _, path::Path};

use groundgate_gate::{
    Evidence, Policy, Verdict, changes, environments, policy_warnings, settings_of, settle,
};
use groundgate_model::unit::Digest;
use groundgate_report::visible_line;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::{
        args::{Global, PolicyArgs, PolicyCommand, PolicyDiffArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    policy_test,
};
use crate::cli::error::warn;
use groundgate_app::{
    AppError, Project, assemble::Loaded, facts::Asked, policy_edits::sentence,
    policy_source::PolicySource, project, runs,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &PolicyCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    match command {
        PolicyCommand::Show(args) => show(global, args, terminal),
        PolicyCommand::Lint(args) => lint(global, args, terminal),
        PolicyCommand::Diff(args) => diff(global, args, terminal),
        PolicyCommand::Test { path, policy } => {
            policy_test::run(global, (path, policy.as_deref()), terminal)
        }
    }
}

fn show(global: &Global, args: &PolicyArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let source = project.policy_source(args.policy.as_deref())?;
    let policy = source.policy(args.env.as_deref(), &project.known_metrics())?;
    let parts = settings_of(&policy);
    if wants_json(global) {
        let settings: serde_json::Map<String, Value> = parts
            .iter()
            .map(|(part, settings)| {
                let settings = settings
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), json!(value)));
                (part.clone(), Value::Object(settings.collect()))
            })
            .collect();
        let document = json!({
            "schema": "groundgate.policy-settings/1",
            "name": policy.name,
            "source": source.to_string(),
            "env": args.env,
            "digest": {"sha256": policy.digest.to_string()},
            "settings": settings,
        });
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    let mut text = format!(
        "{} {}, from {source}\ndigest {}\n",
        visible_line(&policy.name),
        args.env.as_deref().map_or_else(
            || "without an environment".to_owned(),
            |env| format!("in {env}")
        ),
        policy.digest
    );
    for (part, settings) in parts {
        let _infallible = writeln!(text, "\n{}", visible_line(&part));
        for (key, value) in settings {
            let _infallible = writeln!(text, "  {key:<20} {}", visible_line(&value));
        }
    }
    terminal.print(&text);
    Ok(ExitCode::Done)
}

/// A policy of one environment that is as it should be.
#[derive(Serialize)]
struct Linted {
    env: Option<String>,
    digest: Digest,
    rules: usize,
    approvals: usize,
    waivers: usize,
}

fn lint(global: &Global, args: &PolicyArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let source = project.policy_source(args.policy.as_deref())?;
    let (known, name, text) = (project.known_metrics(), source.to_string(), source.text()?);
    let all: Vec<Option<String>> = match &args.env {
        Some(env) => vec![Some(env.clone())],
        None => std::iter::once(None)
            .chain(environments(&name, &text)?.into_iter().map(Some))
            .collect(),
    };
    let mut rows = Vec::new();
    for env in &all {
        let policy = match source.policy(env.as_deref(), &known) {
            // A file whose rules all begin in some environment has no policy of its own.
            Err(_) if env.is_none() && all.len() > 1 => continue,
            other => other?,
        };
        let waivers = source.waivers(&policy)?;
        for warning in policy_warnings(&name, &policy) {
            warn(&warning, false, terminal);
        }
        rows.push(Linted {
            env: env.clone(),
            digest: policy.digest,
            rules: policy.rules.len() + policy.outside.rules.len(),
            approvals: policy.outside.approvals.len(),
            waivers: waivers.len(),
        });
    }
    if wants_json(global) {
        let document =
            json!({"schema": "groundgate.policy-lint/1", "source": name, "environments": rows});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    for row in rows {
        terminal.line(&format!(
            "ok  {}: {} rules, {} approvals, {} waivers, digest {}",
            visible_line(row.env.as_deref().unwrap_or("(top of the file)")),
            row.rules,
            row.approvals,
            row.waivers,
            row.digest.short()
        ));
    }
    terminal.line("ok  every environment is at least as strict as what it inherits");
    Ok(ExitCode::Done)
}

fn diff(global: &Global, args: &PolicyDiffArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let sources = [
        project.policy_source(Some(&args.old))?,
        project.policy_source(Some(&args.new))?,
    ];
    let env = args.env.as_deref();
    let known = project.known_metrics();
    let [old, new] = &sources;
    let found = changes(&old.policy(env, &known)?, &new.policy(env, &known)?);
    let replayed = match args.replay {
        None => Vec::new(),
        Some(n) => replay(global, (n, args), &sources, terminal)?,
    };
    if wants_json(global) {
        let changes: Vec<Value> = found
            .iter()
            .map(|one| {
                json!({"setting": one.setting, "before": one.before, "after": one.after,
                    "tendency": one.tendency.name()})
            })
            .collect();
        let replays: Vec<Value> = replayed
            .iter()
            .map(|one| json!({"run": one.run, "old": one.old, "new": one.new}))
            .collect();
        let document = json!({"schema": "groundgate.policy-diff/1", "old": args.old, "new": args.new,
            "env": env, "changes": changes, "replays": replays});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    for change in &found {
        terminal.line(&visible_line(&sentence(change)));
    }
    if found.is_empty() {
        terminal.line("no setting differs");
    }
    for one in &replayed {
        let word = if one.old == one.new {
            "same"
        } else {
            "CHANGES"
        };
        terminal.line(&format!(
            "{word:<8} {}: {} → {}",
            visible_line(&one.run),
            one.old,
            one.new
        ));
    }
    if !replayed.is_empty() {
        let n = replayed.iter().filter(|one| one.old != one.new).count();
        terminal.line(&format!("{n} of {} verdicts change", replayed.len()));
    }
    Ok(ExitCode::Done)
}

/// A record's verdict by each policy.
struct Replayed {
    run: String,
    old: Verdict,
    new: Verdict,
}

fn replay(
    global: &Global,
    (n, args): (usize, &PolicyDiffArgs),
    sources: &[PolicySource; 2],
    terminal: &Terminal,
) -> Result<Vec<Replayed>, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    let load = |name: &str| Loaded::new(runs::open(&directory, name)?);
    let baseline = args.baseline.as_deref().map(load).transpose()?;
    let mut paths = runs::list(&directory)?;
    paths.drain(..paths.len().saturating_sub(n));
    let mut replayed = Vec::new();
    for path in paths {
        let loaded = Loaded::new(groundgate_record::Reader::open(&path)?)?;
        let run = loaded.reader.header().run_id.clone();
        if baseline
            .as_ref()
            .is_some_and(|baseline| baseline.reader.header().run_id == run)
        {
            continue;
        }
        let known = loaded.known_metrics();
        let verdict = |source: &PolicySource| {
            let policy = source.policy(args.env.as_deref(), &known)?;
            let own = match (&baseline, &policy.outside.baseline.run) {
                (None, Some(name)) => Some(Loaded::new(runs::open_ref(&directory, name)?)?),
                (Some(_), _) | (None, None) => None,
            };
            let own = own.filter(|own| own.reader.header().run_id != run);
            verdict(
                &policy,
                (&loaded, baseline.as_ref().or(own.as_ref())),
                (source, args.env.as_deref()),
                terminal,
            )
        };
        let [old, new] = sources;
        let (old, new) = (verdict(old)?, verdict(new)?);
        replayed.push(Replayed { run, old, new });
    }
    Ok(replayed)
}

fn verdict(
    policy: &Policy,
    (candidate, baseline): (&Loaded, Option<&Loaded>),
    (source, environment): (&PolicySource, Option<&str>),
    terminal: &Terminal,
) -> Result<Verdict, AppError> {
    let gathered = Asked {
        policy,
        environment: environment.unwrap_or(""),
        candidate,
        baseline,
        at: terminal.now(),
        folder: Path::new(""),
        approvals: None,
        change_authors: Vec::new(),
        labels: None,
    }
    .gather(Some(source))?;
    let evidence = Evidence {
        candidate: &candidate.table,
        baseline: baseline.map(|loaded| &loaded.table),
    };
    Ok(settle(policy, evidence, &gathered.facts).decision.verdict)
}
