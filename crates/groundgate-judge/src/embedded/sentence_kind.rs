//! What a sentence does, as the model was trained to see it: patterns of English only.
//!
//! The rules of the ledger are in [`groundgate_model::text`]; these go when the model is trained again.

/// What a sentence does, as far as refusals and claims go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentenceKind {
    /// Says that the answer is not known, not in the sources, or not to be given.
    Decline,
    /// Asks.
    Question,
    /// Greets, thanks, apologizes, or offers help.
    Courtesy,
    /// Sends the reader elsewhere.
    Referral,
    /// Anything else.
    Statement,
}

/// Sorts one sentence by its words.
pub(crate) fn sentence_kind(sentence: &str) -> SentenceKind {
    let lower = normalized(sentence);
    // Few sentences have one of these; the long lists are for them.
    let may_decline = HINTS.iter().any(|hint| lower.contains(hint));
    let has = |patterns: &[&str]| {
        patterns
            .iter()
            .any(|pattern| contains_words(&lower, pattern))
    };
    // "…, but the plan covers 20 visits" answers after all.
    let turns = may_decline && TURNS.iter().any(|turn| lower.contains(turn));
    let declines = may_decline && (has(DECLINES) || (has(SOURCES) && has(SILENCES)));
    let speaks = ADDRESSES.iter().any(|address| lower.contains(address));
    let opening = lower.split_whitespace().count() <= 7 && has(OPENINGS);
    if declines && !turns {
        SentenceKind::Decline
    } else if sentence.trim_end().ends_with(['?', '？', '؟']) {
        SentenceKind::Question
    } else if opening || (speaks && has(OFFERS)) {
        SentenceKind::Courtesy
    } else if speaks && has(REFERRALS) {
        SentenceKind::Referral
    } else {
        SentenceKind::Statement
    }
}

/// Lower case, straight apostrophes, single spaces, a space at both ends.
fn normalized(sentence: &str) -> String {
    let mut spaced = String::with_capacity(sentence.len() + 2);
    for word in sentence.split_whitespace() {
        spaced.push(' ');
        spaced.push_str(word);
    }
    spaced.push(' ');
    let lower = spaced.to_lowercase();
    if lower.contains('’') {
        lower.replace('’', "'")
    } else {
        lower
    }
}

/// Whether `text` has `pattern` at the start of a word.
fn contains_words(text: &str, pattern: &str) -> bool {
    // Few texts have it; only to look whether is quicker than to look where.
    text.contains(pattern)
        && text.match_indices(pattern).any(|(at, _)| {
            text.get(..at)
                .and_then(|before| before.chars().next_back())
                .is_none_or(|last| !last.is_alphanumeric())
        })
}

const TURNS: &[&str] = &[
    " but the ",
    " but it ",
    " but they ",
    " but you ",
    " however, ",
    " however the ",
    " although ",
    "; ",
];

/// Every decline has one of these.
const HINTS: &[&str] = &[
    "n't",
    " not ",
    " no ",
    " unable ",
    "cannot",
    "insufficient",
    "decline",
    "outside",
    "beyond",
];

/// Every offer and referral has one of these.
const ADDRESSES: &[&str] = &[
    "please",
    " me ",
    "feel free",
    " hope ",
    "happy",
    "glad",
    "here to",
    " if you ",
    "as a",
    "contact",
    "recommend",
    "suggest",
];

/// Say that there is no answer, whatever else the sentence speaks of.
const DECLINES: &[&str] = &[
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i am not sure",
    "i'm unable to",
    "i am unable to",
    "unable to answer",
    "unable to provide",
    "unable to find",
    "unable to determine",
    "i cannot",
    "i can't",
    "cannot be answered",
    "can't be answered",
    "i could not find",
    "i couldn't find",
    "cannot be determined",
    "i don't have",
    "i do not have",
    "i'm not able to",
    "i am not able to",
    "not able to answer",
    "no information about",
    "no information on",
    "no information regarding",
    "no information in",
    "no information available",
    "no information provided",
    "no relevant information",
    "not enough information",
    "insufficient information",
    "i won't",
    "i will not",
    "i must decline",
    "i have to decline",
    "outside of my",
    "outside my",
    "beyond my",
    "not something i can",
    "no answer to",
];

/// Say that something is not said; a decline if they speak of the sources.
const SILENCES: &[&str] = &[
    "not provide",
    "doesn't provide",
    "don't provide",
    "not contain",
    "doesn't contain",
    "don't contain",
    "not include",
    "doesn't include",
    "don't include",
    "not mention",
    "doesn't mention",
    "don't mention",
    "not mentioned",
    "not provided",
    "not specified",
    "not stated",
    "not available",
    "not covered",
    "not found",
    "not address",
    "doesn't address",
    "don't address",
    "not specify",
    "doesn't specify",
    "don't specify",
    "not say",
    "doesn't say",
    "don't say",
    "no mention",
    "not explicitly",
    "not answer",
    "doesn't answer",
    "don't answer",
    "not enough",
    "cannot determine",
    "can't determine",
];

const SOURCES: &[&str] = &[
    "passage",
    "document",
    "context",
    "information",
    "source",
    "text",
    "article",
    "knowledge base",
    "search results",
    "materials",
];

/// Open an answer; courtesy only if little else stands in the sentence.
const OPENINGS: &[&str] = &[
    "hello",
    "hi",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "dear",
    "thank you",
    "thanks",
    "you're welcome",
    "you are welcome",
    "i'm sorry",
    "i am sorry",
    "sorry",
    "i apologize",
    "apologies",
    "best regards",
    "kind regards",
    "great question",
    "good question",
    "sure",
    "of course",
    "certainly",
    "have a great",
    "have a nice",
    "unfortunately",
];

const OFFERS: &[&str] = &[
    "let me know",
    "feel free",
    "happy to help",
    "glad to help",
    "here to help",
    "happy to assist",
    "i hope this",
    "i hope that",
    "hope this helps",
    "if you have any other",
    "if you have any further",
    "if you have any more",
    "if you have any questions",
    "i'd be happy",
    "i would be happy",
    "please rephrase",
    "please clarify",
    "please share",
    "please ask",
    "please provide more",
    "as an ai",
    "as a language model",
];

const REFERRALS: &[&str] = &[
    "please hand",
    "please pass",
    "please escalate",
    "please contact",
    "please reach out",
    "please try",
    "please consult",
    "please check",
    "please refer",
    "please visit",
    "contact support",
    "want to contact",
    "recommend contacting",
    "suggest contacting",
    "recommend checking",
    "suggest checking",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_has_a_hint() {
        let padded = |pattern: &&str| format!(" {pattern} ");
        for pattern in DECLINES.iter().chain(SILENCES) {
            assert!(
                HINTS.iter().any(|hint| padded(pattern).contains(hint)),
                "{pattern}"
            );
        }
        for pattern in OFFERS.iter().chain(REFERRALS) {
            assert!(
                ADDRESSES.iter().any(|hint| padded(pattern).contains(hint)),
                "{pattern}"
            );
        }
    }
}
