//! The one value that every format is made from.

use groundgate_gate::{Counts, Decision, JudgeMeasure};
use groundgate_model::{exchange::Passage, manifest::Manifest, trial::ClaimFinding, unit::Digest};
use groundgate_stats::Estimate;
use serde::Serialize;

use super::sign_off::SignOff;

/// Everything a report says, ready to be rendered; all text in it may be hostile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `support-copilot`: the policy's name.
    pub title: String,
    /// Where the candidate is to go: `prod`; empty where nobody said.
    pub environment: String,
    /// When the gate was asked, RFC 3339 in UTC.
    pub evaluated_at: String,
    /// The process's exit code for this verdict.
    pub exit_code: u8,
    /// Over the resolved policy.
    pub policy_digest: Digest,
    /// What the gate said.
    pub decision: Decision,
    /// The run under test.
    pub candidate: RunSummary,
    /// What it was compared with.
    pub baseline: Option<RunSummary>,
    /// Approvals, waivers in force, and when the release is taken back.
    pub sign_off: SignOff,
    /// What most likely moved the failed rules, strongest first.
    pub causes: Vec<Cause>,
    /// What is known of the judges: name and value (`agrees with people`, `0.78 (0.71 to 0.84), 150
    /// labeled answers`); empty where nothing was measured.
    pub judge_facts: Vec<Named>,
    /// The same as numbers, to be drawn beside their bars.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judge_measures: Vec<JudgeMeasure>,
    /// One row per metric.
    pub metrics: Vec<MetricRow>,
    /// One row per tag value.
    pub slices: Vec<SliceRow>,
    /// Cases worth opening: regressed and still failing first; at most a few hundred.
    pub cases: Vec<CaseReport>,
    /// Cases per bucket, all of them: regressed, fixed, still failing, unchanged.
    pub bucket_counts: Vec<(Bucket, usize)>,
    /// Every setting that could change the verdict.
    pub settings: Vec<Setting>,
    /// Digests, versions, seeds.
    pub provenance: Vec<Named>,
    /// The command to type next.
    pub next: String,
}

/// A value under its name, both as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `candidate seed`.
    pub name: String,
    /// `20261125`.
    pub value: String,
}

impl Named {
    /// A value under its name.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// A setting of the policy that could change the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// In words: `cases a rule needs`.
    pub name: String,
    /// As text; choices by the word that the policy has for them.
    pub value: String,
    /// Where it was set: a file, or a file and line.
    pub origin: String,
}

/// One run, in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// The record's id.
    pub run_id: String,
    /// The copilot's variant.
    pub variant: String,
    /// Planned cases.
    pub n_cases: usize,
    /// Attempts per case.
    pub attempts: u32,
    /// Trials with an answer.
    pub n_answered: usize,
    /// Trials without an answer, by reason.
    pub failures: Vec<(String, usize)>,
    /// Models as the replies named them.
    pub models: Vec<String>,
    /// Who judged: name and what it is (`embedded judge 1: lexical evidence, not an LLM`).
    pub judges: Vec<String>,
    /// Of the answers, in milliseconds; `None` without answers.
    pub latency_p50_ms: Option<f64>,
    /// Of the answers, in milliseconds; `None` without answers.
    pub latency_p95_ms: Option<f64>,
    /// What was asked, whom, and how it was judged; `None` for records that do not hold it.
    pub manifest: Option<Manifest>,
    /// Copilot calls, in dollars; `None` where unknown.
    pub copilot_cost_usd: Option<f64>,
    /// Judge calls, in dollars; `None` where unknown.
    pub judge_cost_usd: Option<f64>,
}

/// What most likely moved a failed rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// One sentence: `context_recall in product=refunds fell from 0.97 to 0.05 (14 of 15 losses)`.
    pub sentence: String,
    /// A case that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example_case: Option<String>,
}

/// One metric, candidate against baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRow {
    /// The metric's name.
    pub metric: String,
    /// Shown behind numbers; empty for scores.
    pub unit: String,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    /// Who measured it.
    pub instrument: String,
    /// The candidate's mean.
    pub candidate: Option<Estimate>,
    /// The baseline's mean.
    pub baseline: Option<Estimate>,
    /// Candidate − baseline, paired by case.
    pub difference: Option<Estimate>,
    /// The candidate's trials.
    pub counts: Counts,
}

/// One slice of the questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceRow {
    /// The dimension: `product`.
    pub tag: String,
    /// The value: `refunds`.
    pub value: String,
    /// Cases in it.
    pub n_cases: usize,
    /// Per metric (score metrics only).
    pub means: Vec<SliceMean>,
}

/// The means of one metric in a slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceMean {
    /// The metric's name.
    pub metric: String,
    /// The candidate's; `None` where nothing was scored.
    pub candidate: Option<f64>,
    /// The baseline's; `None` where nothing was scored, or without a baseline.
    pub baseline: Option<f64>,
}

/// What became of a case, against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// Worse than the baseline on a gated score.
    Regressed,
    /// Not better than the baseline, and below the best score.
    StillFailing,
    /// Better than the baseline.
    Fixed,
    /// As good as it gets, or without a baseline.
    Unchanged,
}

impl Bucket {
    /// The word shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::StillFailing => "still failing",
            Self::Fixed => "fixed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One case, opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    /// The case's id.
    pub id: String,
    /// What became of it.
    pub bucket: Bucket,
    /// The sum of its score losses; larger is worse.
    pub loss: f64,
    /// `product=refunds`, ….
    pub tags: Vec<String>,
    /// The question.
    pub question: String,
    /// A right answer, where the eval set has one.
    pub reference_answer: Option<String>,
    /// Per metric.
    pub scores: Vec<CaseScore>,
    /// What the candidate said (its first attempt, or its worst).
    pub candidate: AnswerReport,
    /// What the baseline said.
    pub baseline: Option<AnswerReport>,
}

/// What one metric says of a case, as text: a missing score says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseScore {
    /// The metric's name.
    pub metric: String,
    /// The candidate's.
    pub candidate: String,
    /// The baseline's.
    pub baseline: String,
}

/// One answer with what was found in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerReport {
    /// The answer's text, or why there is none.
    pub text: Result<String, String>,
    /// The claims of the answer, labelled, with evidence spans into `passages`.
    pub claims: Vec<ClaimFinding>,
    /// What the copilot was given to read.
    pub passages: Vec<Passage>,
    /// One line per metric: what the score came from.
    pub explanations: Vec<String>,
}
