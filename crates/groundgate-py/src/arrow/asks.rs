//! Judges that are language models, asked by somebody else: the prompt as a column, the reply as another.

use std::{collections::BTreeMap, fs, sync::Arc};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader as _, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use groundgate_judge::{Ask, Draw, JudgeSpec, Prepared, Subject, bundled, prepare};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, ChatRequest, FailureKind},
    trial::{Outcome, Unscored},
};
use pyo3::prelude::*;

use super::{
    outcomes::{Layout, RowOutcomes},
    rows::{Places, Rows},
    stream::{ArrowTable, read},
    texts::{Wanted, texts, wrong},
};
use crate::raised;

/// A judge by its name among those that come along, or by its file.
fn judge(py: Python<'_>, named: &str) -> PyResult<JudgeSpec> {
    let text = match bundled(named) {
        Some(bundled) => bundled.spec.to_owned(),
        None => fs::read_to_string(named)
            .map_err(|error| raised(py, format!("no judge is called `{named}`: {error}")))?,
    };
    let spec = JudgeSpec::parse(named, &text).map_err(|wrong| raised(py, wrong.to_string()))?;
    if spec.calls() != 1 {
        let message = format!(
            "judge `{named}` makes {} calls about an answer; a column has one prompt",
            spec.calls()
        );
        return Err(raised(py, message));
    }
    Ok(spec)
}

/// One answer before its judge.
enum Before<'a> {
    Ask(Box<Ask<'a>>),
    Settled(RowOutcomes),
    Unscored(Unscored),
}

fn before<'a>(spec: &'a JudgeSpec, case: &'a Case, answer: &'a Answer, seed: &str) -> Before<'a> {
    let draw = Draw {
        seed: seed.as_bytes(),
        vote: 0,
    };
    match prepare(spec, Subject { case, answer }, draw) {
        Prepared::Ask(ask) => Before::Ask(ask),
        Prepared::Settled(outcomes) => Before::Settled(outcomes),
        // Several calls about one answer do not fit into one column.
        Prepared::Parts(_) => Before::Unscored(Unscored::JudgeFailed(FailureKind::TooLarge)),
    }
}

/// As one text: the system message, then what the user says.
fn written(request: &ChatRequest) -> String {
    let texts: Vec<&str> = request
        .messages
        .iter()
        .map(|one| one.text.as_str())
        .collect();
    texts.join("\n\n")
}

fn prompt(
    spec: &JudgeSpec,
    rows: &Rows,
    row: usize,
    seed: &str,
) -> Option<(String, Option<String>)> {
    let (case, answer) = rows.get(row).ok()?;
    match before(spec, &case, &answer, seed) {
        Before::Ask(ask) => {
            let request = ask.request();
            let schema = request.json_schema.as_ref();
            Some((
                written(request),
                schema.map(|(_, schema)| schema.to_string()),
            ))
        }
        Before::Settled(_) | Before::Unscored(_) => None,
    }
}

fn heard(
    spec: &JudgeSpec,
    rows: &Rows,
    row: usize,
    seed: &str,
    reply: Option<&str>,
) -> Result<RowOutcomes, Unscored> {
    let (case, answer) = rows.get(row)?;
    match before(spec, &case, &answer, seed) {
        Before::Settled(outcomes) => Ok(outcomes),
        Before::Unscored(why) => Err(why),
        Before::Ask(ask) => {
            let reply = reply.ok_or(Unscored::JudgeFailed(FailureKind::Absent))?;
            ask.read_reply(reply)
                .map_err(|fault| Unscored::ReplyMalformed(fault.to_string().into()))
        }
    }
}

fn prompt_schema(prefix: &str) -> SchemaRef {
    let field = |name: &str| Field::new(format!("{prefix}{name}"), DataType::Utf8, true);
    Arc::new(Schema::new(vec![field("prompt"), field("reply_schema")]))
}

/// For every row the prompt of a judge and the JSON Schema of its reply; null where nobody need be asked.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "named arguments, as Python hands them over"
)]
pub(crate) fn write_prompts(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    columns: BTreeMap<String, String>,
    judge: &str,
    seed: &str,
    prefix: &str,
    row_limit: usize,
) -> PyResult<ArrowTable> {
    let spec = self::judge(py, judge)?;
    let reader = read(table)?;
    let places = Places::new(columns, row_limit, &reader.schema());
    let places = places.map_err(|message| raised(py, message))?;
    let schema = prompt_schema(prefix);
    let written = py.detach(|| {
        let batches = reader.map(|batch| {
            let rows = places.rows(&batch?);
            let prompts = (0..rows.len()).map(|row| prompt(&spec, &rows, row, seed));
            let (texts, schemas): (Vec<_>, Vec<_>) = prompts
                .map(|prompt| match prompt {
                    Some((text, schema)) => (Some(text), schema),
                    None => (None, None),
                })
                .unzip();
            let columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from(texts)),
                Arc::new(StringArray::from(schemas)),
            ];
            RecordBatch::try_new(Arc::clone(&schema), columns)
        });
        batches.collect::<Result<Vec<_>, ArrowError>>()
    });
    let batches = written.map_err(|error| raised(py, error.to_string()))?;
    Ok(ArrowTable::new(schema, batches, places.into_columns()))
}

/// The outcomes of a judge whose replies are in a column, for the prompts that `write_prompts` wrote.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "named arguments, as Python hands them over"
)]
pub(crate) fn read_replies(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    columns: BTreeMap<String, String>,
    reply: &str,
    judge: &str,
    seed: &str,
    prefix: &str,
    row_limit: usize,
) -> PyResult<ArrowTable> {
    let spec = self::judge(py, judge)?;
    let reader = read(table)?;
    let schema = reader.schema();
    let places = Places::new(columns, row_limit, &schema);
    let places = places.map_err(|message| raised(py, message))?;
    if let Some(message) = wrong(&schema, "reply", reply, Wanted::Text) {
        return Err(raised(py, message));
    }
    let metrics = spec.metrics.iter().map(|judged| judged.metric.clone());
    let layout = Layout::new(metrics.collect(), true, prefix);
    let unscored = |why: &Unscored| -> RowOutcomes {
        let names = spec.metrics.iter().map(|judged| judged.metric.name.clone());
        names
            .map(|name| (name, Outcome::Unscored(why.clone())))
            .collect()
    };
    let judged = py.detach(|| {
        let batches = reader.map(|batch| {
            let batch = batch?;
            let (rows, replies) = (places.rows(&batch), texts(&batch, reply));
            let outcomes: Vec<RowOutcomes> = (0..rows.len())
                .map(|row| {
                    let reply = replies.as_ref().and_then(|texts| texts.get(row));
                    heard(&spec, &rows, row, seed, reply).unwrap_or_else(|why| unscored(&why))
                })
                .collect();
            layout.batch(&outcomes)
        });
        batches.collect::<Result<Vec<_>, ArrowError>>()
    });
    let batches = judged.map_err(|error| raised(py, error.to_string()))?;
    Ok(ArrowTable::new(
        layout.schema(),
        batches,
        places.into_columns(),
    ))
}
