//! Answers that were recorded earlier, one JSON object a line: no network, no cost.
//!
//! The caller reads the file; here it is parsed, wholly and with every mistake at once.

use std::{collections::BTreeMap, future::ready, io::Read as _, time::Duration};

use flate2::read::MultiGzDecoder;
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    eval_set::Case,
    exchange::{Answer, CallFailure, FailureKind, Passage, Timing, Usage},
    manifest::{Manifest, Written},
    unit::Usd,
};
use serde_json::{Map, Value};

use super::{
    Copilot,
    delivered::{answered, spoken},
};
use crate::chat::{BoxFuture, Said};

/// The largest file, decompressed, in bytes.
const LARGEST_FILE: u64 = 2 << 30;

/// Fields of a line. `question` and `metadata` are for people and not read.
const FIELDS: [&str; 13] = [
    "answer",
    "attempt",
    "case_id",
    "cost_usd",
    "error",
    "finish_reason",
    "latency_ms",
    "metadata",
    "model",
    "passages",
    "question",
    "ttft_ms",
    "usage",
];

pub(super) type Recorded = Result<Answer, CallFailure>;

/// Answers from a file.
#[derive(Debug, Clone)]
pub struct RecordedCopilot {
    file: String,
    contents: Written,
    by_case: BTreeMap<String, BTreeMap<Option<u32>, Recorded>>,
}

impl RecordedCopilot {
    /// Parses JSON lines, gzipped or not. A line has `case_id`, `answer` with `latency_ms` or
    /// `error`, and optionally `attempt` (without it, the line answers every attempt), `passages`,
    /// `usage`, `ttft_ms`, `cost_usd`, `model` and `finish_reason`.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Mistakes> {
        let one = |message: String| Mistakes(vec![Mistake::in_file(file, message)]);
        let mut unpacked = Vec::new();
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
            MultiGzDecoder::new(bytes)
                .take(LARGEST_FILE + 1)
                .read_to_end(&mut unpacked)
                .map_err(|error| one(format!("cannot decompress: {error}")))?;
            unpacked.as_slice()
        } else {
            bytes
        };
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_FILE {
            return Err(one(format!("is larger than {LARGEST_FILE} bytes")));
        }
        let text = str::from_utf8(bytes).map_err(|error| one(format!("is not UTF-8: {error}")))?;
        let mut parsed = Self {
            file: file.to_owned(),
            contents: Written::bytes(bytes),
            by_case: BTreeMap::new(),
        };
        let mut mistakes = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if let Err(faults) = parsed.add(line) {
                mistakes.extend(faults.into_iter().map(|message| Mistake {
                    excerpt: Some(line.chars().take(200).collect()),
                    ..Mistake::in_file(file, message).on_line(index + 1)
                }));
            }
        }
        if parsed.by_case.is_empty() && mistakes.is_empty() {
            return Err(one("holds no recorded answer".to_owned()));
        }
        if mistakes.is_empty() {
            Ok(parsed)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// How many cases have something recorded.
    pub fn n_cases(&self) -> usize {
        self.by_case.len()
    }

    fn add(&mut self, line: &str) -> Result<(), Vec<String>> {
        let fields: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| vec![format!("not a JSON object: {error}")])?;
        let mut line = Line {
            fields: &fields,
            faults: Vec::new(),
        };
        for name in fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
        {
            line.faults.push(format!("unknown field `{name}`"));
        }
        let case_id = line.text("case_id");
        if case_id.as_deref().unwrap_or_default().is_empty() {
            line.fault("case_id", "is missing or empty");
        }
        let attempt = line.count("attempt").map(u32::try_from).transpose();
        let attempt = attempt.unwrap_or_else(|_too_large| {
            line.fault("attempt", "is too large");
            None
        });
        let recorded = line.recorded(None);
        let attempts = self.by_case.entry(case_id.unwrap_or_default()).or_default();
        if line.faults.is_empty() && attempts.contains_key(&attempt) {
            line.fault("case_id", "is recorded twice for the same attempt");
        }
        match recorded {
            Some(recorded) if line.faults.is_empty() => {
                attempts.insert(attempt, recorded);
                Ok(())
            }
            Some(_) | None => Err(line.faults),
        }
    }
}

impl Copilot for RecordedCopilot {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        let attempts = self.by_case.get(&case.id);
        let recorded = attempts
            .and_then(|attempts| attempts.get(&Some(attempt)).or_else(|| attempts.get(&None)))
            .cloned()
            .unwrap_or_else(|| {
                Err(CallFailure {
                    kind: FailureKind::Absent,
                    message: format!(
                        "`{}` holds no answer to case `{}`, attempt {attempt}",
                        self.file, case.id
                    ),
                    tries: 0,
                    failed_tries: Vec::new(),
                    cost: None,
                })
            });
        Box::pin(ready(recorded))
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        Some(Usd::ZERO)
    }

    fn describe(&self) -> String {
        format!("recorded answers of `{}`", self.file)
    }

    fn is_live(&self) -> bool {
        false
    }

    fn manifest(&self) -> Manifest {
        Manifest::of("recorded").with("answers", self.contents.clone())
    }
}

