//! Endpoints: copilots and language models behind two ports, over one HTTP transport.

pub mod chat;
pub mod copilot;
pub mod transport;

#[cfg(test)]
mod identity_tests;
