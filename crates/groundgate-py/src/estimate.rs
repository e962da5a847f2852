//! Estimates of lists of scores.

use groundgate_stats::{
    Alphas, Bound as Method, Estimate, Observation, Plan, Resampling, Scale, StatsError, Unit,
    amount_mean, bounded_mean, paired_difference,
    scores::{ScoreList, ScoreRow, ScoreType, Side},
};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};
use serde_json::{Map, Value, json};

use super::raised;

/// Estimates the mean of scores from 0 to 1 with two one-sided 95 % bounds.
///
/// A score of `None` is missing, and counts as 0 for the lower bound and as 1 for the upper one. Each
/// score is that of one question; average repeats first.
#[pyfunction]
pub(crate) fn mean_estimate(
    py: Python<'_>,
    scores: Vec<Option<f64>>,
) -> PyResult<Bound<'_, PyDict>> {
    let observations: Vec<Observation> = scores
        .into_iter()
        .map(|score| score.map_or(Observation::missing(0.0, 1.0), Observation::scored))
        .collect();
    let plan = Plan {
        bound: Method::Exact,
        unit: Unit::Question,
        repeats: 1,
        alphas: Alphas::DEFAULT,
    };
    let estimate = bounded_mean(&observations, Scale::UNIT, plan)
        .and_then(|assessed| assessed.against(0.0))
        .map_err(|error| PyValueError::new_err(error.to_string()))?
        .estimate;
    as_dict(py, &estimate)
}

fn as_dict<'py>(py: Python<'py>, estimate: &Estimate) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("point", estimate.point)?;
    dict.set_item("lower", estimate.lower)?;
    dict.set_item("upper", estimate.upper)?;
    dict.set_item("n", estimate.n)?;
    dict.set_item("method", &estimate.method)?;
    dict.set_item("guarantee", estimate.guarantee.to_string())?;
    Ok(dict)
}

/// Scores with what they belong to.
struct Columns {
    scores: Vec<Option<f64>>,
    baseline: Option<Vec<Option<f64>>>,
    cases: Option<Vec<String>>,
    clusters: Option<Vec<String>>,
}

impl Columns {
    /// What is wrong with the columns.
    fn wrong(&self, score_type: ScoreType) -> Option<String> {
        let n = self.scores.len();
        let lengths = [
            ("baseline", self.baseline.as_ref().map(Vec::len)),
            ("cases", self.cases.as_ref().map(Vec::len)),
            ("clusters", self.clusters.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if let Some(length) = length.filter(|length| *length != n) {
                return Some(format!("{n} scores and {length} {name}"));
            }
        }
        let all = self.scores.iter().chain(self.baseline.iter().flatten());
        let mut refused = all.enumerate().filter_map(|(index, score)| {
            let refusal = score_type.refusal((*score)?)?;
            Some(format!("score {}: {refusal}", index % n.max(1) + 1))
        });
        refused.next()
    }

    fn list(self, score_type: ScoreType) -> ScoreList {
        let mut cases = self.cases.map(Vec::into_iter);
        let mut clusters = self.clusters.map(Vec::into_iter);
        let mut baseline = self.baseline.map(Vec::into_iter);
        let rows = self
            .scores
            .into_iter()
            .enumerate()
            .map(|(index, score)| ScoreRow {
                case: cases
                    .as_mut()
                    .and_then(Iterator::next)
                    .unwrap_or_else(|| index.to_string()),
                cluster: clusters.as_mut().and_then(Iterator::next),
                score,
                baseline: baseline.as_mut().and_then(Iterator::next).flatten(),
            });
        ScoreList::new(score_type, rows.collect::<Vec<_>>())
    }

    /// One observation per score, where every score is a question of its own.
    fn plain(&self, side: Side, score_type: ScoreType) -> Vec<Observation> {
        let none = std::iter::repeat(&None);
        let baseline: Box<dyn Iterator<Item = &Option<f64>>> = match &self.baseline {
            Some(scores) => Box::new(scores.iter()),
            None => Box::new(none),
        };
        let pairs = self.scores.iter().zip(baseline);
        let of = |score: &Option<f64>| score_type.observation(*score);
        let observed = pairs.map(|(score, base)| match side {
            Side::Candidate => of(score),
            Side::Baseline => of(base),
            Side::Difference => of(score).minus(of(base)),
        });
        observed.collect()
    }
}

fn score_type(kind: &str, scale: Option<(f64, f64)>) -> Result<ScoreType, String> {
    let scale = scale
        .map(|(low, high)| Scale::new(low, high).map_err(|error| error.to_string()))
        .transpose()?;
    match (kind, scale) {
        ("binary", None) => Ok(ScoreType::Binary),
        ("fraction", scale) => Ok(ScoreType::Bounded(scale.unwrap_or(Scale::UNIT))),
        ("ordinal", Some(scale)) => Ok(ScoreType::Ordinal(scale)),
        ("ordinal", None) => Err("ordinal scores need their scale, such as (1, 5)".to_owned()),
        ("amount", None) => Ok(ScoreType::Amount),
        _ => Err(format!(
            "kind `{kind}` is not binary, fraction, ordinal or amount, or takes no scale"
        )),
    }
}

/// Estimates by the gate's decision table, as JSON.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "columns, as Python hands them over"
)]
#[pyo3(signature = (scores, baseline, cases, clusters, kind, scale, level))]
pub(crate) fn estimate(
    py: Python<'_>,
    scores: Vec<Option<f64>>,
    baseline: Option<Vec<Option<f64>>>,
    cases: Option<Vec<String>>,
    clusters: Option<Vec<String>>,
    kind: &str,
    scale: Option<(f64, f64)>,
    level: f64,
) -> PyResult<String> {
    let columns = Columns {
        scores,
        baseline,
        cases,
        clusters,
    };
    let estimated = py.detach(|| {
        let score_type = score_type(kind, scale)?;
        if !(level > 0.5 && level < 1.0) {
            return Err(format!("level {level} is not above 0.5 and below 1"));
        }
        match columns.wrong(score_type) {
            Some(wrong) => Err(wrong),
            None => Ok(estimates(columns, score_type, 1.0 - level)),
        }
    });
    estimated.map_err(|message| raised(py, message))
}

