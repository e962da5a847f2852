//! `groundgate runs import`: a record from answers and scores that another tool made.
//!
//! Each line is one trial: the case as in an eval set, the answer or the error, passages, and the
//! scores by metric name. The type of a score is declared, never guessed: two files of the same
//! metric must not disagree about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use groundgate_judge::{OfflineJudge, Subject, known_metric};
use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    eval_set::{Case, EvalSet, WrittenCase, folded},
    exchange::{Answer, CallFailure, FailureKind, Passage, Timing, Usage},
    manifest::Manifest,
    trial::{
        Call, CallKey, Callee, DataType, InstrumentKind, MetricSpec, Outcome, Reply, Score, Trial,
        Unscored, builtin_metric,
    },
    unit::{Digest, Usd},
};
use groundgate_record::{Header, MetricSource, Origin, Status, Writer};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    app::App,
    clock,
    error::{AppError, ErrorClass},
    files, runs,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    case: WrittenCase,
    #[serde(default)]
    attempt: u32,
    answer: Option<String>,
    error: Option<String>,
    passages: Option<Vec<Passage>>,
    latency_ms: Option<u64>,
    model: Option<String>,
    #[serde(default)]
    scores: UniqueKeys,
}

/// Scores by metric; a metric that comes twice is an error instead of a silent choice.
#[derive(Default)]
struct UniqueKeys(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = UniqueKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of scores by metric")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueKeys, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = access.next_entry::<String, Value>()? {
                    if map.contains_key(&key) {
                        return Err(A::Error::custom(format!("two scores of `{key}`")));
                    }
                    map.insert(key, value);
                }
                Ok(UniqueKeys(map))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

/// A line whose case is as every reader of eval sets wants it.
struct Line {
    number: usize,
    case: Case,
    attempt: u32,
    answer: Option<String>,
    error: Option<String>,
    passages: Option<Vec<Passage>>,
    latency_ms: Option<u64>,
    model: Option<String>,
    scores: BTreeMap<String, Value>,
}

impl Line {
    fn new(number: usize, written: Written) -> Result<Self, Vec<String>> {
        Ok(Self {
            number,
            case: written.case.into_case()?,
            attempt: written.attempt,
            answer: written.answer,
            error: written.error,
            passages: written.passages,
            latency_ms: written.latency_ms,
            model: written.model,
            scores: written.scores.0,
        })
    }

    /// The answer, or why there is none.
    fn take_answer(&mut self) -> Result<Answer, CallFailure> {
        let Some(text) = self.answer.take() else {
            return Err(CallFailure {
                kind: FailureKind::Absent,
                message: self.error.take().unwrap_or_default(),
                tries: 0,
                failed_tries: Vec::new(),
                cost: None,
            });
        };
        Ok(Answer {
            text,
            passages: self.passages.take(),
            usage: Usage::default(),
            cost: None,
            model: self.model.take(),
            finish_reason: None,
            ending: groundgate_model::exchange::Ending::Unknown,
            thinking: None,
            timing: Timing {
                latency_ms: self.latency_ms.unwrap_or(0),
                ttft_ms: None,
                tries: 1,
                ..Timing::default()
            },
        })
    }
}

/// What is imported, and as what.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// JSON Lines, plain or `.gz`.
    pub file: PathBuf,
    /// The variant's name in reports.
    pub name: String,
    /// What values a metric takes: `NAME=binary`, `fraction`, `ordinal:LOW:HIGH` or `amount:UNIT`.
    pub metric: Vec<String>,
    /// Who measured the scores; runs of different instruments are not compared.
    pub instrument: String,
    /// Whether the embedded judge scores the answers, too, as `embedded_groundedness` and so on.
    pub judge: bool,
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSummary {
    /// The record's run.
    pub run_id: String,
    /// Trials that the file held.
    pub imported: usize,
    /// Trials that every case and attempt would make.
    pub planned: usize,
}

