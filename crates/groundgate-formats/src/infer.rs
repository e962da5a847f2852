//! Which place of a record means what, found by names that are known.

use std::collections::BTreeSet;

use groundgate_model::diagnostic::{Mistake, MistakeList};
use serde_json::Value;

use crate::{
    mapping::Mapping,
    names,
    options::Options,
    path::Path,
    table::{Table, is_blank},
    target::{Target, Want},
};

/// A mapping with what was guessed for it.
#[derive(Debug)]
pub(crate) struct Inferred {
    pub(crate) mapping: Mapping,
    pub(crate) notes: Vec<String>,
    /// Names at the top that nothing is read from.
    pub(crate) unread: Vec<String>,
}

/// Completes what was told by names that are known. With `strict`, only groundgate's own names are.
pub(crate) fn infer(
    file: &str,
    table: &Table,
    options: &Options,
    mistakes: &mut MistakeList,
) -> Inferred {
    let (want, told, strict) = (options.want, &options.mapping, options.strict);
    let mut reading = Inference {
        file,
        table,
        columns: table.names(),
        mapping: told.clone(),
        notes: Vec::new(),
        taken: told.places.values().map(ToString::to_string).collect(),
    };
    for (target, path) in told.places() {
        if !target.is_of(want) {
            let message = format!("`{target}` has no place in {}", want.name());
            mistakes.push(Mistake::in_file(file, message));
        } else if !table
            .records
            .iter()
            .any(|record| path.find(&Value::Object(record.fields.clone())).is_some())
        {
            let have = reading.shown_columns();
            mistakes.push(
                Mistake::in_file(
                    file,
                    format!("no row has `{path}`, to which `{target}` is mapped"),
                )
                .with_help(format!("the columns are {have}")),
            );
        }
    }
    for (target, strong, weak) in names::names_for(want) {
        if reading.mapping.places.contains_key(target) {
            continue;
        }
        if strict {
            reading.own(target);
        } else {
            reading.guess(target, &strong, &weak, mistakes);
        }
    }
    reading.tags();
    if want != Want::EvalSet {
        reading.metrics(strict);
    }
    let unread = reading.unread();
    Inferred {
        mapping: reading.mapping,
        notes: reading.notes,
        unread,
    }
}

struct Inference<'a> {
    file: &'a str,
    table: &'a Table,
    /// Names at the top with how many rows have a value there.
    columns: Vec<(String, usize)>,
    mapping: Mapping,
    notes: Vec<String>,
    taken: BTreeSet<String>,
}

impl Inference<'_> {
    fn shown_columns(&self) -> String {
        let names: Vec<&str> = self
            .columns
            .iter()
            .map(|(name, _)| name.as_str())
            .take(30)
            .collect();
        names.join(", ")
    }

    /// The place that a known name means here: the column in whatever dress, or a path into it.
    fn place(&self, known: &str) -> Option<Path> {
        let column = self.columns.iter().find(|(name, n)| {
            (*n > 0 || Target::parse(name).is_some()) && names::plain(name) == known
        });
        if let Some((name, _)) = column {
            return (!self.taken.contains(name)).then(|| Path::of_key(name));
        }
        let path = Path::parse(known).ok()?;
        let (top, _) = known.split_once(['.', '['])?;
        self.columns
            .iter()
            .find(|(name, n)| *n > 0 && name == top)?;
        let records = self.table.records.iter().take(1000);
        let found = records
            .filter_map(|record| path.find(&Value::Object(record.fields.clone())))
            .any(|value| !is_blank(&value) && value != Value::Array(Vec::new()));
        (found && !self.taken.contains(known)).then_some(path)
    }

    fn take(&mut self, target: &Target, path: Path) {
        self.taken.insert(path.to_string());
        self.mapping.places.insert(target.clone(), path);
    }

    /// Groundgate's own name, as it is written.
    fn own(&mut self, target: &Target) {
        let name = target.to_string();
        if self.columns.iter().any(|(column, _)| *column == name) {
            self.take(target, Path::of_key(&name));
        }
    }

    fn guess(
        &mut self,
        target: &Target,
        strong: &[&str],
        weak: &[&str],
        mistakes: &mut MistakeList,
    ) {
        let own = target.to_string();
        let found: Vec<Path> = strong.iter().filter_map(|name| self.place(name)).collect();
        let path = match found.as_slice() {
            [] => weak.iter().find_map(|name| self.place(name)),
            [only] => Some(only.clone()),
            [first, second, ..] => {
                if let Some(line) = self.differ(first, second) {
                    let message =
                        format!("both `{first}` and `{second}` can be `{own}`, and differ");
                    let help = format!("say --map {own}={first} or --map {own}={second}");
                    let mistake = Mistake::in_file(self.file, message).on_line(line);
                    mistakes.push(mistake.with_help(help));
                }
                Some(first.clone())
            }
        };
        let Some(path) = path else { return };
        if path.to_string() != own {
            self.notes.push(format!("{own} = {path}"));
        }
        self.take(target, path);
    }

    /// The line of the first row in which two places say different things.
    fn differ(&self, first: &Path, second: &Path) -> Option<usize> {
        let differs = self.table.records.iter().find(|record| {
            let record = Value::Object(record.fields.clone());
            let (one, other) = (first.find(&record), second.find(&record));
            one != other
                && one.is_some_and(|one| !is_blank(&one))
                && other.is_some_and(|other| !is_blank(&other))
        });
        differs.map(|record| record.line)
    }

    fn tags(&mut self) {
        for (name, _) in self.columns.clone() {
            let tag = name.strip_prefix("tag:").filter(|tag| !tag.is_empty());
            if let Some(tag) = tag {
                let target = Target::Tag(tag.to_owned());
                self.take(&target, Path::of_key(&name));
            }
        }
    }

    fn metrics(&mut self, strict: bool) {
        for (name, n) in self.columns.clone() {
            if let Some(metric) = name
                .strip_prefix("score:")
                .filter(|metric| !metric.is_empty())
            {
                self.take(&Target::Score(metric.to_owned()), Path::of_key(&name));
                continue;
            }
            let Some(metric) = names::metric(&name).filter(|_| !strict && n > 0) else {
                continue;
            };
            let target = Target::Score(metric.clone());
            if self.taken.contains(&name) || self.mapping.places.contains_key(&target) {
                continue;
            }
            if metric != name {
                self.notes.push(format!("score:{metric} = {name}"));
            }
            self.take(&target, Path::of_key(&name));
        }
    }

    fn unread(&self) -> Vec<String> {
        let tops: BTreeSet<&str> = self.mapping.places.values().filter_map(Path::top).collect();
        let read = |name: &str| {
            tops.contains(name) || self.taken.contains(name) || matches!(name, "tags" | "scores")
        };
        let unread = self
            .columns
            .iter()
            .filter(|(name, n)| *n > 0 && !read(name));
        unread.map(|(name, _)| name.clone()).collect()
    }
}