fn estimates(columns: Columns, score_type: ScoreType, alpha: f64) -> String {
    let mut sides = vec![("candidate", Side::Candidate)];
    if columns.baseline.is_some() {
        sides.push(("baseline", Side::Baseline));
        sides.push(("difference", Side::Difference));
    }
    let plain = columns.cases.is_none() && columns.clusters.is_none();
    let observed: Vec<(&str, Side, Vec<Observation>)> = if plain {
        let of = |(name, side)| (name, side, columns.plain(side, score_type));
        sides.into_iter().map(of).collect()
    } else {
        let list = columns.list(score_type);
        let of = |(name, side)| (name, side, list.population(side).0);
        let found = sides.into_iter().map(of).collect::<Vec<_>>();
        return document(
            found,
            score_type,
            Shape {
                unit: list.population(Side::Candidate).1,
                repeats: u32::try_from(list.attempts()).unwrap_or(u32::MAX),
                alpha,
            },
        );
    };
    document(
        observed,
        score_type,
        Shape {
            unit: Unit::Question,
            repeats: 1,
            alpha,
        },
    )
}

/// How observations came about.
#[derive(Clone, Copy)]
struct Shape {
    unit: Unit,
    repeats: u32,
    alpha: f64,
}

fn document(
    observed: Vec<(&str, Side, Vec<Observation>)>,
    score_type: ScoreType,
    shape: Shape,
) -> String {
    let estimates: Map<String, Value> = observed
        .into_iter()
        .map(|(name, side, observations)| {
            let value = match assessed(&observations, side, score_type, shape) {
                Ok(estimate) => json!(estimate),
                Err(error) => json!({"error": error.to_string()}),
            };
            (name.to_owned(), value)
        })
        .collect();
    json!({ "estimates": estimates }).to_string()
}

fn assessed(
    observations: &[Observation],
    side: Side,
    score_type: ScoreType,
    shape: Shape,
) -> Result<Estimate, StatsError> {
    let plan = Plan {
        bound: Method::Exact,
        unit: shape.unit,
        repeats: shape.repeats,
        alphas: Alphas {
            lower: shape.alpha,
            upper: shape.alpha,
        },
    };
    let assessment = match score_type.scale() {
        None => amount_mean(observations, plan, Resampling::default())?,
        Some(scale) if side == Side::Difference => paired_difference(observations, scale, plan)?,
        Some(scale) => bounded_mean(observations, scale, plan)?,
    };
    Ok(assessment.estimate())
}
