//! The page as plain strings and lists, ready to be placed by the template.
//!
//! Every string of the report passes [`visible_line`] here; the template escapes it for HTML.

use serde::Serialize;

use super::case::CaseView;
use crate::{
    gate::{Finding, Verdict},
    number::format_count,
    report::{
        chart,
        model::{MetricRow, Report, RunSummary, SliceRow},
        panels::{self, Panel},
        plot,
        visible::visible_line,
        wording::{self, Change, Mark, Movement},
    },
    stats::Guarantee,
};

/// Rules on page one; more would not fit the sheet.
const N_PLOTTED: usize = 10;
/// Causes on page one.
const N_CAUSES: usize = 3;
/// Metrics compared on page one.
const N_CHANGES: usize = 4;
/// Cases named on page one.
const N_WORST: usize = 3;

/// Notes on page one; all others stand right below it.
const N_NOTES: usize = 2;
/// Digests on page one.
const N_PROOF: usize = 6;

/// Everything the template shows.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    subject: String,
    environment: String,
    evaluated_at: String,
    run_id: String,
    has_baseline: bool,
    mark: MarkView,
    headline: String,
    tally: String,
    thinnest: String,
    next: String,
    causes: Vec<CauseView>,
    n_more_causes: usize,
    changes: Vec<ChangeView>,
    worst: Vec<(String, String)>,
    groups: Vec<GroupView>,
    n_more_rules: usize,
    interval_note: &'static str,
    panels: Vec<Panel>,
    notes: Vec<String>,
    more_notes: Vec<String>,
    proof: Vec<(String, String)>,
    rules: Vec<RuleView>,
    metrics: Vec<MetricView>,
    slices: Vec<SliceTable>,
    slice_note: &'static str,
    buckets: Vec<(&'static str, &'static str, String)>,
    cases: Vec<CaseView>,
    embedded: String,
    judges: Vec<String>,
    judge_facts: Vec<(String, String)>,
    counts: Vec<CountsView>,
    runs: Vec<RunView>,
    methods: Vec<MethodView>,
    settings: Vec<(String, String, String)>,
    provenance: Vec<(String, String)>,
    policy_digest: String,
}

/// A verdict as shown; see [`wording::mark`].
#[derive(Debug, Serialize)]
struct MarkView {
    gate_word: &'static str,
    word: &'static str,
    glyph: &'static str,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct CauseView {
    sentence: String,
    example: String,
    /// The example's place in the page; empty where it is not in the report.
    target: String,
}

#[derive(Debug, Serialize)]
struct ChangeView {
    class: &'static str,
    glyph: &'static str,
    sentence: String,
    by: String,
}

/// Rows of the forest plot that share a scale.
#[derive(Debug, Serialize)]
struct GroupView {
    title: &'static str,
    /// SVG; empty where there is nothing to draw.
    scale: String,
    rows: Vec<StripView>,
}

#[derive(Debug, Serialize)]
struct StripView {
    id: String,
    /// SVG; empty where there is nothing to draw.
    strip: String,
    numbers: NumbersView,
    mark: MarkView,
}

#[derive(Debug, Serialize)]
struct NumbersView {
    estimate: String,
    interval: String,
    bar: String,
    basis: String,
    n: String,
}

#[derive(Debug, Serialize)]
struct RuleView {
    id: String,
    kind: &'static str,
    why: String,
    sentence: String,
    numbers: NumbersView,
    mark: MarkView,
    counts: String,
    worst: Vec<String>,
    line: String,
}

#[derive(Debug, Serialize)]
struct MetricView {
    metric: String,
    candidate: String,
    baseline: String,
    difference: String,
    movement: &'static str,
    glyph: &'static str,
    instrument: String,
}

#[derive(Debug, Serialize)]
struct SliceTable {
    tag: String,
    metrics: Vec<String>,
    rows: Vec<SliceView>,
}

#[derive(Debug, Serialize)]
struct SliceView {
    value: String,
    n_cases: String,
    is_thin: bool,
    cells: Vec<wording::HeatCell>,
}

#[derive(Debug, Serialize)]
struct CountsView {
    metric: String,
    planned: usize,
    scored: usize,
    not_applicable: usize,
    unscored: usize,
    reasons: String,
    adds_up: bool,
}

