//! What groundgate says to other systems and reads from them.

pub mod databricks;
pub mod mlflow;

#[cfg(test)]
mod test_server;
