//! Integration tests: the house rules, and the program against real sockets, files and processes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking and say what they skip, as tests do"
)]

mod again;
mod architecture;
mod atomic;
mod auth;
mod bad_input;
mod baseline;
mod browser;
mod canary;
mod cascade;
mod ci;
mod claims;
mod configuration;
mod copilots;
mod crash;
mod demo;
mod dependencies;
mod doctor;
mod endings;
mod faulty_disk;
mod figures;
mod files;
mod four_eyes;
mod gateway;
mod identity;
mod judge;
mod kills;
mod label;
mod ledger;
mod limits;
mod live;
mod misbehave;
mod mlflow;
mod pages;
mod panel;
mod plan;
mod program;
mod protection;
mod providers;
mod recipes;
mod recompute;
mod redteam;
mod release;
mod report_page;
mod retriever;
mod runs;
mod secrets;
mod security;
mod sequential;
mod signals;
mod slow_copilot;
mod stats;
mod storm;
mod tidy;
mod tracking;
mod transport;
mod trust;
mod view;
mod wire;
