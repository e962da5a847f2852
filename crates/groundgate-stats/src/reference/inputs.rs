//! What a request holds, read by name, and what it is answered with.

use serde_json::Value;

use crate::{count::count_to_f64, error::StatsError, interval::binomial::Interval};

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// No table has this method.
    #[error("no answer: method {0:?} is not known")]
    Unsupported(String),
    /// An input is absent, or not what the method needs.
    #[error("no answer: input {name:?} is not {wanted}")]
    Input {
        /// Which one.
        name: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// The method refuses these inputs.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

/// The inputs of a request, read by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a>(pub(super) &'a Value);

/// What a method gives.
pub(super) type Answer = Result<Value, RequestError>;

impl<'a> Inputs<'a> {
    fn get<T>(
        self,
        name: &'static str,
        wanted: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, RequestError> {
        let value = self.0.get(name).and_then(read);
        value.ok_or(RequestError::Input { name, wanted })
    }

    /// A finite number.
    pub(super) fn number(self, name: &'static str) -> Result<f64, RequestError> {
        self.get(name, "a number", Value::as_f64)
    }

    /// A number strictly between 0 and 1.
    pub(super) fn probability(self, name: &'static str) -> Result<f64, RequestError> {
        self.get(name, "a number between 0 and 1", |value| {
            value.as_f64().filter(|p| *p > 0.0 && *p < 1.0)
        })
    }

    /// A number from 0 to 1, both included.
    pub(super) fn share(self, name: &'static str) -> Result<f64, RequestError> {
        self.get(name, "a number from 0 to 1", |value| {
            value.as_f64().filter(|p| (0.0..=1.0).contains(p))
        })
    }

    /// A number above 0.
    pub(super) fn positive(self, name: &'static str) -> Result<f64, RequestError> {
        self.get(name, "a number above 0", |value| {
            value.as_f64().filter(|number| *number > 0.0)
        })
    }

    /// A count, not above ten million.
    pub(super) fn count(self, name: &'static str) -> Result<usize, RequestError> {
        self.get(name, "a count", count)
    }

    /// A text.
    pub(super) fn text(self, name: &'static str) -> Result<&'a str, RequestError> {
        self.get(name, "a text", Value::as_str)
    }

    /// A list of numbers.
    pub(super) fn numbers(self, name: &'static str) -> Result<Vec<f64>, RequestError> {
        self.get(name, "a list of numbers", numbers)
    }

    /// A list of counts.
    pub(super) fn counts(self, name: &'static str) -> Result<Vec<usize>, RequestError> {
        self.get(name, "a list of counts", |value| {
            value.as_array()?.iter().map(count).collect()
        })
    }

    /// Whether it is there and not null.
    pub(super) fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether it is there, as null.
    pub(super) fn is_null(self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// True or false.
    pub(super) fn flag(self, name: &'static str) -> Result<bool, RequestError> {
        self.get(name, "true or false", Value::as_bool)
    }

    /// A list of labels: texts or numbers.
    pub(super) fn labels(self, name: &'static str) -> Result<Vec<String>, RequestError> {
        self.get(name, "a list of labels", |value| {
            let label = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            };
            value.as_array()?.iter().map(label).collect()
        })
    }

    /// A list of lists of numbers, some of them null.
    pub(super) fn sparse_rows(
        self,
        name: &'static str,
    ) -> Result<Vec<Vec<Option<f64>>>, RequestError> {
        self.get(name, "a list of lists of numbers or nulls", |value| {
            let number = |value: &Value| match value {
                Value::Null => Some(None),
                Value::Number(number) => Some(number.as_f64()),
                Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
            };
            let row = |value: &Value| value.as_array()?.iter().map(number).collect();
            value.as_array()?.iter().map(row).collect()
        })
    }

    /// A list of lists of numbers.
    pub(super) fn rows(self, name: &'static str) -> Result<Vec<Vec<f64>>, RequestError> {
        self.get(name, "a list of lists of numbers", |value| {
            value.as_array()?.iter().map(numbers).collect()
        })
    }
}

fn count(value: &Value) -> Option<usize> {
    let count = usize::try_from(value.as_u64()?).ok()?;
    (count <= 10_000_000).then_some(count)
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// A number as JSON; infinite ones as text, since JSON has none.
pub(super) fn json(number: f64) -> Value {
    if number.is_finite() {
        Value::from(number)
    } else if number.is_nan() {
        Value::Null
    } else if number > 0.0 {
        Value::from("inf")
    } else {
        Value::from("-inf")
    }
}

/// An object of numbers.
pub(super) fn object<const N: usize>(fields: [(&str, f64); N]) -> Value {
    (fields.into_iter())
        .map(|(name, number)| (name.to_owned(), json(number)))
        .collect()
}

/// `lo` and `hi`.
pub(super) fn interval(interval: Interval) -> Value {
    object([("lo", interval.low), ("hi", interval.high)])
}

/// A count as JSON, so that it compares with other numbers.
pub(super) fn json_count(count: usize) -> Value {
    json(count_to_f64(count))
}
