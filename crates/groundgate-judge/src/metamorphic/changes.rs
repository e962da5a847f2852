//! Changes that make a true answer false, and how many of them are caught.

use std::sync::LazyLock;

use groundgate_model::trial::{Label, Outcome, Standing};
use regex::{Captures, Regex};

use super::{Judged, Sample, claims, judged};

pub(super) type Change = fn(&str) -> Option<String>;

/// Every change with its name; `None` where a text has nothing to change.
pub(super) const ALL: &[(&str, Change)] = &[
    ("another number", |text| {
        first(&NUMBER, text, |found| {
            let (digits, rest) = (&found[1], &found[2]);
            let changed = digits.parse::<u32>().map_or(7, |number| number + 3);
            format!("{changed}{rest}")
        })
    }),
    ("another unit", |text| {
        first(&UNIT, text, |found| {
            let unit = match &found[2] {
                "days" => "months",
                "EUR" => "percent",
                "hours" => "days",
                _ => "EUR",
            };
            format!("{} {unit}", &found[1])
        })
    }),
    ("a negation taken away", |text| {
        first(&NEGATION, text, |found| match &found[0] {
            "cannot" => "can".to_owned(),
            "are not" => "are".to_owned(),
            "does not" => "does".to_owned(),
            _ => "is".to_owned(),
        })
    }),
    ("a negation put in", |text| {
        first(&VERB, text, |found| {
            format!("{} not {}", &found[1], &found[2])
        })
    }),
    ("another name", |text| {
        first(&NAME, text, |found| match &found[0] {
            "Berlin" => "Munich".to_owned(),
            "Harbor" => "Quayside".to_owned(),
            _ => "Tuesday".to_owned(),
        })
    }),
];

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(\d{1,3})( (?:days|EUR|hours|percent|cards|years|%))").expect("fixed")
});
static UNIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(\d+) (days|EUR|hours|percent)\b").expect("fixed"));
static NEGATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:cannot|are not|is not|does not)\b").expect("fixed"));
static VERB: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(is|are|can|must) ([a-z]+)").expect("fixed"));
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:Berlin|Harbor|Sunday|Monday)\b").expect("fixed"));

fn first(pattern: &Regex, text: &str, to: impl Fn(&Captures<'_>) -> String) -> Option<String> {
    pattern.is_match(text).then(|| {
        pattern
            .replace(text, |found: &Captures<'_>| to(found))
            .into_owned()
    })
}

/// How many samples could be changed, and of how many the change kept the answer from being believed,
/// though the judge insists.
pub(super) fn caught(judge: &impl Judged, samples: &[Sample], change: Change) -> (usize, usize) {
    let (mut n, mut caught) = (0, 0);
    for sample in samples {
        let mut changed = sample.clone();
        let Some(text) = change(&sample.answer.text) else {
            continue;
        };
        changed.answer.text = text;
        n += 1;
        caught += usize::from(!is_believed(&judged(judge, &changed)));
    }
    (n, caught)
}

fn is_believed(outcome: &Outcome) -> bool {
    let stands = claims(outcome).iter().all(|claim| {
        matches!(claim.label, Label::Supported | Label::NotAClaim)
            && claim.standing() < Standing::Disputed
    });
    matches!(outcome, Outcome::Scored(_)) && stands
}
