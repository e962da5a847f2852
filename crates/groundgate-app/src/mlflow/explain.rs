//! `groundgate explain mlflow`: MLflow's number and ours beside each other, step by step and case by case, each with the
//! cause of the difference.

use std::collections::BTreeMap;

use groundgate_connect::mlflow::{Search, TrackingServer};
use groundgate_formats::mlflow::{Measured, Reading, trace_row};
use groundgate_model::{
    mlflow::Trace,
    trial::{Cell, InstrumentKind, Label, Unscored},
};
use groundgate_record::StoredTrial;

use super::{links::TraceLinks, tracking_error};
use crate::{App, Project, assemble::Loaded, config, error::AppError, pipeline};

/// What is explained.
#[derive(Debug, Clone, Copy)]
pub struct MlflowExplainRequest<'a> {
    /// Where records are.
    pub project: &'a Project,
    /// The run that was imported.
    pub run: &'a str,
    /// The server, where it is another than it was imported from.
    pub tracking_uri: Option<&'a str>,
    /// MLflow's assessment; the only one where there is none.
    pub theirs: Option<&'a str>,
    /// Our metric; the embedded judge's groundedness where there is none.
    pub ours: Option<&'a str>,
}

/// Why a case counts otherwise for MLflow than for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceCause {
    /// It counts the same.
    Same,
    /// MLflow's judge failed: MLflow leaves the case out.
    JudgeFailed,
    /// The trace has no answer: MLflow has nothing to score.
    NoAnswer,
    /// MLflow's judge was not asked.
    NotAsked,
    /// MLflow's judge said a word that is no score.
    NotAScore,
    /// MLflow's judge spoke once for each retriever, and each counts as an answer.
    PerSpan,
    /// We have no passages to judge by.
    NoPassages,
    /// We have not scored it.
    NotScored,
    /// There is nothing to judge in it: a refusal.
    NotApplicable,
    /// The same answer and the same passages: the judges differ.
    Judges,
}

impl DifferenceCause {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::JudgeFailed => "judge-failed",
            Self::NoAnswer => "no-answer",
            Self::NotAsked => "not-asked",
            Self::NotAScore => "not-a-score",
            Self::PerSpan => "per-span",
            Self::NoPassages => "no-passages",
            Self::NotScored => "not-scored",
            Self::NotApplicable => "not-applicable",
            Self::Judges => "judges",
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Same => "both say the same",
            Self::JudgeFailed => {
                "MLflow's judge failed, and its mean leaves the case out; we count it as missing"
            }
            Self::NoAnswer => {
                "the trace has no answer, and MLflow has nothing to score; we count it as failed"
            }
            Self::NotAsked => {
                "MLflow's judge was not asked, and its mean does not know the case; we count it as missing"
            }
            Self::NotAScore => {
                "MLflow's judge said a word that is no score, and its mean leaves it out"
            }
            Self::PerSpan => {
                "MLflow's judge spoke once for each retriever, and each counts as an answer; we judge one answer by all passages"
            }
            Self::NoPassages => {
                "no passages are in the trace; we do not score the answer, and count it as missing"
            }
            Self::NotScored => "our judge has no score; we count it as missing",
            Self::NotApplicable => "the answer states nothing; we leave it out and say so",
            Self::Judges => "the same answer and passages: the judges differ",
        }
    }
}

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedDifference {
    /// Case and attempt.
    pub case: String,
    /// Which attempt.
    pub attempt: u32,
    /// Its trace.
    pub trace: String,
    /// What MLflow's judge said, each time that it did.
    pub theirs: Vec<f64>,
    /// What we say; nothing where we do not.
    pub ours: Option<f64>,
    /// Why they differ.
    pub cause: DifferenceCause,
    /// What there is to see: MLflow's error, our claim.
    pub detail: String,
}

/// A number on the way from MLflow's mean to ours.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanStep {
    /// What was done.
    pub what: String,
    /// The mean, at least.
    pub low: f64,
    /// The mean, at most: the same where nothing is missing.
    pub high: f64,
    /// Of how many.
    pub n: usize,
    /// What they are.
    pub unit: &'static str,
}

