//! What of a record is not as independent as its numbers look: questions that are asked again under other
//! ids, and attempts that say the same words each time.

use std::{borrow::Cow, collections::BTreeMap};

use groundgate_model::{eval_set::Case, unit::Digest};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    error::RecordError,
    reader::Reader,
    sql::{parse, sqlite},
};

/// What a reply says.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SaidBy<'a> {
    #[serde(borrow)]
    Answer(Said<'a>),
    Chat(IgnoredAny),
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

impl Reader {
    /// Whether more than half of the questions that were answered several times got the same words each time.
    pub(super) fn repeats_itself(&self) -> Result<bool, RecordError> {
        let attempts = i64::from(self.header().attempts);
        if attempts < 2 {
            return Ok(false);
        }
        let read = sqlite("read", &self.path);
        let mut statement = self
            .connection
            .prepare("SELECT trial, reply FROM calls WHERE callee = '' AND reply IS NOT NULL")
            .map_err(&read)?;
        let mut rows = statement.query([]).map_err(&read)?;
        // By question: the words of its first answer, how many there are, and whether all are the same.
        let mut questions: BTreeMap<i64, (Digest, usize, bool)> = BTreeMap::new();
        while let Some(row) = rows.next().map_err(&read)? {
            let trial: i64 = row.get(0).map_err(&read)?;
            let reply = row.get_ref(1).map_err(&read)?.as_str();
            let reply = reply.map_err(|_not_a_text| self.damaged("a reply is not a text"))?;
            let SaidBy::Answer(said) = parse::<SaidBy<'_>>(&self.path, "a reply", reply)? else {
                continue;
            };
            let words = Digest::of(said.text.trim().as_bytes());
            let question = questions
                .entry(trial / attempts)
                .or_insert((words, 0, true));
            question.1 += 1;
            question.2 &= question.0 == words;
        }
        let several = questions.values().filter(|(_, n, _)| *n > 1);
        let (several, same) = several.fold((0_usize, 0_usize), |(several, same), one| {
            (several + 1, same + usize::from(one.2))
        });
        Ok(2 * same > several)
    }
}

/// What is asked, whatever the id: words without their case and what stands between them.
pub(super) fn asked(case: &Case) -> Digest {
    let turns = case.history.iter().map(|turn| turn.text.as_str());
    let text: String = turns
        .chain([case.question.as_str()])
        .collect::<Vec<_>>()
        .join(" ");
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    Digest::of(
        words
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
            .as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_same_whatever_its_id_its_case_and_its_signs() {
        let case = |id: &str, question: &str, history: &str| -> Case {
            serde_json::from_value(serde_json::json!({
                "id": id, "question": question,
                "history": if history.is_empty() { serde_json::json!([]) } else {
                    serde_json::json!([{"role": "user", "text": history}])
                },
            }))
            .unwrap()
        };
        let one = asked(&case("a", "How long does a refund take?", ""));
        assert_eq!(one, asked(&case("b", "how long does a refund  take", "")));
        assert_ne!(one, asked(&case("b", "How long does a payout take?", "")));
        assert_ne!(
            one,
            asked(&case(
                "b",
                "How long does a refund take?",
                "I paid by card."
            ))
        );
    }
}
