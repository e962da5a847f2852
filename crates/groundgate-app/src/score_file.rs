//! A file of scores for `groundgate stats`: our own columns as CSV or JSON Lines, or the file of another
//! tool.
//!
//! In our own columns nothing is guessed: a column nobody knows, a value that is no number or not of the
//! declared type, an attempt given twice are mistakes that name the row. An empty field or null is a
//! missing score. A file that cannot be read so is read as those of other tools, and what was guessed is
//! said.

use std::collections::BTreeMap;

use groundgate_formats::{Given, Options, Row};
use groundgate_model::diagnostic::{Mistake, MistakeList, Mistakes};
use groundgate_stats::scores::{ScoreRow, ScoreType};
use serde_json::{Map, Value};

/// What a file held.
#[derive(Debug, PartialEq)]
pub(crate) struct ScoreFile {
    /// In the order of the file; never empty.
    pub(crate) rows: Vec<ScoreRow>,
    /// Whether there is a column of baseline scores.
    pub(crate) has_baseline: bool,
    /// Whether there is a column of clusters.
    pub(crate) has_clusters: bool,
}

const COLUMNS: [&str; 5] = ["case", "cluster", "attempt", "score", "baseline"];

/// A row as written: text by column.
struct Written {
    line: usize,
    fields: BTreeMap<&'static str, Field>,
}

#[derive(Clone, PartialEq)]
enum Field {
    Text(String),
    Number(f64),
    Missing,
    /// Something that no column holds, as people would name it.
    Other(String),
}

/// Reads a file's text; `name` is for messages. No row at all gives no rows.
pub(crate) fn parse(name: &str, text: &str, score_type: ScoreType) -> Result<ScoreFile, Mistakes> {
    let text = text.trim_start_matches('\u{feff}');
    let mut mistakes = MistakeList::default();
    let written = if text.trim_start().starts_with('{') {
        json_lines(name, text, &mut mistakes)
    } else {
        csv_rows(name, text, &mut mistakes)
    };
    checked(name, &written, score_type, mistakes)
}

/// Rows whose values and attempts have been looked at.
fn checked(
    name: &str,
    written: &[Written],
    score_type: ScoreType,
    mistakes: MistakeList,
) -> Result<ScoreFile, Mistakes> {
    let has = |column: &str| written.iter().any(|row| row.fields.contains_key(column));
    let (has_baseline, has_clusters) = (has("baseline"), has("cluster"));
    let mut reading = Reading {
        name,
        score_type,
        mistakes,
        seen: BTreeMap::new(),
        clusters: BTreeMap::new(),
    };
    let rows = written.iter().map(|row| reading.row(row)).collect();
    reading.mistakes.finish(ScoreFile {
        rows,
        has_baseline,
        has_clusters,
    })
}

/// A file and how it is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) reading: &'a Options,
    /// Which metric, where the file holds several.
    pub(crate) metric: Option<&'a str>,
}

/// Reads a file of any form, with what was guessed.
pub(crate) fn read(
    source: Source<'_>,
    score_type: ScoreType,
) -> Result<(ScoreFile, Vec<String>), Mistakes> {
    let told = source.metric.is_some() || source.reading.mapping.places().next().is_some();
    let own = std::str::from_utf8(source.bytes)
        .ok()
        .filter(|_| !told)
        .map(|text| parse(source.name, text, score_type));
    let own = match own {
        Some(Ok(file)) => return Ok((file, Vec::new())),
        Some(Err(mistakes)) => Some(mistakes),
        None => None,
    };
    // Where our own columns are there, what is wrong with their values is wrong in every form.
    if let Some(mistakes) = own.filter(is_of_values) {
        return Err(mistakes);
    }
    foreign(source, score_type)
}

/// Whether every mistake is about a number outside of its range or rows that contradict each other.
fn is_of_values(mistakes: &Mistakes) -> bool {
    mistakes.0.iter().all(|mistake| {
        let message = mistake.message.as_str();
        let outside = message.contains(" is not ") && !message.contains("NaN");
        let rows = message.starts_with("attempt ")
            || message.starts_with("case `")
            || message.starts_with("the row has no `");
        (outside && !message.contains(", not a number")) || rows
    })
}

