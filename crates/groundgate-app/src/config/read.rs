//! What several tables of the file are read with: names, paths, URLs, numbers within bounds.

use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use groundgate_endpoints::transport::check_url;
use groundgate_model::{toml_reader::Table, unit::Usd};

/// A name that can stand in file names, commands and tables.
pub(super) fn name<'d>(table: Table<'d, '_>, names: &mut BTreeSet<&'d str>) -> Option<String> {
    table.needs(&["name"]);
    let name = table.text("name")?;
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    if !name.chars().all(plain) || name.starts_with(['-', '.']) || name.len() > 100 {
        table.report_with_help(
            "name",
            "`name` cannot stand in file names and commands",
            "use letters, digits, `-`, `_` and `.`, and begin with a letter or digit",
        );
        return None;
    }
    if !names.insert(name) {
        table.report("name", format!("the name `{name}` comes twice"));
    }
    Some(name.to_owned())
}

/// A path as the working directory sees it.
pub(super) fn relative(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}

/// A whole number within a range; `None` where it is absent or was reported.
pub(super) fn ranged(table: &Table<'_, '_>, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
    let number = table.count(key)?;
    if !range.contains(&number) {
        let (least, most) = (range.start(), range.end());
        table.report(
            key,
            format!("`{key}` is {number} and not from {least} to {most}"),
        );
        return None;
    }
    Some(number)
}

/// An amount above zero; `None` where it is absent or was reported.
pub(super) fn dollars(table: &Table<'_, '_>, key: &str) -> Option<Usd> {
    let number = table.number(key)?;
    let amount = Usd::from_dollars(number).filter(|amount| *amount > Usd::ZERO);
    if amount.is_none() {
        table.report(
            key,
            format!("`{key}` is {number} and not an amount above 0"),
        );
    }
    amount
}

/// A URL at a key.
pub(super) fn url(table: Table<'_, '_>, key: &str) -> Option<String> {
    // Somebody may have written a password into it.
    let url = table.hiding().text(key)?;
    if let Err(error) = check_url(url) {
        let message = error.to_string().replace("`base_url`", &format!("`{key}`"));
        let help = format!("a URL without secrets: {key} = \"https://host/path\"");
        table.hiding().report_with_help(key, message, help);
        return None;
    }
    Some(url.to_owned())
}