/// Makes a record in `directory`.
pub fn run(app: &App, args: &ImportRequest, directory: &Path) -> Result<ImportSummary, AppError> {
    let declared: Vec<MetricSpec> = args
        .metric
        .iter()
        .map(|text| metric(text))
        .collect::<Result<_, _>>()?;
    let name = args.file.display().to_string();
    let lines = read(&name, &files::read_text(&args.file)?)?;
    let specs = specs(&name, &lines, &declared)?;
    let judge = if args.judge {
        Some(super::bundled::judge()?)
    } else {
        None
    };
    let imported = Imported::new(lines, specs, judge)?;
    let at = app.now();
    let mut header = imported.header(
        args,
        Stamp {
            run_id: clock::run_id(at, app.surroundings().process, 0),
            created_at: clock::rfc3339(at),
            initiator: app.surroundings().initiator.clone(),
        },
    );
    files::create_dir(directory)?;
    header.earlier_tries = runs::finished_with_plan(directory, header.plan_digest)?;
    let path = runs::path(directory, &header.run_id);
    let mut writer = Writer::create(&path, &header, &imported.eval_set.cases)?;
    writer.append(&imported.calls, &imported.trials)?;
    let n = imported.trials.len();
    let planned = imported.eval_set.cases.len() * usize::try_from(header.attempts).unwrap_or(1);
    writer.finish(if n == planned {
        Status::Complete
    } else {
        Status::Interrupted
    })?;
    Ok(ImportSummary {
        run_id: header.run_id,
        imported: n,
        planned,
    })
}

/// `groundedness=binary`, `relevance=ordinal:1:5`, `latency_ms=amount:ms`.
fn metric(text: &str) -> Result<MetricSpec, AppError> {
    let wrong = || {
        AppError::usage(format!("`{text}` does not declare a metric"))
            .with_help("as NAME=binary, NAME=fraction, NAME=ordinal:LOW:HIGH or NAME=amount:UNIT")
    };
    let (name, kind) = text.split_once('=').ok_or_else(wrong)?;
    let parts: Vec<&str> = kind.split(':').collect();
    match parts.as_slice() {
        ["binary"] => Ok(MetricSpec::score(name, DataType::Binary)),
        ["fraction"] => Ok(MetricSpec::score(name, DataType::Fraction)),
        ["amount", unit] => Ok(MetricSpec::amount(name, unit)),
        ["ordinal", low, high] => {
            let (low, high) = low.parse().ok().zip(high.parse().ok()).ok_or_else(wrong)?;
            if low < high {
                Ok(MetricSpec::score(name, DataType::Ordinal { low, high }))
            } else {
                Err(wrong())
            }
        }
        _ => Err(wrong()),
    }
}

fn read(name: &str, text: &str) -> Result<Vec<Line>, AppError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut mistakes = Vec::new();
    for (index, text) in text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, text)| !text.trim().is_empty())
    {
        match serde_json::from_str::<Written>(text) {
            Ok(line) if line.answer.is_some() == line.error.is_some() => mistakes.push(
                Mistake::in_file(name, "a trial has either `answer` or `error`").on_line(index + 1),
            ),
            Ok(line) => match Line::new(index + 1, line) {
                Ok(line) => lines.push(line),
                Err(wrong) => mistakes.extend(wrong.into_iter().map(|message| {
                    Mistake::in_file(name, format!("case: {message}")).on_line(index + 1)
                })),
            },
            Err(error) => {
                mistakes.push(Mistake::in_file(name, error.to_string()).on_line(index + 1));
            }
        }
    }
    mistakes.extend(look_alikes(name, &lines));
    match counted_attempts(&lines) {
        Ok(first) => lines.iter_mut().for_each(|line| line.attempt -= first),
        Err(message) => mistakes.push(Mistake::in_file(name, message)),
    }
    if !mistakes.is_empty() {
        return Err(Mistakes(mistakes).into());
    }
    if lines.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            format!("`{name}` holds no trial"),
        ));
    }
    Ok(lines)
}

/// Ids that people or file systems would take for the same.
fn look_alikes(name: &str, lines: &[Line]) -> Vec<Mistake> {
    let mut seen: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for line in lines {
        let id = line.case.id.as_str();
        let (earlier, at) = *seen.entry(folded(id)).or_insert((id, line.number));
        if earlier != id {
            let message = format!(
                "case id `{id}` differs from `{earlier}` on line {at} only in case or Unicode form"
            );
            mistakes.push(Mistake::in_file(name, message).on_line(line.number));
        }
    }
    mistakes
}

