//! Retrieval against the documents that a right answer rests on.
//!
//! With the shown passages p1 … pk and the expected documents E: `context_recall` = share of E among
//! the documents of p1 … pk; `context_precision` = share of p1 … pk whose document is in E; mrr = 1 ÷
//! the rank of the first passage whose document is in E, 0 without one; ndcg = the sum of 1 ÷ log2(rank + 1)
//! over the first passage of each found document, divided by what it would be if all of E came first.
//! `context_recall@5` looks at the first five passages only.

use std::collections::BTreeSet;

use groundgate_model::{
    eval_set::Case,
    exchange::Answer,
    trial::{MetricSpec, Outcome},
    unit::{UnitInterval, count_to_f64},
};

use super::{missing, scored};

/// The metric's name without its depth, and the depth.
pub(super) fn at_depth(name: &str) -> (&str, Option<usize>) {
    match name.split_once('@') {
        Some((base, depth)) => (base, depth.parse().ok()),
        None => (name, None),
    }
}

/// Measures one of the four.
pub(super) fn measure(
    metric: &MetricSpec,
    base: &str,
    depth: Option<usize>,
    case: &Case,
    answer: &Answer,
) -> Outcome {
    let expected: BTreeSet<&str> = case.expected_documents.iter().map(String::as_str).collect();
    if expected.is_empty() {
        return Outcome::NotApplicable("the case expects no documents".to_owned());
    }
    let Some(passages) = answer.passages.as_deref() else {
        return missing("passages");
    };
    let ids: Option<Vec<&str>> = passages
        .iter()
        .take(depth.unwrap_or(usize::MAX))
        .map(|passage| passage.id.as_deref())
        .collect();
    let Some(ids) = ids else {
        return missing("passage ids");
    };
    let found: BTreeSet<&str> = expected
        .intersection(&ids.iter().copied().collect())
        .copied()
        .collect();
    let hits = ids.iter().filter(|id| expected.contains(*id)).count();
    let value = match base {
        "context_recall" => ratio(found.len(), expected.len()),
        "context_precision" => ratio(hits, ids.len()),
        "ndcg" => ndcg(&ids, &expected, depth),
        _ => ids
            .iter()
            .position(|id| expected.contains(id))
            .map_or(0.0, |index| 1.0 / count_to_f64(index + 1)),
    };
    let explanation = format!(
        "{} of {} expected documents among {} passages",
        found.len(),
        expected.len(),
        ids.len()
    );
    scored(metric, value, explanation, Vec::new())
}

/// Discounted gain of the found documents, as a share of the best that could be (Järvelin and Kekäläinen 2002). A
/// document counts where it is found first: its further passages bring nothing new.
fn ndcg(ids: &[&str], expected: &BTreeSet<&str>, depth: Option<usize>) -> f64 {
    let discount = |index: usize| 1.0 / count_to_f64(index + 2).log2();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let found: f64 = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| expected.contains(*id) && seen.insert(id))
        .map(|(index, _)| discount(index))
        .sum();
    let places = expected.len().min(depth.unwrap_or(usize::MAX));
    let best: f64 = (0..places).map(discount).sum();
    (found / best).min(1.0)
}

/// Nothing retrieved is nothing found.
fn ratio(part: usize, whole: usize) -> f64 {
    UnitInterval::ratio(part, whole)
        .unwrap_or(UnitInterval::ZERO)
        .value()
}

#[cfg(test)]
mod tests {
    use groundgate_model::{
        exchange::Passage,
        trial::{Outcome, Unscored},
    };

    use super::super::measure;
    use crate::test_values::{answer, case, value};

    fn passages(ids: &[&str]) -> Vec<Passage> {
        ids.iter()
            .map(|id| Passage {
                id: Some((*id).to_owned()),
                text: "x".to_owned(),
                source: None,
            })
            .collect()
    }

    #[track_caller]
    fn check(expected: &[&str], shown: &[&str], values: [(&str, f64); 3]) {
        let mut case = case("Q?");
        case.expected_documents = expected.iter().map(|id| (*id).to_owned()).collect();
        let mut answer = answer("A.", None);
        answer.passages = Some(passages(shown));
        for (name, wanted) in values {
            let found = value(measure(&case, &answer, name).as_ref()).expect(name);
            assert!((found - wanted).abs() < 1e-12, "{name}: {found}");
        }
    }

    #[test]
    fn formulas_hold() {
        check(
            &["a", "b"],
            &["x", "a", "a", "y"],
            [
                ("context_recall", 0.5),
                ("context_precision", 0.5),
                ("mrr", 0.5),
            ],
        );
        check(
            &["a"],
            &["a"],
            [
                ("context_recall", 1.0),
                ("context_precision", 1.0),
                ("mrr", 1.0),
            ],
        );
        check(
            &["a"],
            &[],
            [
                ("context_recall", 0.0),
                ("context_precision", 0.0),
                ("mrr", 0.0),
            ],
        );
        check(
            &["a", "a"],
            &["x", "y", "a"],
            [
                ("context_recall@2", 0.0),
                ("context_recall@3", 1.0),
                ("mrr@2", 0.0),
            ],
        );
    }

    #[test]
    fn gain_is_discounted_by_rank_and_a_document_counts_once() {
        let two = 1.0 + 1.0 / 3f64.log2();
        for (shown, expected) in [
            (&["a", "b"][..], 1.0),
            (&["a", "x", "b"], (1.0 + 0.5) / two),
            (&["x", "a", "a"], (1.0 / 3f64.log2()) / two),
            (&["a", "a", "b"], (1.0 + 0.5) / two),
            (&["x"], 0.0),
            (&[], 0.0),
        ] {
            let mut case = case("Q?");
            case.expected_documents = vec!["a".to_owned(), "b".to_owned()];
            let mut answer = answer("A.", None);
            answer.passages = Some(passages(shown));
            let found = value(measure(&case, &answer, "ndcg").as_ref()).unwrap();
            assert!((found - expected).abs() < 1e-12, "{shown:?}: {found}");
            let first = value(measure(&case, &answer, "ndcg@1").as_ref()).unwrap();
            let is_first = f64::from(u8::from(shown.first() == Some(&"a")));
            assert!((first - is_first).abs() < 1e-12, "{shown:?}: {first}");
        }
    }

    #[test]
    fn missing_ids_are_no_misses() {
        let mut case = case("Q?");
        let mut answer = answer("A.", None);
        assert!(matches!(
            measure(&case, &answer, "mrr"),
            Some(Outcome::NotApplicable(_))
        ));
        case.expected_documents = vec!["a".to_owned()];
        let missing = |what: &str| Some(Outcome::Unscored(Unscored::InputMissing(what.into())));
        assert_eq!(measure(&case, &answer, "mrr"), missing("passages"));
        answer.passages = Some(passages(&["a"]));
        if let Some(passage) = answer.passages.as_mut().and_then(|all| all.first_mut()) {
            passage.id = None;
        }
        assert_eq!(
            measure(&case, &answer, "context_recall"),
            missing("passage ids")
        );
    }
}
