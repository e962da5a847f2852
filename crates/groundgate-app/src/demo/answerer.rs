//! From a question to an extractive answer with its passages. Pure: the same question and variant
//! give the same answer.

use std::collections::BTreeSet;

use groundgate_model::{
    eval_set::{Document, KnowledgeBase},
    unit::{Digest, count_to_f64},
};

use super::{
    bm25::Index,
    text::{sentences, terms},
    variant::Variant,
};

/// How many documents are retrieved.
const RETRIEVED: usize = 3;
/// An answer has at most so many sentences.
const SENTENCES: usize = 4;
/// Less of the question's weight found in the best document: the copilot refuses.
const REFUSE_BELOW: f64 = 0.26;
/// The product whose retrieval the `wrong-retrieval` variant breaks.
const BROKEN_PRODUCT: &str = "refunds";

const REFUSAL: &str = "I could not find this in the knowledge base, so I cannot answer it. Please hand the question over to the responsible team.";

const ADDITIONS: [&str; 4] = [
    "Harbor also grants every affected customer a goodwill voucher for premium lounge access.",
    "The branch manager may waive this requirement after a short video interview with the family.",
    "Weekend requests are handled by our partner laboratory in Singapore within minutes.",
    "Loyal customers automatically receive complimentary travel insurance as compensation.",
];

/// The copilot without its server.
#[derive(Debug)]
pub struct Answerer {
    documents: Vec<Document>,
    index: Index,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoAnswer<'a> {
    /// The answer, each sentence followed by the number of its passage.
    pub text: String,
    /// The retrieved documents, best first.
    pub passages: Vec<&'a Document>,
}

impl Answerer {
    /// Reads the knowledge base once.
    pub fn new(knowledge_base: KnowledgeBase) -> Self {
        let documents = knowledge_base.documents;
        let texts: Vec<String> = documents
            .iter()
            .map(|document| format!("{0} {0} {1}", document.title, document.text))
            .collect();
        let index = Index::new(texts.iter().map(String::as_str));
        Self { documents, index }
    }

    /// Answers the last of the user's turns; earlier ones help to find documents.
    pub fn answer(&self, earlier: &str, question: &str, variant: Variant) -> DemoAnswer<'_> {
        let asked = terms(question);
        let mut query = terms(earlier);
        query.extend(asked.iter().cloned().chain(asked.iter().cloned()));
        let passages = self.retrieve(&query, variant);
        let text = match passages.first() {
            Some(best) if self.coverage(&asked, best) >= REFUSE_BELOW => {
                self.compose(&query, &passages, Dice::new(question, variant), variant)
            }
            _ => REFUSAL.to_owned(),
        };
        DemoAnswer { text, passages }
    }

    fn retrieve(&self, query: &[String], variant: Variant) -> Vec<&Document> {
        let found = self.index.search(query);
        let ranked = found
            .iter()
            .filter_map(|(place, _)| self.documents.get(*place));
        let broken = variant == Variant::WrongRetrieval
            && ranked
                .clone()
                .next()
                .is_some_and(|best| best.product == BROKEN_PRODUCT);
        ranked
            .filter(|document| !broken || document.product != BROKEN_PRODUCT)
            .take(RETRIEVED)
            .collect()
    }

    /// The share of the question's weight that a document holds.
    fn coverage(&self, asked: &[String], document: &Document) -> f64 {
        let held: BTreeSet<String> = terms(&document.title)
            .into_iter()
            .chain(terms(&document.text))
            .collect();
        let weight = |words: &mut dyn Iterator<Item = &String>| -> f64 {
            words.map(|word| self.index.weight(word)).sum()
        };
        let all = weight(&mut asked.iter());
        if all > 0.0 {
            weight(&mut asked.iter().filter(|word| held.contains(*word))) / all
        } else {
            0.0
        }
    }

    fn compose(
        &self,
        query: &[String],
        passages: &[&Document],
        dice: Dice,
        variant: Variant,
    ) -> String {
        let asked: BTreeSet<&String> = query.iter().collect();
        let mut candidates: Vec<(f64, usize, usize, &str)> = Vec::new();
        for (rank, passage) in passages.iter().enumerate() {
            for (place, sentence) in sentences(&passage.text).into_iter().enumerate() {
                let words: BTreeSet<String> = terms(sentence).into_iter().collect();
                let shared: f64 = words
                    .iter()
                    .filter(|word| asked.contains(word))
                    .map(|word| self.index.weight(word))
                    .sum();
                let brevity = 1.0 / (8.0 + count_to_f64(words.len())).sqrt();
                let rank_bonus = 1.0 / (1.0 + 0.35 * count_to_f64(rank));
                candidates.push((shared * brevity * rank_bonus, rank, place, sentence));
            }
        }
        candidates.sort_by(|one, other| other.0.total_cmp(&one.0));
        if dice.one_in(25) {
            candidates.rotate_left(1);
        }
        let best = candidates.first().map_or(0.0, |candidate| candidate.0);
        let mut chosen: Vec<(f64, usize, usize, &str)> = candidates
            .into_iter()
            .take(SENTENCES)
            .filter(|candidate| candidate.0 >= 0.3 * best)
            .collect();
        chosen.sort_by_key(|&(_, rank, place, _)| (rank, place));
        let mut answer: Vec<String> = chosen
            .iter()
            .map(|(_, rank, _, sentence)| format!("{sentence} [{}]", rank + 1))
            .collect();
        match variant {
            Variant::UnsupportedAdditions if dice.one_in(3) => {
                answer.extend(
                    dice.choose(&ADDITIONS)
                        .map(|addition| (*addition).to_owned()),
                );
            }
            Variant::StaleNumbers if dice.one_in(3) => {
                answer = answer.iter().map(|sentence| stale(sentence)).collect();
            }
            Variant::Good
            | Variant::SameAgain
            | Variant::WrongRetrieval
            | Variant::UnsupportedAdditions
            | Variant::StaleNumbers => {}
        }
        answer.join(" ")
    }
}

