//! A sentence with one thing changed, so that it is no longer supported: a number, a unit, a name, or
//! whether it says or denies.

use groundgate_model::trial::ControlKind;

use super::{Control, Dice, source::Sentences};

/// Units with another one that means something else, each in both forms of number.
const UNITS: [(&str, &str); 24] = [
    ("days", "hours"),
    ("day", "hour"),
    ("hours", "days"),
    ("hour", "day"),
    ("weeks", "years"),
    ("week", "year"),
    ("months", "weeks"),
    ("month", "week"),
    ("years", "months"),
    ("year", "month"),
    ("minutes", "weeks"),
    ("minute", "week"),
    ("EUR", "USD"),
    ("euros", "dollars"),
    ("USD", "GBP"),
    ("dollars", "pounds"),
    ("GBP", "EUR"),
    ("pounds", "euros"),
    ("kilometers", "meters"),
    ("kilograms", "grams"),
    ("percent", "euros"),
    ("Tage", "Stunden"),
    ("Tagen", "Stunden"),
    ("Monaten", "Wochen"),
];

/// Names that stand in few texts; which of them does not is taken.
const NAMES: [&str; 12] = [
    "Lisbon",
    "Montevideo",
    "Halifax",
    "Novak",
    "Okafor",
    "Meridian",
    "Tallinn",
    "Castellane",
    "Brisbane",
    "Ferrante",
    "Winnipeg",
    "Sundqvist",
];

/// What says turned into what denies, and back; the first that a sentence has.
const POLARITY: [(&str, &str); 26] = [
    (" cannot ", " can "),
    (" can not ", " can "),
    (" can't ", " can "),
    (" must not ", " must "),
    (" do not ", " do "),
    (" does not ", " does "),
    (" don't ", " do "),
    (" will not ", " will "),
    (" is not ", " is "),
    (" are not ", " are "),
    (" isn't ", " is "),
    (" aren't ", " are "),
    (" may not ", " may "),
    (" never ", " always "),
    (" kann nicht ", " kann "),
    (" nicht ", " "),
    (" can ", " cannot "),
    (" must ", " need not "),
    (" will ", " will not "),
    (" may ", " may not "),
    (" is ", " is not "),
    (" are ", " are not "),
    (" was ", " was not "),
    (" were ", " were not "),
    (" ist ", " ist nicht "),
    (" sind ", " sind nicht "),
];

/// The sentence with one thing changed; `None` where nothing in it can be.
pub(super) fn altered(sentence: &str, texts: &Sentences, dice: &Dice) -> Option<Control> {
    let kinds = [
        ControlKind::Number,
        ControlKind::Unit,
        ControlKind::Name,
        ControlKind::Polarity,
    ];
    let order = dice.order(kinds.len(), "change");
    let kinds = order.into_iter().filter_map(|place| kinds.get(place));
    kinds.into_iter().find_map(|kind| {
        let text = match kind {
            ControlKind::Number => other_number(sentence, texts, dice),
            ControlKind::Unit => other_unit(sentence),
            ControlKind::Name => other_name(sentence, texts, dice),
            ControlKind::Polarity
            | ControlKind::Verbatim
            | ControlKind::Foreign
            | ControlKind::Rephrased => other_polarity(sentence),
        };
        Some(Control {
            kind: *kind,
            text: text.filter(|text| text != sentence)?,
        })
    })
}

/// The first plain whole number with another in its place that stands nowhere in the texts.
fn other_number(sentence: &str, texts: &Sentences, dice: &Dice) -> Option<String> {
    let (start, digits) = plain_number(sentence)?;
    let value: u64 = digits.parse().ok()?;
    let offset = u64::try_from(dice.below(7, "number")).ok()?;
    // Far enough away that no rounding makes them the same.
    let others = [
        value + value / 2 + 3 + offset,
        (value / 3) + 1,
        value * 3 + 2 + offset,
    ];
    let other = others.into_iter().find(|other| {
        let written = other.to_string();
        *other != value && !texts.have(&written)
    })?;
    let before = sentence.get(..start)?;
    let after = sentence.get(start + digits.len()..)?;
    Some(format!("{before}{other}{after}"))
}

