//! Questions that are the same or nearly: asked twice, they count twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lint, Severity, words::words};
use crate::eval_set::Case;

/// Two questions are near when they share at least this part of their words, in tenths.
const NEAR_TENTHS: usize = 8;

const HELP: &str = "give both the same `cluster`, so that they do not count as independent";

/// Pairs of questions that nearly have the same words, and no common cluster.
pub(super) fn near_duplicates(cases: &[Case]) -> Vec<Lint> {
    let mut by_words: BTreeMap<BTreeSet<String>, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_words.entry(spoken(case)).or_default().push(case);
    }
    let groups: Vec<(BTreeSet<String>, Vec<&Case>)> = by_words.into_iter().collect();
    let same = groups
        .iter()
        .filter(|(_, cases)| n_clusters(cases) > 1)
        .map(|(_, cases)| {
            let message = "the same question is asked more than once, in different clusters";
            Lint::new(Severity::Error, cases.iter().copied(), message, HELP)
        });
    let near = near_pairs(&groups).into_iter().filter_map(|(left, right)| {
        let (left, right) = (groups.get(left)?.1.first()?, groups.get(right)?.1.first()?);
        let pair = [*left, *right];
        (n_clusters(&pair) > 1).then(|| {
            let message = "two questions have nearly the same words, in different clusters";
            Lint::new(Severity::Warning, pair, message, HELP)
        })
    });
    same.chain(near).collect()
}

/// Every word of the conversation and the question.
fn spoken(case: &Case) -> BTreeSet<String> {
    let turns = case.history.iter().map(|turn| turn.text.as_str());
    turns
        .chain([case.question.as_str()])
        .flat_map(words)
        .collect()
}

fn n_clusters(cases: &[&Case]) -> usize {
    let clusters: BTreeSet<&str> = cases.iter().map(|case| case.cluster_or_id()).collect();
    clusters.len()
}

/// Pairs of groups whose words are near. Two sets that share so much must share one of their
/// rarest words (prefix filtering: Bayardo, Ma and Srikant 2007), so that few pairs are compared.
fn near_pairs(groups: &[(BTreeSet<String>, Vec<&Case>)]) -> BTreeSet<(usize, usize)> {
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for word in groups.iter().flat_map(|(words, _)| words) {
        *frequency.entry(word).or_insert(0) += 1;
    }
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for (index, (words, _)) in groups.iter().enumerate() {
        let mut rarest: Vec<&str> = words.iter().map(String::as_str).collect();
        rarest.sort_by_key(|word| (frequency.get(word).copied(), *word));
        let n_needed = (words.len() * NEAR_TENTHS).div_ceil(10);
        rarest.truncate(words.len() - n_needed + 1);
        for word in rarest {
            let earlier = holders.entry(word).or_default();
            for other in earlier.iter().copied() {
                let near = groups
                    .get(other)
                    .is_some_and(|(others, _)| are_near(words, others));
                if near {
                    pairs.insert((other, index));
                }
            }
            earlier.push(index);
        }
    }
    pairs
}

fn are_near(left: &BTreeSet<String>, right: &BTreeSet<String>) -> bool {
    let n_common = left.intersection(right).count();
    let n_all = left.len() + right.len() - n_common;
    n_common * 10 >= n_all * NEAR_TENTHS
}
