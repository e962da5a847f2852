//! JSON in the forms in which rows are written: one object a line, an array, an object around an array,
//! columns instead of rows, `{columns, data}`.

use std::collections::BTreeMap;

use groundgate_model::{
    diagnostic::{Mistake, MistakeList},
    number::plural,
};
use serde_json::{Map, Value, value::RawValue};

use super::{Kind, Record, Table, unique::Unique};

/// The longest record, in bytes.
const RECORD_LIMIT: usize = 64 << 20;

/// Names under which tools keep their rows, the surest first.
const AROUND: [&str; 22] = [
    "results",
    "samples",
    "testCases",
    "test_cases",
    "evaluation_dataset",
    "goldens",
    "rows",
    "records",
    "data",
    "examples",
    "cases",
    "tests",
    "items",
    "questions",
    "dataset",
    "instances",
    "traces",
    "runs",
    "events",
    "annotations",
    "output",
    "entries",
];

/// Reads a text that begins like JSON or is named so.
pub(super) fn read(file: &str, text: &str, mistakes: &mut MistakeList) -> Table {
    let mut reading = Reading {
        file,
        source: text,
        notes: Vec::new(),
        n_nan: 0,
        mistakes,
    };
    let (kind, records) = reading.read();
    let n_nan = reading.n_nan;
    let mut notes = reading.notes;
    if n_nan > 0 {
        notes.push(format!(
            "`NaN` is read as no value, {}",
            plural(n_nan, "time")
        ));
    }
    Table {
        kind,
        records,
        notes,
        separator: None,
    }
}

struct Reading<'a, 'm> {
    file: &'a str,
    source: &'a str,
    notes: Vec<String>,
    n_nan: usize,
    mistakes: &'m mut MistakeList,
}

type Found = (Kind, Vec<Record>);

impl Reading<'_, '_> {
    fn read(&mut self) -> Found {
        let (text, n_nan) = without_nan(self.source);
        match serde_json::from_str::<&RawValue>(&text) {
            Ok(whole) => {
                self.n_nan += n_nan;
                self.document(&text, whole)
            }
            Err(_) if is_lines(&text) => (Kind::JsonLines, self.lines()),
            Err(error) => {
                // A list of values says better what is wrong than one raw value.
                let error = serde_json::from_str::<Unique>(&text).err().unwrap_or(error);
                self.mistake(1, &text, &error);
                (Kind::Json, Vec::new())
            }
        }
    }

    fn document(&mut self, text: &str, whole: &RawValue) -> Found {
        if whole.get().starts_with('[') {
            let elements: Vec<&RawValue> = serde_json::from_str(whole.get()).unwrap_or_default();
            return (Kind::Json, self.elements(text, &elements));
        }
        let Some(Value::Object(fields)) = self.value(1, whole.get()) else {
            if self.mistakes.is_empty() {
                let message = "the file holds one value, not rows";
                self.mistakes.push(Mistake::in_file(self.file, message));
            }
            return (Kind::Json, Vec::new());
        };
        if let Some(rows) = split(&fields).or_else(|| columns(&fields)) {
            self.notes.push("columns are turned into rows".to_owned());
            let records = rows.into_iter().enumerate();
            let records = records.map(|(index, fields)| Record {
                line: index + 1,
                fields,
            });
            return (Kind::Json, records.collect());
        }
        match around(whole, "") {
            Some((name, elements)) => {
                self.notes.push(format!("rows are those of `{name}`"));
                let records = self.elements(text, &elements);
                (Kind::Json, records)
            }
            None => (Kind::Json, vec![Record { line: 1, fields }]),
        }
    }

    fn elements(&mut self, text: &str, elements: &[&RawValue]) -> Vec<Record> {
        let (mut line, mut counted) = (1, 0);
        let mut records = Vec::new();
        for element in elements {
            // Elements are borrowed from the text: the difference of addresses is their place.
            let at = element
                .get()
                .as_ptr()
                .addr()
                .saturating_sub(text.as_ptr().addr());
            line += text
                .get(counted..at)
                .unwrap_or_default()
                .matches('\n')
                .count();
            counted = at;
            if let Some(record) = self.record(line, element.get()) {
                records.push(record);
            }
        }
        records
    }

    fn lines(&mut self) -> Vec<Record> {
        let (mut records, mut n_commas, mut n_comments) = (Vec::new(), 0, 0);
        for (index, line) in self.source.lines().enumerate() {
            let mut line = line.trim();
            if line.is_empty() {
                continue;
            }
            if line.starts_with('#') || line.starts_with("//") {
                n_comments += 1;
                continue;
            }
            if line.starts_with('{') && line.ends_with("},") {
                line = line.strip_suffix(',').unwrap_or(line);
                n_commas += 1;
            }
            let (text, n_nan) = without_nan(line);
            self.n_nan += n_nan;
            if let Some(record) = self.record(index + 1, &text) {
                records.push(record);
            }
        }
        if n_commas > 0 {
            self.notes.push(format!(
                "{} with a comma at the end",
                plural(n_commas, "line")
            ));
        }
        if n_comments > 0 {
            self.notes.push(format!(
                "{} of comments left out",
                plural(n_comments, "line")
            ));
        }
        records
    }

