//! What `doctor` finds: values, of which text, JSON and the exit code are made at the end. No secret is
//! ever a part of one.

use groundgate_model::diagnostic::{Mistake, Mistakes};
use serde::Serialize;

use super::error::{AppError, ErrorClass};

/// How bad a finding is; later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// A run can be made; somebody should look.
    Warning,
    /// No run can be made.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `copilot good`, `judge gpt`.
    pub subject: String,
    /// `credentials`, `tls`, `call` and so on.
    pub check: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// One thing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// How the command ends because of it; `None` where it is no error.
    #[serde(skip)]
    pub class: Option<ErrorClass>,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// As it should be.
    pub fn ok(&mut self, subject: &str, check: &'static str, found: impl Into<String>) {
        self.add(subject, check, found.into());
    }

    /// A run can be made, and somebody should look.
    pub fn warn(
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
    pub fn fail(
        &mut self,
        subject: &str,
        check: &'static str,
        found: impl Into<String>,
        help: Option<String>,
    ) {
        let finding = self.add(subject, check, found.into());
        finding.state = State::Error;
        finding.class = Some(ErrorClass::Invalid);
        finding.help = help;
    }

    /// What a command would have ended with.
    pub fn failed(&mut self, subject: &str, check: &'static str, error: &AppError) {
        if let Some(mistakes) = error.mistakes() {
            self.mistakes(subject, check, mistakes);
            return;
        }
        let causes = error.causes().map(ToString::to_string);
        let causes: Vec<String> = std::iter::once(error.to_string()).chain(causes).collect();
        self.fail(subject, check, causes.join(": "), error.help.clone());
        self.ends_with(error.class);
    }

    /// Every mistake of a file, each as an error.
    pub fn mistakes(&mut self, subject: &str, check: &'static str, mistakes: &Mistakes) {
        for mistake @ Mistake { help, .. } in &mistakes.0 {
            self.fail(subject, check, mistake.to_string(), help.clone());
        }
    }

    /// The class of the last finding, where it is not that of an invalid configuration.
    pub fn ends_with(&mut self, class: ErrorClass) {
        if let Some(last) = self.0.last_mut() {
            last.class = Some(class);
        }
    }

    fn add(&mut self, subject: &str, check: &'static str, found: String) -> &mut Finding {
        self.0.push_mut(Finding {
            subject: subject.to_owned(),
            check,
            state: State::Ok,
            found,
            help: None,
            class: None,
        })
    }

    /// All of them, in the order in which they were looked at.
    pub fn all(&self) -> &[Finding] {
        &self.0
    }

    /// The class of the first error: what is wrong first is mended first.
    pub fn class(&self) -> Option<ErrorClass> {
        let mut errors = self
            .0
            .iter()
            .filter(|finding| finding.state == State::Error);
        errors.next().and_then(|finding| finding.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_decides_how_it_ends() {
        let mut findings = Findings::default();
        assert_eq!(findings.class(), None);
        findings.warn("a", "tls", "none", "use https");
        assert_eq!(findings.class(), None);
        findings.fail("a", "call", "down", None);
        findings.ends_with(ErrorClass::Incomplete);
        findings.fail("b", "credentials", "absent", None);
        assert_eq!(findings.class(), Some(ErrorClass::Incomplete));
    }
}
