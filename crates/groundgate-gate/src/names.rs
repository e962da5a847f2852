//! Names of people, as they are compared: what looks the same is the same.

use groundgate_model::text::fold::fold;
use unicode_security::skeleton;

/// A name in the form in which names are compared: "Ada ", "ａｄａ" and an "аda" that begins with a Cyrillic
/// letter are no other people than "ada".
pub fn person(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let folded: String = fold(&words.join(" "))
        .iter()
        .map(|folded| folded.c)
        .collect();
    let shape: String = skeleton(folded.trim()).collect();
    skeleton(&shape.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same_person() {
        for name in [
            "Ada ",
            "ADA",
            "\u{430}da",
            "ada\u{200b}",
            "\u{ff41}da",
            "a\u{2060}da",
            "\u{1d41a}da",
            "ád\u{e0}",
            "\u{202e}ada",
        ] {
            assert_eq!(person(name), person("ada"), "{name}");
        }
        for (one, other) in [
            ("ada", "ado"),
            ("ada", "ada2"),
            ("ben", "ada"),
            ("a b", "ab"),
        ] {
            assert_ne!(person(one), person(other));
        }
        assert_eq!(person(" \u{200b} "), "");
    }
}
