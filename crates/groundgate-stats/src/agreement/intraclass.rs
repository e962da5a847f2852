//! Intraclass correlations: how much of the spread of numeric ratings is between items.

use crate::{
    agreement::ratings::Ratings,
    count::count_to_f64,
    error::StatsError,
    parameter::{at_least, error_rate},
    special::distributions::{f_quantile, f_sf},
};

/// Which correlation, in the notation of Psychological Methods 1:30 (1996); `A` is absolute agreement, `C`
/// consistency, `k` the mean of all raters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IccForm {
    /// ICC(1,1): every item has its own raters, as with votes of one judge.
    OneWaySingle,
    /// ICC(1,k).
    OneWayMean,
    /// ICC(A,1): the same raters for all items; their differences of level count.
    AgreementSingle,
    /// ICC(A,k).
    AgreementMean,
    /// ICC(C,1): the same raters for all items; their differences of level do not count.
    ConsistencySingle,
    /// ICC(C,k).
    ConsistencyMean,
}

/// An intraclass correlation with its F test and two one-sided bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    /// At most 1; can be negative, and of a mean of ratings even minus infinity: where raters contradict
    /// each other more than chance would.
    pub value: f64,
    /// The F statistic of "no correlation"; infinite when items alone differ.
    pub f: f64,
    /// Its numerator's degrees of freedom.
    pub df1: f64,
    /// Its denominator's degrees of freedom.
    pub df2: f64,
    /// P(F at least this) without correlation.
    pub p_value: f64,
    /// The lower bound at one-sided error rate `alpha`, for normal ratings.
    pub lower: f64,
    /// The upper bound at one-sided error rate `alpha`, for normal ratings.
    pub upper: f64,
}

/// The intraclass correlation of complete ratings: at least two items and two ratings of each.
/// "Forming inferences about some intraclass correlation coefficients", Psychological Methods 1:30
/// (1996).
pub fn intraclass_correlation(
    ratings: &Ratings,
    form: IccForm,
    alpha: f64,
) -> Result<Icc, StatsError> {
    error_rate(alpha)?;
    let squares = MeanSquares::of(&ratings.complete()?)?;
    let (error, df2) = match form {
        IccForm::OneWaySingle | IccForm::OneWayMean => {
            (squares.within, squares.n * (squares.k - 1.0))
        }
        IccForm::AgreementSingle
        | IccForm::AgreementMean
        | IccForm::ConsistencySingle
        | IccForm::ConsistencyMean => (squares.error, (squares.n - 1.0) * (squares.k - 1.0)),
    };
    if squares.items <= 0.0 && error <= 0.0 {
        return Err(StatsError::Undefined {
            what: "the intraclass correlation",
            because: "neither items nor errors vary",
        });
    }
    // Infinite with nothing but items differing.
    let f = squares.items / error;
    let df1 = squares.n - 1.0;
    let [single, lower, upper] = match form {
        IccForm::AgreementSingle | IccForm::AgreementMean => squares.agreement(alpha)?,
        IccForm::OneWaySingle
        | IccForm::OneWayMean
        | IccForm::ConsistencySingle
        | IccForm::ConsistencyMean => [
            f,
            f / f_quantile(1.0 - alpha, df1, df2),
            f * f_quantile(1.0 - alpha, df2, df1),
        ]
        .map(|f| correlation_of_f(f, squares.k)),
    };
    Ok(Icc {
        value: form.stepped_up(single, squares.k),
        f,
        df1,
        df2,
        p_value: f_sf(f, df1, df2),
        lower: form.stepped_up(lower, squares.k),
        upper: form.stepped_up(upper, squares.k),
    })
}

impl IccForm {
    /// A single rating's correlation, raised to that of the mean of `k` where the form asks for it
    /// (Spearman–Brown).
    fn stepped_up(self, single: f64, k: f64) -> f64 {
        match self {
            Self::OneWaySingle | Self::AgreementSingle | Self::ConsistencySingle => single,
            Self::OneWayMean | Self::AgreementMean | Self::ConsistencyMean => {
                // Beyond −1 / (k − 1) the quotient would turn disagreement into agreement.
                let room = 1.0 + (k - 1.0) * single;
                if room > 0.0 {
                    k * single / room
                } else {
                    f64::NEG_INFINITY
                }
            }
        }
    }
}

/// The correlation of single ratings at an F statistic.
fn correlation_of_f(f: f64, k: f64) -> f64 {
    if f.is_infinite() {
        1.0
    } else {
        (f - 1.0) / (f + k - 1.0)
    }
}

/// Mean squares of `n` items with `k` ratings each.
struct MeanSquares {
    n: f64,
    k: f64,
    items: f64,
    raters: f64,
    within: f64,
    error: f64,
}

