//! What values a metric takes, where nobody declared it.

use crate::row::Given;

/// Guessed from a metric's name and all its values in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// 0 or 1.
    Binary,
    /// From 0 to 1.
    Fraction,
    /// Whole numbers from 1 to 5.
    OneToFive,
}

impl MetricType {
    /// As it is declared.
    pub const fn declared(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Fraction => "fraction",
            Self::OneToFive => "ordinal:1:5",
        }
    }
}

/// Names whose values are marks from 1 to 5 where other tools measure them.
const MARKS: [&str; 6] = [
    "gpt_groundedness",
    "gpt_relevance",
    "gpt_coherence",
    "gpt_similarity",
    "gpt_fluency",
    "answer_correctness_mark",
];

/// Names whose values are yes or no.
const FLAGS: [&str; 3] = ["pass", "passed", "exact_match"];

/// The type that all values fit, the name's own first; `None` where nobody can know. Values of 0 and 1
/// alone are no proof that a metric is binary: another file of it may hold shares.
pub fn metric_type(name: &str, values: impl IntoIterator<Item = Given>) -> Option<MetricType> {
    let numbers: Vec<f64> = values
        .into_iter()
        .filter_map(|given| match given {
            Given::Number(number) => Some(number),
            Given::Missing | Given::NotApplicable => None,
        })
        .collect();
    let all = |fits: fn(f64) -> bool| numbers.iter().all(|number| fits(*number));
    if MARKS.contains(&name) && all(is_mark) {
        Some(MetricType::OneToFive)
    } else if FLAGS.contains(&name) && all(is_flag) {
        Some(MetricType::Binary)
    } else if all(is_share) {
        Some(MetricType::Fraction)
    } else if all(is_mark) {
        Some(MetricType::OneToFive)
    } else {
        None
    }
}

fn is_share(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

fn is_flag(number: f64) -> bool {
    is_share(number) && number.fract().abs() < f64::EPSILON
}

fn is_mark(number: f64) -> bool {
    (1.0..=5.0).contains(&number) && number.fract().abs() < f64::EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_fits_every_value() {
        let of = |name: &str, values: &[f64]| {
            metric_type(name, values.iter().copied().map(Given::Number))
        };
        assert_eq!(of("faithfulness", &[0.0, 1.0]), Some(MetricType::Fraction));
        assert_eq!(of("faithfulness", &[0.0, 5.0]), None);
        assert_eq!(
            of("gpt_relevance", &[1.0, 1.0]),
            Some(MetricType::OneToFive)
        );
        assert_eq!(of("relevance", &[1.0, 4.0]), Some(MetricType::OneToFive));
        assert_eq!(of("pass", &[0.0, 1.0]), Some(MetricType::Binary));
        assert_eq!(of("x", &[0.5, 4.0]), None);
    }
}
