//! Metrics: a named quantity with its unit, direction and data type.

use serde::{Deserialize, Serialize};

/// What values a metric takes; it decides which statistics apply.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataType {
    /// 0 or 1.
    Binary,
    /// Any number from 0 to 1.
    Fraction,
    /// A whole number from `low` to `high`.
    Ordinal {
        /// The worst or the best, as the direction says.
        low: i32,
        /// The other end.
        high: i32,
    },
    /// A number from 0 up, without an upper limit (milliseconds, tokens, dollars, counts).
    Amount,
}

impl DataType {
    /// The ends of the range; the upper one is `None` for amounts.
    pub fn range(self) -> (f64, Option<f64>) {
        match self {
            Self::Binary | Self::Fraction => (0.0, Some(1.0)),
            Self::Ordinal { low, high } => (f64::from(low), Some(f64::from(high))),
            Self::Amount => (0.0, None),
        }
    }

    /// Whether `value` is one of the values that the metric takes.
    pub fn holds(self, value: f64) -> bool {
        let (low, high) = self.range();
        let inside = value.is_finite() && value >= low && high.is_none_or(|high| value <= high);
        match self {
            #[expect(clippy::float_cmp, reason = "binary scores are exactly 0 or 1")]
            Self::Binary => value == 0.0 || value == 1.0,
            Self::Ordinal { .. } => inside && value.fract() == 0.0,
            Self::Fraction | Self::Amount => inside,
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// As for groundedness.
    HigherIsBetter,
    /// As for latency.
    LowerIsBetter,
}

/// A named quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSpec {
    /// As in policies and reports: `groundedness`, `latency_ms`.
    pub name: String,
    /// What values it takes.
    pub data_type: DataType,
    /// Which way is better.
    pub direction: Direction,
    /// Shown behind numbers (`ms`, `USD`, `tokens`, `of 5`); empty for scores from 0 to 1, which are
    /// shown in percent.
    pub unit: String,
}

impl MetricSpec {
    /// A score of which more is better; an ordinal one is shown out of its highest value.
    pub fn score(name: &str, data_type: DataType) -> Self {
        let unit = match data_type {
            DataType::Ordinal { high, .. } => format!("of {high}"),
            DataType::Binary | DataType::Fraction | DataType::Amount => String::new(),
        };
        Self {
            name: name.to_owned(),
            data_type,
            direction: Direction::HigherIsBetter,
            unit,
        }
    }

    /// An amount of which less is better.
    pub fn amount(name: &str, unit: &str) -> Self {
        Self {
            name: name.to_owned(),
            data_type: DataType::Amount,
            direction: Direction::LowerIsBetter,
            unit: unit.to_owned(),
        }
    }

    /// What is shown behind its numbers: nothing for shares (they are shown in percent).
    pub fn shown_unit(&self) -> String {
        match self.data_type {
            DataType::Ordinal { high, .. } => format!("of {high}"),
            DataType::Binary | DataType::Fraction | DataType::Amount => self.unit.clone(),
        }
    }

    /// The worst value there is: what an answer that never came is counted as. `None` for amounts
    /// of which less is better: there is no largest.
    pub fn worst(&self) -> Option<f64> {
        let (low, high) = self.data_type.range();
        match self.direction {
            Direction::HigherIsBetter => Some(low),
            Direction::LowerIsBetter => high,
        }
    }

    /// The best value there is; `None` for amounts of which more is better.
    pub fn best(&self) -> Option<f64> {
        let (low, high) = self.data_type.range();
        match self.direction {
            Direction::HigherIsBetter => high,
            Direction::LowerIsBetter => Some(low),
        }
    }
}

/// What follows a panel's name in that of its metric of disagreement.
const DISAGREEMENT: &str = ".disagreement";

/// Whether the jurors of a panel disagree about an answer: 1 if they do.
pub fn disagreement_of(judge: &str) -> MetricSpec {
    MetricSpec {
        name: format!("{judge}{DISAGREEMENT}"),
        data_type: DataType::Binary,
        direction: Direction::LowerIsBetter,
        unit: String::new(),
    }
}

/// The panel whose disagreement the metric is; `None` for every other metric.
pub fn panel_of(metric: &str) -> Option<&str> {
    metric.strip_suffix(DISAGREEMENT)
}

/// The names of the metrics that plain checks measure.
pub const BUILTIN_METRICS: [&str; 11] = [
    "refusal_correct",
    "context_recall",
    "context_precision",
    "mrr",
    "pii_leak",
    "latency_ms",
    "ttft_ms",
    "input_tokens",
    "output_tokens",
    "answer_chars",
    "cost_usd",
];

/// The metrics that plain checks measure, by name; judges declare their own. The three of retrieval
/// may look at the first passages only: `context_recall@5`.
pub fn builtin_metric(name: &str) -> Option<MetricSpec> {
    if let Some((base, depth)) = name.split_once('@') {
        let of_retrieval = matches!(base, "context_recall" | "context_precision" | "mrr");
        let positive = depth.starts_with(|c: char| matches!(c, '1'..='9'));
        let counts = of_retrieval && positive && depth.parse::<usize>().is_ok();
        return counts.then(|| MetricSpec::score(name, DataType::Fraction));
    }
    let spec = match name {
        "refusal_correct" => MetricSpec::score(name, DataType::Binary),
        "context_recall" | "context_precision" | "mrr" => {
            MetricSpec::score(name, DataType::Fraction)
        }
        "pii_leak" => MetricSpec::amount(name, "findings"),
        "latency_ms" | "ttft_ms" => MetricSpec::amount(name, "ms"),
        "input_tokens" | "output_tokens" => MetricSpec::amount(name, "tokens"),
        "answer_chars" => MetricSpec::amount(name, "characters"),
        "cost_usd" => MetricSpec::amount(name, "USD"),
        _ => return None,
    };
    Some(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_built_in_metric() {
        for name in BUILTIN_METRICS {
            assert!(builtin_metric(name).is_some(), "{name}");
        }
    }
}
