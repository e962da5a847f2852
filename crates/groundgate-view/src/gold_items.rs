//! Items whose label is known: they check the labeller.

use groundgate_judge::{bundled, known_cases, units};
use groundgate_report::visible_text;

use super::item_view::{Ask, Task, pieces};
use crate::label::{Given, Item};

/// An item whose label is known.
#[derive(Debug, Clone)]
pub(super) struct GoldItem {
    pub(super) item: Item,
    question: String,
    answer: String,
    passages: Vec<String>,
    pub(super) known: Given,
}

impl GoldItem {
    /// As it is shown.
    pub(super) fn ask(&self) -> Ask {
        Ask {
            task: Task::Claims,
            item: self.item.clone(),
            question: visible_text(&self.question),
            history: Vec::new(),
            answer: [String::new(), visible_text(&self.answer), String::new()],
            passages: self
                .passages
                .iter()
                .enumerate()
                .map(|(n, text)| pieces(n, text))
                .collect(),
            sides: Vec::new(),
            dispute: Vec::new(),
        }
    }
}

/// Known cases of the bundled judge that are one claim with a known label.
pub(super) fn gold_items() -> Vec<GoldItem> {
    let cases = bundled("groundedness")
        .and_then(|judge| known_cases::read("groundedness.cases.jsonl", judge.cases).ok())
        .unwrap_or_default();
    let value = |case: &known_cases::KnownCase, metric: &str| match case.expect.get(metric) {
        Some(known_cases::Expectation::Value(value)) => Some(*value > 0.5),
        _ => None,
    };
    cases
        .iter()
        .filter_map(|case| {
            let known = match (
                value(case, "groundedness")?,
                value(case, "no_contradiction")?,
            ) {
                (true, true) => Given::Supported,
                (false, true) => Given::NotFound,
                (false, false) => Given::Contradicted,
                (true, false) => return None,
            };
            let passages = case
                .answer
                .passages
                .as_ref()
                .filter(|passages| !passages.is_empty())?;
            (units(&case.answer.text).len() == 1).then(|| GoldItem {
                item: Item {
                    run: "known".to_owned(),
                    case: case.name.clone(),
                    attempt: 0,
                    claim: Some("s1".to_owned()),
                    baseline: None,
                },
                question: case.case.question.clone(),
                answer: case.answer.text.clone(),
                passages: passages
                    .iter()
                    .map(|passage| passage.text.clone())
                    .collect(),
                known,
            })
        })
        .collect()
}
