//! One JSON value of a file with the place where it stands, so that a mistake in it can be shown.

use serde::Deserialize;

use crate::diagnostic::{Mistake, nearest};

/// A value's text and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The text around it, to be shown: its line, or the whole file; empty where there is nothing
    /// to show.
    pub(super) source: &'a str,
    /// The line of the file on which `source` begins, from 1.
    pub(super) source_line: usize,
    /// Where in `source` the value begins, in bytes.
    pub(super) offset: usize,
    /// The line of the file on which the value begins, from 1.
    pub(super) line: usize,
    /// The value.
    pub(super) text: &'a str,
}

impl<'a> Piece<'a> {
    /// A value that has a line of its own.
    pub(super) fn of_line(line: usize, text: &'a str) -> Self {
        Self {
            source: text,
            source_line: line,
            offset: 0,
            line,
            text,
        }
    }

    /// A mistake at the value's beginning.
    pub(super) fn mistake(&self, file: &str, message: impl Into<String>) -> Mistake {
        self.mistake_at(file, 0, message)
    }

    /// Reads the value.
    pub(super) fn parse<T: Deserialize<'a>>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.text)
    }

    /// The mistake behind an error of [`parse`](Self::parse), with its line, its column and the
    /// nearest known field name.
    pub(super) fn explain(&self, file: &str, error: &serde_json::Error) -> Mistake {
        let line_start = self
            .text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        let offset = line_start + error.column().saturating_sub(1);
        let mistake = self.mistake_at(file, offset, without_place(&error.to_string()));
        match nearest_field(&error.to_string()) {
            Some(help) => mistake.with_help(help),
            None => mistake,
        }
    }

    fn mistake_at(&self, file: &str, offset: usize, message: impl Into<String>) -> Mistake {
        if self.source.is_empty() {
            return Mistake::in_file(file, message).on_line(self.line);
        }
        let mut at = (self.offset + offset).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at -= 1;
        }
        let mistake = Mistake::at(file, self.source, at, message);
        let line = mistake.line.unwrap_or(1) + self.source_line - 1;
        mistake.on_line(line)
    }
}

/// The message of `serde_json` without its own place, which counts from the piece.
fn without_place(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message.get(..end).unwrap_or(message).to_owned()
}

/// For ``unknown field `x`, expected one of `a`, `b` ``: which of them was meant.
fn nearest_field(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (typed, expected) = rest.split_once("`, expected ")?;
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    Some(match nearest(typed, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known fields: {}", known.join(", ")),
    })
}
