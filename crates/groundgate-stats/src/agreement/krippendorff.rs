//! Krippendorff's alpha: any number of raters, missing ratings, and four kinds of scales.

use crate::{
    agreement::ratings::Ratings, count::count_to_f64, error::StatsError, parameter::at_least,
};

/// What a difference of two ratings means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Categories without order.
    Nominal,
    /// Ordered categories; distance by how many ratings lie between.
    Ordinal,
    /// Numbers whose differences count.
    Interval,
    /// Numbers from 0 on whose quotients count.
    Ratio,
}

/// Krippendorff's alpha: 1 minus observed over expected disagreement; items with fewer than two
/// ratings do not count (Krippendorff, "Computing Krippendorff's alpha-reliability", 2011).
pub fn krippendorff_alpha(ratings: &Ratings, level: Level) -> Result<f64, StatsError> {
    let counts: Vec<Vec<f64>> = (ratings.counts().into_iter())
        .filter(|row| row.iter().sum::<f64>() >= 2.0)
        .collect();
    at_least(1, counts.len())?;
    let categories = Categories::new(ratings.categories(), &counts, level);
    let observed: f64 = (counts.iter())
        .map(|row| categories.disagreement(row) / (row.iter().sum::<f64>() - 1.0))
        .sum();
    let expected =
        categories.disagreement(&categories.totals) / (categories.totals.iter().sum::<f64>() - 1.0);
    if expected > 0.0 {
        Ok(1.0 - observed / expected)
    } else {
        Err(StatsError::Undefined {
            what: "alpha",
            because: "all ratings are of one category",
        })
    }
}

struct Categories {
    /// What distances are taken of: the value, or its mid-rank.
    scores: Vec<f64>,
    /// How often each was given.
    totals: Vec<f64>,
    level: Level,
}

impl Categories {
    fn new(values: &[f64], counts: &[Vec<f64>], level: Level) -> Self {
        let totals: Vec<f64> = (0..values.len())
            .map(|column| counts.iter().filter_map(|row| row.get(column)).sum())
            .collect();
        let scores = match level {
            Level::Nominal => (0..values.len()).map(count_to_f64).collect(),
            Level::Ordinal => mid_ranks(&totals),
            Level::Interval | Level::Ratio => values.to_vec(),
        };
        Self {
            scores,
            totals,
            level,
        }
    }

    /// The distances of all ordered pairs of ratings among `counts`.
    fn disagreement(&self, counts: &[f64]) -> f64 {
        let scored = || counts.iter().zip(&self.scores);
        scored()
            .map(|(count, score)| {
                let distances = scored().map(|(other_count, other)| {
                    count * other_count * squared_distance(self.level, *score, *other)
                });
                distances.sum::<f64>()
            })
            .sum()
    }
}

/// The place of each category's middle among all ratings; the ordinal distance of Krippendorff is
/// the difference of two such places.
fn mid_ranks(totals: &[f64]) -> Vec<f64> {
    let mut below = 0.0;
    (totals.iter())
        .map(|total| {
            below += total;
            below - 0.5 * total
        })
        .collect()
}

fn squared_distance(level: Level, a: f64, b: f64) -> f64 {
    match level {
        Level::Nominal => f64::from(u8::from(a.total_cmp(&b).is_ne())),
        Level::Ordinal | Level::Interval => (a - b).powi(2),
        Level::Ratio => {
            let sum = a + b;
            if sum.abs() > 0.0 {
                ((a - b) / sum).powi(2)
            } else {
                0.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: u8 = 0;

    fn ratings(rows: [[u8; 15]; 3]) -> Ratings {
        let rating = |value: &u8| (*value != NO).then(|| f64::from(*value));
        let rows = rows.map(|row| row.iter().map(rating).collect());
        Ratings::by_rater(&rows).unwrap()
    }

    fn check(rows: [[u8; 15]; 3], level: Level, expected: f64) {
        let value = krippendorff_alpha(&ratings(rows), level).unwrap();
        assert!(
            (value - expected).abs() < 1e-10,
            "{level:?}: {value} {expected}"
        );
    }

    #[test]
    fn values_of_the_package_krippendorff() {
        // krippendorff 0.9.0.
        let full = [
            [5, 4, 3, 5, 2, 4, 5, 1, 3, 4, 5, 5, 2, 3, 4],
            [5, 4, 4, 5, 2, 3, 5, 2, 3, 4, 4, 5, 1, 3, 5],
            [4, 4, 3, 5, 3, 4, 5, 1, 2, 4, 5, 5, 2, 3, 4],
        ];
        check(full, Level::Ordinal, 0.870_324_993_349_919_4);
        check(full, Level::Interval, 0.871_177_618_737_800_9);
        let gaps = [
            [5, 4, 3, NO, 2, 4, 5, 1, 3, 4, 5, 5, 2, 3, 4],
            [5, 4, 4, 5, 2, 3, 5, NO, 3, 4, 4, 5, 1, 3, 5],
            [NO, 4, 3, 5, 3, 4, 5, NO, 2, 4, 5, 5, 2, 3, 4],
        ];
        check(gaps, Level::Nominal, 0.537_288_135_593_220_3);
        check(gaps, Level::Ratio, 0.776_360_981_301_751_8);
    }

    #[test]
    fn no_variation_is_undefined_and_single_ratings_are_no_data() {
        let same = Ratings::by_item(vec![vec![Some(1.0); 3]; 4]).unwrap();
        let alpha = krippendorff_alpha(&same, Level::Nominal);
        assert!(
            matches!(alpha, Err(StatsError::Undefined { .. })),
            "{alpha:?}"
        );
        let single = Ratings::by_item(vec![vec![Some(1.0), None]; 4]).unwrap();
        assert_eq!(
            krippendorff_alpha(&single, Level::Nominal),
            Err(StatsError::NoData)
        );
    }

    #[test]
    fn full_agreement_is_one_at_every_level() {
        let rows = (0..6).map(|i| vec![Some(f64::from(i % 3)); 2]).collect();
        let ratings = Ratings::by_item(rows).unwrap();
        for level in [
            Level::Nominal,
            Level::Ordinal,
            Level::Interval,
            Level::Ratio,
        ] {
            let value = krippendorff_alpha(&ratings, level).unwrap();
            assert!((value - 1.0).abs() < 1e-15, "{level:?}: {value}");
        }
    }
}
