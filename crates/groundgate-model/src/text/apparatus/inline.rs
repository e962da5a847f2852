//! Citations, links and emphasis within lines.

use std::sync::LazyLock;

use regex::Regex;

use super::Cut;
use crate::text::clauses::{may_claim, pattern};

/// What points to a source. None of it says anything.
static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)
          \[\^?\d{1,3}(?:[\ ]?[,;–-][\ ]?\^?\d{1,3})*\](?::[\ ])?
        | 【[^【】\n]{0,30}[\d†][^【】\n]{0,30}】
        | [⁰¹²³⁴-⁹]{1,3}
        | \[\^[\w-]{1,30}\]:?
        | [\[(](?:doc|docs|document|source|src|ref|reference|passage|chunk|context|quelle|dok)s?[\s_.:\#-]{0,2}\d{1,3}(?:[\ ]?(?:,|;|and|und|&)[\ ]?(?:doc|document|source|passage|quelle)?[\s_-]?\d{1,3})*[\])]
        | \((?:see|source|sources|cf\.?|siehe|vgl\.?|quelle|voir|véase|vedi)[:\s][^()\n]{1,100}\)
        | [\[(][^\[\]()\s]{1,80}\.(?:pdf|md|html?|docx?|txt|json|jsonl|csv|xlsx?|pptx?)(?:[\#,:\s][^\[\]()\n]{0,40})?[\])]
        ",
    )
});

/// `[label](target)` and pictures.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"!?\[([^\[\]\n]{0,200})\]\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+[^()\n]{0,100})?\)",
    )
});

static URL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"<?\b(?:https?://|www\.)[^\s<>\])|]+[^\s<>\])|.,;:!?]>?"));

/// A link's label that is only a pointer.
static POINTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:(?:source|sources|link|here|ref|reference|doc|document|quelle|hier|more|details|read more|\d{1,3})\W*\d{0,3})\W*$",
    )
});

static EMPHASIS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\*{1,3}|(?:\b|^)_{1,3}|_{1,3}(?:\b|$)|`{1,2}|~~"));

static EMPTY_BRACKETS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[ \t]?[(\[][\s,;]*[)\]]"));

static LOOSE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[ \t]+([.,;!?])(?:\s|$)"));

/// Cuts of the space that a citation leaves before a full stop.
pub(super) fn loose(text: &str) -> Vec<Cut> {
    let loose = LOOSE.captures_iter(text).filter_map(|found| {
        let (whole, stop) = (found.get(0)?, found.get(1)?);
        Some(Cut {
            range: whole.start()..stop.start(),
            instead: "",
        })
    });
    loose.collect()
}

/// Cuts of citations and links; a link's label stays unless it only points.
pub(super) fn cuts(text: &str, cited: &[&str]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut cut = |range, instead| cuts.push(Cut { range, instead });
    for link in LINK.captures_iter(text) {
        let (Some(whole), Some(label)) = (link.get(0), link.get(1)) else {
            continue;
        };
        if POINTER.is_match(label.as_str()) || label.as_str().trim().is_empty() {
            cut(around(text, whole.range()), "");
        } else {
            cut(whole.start()..label.start(), "");
            cut(label.end()..whole.end(), "");
        }
    }
    // A claim in the clothes of a citation stays.
    let citations = CITATION.find_iter(text);
    let citations = citations.filter(|found| !may_claim(found.as_str()));
    for found in citations.chain(URL.find_iter(text)) {
        cut(around(text, found.range()), "");
    }
    for name in cited
        .iter()
        .filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))
    {
        for (start, _) in text.match_indices(name) {
            let range = bracketed(text, start..start + name.len());
            if let Some(range) = range {
                cut(range, "");
            }
        }
    }
    cuts
}

/// A name in brackets of its own, `(p0)` or `[p0]`.
fn bracketed(text: &str, range: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
    let before = text.get(..range.start)?.chars().next_back()?;
    let after = text.get(range.end..)?.chars().next()?;
    matches!((before, after), ('(', ')') | ('[', ']'))
        .then(|| around(text, range.start - 1..range.end + 1))
}

/// A pointer with the brackets that hold nothing else.
fn around(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let is_alone = (before.ends_with('(') && after.starts_with(')'))
        || (before.ends_with('[') && after.starts_with(']'));
    if is_alone {
        range.start - 1..range.end + 1
    } else {
        range
    }
}

/// Cuts of emphasis, and of brackets that hold nothing any more.
pub(super) fn emphasis(text: &str) -> Vec<Cut> {
    let found = EMPHASIS.find_iter(text).filter(|found| !found.is_empty());
    let empty = EMPTY_BRACKETS.find_iter(text);
    found
        .chain(empty)
        .map(|found| Cut {
            range: found.range(),
            instead: "",
        })
        .collect()
}
