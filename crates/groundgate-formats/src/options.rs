//! What is told about a file before it is read.

use crate::{mapping::Mapping, table::Encoding, target::Want};

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What for.
    pub want: Want,
    /// A known format by its name, instead of by its form.
    pub from: Option<String>,
    /// What was told about its fields.
    pub mapping: Mapping,
    /// Whether nothing may be guessed: only what was told and groundgate's own names count.
    pub strict: bool,
    /// How its bytes are text.
    pub encoding: Option<Encoding>,
    /// What separates the columns of CSV.
    pub separator: Option<char>,
    /// Which of several prompts or models in the file.
    pub variant: Option<String>,
}

impl Options {
    /// Everything is found out.
    pub fn new(want: Want) -> Self {
        Self {
            want,
            from: None,
            mapping: Mapping::default(),
            strict: false,
            encoding: None,
            separator: None,
            variant: None,
        }
    }
}
