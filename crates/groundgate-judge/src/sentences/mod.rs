//! Cuts an answer or a passage into sentences: the units of the claim ledger.
//!
//! Byte ranges, not copies, so that a finding can point into the answer. Lists, tables, code,
//! decimals, abbreviations, initials, addresses, citations, ellipses, quotes and scripts without
//! capitals are handled. Deterministic and linear in the text. Called by the claim ledger and by
//! the embedded judge; it does not decide whether a sentence is a claim.

mod stop;
#[cfg(test)]
mod tests;

use std::ops::Range;

use stop::Stop;

/// Splits `text` into sentences, in order. The ranges are trimmed, do not overlap, lie on character
/// boundaries, and every visible character of `text` is in exactly one of them.
///
/// A list item, a table row, a heading and a block of code each start a sentence of their own; a row
/// and a block of code are never cut. A citation right after the full stop stays with its sentence.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let caseless = !text.chars().any(char::is_uppercase);
    let mut pieces = Vec::new();
    for block in blocks(text) {
        match block.kind {
            BlockKind::Whole => pieces.push(block.range),
            BlockKind::Prose { scan_from } => {
                split_prose(text, block.range, scan_from, caseless, &mut pieces);
            }
        }
    }
    join_marks(text, pieces)
}

/// Lines that belong together.
struct Block {
    range: Range<usize>,
    kind: BlockKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    /// A table row or a block of code.
    Whole,
    /// Anything else; a list marker before `scan_from` ends no sentence.
    Prose { scan_from: usize },
}

/// What a line is by its look alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Blank,
    Fence,
    Row,
    /// A list item or a heading; its marker is that many bytes long.
    Marked(usize),
    Plain,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut in_code = false;
    let mut may_continue = false;
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let end = start + line.len();
        let kind = line_kind(line);
        let indent = line.len() - line.trim_start().len();
        if in_code {
            if let Some(block) = blocks.last_mut() {
                block.range.end = end;
            }
            in_code = kind != LineKind::Fence;
            may_continue = false;
        } else {
            match kind {
                LineKind::Blank => may_continue = false,
                LineKind::Fence | LineKind::Row => {
                    in_code = kind == LineKind::Fence;
                    may_continue = false;
                    blocks.push(Block {
                        range: start..end,
                        kind: BlockKind::Whole,
                    });
                }
                LineKind::Marked(marker) => {
                    may_continue = true;
                    let kind = BlockKind::Prose {
                        scan_from: start + indent + marker,
                    };
                    blocks.push(Block {
                        range: start..end,
                        kind,
                    });
                }
                LineKind::Plain => {
                    match blocks.last_mut() {
                        Some(block) if may_continue && continues(text, &block.range, line) => {
                            block.range.end = end;
                        }
                        Some(_) | None => {
                            let kind = BlockKind::Prose { scan_from: start };
                            blocks.push(Block {
                                range: start..end,
                                kind,
                            });
                        }
                    }
                    may_continue = true;
                }
            }
        }
        start = end;
    }
    blocks
}

fn line_kind(line: &str) -> LineKind {
    let line = line.trim();
    if line.is_empty() {
        LineKind::Blank
    } else if line.starts_with("```") || line.starts_with("~~~") {
        LineKind::Fence
    } else if line.starts_with('|')
        || line
            .bytes()
            .filter(|byte| matches!(byte, b'|' | b'\t'))
            .count()
            >= 2
    {
        LineKind::Row
    } else {
        marker_length(line).map_or(LineKind::Plain, LineKind::Marked)
    }
}

/// The length of `- `, `• `, `3. `, `a) `, `(b) ` or `## ` at the start of a trimmed line.
fn marker_length(line: &str) -> Option<usize> {
    let (word, _) = line.split_once(char::is_whitespace)?;
    let heading = word.len() <= 6 && word.bytes().all(|byte| byte == b'#');
    let bullet = matches!(
        word,
        "-" | "*" | "+" | "•" | "–" | "—" | "◦" | "·" | "▪" | ">"
    );
    let plain = word.replace(['*', '_'], "");
    let numbered = plain
        .strip_suffix(['.', ')', ':'])
        .map(|name| name.trim_start_matches('('))
        .is_some_and(|name| is_counter(name) && (plain.ends_with(')') || !name.ends_with(':')));
    (heading || bullet || numbered).then_some(word.len())
}

/// Whether a list may count with it: `12`, `b`, `iv`.
fn is_counter(name: &str) -> bool {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let letter = name.len() == 1 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    let roman = name.bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x'));
    !name.is_empty() && name.len() <= 3 && (digits || letter || roman)
}

/// Whether `line` goes on with a sentence that was wrapped at the end of `block`.
fn continues(text: &str, block: &Range<usize>, line: &str) -> bool {
    let before = text.get(block.clone()).unwrap_or_default().trim_end();
    let ended = before.ends_with(|mark: char| is_terminator(mark) || matches!(mark, ':' | ';'));
    !ended && line.trim_start().starts_with(char::is_lowercase)
}

