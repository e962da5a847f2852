//! A sentence in slightly other words that says the same.

use super::Dice;

/// Words with others that mean the same wherever they stand.
const SAME: [(&str, &str); 21] = [
    (" within ", " in no more than "),
    (" up to ", " at most "),
    (" cannot be ", " can not be "),
    (" receive ", " get "),
    (" receives ", " gets "),
    (" purchase ", " buy "),
    (" purchases ", " buys "),
    (" begins ", " starts "),
    (" begin ", " start "),
    (" ends ", " finishes "),
    (" requires ", " needs "),
    (" require ", " need "),
    (" additional ", " further "),
    (" approximately ", " about "),
    (" free of charge", " at no cost"),
    (" daily", " every day"),
    (" immediately", " at once"),
    (" is posted ", " is mailed "),
    (" in order to ", " to "),
    (" for example ", " for instance "),
    (" innerhalb von ", " binnen "),
];

/// First words that are written small where the sentence goes on before them.
const SMALL: [&str; 24] = [
    "The",
    "A",
    "An",
    "If",
    "When",
    "You",
    "Your",
    "We",
    "Our",
    "All",
    "Each",
    "Every",
    "Some",
    "No",
    "Customers",
    "Members",
    "Payments",
    "Refunds",
    "Cards",
    "Fees",
    "To",
    "For",
    "In",
    "On",
];

/// The sentence in other words; `None` where there are none.
pub(super) fn rephrased(sentence: &str, dice: &Dice) -> Option<String> {
    let order = dice.order(SAME.len(), "words");
    let mut same = order.into_iter().filter_map(|place| SAME.get(place));
    let replaced = same
        .find(|(words, _)| sentence.contains(words))
        .map(|(words, others)| sentence.replacen(words, others, 1));
    replaced
        .or_else(|| condition_last(sentence))
        .or_else(|| noted(sentence))
}

/// "If X, Y." as "Y if X."
fn condition_last(sentence: &str) -> Option<String> {
    let rest = sentence.strip_prefix("If ")?;
    let (condition, then) = rest.split_once(", ")?;
    let then = then.strip_suffix('.')?;
    let is_one = !then.contains([',', ';', '.']);
    is_one.then(|| format!("{} if {condition}.", with_capital(then)))
}

/// "Note that the …".
fn noted(sentence: &str) -> Option<String> {
    let (first, rest) = sentence.split_once(' ')?;
    SMALL
        .contains(&first)
        .then(|| format!("Note that {} {rest}", first.to_lowercase()))
}

fn with_capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use groundgate_model::unit::Digest;

    use super::*;

    #[test]
    fn other_words_say_the_same() {
        let dice = Dice(Digest::of(b"x"));
        for (from, to) in [
            (
                "Refunds are paid within 14 days.",
                Some("Refunds are paid in no more than 14 days."),
            ),
            (
                "If you lose it, we block the card.",
                Some("We block the card if you lose it."),
            ),
            ("The fee is 5 EUR.", Some("Note that the fee is 5 EUR.")),
            ("Berlin is a city.", None),
        ] {
            assert_eq!(rephrased(from, &dice).as_deref(), to);
        }
    }
}
