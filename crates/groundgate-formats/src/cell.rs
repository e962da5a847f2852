//! Values of cells: lists written as text, numbers, truths, and the words for nothing.

use serde_json::{Number, Value};

/// Words with which tools write that there is no value.
const NOTHING: [&str; 8] = ["", "nan", "none", "null", "n/a", "na", "#n/a", "<na>"];

/// Whether a text says that there is no value.
pub(crate) fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 5 && NOTHING.contains(&text.to_ascii_lowercase().as_str())
}

/// Yes or no, as people and tools write it.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "1.0" | "pass" | "passed" | "correct" => Some(true),
        "false" | "no" | "n" | "0" | "0.0" | "fail" | "failed" | "incorrect" => Some(false),
        _ => None,
    }
}

/// A number as it stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Written {
    pub(crate) value: f64,
    pub(crate) how: How,
}

/// How a number was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Plain,
    DecimalComma,
    Percent,
}

/// Reads a number, with a decimal comma or in percent, too; says why it is none.
pub(crate) fn number(text: &str) -> Result<Written, String> {
    let text = text.trim();
    let (bare, percent) = match text.strip_suffix('%') {
        Some(bare) => (bare.trim_end(), true),
        None => (text, false),
    };
    let finite = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    let (value, comma) = match finite(bare) {
        Some(value) => (value, false),
        None => match decimal_comma(bare) {
            Some(Ok(plain)) => (finite(&plain).ok_or_else(|| no_number(text))?, true),
            Some(Err(why)) => return Err(why),
            None => return Err(no_number(text)),
        },
    };
    Ok(if percent {
        Written {
            value: value / 100.0,
            how: How::Percent,
        }
    } else {
        Written {
            value,
            how: if comma { How::DecimalComma } else { How::Plain },
        }
    })
}

fn no_number(text: &str) -> String {
    format!("`{}` is no number", short(text))
}

/// `0,5` with a point; `1,234` may be either.
fn decimal_comma(text: &str) -> Option<Result<String, String>> {
    let (whole, part) = text.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sign_free = whole.trim_start_matches(['-', '+']);
    if !(digits(sign_free) && digits(part)) {
        return None;
    }
    if part.len() == 3 && sign_free != "0" {
        return Some(Err(format!(
            "`{text}` may be {whole}.{part} or {whole}{part}"
        )));
    }
    Some(Ok(format!("{whole}.{part}")))
}

/// What a list's text may be cut with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOf {
    /// Names without blanks: `;` separates, too.
    Ids,
    /// Sentences or passages: only `|` separates.
    Texts,
}

/// A list, and how it was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) items: Vec<Value>,
    /// What was guessed.
    pub(crate) guess: Option<String>,
}

/// Reads a list from a cell's text: JSON, Python, or separated. One item only where nothing speaks for more.
pub(crate) fn list(text: &str, of: ListOf, separator: Option<&str>) -> Result<List, String> {
    let text = text.trim();
    let told = |items, guess: Option<&str>| {
        Ok(List {
            items,
            guess: guess.map(str::to_owned),
        })
    };
    if is_nothing(text) {
        return told(Vec::new(), None);
    }
    if text.starts_with('[') || text.starts_with('{') {
        return match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(items)) => told(items, Some("a list in JSON")),
            Ok(Value::Object(map)) => told(vec![Value::Object(map)], None),
            _ if text.starts_with('{') => told(vec![Value::String(text.to_owned())], None),
            _ => match python(text) {
                Ok(Value::Array(items)) => told(items, Some("a list in Python's form")),
                Ok(_) => Err(format!("`{}` is no list", short(text))),
                Err(why) if text.ends_with(']') || !text.contains(']') => Err(why),
                // A text that begins with a bracket, as `[1] The fee is …`.
                Err(_) => separated(text, of, separator),
            },
        };
    }
    separated(text, of, separator)
}

fn separated(text: &str, of: ListOf, separator: Option<&str>) -> Result<List, String> {
    let cut = |by: &str| -> Vec<Value> {
        let items = text
            .split(by)
            .map(str::trim)
            .filter(|item| !item.is_empty());
        items.map(Value::from).collect()
    };
    let one = || vec![Value::from(text)];
    let (items, guess) = match separator {
        Some("none") => (one(), None),
        Some(by) => (cut(by), None),
        None if text.contains('|') => (cut("|"), Some("items are separated by `|`")),
        None if of == ListOf::Ids && text.contains(';') => {
            (cut(";"), Some("items are separated by `;`"))
        }
        None if of == ListOf::Ids && text.contains('\n') => {
            (cut("\n"), Some("items are separated by line ends"))
        }
        None if of == ListOf::Ids && text.contains(',') => {
            return Err(format!(
                "`{}` may be one item or several: say --list-separator ',' or --list-separator none",
                short(text)
            ));
        }
        None if of == ListOf::Texts && text.contains(';') => (
            one(),
            Some("one item, though it holds `;`: --list-separator ';' cuts there"),
        ),
        None => (one(), None),
    };
    Ok(List {
        items,
        guess: guess.map(str::to_owned),
    })
}

/// The beginning of a text, for messages.
pub(crate) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if text.chars().count() > 40 {
        short.push('…');
    }
    short.replace(['\n', '\r'], " ")
}

/// Reads what Python's `repr` writes of lists, dicts, texts, numbers, `True`, `False` and `None`.
pub(crate) fn python(text: &str) -> Result<Value, String> {
    let mut reader = Python { rest: text.trim() };
    let value = reader.value(0)?;
    if reader.rest.trim().is_empty() {
        Ok(value)
    } else {
        Err(reader.stuck())
    }
}

