//! Any HTTP endpoint that takes and gives JSON, described by configuration: where the question goes
//! in the body, and where the answer and its passages are in the reply.

use std::sync::Arc;

use groundgate_model::{
    eval_set::Case,
    exchange::{Answer, CallFailure, Usage},
    manifest::{Manifest, Written},
    unit::Usd,
};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{
    Copilot,
    chat::conversation,
    delivered::{delivered, spoken},
    extract::{PassagePaths, PathError, first_word, last_count, optional_path, path},
    template::{Template, TemplateError},
};
use crate::{
    chat::{BoxFuture, Price, Said, text_of},
    transport::{
        Call, Client, Fault, FormReader, Framing, Progress, ReplyForm, Target,
        error_body::{self, ErrorBody, from_json},
        excerpt, parse_json,
        sse::Event,
    },
};

/// How a stream says that it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEnd {
    /// By an event whose data is `[DONE]`.
    Done,
    /// By an event in which this JSONPath leads to something other than null or false.
    At(String),
    /// Not at all: it just ends. A stream that was cut is then noticed only where HTTP notices it.
    Close,
}

/// An endpoint as meant.
#[derive(Debug, Clone)]
pub struct HttpCopilotSettings {
    /// Added to the endpoint's URL.
    pub path: String,
    /// JSON in which `{{question}}`, `{{history}}`, `{{messages}}`, `{{case_id}}` and `{{attempt}}`
    /// are filled in.
    pub body: String,
    /// JSONPath to the answer; several strings are joined. In a stream, to each event's part of it.
    pub answer: String,
    /// Where the passages are.
    pub passages: Option<PassagePaths>,
    /// JSONPath to the number of tokens read.
    pub input_tokens: Option<String>,
    /// JSONPath to the number of tokens written.
    pub output_tokens: Option<String>,
    /// JSONPath to the model's name.
    pub model: Option<String>,
    /// JSONPath to why the model stopped.
    pub finish_reason: Option<String>,
    /// How the body is divided; `None` to go by its media type.
    pub framing: Option<Framing>,
    /// How a stream says that it is whole.
    pub stream_end: StreamEnd,
    /// What the tokens cost.
    pub price: Option<Price>,
    /// The most tokens that an answer can have, for the worst cost.
    pub max_output_tokens: u32,
}

/// Settings of which no copilot can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpCopilotError {
    /// The body.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A path.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Asks any endpoint.
#[derive(Debug)]
pub struct HttpCopilot {
    client: Arc<Client>,
    target: Target,
    template: Template,
    paths: Paths,
    price: Option<Price>,
    max_output_tokens: u32,
}

#[derive(Debug)]
struct Paths {
    answer: JsonPath,
    passages: Option<PassagePaths>,
    input_tokens: Option<JsonPath>,
    output_tokens: Option<JsonPath>,
    model: Option<JsonPath>,
    finish_reason: Option<JsonPath>,
    framing: Option<Framing>,
    end: End,
}

#[derive(Debug)]
enum End {
    Done,
    At(JsonPath),
    Close,
}

impl Paths {
    fn added_to(&self, manifest: Manifest) -> Manifest {
        let Self {
            answer,
            passages,
            input_tokens,
            output_tokens,
            model,
            finish_reason,
            framing,
            end,
        } = self;
        let text = |path: &Option<JsonPath>| path.as_ref().map(JsonPath::to_string);
        let end = match end {
            End::Done => Manifest::of("done"),
            End::At(path) => Manifest::of("at").with("path", path.to_string()),
            End::Close => Manifest::of("close"),
        };
        manifest
            .with("answer", answer.to_string())
            .with_some("passages", passages.as_ref().map(PassagePaths::manifest))
            .with_some("input-tokens", text(input_tokens))
            .with_some("output-tokens", text(output_tokens))
            .with_some("model-path", text(model))
            .with_some("finish-reason", text(finish_reason))
            .with_some("framing", framing.map(Framing::name))
            .with("stream-end", end)
    }
}

impl HttpCopilot {
    /// A copilot at the client's endpoint.
    pub fn new(
        client: Arc<Client>,
        settings: &HttpCopilotSettings,
    ) -> Result<Self, HttpCopilotError> {
        let paths = Paths {
            answer: path(&settings.answer)?,
            passages: settings.passages.clone(),
            input_tokens: optional_path(settings.input_tokens.as_deref())?,
            output_tokens: optional_path(settings.output_tokens.as_deref())?,
            model: optional_path(settings.model.as_deref())?,
            finish_reason: optional_path(settings.finish_reason.as_deref())?,
            framing: settings.framing,
            end: match &settings.stream_end {
                StreamEnd::Done => End::Done,
                StreamEnd::At(text) => End::At(path(text)?),
                StreamEnd::Close => End::Close,
            },
        };
        Ok(Self {
            target: client.target(&settings.path),
            template: Template::parse(&settings.body)?,
            client,
            paths,
            price: settings.price,
            max_output_tokens: settings.max_output_tokens,
        })
    }

