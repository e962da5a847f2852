//! What the model sees of a sentence's numbers with their units.

use std::ops::Range;

use groundgate_model::text::number::Mention;

use super::align::Alignment;
use super::features::{Features, count, share};
use super::index::Index;
use super::quantities::Quantities;

/// Whether the passages where a sentence comes from have its numbers, with their units.
pub(crate) fn count_quantities(
    features: &mut Features,
    quantities: &Quantities<'_>,
    bytes: &Range<usize>,
    alignment: &Alignment,
    index: &Index,
) {
    if features.numbers == 0.0 {
        features.quantities_agree = 1.0;
        return;
    }
    let firm = |own: &&Mention| !own.is_weak;
    let own = || quantities.between(bytes.start, bytes.end).filter(firm);
    let agrees = |mention: &&Mention| {
        let mut support = alignment.support.iter();
        support.any(|at| {
            quantities
                .of(index, *at)
                .iter()
                .any(|other| other.agrees(mention))
        })
    };
    let n_own = own().count();
    features.quantities_agree = if n_own == 0 {
        1.0
    } else {
        share(own().filter(agrees).count(), n_own)
    };
    let differs = |mention: &&Mention| {
        let best = alignment
            .best()
            .map_or(&[][..], |best| quantities.of(index, best));
        !best.iter().any(|other| other.agrees(mention))
            && best.iter().any(|other| other.conflicts(mention))
    };
    features.quantities_differ = count(own().filter(differs).count());
}
