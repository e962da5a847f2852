//! Values that keys of rules hold, read from TOML.

use groundgate_model::{toml_reader::Table, unit::UnitInterval};

use crate::{
    facts::Age,
    policy::{Estimand, OnOpen},
};

const ON_OPEN: [(&str, OnOpen); 2] = [("block", OnOpen::Block), ("hold", OnOpen::Hold)];

/// What a rule about a mean can speak of.
pub(crate) const ESTIMANDS: [(&str, Estimand); 2] = [
    ("suite", Estimand::Suite),
    ("population", Estimand::Population),
];

/// What becomes of something open; nothing open ever passes.
pub(crate) fn open(table: &Table<'_, '_>, key: &str) -> Option<OnOpen> {
    let word = table.text(key)?;
    if ["pass", "warn"].contains(&word) {
        table.report_with_help(
            key,
            format!("`{key}` cannot be `{word}`: what cannot be shown to hold never passes"),
            "`block` stops the release, `hold` waits until somebody decides",
        );
        return None;
    }
    table.choice(key, &ON_OPEN)
}

/// A share below 1.
pub(crate) fn share(table: &Table<'_, '_>, key: &str) -> Option<UnitInterval> {
    let share = table.number(key)?;
    match UnitInterval::new(share) {
        Ok(found) if share < 1.0 => Some(found),
        _ => {
            table.report(
                key,
                format!("`{key}` is {share} and not from 0 to just below 1"),
            );
            None
        }
    }
}

/// A whole number of at least `least` that fits into 32 bits.
pub(crate) fn count(table: &Table<'_, '_>, key: &str, least: u32) -> Option<u32> {
    let count = table.count(key)?;
    match u32::try_from(count) {
        Ok(found) if found >= least => Some(found),
        Ok(_) => {
            table.report(key, format!("`{key}` is {count} and not at least {least}"));
            None
        }
        Err(_) => {
            table.report(key, format!("`{key}` is {count}, which is too large"));
            None
        }
    }
}

/// A length of time.
pub(crate) fn age(table: &Table<'_, '_>, key: &str) -> Option<Age> {
    let written = table.text(key)?;
    let age = Age::parse(written);
    if age.is_none() {
        table.report_with_help(
            key,
            format!("`{key}` is no length of time"),
            "write `90s`, `30m`, `48h`, `14d` or `2w`",
        );
    }
    age
}

/// Different texts.
pub(crate) fn texts(table: Table<'_, '_>, key: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (text, at) in table.texts(key)? {
        if found.iter().any(|earlier| earlier == text) {
            table
                .document()
                .report(at, format!("`{key}` names `{text}` twice"));
        }
        found.push(text.to_owned());
    }
    Some(found)
}
