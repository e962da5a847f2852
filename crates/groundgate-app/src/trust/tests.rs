//! Proofs from a run to a promotion.
