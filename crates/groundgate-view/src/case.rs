//! One case: both answers, what changed, claims and their evidence, repeats, judges, raw calls.

use groundgate_model::{
    eval_set::Case,
    trial::{Call, Callee, Cell},
};
use groundgate_record::Reader;
use groundgate_report::{Bucket, CaseReport, CaseScore, CaseView, visible_line, visible_text};
use serde::Serialize;

use super::{
    page::{PageError, Reply},
    query::{Query, link},
    texts::{attempts_of, cell_text, name_of},
    viewer::Viewer,
};

/// Longer texts of calls are cut: the record has all of it.
const CALL_MOST: usize = 20_000;

#[derive(Debug, Serialize)]
struct Page {
    id: String,
    case: CaseView,
    has_baseline: bool,
    history: Vec<(&'static str, String)>,
    facts: Vec<String>,
    attempts: Vec<Attempt>,
    metrics: Vec<String>,
    calls: Vec<CallView>,
    back: String,
    previous: String,
    next: String,
    explain: String,
    /// What judging again costs; `None` where this viewer may not.
    again: Option<String>,
    run: String,
    case_id: String,
    attempt: usize,
}

/// One repeat of one of the runs.
#[derive(Debug, Serialize)]
struct Attempt {
    run: String,
    number: usize,
    link: String,
    is_shown: bool,
    scores: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CallView {
    side: &'static str,
    callee: String,
    what: String,
    cost: String,
    request: String,
    reply: String,
    is_failure: bool,
}

pub(super) fn page(viewer: &Viewer, query: &Query) -> Result<Reply, PageError> {
    let run = viewer.open(query.get("run").unwrap_or(""))?;
    let baseline = query.get("base").map(|id| viewer.open(id)).transpose()?;
    let id = query.get("case").unwrap_or("");
    let place = run
        .place_of(id)?
        .ok_or_else(|| PageError::absent(format!("There is no case {id}.")))?;
    let case = run.case(place)?;
    let twin = baseline.as_ref().map(|run| run.place_of(id));
    let twin = twin.transpose()?.flatten();
    let attempt = query
        .number("attempt", 0)
        .min(attempts_of(&run).saturating_sub(1));
    let trial = place * attempts_of(&run) + attempt;
    let other = baseline.as_ref().zip(twin).map(|(base, twin)| {
        let n = attempts_of(base);
        RunTrial {
            run: base,
            trial: twin * n + attempt.min(n.saturating_sub(1)),
        }
    });
    let ours = RunTrial { run: &run, trial };
    let report = case_report(viewer, &case, ours, other)?;
    let base_name = (baseline.as_ref()).map(|run| run.header().copilot_name.clone());
    let pairs = [
        ("run", run.header().run_id.as_str()),
        ("base", query.get("base").unwrap_or("")),
    ];
    let shown = Shown {
        query,
        run: &run,
        place,
        attempt,
    };
    let page = Page {
        id: visible_line(&case.id),
        case: CaseView::new(
            &report,
            0,
            &run.header().copilot_name,
            base_name.as_deref().unwrap_or(""),
        ),
        has_baseline: other.is_some(),
        history: turns(&case),
        facts: (case.expected_facts.iter().map(|fact| visible_line(fact))).collect(),
        attempts: shown.all_attempts(baseline.as_ref().zip(twin))?,
        metrics: run
            .header()
            .metrics
            .iter()
            .map(|one| visible_line(&one.metric.name))
            .collect(),
        calls: all_calls(ours, other)?,
        back: link("compare", &pairs),
        previous: shown.neighbour(place.checked_sub(1))?,
        next: shown.neighbour(Some(place + 1))?,
        explain: explain(&case.id, &run),
        again: (viewer.rejudge.as_ref()).map(|judges| judges.price(&run, trial)),
        run: run.header().run_id.clone(),
        case_id: case.id.clone(),
        attempt,
    };
    viewer
        .pages
        .page("case.html", &visible_line(&case.id), &page)
}

/// The same in a terminal.
fn explain(case: &str, run: &Reader) -> String {
    let run = &run.header().run_id;
    visible_line(&format!("groundgate explain {case} --run {run}"))
}

fn turns(case: &Case) -> Vec<(&'static str, String)> {
    let turns = case.history.iter();
    turns
        .map(|turn| (turn.role.name(), visible_text(&turn.text)))
        .collect()
}

/// One trial of one of the runs.
#[derive(Clone, Copy)]
struct RunTrial<'a> {
    run: &'a Reader,
    trial: usize,
}

/// Where the page stands.
struct Shown<'a> {
    query: &'a Query,
    run: &'a Reader,
    place: usize,
    attempt: usize,
}

