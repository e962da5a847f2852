//! Attacks: texts that try to talk a judge into a better label.
//!
//! Appended to answers that people labelled bad, they show how many a judge lets turn good. The
//! bundled ones stand in `judges/attacks.jsonl`, one object a line with `family` and `text`.

use serde::Deserialize;

use crate::diagnostic::{Mistake, Mistakes};

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
pub const BUNDLED: &str = include_str!("../../judges/attacks.jsonl");

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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
