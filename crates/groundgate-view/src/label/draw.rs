//! Random draws whose probabilities are known: of things in a fixed order, each with its own.

use groundgate_model::unit::Digest;

/// Chances proportional to the sizes, that add up to `n` where there is enough to draw from; none is
/// above 1. A size of 0 is never drawn.
pub(super) fn chances(sizes: &[f64], n: f64) -> Vec<f64> {
    let mut chances = vec![0.0; sizes.len()];
    let mut is_certain = vec![false; sizes.len()];
    loop {
        let pairs = || sizes.iter().zip(&is_certain);
        let rest: f64 = pairs()
            .filter(|(_, certain)| !**certain)
            .map(|(size, _)| size)
            .sum();
        let left: f64 = n - is_certain
            .iter()
            .map(|certain| f64::from(u8::from(*certain)))
            .sum::<f64>();
        for ((chance, size), certain) in chances.iter_mut().zip(sizes).zip(&is_certain) {
            *chance = match *certain {
                true => 1.0,
                false if rest > 0.0 && left > 0.0 => left * size / rest,
                false => 0.0,
            };
        }
        let over = |(chance, certain): (&f64, &bool)| *chance >= 1.0 && !certain;
        if !chances.iter().zip(&is_certain).any(over) {
            return chances;
        }
        for (certain, chance) in is_certain.iter_mut().zip(&chances) {
            *certain |= *chance >= 1.0;
        }
    }
}

/// Draws systematically (Madow 1949): each place with just its chance, as many as the chances add up
/// to, spread over the order. `start` is uniform in [0, 1).
pub(super) fn systematic(chances: &[f64], start: f64) -> Vec<usize> {
    let mut drawn = Vec::new();
    let mut sum = start;
    for (place, chance) in chances.iter().enumerate() {
        let before = sum.floor();
        sum += chance;
        if sum.floor() > before {
            drawn.push(place);
        }
    }
    drawn
}

/// A number in [0, 1) for a purpose: the same seed gives the same.
pub(super) fn uniform(seed: u64, purpose: &str) -> f64 {
    Digest::of_parts([seed.to_be_bytes().as_slice(), purpose.as_bytes()]).fraction()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_follow_sizes_add_up_and_stay_below_one() {
        for (sizes, n, expected) in [
            (vec![1.0, 1.0, 2.0], 2.0, vec![0.5, 0.5, 1.0]),
            (vec![1.0, 1.0, 8.0], 2.0, vec![0.5, 0.5, 1.0]),
            (vec![0.0, 3.0], 1.0, vec![0.0, 1.0]),
            (vec![0.0, 0.0], 1.0, vec![0.0, 0.0]),
            (vec![1.0, 1.0], 5.0, vec![1.0, 1.0]),
            (vec![], 1.0, vec![]),
        ] {
            assert_eq!(chances(&sizes, n), expected, "{sizes:?} {n}");
        }
    }

    #[test]
    fn each_is_drawn_as_often_as_it_should_be() {
        let wanted = chances(&[5.0, 1.0, 0.5, 2.0, 0.0, 1.0, 0.7], 3.0);
        let mut counts = vec![0_u32; wanted.len()];
        for step in 0..10_000_u32 {
            let drawn = systematic(&wanted, f64::from(step) / 10_000.0);
            assert!((2..=3).contains(&drawn.len()), "{drawn:?}");
            for place in drawn {
                counts[place] += 1;
            }
        }
        for (count, wanted) in counts.iter().zip(&wanted) {
            assert!(
                (f64::from(*count) / 10_000.0 - wanted).abs() < 1e-3,
                "{counts:?} {wanted}"
            );
        }
    }
}
