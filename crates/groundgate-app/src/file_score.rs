//! `groundgate score FILE`: answers judged without a configuration, a key or a network.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_formats::{Given, Options, ReadFile, Row};
use groundgate_judge::Subject;
use groundgate_model::trial::{ClaimFinding, Label, Outcome};
use groundgate_stats::{
    Alphas, Bound, Estimate, Plan, Scale, StatsError, bounded_mean,
    scores::{ScoreList, ScoreRow, ScoreType, Side},
};

use serde_json::{Value, json};

use crate::{App, AppError, bundled, imported_line, reading::Source};

/// The metrics that answers with passages can be judged for without anything else.
pub(crate) const METRICS: [(&str, ScoreType); 2] = [
    ("groundedness", ScoreType::Binary),
    ("faithfulness", ScoreType::Bounded(Scale::UNIT)),
];

/// Which answers, and how the file is to be read.
#[derive(Debug, Clone, Copy)]
pub struct ScoreFileRequest<'a> {
    /// Answers with passages.
    pub source: Source<'a>,
    /// How it is to be read.
    pub reading: &'a Options,
    /// How many of the worst answers are shown.
    pub n_worst: usize,
}

/// What one metric says about a file.
#[derive(Debug)]
pub struct ScoredMetric {
    /// Its name.
    pub name: &'static str,
    /// Answers with a score.
    pub n_scored: usize,
    /// Answers in which nothing is claimed, as refusals.
    pub n_not_applicable: usize,
    /// Answers that should have a score and have none.
    pub n_missing: usize,
    /// The mean with its bounds; what is missing counts both ways.
    pub estimate: Result<Estimate, StatsError>,
}

/// One of the answers that are least grounded.
#[derive(Debug)]
pub struct WorstAnswer {
    /// The case.
    pub id: String,
    /// What was asked.
    pub question: String,
    /// Statements that the passages support.
    pub n_supported: usize,
    /// Statements.
    pub n_claims: usize,
    /// The first statement that they do not support.
    pub statement: String,
    /// Why not.
    pub why: String,
}

/// What a file of answers says.
#[derive(Debug)]
pub struct ScoredFile {
    /// The file.
    pub file: String,
    /// What file it is.
    pub what: String,
    /// What was guessed to read it.
    pub notes: Vec<String>,
    /// Answers, the missing included.
    pub n_answers: usize,
    /// Questions.
    pub n_cases: usize,
    /// Rows without an answer.
    pub n_absent: usize,
    /// Answers of which the file tells no passages.
    pub n_without_passages: usize,
    /// Groundedness and faithfulness.
    pub metrics: Vec<ScoredMetric>,
    /// The least grounded first.
    pub worst: Vec<WorstAnswer>,
}

/// One row with what the embedded judge says.
pub(crate) struct Judged {
    pub(crate) row: Row,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
}

/// Judges every row of a file; rows without an answer have no outcomes.
pub(crate) fn judge(file: &str, found: ReadFile) -> Result<Vec<Judged>, AppError> {
    let judge = bundled::judge()?;
    let rows = found.rows;
    let lines = imported_line::lines(file, rows.clone())?;
    let judged = rows.into_iter().zip(lines).map(|(row, mut line)| {
        let outcomes = match line.take_answer() {
            Ok(answer) => judge.judge(Subject {
                case: &line.case,
                answer: &answer,
            }),
            Err(_failure) => BTreeMap::new(),
        };
        Judged { row, outcomes }
    });
    Ok(judged.collect())
}

/// What the judge says of a metric.
pub(crate) fn value(judged: &Judged, metric: &str) -> Given {
    match judged.outcomes.get(metric) {
        Some(Outcome::Scored(score)) => Given::Number(score.value()),
        Some(Outcome::NotApplicable(_)) => Given::NotApplicable,
        Some(Outcome::Unscored(_)) | None => Given::Missing,
    }
}

impl App {
    /// Judges every answer by the embedded judge; one object an answer, as JSON.
    pub fn judge_source(&self, source: Source<'_>, reading: &Options) -> Result<Value, AppError> {
        let found = self.read_source(source, reading)?;
        let judged = judge(source.name, found)?;
        Ok(judged.iter().map(answer_document).collect())
    }

