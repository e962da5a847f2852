//! Answers that are there already, judged: what `rejudge` and the `judge` commands share.
//!
//! A record is made that has the answers from its first moment, and is then gone on with like any
//! other run. So everything holds that holds for runs: one place of concurrency, budgets, resumption,
//! and a record in which every score can be traced.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::config::{Config, JudgeConfig};
use groundgate_endpoints::{chat::BoxFuture, copilot::Copilot};
use groundgate_model::{
    eval_set::{Case, EvalSet},
    exchange::{Answer, CallFailure, FailureKind},
    manifest::Manifest,
    trial::{Call, CallKey, Callee, Looks, Reply},
    unit::{Digest, Usd},
};
use groundgate_record::{Header, Origin, Reader, Status, Writer};
use groundgate_run::Ending;

use super::{
    app::App,
    error::{AppError, ErrorClass},
    files,
    pipeline::{self, Job},
    planning::{self, Parts},
    runs, wiring,
};

/// Answers with the cases they answer.
#[derive(Debug)]
pub struct Answers {
    /// The eval set's name.
    pub name: String,
    /// The cases.
    pub cases: Vec<Case>,
    /// How often each was asked.
    pub attempts: u32,
    /// By planned trial; what is not there was never asked.
    pub given: BTreeMap<usize, Result<Answer, CallFailure>>,
    /// Who answered.
    pub copilot_name: String,
    /// The same for people.
    pub copilot_description: String,
    /// How whole the run is that they come from.
    pub status: Status,
    /// Where a gate may look, if the run was sequential.
    looks: Option<Looks>,
}

impl Answers {
    /// All answers of a record.
    pub fn of_run(reader: &Reader) -> Result<Self, AppError> {
        let header = reader.header();
        let cases = reader.cases()?;
        let attempts = usize::try_from(header.attempts).unwrap_or(usize::MAX);
        let mut answers = BTreeMap::new();
        for trial in 0..cases.len().saturating_mul(attempts) {
            if let Some(answer) = reader.trial(trial)?.answer {
                answers.insert(trial, answer);
            }
        }
        Ok(Self {
            name: header.eval_set_name.clone(),
            cases,
            attempts: header.attempts,
            given: answers,
            copilot_name: header.copilot_name.clone(),
            copilot_description: header.copilot_description.clone(),
            status: reader.status()?,
            looks: header.looks.clone(),
        })
    }

    /// The answer of one trial, as the only one.
    pub fn of_trial(reader: &Reader, trial: usize) -> Result<Self, AppError> {
        let header = reader.header();
        let attempts = usize::try_from(header.attempts).unwrap_or(1).max(1);
        Ok(Self {
            name: header.eval_set_name.clone(),
            cases: vec![reader.case(trial / attempts)?],
            attempts: 1,
            given: (reader.trial(trial)?.answer.into_iter())
                .map(|answer| (0, answer))
                .collect(),
            copilot_name: header.copilot_name.clone(),
            copilot_description: header.copilot_description.clone(),
            status: Status::Complete,
            looks: None,
        })
    }

    /// Answers that come one for each case.
    pub fn of_cases(name: &str, answered: Vec<AnsweredCase>) -> Self {
        let pairs = answered.into_iter().map(|one| (one.case, one.answer));
        let (cases, answers): (Vec<Case>, Vec<Answer>) = pairs.unzip();
        Self {
            name: name.to_owned(),
            cases,
            attempts: 1,
            given: answers.into_iter().map(Ok).enumerate().collect(),
            copilot_name: name.to_owned(),
            copilot_description: "answers given to a judge".to_owned(),
            status: Status::Complete,
            looks: None,
        }
    }

    /// Every answer with its case; an answer to a later attempt is a case of its own.
    pub fn answered(&self) -> Vec<AnsweredCase> {
        let attempts = usize::try_from(self.attempts).unwrap_or(1).max(1);
        let given = self.given.iter().filter_map(|(trial, answer)| {
            let mut case = self.cases.get(trial / attempts)?.clone();
            if attempts > 1 {
                case.id = format!("{} attempt {}", case.id, trial % attempts);
            }
            let answer = answer.as_ref().ok()?.clone();
            Some(AnsweredCase { case, answer })
        });
        given.collect()
    }

    /// The places of cases whose every attempt was asked.
    fn whole(&self) -> BTreeSet<usize> {
        let attempts = usize::try_from(self.attempts).unwrap_or(usize::MAX);
        (0..self.cases.len())
            .filter(|case| {
                let from = case.saturating_mul(attempts);
                (from..from.saturating_add(attempts)).all(|trial| self.given.contains_key(&trial))
            })
            .collect()
    }

