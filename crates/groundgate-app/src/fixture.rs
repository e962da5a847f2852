//! Projects in folders of their own, with records, for tests of use cases.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    App, Event, Observer, Project, Surroundings,
    import::{self, ImportRequest},
};

/// `floor` 0.9 of groundedness.
pub(crate) const FLOOR: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[[rule]]
id     = "groundedness.floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
"#;

/// Not worse than a baseline.
pub(crate) const NOT_WORSE: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[[rule]]
id     = "groundedness.not-worse"
kind   = "non-inferior"
metric = "groundedness"
margin = 0.1
"#;

/// A project with a policy.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let this = Self { folder };
        this.write("gate.toml", policy);
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn project(&self) -> Project {
        Project::without_configuration(self.folder.path())
    }

    /// A record of the hour: 200 questions, one attempt, so many wrong answers at the end.
    pub(crate) fn record(&self, hour: u8, wrong: usize) -> String {
        self.scored(hour, &scored(200, wrong), "a judge")
    }

    /// A record of the hour, of these lines, measured by this judge.
    pub(crate) fn scored(&self, hour: u8, lines: &str, judge: &str) -> String {
        let request = ImportRequest {
            reading: groundgate_formats::Options::new(groundgate_formats::Want::Answers),
            file: self.write("scored.jsonl", lines),
            name: format!("copilot-{hour}"),
            metric: vec!["groundedness=binary".to_owned()],
            instrument: judge.to_owned(),
            judge: false,
        };
        let runs = self.project().runs_dir;
        let app = App::new(at(hour));
        import::run(&app, &request, &runs).unwrap().run_id
    }

    /// Commits everything that is there to the branch `main`.
    pub(crate) fn commit(&self) {
        let as_somebody = ["-c", "user.name=a", "-c", "user.email=a@b.example"];
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "gate.toml"],
            &[&as_somebody[..], &["commit", "--quiet", "-m", "policy"]].concat(),
        ] {
            let mut git = Command::new("git");
            let status = git.arg("-C").arg(self.folder.path()).args(arguments);
            assert!(status.status().unwrap().success(), "{arguments:?}");
        }
    }
}

/// Lines of trials: so many questions, the last of them with wrong answers.
pub(crate) fn scored(n: usize, wrong: usize) -> String {
    let lines = (0..n).map(|index| {
        json!({
            "case": {"id": format!("case-{index}"), "question": format!("what is number {index}?")},
            "answer": format!("It is {index}."),
            "scores": {"groundedness": u8::from(index < n - wrong)},
        })
        .to_string()
            + "\n"
    });
    lines.collect()
}

/// An hour of a day, outside of CI.
pub(crate) fn at(hour: u8) -> Surroundings {
    let text = format!("2026-11-25T{hour:02}:00:00Z");
    let now: Timestamp = text.parse().unwrap();
    Surroundings {
        now: Arc::new(move || now),
        process: u32::from(hour),
        ..Surroundings::system()
    }
}

/// What an application has said.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// An application in these surroundings that is listened to.
    pub(crate) fn app(&self, surroundings: Surroundings) -> App {
        App::new(surroundings).observed_by(Arc::new(self.clone()))
    }

    /// Everything since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Heard {
    fn observe(&self, event: Event<'_>) {
        let said = match event {
            Event::Notice(notice) => notice.to_string(),
            Event::Warning(mistake) => format!("warning: {}", mistake.message),
            Event::Begun { .. }
            | Event::Progress(_)
            | Event::Ended(_)
            | Event::Simulated { .. } => return,
        };
        self.0.lock().unwrap().push(said);
    }
}
