//! Passages that do not fit into one call: shown in several, and what is said of each claim joined.
//!
//! Nothing is cut. A claim is contradicted if any part contradicts it, else supported if any part has
//! proof for it, else not found; no claim only where every part says so. Of two parts that support a
//! claim the one counts whose label stands better.

use std::cmp::Reverse;

use groundgate_model::trial::{ClaimFinding, Label, Standing};

use super::{
    prompt::{self, Draw, Prompt, Texts},
    score::Outcomes,
    settle::claim_outcomes,
    spec::{JudgeSpec, LongContext, PassageOrder},
};

/// More calls than this for one vote are not made.
const PARTS_MAX: usize = 16;

/// What one part's reply says of each claim.
#[derive(Debug, Clone, PartialEq)]
pub struct PartLabels(pub(super) Vec<ClaimFinding>);

/// The fewest calls that show all passages; `None` where the spec does not want several, or where
/// even so a call would be too long.
pub(super) fn prompts(
    spec: &JudgeSpec,
    texts: &Texts<'_>,
    draw: Draw<'_>,
    order: PassageOrder,
) -> Option<Vec<Prompt>> {
    if spec.limits.long_context != LongContext::SeveralCalls {
        return None;
    }
    let order = prompt::order_of(texts, draw, order);
    let most = PARTS_MAX.min(order.len());
    (2..=most).find_map(|n| {
        let groups = groups(texts, &order, n);
        let written = groups
            .into_iter()
            .map(|group| prompt::write_with(spec, texts, draw, group));
        written.collect::<Result<Vec<Prompt>, _>>().ok()
    })
}

/// The passages in `n` groups of about the same length, in their order.
fn groups(texts: &Texts<'_>, order: &[usize], n: usize) -> Vec<Vec<usize>> {
    let length = |place: &usize| {
        texts
            .passages
            .get(*place)
            .map_or(0, |text| text.chars().count())
    };
    let whole: usize = order.iter().map(length).sum();
    let share = whole.div_ceil(n).max(1);
    let mut groups: Vec<Vec<usize>> = vec![Vec::new()];
    let mut filled = 0;
    for place in order {
        let full = filled >= share * groups.len();
        if full && groups.len() < n {
            groups.push(Vec::new());
        }
        filled += length(place);
        if let Some(group) = groups.last_mut() {
            group.push(*place);
        }
    }
    groups
}

/// One outcome for every metric, from all parts of a vote.
pub fn join_parts(spec: &JudgeSpec, parts: Vec<PartLabels>) -> Outcomes {
    let mut parts = parts.into_iter().map(|part| part.0);
    let Some(mut joined) = parts.next() else {
        return Outcomes::new();
    };
    for part in parts {
        for (claim, other) in joined.iter_mut().zip(part) {
            if rank(&other) > rank(claim) {
                *claim = other;
            }
        }
    }
    claim_outcomes(spec, &joined)
}

