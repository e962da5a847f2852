//! Trials of a table without their texts: what an executor hands to the driver, and what the driver decides on.
//!
//! Columns are named as here: `case`, `attempt`, `cluster`, `critical`, `answerable`, `question`, `answer`, `facts`, `tag:…`,
//! and `metric:…`, which is a number (null where it is missing) or an outcome. Texts become digests of 32 bytes.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, RecordBatch, StringArray,
    StructArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use groundgate_app::table_gate::TableTrial;
use groundgate_model::{
    eval_set::Case,
    exchange::FailureKind,
    trial::{CaseInfo, Cell, Unscored},
    unit::Digest,
};

use super::texts::{TextLists, Texts, lists, texts};

pub(crate) const TAG: &str = "tag:";
pub(crate) const METRIC: &str = "metric:";
const WHY: &str = "why:";
/// What an outcome is that adds to no mean.
const NOT_APPLICABLE: &str = "not-applicable";

fn typed<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a T> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn wrong(message: String) -> ArrowError {
    ArrowError::InvalidArgumentError(message)
}

/// Names that begin with `prefix`, without it, in the table's order.
fn named(batch: &RecordBatch, prefix: &str) -> Vec<String> {
    let schema = batch.schema();
    let names = schema.fields().iter();
    names
        .filter_map(|field| field.name().strip_prefix(prefix).map(str::to_owned))
        .collect()
}

fn flag(column: Option<&BooleanArray>, row: usize) -> Option<bool> {
    column.and_then(|column| column.is_valid(row).then(|| column.value(row)))
}

/// The columns that make slices.
fn tags(batch: &RecordBatch) -> Vec<(String, Texts)> {
    let tags = named(batch, TAG).into_iter().filter_map(|tag| {
        let values = texts(batch, &format!("{TAG}{tag}"))?;
        Some((tag, values))
    });
    tags.collect()
}

/// The tags of a row.
fn tags_of(tags: &[(String, Texts)], row: usize) -> BTreeMap<String, String> {
    let values = tags.iter().filter_map(|(tag, values)| {
        let value = values.get(row)?;
        Some((tag.clone(), value.to_owned()))
    });
    values.collect()
}

/// Where the scores of a metric stand.
enum Scores {
    Numbers(Float64Array),
    Outcomes(Box<Outcomes>),
}

/// The columns of outcomes.
struct Outcomes {
    score: Float64Array,
    not_applicable: Texts,
    unscored: Texts,
}

impl Scores {
    fn of(batch: &RecordBatch, metric: &str) -> Result<Self, ArrowError> {
        let column = format!("{METRIC}{metric}");
        if let Some(numbers) = typed::<Float64Array>(batch, &column) {
            return Ok(Self::Numbers(numbers.clone()));
        }
        let outcomes = typed::<StructArray>(batch, &column).and_then(|fields| {
            let text = |name: &str| Texts::of(fields.column_by_name(name)?);
            let score: &Float64Array = fields.column_by_name("score")?.as_any().downcast_ref()?;
            Some(Self::Outcomes(Box::new(Outcomes {
                score: score.clone(),
                not_applicable: text("not_applicable")?,
                unscored: text("unscored")?,
            })))
        });
        outcomes.ok_or_else(|| {
            wrong(format!(
                "the scores of `{metric}` are neither numbers nor outcomes"
            ))
        })
    }

    fn get(&self, row: usize) -> (Option<f64>, Option<String>) {
        let number = |column: &Float64Array| column.is_valid(row).then(|| column.value(row));
        let missing = || Unscored::InputMissing("score in the imported file".into()).to_string();
        match self {
            Self::Numbers(column) => match number(column) {
                Some(score) => (Some(score), None),
                None => (None, Some(missing())),
            },
            Self::Outcomes(outcomes) => {
                let Outcomes {
                    score,
                    not_applicable,
                    unscored,
                } = outcomes.as_ref();
                let why = unscored.get(row).map(str::to_owned);
                let applies = not_applicable.get(row).is_none();
                match (why, applies, number(score)) {
                    (Some(why), ..) => (None, Some(why)),
                    (None, false, _) => (None, Some(NOT_APPLICABLE.to_owned())),
                    (None, true, Some(score)) => (Some(score), None),
                    (None, true, None) => (None, Some(missing())),
                }
            }
        }
    }
}

