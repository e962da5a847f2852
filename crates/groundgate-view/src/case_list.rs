//! The cases of a comparison as a list: filtered, a page at a time, worst first.

use groundgate_model::number::format_count;
use groundgate_record::Reader;
use groundgate_report::{Bucket, bucket_class, visible_line};
use serde::Serialize;

use super::{
    comparison::{CaseLine, Comparison},
    filter::Filter,
    page::PageError,
    query::{Query, link},
    texts::score_text,
};

const ON_A_PAGE: usize = 50;
const BUCKETS: [Bucket; 4] = [
    Bucket::Regressed,
    Bucket::StillFailing,
    Bucket::Fixed,
    Bucket::Unchanged,
];

/// Where the page stands.
pub(super) struct Here<'a> {
    pub(super) query: &'a Query,
    pub(super) runs: &'a [Reader],
    pub(super) run: &'a Reader,
    pub(super) base_id: &'a str,
}

/// The list with what it can be filtered by.
#[derive(Debug, Serialize)]
pub(super) struct CaseList {
    buckets: Vec<BucketLine>,
    slices: Vec<Choice>,
    errors: Vec<Choice>,
    rules: Vec<Choice>,
    text: String,
    hidden: Vec<(&'static str, String)>,
    n_found: String,
    rows: Vec<Row>,
    previous: String,
    next: String,
    reset: String,
}

#[derive(Debug, Serialize)]
struct BucketLine {
    name: &'static str,
    class: &'static str,
    count: String,
    link: String,
    is_chosen: bool,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    is_chosen: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    link: String,
    class: &'static str,
    bucket: &'static str,
    question: String,
    tags: Vec<String>,
    scores: Vec<String>,
    reasons: Vec<String>,
    loss: String,
}

impl CaseList {
    pub(super) fn new(here: &Here<'_>, comparison: &Comparison) -> Result<Self, PageError> {
        let query = here.query;
        let text = query.get("text");
        let found = text.map(|text| here.run.find_text(text)).transpose()?;
        let fitting = Filter::new(query, found).apply(comparison);
        let start = query.number("start", 0);
        let rows = fitting.iter().skip(start).take(ON_A_PAGE);
        let rows: Result<Vec<Row>, PageError> =
            rows.map(|line| row(here, comparison, line)).collect();
        let page_at = |at: usize, is_there: bool| {
            let there = query.with("start", &at.to_string()).link("compare");
            if is_there { there } else { String::new() }
        };
        let findings = comparison.report.decision.findings.iter();
        Ok(Self {
            buckets: buckets(comparison, query),
            slices: slices(comparison, query.get("slice")),
            errors: choices(
                comparison.reasons.iter().map(String::as_str),
                query.get("error"),
            ),
            rules: choices(
                findings.map(|finding| finding.id.as_str()),
                query.get("rule"),
            ),
            text: visible_line(text.unwrap_or("")),
            hidden: hidden(here),
            n_found: format_count(fitting.len()),
            rows: rows?,
            previous: page_at(start.saturating_sub(ON_A_PAGE), start > 0),
            next: page_at(start + ON_A_PAGE, start + ON_A_PAGE < fitting.len()),
            reset: unfiltered(query),
        })
    }
}

/// The page without any filter.
fn unfiltered(query: &Query) -> String {
    let names = ["bucket", "slice", "rule", "error", "text", "start"];
    let bare = (names.iter()).fold(query.clone(), |query, name| query.with(name, ""));
    bare.link("compare")
}

fn row(here: &Here<'_>, comparison: &Comparison, line: &CaseLine) -> Result<Row, PageError> {
    let case = here.run.case(line.loss.case_index)?;
    let changed = comparison.scores.iter().filter_map(|scores| {
        let (ours, theirs) = scores.pair(line);
        let is_equal = ours.zip(theirs).is_some_and(|(a, b)| (a - b).abs() < 1e-6);
        let show = |value: Option<f64>| score_text(&scores.metric, value);
        match (here.base_id.is_empty(), is_equal) {
            (true, _) => Some(format!("{} {}", scores.metric.name, show(ours))),
            (false, true) => None,
            (false, false) => Some(format!(
                "{} {} → {}",
                scores.metric.name,
                show(theirs),
                show(ours)
            )),
        }
    });
    let reasons = line
        .reasons
        .iter()
        .filter_map(|place| comparison.reasons.get(usize::from(*place)));
    Ok(Row {
        link: link(
            "case",
            &[
                ("run", &here.run.header().run_id),
                ("base", here.base_id),
                ("case", &line.id),
            ],
        ),
        id: visible_line(&line.id),
        class: bucket_class(line.loss.bucket),
        bucket: line.loss.bucket.name(),
        question: visible_line(&case.question).chars().take(160).collect(),
        tags: line
            .tags
            .iter()
            .map(|(tag, value)| visible_line(&format!("{tag}={value}")))
            .collect(),
        scores: changed.map(|text| visible_line(&text)).collect(),
        reasons: reasons.map(|reason| visible_line(reason)).collect(),
        loss: format!("{:.2}", line.loss.loss),
    })
}

fn buckets(comparison: &Comparison, query: &Query) -> Vec<BucketLine> {
    let chosen = query.get("bucket");
    BUCKETS
        .into_iter()
        .map(|bucket| {
            let class = bucket_class(bucket);
            let count = comparison
                .cases
                .iter()
                .filter(|line| line.loss.bucket == bucket)
                .count();
            let is_chosen = chosen == Some(class);
            let query = query
                .with("bucket", if is_chosen { "" } else { class })
                .with("start", "");
            BucketLine {
                name: bucket.name(),
                class,
                count: format_count(count),
                link: query.link("compare") + "#cases",
                is_chosen,
            }
        })
        .collect()
}

fn choices<'a>(values: impl Iterator<Item = &'a str>, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        is_chosen: chosen == Some(value),
    };
    values.map(choice).collect()
}

fn slices(comparison: &Comparison, chosen: Option<&str>) -> Vec<Choice> {
    let slices = comparison.report.slices.iter();
    let names: Vec<String> = slices
        .map(|slice| format!("{}={}", slice.tag, slice.value))
        .collect();
    choices(names.iter().map(String::as_str), chosen)
}

/// What the filter's form must carry along.
fn hidden(here: &Here<'_>) -> Vec<(&'static str, String)> {
    let runs = here
        .runs
        .iter()
        .map(|run| ("run", run.header().run_id.clone()));
    let rest = [
        ("show", here.run.header().run_id.clone()),
        ("base", here.base_id.to_owned()),
        ("bucket", here.query.get("bucket").unwrap_or("").to_owned()),
    ];
    runs.chain(rest)
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
