//! From a decision and two score tables to a [`Report`]. Pure: whoever calls it hands over what is
//! in the records.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{
    Decision, JudgeMeasure, MetricComparison, Policy, RunScores, SideMeans, Slice, Statistics,
    Verdict, compare, slice_means,
};
use groundgate_model::{
    eval_set::Case,
    number::{NumberFormat, Scale, Toward},
    trial::{CaseInfo, Direction, MetricSpec, ScoreTable},
};

use super::{
    causes, judge_picture,
    losses::{CaseLoss, losses},
    means::{candidate_mean, case_mean, gain, is_bounded, stands_for},
    model::{
        AnswerReport, Bucket, CaseReport, CaseScore, MetricRow, Named, Report, RunSummary, Setting,
        SliceMean, SliceRow,
    },
    sign_off::SignOff,
};

/// At most so many cases are opened in a report, unless all were asked for.
const CASES_OPENED: usize = 200;
/// A tag with more values than this is no dimension to look at.
const VALUES_PER_TAG: usize = 40;

/// Which cases a report opens: with questions, answers and passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Embed {
    /// Those that changed or fail, worst first, at most 200.
    #[default]
    Regressions,
    /// Every one.
    All,
    /// None: numbers and ids only.
    None,
}

/// What a report is made of.
#[expect(
    missing_debug_implementations,
    reason = "it holds functions that open trials"
)]
pub struct Ingredients<'a> {
    /// The policy's name.
    pub policy: &'a Policy,
    /// Where the candidate is to go; empty where nobody said.
    pub environment: String,
    /// RFC 3339 in UTC.
    pub evaluated_at: String,
    /// The process's exit code for the verdict.
    pub exit_code: u8,
    /// What the gate said.
    pub decision: Decision,
    /// Approvals, waivers in force, and when the release is taken back.
    pub sign_off: SignOff,
    /// What is known of the judges.
    pub judge_measures: Vec<JudgeMeasure>,
    /// The run under test.
    pub candidate: Side<'a>,
    /// What it was compared with.
    pub baseline: Option<Side<'a>>,
    /// Reads one of the candidate's cases, by its place in the plan; `None` where it cannot be read.
    pub open_case: &'a dyn Fn(usize) -> Option<Case>,
    /// Every setting that could change the verdict.
    pub settings: Vec<Setting>,
    /// Digests, versions, seeds.
    pub provenance: Vec<Named>,
    /// The command to type next.
    pub next: String,
    /// Which cases are opened.
    pub embed: Embed,
}

/// One run's part.
#[expect(
    missing_debug_implementations,
    reason = "it holds a function that opens trials"
)]
pub struct Side<'a> {
    /// In short.
    pub summary: RunSummary,
    /// Its scores.
    pub table: &'a ScoreTable,
    /// Opens a trial, by its place in the plan.
    pub open: &'a dyn Fn(usize) -> AnswerReport,
}

/// Puts the report together.
pub fn build(from: Ingredients<'_>) -> Report {
    let evidence = RunScores {
        candidate: from.candidate.table,
        baseline: from.baseline.as_ref().map(|side| side.table),
    };
    let comparisons = compare(&from.policy.statistics, evidence, None);
    let losses = losses(from.policy, &from.decision, evidence);
    let buckets = [
        Bucket::Regressed,
        Bucket::StillFailing,
        Bucket::Fixed,
        Bucket::Unchanged,
    ];
    let bucket_counts = buckets
        .map(|bucket| {
            (
                bucket,
                losses.iter().filter(|loss| loss.bucket == bucket).count(),
            )
        })
        .to_vec();
    let is_opened = |loss: &CaseLoss| match from.embed {
        Embed::Regressions => loss.bucket != Bucket::Unchanged,
        Embed::All => true,
        Embed::None => false,
    };
    let n_most = if from.embed == Embed::All {
        usize::MAX
    } else {
        CASES_OPENED
    };
    let opened: Vec<CaseReport> = losses
        .iter()
        .filter(|loss| is_opened(loss))
        .take(n_most)
        .filter_map(|loss| case_report(&from, loss))
        .collect();
    let causes = match from.decision.verdict {
        Verdict::Pass | Verdict::Waived | Verdict::Hold => Vec::new(),
        Verdict::Inconclusive | Verdict::Fail | Verdict::Error => {
            causes::of(&from.decision, from.policy, evidence, &losses, &opened)
        }
    };
    Report {
        title: from.policy.name.clone(),
        environment: from.environment,
        evaluated_at: from.evaluated_at,
        exit_code: from.exit_code,
        policy_digest: from.policy.digest,
        judge_facts: [
            judge_picture::facts(&from.judge_measures),
            judge_facts(from.candidate.table),
        ]
        .concat(),
        judge_measures: from.judge_measures,
        sign_off: from.sign_off,
        causes,
        metrics: comparisons.into_iter().map(metric_row).collect(),
        slices: slices(&from.policy.statistics, evidence),
        cases: opened,
        bucket_counts,
        settings: from.settings,
        provenance: from.provenance,
        next: from.next,
        decision: from.decision,
        candidate: from.candidate.summary,
        baseline: from.baseline.map(|side| side.summary),
    }
}

