//! Metrics: a named quantity with its unit, direction and data type.

use std::borrow::Cow;

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

/// What a metric is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricRole {
    /// It is measured as it is.
    Plain,
    /// It is counted from the claims of the answer.
    Claims(ClaimReading),
    /// It is counted from the facts that the case expects.
    Facts,
    /// Whether the jurors of a panel come to different values.
    Disagreement {
        /// The panel's name.
        panel: String,
    },
}

/// How labels of an answer's claims become a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimReading {
    /// 1 if every checkable claim is supported, else 0.
    AllSupported,
    /// Supported claims ÷ checkable claims.
    ShareSupported,
    /// 1 if no claim is contradicted, else 0.
    NoneContradicted,
    /// 1 if every sentence that cites passages is supported by one of those, else 0.
    CitationsSupported,
}

/// A named quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredMetricSpec")]
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
    /// What it is made of.
    pub role: MetricRole,
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
            role: MetricRole::Plain,
        }
    }

    /// An amount of which less is better.
    pub fn amount(name: &str, unit: &str) -> Self {
        Self {
            name: name.to_owned(),
            data_type: DataType::Amount,
            direction: Direction::LowerIsBetter,
            unit: unit.to_owned(),
            role: MetricRole::Plain,
        }
    }

    /// The same quantity, made of something else.
    #[must_use]
    pub fn made_of(mut self, role: MetricRole) -> Self {
        self.role = role;
        self
    }

    /// The panel whose disagreement it is; `None` for every other metric.
    pub fn panel(&self) -> Option<&str> {
        match &self.role {
            MetricRole::Disagreement { panel } => Some(panel),
            MetricRole::Plain | MetricRole::Claims(_) | MetricRole::Facts => None,
        }
    }

    /// How the labels of an answer's claims become its value; `None` where it is made of no claims.
    pub const fn claim_reading(&self) -> Option<ClaimReading> {
        match self.role {
            MetricRole::Claims(reading) => Some(reading),
            MetricRole::Plain | MetricRole::Facts | MetricRole::Disagreement { .. } => None,
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

/// Whether the jurors of a panel disagree about an answer: 1 if they do.
pub fn disagreement_of(judge: &str) -> MetricSpec {
    MetricSpec {
        name: format!("{judge}{DISAGREEMENT}"),
        data_type: DataType::Binary,
        direction: Direction::LowerIsBetter,
        unit: String::new(),
        role: MetricRole::Disagreement {
            panel: judge.to_owned(),
        },
    }
}

/// What follows a panel's name in that of its metric of disagreement.
const DISAGREEMENT: &str = ".disagreement";

/// A metric as a record has it: older ones do not say what it is made of.
#[derive(Deserialize)]
struct StoredMetricSpec {
    name: String,
    data_type: DataType,
    direction: Direction,
    unit: String,
    role: Option<MetricRole>,
}

impl From<StoredMetricSpec> for MetricSpec {
    fn from(stored: StoredMetricSpec) -> Self {
        let role = stored.role.unwrap_or_else(|| role_before(&stored.name));
        // A metric of somebody's own that happens to have an old name keeps it.
        let name = match role {
            MetricRole::Claims(ClaimReading::NoneContradicted) => {
                current_name(&stored.name).into_owned()
            }
            MetricRole::Plain
            | MetricRole::Claims(_)
            | MetricRole::Facts
            | MetricRole::Disagreement { .. } => stored.name,
        };
        Self {
            role,
            name,
            data_type: stored.data_type,
            direction: stored.direction,
            unit: stored.unit,
        }
    }
}

/// What a metric of a record is made of that was written when only its name could tell.
fn role_before(name: &str) -> MetricRole {
    const CLAIMS: [(&str, ClaimReading); 3] = [
        ("groundedness", ClaimReading::AllSupported),
        ("faithfulness", ClaimReading::ShareSupported),
        ("contradiction", ClaimReading::NoneContradicted),
    ];
    if let Some(panel) = name.strip_suffix(DISAGREEMENT) {
        return MetricRole::Disagreement {
            panel: panel.to_owned(),
        };
    }
    CLAIMS
        .iter()
        .find(|(ending, _)| name.ends_with(ending))
        .map_or(MetricRole::Plain, |(_, reading)| {
            MetricRole::Claims(*reading)
        })
}

/// Metrics that were called otherwise before, then and now: 1 is good, and the name says what is high.
const RENAMED: [(&str, &str); 1] = [("contradiction", "no_contradiction")];

/// What a metric is called now, given a name that it may have had before; after a judge's name, too
/// (`embedded_contradiction`).
pub fn current_name(name: &str) -> Cow<'_, str> {
    for (old, now) in RENAMED {
        let judge = name.strip_suffix(old);
        let is_old = |judge: &&str| judge.is_empty() || judge.ends_with('_');
        if let Some(judge) = judge.filter(is_old)
            && !name.ends_with(now)
        {
            return format!("{judge}{now}").into();
        }
    }
    name.into()
}

/// The metric that a file means: the one of that name, and where there is none, the one that had it
/// before.
pub fn meant(name: &str, is_known: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if is_known(name) {
        name.into()
    } else {
        current_name(name)
    }
}

/// The names of the metrics that plain checks measure.
pub const BUILTIN_METRICS: [&str; 13] = [
    "answered",
    "refusal_correct",
    "context_recall",
    "context_precision",
    "mrr",
    "ndcg",
    "pii_leak",
    "latency_ms",
    "ttft_ms",
    "input_tokens",
    "output_tokens",
    "answer_chars",
    "cost_usd",
];

/// The metrics that plain checks measure, by name; judges declare their own. The four of retrieval
/// may look at the first passages only: `context_recall@5`.
pub fn builtin_metric(name: &str) -> Option<MetricSpec> {
    if let Some((base, depth)) = name.split_once('@') {
        let of_retrieval = matches!(
            base,
            "context_recall" | "context_precision" | "mrr" | "ndcg"
        );
        let positive = depth.starts_with(|c: char| matches!(c, '1'..='9'));
        let counts = of_retrieval && positive && depth.parse::<usize>().is_ok();
        return counts.then(|| MetricSpec::score(name, DataType::Fraction));
    }
    let spec = match name {
        "answered" | "refusal_correct" => MetricSpec::score(name, DataType::Binary),
        "context_recall" | "context_precision" | "mrr" | "ndcg" => {
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

    #[test]
    fn an_old_name_is_read_as_the_current_one_after_a_judges_name_too() {
        for (name, now) in [
            ("contradiction", "no_contradiction"),
            ("embedded_contradiction", "embedded_no_contradiction"),
            ("no_contradiction", "no_contradiction"),
            ("embedded_no_contradiction", "embedded_no_contradiction"),
            ("selfcontradiction", "selfcontradiction"),
            ("contradictions", "contradictions"),
            ("groundedness", "groundedness"),
        ] {
            assert_eq!(current_name(name), now);
        }
        assert_eq!(meant("contradiction", |_| false), "no_contradiction");
        assert_eq!(meant("contradiction", |_| true), "contradiction");
    }

    #[test]
    fn a_column_of_an_old_record_has_its_current_name_unless_it_is_somebodys_own() {
        let name = |role: &str| -> String {
            let json = format!(
                r#"{{"name":"contradiction","data_type":"binary","direction":"higher-is-better","unit":""{role}}}"#
            );
            serde_json::from_str::<MetricSpec>(&json).unwrap().name
        };
        assert_eq!(name(""), "no_contradiction");
        assert_eq!(
            name(r#","role":{"claims":"none-contradicted"}"#),
            "no_contradiction"
        );
        assert_eq!(name(r#","role":"plain""#), "contradiction");
    }

    #[test]
    fn a_record_says_what_a_metric_is_made_of_and_an_older_one_by_its_name() {
        let role = |name: &str, role: &str| -> MetricRole {
            let json = format!(
                r#"{{"name":"{name}","data_type":"binary","direction":"higher-is-better","unit":""{role}}}"#
            );
            serde_json::from_str::<MetricSpec>(&json).unwrap().role
        };
        let panel = MetricRole::Disagreement {
            panel: "two".to_owned(),
        };
        assert_eq!(role("two.disagreement", ""), panel);
        assert_eq!(
            role("embedded_faithfulness", ""),
            MetricRole::Claims(ClaimReading::ShareSupported)
        );
        assert_eq!(role("tone", ""), MetricRole::Plain);
        // No name is believed where the record says more.
        assert_eq!(
            role("two.disagreement", r#","role":"plain""#),
            MetricRole::Plain
        );
        assert_eq!(
            role("backed", r#","role":{"claims":"all-supported"}"#),
            MetricRole::Claims(ClaimReading::AllSupported)
        );
        for spec in [
            disagreement_of("two"),
            MetricSpec::score("recall", DataType::Fraction).made_of(MetricRole::Facts),
        ] {
            let written = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<MetricSpec>(&written).unwrap(), spec);
        }
    }
}
