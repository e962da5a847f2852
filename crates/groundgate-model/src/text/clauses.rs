//! A sentence in clauses, folded, for recognizing what says nothing and what refuses.

use std::sync::LazyLock;

use regex::Regex;

use super::fold::{GROUP_SPACE, fold};

pub(super) fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "fixed patterns, compiled in a test")]
    Regex::new(text).expect("a pattern")
}

/// Where one clause ends and another, which may say something else, begins.
static BORDER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)[;:.!?]+(?:\s|$)
        | ,?\s+\b(?:but|so|however|nevertheless|nonetheless|therefore|though|although|yet|instead|because|since|aber|jedoch|sondern|denn|pero|mais|maar|ma)\b[\s,]
        | ,\s+(?:and|which|und|y|et|e)\s
        | \s[—–]\s | [。！？；：]",
    )
});

/// The clauses of a sentence: folded, without signs at their ends, none empty.
pub(super) fn clauses(sentence: &str) -> Vec<String> {
    let folded: String = fold(sentence)
        .iter()
        .map(|folded| {
            if folded.c == GROUP_SPACE {
                ' '
            } else {
                folded.c
            }
        })
        .filter(|c| !matches!(c, '*' | '_' | '#' | '`' | '"'))
        .collect();
    BORDER
        .split(&folded)
        .map(|clause| clause.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|clause| !clause.is_empty())
        .map(|clause| clause.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}
