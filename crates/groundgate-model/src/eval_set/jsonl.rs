//! Lines of a JSONL file: one JSON value a line, with limits.
//!
//! A byte order mark, CRLF and empty lines are fine. A line that is too long, is not UTF-8 or holds
//! a NUL is a mistake of its own; the other lines are read all the same.

use super::piece::Piece;
use crate::diagnostic::{Mistake, MistakeList};

/// The longest line, in bytes.
pub(super) const LINE_LIMIT: usize = 4 << 20;

/// The non-empty lines of `bytes`; those that cannot be text become mistakes.
pub(super) fn lines<'a>(file: &str, bytes: &'a [u8], mistakes: &mut MistakeList) -> Vec<Piece<'a>> {
    let bytes = without_byte_order_mark(bytes);
    let mut pieces = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match text_of(line) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => pieces.push(Piece::of_line(index + 1, text)),
            Err(message) => {
                mistakes.push_with(|| Mistake::in_file(file, message).on_line(index + 1));
            }
        }
    }
    pieces
}

/// `bytes` without the mark that some editors write at the beginning of UTF-8.
pub(super) fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn text_of(line: &[u8]) -> Result<&str, String> {
    if line.len() > LINE_LIMIT {
        return Err(format!(
            "line of {} bytes is longer than {LINE_LIMIT}",
            line.len()
        ));
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("byte {} of the line is not UTF-8", error.valid_up_to() + 1))?;
    if text.contains('\0') {
        return Err("line holds a NUL".to_owned());
    }
    Ok(text)
}
