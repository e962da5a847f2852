//! `groundgate compare FILE_A FILE_B`: two files of answers to the same questions.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_formats::{Given, MetricType, Options, metric_type};
use groundgate_stats::{
    Alphas, Bound, Estimate, Plan, Scale, StatsError, paired_difference,
    scores::{ScoreList, ScoreRow, ScoreType, Side},
};

use serde_json::{Value, json};

use crate::{
    App, AppError, ErrorClass,
    file_score::{self, Judged, METRICS, estimated},
    reading::Source,
};

/// Which files, and how they are to be read.
#[derive(Debug, Clone, Copy)]
pub struct FilesRequest<'a> {
    /// What is compared with.
    pub base: Source<'a>,
    /// What is compared.
    pub candidate: Source<'a>,
    /// How both are to be read.
    pub reading: &'a Options,
}

/// One metric of two files.
#[derive(Debug)]
pub struct FileMetric {
    /// Its name.
    pub name: String,
    /// Whether the embedded judge measured it; else it stands in both files.
    pub is_judged: bool,
    /// The plain means of what was scored.
    pub means: [Option<f64>; 2],
    /// Pairs that lack a score on a side.
    pub n_missing: usize,
    /// Candidate − base with its bounds.
    pub difference: Result<Estimate, StatsError>,
    /// How far apart the scale's ends are.
    pub width: f64,
}

/// What two files say about each other.
#[derive(Debug)]
pub struct FileComparison {
    /// The files.
    pub files: [String; 2],
    /// Questions in both.
    pub n_both: usize,
    /// Questions in one only.
    pub n_only: [usize; 2],
    /// By metric.
    pub metrics: Vec<FileMetric>,
}

impl FileComparison {
    /// As JSON: what `groundgate compare --json` prints of files.
    pub fn document(&self) -> Value {
        let metrics = self.metrics.iter().map(|metric| {
            json!({
                "metric": metric.name,
                "by": if metric.is_judged { "embedded" } else { "the files" },
                "first": metric.means.first(),
                "second": metric.means.last(),
                "n_missing": metric.n_missing,
                "difference": estimated(&metric.difference),
            })
        });
        json!({
            "schema": "groundgate.compare-files/1",
            "files": self.files,
            "n_both": self.n_both,
            "n_only": self.n_only,
            "metrics": metrics.collect::<Vec<_>>(),
        })
    }
}

/// The trials of a file by case and attempt.
type Trials<'a> = BTreeMap<(&'a str, usize), &'a Judged>;

impl App {
    /// Compares the answers of two files, paired by question.
    pub fn compare_files(&self, request: &FilesRequest<'_>) -> Result<FileComparison, AppError> {
        let read = |source: Source<'_>| {
            let found = self.read_source(source, request.reading)?;
            file_score::judge(source.name, found)
        };
        let (base, candidate) = (read(request.base)?, read(request.candidate)?);
        let files = [request.base.name, request.candidate.name].map(str::to_owned);
        let sides = [trials(&base), trials(&candidate)];
        let cases = sides
            .each_ref()
            .map(|side| -> BTreeSet<&str> { side.keys().map(|(case, _)| *case).collect() });
        let [left, right] = &cases;
        let both: BTreeSet<&str> = left.intersection(right).copied().collect();
        if both.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                format!("no question is in both `{}` and `{}`", request.base.name, request.candidate.name),
            )
            .with_help("cases are paired by id, or by the question where there are no ids: --map id=COLUMN"));
        }
        let mut metrics: Vec<FileMetric> = METRICS
            .iter()
            .map(|(name, score_type)| {
                compared(&sides, &both, *score_type, |one| {
                    file_score::value(one, name)
                })
                .named(name, true)
            })
            .collect();
        metrics.extend(given(&sides, &both));
        Ok(FileComparison {
            files,
            n_both: both.len(),
            n_only: cases.map(|side| side.len() - both.len()),
            metrics,
        })
    }
}

fn trials(judged: &[Judged]) -> Trials<'_> {
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let placed = judged.iter().map(|one| {
        let nth = next.entry(&one.row.id).or_default();
        let attempt = one
            .row
            .attempt
            .map_or(*nth, groundgate_model::unit::to_count);
        *nth += 1;
        ((one.row.id.as_str(), attempt), one)
    });
    placed.collect()
}