fn split_prose(
    text: &str,
    block: Range<usize>,
    scan_from: usize,
    caseless: bool,
    pieces: &mut Vec<Range<usize>>,
) {
    let mut start = block.start;
    let mut at = scan_from;
    while let Some(found) = text.get(at..block.end).and_then(find_terminator) {
        let mark_at = at + found;
        let marks = text.get(mark_at..block.end).unwrap_or_default();
        let after = mark_at + marks.len() - marks.trim_start_matches(closes_sentence).len();
        let rest = text.get(after..block.end).unwrap_or_default();
        let end = after + citations_length(rest);
        let stop = Stop {
            before: text.get(start..mark_at).unwrap_or_default(),
            marks: text.get(mark_at..after).unwrap_or_default(),
            after: text.get(end..block.end).unwrap_or_default(),
        };
        at = after;
        if stop.ends_sentence(caseless) {
            pieces.push(start..end);
            start = end;
            at = end;
        }
    }
    pieces.push(start..block.end);
}

/// Where the first end mark stands. Looks at bytes: nearly all of a text is ASCII.
fn find_terminator(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let mut rest = text.as_bytes().get(at..)?.iter();
        at += rest.position(|byte| matches!(byte, b'.' | b'!' | b'?') || !byte.is_ascii())?;
        let mark = text.get(at..)?.chars().next()?;
        if is_terminator(mark) {
            return Some(at);
        }
        at += mark.len_utf8();
    }
}

const fn is_terminator(char: char) -> bool {
    matches!(char, '.' | '!' | '?' | '…' | '؟' | '۔') || needs_no_space(char)
}

/// End marks of scripts that write no space after them.
const fn needs_no_space(char: char) -> bool {
    matches!(
        char,
        '。' | '！' | '？' | '｡' | '．' | '।' | '॥' | '؟' | '۔' | '።' | '။'
    )
}

const fn closes_sentence(char: char) -> bool {
    is_terminator(char)
        || matches!(
            char,
            '"' | '\'' | '”' | '’' | ')' | ']' | '}' | '»' | '」' | '』' | '*' | '_'
        )
}

const fn opens_sentence(char: char) -> bool {
    matches!(
        char,
        '"' | '\'' | '“' | '‘' | '(' | '[' | '{' | '«' | '「' | '『' | '*' | '_'
    )
}

/// The length of the citations at the start of `rest`, such as ` [1][2]` or ` (faq-12)`; none
/// unless they are followed by space or the end.
fn citations_length(rest: &str) -> usize {
    let mut length = 0;
    loop {
        let tail = rest.get(length..).unwrap_or_default();
        let open = tail.trim_start_matches([' ', '\u{a0}']);
        let Some(cited) = superscript(open).or_else(|| bracketed(open)) else {
            break;
        };
        length += tail.len() - open.len() + cited;
    }
    let tail = rest.get(length..).unwrap_or_default();
    let closed = tail.chars().next().is_none_or(char::is_whitespace);
    if closed { length } else { 0 }
}

/// The length of a footnote's number in superscript.
fn superscript(open: &str) -> Option<usize> {
    let is_raised = |c: char| matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹');
    let length = open.len() - open.trim_start_matches(is_raised).len();
    (length > 0).then_some(length)
}

/// The length of a bracket that holds what looks like a reference, not a remark.
fn bracketed(open: &str) -> Option<usize> {
    let close = match open.chars().next()? {
        '[' => ']',
        '(' => ')',
        '【' => '】',
        _ => return None,
    };
    let end = open
        .char_indices()
        .take(80)
        .find(|(_, char)| *char == close)?
        .0;
    let inner = open.get(..end)?.trim_start_matches(['[', '(', '【']);
    let numbers = inner.contains(|char: char| char.is_ascii_digit())
        && inner
            .chars()
            .all(|char| char.is_ascii_digit() || " ,-–†".contains(char));
    let name = !inner.contains(char::is_whitespace)
        && inner.contains(|char: char| char.is_ascii_digit() || "-_#/.†".contains(char));
    (numbers || name).then_some(end + close.len_utf8())
}

/// Gives pieces without a letter or digit (rules, bare markers, stray marks) to a neighbor, and
/// trims the rest.
fn join_marks(text: &str, pieces: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut sentences: Vec<Range<usize>> = Vec::new();
    let mut pending: Option<usize> = None;
    for piece in pieces {
        let Some(piece) = trim(text, piece) else {
            continue;
        };
        let shown = text.get(piece.clone()).unwrap_or_default();
        let has_word = shown.contains(char::is_alphanumeric);
        match sentences.last_mut() {
            Some(last) if !has_word => last.end = piece.end,
            None if !has_word => pending = pending.or(Some(piece.start)),
            Some(_) | None => {
                sentences.push(pending.take().unwrap_or(piece.start)..piece.end);
            }
        }
    }
    if let Some(start) = pending
        && let Some(rest) = trim(text, start..text.len())
    {
        sentences.push(rest);
    }
    sentences
}

fn trim(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = text.get(range.clone())?;
    let start = range.start + piece.len() - piece.trim_start().len();
    let visible = piece.trim();
    (!visible.is_empty()).then(|| start..start + visible.len())
}
