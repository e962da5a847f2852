//! How one outcome stands in its row of `scores`.

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cell, Outcome, Unscored},
};
use rusqlite::Row;

/// The reason of an outcome that had nothing to measure.
pub(super) const NOT_APPLICABLE: &str = "not-applicable";

/// The reason that is no failure: the judge was not drawn to be asked.
pub(super) const NOT_SAMPLED: &str = "not-sampled";

/// The columns `value, up_to, reason, detail`.
#[derive(Debug, Default)]
pub(super) struct ScoreRow {
    pub(super) value: Option<f64>,
    pub(super) up_to: Option<f64>,
    pub(super) reason: Option<String>,
    pub(super) detail: Option<String>,
}

impl ScoreRow {
    /// What is written of an outcome.
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Scored(score) => Self {
                value: Some(score.value()),
                up_to: score.up_to(),
                ..Self::default()
            },
            Outcome::NotApplicable(_) => Self {
                reason: Some(NOT_APPLICABLE.to_owned()),
                ..Self::default()
            },
            Outcome::Unscored(why) => Self {
                reason: Some(reason(why).to_owned()),
                detail: detail(why),
                ..Self::default()
            },
        }
    }

    /// From the columns, the first of which is number `first` of the row.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            value: row.get(first)?,
            up_to: row.get(first + 1)?,
            reason: row.get(first + 2)?,
            detail: row.get(first + 3)?,
        })
    }

    /// What it means; else why it means nothing. Whether the metric can have the value is not asked.
    pub(super) fn cell(&self) -> Result<Cell, String> {
        match (self.value, self.up_to, self.reason.as_deref()) {
            (Some(value), _, None) => Ok(Cell::Scored(value)),
            (None, None, Some(NOT_APPLICABLE)) => Ok(Cell::NotApplicable),
            (None, None, Some(reason)) => unscored(reason, self.detail.as_deref())
                .map(Cell::Unscored)
                .ok_or_else(|| format!("`{reason}` is no reason for a missing score")),
            (Some(_), _, Some(_)) => Err("a score has a value and a reason".to_owned()),
            (None, _, _) => Err("a score has neither value nor reason".to_owned()),
        }
    }
}

/// The words of the column are those of the format, whatever the variants are called.
const fn reason(why: &Unscored) -> &'static str {
    match why {
        Unscored::NoAnswer(_) => "no-answer",
        Unscored::JudgeFailed(_) => "judge-failed",
        Unscored::ReplyMalformed(_) => "reply-malformed",
        Unscored::FailedControl(_) => "failed-control",
        Unscored::InputMissing(_) => "input-missing",
        Unscored::AnswerCut => "answer-cut",
        Unscored::NotRun => "not-run",
        Unscored::Spared(_) => NOT_SAMPLED,
    }
}

fn detail(why: &Unscored) -> Option<String> {
    match why {
        Unscored::NoAnswer(kind) | Unscored::JudgeFailed(kind) => Some(kind.name().to_owned()),
        Unscored::ReplyMalformed(what)
        | Unscored::FailedControl(what)
        | Unscored::InputMissing(what)
        | Unscored::Spared(what) => Some(what.to_string()),
        Unscored::AnswerCut | Unscored::NotRun => None,
    }
}

fn unscored(reason: &str, detail: Option<&str>) -> Option<Unscored> {
    Some(match (reason, detail) {
        ("no-answer", Some(kind)) => Unscored::NoAnswer(failure(kind)?),
        ("judge-failed", Some(kind)) => Unscored::JudgeFailed(failure(kind)?),
        ("reply-malformed", Some(what)) => Unscored::ReplyMalformed(what.into()),
        ("failed-control", Some(what)) => Unscored::FailedControl(what.into()),
        ("input-missing", Some(what)) => Unscored::InputMissing(what.into()),
        ("answer-cut", None) => Unscored::AnswerCut,
        ("not-run", None) => Unscored::NotRun,
        (NOT_SAMPLED, Some(what)) => Unscored::Spared(what.into()),
        _ => return None,
    })
}

fn failure(kind: &str) -> Option<FailureKind> {
    serde_json::from_value(kind.into()).ok()
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{DataType, MetricSpec, Score};

    use super::*;

    #[test]
    fn every_outcome_is_read_as_it_was_written() {
        let metric = MetricSpec::score("m", DataType::Fraction);
        let score = Score::new(&metric, 0.5, String::new()).unwrap();
        let reasons = [
            Unscored::NoAnswer(FailureKind::Timeout),
            Unscored::JudgeFailed(FailureKind::RateLimited),
            Unscored::ReplyMalformed("no verdict".into()),
            Unscored::FailedControl("asked twice".into()),
            Unscored::InputMissing("passages".into()),
            Unscored::AnswerCut,
            Unscored::NotRun,
            Unscored::Spared("support 0.93".into()),
        ];
        let scored = [
            (Outcome::Scored(score.clone()), Cell::Scored(0.5)),
            (Outcome::Scored(score.or_up_to(0.75)), Cell::Scored(0.5)),
            (
                Outcome::NotApplicable("refused".to_owned()),
                Cell::NotApplicable,
            ),
        ];
        let unscored = reasons.map(|why| (Outcome::Unscored(why.clone()), Cell::Unscored(why)));
        for (outcome, cell) in scored.into_iter().chain(unscored) {
            assert_eq!(ScoreRow::of(&outcome).cell(), Ok(cell), "{outcome:?}");
        }
    }

    #[test]
    fn a_row_that_says_two_things_or_nothing_is_no_score() {
        let text = |text: &str| Some(text.to_owned());
        let rows = [
            ScoreRow::default(),
            ScoreRow {
                up_to: Some(1.0),
                ..ScoreRow::default()
            },
            ScoreRow {
                value: Some(1.0),
                reason: text("not-run"),
                ..ScoreRow::default()
            },
            ScoreRow {
                up_to: Some(1.0),
                reason: text(NOT_APPLICABLE),
                ..ScoreRow::default()
            },
            ScoreRow {
                reason: text("not-run"),
                detail: text("x"),
                ..ScoreRow::default()
            },
            ScoreRow {
                reason: text("no-answer"),
                detail: text("luck"),
                ..ScoreRow::default()
            },
            ScoreRow {
                reason: text("passed"),
                ..ScoreRow::default()
            },
        ];
        for row in rows {
            assert!(row.cell().is_err(), "{row:?}");
        }
    }
}