#[derive(Debug, Serialize)]
struct RunView {
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
struct MethodView {
    id: String,
    kind: &'static str,
    method: String,
    guarantee: String,
    confidence: String,
    basis: String,
}

impl Page {
    pub(super) fn new(report: &Report) -> Self {
        let findings = &report.decision.findings;
        let plotted = most_telling(findings);
        let mut notes = lines(&report.decision.notes);
        Self {
            title: visible_line(&wording::subject_and_environment(report)),
            subject: visible_line(&wording::subject(report)),
            environment: visible_line(&report.environment),
            evaluated_at: visible_line(&wording::time(&report.evaluated_at)),
            run_id: visible_line(&report.candidate.run_id),
            has_baseline: report.baseline.is_some(),
            mark: MarkView::new(report.decision.verdict),
            headline: visible_line(&wording::headline(report)),
            tally: wording::tally(findings),
            thinnest: visible_line(&wording::thinnest(findings).unwrap_or_default()),
            next: visible_line(&report.next),
            causes: causes(report),
            n_more_causes: report.causes.len().saturating_sub(N_CAUSES),
            changes: changes(report),
            worst: worst(report),
            n_more_rules: findings.len() - plotted.len(),
            groups: groups(&plotted),
            interval_note: wording::INTERVAL_NOTE,
            panels: panels::panels(report),
            more_notes: notes.split_off(notes.len().min(N_NOTES)),
            notes,
            proof: pairs(&report.provenance)
                .into_iter()
                .take(N_PROOF)
                .collect(),
            rules: findings.iter().map(RuleView::new).collect(),
            metrics: report.metrics.iter().map(MetricView::new).collect(),
            slices: slice_tables(report),
            slice_note: wording::SLICE_NOTE,
            buckets: report
                .bucket_counts
                .iter()
                .map(|(bucket, count)| {
                    (
                        bucket.name(),
                        wording::bucket_class(*bucket),
                        format_count(*count),
                    )
                })
                .collect(),
            cases: report
                .cases
                .iter()
                .enumerate()
                .map(|(index, case)| CaseView::new(report, index, case))
                .collect(),
            embedded: wording::embedded(report),
            judges: lines(&report.candidate.judges),
            judge_facts: pairs(&report.judge_facts),
            counts: report.metrics.iter().map(CountsView::new).collect(),
            runs: [
                ("Candidate", Some(&report.candidate)),
                ("Baseline", report.baseline.as_ref()),
            ]
            .into_iter()
            .filter_map(|(name, run)| Some(RunView::new(name, run?)))
            .collect(),
            methods: findings.iter().filter_map(MethodView::new).collect(),
            settings: report
                .settings
                .iter()
                .map(|(name, value, origin)| {
                    (
                        visible_line(name),
                        visible_line(value),
                        visible_line(origin),
                    )
                })
                .collect(),
            provenance: pairs(&report.provenance),
            policy_digest: report.policy_digest.to_string(),
        }
    }
}

impl MarkView {
    fn new(verdict: Verdict) -> Self {
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
    fn new(finding: &Finding) -> Self {
        let numbers = wording::finding_numbers(finding);
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
    fn new(finding: &Finding) -> Self {
        Self {
            id: visible_line(&finding.id),
            kind: finding.kind,
            why: visible_line(finding.why.as_deref().unwrap_or("")),
            sentence: visible_line(&finding.sentence),
            numbers: NumbersView::new(finding),
            mark: MarkView::new(finding.verdict),
            counts: wording::counts_sentence(&finding.counts),
            worst: lines(&finding.worst_cases),
            line: finding
                .policy_line
                .map_or_else(String::new, |line| line.to_string()),
        }
    }
}

impl MetricView {
    fn new(row: &MetricRow) -> Self {
        let movement = wording::change(row).map_or(Movement::Unclear, |change| change.movement);
        let text = |estimate: &Option<_>, is_difference| {
            estimate.as_ref().map_or_else(
                || "–".to_owned(),
                |estimate| {
                    visible_line(&wording::estimate_text(estimate, &row.unit, is_difference))
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
    fn new(row: &MetricRow) -> Self {
        Self {
            metric: visible_line(&row.metric),
            planned: row.counts.planned,
            scored: row.counts.scored,
            not_applicable: row.counts.not_applicable,
            unscored: row.counts.n_unscored(),
            reasons: visible_line(&wording::reasons(&row.counts.unscored)),
            adds_up: wording::counts_add_up(&row.counts),
        }
    }
}

impl RunView {
    fn new(name: &'static str, run: &RunSummary) -> Self {
        Self {
            name,
            run_id: visible_line(&run.run_id),
            variant: visible_line(&run.variant),
            size: wording::run_size(run),
            failures: visible_line(&wording::reasons(
                run.failures.iter().map(|(reason, count)| (reason, count)),
            )),
            models: visible_line(&run.models.join(", ")),
            latency: format!(
                "{} / {}",
                wording::latency(run.latency_p50_ms),
                wording::latency(run.latency_p95_ms)
            ),
            cost: format!(
                "{} / {}",
                wording::cost(run.copilot_cost_usd),
                wording::cost(run.judge_cost_usd)
            ),
        }
    }
}

impl MethodView {
    fn new(finding: &Finding) -> Option<Self> {
        let estimate = finding.estimate.as_ref()?;
        let guarantee: Guarantee = estimate.guarantee;
        Some(Self {
            id: visible_line(&finding.id),
            kind: finding.kind,
            method: visible_line(&estimate.method),
            guarantee: guarantee.to_string(),
            confidence: wording::confidence(estimate),
            basis: wording::basis(estimate),
        })
    }
}

/// Those that did not pass first, then in the policy's order; at most [`N_PLOTTED`].
fn most_telling(findings: &[Finding]) -> Vec<&Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|&index| {
        findings
            .get(index)
            .is_none_or(|f| f.verdict == Verdict::Pass)
    });
    order.truncate(N_PLOTTED);
    order.sort_unstable();
    order
        .into_iter()
        .filter_map(|index| findings.get(index))
        .collect()
}

fn groups(findings: &[&Finding]) -> Vec<GroupView> {
    let drawn = plot::groups(findings.iter().copied());
    let is_drawn = |finding: &Finding| {
        drawn.iter().any(|group| {
            group
                .rows
                .iter()
                .any(|row| std::ptr::eq(row.finding, finding))
        })
    };
    let strip = |finding: &Finding, strip: String| StripView {
        id: visible_line(&finding.id),
        strip,
        numbers: NumbersView::new(finding),
        mark: MarkView::new(finding.verdict),
    };
    let counted: Vec<StripView> = findings
        .iter()
        .filter(|finding| !is_drawn(finding))
        .map(|finding| strip(finding, String::new()))
        .collect();
    let mut groups: Vec<GroupView> = drawn
        .iter()
        .map(|group| GroupView {
            title: group.title,
            scale: chart::scale(&group.axis),
            rows: group
                .rows
                .iter()
                .map(|row| strip(row.finding, chart::strip(row, &group.axis)))
                .collect(),
        })
        .collect();
    if !counted.is_empty() {
        groups.push(GroupView {
            title: "Counted, case by case",
            scale: String::new(),
            rows: counted,
        });
    }
    groups
}

fn causes(report: &Report) -> Vec<CauseView> {
    report
        .causes
        .iter()
        .take(N_CAUSES)
        .map(|cause| CauseView {
            sentence: visible_line(&cause.sentence),
            example: visible_line(cause.example_case.as_deref().unwrap_or("")),
            target: report
                .cases
                .iter()
                .position(|case| Some(&case.id) == cause.example_case.as_ref())
                .map_or_else(String::new, |index| format!("case-{index}")),
        })
        .collect()
}

/// The clear ones first.
fn changes(report: &Report) -> Vec<ChangeView> {
    let mut changes: Vec<Change> = report.metrics.iter().filter_map(wording::change).collect();
    changes.sort_by_key(|change| change.movement);
    changes
        .into_iter()
        .take(N_CHANGES)
        .map(|change| ChangeView {
            class: change.movement.class(),
            glyph: change.movement.glyph(),
            sentence: visible_line(&change.sentence),
            by: visible_line(&change.by),
        })
        .collect()
}

/// The worst cases of the report: anchor and one line each.
fn worst(report: &Report) -> Vec<(String, String)> {
    report
        .cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.loss > 0.0)
        .take(N_WORST)
        .map(|(index, case)| {
            (
                format!("case-{index}"),
                visible_line(&wording::worst_case(case)),
            )
        })
        .collect()
}

fn slice_tables(report: &Report) -> Vec<SliceTable> {
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
                .find(|(name, ..)| visible_line(name) == *metric);
            let row = report
                .metrics
                .iter()
                .find(|row| visible_line(&row.metric) == *metric);
            wording::heat_cell(
                row,
                mean.and_then(|mean| mean.1),
                mean.and_then(|mean| mean.2),
            )
        });
        table.rows.push(SliceView {
            value: visible_line(&slice.value),
            n_cases: format_count(slice.n_cases),
            is_thin: wording::is_thin(slice),
            cells: cells.collect(),
        });
    }
    tables
}

/// The metrics of a dimension, in the order in which they first appear.
fn metric_names(slices: &[SliceRow], tag: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, ..) in slices
        .iter()
        .filter(|slice| slice.tag == tag)
        .flat_map(|slice| &slice.means)
    {
        let name = visible_line(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| visible_line(text)).collect()
}

fn pairs(pairs: &[(String, String)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| (visible_line(name), visible_line(value)))
        .collect()
}
