//! The judges of a run: what they could not score, what they cost, and how far people agree with them.

use std::collections::BTreeMap;

use groundgate_model::{
    number::{Toward, format_count, format_score},
    trial::Label,
    unit::Usd,
};
use groundgate_record::Reader;
use groundgate_report::{Named, visible_line};
use serde::Serialize;

use super::{
    claims::claims_of,
    page::{PageError, Reply},
    query::{Query, link},
    texts::name_of,
    viewer::Viewer,
};
use crate::label::{Given, Item, Kind, against_judge, between_people};

#[derive(Debug, Serialize)]
struct Page {
    name: String,
    judges: Vec<String>,
    facts: Vec<Named>,
    counts: Vec<Counts>,
    calls: Vec<Calls>,
    labels: Vec<&'static str>,
    confusion: Vec<(&'static str, Vec<usize>)>,
    agreement: Vec<String>,
    back: String,
}

#[derive(Debug, Serialize)]
struct Counts {
    metric: String,
    instrument: String,
    scored: String,
    not_applicable: String,
    unscored: String,
    reasons: Vec<String>,
}

/// Calls of the copilot or of all judges.
#[derive(Debug, Default, Serialize)]
struct Calls {
    who: &'static str,
    n: usize,
    n_failed: usize,
    cost: String,
    each: String,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let run = viewer.open(query.get("run").unwrap_or(""))?;
    let baseline = query.get("base").map(|id| viewer.open(id)).transpose()?;
    let comparison = viewer.compared(&run, baseline.as_ref())?;
    let report = &comparison.report;
    let counts = report.metrics.iter().map(|metric| Counts {
        metric: visible_line(&metric.metric),
        instrument: visible_line(&metric.instrument),
        scored: format_count(metric.counts.scored),
        not_applicable: format_count(metric.counts.not_applicable),
        unscored: format_count(metric.counts.n_unscored()),
        reasons: (metric.counts.unscored.iter())
            .map(|(reason, n)| format!("{} {}", format_count(*n), visible_line(reason)))
            .collect(),
    });
    let (confusion, agreement) = people(viewer, &run)?;
    let page = Page {
        name: name_of(&run),
        judges: report
            .candidate
            .judges
            .iter()
            .map(|judge| visible_line(judge))
            .collect(),
        facts: (report.judge_facts.iter())
            .map(|fact| Named::new(visible_line(&fact.name), visible_line(&fact.value)))
            .collect(),
        counts: counts.collect(),
        calls: calls(&run)?,
        labels: Given::OF_CLAIMS.map(Given::name).to_vec(),
        confusion,
        agreement,
        back: link(
            "compare",
            &[
                ("run", &run.header().run_id),
                ("base", query.get("base").unwrap_or("")),
            ],
        ),
    };
    viewer
        .pages
        .page("judges.html", &format!("Judges · {}", name_of(&run)), &page)
}

fn calls(run: &Reader) -> Result<Vec<Calls>, PageError> {
    let mut both = [("copilot", 0, 0, Usd::ZERO), ("judges", 0, 0, Usd::ZERO)];
    run.for_each_call(|call| {
        if let Some((_, n, n_failed, cost)) = both.get_mut(usize::from(!call.is_copilot)) {
            *n += 1;
            *n_failed += usize::from(call.result.is_err());
            *cost = cost.plus(call.booked);
        }
    })?;
    let shown = both.into_iter().map(|(who, n, n_failed, cost)| Calls {
        who,
        n,
        n_failed,
        cost: cost.to_string(),
        each: u64::try_from(n)
            .ok()
            .and_then(|n| cost.nanos().checked_div(n))
            .map_or_else(
                || "—".to_owned(),
                |nanos| Usd::from_nanos(nanos).to_string(),
            ),
    });
    Ok(shown.collect())
}

/// The confusion table, and sentences.
type People = (Vec<(&'static str, Vec<usize>)>, Vec<String>);

fn people(viewer: &Viewer, run: &Reader) -> Result<People, PageError> {
    let kinds: Vec<Kind> = viewer.label_kinds();
    let claims = claims_of(run)?;
    let judged: BTreeMap<Item, Label> = claims
        .into_iter()
        .map(|claim| (claim.item, claim.judged))
        .collect();
    let mut sentences = Vec::new();
    let mut table = Vec::new();
    match against_judge(&kinds, &judged) {
        None => sentences.push(
            "Nobody has labelled claims of this run yet: groundgate label starts it.".to_owned(),
        ),
        Some(confusion) => {
            sentences.push(format!(
                "The judge gives the label that people agree on for {} of all claims ({} labelled, each weighted \
                 by how probable its draw was). For an interval: groundgate label --export FILE, then judge agreement --labels FILE.",
                format_score(confusion.weighted_share, Toward::Nearest),
                format_count(confusion.n),
            ));
            table = Given::OF_CLAIMS
                .map(Given::name)
                .into_iter()
                .zip(confusion.counts.map(|row| row.to_vec()))
                .collect();
        }
    }
    if let Some(agreement) = between_people(&kinds) {
        let kappa = agreement
            .kappa
            .map_or_else(String::new, |kappa| format!(", kappa {kappa:.2}"));
        sentences.push(format!(
            "People agree with each other on {} of {} claims that two of them labelled{kappa}: a judge can hardly do better.",
            format_score(agreement.share, Toward::Nearest),
            format_count(agreement.n),
        ));
    }
    Ok((table, sentences))
}
