//! So many of something: digits or words, a sign, a magnitude, a unit before or behind.

use super::{
    Read, Reading, digits,
    token::{Kind, Token},
    unit::{self, Unit},
    words,
};

/// A bare number, before its unit is known.
struct Bare {
    values: Vec<f64>,
    /// With decimals where the writing leaves it open; what money never has.
    as_money: Vec<f64>,
    taken: usize,
    is_order: bool,
    /// `one`, `a hundred`: a number only where it has a unit.
    is_weak: bool,
}

/// The quantity at a place.
pub(super) fn quantity(tokens: &[Token], at: usize) -> Option<Read> {
    let bare = bare(tokens, at)?;
    let mut taken = bare.taken;
    let (magnitude, more) = magnitude(tokens.get(at + taken..).unwrap_or_default());
    taken += more;
    let behind = unit_behind(tokens.get(at + taken..).unwrap_or_default());
    let before = money_before(tokens, at);
    let (unit, factor, from) = match (behind, before) {
        (Some(behind), _) if !bare.is_order => {
            taken += behind.taken;
            (behind.unit, behind.factor, at)
        }
        (_, Some((money, from))) => (money, 1.0, from),
        _ if bare.is_order => (Unit::Order, 1.0, at),
        _ => (Unit::None, 1.0, at),
    };
    let (sign, from) = sign(tokens, from, at);
    let values = if matches!(unit, Unit::Money(_)) {
        &bare.as_money
    } else {
        &bare.values
    };
    let is_weak = bare.is_weak && matches!(unit, Unit::None | Unit::Order) && magnitude <= 1.0;
    let mut readings: Vec<Reading> = values
        .iter()
        .map(|value| Reading::Quantity {
            value: sign * value * magnitude * factor,
            unit: unit.clone(),
        })
        .collect();
    share(&mut readings);
    Some(Read {
        readings,
        taken,
        from,
        is_weak,
    })
}

/// Five percent is .05 of something, too.
fn share(readings: &mut Vec<Reading>) {
    let shares: Vec<Reading> = readings
        .iter()
        .filter_map(|reading| match reading {
            Reading::Quantity {
                value,
                unit: Unit::Percent,
            } => Some(Reading::Quantity {
                value: value / 100.0,
                unit: Unit::None,
            }),
            Reading::Quantity { .. } | Reading::Date(_) | Reading::Time(_) | Reading::Code(_) => {
                None
            }
        })
        .collect();
    readings.extend(shares);
}

fn bare(tokens: &[Token], at: usize) -> Option<Bare> {
    let rest = tokens.get(at..)?;
    let first = rest.first()?;
    if let Some(part) = vulgar(rest) {
        return Some(part);
    }
    if first.is_digits() {
        return Some(written(rest));
    }
    if first.kind == Kind::Word {
        return spelled(rest);
    }
    None
}

/// Digits, with `st`, `nd`, `rd`, `th`.
fn written(rest: &[Token]) -> Bare {
    let text = rest.first().map_or("", |token| token.text.as_str());
    let is_order = rest.get(1).is_some_and(|next| {
        next.is_glued && matches!(next.text.as_str(), "st" | "nd" | "rd" | "th")
    });
    Bare {
        values: digits::values(text, false),
        as_money: digits::values(text, true),
        taken: 1 + usize::from(is_order),
        is_order,
        is_weak: false,
    }
}

/// `½`, `1/2`, `1 1/2`.
fn vulgar(rest: &[Token]) -> Option<Bare> {
    let first = rest.first()?;
    let of = |value: f64, taken: usize| Bare {
        values: vec![value],
        as_money: vec![value],
        taken,
        is_order: false,
        is_weak: false,
    };
    let sign = |token: &Token| -> Option<f64> {
        Some(match token.text.chars().next()? {
            '¼' => 0.25,
            '½' => 0.5,
            '¾' => 0.75,
            '⅓' => 1.0 / 3.0,
            '⅔' => 2.0 / 3.0,
            '⅕' => 0.2,
            '⅛' => 0.125,
            _ => return None,
        })
    };
    if let Some(value) = sign(first) {
        return Some(of(value, 1));
    }
    if let (Some(whole), Some(part)) = (digit(first), rest.get(1).and_then(sign)) {
        return Some(of(whole + part, 2));
    }
    let slashed = |tokens: &[Token]| -> Option<f64> {
        let [above, slash, below, ..] = tokens else {
            return None;
        };
        let is_joined = slash.is_sign('/') && slash.is_glued && below.is_glued;
        let (above, below) = (digit(above)?, digit(below)?);
        (is_joined && above < below && below <= 10.0).then(|| above / below)
    };
    if let Some(value) = slashed(rest) {
        return Some(of(value, 3));
    }
    let whole = digit(first)?;
    let value = slashed(rest.get(1..)?)?;
    Some(of(whole + value, 4))
}

fn digit(token: &Token) -> Option<f64> {
    let is_short = token.is_digits() && token.text.len() <= 2;
    is_short.then(|| token.text.parse().ok()).flatten()
}

/// `twenty-five`, `one hundred and fifty`, `third`, `half`.
fn spelled(rest: &[Token]) -> Option<Bare> {
    let first = rest.first()?.text.as_str();
    let one_word = |value: f64, is_order: bool, is_weak: bool| Bare {
        values: vec![value],
        as_money: vec![value],
        taken: 1,
        is_order,
        is_weak,
    };
    if let Some(value) = words::order(first) {
        return Some(one_word(value, true, matches!(first, "first" | "second")));
    }
    if let Some(value) = words::part(first) {
        return Some(one_word(value, false, true));
    }
    if first == "fortnight" {
        return Some(Bare {
            taken: 0,
            ..one_word(1.0, false, false)
        });
    }
    if matches!(first, "a" | "an") {
        let next = rest.get(1)?.text.as_str();
        let counts = words::hundred(next).is_some()
            || (next.len() > 2 && unit::magnitude(next).is_some())
            || matches!(next, "dozen" | "fortnight");
        let value = if next == "dozen" {
            12.0
        } else {
            words::hundred(next).unwrap_or(1.0)
        };
        let taken = 1 + usize::from(next == "dozen" || words::hundred(next).is_some());
        return counts.then(|| Bare {
            taken,
            ..one_word(value, false, false)
        });
    }
    several(rest)
}

