//! A record's trials as traces, and what judges said of them as assessments.

use groundgate_connect::mlflow::{Step, WrittenAssessment, WrittenTrace, Wrong};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure},
    trial::{Cell, ClaimFinding, Column, InstrumentKind, Label},
    unit::Digest,
};
use groundgate_record::StoredDetail;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{kept::named, links::TraceLinks};
use crate::{assemble::Loaded, error::AppError};

/// Lists show so much of a question or an answer.
const PREVIEW_CHARS: usize = 1000;
/// The longest rationale.
const RATIONALE_CHARS: usize = 4000;

/// Everything of a run that becomes traces.
pub(super) struct Written {
    /// What all ids follow from.
    pub(super) publication: String,
    /// One for each planned trial.
    pub(super) traces: Vec<WrittenTrace>,
}

impl Written {
    pub(super) fn of(run: &Loaded, links: Option<&TraceLinks>) -> Result<Self, AppError> {
        let header = run.reader.header();
        let parts = [header.run_id.as_bytes(), header.created_at.as_bytes()];
        let publication = Digest::of_parts(parts).short();
        let began: Timestamp = header.created_at.parse().map_err(|cause| {
            AppError::invalid(format!("the record of {} has no time", header.run_id)).because(cause)
        })?;
        let attempts = header.attempts.max(1);
        let mut traces = Vec::new();
        let mut trial = 0;
        for case in run.reader.cases()? {
            for attempt in 0..attempts {
                let one = Trial {
                    run,
                    publication: &publication,
                    case: &case,
                    attempt,
                    place: trial,
                    began_ms: began.as_millisecond(),
                };
                traces.push(one.written(links)?);
                trial += 1;
            }
        }
        Ok(Self {
            publication,
            traces,
        })
    }
}

/// One trial of the record.
struct Trial<'a> {
    run: &'a Loaded,
    publication: &'a str,
    case: &'a Case,
    attempt: u32,
    place: usize,
    began_ms: i64,
}

