//! The clock and the environment of this process.

use std::env;

use jiff::Timestamp;

/// What the system's clock says.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// What `SOURCE_DATE_EPOCH` says: for bytes that are the same again, and never for a decision.
pub(crate) fn source_date() -> Option<Timestamp> {
    let seconds = variable("SOURCE_DATE_EPOCH")?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// Whether a pipeline started this process.
pub(crate) fn is_ci() -> bool {
    groundgate_app::is_ci(&variable)
}

/// A variable of the environment; an empty one is none.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether a variable says anything.
pub(crate) fn is_set(name: &str) -> bool {
    variable(name).is_some()
}
