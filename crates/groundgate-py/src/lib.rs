//! groundgate in Python: the module `groundgate._engine`, which the package `groundgate` dresses.
//!
//! Rows come as bytes and documents go as JSON: the same that the command reads and prints, so that both
//! say the same. Tables of Arrow come and go as they are.

mod arrow;
mod estimate;
mod files;
mod records;

use std::ffi::OsString;

use groundgate_app::{App, AppError, Surroundings, Variable};
use pyo3::{exceptions::PyValueError, prelude::*};

/// The application as the command has it, in a pipeline too: the system's clock, the process' environment.
#[expect(
    clippy::disallowed_methods,
    reason = "as in the command line, this is the edge that reads the environment"
)]
fn app() -> App {
    let variable: Box<Variable> = Box::new(|name: &str| std::env::var(name).ok());
    App::new(Surroundings::of(variable.into()))
}

/// The package's own error; a plain one where the package is not there.
fn raised(py: Python<'_>, message: String) -> PyErr {
    let class = py
        .import("groundgate._results")
        .and_then(|module| module.getattr("GroundgateError"));
    match class.and_then(|class| class.call1((message.clone(),))) {
        Ok(error) => PyErr::from_value(error),
        Err(_no_package) => PyValueError::new_err(message),
    }
}

/// What went wrong, where, and what to do.
fn failed(py: Python<'_>, error: &AppError) -> PyErr {
    let mut message = error.to_string();
    for cause in error.causes() {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    let help = error
        .mistakes()
        .and_then(|mistakes| mistakes.0.iter().find_map(|mistake| mistake.help.clone()))
        .or_else(|| error.help.clone());
    if let Some(help) = help {
        message.push_str("\nhelp: ");
        message.push_str(&help);
    }
    raised(py, message)
}

/// Runs the command line and says its exit code.
#[pyfunction]
fn run(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| groundgate_cli::run(arguments))
}

/// Release gates for RAG copilots: the engine.
#[pymodule]
#[pyo3(name = "_engine")]
fn define(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(run, module)?)?;
    module.add_function(wrap_pyfunction!(estimate::mean_estimate, module)?)?;
    module.add_function(wrap_pyfunction!(estimate::estimate, module)?)?;
    module.add_function(wrap_pyfunction!(files::judge_rows, module)?)?;
    module.add_class::<arrow::ArrowTable>()?;
    module.add_function(wrap_pyfunction!(arrow::judge_arrow, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::resolve_columns, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::write_prompts, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::read_replies, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::reduce_trials, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::gate_trials, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::watch_trials, module)?)?;
    module.add_function(wrap_pyfunction!(files::score_rows, module)?)?;
    module.add_function(wrap_pyfunction!(files::compare_rows, module)?)?;
    module.add_function(wrap_pyfunction!(records::gate_run, module)?)?;
    module.add_function(wrap_pyfunction!(records::run_scores, module)?)
}
