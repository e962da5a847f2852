//! Sums over units drawn with replacement, as fast as memory allows: what every bootstrap of a mean
//! or a ratio of sums is made of.
//!
//! Units stand in blocks of 256, so that one byte of a random word picks a unit: eight draws a word,
//! from a block that stays in the first-level cache. How many draws fall into each block must be
//! multinomial. Independent Poisson counts are, given their total (the textbook relation between the
//! two laws); their mean is a little below what is needed, and the few draws that are left are made
//! one by one among all units; a total above what is needed, once in six times, is drawn again. A
//! last block that is not full is filled up with zeros, and draws that hit the filling do not count.
//! So every draw hits every unit with the same probability, up to the 2^-53 of the Poisson table.
//! `bootstrap` calls this.

use rand_core::Rng as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{count::count_to_f64, special::root::floor_to_count};

const BLOCK: usize = 256;

/// `W` numbers of one unit, summed side by side.
pub(super) type Numbers<const W: usize> = [f64; W];

/// Units arranged for drawing.
#[derive(Debug)]
pub(super) struct Resampler<const W: usize> {
    blocks: Vec<[Numbers<W>; BLOCK]>,
    units: usize,
    /// How many units the last block really holds: 1 to 256.
    in_last: usize,
    /// The number of draws from a full block, and from the last one.
    counts: Option<(PoissonTable, PoissonTable)>,
}

impl<const W: usize> Resampler<W> {
    /// From the numbers of at least one unit.
    pub(super) fn new(units: &[Numbers<W>]) -> Self {
        let blocks: Vec<[Numbers<W>; BLOCK]> = (units.chunks(BLOCK))
            .map(|chunk| {
                let mut block = [[0.0; W]; BLOCK];
                for (place, numbers) in block.iter_mut().zip(chunk) {
                    *place = *numbers;
                }
                block
            })
            .collect();
        let in_last = units.len() - BLOCK * blocks.len().saturating_sub(1);
        let n = count_to_f64(units.len());
        // One standard deviation of the total is left to single draws.
        let rate = 1.0 - 1.0 / n.sqrt();
        let counts = (blocks.len() > 1).then(|| {
            let table = |size: usize| PoissonTable::new(rate * count_to_f64(size));
            (table(BLOCK), table(in_last))
        });
        Self {
            blocks,
            units: units.len(),
            in_last,
            counts,
        }
    }

    /// The sums over as many draws as there are units.
    pub(super) fn sums(&self, stream: &mut Xoshiro256PlusPlus) -> Numbers<W> {
        let mut sums = [0.0; W];
        let Some((full, last)) = &self.counts else {
            if let Some(block) = self.blocks.first() {
                add_from_last(block, self.units, self.in_last, stream, &mut sums);
            }
            return sums;
        };
        // Counts come first: a total that is too large must not leave sums behind.
        let mut counts = vec![0; self.blocks.len()];
        let left = loop {
            let mut total = 0;
            let before_last = self.blocks.len() - 1;
            for (index, count) in counts.iter_mut().enumerate() {
                let table = if index < before_last { full } else { last };
                *count = table.draw(stream);
                total += *count;
            }
            if let Some(left) = self.units.checked_sub(total) {
                break left;
            }
        };
        let mut blocks = self.blocks.iter().zip(counts);
        if let Some((block, count)) = blocks.next_back() {
            add_from_last(block, count, self.in_last, stream, &mut sums);
        }
        for (block, count) in blocks {
            add_from_full(block, count, stream, &mut sums);
        }
        for _ in 0..left {
            add(&mut sums, self.any(stream));
        }
        sums
    }

    /// One unit of all.
    fn any(&self, stream: &mut Xoshiro256PlusPlus) -> &Numbers<W> {
        let units = u64::try_from(self.units).unwrap_or(u64::MAX);
        let wide = u128::from(stream.next_u64()) * u128::from(units);
        let index = usize::try_from(wide >> 64).unwrap_or(0);
        let block = self.blocks.get(index / BLOCK);
        block.map_or(&[0.0; W], |block| at(block, index))
    }
}

