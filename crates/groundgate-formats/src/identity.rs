//! Which rows are about the same case, where the file names none.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{eval_set::Turn, unit::Digest};
use serde_json::Value;

use crate::row::Row;

/// Gives the rows without ids one made of each question, so that two files of the same questions can be compared; rows
/// of the same case are its attempts where every case has as many, and else cases of their own. Says what was done.
pub(crate) fn name(rows: &mut [Row], notes: &mut Vec<String>) {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut made = 0_usize;
    for (index, row) in rows.iter().enumerate() {
        let id = if row.id.is_empty() {
            made += 1;
            digest(row)
        } else {
            row.id.clone()
        };
        places.entry(id).or_default().push(index);
    }
    if made > 0 {
        notes.push("ids are made of the questions".to_owned());
    }
    let repeats: Vec<usize> = places.values().map(Vec::len).collect();
    let most = repeats.iter().copied().max().unwrap_or(1);
    let with_answers = rows
        .iter()
        .any(|row| row.answer.is_some() || row.error.is_some());
    let are_attempts = most > 1
        && with_answers
        && repeats.iter().all(|n| *n == most)
        && places.values().all(|places| ask_the_same(rows, places));
    if are_attempts {
        notes.push(format!("every question is there {most} times: attempts"));
    } else if most > 1 {
        notes.push(
            "a question that comes again is a case of its own, in the same cluster".to_owned(),
        );
    }
    for (id, indexes) in places {
        let n = indexes.len();
        let first = indexes.first().and_then(|index| rows.get(*index)).cloned();
        let counted = are_counted(rows, &indexes);
        for (nth, index) in indexes.into_iter().enumerate() {
            let Some(row) = rows.get_mut(index) else {
                continue;
            };
            row.id = if nth == 0 || are_attempts {
                id.clone()
            } else {
                format!("{id}-{}", nth + 1)
            };
            if are_attempts {
                if !counted {
                    row.attempt = u32::try_from(nth).ok();
                }
                if let Some(first) = &first {
                    row.cluster.clone_from(&first.cluster);
                    row.tags.clone_from(&first.tags);
                }
            } else if n > 1 {
                row.attempt = None;
                row.cluster.get_or_insert_with(|| id.clone());
            }
        }
    }
}

/// Whether all of these rows ask the same.
fn ask_the_same(rows: &[Row], places: &[usize]) -> bool {
    let mut asked = places
        .iter()
        .filter_map(|place| rows.get(*place))
        .map(digest);
    let first = asked.next();
    asked.all(|digest| Some(&digest) == first.as_ref())
}

/// Whether these rows say themselves which attempts they are, each another.
fn are_counted(rows: &[Row], places: &[usize]) -> bool {
    let said: Option<BTreeSet<u32>> = places
        .iter()
        .map(|place| rows.get(*place)?.attempt)
        .collect();
    said.is_some_and(|said| said.len() == places.len())
}

/// A turn as the reshaped chats have it.
pub(crate) fn turn(value: &Value) -> Option<Turn> {
    serde_json::from_value(value.clone()).ok()
}

/// Short, the same for the same question after the same turns.
fn digest(row: &Row) -> String {
    let turns = row
        .history
        .iter()
        .map(|turn| format!("{} {}", turn.role.name(), turn.text));
    let parts: Vec<String> = turns.chain([row.question.clone()]).collect();
    let digest = Digest::of_parts(parts.iter().map(String::as_bytes));
    format!("q-{}", digest.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(questions: &[&str], answered: bool) -> Vec<Row> {
        let row = |question: &&str| Row {
            question: (*question).to_owned(),
            answer: answered.then(String::new),
            ..Row::default()
        };
        let mut rows: Vec<Row> = questions.iter().map(row).collect();
        name(&mut rows, &mut Vec::new());
        rows
    }

    #[test]
    fn the_same_question_has_the_same_id_everywhere() {
        let (one, other) = (rows(&["a", "b"], false), rows(&["b", "c"], false));
        assert_eq!(one[1].id, other[0].id);
        assert_ne!(one[0].id, one[1].id);
    }

    #[test]
    fn questions_that_all_repeat_are_attempts_and_others_cases() {
        let all = rows(&["a", "b", "a", "b"], true);
        assert_eq!((all[0].id == all[2].id, all[2].attempt), (true, Some(1)));
        let some = rows(&["a", "b", "a"], true);
        assert_eq!(some[2].id, format!("{}-2", some[0].id));
        assert_eq!(some[0].cluster, some[2].cluster);
        assert_eq!((some[0].attempt, some[1].cluster.clone()), (None, None));
    }
}