impl Shown<'_> {
    fn all_attempts(&self, other: Option<(&Reader, usize)>) -> Result<Vec<Attempt>, PageError> {
        let mut all = attempts(self.run, self.place, self.query, self.attempt)?;
        if let Some((base, twin)) = other {
            all.extend(attempts(base, twin, self.query, self.attempt)?);
        }
        Ok(all)
    }

    /// A link to the case at a place; empty where there is none.
    fn neighbour(&self, place: Option<usize>) -> Result<String, PageError> {
        let n_cases = self.run.n_cases()?;
        let Some(place) = place.filter(|place| *place < n_cases) else {
            return Ok(String::new());
        };
        let id = self.run.case(place)?.id;
        Ok(self
            .query
            .with("case", &id)
            .with("attempt", "")
            .link("case"))
    }
}

fn case_report(
    viewer: &Viewer,
    case: &Case,
    ours: RunTrial<'_>,
    other: Option<RunTrial<'_>>,
) -> Result<CaseReport, PageError> {
    let our_scores = ours.run.scores_of(ours.trial)?;
    let their_scores = other
        .map(|theirs| theirs.run.scores_of(theirs.trial))
        .transpose()?
        .unwrap_or_default();
    let scores = ours.run.header().metrics.iter().map(|source| {
        let name = &source.metric.name;
        let show = |cell: Option<&Cell>| cell_text(&source.metric, cell);
        CaseScore {
            metric: name.clone(),
            candidate: show(our_scores.get(name)),
            baseline: show(their_scores.get(name)),
        }
    });
    Ok(CaseReport {
        id: case.id.clone(),
        bucket: Bucket::Unchanged,
        loss: 0.0,
        tags: case
            .tags
            .iter()
            .map(|(tag, value)| format!("{tag}={value}"))
            .collect(),
        question: case.question.clone(),
        reference_answer: case.reference_answer.clone(),
        scores: scores.collect(),
        candidate: viewer.gatekeeper.open(ours.run, ours.trial),
        baseline: other.map(|theirs| viewer.gatekeeper.open(theirs.run, theirs.trial)),
    })
}

fn attempts(
    run: &Reader,
    place: usize,
    query: &Query,
    shown: usize,
) -> Result<Vec<Attempt>, PageError> {
    (0..attempts_of(run))
        .map(|attempt| {
            let scores = run.scores_of(place * attempts_of(run) + attempt)?;
            let metrics = run.header().metrics.iter().map(|source| &source.metric);
            Ok(Attempt {
                run: name_of(run),
                number: attempt + 1,
                link: query.with("attempt", &attempt.to_string()).link("case"),
                is_shown: attempt == shown,
                scores: metrics
                    .map(|metric| visible_line(&cell_text(metric, scores.get(&metric.name))))
                    .collect(),
            })
        })
        .collect()
}

fn all_calls(ours: RunTrial<'_>, other: Option<RunTrial<'_>>) -> Result<Vec<CallView>, PageError> {
    let mut all = calls("candidate", ours)?;
    if let Some(theirs) = other {
        all.extend(calls("baseline", theirs)?);
    }
    Ok(all)
}

fn calls(side: &'static str, of: RunTrial<'_>) -> Result<Vec<CallView>, PageError> {
    of.run
        .calls_of(of.trial)?
        .iter()
        .map(|call| call_view(side, call))
        .collect()
}

fn call_view(side: &'static str, call: &Call) -> Result<CallView, PageError> {
    let (reply, is_failure) = match &call.result {
        Ok(reply) => (serde_json::to_string_pretty(reply)?, false),
        Err(failure) => (failure.to_string(), true),
    };
    let vote = format!("vote {}", call.key.vote + 1);
    let round = if call.key.round % 2 == 1 {
        ", asked once more"
    } else {
        ""
    };
    let (callee, what) = match &call.key.callee {
        Callee::Copilot => ("copilot".to_owned(), String::new()),
        Callee::Judge(name) => (visible_line(name), format!("{vote}{round}")),
    };
    Ok(CallView {
        side,
        callee,
        what,
        cost: call.booked.to_string(),
        request: call
            .request
            .as_ref()
            .map(|request| cut(&request.to_string()))
            .unwrap_or_default(),
        reply: cut(&reply),
        is_failure,
    })
}

fn cut(text: &str) -> String {
    let shown: String = text.chars().take(CALL_MOST).collect();
    let more = text.chars().count().saturating_sub(CALL_MOST);
    let tail = if more > 0 {
        format!("\n… {more} more characters are in the record")
    } else {
        String::new()
    };
    visible_text(&shown) + &tail
}
