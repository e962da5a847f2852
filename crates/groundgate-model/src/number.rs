//! Numbers as people read them: percent for scores, a unit behind amounts, and no rounding that
//! flatters.
//!
//! The gate's sentences and every report format write numbers through [`NumberFormat`], so that the
//! same number never reads differently in two places. Rounding works on the decimal digits of the
//! number, not on multiplied floats: 0.57 is 57 %, never 56.9 %.

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale<'a> {
    /// From 0 to 1, shown in percent; differences in percentage points.
    Share,
    /// A multiple of the baseline's value: `1.04×`.
    Ratio,
    /// Anything else, shown with its unit; may be without one.
    Amount(&'a str),
}

/// The unit by which a ratio to the baseline is known.
pub const RATIO_UNIT: &str = "×";

impl<'a> Scale<'a> {
    /// As a unit says: nothing is a share, `×` a ratio, everything else an amount.
    pub fn of_unit(unit: &'a str) -> Self {
        match unit {
            "" => Self::Share,
            RATIO_UNIT => Self::Ratio,
            _ => Self::Amount(unit),
        }
    }
}

/// Which way digits are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// To the next smaller number: lower bounds.
    Down,
    /// To the next larger number: upper bounds.
    Up,
    /// To the nearest, halves away from zero: point estimates.
    Nearest,
}

/// More digits than this are never shown.
const MOST_DECIMALS: usize = 12;

/// How all numbers of one row are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat<'a> {
    scale: Scale<'a>,
    is_difference: bool,
    decimals: usize,
}

impl<'a> NumberFormat<'a> {
    /// A format in which every one of `values` is told apart from `bar`, unless it equals it.
    pub fn new(scale: Scale<'a>, is_difference: bool, values: &[f64], bar: Option<f64>) -> Self {
        let largest = values
            .iter()
            .chain(bar.iter())
            .fold(0.0_f64, |most, value| {
                if value.is_finite() {
                    most.max(value.abs())
                } else {
                    most
                }
            });
        let usual = usual_decimals(scale, largest);
        let of_bar = bar
            .and_then(|bar| Decimal::new(bar, scale))
            .map_or(0, |bar| bar.decimals());
        let first = usual.max(of_bar).min(MOST_DECIMALS);
        let decimals = (first..=MOST_DECIMALS)
            .find(|&decimals| {
                bar.is_none_or(|bar| {
                    values
                        .iter()
                        .all(|&value| differs(value, bar, scale, decimals))
                })
            })
            .unwrap_or(MOST_DECIMALS);
        Self {
            scale,
            is_difference,
            decimals,
        }
    }

    /// A format for numbers that are held against nothing.
    pub fn plain(scale: Scale<'a>, values: &[f64]) -> Self {
        Self::new(scale, false, values, None)
    }

    /// `value` with its unit.
    pub fn with_unit(&self, value: f64, toward: Toward) -> String {
        self.attach_unit(&self.bare(value, toward))
    }

    /// `value` without a unit (percent and points are units too).
    pub fn bare(&self, value: f64, toward: Toward) -> String {
        let Some(decimal) = Decimal::new(value, self.scale) else {
            return "unknown".to_owned();
        };
        let text = decimal.rounded(self.decimals, toward);
        if self.is_difference && value > 0.0 {
            format!("+{text}")
        } else {
            text
        }
    }

    /// A threshold with its unit: all its digits, no more.
    pub fn bar(&self, bar: f64) -> String {
        let Some(decimal) = Decimal::new(bar, self.scale) else {
            return "unknown".to_owned();
        };
        let text = decimal.rounded(decimal.decimals(), Toward::Nearest);
        self.attach_unit(&if self.is_difference && bar > 0.0 {
            format!("+{text}")
        } else {
            text
        })
    }

    /// `[88.8, 92.1]`: rounded outwards; an open end is named.
    pub fn interval(&self, lower: Option<f64>, upper: Option<f64>) -> String {
        let end = |bound: Option<f64>, toward, open: &str| {
            bound.map_or_else(|| open.to_owned(), |bound| self.bare(bound, toward))
        };
        format!(
            "[{}, {}]",
            end(lower, Toward::Down, "no lower bound"),
            end(upper, Toward::Up, "no upper bound")
        )
    }

    fn attach_unit(&self, number: &str) -> String {
        match self.scale {
            Scale::Share if self.is_difference => {
                let unit = if matches!(number.trim_start_matches(['+', '−']), "1" | "1.0") {
                    "point"
                } else {
                    "points"
                };
                format!("{number} {unit}")
            }
            Scale::Share => format!("{number}%"),
            Scale::Ratio => format!("{number}{RATIO_UNIT}"),
            Scale::Amount("USD") => match number.strip_prefix(['−', '+']) {
                Some(rest) if number.starts_with('−') => format!("−${rest}"),
                Some(rest) => format!("+${rest}"),
                None => format!("${number}"),
            },
            Scale::Amount("") => number.to_owned(),
            Scale::Amount(unit) => format!("{number} {unit}"),
        }
    }
}

