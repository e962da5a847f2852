//! Sums of small decision trees, as gradient boosting makes them.

use super::model::ModelError;

/// A sum of trees over a start value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trees {
    start: f32,
    nodes: Vec<Node>,
    /// Where each tree has its root.
    roots: Vec<usize>,
}

/// A node of a tree: a split or, where `right` is 0, a leaf. Small, so that all trees fit the cache.
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
        let mut trees = Self {
            start: *start,
            nodes: Vec::with_capacity(pairs.len()),
            roots: Vec::new(),
        };
        // Splits whose right side has not begun, and how many sides are still to come.
        let mut open: Vec<usize> = Vec::new();
        let mut n_missing = 0;
        for [input, number] in pairs {
            let at = trees.nodes.len();
            if n_missing == 0 {
                trees.roots.push(at);
                n_missing = 1;
            }
            if *input < 0.0 {
                trees.nodes.push(Node {
                    number: *number,
                    input: 0,
                    right: 0,
                });
                n_missing -= 1;
                if let Some(split) = open.pop()
                    && let Some(node) = trees.nodes.get_mut(split)
                {
                    node.right = u16::try_from(at + 1 - split)
                        .map_err(|_too_many| ModelError::Section(name))?;
                }
            } else {
                let input = (0u16..)
                    .take(inputs)
                    .find(|number| (f32::from(*number) - input).abs() < 0.5)
                    .ok_or(ModelError::Section(name))?;
                trees.nodes.push(Node {
                    number: *number,
                    input,
                    right: 0,
                });
                n_missing += 1;
                open.push(at);
            }
        }
        if n_missing == 0 {
            Ok(trees)
        } else {
            Err(ModelError::Section(name))
        }
    }

    /// For each row of inputs, the sum of the leaves that it leads to. Tree by tree: a tree is walked
    /// for all rows while it is at hand.
    pub(crate) fn sums<R: AsRef<[f32]>>(&self, rows: &[R]) -> Vec<f32> {
        let mut sums = vec![self.start; rows.len()];
        for root in &self.roots {
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum += self.leaf(*root, row.as_ref());
            }
        }
        sums
    }

    /// Every step goes to a later node, so that the walk ends.
    fn leaf(&self, root: usize, inputs: &[f32]) -> f32 {
        let mut at = root;
        while let Some(node) = self.nodes.get(at) {
            if node.right == 0 {
                return node.number;
            }
            let value = inputs.get(usize::from(node.input)).copied();
            let goes_right = value.unwrap_or(f32::NEG_INFINITY) > node.number;
            // No branch: no processor predicts which way it goes.
            at += 1 + usize::from(goes_right) * (usize::from(node.right) - 1);
        }
        0.0
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
