//! Any file as an eval set.

use groundgate_model::{
    diagnostic::{Mistake, Mistakes, nearest},
    eval_set::{EvalSet, WrittenCase, from_rows, load},
};

use crate::{names, options::Options, read::read, row::Row, table::extension};

/// An eval set with what was guessed to read it.
#[derive(Debug)]
pub struct EvalSetFile {
    /// The cases.
    pub eval_set: EvalSet,
    /// What was guessed or left out; empty where the file has groundgate's own form.
    pub notes: Vec<String>,
    /// What file it is, where it is not groundgate's own.
    pub what: Option<String>,
}

/// Names of groundgate's own eval sets.
const OWN: [&str; 11] = [
    "id",
    "question",
    "history",
    "reference_answer",
    "expected_facts",
    "expected_documents",
    "answerable",
    "tags",
    "cluster",
    "critical",
    "metadata",
];

/// Reads an eval set (bytes unpacked): groundgate's own form, or that of any other tool.
pub fn load_eval_set(file: &str, bytes: &[u8], options: &Options) -> Result<EvalSetFile, Mistakes> {
    let told = options.from.is_some() || options.mapping.places().next().is_some();
    let own = if told { None } else { Some(load(file, bytes)) };
    let own_mistakes = match own {
        Some(Ok(eval_set)) if !needs_care(file, bytes) => {
            return Ok(EvalSetFile {
                eval_set,
                notes: Vec::new(),
                what: None,
            });
        }
        Some(Ok(_)) | None => None,
        Some(Err(mistakes)) => Some(mistakes),
    };
    if let Some(mistakes) = own_mistakes.as_ref().filter(|mistakes| is_own(mistakes)) {
        return Err(mistakes.clone());
    }
    let found = read(file, bytes, options)?;
    let rows = found.rows.into_iter().map(|row| (row.line, written(row)));
    let eval_set = from_rows(file, rows.collect())?;
    Ok(EvalSetFile {
        eval_set,
        notes: found.notes,
        what: Some(found.what),
    })
}

/// Whether groundgate's own reader would take a list in a CSV's cell for one item.
fn needs_care(file: &str, bytes: &[u8]) -> bool {
    let is_csv = extension(file) == "csv";
    let header_end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let header = String::from_utf8_lossy(bytes.get(..header_end).unwrap_or_default()).into_owned();
    is_csv && header.contains("expected_")
}

/// Whether these are mistakes of somebody who writes groundgate's own form: a name nearly right, a value
/// that no other form makes better.
fn is_own(mistakes: &Mistakes) -> bool {
    let misspelt = |message: &str| {
        let name = message.split('`').nth(1).unwrap_or_default();
        let unknown =
            message.starts_with("unknown field `") || message.starts_with("unknown column `");
        unknown && !names::is_known(name) && nearest(name, OWN).is_some()
    };
    let no_question = |mistake: &Mistake| mistake.message == "column `question` is missing";
    if mistakes.0.iter().any(no_question) {
        return mistakes.0.iter().any(|mistake| {
            let name = mistake.message.split('`').nth(1).unwrap_or_default();
            misspelt(&mistake.message) && nearest(name, ["question"]).is_some()
        });
    }
    mistakes.0.iter().any(|mistake| {
        misspelt(&mistake.message)
            || mistake.message.starts_with("case id `")
            || mistake.message.starts_with("duplicate tag `")
            || mistake.message.contains("is larger than")
    })
}

fn written(row: Row) -> WrittenCase {
    WrittenCase::new(
        row.id,
        row.question,
        row.history.into_iter().map(|turn| (turn.role, turn.text)),
    )
    .known(row.reference, row.facts, row.documents)
    .placed(row.answerable, row.tags, row.cluster, row.critical)
}
