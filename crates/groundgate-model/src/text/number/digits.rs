//! What a run of digits with separators can mean.

use crate::text::fold::GROUP_SPACE;

/// The values that the digits can have, with and without a decimal part; empty where they are a
/// version, a date or some other code.
pub(super) fn values(text: &str, is_money: bool) -> Vec<f64> {
    let joined: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\'' | &GROUP_SPACE))
        .collect();
    let separators: Vec<char> = joined.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_grouped_apart = joined.len() < text.len();
    let found = match separators.as_slice() {
        [] => vec![joined.clone()],
        [_] if is_grouped_apart => vec![decimal(&joined)],
        [one] => single(&joined, *one, is_money),
        [first, middle @ .., last] if first != last => {
            let is_one_kind = middle.iter().all(|c| c == first);
            if is_one_kind && is_grouped(&joined, *first, *last) {
                vec![decimal(&joined)]
            } else {
                Vec::new()
            }
        }
        [first, ..] => {
            let is_one_kind = separators.iter().all(|c| c == first);
            if is_one_kind && is_grouped(&joined, *first, '\0') {
                vec![joined.replace(*first, "")]
            } else {
                Vec::new()
            }
        }
    };
    found.iter().filter_map(|text| text.parse().ok()).collect()
}

/// One separator: of thousands, of decimals, or either. Money has no three decimals.
fn single(text: &str, separator: char, is_money: bool) -> Vec<String> {
    let (whole, rest) = text.split_once(separator).unwrap_or((text, ""));
    let decimal = format!("{whole}.{rest}");
    let is_group = rest.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    match (is_group, is_money) {
        (false, _) => vec![decimal],
        (true, true) => vec![format!("{whole}{rest}")],
        (true, false) => vec![format!("{whole}{rest}"), decimal],
    }
}

/// Whether groups before the decimal sign have three digits, or two as in Indian writing.
fn is_grouped(text: &str, group: char, decimal: char) -> bool {
    let whole = text.split(decimal).next().unwrap_or(text);
    let groups: Vec<usize> = whole.split(group).map(str::len).collect();
    let [first, middle @ .., last] = groups.as_slice() else {
        return false;
    };
    let is_known = middle.iter().all(|n| *n == 3) || middle.iter().all(|n| *n == 2);
    (1..=3).contains(first) && *last == 3 && is_known
}

/// The last sign that is no digit as a point, the others gone.
fn decimal(text: &str) -> String {
    match text.rfind(['.', ',']) {
        None => text.to_owned(),
        Some(at) => {
            let (whole, rest) = text.split_at(at);
            let digits =
                |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
            format!("{}.{}", digits(whole), digits(rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_read_as_every_locale_writes_them() {
        for (text, expected) in [
            ("1000", vec![1000.0]),
            ("1.000", vec![1000.0, 1.0]),
            ("1,5", vec![1.5]),
            ("1.234,56", vec![1234.56]),
            ("1,234.56", vec![1234.56]),
            ("1'000.50", vec![1000.5]),
            ("1\u{a0}000,5", vec![1000.5]),
            ("1,00,000", vec![100_000.0]),
            ("12,345,678", vec![12_345_678.0]),
            ("0.005", vec![0.005]),
            ("2.1.3", vec![]),
            ("17.01.2024", vec![]),
        ] {
            assert_eq!(values(text, false), expected, "{text}");
        }
        assert_eq!(values("1.000", true), [1000.0]);
        assert_eq!(values("5.00", true), [5.0]);
    }
}
