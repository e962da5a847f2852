//! A judge that is right about words: it calls every claim supported, and quotes the sentence of the
//! passages that shares most words with it. Lines that lead in are no claims.

use groundgate_model::trial::{Label, Outcome, Unscored};
use serde_json::json;

use super::Judged;
use crate::{
    Ask, Draw, OfflineJudge, Prepared, Subject, embedded::EmbeddedJudge, prepare, sentences,
    test_values::bundled_spec, token::tokens,
};

pub(crate) struct RightAboutWords;

impl Judged for RightAboutWords {
    fn groundedness(&self, subject: Subject<'_>) -> Outcome {
        judged_with(subject, |ask| {
            reply(ask, subject, |claim| {
                if claim.trim_end_matches(['*', ' ', '|']).ends_with(':') {
                    Label::NotAClaim
                } else {
                    Label::Supported
                }
            })
        })
    }
}

/// What becomes of a judge's reply that it insists on.
pub(crate) fn judged_with(subject: Subject<'_>, reply: impl Fn(&Ask<'_>) -> String) -> Outcome {
    let spec = bundled_spec("groundedness");
    let draw = Draw {
        seed: b"seed",
        vote: 0,
    };
    let outcomes = match prepare(&spec, subject, draw) {
        Prepared::Settled(outcomes) => outcomes,
        Prepared::Ask(ask) => match ask.read_reply(&reply(&ask)) {
            Ok(outcomes) => outcomes,
            Err(fault) => {
                return Outcome::Unscored(Unscored::ReplyMalformed(fault.to_string().into()));
            }
        },
        Prepared::Parts(_) => return Outcome::Unscored(Unscored::NotRun),
    };
    outcomes["groundedness"].clone()
}

/// A reply that labels each claim so, with the nearest sentence as its quote.
pub(crate) fn reply(ask: &Ask<'_>, subject: Subject<'_>, label: impl Fn(&str) -> Label) -> String {
    let passages: Vec<&str> = (subject.answer.passages.iter().flatten())
        .map(|passage| passage.text.as_str())
        .collect();
    let claims: Vec<_> = ask
        .ids()
        .into_iter()
        .map(|(id, text)| {
            let label = label(&text);
            let nearest = nearest(&text, &passages).filter(|_| label == Label::Supported);
            let passage = nearest.as_ref().and_then(|(place, _)| ask.shown_number(*place));
            json!({"id": id, "passage": passage, "quote": nearest.map(|(_, quote)| quote), "label": label.name()})
        })
        .collect();
    json!({ "claims": claims }).to_string()
}

/// The sentence that shares most with a claim, and the place of its passage.
fn nearest(claim: &str, passages: &[&str]) -> Option<(usize, String)> {
    let wanted: Vec<String> = tokens(claim).into_iter().map(|token| token.text).collect();
    let mut best = None;
    let mut most = 0;
    for (place, passage) in passages.iter().enumerate() {
        for range in sentences::split(passage) {
            let text = &passage[range];
            let there: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
            let shared: usize = wanted
                .iter()
                .filter(|word| there.contains(word))
                .map(String::len)
                .sum();
            // Of two that share as much, the shorter one says it more plainly.
            let score = 1000 * (1 + shared) - there.len().min(900);
            if score > most {
                most = score;
                best = Some((place, text.to_owned()));
            }
        }
    }
    best
}

/// The embedded judge, for the same suite.
pub(crate) struct EmbeddedAsJudge(OfflineJudge);

impl EmbeddedAsJudge {
    pub(crate) fn bundled() -> Self {
        Self(OfflineJudge::new(
            EmbeddedJudge::bundled().expect("bundled"),
        ))
    }
}

impl Judged for EmbeddedAsJudge {
    fn groundedness(&self, subject: Subject<'_>) -> Outcome {
        self.0.judge(subject)["groundedness"].clone()
    }
}
