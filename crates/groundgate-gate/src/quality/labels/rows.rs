//! Labels in forms of ours: one a line, as JSON or CSV.
//!
//! `case`, `metric` and `value` must be there; `attempt`, `run`, `answer`, `answer-digest`, `rater`, `queue`
//! and `after-reveal` may. Other fields are for people and are not read. A queue other than `calibration` or `random` marks an answer that
//! was picked for a reason.

use csv::{ReaderBuilder, StringRecord};
use groundgate_model::diagnostic::Mistake;
use serde::Deserialize;
use serde_json::Value;

use super::{Found, Label, Shown, value};

#[derive(Deserialize)]
struct Line {
    case: String,
    metric: String,
    value: Value,
    #[serde(default)]
    attempt: u32,
    run: Option<String>,
    answer: Option<String>,
    #[serde(rename = "answer-digest", alias = "answer_digest")]
    answer_digest: Option<String>,
    #[serde(default, rename = "after-reveal", alias = "after_reveal")]
    after_reveal: bool,
    #[serde(default)]
    rater: String,
    queue: Option<String>,
}

pub(super) fn json_lines(file: &str, text: &str) -> Found {
    let mut found = Found::default();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let mut wrong = |message: String| {
            found
                .mistakes
                .push(Mistake::in_file(file, message).on_line(number));
        };
        match serde_json::from_str::<Line>(line) {
            Err(error) => wrong(format!("not a label: {error}")),
            Ok(line) if line.value.is_null() => found.n_without_value += 1,
            Ok(line) => match value::of_json(&line.value) {
                None => wrong(value::mistake(&as_text(&line.value))),
                Some(_) if line.after_reveal => found.n_after_reveal += 1,
                Some(value) => found.labels.push(Label {
                    case: line.case,
                    attempt: line.attempt,
                    run: line.run,
                    answer: shown(line.answer, line.answer_digest),
                    metric: line.metric,
                    value,
                    rater: line.rater,
                    at_random: is_random(line.queue.as_deref()),
                }),
            },
        }
    }
    found
}

fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The answer that was labelled: by its digest, or by its text.
fn shown(text: Option<String>, digest: Option<String>) -> Option<Shown> {
    digest.map(Shown::Digest).or_else(|| text.map(Shown::Text))
}

/// Whether answers of this queue were drawn at random.
pub(super) fn is_random(queue: Option<&str>) -> bool {
    queue.is_none_or(|queue| matches!(queue, "" | "calibration" | "random"))
}

pub(super) fn csv(file: &str, text: &str) -> Found {
    let mut found = Found::default();
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            found
                .mistakes
                .push(Mistake::in_file(file, error.to_string()));
            return found;
        }
    };
    for must in ["case", "metric", "value"] {
        if !columns.iter().any(|name| name == must) {
            let message = format!("there is no column `{must}`");
            found
                .mistakes
                .push(Mistake::in_file(file, message).on_line(1));
        }
    }
    if !found.mistakes.is_empty() {
        return found;
    }
    for row in reader.records() {
        match row {
            Ok(row) => read_row(&mut found, file, &columns, &row),
            Err(error) => found
                .mistakes
                .push(Mistake::in_file(file, error.to_string())),
        }
    }
    found
}

fn read_row(found: &mut Found, file: &str, columns: &StringRecord, row: &StringRecord) {
    let cell = |name: &str| {
        let place = columns.iter().position(|column| column == name)?;
        row.get(place)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let line = row
        .position()
        .and_then(|position| usize::try_from(position.line()).ok());
    let mut wrong = |message: String| {
        let mistake = Mistake::in_file(file, message);
        found.mistakes.push(match line {
            Some(line) => mistake.on_line(line),
            None => mistake,
        });
    };
    let Some(written) = cell("value") else {
        found.n_without_value += 1;
        return;
    };
    let (Some(case), Some(metric)) = (cell("case"), cell("metric")) else {
        return wrong("a label needs a case and a metric".to_owned());
    };
    let Some(value) = value::of_text(written) else {
        return wrong(value::mistake(written));
    };
    let Ok(attempt) = cell("attempt").unwrap_or("0").parse() else {
        return wrong("`attempt` is no whole number".to_owned());
    };
    if cell("after-reveal").is_some_and(|text| value::of_text(text) == Some(1.0)) {
        found.n_after_reveal += 1;
        return;
    }
    found.labels.push(Label {
        case: case.to_owned(),
        attempt,
        run: cell("run").map(str::to_owned),
        answer: shown(
            cell("answer").map(str::to_owned),
            cell("answer-digest").map(str::to_owned),
        ),
        metric: metric.to_owned(),
        value,
        rater: cell("rater").unwrap_or("").to_owned(),
        at_random: is_random(cell("queue")),
    });
}
