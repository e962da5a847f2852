//! What stands at the beginning of lines, lines that are none, and lists of sources.

use std::sync::LazyLock;

use regex::Regex;

use super::Cut;
use crate::text::clauses::{may_claim, pattern};

/// Lines that say nothing: fences, rules, rules of tables.
static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t>]*(?:(?:```|~~~)[\w+-]*|(?:[*_=\-][ \t]*){3,}|\|?[ \t:|-]*-{2,}[ \t:|-]*\|?)[ \t]*$",
    )
});

/// Quote marks, headings' marks, list markers, numbers of steps, marks of cells.
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?mix)^[\ \t\u{a0}]*
          (?:\|[\ \t\u{a0}]*)?
          (?:>[\ \t\u{a0}]*)*
          (?:\#{1,6}[\ \t\u{a0}]+)?
          (?:[-*+•‣▪◦·●○■□–—✅✔✓☑➡→►▶⭐🔹🔸👉📌][\u{fe0f}]?[\ \t\u{a0}]+)?
          (?:
            (?:\*\*|__)?\(?\d{1,3}(?:\*\*|__)?[.)](?:\*\*|__)?[\ \t\u{a0}]+
          | \(?[a-z][.)][\ \t\u{a0}]+
          | \([ivx]{1,5}\)[\ \t\u{a0}]+
          | (?:\*\*|__)?(?:answer|response|assistant|antwort|réponse|respuesta|risposta)[\ ]?[::](?:\*\*|__)?[\ \t\u{a0}]+
          | (?:\*\*|__)?(?:step|schritt|étape|paso|passo)[\ ]\d{1,2}[\ ]?[:.)–-](?:\*\*|__)?[\ \t\u{a0}]*
          )?",
    )
});

/// `1) … 2) …` within a line, and `1. Open …` behind a lead-in.
static INLINE_MARKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[\s:;,.])(\(?\d{1,2}\))[ \u{a0}]|[.!?:][ \u{a0}]+(1\.)[ \u{a0}]+\p{Lu}")
});

static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[ \t]*\|[ \t]*"));

/// The line above a list of sources.
static SOURCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?mix)(?:^[\ \t]*|[.!?][\ ])(?:sources?(?:[\ ]used)?|references?|citations?|further[\ ]reading|related[\ ](?:articles|documents)
          |quellen?(?:angaben)?|belege|fuentes?|références?|fonti|bronnen|来源|参考(?:文献)?|出典)[\ \t]*[::]?",
    )
});

/// Cuts of lines and of their beginnings.
pub(super) fn cuts(text: &str) -> Vec<Cut> {
    let whole = EMPTY.find_iter(text).map(|found| Cut {
        range: found.range(),
        instead: "",
    });
    let markers = MARKER.find_iter(text).filter(|found| !found.is_empty());
    let markers = markers.map(|found| Cut {
        range: found.range(),
        instead: "",
    });
    let inline = INLINE_MARKER.captures_iter(text).filter_map(|found| {
        let marker = found.get(1).or_else(|| found.get(2))?;
        Some(Cut {
            range: marker.range(),
            instead: "",
        })
    });
    let cells = text
        .contains('|')
        .then(|| CELL.find_iter(text))
        .into_iter()
        .flatten();
    let cells = cells.map(|found| Cut {
        range: found.range(),
        instead: " ",
    });
    whole.chain(markers).chain(inline).chain(cells).collect()
}

/// Lists of sources: a line that says so, and the lines below it that have no verb.
pub(super) fn sources(text: &str) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut end = 0;
    for found in SOURCES.find_iter(text).filter(|found| !found.is_empty()) {
        if found.start() < end {
            continue;
        }
        let is_labelled = found.as_str().trim_end().ends_with([':', ':']);
        let rest = text.get(found.end()..).unwrap_or_default();
        let (first, _) = rest.split_once('\n').unwrap_or((rest, ""));
        if !(first.trim().is_empty() || is_labelled && is_listed(first)) {
            continue;
        }
        let after_stop = usize::from(found.as_str().starts_with(['.', '!', '?']));
        if after_stop > 0 && !is_labelled {
            continue;
        }
        end = found.end() + first.len();
        end += listed_below(text.get(end..).unwrap_or_default());
        cuts.push(Cut {
            range: found.start() + after_stop..end,
            instead: "",
        });
    }
    cuts
}

/// How many bytes of lines without a statement follow.
fn listed_below(text: &str) -> usize {
    let mut taken = 0;
    let mut is_open = true;
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if !is_blank && (!is_open || !is_listed(line)) {
            break;
        }
        // A blank line ends a list that has begun.
        is_open = !(is_blank
            && text
                .get(..taken)
                .is_some_and(|before| !before.trim().is_empty()));
        taken += line.len();
    }
    taken
}

fn is_listed(line: &str) -> bool {
    let line = line.trim();
    line.split_whitespace().count() <= 20
        && !may_claim(line)
        && !line.ends_with(['.', '!'])
        && !line.contains(['%', '€', '$', '£'])
}