    async fn send(&self, case: &Case, attempt: u32) -> Result<Answer, CallFailure> {
        let body = self.template.fill(case, attempt).to_string();
        let call = Call::post_json(&self.target, body);
        let reply = self
            .client
            .call(&call, |head| {
                let framing = match self.paths.framing {
                    Some(framing) => framing,
                    None => Framing::of(head)?,
                };
                Ok(FormReader::framed(framing, AnswerForm::new(&self.paths)))
            })
            .await?;
        let answer = reply.output;
        self.client.settle(&call, answer.usage);
        let answer = Answer {
            cost: self
                .price
                .and_then(|price| price.cost(answer.usage))
                .or(reply.head.response_cost),
            timing: reply.timing,
            ..answer
        };
        delivered(&self.client, answer)
    }
}

impl Copilot for HttpCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(self.send(case, attempt))
    }

    fn worst_cost(&self, case: &Case) -> Option<Usd> {
        let messages = conversation(None, case);
        self.price?.worst(&messages, self.max_output_tokens)
    }

    fn describe(&self) -> String {
        format!("http {}", self.target)
    }

    fn manifest(&self) -> Manifest {
        let manifest = self.client.manifest("http", &self.target);
        self.paths
            .added_to(manifest)
            .with("body", Written::text(self.template.written()))
    }
}

/// The error that a reply states, or its first choice.
fn stated_error(reply: &Value) -> Option<ErrorBody> {
    let places = [Some(reply), reply.pointer("/choices/0")];
    let is_error = |place: &&Value| place.get("error").is_some_and(|error| !error.is_null());
    from_json(places.into_iter().flatten().find(is_error)?)
}

/// Why the model stopped, where replies usually say so and no path is set.
const USUAL_REASONS: [&str; 5] = [
    "/choices/0/finish_reason",
    "/candidates/0/finishReason",
    "/finish_reason",
    "/stop_reason",
    "/stopReason",
];

fn usual_reason(reply: &Value) -> Option<&str> {
    let mut places = USUAL_REASONS.iter();
    places.find_map(|place| reply.pointer(place)?.as_str())
}

/// Reads a reply by the configured paths.
struct AnswerForm<'a> {
    paths: &'a Paths,
    replies: Vec<Value>,
    text: String,
    found: bool,
    whole: bool,
}

impl<'a> AnswerForm<'a> {
    const fn new(paths: &'a Paths) -> Self {
        Self {
            paths,
            replies: Vec::new(),
            text: String::new(),
            found: false,
            whole: false,
        }
    }

    const fn progress(&self) -> Progress {
        if self.text.is_empty() {
            Progress::Waiting
        } else {
            Progress::Speaking
        }
    }

    fn read(&mut self, reply: Value) -> Result<(), Fault> {
        let mut found = false;
        let before = self.text.len();
        for node in self.paths.answer.query(&reply) {
            match node {
                Value::String(_) | Value::Array(_) => {
                    self.text.push_str(&text_of(node));
                    found = true;
                }
                Value::Null => {}
                Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                    return Err(Fault::malformed(format!(
                        "the answer at `{}` is not a text: {}",
                        self.paths.answer,
                        excerpt(node.to_string().as_bytes()),
                    )));
                }
            }
        }
        // An error beside a text of this reply's own is left to its ending.
        let says_nothing = self.text.len() == before;
        if says_nothing && let Some(error) = stated_error(&reply) {
            return Err(Fault::reported(&error, self.progress()));
        }
        self.found |= found;
        self.replies.push(reply);
        Ok(())
    }

    fn answer(self) -> Result<Answer, Fault> {
        let paths = self.paths;
        if !self.found {
            let last = self
                .replies
                .last()
                .map(Value::to_string)
                .unwrap_or_default();
            return Err(Fault::malformed(format!(
                "the reply has no answer at `{}`: {}",
                paths.answer,
                excerpt(last.as_bytes()),
            )));
        }
        let last_word = |path: Option<&JsonPath>| {
            let mut replies = self.replies.iter().rev();
            replies.find_map(|reply| first_word(path, reply))
        };
        let passages = match &paths.passages {
            Some(passages) => passages.find(&self.replies)?,
            None => None,
        };
        let mut replies = self.replies.iter().rev();
        let stated = replies.find_map(usual_reason).map(str::to_owned);
        let said = Said {
            usage: Usage {
                input_tokens: last_count(paths.input_tokens.as_ref(), &self.replies),
                output_tokens: last_count(paths.output_tokens.as_ref(), &self.replies),
                ..Usage::default()
            },
            model: last_word(paths.model.as_ref()),
            finish_reason: last_word(paths.finish_reason.as_ref()).or(stated),
            text: self.text,
            ..Said::default()
        };
        Ok(Answer {
            passages,
            ..spoken(said.concluded())
        })
    }
}

