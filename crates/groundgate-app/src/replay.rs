//! A run: questions replayed, answers judged, everything kept in a record.

use std::borrow::Cow;

use groundgate_endpoints::copilot::Copilot;
use groundgate_model::{
    eval_set::{Case, EvalSet},
    manifest::differences,
    unit::Usd,
};
use groundgate_record::{Header, Reader, ReplySummary, Status};
use groundgate_run::{Ending, Plan};
use tokio::runtime::Runtime;

use crate::{
    App, AppError, ErrorClass, anchors,
    config::{Config, CopilotConfig},
    files,
    pipeline::{self, Job},
    planning::{self, Parts},
    runs,
    sequential::{self, Decider, InterimRequest},
    wiring,
};

/// A run to be made.
#[derive(Debug, Clone)]
pub struct RunRequest<'a> {
    /// Who is asked what, and who judges.
    pub config: &'a Config,
    /// Which copilot of the configuration; the first where none is named.
    pub copilot: Option<&'a str>,
    /// `TAG=VALUE` or case ids; all cases where there is none.
    pub filters: &'a [String],
    /// What it may cost; without, there is no limit but those of the configuration's ledger.
    pub cap: Option<Usd>,
    /// Whether and how it is decided while it goes on.
    pub interim: &'a InterimRequest,
    /// Which of several runs that this process makes, from 0: part of the run's id.
    pub number: usize,
}

/// A run to be gone on with.
#[derive(Debug, Clone)]
pub struct ResumeRequest<'a> {
    /// As it was when the run was started.
    pub config: &'a Config,
    /// An id, its beginning, or `latest`.
    pub run: &'a str,
    /// Whether calls that failed and trials without a score are asked again.
    pub rerun_failures: bool,
    /// As for a new run; what the record has booked already counts.
    pub cap: Option<Usd>,
    /// Must be as when the run was started.
    pub interim: &'a InterimRequest,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The record's run.
    pub run_id: String,
    /// The copilot's name.
    pub copilot: String,
    /// How it ended.
    pub ending: Ending,
}

impl RunSummary {
    /// Whether every planned question was asked, and somebody was there to answer to the end.
    pub const fn is_complete(&self) -> bool {
        matches!(self.ending, Ending::Complete)
    }
}

impl App {
    /// Makes a run.
    pub fn run(&self, request: &RunRequest<'_>) -> Result<RunSummary, AppError> {
        let config = request.config;
        files::create_dir(&config.runs_dir)?;
        let mut eval_set = eval_set(self, config, request.filters)?;
        if request.interim.sequential {
            eval_set = sequential::ordered(&eval_set, config.seed);
        }
        let start = Start {
            app: self,
            config,
            eval_set: &eval_set,
            copilot: copilot(config, request.copilot)?,
            cap: request.cap,
            interim: request.interim,
            number: request.number,
            resumed: None,
        };
        start.go()
    }

    /// Goes on with a run.
    pub fn resume(&self, request: &ResumeRequest<'_>) -> Result<RunSummary, AppError> {
        let config = request.config;
        let reader = runs::open(&config.runs_dir, request.run)?;
        let header = reader.header().clone();
        let copilot = config.copilot(&header.copilot_name).ok_or_else(|| {
            AppError::invalid(format!(
                "run `{}` asked the copilot `{}`, which the configuration no longer has",
                header.run_id, header.copilot_name
            ))
        })?;
        let eval_set = EvalSet::new(header.eval_set_name.clone(), reader.cases()?);
        let start = Start {
            app: self,
            config,
            eval_set: &eval_set,
            copilot,
            cap: request.cap,
            interim: request.interim,
            number: 0,
            resumed: Some(Resumed {
                reader,
                rerun_failures: request.rerun_failures,
            }),
        };
        start.go()
    }
}

fn copilot<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a CopilotConfig, AppError> {
    let found = match name {
        None => config.copilots.first(),
        Some(name) => config.copilot(name),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = config
            .copilots
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let name = name.unwrap_or_default();
        AppError::usage(format!("the configuration has no copilot `{name}`"))
            .with_help(format!("it has {}", known.join(", ")))
    })
}