/// The unit at `index` of all, whose block is given.
#[inline]
fn at<const W: usize>(block: &[Numbers<W>; BLOCK], index: usize) -> &Numbers<W> {
    block.get(index % BLOCK).unwrap_or(&[0.0; W])
}

#[inline]
fn add<const W: usize>(sums: &mut Numbers<W>, numbers: &Numbers<W>) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number;
    }
}

/// Adds `count` draws from a full block: every byte is one.
fn add_from_full<const W: usize>(
    block: &[Numbers<W>; BLOCK],
    count: usize,
    stream: &mut Xoshiro256PlusPlus,
    sums: &mut Numbers<W>,
) {
    let mut lanes = [[0.0; W]; 8];
    for _ in 0..count / 8 {
        let bytes = stream.next_u64().to_le_bytes();
        for (lane, byte) in lanes.iter_mut().zip(bytes) {
            add(lane, at(block, usize::from(byte)));
        }
    }
    let bytes = stream.next_u64().to_le_bytes();
    for (lane, byte) in lanes.iter_mut().zip(bytes).take(count % 8) {
        add(lane, at(block, usize::from(byte)));
    }
    for lane in &lanes {
        add(sums, lane);
    }
}

/// Adds `count` draws from a block of which the first `size` units are real.
fn add_from_last<const W: usize>(
    block: &[Numbers<W>; BLOCK],
    count: usize,
    size: usize,
    stream: &mut Xoshiro256PlusPlus,
    sums: &mut Numbers<W>,
) {
    let mask = size.next_power_of_two() - 1;
    let mut lanes = [[0.0; W]; 8];
    let mut left = count;
    while left >= 8 {
        let bytes = stream.next_u64().to_le_bytes();
        for (lane, byte) in lanes.iter_mut().zip(bytes) {
            let index = usize::from(byte) & mask;
            left -= usize::from(index < size);
            add(lane, at(block, index));
        }
    }
    while left > 0 {
        for byte in stream.next_u64().to_le_bytes() {
            let index = usize::from(byte) & mask;
            if index < size && left > 0 {
                left -= 1;
                add(sums, at(block, index));
            }
        }
    }
    for lane in &lanes {
        add(sums, lane);
    }
}

/// A Poisson distribution up to a mean of some hundreds, for drawing by inversion.
#[derive(Debug)]
struct PoissonTable {
    /// P(X ≤ k) in units of 2^-53.
    cumulative: Vec<u64>,
    /// For each first byte of a random word: the k to start from.
    starts: Vec<usize>,
}

impl PoissonTable {
    fn new(mean: f64) -> Self {
        let unit = f64::from(1_u32 << 31) * f64::from(1_u32 << 22);
        // Some 17 standard deviations: what is beyond is below 2^-53.
        let most = floor_to_count(mean + 17.0 * mean.sqrt() + 40.0);
        let mut cumulative = Vec::with_capacity(most + 1);
        let (mut mass, mut sum) = ((-mean).exp(), 0.0);
        for k in 0..=most {
            sum += mass;
            mass *= mean / (count_to_f64(k) + 1.0);
            cumulative.push(u64::try_from(floor_to_count(sum * unit)).unwrap_or(u64::MAX));
        }
        let starts = (0..256_u64)
            .map(|byte| cumulative.partition_point(|&p| p <= byte << 45))
            .collect();
        Self { cumulative, starts }
    }

