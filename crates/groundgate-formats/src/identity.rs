//! Which rows are about the same case, where the file names none.

use std::collections::BTreeMap;

use groundgate_model::unit::Digest;

use crate::row::Row;

/// Gives the rows of a file without ids one made of each question, so that two files of the same questions can be
/// compared. Says what was done.
pub(crate) fn name(rows: &mut [Row], notes: &mut Vec<String>) {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        places.entry(digest(row)).or_default().push(index);
    }
    notes.push("ids are made of the questions".to_owned());
    let repeats: Vec<usize> = places.values().map(Vec::len).collect();
    let most = repeats.iter().copied().max().unwrap_or(1);
    let with_answers = rows.iter().any(|row| row.answer.is_some());
    let are_attempts = most > 1 && with_answers && repeats.iter().all(|n| *n == most);
    if are_attempts {
        notes.push(format!("every question is there {most} times: attempts"));
    } else if most > 1 {
        notes.push(
            "a question that comes again is a case of its own, in the same cluster".to_owned(),
        );
    }
    for (id, indexes) in places {
        let n = indexes.len();
        for (nth, index) in indexes.into_iter().enumerate() {
            let Some(row) = rows.get_mut(index) else {
                continue;
            };
            row.id = if nth == 0 || are_attempts {
                id.clone()
            } else {
                format!("{id}-{}", nth + 1)
            };
            if are_attempts && row.attempt.is_none() {
                row.attempt = u32::try_from(nth).ok();
            } else if n > 1 && row.cluster.is_none() {
                row.cluster = Some(id.clone());
            }
        }
    }
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
