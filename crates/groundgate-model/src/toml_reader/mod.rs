//! TOML files that people write, read key by key so that every mistake has its line and column.
//!
//! The readers of policies, configurations and judges use it. A reader asks a [`Table`] for its
//! keys; what is wrong goes into the document's list, and reading goes on, so that a person sees
//! all mistakes at once. Nothing here knows what a key means.

use std::{cell::RefCell, collections::BTreeSet};

use jiff::civil::Date;
use toml::{
    Spanned,
    de::{DeFloat, DeInteger, DeTable, DeValue},
};

use crate::diagnostic::{Mistake, MistakeList, Mistakes, nearest};

/// The largest file, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// What a line with a secret in it holds, white space and quotes left out.
const SECRET_LIKE: [&str; 9] = [
    "auth=",
    "authorization=",
    "key=",
    "token=",
    "secret=",
    "password=",
    "passwd=",
    "bearer",
    "sk-",
];

/// One file: its text, its values, and what was found wrong so far.
#[derive(Debug)]
pub struct Document<'s> {
    file: &'s str,
    text: &'s str,
    root: Spanned<DeTable<'s>>,
    mistakes: RefCell<MistakeList>,
    /// What was reported already: a value that is read twice is wrong once.
    reported: RefCell<BTreeSet<(usize, String)>>,
}

/// A table of a document.
#[derive(Debug, Clone, Copy)]
pub struct Table<'d, 's> {
    document: &'d Document<'s>,
    values: &'d DeTable<'s>,
    at: usize,
    hides: bool,
}

impl<'s> Document<'s> {
    /// Parses `text`; on failure, all mistakes in its syntax. `file` is for messages.
    pub fn parse(file: &'s str, text: &'s str) -> Result<Self, Mistakes> {
        if text.len() > SIZE_LIMIT {
            let message = format!("file of {} bytes is larger than {SIZE_LIMIT}", text.len());
            return Err(Mistakes(vec![Mistake::in_file(file, message)]));
        }
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut mistakes = MistakeList::default();
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            mistakes.push_with(|| shown(Mistake::at(file, text, at, message), false));
        }
        mistakes.finish(())?;
        Ok(Self {
            file,
            text,
            root,
            mistakes: RefCell::default(),
            reported: RefCell::default(),
        })
    }

    /// The whole file as a table.
    pub fn root(&self) -> Table<'_, 's> {
        Table {
            document: self,
            values: self.root.get_ref(),
            at: 0,
            hides: false,
        }
    }

    /// Reports a mistake at a byte offset of the text.
    pub fn report(&self, at: usize, message: impl Into<String>) {
        self.add(at, message.into(), None, false);
    }

    /// As [`report`](Self::report), with one thing to do.
    pub fn report_with_help(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.add(at, message.into(), Some(help.into()), false);
    }

    fn add(&self, at: usize, message: String, help: Option<String>, hides: bool) {
        if !self.reported.borrow_mut().insert((at, message.clone())) {
            return;
        }
        self.mistakes.borrow_mut().push_with(|| {
            let mistake = Mistake::at(self.file, self.text, at, message);
            Mistake {
                help,
                ..shown(mistake, hides)
            }
        });
    }

    /// Reports an unknown name with the nearest known one, or with all of them.
    pub fn report_unknown<'k>(
        &self,
        at: usize,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let help = help_for(what, name, known);
        self.report_with_help(at, format!("unknown {what} `{name}`"), help);
    }

    /// The line of a byte offset, from 1.
    pub fn line_of(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    /// `value` if nothing was wrong, else all mistakes.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.into_inner();
        if let Some(value) = value {
            return mistakes.finish(value);
        }
        if mistakes.is_empty() {
            mistakes.push(Mistake::in_file(self.file, "file cannot be read"));
        }
        Err(mistakes.into_mistakes())
    }
}

impl<'d, 's> Table<'d, 's> {
    /// The document it is a part of.
    pub fn document(&self) -> &'d Document<'s> {
        self.document
    }

