//! `groundgate validate`: configuration, policy, eval set, knowledge base and judges; no network.

use std::path::{Path, PathBuf};

use groundgate_app::config::{CascadeConfig, Config, JudgeConfig};
use groundgate_gate::{KnownMetrics, Policy, environments, policy_warnings, read_policy};
use groundgate_model::eval_set::{EvalSet, KnowledgeBase, Lint, Severity, lint, load};
use groundgate_report::visible_line;

use super::super::{
    args::{Global, ValidateArgs},
    exit_code::ExitCode,
    terminal::Terminal,
};
use crate::cli::error::{show, warn};
use groundgate_app::{
    AppError, cascades, files, metrics, policy_source::PolicySource, project, wiring,
};

/// Runs the command: everything is looked at, whatever is wrong with the first of it.
pub(crate) fn run(
    global: &Global,
    args: &ValidateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let mut checked = Checked {
        terminal,
        strict: args.strict,
        failed: false,
    };
    if args.files.is_empty() {
        let config = project::config(global.config.as_deref())?;
        terminal.line("ok  configuration");
        checked.policy(&config.policy, &metrics::of_config(&config));
        checked.judges(&config);
        checked.eval_set(&config.eval_set, config.knowledge_base.as_deref());
    }
    for path in &args.files {
        if path.extension().is_some_and(|ending| ending == "toml") {
            checked.policy(path, &metrics::bundled());
        } else {
            checked.eval_set(path, None);
        }
    }
    Ok(if checked.failed {
        ExitCode::Invalid
    } else {
        ExitCode::Done
    })
}

/// Whether a judge can stand where it is to stand.
fn stands(config: &Config, judge: &JudgeConfig) -> Result<(), AppError> {
    let cascade = judge.cascade.as_ref();
    let after = |one: &CascadeConfig| config.judges.iter().find(|other| other.name == one.after);
    match cascade.and_then(|cascade| Some((cascade, after(cascade)?))) {
        None => Ok(()),
        Some((cascade, cheaper)) => cascades::check(judge, cascade, &wiring::metrics(cheaper)?),
    }
}

/// A policy and how many waivers stand beside it. The policy is that of the top of the file, or of its
/// last environment where all rules begin in one: mistakes are found whatever is asked for.
fn policy_and_waivers(
    path: &Path,
    text: &str,
    known: &KnownMetrics,
) -> Result<(Policy, usize), AppError> {
    let name = path.display().to_string();
    let read = |env: Option<&str>| read_policy(&name, text, env, known);
    let last = environments(&name, text)?.pop();
    let policy = match (read(None), last) {
        (Err(_), Some(last)) => read(Some(&last))?,
        (read, _) => read?,
    };
    let waivers = PolicySource::File(path.to_owned()).waivers(&policy)?;
    Ok((policy, waivers.len()))
}

struct Checked<'a> {
    terminal: &'a Terminal,
    strict: bool,
    failed: bool,
}

impl Checked<'_> {
    fn fail(&mut self, error: &AppError) {
        show(error, self.terminal);
        self.failed = true;
    }

    fn policy(&mut self, path: &Path, known: &KnownMetrics) {
        let name = path.display().to_string();
        let read = files::read_text(path).and_then(|text| policy_and_waivers(path, &text, known));
        match read {
            Ok((policy, n_waivers)) => {
                let warnings = policy_warnings(&name, &policy);
                for warning in &warnings {
                    warn(warning, self.strict, self.terminal);
                }
                let is_bad = self.strict && !warnings.is_empty();
                self.failed |= is_bad;
                self.terminal.line(&format!(
                    "{}  {name}: {} rules, {n_waivers} waivers, {} warnings",
                    if is_bad { "--" } else { "ok" },
                    policy.rules.len() + policy.outside.rules.len(),
                    warnings.len()
                ));
            }
            Err(error) => self.fail(&error),
        }
    }

    fn judges(&mut self, config: &Config) {
        for judge in &config.judges {
            if let Err(error) = stands(config, judge) {
                self.fail(&error);
            }
            match wiring::spec(judge) {
                Ok(Some(spec)) => {
                    let panel = match judge.jurors.len() {
                        1 => String::new(),
                        n => format!(", a panel of {n}"),
                    };
                    self.terminal.line(&format!(
                        "ok  judge {}: {}{panel}",
                        judge.name,
                        spec.title()
                    ));
                }
                Ok(None) => self
                    .terminal
                    .line(&format!("ok  judge {}: embedded", judge.name)),
                Err(error) => self.fail(&error),
            }
        }
    }

    fn eval_set(&mut self, path: &Path, knowledge_base: Option<&Path>) {
        let read =
            files::read(path).and_then(|bytes| Ok(load(&path.display().to_string(), &bytes)?));
        let documents = knowledge_base.map(|path: &Path| {
            let bytes = files::read(path)?;
            Ok::<_, AppError>(KnowledgeBase::load(&path.display().to_string(), &bytes)?)
        });
        let documents = match documents.transpose() {
            Ok(documents) => documents,
            Err(error) => return self.fail(&error),
        };
        match read {
            Ok(set) => self.lints(path, &set, &lint(&set, documents.as_ref())),
            Err(error) => self.fail(&error),
        }
    }

    fn lints(&mut self, path: &Path, set: &EvalSet, lints: &[Lint]) {
        for found in lints {
            let is_error = self.strict || found.severity == Severity::Error;
            self.failed |= is_error;
            let word = if is_error {
                self.terminal.red("error")
            } else {
                self.terminal.bold("warning")
            };
            self.terminal.report(&format!(
                "{word}: {}: {}",
                path.display(),
                visible_line(&found.message)
            ));
            if !found.help.is_empty() {
                self.terminal
                    .report(&format!("  help: {}", visible_line(&found.help)));
            }
        }
        let critical = set.cases.iter().filter(|case| case.critical).count();
        let path: PathBuf = path.to_owned();
        self.terminal.line(&format!(
            "{}  {}: {} cases, {critical} critical, {} warnings",
            if self.failed { "--" } else { "ok" },
            path.display(),
            set.cases.len(),
            lints.len()
        ));
    }
}
