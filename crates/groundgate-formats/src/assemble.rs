//! Records become rows: every value of the kind that its field has, or a mistake with row and column.

use std::collections::BTreeMap;

use groundgate_model::{
    diagnostic::{Mistake, MistakeList},
    eval_set::{Role, Turn},
    number::plural,
};
use serde_json::Value;

use crate::{
    cell::{self, How, List, ListOf, is_nothing},
    mapping::Mapping,
    passages::passages,
    path::Path,
    reshape,
    row::{Given, Row},
    table::{Record, Table, is_blank},
    target::Target,
};

/// What was guessed about values, with how many rows.
type Guesses = BTreeMap<String, usize>;

/// The rows of a table; notes about guesses are added.
pub(crate) fn rows(
    file: &str,
    table: &Table,
    mapping: &Mapping,
    notes: &mut Vec<String>,
    mistakes: &mut MistakeList,
) -> Vec<Row> {
    let mut guesses = Guesses::new();
    let mut rows = Vec::with_capacity(table.records.len());
    for record in &table.records {
        let mut assembling = Assembling {
            file,
            record: Value::Object(record.fields.clone()),
            line: record.line,
            is_csv: table.separator.is_some(),
            separator: mapping.list_separator.as_deref(),
            row: Row {
                line: record.line,
                ..Row::default()
            },
            guesses: &mut guesses,
            mistakes,
        };
        for (target, path) in mapping.places() {
            assembling.field(target, path);
        }
        assembling.objects(record);
        rows.push(assembling.row);
    }
    let counted = guesses.into_iter();
    notes.extend(counted.map(|(guess, n)| format!("{guess} ({})", plural(n, "row"))));
    rows
}

struct Assembling<'a> {
    file: &'a str,
    record: Value,
    line: usize,
    is_csv: bool,
    separator: Option<&'a str>,
    row: Row,
    guesses: &'a mut Guesses,
    mistakes: &'a mut MistakeList,
}

