//! A file as rows.

use std::collections::BTreeSet;

use groundgate_model::diagnostic::{Mistake, MistakeList, Mistakes, nearest};

use crate::{
    assemble, decode,
    formats::{FORMATS, Format},
    identity, infer,
    mapping::Mapping,
    options::Options,
    row::Row,
    table::{self, Table, Told},
    target::{PLAIN, Target, Want},
};

/// What a file holds.
#[derive(Debug)]
pub struct ReadFile {
    /// Never empty.
    pub rows: Vec<Row>,
    /// What was guessed or left out, one thing each.
    pub notes: Vec<String>,
    /// Which field stood where; with it the file is read again without a guess.
    pub mapping: Mapping,
    /// What file it is, for people: `Ragas: datasets and results, CSV`.
    pub what: String,
    /// The format, where its form is known.
    pub format: Option<&'static Format>,
}

/// Reads a file's bytes (unpacked). All mistakes, or all rows.
pub fn read(file: &str, bytes: &[u8], options: &Options) -> Result<ReadFile, Mistakes> {
    let (text, decoded) = decode::decode(file, bytes, options.encoding)?;
    let mut mistakes = MistakeList::default();
    let told = Told {
        separator: options.separator,
    };
    let mut table = table::read(file, &text, told, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes.into_mistakes());
    }
    let format = format(file, &table, options)?;
    let mut notes: Vec<String> = decoded.into_iter().collect();
    notes.append(&mut table.notes);
    let what = what(format, &table);
    if let Some(reshape) = format.and_then(|format| format.reshape) {
        table.records = reshape(&mut notes, std::mem::take(&mut table.records));
    }
    let inferred = infer::infer(file, &table, options, &mut mistakes);
    notes.extend(inferred.notes);
    if !inferred.unread.is_empty() {
        notes.push(format!("not read: {}", inferred.unread.join(", ")));
    }
    if format.is_some_and(|format| format.name == "groundgate") {
        misspelt(file, &inferred.unread, &mut mistakes);
    }
    needed(file, &table, &inferred.mapping, options, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes.into_mistakes());
    }
    let mapping = inferred.mapping;
    let mut rows = assemble::rows(file, &table, &mapping, &mut notes, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes.into_mistakes());
    }
    pick(file, &mut rows, options, &mut mistakes);
    if mapping.get(&Target::Id).is_none() {
        identity::name(&mut rows, &mut notes);
    }
    if options.strict
        && format.is_none_or(|format| format.name != "groundgate")
        && options.from.is_none()
    {
        refuse_guesses(file, &notes, &mut mistakes);
    }
    mistakes.finish(ReadFile {
        rows,
        notes,
        mapping,
        what,
        format,
    })
}

fn format(
    file: &str,
    table: &Table,
    options: &Options,
) -> Result<Option<&'static Format>, Mistakes> {
    let Some(name) = &options.from else {
        return Ok(Format::of(table));
    };
    let known = FORMATS.iter().map(|format| format.name);
    Format::named(name).map(Some).ok_or_else(|| {
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("formats are {}", known.collect::<Vec<_>>().join(", ")),
        };
        let mistake = Mistake::in_file(file, format!("nobody knows a format `{name}`"));
        Mistakes(vec![mistake.with_help(help)])
    })
}

fn what(format: Option<&Format>, table: &Table) -> String {
    match format {
        Some(format) => format!("{} ({})", format.title, table.kind.name()),
        None => table.kind.name().to_owned(),
    }
}

/// In groundgate's own form a name that is nearly right is a mistake of the writer.
fn misspelt(file: &str, unread: &[String], mistakes: &mut MistakeList) {
    let known = PLAIN.map(|(name, _)| name);
    for name in unread {
        if let Some(near) = nearest(name, known.into_iter().chain(["scores", "tags"])) {
            let mistake = Mistake::in_file(file, format!("nobody knows a field `{name}`"));
            mistakes.push(mistake.with_help(format!("did you mean `{near}`?")));
        }
    }
}

/// Without a question nothing is a case; scores may go by ids alone.
fn needed(
    file: &str,
    table: &Table,
    mapping: &Mapping,
    options: &Options,
    mistakes: &mut MistakeList,
) {
    if !mistakes.is_empty() {
        return;
    }
    let columns: Vec<String> = table
        .names()
        .into_iter()
        .map(|(name, _)| name)
        .take(30)
        .collect();
    let has = |target: &Target| mapping.get(target).is_some();
    let missing = match options.want {
        Want::EvalSet | Want::Answers if !has(&Target::Question) => Some("question"),
        Want::Answers if !has(&Target::Answer) && !has(&Target::Error) => Some("answer"),
        Want::Scores if !has(&Target::Id) && !has(&Target::Question) => Some("id"),
        _ => None,
    };
    let Some(missing) = missing else { return };
    let mut mistake = Mistake::in_file(file, format!("no column is known as `{missing}`"));
    if table.separator.is_some() {
        mistake = mistake.on_line(1);
    }
    let looks_like_data = table.separator.is_some()
        && columns
            .iter()
            .any(|name| name.parse::<f64>().is_ok() || name.chars().count() > 60);
    let help = if looks_like_data {
        "the first line must name the columns".to_owned()
    } else {
        format!(
            "say --map {missing}=COLUMN; the columns are {}",
            columns.join(", ")
        )
    };
    mistakes.push(mistake.with_help(help));
}

/// Keeps the rows of one variant.
fn pick(file: &str, rows: &mut Vec<Row>, options: &Options, mistakes: &mut MistakeList) {
    let variants: BTreeSet<String> = rows.iter().filter_map(|row| row.variant.clone()).collect();
    let shown = || {
        let quoted: Vec<String> = variants.iter().map(|one| format!("`{one}`")).collect();
        quoted.join(", ")
    };
    match &options.variant {
        Some(wanted) if variants.contains(wanted) => {
            rows.retain(|row| row.variant.as_ref() == Some(wanted));
        }
        Some(wanted) => mistakes.push(
            Mistake::in_file(file, format!("no row is of the variant `{wanted}`"))
                .with_help(format!("variants are {}", shown())),
        ),
        None if variants.len() > 1 && options.want != Want::EvalSet => mistakes.push(
            Mistake::in_file(file, format!("the file holds {} variants", variants.len()))
                .with_help(format!("say --variant with one of {}", shown())),
        ),
        None if variants.len() > 1 => {
            let first = variants.first().cloned();
            rows.retain(|row| row.variant == first);
        }
        None => {}
    }
}

fn refuse_guesses(file: &str, notes: &[String], mistakes: &mut MistakeList) {
    for note in notes.iter().filter(|note| !note.starts_with("not read: ")) {
        mistakes.push_with(|| {
            Mistake::in_file(file, format!("--strict: {note}")).with_help(
                "say it by --map, --from, --list-separator or --separator, or mend the file",
            )
        });
    }
}
