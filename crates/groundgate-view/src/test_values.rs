//! Small records on disk, and a gatekeeper that really gates them.

use std::path::{Path, PathBuf};

use groundgate_gate::{Decision, Policy, RunScores, decide, read_policy};
use groundgate_model::{
    eval_set::load,
    exchange::{Answer, Ending, Passage, Timing, Usage},
    trial::{
        Call, CallKey, Callee, ClaimFinding, ClaimOf, ClaimReading, DataType, InstrumentKind,
        Label, MetricRole, MetricSpec, Outcome, Reply, Score, ScoreTable, Trial, Unscored,
    },
    unit::{Digest, Usd},
};
use groundgate_record::{Header, MetricSource, Origin, Reader, Status, Writer};
use groundgate_report::{
    AnswerReport, Embed, Ingredients, RunSummary, Side, SignOff, build, losses,
};
use tempfile::TempDir;

use crate::{Comparison, Gatekeeper, Session, Viewer, query::Query, router};

/// What one case got.
#[derive(Debug, Clone)]
pub(crate) enum Got {
    /// A score, and the labels of its claims.
    Score(f64, Vec<Label>),
    /// Nothing, because the judge's reply made no sense.
    Unscored,
}

pub(crate) fn score(value: f64) -> Got {
    Got::Score(value, Vec::new())
}

const POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "test"
[[rule]]
id     = "floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
"#;

pub(crate) fn metric() -> MetricSpec {
    MetricSpec::score("groundedness", DataType::Fraction)
        .made_of(MetricRole::Claims(ClaimReading::AllSupported))
}

/// A folder of records.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A record of cases `c0`, `c1`, …, of which the even ones are about cards and the others about
    /// fees; so many attempts at each.
    pub(crate) fn record(&self, run_id: &str, attempts: u32, got: &[Got]) -> Reader {
        let path = self.path().join(format!("{run_id}.sqlite"));
        let per_case = usize::try_from(attempts).unwrap();
        let lines: Vec<String> = (0..got.len() / per_case)
            .map(|n| {
                let product = if n.is_multiple_of(2) { "cards" } else { "fees" };
                format!(
                    r#"{{"id": "c{n}", "question": "Question {n}?", "tags": {{"product": "{product}"}}}}"#
                )
            })
            .collect();
        let cases = load("set.jsonl", lines.join("\n").as_bytes())
            .unwrap()
            .cases;
        let (mut calls, mut trials) = (Vec::new(), Vec::new());
        for (trial, got) in got.iter().enumerate() {
            let answer = answer(got);
            trials.push(Trial {
                case_index: trial / per_case,
                attempt: u32::try_from(trial % per_case).unwrap(),
                answer: Ok(answer.clone()),
                outcomes: [("groundedness".to_owned(), outcome(got))].into(),
                controls: Vec::new(),
            });
            calls.push(call(trial, answer));
        }
        let mut writer = Writer::create(&path, &header(run_id, attempts), &cases).unwrap();
        writer.append(&calls, &trials).unwrap();
        writer.finish(Status::Complete).unwrap();
        Reader::open(&path).unwrap()
    }

    pub(crate) fn viewer(&self, session: Option<Session>) -> Viewer {
        let folder: PathBuf = self.path().to_owned();
        Viewer::new(folder, Box::new(Gate), None, session).unwrap()
    }
}

fn header(run_id: &str, attempts: u32) -> Header {
    Header {
        run_id: run_id.to_owned(),
        tool_version: "0".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        eval_set_name: "set".to_owned(),
        eval_set_digest: Digest::of(b"set"),
        copilot_name: format!("copilot-{run_id}"),
        copilot_description: String::new(),
        attempts,
        seed: 0,
        plan_digest: Digest::of(b"plan"),
        manifest: None,
        initiator: None,
        git_revision: None,
        metrics: vec![MetricSource {
            metric: metric(),
            instrument: Digest::of(b"judge"),
            instrument_name: "judge".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cascade: None,
        }],
        looks: None,
        earlier_tries: Vec::new(),
        origin: Origin::Run,
    }
}

/// Claims are the words of the answer, one each.
fn answer(got: &Got) -> Answer {
    let n = match got {
        Got::Score(_, labels) => labels.len(),
        Got::Unscored => 0,
    };
    Answer {
        text: "Yes. ".repeat(n.max(1)),
        passages: Some(vec![Passage {
            id: None,
            text: "It takes 7 days. It is free.".to_owned(),
            source: None,
        }]),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: Ending::Complete,
        thinking: None,
        timing: Timing::default(),
    }
}