impl Assembling<'_> {
    fn wrong(&mut self, place: &str, why: &str) {
        let (file, line) = (self.file, self.line);
        self.mistakes
            .push_with(|| Mistake::in_file(file, format!("`{place}`: {why}")).on_line(line));
    }

    fn guess(&mut self, place: &str, guess: &str) {
        *self
            .guesses
            .entry(format!("`{place}`: {guess}"))
            .or_default() += 1;
    }

    fn field(&mut self, target: &Target, path: &Path) {
        let Some(value) = path.find(&self.record) else {
            return;
        };
        let place = path.to_string();
        if let Err(why) = self.set(target, &place, &value) {
            self.wrong(&place, &why);
        }
    }

    fn set(&mut self, target: &Target, place: &str, value: &Value) -> Result<(), String> {
        match target {
            Target::Id => self.row.id = self.label(value)?.unwrap_or_default(),
            Target::Question => self.question(place, value)?,
            Target::History => self.row.history = history(value)?,
            Target::Answer => self.row.answer = self.answer(value),
            Target::Error => {
                let failed = !is_blank(value) && *value != Value::Bool(false);
                self.row.error = failed
                    .then(|| shown(value))
                    .filter(|text| !is_nothing(text));
            }
            Target::Passages => self.passages(place, value)?,
            Target::Reference => self.row.reference = self.reference(place, value)?,
            Target::Facts => self.row.facts = self.texts(place, value, ListOf::Texts)?,
            Target::Documents => self.row.documents = self.texts(place, value, ListOf::Ids)?,
            Target::Answerable => self.row.answerable = truth(value)?,
            Target::Critical => self.row.critical = truth(value)?.unwrap_or(false),
            Target::Cluster => self.row.cluster = self.label(value)?,
            Target::Model => self.row.model = self.label(value)?,
            Target::Labeler => self.row.labeler = self.label(value)?,
            Target::Tag(name) => {
                if let Some(text) = self.label(value)? {
                    self.row.tags.insert(name.clone(), text);
                }
            }
            Target::Score(name) => {
                let given = self.score(place, value)?;
                self.row.scores.insert(name.clone(), given);
            }
            Target::Attempt => {
                self.row.attempt = self.count(place, value)?.map(small).transpose()?;
            }
            Target::LatencyMs => self.row.latency_ms = self.rounded(place, value, 1.0)?,
            Target::LatencyS => self.row.latency_ms = self.rounded(place, value, 1000.0)?,
            Target::InputTokens => self.row.input_tokens = self.count(place, value)?,
            Target::OutputTokens => self.row.output_tokens = self.count(place, value)?,
            Target::CostUsd => self.row.cost_usd = self.amount(place, value)?,
        }
        Ok(())
    }

    /// Our own objects of tags and scores, and the variant of a reshaped record.
    fn objects(&mut self, record: &Record) {
        if let Some(Value::Object(tags)) = record.fields.get("tags") {
            for (name, value) in tags {
                match self.label(value) {
                    Ok(Some(text)) => drop(self.row.tags.insert(name.clone(), text)),
                    Ok(None) => {}
                    Err(why) => self.wrong(&format!("tags.{name}"), &why),
                }
            }
        }
        if let Some(Value::Object(scores)) = record.fields.get("scores") {
            for (name, value) in scores {
                match self.score(&format!("scores.{name}"), value) {
                    Ok(given) => drop(self.row.scores.insert(name.clone(), given)),
                    Err(why) => self.wrong(&format!("scores.{name}"), &why),
                }
            }
        }
        let variant = record.fields.get("variant").and_then(Value::as_str);
        self.row.variant = variant.map(str::to_owned);
    }

    fn question(&mut self, place: &str, value: &Value) -> Result<(), String> {
        if is_blank(value) {
            return Ok(());
        }
        let (turns, text) = reshape::question(value).ok_or_else(|| {
            format!("nothing in it is a question; say --map question={place}.NAME")
        })?;
        if !value.is_string() || !turns.is_empty() {
            self.guess(place, "the question is taken out of it");
        }
        text.trim().clone_into(&mut self.row.question);
        if self.row.history.is_empty() {
            self.row.history = turns.iter().filter_map(turn).collect();
        }
        Ok(())
    }

    fn answer(&self, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => Some(text.clone()),
            other => reshape::answer(other),
        }?;
        // An empty cell is no answer; an empty text in JSON is an empty answer.
        let said = if self.is_csv {
            !is_nothing(&text)
        } else {
            true
        };
        said.then_some(text)
    }

    fn reference(&mut self, place: &str, value: &Value) -> Result<Option<String>, String> {
        let text = match value {
            Value::Array(items) => match items.as_slice() {
                [] => None,
                [only] => Some(shown(only)),
                [first, ..] => {
                    self.guess(place, "the first of several right answers is taken");
                    Some(shown(first))
                }
            },
            Value::Object(_) => {
                let text = reshape::answer(value);
                Some(text.ok_or_else(|| {
                    format!("nothing in it is an answer; say --map reference_answer={place}.NAME")
                })?)
            }
            Value::Null => None,
            other => Some(shown(other)),
        };
        Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !is_nothing(text)))
    }

    fn list(&mut self, place: &str, value: &Value, of: ListOf) -> Result<Vec<Value>, String> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => Ok(items.clone()),
            Value::String(text) => {
                let List { items, guess } = cell::list(text, of, self.separator)?;
                if let Some(guess) = guess {
                    self.guess(place, &guess);
                }
                Ok(items)
            }
            Value::Object(fields) => {
                // HotpotQA as Hugging Face keeps it: titles beside sentences.
                let titles = fields.get("title").and_then(Value::as_array);
                let sentences = fields.get("sentences").and_then(Value::as_array);
                if let Some((titles, sentences)) = titles.zip(sentences) {
                    let pairs = titles.iter().zip(sentences);
                    let pairs = pairs.map(|(title, said)| serde_json::json!([title, said]));
                    return Ok(pairs.collect());
                }
                Ok(vec![value.clone()])
            }
            Value::Bool(_) | Value::Number(_) => Ok(vec![value.clone()]),
        }
    }

    fn texts(&mut self, place: &str, value: &Value, of: ListOf) -> Result<Vec<String>, String> {
        let items = self.list(place, value, of)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in &items {
            texts.extend(self.label(item).map_err(|why| format!("an item {why}"))?);
        }
        Ok(texts)
    }

    fn passages(&mut self, place: &str, value: &Value) -> Result<(), String> {
        if is_blank(value) {
            return Ok(());
        }
        let items = self.list(place, value, ListOf::Texts)?;
        if let Value::String(text) = value
            && items.len() == 1
            && items.first().and_then(Value::as_str) == Some(text.trim())
        {
            self.guess(place, "a text is one passage");
        }
        let (found, n_blank) = passages(&items)?;
        if n_blank > 0 {
            self.guess(place, "blank passages are left out");
        }
        self.row.passages = Some(found);
        Ok(())
    }

    /// A name; numbers are names, too.
    fn label(&self, value: &Value) -> Result<Option<String>, String> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) if self.is_csv && is_nothing(text) => Ok(None),
            Value::String(text) if self.is_csv => Ok(Some(text.trim().to_owned())),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
            Value::Array(_) => Err("is a list, not a text".to_owned()),
            Value::Object(_) => Err("is an object, not a text".to_owned()),
        }
    }

    fn score(&mut self, place: &str, value: &Value) -> Result<Given, String> {
        match value {
            Value::Null => Ok(Given::Missing),
            Value::Bool(flag) => Ok(Given::Number(f64::from(u8::from(*flag)))),
            Value::Number(number) => number
                .as_f64()
                .map(Given::Number)
                .ok_or_else(|| format!("{number} is no number")),
            Value::String(text) if text.trim() == "not-applicable" => Ok(Given::NotApplicable),
            Value::String(text) if is_nothing(text) => {
                if !text.trim().is_empty() {
                    self.guess(place, &format!("`{}` is no score", text.trim()));
                }
                Ok(Given::Missing)
            }
            Value::String(text) => self.score_text(place, text).map(Given::Number),
            Value::Object(fields) => {
                let inner = ["value", "score", "rating"]
                    .iter()
                    .find_map(|name| fields.get(*name));
                let inner = inner
                    .ok_or("the object holds neither `value` nor `score`")?
                    .clone();
                self.score(place, &inner)
            }
            Value::Array(_) => Err("is a list, not a score".to_owned()),
        }
    }

    fn score_text(&mut self, place: &str, text: &str) -> Result<f64, String> {
        match cell::number(text) {
            Ok(written) => {
                match written.how {
                    How::Plain => {}
                    How::DecimalComma => self.guess(place, "numbers have a decimal comma"),
                    How::Percent => self.guess(place, "percent are shares of 1"),
                }
                Ok(written.value)
            }
            Err(why) => match cell::truth(text) {
                Some(flag) => {
                    self.guess(
                        place,
                        "yes and no, true and false, pass and fail are 1 and 0",
                    );
                    Ok(f64::from(u8::from(flag)))
                }
                None => Err(why),
            },
        }
    }

    fn amount(&mut self, place: &str, value: &Value) -> Result<Option<f64>, String> {
        match value {
            Value::String(text) if text.trim() == "not-applicable" => {
                Err("is no number".to_owned())
            }
            Value::Bool(_) => Err(format!("is {value}, not a number")),
            Value::String(text) if is_nothing(text) => Ok(None),
            _ => match self.score(place, value)? {
                Given::Number(number) if number < 0.0 => Err(format!("{number} is negative")),
                Given::Number(number) => Ok(Some(number)),
                Given::Missing | Given::NotApplicable => Ok(None),
            },
        }
    }

    fn count(&mut self, place: &str, value: &Value) -> Result<Option<u64>, String> {
        let amount = self.amount(place, value)?;
        amount.map(whole).transpose()
    }

    fn rounded(&mut self, place: &str, value: &Value, factor: f64) -> Result<Option<u64>, String> {
        let amount = self.amount(place, value)?;
        amount
            .map(|number| whole((number * factor).round()))
            .transpose()
    }
}

