//! Text with marked spans, cut into pieces that a template can escape one by one.

use serde::Serialize;

use crate::visible::visible_text;

/// A span of a text that belongs to a claim. Offsets are bytes and may be wrong.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The style class: the claim's label.
    pub(super) class: &'static str,
    /// The id of the first piece, to jump to.
    pub(super) anchor: String,
    /// Where its number leads.
    pub(super) target: String,
    /// The claim's number.
    pub(super) number: usize,
}

/// Text as shown: a first part, and the rest behind "show all".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct HighlightedText {
    first: Vec<Piece>,
    rest: Vec<Piece>,
    /// Characters in `rest`; 0 without a rest.
    n_rest: usize,
    /// Characters that are not in the report at all.
    n_left_out: usize,
}

/// A piece of text under the same marks.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Piece {
    text: String,
    /// Empty where nothing is marked.
    class: &'static str,
    /// Ids of the spans that start here.
    anchors: Vec<String>,
    /// Spans that end here.
    ends: Vec<End>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct End {
    number: usize,
    target: String,
}

/// Characters shown at once.
const N_FIRST: usize = 900;
/// Characters shown at all.
const N_MOST: usize = 20_000;

impl HighlightedText {
    /// Text without marks.
    pub(super) fn plain(text: &str) -> Self {
        Self::new(text, &[])
    }

    /// Text with the spans that lie in it; see [`lies_in`].
    pub(super) fn new(text: &str, spans: &[Span]) -> Self {
        let spans: Vec<&Span> = spans
            .iter()
            .filter(|span| lies_in(text, span.start, span.end))
            .collect();
        let mut cuts: Vec<usize> = spans
            .iter()
            .flat_map(|span| [span.start, span.end])
            .chain([
                0,
                text.len(),
                boundary_after(text, N_FIRST),
                boundary_after(text, N_MOST),
            ])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let pieces = cuts
            .iter()
            .zip(cuts.iter().skip(1))
            .filter_map(|(&start, &end)| {
                Some((start, Piece::new(text.get(start..end)?, start, end, &spans)))
            });
        let (first_end, most_end) = (boundary_after(text, N_FIRST), boundary_after(text, N_MOST));
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for (start, piece) in pieces {
            if start < first_end {
                first.push(piece);
            } else if start < most_end {
                rest.push(piece);
            }
        }
        let between =
            |start: usize, end: usize| text.get(start..end).map_or(0, |part| part.chars().count());
        Self {
            first,
            rest,
            n_rest: between(first_end, most_end),
            n_left_out: between(most_end, text.len()),
        }
    }
}

impl Piece {
    fn new(text: &str, start: usize, end: usize, spans: &[&Span]) -> Self {
        let covering = || {
            spans
                .iter()
                .filter(|span| span.start <= start && end <= span.end)
        };
        Self {
            text: visible_text(text),
            class: covering().next().map_or("", |span| span.class),
            anchors: covering()
                .filter(|span| span.start == start)
                .map(|span| span.anchor.clone())
                .collect(),
            ends: covering()
                .filter(|span| span.end == end)
                .map(|span| End {
                    number: span.number,
                    target: span.target.clone(),
                })
                .collect(),
        }
    }
}

/// Whether a span is a piece of `text`: not empty, inside, and on character boundaries.
pub(super) fn lies_in(text: &str, start: usize, end: usize) -> bool {
    text.get(start..end).is_some_and(|part| !part.is_empty())
}

/// The byte behind the first `n` characters.
fn boundary_after(text: &str, n: usize) -> usize {
    text.char_indices()
        .nth(n)
        .map_or(text.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: usize, end: usize, number: usize) -> Span {
        Span {
            start,
            end,
            class: "supported",
            anchor: format!("a{number}"),
            target: format!("t{number}"),
            number,
        }
    }

    fn joined(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn overlapping_spans_share_a_piece() {
        let marked = HighlightedText::new("abcdefgh", &[span(1, 5, 1), span(3, 7, 2)]);
        let texts: Vec<&str> = marked
            .first
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(texts, ["a", "bc", "de", "fg", "h"]);
        assert_eq!(marked.first[2].anchors, ["a2"]);
        assert_eq!(marked.first[2].ends[0].number, 1);
        assert_eq!(marked.first[4].class, "");
    }

    #[test]
    fn long_text_is_folded_and_endless_text_left_out() {
        let marked = HighlightedText::plain(&"é".repeat(N_MOST + 5));
        assert_eq!(joined(&marked.first).chars().count(), N_FIRST);
        assert_eq!(marked.n_rest, N_MOST - N_FIRST);
        assert_eq!(marked.n_left_out, 5);
    }

    proptest! {
        #[test]
        fn no_character_is_lost_whatever_the_spans(
            text in "[a-zé漢 ]{0,40}",
            spans in proptest::collection::vec((0_usize..60, 0_usize..60), 0..6),
        ) {
            let spans: Vec<Span> =
                spans.into_iter().enumerate().map(|(n, (start, end))| span(start, end, n)).collect();
            prop_assert_eq!(joined(&HighlightedText::new(&text, &spans).first), text);
        }
    }
}
