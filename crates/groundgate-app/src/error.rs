//! Errors of the application: what, where, cause, one thing to do, and the class that says how a
//! process ends because of it.

use std::{error::Error, fmt};

use groundgate_model::diagnostic::Mistakes;
use groundgate_record::RecordError;

/// What kind of end an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// A bug, or the machine failed.
    Internal,
    /// What was asked for cannot be done.
    Usage,
    /// Configuration, policy, eval set, judge spec or record is invalid; nothing was run.
    Invalid,
    /// No case was selected.
    NothingToDo,
    /// The run is incomplete, saved, and can be resumed.
    Incomplete,
    /// The worst case is over the budget; nothing was spent.
    OverBudget,
    /// Somebody stopped it, after the state was saved.
    Interrupted,
}

/// An error with its class.
#[derive(Debug)]
pub struct AppError {
    /// What kind of end it is.
    pub class: ErrorClass,
    /// What went wrong, with its causes.
    pub error: Box<dyn Error + Send + Sync>,
    /// One thing to do.
    pub help: Option<String>,
}

/// A sentence, and what caused it.
#[derive(Debug)]
struct Sentence {
    text: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Sentence {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause = self.cause.as_deref()?;
        Some(cause)
    }
}

impl AppError {
    /// An error of a class; a text is one, too.
    pub fn new(class: ErrorClass, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            class,
            error: error.into(),
            help: None,
        }
    }

    /// What was asked for is impossible.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ErrorClass::Usage, message.to_string())
    }

    /// A file is not what it should be.
    pub fn invalid(message: impl fmt::Display) -> Self {
        Self::new(ErrorClass::Invalid, message.to_string())
    }

    /// The machine failed us.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new(ErrorClass::Internal, message.to_string())
    }

    /// The same error with its cause.
    #[must_use]
    pub fn because(self, cause: impl Error + Send + Sync + 'static) -> Self {
        let sentence = Sentence {
            text: self.error.to_string(),
            cause: Some(Box::new(cause)),
        };
        Self {
            error: Box::new(sentence),
            ..self
        }
    }

    /// The same error with one thing to do.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The mistakes of a file, where that is what the error is.
    pub fn mistakes(&self) -> Option<&Mistakes> {
        self.error.downcast_ref()
    }

    /// What caused it, the nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        std::iter::successors(self.error.source(), |cause: &&(dyn Error + 'static)| {
            (*cause).source()
        })
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl From<Mistakes> for AppError {
    fn from(mistakes: Mistakes) -> Self {
        Self::new(ErrorClass::Invalid, mistakes)
    }
}

impl From<RecordError> for AppError {
    fn from(error: RecordError) -> Self {
        Self::new(ErrorClass::Invalid, error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn causes_follow_the_sentence() {
        let cause = io::Error::other("disk full");
        let error = AppError::invalid("failed to write `a`").because(cause);
        assert_eq!(error.to_string(), "failed to write `a`");
        let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
        assert_eq!(causes, ["disk full"]);
        assert!(error.mistakes().is_none());
        assert!(AppError::from(Mistakes(Vec::new())).mistakes().is_some());
    }
}