/// A whole number that is held exactly.
fn whole(number: f64) -> Result<u64, String> {
    let text = format!("{number:.0}");
    let parsed: Option<u64> = text.parse().ok();
    parsed
        .filter(|_| number.fract().abs() < f64::EPSILON && number < 9e15)
        .ok_or_else(|| format!("{number} is no whole number"))
}

fn small(number: u64) -> Result<u32, String> {
    u32::try_from(number).map_err(|_large| format!("{number} is too large"))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn truth(value: &Value) -> Result<Option<bool>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        other => {
            let text = shown(other);
            if is_nothing(&text) {
                return Ok(None);
            }
            let known = cell::truth(&text);
            known
                .map(Some)
                .ok_or_else(|| format!("`{}` is neither yes nor no", cell::short(&text)))
        }
    }
}

fn turn(value: &Value) -> Option<Turn> {
    let role = match value.get("role")?.as_str()? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let text = value.get("text")?.as_str()?.to_owned();
    Some(Turn { role, text })
}

fn history(value: &Value) -> Result<Vec<Turn>, String> {
    let opened;
    let value = match value {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) if is_nothing(text) => return Ok(Vec::new()),
        Value::String(text) => {
            opened = serde_json::from_str::<Value>(text)
                .or_else(|_no_json| cell::python(text))
                .map_err(|why| format!("is no list of turns: {why}"))?;
            &opened
        }
        other => other,
    };
    let items = value.as_array().ok_or("is no list of turns")?;
    let turns = reshape::turns(items).ok_or("a turn has no role")?;
    if turns.len() != items.len() {
        return Err("a turn is neither the user's nor the assistant's (as a system prompt is), or has no text".to_owned());
    }
    Ok(turns.iter().filter_map(turn).collect())
}
