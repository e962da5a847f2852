//! Exit codes are API: the same number means the same in every command.

use groundgate_gate::Verdict;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitCode {
    /// Done; for `gate`: PASS.
    Done,
    /// A bug in groundgate, or the machine failed it.
    Internal,
    /// The command line is wrong.
    Usage,
    /// Configuration, policy, eval set, judge spec or record is invalid; nothing was run.
    Invalid,
    /// No case was selected.
    NothingToDo,
    /// The run is incomplete, saved, and can be resumed.
    Incomplete,
    /// The worst case is over the budget; nothing was spent.
    OverBudget,
    /// Gate: FAIL.
    Fail,
    /// Gate: INCONCLUSIVE.
    Inconclusive,
    /// Gate: HOLD.
    Hold,
    /// Watch: ROLL BACK.
    RollBack,
    /// Watch: HOLD.
    HoldCanary,
    /// Stopped by Ctrl-C, after the state was saved.
    Interrupted,
    /// Stopped by SIGTERM, after the state was saved.
    Terminated,
}

impl ExitCode {
    /// All of them, for the documentation and its test.
    pub(crate) const ALL: [Self; 14] = [
        Self::Done,
        Self::Internal,
        Self::Usage,
        Self::Invalid,
        Self::NothingToDo,
        Self::Incomplete,
        Self::OverBudget,
        Self::Fail,
        Self::Inconclusive,
        Self::Hold,
        Self::RollBack,
        Self::HoldCanary,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::NothingToDo => 4,
            Self::Incomplete => 5,
            Self::OverBudget => 6,
            Self::Fail => 10,
            Self::Inconclusive => 11,
            Self::Hold => 12,
            Self::RollBack => 30,
            Self::HoldCanary => 31,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// One sentence for tables.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; for `gate`: PASS, or WAIVED where a waiver is in force",
            Self::Internal => "unexpected internal error; the verdict is unknown",
            Self::Usage => "bad command line",
            Self::Invalid => {
                "configuration, policy, eval set, judge spec or record is invalid; nothing was run"
            }
            Self::NothingToDo => "nothing to do: no case was selected",
            Self::Incomplete => {
                "run incomplete (budget reached, endpoint down, disk full); saved, can be resumed"
            }
            Self::OverBudget => "refused: the worst case is over the budget; nothing was spent",
            Self::Fail => "gate FAIL",
            Self::Inconclusive => "gate INCONCLUSIVE: cannot tell yet",
            Self::Hold => "gate HOLD: every measured rule passed; something else is open",
            Self::RollBack => "watch ROLL BACK",
            Self::HoldCanary => "watch HOLD: thin or unsure; ask again after the next window",
            Self::Interrupted => "interrupted (Ctrl-C); saved, can be resumed",
            Self::Terminated => "terminated (SIGTERM); saved, can be resumed",
        }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass | Verdict::Waived => Self::Done,
            Verdict::Hold => Self::Hold,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Fail => Self::Fail,
            Verdict::Error => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_what_the_source_says() {
        let readme = include_str!("../../README.md");
        for code in ExitCode::ALL {
            let row = format!("| {} | {} |", code.number(), code.meaning());
            assert!(readme.contains(&row), "README.md does not say: {row}");
        }
    }

    #[test]
    fn the_report_names_the_exit_code_of_its_verdict() {
        for verdict in [
            Verdict::Pass,
            Verdict::Waived,
            Verdict::Hold,
            Verdict::Inconclusive,
            Verdict::Fail,
            Verdict::Error,
        ] {
            let named = groundgate_report::exit_code(verdict);
            assert_eq!(ExitCode::from(verdict).number(), named);
        }
    }
}
