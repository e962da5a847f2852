//! The rows of a batch as cases and answers, or why a row cannot be judged.

use std::collections::BTreeMap;

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::Schema;
use groundgate_formats::{Target, Want, column_of};
use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, Ending, FailureKind, Passage, Timing, Usage},
    trial::Unscored,
};

use super::texts::{TextLists, Texts, Wanted, lists, texts, wrong, yes_no};

/// What a column can be for, and what it must be made of.
const FIELDS: [(&str, Target, Wanted); 5] = [
    ("question", Target::Question, Wanted::Text),
    ("answer", Target::Answer, Wanted::Text),
    ("passages", Target::Passages, Wanted::TextList),
    ("facts", Target::Facts, Wanted::TextList),
    ("answerable", Target::Answerable, Wanted::YesNo),
];

/// Completes what was told by columns whose names are known; says everything that is wrong, at once.
pub(crate) fn places(
    mut told: BTreeMap<String, String>,
    columns: &[&str],
) -> Result<BTreeMap<String, String>, String> {
    let mut mistakes = Vec::new();
    for field in told.keys() {
        if !FIELDS.iter().any(|(known, ..)| known == field) {
            let known = FIELDS.map(|(name, ..)| name).join(", ");
            mistakes.push(format!("{field} is none of {known}"));
        }
    }
    for (field, target, _) in FIELDS {
        if told.contains_key(field) {
            continue;
        }
        match column_of(Want::Answers, &target, columns) {
            Ok(Some(column)) => {
                told.insert(field.to_owned(), column.to_owned());
            }
            Ok(None) if matches!(field, "question" | "answer" | "passages") => {
                let columns = columns.join(", ");
                mistakes.push(format!(
                    "no column is known as `{field}`; there are {columns}"
                ));
            }
            Ok(None) => {}
            Err(several) => mistakes.push(format!(
                "several columns could be the `{field}`: {}",
                several.join(", ")
            )),
        }
    }
    if mistakes.is_empty() {
        Ok(told)
    } else {
        Err(mistakes.join("\n"))
    }
}

/// Which column is what.
#[derive(Debug)]
pub(crate) struct Places {
    columns: BTreeMap<String, String>,
    /// Nothing larger is judged, in bytes of a row's texts.
    row_limit: usize,
}

impl Places {
    /// Checks the columns against the table's schema.
    pub(crate) fn new(
        columns: BTreeMap<String, String>,
        row_limit: usize,
        schema: &Schema,
    ) -> Result<Self, String> {
        let names: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        let columns = places(columns, &names)?;
        let mistakes: Vec<String> = FIELDS
            .into_iter()
            .filter_map(|(field, _, wanted)| wrong(schema, field, columns.get(field)?, wanted))
            .collect();
        if mistakes.is_empty() {
            Ok(Self { columns, row_limit })
        } else {
            Err(mistakes.join("\n"))
        }
    }

    /// As they were settled.
    pub(crate) fn into_columns(self) -> BTreeMap<String, String> {
        self.columns
    }

    /// Whether anything says what a right answer states.
    pub(crate) fn has_facts(&self) -> bool {
        self.columns.contains_key("facts")
    }

    /// The rows of one batch.
    pub(crate) fn rows(&self, batch: &RecordBatch) -> Rows {
        let column = |field: &str| self.columns.get(field).map(String::as_str);
        let of_texts = |field| column(field).and_then(|name| texts(batch, name));
        let of_lists = |field| column(field).and_then(|name| lists(batch, name));
        Rows {
            n: batch.num_rows(),
            question: of_texts("question"),
            answer: of_texts("answer"),
            passages: of_lists("passages"),
            facts: of_lists("facts"),
            answerable: column("answerable").and_then(|name| yes_no(batch, name)),
            row_limit: self.row_limit,
        }
    }
}

/// The rows of one batch.
#[derive(Debug)]
pub(crate) struct Rows {
    n: usize,
    question: Option<Texts>,
    answer: Option<Texts>,
    passages: Option<TextLists>,
    facts: Option<TextLists>,
    answerable: Option<BooleanArray>,
    row_limit: usize,
}

impl Rows {
    pub(crate) const fn len(&self) -> usize {
        self.n
    }

    /// The question as a case, and the answer; or why there is nothing to judge.
    pub(crate) fn get(&self, row: usize) -> Result<(Case, Answer), Unscored> {
        let text = |column: &Option<Texts>| column.as_ref()?.get(row).map(str::to_owned);
        let list = |column: &Option<TextLists>| column.as_ref()?.get(row);
        let answer = text(&self.answer).ok_or(Unscored::NoAnswer(FailureKind::Absent))?;
        let question =
            text(&self.question).ok_or_else(|| Unscored::InputMissing("question".into()))?;
        let passages = list(&self.passages);
        let facts = list(&self.facts).unwrap_or_default();
        let lengths = passages.iter().flatten().chain(&facts).map(String::len);
        let length = answer.len() + question.len() + lengths.sum::<usize>();
        if length > self.row_limit {
            return Err(Unscored::JudgeFailed(FailureKind::TooLarge));
        }
        let answerable = self.answerable.as_ref();
        let answerable =
            answerable.and_then(|column| column.is_valid(row).then(|| column.value(row)));
        Ok((case(question, facts, answerable), said(answer, passages)))
    }
}

fn case(question: String, facts: Vec<String>, answerable: Option<bool>) -> Case {
    Case {
        id: String::new(),
        history: Vec::new(),
        question,
        reference_answer: None,
        expected_facts: facts,
        expected_documents: Vec::new(),
        answerable,
        tags: BTreeMap::new(),
        cluster: None,
        critical: false,
    }
}

fn said(text: String, passages: Option<Vec<String>>) -> Answer {
    let passage = |text| Passage {
        id: None,
        text,
        source: None,
    };
    let answer = Answer {
        text,
        passages: passages.map(|texts| texts.into_iter().map(passage).collect()),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: Ending::Unknown,
        thinking: None,
        timing: Timing::default(),
    };
    answer.with_thoughts_apart()
}