    /// Judges the answers of a file by the embedded judge.
    pub fn score_file(&self, request: &ScoreFileRequest<'_>) -> Result<ScoredFile, AppError> {
        let file = request.source.name.to_owned();
        let found = self.read_source(request.source, request.reading)?;
        let (what, notes) = (found.what.clone(), found.notes.clone());
        let judged = judge(&file, found)?;
        let metrics = METRICS.map(|(name, score_type)| metric(&judged, name, score_type));
        let ids: BTreeSet<&str> = judged.iter().map(|one| one.row.id.as_str()).collect();
        let answered = || judged.iter().filter(|one| one.row.answer.is_some());
        Ok(ScoredFile {
            file,
            what,
            notes,
            n_answers: judged.len(),
            n_cases: ids.len(),
            n_absent: judged.len() - answered().count(),
            n_without_passages: answered().filter(|one| one.row.passages.is_none()).count(),
            metrics: metrics.into(),
            worst: worst(&judged, request.n_worst),
        })
    }
}

impl ScoredFile {
    /// As JSON: what `groundgate score --json` prints.
    pub fn document(&self) -> Value {
        let metrics = self.metrics.iter().map(|metric| {
            json!({
                "metric": metric.name,
                "n_scored": metric.n_scored,
                "n_not_applicable": metric.n_not_applicable,
                "n_missing": metric.n_missing,
                "estimate": estimated(&metric.estimate),
            })
        });
        let worst = self.worst.iter().map(|answer| {
            json!({
                "case": answer.id,
                "question": answer.question,
                "n_supported": answer.n_supported,
                "n_statements": answer.n_claims,
                "statement": answer.statement,
                "why": answer.why,
            })
        });
        json!({
            "schema": "groundgate.score/1",
            "file": self.file,
            "read_as": self.what,
            "notes": self.notes,
            "n_answers": self.n_answers,
            "n_cases": self.n_cases,
            "n_without_answer": self.n_absent,
            "n_without_passages": self.n_without_passages,
            "metrics": metrics.collect::<Vec<_>>(),
            "worst": worst.collect::<Vec<_>>(),
        })
    }
}

/// An estimate, or why there is none.
pub(crate) fn estimated(estimate: &Result<Estimate, StatsError>) -> Value {
    match estimate {
        Ok(estimate) => json!(estimate),
        Err(error) => json!({"error": error.to_string()}),
    }
}

/// One answer with every metric and statement.
fn answer_document(judged: &Judged) -> Value {
    let score = |name: &str| match judged.outcomes.get(name) {
        Some(Outcome::Scored(score)) => json!(score.value()),
        Some(Outcome::NotApplicable(_) | Outcome::Unscored(_)) | None => Value::Null,
    };
    let claims = match judged.outcomes.get("faithfulness") {
        Some(Outcome::Scored(score)) => score.claims.as_slice(),
        Some(Outcome::NotApplicable(_) | Outcome::Unscored(_)) | None => &[],
    };
    let statements = claims.iter().map(|claim| {
        json!({
            "text": claim.text,
            "label": claim.label.name(),
            "why": why(claim),
        })
    });
    let unscored = match judged.outcomes.get("groundedness") {
        Some(Outcome::Scored(_)) => Value::Null,
        Some(Outcome::NotApplicable(why)) => json!(why),
        Some(Outcome::Unscored(why)) => json!(why.to_string()),
        None => json!("no answer"),
    };
    json!({
        "case": judged.row.id,
        "question": judged.row.question,
        "answer": judged.row.answer,
        "groundedness": score("groundedness"),
        "faithfulness": score("faithfulness"),
        "correctness": score("correctness"),
        "answer_relevance": score("answer_relevance"),
        "not_scored": unscored,
        "statements": statements.collect::<Vec<_>>(),
    })
}

fn metric(judged: &[Judged], name: &'static str, score_type: ScoreType) -> ScoredMetric {
    let values: Vec<Given> = judged.iter().map(|one| value(one, name)).collect();
    let rows = judged.iter().zip(&values).filter_map(|(one, value)| {
        let score = match value {
            Given::Number(number) => Some(*number),
            Given::Missing => None,
            Given::NotApplicable => return None,
        };
        Some(ScoreRow {
            case: one.row.id.clone(),
            cluster: one.row.cluster.clone(),
            score,
            baseline: None,
        })
    });
    let list = ScoreList::new(score_type, rows);
    let count = |wanted: fn(&Given) -> bool| values.iter().filter(|one| wanted(one)).count();
    ScoredMetric {
        name,
        n_scored: count(|value| matches!(value, Given::Number(_))),
        n_not_applicable: count(|value| matches!(value, Given::NotApplicable)),
        n_missing: count(|value| matches!(value, Given::Missing)),
        estimate: mean(&list),
    }
}

