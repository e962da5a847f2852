//! `groundgate policy`: what a policy means, whether it is right, and what a change of it would change.

use std::fmt::Write as _;

use groundgate_app::{
    AppError, PolicyDiff, PolicyDiffRequest, PolicyRequest, PolicySummary, PolicyTestRequest,
    PolicyTestResult, Project, policy_edits::sentence,
};
use groundgate_gate::settings_of;
use groundgate_report::visible_line;
use serde_json::{Map, Value, json};

use super::super::{
    args::{Global, PolicyArgs, PolicyCommand, PolicyDiffArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    command: &PolicyCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    match command {
        PolicyCommand::Show(args) => {
            let shown = terminal.app().policy(&request(&project, args))?;
            let env = args.env.as_deref();
            if wants_json(global) {
                terminal.line(&settings_document(&shown, env).to_string());
            } else {
                terminal.print(&settings_text(&shown, env));
            }
        }
        PolicyCommand::Lint(args) => lint(global, &request(&project, args), terminal)?,
        PolicyCommand::Diff(args) => diff(global, args, &project, terminal)?,
        PolicyCommand::Test { path, policy } => {
            let results = terminal.app().test_policy(&PolicyTestRequest {
                project: &project,
                path,
                policy: policy.as_deref(),
            })?;
            return Ok(tell_tests(global, &results, terminal));
        }
    }
    Ok(ExitCode::Done)
}

fn request<'a>(project: &'a Project, args: &'a PolicyArgs) -> PolicyRequest<'a> {
    PolicyRequest {
        project,
        policy: args.policy.as_deref(),
        environment: args.env.as_deref(),
    }
}

fn settings_document(shown: &PolicySummary, env: Option<&str>) -> Value {
    let parts = settings_of(&shown.policy).into_iter();
    let parts = parts.map(|(part, settings)| {
        let settings = settings.iter();
        let settings = settings.map(|(key, value)| ((*key).to_owned(), json!(value)));
        (part, Value::Object(settings.collect()))
    });
    json!({
        "schema": "groundgate.policy-settings/1",
        "name": shown.policy.name,
        "source": shown.source.to_string(),
        "env": env,
        "digest": {"sha256": shown.policy.digest.to_string()},
        "settings": parts.collect::<Map<_, _>>(),
    })
}

fn settings_text(shown: &PolicySummary, env: Option<&str>) -> String {
    let mut text = format!(
        "{} {}, from {}\ndigest {}\n",
        visible_line(&shown.policy.name),
        env.map_or_else(
            || "without an environment".to_owned(),
            |env| format!("in {env}")
        ),
        shown.source,
        shown.policy.digest
    );
    for (part, settings) in settings_of(&shown.policy) {
        let _infallible = writeln!(text, "\n{}", visible_line(&part));
        for (key, value) in settings {
            let _infallible = writeln!(text, "  {key:<20} {}", visible_line(&value));
        }
    }
    text
}

fn lint(global: &Global, request: &PolicyRequest<'_>, terminal: &Terminal) -> Result<(), AppError> {
    let lint = terminal.app().lint_policy(request)?;
    if wants_json(global) {
        let rows = lint.environments.iter().map(|one| {
            json!({"env": one.name, "digest": one.digest, "rules": one.rules,
                "approvals": one.approvals, "waivers": one.waivers})
        });
        let document = json!({"schema": "groundgate.policy-lint/1",
            "source": lint.source.to_string(), "environments": rows.collect::<Vec<_>>()});
        terminal.line(&document.to_string());
        return Ok(());
    }
    for one in lint.environments {
        terminal.line(&format!(
            "ok  {}: {} rules, {} approvals, {} waivers, digest {}",
            visible_line(one.name.as_deref().unwrap_or("(top of the file)")),
            one.rules,
            one.approvals,
            one.waivers,
            one.digest.short()
        ));
    }
    terminal.line("ok  every environment is at least as strict as what it inherits");
    Ok(())
}

fn diff(
    global: &Global,
    args: &PolicyDiffArgs,
    project: &Project,
    terminal: &Terminal,
) -> Result<(), AppError> {
    let diff = terminal.app().diff_policies(&PolicyDiffRequest {
        project,
        old: &args.old,
        new: &args.new,
        environment: args.env.as_deref(),
        baseline: args.baseline.as_deref(),
        replay: args.replay.unwrap_or(0),
    })?;
    if wants_json(global) {
        terminal.line(&diff_document(&diff, args).to_string());
    } else {
        terminal.print(&diff_text(&diff));
    }
    Ok(())
}

fn diff_document(diff: &PolicyDiff, args: &PolicyDiffArgs) -> Value {
    let changes = diff.changes.iter().map(|one| {
        json!({"setting": one.setting, "before": one.before, "after": one.after,
            "tendency": one.tendency.name()})
    });
    let replays = diff.replays.iter();
    let replays = replays.map(|one| {
        json!({
            "run": one.run, "old": one.old, "new": one.new, "lacks_baseline": one.lacks_baseline,
        })
    });
    json!({
        "schema": "groundgate.policy-diff/1",
        "old": args.old,
        "new": args.new,
        "env": args.env,
        "changes": changes.collect::<Vec<_>>(),
        "replays": replays.collect::<Vec<_>>(),
    })
}

fn diff_text(diff: &PolicyDiff) -> String {
    let mut text = String::new();
    for change in &diff.changes {
        let _infallible = writeln!(text, "{}", visible_line(&sentence(change)));
    }
    if diff.changes.is_empty() {
        text.push_str("no setting differs\n");
    }
    for one in &diff.replays {
        let word = if one.changes() { "CHANGES" } else { "same" };
        let run = visible_line(&one.run);
        let _infallible = writeln!(text, "{word:<8} {run}: {} → {}", one.old, one.new);
    }
    if !diff.replays.is_empty() {
        let n = diff.replays.iter().filter(|one| one.changes()).count();
        let _infallible = writeln!(text, "{n} of {} verdicts change", diff.replays.len());
        let lacking = diff.replays.iter().filter(|one| one.lacks_baseline).count();
        if lacking > 0 {
            let _infallible = writeln!(
                text,
                "note: {lacking} of them had no baseline to be compared with, and say nothing of rules against one; add --baseline RUN"
            );
        }
    }
    text
}

fn tell_tests(global: &Global, results: &[PolicyTestResult], terminal: &Terminal) -> ExitCode {
    let n_failed = results
        .iter()
        .filter(|one| !one.surprises.is_empty())
        .count();
    if wants_json(global) {
        let tests = results.iter().map(|one| {
            json!({"name": one.name, "ok": one.surprises.is_empty(), "surprises": one.surprises})
        });
        let document = json!({"schema": "groundgate.policy-test-result/1",
            "tests": tests.collect::<Vec<_>>(), "failed": n_failed});
        terminal.line(&document.to_string());
    } else {
        terminal.print(&tests_text(results, n_failed));
    }
    if n_failed == 0 {
        ExitCode::Done
    } else {
        ExitCode::Invalid
    }
}

fn tests_text(results: &[PolicyTestResult], n_failed: usize) -> String {
    let mut text = String::new();
    for one in results {
        let word = if one.surprises.is_empty() { "ok" } else { "--" };
        let _infallible = writeln!(text, "{word}  {}", visible_line(&one.name));
        for surprise in &one.surprises {
            let _infallible = writeln!(text, "      {}", visible_line(surprise));
        }
    }
    let n = results.len();
    let _infallible = writeln!(text, "{} of {n} tests passed", n - n_failed);
    text
}
