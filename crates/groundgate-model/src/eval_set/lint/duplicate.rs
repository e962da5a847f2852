//! Questions that are the same or nearly: asked twice, they count twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lint, Severity, words::words};
use crate::eval_set::Case;

/// Two questions are near when they share at least this part of their words, in tenths.
const NEAR_TENTHS: usize = 8;

const HELP: &str = "give both the same `cluster`, so that they do not count as independent";

/// The cases that ask with the same words.
struct Group<'a> {
    words: BTreeSet<String>,
    /// In the file's order; never empty.
    cases: Vec<&'a Case>,
    /// The place of the first of them in the file.
    first: usize,
}

/// Pairs of questions that nearly have the same words, and no common cluster.
pub(super) fn near_duplicates(cases: &[Case]) -> Vec<Lint> {
    let groups = groups(cases);
    let same = groups
        .iter()
        .filter(|group| n_clusters(&group.cases) > 1)
        .map(|group| {
            let message = "the same question is asked more than once, in different clusters";
            Lint::new(Severity::Error, group.cases.iter().copied(), message, HELP)
        });
    let near = near_pairs(&groups).into_iter().filter_map(|(left, right)| {
        let pair = [
            *groups.get(left)?.cases.first()?,
            *groups.get(right)?.cases.first()?,
        ];
        (n_clusters(&pair) > 1).then(|| {
            let message = "two questions have nearly the same words, in different clusters";
            Lint::new(Severity::Warning, pair, message, HELP)
        })
    });
    same.chain(near).collect()
}

/// In the order of their first cases.
fn groups(cases: &[Case]) -> Vec<Group<'_>> {
    let mut by_words: BTreeMap<BTreeSet<String>, (usize, Vec<&Case>)> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let (_, group) = by_words
            .entry(spoken(case))
            .or_insert_with(|| (index, Vec::new()));
        group.push(case);
    }
    let mut groups: Vec<Group<'_>> = by_words
        .into_iter()
        .map(|(words, (first, cases))| Group {
            words,
            cases,
            first,
        })
        .collect();
    groups.sort_by_key(|group| group.first);
    groups
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
fn near_pairs(groups: &[Group<'_>]) -> BTreeSet<(usize, usize)> {
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for word in groups.iter().flat_map(|group| &group.words) {
        *frequency.entry(word).or_insert(0) += 1;
    }
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for (index, group) in groups.iter().enumerate() {
        let words = &group.words;
        let mut rarest: Vec<&str> = words.iter().map(String::as_str).collect();
        rarest.sort_by_key(|word| (frequency.get(word).copied(), *word));
        let n_needed = (words.len() * NEAR_TENTHS).div_ceil(10);
        rarest.truncate(words.len() - n_needed + 1);
        for word in rarest {
            let earlier = holders.entry(word).or_default();
            for other in earlier.iter().copied() {
                let near = groups
                    .get(other)
                    .is_some_and(|other| are_near(words, &other.words));
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