impl MeanSquares {
    fn of(rows: &[Vec<f64>]) -> Result<Self, StatsError> {
        let n = count_to_f64(at_least(2, rows.len())?);
        let width = rows.first().map_or(0, Vec::len);
        let k = count_to_f64(width);
        let mean = rows.iter().flatten().sum::<f64>() / (n * k);
        let item_means = || rows.iter().map(|row| row.iter().sum::<f64>() / k);
        let rater_means =
            (0..width).map(|column| rows.iter().filter_map(|row| row.get(column)).sum::<f64>() / n);
        let between: f64 = item_means().map(|one| k * (one - mean).powi(2)).sum();
        let between_raters: f64 = rater_means.map(|one| n * (one - mean).powi(2)).sum();
        let within: f64 = (rows.iter().zip(item_means()))
            .flat_map(|(row, mean)| row.iter().map(move |one| (one - mean).powi(2)))
            .sum();
        Ok(Self {
            n,
            k,
            items: between / (n - 1.0),
            raters: between_raters / (k - 1.0),
            within: within / (n * (k - 1.0)),
            // A difference of sums, which rounding can take below 0.
            error: (within - between_raters).max(0.0) / ((n - 1.0) * (k - 1.0)),
        })
    }

    /// ICC(A,1) and its bounds, which need Satterthwaite's degrees of freedom.
    fn agreement(&self, alpha: f64) -> Result<[f64; 3], StatsError> {
        let Self { n, k, .. } = *self;
        let rest = k * self.raters + (k * n - k - n) * self.error;
        let spread = self.items + rest / n;
        if spread <= 0.0 {
            return Err(StatsError::Undefined {
                what: "the intraclass correlation",
                because: "two ratings of two items that contradict each other leave no spread",
            });
        }
        let single = (self.items - self.error) / spread;
        // Where only items differ, or they do not differ at all, no F is left to bound it with.
        if self.items <= 0.0 || self.error.max(self.raters) <= 0.0 {
            return Ok([single; 3]);
        }
        let from_raters = k * single * self.raters;
        let from_error = (n * (1.0 + (k - 1.0) * single) - k * single) * self.error;
        let df = (from_raters + from_error).powi(2)
            / (from_raters.powi(2) / (k - 1.0) + from_error.powi(2) / ((n - 1.0) * (k - 1.0)));
        let f = f_quantile(1.0 - alpha, n - 1.0, df);
        let lower = n * (self.items - f * self.error) / (f * rest + n * self.items);
        let f = f_quantile(1.0 - alpha, df, n - 1.0);
        let upper = n * (f * self.items - self.error) / (rest + n * f * self.items);
        Ok([single, lower, upper])
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    fn ratings() -> Ratings {
        let rows = [
            [5, 4, 3, 5, 2, 4, 5, 1, 3, 4, 5, 5, 2, 3, 4],
            [5, 4, 4, 5, 2, 3, 5, 2, 3, 4, 4, 5, 1, 3, 5],
            [4, 4, 3, 5, 3, 4, 5, 1, 2, 4, 5, 5, 2, 3, 4],
        ];
        Ratings::by_rater(&rows.map(|row| row.map(|v| Some(f64::from(v))).to_vec())).unwrap()
    }

    /// pingouin 0.7.0, `intraclass_corr`; it rounds its intervals to two decimals.
    #[test]
    fn values_of_pingouin() {
        for (form, value, f, p, interval) in [
            (
                IccForm::OneWaySingle,
                0.876_308_900_523_559_9,
                22.253_968_253_968_196,
                4.631_252_273_821_941e-12,
                [0.74, 0.95],
            ),
            (
                IccForm::AgreementSingle,
                0.875_984_251_968_503_7,
                20.925_373_134_328_304,
                3.445_855_338_778_597e-11,
                [0.74, 0.95],
            ),
            (
                IccForm::ConsistencySingle,
                0.869_140_624_999_999_8,
                20.925_373_134_328_304,
                3.445_855_338_778_597e-11,
                [0.72, 0.95],
            ),
        ] {
            let icc = intraclass_correlation(&ratings(), form, 0.025).unwrap();
            assert!((icc.value - value).abs() < 1e-12, "{form:?}: {icc:?}");
            assert!((icc.f - f).abs() < 1e-9, "{form:?}: {icc:?}");
            assert!((icc.p_value / p - 1.0).abs() < 1e-9, "{form:?}: {icc:?}");
            assert!((icc.lower - interval[0]).abs() < 0.005, "{form:?}: {icc:?}");
            assert!((icc.upper - interval[1]).abs() < 0.005, "{form:?}: {icc:?}");
        }
    }

    #[test]
    fn the_mean_of_k_is_more_reliable_than_one() {
        for (single, mean) in [
            (IccForm::OneWaySingle, IccForm::OneWayMean),
            (IccForm::AgreementSingle, IccForm::AgreementMean),
            (IccForm::ConsistencySingle, IccForm::ConsistencyMean),
        ] {
            let single = intraclass_correlation(&ratings(), single, 0.05).unwrap();
            let mean = intraclass_correlation(&ratings(), mean, 0.05).unwrap();
            let stepped = 3.0 * single.value / (1.0 + 2.0 * single.value);
            assert!((mean.value - stepped).abs() < 1e-12);
            assert!(
                mean.lower < mean.value && mean.value < mean.upper,
                "{mean:?}"
            );
        }
    }

    #[test]
    fn degenerate_ratings_are_an_error_or_a_number_but_never_nan() {
        let equal = Ratings::by_item(vec![vec![Some(0.5); 2]; 3]).unwrap();
        let only_items = vec![vec![Some(0.0); 2], vec![Some(1.0); 2], vec![Some(0.0); 2]];
        let only_raters = vec![vec![Some(0.0), Some(1.0)]; 3];
        for form in [
            IccForm::OneWaySingle,
            IccForm::AgreementSingle,
            IccForm::ConsistencyMean,
        ] {
            let error = intraclass_correlation(&equal, form, 0.05);
            assert!(
                matches!(error, Err(StatsError::Undefined { .. })),
                "{error:?}"
            );
            let items = Ratings::by_item(only_items.clone()).unwrap();
            let icc = intraclass_correlation(&items, form, 0.05).unwrap();
            assert!(
                (icc.value - 1.0).abs() < 1e-12 && icc.lower <= 1.0,
                "{icc:?}"
            );
        }
        let raters = Ratings::by_item(only_raters).unwrap();
        let icc = intraclass_correlation(&raters, IccForm::OneWaySingle, 0.05).unwrap();
        assert!(
            (icc.value + 1.0).abs() < 1e-12 && icc.upper >= icc.lower,
            "{icc:?}"
        );
        let icc = intraclass_correlation(&raters, IccForm::AgreementSingle, 0.05);
        assert!(matches!(icc, Err(StatsError::Undefined { .. })), "{icc:?}");
    }

    fn icc(rows: &[[f64; 2]], form: IccForm) -> Result<Icc, StatsError> {
        let rows = rows.iter().map(|row| row.map(Some).to_vec()).collect();
        intraclass_correlation(&Ratings::by_item(rows).unwrap(), form, 0.05)
    }

    #[test]
    fn contradiction_never_looks_like_agreement() {
        // MS_items = MS_raters = 0: the formula of ICC(A,1) gives −3, which Spearman and Brown's would
        // turn into 3.
        let rows = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]];
        let single = icc(&rows, IccForm::AgreementSingle).unwrap();
        for value in [single.value, single.lower, single.upper] {
            assert!((value + 3.0).abs() < 1e-12, "{single:?}");
        }
        for form in [IccForm::AgreementMean, IccForm::ConsistencyMean] {
            let mean = icc(&rows, form).unwrap();
            assert!(mean.upper.is_infinite() && mean.upper < 0.0, "{mean:?}");
            assert!(mean.value <= mean.upper && mean.lower <= mean.value);
        }
        // A lower bound of −1.39 must not become one of 7.16 for the mean.
        let rows = [[0.9, 0.7], [0.2, 0.35], [0.4, 0.5]];
        let mean = icc(&rows, IccForm::AgreementMean).unwrap();
        assert!(mean.value > 0.9 && mean.lower < -3.0, "{mean:?}");
        // 0 / 0.
        let crossed = icc(&[[0.0, 1.0], [1.0, 0.0]], IccForm::AgreementMean);
        assert!(
            matches!(crossed, Err(StatsError::Undefined { .. })),
            "{crossed:?}"
        );
    }

    #[test]
    fn two_ratings_of_two_items_have_bounds() {
        // MS_raters = 0 with n = k = 2: ICC(A,1) = 1 − 1/F, with one degree of freedom each; the quantile
        // of F is tan² of an angle.
        let tan = (FRAC_PI_2 * 0.95).tan().powi(2);
        let found = icc(&[[1.0, 2.0], [6.0, 5.0]], IccForm::AgreementSingle).unwrap();
        assert!((found.f - 16.0).abs() < 1e-12, "{found:?}");
        assert!((found.value - 15.0 / 16.0).abs() < 1e-12, "{found:?}");
        assert!((found.lower - (1.0 - tan / 16.0)).abs() < 1e-9, "{found:?}");
        let upper = 1.0 - 1.0 / (16.0 * tan);
        assert!((found.upper - upper).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn a_missing_rating_is_an_error() {
        let gap = Ratings::by_item(vec![vec![Some(0.0), Some(1.0)], vec![Some(1.0), None]]);
        let icc = intraclass_correlation(&gap.unwrap(), IccForm::OneWaySingle, 0.05);
        assert!(
            matches!(icc, Err(StatsError::Lengths { left: 2, right: 1 })),
            "{icc:?}"
        );
    }
}
