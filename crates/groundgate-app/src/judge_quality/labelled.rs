//! A record's scores beside people's labels: agreement, two judges compared, calibrations for the policy.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use groundgate_gate::quality::{
    Agreement, CalibrationText, Duel, JoinError, Joined, good_from, into_policy, join,
    labels::{self, Labels},
};
use groundgate_model::trial::meant;
use groundgate_stats::{
    agreement::{LabelCount, LabelsNeeded},
    correction::JUDGE_QUALITY_MIN,
};

use super::health::{HealthFile, Measured};
use crate::{
    agreement_threshold,
    app::App,
    assemble::Loaded,
    clock,
    error::{AppError, ErrorClass},
    files,
    project::Project,
};

/// Labels, and what is asked of them.
#[derive(Debug, Clone, Copy)]
pub struct LabelsRequest<'a> {
    /// Where runs and the policy are.
    pub project: &'a Project,
    /// What people said: a file in any form that is read.
    pub labels: &'a Path,
    /// Only these metrics; all that have labels where none is named.
    pub metrics: &'a [String],
    /// From this value on an answer counts as good; from the best there is without.
    pub good_from: Option<f64>,
}

/// A judge beside people on one metric.
#[derive(Debug)]
pub struct LabelledMetric {
    /// How far they agree.
    pub agreement: Agreement,
    /// How many labels more would show that it is good enough.
    pub needed: LabelsNeeded,
}

/// A run's judges beside people.
#[derive(Debug)]
pub struct AgreementSummary {
    /// The run.
    pub run_id: String,
    /// What people said.
    pub labels: Labels,
    /// By metric.
    pub metrics: Vec<LabelledMetric>,
}

/// Two judges beside people on one metric.
#[derive(Debug)]
pub struct ComparedMetric {
    /// The first judge.
    pub first: Agreement,
    /// The second.
    pub second: Agreement,
    /// Which of them is right where the other is not.
    pub duel: Duel,
}

/// The judges of two runs of the same answers.
#[derive(Debug)]
pub struct JudgesComparison {
    /// The runs.
    pub run_ids: [String; 2],
    /// By metric.
    pub metrics: Vec<ComparedMetric>,
}

/// Labels to be made into calibrations.
#[derive(Debug, Clone, Copy)]
pub struct CalibrateRequest<'a> {
    /// The labels.
    pub labels: LabelsRequest<'a>,
    /// The run that they are about.
    pub run: &'a str,
    /// The policy that gets them, in place of older ones.
    pub into: Option<&'a Path>,
}

/// A judge on whose scores no rule may rest.
#[derive(Debug)]
pub struct UnfitJudge {
    /// The metric.
    pub metric: String,
    /// The lower bound of its sensitivity + specificity − 1.
    pub j_lower: f64,
}

/// Calibrations, as a policy has them.
#[derive(Debug)]
pub struct CalibrateSummary {
    /// The digest of the labels.
    pub labels: String,
    /// Tables of TOML.
    pub tables: Vec<String>,
    /// Judges that the gate will refuse.
    pub unfit: Vec<UnfitJudge>,
    /// The policy that was written.
    pub written: Option<PathBuf>,
}

impl App {
    /// Holds a run's scores against people's labels.
    pub fn agreement(
        &self,
        request: &LabelsRequest<'_>,
        run: &str,
        health: Option<HealthFile<'_>>,
    ) -> Result<AgreementSummary, AppError> {
        let labelled = Labelled::read(request, run)?;
        let header = labelled.loaded.reader.header();
        let known = agreement_threshold::known(&labelled.loaded.reader);
        let metrics: Vec<LabelledMetric> = (labelled.agreements(request)?.into_iter())
            .map(|agreement| {
                let [good, bad] = agreement
                    .recognized()
                    .map(|(right, labelled)| LabelCount { right, labelled });
                let policy = &request.project.policy;
                let threshold = agreement_threshold::of_metric(policy, &known, &agreement.metric);
                LabelledMetric {
                    needed: LabelsNeeded::new(threshold, good, bad),
                    agreement,
                }
            })
            .collect();
        if let Some(file) = health {
            let measured =
                |one: &LabelledMetric| Measured::agreement(&one.agreement, &header.created_at);
            file.write(metrics.iter().map(measured))?;
        }
        Ok(AgreementSummary {
            run_id: header.run_id.clone(),
            metrics,
            labels: labelled.labels,
        })
    }

