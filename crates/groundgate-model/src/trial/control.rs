//! Controls: claims whose label is known, put among the others of a judging call, and what a judge said
//! of them.

use serde::{Deserialize, Serialize};

use super::call::Callee;
use crate::unit::Digest;

/// What a control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    /// A sentence of what is judged by, as it stands: supported.
    Verbatim,
    /// A sentence about something else: not supported.
    Foreign,
    /// A sentence of what is judged by, in slightly other words: supported.
    Rephrased,
    /// A sentence with another number: not supported.
    Number,
    /// A sentence with another unit: not supported.
    Unit,
    /// A sentence with another name: not supported.
    Name,
    /// A sentence that denies what it said, or says what it denied: not supported.
    Polarity,
}

impl ControlKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Verbatim,
        Self::Foreign,
        Self::Rephrased,
        Self::Number,
        Self::Unit,
        Self::Name,
        Self::Polarity,
    ];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verbatim => "verbatim",
            Self::Foreign => "foreign",
            Self::Rephrased => "rephrased",
            Self::Number => "number",
            Self::Unit => "unit",
            Self::Name => "name",
            Self::Polarity => "polarity",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a judge that reads cannot miss it: then it decides on the call.
    pub const fn is_easy(self) -> bool {
        matches!(self, Self::Verbatim | Self::Foreign)
    }

    /// Whether it is supported.
    pub const fn is_supported(self) -> bool {
        matches!(self, Self::Verbatim | Self::Rephrased)
    }
}

/// What a judge said of one control.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlFinding {
    /// Who was asked.
    pub callee: Callee,
    /// As what: a digest over everything that decides how it measures.
    pub instrument: Digest,
    /// Which of its votes.
    pub vote: u32,
    /// Which asking.
    pub round: u32,
    /// What the control is.
    pub kind: ControlKind,
    /// Whether the judge told it right.
    pub is_right: bool,
    /// Whether it told all easy ones of the call right, so that the call counts.
    pub call_counts: bool,
}

/// What a judge said of controls, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlCounts {
    /// Calls that carried controls.
    pub calls: usize,
    /// Those whose easy controls were missed.
    pub calls_failed: usize,
    /// Hard controls that are supported, in calls that count.
    pub supported: usize,
    /// Those that the judge called supported.
    pub supported_right: usize,
    /// Hard controls that are not supported, in calls that count.
    pub unsupported: usize,
    /// Those that the judge did not call supported.
    pub unsupported_right: usize,
}

impl ControlCounts {
    /// Whether nobody was watched.
    pub const fn is_nothing(&self) -> bool {
        self.calls == 0
    }

    /// So many more calls, which count or do not.
    pub const fn add_calls(&mut self, count: bool, n: usize) {
        self.calls += n;
        if !count {
            self.calls_failed += n;
        }
    }

    /// So many more hard controls of calls that count, of which some were told right.
    pub const fn add_hard(&mut self, kind: ControlKind, n: usize, right: usize) {
        if kind.is_easy() {
            return;
        }
        if kind.is_supported() {
            self.supported += n;
            self.supported_right += right;
        } else {
            self.unsupported += n;
            self.unsupported_right += right;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_kinds() {
        for kind in ControlKind::ALL {
            assert_eq!(ControlKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(ControlKind::from_name("else"), None);
    }

    #[test]
    fn easy_controls_decide_on_calls_and_measure_nothing() {
        let mut counts = ControlCounts::default();
        assert!(counts.is_nothing());
        counts.add_calls(true, 1);
        counts.add_calls(false, 1);
        for kind in ControlKind::ALL {
            counts.add_hard(kind, 10, 9);
        }
        let expected = ControlCounts {
            calls: 2,
            calls_failed: 1,
            supported: 10,
            supported_right: 9,
            unsupported: 40,
            unsupported_right: 36,
        };
        assert_eq!(counts, expected);
    }
}