/// The file of another tool.
fn foreign(
    source: Source<'_>,
    score_type: ScoreType,
) -> Result<(ScoreFile, Vec<String>), Mistakes> {
    let found = groundgate_formats::read(source.name, source.bytes, source.reading)?;
    let mut notes = found.notes;
    let metric = chosen(source, &found.rows)?;
    if source.metric.is_none() && metric != "score" {
        notes.push(format!("the score is `{metric}`"));
    }
    let baseline = ["baseline", "baseline_score"].into_iter().find(|name| {
        *name != metric && found.rows.iter().any(|row| row.scores.contains_key(*name))
    });
    let number = |given: Option<&Given>| match given {
        Some(Given::Number(number)) => Field::Number(*number),
        Some(Given::Missing | Given::NotApplicable) | None => Field::Missing,
    };
    let written = found.rows.iter().map(|row| {
        let mut fields = BTreeMap::from([
            ("case", Field::Text(row.id.clone())),
            ("score", number(row.scores.get(&metric))),
        ]);
        if let Some(cluster) = &row.cluster {
            fields.insert("cluster", Field::Text(cluster.clone()));
        }
        if let Some(attempt) = row.attempt {
            fields.insert("attempt", Field::Text(attempt.to_string()));
        }
        if let Some(name) = baseline {
            fields.insert("baseline", number(row.scores.get(name)));
        }
        Written {
            line: row.line,
            fields,
        }
    });
    let written: Vec<Written> = written.collect();
    let file = checked(source.name, &written, score_type, MistakeList::default())?;
    Ok((file, notes))
}

/// The metric that was asked for, or the only one.
fn chosen(source: Source<'_>, rows: &[Row]) -> Result<String, Mistakes> {
    let mut names: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.scores.keys())
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    let shown = names.join(", ");
    let scores: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.starts_with("baseline"))
        .collect();
    let mistake = |message: String, help: String| {
        Err(Mistakes(vec![
            Mistake::in_file(source.name, message).with_help(help),
        ]))
    };
    match (source.metric, scores.as_slice()) {
        (Some(wanted), _) if names.contains(&wanted) => Ok(wanted.to_owned()),
        (Some(wanted), _) => mistake(
            format!("no column is known as the metric `{wanted}`"),
            format!("say --map score:{wanted}=COLUMN; the file holds {shown}"),
        ),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => mistake(
            "no column is known as a score".to_owned(),
            "say --map score:NAME=COLUMN".to_owned(),
        ),
        (None, several) if several.contains(&"score") => Ok("score".to_owned()),
        (None, _) => mistake(
            "the file holds several metrics".to_owned(),
            format!("say --metric with one of {shown}"),
        ),
    }
}

/// The column that a header means.
fn column(header: &str) -> Option<&'static str> {
    let plain = header.trim().to_lowercase().replace(['_', '-'], " ");
    match plain.as_str() {
        "baseline score" => Some("baseline"),
        other => COLUMNS.into_iter().find(|known| *known == other),
    }
}

fn unknown_column(name: &str, header: &str, line: usize) -> Mistake {
    Mistake::in_file(name, format!("nobody knows a column `{header}`"))
        .on_line(line)
        .with_help("columns are case, cluster, attempt, score and baseline; take out the others")
}

fn csv_rows(name: &str, text: &str, mistakes: &mut MistakeList) -> Vec<Written> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            mistakes.push(Mistake::in_file(name, error.to_string()).on_line(1));
            return Vec::new();
        }
    };
    let mut columns = Vec::new();
    for header in &headers {
        match column(header) {
            Some(known) if columns.contains(&known) => mistakes.push(
                Mistake::in_file(name, format!("the column `{known}` is there twice")).on_line(1),
            ),
            Some(known) => columns.push(known),
            None => mistakes.push(unknown_column(name, header, 1)),
        }
    }
    for needed in ["case", "score"] {
        if !columns.contains(&needed) && !text.trim().is_empty() {
            mistakes
                .push(Mistake::in_file(name, format!("there is no column `{needed}`")).on_line(1));
        }
    }
    if !mistakes.is_empty() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(index + 2, |position| {
                    usize::try_from(position.line()).unwrap_or(index + 2)
                });
                let fields = columns.iter().copied().zip(record.iter().map(csv_field));
                rows.push(Written {
                    line,
                    fields: fields.collect(),
                });
            }
            Err(error) => {
                let line = error.position().map_or(index + 2, |position| {
                    usize::try_from(position.line()).unwrap_or(index + 2)
                });
                mistakes.push(Mistake::in_file(name, error.to_string()).on_line(line));
            }
        }
    }
    rows
}