fn call(trial: usize, answer: Answer) -> Call {
    Call {
        key: CallKey {
            trial,
            callee: Callee::Copilot,
            vote: 0,
            round: 0,
        },
        request: None,
        result: Ok(Reply::Answer(answer)),
        booked: Usd::ZERO,
    }
}

fn outcome(got: &Got) -> Outcome {
    let (value, labels) = match got {
        Got::Score(value, labels) => (*value, labels),
        Got::Unscored => return Outcome::Unscored(Unscored::ReplyMalformed("no JSON".into())),
    };
    let claims = labels.iter().enumerate();
    let claims = claims
        .map(|(place, label)| ClaimFinding {
            of: ClaimOf::Answer,
            id: format!("s{}", place + 1),
            text: "Yes.".to_owned(),
            start: 5 * place,
            end: 5 * place + 4,
            label: *label,
            evidence: None,
            reasons: Vec::new(),
        })
        .collect();
    Outcome::Scored(
        Score::new(&metric(), value, String::new())
            .unwrap()
            .with_claims(claims),
    )
}

fn gated(candidate: &ScoreTable, baseline: Option<&ScoreTable>) -> (Policy, Decision) {
    let known = [("groundedness".to_owned(), metric())].into();
    let policy = read_policy("gate.toml", POLICY, None, &known).unwrap();
    let decision = decide(
        &policy,
        RunScores {
            candidate,
            baseline,
        },
    );
    (policy, decision)
}

fn summary(run: &Reader) -> RunSummary {
    RunSummary {
        run_id: run.header().run_id.clone(),
        variant: run.header().copilot_name.clone(),
        n_cases: run.n_cases().unwrap(),
        attempts: run.header().attempts,
        n_answered: 0,
        failures: Vec::new(),
        models: Vec::new(),
        judges: vec!["judge".to_owned()],
        latency_p50_ms: None,
        latency_p95_ms: None,
        manifest: None,
        copilot_cost_usd: None,
        judge_cost_usd: None,
    }
}

fn opened(run: &Reader, trial: usize) -> AnswerReport {
    let stored = run.trial(trial).unwrap();
    let answer = stored.answer.unwrap().unwrap();
    let claims = stored.details.into_values().next();
    AnswerReport {
        text: Ok(answer.text),
        claims: claims.map(|detail| detail.claims).unwrap_or_default(),
        passages: answer.passages.unwrap_or_default(),
        explanations: Vec::new(),
    }
}

pub(crate) fn comparison(run: &Reader, baseline: Option<&Reader>) -> Comparison {
    let candidate = run.score_table().unwrap();
    let theirs = baseline.map(|run| run.score_table().unwrap());
    let (policy, decision) = gated(&candidate, theirs.as_ref());
    let evidence = RunScores {
        candidate: &candidate,
        baseline: theirs.as_ref(),
    };
    let losses = losses(&policy, &decision, evidence);
    let open_ours = |trial| opened(run, trial);
    let open_theirs = |trial| opened(baseline.unwrap(), trial);
    let report = build(Ingredients {
        policy: &policy,
        environment: String::new(),
        evaluated_at: "2026-01-01T00:00:00Z".to_owned(),
        exit_code: 0,
        decision,
        sign_off: SignOff::default(),
        judge_measures: Vec::new(),
        candidate: Side {
            summary: summary(run),
            table: &candidate,
            open: &open_ours,
        },
        baseline: theirs.as_ref().map(|table| Side {
            summary: summary(baseline.unwrap()),
            table,
            open: &open_theirs,
        }),
        open_case: &|place| run.case(place).ok(),
        settings: Vec::new(),
        provenance: Vec::new(),
        next: String::new(),
        embed: Embed::None,
    });
    Comparison::new(report, losses, &candidate, theirs.as_ref())
}

/// Decides by one rule: groundedness is at least 90 %.
struct Gate;

impl Gatekeeper for Gate {
    fn compare(&self, run: &Reader, baseline: Option<&Reader>) -> Result<Comparison, String> {
        Ok(comparison(run, baseline))
    }

    fn open(&self, run: &Reader, trial: usize) -> AnswerReport {
        opened(run, trial)
    }

    fn now(&self) -> String {
        "2026-01-01T00:00:00Z".to_owned()
    }
}

/// What a path and a query bring: status and body.
pub(crate) fn get(viewer: &Viewer, page: &str, query: &str) -> (u16, String) {
    let reply = router::get(viewer, page, &Query::parse(query));
    (reply.status.as_u16(), reply.body.into_owned())
}

pub(crate) fn post(viewer: &Viewer, page: &str, body: &str) -> (u16, String) {
    let reply = router::post(viewer, page, body.as_bytes());
    (reply.status.as_u16(), reply.body.into_owned())
}