/// The mean over the population of questions, with 95 % one-sided bounds.
fn mean(list: &ScoreList) -> Result<Estimate, StatsError> {
    let (observations, unit) = list.population(Side::Candidate);
    let plan = Plan {
        bound: Bound::Exact,
        unit,
        repeats: u32::try_from(list.attempts()).unwrap_or(u32::MAX),
        alphas: Alphas::DEFAULT,
    };
    bounded_mean(&observations, Scale::UNIT, plan).map(|assessed| assessed.estimate())
}

fn worst(judged: &[Judged], n: usize) -> Vec<WorstAnswer> {
    let mut scored: Vec<(f64, &Judged, &[ClaimFinding])> = judged
        .iter()
        .filter_map(|one| match one.outcomes.get("faithfulness") {
            Some(Outcome::Scored(score)) if score.value() < 1.0 => {
                Some((score.value(), one, score.claims.as_slice()))
            }
            _ => None,
        })
        .collect();
    scored.sort_by(|left, right| left.0.total_cmp(&right.0));
    let shown = scored.into_iter().take(n).filter_map(|(_, one, claims)| {
        let statements = || {
            claims
                .iter()
                .filter(|claim| claim.label != Label::NotAClaim)
        };
        let bad = statements().find(|claim| claim.label != Label::Supported)?;
        Some(WorstAnswer {
            id: one.row.id.clone(),
            question: one.row.question.clone(),
            n_supported: statements()
                .filter(|claim| claim.label == Label::Supported)
                .count(),
            n_claims: statements().count(),
            statement: bad.text.clone(),
            why: why(bad),
        })
    });
    shown.collect()
}

fn why(claim: &ClaimFinding) -> String {
    let reasons: Vec<String> = claim.reasons.iter().map(ToString::to_string).collect();
    if !reasons.is_empty() {
        return reasons.join("; ");
    }
    match claim.label {
        Label::Contradicted => "a passage says otherwise".to_owned(),
        Label::Supported | Label::NotFound | Label::NotAClaim => "no passage says it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use groundgate_formats::Want;

    use super::*;
    use crate::test_values::app;

    fn score(text: &str) -> ScoredFile {
        let reading = Options::new(Want::Answers);
        let request = ScoreFileRequest {
            source: Source {
                name: "answers.jsonl",
                bytes: text.as_bytes(),
            },
            reading: &reading,
            n_worst: 3,
        };
        app().score_file(&request).unwrap()
    }

    #[test]
    fn what_the_passages_do_not_say_is_named() {
        let line = |question: &str, answer: &str| {
            format!(
                "{{\"user_input\": \"{question}\", \"response\": \"{answer}\", \"retrieved_contexts\": [\"Refunds are paid within 14 days.\"]}}\n"
            )
        };
        let found = score(
            &(line("How long?", "Refunds are paid within 14 days.")
                + &line(
                    "How much?",
                    "Refunds are paid within 14 days. The fee is 7 EUR.",
                )
                + &line("Who?", "I do not know.")),
        );
        let metrics: Vec<_> = (found.metrics.iter())
            .map(|one| (one.name, one.n_scored, one.n_not_applicable, one.n_missing))
            .collect();
        assert_eq!(
            metrics,
            [("groundedness", 2, 1, 0), ("faithfulness", 2, 1, 0)]
        );
        assert_eq!(found.worst.len(), 1);
        let worst = &found.worst[0];
        assert_eq!((worst.n_supported, worst.n_claims), (1, 2));
        assert_eq!(worst.statement, "The fee is 7 EUR.");
        assert!(worst.why.contains('7'), "{}", worst.why);
    }

    #[test]
    fn answers_without_passages_are_not_scored_and_missing_ones_count() {
        let found = score(
            "{\"question\": \"a?\", \"answer\": \"So.\"}\n{\"question\": \"b?\", \"answer\": null}\n",
        );
        assert_eq!((found.n_absent, found.n_without_passages), (1, 1));
        let groundedness = &found.metrics[0];
        assert_eq!((groundedness.n_scored, groundedness.n_missing), (0, 2));
    }
}