/// The columns of a batch that make cases.
struct Questions {
    id: Texts,
    cluster: Option<Texts>,
    question: Option<Texts>,
    facts: Option<TextLists>,
    critical: Option<BooleanArray>,
    answerable: Option<BooleanArray>,
    tags: Vec<(String, Texts)>,
}

impl Questions {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        Ok(Self {
            id: texts(batch, "case").ok_or_else(|| wrong("no column `case`".to_owned()))?,
            cluster: texts(batch, "cluster"),
            question: texts(batch, "question"),
            facts: lists(batch, "facts"),
            critical: typed(batch, "critical").cloned(),
            answerable: typed(batch, "answerable").cloned(),
            tags: tags(batch),
        })
    }

    fn get(&self, row: usize) -> Result<Case, ArrowError> {
        let text = |column: &Option<Texts>| column.as_ref()?.get(row).map(str::to_owned);
        let id = self.id.get(row).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| wrong("a row names no case".to_owned()))?;
        Ok(Case {
            id: id.to_owned(),
            history: Vec::new(),
            // Without questions, a case is what its id says.
            question: match &self.question {
                Some(_) => text(&self.question).unwrap_or_default(),
                None => id.to_owned(),
            },
            reference_answer: None,
            expected_facts: (self.facts.as_ref())
                .and_then(|lists| lists.get(row))
                .unwrap_or_default(),
            expected_documents: Vec::new(),
            answerable: flag(self.answerable.as_ref(), row),
            tags: tags_of(&self.tags, row),
            cluster: text(&self.cluster),
            critical: flag(self.critical.as_ref(), row).unwrap_or(false),
        })
    }
}

/// Columns of trials that grow row by row.
#[derive(Default)]
struct Reduced {
    case: Vec<String>,
    attempt: Vec<i32>,
    digest: Vec<Digest>,
    asked: Vec<Digest>,
    said: Vec<Option<Digest>>,
    cluster: Vec<String>,
    critical: Vec<bool>,
    answerable: Vec<Option<bool>>,
}

impl Reduced {
    fn of(batch: &RecordBatch, answers: Option<&Texts>) -> Result<Self, ArrowError> {
        let questions = Questions::of(batch)?;
        let attempts = typed::<Int32Array>(batch, "attempt");
        let mut reduced = Self::default();
        for row in 0..batch.num_rows() {
            let case = questions.get(row)?;
            let attempt = match attempts {
                Some(column) if column.is_valid(row) => column.value(row),
                Some(_) => {
                    let id = &case.id;
                    return Err(wrong(format!("case `{id}` has a row without an attempt")));
                }
                None => 0,
            };
            let said = answers.and_then(|column| column.get(row));
            reduced.attempt.push(attempt);
            reduced.digest.push(case.digest());
            reduced.asked.push(case.asked());
            reduced
                .said
                .push(said.map(|text| Digest::of(text.trim().as_bytes())));
            reduced.cluster.push(case.cluster_or_id().to_owned());
            reduced.critical.push(case.critical);
            reduced.answerable.push(case.answerable);
            reduced.case.push(case.id);
        }
        Ok(reduced)
    }

    fn columns(self) -> Vec<(String, ArrayRef)> {
        let digests = |digests: &[Digest]| -> ArrayRef {
            Arc::new(BinaryArray::from_iter_values(
                digests.iter().map(Digest::bytes),
            ))
        };
        let said = self.said.iter();
        let said = said.map(|said| said.as_ref().map(Digest::bytes));
        let columns: [(&str, ArrayRef); 8] = [
            ("digest", digests(&self.digest)),
            ("asked", digests(&self.asked)),
            ("said", Arc::new(said.collect::<BinaryArray>())),
            ("case", Arc::new(StringArray::from(self.case))),
            ("attempt", Arc::new(Int32Array::from(self.attempt))),
            ("cluster", Arc::new(StringArray::from(self.cluster))),
            ("critical", Arc::new(BooleanArray::from(self.critical))),
            ("answerable", Arc::new(BooleanArray::from(self.answerable))),
        ];
        columns
            .into_iter()
            .map(|(name, column)| (name.to_owned(), column))
            .collect()
    }
}

