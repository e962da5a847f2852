//! JSON as some servers write it against the rules, mended so that it can be read. Pure.
//!
//! Python writes `NaN` and `Infinity` where there is no number, and half a character (`\ud83d`) where a
//! text or an event was cut between its halves. A number that is none becomes `null`. Half a character
//! is kept apart until its other half may have come with the next event; [`joined`] puts both together,
//! and a half that stays alone becomes U+FFFD, which shows that something is missing.

/// Where halves of characters are kept: private code points from here on stand for U+D800 to U+DFFF.
const HALVES: u32 = 0xF_0000;

/// The first half of the second kind.
const SECOND: u32 = HALVES + 0x400;

/// The last half.
const LAST: u32 = HALVES + 0x7FF;

/// Words of JavaScript for numbers that are none.
const NO_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The text with what is against the rules of JSON mended; `None` where nothing is.
pub(super) fn mended(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let (mut in_string, mut changed) = (false, false);
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '"' => {
                in_string = !in_string;
                mended.push('"');
                1
            }
            '\\' if in_string => {
                let (written, taken) = escape(rest);
                changed |= written.is_some();
                match written {
                    Some(half) => mended.push(half),
                    None => mended.push_str(rest.get(..taken).unwrap_or(rest)),
                }
                taken
            }
            'N' | 'I' | '-' if !in_string => {
                if let Some(word) = no_number(rest) {
                    changed = true;
                    mended.push_str("null");
                    word.len()
                } else {
                    mended.push(next);
                    next.len_utf8()
                }
            }
            _ => {
                mended.push(next);
                next.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    changed.then_some(mended)
}

fn no_number(rest: &str) -> Option<&'static str> {
    NO_NUMBERS.into_iter().find(|word| rest.starts_with(word))
}

/// How long the escape is with which `rest` begins, and what stands for it where it is half a
/// character.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(first) = half(rest) else {
        let kind = rest.chars().nth(1);
        return (None, 1 + kind.map_or(0, char::len_utf8));
    };
    let is_first = first < SECOND;
    let other = rest.get(6..).and_then(half);
    if is_first && other.is_some_and(|other| other >= SECOND) {
        return (None, 12);
    }
    (char::from_u32(first), 6)
}

/// The half that an escape at the beginning stands for.
fn half(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    (0xD800..=0xDFFF)
        .contains(&code)
        .then(|| HALVES + (code - 0xD800))
}

/// The text with its halves joined, and with U+FFFD for those that stay alone.
pub(crate) fn joined(text: String) -> String {
    if !text.chars().any(is_half) {
        return text;
    }
    let mut whole = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if !is_half(character) {
            whole.push(character);
            continue;
        }
        let second = characters
            .peek()
            .map(|next| u32::from(*next))
            .filter(|next| (SECOND..=LAST).contains(next));
        let first = u32::from(character);
        match second.filter(|_| first < SECOND) {
            Some(second) => {
                characters.next();
                let code = 0x1_0000 + ((first - HALVES) << 10) + (second - SECOND);
                whole.extend(char::from_u32(code));
            }
            None => whole.push(char::REPLACEMENT_CHARACTER),
        }
    }
    whole
}

fn is_half(character: char) -> bool {
    (HALVES..=LAST).contains(&u32::from(character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(text: &str) -> Value {
        let mended = mended(text).unwrap_or_else(|| text.to_owned());
        serde_json::from_str(&mended).unwrap()
    }

    fn said(text: &str) -> String {
        joined(read(text)["a"].as_str().unwrap().to_owned())
    }

    #[test]
    fn no_number_is_null_and_a_word_in_a_text_stays() {
        let value = read(r#"{"a":NaN,"b":[-Infinity,Infinity,-1],"c":"NaN \" Infinity","d":null}"#);
        assert_eq!(
            value,
            serde_json::json!({"a": null, "b": [null, null, -1], "c": "NaN \" Infinity", "d": null})
        );
    }

    #[test]
    fn half_a_character_is_shown_to_be_one_and_two_halves_are_joined() {
        assert_eq!(said(r#"{"a":"x\ud83dy"}"#), "x\u{fffd}y");
        assert_eq!(said(r#"{"a":"x\ude00"}"#), "x\u{fffd}");
        assert_eq!(said(r#"{"a":"\ude00\ud83d"}"#), "\u{fffd}\u{fffd}");
        assert_eq!(said(r#"{"a":"\\ud83d"}"#), "\\ud83d");
        let halves = [r#"{"a":"Hi \ud83d"}"#, r#"{"a":"\ude00!"}"#];
        let parts = halves.map(|half| read(half)["a"].as_str().unwrap().to_owned());
        assert_eq!(joined(parts.concat()), "Hi 😀!");
    }

    #[test]
    fn what_keeps_to_the_rules_is_not_touched() {
        for text in [
            r#"{"a":"\ud83d\ude00 \n \\ é"}"#,
            "[-1, 2.5e-3]",
            "",
            "{\"a\":\"\\",
            "NaXN",
        ] {
            assert_eq!(mended(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_json_reads_the_same(text in "\\PC{0,40}") {
            let written = serde_json::json!({"a": text}).to_string();
            prop_assert_eq!(mended(&written), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\\\u\"dD8cNaI\\-f0-9é]{0,30}") {
            let mended = mended(&text).unwrap_or(text);
            let _joined = joined(mended);
        }
    }
}
