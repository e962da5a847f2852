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

/// Words that make a statement of what stands around them. What says nothing has none of them. Words that
/// are nouns as often (costs, refunds, offers, needs) are left out.
static CLAIMS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)\b(?:is|are|was|were|will|would|can|cannot|could|may|might|must|should|shall|has|had|have|does|did
          |gets?|got|receives?|received|pays?|paid|rose|fell|takes?|took|gives?|gave|keeps?|becomes?|earns?
          |applies|apply|expires?|guaranteed|includes?|included|requires?|opens?|closes?|closed|covers?
          |allows?|allowed|grants?|means|owns?|holds?|insures?|insured|refunded|waives?|waived
          |who|which|because
          |ist|sind|war|wird|werden|kann|konnen|können|muss|müssen|mussen|darf|hat|haben|kostet|gilt|erhalt|erhält|bekommt
          |est|sont|peut|doit|coute|coûte|recoit|reçoit|son|está|esta|puede|debe|cuesta|recibe|sono|costa|riceve)\b
          |n't\b|'(?:s|re|ll)\s",
    )
});

/// Words that say how much, for whom or whether at all: with one of them even a line without a verb says
/// something.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)\b(?:no|not|non|never|none|nobody|nothing|nowhere|without|free|unlimited|unrestricted|every|everyone|everybody
          |everything|everywhere|all|always|only|each|instant|instantly|immediate|immediately|lifetime|maximum|minimum|up\ to|zero
          |double|half|twice|guarantee|guarantees|worldwide|complimentary|mandatory|optional|compulsory|forbidden|prohibited
          |kein|keine|keinen|keinem|keiner|nie|niemals|ohne|gratis|kostenlos|kostenfrei|jede|jeder|jedes|jeden|alle|allen|immer|nur|sofort
          |sans|jamais|toujours|gratuit|gratuite|tous|toutes|chaque|sin|nunca|siempre|todos|todas|cada|senza|mai|sempre|gratuito|tutti|ogni)\b
          |[%€$£¥]|免费|無料|全部|所有|全て|無し|没有",
    )
});

/// Whether a part of a line without a verb may say something about the world: [`may_claim`], words of
/// value, and numbers that are none of a page or a section.
pub(super) fn may_assert(text: &str) -> bool {
    may_claim(text) || has_value(text)
}

/// Whether a text has a word of value.
pub(super) fn has_value(text: &str) -> bool {
    VALUES.is_match(text)
}

/// Whether a part of a sentence may say something about the world.
pub(super) fn may_claim(text: &str) -> bool {
    CLAIMS.is_match(text)
}

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