/// Where a number of at most six digits stands that is no part of another, of a word, or of a date.
fn plain_number(sentence: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    for word in sentence.split_inclusive(' ') {
        let bare = word
            .trim_end()
            .trim_end_matches(['.', ',', ';', ':', ')', '%']);
        let lead = bare.len() - bare.trim_start_matches(['(', '€', '$', '£']).len();
        let digits = bare.get(lead..).unwrap_or_default();
        let is_plain =
            (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if is_plain && start > 0 {
            return Some((start + lead, digits));
        }
        start += word.len();
    }
    None
}

fn other_unit(sentence: &str) -> Option<String> {
    UNITS.iter().find_map(|(unit, other)| {
        let place = whole_word(sentence, unit)?;
        let (before, rest) = sentence.split_at_checked(place)?;
        // A unit stands behind a number.
        let is_measured = before.trim_end().ends_with(|c: char| c.is_ascii_digit());
        is_measured.then(|| format!("{before}{other}{}", rest.get(unit.len()..).unwrap_or("")))
    })
}

/// Another name in the place of one that stands inside the sentence.
fn other_name(sentence: &str, texts: &Sentences, dice: &Dice) -> Option<String> {
    let name = sentence.split_whitespace().skip(1).find_map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let mut letters = bare.chars();
        let is_name = letters.next().is_some_and(char::is_uppercase)
            && bare.chars().count() >= 4
            && letters.all(char::is_lowercase);
        is_name.then_some(bare)
    })?;
    // German writes every noun like a name.
    let capitals = sentence.split_whitespace().skip(1);
    let capitals = capitals
        .filter(|word| word.starts_with(char::is_uppercase))
        .count();
    if capitals > 2 {
        return None;
    }
    let order = dice.order(NAMES.len(), "name");
    let mut names = order.into_iter().filter_map(|place| NAMES.get(place));
    let other = names.find(|other| !texts.have(other))?;
    Some(sentence.replacen(name, other, 1))
}

fn other_polarity(sentence: &str) -> Option<String> {
    let (from, to) = POLARITY.iter().find(|(from, _)| sentence.contains(from))?;
    Some(sentence.replacen(from, to, 1))
}

/// Where a word stands that is not a part of another.
fn whole_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .map(|(place, _)| place)
        .find(|place| {
            let before = text.get(..*place).and_then(|text| text.chars().next_back());
            let after = text
                .get(place + word.len()..)
                .and_then(|text| text.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use groundgate_model::unit::Digest;

    use super::*;

    fn texts() -> Sentences {
        Sentences::of(["Cards cost 5 EUR in Germany."], &[])
    }

    fn dice() -> Dice {
        Dice(Digest::of(b"x"))
    }

    #[test]
    fn a_number_becomes_another_that_stands_nowhere() {
        let other = |sentence: &str| other_number(sentence, &texts(), &dice());
        let changed = other("Refunds take 14 days at most.").unwrap();
        assert!(
            !changed.contains(" 14 ") && changed.starts_with("Refunds take "),
            "{changed}"
        );
        for sentence in [
            "Refunds take two weeks.",
            "See DOC-14 for more.",
            "At 9:30 it opens.",
        ] {
            assert_eq!(other(sentence), None, "{sentence}");
        }
    }

    #[test]
    fn a_unit_becomes_another_only_behind_a_number() {
        assert_eq!(
            other_unit("It takes 14 days.").as_deref(),
            Some("It takes 14 hours.")
        );
        assert_eq!(
            other_unit("The fee is 5 EUR.").as_deref(),
            Some("The fee is 5 USD.")
        );
        assert_eq!(other_unit("It takes some days."), None);
        assert_eq!(other_unit("Within 3 daysheets."), None);
    }

    #[test]
    fn a_name_becomes_one_that_stands_nowhere() {
        let other = |sentence: &str| other_name(sentence, &texts(), &dice());
        let changed = other("Cards cost 5 EUR in Germany.").unwrap();
        assert!(!changed.contains("Germany"), "{changed}");
        assert_eq!(other("Cards cost 5 EUR here."), None);
        assert_eq!(
            other("Die Karte kostet in Berlin am Montag eine Gebühr im Monat."),
            None
        );
    }

    #[test]
    fn what_says_denies_and_what_denies_says() {
        for (from, to) in [
            (
                "Gift cards cannot be refunded.",
                "Gift cards can be refunded.",
            ),
            (
                "Gift cards can be refunded.",
                "Gift cards cannot be refunded.",
            ),
            ("The card is free.", "The card is not free."),
            ("You must sign it.", "You need not sign it."),
            ("Die Karte ist frei.", "Die Karte ist nicht frei."),
        ] {
            assert_eq!(other_polarity(from).as_deref(), Some(to));
        }
        assert_eq!(other_polarity("Refunds take 14 days."), None);
    }
}