    fn record(&mut self, line: usize, text: &str) -> Option<Record> {
        if text.len() > RECORD_LIMIT {
            let message = format!(
                "record of {} bytes is longer than {RECORD_LIMIT}",
                text.len()
            );
            self.mistakes
                .push(Mistake::in_file(self.file, message).on_line(line));
            return None;
        }
        match self.value(line, text)? {
            Value::Object(fields) => Some(Record { line, fields }),
            other => {
                let what = match other {
                    Value::Array(_) => "a list",
                    Value::String(_) => "a text",
                    _ => "a single value",
                };
                self.mistakes.push_with(|| {
                    Mistake::in_file(self.file, format!("the row is {what}, not an object"))
                        .on_line(line)
                });
                None
            }
        }
    }

    fn value(&mut self, line: usize, text: &str) -> Option<Value> {
        match serde_json::from_str::<Unique>(text) {
            Ok(Unique(value)) => Some(value),
            Err(error) => {
                self.mistake(line, text, &error);
                None
            }
        }
    }

    /// The error with its place in the file; `text` begins on `line`.
    fn mistake(&mut self, line: usize, text: &str, error: &serde_json::Error) {
        let message = error.to_string();
        let end = message.rfind(" at line ").unwrap_or(message.len());
        let message = message.get(..end).unwrap_or(&message).to_owned();
        let at_line = error.line().saturating_sub(1);
        let help = help_for(&message);
        let shown = text.lines().nth(at_line).map(|line| {
            let from = error.column().saturating_sub(60);
            line.chars().skip(from).take(120).collect::<String>()
        });
        self.mistakes.push_with(|| {
            let mut mistake = Mistake::in_file(self.file, message).on_line(line + at_line);
            mistake.column = Some(error.column().max(1));
            mistake.excerpt = shown.filter(|_| error.column() <= 60);
            match help {
                Some(help) => mistake.with_help(help),
                None => mistake,
            }
        });
    }
}

fn help_for(message: &str) -> Option<&'static str> {
    if message.contains("trailing comma") {
        Some("take out the comma before `]` or `}`")
    } else if message.contains("surrogate") || message.contains("hex escape") {
        Some("half of an emoji was cut off when the file was written")
    } else if message.contains("EOF") {
        Some("the file ends in the middle of a record")
    } else if message.contains("trailing characters") {
        Some("one record a line, or one array")
    } else {
        None
    }
}

/// Whether the first line with anything on it is a record of its own, or the name says so no better.
fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let plain = |line: &str| !line.starts_with('#') && !line.starts_with("//");
    let first = lines.find(|line| plain(line)).unwrap_or_default();
    let whole = |line: &str| serde_json::from_str::<&RawValue>(line).is_ok();
    first.starts_with('{')
        && (whole(first) || whole(first.trim_end_matches(',')) || first.ends_with('}'))
        || lines.any(|line| line.starts_with('{') && whole(line))
}

