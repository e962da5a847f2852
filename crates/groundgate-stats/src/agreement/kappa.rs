//! Agreement beyond chance between categories: Cohen's kappa, Fleiss' kappa, Gwet's AC1.

use crate::{
    agreement::ratings::Ratings,
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, error_rate, not_negative},
    special::normal::normal_upper_quantile,
};

/// How far two categories, by their ranks, disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// Any difference counts the same.
    Unweighted,
    /// By the number of ranks between them.
    Linear,
    /// By its square.
    Quadratic,
}

impl Weighting {
    /// 1 for the same category, and less the farther apart. Kappa does not depend on the unit.
    fn agreement(self, row: usize, column: usize) -> f64 {
        let distance = count_to_f64(row.abs_diff(column));
        1.0 - match self {
            Self::Unweighted => distance.min(1.0),
            Self::Linear => distance,
            Self::Quadratic => distance.powi(2),
        }
    }
}

/// How often two raters gave each pair of categories; categories in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Crosstable {
    counts: Vec<Vec<f64>>,
}

impl Crosstable {
    /// From a square of counts: rows for the first rater, columns for the second.
    pub fn new(counts: Vec<Vec<f64>>) -> Result<Self, StatsError> {
        if let Some(row) = counts.iter().find(|row| row.len() != counts.len()) {
            return Err(StatsError::Lengths {
                left: counts.len(),
                right: row.len(),
            });
        }
        for count in counts.iter().flatten() {
            not_negative("count", *count)?;
        }
        if counts.iter().flatten().sum::<f64>() > 0.0 {
            Ok(Self { counts })
        } else {
            Err(StatsError::NoData)
        }
    }

    /// From items with two ratings each; items that lack one are left out, since kappa has no worst
    /// case to count them as. [`Kappa::n`] tells how many are left.
    pub fn of(ratings: &Ratings) -> Result<Self, StatsError> {
        let categories = ratings.categories();
        let rank = |value: f64| (categories.iter()).position(|one| one.total_cmp(&value).is_eq());
        let mut counts = vec![vec![0.0; categories.len()]; categories.len()];
        for row in ratings.rows() {
            let &[first, second] = row.as_slice() else {
                return Err(StatsError::Lengths {
                    left: 2,
                    right: row.len(),
                });
            };
            let place = first.zip(second).and_then(|(a, b)| rank(a).zip(rank(b)));
            let cell = place.and_then(|(a, b)| counts.get_mut(a)?.get_mut(b));
            if let Some(count) = cell {
                *count += 1.0;
            }
        }
        Self::new(counts)
    }

    fn total(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    /// Every cell, with shares for counts.
    fn cells(&self, weighting: Weighting) -> Vec<Cell> {
        let size = self.counts.len();
        let total = self.total();
        let rows: Vec<f64> = (self.counts.iter())
            .map(|row| row.iter().sum::<f64>() / total)
            .collect();
        let columns: Vec<f64> = (0..size)
            .map(|column| {
                (self.counts.iter())
                    .filter_map(|row| row.get(column))
                    .sum::<f64>()
                    / total
            })
            .collect();
        let mean = |shares: &[f64], rank: usize| {
            (shares.iter().enumerate())
                .map(|(other, share)| share * weighting.agreement(rank, other))
                .sum::<f64>()
        };
        let mut cells = Vec::with_capacity(size * size);
        for (i, (row, share)) in self.counts.iter().zip(&rows).enumerate() {
            let row_mean = mean(&columns, i);
            for (j, (count, other_share)) in row.iter().zip(&columns).enumerate() {
                cells.push(Cell {
                    agreement: weighting.agreement(i, j),
                    observed: count / total,
                    by_chance: share * other_share,
                    mean_agreement: row_mean + mean(&rows, j),
                });
            }
        }
        cells
    }
}

struct Cell {
    agreement: f64,
    observed: f64,
    by_chance: f64,
    /// The mean agreement of the cell's row, plus that of its column.
    mean_agreement: f64,
}

/// Cohen's kappa with its large-sample standard errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kappa {
    /// 1: full agreement; 0: as by chance.
    pub value: f64,
    /// The standard error, for an interval.
    pub se: f64,
    /// The standard error if kappa were 0, for a test.
    pub se_null: f64,
    /// Pairs of ratings it was computed from.
    pub n: f64,
}

