//! Two judges on the same labelled answers: which of them is right more often.

use std::collections::BTreeMap;

use groundgate_model::unit::count_to_f64;
use groundgate_stats::{Observation, Scale, StatsError, interval::Passes, paired_difference};
use serde::Serialize;

use super::{QUESTIONS_ONCE, join::Joined};

/// How two judges compare; only answers that both scored and people labelled count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duel {
    /// Such answers.
    pub n: usize,
    /// Both agree with people.
    pub both_right: usize,
    /// The first alone does.
    pub only_first_right: usize,
    /// The second alone does.
    pub only_second_right: usize,
    /// Neither does.
    pub both_wrong: usize,
    /// The second's share of right answers minus the first's.
    pub difference: f64,
    /// Lower bound at 5 %, exact.
    pub lower: Option<f64>,
    /// Upper bound at 5 %, exact.
    pub upper: Option<f64>,
    /// Two-sided exact p-value of "equally often right" (`McNemar`).
    pub p_value: f64,
}

impl Duel {
    /// From `good_from` on a value is good.
    pub fn of(first: &Joined<'_>, second: &Joined<'_>, good_from: f64) -> Result<Self, StatsError> {
        let is_right = |human: f64, judge: f64| (human >= good_from) == (judge >= good_from);
        let seconds: BTreeMap<usize, bool> = (second.pairs.iter())
            .filter_map(|pair| Some((pair.trial, is_right(pair.human, pair.judge?))))
            .collect();
        let both: Vec<(bool, bool)> = (first.pairs.iter())
            .filter_map(|pair| {
                let of_second = *seconds.get(&pair.trial)?;
                Some((is_right(pair.human, pair.judge?), of_second))
            })
            .collect();
        let count = |wanted: (bool, bool)| both.iter().filter(|pair| **pair == wanted).count();
        let only_first_right = count((true, false));
        let only_second_right = count((false, true));
        let differences: Vec<Observation> = (both.iter())
            .map(|(first, second)| f64::from(u8::from(*second)) - f64::from(u8::from(*first)))
            .map(Observation::scored)
            .collect();
        let estimate = paired_difference(&differences, Scale::UNIT, QUESTIONS_ONCE)?.estimate();
        let p_value = match Passes::new(only_second_right, only_first_right + only_second_right) {
            Ok(passes) => passes.p_two_sided(0.5),
            Err(_never_apart) => 1.0,
        };
        Ok(Self {
            n: both.len(),
            both_right: count((true, true)),
            only_first_right,
            only_second_right,
            both_wrong: count((false, false)),
            difference: (count_to_f64(only_second_right) - count_to_f64(only_first_right))
                / count_to_f64(both.len()),
            lower: estimate.lower,
            upper: estimate.upper,
            p_value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{
        join,
        join::tests::{labels, table},
    };

    #[test]
    fn only_answers_on_which_they_differ_tell_them_apart() {
        let human = labels(&vec![Some(1.0); 30]);
        let scores = |wrong: std::ops::Range<usize>| -> Vec<Option<f64>> {
            (0..30)
                .map(|index| Some(if wrong.contains(&index) { 0.0 } else { 1.0 }))
                .collect()
        };
        let (first, second) = (table(&scores(0..10)), table(&scores(8..12)));
        let duel = Duel::of(
            &join(&first, "groundedness", &human).unwrap(),
            &join(&second, "groundedness", &human).unwrap(),
            1.0,
        )
        .unwrap();
        let counts = (
            duel.both_right,
            duel.only_first_right,
            duel.only_second_right,
            duel.both_wrong,
        );
        assert_eq!(counts, (18, 2, 8, 2));
        assert!((duel.difference - 0.2).abs() < 1e-12);
        // 2 · P(Bin(10, 1/2) ≤ 2) = 2 · 56 / 1024.
        assert!((duel.p_value - 112.0 / 1024.0).abs() < 1e-12, "{duel:?}");
        assert!(duel.lower.unwrap() < 0.2 && duel.upper.unwrap() > 0.2);
    }
}
