//! One way of writing: compatibility forms, digits of every script, quotes, dashes, spaces and
//! invisible characters folded, with the place in the original kept.

use unicode_normalization::char::decompose_compatible;

/// A folded character and the bytes of the original that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Lower case; [`GROUP_SPACE`] for a space that does not break.
    pub c: char,
    /// Its first byte in the original.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// What a space that does not break a line becomes: people put it into numbers.
pub const GROUP_SPACE: char = '\u{a0}';

/// The first digits of scripts that have digits of their own, each followed by the nine others.
const ZEROS: [u32; 16] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0E50, 0x0ED0, 0x0F20, 0x1040,
];

/// The characters of `text`, folded.
pub fn fold(text: &str) -> Vec<Folded> {
    let mut folded = Vec::with_capacity(text.len());
    for (start, original) in text.char_indices() {
        let end = start + original.len_utf8();
        let mut push = |c: char| folded.push(Folded { c, start, end });
        match original {
            _ if is_invisible(original) => {}
            '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => push(GROUP_SPACE),
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{ff07}' | '\u{b4}' | '`' => {
                push('\'');
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => push('-'),
            '\u{66b}' => push('.'),
            '\u{66c}' => push(','),
            '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215e}' => push(original),
            _ => match digit(original) {
                Some(digit) => push(digit),
                None if has_own_letters(original) => original.to_lowercase().for_each(push),
                None => decompose_compatible(original, |part| {
                    if !is_mark(part) {
                        part.to_lowercase().for_each(&mut push);
                    }
                }),
            },
        }
    }
    unmask(&mut folded, |folded| &mut folded.c);
    folded
}

/// Letters of other scripts that look like Latin ones, each with the one that it looks like.
const LOOKALIKES: &[(char, char)] = &[
    ('а', 'a'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ӏ', 'l'),
    ('м', 'm'),
    ('ո', 'n'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('т', 't'),
    ('ս', 'u'),
    ('ѵ', 'v'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('у', 'y'),
    ('α', 'a'),
    ('ε', 'e'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('ı', 'i'),
    ('ɡ', 'g'),
];

/// Writes words that mix Latin letters with letters that look like them in Latin letters only. Words of
/// one script stay as they are.
pub fn unmask<T>(folded: &mut [T], character: impl Fn(&mut T) -> &mut char) {
    let latin = |c: char| LOOKALIKES.iter().find(|(like, _)| *like == c);
    let mut rest = folded;
    while !rest.is_empty() {
        let (mut length, mut has_latin, mut has_other) = (0, false, false);
        for one in rest.iter_mut() {
            let c = *character(one);
            if !c.is_alphabetic() {
                break;
            }
            has_latin |= c.is_ascii_alphabetic();
            has_other |= !c.is_ascii() && latin(c).is_some();
            length += 1;
        }
        let (word, after) = rest.split_at_mut(length.max(1));
        if has_latin && has_other {
            for one in word {
                let c = character(one);
                *c = latin(*c).map_or(*c, |(_, like)| *like);
            }
        }
        rest = after;
    }
}

/// Soft hyphens, joiners, marks of direction, variation selectors: written and not seen.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
    )
}

/// Letters of scripts whose marks tell words apart; their composed form is the usual one.
fn has_own_letters(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{1dff}' | '\u{2e80}'..='\u{faff}')
}

/// Marks over Latin letters; those of other scripts tell words apart.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text).iter().map(|folded| folded.c).collect()
    }

    #[test]
    fn ways_of_writing_the_same_fold_together() {
        for (written, same) in [
            ("１４日", "14日"),
            ("١٤", "14"),
            ("१४", "14"),
            ("Don’t", "don't"),
            ("3–5 − 2", "3-5 - 2"),
            ("he\u{200b}al\u{ad}th", "health"),
            ("1\u{202f}000", "1\u{a0}000"),
            ("Gebühr", "gebuhr"),
            ("ﬁne ½", "fine ½"),
            ("n\u{43e}t dep\u{43e}sited", "not deposited"),
            ("нот", "нот"),
        ] {
            assert_eq!(folded(written), same);
        }
    }

    #[test]
    fn places_are_those_of_the_original() {
        let text = "é５";
        let places: Vec<(usize, usize)> = fold(text).iter().map(|it| (it.start, it.end)).collect();
        assert_eq!(places, [(0, 2), (2, 5)]);
    }
}