impl Kappa {
    /// Two one-sided large-sample bounds, each at error rate `alpha`. Not to be trusted below some
    /// hundred items; [`super::bootstrap_interval`] makes fewer assumptions.
    pub fn bounds(&self, alpha: f64) -> Result<(f64, f64), StatsError> {
        let arm = normal_upper_quantile(error_rate(alpha)?) * self.se;
        Ok((self.value - arm, self.value + arm))
    }
}

/// Cohen's kappa. Standard errors by Fleiss, Cohen and Everitt, "Large sample standard errors of
/// kappa and weighted kappa" (1969).
pub fn cohen_kappa(table: &Crosstable, weighting: Weighting) -> Result<Kappa, StatsError> {
    let cells = table.cells(weighting);
    let sum = |of: &dyn Fn(&Cell) -> f64| cells.iter().map(of).sum::<f64>();
    let observed = sum(&|cell| cell.agreement * cell.observed);
    let by_chance = sum(&|cell| cell.agreement * cell.by_chance);
    let room = 1.0 - by_chance;
    let value = beyond_chance(observed, by_chance)?;
    let spread =
        sum(&|cell| cell.observed * (cell.agreement - cell.mean_agreement * (1.0 - value)).powi(2))
            - (value - by_chance * (1.0 - value)).powi(2);
    let spread_null = sum(&|cell| cell.by_chance * (cell.agreement - cell.mean_agreement).powi(2))
        - by_chance.powi(2);
    let n = table.total();
    let se = |spread: f64| (spread.max(0.0) / n).sqrt() / room;
    Ok(Kappa {
        value,
        se: se(spread),
        se_null: se(spread_null),
        n,
    })
}

/// Fleiss' kappa for several raters, the same number for every item (Fleiss 1971).
pub fn fleiss_kappa(ratings: &Ratings) -> Result<f64, StatsError> {
    let n_raters = count_to_f64(ratings.complete()?.first().map_or(0, Vec::len));
    let counts = ratings.counts();
    let n_items = count_to_f64(counts.len());
    let observed = (counts.iter())
        .map(|row| share_of_equal_pairs(row))
        .sum::<f64>()
        / n_items;
    let by_chance = (column_sums(&counts).iter())
        .map(|sum| (sum / (n_items * n_raters)).powi(2))
        .sum();
    beyond_chance(observed, by_chance)
}

/// Gwet's AC1 for two or more raters; ratings may be missing. Unlike kappa it does not collapse when
/// nearly all items are of one category (Gwet, "Computing inter-rater reliability and its variance in
/// the presence of high agreement", 2008).
pub fn gwet_ac1(ratings: &Ratings) -> Result<f64, StatsError> {
    let counts = ratings.counts();
    let n_categories = ratings.categories().len();
    let total = |row: &[f64]| row.iter().sum::<f64>();
    let paired: Vec<f64> = (counts.iter())
        .filter(|row| total(row) >= 2.0)
        .map(|row| share_of_equal_pairs(row))
        .collect();
    at_least(1, paired.len())?;
    let observed = paired.iter().sum::<f64>() / count_to_f64(paired.len());
    if n_categories < 2 {
        // Chance agreement is then 0, and all agree.
        return Ok(observed);
    }
    let shares: Vec<Vec<f64>> = (counts.iter())
        .filter(|row| total(row) >= 1.0)
        .map(|row| row.iter().map(|count| count / total(row)).collect())
        .collect();
    let n_rated = count_to_f64(shares.len());
    let by_chance = (column_sums(&shares).iter())
        .map(|sum| (sum / n_rated) * (1.0 - sum / n_rated))
        .sum::<f64>()
        / count_to_f64(n_categories - 1);
    beyond_chance(observed, by_chance)
}

/// The part of the room above chance that is reached.
fn beyond_chance(observed: f64, by_chance: f64) -> Result<f64, StatsError> {
    let room = 1.0 - by_chance;
    // Sums of shares are rounded; a room this small is none.
    if room > 1e-12 {
        Ok((observed - by_chance) / room)
    } else {
        Err(StatsError::Undefined {
            what: "kappa",
            because: "all ratings are of one category",
        })
    }
}

/// Of the pairs of one item's ratings, the share that agrees.
pub(super) fn share_of_equal_pairs(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    counts
        .iter()
        .map(|count| count * (count - 1.0))
        .sum::<f64>()
        / (total * (total - 1.0))
}

