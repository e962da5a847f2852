//! Percent coding of single parts: of a URL, of a form, of a login.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The text as a part of a URL or of a form.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// The text that percent signs were put into; what they do not begin stays.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_url_is_written_and_read_back() {
        let text = "a-b._~/?:é+ %";
        assert_eq!(encoded(text), "a-b._~%2F%3F%3A%C3%A9%2B%20%25");
        assert_eq!(decoded(&encoded(text)), text);
    }

    #[test]
    fn a_percent_sign_that_begins_no_byte_stays() {
        assert_eq!(decoded("50%, %+1, %4, %C3"), "50%, %+1, %4, \u{fffd}");
    }
}
