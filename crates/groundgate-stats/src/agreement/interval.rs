//! Percentile bootstrap bounds for a measure of agreement, by item.

use std::cmp::Ordering;

use crate::{
    agreement::ratings::Ratings,
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, error_rate},
    resampling::bootstrap::{Resampling, replicates},
};

/// Two one-sided bounds of a measure of agreement. `None`: so many resamples left the measure
/// undefined that there is no bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgreementInterval {
    /// Of the items as they are.
    pub value: f64,
    /// Lower bound.
    pub lower: Option<f64>,
    /// Upper bound.
    pub upper: Option<f64>,
}

/// Percentile bounds, each at one-sided error rate `alpha`, with items resampled together with all
/// their ratings. A resample in which `measure` is undefined counts as below everything for the lower
/// bound and above everything for the upper. Approximate: too narrow below some 50 items.
pub fn bootstrap_interval(
    ratings: &Ratings,
    alpha: f64,
    resampling: Resampling,
    measure: impl Fn(&Ratings) -> Result<f64, StatsError> + Sync,
) -> Result<AgreementInterval, StatsError> {
    error_rate(alpha)?;
    at_least(100, resampling.replicates)?;
    let value = measure(ratings)?;
    let mut values: Vec<Option<f64>> = replicates(ratings.n_items(), resampling, |draws| {
        let rows = draws.all(ratings.rows()).cloned().collect();
        measure(&ratings.with_rows(rows)).ok()
    });
    values.sort_by(|a, b| match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(b),
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
    });
    let n_undefined = values.iter().filter(|value| value.is_none()).count();
    // At most this many resamples lie outside of each bound.
    let n_outside = floor_share(alpha, resampling.replicates);
    let lower = values.get(n_outside).copied().flatten();
    let upper = (n_outside.checked_sub(n_undefined))
        .and_then(|n_outside| values.iter().rev().nth(n_outside).copied())
        .flatten();
    Ok(AgreementInterval {
        value,
        lower,
        upper,
    })
}

/// The whole part of a share of a count.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count lies between 0 and that count"
)]
fn floor_share(share: f64, count: usize) -> usize {
    (share * count_to_f64(count)).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Level, flip_rate, krippendorff_alpha};

    const RESAMPLING: Resampling = Resampling {
        replicates: 2000,
        seed: 7,
    };

    fn votes(n_items: u32, differs_every: u32) -> Ratings {
        let row = |i: u32| {
            let first = f64::from(u8::from(!i.is_multiple_of(4)));
            let flipped = i.is_multiple_of(differs_every);
            vec![Some(first), Some(if flipped { 1.0 - first } else { first })]
        };
        Ratings::by_item((0..n_items).map(row).collect()).unwrap()
    }

    #[test]
    fn bounds_hold_the_value_and_repeat_for_a_seed() {
        let alpha = |ratings: &Ratings| krippendorff_alpha(ratings, Level::Nominal);
        let once = bootstrap_interval(&votes(120, 7), 0.05, RESAMPLING, alpha).unwrap();
        let again = bootstrap_interval(&votes(120, 7), 0.05, RESAMPLING, alpha).unwrap();
        assert_eq!(once, again);
        assert!(once.lower.unwrap() < once.value && once.value < once.upper.unwrap());
    }

    #[test]
    fn a_mean_has_about_the_normal_bounds() {
        // The flip rate is a mean of 0 and 1 here: 30 of 300.
        let interval = bootstrap_interval(&votes(300, 10), 0.05, RESAMPLING, flip_rate).unwrap();
        let arm = 1.645 * (0.09_f64 / 300.0).sqrt();
        assert!(
            (interval.lower.unwrap() - (0.1 - arm)).abs() < 0.006,
            "{interval:?}"
        );
        assert!(
            (interval.upper.unwrap() - (0.1 + arm)).abs() < 0.006,
            "{interval:?}"
        );
    }

    #[test]
    fn undefined_resamples_widen_and_never_narrow() {
        // One item of 20 differs: a third of the resamples lack it and leave alpha undefined.
        let mut rows = vec![vec![Some(1.0), Some(1.0)]; 19];
        rows.push(vec![Some(0.0), Some(0.0)]);
        let ratings = Ratings::by_item(rows).unwrap();
        let alpha = |ratings: &Ratings| krippendorff_alpha(ratings, Level::Nominal);
        let interval = bootstrap_interval(&ratings, 0.05, RESAMPLING, alpha).unwrap();
        assert_eq!((interval.lower, interval.upper), (None, None));
    }

    #[test]
    fn a_measure_undefined_as_it_is_has_no_interval() {
        let same = Ratings::by_item(vec![vec![Some(1.0); 2]; 9]).unwrap();
        let alpha = |ratings: &Ratings| krippendorff_alpha(ratings, Level::Nominal);
        assert!(bootstrap_interval(&same, 0.05, RESAMPLING, alpha).is_err());
    }
}