    fn calls(&self) -> Vec<Call> {
        let call = |(trial, answer): (&usize, &Result<Answer, CallFailure>)| Call {
            key: CallKey {
                trial: *trial,
                callee: Callee::Copilot,
                vote: 0,
                round: 0,
            },
            request: None,
            result: answer.clone().map(Reply::Answer),
            // Paid for by the run that they come from.
            booked: Usd::ZERO,
        };
        self.given.iter().map(call).collect()
    }
}

/// An answer with the case that it answers.
#[derive(Debug, Clone)]
pub struct AnsweredCase {
    /// What was asked.
    pub case: Case,
    /// What was answered.
    pub answer: Answer,
}

/// So many of them, drawn by the seed.
pub fn sample(mut answered: Vec<AnsweredCase>, size: usize, seed: u64) -> Vec<AnsweredCase> {
    answered.sort_by_cached_key(|one| {
        Digest::of_parts([seed.to_be_bytes().as_slice(), one.case.id.as_bytes()])
    });
    answered.truncate(size);
    answered
}

/// A copilot that has said all it will say.
struct Silent {
    description: String,
}

impl Copilot for Silent {
    fn ask<'a>(
        &'a self,
        _case: &'a Case,
        _attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async {
            Err(CallFailure {
                kind: FailureKind::Absent,
                message: "the stored run has no answer to this question".to_owned(),
                tries: 0,
                failed_tries: Vec::new(),
                cost: None,
            })
        })
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        Some(Usd::ZERO)
    }

    fn describe(&self) -> String {
        self.description.clone()
    }

    fn is_live(&self) -> bool {
        false
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("stored").with("description", self.description.as_str())
    }
}

/// Which judges are meant, and what they may cost.
#[derive(Debug, Clone, Default)]
pub struct JudgeSelection {
    /// Names; all judges of the configuration where there is none.
    pub judge: Vec<String>,
    /// Dollars; the configuration's budget where there are none.
    pub budget_usd: Option<f64>,
}

/// The judges that are meant; all of them where none is named.
pub fn chosen(config: &Config, asked: &JudgeSelection) -> Result<Vec<JudgeConfig>, AppError> {
    let known: Vec<&str> = config
        .judges
        .iter()
        .map(|judge| judge.name.as_str())
        .collect();
    if let Some(name) = asked
        .judge
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(
            AppError::usage(format!("the configuration has no judge `{name}`"))
                .with_help(format!("it has {}", known.join(", "))),
        );
    }
    let is_meant =
        |judge: &&JudgeConfig| asked.judge.is_empty() || asked.judge.contains(&judge.name);
    let judges: Vec<JudgeConfig> = config.judges.iter().filter(is_meant).cloned().collect();
    if judges.is_empty() {
        return Err(AppError::invalid("the configuration has no judge")
            .with_help("add a [[judge]] to groundgate.toml; docs/judges.md shows how"));
    }
    Ok(judges)
}

/// What judging may cost.
pub fn cap(config: &Config, asked: &JudgeSelection) -> Result<Option<Usd>, AppError> {
    match asked.budget_usd {
        None => Ok(config.budget),
        Some(dollars) => Usd::from_dollars(dollars)
            .map(Some)
            .ok_or_else(|| AppError::usage(format!("{dollars} is not an amount of dollars"))),
    }
}

/// Who judges, and where the record goes.
#[derive(Debug)]
pub struct Judging<'a> {
    /// For everything but the judges.
    pub config: &'a Config,
    /// Who judges.
    pub judges: Vec<JudgeConfig>,
    /// Plain checks by name.
    pub checks: Vec<String>,
    /// Where the record goes.
    pub directory: PathBuf,
    /// What judging may cost.
    pub cap: Option<Usd>,
    /// Tells records of one command apart.
    pub number: usize,
}

/// A record of answers judged, and how that ended.
#[derive(Debug)]
pub struct Judged {
    /// The record's header.
    pub header: Header,
    /// Its file.
    pub path: PathBuf,
    /// How judging ended.
    pub ending: Ending,
}

/// A run whose answers are judged again.
#[derive(Debug, Clone, Copy)]
pub struct RejudgeRequest<'a> {
    /// Whose judges and checks look at them, and where its runs are.
    pub config: &'a Config,
    /// The run.
    pub run: &'a str,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
}

/// A run's answers, judged again.
#[derive(Debug)]
pub struct Rejudged {
    /// The new record.
    pub judged: Judged,
    /// The run that answered.
    pub answers_of: String,
}

