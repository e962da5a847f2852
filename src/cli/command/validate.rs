//! `groundgate validate`: configuration, policy, eval set, knowledge base and judges; no network.

use groundgate_app::{AppError, ValidEvalSet, ValidJudge, ValidPolicy, ValidateRequest, Validated};
use groundgate_model::eval_set::{Lint, Severity};
use groundgate_report::visible_line;

use super::super::{
    args::{Global, ValidateArgs},
    error::{show, warn},
    exit_code::ExitCode,
    terminal::Terminal,
};

/// Runs the command: everything is looked at, whatever is wrong with the first of it.
pub(crate) fn run(
    global: &Global,
    args: &ValidateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let all = terminal.app().validate(ValidateRequest {
        config: global.config.as_deref(),
        files: &args.files,
    })?;
    let mut code = ExitCode::Done;
    for one in &all {
        if !one.is_valid(args.strict) {
            code = ExitCode::Invalid;
        }
        // After something wrong nothing about questions looks as if all were well.
        let mark = if code == ExitCode::Done { "ok" } else { "--" };
        match one {
            Validated::Configuration => terminal.line("ok  configuration"),
            Validated::Policy(policy) => show_policy(policy, args.strict, terminal),
            Validated::Judge(judge) => show_judge(judge, terminal),
            Validated::EvalSet(eval_set) => {
                show_guesses(eval_set, terminal);
                for lint in &eval_set.lints {
                    show_lint(&eval_set.file, lint, args.strict, terminal);
                }
                show_eval_set(eval_set, mark, terminal);
            }
            Validated::Secrets(secrets) => show_secrets(secrets, args.strict, terminal),
            Validated::Failed(error) => show(error, terminal),
        }
    }
    Ok(code)
}

/// On a machine of one's own, where nobody else writes the configuration, this is nothing to speak of.
fn show_secrets(secrets: &[(String, String)], strict: bool, terminal: &Terminal) {
    if !strict && !terminal.app().surroundings().is_ci {
        return;
    }
    let word = if strict {
        terminal.red("error")
    } else {
        terminal.bold("warning")
    };
    for (secret, place) in secrets {
        let line = visible_line(&format!(
            "{secret} goes to {place} because the configuration says so"
        ));
        terminal.report(&format!("{word}: {line}"));
    }
    terminal.report(
        "  help: [secrets] of a trust file names the only hosts that each may go to; `groundgate trust init` writes one",
    );
}

fn show_policy(policy: &ValidPolicy, strict: bool, terminal: &Terminal) {
    for warning in &policy.warnings {
        warn(warning, strict, terminal);
    }
    let is_bad = strict && !policy.warnings.is_empty();
    terminal.line(&format!(
        "{}  {}: {} rules, {} waivers, {} warnings",
        if is_bad { "--" } else { "ok" },
        policy.file,
        policy.n_rules,
        policy.n_waivers,
        policy.warnings.len()
    ));
}

fn show_judge(judge: &ValidJudge, terminal: &Terminal) {
    let title = judge.title.as_deref().unwrap_or("embedded");
    let panel = match (&judge.title, judge.n_jurors) {
        (None, _) | (Some(_), 1) => String::new(),
        (Some(_), n) => format!(", a panel of {n}"),
    };
    terminal.line(&format!("ok  judge {}: {title}{panel}", judge.name));
}

fn show_lint(file: &str, lint: &Lint, strict: bool, terminal: &Terminal) {
    let word = if strict || lint.severity == Severity::Error {
        terminal.red("error")
    } else {
        terminal.bold("warning")
    };
    terminal.report(&format!("{word}: {file}: {}", visible_line(&lint.message)));
    if !lint.cases.is_empty() {
        let named = visible_line(&named(&lint.cases));
        terminal.report(&format!("  cases: {named}"));
    }
    if !lint.help.is_empty() {
        terminal.report(&format!("  help: {}", visible_line(&lint.help)));
    }
}

fn show_guesses(eval_set: &ValidEvalSet, terminal: &Terminal) {
    let what = eval_set.what.as_ref().map(|what| format!("read as {what}"));
    for guess in what.iter().chain(&eval_set.notes) {
        terminal.note(&visible_line(&format!("{}: {guess}", eval_set.file)));
    }
}

/// The first ids, and how many more there are.
fn named(ids: &[String]) -> String {
    const NAMED: usize = 5;
    let first = ids.iter().take(NAMED).map(String::as_str);
    let first = first.collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn show_eval_set(eval_set: &ValidEvalSet, mark: &str, terminal: &Terminal) {
    terminal.line(&format!(
        "{mark}  {}: {} cases, {} critical, {} warnings",
        eval_set.file,
        eval_set.n_cases,
        eval_set.n_critical,
        eval_set.lints.len()
    ));
}