    /// Where the table begins, as a byte offset.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The same table; messages about it do not show the file's lines, which may hold a secret that
    /// should not be there.
    #[must_use]
    pub fn hiding(self) -> Self {
        Self {
            hides: true,
            ..self
        }
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Whether the key is there and its value a string.
    pub fn has_text(&self, key: &str) -> bool {
        self.values
            .get(key)
            .is_some_and(|value| value.get_ref().is_str())
    }

    /// Where the key's value begins, as a byte offset; the table's beginning if it has none.
    pub fn at_value(&self, key: &str) -> usize {
        self.values
            .get(key)
            .map_or(self.at, |value| value.span().start)
    }

    /// The keys in alphabetical order, each with its byte offset.
    pub fn keys(&self) -> Vec<(&'d str, usize)> {
        self.values
            .keys()
            .map(|key| (key.get_ref().as_ref(), key.span().start))
            .collect()
    }

    /// Reports every key that is not one of `known`.
    pub fn only(&self, known: &[&str]) {
        for (key, at) in self.keys() {
            if !known.contains(&key) {
                let help = help_for("key", key, known.iter().copied());
                let message = format!("unknown key `{key}`");
                self.document.add(at, message, Some(help), self.hides);
            }
        }
    }

    /// Reports every one of `keys` that is absent.
    pub fn needs(&self, keys: &[&str]) {
        for key in keys.iter().filter(|key| !self.has(key)) {
            self.report_at(self.at, format!("key `{key}` is missing"));
        }
    }

    /// Reports the key where it is absent, with one thing to do.
    pub fn needs_with_help(&self, key: &str, help: impl Into<String>) {
        if !self.has(key) {
            let message = format!("key `{key}` is missing");
            self.document
                .add(self.at, message, Some(help.into()), self.hides);
        }
    }

    /// A mistake at the key's value that nobody has reported, for those who find out later what is
    /// wrong with what it names. Its line is not shown: it may hold a secret.
    pub fn place(&self, key: &str) -> Mistake {
        let at = self.at_value(key);
        shown(
            Mistake::at(self.document.file, self.document.text, at, ""),
            true,
        )
    }

    /// Reports a mistake at the key's value.
    pub fn report(&self, key: &str, message: impl Into<String>) {
        self.report_at(self.at_value(key), message);
    }

    /// As [`report`](Self::report), with one thing to do.
    pub fn report_with_help(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = self.at_value(key);
        self.document
            .add(at, message.into(), Some(help.into()), self.hides);
    }

    fn report_at(&self, at: usize, message: impl Into<String>) {
        self.document.add(at, message.into(), None, self.hides);
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str) -> Option<&'d str> {
        let text = self.typed(key, "a string", DeValue::as_str)?;
        if text.trim().is_empty() {
            self.report(key, format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// A finite number, written with or without a point.
    pub fn number(&self, key: &str) -> Option<f64> {
        let number = self.typed(key, "a number", number)?;
        if !number.is_finite() {
            self.report(key, format!("`{key}` is not a finite number"));
            return None;
        }
        Some(number)
    }

    /// A whole number from 0 up.
    pub fn count(&self, key: &str) -> Option<u64> {
        self.typed(key, "a whole number from 0 up", |value| {
            let integer = value.as_integer()?;
            u64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// A whole number of 32 bits.
    pub fn integer(&self, key: &str) -> Option<i32> {
        self.typed(key, "a whole number", |value| {
            let integer = value.as_integer()?;
            i32::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// A date without a time, as TOML writes it: `2026-11-25`.
    pub fn date(&self, key: &str) -> Option<Date> {
        self.typed(key, "a date", |value| {
            let written = value.as_datetime()?.to_string();
            let date: Date = written.parse().ok()?;
            (date.to_string() == written).then_some(date)
        })
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.typed(key, "`true` or `false`", DeValue::as_bool)
    }

    /// A list of texts, each with its byte offset; those that are none are reported.
    pub fn texts(&self, key: &str) -> Option<Vec<(&'d str, usize)>> {
        let values = self.typed(key, "a list of strings", DeValue::as_array)?;
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value
                .get_ref()
                .as_str()
                .filter(|text| !text.trim().is_empty())
            {
                Some(text) => texts.push((text, value.span().start)),
                None => self.report_at(
                    value.span().start,
                    format!("every item of `{key}` is a string that is not empty"),
                ),
            }
        }
        Some(texts)
    }

    /// A list of finite numbers; those that are none are reported.
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let values = self.typed(key, "a list of numbers", DeValue::as_array)?;
        let mut numbers = Vec::with_capacity(values.len());
        for value in values {
            match number(value.get_ref()).filter(|number| number.is_finite()) {
                Some(number) => numbers.push(number),
                None => self.report_at(
                    value.span().start,
                    format!("every item of `{key}` is a finite number"),
                ),
            }
        }
        Some(numbers)
    }

    /// A table.
    pub fn table(&self, key: &str) -> Option<Self> {
        let values = self.typed(key, "a table", DeValue::as_table)?;
        Some(Self {
            document: self.document,
            values,
            at: self.at_value(key),
            hides: self.hides,
        })
    }

    /// A list of tables, as `[[rule]]` writes it; empty where the key is absent.
    pub fn tables(&self, key: &str) -> Vec<Self> {
        let Some(values) = self.typed(key, "a list of tables", DeValue::as_array) else {
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(values.len());
        for value in values {
            match value.get_ref().as_table() {
                Some(values) => tables.push(Self {
                    document: self.document,
                    values,
                    at: value.span().start,
                    hides: self.hides,
                }),
                None => self.report_at(
                    value.span().start,
                    format!("every item of `{key}` is a table"),
                ),
            }
        }
        tables
    }

    /// One of the given words.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let known = choices.iter().map(|(name, _)| *name);
            self.document
                .report_unknown(self.at_value(key), &format!("`{key}`"), word, known);
        }
        found.map(|(_, choice)| *choice)
    }

    /// Checks the file's `schema` key.
    pub fn check_schema(&self, expected: &str) {
        self.needs(&["schema"]);
        if let Some(schema) = self.text("schema")
            && schema != expected
        {
            self.report_with_help(
                "schema",
                format!("`schema` is `{schema}`"),
                format!("this version reads `{expected}`"),
            );
        }
    }

    /// The key's value if `read` can make something of it; a value of another form is reported.
    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&'d DeValue<'s>) -> Option<T>,
    ) -> Option<T> {
        let value = self.values.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            self.report_at(
                value.span().start,
                format!("`{key}` is {} and not {wanted}", form(value.get_ref())),
            );
        }
        found
    }
}

/// A number, written with or without a point.
fn number(value: &DeValue<'_>) -> Option<f64> {
    let whole = value.as_integer().filter(|integer| integer.radix() == 10);
    let written = whole.map(DeInteger::as_str);
    let written = written.or_else(|| value.as_float().map(DeFloat::as_str))?;
    written.parse::<f64>().ok()
}

/// The mistake without its line where that may hold a secret that should not be in the file.
fn shown(mistake: Mistake, hides: bool) -> Mistake {
    let may_be_shown = |line: &String| {
        let line: String = line
            .to_lowercase()
            .chars()
            .filter(|char| !char.is_whitespace() && !matches!(char, '"' | '\''))
            .collect();
        !SECRET_LIKE.iter().any(|word| line.contains(word))
    };
    let excerpt = mistake.excerpt.filter(|line| !hides && may_be_shown(line));
    Mistake { excerpt, ..mistake }
}

/// Which of the known names was meant, or all of them.
fn help_for<'k>(what: &str, name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => format!("there is no {what}"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// What a value is, as messages say it.
fn form(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(integer) if integer.as_str().starts_with('-') => "a negative number",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
