//! The rows of the page's tables, as plain strings.
//!
//! Every string of the report passes [`visible_line`] here; the template escapes it for HTML.

use groundgate_gate::{Finding, Verdict};
use groundgate_model::number::format_count;
use serde::Serialize;

use crate::{
    figures,
    heatmap::{self, HeatCell},
    model::{Bucket, MetricRow, Named, Report, RunSummary, Setting, SliceRow},
    visible::visible_line,
    wording::{self, Mark, Movement},
};

/// A verdict as shown; see [`wording::mark`].
#[derive(Debug, Serialize)]
pub(super) struct MarkView {
    gate_word: &'static str,
    word: &'static str,
    glyph: &'static str,
    class: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct NumbersView {
    estimate: String,
    interval: String,
    bar: String,
    basis: String,
    n: String,
}

#[derive(Debug, Serialize)]
pub(super) struct RuleView {
    id: String,
    kind: &'static str,
    why: String,
    sentence: String,
    numbers: NumbersView,
    mark: MarkView,
    counts: String,
    worst: Vec<String>,
    line: String,
    /// Whether it is shown in full at first: what failed is.
    is_open: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct MetricView {
    metric: String,
    candidate: String,
    baseline: String,
    difference: String,
    movement: &'static str,
    glyph: &'static str,
    instrument: String,
}

#[derive(Debug, Serialize)]
pub(super) struct SliceTable {
    tag: String,
    metrics: Vec<String>,
    rows: Vec<SliceView>,
}

#[derive(Debug, Serialize)]
struct SliceView {
    value: String,
    n_cases: String,
    is_thin: bool,
    cells: Vec<SliceCell>,
}

#[derive(Debug, Serialize)]
struct SliceCell {
    metric: String,
    #[serde(flatten)]
    cell: HeatCell,
}

#[derive(Debug, Serialize)]
pub(super) struct CountsView {
    metric: String,
    planned: usize,
    scored: usize,
    not_applicable: usize,
    unscored: usize,
    reasons: String,
    adds_up: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct RunView {
    name: &'static str,
    run_id: String,
    variant: String,
    size: String,
    failures: String,
    models: String,
    latency: String,
    cost: String,
}

#[derive(Debug, Serialize)]
pub(super) struct MethodView {
    id: String,
    kind: &'static str,
    method: String,
    guarantee: String,
    confidence: String,
    basis: String,
}

impl MarkView {
    pub(super) fn new(verdict: Verdict) -> Self {
        let Mark {
            gate_word,
            word,
            glyph,
            class,
            ..
        } = wording::mark(verdict);
        Self {
            gate_word,
            word,
            glyph,
            class,
        }
    }
}

impl NumbersView {
    pub(super) fn new(finding: &Finding) -> Self {
        let numbers = figures::finding_numbers(finding);
        Self {
            estimate: visible_line(&numbers.estimate),
            interval: visible_line(&numbers.interval),
            bar: visible_line(&numbers.bar),
            basis: numbers.basis,
            n: numbers.n,
        }
    }
}

impl RuleView {
    pub(super) fn new(finding: &Finding) -> Self {
        Self {
            id: visible_line(&finding.id),
            kind: finding.kind,
            why: visible_line(finding.why.as_deref().unwrap_or("")),
            sentence: visible_line(&finding.sentence),
            numbers: NumbersView::new(finding),
            mark: MarkView::new(finding.verdict),
            counts: figures::counts_sentence(&finding.counts),
            worst: lines(&finding.worst_cases),
            line: finding
                .policy_line
                .map_or_else(String::new, |line| line.to_string()),
            is_open: matches!(finding.verdict, Verdict::Fail | Verdict::Error),
        }
    }
}

impl MetricView {
    pub(super) fn new(row: &MetricRow) -> Self {
        let movement = wording::change(row).map_or(Movement::Unclear, |change| change.movement);
        let text = |estimate: &Option<_>, is_difference| {
            estimate.as_ref().map_or_else(
                || "–".to_owned(),
                |estimate| {
                    visible_line(&figures::estimate_text(estimate, &row.unit, is_difference))
                },
            )
        };
        Self {
            metric: visible_line(&row.metric),
            candidate: text(&row.candidate, false),
            baseline: text(&row.baseline, false),
            difference: text(&row.difference, true),
            movement: movement.class(),
            glyph: if row.difference.is_some() {
                movement.glyph()
            } else {
                ""
            },
            instrument: visible_line(&row.instrument),
        }
    }
}

impl CountsView {
    pub(super) fn new(row: &MetricRow) -> Self {
        Self {
            metric: visible_line(&row.metric),
            planned: row.counts.planned,
            scored: row.counts.scored,
            not_applicable: row.counts.not_applicable,
            unscored: row.counts.n_unscored(),
            reasons: visible_line(&figures::reasons(&row.counts.unscored)),
            adds_up: figures::counts_add_up(&row.counts),
        }
    }
}

impl RunView {
    pub(super) fn new(name: &'static str, run: &RunSummary) -> Self {
        Self {
            name,
            run_id: visible_line(&run.run_id),
            variant: visible_line(&run.variant),
            size: figures::run_size(run),
            failures: visible_line(&figures::reasons(
                run.failures.iter().map(|(reason, count)| (reason, count)),
            )),
            models: visible_line(&run.models.join(", ")),
            latency: format!(
                "{} / {}",
                figures::latency(run.latency_p50_ms),
                figures::latency(run.latency_p95_ms)
            ),
            cost: format!(
                "{} / {}",
                figures::cost(run.copilot_cost_usd),
                figures::cost(run.judge_cost_usd)
            ),
        }
    }
}

impl MethodView {
    pub(super) fn new(finding: &Finding) -> Option<Self> {
        let estimate = finding.estimate.as_ref()?;
        Some(Self {
            id: visible_line(&finding.id),
            kind: finding.kind,
            method: visible_line(&estimate.method),
            guarantee: estimate.guarantee.to_string(),
            confidence: figures::confidence(estimate),
            basis: figures::basis(estimate),
        })
    }
}

pub(super) fn slice_tables(report: &Report) -> Vec<SliceTable> {
    let slices = &report.slices;
    let mut tables: Vec<SliceTable> = Vec::new();
    for slice in slices {
        let tag = visible_line(&slice.tag);
        let index = tables
            .iter()
            .position(|table| table.tag == tag)
            .unwrap_or_else(|| {
                tables.push(SliceTable {
                    tag,
                    metrics: metric_names(slices, &slice.tag),
                    rows: Vec::new(),
                });
                tables.len() - 1
            });
        let Some(table) = tables.get_mut(index) else {
            continue;
        };
        let cells = table.metrics.iter().map(|metric| {
            let mean = slice
                .means
                .iter()
                .find(|mean| visible_line(&mean.metric) == *metric);
            let row = report
                .metrics
                .iter()
                .find(|row| visible_line(&row.metric) == *metric);
            let cell = heatmap::heat_cell(
                row,
                mean.and_then(|mean| mean.candidate),
                mean.and_then(|mean| mean.baseline),
            );
            SliceCell {
                metric: metric.clone(),
                cell,
            }
        });
        table.rows.push(SliceView {
            value: visible_line(&slice.value),
            n_cases: format_count(slice.n_cases),
            is_thin: heatmap::is_thin(slice),
            cells: cells.collect(),
        });
    }
    tables
}

/// The metrics of a dimension, in the order in which they first appear.
fn metric_names(slices: &[SliceRow], tag: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for mean in slices
        .iter()
        .filter(|slice| slice.tag == tag)
        .flat_map(|slice| &slice.means)
    {
        let name = visible_line(&mean.metric);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| visible_line(text)).collect()
}

pub(super) fn named(all: &[Named]) -> Vec<Named> {
    all.iter()
        .map(|one| Named::new(visible_line(&one.name), visible_line(&one.value)))
        .collect()
}

/// Buckets: name, style class, and how many cases.
pub(super) fn buckets(counts: &[(Bucket, usize)]) -> Vec<(&'static str, &'static str, String)> {
    counts
        .iter()
        .map(|(bucket, count)| {
            (
                bucket.name(),
                wording::bucket_class(*bucket),
                format_count(*count),
            )
        })
        .collect()
}

/// The candidate's run, then the baseline's.
pub(super) fn runs(report: &Report) -> Vec<RunView> {
    let baseline = report
        .baseline
        .iter()
        .map(|run| RunView::new("Baseline", run));
    [RunView::new("Candidate", &report.candidate)]
        .into_iter()
        .chain(baseline)
        .collect()
}

pub(super) fn settings(settings: &[Setting]) -> Vec<Setting> {
    settings
        .iter()
        .map(|one| Setting {
            name: visible_line(&one.name),
            value: visible_line(&one.value),
            origin: visible_line(&one.origin),
        })
        .collect()
}
