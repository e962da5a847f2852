//! Whether configuration, policy, eval set, knowledge base and judges are what they should be; no
//! network.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use groundgate_gate::{KnownMetrics, Policy, environments, policy_warnings, read_policy};
use groundgate_model::{
    diagnostic::Mistake,
    eval_set::{KnowledgeBase, Lint, Severity, lint},
};

use crate::{
    app::App,
    cascades,
    config::{CascadeConfig, Config, JudgeConfig},
    doctor::endpoint_of,
    error::AppError,
    files, judge_spec, metrics,
    policy_source::PolicySource,
    project, reading,
};

/// What is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct ValidateRequest<'a> {
    /// The configuration's file; looked for where none is named.
    pub config: Option<&'a Path>,
    /// Policies (`.toml`) and eval sets, instead of what the configuration names.
    pub files: &'a [PathBuf],
}

/// One thing that was looked at.
#[derive(Debug)]
pub enum Validated {
    /// The configuration, which is sound.
    Configuration,
    /// A policy that can be read.
    Policy(ValidPolicy),
    /// A judge that can be asked.
    Judge(ValidJudge),
    /// An eval set that can be read.
    EvalSet(ValidEvalSet),
    /// Secrets that no trust file keeps from going elsewhere: each with where it goes now.
    Secrets(Vec<(String, String)>),
    /// Something that is not what it should be.
    Failed(AppError),
}

/// A policy that can be read.
#[derive(Debug)]
pub struct ValidPolicy {
    /// The file.
    pub file: String,
    /// How many rules it has.
    pub n_rules: usize,
    /// How many waivers stand beside it.
    pub n_waivers: usize,
    /// What is odd about it.
    pub warnings: Vec<Mistake>,
}

/// A judge that can be asked.
#[derive(Debug)]
pub struct ValidJudge {
    /// The name in the configuration.
    pub name: String,
    /// The spec's title; `None` for the embedded judge.
    pub title: Option<String>,
    /// How many models are asked.
    pub n_jurors: usize,
}

/// An eval set that can be read.
#[derive(Debug)]
pub struct ValidEvalSet {
    /// What file it is, where it is not groundgate's own form.
    pub what: Option<String>,
    /// What was guessed to read it.
    pub notes: Vec<String>,
    /// The file.
    pub file: String,
    /// How many questions it has.
    pub n_cases: usize,
    /// How many of them must not go wrong.
    pub n_critical: usize,
    /// What is wrong or odd about it.
    pub lints: Vec<Lint>,
}

impl Validated {
    /// Whether it is as it should be; with `strict`, what is odd is wrong.
    pub fn is_valid(&self, strict: bool) -> bool {
        match self {
            Self::Configuration | Self::Judge(_) => true,
            Self::Policy(policy) => !strict || policy.warnings.is_empty(),
            Self::EvalSet(eval_set) => {
                let is_wrong = |lint: &Lint| strict || lint.severity == Severity::Error;
                !eval_set.lints.iter().any(is_wrong)
            }
            Self::Secrets(_) => !strict,
            Self::Failed(_) => false,
        }
    }
}

impl App {
    /// Looks at everything, whatever is wrong with the first of it; fails where the configuration cannot
    /// be read.
    pub fn validate(&self, request: ValidateRequest<'_>) -> Result<Vec<Validated>, AppError> {
        let mut all = Vec::new();
        if request.files.is_empty() {
            let config = project::config(request.config)?;
            all.push(Validated::Configuration);
            all.push(policy(&config.policy, &metrics::of_config(&config)));
            for judge in &config.judges {
                all.extend(stands(&config, judge).err().map(Validated::Failed));
                all.push(judged(judge));
            }
            all.extend(metrics::check(&config).err().map(Validated::Failed));
            let secrets = self.loose_secrets(&config)?;
            all.extend((!secrets.is_empty()).then_some(Validated::Secrets(secrets)));
            all.push(eval_set(&config.eval_set, config.knowledge_base.as_deref()));
        }
        all.extend(request.files.iter().map(|path| {
            if path.extension().is_some_and(|ending| ending == "toml") {
                policy(path, &metrics::bundled())
            } else {
                eval_set(path, None)
            }
        }));
        Ok(all)
    }
}