/// Which of two parts' labels wins: support without any proof is no more than nothing found, and hides
/// what another part found.
fn rank(claim: &ClaimFinding) -> (u8, Reverse<Standing>) {
    let standing = claim.standing();
    let of_label = match claim.label {
        Label::NotAClaim => 0,
        Label::NotFound => 1,
        Label::Supported if standing == Standing::WithoutProof => 2,
        Label::Supported => 3,
        Label::Contradicted => 4,
    };
    (of_label, Reverse(standing))
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{ClaimOf, Outcome, Reason};
    use serde_json::json;

    use super::*;
    use crate::{
        Ask, Prepared, Subject, prepare,
        test_values::{answer, bundled_spec, case, value},
    };

    fn long_spec() -> JudgeSpec {
        let mut spec = bundled_spec("groundedness");
        spec.limits.characters = 6000;
        spec.limits.long_context = LongContext::SeveralCalls;
        spec
    }

    fn reply(ask: &Ask<'_>, label: &str, passage: usize, quote: &str) -> String {
        let shown = ask.shown_number(passage);
        json!({"claims": [{"id": "s1", "label": label, "passage": shown, "quote": quote}]})
            .to_string()
    }

    #[test]
    fn every_passage_is_shown_once_and_no_call_is_too_long() {
        let spec = long_spec();
        let texts: Vec<String> = (0..12)
            .map(|n| format!("Passage {n}: {}", "word ".repeat(120)))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (case, answer) = (case("How long?"), answer("It takes 14 days.", Some(&texts)));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let Prepared::Parts(asks) = prepare(
            &spec,
            subject,
            Draw {
                seed: b"x",
                vote: 0,
            },
        ) else {
            panic!("it fits into one call")
        };
        assert!(asks.len() > 1 && asks.len() < 12, "{}", asks.len());
        for passage in 0..12 {
            let shown = asks
                .iter()
                .filter(|ask| ask.shown_number(passage).is_some());
            assert_eq!(shown.count(), 1, "{passage}");
        }
        for ask in &asks {
            let length: usize = ask
                .request()
                .messages
                .iter()
                .map(|one| one.text.chars().count())
                .sum();
            assert!(length <= 6000, "{length}");
        }
        let mut unscored = spec.clone();
        unscored.limits.long_context = LongContext::Unscored;
        let prepared = prepare(
            &unscored,
            subject,
            Draw {
                seed: b"x",
                vote: 0,
            },
        );
        assert!(matches!(prepared, Prepared::Settled(_)));
    }

    #[test]
    fn labels_are_joined_for_the_worse_where_parts_contradict_each_other() {
        let spec = long_spec();
        let filler = "word ".repeat(400);
        let supports = format!("Refunds take 14 days. {filler}");
        let contradicts = format!("Refunds never take 14 days. {filler}");
        let texts = [supports.as_str(), contradicts.as_str(), filler.as_str()];
        let (case, answer) = (
            case("How long?"),
            answer("Refunds take 14 days.", Some(&texts)),
        );
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let Prepared::Parts(asks) = prepare(
            &spec,
            subject,
            Draw {
                seed: b"x",
                vote: 0,
            },
        ) else {
            panic!("it fits into one call")
        };
        let joined = |label_of_second: &str| {
            let parts = asks.iter().map(|ask| {
                let text = if ask.shown_number(1).is_some() && label_of_second != "not-found" {
                    reply(ask, label_of_second, 1, "Refunds never take 14 days")
                } else if ask.shown_number(0).is_some() {
                    reply(ask, "supported", 0, "Refunds take 14 days")
                } else {
                    json!({"claims": [{"id": "s1", "label": "not-found"}]}).to_string()
                };
                ask.part(ask.hear(&text).expect("valid"))
            });
            join_parts(&spec, parts.collect())
        };
        let one_supports = joined("not-found");
        assert_eq!(
            value(one_supports.get("groundedness")),
            Some(1.0),
            "{one_supports:?}"
        );
        let one_contradicts = joined("contradicted");
        assert_eq!(value(one_contradicts.get("groundedness")), Some(0.0));
        assert_eq!(value(one_contradicts.get("no_contradiction")), Some(0.0));
    }

    #[test]
    fn support_without_proof_in_any_part_leaves_open_what_holds() {
        let spec = bundled_spec("groundedness");
        let claim = |label, reasons: Vec<Reason>| ClaimFinding {
            of: ClaimOf::Answer,
            id: "s1".to_owned(),
            text: "It takes 14 days.".to_owned(),
            start: 0,
            end: 17,
            label,
            evidence: None,
            reasons,
        };
        let without = || {
            let because = "no quote was given".to_owned();
            PartLabels(vec![claim(
                Label::Supported,
                vec![Reason::WithoutProof { because }],
            )])
        };
        let part = |label| PartLabels(vec![claim(label, Vec::new())]);
        let joined = |parts| join_parts(&spec, parts)["no_contradiction"].clone();
        for parts in [
            vec![part(Label::NotFound), without()],
            vec![without(), part(Label::NotFound)],
        ] {
            let open = joined(parts);
            assert!(matches!(open, Outcome::Unscored(_)), "{open:?}");
        }
        let proven = vec![without(), part(Label::Supported)];
        assert_eq!(value(Some(&joined(proven))), Some(1.0));
    }
}
