//! What a run is compared with, as the caller says, and who named it.

/// What the caller says about the run to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BaselineChoice<'a> {
    /// Nothing: the policy's, else the project's.
    #[default]
    Usual,
    /// This run, whatever the policy names.
    Run(&'a str),
    /// This run, as somebody who looks at pages chose it.
    Viewed(&'a str),
    /// None at all.
    Nothing,
}

impl<'a> BaselineChoice<'a> {
    /// A run where one is named, else as usual.
    pub const fn named(run: Option<&'a str>) -> Self {
        match run {
            Some(run) => Self::Run(run),
            None => Self::Usual,
        }
    }
}

/// Who named a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// Whoever asked.
    Caller,
    /// The policy's `[baseline]`.
    Policy,
    /// `groundgate baseline set`.
    Project,
    /// Whoever looks at pages.
    Viewer,
}

impl NamedBy {
    /// As reports have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "--baseline",
            Self::Policy => "the policy",
            Self::Project => "groundgate baseline set",
            Self::Viewer => "the viewer",
        }
    }
}