impl App {
    /// Has a run's answers judged by the configuration's judges of today, as a run beside it.
    pub fn rejudge(&self, request: &RejudgeRequest<'_>) -> Result<Rejudged, AppError> {
        let config = request.config;
        let source = runs::open_whole(&config.runs_dir, request.run)?;
        let judging = Judging {
            judges: chosen(config, request.judges)?,
            checks: config.checks.clone(),
            directory: config.runs_dir.clone(),
            cap: cap(config, request.judges)?,
            number: 0,
            config,
        };
        Ok(Rejudged {
            judged: judging.judge(&Answers::of_run(&source)?, self)?,
            answers_of: source.header().run_id.clone(),
        })
    }
}

impl<'a> Judging<'a> {
    /// As `judge` commands judge: into records apart from runs, so that none of them is `latest`.
    ///
    /// The judges themselves are on trial: one behind another is asked about every answer.
    pub fn apart(config: &'a Config, mut judges: Vec<JudgeConfig>, cap: Option<Usd>) -> Self {
        for cascade in judges.iter_mut().filter_map(|judge| judge.cascade.as_mut()) {
            cascade.asks_always = true;
        }
        Self {
            config,
            judges,
            checks: Vec::new(),
            directory: config.runs_dir.join("judge"),
            cap,
            number: 0,
        }
    }

    /// Judges the answers into a record of their own.
    pub fn judge(self, answers: &Answers, app: &App) -> Result<Judged, AppError> {
        let runtime = pipeline::runtime()?;
        let mut config = self.config.clone();
        config.judges = self.judges;
        let seats = wiring::seats(app, &config, &runtime)?;
        let copilot = Arc::new(Silent {
            description: answers.copilot_description.clone(),
        });
        let eval_set = EvalSet::new(answers.name.clone(), answers.cases.clone());
        let parts = Parts {
            eval_set: &eval_set,
            copilot_name: &answers.copilot_name,
            copilot: copilot.as_ref(),
            attempts: answers.attempts,
            seed: config.seed,
            model_version: None,
            concurrency: config.concurrency,
            seats,
            checks: self.checks,
            answers: config.answers_of(&answers.copilot_name),
        };
        let at = app.now();
        let (mut plan, mut header) = planning::plan(app, parts, at, self.number)?;
        header.looks.clone_from(&answers.looks);
        header.origin = Origin::Rejudged;
        plan.part = Some(answers.whole());
        files::create_dir(&self.directory)?;
        let path = runs::path(&self.directory, &header.run_id);
        let mut writer = Writer::create(&path, &header, &plan.cases)?;
        writer.append(&answers.calls(), &[])?;
        drop(writer);
        let job = Job {
            plan,
            copilot,
            header: header.clone(),
            path: path.clone(),
            resumes: true,
            rerun_failures: false,
            cap: pipeline::own_cap(&config, self.cap),
            complete_as: answers.status,
            ledger: pipeline::shared(&config, self.cap, &header),
        };
        let ending = pipeline::execute(app, job, &runtime)?;
        Ok(Judged {
            header,
            path,
            ending,
        })
    }
}

/// What is left of a cap after what a record has booked.
pub fn left(cap: Option<Usd>, record: &Reader) -> Result<Option<Usd>, AppError> {
    let Some(cap) = cap else {
        return Ok(None);
    };
    Ok(Some(cap.minus(record.booked()?)))
}

/// Judged to the end, or an error that says how far it came.
pub fn whole(judged: &Judged) -> Result<Reader, AppError> {
    if judged.ending == Ending::Complete {
        return Ok(Reader::open(&judged.path)?);
    }
    let message = format!(
        "judging was not finished; what was judged is in `{}`",
        shown(&judged.path)
    );
    let help = match judged.ending {
        Ending::EndpointDown => "ask again when the judge's endpoint is well",
        Ending::Complete
        | Ending::Stopped
        | Ending::OutOfBudget
        | Ending::SinkClosed
        | Ending::Panicked => "a larger --budget-usd, or fewer answers with --sample",
    };
    Err(AppError::new(class_of(judged.ending), message).with_help(help))
}

/// How something ends that needed a run to be complete.
pub const fn class_of(ending: Ending) -> ErrorClass {
    match ending {
        Ending::Complete | Ending::SinkClosed | Ending::Panicked => ErrorClass::Internal,
        Ending::Stopped => ErrorClass::Interrupted,
        Ending::OutOfBudget | Ending::EndpointDown => ErrorClass::Incomplete,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
