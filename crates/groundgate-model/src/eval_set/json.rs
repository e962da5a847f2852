//! Elements of a JSON array, each with its place in the file.

use serde_json::value::RawValue;

use super::{
    jsonl::{LINE_LIMIT, without_byte_order_mark},
    piece::Piece,
};
use crate::diagnostic::{Mistake, MistakeList};

/// The elements of the array in `bytes`; nothing and a mistake if there is none.
pub(super) fn elements<'a>(
    file: &str,
    bytes: &'a [u8],
    mistakes: &mut MistakeList,
) -> Vec<Piece<'a>> {
    let bytes = without_byte_order_mark(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.split(|byte| *byte == b'\n').count();
            mistakes.push(Mistake::in_file(file, "text is not UTF-8").on_line(line));
            return Vec::new();
        }
    };
    let whole = Piece::of_line(1, text);
    match whole.parse::<Vec<&RawValue>>() {
        Ok(values) => place(file, text, &values, mistakes),
        Err(error) => {
            mistakes.push(whole.explain(file, &error));
            Vec::new()
        }
    }
}

fn place<'a>(
    file: &str,
    source: &'a str,
    values: &[&'a RawValue],
    mistakes: &mut MistakeList,
) -> Vec<Piece<'a>> {
    let mut line = 1;
    let mut counted_to = 0;
    let mut pieces = Vec::with_capacity(values.len());
    for value in values {
        let text = value.get();
        // Elements are borrowed from `source`, so the difference of addresses is their place.
        let offset = text.as_ptr().addr().saturating_sub(source.as_ptr().addr());
        let between = source.get(counted_to..offset).unwrap_or("");
        line += between.matches('\n').count();
        counted_to = offset;
        let piece = Piece {
            source,
            source_line: 1,
            offset,
            line,
            text,
        };
        if text.len() > LINE_LIMIT {
            mistakes.push_with(|| {
                let message = format!("case of {} bytes is longer than {LINE_LIMIT}", text.len());
                piece.mistake(file, message)
            });
        } else {
            pieces.push(piece);
        }
    }
    pieces
}