impl Trial<'_> {
    fn written(&self, links: Option<&TraceLinks>) -> Result<WrittenTrace, AppError> {
        let stored = self.run.reader.trial(self.place)?;
        let name = TraceLinks::trial(&self.case.id, self.attempt);
        let own = links.and_then(|links| links.traces.get(&name));
        let answer = stored.answer;
        let took = match &answer {
            Some(Ok(answer)) => answer.timing.latency_ms,
            Some(Err(_)) | None => 0,
        };
        let (steps, response) = match own {
            Some(_) => (Vec::new(), String::new()),
            None => (self.steps(answer.as_ref()), said(answer.as_ref())),
        };
        let passages = answer.as_ref().and_then(|answer| answer.as_ref().ok());
        let mut assessments = Vec::new();
        for (metric, column) in &self.run.table.columns {
            let Some(cell) = column.cells.get(self.place) else {
                continue;
            };
            // What MLflow's own judges said is on the copilot's own trace already.
            if own.is_some() && column.instrument_kind == InstrumentKind::Imported {
                continue;
            }
            let detail = stored.details.get(metric);
            assessments.push(self.score(metric, column, cell, detail));
            let claims = detail.map(|detail| detail.claims.as_slice());
            for claim in claims.unwrap_or_default() {
                if claim.label != Label::NotAClaim {
                    assessments.push(self.claim(metric, column, claim, passages));
                }
            }
        }
        let tag = |name: &str, value: String| (format!("groundgate.{name}"), value);
        Ok(WrittenTrace {
            id: match own {
                Some(id) => id.clone(),
                None => format!("tr-{}", self.digits("trace", 32)),
            },
            steps,
            client_request_id: self.case.id.clone(),
            began_ms: self.began_ms,
            took_ms: i64::try_from(took).unwrap_or(i64::MAX / 2),
            tags: vec![
                ("mlflow.traceName".to_owned(), "groundgate trial".to_owned()),
                tag("case", self.case.id.clone()),
                tag("attempt", self.attempt.to_string()),
                tag("run", self.run.table.run_id.clone()),
            ],
            request: cut(&self.case.question, PREVIEW_CHARS),
            response: cut(&response, PREVIEW_CHARS),
            assessments,
        })
    }

    /// Hexadecimal digits that follow from the record and from what they are for.
    fn digits(&self, what: &str, n: usize) -> String {
        let attempt = self.attempt.to_string();
        let parts = [self.publication, &self.case.id, &attempt, what];
        let digest = Digest::of_parts(parts.iter().map(|part| part.as_bytes()));
        digest.to_string().chars().take(n).collect()
    }

    fn steps(&self, answer: Option<&Result<Answer, CallFailure>>) -> Vec<Step> {
        let root = self.digits("answer", 16);
        let (outputs, failure, passages) = match answer {
            Some(Ok(answer)) => (json!(answer.text), None, answer.passages.as_ref()),
            Some(Err(failure)) => (Value::Null, Some(failure.message.clone()), None),
            None => (Value::Null, Some("it was not asked".to_owned()), None),
        };
        let asked = json!({"question": self.case.question});
        let mut steps = vec![Step {
            id: root.clone(),
            parent: None,
            name: "answer".to_owned(),
            kind: "AGENT",
            inputs: asked.clone(),
            outputs,
            failure,
        }];
        let documents = passages.map(|passages| {
            let documents = passages.iter().map(|passage| {
                json!({"page_content": passage.text, "id": passage.id,
                    "metadata": {"doc_uri": passage.source}})
            });
            documents.collect::<Value>()
        });
        steps.extend(documents.map(|outputs| Step {
            id: self.digits("passages", 16),
            parent: Some(root),
            name: "passages".to_owned(),
            kind: "RETRIEVER",
            inputs: asked,
            outputs,
            failure: None,
        }));
        steps
    }

    fn score(
        &self,
        metric: &str,
        column: &Column,
        cell: &Cell,
        detail: Option<&StoredDetail>,
    ) -> WrittenAssessment {
        let value = match cell {
            Cell::Scored(score) => Ok(json!(score)),
            Cell::NotApplicable => Ok(json!("not applicable")),
            Cell::Unscored(reason) => Err(Wrong {
                code: "UNSCORED".to_owned(),
                message: reason.name(),
            }),
        };
        let rationale = detail.map(|detail| detail.explanation.as_str());
        self.assessment(&format!("score {metric}"), named(metric), value, column)
            .because(rationale.unwrap_or_default())
    }

    fn claim(
        &self,
        metric: &str,
        column: &Column,
        claim: &ClaimFinding,
        answer: Option<&Answer>,
    ) -> WrittenAssessment {
        let quote = claim.evidence.as_ref().and_then(|evidence| {
            let passages = answer?.passages.as_ref()?;
            let text = &passages.get(evidence.passage)?.text;
            let quote = text.get(evidence.start..evidence.end)?;
            Some(format!("; passage {}: “{quote}”", evidence.passage + 1))
        });
        let reasons: Vec<String> = claim.reasons.iter().map(ToString::to_string).collect();
        let why = if reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", reasons.join("; "))
        };
        let rationale = format!(
            "{}: “{}”{why}{}",
            claim.label.name(),
            claim.text,
            quote.unwrap_or_default()
        );
        let value = if claim.label == Label::Supported {
            "yes"
        } else {
            "no"
        };
        let what = format!("claim {metric} {}", claim.id);
        let mut one = self
            .assessment(
                &what,
                format!("{} claim", named(metric)),
                Ok(json!(value)),
                column,
            )
            .because(&rationale);
        one.metadata
            .push(("groundgate.claim".to_owned(), claim.id.clone()));
        one.metadata
            .push(("groundgate.label".to_owned(), claim.label.name().to_owned()));
        one
    }

    fn assessment(
        &self,
        what: &str,
        name: String,
        value: Result<Value, Wrong>,
        column: &Column,
    ) -> WrittenAssessment {
        WrittenAssessment {
            id: format!("a-{}", self.digits(what, 32)),
            name,
            value,
            by_model: column.instrument_kind == InstrumentKind::Model,
            source: format!("groundgate/{}", column.instrument_name),
            rationale: String::new(),
            metadata: Vec::new(),
        }
    }
}

/// An assessment with its rationale.
trait Because {
    fn because(self, rationale: &str) -> Self;
}

impl Because for WrittenAssessment {
    fn because(self, rationale: &str) -> Self {
        Self {
            rationale: cut(rationale, RATIONALE_CHARS),
            ..self
        }
    }
}

fn said(answer: Option<&Result<Answer, CallFailure>>) -> String {
    match answer {
        Some(Ok(answer)) => answer.text.clone(),
        Some(Err(failure)) => failure.message.clone(),
        None => String::new(),
    }
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
