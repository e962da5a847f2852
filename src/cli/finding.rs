//! What `doctor` finds: values, of which text, JSON and the exit code are made at the end. No secret is
//! ever a part of one.

use groundgate_model::diagnostic::{Mistake, Mistakes};
use serde::Serialize;

use super::{error::CliError, exit_code::ExitCode};

/// How bad a finding is; later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// A run can be made; somebody should look.
    Warning,
    /// No run can be made.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// `configuration`, `copilot good`, `judge gpt`.
    pub(crate) subject: String,
    /// `credentials`, `tls`, `call` and so on.
    pub(crate) check: &'static str,
    pub(crate) state: State,
    /// What was found.
    pub(crate) found: String,
    /// One thing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// How the process ends because of it.
    #[serde(skip)]
    pub(crate) code: ExitCode,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// As it should be.
    pub(crate) fn ok(&mut self, subject: &str, check: &'static str, found: impl Into<String>) {
        self.add(subject, check, found.into());
    }

    /// A run can be made, and somebody should look.
    pub(crate) fn warn(
        &mut self,
        subject: &str,
        check: &'static str,
        found: impl Into<String>,
        help: &str,
    ) {
        let finding = self.add(subject, check, found.into());
        finding.state = State::Warning;
        finding.help = Some(help.to_owned());
    }

    /// No run can be made.
    pub(crate) fn fail(
        &mut self,
        subject: &str,
        check: &'static str,
        found: impl Into<String>,
        help: Option<String>,
    ) {
        let finding = self.add(subject, check, found.into());
        finding.state = State::Error;
        finding.code = ExitCode::Invalid;
        finding.help = help;
    }

    /// What a command would have ended with.
    pub(crate) fn failed(&mut self, subject: &str, check: &'static str, error: &CliError) {
        if let Some(mistakes) = error.error.downcast_ref::<Mistakes>() {
            self.mistakes(subject, check, mistakes);
            return;
        }
        let causes: Vec<String> = error.error.chain().map(ToString::to_string).collect();
        self.fail(subject, check, causes.join(": "), error.help.clone());
        self.ends_with(error.code);
    }

    pub(crate) fn mistakes(&mut self, subject: &str, check: &'static str, mistakes: &Mistakes) {
        for mistake @ Mistake { help, .. } in &mistakes.0 {
            self.fail(subject, check, mistake.to_string(), help.clone());
        }
    }

    /// The exit code of the last finding, where it is not that of an invalid configuration.
    pub(crate) fn ends_with(&mut self, code: ExitCode) {
        if let Some(last) = self.0.last_mut() {
            last.code = code;
        }
    }

    fn add(&mut self, subject: &str, check: &'static str, found: String) -> &mut Finding {
        self.0.push_mut(Finding {
            subject: subject.to_owned(),
            check,
            state: State::Ok,
            found,
            help: None,
            code: ExitCode::Done,
        })
    }

    /// All of them, in the order in which they were looked at.
    pub(crate) fn all(&self) -> &[Finding] {
        &self.0
    }

    /// The code of the first error: what is wrong first is mended first.
    pub(crate) fn code(&self) -> ExitCode {
        let mut errors = self
            .0
            .iter()
            .filter(|finding| finding.state == State::Error);
        errors.next().map_or(ExitCode::Done, |finding| finding.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_decides_how_it_ends() {
        let mut findings = Findings::default();
        assert_eq!(findings.code(), ExitCode::Done);
        findings.warn("a", "tls", "none", "use https");
        assert_eq!(findings.code(), ExitCode::Done);
        findings.fail("a", "call", "down", None);
        findings.ends_with(ExitCode::Incomplete);
        findings.fail("b", "credentials", "absent", None);
        assert_eq!(findings.code(), ExitCode::Incomplete);
    }
}
