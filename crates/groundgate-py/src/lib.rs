//! groundgate in Python: the module `groundgate`. So far the statistics of a mean; the judge and the
//! application follow.

use groundgate_stats::{
    Alphas, Bound as Method, Estimate, Observation, Plan, Scale, Unit, bounded_mean,
};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};

/// Estimates the mean of scores from 0 to 1 with two one-sided 95 % bounds.
///
/// A score of `None` is missing, and counts as 0 for the lower bound and as 1 for the upper one. Each
/// score is that of one question; average repeats first.
#[pyfunction]
fn mean_estimate(py: Python<'_>, scores: Vec<Option<f64>>) -> PyResult<Bound<'_, PyDict>> {
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

/// Release gates for RAG copilots.
#[pymodule]
#[pyo3(name = "groundgate")]
fn define(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(mean_estimate, module)?)
}
