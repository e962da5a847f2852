//! Makes hostile text visible: what a terminal, a browser or an editor would obey or hide is shown as
//! an escape such as `\u{202e}` instead.
//!
//! Every format sends untrusted text through here first and then escapes for its own syntax.

use unicode_width::UnicodeWidthChar;

/// One line: control characters, bidi controls, tag and zero-width characters become visible, line
/// breaks and tabs too.
pub fn visible_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        push_visible(&mut shown, character);
    }
    shown
}

/// The same for text of several lines: line breaks (`\n`, `\r\n`) and tabs stay.
pub fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        if matches!(character, '\n' | '\t') {
            shown.push(character);
        } else {
            push_visible(&mut shown, character);
        }
    }
    shown
}

/// At most `width` columns of a terminal; what was cut is marked by an ellipsis.
pub fn cut_to_width(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

/// How many columns of a terminal `text` takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars()
        .map(|character| character.width().unwrap_or(0))
        .sum()
}

/// Breaks lines between words so that none is wider than `width`; a longer word is broken too.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if columns(&line) + character.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ if is_hidden(character) => shown.extend(character.escape_unicode()),
        _ => shown.push(character),
    }
}

/// Characters without a shape of their own, that move or hide those around them, or that are none at
/// all (and that XML refuses).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || u32::from(character) & 0xfffe == 0xfffe
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_obeyed_or_hidden_is_shown() {
        for (text, shown) in [
            ("plain é 漢 ✔", "plain é 漢 ✔"),
            ("a\u{1b}[31mred", "a\\u{1b}[31mred"),
            ("\u{202e}gnp", "\\u{202e}gnp"),
            ("x\u{200b}y\u{e0041}", "x\\u{200b}y\\u{e0041}"),
            ("two\nlines\r\n\t.", "two\\nlines\\r\\n\\t."),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(visible_line(text), shown);
        }
        assert_eq!(
            visible_text("two\r\nlines\rand\u{7}"),
            "two\nlines\\rand\\u{7}"
        );
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut_to_width("groundedness", 8), "grounde…");
        assert_eq!(cut_to_width("漢字漢字", 5), "漢字…");
        assert_eq!(cut_to_width("fits", 4), "fits");
    }

    #[test]
    fn wrapping_breaks_between_words_and_inside_endless_ones() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert!(wrap("  ", 4).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>(), width in 1_usize..40) {
            let shown = visible_line(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert!(columns(&cut_to_width(&shown, width)) <= width);
            prop_assert!(!visible_text(&text).chars().any(|c| is_hidden(c) && c != '\n' && c != '\t'));
        }
    }
}
