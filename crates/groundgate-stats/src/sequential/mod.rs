//! Looking at the results before all of them are there, at an error rate that still holds.
//!
//! Planned analyses share the error rate out beforehand (`spending`, with `group` for any statistic and
//! `binomial` exactly for passes); `mixture`, `stitched` and `predictable` hold at every moment, for a
//! wider bound. Questions must come in a random order fixed before the run. Asking again after an
//! inconclusive verdict is a further interim analysis and belongs into the plan.

mod binomial;
mod group;
mod mixture;
mod predictable;
mod spending;
mod stitched;

pub use binomial::{BinomialAnalysis, BinomialPlan, Expectation, Reached, binomial_boundaries};
pub use group::{NormalAnalysis, normal_boundaries};
pub use mixture::{
    BetaBinomialMixture, BetaPrior, BinaryEvidence, GammaExponentialMixture, NormalMixture, Sides,
    beta_mixture_evidence, binary_confidence_sequence,
};
pub use predictable::{ConfidenceSequence, empirical_bernstein_sequence, hoeffding_sequence};
pub use spending::Spending;
pub use stitched::{PolyStitching, riemann_zeta};