/// The whole explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct MlflowExplanation {
    /// The record's run.
    pub run_id: String,
    /// MLflow's assessment.
    pub theirs: String,
    /// Our metric.
    pub ours: String,
    /// The mean that MLflow's own run keeps, where the traces are of one.
    pub logged: Option<f64>,
    /// From MLflow's mean to ours.
    pub steps: Vec<MeanStep>,
    /// How many cases have each cause.
    pub causes: BTreeMap<DifferenceCause, usize>,
    /// Every trial.
    pub cases: Vec<ExplainedDifference>,
}

impl App {
    /// Explains why MLflow's number differs from ours.
    pub fn explain_mlflow(
        &self,
        request: &MlflowExplainRequest<'_>,
    ) -> Result<MlflowExplanation, AppError> {
        let run = request.project.load(request.run)?;
        let run_id = run.table.run_id.clone();
        let links = TraceLinks::read(&request.project.runs_dir, &run_id)?.ok_or_else(|| {
            AppError::invalid(format!("{run_id} was not imported from MLflow"))
                .with_help("groundgate import mlflow --experiment NAME --judge makes a run that can be explained")
        })?;
        let (theirs, ours) = pair(&run, request)?;
        let uri = request.tracking_uri.unwrap_or(&links.tracking_uri);
        let endpoint = config::tracking_endpoint(Some(uri), self.lookup())?;
        let server = TrackingServer::new(&endpoint).map_err(tracking_error)?;
        let runtime = pipeline::runtime()?;
        let (heads, logged) = runtime
            .block_on(async {
                let experiment = server.experiment(&links.experiment).await?;
                let search = Search {
                    experiment: &experiment,
                    filter: &links.filter,
                    at_most: usize::MAX,
                };
                let page = server.search(&search).await?;
                let logged = match &links.mlflow_run {
                    Some(run) => server.run(run).await?.metrics,
                    None => Vec::new(),
                };
                Ok((page.heads, logged))
            })
            .map_err(tracking_error)?;
        let reading = Reading {
            run: links.mlflow_run.clone(),
            ..Reading::default()
        };
        let said: BTreeMap<String, Measured> = heads
            .iter()
            .map(|head| trace_row(&Trace::read(head), None, &reading))
            .filter_map(|mut row| Some((row.trace, row.measured.remove(&theirs)?)))
            .collect();
        let cases = cases(&run, &links, &said, &ours)?;
        let mut counts = BTreeMap::new();
        for case in &cases {
            *counts.entry(case.cause).or_insert(0) += 1;
        }
        let mean = format!("{theirs}/mean");
        Ok(MlflowExplanation {
            run_id,
            logged: logged
                .iter()
                .find(|(name, _)| *name == mean)
                .map(|(_, value)| *value),
            steps: steps(&cases),
            theirs,
            ours,
            causes: counts,
            cases,
        })
    }
}

/// Which two are held beside each other.
fn pair(run: &Loaded, request: &MlflowExplainRequest<'_>) -> Result<(String, String), AppError> {
    let of = |is_theirs: bool| -> Vec<&str> {
        let columns = run.table.columns.iter();
        columns
            .filter(|(_, column)| (column.instrument_kind == InstrumentKind::Imported) == is_theirs)
            .map(|(name, _)| name.as_str())
            .collect()
    };
    let choose = |what: &str, wanted: Option<&str>, usual: Option<&str>, all: &[&str]| {
        let found = match wanted {
            Some(wanted) => all.iter().find(|name| **name == wanted),
            None => all
                .iter()
                .find(|name| Some(**name) == usual)
                .or(if let [only] = all { Some(only) } else { None }),
        };
        found.map(|name| (*name).to_owned()).ok_or_else(|| {
            let there = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
            AppError::usage(format!("which of {what} is meant? The run has {there}"))
                .with_help("name them: --theirs NAME --ours NAME; `groundgate import mlflow --judge` adds ours")
        })
    };
    let theirs = choose("MLflow's assessments", request.theirs, None, &of(true))?;
    let usual = format!("embedded_{theirs}");
    let mine = of(false);
    let usual = if mine.contains(&usual.as_str()) {
        usual
    } else {
        "embedded_groundedness".to_owned()
    };
    let ours = choose("our metrics", request.ours, Some(&usual), &mine)?;
    Ok((theirs, ours))
}

