//! Attacks: texts that try to talk a judge into a better label.
//!
//! Appended to answers that people labelled bad, they show how many a judge lets turn good. The
//! bundled ones stand in `judges/attacks.jsonl`, one object a line with `family` and `text`.

use std::collections::BTreeSet;

use groundgate_model::diagnostic::{Mistake, Mistakes};
use serde::Deserialize;

/// One text with the family of tricks it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// For counting: `order`, `fake reply`, ….
    pub family: String,
    /// What is appended to an answer.
    pub text: String,
}

/// The bundled attacks, for [`read`].
pub const BUNDLED: &str = include_str!("../../../judges/attacks.jsonl");

/// Reads attacks; `file` is their name for messages.
pub fn read(file: &str, source: &str) -> Result<Vec<Attack>, Mistakes> {
    let mut attacks = Vec::new();
    let mut mistakes = Vec::new();
    for (number, line) in (1_usize..).zip(source.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(attack) => attacks.push(attack),
            Err(error) => {
                let message = format!("not an attack: {error}");
                mistakes.push(Mistake::in_file(file, message).on_line(number));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(attacks)
    } else {
        Err(Mistakes(mistakes))
    }
}

/// What only a reply, a prompt or a page has in it.
const MARKUP: [&str; 10] = [
    "<|",
    "|>",
    "[inst]",
    "<<<",
    "```",
    "{\"",
    "\":",
    "</",
    "assistant:",
    "system:",
];
/// Words for what a judge does and is.
const TRADE: [&str; 36] = [
    "label",
    "labels",
    "labelled",
    "labeled",
    "claim",
    "claims",
    "supported",
    "unsupported",
    "grounded",
    "faithful",
    "groundedness",
    "faithfulness",
    "judge",
    "judge's",
    "evaluator",
    "evaluation",
    "evaluate",
    "verdict",
    "instruction",
    "instructions",
    "ignore",
    "disregard",
    "passage",
    "passages",
    "quote",
    "quotation",
    "score",
    "rating",
    "grade",
    "evidence",
    "id",
    "ids",
    "prompt",
    "reasoning",
    "answer",
    "answers",
];

/// Whether a text may be meant for a judge instead of the user: it holds markup, invisible letters, or
/// two words of a judge's trade. It only chooses what people look at: people, too, write about claims
/// and evidence, and an attack in other words, another language or an encoding is not seen (of the
/// bundled ones a quarter is not).
pub fn speaks_to_a_judge(text: &str) -> bool {
    let text = text.to_lowercase();
    let is_hidden = |letter: char| matches!(letter, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let words: BTreeSet<&str> = text
        .split(|letter: char| !letter.is_alphabetic() && letter != '\'')
        .filter(|word| TRADE.contains(word))
        .collect();
    words.len() >= 2 || text.contains(is_hidden) || MARKUP.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_attacks_are_seen_and_ordinary_answers_are_not() {
        let attacks = read("attacks.jsonl", BUNDLED).expect("valid");
        let seen = attacks
            .iter()
            .filter(|attack| speaks_to_a_judge(&attack.text))
            .count();
        assert!(4 * seen >= 3 * attacks.len(), "{seen} of {}", attacks.len());
        for text in [
            "Refunds take 14 days and cost 3 euros.",
            "To claim a refund, send us the receipt.",
            "I do not have that information; please ask a colleague.",
            "The rating of the plan is AA (see [2]).",
            "Die Gebühr beträgt 12 EUR.",
            "",
        ] {
            assert!(!speaks_to_a_judge(text), "{text}");
        }
    }

    #[test]
    fn the_bundled_attacks_come_in_families_and_none_twice() {
        let attacks = read("attacks.jsonl", BUNDLED).expect("valid");
        let families: BTreeSet<&str> = attacks
            .iter()
            .map(|attack| attack.family.as_str())
            .collect();
        let texts: BTreeSet<&str> = attacks.iter().map(|attack| attack.text.as_str()).collect();
        assert!(families.len() >= 10, "{families:?}");
        assert!(attacks.len() >= 40 && texts.len() == attacks.len());
    }

    #[test]
    fn a_line_that_is_no_attack_is_named() {
        let mistakes = read("a.jsonl", "\n{\"family\": \"x\"}\n").expect_err("no text");
        assert!(
            mistakes.to_string().starts_with("a.jsonl:2: not an attack"),
            "{mistakes}"
        );
    }
}
