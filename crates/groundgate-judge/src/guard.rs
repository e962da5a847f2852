//! Whether a sentence may be called no claim.
//!
//! A judge that obeys may call a lie no claim. Code lets that stand for questions, refusals, lead-ins and
//! words of courtesy that bring nothing which neither the question nor a passage has. Word lists are
//! English; in other languages the guard lets more pass.

use std::{cell::OnceCell, collections::BTreeSet};

use groundgate_model::text::{heading::asserts, refusal::is_refusal};

use super::{
    claims::is_statement,
    number::has_digits,
    proof::Doubt,
    token::{content_stems, is_content, stem, tokens},
};

/// A question or a lead-in with so many words of its own states something.
const OWN_WORDS: usize = 3;

/// The words of question and passages, found once and only when asked for.
#[derive(Debug, Default)]
pub(crate) struct Known<'a> {
    texts: Vec<&'a str>,
    stems: OnceCell<BTreeSet<String>>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            texts: texts.into_iter().collect(),
            stems: OnceCell::new(),
        }
    }

    fn stems(&self) -> &BTreeSet<String> {
        self.stems.get_or_init(|| {
            let texts = self.texts.iter();
            texts.flat_map(|text| content_stems(text)).collect()
        })
    }
}

/// Whether `sentence`, without apparatus, may be called no claim: a refusal, words of courtesy and of the
/// answer itself with at most one word beside them, or a question or lead-in that brings little of its own.
pub(crate) fn check_not_a_claim(sentence: &str, known: &Known<'_>) -> Result<(), Doubt> {
    if is_refusal(sentence) || !is_statement(sentence) {
        return Ok(());
    }
    let trimmed = sentence.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '"'));
    let asks = trimmed.ends_with(['?', '？']);
    let leads_in = trimmed.ends_with([':', '：']);
    let of_substance = || {
        let words = tokens(sentence).into_iter();
        words.filter(|word| is_content(word) && !COURTESY.contains(&word.text.as_str()))
    };
    let says_little = if has_digits(sentence) {
        false
    } else if asks || leads_in {
        let own = of_substance().filter(|word| !known.stems().contains(stem(&word.text)));
        let n_own = own.count();
        n_own < OWN_WORDS && !(n_own > 0 && asserts(sentence))
    } else {
        of_substance().count() < 2 && !asserts(&sentence.to_lowercase().replace("feel free", ""))
    };
    if says_little {
        Ok(())
    } else {
        Err(Doubt::IsClaim)
    }
}

/// Words of greeting, thanks, help and of speaking about the answer, in English.
const COURTESY: &[&str] = &[
    "additional",
    "answer",
    "anything",
    "apologies",
    "apologize",
    "ask",
    "aspects",
    "assist",
    "assistance",
    "assistant",
    "aware",
    "based",
    "below",
    "certainly",
    "consider",
    "considerations",
    "considering",
    "context",
    "course",
    "day",
    "dear",
    "details",
    "document",
    "documents",
    "else",
    "examples",
    "factors",
    "feel",
    "find",
    "following",
    "follows",
    "free",
    "further",
    "get",
    "give",
    "glad",
    "good",
    "great",
    "happy",
    "hear",
    "hello",
    "help",
    "helpful",
    "helps",
    "hesitate",
    "hi",
    "hope",
    "important",
    "include",
    "includes",
    "information",
    "items",
    "keep",
    "key",
    "know",
    "let",
    "like",
    "list",
    "main",
    "mentioned",
    "mind",
    "need",
    "nice",
    "note",
    "ok",
    "okay",
    "options",
    "overview",
    "passage",
    "passages",
    "please",
    "points",
    "provided",
    "question",
    "questions",
    "reach",
    "reasons",
    "regarding",
    "regards",
    "related",
    "remember",
    "response",
    "several",
    "sorry",
    "source",
    "sources",
    "steps",
    "summary",
    "sure",
    "text",
    "thank",
    "thanks",
    "thing",
    "things",
    "tips",
    "touch",
    "wait",
    "way",
    "ways",
    "welcome",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::without_apparatus;

    fn check(sentence: &str, expected: &Result<(), Doubt>) {
        let known = Known::of([
            "How do I reset my password?",
            "Deposits are insured up to 100,000 EUR by the state.",
        ]);
        let found = check_not_a_claim(&without_apparatus(sentence), &known);
        assert_eq!(&found, expected, "{sentence}");
    }

    #[test]
    fn only_courtesy_questions_and_lead_ins_claim_nothing() {
        for sentence in [
            "Hello!",
            "Is there anything else I can help you with?",
            "I hope this helps.",
            "Please let me know if you have further questions.",
            "Here are the steps:",
            "Some important considerations:",
            "When considering deposits, there are several things to keep in mind:",
            "(Passages 1 and 2)",
            "I'm sorry, but I don't have information about closing an account.",
            "Based on the provided passages, here is how to reset your password:",
            "Do you want to reset your password?",
        ] {
            check(sentence, &Ok(()));
        }
        for sentence in [
            "Refunds are instant.",
            "In summary: there is no fee.",
            "It costs 5 EUR.",
            "Your deposit is insured by the bank.",
            "Please note 30 days apply:",
            "1. Open the settings page.",
            "Deposits are insured without any limit:",
            "Did you know that deposits are insured without any limit by the bank's owner?",
            "Did you know that every card comes with a free house?",
        ] {
            check(sentence, &Err(Doubt::IsClaim));
        }
    }
}