fn csv_field(text: &str) -> Field {
    if text.is_empty() {
        Field::Missing
    } else {
        Field::Text(text.to_owned())
    }
}

fn json_lines(name: &str, text: &str, mistakes: &mut MistakeList) -> Vec<Written> {
    let lines = text.lines().enumerate();
    let mut rows = Vec::new();
    for (index, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        match serde_json::from_str::<Map<String, Value>>(text) {
            Err(error) => {
                mistakes.push(Mistake::in_file(name, error.to_string()).on_line(line));
            }
            Ok(object) => {
                let mut fields = BTreeMap::new();
                for (key, value) in object {
                    match column(&key) {
                        Some(known) if fields.contains_key(known) => mistakes.push(
                            Mistake::in_file(name, format!("`{known}` is there twice"))
                                .on_line(line),
                        ),
                        Some(known) => {
                            fields.insert(known, json_field(value));
                        }
                        None => mistakes.push(unknown_column(name, &key, line)),
                    }
                }
                rows.push(Written { line, fields });
            }
        }
    }
    rows
}

fn json_field(value: Value) -> Field {
    match value {
        Value::Null => Field::Missing,
        Value::String(text) => Field::Text(text),
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| Field::Other(number.to_string()), Field::Number),
        Value::Bool(flag) => Field::Other(flag.to_string()),
        Value::Array(_) => Field::Other("a list".to_owned()),
        Value::Object(_) => Field::Other("an object".to_owned()),
    }
}

struct Reading<'a> {
    name: &'a str,
    score_type: ScoreType,
    mistakes: MistakeList,
    /// Attempts by case, with their lines.
    seen: BTreeMap<(String, String), usize>,
    /// The cluster of each case, with the line that said so.
    clusters: BTreeMap<String, (Option<String>, usize)>,
}