/// A score from 0 to 1 in percent: `90.5%`.
pub fn format_score(score: f64, toward: Toward) -> String {
    NumberFormat::plain(Scale::Share, &[score]).with_unit(score, toward)
}

/// An amount with its unit: `3,120 ms`, `$0.0213`.
pub fn format_amount(amount: f64, unit: &str, toward: Toward) -> String {
    NumberFormat::plain(Scale::Amount(unit), &[amount]).with_unit(amount, toward)
}

/// A count with thousands set apart: `1,240`.
pub fn format_count(count: usize) -> String {
    group_thousands(&count.to_string())
}

/// `1 rule`, `2 rules`: for nouns with a plain plural.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", format_count(count))
}

/// Three significant digits for amounts, one decimal for percent.
fn usual_decimals(scale: Scale<'_>, largest: f64) -> usize {
    match scale {
        Scale::Share => 1,
        Scale::Ratio => 2,
        Scale::Amount("USD") if largest >= 1.0 => 2,
        Scale::Amount(_) if largest >= 100.0 || largest <= 0.0 => 0,
        Scale::Amount(_) => {
            let mut decimals = 0;
            let mut scaled = largest;
            while scaled < 100.0 && decimals < MOST_DECIMALS {
                scaled *= 10.0;
                decimals += 1;
            }
            decimals
        }
    }
}

/// Whether `value` can be told from `bar`, whichever way it is rounded.
fn differs(value: f64, bar: f64, scale: Scale<'_>, decimals: usize) -> bool {
    let toward = match value.partial_cmp(&bar) {
        None | Some(std::cmp::Ordering::Equal) => return true,
        Some(std::cmp::Ordering::Less) => Toward::Up,
        Some(std::cmp::Ordering::Greater) => Toward::Down,
    };
    let shown = |number, toward| Decimal::new(number, scale).map(|d| d.rounded(decimals, toward));
    shown(value, toward) != shown(bar, Toward::Nearest)
}

/// The shortest decimal number that reads back as a float, in digits. The order of two floats is the
/// order of their decimals, which multiplied floats do not promise.
struct Decimal {
    is_negative: bool,
    /// ASCII digits before the point, at least one.
    whole: String,
    /// ASCII digits behind the point, without trailing zeros.
    fraction: String,
}

impl Decimal {
    /// Shares are multiplied by 100. Nothing for a number that is not finite.
    fn new(value: f64, scale: Scale<'_>) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = value.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let (whole, fraction) = if scale == Scale::Share {
            let padded = format!("{fraction:0<2}");
            let (percent, rest) = padded.split_at_checked(2)?;
            let shifted = format!("{whole}{percent}");
            let trimmed = shifted.trim_start_matches('0');
            let whole = if trimmed.is_empty() { "0" } else { trimmed };
            (whole.to_owned(), rest.to_owned())
        } else {
            (whole.to_owned(), fraction.to_owned())
        };
        Some(Self {
            is_negative: value < 0.0,
            whole,
            fraction: fraction.trim_end_matches('0').to_owned(),
        })
    }

    fn decimals(&self) -> usize {
        self.fraction.len().min(MOST_DECIMALS)
    }

    fn rounded(&self, decimals: usize, toward: Toward) -> String {
        let padded = format!("{:0<decimals$}", self.fraction);
        let (kept, cut) = padded.split_at_checked(decimals).unwrap_or((&padded, ""));
        let is_larger = match toward {
            Toward::Nearest => cut.as_bytes().first().is_some_and(|&digit| digit >= b'5'),
            Toward::Down => self.is_negative && !cut.is_empty(),
            Toward::Up => !self.is_negative && !cut.is_empty(),
        };
        let mut digits = format!("{}{kept}", self.whole);
        if is_larger {
            digits = plus_one(&digits);
        }
        let (whole, fraction) = digits
            .split_at_checked(digits.len() - decimals)
            .unwrap_or((&digits, ""));
        let is_zero = digits.bytes().all(|digit| digit == b'0');
        let sign = if self.is_negative && !is_zero {
            "−"
        } else {
            ""
        };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{}{point}{fraction}", group_thousands(whole))
    }
}

