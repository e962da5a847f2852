//! Time as a value that is handed in, so that a test decides how late it is.

use std::{fmt, time::Duration};

use tokio::time::Instant;

/// A clock that only goes forward.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time since the clock was made.
    fn now(&self) -> Duration;
}

/// The machine's monotonic clock; stands still where a test has paused tokio's time.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that shows zero now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
