//! Ratings of items by several raters, some of them missing.

use crate::{count::count_to_f64, error::StatsError, parameter::at_least};

/// One row per item, one column per rater or vote. Rows may have different lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    items: Vec<Vec<Option<f64>>>,
    /// The distinct values, sorted.
    categories: Vec<f64>,
}

impl Ratings {
    /// From one row per item. NaN is a missing rating; an infinite one is an error.
    pub fn by_item(rows: Vec<Vec<Option<f64>>>) -> Result<Self, StatsError> {
        let mut items = rows;
        for (index, row) in items.iter_mut().enumerate() {
            for rating in row {
                // Adding 0 makes one category of 0 and −0.
                *rating = rating
                    .filter(|value| !value.is_nan())
                    .map(|value| value + 0.0);
                if let Some(value) = rating.filter(|value| value.is_infinite()) {
                    return Err(StatsError::NotANumber {
                        index,
                        low: value,
                        high: value,
                    });
                }
            }
        }
        let mut categories: Vec<f64> = items.iter().flatten().flatten().copied().collect();
        categories.sort_by(f64::total_cmp);
        categories.dedup_by(|a, b| a.total_cmp(b).is_eq());
        if categories.is_empty() {
            return Err(StatsError::NoData);
        }
        Ok(Self { items, categories })
    }

    /// From one row per rater, all of one length.
    pub fn by_rater(rows: &[Vec<Option<f64>>]) -> Result<Self, StatsError> {
        let n_items = rows.first().map_or(0, Vec::len);
        if let Some(other) = rows.iter().find(|row| row.len() != n_items) {
            return Err(StatsError::Lengths {
                left: n_items,
                right: other.len(),
            });
        }
        let item = |index: usize| {
            (rows.iter())
                .map(|row| row.get(index).copied().flatten())
                .collect()
        };
        Self::by_item((0..n_items).map(item).collect())
    }

    /// How many items, rated or not.
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// The distinct values, sorted.
    pub fn categories(&self) -> &[f64] {
        &self.categories
    }

    /// The items' rows.
    pub(crate) fn rows(&self) -> &[Vec<Option<f64>>] {
        &self.items
    }

    /// The same ratings of other items; the categories stay those of all.
    pub(crate) fn with_rows(&self, rows: Vec<Vec<Option<f64>>>) -> Self {
        Self {
            items: rows,
            categories: self.categories.clone(),
        }
    }

    /// Per item, how often each category was given, in the order of [`Self::categories`].
    pub(crate) fn counts(&self) -> Vec<Vec<f64>> {
        let count = |row: &Vec<Option<f64>>, category: &f64| {
            let same = |rating: &&f64| rating.total_cmp(category).is_eq();
            count_to_f64(row.iter().flatten().filter(same).count())
        };
        (self.items.iter())
            .map(|row| self.categories.iter().map(|one| count(row, one)).collect())
            .collect()
    }

    /// All ratings, when none is missing and every item has the same number, at least two.
    pub(crate) fn complete(&self) -> Result<Vec<Vec<f64>>, StatsError> {
        let width = self.items.first().map_or(0, Vec::len);
        at_least(2, width)?;
        (self.items.iter())
            .map(|row| {
                let ratings: Vec<f64> = row.iter().flatten().copied().collect();
                if ratings.len() == width && row.len() == width {
                    Ok(ratings)
                } else {
                    Err(StatsError::Lengths {
                        left: width,
                        right: ratings.len(),
                    })
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_one_category_whatever_its_sign() {
        let ratings = Ratings::by_item(vec![vec![Some(0.0), Some(-0.0), Some(1.0)]]).unwrap();
        assert_eq!(ratings.categories().len(), 2);
        assert_eq!(ratings.counts(), [[2.0, 1.0]]);
    }
}
