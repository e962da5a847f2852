//! Words and sentences, as far as the demo needs them.

/// Words that say nothing about the topic.
const STOP_WORDS: &str = " a about after all also am an and any are as at be because been before being but by can could \
cust customer did do does doing for from get got had has have he her him his how i if in into is it its just let may me \
might must my no not now of off on once one only or our out over own please pls she should so some still such tell than \
that the their them then there these they this those to too u under up us use used very want wants was we were what when \
where which while who why will with would yes you your ";

/// The content words of `text`: lower case, without endings and stop words, in order.
pub(super) fn terms(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !STOP_WORDS.contains(&format!(" {word} ")))
        .map(|word| stem(&word))
        .collect()
}

/// A word without its commonest English endings.
fn stem(word: &str) -> String {
    const ENDINGS: [(&str, &str); 10] = [
        ("ically", "ic"),
        ("ations", "at"),
        ("ation", "at"),
        ("ments", "ment"),
        ("ingly", ""),
        ("ies", "y"),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
    ];
    for (ending, replacement) in ENDINGS {
        if let Some(root) = word.strip_suffix(ending)
            && root.len() >= 3
            && !(ending == "s" && root.ends_with('s'))
        {
            return format!("{root}{replacement}")
                .trim_end_matches('e')
                .to_owned();
        }
    }
    word.trim_end_matches('e').to_owned()
}

/// The sentences of a document, list items included, without their numbers and dashes.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(line_sentences)
        .filter(|sentence| sentence.len() > 20)
        .collect()
}

fn line_sentences(line: &str) -> Vec<&str> {
    let line = line
        .trim()
        .trim_start_matches(|c: char| c.is_ascii_digit() || "-.•) ".contains(c));
    let mut found = Vec::new();
    let mut start = 0;
    for (index, _) in line.match_indices(". ") {
        let next_is_capital = line
            .get(index + 2..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(char::is_uppercase);
        if next_is_capital && let Some(sentence) = line.get(start..=index) {
            found.push(sentence.trim());
            start = index + 2;
        }
    }
    found.extend(line.get(start..).map(str::trim));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_keep_words_apart() {
        for (one, other) in [
            ("refunds", "refund"),
            ("charged", "charges"),
            ("fees", "fee"),
            ("closing", "closed"),
        ] {
            assert_eq!(terms(one), terms(other), "{one} {other}");
        }
    }

    #[test]
    fn list_items_are_sentences_and_amounts_are_not_split() {
        let text = "A fee of 1.50 EUR applies. It is charged monthly.\n- The first item is free of charge.\n2. The agent checks the file.";
        assert_eq!(
            sentences(text),
            [
                "A fee of 1.50 EUR applies.",
                "It is charged monthly.",
                "The first item is free of charge.",
                "The agent checks the file."
            ]
        );
    }
}
