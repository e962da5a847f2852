//! Runs against a base, paired by question, metric by metric.

use std::collections::BTreeSet;

use groundgate_gate::{MetricComparison, RunScores, Slice, Statistics, compare};
use groundgate_stats::holm;

use crate::{app::App, assemble::Loaded, error::AppError, project::Project, runs};

/// Runs to be compared.
#[derive(Debug, Clone, Copy)]
pub struct CompareRequest<'a> {
    /// Where records are.
    pub project: &'a Project,
    /// The run that the others are compared with.
    pub base: &'a str,
    /// The others.
    pub candidates: &'a [String],
    /// A tag: slice by slice, too.
    pub by: Option<&'a str>,
    /// Only these metrics; all where there is none.
    pub metrics: &'a [String],
}

/// Runs that were compared.
#[derive(Debug)]
pub struct CompareSummary {
    /// The run that the others were compared with.
    pub base: Loaded,
    /// The others, in the order of the request.
    pub runs: Vec<ComparedRun>,
    /// What remains of all differences together.
    pub correction: Correction,
}

/// One run against the base.
#[derive(Debug)]
pub struct ComparedRun {
    /// The run.
    pub candidate: Loaded,
    /// Overall first, then slice by slice.
    pub parts: Vec<ComparedPart>,
}

/// All questions, or a slice of them.
#[derive(Debug)]
pub struct ComparedPart {
    /// Which; all questions without.
    pub slice: Option<Slice>,
    /// Metric by metric.
    pub metrics: Vec<MetricComparison>,
}

/// Holm's correction over every comparison of a request: whoever makes many finds some difference by
/// chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The largest p-value that remains; none remains without.
    largest: Option<f64>,
    p_values: Vec<f64>,
}

impl Correction {
    fn over<'a>(runs: impl Iterator<Item = &'a ComparedRun>) -> Self {
        let comparisons = runs
            .flat_map(|run| &run.parts)
            .flat_map(|part| &part.metrics);
        let p_values: Vec<f64> = comparisons.filter_map(|one| one.p_value).collect();
        let adjusted = holm(&p_values, Statistics::default().alpha_fail);
        let remain = p_values
            .iter()
            .zip(adjusted)
            .filter(|(_, one)| one.rejected);
        Self {
            largest: remain.map(|(p, _)| *p).reduce(f64::max),
            p_values,
        }
    }

    /// Comparisons that were made.
    pub const fn n_made(&self) -> usize {
        self.p_values.len()
    }

    /// Whether a comparison remains: Holm's procedure keeps the smallest p-values.
    pub fn keeps(&self, p: Option<f64>) -> bool {
        p.zip(self.largest).is_some_and(|(p, largest)| p <= largest)
    }

    /// Comparisons that remain.
    pub fn n_remain(&self) -> usize {
        let remain = self.p_values.iter().filter(|p| self.keeps(Some(**p)));
        remain.count()
    }
}

impl App {
    /// Compares runs with a base.
    pub fn compare(&self, request: &CompareRequest<'_>) -> Result<CompareSummary, AppError> {
        let whole = |name: &str| Loaded::new(runs::open_whole(&request.project.runs_dir, name)?);
        let base = whole(request.base)?;
        let mut runs = Vec::new();
        for name in request.candidates {
            let candidate = whole(name)?;
            let evidence = RunScores {
                candidate: &candidate.table,
                baseline: Some(&base.table),
            };
            let parts = parts(request, evidence)?;
            runs.push(ComparedRun { candidate, parts });
        }
        Ok(CompareSummary {
            correction: Correction::over(runs.iter()),
            base,
            runs,
        })
    }
}

fn parts(
    request: &CompareRequest<'_>,
    evidence: RunScores<'_>,
) -> Result<Vec<ComparedPart>, AppError> {
    check_metrics(request.metrics, evidence)?;
    let statistics = Statistics::default();
    let part = |slice: Option<Slice>| {
        let all = compare(&statistics, evidence, slice.as_ref()).into_iter();
        let is_asked_for = |one: &MetricComparison| {
            request.metrics.is_empty() || request.metrics.contains(&one.metric.name)
        };
        ComparedPart {
            metrics: all.filter(is_asked_for).collect(),
            slice,
        }
    };
    let slices = match request.by {
        Some(tag) => slices(tag, evidence)?,
        None => Vec::new(),
    };
    let all = std::iter::once(None).chain(slices.into_iter().map(Some));
    Ok(all.map(part).collect())
}

