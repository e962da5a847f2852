//! One run or several against a baseline: the verdict, what moved, and every case that changed.

use groundgate_record::Reader;
use groundgate_report::{headline, mark, tally, visible_line};
use serde::Serialize;

use super::{
    case_list::{CaseList, Here},
    comparison::Comparison,
    page::{PageError, Reply},
    query::{Query, link},
    texts::name_of,
    viewer::Viewer,
};

/// So many runs stand side by side.
const RUNS_MOST: usize = 6;

#[derive(Debug, Serialize)]
struct Page {
    candidates: Vec<Tab>,
    baseline: String,
    headline: String,
    class: &'static str,
    glyph: &'static str,
    gate_word: &'static str,
    tally: String,
    causes: Vec<String>,
    metrics: Vec<Vec<String>>,
    metric_heads: Vec<String>,
    rules: Vec<RuleLine>,
    links: Vec<(&'static str, String)>,
    list: CaseList,
}

/// One of the compared runs.
#[derive(Debug, Serialize)]
struct Tab {
    name: String,
    link: String,
    is_shown: bool,
    glyph: &'static str,
    word: &'static str,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct RuleLine {
    id: String,
    class: &'static str,
    glyph: &'static str,
    word: &'static str,
    sentence: String,
    link: String,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let baseline = query.get("base").map(|id| viewer.open(id)).transpose()?;
    let base_id = query.get("base").unwrap_or("");
    let mut runs: Vec<Reader> = Vec::new();
    for id in query.all("run").filter(|id| *id != base_id).take(RUNS_MOST) {
        runs.push(viewer.open(id)?);
    }
    let wanted = query.get("show");
    let mut ids = runs.iter().map(|run| run.header().run_id.as_str());
    let shown = ids.position(|id| Some(id) == wanted).unwrap_or(0);
    let run = runs
        .get(shown)
        .ok_or_else(|| PageError::wrong("Choose a run that is not the baseline."))?;
    let comparison = viewer.compared(run, baseline.as_ref())?;
    let report = &comparison.report;
    let verdict = mark(report.decision.verdict);
    let (candidates, metric_heads, metrics) =
        side_by_side(viewer, &runs, baseline.as_ref(), query, shown)?;
    let here = Here {
        query,
        runs: &runs,
        run,
        base_id,
    };
    let page = Page {
        candidates,
        baseline: baseline.as_ref().map(name_of).unwrap_or_default(),
        headline: visible_line(&headline(report)),
        class: verdict.class,
        glyph: verdict.glyph,
        gate_word: verdict.gate_word,
        tally: tally(&report.decision.findings),
        causes: (report.causes.iter())
            .map(|cause| visible_line(&cause.sentence))
            .collect(),
        metric_heads,
        metrics,
        rules: rules(&comparison, query),
        links: links(run, base_id),
        list: CaseList::new(&here, &comparison)?,
    };
    let title = format!("{} · {}", verdict.gate_word, name_of(run));
    viewer.pages.page("compare.html", &title, &page)
}

/// Every run's verdict, and the metrics of all of them in one table.
type SideBySide = (Vec<Tab>, Vec<String>, Vec<Vec<String>>);

fn side_by_side(
    viewer: &Viewer,
    runs: &[Reader],
    baseline: Option<&Reader>,
    query: &Query,
    shown: usize,
) -> Result<SideBySide, PageError> {
    let mut tabs = Vec::new();
    let mut heads = vec!["Metric".to_owned()];
    heads.extend(baseline.map(name_of));
    let mut table: Vec<Vec<String>> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let comparison = viewer.compared(run, baseline)?;
        let verdict = mark(comparison.report.decision.verdict);
        tabs.push(Tab {
            name: name_of(run),
            link: query
                .with("show", &run.header().run_id)
                .with("start", "")
                .link("compare"),
            is_shown: index == shown,
            glyph: verdict.glyph,
            word: verdict.gate_word,
            class: verdict.class,
        });
        heads.push(name_of(run));
        for (place, metric) in comparison.report.metric_texts().into_iter().enumerate() {
            let [name, ours, theirs, difference] = metric.map(|text| visible_line(&text));
            if index == 0 {
                let mut row = vec![name];
                row.extend(baseline.map(|_| theirs));
                table.push(row);
            }
            if let Some(row) = table.get_mut(place) {
                row.push(if difference.is_empty() {
                    ours
                } else {
                    format!("{ours} ({difference})")
                });
            }
        }
    }
    Ok((tabs, heads, table))
}

fn rules(comparison: &Comparison, query: &Query) -> Vec<RuleLine> {
    let mut findings: Vec<_> = comparison.report.decision.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    findings
        .into_iter()
        .map(|finding| {
            let shown = mark(finding.verdict);
            RuleLine {
                id: visible_line(&finding.id),
                class: shown.class,
                glyph: shown.glyph,
                word: shown.word,
                sentence: visible_line(&finding.sentence),
                link: query
                    .with("rule", &finding.id)
                    .with("start", "")
                    .link("compare")
                    + "#cases",
            }
        })
        .collect()
}

fn links(run: &Reader, base: &str) -> Vec<(&'static str, String)> {
    let pairs = [("run", run.header().run_id.as_str()), ("base", base)];
    vec![
        ("Slices", link("slices", &pairs)),
        ("Judges", link("judges", &pairs)),
        ("Progress", link("live", &pairs)),
    ]
}