impl Reading<'_> {
    fn mistake(&mut self, line: usize, message: impl Into<String>) {
        self.mistakes
            .push(Mistake::in_file(self.name, message).on_line(line));
    }

    fn row(&mut self, row: &Written) -> ScoreRow {
        let case = self.label(row, "case").unwrap_or_default();
        if case.is_empty() {
            self.mistake(row.line, "the row has no `case`");
        }
        if !row.fields.contains_key("score") {
            self.mistake(
                row.line,
                "the row has no `score`; write null where it is missing",
            );
        }
        let cluster = self.label(row, "cluster");
        if let Some(attempt) = self.label(row, "attempt")
            && let Some(first) = self.seen.insert((case.clone(), attempt.clone()), row.line)
        {
            let message = format!("attempt {attempt} of case `{case}` was given on line {first}");
            self.mistake(row.line, message);
        }
        let before = self.clusters.get(&case).cloned();
        match before {
            None => {
                let here = (cluster.clone(), row.line);
                self.clusters.insert(case.clone(), here);
            }
            Some((other, line)) if other != cluster => {
                let message = format!("case `{case}` is in another cluster on line {line}");
                self.mistake(row.line, message);
            }
            Some(_) => {}
        }
        ScoreRow {
            score: self.score(row, "score"),
            baseline: self.score(row, "baseline"),
            case,
            cluster,
        }
    }

    /// A name; numbers are names too.
    fn label(&mut self, row: &Written, column: &'static str) -> Option<String> {
        match row.fields.get(column)? {
            Field::Text(text) => Some(text.clone()),
            Field::Number(number) => Some(number.to_string()),
            Field::Missing => None,
            Field::Other(what) => {
                self.mistake(row.line, format!("`{column}` is {what}, not a name"));
                None
            }
        }
    }

    fn score(&mut self, row: &Written, column: &'static str) -> Option<f64> {
        let value = match row.fields.get(column)? {
            Field::Missing => return None,
            Field::Number(number) => Ok(*number),
            Field::Text(text) => text
                .parse::<f64>()
                .map_err(|_not_a_number| format!("`{text}`")),
            Field::Other(what) => Err(what.clone()),
        };
        let number = match value {
            Ok(number) => number,
            Err(what) => {
                self.mistake(row.line, format!("`{column}` is {what}, not a number"));
                return None;
            }
        };
        if let Some(refusal) = self.score_type.refusal(number) {
            self.mistake(row.line, format!("`{column}`: {refusal}"));
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use groundgate_stats::Scale;

    use super::*;

    const UNIT: ScoreType = ScoreType::Bounded(Scale::UNIT);

    fn mistakes(text: &str, score_type: ScoreType) -> Vec<String> {
        match parse("scores", text, score_type) {
            Ok(_) => Vec::new(),
            Err(Mistakes(all)) => all.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let csv = "case,cluster,attempt,score,baseline score\nq1,d1,0,1,0.5\nq1,d1,1,,0.25\n";
        let json = "{\"case\": \"q1\", \"cluster\": \"d1\", \"attempt\": 0, \"score\": 1, \"baseline\": 0.5}\n\n\
                    {\"case\": \"q1\", \"cluster\": \"d1\", \"attempt\": 1, \"score\": null, \"baseline_score\": 0.25}";
        let one = parse("a", csv, UNIT).unwrap();
        assert_eq!(one, parse("b", json, UNIT).unwrap());
        assert!(one.has_baseline && one.has_clusters);
        let scores: Vec<_> = one
            .rows
            .iter()
            .map(|row| (row.score, row.baseline))
            .collect();
        assert_eq!(scores, [(Some(1.0), Some(0.5)), (None, Some(0.25))]);
    }

    #[test]
    fn every_mistake_names_its_row() {
        for (text, said) in [
            (
                "case,score\nq1,1\nq2,1.5\n",
                "scores:3: `score`: 1.5 is not from 0 to 1",
            ),
            (
                "case,score\nq1,NaN\n",
                "scores:2: `score`: NaN is not from 0 to 1",
            ),
            (
                "case,score\nq1,inf\n",
                "scores:2: `score`: inf is not from 0 to 1",
            ),
            (
                "case,score\nq1,good\n",
                "scores:2: `score` is `good`, not a number",
            ),
            (
                "case,score,baseline\nq1,1,-1\n",
                "scores:2: `baseline`: -1 is not from 0 to 1",
            ),
            ("case,score\n,1\n", "scores:2: the row has no `case`"),
            (
                "case,points\nq1,1\n",
                "scores:1: nobody knows a column `points`",
            ),
            ("case\nq1\n", "scores:1: there is no column `score`"),
            ("case,score\nq1,1,2\n", "scores:2: CSV error"),
            (
                "case,attempt,score\nq1,0,1\nq1,0,1\n",
                "scores:3: attempt 0 of case `q1`",
            ),
            (
                "case,cluster,score\nq1,a,1\nq1,b,1\n",
                "scores:3: case `q1` is in another cluster",
            ),
            (
                "{\"case\": \"q1\", \"score\": NaN}",
                "scores:1: expected value",
            ),
            (
                "{\"case\": \"q1\", \"score\": true}",
                "scores:1: `score` is true, not a number",
            ),
            ("{\"case\": \"q1\"}", "scores:1: the row has no `score`"),
            ("{\"case\": [], \"score\": 1}", "scores:1: `case` is a list"),
            (
                "{\"case\": \"q1\", \"score\": 1e999}",
                "scores:1: number out of range",
            ),
        ] {
            let found = mistakes(text, UNIT);
            assert!(
                found.iter().any(|one| one.starts_with(said)),
                "{text:?} gave {found:?}"
            );
        }
    }

    #[test]
    fn nothing_is_no_rows() {
        for text in ["", "\n", "case,score\n"] {
            assert_eq!(parse("scores", text, UNIT).unwrap().rows, []);
        }
    }
}
