//! One integration binary: the library against loopback servers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod auth;
mod copilots;
mod misbehave;
mod transport;
