//! What kind of thing measures a metric.

use serde::{Deserialize, Serialize};

/// What kind of thing measures a metric; its settings are in its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstrumentKind {
    /// Language models that are asked.
    Model,
    /// The judge that comes with the program and asks nobody.
    Embedded,
    /// Code that looks at the answer and its case.
    Checks,
    /// Whoever made the scores that were imported.
    Imported,
}

impl InstrumentKind {
    /// The kind in a record that was written when only the instrument's name could tell.
    pub fn of_old_name(name: &str) -> Self {
        if name.contains("embedded judge") {
            Self::Embedded
        } else if name == "plain checks" {
            Self::Checks
        } else {
            Self::Model
        }
    }
}