/// Metrics that stand in both files and whose values are of one type.
fn given(sides: &[Trials<'_>; 2], both: &BTreeSet<&str>) -> Vec<FileMetric> {
    let names = sides.each_ref().map(|side| -> BTreeSet<String> {
        side.values()
            .flat_map(|one| one.row.scores.keys().cloned())
            .collect()
    });
    let [left, right] = &names;
    let of = |name: &String| {
        let values = sides.iter().flat_map(BTreeMap::values);
        let values = values.filter_map(|one| one.row.scores.get(name).copied());
        let score_type = match metric_type(name, values)? {
            MetricType::Binary => ScoreType::Binary,
            MetricType::Fraction => ScoreType::Bounded(Scale::UNIT),
            MetricType::OneToFive => ScoreType::Ordinal(Scale::new(1.0, 5.0).ok()?),
        };
        let value = |one: &Judged| one.row.scores.get(name).copied().unwrap_or(Given::Missing);
        Some(compared(sides, both, score_type, value).named(name, false))
    };
    left.intersection(right).filter_map(of).collect()
}

/// A comparison without its name.
struct Nameless {
    means: [Option<f64>; 2],
    n_missing: usize,
    difference: Result<Estimate, StatsError>,
    width: f64,
}

impl Nameless {
    fn named(self, name: &str, is_judged: bool) -> FileMetric {
        FileMetric {
            name: name.to_owned(),
            is_judged,
            means: self.means,
            n_missing: self.n_missing,
            difference: self.difference,
            width: self.width,
        }
    }
}

/// Pairs every trial of the common cases. What is on neither side applicable is left out; what is on one
/// side only, or missing, is missing in the pair, and counts both ways.
fn compared(
    [base, candidate]: &[Trials<'_>; 2],
    both: &BTreeSet<&str>,
    score_type: ScoreType,
    value: impl Fn(&Judged) -> Given,
) -> Nameless {
    let keys: BTreeSet<&(&str, usize)> = base
        .keys()
        .chain(candidate.keys())
        .filter(|(case, _)| both.contains(case))
        .collect();
    let of = |side: &Trials<'_>, key: &(&str, usize)| match side.get(key) {
        Some(one) => value(one),
        None => Given::Missing,
    };
    let rows: Vec<ScoreRow> = keys
        .into_iter()
        .filter_map(|key| {
            let (theirs, ours) = (of(base, key), of(candidate, key));
            if theirs == Given::NotApplicable && ours == Given::NotApplicable {
                return None;
            }
            let one = candidate.get(key).or_else(|| base.get(key))?;
            Some(ScoreRow {
                case: one.row.id.clone(),
                cluster: one.row.cluster.clone(),
                score: number(ours),
                baseline: number(theirs),
            })
        })
        .collect();
    let mean = |of: fn(&ScoreRow) -> Option<f64>| {
        let scored: Vec<f64> = rows.iter().filter_map(of).collect();
        let n = groundgate_model::unit::count_to_f64(scored.len());
        (!scored.is_empty()).then(|| scored.iter().sum::<f64>() / n)
    };
    let means = [mean(|row| row.baseline), mean(|row| row.score)];
    let list = ScoreList::new(score_type, rows);
    let scale = score_type.scale().unwrap_or(Scale::UNIT);
    Nameless {
        means,
        n_missing: list.n_missing(Side::Difference),
        difference: difference(&list, scale),
        width: scale.width(),
    }
}

fn number(given: Given) -> Option<f64> {
    match given {
        Given::Number(number) => Some(number),
        Given::Missing | Given::NotApplicable => None,
    }
}

/// Over the population of questions: two files are compared for what will be asked next.
fn difference(list: &ScoreList, scale: Scale) -> Result<Estimate, StatsError> {
    let (observations, unit) = list.population(Side::Difference);
    let plan = Plan {
        bound: Bound::Exact,
        unit,
        repeats: u32::try_from(list.attempts()).unwrap_or(u32::MAX),
        alphas: Alphas::DEFAULT,
    };
    paired_difference(&observations, scale, plan).map(|assessed| assessed.estimate())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use groundgate_formats::Want;

    use super::*;
    use crate::test_values::app;

    fn file(n: usize, n_wrong: usize) -> String {
        let mut text = "question,answer,contexts,relevance\n".to_owned();
        for index in 0..n {
            let days = if index < n_wrong { 99 } else { 14 };
            let _written = writeln!(
                text,
                "How long does refund {index} take?,Refunds are paid within {days} days.,\"['Refunds are paid within 14 days.']\",4"
            );
        }
        text
    }

    fn compare(base: &str, candidate: &str) -> Result<FileComparison, AppError> {
        let reading = Options::new(Want::Answers);
        let request = FilesRequest {
            base: Source {
                name: "base.csv",
                bytes: base.as_bytes(),
            },
            candidate: Source {
                name: "candidate.csv",
                bytes: candidate.as_bytes(),
            },
            reading: &reading,
        };
        app().compare_files(&request)
    }

    #[test]
    fn a_worse_file_is_shown_to_be_worse_and_the_same_one_is_not() {
        let (good, bad) = (file(40, 0), file(40, 20));
        let found = compare(&good, &bad).unwrap();
        assert_eq!((found.n_both, found.n_only), (40, [0, 0]));
        let names: Vec<&str> = (found.metrics.iter())
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["groundedness", "faithfulness", "relevance"]);
        let groundedness = found.metrics[0].difference.as_ref().unwrap();
        assert!(groundedness.upper.unwrap() < 0.0, "{groundedness:?}");
        let same = compare(&good, &good).unwrap();
        let same = same.metrics[0].difference.as_ref().unwrap();
        assert!(
            same.lower.unwrap() <= 0.0 && same.upper.unwrap() >= 0.0,
            "{same:?}"
        );
    }

    #[test]
    fn an_answer_that_is_missing_on_one_side_never_helps() {
        let good = file(30, 0);
        let holes = good.replacen("Refunds are paid within 14 days.,", ",", 10);
        let found = compare(&good, &holes).unwrap();
        assert_eq!(found.metrics[0].n_missing, 10);
        let bounds = found.metrics[0].difference.as_ref().unwrap();
        assert!(bounds.lower.unwrap() <= -10.0 / 30.0, "{bounds:?}");
    }

    #[test]
    fn files_without_a_common_question_are_not_compared() {
        let good = file(3, 0);
        let refused = compare(&good, &good.replace("How long", "How short")).unwrap_err();
        assert_eq!(refused.class, ErrorClass::NothingToDo);
    }
}