fn cases(
    run: &Loaded,
    links: &TraceLinks,
    said: &BTreeMap<String, Measured>,
    ours: &str,
) -> Result<Vec<ExplainedDifference>, AppError> {
    let attempts = run.table.attempts.max(1);
    let mut cases = Vec::new();
    let mut trial = 0;
    let column = run.table.columns.get(ours);
    for case in &run.table.cases {
        for attempt in 0..attempts {
            let trace = links.traces.get(&TraceLinks::trial(&case.id, attempt));
            let stored = run.reader.trial(trial)?;
            let cell = column.and_then(|column| column.cells.get(trial));
            let of = Compared {
                said: trace.and_then(|trace| said.get(trace)),
                stored: &stored,
                cell,
                metric: ours,
            };
            let (cause, detail) = of.cause();
            cases.push(ExplainedDifference {
                case: case.id.clone(),
                attempt,
                trace: trace.cloned().unwrap_or_default(),
                theirs: of.said.map(|said| said.values.clone()).unwrap_or_default(),
                ours: of.ours(),
                cause,
                detail,
            });
            trial += 1;
        }
    }
    Ok(cases)
}

/// One trial, as MLflow's judge and as ours saw it.
struct Compared<'a> {
    said: Option<&'a Measured>,
    stored: &'a StoredTrial,
    cell: Option<&'a Cell>,
    metric: &'a str,
}

impl Compared<'_> {
    fn ours(&self) -> Option<f64> {
        match self.cell? {
            Cell::Scored(value) => Some(*value),
            Cell::NotApplicable | Cell::Unscored(_) => None,
        }
    }

    fn cause(&self) -> (DifferenceCause, String) {
        use DifferenceCause as Cause;
        let answer = match &self.stored.answer {
            Some(Ok(answer)) => answer,
            Some(Err(failure)) => return (Cause::NoAnswer, failure.message.clone()),
            None => return (Cause::NoAnswer, "it is not in the record".to_owned()),
        };
        let Some(said) = self.said else {
            return (Cause::NotAsked, String::new());
        };
        if let Some(why) = said.failures.first() {
            return (Cause::JudgeFailed, why.clone());
        }
        if let Some(word) = said.words.first() {
            return (Cause::NotAScore, word.clone());
        }
        let ours = match self.cell {
            Some(Cell::Scored(value)) => *value,
            Some(Cell::NotApplicable) => return (Cause::NotApplicable, self.explanation()),
            Some(Cell::Unscored(_)) if answer.passages.is_none() => {
                return (Cause::NoPassages, String::new());
            }
            Some(Cell::Unscored(reason)) => return (Cause::NotScored, reason.name()),
            None => return (Cause::NotScored, Unscored::NotRun.name()),
        };
        let same = |value: &f64| (value - ours).abs() < 1e-9;
        match said.values.as_slice() {
            [only] if same(only) => (Cause::Same, String::new()),
            [] => (Cause::NotAsked, String::new()),
            [_] => (Cause::Judges, self.claim()),
            several => {
                let values: Vec<String> = several.iter().map(ToString::to_string).collect();
                let n = several.len();
                (Cause::PerSpan, format!("{n} values: {}", values.join(", ")))
            }
        }
    }

    fn explanation(&self) -> String {
        let detail = self.stored.details.get(self.metric);
        detail
            .map(|detail| detail.explanation.clone())
            .unwrap_or_default()
    }

    /// The first claim that our judge does not find, or what it says of all.
    fn claim(&self) -> String {
        let detail = self.stored.details.get(self.metric);
        let claims = detail
            .map(|detail| detail.claims.as_slice())
            .unwrap_or_default();
        let doubted = claims
            .iter()
            .find(|claim| !matches!(claim.label, Label::Supported | Label::NotAClaim));
        match doubted {
            Some(claim) => format!("{}: “{}”", claim.label.name(), claim.text),
            None => self.explanation(),
        }
    }
}

