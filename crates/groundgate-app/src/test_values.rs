//! What tests of use cases are made of: a copilot that says what it is told to, and an observer that
//! remembers.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use groundgate_endpoints::{chat::BoxFuture, copilot::Copilot};
use groundgate_model::{
    eval_set::{Case, EvalSet, load},
    exchange::{Answer, CallFailure, Timing, Usage},
    manifest::Manifest,
    unit::Usd,
};
use groundgate_record::{Header, Status};
use groundgate_run::{AnswerRules, Plan};

use crate::{
    App, Event, Observer, Surroundings,
    pipeline::Job,
    planning::{self, Parts},
    runs,
};

/// A folder of one test, removed with it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("groundgate-app-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _stays = fs::remove_dir_all(&self.0);
    }
}

type Reply = dyn Fn(usize) -> Result<Answer, CallFailure> + Send + Sync;

/// A copilot that is told what to say.
pub(crate) struct Scripted {
    pub(crate) description: &'static str,
    pub(crate) manifest: Manifest,
    pub(crate) worst: Option<Usd>,
    /// By how many times it was asked before.
    pub(crate) reply: Box<Reply>,
    /// Case and attempt, in the order of the calls.
    pub(crate) asked: Mutex<Vec<(String, u32)>>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            description: "scripted",
            manifest: Manifest::of("scripted"),
            worst: Some(Usd::ZERO),
            reply: Box::new(|_| Ok(answer("Five days.", None))),
            asked: Mutex::default(),
        }
    }
}

impl Scripted {
    pub(crate) fn n_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Copilot for Scripted {
    fn ask<'a>(
        &'a self,
        case: &'a Case,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Answer, CallFailure>> {
        Box::pin(async move {
            let before = {
                let mut asked = self.asked.lock().unwrap();
                asked.push((case.id.clone(), attempt));
                asked.len() - 1
            };
            (self.reply)(before)
        })
    }

    fn worst_cost(&self, _case: &Case) -> Option<Usd> {
        self.worst
    }

    fn describe(&self) -> String {
        self.description.to_owned()
    }

    fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }
}

pub(crate) fn answer(text: &str, cost: Option<Usd>) -> Answer {
    Answer {
        text: text.to_owned(),
        passages: None,
        usage: Usage::default(),
        cost,
        model: None,
        finish_reason: None,
        ending: groundgate_model::exchange::Ending::Unknown,
        thinking: None,
        timing: Timing {
            latency_ms: 10,
            tries: 1,
            ..Timing::default()
        },
    }
}

/// `n` questions, `case-0` and so on.
pub(crate) fn eval_set(n: usize) -> EvalSet {
    let line = |number| format!("{{\"id\": \"case-{number}\", \"question\": \"When? {number}\"}}");
    let lines: Vec<String> = (0..n).map(line).collect();
    load("cases.jsonl", lines.join("\n").as_bytes()).unwrap()
}

/// Parts without a judge: answers are counted in characters.
pub(crate) fn parts<'a>(eval_set: &'a EvalSet, copilot: &'a Scripted, attempts: u32) -> Parts<'a> {
    Parts {
        eval_set,
        copilot_name: "scripted",
        copilot,
        attempts,
        seed: 1,
        model_version: None,
        concurrency: 1,
        seats: Vec::new(),
        checks: vec!["answer_chars".to_owned()],
        answers: AnswerRules::default(),
    }
}

pub(crate) fn planned(parts: Parts<'_>, number: usize) -> (Plan, Header) {
    let app = app();
    planning::plan(&app, parts, "2026-11-30T12:00:00Z".parse().unwrap(), number).unwrap()
}

/// A new run in a folder.
pub(crate) fn job(folder: &Folder, copilot: &Arc<Scripted>, n: usize, attempts: u32) -> Job {
    let eval_set = eval_set(n);
    let (plan, header) = planned(parts(&eval_set, copilot, attempts), 0);
    let path = runs::path(folder.path(), &header.run_id);
    Job {
        plan,
        copilot: Arc::<Scripted>::clone(copilot),
        header,
        path,
        resumes: false,
        rerun_failures: false,
        cap: None,
        complete_as: Status::Complete,
        ledger: None,
    }
}

/// An application at a fixed time, without variables.
pub(crate) fn app() -> App {
    App::new(Surroundings {
        now: Arc::new(|| "2026-11-30T12:00:00Z".parse().unwrap()),
        process: 7,
        ..Surroundings::system()
    })
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Memory {
    told: Mutex<Vec<String>>,
}

impl Memory {
    /// An application that is watched.
    pub(crate) fn app() -> (App, Arc<Self>) {
        let memory = Arc::new(Self::default());
        let observer: Arc<dyn Observer> = Arc::<Self>::clone(&memory);
        (app().observed_by(observer), memory)
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl Observer for Memory {
    fn observe(&self, event: Event<'_>) {
        let text = match event {
            Event::Begun { planned, done, .. } => format!("begun {done}/{planned}"),
            Event::Ended(ending) => format!("ended {ending:?}"),
            Event::Notice(notice) => notice.to_string(),
            Event::Warning(mistake) => mistake.to_string(),
            Event::Progress(_) | Event::Simulated { .. } => return,
        };
        self.told.lock().unwrap().push(text);
    }
}
