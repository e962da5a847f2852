//! The page as plain strings and lists, ready to be placed by the template.
//!
//! Every string of the report passes [`visible_line`] here; the template escapes it for HTML.

use std::cmp::Reverse;

use groundgate_gate::{Finding, Verdict};
use serde::Serialize;

use super::{
    case::CaseView,
    compressed::Packed,
    sign_off_view::{self, SignOffView},
    tables::{
        self, CountsView, MarkView, MethodView, MetricView, NumbersView, RuleView, RunView,
        SliceTable, lines, named, slice_tables,
    },
};
use crate::{
    chart, heatmap,
    judge_picture::JudgePicture,
    model::{Named, Report, Setting},
    panels::{self, Panel},
    plot,
    visible::visible_line,
    wording,
};

/// Rules on page one; more would not fit the sheet.
const N_PLOTTED: usize = 10;
/// Causes on page one.
const N_CAUSES: usize = 3;
/// Metrics compared on page one.
const N_CHANGES: usize = 4;
/// Cases in the page's own markup; more are packed.
const N_OPEN: usize = 200;
/// Cases named on page one.
const N_WORST: usize = 3;

/// Notes on page one; all others stand right below it.
const N_NOTES: usize = 2;
/// Digests on page one.
const N_PROOF: usize = 5;

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
    /// What the worst rule says; empty where all passed.
    because: String,
    tally: String,
    standing: String,
    thinnest: String,
    next: String,
    causes: Vec<CauseView>,
    without_cause: &'static str,
    more_causes: Vec<CauseView>,
    changes: Vec<ChangeView>,
    worst: Vec<(String, String)>,
    groups: Vec<GroupView>,
    n_more_rules: usize,
    interval_note: &'static str,
    panels: Vec<Panel>,
    notes: Vec<String>,
    more_notes: Vec<String>,
    signed: SignOffView,
    signed_in_full: SignOffView,
    proof: Vec<Named>,
    rules: Vec<RuleView>,
    metrics: Vec<MetricView>,
    slices: Vec<SliceTable>,
    slice_note: &'static str,
    buckets: Vec<(&'static str, &'static str, String)>,
    cases: Vec<CaseView>,
    packed: Packed,
    embedded: String,
    judges: Vec<String>,
    judge_facts: Vec<Named>,
    judge_picture: JudgePicture,
    judge_rules: Vec<RuleView>,
    counts: Vec<CountsView>,
    runs: Vec<RunView>,
    methods: Vec<MethodView>,
    settings: Vec<Setting>,
    provenance: Vec<Named>,
    policy_digest: String,
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

impl Page {
    pub(super) fn new(report: &Report) -> Self {
        let findings = &report.decision.findings;
        // Approvals have a place of their own on the page.
        let ordered = wording::worst_first(findings);
        let mut plotted = ordered.clone();
        plotted.retain(|finding| finding.kind != "approval");
        let n_evidence = plotted.len();
        plotted.truncate(N_PLOTTED);
        let mut causes = causes(report);
        let baseline = report.baseline.as_ref().map_or("", |run| &run.variant);
        let mut opened: Vec<CaseView> = (report.cases.iter().enumerate())
            .map(|(index, case)| CaseView::new(case, index, &report.candidate.variant, baseline))
            .collect();
        let packed = Packed::new(&opened.split_off(opened.len().min(N_OPEN)));
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
            because: wording::because(findings).map_or_else(String::new, visible_line),
            tally: wording::tally(findings),
            standing: sign_off_view::standing(report),
            thinnest: visible_line(&wording::thinnest(findings).unwrap_or_default()),
            next: visible_line(&report.next),
            more_causes: causes.split_off(causes.len().min(N_CAUSES)),
            causes,
            without_cause: wording::without_cause(report.decision.verdict),
            changes: changes(report),
            worst: worst(report),
            n_more_rules: n_evidence - plotted.len(),
            groups: groups(&plotted),
            interval_note: wording::INTERVAL_NOTE,
            panels: panels::panels(report),
            more_notes: notes.split_off(notes.len().min(N_NOTES)),
            notes,
            signed: SignOffView::short(report),
            signed_in_full: SignOffView::full(report),
            proof: named(
                report
                    .provenance
                    .get(..N_PROOF)
                    .unwrap_or(&report.provenance),
            ),
            rules: ordered.iter().copied().map(RuleView::new).collect(),
            metrics: report.metrics.iter().map(MetricView::new).collect(),
            slices: slice_tables(report),
            slice_note: heatmap::SLICE_NOTE,
            buckets: tables::buckets(&report.bucket_counts),
            cases: opened,
            packed,
            embedded: wording::embedded(report),
            judges: lines(&report.candidate.judges),
            judge_facts: named(&report.judge_facts),
            judge_picture: JudgePicture::new(&report.judge_measures),
            judge_rules: findings
                .iter()
                .filter(|finding| finding.kind == "judge-health")
                .map(RuleView::new)
                .collect(),
            counts: report.metrics.iter().map(CountsView::new).collect(),
            runs: tables::runs(report),
            methods: findings.iter().filter_map(MethodView::new).collect(),
            settings: tables::settings(&report.settings),
            provenance: named(&report.provenance),
            policy_digest: report.policy_digest.to_string(),
        }
    }
}

fn groups(findings: &[&Finding]) -> Vec<GroupView> {
    let drawn = plot::groups(findings);
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
    let is_read =
        |finding: &Finding| matches!(finding.kind, "evidence" | "freshness" | "judge-health");
    let (read, counted): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .filter(|finding| !is_drawn(finding))
        .partition(|finding| is_read(finding));
    let worst = |verdicts: Vec<Verdict>| verdicts.into_iter().max();
    let drawn = drawn.iter().map(|group| {
        let rows = group.rows.iter();
        let view = GroupView {
            title: group.title,
            scale: chart::scale(&group.axis),
            rows: (rows.clone())
                .map(|row| strip(row.finding, chart::strip(row, &group.axis)))
                .collect(),
        };
        (worst(rows.map(|row| row.finding.verdict).collect()), view)
    });
    let listed = [
        ("Counted, case by case", counted),
        ("Read, not estimated", read),
    ];
    let listed = listed.into_iter().map(|(title, findings)| {
        let rows = findings.iter().map(|finding| strip(finding, String::new()));
        let view = GroupView {
            title,
            scale: String::new(),
            rows: rows.collect(),
        };
        (
            worst(findings.iter().map(|finding| finding.verdict).collect()),
            view,
        )
    });
    let mut groups: Vec<(Option<Verdict>, GroupView)> = drawn.chain(listed).collect();
    groups.retain(|(_, group)| !group.rows.is_empty());
    groups.sort_by_key(|(worst, _)| Reverse(*worst));
    groups.into_iter().map(|(_, group)| group).collect()
}

fn causes(report: &Report) -> Vec<CauseView> {
    report
        .causes
        .iter()
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
    wording::changes(&report.metrics)
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
