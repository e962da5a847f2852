//! What of an answer is no statement: it is taken out, and every byte that stays knows its place.
//!
//! Citations, links, markup, list markers, step numbers, table rules, source lists. Their digits are
//! never numbers of a claim. What is cut is replaced by nothing or by a space; words stay as they
//! are, so that a lie cannot hide in markup.

mod entities;
mod inline;
mod lines;
mod pointers;

#[cfg(test)]
mod tests;

use std::ops::Range;

/// A text without its apparatus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plain {
    text: String,
    /// For each byte of `text`, the byte of the original that it stands for; never falls.
    places: Vec<usize>,
    /// The length of the original.
    original: usize,
}

/// Something to be cut, and what comes in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    range: Range<usize>,
    instead: &'static str,
}

impl Plain {
    /// The text as it was written.
    fn whole(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            places: (0..text.len()).collect(),
            original: text.len(),
        }
    }

    /// What is left.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that a range of what is left comes from.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let place = |byte: usize| self.places.get(byte).copied().unwrap_or(self.original);
        let start = place(range.start);
        let end = match range.end.checked_sub(1) {
            Some(last) if range.end > range.start => {
                let last = place(last);
                // The last byte of a character that was several in the original.
                place(range.end).min(self.original).max(last + 1)
            }
            _ => start,
        };
        start..self.trimmed(start, end)
    }

    /// What is left of a range of the original.
    pub fn left_of(&self, range: Range<usize>) -> &str {
        let first_from = |byte: usize| self.places.partition_point(|place| *place < byte);
        let left = first_from(range.start)..first_from(range.end);
        self.text.get(left).unwrap_or_default()
    }

    /// The end of a range must not reach into what was cut after it.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let before = self.places.partition_point(|place| *place < end);
        let last = before.checked_sub(1).and_then(|at| self.places.get(at));
        let last = last.filter(|last| **last >= start);
        last.map_or(end, |last| last + 1)
    }

    /// Cuts what `find` finds in what is left; cuts that overlap an earlier one are left out.
    fn without(self, find: impl Fn(&str) -> Vec<Cut>) -> Self {
        let mut cuts = find(&self.text);
        if cuts.is_empty() {
            return self;
        }
        cuts.sort_by_key(|cut| (cut.range.start, usize::MAX - cut.range.end));
        let (mut text, mut places) = (String::with_capacity(self.text.len()), Vec::new());
        let mut from = 0;
        for Cut { range, instead } in cuts {
            if range.start < from {
                continue;
            }
            self.keep(from..range.start, &mut text, &mut places);
            let place = self
                .places
                .get(range.start)
                .copied()
                .unwrap_or(self.original);
            text.push_str(instead);
            places.extend(std::iter::repeat_n(place, instead.len()));
            from = range.end;
        }
        self.keep(from..self.text.len(), &mut text, &mut places);
        Self {
            text,
            places,
            original: self.original,
        }
    }

    fn keep(&self, range: Range<usize>, text: &mut String, places: &mut Vec<usize>) {
        text.push_str(self.text.get(range.clone()).unwrap_or_default());
        places.extend(self.places.get(range).unwrap_or_default());
    }
}

/// The text without apparatus. `cited` are names by which it may cite: ids of passages.
pub fn plain(text: &str, cited: &[&str]) -> Plain {
    Plain::whole(text)
        .without(entities::cuts)
        // What was escaped twice: `&amp;rsquo;`.
        .without(entities::cuts)
        .without(pointers::cuts)
        .without(lines::cuts)
        .without(|text| inline::cuts(text, cited))
        .without(inline::emphasis)
        .without(lines::sources)
        .without(inline::loose)
}