fn check_metrics(metrics: &[String], evidence: RunScores<'_>) -> Result<(), AppError> {
    let columns = &evidence.candidate.columns;
    let Some(unknown) = metrics.iter().find(|name| !columns.contains_key(*name)) else {
        return Ok(());
    };
    let known: Vec<&str> = columns.keys().map(String::as_str).collect();
    Err(
        AppError::usage(format!("the runs do not measure `{unknown}`"))
            .with_help(format!("they measure {}", known.join(", "))),
    )
}

/// One slice a value that the candidate's cases have of the tag.
fn slices(tag: &str, evidence: RunScores<'_>) -> Result<Vec<Slice>, AppError> {
    let cases = evidence.candidate.cases.iter();
    let values: BTreeSet<&String> = cases.filter_map(|case| case.tags.get(tag)).collect();
    if values.is_empty() {
        return Err(AppError::usage(format!("no case has the tag `{tag}`")));
    }
    let slice = |value: &String| Slice {
        tag: tag.to_owned(),
        value: value.clone(),
    };
    Ok(values.into_iter().map(slice).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FLOOR, Folder, at, scored};

    fn compared(folder: &Folder, candidates: &[String], by: Option<&str>) -> CompareSummary {
        let project = folder.project();
        let request = CompareRequest {
            project: &project,
            base: candidates[0].as_str(),
            candidates: &candidates[1..],
            by,
            metrics: &["groundedness".to_owned()],
        };
        App::new(at(23)).compare(&request).unwrap()
    }

    #[test]
    fn a_difference_that_one_comparison_shows_does_not_remain_among_many() {
        let folder = Folder::new(FLOOR);
        let base = folder.record(1, 20);
        let worse = folder.record(2, 26);
        let alone = compared(&folder, &[base.clone(), worse.clone()], None);
        let p = alone.runs[0].parts[0].metrics[0].p_value.unwrap();
        assert!(0.02 < p && p < 0.05, "{p}");
        let alone = &alone.correction;
        assert_eq!((alone.n_made(), alone.n_remain()), (1, 1));
        let mut all = vec![base, worse];
        all.extend((3..8).map(|hour| folder.record(hour, 21)));
        let many = compared(&folder, &all, None).correction;
        assert_eq!((many.n_made(), many.n_remain()), (6, 0));
        assert!(!many.keeps(Some(p)) && !many.keeps(None));
    }

    #[test]
    fn slices_follow_the_whole_and_what_is_not_there_is_refused() {
        let folder = Folder::new(FLOOR);
        let tagged =
            scored(40, 4).replace("\"question\"", "\"tags\": {\"topic\": \"x\"}, \"question\"");
        let tagged = tagged.replacen("\"x\"", "\"a\"", 15);
        let runs = [1, 2].map(|hour| folder.scored(hour, &tagged, "a judge"));
        let summary = compared(&folder, &runs, Some("topic"));
        let slices = summary.runs[0].parts.iter().map(|part| {
            let slice = part.slice.as_ref();
            (slice.map(|slice| slice.value.as_str()), part.metrics.len())
        });
        let expected = [(None, 1), (Some("a"), 1), (Some("x"), 1)];
        assert_eq!(slices.collect::<Vec<_>>(), expected);
        let project = folder.project();
        let request = CompareRequest {
            project: &project,
            base: &runs[0],
            candidates: &runs[1..],
            by: Some("nothing"),
            metrics: &[],
        };
        let app = App::new(at(23));
        let error = app.compare(&request).map(|_| ()).unwrap_err();
        assert!(
            error.to_string().contains("no case has the tag `nothing`"),
            "{error}"
        );
        let request = CompareRequest {
            by: None,
            metrics: &["kindness".to_owned()],
            ..request
        };
        let error = app.compare(&request).map(|_| ()).unwrap_err();
        assert!(
            error.to_string().contains("do not measure `kindness`"),
            "{error}"
        );
    }
}
