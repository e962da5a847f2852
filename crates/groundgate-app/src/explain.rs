//! What a case's scores came from, or what a rule or an approval of the policy asks.

use groundgate_gate::{KnownMetrics, Policy, Rule, environments, settings_of};
use groundgate_model::{eval_set::Case, trial::Call};
use groundgate_record::{Reader, StoredTrial};

use crate::{app::App, assemble::Loaded, error::AppError, project::Project, runs};

/// Something to be explained.
#[derive(Debug, Clone, Copy)]
pub struct ExplainRequest<'a> {
    /// Where records and the policy are.
    pub project: &'a Project,
    /// A case of the run, or a rule or an approval of the policy.
    pub subject: &'a str,
    /// A record's file, an id, the beginning of one, or `latest`.
    pub run: &'a str,
}

/// What was meant, with everything that is known of it.
#[derive(Debug)]
pub enum Explained {
    /// A case of the run.
    Case(Box<ExplainedCase>),
    /// A rule about scores, in the first environment that has it.
    Rule {
        /// Whose rule it is.
        policy: Box<Policy>,
        /// The rule.
        rule: Rule,
    },
    /// A rule about facts, or an approval.
    Settings {
        /// `rule ID` or `approval ID`.
        part: String,
        /// Key and value.
        settings: Vec<(&'static str, String)>,
    },
}

/// A case with its answers.
#[derive(Debug)]
pub struct ExplainedCase {
    /// The run.
    pub run: String,
    /// What was asked.
    pub case: Case,
    /// One for each time that it was asked.
    pub attempts: Vec<ExplainedAttempt>,
    /// How jurors disagree in the whole run.
    pub disagreements: Vec<ExplainedDisagreement>,
}

/// One answer, and how it was judged.
#[derive(Debug)]
pub struct ExplainedAttempt {
    /// The answer with its scores.
    pub trial: StoredTrial,
    /// The copilot's call and the judges'.
    pub calls: Vec<Call>,
}

/// How the jurors of a panel disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedDisagreement {
    /// The panel's metric.
    pub panel: String,
    /// How much, in words.
    pub what: String,
}

impl App {
    /// Explains a case, a rule or an approval.
    pub fn explain(&self, request: &ExplainRequest<'_>) -> Result<Explained, AppError> {
        let reader = runs::open_whole(&request.project.runs_dir, request.run);
        if let Ok(reader) = &reader
            && let Some(case) = case(reader, request.subject)?
        {
            return Ok(Explained::Case(Box::new(case)));
        }
        let known = match &reader {
            Ok(reader) => Loaded::new(Reader::open(reader.path())?)?.known_metrics(),
            Err(_) => KnownMetrics::new(),
        };
        if let Ok(Some(explained)) = of_policy(request, &known) {
            return Ok(explained);
        }
        reader?;
        Err(AppError::invalid(format!(
            "`{}` is neither a case of run `{}`, nor a rule of the policy, nor an exit code",
            request.subject, request.run
        ))
        .with_help("`groundgate report` names the cases worth a look"))
    }
}

fn case(reader: &Reader, id: &str) -> Result<Option<ExplainedCase>, AppError> {
    let mut cases = reader.cases()?.into_iter().enumerate();
    let Some((index, case)) = cases.find(|(_, case)| case.id == id) else {
        return Ok(None);
    };
    let n_attempts = usize::try_from(reader.header().attempts).unwrap_or(1);
    let attempts = (0..n_attempts).map(|attempt| {
        let trial = index * n_attempts + attempt;
        Ok(ExplainedAttempt {
            trial: reader.trial(trial)?,
            calls: reader.calls_of(trial)?,
        })
    });
    Ok(Some(ExplainedCase {
        run: reader.header().run_id.clone(),
        case,
        attempts: attempts.collect::<Result<_, AppError>>()?,
        disagreements: disagreements(reader)?,
    }))
}

fn disagreements(reader: &Reader) -> Result<Vec<ExplainedDisagreement>, AppError> {
    let mut metrics = reader.header().metrics.iter();
    if !metrics.any(|source| source.metric.panel().is_some()) {
        return Ok(Vec::new());
    }
    let table = reader.score_table()?;
    let all = table.disagreements().map(|one| ExplainedDisagreement {
        panel: one.panel.to_owned(),
        what: one.to_string(),
    });
    Ok(all.collect())
}

/// What a rule or an approval of the policy asks, in the first environment that has it.
fn of_policy(
    request: &ExplainRequest<'_>,
    known: &KnownMetrics,
) -> Result<Option<Explained>, AppError> {
    let source = request.project.policy_source(None)?;
    let id = request.subject.split('/').next().unwrap_or(request.subject);
    let named = environments(&source.to_string(), &source.text()?)?.into_iter();
    for environment in std::iter::once(None).chain(named.map(Some)) {
        let Ok(policy) = source.policy(environment.as_deref(), known) else {
            continue;
        };
        if let Some(rule) = policy.rules.iter().find(|rule| rule.id == id) {
            return Ok(Some(Explained::Rule {
                rule: rule.clone(),
                policy: Box::new(policy),
            }));
        }
        let parts = [format!("rule {id}"), format!("approval {id}")];
        let mut all = settings_of(&policy).into_iter();
        if let Some((part, settings)) = all.find(|(part, _)| parts.contains(part)) {
            return Ok(Some(Explained::Settings { part, settings }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FLOOR, Folder, at, scored};

    #[test]
    fn a_case_comes_with_every_attempt_and_a_rule_with_the_environment_that_has_it() {
        let rule = r#"[[rule]]
id     = "late"
from   = "prod"
kind   = "floor"
metric = "groundedness"
min    = 0.5
[env.qa]
[env.prod]
inherits = "qa"
"#;
        let folder = Folder::new(&format!("{FLOOR}{rule}"));
        let project = folder.project();
        let again = scored(20, 0).replace("\"scores\"", "\"attempt\": 1, \"scores\"");
        let again = again.replace("\"It is", "\"Again, it is");
        folder.scored(1, &(scored(20, 0) + &again), "a judge");
        let app = App::new(at(23));
        let explain = |subject: &str| {
            app.explain(&ExplainRequest {
                project: &project,
                subject,
                run: "latest",
            })
        };
        let Explained::Case(case) = explain("case-7").unwrap() else {
            panic!("it is a case");
        };
        let answers = case.attempts.iter().map(|attempt| {
            let answer = attempt.trial.answer.as_ref().unwrap();
            answer.as_ref().unwrap().text.clone()
        });
        assert_eq!(answers.collect::<Vec<_>>(), ["It is 7.", "Again, it is 7."]);
        for (subject, id) in [
            ("groundedness.floor", "groundedness.floor"),
            ("late/topic=a", "late"),
        ] {
            let Explained::Rule { rule, .. } = explain(subject).unwrap() else {
                panic!("{subject} is a rule");
            };
            assert_eq!(rule.id, id);
        }
        let error = explain("nothing").map(|_| ()).unwrap_err();
        assert!(
            error.to_string().contains("neither a case of run `latest`"),
            "{error}"
        );
    }
}
