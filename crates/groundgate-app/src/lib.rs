//! The application.

pub mod config;
pub mod demo;
