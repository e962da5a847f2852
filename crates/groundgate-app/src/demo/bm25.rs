//! BM25 (Robertson and Walker 1994; k1 = 1.2, b = 0.75) over a few hundred short texts.

use std::collections::BTreeMap;

use groundgate_model::unit::count_to_f64;

use super::text::terms;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// An index over texts, which are known by their place.
#[derive(Debug)]
pub(super) struct Index {
    texts: Vec<BTreeMap<String, usize>>,
    lengths: Vec<usize>,
    n_texts_with: BTreeMap<String, usize>,
    mean_length: f64,
}

impl Index {
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self {
            texts: Vec::new(),
            lengths: Vec::new(),
            n_texts_with: BTreeMap::new(),
            mean_length: 1.0,
        };
        for text in texts {
            let mut counts = BTreeMap::new();
            let words = terms(text);
            index.lengths.push(words.len());
            for word in words {
                *counts.entry(word).or_insert(0) += 1;
            }
            for word in counts.keys() {
                *index.n_texts_with.entry(word.clone()).or_insert(0) += 1;
            }
            index.texts.push(counts);
        }
        let total: usize = index.lengths.iter().sum();
        index.mean_length = (count_to_f64(total) / count_to_f64(index.texts.len().max(1))).max(1.0);
        index
    }

    /// How much a word tells: rare ones more.
    pub(super) fn weight(&self, word: &str) -> f64 {
        let n = count_to_f64(self.texts.len());
        let with = count_to_f64(self.n_texts_with.get(word).copied().unwrap_or(0));
        ((n - with + 0.5) / (with + 0.5)).ln_1p()
    }

    /// The texts that share a word with the query, best first; equals in their order.
    pub(super) fn search(&self, query: &[String]) -> Vec<(usize, f64)> {
        let mut found: Vec<(usize, f64)> = self
            .texts
            .iter()
            .zip(&self.lengths)
            .map(|(counts, &length)| self.score(query, counts, length))
            .enumerate()
            .filter(|(_, score)| *score > 0.0)
            .collect();
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        found
    }

    fn score(&self, query: &[String], counts: &BTreeMap<String, usize>, length: usize) -> f64 {
        let norm = K1 * (1.0 - B + B * count_to_f64(length) / self.mean_length);
        query
            .iter()
            .filter_map(|word| counts.get(word).map(|&count| (word, count_to_f64(count))))
            .map(|(word, count)| self.weight(word) * count * (K1 + 1.0) / (count + norm))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_decide() {
        let texts = [
            "card fees and card limits",
            "card limits abroad",
            "transfer fees to a bank",
        ];
        let index = Index::new(texts.into_iter());
        let best = |query: &str| index.search(&terms(query)).first().map(|(place, _)| *place);
        assert_eq!(best("limits abroad"), Some(1));
        assert_eq!(best("transfer"), Some(2));
        assert_eq!(best("mortgage"), None);
    }
}
