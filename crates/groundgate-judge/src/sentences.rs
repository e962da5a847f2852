//! Cuts an answer or a passage into sentences: the units of the claim ledger.
//!
//! Byte ranges, not copies, so that a finding can point into the answer. Lists, tables, code,
//! decimals, abbreviations, initials, addresses, citations, ellipses, quotes and scripts without
//! capitals are handled. Deterministic and linear in the text. Called by the claim ledger and by
//! the embedded judge; it does not decide whether a sentence is a claim.

use std::ops::Range;

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
    let numbered = word
        .strip_suffix(['.', ')', ':'])
        .map(|name| name.trim_start_matches('('))
        .is_some_and(|name| is_counter(name) && (word.ends_with(')') || !name.ends_with(':')));
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

/// A full stop or another end mark, with what stands around it.
struct Stop<'t> {
    /// From the start of the sentence.
    before: &'t str,
    /// The end marks and the quotes and brackets that they close.
    marks: &'t str,
    /// To the end of the block, without citations.
    after: &'t str,
}

impl Stop<'_> {
    fn ends_sentence(&self, caseless: bool) -> bool {
        if self.marks.contains(needs_no_space) {
            return true;
        }
        let Some(next) = self.after.chars().next() else {
            return true;
        };
        if !next.is_whitespace() {
            return false;
        }
        // Tokenized corpora set their full stops apart; those are never part of a word.
        if self.before.ends_with(char::is_whitespace) {
            return true;
        }
        let next_word = self.after.trim_start().trim_start_matches(opens_sentence);
        if !caseless && next_word.starts_with(char::is_lowercase) {
            return false;
        }
        self.marks.contains(['!', '?', '…', '؟']) || !self.is_part_of_word(next_word)
    }

    /// Whether the full stop belongs to an abbreviation, an initial or a counter.
    fn is_part_of_word(&self, next_word: &str) -> bool {
        if self.marks.starts_with("..") {
            return false;
        }
        let breaks = |char: char| char.is_whitespace() || opens_sentence(char);
        let (lead, word) = match self.before.rfind(breaks) {
            Some(at) => {
                let (lead, word) = self.before.split_at(at);
                (lead, word.trim_start_matches(breaks))
            }
            None => ("", self.before),
        };
        if is_any(word, BEFORE_NUMBERS) {
            return next_word.starts_with(|char: char| char.is_ascii_digit());
        }
        if is_any(word, NEVER_LAST) {
            return true;
        }
        let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
        let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() == 1);
        if initial || dotted || is_any(word, SOMETIMES_LAST) {
            return !starts_sentences(next_word);
        }
        let counter = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        counter
            && lead
                .trim_end()
                .chars()
                .next_back()
                .is_none_or(|last| last == ':')
    }
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
        let Some(cited) = bracketed(open) else { break };
        length += tail.len() - open.len() + cited;
    }
    let tail = rest.get(length..).unwrap_or_default();
    let closed = tail.chars().next().is_none_or(char::is_whitespace);
    if closed { length } else { 0 }
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

/// Whether `rest` begins with a word that usually starts a sentence.
fn starts_sentences(rest: &str) -> bool {
    let word = rest
        .split(|char: char| !char.is_alphabetic())
        .next()
        .unwrap_or_default();
    is_any(word, STARTERS)
}

/// Whether the word is in a list of lower-case ASCII words.
fn is_any(word: &str, list: &[&str]) -> bool {
    word.len() <= LISTED_BYTES && list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The most bytes of a word in a list.
const LISTED_BYTES: usize = 7;

/// Abbreviations only where a number follows.
const BEFORE_NUMBERS: &[&str] = &["no", "nos", "p", "pp", "art", "sec", "ch", "vol"];

/// Abbreviations that stand before something.
const NEVER_LAST: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "vs", "e.g", "i.e", "eg", "ie", "fig", "figs", "approx",
    "gen", "sen", "rep", "gov", "capt", "col", "sgt", "lt", "mt", "rev", "hon", "cf", "al", "dept",
    "est", "incl", "esp", "viz", "resp", "eq", "ca", "st", "messrs", "mme", "z.b", "d.h",
];

/// Abbreviations that may also be the last word.
const SOMETIMES_LAST: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "llc", "plc", "bros", "jr", "sr", "ave", "blvd", "rd",
    "hrs", "hr", "min", "max", "oz", "lb", "lbs", "ft", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec", "ph.d", "usw", "bzw",
];

