//! Gradient boosting of small trees on the logistic loss, by histograms (as in `LightGBM`: leaf-wise
//! growth, second-order gains), deterministic by seed.

use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Most bins of an input.
const N_BINS: usize = 48;

/// What the trees are grown from. `start` is the log odds that each row begins with.
pub(crate) struct Table<'t> {
    pub(crate) inputs: &'t [Vec<f32>],
    pub(crate) positive: &'t [bool],
    pub(crate) weight: &'t [f64],
    pub(crate) start: &'t [f64],
}

/// How trees are grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    pub(crate) trees: usize,
    pub(crate) leaves: usize,
    pub(crate) rate: f64,
    pub(crate) rows_min: f64,
    pub(crate) ridge: f64,
    /// Shares of the inputs and of the rows that a tree sees.
    pub(crate) inputs_share: f64,
    pub(crate) rows_share: f64,
    pub(crate) seed: u64,
}

/// One tree in preorder: input and cut of a split, -1 and value of a leaf.
type Tree = Vec<(f32, f32)>;

/// The trees, as the model file holds them, without the start value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boosted {
    pub(crate) trees: Vec<Tree>,
}

impl Boosted {
    pub(crate) fn sum(&self, inputs: &[f32]) -> f64 {
        self.trees
            .iter()
            .map(|tree| f64::from(leaf(tree, inputs)))
            .sum()
    }

    pub(crate) fn numbers(&self, start: f64) -> Vec<f64> {
        let flat = self.trees.iter().flatten();
        let pairs = flat.flat_map(|(input, number)| [f64::from(*input), f64::from(*number)]);
        [start].into_iter().chain(pairs).collect()
    }
}

fn leaf(tree: &Tree, inputs: &[f32]) -> f32 {
    let mut at = 0;
    loop {
        let (input, number) = tree[at];
        if input < 0.0 {
            return number;
        }
        at = if inputs[input as usize] <= number {
            at + 1
        } else {
            after(tree, at + 1)
        };
    }
}

/// The first node after the subtree at `at`.
fn after(tree: &Tree, mut at: usize) -> usize {
    let mut open = 1;
    while open > 0 {
        open = if tree[at].0 < 0.0 { open - 1 } else { open + 1 };
        at += 1;
    }
    at
}

/// Inputs as bin numbers, by column, with the upper edge of each bin.
struct Binned {
    columns: Vec<Vec<u8>>,
    edges: Vec<Vec<f32>>,
}

fn bin(inputs: &[Vec<f32>]) -> Binned {
    let n_inputs = inputs[0].len();
    let (columns, edges) = (0..n_inputs)
        .into_par_iter()
        .map(|input| {
            let mut sorted: Vec<f32> = inputs.iter().map(|row| row[input]).collect();
            sorted.sort_by(f32::total_cmp);
            let mut edges: Vec<f32> = (1..N_BINS)
                .map(|bin| sorted[bin * (sorted.len() - 1) / N_BINS])
                .collect();
            // Few values get a bin each.
            let mut distinct = sorted;
            distinct.dedup();
            if distinct.len() <= N_BINS {
                distinct.pop();
                edges = distinct;
            }
            edges.dedup();
            let column = inputs
                .iter()
                .map(|row| edges.partition_point(|edge| *edge < row[input]) as u8)
                .collect();
            (column, edges)
        })
        .unzip();
    Binned { columns, edges }
}

#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curve: f64,
}

struct Split {
    gain: f64,
    input: usize,
    bin: usize,
}

/// For each bin of an input: the sums and the number of the rows in it.
type Histogram = [(Sums, u32); N_BINS + 1];

struct Leaf {
    rows: Vec<u32>,
    /// One for each input that the tree sees.
    histograms: Vec<Histogram>,
    sums: Sums,
    split: Option<Split>,
    /// Its place in the growing tree.
    node: usize,
}

/// What one tree is grown from.
struct Soil<'s> {
    binned: &'s Binned,
    sums: &'s [Sums],
    inputs: &'s [u32],
    growth: Growth,
}

/// Grows `growth.trees` trees.
pub(crate) fn boost(table: &Table<'_>, growth: Growth) -> Boosted {
    let binned = bin(table.inputs);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(growth.seed);
    let mut scores = table.start.to_vec();
    let mut boosted = Boosted::default();
    for _ in 0..growth.trees {
        let sums: Vec<Sums> = scores
            .iter()
            .zip(table.positive)
            .zip(table.weight)
            .map(|((score, positive), weight)| {
                let p = 1.0 / (1.0 + (-score).exp());
                let target = f64::from(u8::from(*positive));
                Sums {
                    gradient: weight * (target - p),
                    curve: weight * p * (1.0 - p),
                }
            })
            .collect();
        let rows = chosen(table.inputs.len(), growth.rows_share, &mut random);
        let inputs = chosen(binned.columns.len(), growth.inputs_share, &mut random);
        let soil = Soil {
            binned: &binned,
            sums: &sums,
            inputs: &inputs,
            growth,
        };
        let tree = grow(&soil, rows);
        scores
            .par_iter_mut()
            .zip(table.inputs)
            .for_each(|(score, row)| *score += f64::from(leaf(&tree, row)));
        boosted.trees.push(tree);
    }
    boosted
}

fn chosen(n: usize, share: f64, random: &mut Xoshiro256PlusPlus) -> Vec<u32> {
    let limit = (share * u64::MAX as f64) as u64;
    let chosen: Vec<u32> = (0..n as u32)
        .filter(|_| random.next_u64() <= limit)
        .collect();
    if chosen.is_empty() { vec![0] } else { chosen }
}

