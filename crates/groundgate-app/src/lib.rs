//! The application: everything that groundgate does, for programs.
//!
//! An [`App`] is told what it may know of its surroundings and whom to tell what happens. It prints
//! nothing, reads no environment and ends no process; its errors carry a class.

mod app;
mod error;
mod observer;

pub mod anchors;
pub mod assemble;
pub mod bar;
pub mod bundled;
pub mod cascades;
pub mod clock;
pub mod config;
pub mod databricks;
pub mod demo;
pub mod facts;
pub mod files;
pub mod finding;
pub mod import;
pub mod pipeline;
pub mod planning;
pub mod policy_source;
pub mod prices;
pub mod probe;
pub mod project;
pub mod rejudge;
mod replay;
pub mod runs;
pub mod score_file;
pub mod sequential;
pub mod wiring;

pub use app::{App, Surroundings};
pub use error::{AppError, ErrorClass};
pub use observer::{Event, Nobody, Notice, Observer};
pub use replay::{ResumeRequest, RunRequest, RunSummary};
