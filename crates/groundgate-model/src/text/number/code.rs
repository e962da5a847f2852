//! Digits that count nothing: forms, articles, telephone numbers, versions, names with a number.

use super::{
    token::{Kind, Token},
    unit,
};

/// A code, and the tokens that it is made of.
pub(super) struct Code {
    pub(super) text: String,
    pub(super) from: usize,
    pub(super) taken: usize,
}

/// Digits of a telephone number, at least.
const PHONE: usize = 7;

/// The code that the digits at a place are part of.
pub(super) fn code(tokens: &[Token], at: usize) -> Option<Code> {
    let token = tokens.get(at)?;
    if token.is_sign('+') {
        return phone(tokens, at, 1);
    }
    if !token.is_digits() {
        return None;
    }
    if token.text.starts_with('0')
        && token.text.len() > 1
        && !token.text.contains(['.', ','])
        && let Some(phone) = phone(tokens, at, 0)
    {
        return Some(phone);
    }
    mixed(tokens, at)
}

/// `+49 30 123456`, `0800 123 456`: digits with spaces, points, hyphens and brackets between.
fn phone(tokens: &[Token], at: usize, skip: usize) -> Option<Code> {
    let (mut text, mut taken) = (String::new(), skip);
    while let Some(token) = tokens.get(at + taken) {
        match token.kind {
            Kind::Digits => text.extend(token.text.chars().filter(char::is_ascii_digit)),
            Kind::Sign if matches!(token.text.as_str(), "-" | "(" | ")" | "/") => {}
            Kind::Sign | Kind::Word => break,
        }
        taken += 1;
    }
    while taken > skip
        && tokens
            .get(at + taken - 1)
            .is_some_and(|token| token.kind == Kind::Sign)
    {
        taken -= 1;
    }
    (text.len() >= PHONE).then_some(Code {
        text,
        from: at,
        taken,
    })
}

/// `1099-K`, `401(k)`, `A320`, `doc-12`, `24/7`, `2.1.3`: digits that are glued to letters which are no
/// unit, or to other digits.
fn mixed(tokens: &[Token], at: usize) -> Option<Code> {
    let from = before(tokens, at);
    let to = after(tokens, at);
    let is_version = tokens
        .get(at)
        .is_some_and(|token| super::digits::values(&token.text, false).is_empty());
    if from == at && to == at + 1 && !is_version {
        return None;
    }
    // The `s` of `401(k)s` is no part of the name.
    let is_plural = to == at + 5;
    let text = tokens
        .get(from..to - usize::from(is_plural))?
        .iter()
        .flat_map(|token| token.text.chars());
    Some(Code {
        text: text.filter(|c| c.is_alphanumeric()).collect(),
        from,
        taken: to - at,
    })
}

/// `401k` as a name: digits with a `k` glued to them.
pub(super) fn thousands(tokens: &[Token]) -> Option<String> {
    let [digits, letter, ..] = tokens else {
        return None;
    };
    let is_name = digits.is_digits() && letter.is_glued && letter.text == "k";
    let is_plain = !digits.text.contains(['.', ',']);
    (is_name && is_plain).then(|| format!("{}k", digits.text))
}

fn is_name(token: &Token) -> bool {
    token.kind == Kind::Word && token.text.is_ascii() && unit::unit(&token.text).is_none()
}

/// The first token of what is glued before the digits: `doc-`, `A`; nothing where that is money.
fn before(tokens: &[Token], at: usize) -> usize {
    let token = |back: usize| at.checked_sub(back).and_then(|place| tokens.get(place));
    let is_glued = tokens.get(at).is_some_and(|token| token.is_glued);
    match (token(2), token(1)) {
        (_, Some(word)) if is_glued && is_name(word) => at - 1,
        (Some(word), Some(hyphen))
            if is_glued && hyphen.is_glued && hyphen.is_sign('-') && is_name(word) =>
        {
            at - 2
        }
        _ => at,
    }
}

/// The token after what is glued behind the digits: `-K`, `(k)`, `b`, `/7`.
fn after(tokens: &[Token], at: usize) -> usize {
    let glued = |more: usize| tokens.get(at + more).filter(|token| token.is_glued);
    let is_letter = |token: &Token| token.kind == Kind::Word && token.text.len() == 1;
    match (glued(1), glued(2), glued(3)) {
        (Some(open), Some(letter), Some(close))
            if open.is_sign('(') && is_letter(letter) && close.is_sign(')') =>
        {
            let is_plural = glued(4).is_some_and(|end| end.text == "s");
            at + 4 + usize::from(is_plural)
        }
        (Some(hyphen), Some(word), _) if hyphen.is_sign('-') && is_letter(word) => at + 3,
        (Some(slash), Some(day), _)
            if slash.is_sign('/')
                && day.text == "7"
                && tokens.get(at).is_some_and(|token| token.text == "24") =>
        {
            at + 3
        }
        (Some(word), _, _) if is_suffix(word) => at + 2,
        _ => at + 1,
    }
}

/// Letters behind digits that make a name of them: not a unit, a magnitude, an ordinal's ending or
/// half of a day.
fn is_suffix(word: &Token) -> bool {
    let text = word.text.as_str();
    is_name(word)
        && unit::magnitude(text).is_none()
        && !matches!(
            text,
            "st" | "nd" | "rd" | "th" | "am" | "pm" | "a" | "p" | "h" | "x" | "er" | "e"
        )
}
