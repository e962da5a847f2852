//! Tables of a TOML file with their places, so that every mistake is named with line and column.
//!
//! For the spec's reader only: it asks for a key and says what the value must be; what is wrong is
//! collected, and reading goes on.

use std::ops::Range;

use groundgate_model::diagnostic::Mistake;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Collects mistakes with their places.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) source: &'a str,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn at(&mut self, offset: usize, message: impl Into<String>) {
        self.mistakes
            .push(Mistake::at(self.file, self.source, offset, message));
    }
}

/// One table of the file.
pub(super) struct Section<'a> {
    pub(super) table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    /// Empty for the file itself.
    pub(super) name: String,
}

impl<'a> Section<'a> {
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    pub(super) fn only(&self, reader: &mut Reader<'_>, keys: &[&str]) {
        for key in self.table.keys() {
            if !keys.contains(&key.get_ref().as_ref()) {
                reader.at(
                    key.span().start,
                    format!("unknown key `{}`", self.path(key.get_ref())),
                );
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(super) fn offset(&self, key: &str) -> usize {
        self.get(key)
            .map_or(self.span.start, |value| value.span().start)
    }

    /// A value that must be there and that `read` must understand.
    pub(super) fn must<T>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        expected: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        if self.get(key).is_none() {
            reader.at(self.span.start, format!("`{}` is missing", self.path(key)));
            return None;
        }
        self.may(reader, key, expected, read)
    }

    /// A value that may be absent; one that is there must be understood.
    pub(super) fn may<T>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        expected: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            reader.at(
                value.span().start,
                format!("`{}` must be {expected}", self.path(key)),
            );
        }
        found
    }

    pub(super) fn text(&self, reader: &mut Reader<'_>, key: &str) -> Option<&'a str> {
        self.must(reader, key, "a text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty())
        })
    }

    pub(super) fn table(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        must: bool,
    ) -> Option<Section<'a>> {
        let table = if must {
            self.must(reader, key, "a table", DeValue::as_table)?
        } else {
            self.may(reader, key, "a table", DeValue::as_table)?
        };
        Some(Section {
            table,
            span: self.get(key)?.span(),
            name: key.to_owned(),
        })
    }

    pub(super) fn tables(&self, reader: &mut Reader<'_>, key: &str) -> Vec<Section<'a>> {
        let items = self.must(reader, key, "a list of tables", |value| {
            let items: Option<Vec<_>> = value
                .as_array()?
                .iter()
                .map(|item| Some((item.get_ref().as_table()?, item.span())))
                .collect();
            items
        });
        items
            .unwrap_or_default()
            .into_iter()
            .map(|(table, span)| Section {
                table,
                span,
                name: key.to_owned(),
            })
            .collect()
    }
}

pub(super) fn whole<T: TryFrom<i64>>(value: &DeValue<'_>) -> Option<T> {
    let integer = value.as_integer()?;
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    T::try_from(number).ok()
}

pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value.as_float() {
        Some(float) => float.as_str().parse::<f64>().ok()?,
        None => f64::from(whole::<i32>(value)?),
    };
    number.is_finite().then_some(number)
}

/// One of several names, as the value it stands for.
pub(super) fn named<'a, T: Copy + 'a>(
    value: &DeValue<'_>,
    choices: impl IntoIterator<Item = (&'a str, T)>,
) -> Option<T> {
    let name = value.as_str()?;
    choices
        .into_iter()
        .find(|(choice, _)| *choice == name)
        .map(|(_, value)| value)
}
