//! What `doctor` finds: values, of which text, JSON and the exit code are made at the end. No secret is
//! ever a part of one.

use groundgate_model::diagnostic::{Mistake, Mistakes};
use serde::Serialize;

use super::error::{AppError, ErrorClass};

/// How bad a result is; later is worse.
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
pub struct CheckResult {
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
pub struct CheckResults(Vec<CheckResult>);

impl CheckResults {
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
        let result = self.add(subject, check, found.into());
        result.state = State::Warning;
        result.help = Some(help.to_owned());
    }

    /// No run can be made.
    pub fn fail(
        &mut self,
        subject: &str,
        check: &'static str,
        found: impl Into<String>,
        help: Option<String>,
    ) {
        let result = self.add(subject, check, found.into());
        result.state = State::Error;
        result.class = Some(ErrorClass::Invalid);
        result.help = help;
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

    /// The class of the last result, where it is not that of an invalid configuration.
    pub fn ends_with(&mut self, class: ErrorClass) {
        if let Some(last) = self.0.last_mut() {
            last.class = Some(class);
        }
    }

    fn add(&mut self, subject: &str, check: &'static str, found: String) -> &mut CheckResult {
        self.0.push_mut(CheckResult {
            subject: subject.to_owned(),
            check,
            state: State::Ok,
            found,
            help: None,
            class: None,
        })
    }

    /// All of them, in the order in which they were looked at.
    pub fn all(&self) -> &[CheckResult] {
        &self.0
    }

    /// The class of the first error: what is wrong first is mended first.
    pub fn class(&self) -> Option<ErrorClass> {
        let mut errors = self.0.iter().filter(|result| result.state == State::Error);
        errors.next().and_then(|result| result.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_decides_how_it_ends() {
        let mut results = CheckResults::default();
        assert_eq!(results.class(), None);
        results.warn("a", "tls", "none", "use https");
        assert_eq!(results.class(), None);
        results.fail("a", "call", "down", None);
        results.ends_with(ErrorClass::Incomplete);
        results.fail("b", "credentials", "absent", None);
        assert_eq!(results.class(), Some(ErrorClass::Incomplete));
    }
}
