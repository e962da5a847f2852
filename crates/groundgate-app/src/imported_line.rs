//! A row of a file as one trial to be imported.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_formats::{Given, Row};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    eval_set::{Case, WrittenCase, from_rows},
    exchange::{Answer, CallFailure, Ending, FailureKind, Passage, Timing, Usage},
    unit::Usd,
};

/// One trial as it stands in a file.
pub(crate) struct Line {
    pub(crate) case: Case,
    pub(crate) attempt: u32,
    pub(crate) scores: BTreeMap<String, Given>,
    answer: Option<String>,
    error: Option<String>,
    passages: Option<Vec<Passage>>,
    latency_ms: Option<u64>,
    model: Option<String>,
    usage: Usage,
    cost: Option<Usd>,
}

impl Line {
    /// The answer, or why there is none.
    pub(crate) fn take_answer(&mut self) -> Result<Answer, CallFailure> {
        let failure = |kind, message| CallFailure {
            kind,
            message,
            tries: 0,
            failed_tries: Vec::new(),
            cost: None,
        };
        let Some(text) = self.answer.take() else {
            let message = self.error.take().unwrap_or_default();
            return Err(failure(FailureKind::Absent, message));
        };
        let answer = Answer {
            text,
            passages: self.passages.take(),
            usage: self.usage,
            cost: self.cost,
            model: self.model.take(),
            finish_reason: None,
            ending: Ending::Unknown,
            thinking: None,
            timing: Timing {
                latency_ms: self.latency_ms.unwrap_or(0),
                ttft_ms: None,
                tries: 1,
                ..Timing::default()
            },
        };
        let answer = answer.with_thoughts_apart();
        if answer.ending == Ending::Empty {
            let message = "holds reasoning and no answer".to_owned();
            return Err(failure(FailureKind::Empty, message));
        }
        Ok(answer)
    }
}

/// The rows as trials; every mistake with its line. A row without answer and error is a trial without an
/// answer: it counts against the run.
pub(crate) fn lines(file: &str, rows: Vec<Row>) -> Result<Vec<Line>, Mistakes> {
    check_cases(file, &rows)?;
    let first = counted_attempts(&rows)
        .map_err(|message| Mistakes(vec![Mistake::in_file(file, message)]))?;
    let mut mistakes = Vec::new();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        if row.answer.is_some() && row.error.is_some() {
            mistakes.push(
                Mistake::in_file(file, "a trial has either `answer` or `error`").on_line(row.line),
            );
            continue;
        }
        lines.push(line(row, first));
    }
    if mistakes.is_empty() {
        Ok(lines)
    } else {
        Err(Mistakes(mistakes))
    }
}

/// Ids and questions as an eval set must have them, each case once.
fn check_cases(file: &str, rows: &[Row]) -> Result<(), Mistakes> {
    let mut seen = BTreeSet::new();
    let first = rows.iter().filter(|row| seen.insert(row.id.as_str()));
    let cases = first.map(|row| {
        let turns = row
            .history
            .iter()
            .map(|turn| (turn.role, turn.text.clone()));
        let case = WrittenCase::new(row.id.clone(), row.question.clone(), turns)
            .known(
                row.reference.clone(),
                row.facts.clone(),
                row.documents.clone(),
            )
            .placed(
                row.answerable,
                row.tags.clone(),
                row.cluster.clone(),
                row.critical,
            );
        (row.line, case)
    });
    from_rows(file, cases.collect()).map(drop)
}

/// From where attempts are counted: 0 or 1, without a gap.
fn counted_attempts(rows: &[Row]) -> Result<u32, String> {
    let used: BTreeSet<u32> = rows.iter().map(|row| row.attempt.unwrap_or(0)).collect();
    let (Some(first), Some(last)) = (used.first(), used.last()) else {
        return Ok(0);
    };
    let is_whole = usize::try_from(last - first).is_ok_and(|gap| gap + 1 == used.len());
    if *first > 1 || !is_whole {
        return Err(format!(
            "attempts are counted from 0 or from 1 without a gap, and here they go from {first} to {last} with {} of these numbers",
            used.len()
        ));
    }
    Ok(*first)
}

fn line(row: Row, first_attempt: u32) -> Line {
    let error = match (&row.answer, row.error) {
        (None, None) => Some("no answer in the imported file".to_owned()),
        (_, error) => error,
    };
    Line {
        case: Case {
            id: row.id,
            history: row.history,
            question: row.question,
            reference_answer: row.reference,
            expected_facts: row.facts,
            expected_documents: row.documents,
            answerable: row.answerable,
            tags: row.tags,
            cluster: row.cluster,
            critical: row.critical,
        },
        attempt: row.attempt.unwrap_or(0) - first_attempt,
        scores: row.scores,
        answer: row.answer,
        error,
        passages: row.passages,
        latency_ms: row.latency_ms,
        model: row.model,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            ..Usage::default()
        },
        cost: row.cost_usd.and_then(Usd::from_dollars),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, attempt: u32) -> Row {
        Row {
            line: 1,
            id: id.to_owned(),
            question: "How long?".to_owned(),
            attempt: Some(attempt),
            answer: Some("x".to_owned()),
            ..Row::default()
        }
    }

    fn attempts(all: &[u32]) -> Result<Vec<u32>, String> {
        let rows = all.iter().map(|attempt| row("a", *attempt)).collect();
        let lines = lines("answers.jsonl", rows).map_err(|error| error.to_string())?;
        Ok(lines.into_iter().map(|line| line.attempt).collect())
    }

    #[test]
    fn attempts_are_counted_from_nought_or_one_without_a_gap() {
        assert_eq!(attempts(&[0, 1, 2]).unwrap(), [0, 1, 2]);
        assert_eq!(attempts(&[2, 1]).unwrap(), [1, 0]);
        for wrong in [&[0, 2][..], &[2, 3], &[4_000_000_000], &[1, 4]] {
            let error = attempts(wrong).unwrap_err();
            assert!(error.contains("without a gap"), "{wrong:?}");
        }
    }

    #[test]
    fn ids_are_checked_as_those_of_eval_sets_are() {
        let wrong = |rows: Vec<Row>| lines("a.jsonl", rows).map(drop).unwrap_err().to_string();
        for (id, why) in [
            ("", "`id` is empty"),
            ("  ", "`id` is empty"),
            ("a\0b", "holds a NUL"),
            ("a\nb", "control characters"),
            ("a ", "begins or ends with white space"),
        ] {
            let error = wrong(vec![row(id, 0)]);
            assert!(error.contains(why), "{id:?}: {error}");
        }
        for (one, other) in [("A", "a"), ("caf\u{e9}", "cafe\u{301}"), ("\u{ff41}", "a")] {
            let error = wrong(vec![row(one, 0), row(other, 0)]);
            assert!(error.contains("only in case or Unicode form"), "{error}");
        }
    }
}
