//! One way for every row of the decision table to give bounds and p-values.
//!
//! The decision table chooses among them; nobody else calls this.

use crate::{
    correction::bound::CorrectedBound,
    estimate::Guarantee,
    interval::{
        amount::AmountBound,
        bounded::{Bound, BoundedMean},
        capped::CappedRatio,
        paired::PairedCounts,
        quantile::SortedSample,
        unpaired::UnpairedBound,
    },
    observation::Scale,
};

/// Up to this many units the exact unconditional test is fast; above, its statistic is close to
/// normal.
pub(super) const EXACT_UNITS: usize = 1000;

#[derive(Debug, Clone)]
pub(super) enum Procedure {
    Bounded(BoundedMean),
    /// Differences that are −width, 0 or width.
    Ternary(Box<Ternary>),
    Amount(AmountBound),
    /// A ratio of amounts that have a cap.
    Ratio(Box<CappedRatio>),
    Quantile {
        q: f64,
        lows: SortedSample,
        highs: SortedSample,
    },
    Unpaired(Box<UnpairedBound>),
    /// A score known of some units only, the others guessed.
    Audited(Box<Audited>),
    /// From the judge's scale to that of people's labels.
    Corrected(Box<Corrected>),
}

#[derive(Debug, Clone)]
pub(super) struct Corrected {
    /// Of shares of the scale.
    pub(super) bound: CorrectedBound,
    /// The score's own.
    pub(super) scale: Scale,
}

#[derive(Debug, Clone)]
pub(super) struct Audited {
    /// Of observations that reach beyond the scale.
    pub(super) wide: BoundedMean,
    /// The scale of what is estimated.
    pub(super) truth: Scale,
}

#[derive(Debug, Clone)]
pub(super) struct Ternary {
    /// The size of a win.
    pub(super) width: f64,
    pub(super) lows: PairedCounts,
    pub(super) highs: PairedCounts,
    /// At a margin of zero the Dirichlet bound is the exact test.
    pub(super) at_zero: Procedure,
}

impl Procedure {
    /// The procedure for this very threshold.
    pub(super) fn against(&self, threshold: f64) -> &Self {
        if let Self::Ternary(ternary) = self
            && threshold.abs() <= 0.0
        {
            return &ternary.at_zero;
        }
        self
    }

    /// Whether a threshold equal to a bound is shown as well: a quantile is at most T when its upper
    /// bound is T.
    pub(super) const fn attains(&self) -> bool {
        matches!(self, Self::Quantile { .. })
    }

    pub(super) fn name(&self, bound: Bound) -> (&'static str, Guarantee) {
        match (self, bound) {
            (Self::Bounded(mean), _) => mean.name(bound),
            (Self::Ternary(ternary), _) => {
                if ternary.is_small() {
                    ("exact unconditional", Guarantee::Exact)
                } else {
                    ("tango score", Guarantee::Approximate)
                }
            }
            (Self::Amount(amount), _) => (amount.method(), Guarantee::Approximate),
            (Self::Ratio(ratio), _) => ratio.name(),
            (Self::Quantile { .. }, _) => ("order statistics", Guarantee::Exact),
            (Self::Unpaired(bound), _) => (bound.method(), Guarantee::Approximate),
            (Self::Corrected(corrected), _) => corrected.bound.name(),
            (Self::Audited(audited), Bound::Exact) => {
                ("audits, dirichlet h=1", audited.wide.name(bound).1)
            }
            (Self::Audited(_), Bound::Calibrated) => {
                ("audits, dirichlet h=1/2", Guarantee::Approximate)
            }
            (Self::Audited(audited), Bound::Proven) => {
                ("audits, betting", audited.wide.name(bound).1)
            }
        }
    }

