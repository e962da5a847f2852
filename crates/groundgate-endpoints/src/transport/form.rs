//! One reader for replies that come whole, as server-sent events, or as a JSON value per line.
//!
//! Servers choose among the three as they like (some ignore `stream`), so that a reply form states
//! what each means and the media type decides.

use bytes::Bytes;
use serde_json::Value;

use super::{
    reply::{Fault, Head, JsonBody, Progress, ReplyReader, parse_json},
    sse::{Event, LONGEST_LINE, MOST_EVENTS, SseError, SseParser},
};

/// What the replies of one API mean.
pub trait ReplyForm: Send {
    /// What a reply becomes.
    type Output: Send;

    /// Reads a whole JSON body.
    fn json(self, body: &[u8]) -> Result<Self::Output, Fault>;

    /// Reads the next event; a line of JSON lines is an event without a name.
    fn event(&mut self, event: &Event) -> Result<Progress, Fault>;

    /// The stream has ended: an error unless it had come to its own end.
    fn ended(self) -> Result<Self::Output, Fault>;
}

/// A form that also keeps the JSON that it reads, for those who look for more in it.
#[derive(Debug)]
pub(crate) struct Keeping<F> {
    form: F,
    keeps: bool,
    json: Vec<Value>,
}

impl<F> Keeping<F> {
    /// Keeps nothing unless it `keeps`.
    pub(crate) const fn new(form: F, keeps: bool) -> Self {
        Self {
            form,
            keeps,
            json: Vec::new(),
        }
    }
}

impl<F: ReplyForm> ReplyForm for Keeping<F> {
    /// What the form made of the reply, and one JSON value per body or event.
    type Output = (F::Output, Vec<Value>);

    fn json(mut self, body: &[u8]) -> Result<Self::Output, Fault> {
        if self.keeps {
            self.json.push(parse_json(body)?);
        }
        Ok((self.form.json(body)?, self.json))
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        // What is no JSON is the form's to understand or to refuse.
        if self.keeps
            && let Ok(value) = parse_json(event.data.as_bytes())
        {
            self.json.push(value);
        }
        self.form.event(event)
    }

    fn ended(self) -> Result<Self::Output, Fault> {
        Ok((self.form.ended()?, self.json))
    }
}

/// How a body is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One JSON value.
    Json,
    /// Server-sent events.
    Events,
    /// A JSON value per line.
    Lines,
}

impl Framing {
    /// The name in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Events => "events",
            Self::Lines => "lines",
        }
    }

    /// What the media type says; where there is none, JSON. Anything else (an HTML login page) is
    /// an error.
    pub fn of(head: &Head) -> Result<Self, Fault> {
        match head.content_type.as_str() {
            "text/event-stream" => Ok(Self::Events),
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Ok(Self::Lines)
            }
            _ => head.expect_json().map(|()| Self::Json),
        }
    }
}

/// Reads a body in its framing into its form.
#[derive(Debug)]
pub struct FormReader<F> {
    form: F,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Json(JsonBody),
    Events {
        parser: SseParser,
        events: Vec<Event>,
    },
    Lines {
        line: Vec<u8>,
        count: usize,
    },
}

impl<F: ReplyForm> FormReader<F> {
    /// A reader for the framing that the head states.
    pub fn new(head: &Head, form: F) -> Result<Self, Fault> {
        Ok(Self::framed(Framing::of(head)?, form))
    }

    /// A reader for a framing that the caller knows.
    pub fn framed(framing: Framing, form: F) -> Self {
        let body = match framing {
            Framing::Json => Body::Json(JsonBody::default()),
            Framing::Events => Body::Events {
                parser: SseParser::default(),
                events: Vec::new(),
            },
            Framing::Lines => Body::Lines {
                line: Vec::new(),
                count: 0,
            },
        };
        Self { form, body }
    }
}

impl<F: ReplyForm> ReplyReader for FormReader<F> {
    type Output = F::Output;

    fn push(&mut self, bytes: Bytes) -> Result<Progress, Fault> {
        if let Body::Events { parser, .. } = &self.body
            && parser.is_new()
            && unmarked(&bytes).first() == Some(&b'{')
        {
            // No field of an event is named like this: the type was wrong.
            self.body = Body::Json(JsonBody::default());
        }
        let form = &mut self.form;
        match &mut self.body {
            Body::Json(body) => body.push(bytes),
            Body::Events { parser, events } => {
                let read = parser.push(&bytes, events);
                let mut progress = Progress::Waiting;
                for event in events.drain(..) {
                    progress = progress.max(form.event(&event)?);
                    if progress == Progress::Done {
                        return Ok(progress);
                    }
                }
                read?;
                Ok(progress)
            }
            Body::Lines { line, count } => {
                let mut progress = Progress::Waiting;
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    if line.len() + piece.len() > LONGEST_LINE {
                        return Err(SseError::LineTooLong.into());
                    }
                    line.extend_from_slice(piece);
                    if piece.ends_with(b"\n") {
                        progress = progress.max(end_line(form, line, count)?);
                    }
                }
                Ok(progress)
            }
        }
    }

    fn finish(self) -> Result<F::Output, Fault> {
        let mut form = self.form;
        match self.body {
            Body::Json(body) => {
                let body = body.finish()?;
                let body = without_done(unmarked(&body));
                if is_events(body) {
                    return read_events(form, body);
                }
                form.json(body)
            }
            Body::Events { .. } => form.ended(),
            Body::Lines {
                mut line,
                mut count,
            } => {
                end_line(&mut form, &mut line, &mut count)?;
                form.ended()
            }
        }
    }
}

