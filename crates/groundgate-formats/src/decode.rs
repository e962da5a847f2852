//! Bytes are text, or something that can be named.

use groundgate_model::diagnostic::{Mistake, Mistakes};

use crate::table::Encoding;

/// What a file begins with that is no text, what it is, and what to do.
const BINARY: [(&[u8], &str, &str); 6] = [
    (
        b"PAR1",
        "a Parquet file",
        "write it as JSON Lines, as with pandas' `to_json(path, orient=\"records\", lines=True)`",
    ),
    (
        b"PK\x03\x04",
        "a zip archive or an Excel workbook",
        "unpack it, or save the sheet as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook",
        "save the sheet as CSV",
    ),
    (b"BZh", "packed with bzip2", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first"),
    (
        b"SQLite format 3\0",
        "a SQLite database",
        "groundgate's own records are named by their run id",
    ),
];

/// The file's text, and what was found out about its encoding.
pub(crate) fn decode(
    file: &str,
    bytes: &[u8],
    told: Option<Encoding>,
) -> Result<(String, Option<String>), Mistakes> {
    let refused = |message: String, help: &str| {
        Err(Mistakes(vec![
            Mistake::in_file(file, message).with_help(help),
        ]))
    };
    if let Some((_, what, help)) = BINARY.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return refused(format!("is {what}, not text"), help);
    }
    match told {
        Some(Encoding::Windows1252) => return Ok((windows_1252(bytes), None)),
        Some(Encoding::Latin1) => {
            return Ok((bytes.iter().copied().map(char::from).collect(), None));
        }
        Some(Encoding::Utf8) | None => {}
    }
    let (text, note) = match utf_16(bytes) {
        Some((big, rest)) => match units(rest, big) {
            Some(text) => (text, Some("read as UTF-16".to_owned())),
            None => return refused("looks like UTF-16, and is not whole".to_owned(), SAVE_AS),
        },
        None => match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
            Ok(text) => (text.to_owned(), None),
            Err(error) => return Err(not_utf8(file, bytes, error.valid_up_to())),
        },
    };
    match text.find('\0') {
        Some(at) => Err(Mistakes(vec![Mistake::at(
            file,
            &text,
            at,
            "text holds a NUL",
        )])),
        None => Ok((text, note)),
    }
}

const SAVE_AS: &str = "save it as UTF-8";

/// Whether it is UTF-16, big end first, and the bytes after its mark. Without a mark: every second byte
/// of the beginning is zero.
fn utf_16(bytes: &[u8]) -> Option<(bool, &[u8])> {
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return Some((false, rest));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return Some((true, rest));
    }
    let begin = bytes.get(..bytes.len().min(64) / 2 * 2)?;
    let pairs = || begin.chunks_exact(2);
    if pairs().len() < 2 {
        return None;
    }
    let zero = |big: bool| {
        pairs().all(|pair| match pair {
            [high, low] if big => *high == 0 && *low != 0,
            [low, high] => *high == 0 && *low != 0,
            _ => false,
        })
    };
    [true, false]
        .into_iter()
        .find(|big| zero(*big))
        .map(|big| (big, bytes))
}

fn units(bytes: &[u8], big: bool) -> Option<String> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let units = bytes.chunks_exact(2).filter_map(|pair| match pair {
        [first, second] if big => Some(u16::from_be_bytes([*first, *second])),
        [first, second] => Some(u16::from_le_bytes([*first, *second])),
        _ => None,
    });
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

fn not_utf8(file: &str, bytes: &[u8], at: usize) -> Mistakes {
    let before = bytes.get(..at).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    let mut mistake = Mistake::in_file(file, format!("byte 0x{byte:02X} is not UTF-8"))
        .on_line(line)
        .with_help("save it as UTF-8, or say --encoding windows-1252 (or latin-1)");
    mistake.column = Some(column);
    Mistakes(vec![mistake])
}

/// What the bytes 0x80 to 0x9F mean in Windows-1252; the others are as in Latin-1.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn windows_1252(bytes: &[u8]) -> String {
    let of = |byte: u8| match byte {
        0x80..=0x9F => WINDOWS.chars().nth(usize::from(byte - 0x80)),
        _ => None,
    };
    let chars = bytes
        .iter()
        .map(|byte| of(*byte).unwrap_or(char::from(*byte)));
    chars.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode("x", bytes, None).unwrap().0
    }

    #[test]
    fn marks_and_utf_16_are_read() {
        let wide = |big: bool, mark: bool| -> Vec<u8> {
            let text = format!("{}id,q\na,é\n", if mark { "\u{feff}" } else { "" });
            let bytes = |unit: u16| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            text.encode_utf16().flat_map(bytes).collect()
        };
        assert_eq!(text(b"\xEF\xBB\xBFid\n"), "id\n");
        for (big, mark) in [(true, true), (false, true), (true, false), (false, false)] {
            assert_eq!(text(&wide(big, mark)), "id,q\na,é\n", "{big} {mark}");
        }
        assert!(decode("x", b"\xFF\xFEa", None).is_err(), "half a unit");
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, said) in [
            (b"PAR1....".as_slice(), "x: is a Parquet file, not text"),
            (b"PK\x03\x04", "x: is a zip archive or an Excel workbook"),
            (b"BZh91AY", "x: is packed with bzip2"),
            (b"a,b\nc,\xfc\n", "x:2:3: byte 0xFC is not UTF-8"),
            (b"a\nb\0\n", "x:2:2: text holds a NUL"),
        ] {
            let found = decode("x", bytes, None).unwrap_err().to_string();
            assert!(found.starts_with(said), "{found}");
        }
        let read = decode("x", b"5\x80 \x96 \xfc", Some(Encoding::Windows1252))
            .unwrap()
            .0;
        assert_eq!(read, "5€ – ü");
    }
}