/// A number of several words.
fn several(rest: &[Token]) -> Option<Bare> {
    let (mut total, mut taken) = (0.0, 0);
    let mut last_was_tens = false;
    while let Some(token) = rest.get(taken) {
        let text = token.text.as_str();
        let joins = matches!(text, "-" | "and" | "y" | "et");
        let next = rest.get(taken + 1);
        if joins
            && taken > 0
            && next.is_some_and(|next| continues(total, last_was_tens, &next.text))
        {
            taken += 1;
            continue;
        }
        if let Some(value) = words::plain(text) {
            if taken > 0 && !continues(total, last_was_tens, text) {
                break;
            }
            total += value;
            last_was_tens = value >= 20.0 && value % 10.0 == 0.0;
        } else if let Some(hundred) = words::hundred(text).filter(|_| taken > 0 && total < 10.0) {
            total *= hundred;
            last_was_tens = false;
        } else {
            break;
        }
        taken += 1;
    }
    let is_weak = total <= 1.0;
    (taken > 0).then(|| Bare {
        values: vec![total],
        as_money: vec![total],
        taken,
        is_order: false,
        is_weak,
    })
}

/// Whether a word can go on with a number: `five` after `twenty`, `fifty` after `one hundred`.
fn continues(total: f64, last_was_tens: bool, word: &str) -> bool {
    match words::plain(word) {
        Some(value) if last_was_tens => value < 10.0 && value > 0.0,
        Some(value) => total >= 100.0 && total % 100.0 == 0.0 && value < 100.0,
        None => words::hundred(word).is_some() && total < 10.0,
    }
}

/// `million`, `k`, `Mio.`, several of them.
fn magnitude(rest: &[Token]) -> (f64, usize) {
    let (mut factor, mut taken) = (1.0, 0);
    while let Some(token) = rest.get(taken) {
        let is_letter = token.text.chars().count() == 1 && token.text.is_ascii();
        let Some(more) =
            unit::magnitude(&token.text).filter(|_| !is_letter || (token.is_glued && taken == 0))
        else {
            break;
        };
        factor *= more;
        taken += 1;
        if rest
            .get(taken)
            .is_some_and(|token| token.is_glued && token.is_sign('.'))
        {
            taken += 1;
        }
    }
    (factor, taken)
}

struct Behind {
    unit: Unit,
    factor: f64,
    taken: usize,
}

/// The unit after a number, `of` and adjectives of business between.
fn unit_behind(rest: &[Token]) -> Option<Behind> {
    let mut skip = 0;
    if rest.first().is_some_and(|token| token.is_sign('-')) {
        skip = 1;
    }
    let first = rest.get(skip)?;
    if unit::is_business(&first.text) {
        let is_one_word = first.text.ends_with("tage") || first.text.ends_with("tagen");
        let next = rest.get(skip + 1).and_then(|token| unit::unit(&token.text));
        let is_days = is_one_word || next.is_some_and(|(unit, _)| unit == Unit::Seconds);
        return is_days.then_some(Behind {
            unit: Unit::BusinessDays,
            factor: 1.0,
            taken: skip + 1 + usize::from(!is_one_word),
        });
    }
    let two = rest
        .get(skip + 1)
        .map(|next| format!("{} {}", first.text, next.text));
    let longest = two.and_then(|two| unit::unit(&two)).map(|found| (found, 2));
    let ((unit, factor), taken) = longest.or_else(|| Some((unit::unit(&first.text)?, 1)))?;
    Some(Behind {
        unit,
        factor,
        taken: skip + taken,
    })
}

/// A sign or code of money before the number, and the place of it.
fn money_before(tokens: &[Token], at: usize) -> Option<(Unit, usize)> {
    let mut place = at.checked_sub(1)?;
    if tokens.get(place)?.is_sign('-') {
        place = place.checked_sub(1)?;
    }
    let token = tokens.get(place)?;
    let is_sign = token.kind == Kind::Sign || token.text.len() == 3 || token.text == "rs";
    // `5 EUR 2`: the money is that of the number before.
    let owner = place.checked_sub(1).and_then(|place| tokens.get(place));
    if owner.is_some_and(Token::is_digits) {
        return None;
    }
    match unit::unit(&token.text) {
        Some((money @ Unit::Money(_), _)) if is_sign => Some((money, place)),
        _ => None,
    }
}

/// Minus one where the number is below zero, and the first token of it.
fn sign(tokens: &[Token], from: usize, at: usize) -> (f64, usize) {
    let before = |place: usize| place.checked_sub(1).and_then(|place| tokens.get(place));
    for place in [at, from] {
        let Some(token) = before(place) else { continue };
        if token.text == "minus" {
            return (-1.0, place - 1);
        }
        let stands_free = token.is_sign('-') && !token.is_glued;
        let follows_money = token.is_sign('-') && token.is_glued && from < place.saturating_sub(1);
        let is_glued = tokens.get(place).is_some_and(|token| token.is_glued);
        if (stands_free || follows_money) && is_glued {
            return (-1.0, from.min(place - 1));
        }
    }
    (1.0, from)
}