/// One batch without its texts.
pub(crate) fn reduce(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let answers = texts(batch, "answer");
    let n = batch.num_rows();
    let mut columns = Reduced::of(batch, answers.as_ref())?.columns();
    for (tag, values) in tags(batch) {
        let values = (0..n).map(|row| values.get(row));
        let values = values.collect::<StringArray>();
        columns.push((format!("{TAG}{tag}"), Arc::new(values)));
    }
    for metric in named(batch, METRIC) {
        let scores = Scores::of(batch, &metric)?;
        let (numbers, whys): (Vec<_>, Vec<_>) = (0..n)
            .map(|row| match &answers {
                Some(answers) if answers.get(row).is_none() => {
                    let why = Unscored::NoAnswer(FailureKind::Absent);
                    (None, Some(why.to_string()))
                }
                Some(_) | None => scores.get(row),
            })
            .unzip();
        let numbers = Float64Array::from(numbers);
        columns.push((format!("{METRIC}{metric}"), Arc::new(numbers)));
        columns.push((format!("{WHY}{metric}"), Arc::new(StringArray::from(whys))));
    }
    let fields = columns
        .iter()
        .map(|(name, column)| Field::new(name, column.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), arrays)
}

/// The metrics of a reduced table.
pub(crate) fn metrics(schema: &Schema) -> Vec<String> {
    let numbers = schema
        .fields()
        .iter()
        .filter(|field| *field.data_type() == DataType::Float64);
    let names = numbers.filter_map(|field| field.name().strip_prefix(METRIC));
    names.map(str::to_owned).collect()
}

/// The trials of a reduced batch.
pub(crate) fn trials(
    batch: &RecordBatch,
    metrics: &[String],
) -> Result<Vec<TableTrial>, ArrowError> {
    let missing = |name: &str| wrong(format!("no column `{name}`"));
    let text = |name: &str| texts(batch, name).ok_or_else(|| missing(name));
    let of = |name: &str| typed::<BinaryArray>(batch, name).ok_or_else(|| missing(name));
    let (ids, clusters) = (text("case")?, text("cluster")?);
    let (digests, asked, said) = (of("digest")?, of("asked")?, of("said")?);
    let attempts = typed::<Int32Array>(batch, "attempt").ok_or_else(|| missing("attempt"))?;
    let (critical, answerable) = (typed(batch, "critical"), typed(batch, "answerable"));
    let tags = tags(batch);
    let mut columns = Vec::new();
    for metric in metrics {
        let (name, why) = (format!("{METRIC}{metric}"), format!("{WHY}{metric}"));
        let numbers = typed::<Float64Array>(batch, &name).ok_or_else(|| missing(&name))?;
        columns.push((metric, numbers, text(&why)?));
    }
    let mut found = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let id = ids.get(row).ok_or_else(|| missing("case"))?.to_owned();
        let mut cells = Vec::with_capacity(columns.len());
        for (metric, numbers, whys) in &columns {
            let number = numbers.is_valid(row).then(|| numbers.value(row));
            cells.push(cell(number, whys.get(row)).ok_or_else(|| {
                wrong(format!(
                    "case `{id}` has neither a score of `{metric}` nor a reason"
                ))
            })?);
        }
        let attempt = u32::try_from(attempts.value(row));
        found.push(TableTrial {
            asked: digest(asked, row).ok_or_else(|| missing("asked"))?,
            said: digest(said, row),
            attempt: attempt
                .map_err(|_negative| wrong(format!("case `{id}` has a negative attempt")))?,
            cells,
            case: CaseInfo {
                digest: digest(digests, row).ok_or_else(|| missing("digest"))?,
                cluster: clusters.get(row).unwrap_or(&id).to_owned(),
                tags: Arc::new(tags_of(&tags, row)),
                critical: flag(critical, row).unwrap_or(false),
                answerable: flag(answerable, row),
                id,
            },
        });
    }
    Ok(found)
}

fn digest(column: &BinaryArray, row: usize) -> Option<Digest> {
    let bytes = column.is_valid(row).then(|| column.value(row))?;
    bytes.try_into().ok().map(Digest::from_bytes)
}

fn cell(number: Option<f64>, why: Option<&str>) -> Option<Cell> {
    match (number, why) {
        (Some(number), None) => Some(Cell::Scored(number)),
        (None, Some(NOT_APPLICABLE)) => Some(Cell::NotApplicable),
        (None, Some(why)) => Some(Cell::Unscored(unscored(why))),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// The reason that its words mean; whatever is not known as the copilot's own failure counts both ways.
fn unscored(why: &str) -> Unscored {
    if why.starts_with("no-answer: ") && !why.ends_with(FailureKind::Changed.name()) {
        return Unscored::NoAnswer(FailureKind::Absent);
    }
    let what = why.strip_prefix("input missing: ").unwrap_or(why);
    Unscored::InputMissing(what.into())
}
