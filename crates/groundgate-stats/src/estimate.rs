//! An estimate: a number with how sure it is, from how much, by which method, under which promise.

use std::fmt;

/// What one observation is. Repeats and votes make an observation more precise; they never count as
/// more questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Unit {
    /// One attempt at one question: the claim is about these very questions (`suite`).
    Run,
    /// The mean of a question's attempts: the claim is about the population of questions.
    Question,
    /// The mean of a cluster's questions: the claim is about the population of clusters.
    Cluster,
}

impl Unit {
    /// For tables: `runs`, `questions`, `clusters`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::Question => "questions",
            Self::Cluster => "clusters",
        }
    }
}

/// What is known of a method's error rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Guarantee {
    /// Proved to hold its rate at every sample size.
    Exact,
    /// No violation found in simulation; not proved.
    Conjectured,
    /// Right for large samples only.
    Approximate,
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Conjectured => "conjectured, no violation found",
            Self::Approximate => "approximate",
        })
    }
}

/// A point estimate with two one-sided bounds.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Estimate {
    /// The plain mean (or quantile) of what was scored.
    pub point: f64,
    /// The true value is at least this, at confidence 1 − `alpha_lower`. `None`: no finite bound.
    pub lower: Option<f64>,
    /// The true value is at most this, at confidence 1 − `alpha_upper`. `None`: no finite bound.
    pub upper: Option<f64>,
    /// One-sided error rate of the lower bound.
    pub alpha_lower: f64,
    /// One-sided error rate of the upper bound.
    pub alpha_upper: f64,
    /// How many observations, missing ones included.
    pub n: usize,
    /// What an observation is.
    pub unit: Unit,
    /// The method's name, as in the documentation: `dirichlet h=1`.
    pub method: String,
    /// What is known of the method's error rate.
    pub guarantee: Guarantee,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_and_units_have_words() {
        let words = [
            Guarantee::Exact,
            Guarantee::Conjectured,
            Guarantee::Approximate,
        ];
        assert_eq!(
            words.map(|guarantee| guarantee.to_string()),
            ["exact", "conjectured, no violation found", "approximate"]
        );
        assert_eq!(
            [Unit::Run, Unit::Question, Unit::Cluster].map(Unit::plural),
            ["runs", "questions", "clusters"]
        );
    }
}
