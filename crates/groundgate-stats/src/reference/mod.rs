//! Any method by name, with JSON in and out: for checking this engine against other tools.
//!
//! Names and fields are those of the reference file that the tests read. Every method is a small
//! function in one of the tables; a name that no table knows is an error.

mod agreement;
mod design;
mod inputs;
mod intervals;
mod means;
mod more;
mod profile;
mod proportions;

use serde_json::Value;

use self::inputs::Inputs;
pub use self::inputs::RequestError;

/// The answer of `method` to `inputs`, an object. Infinite numbers are the texts `inf` and `-inf`;
/// what does not exist is null.
pub fn evaluate(method: &str, inputs: &Value) -> Result<Value, RequestError> {
    let inputs = Inputs(inputs);
    [
        proportions::evaluate,
        means::evaluate,
        intervals::evaluate,
        agreement::evaluate,
        design::evaluate,
        more::evaluate,
    ]
    .into_iter()
    .find_map(|table| table(method, inputs))
    .unwrap_or_else(|| Err(RequestError::Unsupported(method.to_owned())))
}

#[cfg(test)]
mod tests;
