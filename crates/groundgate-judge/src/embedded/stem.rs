//! A small suffix stemmer for English: `policies` and `policy`, `charged` and `charging` meet.
//!
//! It need not give words, only the same key for forms of one word. Other scripts pass unchanged.

/// Cuts the endings off a lower-case word, in place.
pub(crate) fn stem(word: &mut String) {
    if word.ends_with("'s") {
        cut(word, 2);
    } else if word.ends_with('\'') {
        cut(word, 1);
    }
    if word.len() <= 3 || !word.is_ascii() {
        return;
    }
    cut_plural(word);
    cut_verb(word);
    if word.len() > 4 && word.ends_with('e') {
        cut(word, 1);
    }
    let noun = noun_endings(word)
        .iter()
        .find(|ending| word.ends_with(**ending) && word.len() >= ending.len() + 4);
    if let Some(ending) = noun {
        cut(word, ending.len());
    }
    if word.len() > 4 && word.ends_with(['e', 'i']) {
        cut(word, 1);
    }
}

/// The endings of nouns and adjectives that end as the word does, longest first.
fn noun_endings(word: &str) -> &'static [&'static str] {
    match word.as_bytes().last() {
        Some(b'n') => &["ation", "ition", "ion"],
        Some(b't') => &["ment", "ant", "ent"],
        Some(b's') => &["ness", "ous"],
        Some(b'e') => &["able", "ible", "ive", "ance"],
        Some(b'y') => &["ity"],
        Some(b'l') => &["al", "ful"],
        Some(b'r') => &["er", "or"],
        Some(_) | None => &[],
    }
}

fn cut_plural(word: &mut String) {
    if word.ends_with("ies") && word.len() > 4 {
        cut(word, 3);
        word.push('y');
    } else if word.ends_with("sses")
        || (word.len() > 4
            && ["ses", "xes", "zes", "hes"]
                .iter()
                .any(|end| word.ends_with(end)))
    {
        cut(word, 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        cut(word, 1);
    }
}

fn cut_verb(word: &mut String) {
    if word.ends_with("ied") && word.len() > 4 {
        cut(word, 3);
        word.push('y');
        return;
    }
    if word.ends_with("ing") && word.len() > 5 {
        cut(word, 3);
    } else if word.ends_with("ed") && !word.ends_with("eed") && word.len() > 4 {
        cut(word, 2);
    } else {
        if word.ends_with("ly") && word.len() > 5 {
            cut(word, 2);
        }
        return;
    }
    // `stopped` is `stop`, but `filled` is `fill`.
    let bytes = word.as_bytes();
    if let [.., before, last] = bytes
        && before == last
        && word.len() > 3
        && !matches!(last, b'l' | b's' | b'z')
    {
        cut(word, 1);
    }
}

/// Removes the last `bytes` bytes, which are ASCII wherever this is called.
fn cut(word: &mut String, bytes: usize) {
    word.truncate(word.len().saturating_sub(bytes));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stemmed(word: &str) -> String {
        let mut word = word.to_owned();
        stem(&mut word);
        word
    }

    #[test]
    fn forms_of_a_word_meet() {
        for group in [
            ["policy", "policies", "policy's"],
            ["charge", "charged", "charging"],
            ["stop", "stopped", "stopping"],
            ["increase", "increased", "increases"],
            ["box", "boxes", "boxes"],
            ["refund", "refunds", "refunded"],
        ] {
            assert_eq!(stemmed(group[0]), stemmed(group[1]), "{group:?}");
            assert_eq!(stemmed(group[0]), stemmed(group[2]), "{group:?}");
        }
        assert_ne!(stemmed("refund"), stemmed("charge"));
    }

    proptest! {
        #[test]
        fn any_word_may_come(word in "\\PC{0,12}") {
            stem(&mut word.clone());
        }
    }
}
