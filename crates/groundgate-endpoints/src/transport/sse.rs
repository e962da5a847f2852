//! Server-sent events, read as the bytes come.
//!
//! A pure, incremental form of the WHATWG parsing rules
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>):
//! where the bytes are split changes nothing, an event without its blank line is never seen, and
//! every size has a limit. `id` and `retry` mean nothing here: a stream is not resumed.

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 1 << 20;

/// The most events of one stream.
pub const MOST_EVENTS: usize = 1_000_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The `event` field; empty where there is none.
    pub name: String,
    /// The `data` fields, joined by line feeds.
    pub data: String,
}

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line, or the lines of one event together, are longer than [`LONGEST_LINE`].
    #[error("an event of the stream is longer than {LONGEST_LINE} bytes")]
    LineTooLong,
    /// There are more than [`MOST_EVENTS`].
    #[error("the stream has more than {MOST_EVENTS} events")]
    TooManyEvents,
    /// A line is not UTF-8.
    #[error("the stream is not valid UTF-8")]
    NotUtf8,
}

/// The state between two pieces of a stream.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    after_carriage_return: bool,
    past_first_line: bool,
    name: String,
    data: Option<String>,
    events: usize,
}

impl SseParser {
    /// Reads the next bytes and adds the events that they complete to `events`.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), SseError> {
        let mut rest = bytes;
        if self.after_carriage_return && !rest.is_empty() {
            self.after_carriage_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, tail) = rest.split_at(end);
            self.keep(head)?;
            rest = match tail {
                [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
                [] => tail,
            };
            self.after_carriage_return = tail == b"\r";
            self.end_line(events)?;
        }
        self.keep(rest)
    }

    /// Whether nothing has been read yet.
    pub(super) const fn is_new(&self) -> bool {
        self.line.is_empty() && !self.past_first_line
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        if self.line.len() + bytes.len() > LONGEST_LINE {
            return Err(SseError::LineTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<(), SseError> {
        let mut bytes = self.line.as_slice();
        if !self.past_first_line {
            self.past_first_line = true;
            bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        }
        let line = str::from_utf8(bytes).map_err(|_not_utf8| SseError::NotUtf8)?;
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                self.events += 1;
                if self.events > MOST_EVENTS {
                    return Err(SseError::TooManyEvents);
                }
                events.push(Event { name, data });
            }
        } else {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => add_line(&mut self.data, value)?,
                "event" => value.clone_into(&mut self.name),
                _ => {}
            }
        }
        self.line.clear();
        Ok(())
    }
}

fn add_line(data: &mut Option<String>, value: &str) -> Result<(), SseError> {
    match data {
        None => *data = Some(value.to_owned()),
        Some(data) => {
            if data.len() + value.len() > LONGEST_LINE {
                return Err(SseError::LineTooLong);
            }
            data.push('\n');
            data.push_str(value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(pieces: &[&[u8]]) -> Result<Vec<(String, String)>, SseError> {
        let mut parser = SseParser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece, &mut events)?;
        }
        Ok(events
            .into_iter()
            .map(|event| (event.name, event.data))
            .collect())
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, data)| ((*name).to_owned(), (*data).to_owned()))
            .collect();
        let bytes = text.as_bytes();
        assert_eq!(parse(&[bytes]).unwrap(), expected, "{text:?}");
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(
                parse(&[head, tail]).unwrap(),
                expected,
                "{text:?} cut at {cut}"
            );
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parse(&single).unwrap(), expected, "{text:?} byte by byte");
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_split() {
        check(
            "data: a\n\ndata:b\r\n\r\ndata: c\r\r",
            &[("", "a"), ("", "b"), ("", "c")],
        );
        check("\u{feff}data: é\u{1F600}\n\n", &[("", "é\u{1F600}")]);
        check(
            ": ping\n\nevent: error\ndata: {\ndata:  }\n\n",
            &[("error", "{\n }")],
        );
        check("event: ping\n\ndata: x\n\n", &[("", "x")]);
        check(
            "data\n\nid: 1\nretry: 5\nunknown: x\ndata: [DONE]\n\n",
            &[("", ""), ("", "[DONE]")],
        );
    }

    #[test]
    fn an_event_without_its_blank_line_is_not_an_event() {
        check("data: a\n\ndata: [DONE]\n", &[("", "a")]);
        check("data: [DONE]", &[]);
    }

    #[test]
    fn limits_and_encoding_are_errors() {
        let long = vec![b'a'; LONGEST_LINE + 1];
        assert_eq!(parse(&[&long]), Err(SseError::LineTooLong));
        let half = format!("data: {}\n", "a".repeat(LONGEST_LINE - 10));
        assert_eq!(
            parse(&[half.as_bytes(), half.as_bytes()]),
            Err(SseError::LineTooLong)
        );
        assert_eq!(parse(&[b"data: \xff\n\n"]), Err(SseError::NotUtf8));
    }

    proptest! {
        #[test]
        fn any_text_split_anywhere_gives_the_same(
            text in "(data: ?|event:|:|a|é|\r|\n|\r\n|\u{feff}){0,40}",
            cuts in proptest::collection::vec(0usize..120, 0..5),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let mut start = 0;
            let mut pieces = Vec::new();
            for cut in cuts {
                pieces.push(&bytes[start..cut]);
                start = cut;
            }
            prop_assert_eq!(parse(&pieces), parse(&[bytes]));
        }
    }
}
