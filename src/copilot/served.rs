//! Which models have answered, as their replies name them: a change in the midst of a run means
//! that its answers are not of one copilot.

use std::collections::BTreeMap;

/// How many answers each named model has given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedModels {
    counts: BTreeMap<String, usize>,
}

impl ServedModels {
    /// Counts the models of answers; answers that do not name theirs say nothing.
    pub fn of<'a>(models: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut counts = BTreeMap::new();
        for model in models.into_iter().flatten() {
            *counts.entry(model.to_owned()).or_default() += 1;
        }
        Self { counts }
    }

    /// Whether more than one model has answered.
    pub fn changed(&self) -> bool {
        self.counts.len() > 1
    }

    /// Names with their counts, in the order of the names.
    pub fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.counts
            .iter()
            .map(|(model, count)| (model.as_str(), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_model_is_seen() {
        let check = |models: &[Option<&str>], changed| {
            assert_eq!(
                ServedModels::of(models.iter().copied()).changed(),
                changed,
                "{models:?}"
            );
        };
        check(&[], false);
        check(&[None, None], false);
        check(&[Some("m-1"), None, Some("m-1")], false);
        check(&[Some("m-1"), Some("m-2"), Some("m-1")], true);
        let served = ServedModels::of([Some("b"), Some("a"), Some("b")]);
        assert_eq!(served.counts().collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
    }
}
