//! One metric by two dimensions: where the candidate is weak, and where it lost.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    number::{NumberFormat, Scale, Toward},
    trial::Direction,
    unit::count_to_f64,
};
use groundgate_report::visible_line;
use serde::Serialize;

use super::{
    comparison::{CaseLine, Comparison, MetricScores},
    page::{PageError, Reply},
    query::{Query, link},
    texts::{name_of, score_text},
    viewer::Viewer,
};

/// A dimension with more values than this is no dimension to look at.
const VALUES_MOST: usize = 40;
/// Fewer cases than this say little.
const THIN: usize = 40;

#[derive(Debug, Serialize)]
struct Page {
    name: String,
    hidden: Vec<(&'static str, String)>,
    metrics: Vec<(String, bool)>,
    rows: Vec<(String, bool)>,
    columns: Vec<(String, bool)>,
    metric: String,
    row_tag: String,
    column_tag: String,
    heads: Vec<String>,
    table: Vec<TableRow>,
    back: String,
}

#[derive(Debug, Serialize)]
struct TableRow {
    value: String,
    cells: Vec<CellView>,
}

#[derive(Debug, Default, Serialize)]
struct CellView {
    mean: String,
    change: String,
    n: usize,
    is_thin: bool,
    class: &'static str,
    link: String,
}

/// Sums of one slice.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    n: usize,
    ours: f64,
    /// Of the cases that both have.
    n_both: usize,
    gained: f64,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let run = viewer.open(query.get("run").unwrap_or(""))?;
    let baseline = query.get("base").map(|id| viewer.open(id)).transpose()?;
    let comparison = viewer.compared(&run, baseline.as_ref())?;
    let tags = dimensions(&comparison);
    let known = |name: &str| query.get(name).filter(|tag| tags.contains_key(tag));
    let row_tag = known("rows")
        .or_else(|| tags.keys().next().copied())
        .unwrap_or("");
    let column_tag = known("columns").filter(|tag| *tag != row_tag).unwrap_or("");
    let wanted = query.get("metric");
    let scores = comparison
        .scores
        .iter()
        .find(|scores| Some(scores.metric.name.as_str()) == wanted)
        .or_else(|| comparison.scores.first())
        .ok_or_else(|| PageError::absent("The run has no scores."))?;
    let pairs = [
        ("run", run.header().run_id.as_str()),
        ("base", query.get("base").unwrap_or("")),
    ];
    let axes = Axes {
        row_tag,
        column_tag,
    };
    let none = BTreeSet::new();
    let heads: Vec<&str> = tags
        .get(column_tag)
        .unwrap_or(&none)
        .iter()
        .copied()
        .collect();
    let table = table(&comparison, scores, axes, &heads, &pairs);
    let chosen = |all: Vec<&str>, one: &str| -> Vec<(String, bool)> {
        all.into_iter()
            .map(|name| (name.to_owned(), name == one))
            .collect()
    };
    let page = Page {
        name: name_of(&run),
        hidden: pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        metrics: chosen(
            comparison
                .scores
                .iter()
                .map(|one| one.metric.name.as_str())
                .collect(),
            &scores.metric.name,
        ),
        rows: chosen(tags.keys().copied().collect(), row_tag),
        columns: chosen(
            tags.keys().copied().filter(|tag| *tag != row_tag).collect(),
            column_tag,
        ),
        metric: visible_line(&scores.metric.name),
        row_tag: visible_line(row_tag),
        column_tag: visible_line(column_tag),
        heads: std::iter::once("all".to_owned())
            .chain(heads.iter().map(|head| visible_line(head)))
            .collect(),
        table,
        back: link("compare", &pairs),
    };
    viewer
        .pages
        .page("slices.html", &format!("Slices · {}", name_of(&run)), &page)
}

/// Tags with few enough values, each with its values.
fn dimensions(comparison: &Comparison) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for slice in &comparison.report.slices {
        tags.entry(&slice.tag).or_default().insert(&slice.value);
    }
    tags.retain(|_, values| values.len() <= VALUES_MOST);
    tags
}

#[derive(Debug, Clone, Copy)]
struct Axes<'a> {
    row_tag: &'a str,
    column_tag: &'a str,
}

fn table(
    comparison: &Comparison,
    scores: &MetricScores,
    axes: Axes<'_>,
    heads: &[&str],
    pairs: &[(&str, &str)],
) -> Vec<TableRow> {
    let mut sums: BTreeMap<(&str, &str), Sums> = BTreeMap::new();
    for line in &comparison.cases {
        let Some(row) = line.tags.get(axes.row_tag) else {
            continue;
        };
        let column = line.tags.get(axes.column_tag);
        for column in [Some(""), column.map(String::as_str)].into_iter().flatten() {
            add(sums.entry((row, column)).or_default(), scores, line);
        }
    }
    let rows: BTreeSet<&str> = sums.keys().map(|(row, _)| *row).collect();
    rows.into_iter()
        .map(|row| TableRow {
            value: visible_line(row),
            cells: std::iter::once("")
                .chain(heads.iter().copied())
                .map(|column| {
                    let slice = format!("{}={row}", axes.row_tag);
                    let link = link("compare", &[pairs, &[("slice", &slice)]].concat()) + "#cases";
                    sums.get(&(row, column))
                        .map_or_else(CellView::default, |sums| cell(scores, *sums, link))
                })
                .collect(),
        })
        .collect()
}

fn add(sums: &mut Sums, scores: &MetricScores, line: &CaseLine) {
    let (ours, theirs) = scores.pair(line);
    if let Some(ours) = ours {
        sums.n += 1;
        sums.ours += ours;
        if let Some(theirs) = theirs {
            sums.n_both += 1;
            sums.gained += ours - theirs;
        }
    }
}

fn cell(scores: &MetricScores, sums: Sums, link: String) -> CellView {
    let mean = (sums.n > 0).then(|| sums.ours / count_to_f64(sums.n));
    let change = (sums.n_both > 0).then(|| sums.gained / count_to_f64(sums.n_both));
    let unit = scores.metric.shown_unit();
    let scale = Scale::of_unit(&unit);
    let (low, high) = scores.metric.data_type.range();
    let width = (high.unwrap_or(1.0) - low).max(f64::MIN_POSITIVE);
    let gain = change.unwrap_or(0.0) / width
        * if scores.metric.direction == Direction::HigherIsBetter {
            1.0
        } else {
            -1.0
        };
    let (class, sign) = match gain {
        gain if gain <= -0.1 => ("down-2", "▼▼ "),
        gain if gain <= -0.03 => ("down-1", "▼ "),
        gain if gain >= 0.1 => ("up-2", "▲▲ "),
        gain if gain >= 0.03 => ("up-1", "▲ "),
        _ => ("level", ""),
    };
    CellView {
        mean: score_text(&scores.metric, mean),
        change: change.map_or_else(String::new, |change| {
            let format = NumberFormat::new(scale, true, &[change], None);
            format!("{sign}{}", format.with_unit(change, Toward::Nearest))
        }),
        n: sums.n,
        is_thin: sums.n < THIN,
        class,
        link,
    }
}
