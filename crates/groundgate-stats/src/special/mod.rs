//! Distribution functions and their inverses, accurate in both tails, and the numerical methods below
//! them.

pub(crate) mod distributions;
pub(crate) mod gamma_sum;
pub(crate) mod incomplete_beta;
pub(crate) mod normal;
pub(crate) mod quadrature;
pub(crate) mod root;

pub use self::{
    distributions::{
        beta_cdf, beta_quantile, beta_sf, beta_upper_quantile, binomial_at_least, binomial_cdf,
        binomial_pmf, chi_squared_cdf, chi_squared_quantile, chi_squared_sf, f_quantile, f_sf,
        student_t_cdf, student_t_quantile, student_t_sf,
    },
    incomplete_beta::{Tails, beta_tails},
    normal::{normal_cdf, normal_pdf, normal_quantile, normal_sf, normal_upper_quantile},
};
