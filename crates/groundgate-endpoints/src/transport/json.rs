//! Untrusted JSON: parsed within a limit on its depth, and quoted so that a message may show it.

use serde::de::DeserializeOwned;

use super::mend::mended;

/// How deep arrays and objects of a reply may be nested.
const DEEPEST: usize = 64;

/// Why bytes are not the JSON that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    /// It is nested too deep.
    #[error("the reply's JSON is nested deeper than {DEEPEST}")]
    TooDeep,
    /// It is not UTF-8.
    #[error("the reply is not valid UTF-8")]
    NotUtf8,
    /// It is other JSON, or none.
    #[error("the reply is not the expected JSON ({error}): {quoted}")]
    Unexpected {
        /// What the parser says.
        error: String,
        /// How the bytes begin.
        quoted: String,
    },
}

/// Parses JSON into a type of the caller's.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    if depth(bytes) > DEEPEST {
        return Err(JsonError::TooDeep);
    }
    let read = serde_json::from_slice(bytes).or_else(|error| {
        let mended = str::from_utf8(bytes).ok().and_then(mended);
        mended.map_or(Err(error), |mended| serde_json::from_str(&mended))
    });
    read.map_err(|error| {
        if str::from_utf8(bytes).is_err() {
            return JsonError::NotUtf8;
        }
        JsonError::Unexpected {
            error: error.to_string(),
            quoted: excerpt(bytes),
        }
    })
}

/// How deep brackets outside strings are nested; says nothing about validity.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The first 200 characters on one line, control and direction characters escaped: untrusted text
/// as a message for people may show it.
pub fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 200;
    let start = bytes.get(..LONGEST * 4).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start);
    let mut shown = String::new();
    for (count, character) in text.trim().chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        match character {
            ' '..='~' => shown.push(character),
            _ if character.is_alphanumeric() => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_inside_strings_are_no_depth() {
        assert_eq!(depth(br#"["\"[[[", {}]"#), 2);
    }

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        assert_eq!(excerpt(b"  a\nb\x07  "), "a\\nb\\u{7}");
        assert_eq!(excerpt("\u{202e}é".as_bytes()), "\\u{202e}é");
        assert_eq!(excerpt("é".repeat(500).as_bytes()).chars().count(), 201);
    }
}
