//! The bootstrap, for amounts without an upper end and for agreement: seeded, the same bytes whatever
//! the number of threads.

pub(crate) mod bootstrap;
mod sums;

pub use self::bootstrap::{
    Bca, Draws, Part, Resampling, Studentized, bca, mean_and_se, percentile, replicates,
    studentized_mean,
};