const STARTERS: &[&str] = &[
    "the", "a", "an", "this", "that", "these", "those", "it", "its", "he", "she", "they", "we",
    "you", "i", "if", "in", "on", "at", "for", "when", "while", "however", "but", "and", "so",
    "there", "here", "as", "after", "before", "to", "with", "then", "what", "how", "why", "please",
    "also", "his", "her", "their", "our", "your", "my", "no", "not", "is", "are", "can", "do",
];

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "in {text:?}");
    }

    #[test]
    fn full_stops_inside_words_and_numbers_end_nothing() {
        check(
            "It costs 3.5 USD. Then 1,000.50 more.",
            &["It costs 3.5 USD.", "Then 1,000.50 more."],
        );
        check(
            "Mr. Smith met Dr. J. K. Rowling. They ate.",
            &["Mr. Smith met Dr. J. K. Rowling.", "They ate."],
        );
        check(
            "Use approx. 3 cups, e.g. Flour. Stir.",
            &["Use approx. 3 cups, e.g. Flour.", "Stir."],
        );
        check(
            "See No. 5 first. No. That is wrong.",
            &["See No. 5 first.", "No.", "That is wrong."],
        );
        check(
            "Go to https://a.example/b.html?x=1. Sign in.",
            &["Go to https://a.example/b.html?x=1.", "Sign in."],
        );
        check(
            "He lives in the U.S. The house is old.",
            &["He lives in the U.S.", "The house is old."],
        );
        check(
            "Take vitamin C. The dose is low.",
            &["Take vitamin C.", "The dose is low."],
        );
        check(
            "It began in 2020. Then it grew.",
            &["It began in 2020.", "Then it grew."],
        );
    }

    #[test]
    fn lists_tables_and_code_keep_their_shape() {
        check(
            "Steps:\n1. Open it. Wait.\n2. Close it\n\n- last",
            &["Steps:", "1. Open it.", "Wait.", "2. Close it", "- last"],
        );
        check(
            "| a | b |\n|---|---|\n| 1. x | 2 |",
            &["| a | b |\n|---|---|", "| 1. x | 2 |"],
        );
        check(
            "Run:\n```\nx = 1. y\n\nz! Q\n```\nDone.",
            &["Run:", "```\nx = 1. y\n\nz! Q\n```", "Done."],
        );
        check(
            "# Title\nBody text\nthat is wrapped. More.",
            &["# Title", "Body text\nthat is wrapped.", "More."],
        );
    }

    #[test]
    fn citations_stay_with_their_sentence() {
        check(
            "It is so. [1] And so.[2][3] End [4].",
            &["It is so. [1]", "And so.[2][3]", "End [4]."],
        );
        check(
            "It is so. (faq-12) Next one.",
            &["It is so. (faq-12)", "Next one."],
        );
        check(
            "It is so. (See below) Next.",
            &["It is so.", "(See below) Next."],
        );
        check(
            "Covered. [Plan.pdf#page=4] Not that.",
            &["Covered. [Plan.pdf#page=4]", "Not that."],
        );
    }

    #[test]
    fn quotes_ellipses_and_other_scripts_are_understood() {
        check(
            "He said \"Stop.\" Then left.",
            &["He said \"Stop.\"", "Then left."],
        );
        check(
            "Wait... what? Yes... No!",
            &["Wait... what?", "Yes...", "No!"],
        );
        check("“Help!” he cried.", &["“Help!” he cried."]);
        check(
            "今日は晴れ。明日は雨！本当？",
            &["今日は晴れ。", "明日は雨！", "本当？"],
        );
        check("यह है। वह था।", &["यह है।", "वह था।"]);
        check("هل هذا؟ نعم۔", &["هل هذا؟", "نعم۔"]);
        check(
            "all lower. second one . third",
            &["all lower.", "second one .", "third"],
        );
        check("", &[]);
        check(" \n ", &[]);
        check("***", &["***"]);
        check("---\nText", &["---\nText"]);
    }

    proptest! {
        #[test]
        fn every_visible_character_is_in_exactly_one_sentence(
            text in "([a-zA-Z0-9éß漢。؟ \\n.!?…\"'()\\[\\]|`~#*•-]|Mr\\.|\\[1\\]|```\\n|\\r\\n|\\u{a0}){0,60}"
        ) {
            let ranges = split(&text);
            let mut end = 0;
            for range in &ranges {
                prop_assert!(range.start >= end && range.end > range.start);
                let gap = text.get(end..range.start);
                prop_assert!(gap.is_some_and(|gap| gap.trim().is_empty()), "lost {gap:?}");
                let piece = text.get(range.clone()).unwrap();
                prop_assert_eq!(piece, piece.trim());
                end = range.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
