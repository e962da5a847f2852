//! Whether a judge still says what it said: a frozen set of answers, judged again.

use groundgate_stats::interval::Passes;
use serde::Serialize;

/// Below this p-value the judge counts as changed.
pub const DRIFT_ALPHA: f64 = 0.01;

/// Stored judgments of the same answers beside fresh ones, as good or bad.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Answers with both.
    pub n: usize,
    /// Good before, bad now.
    pub turned_bad: usize,
    /// Bad before, good now.
    pub turned_good: usize,
    /// Two-sided exact p-value of "as often one way as the other" (`McNemar`).
    pub p_value: f64,
}

impl Drift {
    /// From pairs of (before, now).
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let (mut n, mut turned_bad, mut turned_good) = (0, 0, 0);
        for pair in pairs {
            n += 1;
            match pair {
                (true, false) => turned_bad += 1,
                (false, true) => turned_good += 1,
                (true, true) | (false, false) => {}
            }
        }
        let p_value = match Passes::new(turned_good, turned_good + turned_bad) {
            Ok(passes) => passes.p_two_sided(0.5),
            Err(_nothing_turned) => 1.0,
        };
        Self {
            n,
            turned_bad,
            turned_good,
            p_value,
        }
    }

    /// Whether the judge has changed beyond chance.
    pub fn is_alarming(&self) -> bool {
        self.p_value < DRIFT_ALPHA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_needs_many_that_turn_the_same_way() {
        let turned = |bad: usize, good: usize, same: usize| {
            let pairs = (std::iter::repeat_n((true, false), bad))
                .chain(std::iter::repeat_n((false, true), good))
                .chain(std::iter::repeat_n((true, true), same));
            Drift::of(pairs)
        };
        for (drift, alarming) in [
            (turned(0, 0, 50), false),
            (turned(4, 4, 50), false),
            // 2 · 2⁻⁷ = 0.0156, 2 · 2⁻⁸ = 0.0078.
            (turned(7, 0, 50), false),
            (turned(8, 0, 50), true),
            (turned(0, 8, 0), true),
        ] {
            assert_eq!(drift.is_alarming(), alarming, "{drift:?}");
        }
    }
}