/// The sentence with every number of an older price list: half as much again. Citations and times of
/// day stay.
fn stale(sentence: &str) -> String {
    let (body, citation) = sentence.rsplit_once(" [").unwrap_or((sentence, ""));
    let mut old = String::new();
    let mut rest = body;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.' | ':'));
        let (token, after) = number.split_at(end.unwrap_or(number.len()));
        let digits = token.trim_end_matches(['.', ',', ':']);
        old.push_str(before);
        if digits.contains(':') {
            old.push_str(digits);
        } else {
            old.push_str(&half_as_much_again(digits));
        }
        old.push_str(token.strip_prefix(digits).unwrap_or_default());
        rest = after;
    }
    format!("{old}{rest} [{citation}")
}

/// `20` → `30`, `16.99` → `25.48`, `5,000` → `7,500`.
fn half_as_much_again(number: &str) -> String {
    let (whole, cents) = number.split_once('.').unwrap_or((number, ""));
    let grouped = whole.contains(',');
    let plain: String = format!("{whole}{cents}")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let Ok(value) = plain.parse::<u64>() else {
        return number.to_owned();
    };
    let digits = (value + value.div_ceil(2)).to_string();
    let digits = format!("{digits:0>width$}", width = cents.len() + 1);
    let (whole, cents) = digits.split_at(digits.len() - cents.len());
    let whole = match whole.len() {
        4.. if grouped => {
            let (thousands, rest) = whole.split_at(whole.len() - 3);
            format!("{thousands},{rest}")
        }
        _ => whole.to_owned(),
    };
    if cents.is_empty() {
        whole
    } else {
        format!("{whole}.{cents}")
    }
}

/// Chance that depends on the question and the variant only.
#[derive(Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn new(question: &str, variant: Variant) -> Self {
        let digest = Digest::of_parts([question.as_bytes(), variant.name().as_bytes()]);
        Self(digest.prefix_u64() >> 4)
    }

    const fn one_in(self, n: u64) -> bool {
        self.0.is_multiple_of(n)
    }

    fn choose<T>(self, from: &[T]) -> Option<&T> {
        let n = u64::try_from(from.len()).ok().filter(|n| *n > 0)?;
        from.get(usize::try_from((self.0 / 1024) % n).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answerer() -> Answerer {
        let document = |id: &str, product: &str, text: &str| Document {
            id: id.to_owned(),
            title: id.replace('-', " "),
            product: product.to_owned(),
            updated: "2026-03-01".to_owned(),
            text: text.to_owned(),
        };
        Answerer::new(KnowledgeBase {
            documents: vec![
                document(
                    "refunds-merchant",
                    "refunds",
                    "A merchant refund reaches the account within 10 business days. The agent cannot speed it up.",
                ),
                document(
                    "cards-limits",
                    "cards",
                    "A standard card has a daily cash limit of 500 EUR. A metal card has a daily cash limit of 1500 EUR.",
                ),
                document(
                    "refunds-fees",
                    "fees",
                    "A wrongly charged fee is refunded by the agent on the same day.",
                ),
            ],
        })
    }

    #[test]
    fn the_good_variant_quotes_the_right_document() {
        let answerer = answerer();
        let answer = answerer.answer(
            "",
            "when does a merchant refund reach the account",
            Variant::Good,
        );
        assert!(
            answer.text.contains("within 10 business days. [1]"),
            "{}",
            answer.text
        );
        assert_eq!(answer.passages[0].id, "refunds-merchant");
    }

    #[test]
    fn what_no_document_covers_is_refused() {
        let answer = answerer()
            .answer("", "mortgage interest for a houseboat", Variant::Good)
            .text;
        assert_eq!(answer, REFUSAL);
    }

    #[test]
    fn wrong_retrieval_never_sees_the_broken_product() {
        let answerer = answerer();
        let answer = answerer.answer(
            "",
            "merchant refund to the account",
            Variant::WrongRetrieval,
        );
        assert!(
            answer
                .passages
                .iter()
                .all(|passage| passage.product != BROKEN_PRODUCT)
        );
        let other = answerer.answer(
            "",
            "daily cash limit of a metal card",
            Variant::WrongRetrieval,
        );
        assert_eq!(other.passages[0].id, "cards-limits");
    }

    #[test]
    fn stale_numbers_change_numbers_and_nothing_else() {
        assert_eq!(
            stale("A fee of 20 EUR within 3 days. [2]"),
            "A fee of 30 EUR within 5 days. [2]"
        );
        assert_eq!(
            stale("Paid before 13:00, and 5,000 EUR: 2.50 less. [1]"),
            "Paid before 13:00, and 7,500 EUR: 3.75 less. [1]"
        );
    }
}
