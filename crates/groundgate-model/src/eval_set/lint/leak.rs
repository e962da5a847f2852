//! Answers that stand in questions, questions that stand in documents, and facts that stand nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Lint, Severity,
    words::{joined, numbers, words},
};
use crate::eval_set::{Case, KnowledgeBase};

/// Shorter texts occur in others by chance.
const SHORTEST_ANSWER: usize = 3;
/// As `SHORTEST_ANSWER`, for whole questions.
const SHORTEST_QUESTION: usize = 4;

/// Questions that hold their own answer.
pub(super) fn answers_in_questions(cases: &[Case]) -> Vec<Lint> {
    let given_away = |case: &&Case| {
        let question = joined(&case.question);
        let mut answers = case.expected_facts.iter().chain(&case.reference_answer);
        answers.any(|answer| {
            words(answer).len() >= SHORTEST_ANSWER && question.contains(&joined(answer))
        })
    };
    let lint = Lint::new(
        Severity::Error,
        cases.iter().filter(given_away),
        "the question holds an expected fact or the reference answer",
        "ask without giving the answer away",
    );
    Some(lint)
        .filter(|lint| !lint.cases.is_empty())
        .into_iter()
        .collect()
}

/// Questions that a document holds word by word.
pub(super) fn questions_in_documents(cases: &[Case], knowledge_base: &KnowledgeBase) -> Vec<Lint> {
    let texts: Vec<(&str, String)> = knowledge_base
        .documents
        .iter()
        .map(|document| (document.id.as_str(), joined(&document.text)))
        .collect();
    let mut starts: BTreeMap<Vec<&str>, BTreeSet<usize>> = BTreeMap::new();
    for (index, (_, text)) in texts.iter().enumerate() {
        let words: Vec<&str> = text.split_whitespace().collect();
        for start in words.windows(SHORTEST_QUESTION) {
            starts.entry(start.to_vec()).or_default().insert(index);
        }
    }
    let verbatim = |case: &Case| {
        let question = joined(&case.question);
        let start: Vec<&str> = question
            .split_whitespace()
            .take(SHORTEST_QUESTION)
            .collect();
        let holders = starts.get(&start)?;
        let found = holders.iter().filter_map(|index| texts.get(*index));
        found
            .filter(|(_, text)| text.contains(&question))
            .map(|(id, _)| *id)
            .next()
    };
    cases
        .iter()
        .filter_map(|case| {
            let id = verbatim(case)?;
            Some(Lint::new(
                Severity::Warning,
                [case],
                format!("the question stands word by word in the document `{id}`"),
                "ask in the words of the people who ask, or retrieval is measured too well",
            ))
        })
        .collect()
}

/// Expected facts with numbers that none of the expected documents holds.
pub(super) fn numbers_without_source(cases: &[Case], knowledge_base: &KnowledgeBase) -> Vec<Lint> {
    let in_document: BTreeMap<&str, BTreeSet<String>> = knowledge_base
        .documents
        .iter()
        .map(|document| (document.id.as_str(), numbers(&document.text)))
        .collect();
    let missing = |case: &Case| {
        let known: BTreeSet<&str> = case
            .expected_documents
            .iter()
            .filter_map(|id| in_document.get(id.as_str()))
            .flatten()
            .map(String::as_str)
            .collect();
        let facts = case.expected_facts.iter().flat_map(|fact| numbers(fact));
        let mut unknown = facts.filter(|number| !known.contains(number.as_str()));
        unknown.next()
    };
    cases
        .iter()
        .filter(|case| !case.expected_documents.is_empty())
        .filter_map(|case| {
            let number = missing(case)?;
            Some(Lint::new(
                Severity::Warning,
                [case],
                format!(
                    "an expected fact holds the number {number}, and no expected document does"
                ),
                "correct the fact, or name the document that holds it",
            ))
        })
        .collect()
}