struct Python<'a> {
    rest: &'a str,
}

impl Python<'_> {
    fn stuck(&self) -> String {
        format!(
            "the list breaks off before `{}`",
            short(self.rest.trim_start())
        )
    }

    fn take(&mut self, wanted: char) -> bool {
        let trimmed = self.rest.trim_start();
        if let Some(rest) = trimmed.strip_prefix(wanted) {
            self.rest = rest;
            return true;
        }
        false
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > 32 {
            return Err("the list lies too deep".to_owned());
        }
        if self.take('[') {
            return self.items(']', depth);
        }
        if self.take('(') {
            return self.items(')', depth);
        }
        if self.take('{') {
            return self.map(depth);
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.text(quote).map(Value::String),
            _ => self.word(),
        }
    }

    fn items(&mut self, end: char, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            if self.take(end) {
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            if !self.take(',') && !self.rest.trim_start().starts_with(end) {
                // Python joins texts that stand side by side, numpy prints lists so: nobody can know.
                return Err(self.stuck());
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, String> {
        let mut map = serde_json::Map::new();
        loop {
            if self.take('}') {
                return Ok(Value::Object(map));
            }
            let Value::String(key) = self.value(depth + 1)? else {
                return Err(self.stuck());
            };
            if !self.take(':') {
                return Err(self.stuck());
            }
            map.insert(key, self.value(depth + 1)?);
            if !self.take(',') && !self.rest.trim_start().starts_with('}') {
                return Err(self.stuck());
            }
        }
    }

    fn text(&mut self, quote: char) -> Result<String, String> {
        let mut made = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(made);
            }
            if c != '\\' {
                made.push(c);
                continue;
            }
            let Some((_, escape)) = chars.next() else {
                break;
            };
            let mut hex = |n: usize| {
                let digits: String = chars.by_ref().take(n).map(|(_, c)| c).collect();
                u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32)
            };
            let meant = match escape {
                'n' => Some('\n'),
                't' => Some('\t'),
                'r' => Some('\r'),
                '\\' | '\'' | '"' => Some(escape),
                'x' => hex(2),
                'u' => hex(4),
                'U' => hex(8),
                '\n' => continue,
                _ => {
                    made.push('\\');
                    Some(escape)
                }
            };
            made.push(meant.ok_or_else(|| format!("`\\{escape}` is no character"))?);
        }
        Err("a text in the list has no end".to_owned())
    }

    fn word(&mut self) -> Result<Value, String> {
        let end = self
            .rest
            .find([',', ']', ')', '}', ':'])
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value = match word.trim() {
            "None" | "nan" | "NaN" => Value::Null,
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            text => match serde_json::from_str::<Number>(text) {
                Ok(number) => Value::Number(number),
                Err(_) => return Err(self.stuck()),
            },
        };
        self.rest = rest;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn items(text: &str, of: ListOf) -> Result<Value, String> {
        list(text, of, None).map(|list| Value::Array(list.items))
    }

    #[test]
    fn lists_are_lists() {
        for (text, expected) in [
            ("['d1', 'd2']", json!(["d1", "d2"])),
            ("[\"d1\", \"d2\"]", json!(["d1", "d2"])),
            (
                "[\"it's\", 'a \"b\"', 'c\\'d', 'é\\n\\u00e9']",
                json!(["it's", "a \"b\"", "c'd", "é\né"]),
            ),
            ("d1|d2", json!(["d1", "d2"])),
            ("d1;d2 ; d3", json!(["d1", "d2", "d3"])),
            ("d1", json!(["d1"])),
            ("", json!([])),
            ("[]", json!([])),
            (
                "[None, {'text': 'a', 'n': 1.5}]",
                json!([null, {"text": "a", "n": 1.5}]),
            ),
        ] {
            assert_eq!(items(text, ListOf::Ids), Ok(expected), "{text}");
        }
        let text = "[1] The fee is 5 EUR; see [2].";
        assert_eq!(items(text, ListOf::Texts), Ok(json!([text])));
    }

    #[test]
    fn what_may_be_one_or_several_is_refused() {
        for text in [
            "d1,d2",
            "['d1' 'd2']",
            "['d1', 'd2",
            "[d1, d2]",
            "['a', ...]",
        ] {
            assert!(items(text, ListOf::Ids).is_err(), "{text}");
        }
        let list = list("d1,d2", ListOf::Ids, Some(",")).unwrap();
        assert_eq!(list.items.len(), 2);
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, value, how) in [
            ("0.5", 0.5, How::Plain),
            ("+1", 1.0, How::Plain),
            (" .5", 0.5, How::Plain),
            ("0,5", 0.5, How::DecimalComma),
            ("-1,25", -1.25, How::DecimalComma),
            ("0,125", 0.125, How::DecimalComma),
            ("85%", 0.85, How::Percent),
            ("12,5 %", 0.125, How::Percent),
        ] {
            assert_eq!(number(text), Ok(Written { value, how }), "{text}");
        }
        for text in ["1,234", "1.234,5", "inf", "NaN", "x", "1 000", ""] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_python_writes_comes_back(texts in proptest::collection::vec("[ -~éß\\n\\t]{0,12}", 0..5)) {
            let repr = |text: &String| {
                let plain = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t");
                format!("'{}'", plain.replace('\'', "\\'"))
            };
            let written = format!("[{}]", texts.iter().map(repr).collect::<Vec<_>>().join(", "));
            prop_assert_eq!(python(&written), Ok(json!(texts)));
        }
    }
}