/// Reads what a command has printed: a line without `case_id` and `latency_ms`, which are known.
pub(super) fn parse_printed(text: &str, measured: Timing) -> Result<Recorded, Vec<String>> {
    let fields: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| vec![format!("not a JSON object: {error}")])?;
    let mut line = Line {
        fields: &fields,
        faults: Vec::new(),
    };
    line.recorded(Some(measured)).ok_or(line.faults)
}

/// One line while it is read: its fields and what is wrong with them.
struct Line<'a> {
    fields: &'a Map<String, Value>,
    faults: Vec<String>,
}

impl Line<'_> {
    fn fault(&mut self, field: &str, what: &str) {
        self.faults.push(format!("field `{field}` {what}"));
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn text(&mut self, field: &str) -> Option<String> {
        let value = self.get(field)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.fault(field, "is not a text");
        }
        text
    }

    fn count(&mut self, field: &str) -> Option<u64> {
        let value = self.get(field)?;
        let count = value.as_u64();
        if count.is_none() {
            self.fault(field, "is not a whole number from 0 on");
        }
        count
    }

    /// Latencies are often recorded with a fraction, which is dropped.
    fn milliseconds(&mut self, field: &str) -> Option<u64> {
        let seconds = self
            .get(field)?
            .as_f64()
            .map(|milliseconds| milliseconds / 1000.0);
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let whole = duration.and_then(|duration| u64::try_from(duration.as_millis()).ok());
        if whole.is_none() {
            self.fault(field, "is not a number of milliseconds");
        }
        whole
    }

    /// The answer or the error of the line; nothing where a fault was noted instead.
    fn recorded(&mut self, measured: Option<Timing>) -> Option<Recorded> {
        match (self.get("answer").is_some(), self.get("error").is_some()) {
            (true, false) => self.answer(measured).map(answered),
            (false, true) => self.error().map(Err),
            (true, true) => {
                self.faults.push("has both `answer` and `error`".to_owned());
                None
            }
            (false, false) => {
                self.faults
                    .push("has neither `answer` nor `error`".to_owned());
                None
            }
        }
    }

    /// When the call was not measured, the line says how long it took: a latency that nobody
    /// knows must not look like none.
    fn timing(&mut self) -> Timing {
        if self.get("latency_ms").is_none() {
            self.fault("latency_ms", "is missing");
        }
        Timing {
            latency_ms: self.milliseconds("latency_ms").unwrap_or_default(),
            ttft_ms: self.milliseconds("ttft_ms"),
            tries: 1,
            ..Timing::default()
        }
    }

    fn answer(&mut self, measured: Option<Timing>) -> Option<Answer> {
        let timing = measured.unwrap_or_else(|| self.timing());
        let said = Said {
            text: self.text("answer").unwrap_or_default(),
            usage: self.usage(),
            model: self.text("model"),
            finish_reason: self.text("finish_reason"),
            ..Said::default()
        };
        let answer = Answer {
            passages: self.passages(),
            cost: self.cost(),
            timing,
            ..spoken(said.concluded())
        };
        self.faults.is_empty().then_some(answer)
    }

    fn error(&mut self) -> Option<CallFailure> {
        let error = self.get("error")?;
        let (kind, message) = if let Some(message) = error.as_str() {
            (Some(FailureKind::Server), Some(message.to_owned()))
        } else {
            let kind = error.get("kind").cloned().unwrap_or_default();
            let message = error.get("message").and_then(Value::as_str);
            (
                serde_json::from_value(kind).ok(),
                message.map(str::to_owned),
            )
        };
        let (Some(kind), Some(message)) = (kind, message) else {
            self.fault(
                "error",
                "is neither a text nor an object with `kind` and `message`",
            );
            return None;
        };
        Some(CallFailure {
            kind,
            message,
            tries: 1,
            failed_tries: Vec::new(),
            cost: None,
        })
    }

    fn passages(&mut self) -> Option<Vec<Passage>> {
        let Some(elements) = self.get("passages")?.as_array().cloned() else {
            self.fault("passages", "is not a list");
            return None;
        };
        let mut passages = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            match serde_json::from_value(element.clone()) {
                Ok(passage) => passages.push(passage),
                Err(error) => self.fault(
                    &format!("passages[{index}]"),
                    &format!("is no passage: {error}"),
                ),
            }
        }
        Some(passages)
    }

    fn usage(&mut self) -> Usage {
        let Some(usage) = self.get("usage").cloned() else {
            return Usage::default();
        };
        serde_json::from_value(usage).unwrap_or_else(|error| {
            self.fault("usage", &format!("has no token counts: {error}"));
            Usage::default()
        })
    }

    fn cost(&mut self) -> Option<Usd> {
        let cost = self.get("cost_usd")?.as_f64().and_then(Usd::from_dollars);
        if cost.is_none() {
            self.fault("cost_usd", "is not an amount of dollars");
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::{super::template::tests::case, *};

    const LINES: &str = r#"{"case_id":"a","answer":"yes","latency_ms":12.9,"passages":[{"id":"1","text":"t","source":null}],"usage":{"input_tokens":5,"output_tokens":2},"cost_usd":0.001,"model":"m"}

{"case_id":"b","attempt":1,"answer":"","latency_ms":3,"question":"?"}
{"case_id":"b","error":{"kind":"timeout","message":"too late"}}
{"case_id":"c","error":"down"}
"#;

    async fn ask(copilot: &RecordedCopilot, id: &str, attempt: u32) -> Recorded {
        copilot.ask(&case(id, "?"), attempt).await
    }

    #[tokio::test]
    async fn recorded_answers_and_errors_come_back() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(LINES.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        for bytes in [LINES.as_bytes(), &packed] {
            let copilot = RecordedCopilot::parse("r.jsonl", bytes).unwrap();
            assert_eq!(copilot.n_cases(), 3);
            let answer = ask(&copilot, "a", 4).await.unwrap();
            assert_eq!(answer.timing.latency_ms, 12);
            assert_eq!(answer.usage.output_tokens, Some(2));
            assert_eq!(answer.cost, Usd::from_dollars(0.001));
            assert_eq!(answer.passages.unwrap()[0].text, "t");
            let kind = |recorded: Recorded| recorded.unwrap_err().kind;
            assert_eq!(kind(ask(&copilot, "b", 1).await), FailureKind::Empty);
            assert_eq!(kind(ask(&copilot, "b", 0).await), FailureKind::Timeout);
            assert_eq!(kind(ask(&copilot, "c", 0).await), FailureKind::Server);
            assert_eq!(kind(ask(&copilot, "d", 0).await), FailureKind::Absent);
        }
    }

    #[test]
    fn every_mistake_is_reported_with_its_line_and_field() {
        let text = concat!(
            "{\"case_id\":\"\",\"answer\":1,\"latency_ms\":-1,\"colour\":2}\n",
            "nonsense\n",
            "{\"case_id\":\"a\",\"answer\":\"x\"}\n",
            "{\"case_id\":\"a\",\"answer\":\"x\",\"error\":\"y\"}\n",
            "{\"case_id\":\"a\"}\n",
            "{\"case_id\":\"a\",\"answer\":\"x\",\"latency_ms\":1,\"passages\":[{\"id\":\"1\"}],\"usage\":7,\"cost_usd\":-2}\n",
            "{\"case_id\":\"a\",\"error\":{\"kind\":\"odd\",\"message\":\"y\"}}\n",
            "{\"case_id\":\"b\",\"answer\":\"x\",\"latency_ms\":1}\n",
            "{\"case_id\":\"b\",\"answer\":\"x\",\"latency_ms\":1}\n",
        );
        let shown = RecordedCopilot::parse("r.jsonl", text.as_bytes())
            .unwrap_err()
            .to_string();
        for expected in [
            "r.jsonl:1: unknown field `colour`",
            "r.jsonl:1: field `case_id` is missing or empty",
            "r.jsonl:1: field `latency_ms` is not a number of milliseconds",
            "r.jsonl:1: field `answer` is not a text",
            "r.jsonl:2: not a JSON object",
            "r.jsonl:3: field `latency_ms` is missing",
            "r.jsonl:4: has both `answer` and `error`",
            "r.jsonl:5: has neither `answer` nor `error`",
            "r.jsonl:6: field `passages[0]` is no passage: missing field `text`",
            "r.jsonl:6: field `usage` has no token counts",
            "r.jsonl:6: field `cost_usd` is not an amount of dollars",
            "r.jsonl:7: field `error` is neither",
            "r.jsonl:9: field `case_id` is recorded twice for the same attempt",
        ] {
            assert!(shown.contains(expected), "{expected}\nin\n{shown}");
        }
        assert_eq!(shown.lines().count(), 13, "{shown}");
    }

    #[test]
    fn a_file_without_answers_is_a_mistake() {
        for bytes in [b"".as_slice(), b"\n\n", b"\xff", &[0x1f, 0x8b, 1]] {
            assert!(RecordedCopilot::parse("r.jsonl", bytes).is_err());
        }
    }
}