    pub(super) fn p_above(&self, threshold: f64) -> f64 {
        match self {
            Self::Bounded(mean) => mean.p_above(threshold),
            Self::Ternary(ternary) => ternary.p_above(ternary.lows, threshold),
            Self::Amount(bound) => bound.p_above(threshold),
            Self::Ratio(ratio) => ratio.p_above(threshold),
            Self::Quantile { q, lows, .. } => lows.p_above(*q, threshold),
            Self::Unpaired(bound) => bound.p_above(threshold),
            Self::Corrected(corrected) => corrected.p_above(threshold),
            Self::Audited(audited) => audited.wide.p_above(threshold),
        }
    }

    pub(super) fn p_below(&self, threshold: f64) -> f64 {
        match self {
            Self::Bounded(mean) => mean.p_below(threshold),
            Self::Ternary(ternary) => ternary.p_above(ternary.highs.mirrored(), -threshold),
            Self::Amount(bound) => bound.p_below(threshold),
            Self::Ratio(ratio) => ratio.p_below(threshold),
            Self::Quantile { q, highs, .. } => highs.p_below(*q, threshold),
            Self::Unpaired(bound) => bound.p_below(threshold),
            Self::Corrected(corrected) => corrected.p_below(threshold),
            Self::Audited(audited) => audited.wide.p_below(threshold),
        }
    }

    pub(super) fn lower(&self, alpha: f64) -> Option<f64> {
        match self {
            Self::Bounded(mean) => Some(mean.lower(alpha)),
            Self::Ternary(ternary) => Some(ternary.lower(ternary.lows, alpha)),
            Self::Amount(bound) => bound.lower(alpha),
            Self::Ratio(ratio) => Some(ratio.lower(alpha)),
            Self::Quantile { q, lows, .. } => lows.lower_bound(*q, alpha),
            Self::Unpaired(bound) => Some(bound.lower(alpha)),
            Self::Corrected(corrected) => Some(corrected.lower(alpha)),
            Self::Audited(audited) => Some(audited.on_scale(audited.wide.lower(alpha))),
        }
    }

    pub(super) fn upper(&self, alpha: f64) -> Option<f64> {
        match self {
            Self::Bounded(mean) => Some(mean.upper(alpha)),
            Self::Ternary(ternary) => Some(-ternary.lower(ternary.highs.mirrored(), alpha)),
            Self::Amount(bound) => bound.upper(alpha),
            Self::Ratio(ratio) => ratio.upper(alpha),
            Self::Quantile { q, highs, .. } => highs.upper_bound(*q, alpha),
            Self::Unpaired(bound) => Some(bound.upper(alpha)),
            Self::Corrected(corrected) => Some(corrected.upper(alpha)),
            Self::Audited(audited) => Some(audited.on_scale(audited.wide.upper(alpha))),
        }
    }
}

impl Corrected {
    fn p_above(&self, threshold: f64) -> f64 {
        self.bound.p_above(self.scale.share(threshold))
    }

    fn p_below(&self, threshold: f64) -> f64 {
        self.bound.p_below(self.scale.share(threshold))
    }

    fn lower(&self, alpha: f64) -> f64 {
        self.scale.at(self.bound.lower(alpha))
    }

    fn upper(&self, alpha: f64) -> f64 {
        self.scale.at(self.bound.upper(alpha))
    }
}

impl Audited {
    const fn on_scale(&self, bound: f64) -> f64 {
        bound.clamp(self.truth.low(), self.truth.high())
    }
}

impl Ternary {
    const fn is_small(&self) -> bool {
        self.lows.units() <= EXACT_UNITS
    }

    fn p_above(&self, counts: PairedCounts, threshold: f64) -> f64 {
        let threshold = threshold / self.width;
        if self.is_small() {
            counts.exact_p_above(threshold)
        } else {
            counts.tango_p_above(threshold)
        }
    }

    fn lower(&self, counts: PairedCounts, alpha: f64) -> f64 {
        let share = if self.is_small() {
            counts.exact_lower(alpha)
        } else {
            counts.tango_lower(alpha)
        };
        self.width * share
    }
}
