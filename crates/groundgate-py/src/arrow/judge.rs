//! The embedded judge over tables: one row out for every row in.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
};

use arrow_array::RecordBatch;
use groundgate_app::{AppError, bundled};
use groundgate_judge::{OfflineJudge, Subject, checks};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, FailureKind},
    trial::{MetricSpec, Outcome, Unscored, builtin_metric},
};
use pyo3::prelude::*;
use rayon::prelude::*;

use super::{
    outcomes::{Layout, RowOutcomes},
    rows::{Places, Rows, places},
    stream::{ArrowTable, read},
};
use crate::{failed, raised};

/// Rows that are judged at once: results of more need not be in memory beside their texts.
const ROWS: usize = 4096;

/// One for the process: its weights are read once.
fn judge() -> Result<&'static OfflineJudge, AppError> {
    static JUDGE: OnceLock<OfflineJudge> = OnceLock::new();
    if let Some(judge) = JUDGE.get() {
        return Ok(judge);
    }
    let made = bundled::judge()?;
    Ok(JUDGE.get_or_init(|| made))
}

/// Plain checks that need nothing but the columns of an answer.
const CHECKS: [&str; 4] = ["answered", "refusal_correct", "pii_leak", "answer_chars"];

/// The metrics that are asked for; all of the judge's that can be had where nobody asks.
fn metrics(wanted: Option<Vec<String>>, has_facts: bool) -> Result<Vec<MetricSpec>, String> {
    let mut all = OfflineJudge::metrics();
    let Some(wanted) = wanted else {
        let can_be_had = |spec: &MetricSpec| has_facts || spec.name != "correctness";
        return Ok(all.into_iter().filter(can_be_had).collect());
    };
    all.extend(CHECKS.into_iter().filter_map(builtin_metric));
    let find = |name: &String| {
        let found = all.iter().find(|spec| spec.name == *name).cloned();
        found.ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|spec| spec.name.as_str()).collect();
            format!(
                "the embedded judge has no metric `{name}`; it has {}",
                known.join(", ")
            )
        })
    };
    wanted.iter().map(find).collect()
}

/// Who measures what.
struct Measured {
    judge: Option<&'static OfflineJudge>,
    checks: Vec<String>,
}

impl Measured {
    fn new(judge: &'static OfflineJudge, metrics: &[MetricSpec]) -> Self {
        let is_check = |spec: &&MetricSpec| CHECKS.contains(&spec.name.as_str());
        let checks = metrics.iter().filter(is_check);
        let checks: Vec<String> = checks.map(|spec| spec.name.clone()).collect();
        let judge = (checks.len() < metrics.len()).then_some(judge);
        Self { judge, checks }
    }

    fn measure(&self, case: &Case, answer: &Answer) -> RowOutcomes {
        let judged = self
            .judge
            .map(|judge| judge.judge(Subject { case, answer }));
        let mut outcomes = judged.unwrap_or_default();
        for name in &self.checks {
            if let Some(outcome) = checks::measure(case, answer, name) {
                outcomes.insert(name.clone(), outcome);
            }
        }
        outcomes
    }

    /// Outcomes of one row: a fault of ours in one of millions is that row's reason, and not the job's end.
    fn row(&self, rows: &Rows, row: usize) -> RowOutcomes {
        let outcomes = catch_unwind(AssertUnwindSafe(|| {
            let (case, answer) = rows.get(row)?;
            Ok(self.measure(&case, &answer))
        }));
        outcomes
            .unwrap_or(Err(Unscored::JudgeFailed(FailureKind::Malformed)))
            .unwrap_or_else(|why| self.unscored(&why))
    }

    fn unscored(&self, why: &Unscored) -> RowOutcomes {
        let judged = self.judge.map(|_| OfflineJudge::metrics());
        let judged = judged.into_iter().flatten().map(|spec| spec.name);
        let names = judged.chain(self.checks.iter().cloned());
        names
            .map(|name| (name, Outcome::Unscored(why.clone())))
            .collect()
    }

    fn rows(&self, rows: &Rows, parallel: bool) -> Vec<RowOutcomes> {
        let of = |row| self.row(rows, row);
        if parallel {
            (0..rows.len()).into_par_iter().map(of).collect()
        } else {
            (0..rows.len()).map(of).collect()
        }
    }
}

/// Judges every row of a table; the outcomes as a table with as many rows, in the same order.
///
/// `columns` says which column is the `question`, the `answer`, the `passages`, and perhaps the expected `facts` and
/// whether it is `answerable`. A row that cannot be judged has its reason; a column that cannot be is an error.
#[pyfunction]
#[pyo3(signature = (table, columns, metrics=None, *, prefix="", claims=true, row_limit=10 << 20, parallel=true))]
#[expect(
    clippy::too_many_arguments,
    clippy::fn_params_excessive_bools,
    reason = "named arguments, as Python hands them over"
)]
pub(crate) fn judge_arrow(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    columns: BTreeMap<String, String>,
    metrics: Option<Vec<String>>,
    prefix: &str,
    claims: bool,
    row_limit: usize,
    parallel: bool,
) -> PyResult<ArrowTable> {
    let reader = read(table)?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let places = Places::new(columns, row_limit, &schema).map_err(|message| raised(py, message))?;
    let metrics =
        self::metrics(metrics, places.has_facts()).map_err(|message| raised(py, message))?;
    let judge = judge().map_err(|error| failed(py, &error))?;
    let measured = Measured::new(judge, &metrics);
    let layout = Layout::new(metrics, claims, prefix);
    let judged = py.detach(|| {
        let mut batches = Vec::new();
        for batch in reader {
            let batch = batch?;
            for start in (0..batch.num_rows()).step_by(ROWS) {
                let part = batch.slice(start, ROWS.min(batch.num_rows() - start));
                let outcomes = measured.rows(&places.rows(&part), parallel);
                batches.push(layout.batch(&outcomes)?);
            }
        }
        Ok::<Vec<RecordBatch>, arrow_schema::ArrowError>(batches)
    });
    let judged = judged.map_err(|error| raised(py, format!("cannot read the table: {error}")))?;
    Ok(ArrowTable::new(
        layout.schema(),
        judged,
        places.into_columns(),
    ))
}

/// Which column is what: as told, and else by names that are known.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python's values are taken out of it"
)]
pub(crate) fn resolve_columns(
    py: Python<'_>,
    names: Vec<String>,
    columns: BTreeMap<String, String>,
) -> PyResult<BTreeMap<String, String>> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    places(columns, &names).map_err(|message| raised(py, message))
}