/// From where attempts are counted: 0 or 1, without a gap.
fn counted_attempts(lines: &[Line]) -> Result<u32, String> {
    let used: BTreeSet<u32> = lines.iter().map(|line| line.attempt).collect();
    let (Some(first), Some(last)) = (used.first(), used.last()) else {
        return Ok(0);
    };
    let is_whole = usize::try_from(last - first).is_ok_and(|gap| gap + 1 == used.len());
    if *first > 1 || !is_whole {
        return Err(format!(
            "attempts are counted from 0 or from 1 without a gap, and here they go from {first} to {last} with {} of these numbers",
            used.len()
        ));
    }
    Ok(*first)
}

/// A metric that means the same everywhere is made of what it is made of everywhere.
fn as_known(spec: MetricSpec) -> MetricSpec {
    let known = known_metric(&spec.name).filter(|known| known.data_type == spec.data_type);
    known.unwrap_or(spec)
}

/// Every score's metric, declared or built in.
fn specs(name: &str, lines: &[Line], declared: &[MetricSpec]) -> Result<Vec<MetricSpec>, AppError> {
    // What was declared is measured, even where every answer failed and has no score.
    let declared_names = declared.iter().map(|spec| &spec.name);
    let scored = lines.iter().flat_map(|line| line.scores.keys());
    let names: BTreeSet<&String> = scored.chain(declared_names).collect();
    let (mut specs, mut mistakes) = (Vec::new(), Vec::new());
    for metric in names {
        let given = declared.iter().find(|spec| spec.name == *metric).cloned();
        match given.or_else(|| builtin_metric(metric)) {
            Some(spec) => specs.push(as_known(spec)),
            None => mistakes.push(
                Mistake::in_file(
                    name,
                    format!("nobody said what values the metric `{metric}` takes"),
                )
                .with_help(format!(
                    "add --metric {metric}=binary (or fraction, ordinal:1:5, amount:UNIT)"
                )),
            ),
        }
    }
    if mistakes.is_empty() {
        Ok(specs)
    } else {
        Err(Mistakes(mistakes).into())
    }
}

/// Who made the record, when.
struct Stamp {
    run_id: String,
    created_at: String,
    initiator: Option<String>,
}

/// Everything that goes into the record.
struct Imported {
    eval_set: EvalSet,
    attempts: u32,
    specs: Vec<MetricSpec>,
    judge: Option<OfflineJudge>,
    calls: Vec<Call>,
    trials: Vec<Trial>,
}