/// One more than a number of ASCII digits.
fn plus_one(digits: &str) -> String {
    let nines = digits
        .bytes()
        .rev()
        .take_while(|&digit| digit == b'9')
        .count();
    let (head, _) = digits.split_at(digits.len() - nines);
    let zeros = "0".repeat(nines);
    let mut head_chars = head.chars();
    match head_chars.next_back().and_then(|last| last.to_digit(10)) {
        Some(last) => format!("{}{}{zeros}", head_chars.as_str(), last + 1),
        None => format!("1{zeros}"),
    }
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_score_below_the_bar_never_reads_as_the_bar() {
        for (value, bar, shown) in [
            (0.9196, 0.92, "91.96%"),
            (0.919, 0.92, "91.9%"),
            (0.929_999, 0.93, "92.9999%"),
            (0.905, 0.93, "90.5%"),
            (0.57, 0.93, "57.0%"),
            (1.0, 0.93, "100.0%"),
        ] {
            let format = NumberFormat::new(Scale::Share, false, &[value], Some(bar));
            assert_eq!(format.with_unit(value, Toward::Nearest), shown);
        }
    }

    #[test]
    fn bars_show_all_their_digits_and_no_more() {
        let format = NumberFormat::plain(Scale::Share, &[]);
        assert_eq!(format.bar(0.93), "93%");
        assert_eq!(format.bar(0.925), "92.5%");
        let difference = NumberFormat::new(Scale::Share, true, &[], Some(-0.02));
        assert_eq!(difference.bar(-0.02), "−2 points");
        assert_eq!(difference.bar(0.01), "+1 point");
        assert_eq!(
            NumberFormat::plain(Scale::Amount("ms"), &[]).bar(4000.0),
            "4,000 ms"
        );
    }

    #[test]
    fn bounds_are_rounded_outwards() {
        let format = NumberFormat::new(Scale::Share, false, &[0.8881, 0.9209], Some(0.93));
        assert_eq!(format.interval(Some(0.8881), Some(0.9209)), "[88.8, 92.1]");
        let difference = NumberFormat::new(Scale::Share, true, &[-0.0601, 0.0219], None);
        assert_eq!(
            difference.interval(Some(-0.0601), Some(0.0219)),
            "[−6.1, +2.2]"
        );
        assert_eq!(
            difference.interval(None, Some(0.01)),
            "[no lower bound, +1.0]"
        );
    }

    #[test]
    fn amounts_have_three_digits_and_their_unit() {
        for (amount, unit, shown) in [
            (0.021_34, "USD", "$0.0213"),
            (32.06, "USD", "$32.06"),
            (3120.4, "ms", "3,120 ms"),
            (1_234_567.0, "tokens", "1,234,567 tokens"),
            (0.0, "findings", "0 findings"),
            (3.714, "of 5", "3.71 of 5"),
            (f64::NAN, "ms", "unknown"),
        ] {
            assert_eq!(
                format_amount(amount, unit, Toward::Nearest).replace("unknown ms", "unknown"),
                shown
            );
        }
        assert_eq!(
            NumberFormat::new(Scale::Amount("USD"), true, &[-0.5], None)
                .with_unit(-0.5, Toward::Down),
            "−$0.500"
        );
    }

    #[test]
    fn plurals_follow_the_count() {
        assert_eq!(plural(1, "rule"), "1 rule");
        assert_eq!(plural(0, "rule"), "0 rules");
        assert_eq!(plural(1240, "case"), "1,240 cases");
    }

    fn read(text: &str) -> f64 {
        text.replace('−', "-").replace(',', "").parse().unwrap()
    }

    proptest! {
        #[test]
        fn rounding_goes_the_way_it_says(value in -10.0..10.0_f64) {
            let format = NumberFormat::plain(Scale::Share, &[value]);
            let down = read(&format.bare(value, Toward::Down));
            let near = read(&format.bare(value, Toward::Nearest));
            let up = read(&format.bare(value, Toward::Up));
            prop_assert!(down <= value * 100.0 + 1e-9 && value * 100.0 <= up + 1e-9);
            prop_assert!(down <= near && near <= up && up - down < 0.1 + 1e-9);
        }

        #[test]
        fn the_side_of_the_bar_survives_rounding(value in 0.0..1.0_f64, bar in 0_u32..=1000) {
            let bar = f64::from(bar) / 1000.0;
            let format = NumberFormat::new(Scale::Share, false, &[value], Some(bar));
            let bar_shown = read(format.bar(bar).trim_end_matches('%'));
            for toward in [Toward::Down, Toward::Nearest, Toward::Up] {
                let shown = read(&format.bare(value, toward));
                if value < bar { prop_assert!(shown < bar_shown); }
                if value > bar { prop_assert!(shown > bar_shown); }
            }
        }
    }
}
