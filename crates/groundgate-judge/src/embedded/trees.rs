//! Sums of small decision trees, as gradient boosting makes them.

use super::error::ModelError;

/// A sum of trees over a start value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trees {
    start: f32,
    nodes: Vec<Node>,
    groups: Vec<Group>,
}

/// Trees that are walked side by side: a step in one does not wait for that in another, and no step
/// is a branch that a processor would have to predict.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Group {
    /// Where each tree has its root; behind the last node where there is no tree left.
    roots: [usize; GROUP],
    /// Steps from the root to the leaf that is farthest from it.
    depth: usize,
}

const GROUP: usize = 8;

/// A node of a tree: a split or, where `right` is 0, a leaf, from which every step leads to itself.
/// Small, so that all trees fit the cache.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    /// The cut of a split, the value of a leaf.
    number: f32,
    /// The number of the input that a split looks at.
    input: u16,
    /// Inputs up to the cut go to the next node, others so many nodes further.
    right: u16,
}

impl Trees {
    /// From a flat list: the start value, then each tree in preorder. A split is its input's number
    /// and its cut; a leaf is -1 and its value.
    pub(crate) fn new(
        name: &'static str,
        numbers: &[f32],
        inputs: usize,
    ) -> Result<Self, ModelError> {
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(ModelError::NotFinite(name));
        }
        let (start, rest) = numbers.split_first().ok_or(ModelError::Section(name))?;
        let (pairs, odd) = rest.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(ModelError::Section(name));
        }
        let mut reader = Reader::default();
        for [input, number] in pairs {
            let input = if *input < 0.0 {
                None
            } else {
                let known = (0u16..).take(inputs);
                let named = |number: &u16| (f32::from(*number) - input).abs() < 0.5;
                Some(
                    known
                        .into_iter()
                        .find(named)
                        .ok_or(ModelError::Section(name))?,
                )
            };
            reader
                .add(input, *number)
                .ok_or(ModelError::Section(name))?;
        }
        if reader.n_missing > 0 {
            return Err(ModelError::Section(name));
        }
        Ok(Self {
            start: *start,
            groups: grouped(&reader.trees, reader.nodes.len()),
            nodes: reader.nodes,
        })
    }

    /// For each row of inputs, the sum of the leaves that it leads to. Group by group: its trees are
    /// walked for all rows while they are at hand.
    pub(crate) fn sums<R: AsRef<[f32]>>(&self, rows: &[R]) -> Vec<f32> {
        let mut sums = vec![self.start; rows.len()];
        for group in &self.groups {
            for (sum, row) in sums.iter_mut().zip(rows) {
                for leaf in self.leaves(group, row.as_ref()) {
                    *sum += leaf;
                }
            }
        }
        sums
    }

    fn leaves(&self, group: &Group, inputs: &[f32]) -> [f32; GROUP] {
        let mut at = group.roots;
        for _ in 0..group.depth {
            for at in &mut at {
                if let Some(node) = self.nodes.get(*at) {
                    let value = inputs.get(usize::from(node.input)).copied();
                    let goes_right = value.unwrap_or(f32::NEG_INFINITY) > node.number;
                    let step = if goes_right {
                        node.right
                    } else {
                        node.right.min(1)
                    };
                    *at += usize::from(step);
                }
            }
        }
        at.map(|at| self.nodes.get(at).map_or(0.0, |node| node.number))
    }
}

fn grouped(trees: &[(usize, usize)], end: usize) -> Vec<Group> {
    let group = |own: &[(usize, usize)]| {
        let mut group = Group {
            roots: [end; GROUP],
            depth: 0,
        };
        for (root, (own, depth)) in group.roots.iter_mut().zip(own) {
            *root = *own;
            group.depth = group.depth.max(*depth);
        }
        group
    };
    trees.chunks(GROUP).map(group).collect()
}

/// What was read of the list.
#[derive(Default)]
struct Reader {
    nodes: Vec<Node>,
    /// The root and the depth of each tree.
    trees: Vec<(usize, usize)>,
    /// Splits whose right side has not begun, with their depth.
    open: Vec<(usize, usize)>,
    /// How many sides are still to come.
    n_missing: usize,
    /// How deep the next node lies.
    depth: usize,
}

impl Reader {
    /// Adds a split on an input or a leaf; nothing if the tree is too large.
    fn add(&mut self, input: Option<u16>, number: f32) -> Option<()> {
        let at = self.nodes.len();
        if self.n_missing == 0 {
            self.trees.push((at, 0));
            self.n_missing = 1;
            self.depth = 0;
        }
        self.nodes.push(Node {
            number,
            input: input.unwrap_or(0),
            right: 0,
        });
        let deepest = &mut self.trees.last_mut()?.1;
        *deepest = self.depth.max(*deepest);
        if input.is_some() {
            self.n_missing += 1;
            self.open.push((at, self.depth));
            self.depth += 1;
        } else {
            self.n_missing -= 1;
            if let Some((split, depth)) = self.open.pop() {
                self.nodes.get_mut(split)?.right = u16::try_from(at + 1 - split).ok()?;
                self.depth = depth + 1;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_lead_to_their_leaf() {
        // Two trees: a split on input 0 with a split on input 1 at its right, and a bare leaf.
        let numbers = [
            0.5, 0.0, 1.0, -1.0, 10.0, 1.0, 2.0, -1.0, 20.0, -1.0, 30.0, -1.0, 100.0,
        ];
        let trees = Trees::new("TEST", &numbers, 2).unwrap();
        for (inputs, expected) in [
            ([1.0, 9.0], 110.5),
            ([2.0, 2.0], 120.5),
            ([2.0, 3.0], 130.5),
        ] {
            let sums = trees.sums(&[inputs, [0.0, 0.0]]);
            assert!((sums[0] - expected).abs() < 1e-6);
            assert!((sums[1] - 110.5).abs() < 1e-6);
        }
    }

    #[test]
    fn broken_lists_are_refused() {
        for numbers in [
            &[][..],
            &[0.0, 0.0, 1.0, -1.0, 1.0],
            &[0.0, 5.0, 1.0, -1.0, 1.0, -1.0, 1.0],
            &[f32::NAN],
        ] {
            assert!(Trees::new("TEST", numbers, 2).is_err(), "{numbers:?}");
        }
    }
}
