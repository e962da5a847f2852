//! A mistake in a file that a person wrote: what, where, and one thing to do.
//!
//! Loaders collect all mistakes of a file before they give up; `cli` shows them.

use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file as the user named it.
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    /// The line's text, cut to a bearable length.
    pub excerpt: Option<String>,
    /// What is wrong, lower case, no full stop, subject in backticks.
    pub message: String,
    /// One thing to do; never advises to weaken a policy.
    pub help: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// All mistakes of one reading; never empty where it is an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistake {
    /// A mistake somewhere in `file`.
    pub fn in_file(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            excerpt: None,
            message: message.into(),
            help: None,
        }
    }

    /// A mistake at a byte offset of `source`, the file's text.
    pub fn at(file: &str, source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let line_text = source
            .get(line_start..)
            .and_then(|rest| rest.lines().next());
        Self {
            line: Some(before.matches('\n').count() + 1),
            column: Some(before.get(line_start..).unwrap_or("").chars().count() + 1),
            excerpt: line_text.map(|text| text.chars().take(200).collect()),
            ..Self::in_file(file, message)
        }
    }

    /// The same mistake at a line of the file.
    #[must_use]
    pub fn on_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same mistake with one thing to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
