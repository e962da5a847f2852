//! Sequential runs: in which order they ask, and after how many cases a gate may look at them. Both are
//! fixed before the first call; a look that nobody planned would raise the error rate.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::unit::Digest;

/// The looks of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// Over the policy that decides at each look.
    pub policy: Digest,
    /// The run that rules against a baseline compare with.
    pub baseline: Option<String>,
    /// How many of the first cases have been asked at each look; ascending, the last one all.
    pub cases: Vec<usize>,
}

impl Looks {
    /// The last look that `asked` cases allow, counted from 1; 0 before the first.
    pub fn reached(&self, asked: usize) -> usize {
        self.cases.iter().take_while(|end| **end <= asked).count()
    }
}

/// The places of cases in the order of a sequential run: whole clusters, in an order that only the
/// seed decides. `clusters` names each case's cluster.
pub fn cluster_order(clusters: &[&str], seed: u64) -> Vec<usize> {
    let seed = seed.to_be_bytes();
    let drawn = |cluster: &str| Digest::of_parts([seed.as_slice(), cluster.as_bytes()]);
    let mut order: Vec<(Digest, usize)> = clusters
        .iter()
        .enumerate()
        .map(|(place, cluster)| (drawn(cluster), place))
        .collect();
    order.sort();
    order.into_iter().map(|(_, place)| place).collect()
}

/// After how many cases to look, for `looks` looks about equally far apart, never inside a cluster.
/// `clusters` are those of the cases in the order in which they are asked.
pub fn look_ends(clusters: &[&str], looks: usize) -> Vec<usize> {
    let total = clusters.len();
    let ends = (1..=total).filter(|end| clusters.get(*end) != clusters.get(end - 1));
    let ends: Vec<usize> = ends.collect();
    let after = |wanted: usize| ends.iter().copied().find(|end| *end >= wanted);
    let wanted = (1..=looks).filter_map(|look| after((total * look).div_ceil(looks)));
    let distinct: BTreeSet<usize> = wanted.collect();
    distinct.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn looks_fall_between_clusters() {
        let clusters = ["a", "a", "a", "b", "c", "d", "d", "e", "f", "g"];
        assert_eq!(look_ends(&clusters, 5), [3, 4, 7, 8, 10]);
        assert_eq!(look_ends(&clusters, 1), [10]);
        assert_eq!(look_ends(&["a", "a"], 5), [2]);
        assert!(look_ends(&[], 5).is_empty());
    }

    #[test]
    fn another_seed_is_another_order() {
        let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(cluster_order(&names, 1), cluster_order(&names, 1));
        assert_ne!(cluster_order(&names, 1), cluster_order(&names, 2));
    }

    proptest! {
        #[test]
        fn the_order_keeps_clusters_whole_and_loses_nobody(
            clusters in prop::collection::vec(0u8..6, 0..40), seed in any::<u64>(), looks in 1usize..9
        ) {
            let names: Vec<String> = clusters.iter().map(ToString::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let order = cluster_order(&names, seed);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..names.len()).collect::<Vec<_>>());
            let asked: Vec<&str> = order.iter().map(|place| names[*place]).collect();
            let changes = asked.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let distinct: BTreeSet<&&str> = asked.iter().collect();
            prop_assert_eq!(changes + usize::from(!asked.is_empty()), distinct.len());
            let ends = look_ends(&asked, looks);
            prop_assert!(ends.is_sorted());
            prop_assert_eq!(ends.last().copied().unwrap_or(0), asked.len());
            for end in ends {
                prop_assert!(asked.get(end) != asked.get(end - 1));
            }
        }
    }
}
