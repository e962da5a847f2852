//! A trace of MLflow as one trial: question, answer, passages, scores, and what people said of it.
//!
//! A trace never gets lost: what it lacks is named, and it stays a trial.

mod lack;
mod scores;

use std::collections::BTreeMap;

use groundgate_model::mlflow::{Info, Retrieved, State, Trace};
use serde_json::Value;

pub use lack::Lack;
pub use scores::{Human, Measured};

use crate::{
    identity,
    reshape::{answer, question},
    row::Row,
};

/// Which traces are the same case, beside those whose tag `groundgate.case` says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseBy {
    /// The same question after the same turns.
    #[default]
    Question,
    /// The same id that the caller gave.
    ClientRequestId,
    /// None: each is a case of its own.
    Trace,
}

/// How traces are read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Which are the same case.
    pub case_by: CaseBy,
    /// Spans of this name are retrievers, whatever their type.
    pub retriever: Option<String>,
    /// Tags that become tags of the case, for slices.
    pub tags: Vec<String>,
    /// The evaluation run whose assessments count; those that no run made count, too.
    pub run: Option<String>,
}

/// One trace as a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    /// The trace's id.
    pub trace: String,
    /// The trial, its case perhaps without an id yet: [`name_cases`].
    pub row: Row,
    /// What it lacks.
    pub lacks: Vec<Lack>,
    /// What judges and functions said of it.
    pub measured: BTreeMap<String, Measured>,
    /// What people said of it.
    pub human: Vec<Human>,
}

/// What a question is called that a trace does not show.
const NO_QUESTION: &str = "(the trace shows no question)";

/// Reads a trace. `missing` says why its spans are not there, where they are not.
pub fn trace_row(trace: &Trace, missing: Option<Lack>, reading: &Reading) -> TraceRow {
    let mut lacks: Vec<Lack> = missing.into_iter().collect();
    let info = &trace.info;
    let asked = asked(trace);
    if asked.is_none() {
        lacks.push(Lack::Question);
    }
    let (history, question) = asked.unwrap_or_else(|| (Vec::new(), NO_QUESTION.to_owned()));
    let mut row = Row {
        question,
        history: history.iter().filter_map(identity::turn).collect(),
        latency_ms: info.duration_ms,
        model: info.metadata.get("mlflow.modelId").cloned(),
        cluster: info.session().map(|session| format!("session {session}")),
        attempt: tag(info, "groundgate.attempt").and_then(|text| text.parse().ok()),
        ..Row::default()
    };
    row.id = case_id(info, reading.case_by);
    (row.input_tokens, row.output_tokens) = tokens(info);
    row.tags = reading
        .tags
        .iter()
        .filter_map(|name| Some((name.clone(), tag(info, name)?.to_owned())))
        .collect();
    match said(trace, &mut lacks) {
        Ok(text) => row.answer = Some(text),
        Err(why) => row.error = Some(why),
    }
    if !trace.spans.is_empty() {
        match trace.retrieved(reading.retriever.as_deref()) {
            Retrieved::Passages(passages) => row.passages = Some(passages),
            Retrieved::NoSpan => lacks.push(Lack::Retriever),
            Retrieved::Unreadable => lacks.push(Lack::Documents),
        }
    }
    let (measured, human) = scores::read(info, reading.run.as_deref());
    row.scores = measured
        .iter()
        .map(|(name, one)| (name.clone(), one.value))
        .collect();
    TraceRow {
        trace: info.id.clone(),
        row,
        lacks,
        measured,
        human,
    }
}

/// Gives every case without an id one made of its question, and several trials of one case their numbers. Says what
/// was done.
pub fn name_cases(rows: &mut [TraceRow], notes: &mut Vec<String>) {
    let taken = rows.iter_mut().map(|one| std::mem::take(&mut one.row));
    let mut plain: Vec<Row> = taken.collect();
    identity::name(&mut plain, notes);
    for (one, row) in rows.iter_mut().zip(plain) {
        one.row = row;
    }
}

fn tag<'a>(info: &'a Info, name: &str) -> Option<&'a str> {
    let value = info.tags.get(name)?.trim();
    (!value.is_empty()).then_some(value)
}

fn case_id(info: &Info, by: CaseBy) -> String {
    if let Some(case) = tag(info, "groundgate.case") {
        return case.to_owned();
    }
    match by {
        CaseBy::Question => String::new(),
        CaseBy::ClientRequestId => info.client_request_id.clone().unwrap_or_default(),
        CaseBy::Trace => info.id.clone(),
    }
}

/// What was asked: what went into the outermost span, else what the head keeps of it.
fn asked(trace: &Trace) -> Option<(Vec<Value>, String)> {
    let inputs = trace.root().and_then(|root| root.inputs());
    let kept = || {
        let whole = trace.info.metadata.get("mlflow.traceInputs");
        whole.or(trace.info.request_preview.as_ref())
    };
    let asked = inputs
        .and_then(question)
        .or_else(|| question(&Value::String(kept()?.clone())))?;
    (!asked.1.trim().is_empty()).then_some(asked)
}

/// What was answered, or why that is not known. Only a whole trace that ended well has an answer: what the head keeps
/// of one may be cut.
fn said(trace: &Trace, lacks: &mut Vec<Lack>) -> Result<String, String> {
    let failed = |lacks: &mut Vec<Lack>, lack: Lack| {
        let why = lack.words();
        if !lacks.contains(&lack) {
            lacks.push(lack);
        }
        Err(why)
    };
    if trace.info.state == State::Error {
        let said = trace.failure().unwrap_or("the trace does not say which");
        return failed(lacks, Lack::Failed(said.to_owned()));
    }
    if trace.info.state == State::InProgress {
        return failed(lacks, Lack::Unfinished);
    }
    if let Some(lack) = lacks.iter().find(|lack| lack.is_about_spans()) {
        return Err(lack.words());
    }
    let Some(root) = trace.root() else {
        return failed(lacks, Lack::Root);
    };
    let outputs = root.outputs().and_then(answer);
    match outputs.filter(|text| !text.trim().is_empty()) {
        Some(text) => Ok(text),
        None => failed(lacks, Lack::Answer),
    }
}

fn tokens(info: &Info) -> (Option<u64>, Option<u64>) {
    let usage = info.metadata.get("mlflow.trace.tokenUsage");
    let usage: Option<Value> = usage.and_then(|text| serde_json::from_str(text).ok());
    let count = |name: &str| usage.as_ref()?.get(name)?.as_u64();
    (count("input_tokens"), count("output_tokens"))
}

#[cfg(test)]
mod tests;
