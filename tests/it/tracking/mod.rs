//! Against `MLflow`'s own tracking server, from the Python package index: traces that its own client has made become a
//! record, and every one of them is counted.

mod import;
mod server;
mod wire;