/// What the scores themselves say of the judges.
fn judge_facts(table: &ScoreTable) -> Vec<Named> {
    let facts = table.disagreements();
    let facts = facts.map(|one| {
        let name = format!("disagreement of the jurors of {}", one.panel);
        Named::new(name, one.to_string())
    });
    let asked = table.asked().into_iter().map(|(metric, asked)| {
        let name = format!("asked by the judge of {metric}, behind a cheaper one");
        Named::new(name, asked.to_string())
    });
    facts.chain(asked).collect()
}

fn case_report(from: &Ingredients<'_>, loss: &CaseLoss) -> Option<CaseReport> {
    let case = (from.open_case)(loss.case_index)?;
    let table = from.candidate.table;
    let attempts = usize::try_from(table.attempts).ok()?;
    let worst_trial = worst_attempt(table, loss.case_index)?;
    let baseline = from.baseline.as_ref().zip(loss.twin);
    let bounded = table
        .columns
        .values()
        .filter(|column| is_bounded(&column.metric));
    let scores = bounded.map(|column| {
        let theirs = baseline.as_ref().and_then(|(side, place)| {
            case_mean(
                side.table,
                side.table.columns.get(&column.metric.name)?,
                *place,
            )
        });
        let ours = candidate_mean(table, column, loss.case_index);
        CaseScore {
            metric: column.metric.name.clone(),
            candidate: shown(&column.metric, ours),
            baseline: shown(&column.metric, theirs),
        }
    });
    Some(CaseReport {
        id: case.id,
        bucket: loss.bucket,
        loss: loss.loss,
        tags: case
            .tags
            .iter()
            .map(|(tag, value)| format!("{tag}={value}"))
            .collect(),
        question: case.question,
        reference_answer: case.reference_answer,
        scores: scores.collect(),
        candidate: (from.candidate.open)(loss.case_index * attempts + worst_trial),
        baseline: baseline.map(|(side, place)| {
            let attempts = usize::try_from(side.table.attempts).unwrap_or(1);
            (side.open)(place * attempts)
        }),
    })
}

/// The attempt that lacks most to the best scores; the first of equals.
fn worst_attempt(table: &ScoreTable, case: usize) -> Option<usize> {
    let attempts = usize::try_from(table.attempts).ok()?;
    let lacks = |attempt: usize| -> f64 {
        let bounded = table
            .columns
            .values()
            .filter(|column| is_bounded(&column.metric));
        let lacks = bounded.filter_map(|column| {
            let value = stands_for(column.cells.get(case * attempts + attempt)?, &column.metric)?;
            Some(gain(&column.metric, column.metric.best()?, value))
        });
        lacks.sum()
    };
    (0..attempts).min_by(|one, other| lacks(*other).total_cmp(&lacks(*one)))
}

fn shown(spec: &MetricSpec, value: Option<f64>) -> String {
    let unit = spec.shown_unit();
    value.map_or_else(
        || "—".to_owned(),
        |value| {
            NumberFormat::plain(Scale::of_unit(&unit), &[value]).with_unit(value, Toward::Nearest)
        },
    )
}

fn metric_row(comparison: MetricComparison) -> MetricRow {
    MetricRow {
        unit: comparison.metric.shown_unit(),
        higher_is_better: comparison.metric.direction == Direction::HigherIsBetter,
        metric: comparison.metric.name,
        instrument: comparison.instrument_name,
        candidate: comparison.candidate,
        baseline: comparison.baseline,
        difference: comparison.difference,
        counts: comparison.counts,
    }
}

fn slices(statistics: &Statistics, evidence: RunScores<'_>) -> Vec<SliceRow> {
    let cases = || evidence.candidate.cases.iter();
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (tag, value) in cases().flat_map(|case| case.tags.iter()) {
        tags.entry(tag).or_default().insert(value);
    }
    tags.retain(|_, values| values.len() <= VALUES_PER_TAG);
    let slice = |tag: &str, value: &str| Slice {
        tag: tag.to_owned(),
        value: value.to_owned(),
    };
    let slices: Vec<Slice> = tags
        .iter()
        .flat_map(|(tag, values)| values.iter().map(|value| slice(tag, value)))
        .collect();
    let means = slice_means(statistics, evidence, &slices);
    let has = |case: &CaseInfo, slice: &Slice| case.tags.get(&slice.tag) == Some(&slice.value);
    let rows = slices.into_iter().zip(means);
    rows.map(|(slice, means)| SliceRow {
        n_cases: cases().filter(|case| has(case, &slice)).count(),
        tag: slice.tag,
        value: slice.value,
        means: bounded(evidence.candidate, means),
    })
    .collect()
}

fn bounded(table: &ScoreTable, means: Vec<SideMeans>) -> Vec<SliceMean> {
    let is_shown = |mean: &SideMeans| {
        let column = table.columns.get(&mean.metric);
        column.is_some_and(|column| is_bounded(&column.metric))
    };
    let shown = means.into_iter().filter(is_shown);
    shown
        .map(|mean| SliceMean {
            metric: mean.metric,
            candidate: mean.candidate,
            baseline: mean.baseline,
        })
        .collect()
}
