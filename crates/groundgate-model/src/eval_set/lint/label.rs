//! What the labels of cases say: answerable or not, expectations, documents, slices.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lint, Severity};
use crate::{
    diagnostic::nearest,
    eval_set::{Case, KnowledgeBase},
};

/// Slices with fewer cases say next to nothing.
const THIN: usize = 10;
/// So many values are named in one message.
const NAMED: usize = 5;
/// The tag that some eval sets write beside the flag, and its value.
const KIND: (&str, &str) = ("kind", "unanswerable");

/// Whether everything that says "the knowledge base has no answer" says the same.
pub(super) fn answerable(cases: &[Case]) -> Vec<Lint> {
    let (tag, value) = KIND;
    let is_tagged = |case: &&Case| case.tags.get(tag).is_some_and(|found| found == value);
    let refuses = |case: &&Case| case.answerable == Some(false);
    let contradicts =
        |case: &&Case| case.tags.contains_key(tag) && is_tagged(case) != refuses(case);
    // Where no case has the value, the tag means something else.
    let tag_is_used = cases.iter().any(|case| is_tagged(&case));
    let unsaid = cases.iter().filter(|case| case.answerable.is_none());
    let expects = |case: &&Case| {
        refuses(case) && !(case.expected_facts.is_empty() && case.expected_documents.is_empty())
    };
    some([
        Lint::new(
            Severity::Error,
            cases.iter().filter(|case| tag_is_used && contradicts(case)),
            format!("`answerable` and the tag `{tag}={value}` contradict each other"),
            "set `answerable` to false exactly where the tag says so",
        ),
        Lint::new(
            Severity::Error,
            cases.iter().filter(expects),
            "an unanswerable question has expected facts or documents",
            "leave them out, or set `answerable` to true",
        ),
        Lint::new(
            Severity::Warning,
            unsaid,
            "`answerable` is not said, so that a refusal is neither right nor wrong",
            "set `answerable` to true or false",
        ),
    ])
}

/// Whether a right answer is known.
pub(super) fn expectations(cases: &[Case]) -> Vec<Lint> {
    let answerable = || cases.iter().filter(|case| case.answerable != Some(false));
    let unknown = answerable()
        .filter(|case| case.reference_answer.is_none() && case.expected_facts.is_empty());
    let no_facts = answerable()
        .filter(|case| case.reference_answer.is_some() && case.expected_facts.is_empty());
    some([
        Lint::new(
            Severity::Warning,
            unknown,
            "neither a reference answer nor expected facts: correctness cannot be measured",
            "write down what a right answer states",
        ),
        Lint::new(
            Severity::Warning,
            no_facts,
            "a reference answer without expected facts: correctness is measured by a paraphrase",
            "split the reference answer into one to three facts",
        ),
    ])
}

/// Whether the expected documents are there.
pub(super) fn documents(cases: &[Case], knowledge_base: &KnowledgeBase) -> Vec<Lint> {
    let known: BTreeSet<&str> = knowledge_base
        .documents
        .iter()
        .map(|document| document.id.as_str())
        .collect();
    let mut missing: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        for id in &case.expected_documents {
            if !known.contains(id.as_str()) {
                missing.entry(id).or_default().push(case);
            }
        }
    }
    let absent = missing.into_iter().map(|(id, cases)| {
        let help = match nearest(id, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add the document, or expect another one".to_owned(),
        };
        let message = format!("the expected document `{id}` is not in the knowledge base");
        Lint::new(Severity::Error, cases, message, &help)
    });
    let unnamed = cases
        .iter()
        .filter(|case| case.answerable != Some(false) && case.expected_documents.is_empty());
    let unnamed = Lint::new(
        Severity::Warning,
        unnamed,
        "no expected documents: retrieval cannot be measured",
        "name the documents that a right answer rests on",
    );
    absent.chain(some([unnamed])).collect()
}

/// Whether slices cover all cases and are large enough.
pub(super) fn slices(cases: &[Case]) -> Vec<Lint> {
    let mut dimensions: BTreeMap<&str, BTreeMap<&str, Vec<&Case>>> = BTreeMap::new();
    for case in cases {
        for (tag, value) in &case.tags {
            let values = dimensions.entry(tag).or_default();
            values.entry(value).or_default().push(case);
        }
    }
    let per_dimension = dimensions.into_iter().flat_map(|(tag, values)| {
        let untagged = cases.iter().filter(|case| !case.tags.contains_key(tag));
        let partial = Lint::new(
            Severity::Warning,
            untagged,
            format!("no tag `{tag}`, which other cases have"),
            "tag every case, so that slices add up to the whole",
        );
        some([partial, thin(tag, &values)])
    });
    per_dimension.collect()
}

fn thin(tag: &str, values: &BTreeMap<&str, Vec<&Case>>) -> Lint {
    let thin: Vec<(&str, &Vec<&Case>)> = values
        .iter()
        .filter(|(_, cases)| cases.len() < THIN)
        .map(|(value, cases)| (*value, cases))
        .collect();
    let mut named: Vec<String> = thin
        .iter()
        .take(NAMED)
        .map(|(value, cases)| format!("{value} ({})", cases.len()))
        .collect();
    if thin.len() > NAMED {
        named.push(format!("{} more", thin.len() - NAMED));
    }
    Lint::new(
        Severity::Warning,
        thin.iter().flat_map(|(_, cases)| cases.iter().copied()),
        format!(
            "slices of `{tag}` with fewer than {THIN} cases: {}",
            named.join(", ")
        ),
        "add cases, or join values",
    )
}

/// Whether anything is critical.
pub(super) fn critical(cases: &[Case]) -> Vec<Lint> {
    if cases.iter().any(|case| case.critical) {
        return Vec::new();
    }
    vec![Lint::new(
        Severity::Warning,
        [],
        "no case is critical",
        "mark the cases where a wrong answer does harm with `critical`",
    )]
}

/// Those that are about any case.
fn some<const N: usize>(lints: [Lint; N]) -> Vec<Lint> {
    lints
        .into_iter()
        .filter(|lint| !lint.cases.is_empty())
        .collect()
}
