//! Which column of a table means what, by the names of the columns alone.

use crate::{
    names,
    target::{Target, Want},
};

/// The column of a table that means `target`: the only one of a strong name, or the first of a weak one.
///
/// # Errors
///
/// Every column whose name means it, where there are several of strong names.
pub fn column_of<'a>(
    want: Want,
    target: &Target,
    columns: &[&'a str],
) -> Result<Option<&'a str>, Vec<&'a str>> {
    let Some((_, strong, weak)) = names::names_for(want).find(|(known, ..)| *known == target)
    else {
        return Ok(None);
    };
    let named = |known: &str| columns.iter().find(|column| names::plain(column) == known);
    let found: Vec<&str> = strong
        .iter()
        .filter_map(|known| named(known))
        .copied()
        .collect();
    match found.as_slice() {
        [] => Ok(weak.iter().find_map(|known| named(known)).copied()),
        [only] => Ok(Some(only)),
        _ => Err(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_name_goes_before_a_weak_one_and_two_strong_ones_are_a_question() {
        let of = |columns: &[&'static str]| {
            column_of(Want::Answers, &Target::Question, columns).map(|found| found.unwrap_or(""))
        };
        assert_eq!(of(&["prompt", "User Input"]), Ok("User Input"));
        assert_eq!(of(&["text", "prompt"]), Ok("prompt"));
        assert_eq!(of(&["colour"]), Ok(""));
        assert_eq!(of(&["query", "question"]), Err(vec!["question", "query"]));
    }
}