impl ReplyForm for AnswerForm<'_> {
    type Output = Answer;

    fn json(mut self, body: &[u8]) -> Result<Answer, Fault> {
        self.read(parse_json(body)?)?;
        self.answer()
    }

    fn event(&mut self, event: &Event) -> Result<Progress, Fault> {
        if event.data == "[DONE]" {
            self.whole = true;
            return Ok(Progress::Done);
        }
        if event.name == "error" {
            let error = error_body::read(event.data.as_bytes());
            return Err(Fault::reported(&error, self.progress()));
        }
        let reply = parse_json(event.data.as_bytes())?;
        let at_end = match &self.paths.end {
            End::At(path) => path
                .query(&reply)
                .iter()
                .any(|node| !matches!(node, Value::Null | Value::Bool(false))),
            End::Done | End::Close => false,
        };
        self.read(reply)?;
        if at_end {
            self.whole = true;
            return Ok(Progress::Done);
        }
        Ok(self.progress())
    }

    fn ended(self) -> Result<Answer, Fault> {
        if self.whole || matches!(self.paths.end, End::Close) {
            self.answer()
        } else {
            Err(Fault::cut(
                "the stream ended without its last event",
                self.progress(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::exchange::{FailureKind, Passage};

    use super::*;

    fn paths(end: End) -> Paths {
        Paths {
            answer: path("$.answer").unwrap(),
            passages: Some(PassagePaths::new("$.docs", "$.t", Some("$.i"), None).unwrap()),
            input_tokens: optional_path(Some("$.usage.in")).unwrap(),
            output_tokens: None,
            model: optional_path(Some("$.model")).unwrap(),
            finish_reason: None,
            framing: None,
            end,
        }
    }

    fn stream(end: End, events: &[&str]) -> Result<Answer, Fault> {
        let paths = paths(end);
        let mut form = AnswerForm::new(&paths);
        for data in events {
            let event = Event {
                name: String::new(),
                data: (*data).to_owned(),
            };
            if form.event(&event)? == Progress::Done {
                break;
            }
        }
        form.ended()
    }

    #[test]
    fn a_plain_reply_is_read_by_its_paths() {
        let paths = paths(End::Done);
        let body = br#"{"answer":"a","docs":[{"t":"x","i":1}],"usage":{"in":9},"model":"m"}"#;
        let answer = AnswerForm::new(&paths).json(body).unwrap();
        assert_eq!(answer.text, "a");
        assert_eq!(answer.usage.input_tokens, Some(9));
        assert_eq!(answer.model.as_deref(), Some("m"));
        let passage = Passage {
            id: Some("1".to_owned()),
            text: "x".to_owned(),
            source: None,
        };
        assert_eq!(answer.passages, Some(vec![passage]));
    }

    #[test]
    fn a_stream_is_whole_only_with_its_end() {
        let parts = [r#"{"answer":"a"}"#, r#"{"answer":"b","docs":["x"]}"#];
        let kind = |result: Result<Answer, Fault>| result.unwrap_err().class.kind;
        assert_eq!(kind(stream(End::Done, &parts)), FailureKind::Cut);
        assert_eq!(stream(End::Close, &parts).unwrap().text, "ab");
        let done = [parts[0], parts[1], "[DONE]", "late"];
        let answer = stream(End::Done, &done).unwrap();
        assert_eq!(answer.text, "ab");
        assert_eq!(answer.passages.unwrap().len(), 1);
        let at = || End::At(path("$.final").unwrap());
        let early = [parts[0], r#"{"answer":"b","final":false}"#];
        assert_eq!(kind(stream(at(), &early)), FailureKind::Cut);
        let last = [parts[0], r#"{"answer":"b","final":true}"#, "late"];
        assert_eq!(stream(at(), &last).unwrap().text, "ab");
    }

    #[test]
    fn what_is_no_answer_is_a_fault() {
        let paths = paths(End::Done);
        let fault = |body: &str| AnswerForm::new(&paths).json(body.as_bytes()).unwrap_err();
        for (body, kind, words) in [
            ("{}", FailureKind::Malformed, "no answer at `$.answer`: {}"),
            (r#"{"answer":null}"#, FailureKind::Malformed, "no answer at"),
            (
                r#"{"answer":7}"#,
                FailureKind::Malformed,
                "is not a text: 7",
            ),
            (
                r#"{"error":{"message":"down"}}"#,
                FailureKind::Server,
                "reports an error: down",
            ),
        ] {
            let fault = fault(body);
            assert_eq!(fault.class.kind, kind, "{body}");
            assert!(fault.message.contains(words), "{}", fault.message);
        }
    }
}
