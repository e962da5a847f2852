//! The simplest of the models: a weighted sum, and the logistic function.

use super::error::ModelError;

/// A weighted sum with an intercept, through the logistic function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logistic {
    weights: Vec<f32>,
    intercept: f32,
}

impl Logistic {
    /// The weights, then the intercept.
    pub(crate) fn new(
        name: &'static str,
        mut numbers: Vec<f32>,
        inputs: usize,
    ) -> Result<Self, ModelError> {
        let found = numbers.len();
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(ModelError::NotFinite(name));
        }
        match numbers.pop() {
            Some(intercept) if numbers.len() == inputs => Ok(Self {
                weights: numbers,
                intercept,
            }),
            Some(_) | None => Err(ModelError::Length {
                name,
                found,
                expected: inputs + 1,
            }),
        }
    }

    /// The log odds.
    pub(crate) fn log_odds(&self, inputs: &[f32]) -> f32 {
        let products = self
            .weights
            .iter()
            .zip(inputs)
            .map(|(weight, input)| weight * input);
        self.intercept + products.sum::<f32>()
    }
}

/// 1 / (1 + e^-x).
pub(crate) fn sigmoid(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_another_shape_are_refused() {
        assert!(Logistic::new("TEST", vec![1.0, 2.0], 1).is_ok());
        assert!(Logistic::new("TEST", vec![1.0, 2.0], 2).is_err());
        assert!(Logistic::new("TEST", vec![f32::NAN, 2.0], 1).is_err());
    }
}
