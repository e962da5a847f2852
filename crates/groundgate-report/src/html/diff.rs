//! What changed between two answers, word by word: the longest common subsequence of their words.

use serde::Serialize;

use crate::visible::visible_text;

/// Answers that differ in more words than this are not compared: the table of the method has the
/// product of both lengths as cells.
const N_MOST: usize = 1_500;

/// Words in a row of the same kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    /// `del`: only in the baseline; `ins`: only in the candidate; `same`.
    kind: &'static str,
    text: String,
}

/// The pieces of both texts in reading order; none where they are equal or too long.
pub(super) fn changes(baseline: &str, candidate: &str) -> Vec<Piece> {
    let old: Vec<&str> = baseline.split_inclusive(char::is_whitespace).collect();
    let new: Vec<&str> = candidate.split_inclusive(char::is_whitespace).collect();
    let head = common(old.iter(), new.iter());
    let (old_rest, new_rest) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let tail = common(old_rest.iter().rev(), new_rest.iter().rev());
    let (old_end, new_end) = (old_rest.len() - tail, new_rest.len() - tail);
    if old_end + new_end == 0 || old_end > N_MOST || new_end > N_MOST {
        return Vec::new();
    }
    let mut pieces = Pieces::default();
    let middle = (
        old_rest.get(..old_end).unwrap_or_default(),
        new_rest.get(..new_end).unwrap_or_default(),
    );
    for word in old.iter().take(head) {
        pieces.push("same", word);
    }
    walk(middle.0, middle.1, &mut pieces);
    for word in old_rest.iter().skip(old_end) {
        pieces.push("same", word);
    }
    pieces.0
}

fn common<'a>(
    one: impl Iterator<Item = &'a &'a str>,
    other: impl Iterator<Item = &'a &'a str>,
) -> usize {
    one.zip(other)
        .take_while(|(a, b)| a.trim_end() == b.trim_end())
        .count()
}

/// The length of the longest common subsequence of every pair of tails, row by row.
struct Table {
    width: usize,
    cells: Vec<u16>,
}

impl Table {
    fn new(old: &[&str], new: &[&str]) -> Self {
        let width = new.len() + 1;
        let mut table = Self {
            width,
            cells: vec![0; width * (old.len() + 1)],
        };
        for (row, before) in old.iter().enumerate().rev() {
            for (column, after) in new.iter().enumerate().rev() {
                let length = if before.trim_end() == after.trim_end() {
                    table.at(row + 1, column + 1).saturating_add(1)
                } else {
                    table.at(row + 1, column).max(table.at(row, column + 1))
                };
                if let Some(cell) = table.cells.get_mut(row * width + column) {
                    *cell = length;
                }
            }
        }
        table
    }

    fn at(&self, row: usize, column: usize) -> u16 {
        let cell = self.cells.get(row * self.width + column);
        cell.copied().unwrap_or(0)
    }
}

fn walk(old: &[&str], new: &[&str], pieces: &mut Pieces) {
    let table = Table::new(old, new);
    let (mut row, mut column) = (0, 0);
    loop {
        match (old.get(row), new.get(column)) {
            (Some(before), Some(after)) if before.trim_end() == after.trim_end() => {
                pieces.push("same", after);
                (row, column) = (row + 1, column + 1);
            }
            (Some(before), after)
                if after.is_none() || table.at(row + 1, column) >= table.at(row, column + 1) =>
            {
                pieces.push("del", before);
                row += 1;
            }
            (_, Some(after)) => {
                pieces.push("ins", after);
                column += 1;
            }
            (_, None) => return,
        }
    }
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, kind: &'static str, word: &str) {
        let text = visible_text(word);
        match self.0.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(&text),
            _ => self.0.push(Piece { kind, text }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(baseline: &str, candidate: &str) -> String {
        let pieces = changes(baseline, candidate);
        pieces
            .iter()
            .map(|piece| match piece.kind {
                "del" => format!("[-{}-]", piece.text),
                "ins" => format!("[+{}+]", piece.text),
                _ => piece.text.clone(),
            })
            .collect()
    }

    #[test]
    fn what_changed_is_told_word_by_word() {
        for (baseline, candidate, expected) in [
            ("same words", "same words", ""),
            (
                "paid in 14 days",
                "paid in 30 days",
                "paid in [-14 -][+30 +]days",
            ),
            ("a b", "a b c", "a b[+c+]"),
            ("", "new", "[+new+]"),
            ("old", "", "[-old-]"),
        ] {
            assert_eq!(shown(baseline, candidate), expected);
        }
        let endless = "w ".repeat(N_MOST + 1);
        assert!(changes("", &endless).is_empty());
    }

    proptest! {
        #[test]
        fn each_text_can_be_read_off_the_pieces(old in "[abc ]{0,30}", new in "[abc ]{0,30}") {
            let pieces = changes(&old, &new);
            let words = |kind: &str| -> Vec<String> {
                let side = pieces
                    .iter()
                    .filter(|piece| piece.kind == kind || piece.kind == "same")
                    .map(|piece| piece.text.as_str());
                let side: Vec<&str> = side.collect();
                let side = side.join(" ");
                side.split_whitespace().map(str::to_owned).collect()
            };
            if !pieces.is_empty() {
                let plain = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
                prop_assert_eq!(words("del"), plain(&old));
                prop_assert_eq!(words("ins"), plain(&new));
            }
        }
    }
}