/// `NaN` outside of texts becomes `null`: Python writes it, and JSON has no such number.
fn without_nan(text: &str) -> (std::borrow::Cow<'_, str>, usize) {
    if !text.contains("NaN") {
        return (text.into(), 0);
    }
    let (mut made, mut n, mut rest) = (String::with_capacity(text.len()), 0, text);
    let (mut inside, mut escaped) = (false, false);
    while let Some(next) = rest.chars().next() {
        if !inside && rest.starts_with("NaN") {
            made.push_str("null");
            n += 1;
            rest = rest.get(3..).unwrap_or_default();
            continue;
        }
        match next {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && next == '\\' && !escaped;
        made.push(next);
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    (made.into(), n)
}

/// The first list of objects under a name by which tools keep rows, two levels deep.
fn around<'a>(whole: &'a RawValue, above: &str) -> Option<(String, Vec<&'a RawValue>)> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(whole.get()).ok()?;
    for name in AROUND {
        let Some(value) = fields.get(name) else {
            continue;
        };
        let path = format!("{above}{name}");
        if value.get().starts_with('[') {
            let elements: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
            let are_objects = elements.iter().all(|one| one.get().starts_with('{'));
            if are_objects && !elements.is_empty() {
                return Some((path, elements));
            }
        } else if value.get().starts_with('{')
            && above.is_empty()
            && let Some(found) = around(value, &format!("{path}."))
        {
            return Some(found);
        }
    }
    None
}

/// `{"columns": [...], "data": [[...], ...]}`, as pandas and MLflow write tables.
fn split(fields: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let names: Vec<&str> = fields
        .get("columns")?
        .as_array()?
        .iter()
        .map(Value::as_str)
        .collect::<Option<_>>()?;
    let rows = fields.get("data")?.as_array()?.iter().map(|row| {
        let row_cells = row.as_array().filter(|all| all.len() == names.len())?;
        let cells = names
            .iter()
            .map(|name| (*name).to_owned())
            .zip(row_cells.iter().cloned());
        Some(cells.collect())
    });
    rows.collect()
}

/// `{"id": ["a", "b"], ...}` or `{"id": {"0": "a", "1": "b"}, ...}`.
fn columns(fields: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let mut rows: Vec<Map<String, Value>> = Vec::new();
    let mut keys: Option<Vec<String>> = None;
    if fields.len() < 2 {
        return None;
    }
    for (name, column) in fields {
        let (here, values): (Vec<String>, Vec<&Value>) = match column {
            Value::Array(items) => (0..items.len())
                .map(|index| index.to_string())
                .zip(items)
                .unzip(),
            Value::Object(items) => {
                let numbered = items.keys().all(|key| key.parse::<u64>().is_ok());
                if !numbered {
                    return None;
                }
                let mut pairs: Vec<_> = items.iter().collect();
                pairs.sort_by_key(|(key, _)| key.parse::<u64>().unwrap_or(0));
                pairs
                    .into_iter()
                    .map(|(key, value)| (key.clone(), value))
                    .unzip()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        if keys.get_or_insert_with(|| here.clone()) != &here || here.is_empty() {
            return None;
        }
        rows.resize_with(here.len(), Map::new);
        for (row, value) in rows.iter_mut().zip(values) {
            row.insert(name.clone(), value.clone());
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Result<Table, String> {
        let mut mistakes = MistakeList::default();
        let table = read("x.jsonl", text, &mut mistakes);
        mistakes
            .finish(table)
            .map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn every_form_gives_the_same_rows() {
        for text in [
            "{\"a\": 1, \"b\": \"x\"}\n\n{\"a\": 2, \"b\": \"y\"}\n",
            "{\"a\": 1, \"b\": \"x\"},\r\n{\"a\": 2, \"b\": \"y\"},\r\n",
            "# export\n{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n",
            "[{\"a\": 1, \"b\": \"x\"}, {\"a\": 2, \"b\": \"y\"}]",
            "{\"data\": [{\"a\": 1, \"b\": \"x\"}, {\"a\": 2, \"b\": \"y\"}]}",
            "{\"results\": {\"version\": 3, \"results\": [{\"a\": 1, \"b\": \"x\"}, {\"a\": 2, \"b\": \"y\"}]}}",
            "{\"a\": [1, 2], \"b\": [\"x\", \"y\"]}",
            "{\"a\": {\"0\": 1, \"10\": 2}, \"b\": {\"0\": \"x\", \"10\": \"y\"}}",
            "{\"columns\": [\"a\", \"b\"], \"data\": [[1, \"x\"], [2, \"y\"]]}",
        ] {
            let rows = read_all(text).unwrap().records;
            let rows: Vec<String> = rows
                .into_iter()
                .map(|row| Value::Object(row.fields).to_string())
                .collect();
            let expected = ["{\"a\":1,\"b\":\"x\"}", "{\"a\":2,\"b\":\"y\"}"];
            assert_eq!(rows, expected, "{text}");
        }
    }

    #[test]
    fn nan_is_no_value_and_a_text_that_says_so_is_a_text() {
        let rows = read_all("{\"a\": NaN, \"b\": \"NaN \\\" NaN\"}")
            .unwrap()
            .records;
        assert_eq!(rows[0].fields["a"], Value::Null);
        assert_eq!(rows[0].fields["b"], "NaN \" NaN");
    }

    #[test]
    fn mistakes_name_line_and_column() {
        for (text, said) in [
            (
                "{\"a\": 1}\n{\"a\": 1, \"a\": 2}\n",
                "x.jsonl:2:12: `a` comes twice",
            ),
            ("[\n{\"a\": 1},\n]", "x.jsonl:3:1: trailing comma"),
            (
                "{\"a\": 1}\n{\"a\": ",
                "x.jsonl:2:5: EOF while parsing a value",
            ),
            ("{\"a\": 1}\n[1]\n", "x.jsonl:2: the row is a list"),
            ("{\"a\": \"\\ud83d\"}\n{\"a\": 1}", "x.jsonl:1:"),
            ("{\"a\": 1e999}", "x.jsonl:1:"),
            ("7", "x.jsonl: the file holds one value"),
        ] {
            let found = read_all(text).unwrap_err();
            assert!(found.starts_with(said), "{text:?}: {found}");
        }
    }
}