    fn draw(&self, stream: &mut Xoshiro256PlusPlus) -> usize {
        let word = stream.next_u64() >> 11;
        let byte = usize::try_from(word >> 45).unwrap_or(0);
        let start = self.starts.get(byte).copied().unwrap_or(0);
        let rest = self.cumulative.get(start..).unwrap_or_default();
        let further = rest.iter().position(|&p| word < p).unwrap_or(rest.len());
        (start + further).min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn every_unit_is_drawn_equally_often_whatever_the_blocks() {
        let times = 4_000;
        for n in [4_usize, 7, 200, 255, 256, 257, 600] {
            // The first, the last and two in between are counted.
            let watched = [0, n / 2, n - 2, n - 1];
            let units: Vec<Numbers<5>> = (0..n)
                .map(|unit| {
                    let mut one = [0.0, 0.0, 0.0, 0.0, 1.0];
                    for (place, _) in (watched.iter().enumerate()).filter(|(_, w)| **w == unit) {
                        one[place] = 1.0;
                    }
                    one
                })
                .collect();
            let resampler = Resampler::new(&units);
            let mut stream = Xoshiro256PlusPlus::seed_from_u64(1);
            let mut sums = [0.0; 5];
            for _ in 0..times {
                let drawn = resampler.sums(&mut stream);
                assert_eq!(drawn[4].to_bits(), count_to_f64(n).to_bits());
                add(&mut sums, &drawn);
            }
            let expected = count_to_f64(times);
            for count in &sums[..4] {
                let errors = (count - expected) / expected.sqrt();
                assert!(errors.abs() < 4.5, "{n} units: {sums:?}");
            }
        }
    }

    /// The sum of n draws has mean n x̄ and variance n s², as a multinomial's has.
    #[test]
    fn sums_have_the_moments_of_draws_with_replacement() {
        for n in [5_usize, 300, 1000] {
            let units: Vec<Numbers<1>> = (0..n).map(|i| [count_to_f64(i * i % 97)]).collect();
            let mean = units.iter().map(|one| one[0]).sum::<f64>() / count_to_f64(n);
            let squares = units.iter().map(|one| (one[0] - mean).powi(2));
            let variance = squares.sum::<f64>();
            let resampler = Resampler::new(&units);
            let mut stream = Xoshiro256PlusPlus::seed_from_u64(2);
            let times = 20_000;
            let gaps: Vec<f64> = (0..times)
                .map(|_| resampler.sums(&mut stream)[0] - mean * count_to_f64(n))
                .collect();
            let times = count_to_f64(times);
            let first = gaps.iter().sum::<f64>() / times;
            let second = gaps.iter().map(|gap| gap * gap).sum::<f64>() / times;
            assert!(first.abs() < 4.5 * (variance / times).sqrt(), "n = {n}");
            assert!(
                (second / variance - 1.0).abs() < 4.5 * (2.0 / times).sqrt(),
                "n = {n}"
            );
        }
    }

    /// Of 600 units 20,000 draws miss none: the chance of that is 600 · (599/600)^20,000, 2e-12.
    #[test]
    fn any_unit_can_be_the_single_draw_and_draws_are_as_many_as_units() {
        let units: Vec<Numbers<2>> = (0..600).map(|i| [count_to_f64(i), 1.0]).collect();
        let resampler = Resampler::new(&units);
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..20_000 {
            seen.insert(resampler.any(&mut stream)[0].to_bits());
        }
        assert_eq!(seen.len(), 600);
        for _ in 0..20 {
            let drawn = resampler.sums(&mut stream)[1];
            assert_eq!(drawn.to_bits(), 600.0_f64.to_bits());
        }
    }

    /// A sum of masses that rounds to less than 1 leaves words beyond it: they are the last count.
    #[test]
    fn a_word_beyond_the_table_is_its_last_count() {
        let table = PoissonTable {
            cumulative: vec![0; 5],
            starts: vec![0; 256],
        };
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(4);
        assert_eq!([0; 9].map(|_: i32| table.draw(&mut stream)), [4; 9]);
    }

    #[test]
    fn poisson_counts_have_their_mean_and_variance() {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(3);
        for mean in [0.5, 20.0, 248.0] {
            let table = PoissonTable::new(mean);
            let times = 20_000;
            let drawn: Vec<f64> = (0..times)
                .map(|_| count_to_f64(table.draw(&mut stream)))
                .collect();
            let times = count_to_f64(times);
            let first = drawn.iter().sum::<f64>() / times;
            let second = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / times;
            assert!(
                (first - mean).abs() < 4.5 * (mean / times).sqrt(),
                "{mean}: {first}"
            );
            assert!((second / mean - 1.0).abs() < 0.06, "{mean}: {second}");
        }
    }
}
