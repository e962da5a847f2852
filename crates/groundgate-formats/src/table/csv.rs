//! CSV and its dialects: separators, Excel's `sep=`, comments before the header, an index column, blank
//! rows, cells of several lines.

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use groundgate_model::{
    diagnostic::{Mistake, MistakeList},
    number::plural,
};
use serde_json::{Map, Value};

use super::{Kind, Record, Table};
use crate::names;

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// The rows as records of texts.
pub(super) fn read(
    file: &str,
    text: &str,
    told: Option<char>,
    mistakes: &mut MistakeList,
) -> Table {
    let mut notes = Vec::new();
    let begin = Begin::of(text, &mut notes);
    let separator = told.or(begin.separator).unwrap_or_else(|| {
        let found = separator(begin.rest);
        if found != ',' {
            notes.push(format!("columns are separated by {}", shown(found)));
        }
        found
    });
    let reading = Reading {
        file,
        source: begin.rest,
        first_line: begin.line,
        separator,
    };
    let records = reading.records(&mut notes, mistakes);
    Table {
        kind: Kind::Csv,
        records,
        notes,
        separator: Some(separator),
    }
}

fn shown(separator: char) -> String {
    if separator == '\t' {
        "tabs".to_owned()
    } else {
        format!("`{separator}`")
    }
}

/// What stands before the header.
struct Begin<'a> {
    separator: Option<char>,
    rest: &'a str,
    /// The line on which the rest begins.
    line: usize,
}

impl<'a> Begin<'a> {
    fn of(text: &'a str, notes: &mut Vec<String>) -> Self {
        let mut this = Self {
            separator: None,
            rest: text,
            line: 1,
        };
        while let Some((line, rest)) = this.rest.split_once('\n') {
            let bare = line.trim_end_matches('\r').trim_matches('"');
            let excel = bare
                .to_ascii_lowercase()
                .strip_prefix("sep=")
                .and_then(|end| end.chars().next());
            if let Some(separator) = excel {
                this.separator = Some(separator);
                notes.push(format!("`sep={separator}` on line {}", this.line));
            } else if bare.starts_with('#') && !bare.contains([',', ';', '\t']) {
                notes.push(format!("line {} is a comment", this.line));
            } else if !bare.trim().is_empty() {
                break;
            }
            this.rest = rest;
            this.line += 1;
        }
        this
    }
}

/// The one with which the header names most that is known, then the one that makes most columns.
fn separator(text: &str) -> char {
    let rank = |separator: char| {
        let header = reader(text, separator)
            .records()
            .next()
            .and_then(Result::ok);
        let header = header.unwrap_or_default();
        let known = header.iter().filter(|name| names::is_known(name)).count();
        (known, header.len())
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|one| rank(*one));
    best.unwrap_or(',')
}

fn reader(text: &str, separator: char) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .from_reader(text.as_bytes())
}

struct Reading<'a> {
    file: &'a str,
    source: &'a str,
    first_line: usize,
    separator: char,
}

impl Reading<'_> {
    fn records(&self, notes: &mut Vec<String>, mistakes: &mut MistakeList) -> Vec<Record> {
        let mut rows = self.rows(mistakes).into_iter();
        let Some((line, header)) = rows.next() else {
            return Vec::new();
        };
        let (mut rows, blank): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| !is_blank(row));
        if !blank.is_empty() {
            notes.push(format!("{} left out", plural(blank.len(), "blank row")));
        }
        let columns = self.columns((line, &header), &rows, notes, mistakes);
        for (line, row) in &mut rows {
            // A row may end before columns that nobody named.
            while row.len() < header.len() && header.get(row.len()).is_some_and(str::is_empty) {
                row.push_field("");
            }
            if row.len() != header.len() {
                mistakes.push_with(|| self.ragged(*line, row, &header));
            }
        }
        if !mistakes.is_empty() {
            return Vec::new();
        }
        let record = |(line, row): (usize, StringRecord)| Record {
            line,
            fields: cells(&columns, &row),
        };
        rows.into_iter().map(record).collect()
    }

    /// Every row with the line on which it begins.
    fn rows(&self, mistakes: &mut MistakeList) -> Vec<(usize, StringRecord)> {
        let mut reader = reader(self.source, self.separator);
        let (mut rows, mut line, mut counted) = (Vec::new(), self.first_line, 0);
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    mistakes.push(Mistake::in_file(self.file, message_of(&error)).on_line(line));
                    break;
                }
            };
            let start = record.position().map_or(0, csv::Position::byte);
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            // The reader stands before the line end of the row before, and before blank lines.
            let after = self.source.get(start..).unwrap_or_default();
            let start = start + (after.len() - after.trim_start_matches(['\r', '\n']).len());
            line += (self.source.get(counted..start).unwrap_or_default())
                .matches('\n')
                .count();
            counted = start;
            rows.push((line, record));
        }
        rows
    }

    fn columns(
        &self,
        (line, header): (usize, &StringRecord),
        rows: &[(usize, StringRecord)],
        notes: &mut Vec<String>,
        mistakes: &mut MistakeList,
    ) -> Vec<Option<String>> {
        let mut columns: Vec<Option<String>> = Vec::new();
        for (index, name) in header.iter().enumerate() {
            let name = name.trim();
            let values = rows
                .iter()
                .map(|(_, row)| row.get(index).unwrap_or_default());
            let nameless = name.is_empty() || name.starts_with("Unnamed:");
            if nameless && values.clone().all(|cell| cell.trim().is_empty()) {
                columns.push(None);
            } else if nameless && is_index(values) {
                notes.push(format!("column {} is the row's number", index + 1));
                columns.push(None);
            } else if name.is_empty() {
                let first = rows
                    .iter()
                    .find(|(_, row)| row.get(index).is_some_and(|cell| !cell.trim().is_empty()));
                let at = first.map_or(line, |(line, _)| *line);
                notes.push(format!(
                    "column {} has no name and is not read, though line {at} has a value there",
                    index + 1
                ));
                columns.push(None);
            } else if columns.iter().flatten().any(|earlier| earlier == name) {
                let message = format!("column `{name}` comes twice");
                mistakes.push(Mistake::in_file(self.file, message).on_line(line));
                columns.push(None);
            } else {
                columns.push(Some(name.to_owned()));
            }
        }
        columns
    }

    fn ragged(&self, line: usize, row: &StringRecord, header: &StringRecord) -> Mistake {
        let message = format!(
            "row has {} cells and the header has {}",
            row.len(),
            header.len()
        );
        let mistake = Mistake::in_file(self.file, message).on_line(line);
        if row.iter().any(|cell| cell.contains(['“', '”', '„'])) {
            mistake.with_help("curly quotes do not quote in CSV: write `\"`")
        } else {
            mistake.with_help(format!(
                "a cell that holds `{}`, `\"` or a line end is written in quotes",
                self.separator
            ))
        }
    }
}