fn column_sums(rows: &[Vec<f64>]) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: &[u8], second: &[u8]) -> Ratings {
        let row = |values: &[u8]| values.iter().map(|v| Some(f64::from(*v))).collect();
        Ratings::by_rater(&[row(first), row(second)]).unwrap()
    }

    fn kappa(first: &[u8], second: &[u8], weighting: Weighting) -> f64 {
        let table = Crosstable::of(&pair(first, second)).unwrap();
        cohen_kappa(&table, weighting).unwrap().value
    }

    const FIRST: [u8; 15] = [5, 4, 3, 5, 2, 4, 5, 1, 3, 4, 5, 5, 2, 3, 4];
    const SECOND: [u8; 15] = [5, 4, 4, 5, 2, 3, 5, 2, 3, 4, 4, 5, 1, 3, 5];

    #[test]
    fn cohen_agrees_with_scikit_learn() {
        // scikit-learn 1.9.1, cohen_kappa_score.
        for (weighting, expected) in [
            (Weighting::Unweighted, 0.470_588_235_294_117_64),
            (Weighting::Quadratic, 0.871_428_571_428_571_4),
        ] {
            let value = kappa(&FIRST, &SECOND, weighting);
            assert!((value - expected).abs() < 1e-12, "{weighting:?}: {value}");
        }
    }

    #[test]
    fn standard_errors_agree_with_statsmodels() {
        // statsmodels 0.15.0, cohens_kappa.
        let table = Crosstable::new(vec![vec![13.0, 3.0], vec![1.0, 3.0]]).unwrap();
        let kappa = cohen_kappa(&table, Weighting::Unweighted).unwrap();
        let (lower, upper) = kappa.bounds(0.025).unwrap();
        for (value, expected) in [
            (kappa.value, 0.473_684_210_526_316_04),
            (kappa.se, 0.219_344_408_806_971_12),
            (kappa.se_null, 0.215_725_279_283_359_8),
            (lower, 0.043_777_069_054_422_3),
            (upper, 0.903_591_351_998_209_7),
        ] {
            assert!((value - expected).abs() < 1e-10, "{value} {expected}");
        }
    }

    #[test]
    fn with_two_categories_all_weightings_are_one() {
        let (first, second) = ([1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1]);
        let plain = kappa(&first, &second, Weighting::Unweighted);
        for weighting in [Weighting::Linear, Weighting::Quadratic] {
            assert!((kappa(&first, &second, weighting) - plain).abs() < 1e-14);
        }
    }

    #[test]
    fn one_category_throughout_is_undefined_for_kappa_and_full_for_ac1() {
        let ratings = pair(&[1, 1, 1], &[1, 1, 1]);
        let table = Crosstable::of(&ratings).unwrap();
        let kappa = cohen_kappa(&table, Weighting::Unweighted);
        assert!(
            matches!(kappa, Err(StatsError::Undefined { .. })),
            "{kappa:?}"
        );
        assert!((gwet_ac1(&ratings).unwrap() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn kappa_collapses_at_high_prevalence_where_ac1_does_not() {
        // 100 items: 96 both pass, 2 and 2 in disagreement: 96 % agreement.
        let first: Vec<u8> = (0..100).map(|i| u8::from(i >= 2)).collect();
        let second: Vec<u8> = (0..100).map(|i| u8::from(i < 98)).collect();
        assert!(kappa(&first, &second, Weighting::Unweighted) < 0.0);
        assert!(gwet_ac1(&pair(&first, &second)).unwrap() > 0.95);
    }

    #[test]
    fn ac1_agrees_with_its_formula_by_hand() {
        // pa = 17/20, q = 28/40: (0.85 − 0.42) / 0.58 for the pairs below.
        let first = [1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1];
        let second = [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1];
        let value = gwet_ac1(&pair(&first, &second)).unwrap();
        assert!((value - 0.769_673_704_414_587_2).abs() < 1e-12, "{value}");
        // Three categories with shares 3/8, 3/8, 1/4: pa = 3/4, pe = (15/32 + 3/16) / 2 = 21/64.
        let value = gwet_ac1(&pair(&[1, 2, 3, 1], &[1, 2, 3, 2])).unwrap();
        assert!((value - 27.0 / 43.0).abs() < 1e-12, "{value}");
    }

    #[test]
    fn fleiss_agrees_with_statsmodels() {
        // statsmodels 0.15.0, fleiss_kappa.
        let third = [4, 4, 3, 5, 3, 4, 5, 1, 2, 4, 5, 5, 2, 3, 4];
        let rows =
            [FIRST, SECOND, third].map(|row| row.iter().map(|v| Some(f64::from(*v))).collect());
        let value = fleiss_kappa(&Ratings::by_rater(&rows).unwrap()).unwrap();
        assert!((value - 0.471_968_709_256_844_64).abs() < 1e-12, "{value}");
    }
}
