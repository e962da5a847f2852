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
    let near = near_sets(&groups).into_iter().filter_map(|set| {
        let cases: Vec<&Case> = set
            .iter()
            .filter_map(|group| groups.get(*group)?.cases.first().copied())
            .collect();
        (n_clusters(&cases) > 1).then(|| {
            let message = match cases.len() {
                2 => "two questions have nearly the same words, in different clusters".to_owned(),
                n => format!("{n} questions have nearly the same words, in different clusters"),
            };
            Lint::new(Severity::Warning, cases, message, HELP)
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

/// With how many of the latest that hold the same rare word a question is compared: what is made from one
/// template is found among them, and a set of any size is read in time that grows with its size.
const MOST_COMPARED: usize = 200;

/// Groups that are near to each other, directly or by others between them; in the order of their first.
///
/// Two sets that share so much must share one of their rarest words (prefix filtering: Bayardo, Ma and
/// Srikant 2007), so that few are compared.
fn near_sets(groups: &[Group<'_>]) -> Vec<Vec<usize>> {
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for word in groups.iter().flat_map(|group| &group.words) {
        *frequency.entry(word).or_insert(0) += 1;
    }
    let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut sets = Sets::of(groups.len());
    for (index, group) in groups.iter().enumerate() {
        for word in rarest(&group.words, &frequency) {
            let earlier = holders.entry(word).or_default();
            for other in earlier.iter().rev().take(MOST_COMPARED).copied() {
                let is_near = || {
                    groups
                        .get(other)
                        .is_some_and(|other| are_near(&group.words, &other.words))
                };
                if sets.root(other) != sets.root(index) && is_near() {
                    sets.join(other, index);
                }
            }
            earlier.push(index);
        }
    }
    sets.of_two_or_more()
}

/// So many of the rarest words that a near set must hold one of them.
fn rarest<'a>(words: &'a BTreeSet<String>, frequency: &BTreeMap<&str, usize>) -> Vec<&'a str> {
    let mut rarest: Vec<&str> = words.iter().map(String::as_str).collect();
    rarest.sort_by_key(|word| (frequency.get(word).copied(), *word));
    let n_needed = (words.len() * NEAR_TENTHS).div_ceil(10);
    rarest.truncate(words.len() - n_needed + 1);
    rarest
}

/// Disjoint sets of numbers, each known by its least member.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn of(n: usize) -> Self {
        Self {
            parents: (0..n).collect(),
        }
    }

    /// The least member of the set that `member` is in.
    fn root(&mut self, mut member: usize) -> usize {
        loop {
            let parent = self.parent(member);
            if parent == member {
                return member;
            }
            let above = self.parent(parent);
            if let Some(slot) = self.parents.get_mut(member) {
                *slot = above;
            }
            member = above;
        }
    }

    fn parent(&self, member: usize) -> usize {
        self.parents.get(member).copied().unwrap_or(member)
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.parents.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }

    fn of_two_or_more(mut self) -> Vec<Vec<usize>> {
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for member in 0..self.parents.len() {
            let root = self.root(member);
            sets.entry(root).or_default().push(member);
        }
        sets.into_values().filter(|set| set.len() > 1).collect()
    }
}

fn are_near(left: &BTreeSet<String>, right: &BTreeSet<String>) -> bool {
    let n_common = left.intersection(right).count();
    let n_all = left.len() + right.len() - n_common;
    n_common * 10 >= n_all * NEAR_TENTHS
}