impl App {
    /// Secrets of the configuration, where no trust file says to which hosts they may go.
    fn loose_secrets(&self, config: &Config) -> Result<Vec<(String, String)>, AppError> {
        if self.secret_hosts()?.is_some() {
            return Ok(Vec::new());
        }
        let copilots = config.copilots.iter();
        let copilots = copilots.filter_map(|copilot| endpoint_of(&copilot.kind));
        let jurors = config.judges.iter().flat_map(|judge| &judge.jurors);
        let endpoints = copilots.chain(jurors.map(|juror| &juror.endpoint.endpoint));
        let mut found = BTreeSet::new();
        for endpoint in endpoints {
            for (words, _) in endpoint.credentials(self.lookup()) {
                found.insert((words, endpoint.base_url().to_owned()));
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// Whether a judge can stand where it is to stand.
fn stands(config: &Config, judge: &JudgeConfig) -> Result<(), AppError> {
    let cascade = judge.cascade.as_ref();
    let after = |one: &CascadeConfig| config.judges.iter().find(|other| other.name == one.after);
    match cascade.and_then(|cascade| Some((cascade, after(cascade)?))) {
        None => Ok(()),
        Some((cascade, cheaper)) => cascades::check(judge, cascade, &judge_spec::metrics(cheaper)?),
    }
}

fn judged(judge: &JudgeConfig) -> Validated {
    match judge_spec::spec(judge) {
        Err(error) => Validated::Failed(error),
        Ok(spec) => Validated::Judge(ValidJudge {
            name: judge.name.clone(),
            title: spec.map(|spec| spec.title()),
            n_jurors: judge.jurors.len(),
        }),
    }
}

fn policy(path: &Path, known: &KnownMetrics) -> Validated {
    let read = files::read_text(path).and_then(|text| policy_and_waivers(path, &text, known));
    let file = path.display().to_string();
    match read {
        Err(error) => Validated::Failed(error),
        Ok((policy, n_waivers)) => Validated::Policy(ValidPolicy {
            n_rules: policy.rules.len() + policy.release.facts.len(),
            n_waivers,
            warnings: policy_warnings(&file, &policy),
            file,
        }),
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

fn eval_set(path: &Path, knowledge_base: Option<&Path>) -> Validated {
    match linted(path, knowledge_base) {
        Ok(eval_set) => Validated::EvalSet(eval_set),
        Err(error) => Validated::Failed(error),
    }
}

fn linted(path: &Path, knowledge_base: Option<&Path>) -> Result<ValidEvalSet, AppError> {
    let documents = match knowledge_base {
        None => None,
        Some(path) => Some(KnowledgeBase::load(
            &path.display().to_string(),
            &files::read(path)?,
        )?),
    };
    let file = path.display().to_string();
    let found = reading::eval_set(path)?;
    let eval_set = found.eval_set;
    Ok(ValidEvalSet {
        file,
        what: found.what,
        notes: found.notes,
        n_cases: eval_set.cases.len(),
        n_critical: eval_set.cases.iter().filter(|case| case.critical).count(),
        lints: lint(&eval_set, documents.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bundled,
        test_values::{Folder, app},
    };

    fn example() -> Folder {
        let folder = Folder::new();
        for (name, text) in bundled::FILES {
            files::write(&folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn validated(folder: &Folder) -> Vec<Validated> {
        let config = folder.path().join("groundgate.toml");
        let request = ValidateRequest {
            config: Some(&config),
            files: &[],
        };
        app().validate(request).unwrap()
    }

    #[test]
    fn the_bundled_example_is_valid() {
        let folder = example();
        let all = validated(&folder);
        assert!(all.iter().all(|one| one.is_valid(false)), "{all:?}");
        assert!(matches!(all.first(), Some(Validated::Configuration)));
        let eval_set = all.iter().find_map(|one| match one {
            Validated::EvalSet(eval_set) => Some(eval_set),
            Validated::Configuration
            | Validated::Policy(_)
            | Validated::Judge(_)
            | Validated::Secrets(_)
            | Validated::Failed(_) => None,
        });
        assert!(eval_set.unwrap().n_cases > 100);
    }

    #[test]
    fn what_a_run_refuses_is_not_valid() {
        let folder = example();
        let config = folder.path().join("groundgate.toml");
        let text = files::read_text(&config).unwrap();
        let second = "[[judge]]\nname = \"again\"\nspec = \"embedded\"\n\n[checks]";
        files::write(&config, &text.replace("[checks]", second)).unwrap();
        let all = validated(&folder);
        let failed = all.iter().find_map(|one| match one {
            Validated::Failed(error) => Some(error.to_string()),
            Validated::Configuration
            | Validated::Policy(_)
            | Validated::Judge(_)
            | Validated::Secrets(_)
            | Validated::EvalSet(_) => None,
        });
        let failed = failed.expect("two judges of one metric");
        assert!(failed.contains("two judges measure"), "{failed}");
    }

    /// As people do: the comment signs before a table of the example are taken away.
    #[test]
    fn the_commented_judge_of_the_example_works() {
        let folder = example();
        let config = folder.path().join("groundgate.toml");
        let text = files::read_text(&config).unwrap();
        let (before, commented) = text.split_once("# [[judge]]").expect("a commented judge");
        let (table, after) = commented.split_once("\n\n").expect("its end");
        let table = table.replace("\n# ", "\n");
        files::write(&config, &format!("{before}[[judge]]{table}\n\n{after}")).unwrap();
        let all = validated(&folder);
        assert!(all.iter().all(|one| one.is_valid(false)), "{all:?}");
        let judges = all.iter().filter(|one| matches!(one, Validated::Judge(_)));
        assert_eq!(judges.count(), 2);
    }

    #[test]
    fn a_policy_that_is_wrong_hides_no_eval_set_that_is_wrong() {
        let folder = example();
        folder.write("gate.toml", "schema = 3");
        folder.write("eval_sets/support.jsonl", "no JSON");
        let all = validated(&folder);
        let failed = all.iter().filter(|one| matches!(one, Validated::Failed(_)));
        assert_eq!(failed.count(), 2, "{all:?}");
        assert!(!all.iter().all(|one| one.is_valid(false)));
    }

    #[test]
    fn strictly_what_is_odd_is_wrong() {
        let folder = Folder::new();
        let twins = "{\"id\": \"a\", \"question\": \"How much is it?\"}\n{\"id\": \"b\", \"question\": \"How much is it?\"}\n";
        let path = folder.write("cases.jsonl", twins);
        let request = ValidateRequest {
            config: None,
            files: &[path],
        };
        let all = app().validate(request).unwrap();
        let [Validated::EvalSet(found)] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert!(!found.lints.is_empty());
        assert!(!all.iter().all(|one| one.is_valid(true)));
    }
}