/// From MLflow's mean to ours: what each difference of counting does.
fn steps(cases: &[ExplainedDifference]) -> Vec<MeanStep> {
    let mut steps = Vec::new();
    let flat: Vec<f64> = cases
        .iter()
        .flat_map(|case| case.theirs.iter().copied())
        .collect();
    steps.extend(exact(
        "MLflow's mean: every value counts, what failed does not",
        &flat,
        "values",
    ));
    let by_trace: Vec<f64> = cases.iter().filter_map(|case| mean(&case.theirs)).collect();
    steps.extend(exact("each trace counts once", &by_trace, "traces"));
    let whole: Vec<Option<f64>> = cases
        .iter()
        .map(|case| match case.cause {
            DifferenceCause::NoAnswer => Some(0.0),
            DifferenceCause::JudgeFailed | DifferenceCause::NotAScore => None,
            DifferenceCause::Same
            | DifferenceCause::NotAsked
            | DifferenceCause::PerSpan
            | DifferenceCause::NoPassages
            | DifferenceCause::NotScored
            | DifferenceCause::NotApplicable
            | DifferenceCause::Judges => mean(&case.theirs),
        })
        .collect();
    steps.extend(bounded(
        "a failed trial counts 0; what else has no score counts both ways",
        &whole,
    ));
    let ours: Vec<Option<f64>> = cases
        .iter()
        .filter(|case| case.cause != DifferenceCause::NotApplicable)
        .map(|case| match case.cause {
            DifferenceCause::NoAnswer => Some(0.0),
            DifferenceCause::Same
            | DifferenceCause::JudgeFailed
            | DifferenceCause::NotAsked
            | DifferenceCause::NotAScore
            | DifferenceCause::PerSpan
            | DifferenceCause::NoPassages
            | DifferenceCause::NotScored
            | DifferenceCause::NotApplicable
            | DifferenceCause::Judges => case.ours,
        })
        .collect();
    steps.extend(bounded(
        "our judge, counted so; answers that state nothing left out",
        &ours,
    ));
    steps
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

fn exact(what: &str, values: &[f64], unit: &'static str) -> Option<MeanStep> {
    let mean = mean(values)?;
    Some(MeanStep {
        what: what.to_owned(),
        low: mean,
        high: mean,
        n: values.len(),
        unit,
    })
}

fn bounded(what: &str, values: &[Option<f64>]) -> Option<MeanStep> {
    if values.is_empty() {
        return None;
    }
    let sum: f64 = values.iter().flatten().sum();
    let missing = values.iter().filter(|value| value.is_none()).count();
    let n = count(values.len());
    Some(MeanStep {
        what: what.to_owned(),
        low: sum / n,
        high: (sum + count(missing)) / n,
        n: values.len(),
        unit: "trials",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(theirs: &[f64], ours: Option<f64>, cause: DifferenceCause) -> ExplainedDifference {
        ExplainedDifference {
            case: "a".to_owned(),
            attempt: 0,
            trace: String::new(),
            theirs: theirs.to_vec(),
            ours,
            cause,
            detail: String::new(),
        }
    }

    #[test]
    fn each_step_says_what_one_difference_of_counting_does() {
        let cases = [
            case(&[1.0, 1.0, 1.0], Some(0.0), DifferenceCause::PerSpan),
            case(&[0.0], Some(0.0), DifferenceCause::Same),
            case(&[], Some(1.0), DifferenceCause::JudgeFailed),
            case(&[], None, DifferenceCause::NoAnswer),
        ];
        let found: Vec<(f64, f64, usize)> = steps(&cases)
            .iter()
            .map(|step| (step.low, step.high, step.n))
            .collect();
        assert_eq!(
            found,
            [
                (0.75, 0.75, 4),
                (0.5, 0.5, 2),
                (0.25, 0.5, 4),
                (0.25, 0.25, 4)
            ]
        );
    }
}