fn cells(columns: &[Option<String>], row: &StringRecord) -> Map<String, Value> {
    let named = columns.iter().zip(row.iter());
    let named = named.filter_map(|(name, cell)| Some((name.clone()?, cell)));
    named
        .map(|(name, cell)| (name, Value::String(cell.to_owned())))
        .collect()
}

fn is_blank(row: &StringRecord) -> bool {
    row.iter().all(|cell| cell.trim().is_empty())
}

/// 0, 1, 2 … or 1, 2, 3 …
fn is_index<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let numbers: Option<Vec<u64>> = values.map(|cell| cell.trim().parse().ok()).collect();
    let Some(numbers) = numbers else {
        return false;
    };
    let first = numbers.first().copied().unwrap_or(0);
    first <= 1
        && (first..)
            .zip(&numbers)
            .all(|(expected, found)| expected == *found)
}

fn message_of(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
        _ => format!("cannot read the row: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (Table, String) {
        let mut mistakes = MistakeList::default();
        let table = read("x.csv", text, None, &mut mistakes);
        let said = mistakes.finish(()).err();
        (table, said.map_or_else(String::new, |all| all.to_string()))
    }

    #[test]
    fn dialects_say_the_same() {
        for text in [
            "id,question\na,\"why, so?\"\nb,how?\n",
            "id;question\r\na;why, so?\r\nb;how?\r\n",
            "id\tquestion\na\twhy, so?\nb\thow?",
            "sep=;\r\nid;question\r\na;why, so?\r\nb;how?\r\n",
            "\"sep=|\"\nid|question\na|why, so?\nb|how?\n",
            "# mine\nid,question\na,\"why, so?\"\n,\n\nb,how?\n,\n",
            ",id,question,\n0,a,\"why, so?\",\n1,b,how?,\n",
            "Unnamed: 0,id,question\n1,a,\"why, so?\"\n2,b,how?\n",
        ] {
            let (table, said) = table(text);
            assert_eq!(said, "", "{text}");
            let fields: Vec<_> = table.records.iter().map(|record| &record.fields).collect();
            assert_eq!(fields.len(), 2, "{text}");
            assert_eq!(fields[0]["question"], "why, so?", "{text}");
            assert_eq!(
                (&fields[1]["id"], fields[1].len()),
                (&"b".into(), 2),
                "{text}"
            );
        }
    }

    #[test]
    fn rows_have_the_lines_of_the_file() {
        let lines = |text: &str| -> Vec<usize> {
            let records = table(text).0.records;
            records.iter().map(|record| record.line).collect()
        };
        let text = "id,question\na,\"two\nlines\"\n\nb,how?\nc,x\n";
        assert_eq!(lines(text), [2, 5, 6]);
        assert_eq!(lines(&text.replace('\n', "\r\n")), [2, 5, 6]);
    }

    #[test]
    fn a_broken_row_is_named() {
        for (text, said) in [
            (
                "id,question\na\n",
                "x.csv:2: row has 1 cells and the header has 2",
            ),
            ("id,question\na,b\na,“b, c”\n", "x.csv:3: row has 3 cells"),
            ("id,id\na,b\n", "x.csv:1: column `id` comes twice"),
        ] {
            let found = table(text).1;
            assert!(found.starts_with(said), "{text:?}: {found}");
        }
    }
}
