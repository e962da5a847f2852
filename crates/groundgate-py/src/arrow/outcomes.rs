//! Outcomes as columns: of each metric a struct of which exactly one of `score`, `not_applicable` and `unscored` is set.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use groundgate_model::trial::{ClaimFinding, ClaimOf, MetricSpec, Outcome};

/// Outcomes of one row, by metric.
pub(crate) type RowOutcomes = BTreeMap<String, Outcome>;

/// What is in the table that is given back.
#[derive(Debug)]
pub(crate) struct Layout {
    metrics: Vec<MetricSpec>,
    with_claims: bool,
    schema: SchemaRef,
}

fn outcome_fields() -> Fields {
    let number = |name| Field::new(name, DataType::Float64, true);
    let text = |name| Field::new(name, DataType::Utf8, true);
    Fields::from(vec![
        number("score"),
        number("low"),
        number("high"),
        text("not_applicable"),
        text("unscored"),
    ])
}

fn claim_fields() -> Fields {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let number = |name| Field::new(name, DataType::Int32, true);
    Fields::from(vec![
        text("text"),
        text("label"),
        number("start"),
        number("end"),
        number("passage"),
        number("passage_start"),
        number("passage_end"),
        text("why"),
    ])
}

fn claim_item() -> Arc<Field> {
    Arc::new(Field::new(
        "element",
        DataType::Struct(claim_fields()),
        true,
    ))
}

impl Layout {
    pub(crate) fn new(metrics: Vec<MetricSpec>, with_claims: bool, prefix: &str) -> Self {
        let outcome = || DataType::Struct(outcome_fields());
        let mut fields: Vec<Field> = metrics
            .iter()
            .map(|metric| Field::new(format!("{prefix}{}", metric.name), outcome(), true))
            .collect();
        if with_claims {
            fields.push(Field::new(
                format!("{prefix}claims"),
                DataType::List(claim_item()),
                true,
            ));
        }
        Self {
            metrics,
            with_claims,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// One row for each of `rows`, in their order.
    pub(crate) fn batch(&self, rows: &[RowOutcomes]) -> Result<RecordBatch, ArrowError> {
        let mut columns = Vec::with_capacity(self.metrics.len() + 1);
        for metric in &self.metrics {
            columns.push(of_metric(metric, rows)?);
        }
        if self.with_claims {
            columns.push(of_claims(rows)?);
        }
        RecordBatch::try_new(self.schema(), columns)
    }
}

/// The least and the most that an outcome can stand for. No answer is the copilot's own failure, and the worst;
/// what was not measured can be anything.
fn ends(metric: &MetricSpec, outcome: Option<&Outcome>) -> Option<(f64, Option<f64>)> {
    let range = metric.data_type.range();
    match outcome {
        Some(Outcome::Scored(score)) => {
            let value = score.value();
            let other = score.up_to().unwrap_or(value);
            Some((value.min(other), Some(value.max(other))))
        }
        Some(Outcome::NotApplicable(_)) => None,
        Some(Outcome::Unscored(why)) if why.is_product_failure() => Some((range.0, Some(range.0))),
        Some(Outcome::Unscored(_)) | None => Some(range),
    }
}

fn of_metric(metric: &MetricSpec, rows: &[RowOutcomes]) -> Result<ArrayRef, ArrowError> {
    let outcomes = || rows.iter().map(|row| row.get(&metric.name));
    let score = outcomes().map(|outcome| match outcome {
        Some(Outcome::Scored(score)) => Some(score.value()),
        Some(Outcome::NotApplicable(_) | Outcome::Unscored(_)) | None => None,
    });
    let low = outcomes().map(|outcome| ends(metric, outcome).map(|(low, _)| low));
    let high = outcomes().map(|outcome| ends(metric, outcome).and_then(|(_, high)| high));
    let not_applicable = outcomes().map(|outcome| match outcome {
        Some(Outcome::NotApplicable(why)) => Some(why.clone()),
        Some(Outcome::Scored(_) | Outcome::Unscored(_)) | None => None,
    });
    let unscored = outcomes().map(|outcome| match outcome {
        Some(Outcome::Unscored(why)) => Some(why.to_string()),
        Some(Outcome::Scored(_) | Outcome::NotApplicable(_)) => None,
        None => Some("not run".to_owned()),
    });
    let columns: Vec<ArrayRef> = vec![
        Arc::new(score.collect::<Float64Array>()),
        Arc::new(low.collect::<Float64Array>()),
        Arc::new(high.collect::<Float64Array>()),
        Arc::new(not_applicable.collect::<StringArray>()),
        Arc::new(unscored.collect::<StringArray>()),
    ];
    let column = StructArray::try_new(outcome_fields(), columns, None)?;
    Ok(Arc::new(column))
}

/// The claims of a row's answer; `None` where there is no ledger.
fn claims(row: &RowOutcomes) -> Option<&[ClaimFinding]> {
    let ledgers = row.values().filter_map(|outcome| match outcome {
        Outcome::Scored(score) => Some(score.claims.as_slice()),
        Outcome::NotApplicable(_) | Outcome::Unscored(_) => None,
    });
    let is_answers = |claims: &&[ClaimFinding]| {
        let mut claims = claims.iter();
        claims.any(|claim| claim.of == ClaimOf::Answer)
    };
    ledgers.into_iter().find(is_answers)
}

fn of_claims(rows: &[RowOutcomes]) -> Result<ArrayRef, ArrowError> {
    let lengths = rows.iter().map(|row| claims(row).map_or(0, <[_]>::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = rows.iter().map(|row| claims(row).is_some()).collect();
    let all = || rows.iter().filter_map(claims).flatten();
    let text = |of: fn(&ClaimFinding) -> Option<String>| -> ArrayRef {
        Arc::new(all().map(of).collect::<StringArray>())
    };
    let number = |of: fn(&ClaimFinding) -> Option<usize>| -> ArrayRef {
        let places = all().map(of);
        let places = places.map(|place| i32::try_from(place?).ok());
        Arc::new(places.collect::<Int32Array>())
    };
    let columns = vec![
        text(|claim| Some(claim.text.clone())),
        text(|claim| Some(claim.label.name().to_owned())),
        number(|claim| Some(claim.start)),
        number(|claim| Some(claim.end)),
        number(|claim| claim.evidence.as_ref().map(|found| found.passage)),
        number(|claim| claim.evidence.as_ref().map(|found| found.start)),
        number(|claim| claim.evidence.as_ref().map(|found| found.end)),
        text(why),
    ];
    let items = StructArray::try_new(claim_fields(), columns, None)?;
    let column = ListArray::try_new(claim_item(), offsets, Arc::new(items), Some(nulls))?;
    Ok(Arc::new(column))
}

fn why(claim: &ClaimFinding) -> Option<String> {
    let reasons: Vec<String> = claim.reasons.iter().map(ToString::to_string).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
