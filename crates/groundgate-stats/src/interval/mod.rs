//! Bounds, intervals and tests: of a share, a mean, a quantile, a difference.
//!
//! What a gate uses is chosen by the decision table (the crate's functions, [`crate::bounded_mean`]
//! first). The other intervals and tests here are for comparison with other tools; no gate asks them.

pub(crate) mod amount;
pub(crate) mod betting;
pub(crate) mod binomial;
pub(crate) mod bounded;
pub(crate) mod capped;
pub(crate) mod cluster;
pub(crate) mod dirichlet;
pub(crate) mod dirichlet_mean;
pub(crate) mod missing;
pub(crate) mod paired;
pub(crate) mod paired_exact;
pub(crate) mod quantile;
pub(crate) mod rank;
pub(crate) mod student;
pub(crate) mod unpaired;

pub use self::{
    amount::AmountBound,
    betting::{Bets, BettingBound, Capital, Strategy},
    binomial::{Interval, Passes},
    bounded::Bound,
    cluster::{Cluster, ClusteredProportion, Clusters, Correction, RobustMean},
    dirichlet::{DirichletBound, PseudoWeight},
    dirichlet_mean::{DirichletMean, Term},
    missing::{EstimatedEnd, imbens_manski},
    paired::{PairedCounts, PairedTable},
    quantile::{SortedSample, lower_rank, upper_rank},
    rank::{Alternative, MannWhitney, SignedRank, mann_whitney, sign_flip_exact, wilcoxon_exact},
    student::TEstimate,
    unpaired::{TwoProportions, UnpairedBound},
};
