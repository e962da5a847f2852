//! The way of an eval set into the house: bytes in, cases or all mistakes out.
//!
//! The caller reads the file. Everything in it is untrusted: sizes are limited, and no mistake is
//! repaired silently.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use unicode_normalization::UnicodeNormalization as _;

use super::{Case, EvalSet, csv, json, jsonl, piece::Piece, written::WrittenCase};
use crate::diagnostic::{Mistake, MistakeList, Mistakes};

/// The largest eval set or knowledge base after decompression, in bytes.
const DECOMPRESSED_LIMIT: usize = 1 << 30;

/// What a gzip file begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

const FORMATS: &str = "known formats: .jsonl, .json (an array), .csv, each also as .gz";

/// Reads an eval set; the format is that of `file_name`'s extension (`.jsonl`, `.json`, `.csv`,
/// each also with `.gz`). On failure, every mistake of the file with its line.
pub fn load(file_name: &str, bytes: &[u8]) -> Result<EvalSet, Mistakes> {
    let bytes = unpacked(file_name, bytes)?;
    let path = if is_packed(file_name) {
        Path::new(file_name).with_extension("")
    } else {
        PathBuf::from(file_name)
    };
    let mut mistakes = MistakeList::default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    let written = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("jsonl" | "ndjson") => {
            let pieces = jsonl::lines(file_name, &bytes, &mut mistakes);
            parse(file_name, pieces, &mut mistakes)
        }
        Some("json") => {
            let pieces = json::elements(file_name, &bytes, &mut mistakes);
            parse(file_name, pieces, &mut mistakes)
        }
        Some("csv") => csv::rows(file_name, &bytes, &mut mistakes),
        _ => {
            let mistake = Mistake::in_file(file_name, "cannot tell the eval set's format");
            return Err(Mistakes(vec![mistake.with_help(FORMATS)]));
        }
    };
    let cases = check(file_name, written, &mut mistakes);
    if cases.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake::in_file(file_name, "eval set has no case"));
    }
    mistakes.finish(())?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    Ok(EvalSet::new(stem.unwrap_or(file_name).to_owned(), cases))
}

/// An eval set from cases that another reader found, each with its line: checked as those of [`load`].
pub fn from_rows(file_name: &str, rows: Vec<(usize, WrittenCase)>) -> Result<EvalSet, Mistakes> {
    let mut mistakes = MistakeList::default();
    let written = rows
        .into_iter()
        .map(|(line, case)| (Piece::of_line(line, ""), case));
    let cases = check(file_name, written.collect(), &mut mistakes);
    mistakes.finish(())?;
    let path = if is_packed(file_name) {
        Path::new(file_name).with_extension("")
    } else {
        PathBuf::from(file_name)
    };
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    Ok(EvalSet::new(stem.unwrap_or(file_name).to_owned(), cases))
}

/// A file's bytes, unpacked where its name ends in `.gz`. Bytes that are not packed stay as they
/// are, so that unpacking twice does no harm.
pub fn unpack(file_name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Mistakes> {
    match unpacked(file_name, &bytes)? {
        Cow::Owned(plain) => Ok(plain),
        Cow::Borrowed(_) => Ok(bytes),
    }
}

/// As [`unpack`], without a copy of what is not packed.
pub(super) fn unpacked<'a>(file_name: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Mistakes> {
    if !is_packed(file_name) || !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    gunzip(bytes, DECOMPRESSED_LIMIT)
        .map(Cow::Owned)
        .map_err(|message| Mistakes(vec![Mistake::in_file(file_name, message)]))
}

/// Whether the name says that the file is packed.
fn is_packed(file_name: &str) -> bool {
    let extension = Path::new(file_name).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// Decompresses at most `limit` bytes.
fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    let cap = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes)
        .take(cap)
        .read_to_end(&mut plain)
        .map_err(|error| format!("cannot decompress: {error}"))?;
    if plain.len() > limit {
        return Err(format!("is larger than {limit} bytes when decompressed"));
    }
    Ok(plain)
}

fn parse<'a>(
    file: &str,
    pieces: Vec<Piece<'a>>,
    mistakes: &mut MistakeList,
) -> Vec<(Piece<'a>, WrittenCase)> {
    let mut written = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece.parse() {
            Ok(case) => written.push((piece, case)),
            Err(error) => mistakes.push_with(|| piece.explain(file, &error)),
        }
    }
    written
}

/// What cannot be seen in one case alone: ids that people or file systems would take for the same.
fn check(
    file: &str,
    written: Vec<(Piece<'_>, WrittenCase)>,
    mistakes: &mut MistakeList,
) -> Vec<Case> {
    let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut cases = Vec::with_capacity(written.len());
    for (piece, written) in written {
        let id = written.id.clone();
        match written.into_case() {
            Ok(case) => cases.push(case),
            Err(wrong) => wrong.into_iter().for_each(|message| {
                mistakes.push_with(|| piece.mistake(file, message));
            }),
        }
        if id.trim().is_empty() {
            continue;
        }
        match seen.get(&folded(&id)) {
            Some((line, earlier)) => {
                mistakes.push_with(|| piece.mistake(file, already_there(&id, earlier, *line)));
            }
            None => {
                seen.insert(folded(&id), (piece.line, id));
            }
        }
    }
    cases
}

fn already_there(id: &str, earlier: &str, line: usize) -> String {
    if id == earlier {
        format!("case id `{id}` is already on line {line}")
    } else {
        format!(
            "case id `{id}` differs from `{earlier}` on line {line} only in case or Unicode form"
        )
    }
}

/// The same for ids that differ only in case or Unicode form.
pub fn folded(id: &str) -> String {
    id.nfkc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests;
