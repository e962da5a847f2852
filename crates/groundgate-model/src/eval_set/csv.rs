//! Rows of a CSV file as cases.
//!
//! Columns: `id`, `question`, `reference_answer`, `expected_facts` and `expected_documents` (items
//! separated by `|`), `answerable`, `cluster`, `critical`, and one column `tag:<name>` per tag.
//! An empty cell says nothing. Conversations do not fit into a cell: they need JSONL.

use std::str;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::{
    jsonl::{LINE_LIMIT, without_byte_order_mark},
    piece::Piece,
    written::WrittenCase,
};
use crate::diagnostic::{Mistake, MistakeList, nearest};

const COLUMNS: [&str; 8] = [
    "id",
    "question",
    "reference_answer",
    "expected_facts",
    "expected_documents",
    "answerable",
    "cluster",
    "critical",
];

/// The rows of `bytes` as cases with their lines; those that are none become mistakes.
pub(super) fn rows(
    file: &str,
    bytes: &[u8],
    mistakes: &mut MistakeList,
) -> Vec<(Piece<'static>, WrittenCase)> {
    let mut reader = ReaderBuilder::new().from_reader(without_byte_order_mark(bytes));
    let columns = match reader.byte_headers().map(|header| columns(file, header)) {
        Ok(Ok(columns)) => columns,
        Ok(Err(wrong)) => {
            for mistake in wrong {
                mistakes.push(mistake);
            }
            return Vec::new();
        }
        Err(error) => {
            mistakes.push(Mistake::in_file(file, message_of(&error)).on_line(1));
            return Vec::new();
        }
    };
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        match record {
            Ok(record) => {
                let line = line_of(record.position());
                match read(&columns, &record) {
                    Ok(case) => rows.push((Piece::of_line(line, ""), case)),
                    Err(wrong) => wrong.into_iter().for_each(|message| {
                        mistakes.push_with(|| Mistake::in_file(file, message).on_line(line));
                    }),
                }
            }
            Err(error) => {
                let mistake = Mistake::in_file(file, message_of(&error));
                mistakes.push(mistake.on_line(line_of(error.position())));
            }
        }
    }
    rows
}

fn line_of(position: Option<&csv::Position>) -> usize {
    position.map_or(1, |position| {
        usize::try_from(position.line()).unwrap_or(usize::MAX)
    })
}

/// The crate's message without its own place.
fn message_of(error: &csv::Error) -> String {
    if let ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = error.kind()
    {
        format!("row has {len} cells and the header has {expected_len}")
    } else {
        format!("cannot read the row: {error}")
    }
}

/// The names in the header, or what is wrong with them.
fn columns(file: &str, header: &ByteRecord) -> Result<Vec<String>, Vec<Mistake>> {
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    let at = |message: String| Mistake::in_file(file, message).on_line(1);
    let mut wrong = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let is_tag = name.strip_prefix("tag:").is_some_and(|tag| !tag.is_empty());
        if !is_tag && !COLUMNS.contains(&name.as_str()) {
            let mistake = at(format!("unknown column `{name}`"));
            wrong.push(match nearest(name, COLUMNS) {
                Some(known) => mistake.with_help(format!("did you mean `{known}`?")),
                None => mistake.with_help(format!(
                    "known columns: {}, and tag:<name>; a tag is written as column `tag:{name}`",
                    COLUMNS.join(", ")
                )),
            });
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            wrong.push(at(format!("column `{name}` comes twice")));
        }
    }
    for needed in ["id", "question"] {
        if !names.iter().any(|name| name == needed) {
            wrong.push(at(format!("column `{needed}` is missing")));
        }
    }
    if wrong.is_empty() {
        Ok(names)
    } else {
        Err(wrong)
    }
}

fn read(columns: &[String], record: &ByteRecord) -> Result<WrittenCase, Vec<String>> {
    if record.as_slice().len() > LINE_LIMIT {
        return Err(vec![format!("row is longer than {LINE_LIMIT} bytes")]);
    }
    let mut case = WrittenCase::default();
    let mut wrong = Vec::new();
    for (name, cell) in columns.iter().zip(record) {
        if let Err(message) = set(&mut case, name, cell) {
            wrong.push(message);
        }
    }
    if wrong.is_empty() {
        Ok(case)
    } else {
        Err(wrong)
    }
}

fn set(case: &mut WrittenCase, name: &str, cell: &[u8]) -> Result<(), String> {
    let text = str::from_utf8(cell)
        .map_err(|error| format!("`{name}` is not UTF-8 (byte {})", error.valid_up_to() + 1))?;
    let given = Some(text.trim()).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.eq_ignore_ascii_case("nan")) {
        return Err(format!("`{name}` is `{text}`; an empty cell says nothing"));
    }
    let list = || -> Vec<String> {
        given
            .iter()
            .flat_map(|text| text.split('|'))
            .map(|item| item.trim().to_owned())
            .collect()
    };
    match name {
        "id" => text.clone_into(&mut case.id),
        "question" => text.clone_into(&mut case.question),
        "reference_answer" => case.reference_answer = given.map(str::to_owned),
        "expected_facts" => case.expected_facts = list(),
        "expected_documents" => case.expected_documents = list(),
        "answerable" => case.answerable = given.map(|text| truth(name, text)).transpose()?,
        "cluster" => case.cluster = given.map(str::to_owned),
        "critical" => {
            case.critical = given.map_or(Ok(false), |text| truth(name, text))?;
        }
        _ => {
            if let (Some(tag), Some(value)) = (name.strip_prefix("tag:"), given) {
                case.tags.insert(tag.to_owned(), value.to_owned());
            }
        }
    }
    Ok(())
}

fn truth(name: &str, text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{name}` is `{text}` and not `true` or `false`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_tag_keep_their_case() {
        let file = b"id,question,tag:product\na,How?,Cards\nb,How?,cards\n";
        let mut mistakes = MistakeList::default();
        let rows = rows("set.csv", file, &mut mistakes);
        let products: Vec<&str> = (rows.iter())
            .filter_map(|(_, case)| case.tags.get("product").map(String::as_str))
            .collect();
        assert_eq!(products, ["Cards", "cards"]);
    }
}