    /// Compares the judges of two runs of the same answers on the same labels.
    pub fn compare_judges(
        &self,
        request: &LabelsRequest<'_>,
        runs: [&str; 2],
    ) -> Result<JudgesComparison, AppError> {
        let [first, second] = runs.map(|run| Labelled::read(request, run));
        let (first, second) = (first?, second?);
        if !first.has_answers_of(&second) {
            return Err(
                AppError::invalid("the two runs are not of the same answers").with_help(
                    "`groundgate rejudge RUN` has the answers of a run judged by other judges",
                ),
            );
        }
        let mut metrics = Vec::new();
        for metric in first.metrics(request)? {
            let (ours, theirs) = (first.joined(&metric)?, second.joined(&metric)?);
            let from = threshold(request, &ours)?;
            metrics.push(ComparedMetric {
                first: Agreement::of(&ours, from),
                second: Agreement::of(&theirs, from),
                duel: Duel::of(&ours, &theirs, from)
                    .map_err(|error| AppError::new(ErrorClass::Invalid, error))?,
            });
        }
        let run_ids = [&first, &second].map(|one| one.loaded.table.run_id.clone());
        Ok(JudgesComparison { run_ids, metrics })
    }

    /// Makes calibrations of labels, and puts them into a policy where one is named.
    pub fn calibrate(&self, request: &CalibrateRequest<'_>) -> Result<CalibrateSummary, AppError> {
        let labelled = Labelled::read(&request.labels, request.run)?;
        let at = clock::rfc3339(self.now());
        let day: String = at.chars().take(10).collect();
        let labels = labelled.labels.digest.to_string();
        let (mut calibrations, mut unfit) = (Vec::new(), Vec::new());
        for agreement in labelled.agreements(&request.labels)? {
            calibrations.push(calibration(&agreement, &labels, &day)?);
            if let Some(j_lower) = agreement.j_lower.filter(|j| *j <= JUDGE_QUALITY_MIN) {
                unfit.push(UnfitJudge {
                    metric: agreement.metric,
                    j_lower,
                });
            }
        }
        if let Some(path) = request.into {
            let policy = into_policy(&files::read_text(path)?, &calibrations);
            files::write(path, &policy)?;
        }
        let tables = calibrations.iter().map(|one| one.toml().to_owned());
        Ok(CalibrateSummary {
            labels,
            tables: tables.collect(),
            unfit,
            written: request.into.map(Path::to_owned),
        })
    }
}

fn calibration(
    agreement: &Agreement,
    labels: &str,
    day: &str,
) -> Result<CalibrationText, AppError> {
    CalibrationText::new(agreement, labels, day).ok_or_else(|| {
        AppError::invalid(format!(
            "people called all labelled answers alike on `{}`; a calibration needs good ones and bad ones",
            agreement.metric
        ))
        .with_help("label more answers; bad ones are found sooner among those the judge calls bad, but then the labels are no random sample")
    })
}

/// Labels with the table that they are about.
struct Labelled {
    loaded: Loaded,
    labels: Labels,
}

impl Labelled {
    fn read(request: &LabelsRequest<'_>, run: &str) -> Result<Self, AppError> {
        Ok(Self {
            loaded: request.project.load(run)?,
            labels: read_labels(request.labels)?,
        })
    }

    /// The metrics that are asked for, or all of the run's that have labels.
    fn metrics(&self, request: &LabelsRequest<'_>) -> Result<Vec<String>, AppError> {
        if !request.metrics.is_empty() {
            return Ok(request.metrics.to_vec());
        }
        let is_measured = |name: &str| self.loaded.table.columns.contains_key(name);
        let labelled: BTreeSet<Cow<'_, str>> = (self.labels.labels.iter())
            .map(|label| meant(&label.metric, is_measured))
            .collect();
        let measured = labelled.iter().filter(|name| is_measured(name));
        let metrics: Vec<String> = measured.map(|name| name.clone().into_owned()).collect();
        if metrics.is_empty() {
            let names: Vec<&str> = labelled.iter().map(AsRef::as_ref).collect();
            return Err(AppError::invalid(format!(
                "the labels are of {}, which the run does not measure",
                names.join(", ")
            )));
        }
        Ok(metrics)
    }

    fn joined(&self, metric: &str) -> Result<Joined<'_>, AppError> {
        join(&self.loaded.table, metric, &self.labels).map_err(invalid)
    }

    fn agreements(&self, request: &LabelsRequest<'_>) -> Result<Vec<Agreement>, AppError> {
        let one = |metric: &String| {
            let joined = self.joined(metric)?;
            Ok(Agreement::of(&joined, threshold(request, &joined)?))
        };
        self.metrics(request)?.iter().map(one).collect()
    }

    fn has_answers_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.loaded.table, &other.loaded.table);
        let digests = one.cases.iter().map(|case| case.digest);
        digests.eq(other.cases.iter().map(|case| case.digest)) && one.attempts == other.attempts
    }
}

fn invalid(error: JoinError) -> AppError {
    AppError::new(ErrorClass::Invalid, error)
}

/// Reads a file of labels.
pub(super) fn read_labels(path: &Path) -> Result<Labels, AppError> {
    Ok(labels::read(
        &path.display().to_string(),
        &files::read_text(path)?,
    )?)
}

fn threshold(request: &LabelsRequest<'_>, joined: &Joined<'_>) -> Result<f64, AppError> {
    let metric = &joined.column.metric;
    (request.good_from)
        .or_else(|| good_from(metric))
        .ok_or_else(|| invalid(JoinError::NotAScore(metric.name.clone())))
}