fn eval_set(app: &App, config: &Config, filters: &[String]) -> Result<EvalSet, AppError> {
    let mut eval_set = app.load_eval_set(&config.eval_set)?;
    if !filters.is_empty() {
        let cases = eval_set
            .cases
            .into_iter()
            .filter(|case| is_chosen(case, filters))
            .collect();
        eval_set = EvalSet::new(eval_set.name, cases);
    }
    if eval_set.cases.is_empty() {
        return Err(
            AppError::new(ErrorClass::NothingToDo, "no case was selected")
                .with_help("`--filter` takes TAG=VALUE or a case's id"),
        );
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

/// One run to be started, or to be gone on with.
struct Start<'a> {
    app: &'a App,
    config: &'a Config,
    eval_set: &'a EvalSet,
    copilot: &'a CopilotConfig,
    cap: Option<Usd>,
    interim: &'a InterimRequest,
    number: usize,
    resumed: Option<Resumed>,
}

/// The record of a run to be gone on with.
struct Resumed {
    reader: Reader,
    rerun_failures: bool,
}

impl Start<'_> {
    fn go(self) -> Result<RunSummary, AppError> {
        let runtime = pipeline::runtime()?;
        let (app, config) = (self.app, self.config);
        let earlier = self.resumed.as_ref();
        let first_model = earlier.map(|resumed| first_model(&resumed.reader));
        let first_model = first_model.transpose()?.flatten();
        let copilot = wiring::copilot(app, config, self.copilot, first_model, &runtime)?.copilot;
        let (plan, header) = self.planned(copilot.as_ref(), &runtime)?;
        refuse_unpriced(self.cap.or(config.budget_month), &plan, copilot.as_ref())?;
        let (header, decider) = self.decided(header)?;
        // A run that is gone on with keeps its id, and what it draws.
        let plan = Plan {
            run: header.run_id.clone(),
            ..plan
        };
        let job = Job {
            plan,
            copilot,
            header: header.clone(),
            path: runs::path(&config.runs_dir, &header.run_id),
            resumes: self.resumed.is_some(),
            rerun_failures: (self.resumed.as_ref()).is_some_and(|resumed| resumed.rerun_failures),
            cap: pipeline::own_cap(config, self.cap),
            complete_as: Status::Complete,
            ledger: pipeline::shared(config, self.cap, &header),
        };
        // Whoever reads a record keeps its writer from folding it into one file.
        drop(self.resumed);
        let ending = match (&header.looks, &decider) {
            (Some(looks), Some(decider)) => {
                sequential::execute(app, job, looks, decider, &runtime)?
            }
            _ => pipeline::execute(app, job, &runtime)?,
        };
        Ok(RunSummary {
            run_id: header.run_id,
            copilot: header.copilot_name,
            ending,
        })
    }

    /// The plan and its header; before a new run the anchors are judged, where there are some.
    fn planned(
        &self,
        copilot: &dyn Copilot,
        runtime: &Runtime,
    ) -> Result<(Plan, Header), AppError> {
        let config = self.config;
        let attempts = match &self.resumed {
            Some(resumed) => resumed.reader.header().attempts,
            None => config.attempts,
        };
        let parts = Parts {
            eval_set: self.eval_set,
            copilot_name: &self.copilot.name,
            copilot,
            attempts,
            seed: config.seed,
            model_version: match &self.resumed {
                Some(resumed) => resumed.reader.header().model_version().map(str::to_owned),
                None => config.model_version.clone(),
            },
            concurrency: config.concurrency,
            seats: wiring::seats(self.app, config, runtime)?,
            checks: config.checks.clone(),
            answers: config.answers_of(&self.copilot.name),
        };
        let at = self.app.now();
        let (plan, mut header) = planning::plan(self.app, parts, at, self.number)?;
        if self.resumed.is_none() {
            anchors::mark_changed_judges(config, &mut header, self.app)?;
        }
        Ok((plan, header))
    }

    /// The header that the record has or gets, and who decides at interim analyses, where there are
    /// some.
    fn decided(&self, planned: Header) -> Result<(Header, Option<Decider>), AppError> {
        let mut header = match &self.resumed {
            Some(resumed) => {
                check_same_plan(resumed.reader.header(), &planned)?;
                resumed.reader.header().clone()
            }
            None => Header {
                earlier_tries: runs::finished_with_plan(
                    &self.config.runs_dir,
                    planned.plan_digest,
                )?,
                ..planned
            },
        };
        if header.looks.is_none() && (self.resumed.is_some() || !self.interim.sequential) {
            return Ok((header, None));
        }
        let decider = Decider::new(self.config, self.interim, &header)?;
        match &header.looks {
            Some(looks) => decider.check(looks)?,
            None => header.looks = Some(decider.looks(self.eval_set, self.interim)?),
        }
        Ok((header, Some(decider)))
    }
}

/// A run is gone on with as it was planned, or not at all.
fn check_same_plan(resumed: &Header, planned: &Header) -> Result<(), AppError> {
    // Records of earlier versions have the seed in their plan's digest.
    let is_same = resumed.plan_digest == planned.plan_digest && resumed.seed == planned.seed;
    if is_same || (resumed.manifest.is_some() && resumed.manifest == planned.manifest) {
        return Ok(());
    }
    let changed = match (&resumed.manifest, &planned.manifest) {
        (Some(then), Some(now)) => differences(then, now),
        _ => Vec::new(),
    };
    let mut message = format!(
        "run `{}` was planned with another copilot, eval set, judges, checks or seed",
        resumed.run_id
    );
    for one in changed {
        message.push_str("\n  ");
        message.push_str(&one.to_string());
    }
    Err(AppError::invalid(message)
        .with_help("put the configuration back as it was, or start a new run"))
}

/// The model that answered first in an earlier part of a run, as far as answers name theirs.
fn first_model(reader: &Reader) -> Result<Option<String>, AppError> {
    let mut found = None;
    reader.for_each_call(|call| {
        if let (Ok(ReplySummary::Answer(answer)), None) = (call.result, &found) {
            found = answer.model.map(Cow::into_owned);
        }
    })?;
    Ok(found)
}

/// Under a cap every call needs a price; better said before the first call than after.
fn refuse_unpriced(cap: Option<Usd>, plan: &Plan, copilot: &dyn Copilot) -> Result<(), AppError> {
    let (Some(cap), Some(case)) = (cap, plan.cases.first()) else {
        return Ok(());
    };
    match copilot.worst_cost(case) {
        None => Err(
            AppError::invalid("a budget is set, and the copilot has no price")
                .with_help("add `price` to the copilot in groundgate.toml; 0 is a price"),
        ),
        Some(worst) if worst > cap => Err(AppError::new(
            ErrorClass::OverBudget,
            format!("the worst case of one call is {worst}, the budget {cap}; nothing was spent"),
        )),
        Some(_) => Ok(()),
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
