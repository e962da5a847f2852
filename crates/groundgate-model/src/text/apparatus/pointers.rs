//! Lines that only point to where something stands: a link, a file, a page, an entry of a list of
//! references.

use std::sync::LazyLock;

use regex::Regex;

use super::Cut;
use crate::text::clauses::{may_assert, pattern};

/// More words than this beside what points are no title.
const TITLE_WORDS_MAX: usize = 10;

/// `[1]`, `[^1]:`, `【1】`, at the start of a line.
static ENTRY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:\[\^?\d{1,3}\]|【\d{1,3}】|\[\^[\w-]{1,30}\]):?\s*"));

/// What stands before a line's own words.
static MARKER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[-*+•‣▪◦·●>|#\s]|📄|📎|🔗|👉|➡|→|\(?\d{1,2}[.)]\s)+"));

/// Links, addresses and files.
static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix) !?\[(?P<label>[^\[\]\n]{1,200})\]\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+[^()\n]{0,100})?\)
        | <?\b(?:https?://|www\.)[^\s<>\])|]+>?
        | [\w.()&+-]{1,80}\.(?:pdf|md|html?|docx?|txt|jsonl?|csv|xlsx?|pptx?)\b(?:\#[\w=.&-]{1,40})?",
    )
});

/// Pages, sections and the like.
static LOCATOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)(?:\b(?:pages?|pp?|sections?|sec|seiten?|s|chapters?|ch|kapitel|kap|abschnitt|paragraph|para|lines?|version|v|rev|page|pagina|página|art|article|artikel|abs|nr|no)\.?|§§?)
          [\s\u{a0}]*\d[\d.]*(?:\s?[–-]\s?\d[\d.]*)?|\(\d{4}\)|第\s?\d+\s?[页頁章節节]",
    )
});

/// Cuts of lines that only point.
pub(super) fn cuts(text: &str) -> Vec<Cut> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line));
        start += line.len();
    }
    let mut cuts = Vec::new();
    // What follows the lines looked at is nothing but references: lists of them stand at the end.
    let mut is_end = true;
    for (place, (start, line)) in lines.iter().enumerate().rev() {
        let shown = line.trim_end();
        if shown.trim().is_empty() {
            continue;
        }
        let points = match pointing(shown) {
            Pointing::Surely => true,
            Pointing::AsReference => is_end && place > 0,
            Pointing::No => false,
        };
        is_end &= points;
        if points {
            cuts.push(Cut {
                range: *start..start + shown.len(),
                instead: "",
            });
        }
    }
    cuts
}

enum Pointing {
    /// It names a target, and says nothing beside it.
    Surely,
    /// It has the form of an entry of a list of references.
    AsReference,
    No,
}

/// Whether there can be a target. Most lines have none, and the pattern is slow.
fn may_target(line: &str) -> bool {
    let glued = |pair: &[u8; 2]| pair[0] == b'.' && !pair[1].is_ascii_whitespace();
    line.contains("](") || line.contains("://") || line.as_bytes().array_windows().any(glued)
}

fn pointing(line: &str) -> Pointing {
    let own = MARKER.replace(line, "");
    let own = own.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '|'));
    let title = ENTRY.replace(own, "");
    let is_entry = title.len() < own.len() && !title.trim().is_empty();
    let has_target = may_target(&title) && TARGET.is_match(&title);
    if !is_entry && !has_target {
        return Pointing::No;
    }
    let rest = TARGET.replace_all(&title, "$label");
    let located = LOCATOR.replace_all(&rest, "");
    let has_locator = located.len() < rest.len();
    let says = located.trim().ends_with(['.', '!', '?'])
        || located.split_whitespace().count() > TITLE_WORDS_MAX
        || located.chars().any(char::is_numeric)
        || may_assert(&located);
    match (says, has_target || has_locator) {
        (true, _) => Pointing::No,
        (false, true) => Pointing::Surely,
        (false, false) => Pointing::AsReference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_cut(line: &str) -> bool {
        cuts(&format!("The fee is 5 EUR.\n\n{line}")).len() == 1
    }

    #[test]
    fn lines_that_only_point_are_cut() {
        for line in [
            "[1] Terms.pdf, page 7",
            "[1] Terms and Conditions",
            "[2]: Price list (2024), section 4.2",
            "- Terms.pdf",
            "Terms_2024.pdf#page=4",
            "[Terms and conditions](https://harbor.example/terms)",
            "* [Terms and conditions](https://harbor.example/terms), Seite 3",
            "Link: https://harbor.example/terms",
            "https://harbor.example/terms",
            "📄 Price list.docx",
        ] {
            assert!(is_cut(line), "{line}");
        }
    }

    #[test]
    fn lines_that_say_something_are_not() {
        for line in [
            "[1] The account is free",
            "[1] Free travel insurance for everyone",
            "[1] 8 EUR",
            "[Cards cost 5 EUR](https://harbor.example)",
            "Deposits are insured, see Terms.pdf",
            "No fee: https://harbor.example/terms",
            "Terms.pdf says 5.",
            "Travel insurance",
        ] {
            assert!(!is_cut(line), "{line}");
        }
        assert!(cuts("[1] Travel insurance").is_empty());
        assert!(cuts("A.\n[1] Travel insurance\nIt costs nothing.").is_empty());
    }
}