impl Imported {
    fn new(
        lines: Vec<Line>,
        specs: Vec<MetricSpec>,
        judge: Option<OfflineJudge>,
    ) -> Result<Self, AppError> {
        let mut cases: Vec<Case> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for line in &lines {
            let place = *places.entry(line.case.id.clone()).or_insert(cases.len());
            match cases.get(place) {
                None => cases.push(line.case.clone()),
                Some(known) if *known == line.case => {}
                Some(_) => {
                    return Err(AppError::invalid(format!(
                        "case `{}` differs between its lines",
                        line.case.id
                    )));
                }
            }
        }
        let attempts = lines.iter().map(|line| line.attempt).max().unwrap_or(0) + 1;
        let eval_set = EvalSet::new("imported".to_owned(), cases);
        let mut this = Self {
            eval_set,
            attempts,
            specs,
            judge,
            calls: Vec::new(),
            trials: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for line in lines {
            if !seen.insert((line.case.id.clone(), line.attempt)) {
                return Err(AppError::invalid(format!(
                    "case `{}`, attempt {} stands there twice",
                    line.case.id, line.attempt
                )));
            }
            let place = places.get(&line.case.id).copied().unwrap_or(0);
            this.add(place, line)?;
        }
        Ok(this)
    }

    fn add(&mut self, case_index: usize, mut line: Line) -> Result<(), AppError> {
        let answer = line.take_answer();
        let mut outcomes = BTreeMap::new();
        for spec in &self.specs {
            let outcome = match (&answer, line.scores.get(&spec.name)) {
                (Err(failure), _) => Outcome::Unscored(Unscored::NoAnswer(failure.kind)),
                (Ok(_), score) => outcome(spec, score).map_err(|value| {
                    AppError::invalid(format!(
                        "case `{}`: {value} is not a value of the metric `{}`",
                        line.case.id, spec.name
                    ))
                })?,
            };
            outcomes.insert(spec.name.clone(), outcome);
        }
        if let Some(judge) = &self.judge {
            outcomes.extend(match &answer {
                Ok(answer) => prefixed(judge.judge(Subject {
                    case: &line.case,
                    answer,
                })),
                Err(failure) => OfflineJudge::metrics()
                    .into_iter()
                    .map(|spec| {
                        (
                            embedded_name(&spec.name),
                            Outcome::Unscored(Unscored::NoAnswer(failure.kind)),
                        )
                    })
                    .collect(),
            });
        }
        let trial = case_index * usize::try_from(self.attempts).unwrap_or(1)
            + usize::try_from(line.attempt).unwrap_or(0);
        let key = CallKey {
            trial,
            callee: Callee::Copilot,
            vote: 0,
            round: 0,
        };
        self.calls.push(Call {
            key,
            request: None,
            result: answer.clone().map(Reply::Answer),
            booked: Usd::ZERO,
        });
        self.trials.push(Trial {
            case_index,
            attempt: line.attempt,
            answer,
            outcomes,
            controls: Vec::new(),
        });
        Ok(())
    }

    /// The same questions, asked as often of what has the same name: another import of it is a further try.
    fn plan(&self, args: &ImportRequest) -> Manifest {
        let mut measured: Vec<String> = self.specs.iter().map(|spec| spec.name.clone()).collect();
        measured.sort_unstable();
        Manifest::of("import")
            .with("eval-set", self.eval_set.digest)
            .with("copilot", args.name.as_str())
            .with("attempts", self.attempts)
            .with("instrument", args.instrument.as_str())
            .with("measures", measured)
    }

    fn header(&self, args: &ImportRequest, stamp: Stamp) -> Header {
        let source = |spec: &MetricSpec, instrument: &str| MetricSource {
            metric: spec.clone(),
            instrument: Digest::of_parts([b"imported".as_slice(), instrument.as_bytes()]),
            instrument_name: instrument.to_owned(),
            instrument_kind: InstrumentKind::Imported,
            cascade: None,
        };
        let mut metrics: Vec<MetricSource> = self
            .specs
            .iter()
            .map(|spec| source(spec, &args.instrument))
            .collect();
        if let Some(judge) = &self.judge {
            metrics.extend(OfflineJudge::metrics().into_iter().map(|mut metric| {
                metric.name = embedded_name(&metric.name);
                MetricSource {
                    metric,
                    instrument: judge.manifest().digest(),
                    instrument_name: OfflineJudge::title().to_owned(),
                    instrument_kind: InstrumentKind::Embedded,
                    cascade: None,
                }
            }));
        }
        let Stamp {
            run_id,
            created_at,
            initiator,
        } = stamp;
        Header {
            run_id,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at,
            eval_set_name: args
                .file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            eval_set_digest: self.eval_set.digest,
            copilot_name: args.name.clone(),
            copilot_description: format!("imported from {}", args.file.display()),
            attempts: self.attempts,
            seed: 0,
            plan_digest: self.plan(args).digest(),
            manifest: None,
            initiator,
            git_revision: None,
            metrics,
            looks: None,
            earlier_tries: Vec::new(),
            origin: Origin::Imported,
        }
    }
}

/// Scores of the embedded judge stand beside the imported ones, under names of their own.
fn embedded_name(metric: &str) -> String {
    format!("embedded_{metric}")
}

fn prefixed(outcomes: BTreeMap<String, Outcome>) -> BTreeMap<String, Outcome> {
    outcomes
        .into_iter()
        .map(|(name, outcome)| (embedded_name(&name), outcome))
        .collect()
}

/// The outcome of a score as it stands in the file; the score itself where it is none.
fn outcome(spec: &MetricSpec, score: Option<&Value>) -> Result<Outcome, Value> {
    match score {
        None | Some(Value::Null) => Ok(Outcome::Unscored(Unscored::InputMissing(
            "score in the imported file".into(),
        ))),
        Some(Value::String(word)) if word == "not-applicable" => Ok(Outcome::NotApplicable(
            "not applicable in the imported file".to_owned(),
        )),
        Some(value) => {
            let number = value.as_f64().ok_or_else(|| value.clone())?;
            let score =
                Score::new(spec, number, "imported".to_owned()).map_err(|_range| value.clone())?;
            Ok(Outcome::Scored(score))
        }
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Direction;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_metric_says_what_values_it_takes() {
        assert_eq!(
            metric("x=ordinal:1:5").unwrap().data_type,
            DataType::Ordinal { low: 1, high: 5 }
        );
        assert_eq!(
            metric("t=amount:ms").unwrap().direction,
            Direction::LowerIsBetter
        );
        for wrong in ["x", "x=number", "x=ordinal:5:1", "x=ordinal:a:b"] {
            assert_eq!(
                metric(wrong).unwrap_err().class,
                ErrorClass::Usage,
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_missing_score_is_unscored_and_a_wrong_one_an_error() {
        let spec = MetricSpec::score("x", DataType::Binary);
        let of = |value: Value| outcome(&spec, Some(&value));
        assert!(matches!(of(Value::Null), Ok(Outcome::Unscored(_))));
        assert!(matches!(of(json!(1)), Ok(Outcome::Scored(_))));
        assert!(of(json!(0.5)).is_err());
        assert!(of(json!("1")).is_err());
    }

    fn lines(made: &[(&str, u64)]) -> Result<Vec<(String, u32)>, String> {
        let text: String = (made.iter())
            .map(|(id, attempt)| {
                let line = json!({
                    "case": {"id": id, "question": "How long?"}, "attempt": attempt, "answer": "x",
                });
                format!("{line}\n")
            })
            .collect();
        let read = read("answers.jsonl", &format!("\u{feff}{text}"));
        let lines = read.map_err(|error| error.to_string())?;
        Ok(lines
            .into_iter()
            .map(|line| (line.case.id, line.attempt))
            .collect())
    }

    #[test]
    fn attempts_are_counted_from_nought_or_one_without_a_gap() {
        let attempts = |all: &[u64]| {
            let made: Vec<(&str, u64)> = all.iter().map(|attempt| ("a", *attempt)).collect();
            lines(&made).map(|lines| {
                lines
                    .into_iter()
                    .map(|(_, attempt)| attempt)
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(attempts(&[0, 1, 2]).unwrap(), [0, 1, 2]);
        assert_eq!(attempts(&[2, 1]).unwrap(), [1, 0]);
        for wrong in [&[0, 2][..], &[2, 3], &[4_000_000_000], &[1, 4]] {
            assert!(
                attempts(wrong).unwrap_err().contains("without a gap"),
                "{wrong:?}"
            );
        }
        assert!(attempts(&[4_294_967_296]).is_err());
    }

    #[test]
    fn ids_are_checked_as_those_of_eval_sets_are() {
        for (id, why) in [
            ("", "`id` is empty"),
            ("  ", "`id` is empty"),
            ("a\0b", "holds a NUL"),
            ("a\nb", "control characters"),
            ("a ", "begins or ends with white space"),
        ] {
            let error = lines(&[(id, 0)]).unwrap_err();
            assert!(error.contains(why), "{id:?}: {error}");
        }
        for (one, other) in [("A", "a"), ("caf\u{e9}", "cafe\u{301}"), ("ａ", "a")] {
            let error = lines(&[(one, 0), (other, 0)]).unwrap_err();
            assert!(error.contains("only in case or Unicode form"), "{error}");
        }
        assert_eq!(lines(&[("a", 0), ("a", 1), ("b", 0)]).unwrap().len(), 3);
    }

    #[test]
    fn a_metric_with_two_scores_is_a_mistake() {
        let text =
            r#"{"case": {"id": "a", "question": "q"}, "answer": "x", "scores": {"g": 0, "g": 1}}"#;
        let error = read("answers.jsonl", text).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("two scores of `g`"), "{error}");
    }
}
