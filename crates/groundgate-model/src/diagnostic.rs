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

/// How many mistakes of one file are kept; the rest is counted.
pub const MISTAKE_LIMIT: usize = 100;

/// Collects the mistakes of one reading, so that a person sees all of them at once.
#[derive(Debug, Default)]
pub struct MistakeList {
    kept: Vec<Mistake>,
    more: usize,
}

impl MistakeList {
    /// Adds a mistake; past [`MISTAKE_LIMIT`] it is only counted.
    pub fn push(&mut self, mistake: Mistake) {
        self.push_with(|| mistake);
    }

    /// As [`push`](Self::push), for a mistake that is costly to describe.
    pub fn push_with(&mut self, describe: impl FnOnce() -> Mistake) {
        if self.kept.len() < MISTAKE_LIMIT {
            self.kept.push(describe());
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// `value` if nothing was wrong, else the mistakes.
    pub fn finish<T>(self, value: T) -> Result<T, Mistakes> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self.into_mistakes())
        }
    }

    /// The mistakes, with how many were not kept.
    pub fn into_mistakes(mut self) -> Mistakes {
        if let (Some(first), true) = (self.kept.first(), self.more > 0) {
            let file = first.file.clone();
            self.kept
                .push(Mistake::in_file(&file, format!("and {} more", self.more)));
        }
        Mistakes(self.kept)
    }
}

/// The name that `typed` was most likely meant to be: at most a third of it is different.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let typed = plain(typed);
    if typed.chars().count() > 60 {
        return None;
    }
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&typed, &plain(name)), name))
        .filter(|(distance, name)| distance * 3 <= name.chars().count().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let known = ["question", "expected_facts", "id", "tags", "min-cases"];
        let check = |typed: &str, expected: Option<&str>| {
            assert_eq!(nearest(typed, known), expected, "{typed}");
        };
        check("qestion", Some("question"));
        check("Question", Some("question"));
        check("expected-facts", Some("expected_facts"));
        check("di", Some("id"));
        check("min_cases", Some("min-cases"));
        check("tag", Some("tags"));
        check("weather", None);
        check("", None);
        check(&"q".repeat(10_000), None);
    }

    #[test]
    fn mistakes_past_the_limit_are_counted() {
        let mut list = MistakeList::default();
        for number in 0..MISTAKE_LIMIT + 7 {
            list.push(Mistake::in_file("x.jsonl", format!("mistake {number}")));
        }
        let mistakes = list.finish(()).unwrap_err().0;
        assert_eq!(mistakes.len(), MISTAKE_LIMIT + 1);
        assert_eq!(mistakes.last().unwrap().message, "and 7 more");
    }
}