impl Leaf {
    fn new(
        soil: &Soil<'_>,
        rows: Vec<u32>,
        histograms: Vec<Histogram>,
        sums: Sums,
        node: usize,
    ) -> Self {
        let split = best_split(soil, &histograms, rows.len(), sums);
        Self {
            rows,
            histograms,
            sums,
            split,
            node,
        }
    }
}

/// A node while the tree grows.
enum Growing {
    Split {
        input: usize,
        cut: f32,
        left: usize,
        right: usize,
    },
    Leaf(f64),
}

fn grow(soil: &Soil<'_>, rows: Vec<u32>) -> Tree {
    let Soil {
        binned,
        sums,
        growth,
        ..
    } = *soil;
    let total = rows
        .iter()
        .fold(Sums::default(), |all, row| add(all, sums[*row as usize]));
    let mut nodes = vec![Growing::Leaf(value(total, growth))];
    let histograms = histograms(soil, &rows);
    let mut leaves = vec![Leaf::new(soil, rows, histograms, total, 0)];
    while leaves.len() < growth.leaves {
        let gain = |leaf: &Leaf| leaf.split.as_ref().map_or(0.0, |split| split.gain);
        let Some(at) = (0..leaves.len())
            .max_by(|one, other| gain(&leaves[*one]).total_cmp(&gain(&leaves[*other])))
        else {
            break;
        };
        let Some(Split { input, bin, .. }) = leaves[at].split.take() else {
            break;
        };
        let Leaf {
            rows,
            histograms: both,
            sums: all,
            node,
            ..
        } = leaves.swap_remove(at);
        let column = &binned.columns[input];
        let (left, right): (Vec<u32>, Vec<u32>) = rows
            .into_iter()
            .partition(|row| usize::from(column[*row as usize]) <= bin);
        let left_sums = left
            .iter()
            .fold(Sums::default(), |all, row| add(all, sums[*row as usize]));
        let right_sums = Sums {
            gradient: all.gradient - left_sums.gradient,
            curve: all.curve - left_sums.curve,
        };
        let first = nodes.len();
        nodes[node] = Growing::Split {
            input,
            cut: binned.edges[input][bin],
            left: first,
            right: first + 1,
        };
        let (of_left, of_right) = divided(soil, both, &left, &right);
        for (offset, (rows, own, histograms)) in
            [(left, left_sums, of_left), (right, right_sums, of_right)]
                .into_iter()
                .enumerate()
        {
            nodes.push(Growing::Leaf(value(own, growth)));
            leaves.push(Leaf::new(soil, rows, histograms, own, first + offset));
        }
    }
    let mut tree = Vec::new();
    flatten(&nodes, 0, &mut tree);
    tree
}

fn flatten(nodes: &[Growing], at: usize, tree: &mut Tree) {
    match &nodes[at] {
        Growing::Leaf(value) => tree.push((-1.0, *value as f32)),
        Growing::Split {
            input,
            cut,
            left,
            right,
        } => {
            tree.push((*input as f32, *cut));
            flatten(nodes, *left, tree);
            flatten(nodes, *right, tree);
        }
    }
}

const fn add(one: Sums, other: Sums) -> Sums {
    Sums {
        gradient: one.gradient + other.gradient,
        curve: one.curve + other.curve,
    }
}

fn value(sums: Sums, growth: Growth) -> f64 {
    growth.rate * sums.gradient / (sums.curve + growth.ridge)
}

fn histograms(soil: &Soil<'_>, rows: &[u32]) -> Vec<Histogram> {
    let of_input = |input: &u32| {
        let column = &soil.binned.columns[*input as usize];
        let mut bins = [(Sums::default(), 0u32); N_BINS + 1];
        for row in rows {
            let bin = &mut bins[usize::from(column[*row as usize])];
            bin.0 = add(bin.0, soil.sums[*row as usize]);
            bin.1 += 1;
        }
        bins
    };
    soil.inputs.par_iter().map(of_input).collect()
}

/// The histograms of both sides of a split: those of the smaller are counted, the rest is the other's.
fn divided(
    soil: &Soil<'_>,
    mut both: Vec<Histogram>,
    left: &[u32],
    right: &[u32],
) -> (Vec<Histogram>, Vec<Histogram>) {
    let smaller = histograms(
        soil,
        if left.len() < right.len() {
            left
        } else {
            right
        },
    );
    for (all, own) in both.iter_mut().flatten().zip(smaller.iter().flatten()) {
        all.0.gradient -= own.0.gradient;
        all.0.curve -= own.0.curve;
        all.1 -= own.1;
    }
    if left.len() < right.len() {
        (smaller, both)
    } else {
        (both, smaller)
    }
}

fn best_split(
    soil: &Soil<'_>,
    histograms: &[Histogram],
    n_rows: usize,
    total: Sums,
) -> Option<Split> {
    let Soil { binned, growth, .. } = *soil;
    if (n_rows as f64) < 2.0 * growth.rows_min {
        return None;
    }
    let quality = |sums: Sums| sums.gradient * sums.gradient / (sums.curve + growth.ridge);
    let mut best: Option<Split> = None;
    for (input, bins) in soil.inputs.iter().zip(histograms) {
        let input = *input as usize;
        let mut left = Sums::default();
        let mut n_left = 0;
        for (bin, (own, n_own)) in bins.iter().enumerate().take(binned.edges[input].len()) {
            left = add(left, *own);
            n_left += n_own;
            let n_right = n_rows as u32 - n_left;
            if f64::from(n_left.min(n_right)) < growth.rows_min {
                continue;
            }
            let right = Sums {
                gradient: total.gradient - left.gradient,
                curve: total.curve - left.curve,
            };
            let gain = quality(left) + quality(right) - quality(total);
            if gain > 1e-6 && best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Split { gain, input, bin });
            }
        }
    }
    best
}