/// Without a byte order mark and white space before it.
fn unmarked(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    bytes.trim_ascii_start()
}

/// Without the last event that some gateways send after a body that is no stream.
fn without_done(body: &[u8]) -> &[u8] {
    if is_events(body) {
        return body;
    }
    let Some(before) = body.trim_ascii_end().strip_suffix(b"[DONE]") else {
        return body;
    };
    let before = before.trim_ascii_end();
    before.strip_suffix(b"data:").unwrap_or(before)
}

/// Whether a body of any type is a stream of events: no JSON begins like this.
fn is_events(body: &[u8]) -> bool {
    let starts = [b"data:".as_slice(), b"event:", b"id:", b"retry:", b":"];
    starts.iter().any(|start| body.starts_with(start))
}

fn read_events<F: ReplyForm>(mut form: F, body: &[u8]) -> Result<F::Output, Fault> {
    let mut events = Vec::new();
    let read = SseParser::default().push(body, &mut events);
    for event in &events {
        if form.event(event)? == Progress::Done {
            return form.ended();
        }
    }
    read?;
    form.ended()
}

fn end_line(
    form: &mut impl ReplyForm,
    line: &mut Vec<u8>,
    count: &mut usize,
) -> Result<Progress, Fault> {
    let text = str::from_utf8(line)
        .map_err(|_not_utf8| SseError::NotUtf8)?
        .trim();
    if text.is_empty() {
        line.clear();
        return Ok(Progress::Waiting);
    }
    *count += 1;
    if *count > MOST_EVENTS {
        return Err(SseError::TooManyEvents.into());
    }
    let event = Event {
        name: String::new(),
        data: text.to_owned(),
    };
    line.clear();
    form.event(&event)
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::FailureKind;

    use super::*;

    /// Collects events; `end` is the last one.
    #[derive(Default)]
    struct Collect(Vec<String>);

    impl ReplyForm for Collect {
        type Output = Vec<String>;

        fn json(self, body: &[u8]) -> Result<Vec<String>, Fault> {
            Ok(vec![String::from_utf8_lossy(body).into_owned()])
        }

        fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
            self.0.push(event.data.clone());
            Ok(if event.data == "end" {
                Progress::Done
            } else {
                Progress::Speaking
            })
        }

        fn ended(self) -> Result<Vec<String>, Fault> {
            Ok(self.0)
        }
    }

    fn read(framing: Framing, pieces: &[&str]) -> Vec<String> {
        let mut reader = FormReader::framed(framing, Collect::default());
        for piece in pieces {
            reader.push(Bytes::from((*piece).to_owned())).unwrap();
        }
        reader.finish().unwrap()
    }

    #[test]
    fn lines_are_the_same_wherever_they_are_split() {
        let text = "{\"a\":1}\r\n\n{\"é\":2}\n{\"c\":3}";
        let whole = read(Framing::Lines, &[text]);
        assert_eq!(whole, ["{\"a\":1}", "{\"é\":2}", "{\"c\":3}"]);
        for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            assert_eq!(read(Framing::Lines, &[&text[..cut], &text[cut..]]), whole);
        }
    }

    #[test]
    fn a_body_is_read_by_what_it_is_not_by_its_type() {
        let events = "data: a\n\ndata: end\n\n";
        assert_eq!(read(Framing::Json, &[events]), ["a", "end"]);
        assert_eq!(read(Framing::Json, &["\u{feff}", events]), ["a", "end"]);
        for framing in [Framing::Json, Framing::Events] {
            for body in [
                "{\"a\":1}",
                "\u{feff}{\"a\":1}",
                "\n{\"a\":1}\n\ndata: [DONE]\n\n",
            ] {
                let found = read(framing, &[body]).concat();
                assert_eq!(found.trim(), "{\"a\":1}", "{body:?}");
            }
        }
    }

    #[test]
    fn nothing_after_the_end_is_read() {
        let pieces = "data: a\n\ndata: end\n\ndata: late\n\n";
        assert_eq!(read(Framing::Events, &[pieces]), ["a", "end"]);
    }

    #[test]
    fn a_line_has_a_limit() {
        let mut reader = FormReader::framed(Framing::Lines, Collect::default());
        let fault = reader
            .push(Bytes::from(vec![b' '; LONGEST_LINE + 1]))
            .unwrap_err();
        assert_eq!(fault.class.kind, FailureKind::TooLarge);
    }
}
