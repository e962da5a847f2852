//! The program on a disk that fails (`disk.c`): at any one call, from a call on for ever, and at a power cut that takes
//! away what was not synced. Whatever happens, no verdict is wrong, and what was begun can be gone on with.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;

use crate::program::Folder;

const QUESTIONS: usize = 8;

/// An error of the system, by its number.
const INPUT_OUTPUT: i32 = 5;
const NO_SPACE: i32 = 28;

const CONFIG: &str = r#"schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
[[copilot]]
name = "candidate"
kind = "recorded"
file = "answers.jsonl"
[checks]
metrics = ["answer_chars", "refusal_correct"]
"#;

/// Passes where every answer is there and long enough, so that nothing of it may be lost.
const POLICY: &str = r#"schema = "groundgate.policy/1"
name = "t"
[statistics]
min-cases = 8
missing-max = 0.0
[[rule]]
id = "all"
kind = "max-count"
metric = "answer_chars"
max = 100000
[[rule]]
id = "errors"
kind = "max-error-rate"
max = 0.6
"#;

/// The library that makes a disk fail; none where nobody can compile it.
fn library() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/disk.c");
    let made =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{}.so", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&made, &source])
        .args(["-ldl", "-lpthread"])
        .status()
        .is_ok_and(|status| status.success());
    if !compiled {
        assert!(env::var_os("CI").is_none(), "CI has a C compiler");
        eprintln!("SKIPPED: no C compiler");
        return None;
    }
    Some(made)
}

fn project() -> Folder {
    let lines = |line: &dyn Fn(usize) -> serde_json::Value| {
        (0..QUESTIONS)
            .map(|n| line(n).to_string() + "\n")
            .collect::<String>()
    };
    Folder::with(&[
        ("groundgate.toml", CONFIG),
        ("gate.toml", POLICY),
        (
            "set.jsonl",
            &lines(
                &|n| json!({"id": format!("q{n}"), "question": format!("What is fee {n}?"), "answerable": true}),
            ),
        ),
        (
            "answers.jsonl",
            &lines(
                &|n| json!({"case_id": format!("q{n}"), "answer": format!("It is {n} EUR."), "latency_ms": 3}),
            ),
        ),
    ])
}

/// A disk with its settings.
struct Disk<'a> {
    library: &'a Path,
    settings: Vec<(&'static str, String)>,
}

impl Disk<'_> {
    fn run(&self, folder: &Folder, arguments: &[&str]) -> Output {
        let mut command = folder.command(arguments);
        command
            .env("LD_PRELOAD", self.library)
            .env("DISK_UNDER", folder.path().join("runs"));
        for (name, value) in &self.settings {
            command.env(name, value);
        }
        command.output().unwrap()
    }
}

/// How many calls to the disk a command makes.
fn n_calls(library: &Path, folder: &Folder, arguments: &[&str]) -> usize {
    let count = folder.path().join("count");
    let disk = Disk {
        library,
        settings: vec![("DISK_COUNT", count.display().to_string())],
    };
    let ended = disk.run(folder, arguments);
    assert!(ended.status.success(), "{ended:?}");
    let told = fs::read_to_string(&count).unwrap();
    fs::remove_file(count).unwrap();
    let n = told.lines().next().unwrap().parse().unwrap();
    assert!(n > 10, "{n} calls are too few to be all");
    n
}

/// Every call, or as many as `GROUNDGATE_DISK_FAULTS` says, evenly spread.
fn chosen(n: usize) -> impl Iterator<Item = usize> {
    let wanted: usize = env::var_os("GROUNDGATE_DISK_FAULTS")
        .and_then(|text| text.to_str()?.parse().ok())
        .unwrap_or(12);
    let step = n.div_ceil(wanted.max(1)).max(1);
    (1..=n + 1).step_by(step)
}

/// What must hold whatever went wrong: no pass on a part, and the work goes on.
fn goes_on(folder: &Folder, story: &str) {
    let gated = folder.run(&["gate", "latest"]);
    assert!(
        matches!(gated.code, 0 | 3 | 11),
        "{story}: gate {} {}",
        gated.code,
        gated.err
    );
    if gated.code == 0 {
        assert_eq!(
            trials(&folder.records()[0]),
            QUESTIONS,
            "{story}: a pass on a part"
        );
    }
    let again: &[&str] = if folder.records().is_empty() {
        &["run", "-q"]
    } else {
        &["run", "-q", "--resume", "latest"]
    };
    let gone_on = folder.run(again);
    assert_eq!(gone_on.code, 0, "{story}: {again:?} {}", gone_on.err);
    let gated = folder.run(&["gate", "latest"]);
    assert_eq!(gated.code, 0, "{story}: {}{}", gated.out, gated.err);
    assert_eq!(trials(&folder.records()[0]), QUESTIONS, "{story}");
}

fn trials(record: &Path) -> usize {
    let connection = rusqlite::Connection::open(record).unwrap();
    let n: i64 = connection
        .query_row("SELECT count(*) FROM trials", [], |row| row.get(0))
        .unwrap();
    usize::try_from(n).unwrap()
}

/// Each fault of a run ends in an error that says what to do, and in nothing that a gate passes.
fn a_run_fails(library: &Path, error: i32, for_ever: bool) {
    for at in chosen(n_calls(library, &project(), &["run", "-q"])) {
        let folder = project();
        let mut settings = vec![
            ("DISK_FAIL_AT", at.to_string()),
            ("DISK_ERROR", error.to_string()),
        ];
        if for_ever {
            settings.push(("DISK_FOR_EVER", "1".to_owned()));
        }
        let disk = Disk { library, settings };
        let ended = disk.run(&folder, &["run", "-q"]);
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        let story = format!("error {error} at call {at}, for ever: {for_ever}: {err}");
        let code = ended.status.code();
        assert!(matches!(code, Some(0 | 3 | 5)), "{story}: {code:?}");
        if code == Some(0) {
            assert_eq!(trials(&folder.records()[0]), QUESTIONS, "{story}");
        } else {
            assert!(err.contains("error:"), "{story}");
        }
        if code == Some(5) {
            assert!(err.contains("run --resume"), "{story}");
        }
        goes_on(&folder, &story);
    }
}

#[test]
fn whichever_call_to_the_disk_fails_the_run_says_so_and_can_be_gone_on_with() {
    let Some(library) = library() else { return };
    a_run_fails(&library, INPUT_OUTPUT, false);
}

#[test]
fn a_disk_that_is_full_from_any_call_on_ends_the_run_and_loses_nothing_acknowledged() {
    let Some(library) = library() else { return };
    a_run_fails(&library, NO_SPACE, true);
}

/// Reads fail, too: a verdict is right or there is none.
#[test]
fn whichever_read_fails_the_verdict_is_right_or_there_is_none() {
    let Some(library) = library() else { return };
    let folder = project();
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    let right = folder.run(&["gate", "latest", "--json"]);
    assert_eq!(right.code, 0, "{}", right.err);
    let count = folder.path().join("count");
    let reads = || ("DISK_READS", "1".to_owned());
    let disk = Disk {
        library: &library,
        settings: vec![reads(), ("DISK_COUNT", count.display().to_string())],
    };
    assert!(
        disk.run(&folder, &["gate", "latest", "--json"])
            .status
            .success()
    );
    let n = fs::read_to_string(count).unwrap().trim().parse().unwrap();
    for at in chosen(n) {
        let disk = Disk {
            library: &library,
            settings: vec![
                reads(),
                ("DISK_FAIL_AT", at.to_string()),
                ("DISK_ERROR", INPUT_OUTPUT.to_string()),
            ],
        };
        let ended = disk.run(&folder, &["gate", "latest", "--json"]);
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        match ended.status.code() {
            Some(0) => {
                let passed = |out: &[u8]| {
                    let page: serde_json::Value = serde_json::from_slice(out).unwrap();
                    (page["verdict"].clone(), page["rules"].clone())
                };
                assert_eq!(
                    passed(&ended.stdout),
                    passed(right.out.as_bytes()),
                    "read {at}"
                );
            }
            code => assert!(
                matches!(code, Some(3 | 5 | 11)),
                "read {at}: {code:?} {err}"
            ),
        }
    }
}

/// One change of the disk, as `disk.c` wrote it down.
#[derive(Debug, Clone)]
struct Change {
    kind: u8,
    path: PathBuf,
    number: usize,
    more: Vec<u8>,
}

fn changes(trace: &Path) -> Vec<Change> {
    let bytes = fs::read(trace).unwrap();
    let (mut at, mut all) = (0, Vec::new());
    let number = |at: usize| {
        usize::try_from(u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
    };
    while at < bytes.len() {
        let (kind, path, value, more) =
            (bytes[at], number(at + 1), number(at + 9), number(at + 17));
        let begin = at + 25;
        at = begin + path + more;
        let text = String::from_utf8(bytes[begin..begin + path].to_vec()).unwrap();
        all.push(Change {
            kind,
            path: PathBuf::from(text),
            number: value,
            more: bytes[begin + path..at].to_vec(),
        });
    }
    all
}

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

/// A file on the disk, and what has been done to it since it was synced.
#[derive(Default, Clone)]
struct Inode {
    synced: Vec<u8>,
    since: Vec<Change>,
}

impl Inode {
    fn apply(content: &mut Vec<u8>, change: &Change, length: usize) {
        if change.kind == b't' {
            content.resize(change.number, 0);
            return;
        }
        let end = change.number + length;
        if content.len() < end {
            content.resize(end, 0);
        }
        content[change.number..end].copy_from_slice(&change.more[..length]);
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.since) {
            Self::apply(&mut self.synced, &change, change.more.len());
        }
    }

    /// Of what was not synced a part arrived, in no order that anybody promised, and the last of it torn.
    fn after_cut(&self, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.synced.clone();
        for change in &self.since {
            match chance.below(4) {
                0 => Self::apply(&mut content, change, change.more.len() / 2),
                1 | 2 => Self::apply(&mut content, change, change.more.len()),
                _ => {}
            }
        }
        content
    }
}

/// A folder as it is on the disk, and names that have changed since the folder was synced.
#[derive(Default)]
struct Drive {
    inodes: Vec<Inode>,
    live: BTreeMap<PathBuf, usize>,
    synced: BTreeMap<PathBuf, usize>,
    since: Vec<(PathBuf, Option<usize>)>,
}

impl Drive {
    fn after(changes: &[Change]) -> Self {
        let mut drive = Self::default();
        for change in changes {
            drive.take(change);
        }
        drive
    }

    fn name(&mut self, path: &Path, inode: Option<usize>) {
        match inode {
            Some(inode) => self.live.insert(path.to_owned(), inode),
            None => self.live.remove(path),
        };
        self.since.push((path.to_owned(), inode));
    }

    fn take(&mut self, change: &Change) {
        let inode = self.live.get(&change.path).copied();
        match (change.kind, inode) {
            (b'c', _) => {
                self.inodes.push(Inode::default());
                let path = change.path.clone();
                self.name(&path, Some(self.inodes.len() - 1));
            }
            (b'w' | b't', Some(inode)) => self.inodes[inode].since.push(change.clone()),
            // A file's own sync takes its first name along; others wait for the folder's.
            (b's', Some(inode)) => {
                self.inodes[inode].sync();
                self.synced.entry(change.path.clone()).or_insert(inode);
            }
            (b's', None) => {
                for (path, inode) in std::mem::take(&mut self.since) {
                    match inode {
                        Some(inode) => self.synced.insert(path, inode),
                        None => self.synced.remove(&path),
                    };
                }
            }
            (b'r', Some(inode)) => {
                let to = PathBuf::from(String::from_utf8(change.more.clone()).unwrap());
                self.name(&to, Some(inode));
                self.name(&change.path, None);
            }
            (b'u', _) => self.name(&change.path, None),
            _ => {}
        }
    }

    /// Writes down what a power cut leaves.
    fn cut(&self, from: &Path, to: &Path, chance: &mut Chance) {
        let mut names = self.synced.clone();
        let arrived = chance.below(self.since.len() + 1);
        for (path, inode) in &self.since[..arrived] {
            match inode {
                Some(inode) => names.insert(path.clone(), *inode),
                None => names.remove(path),
            };
        }
        for (path, inode) in names {
            let place = to.join(path.strip_prefix(from).unwrap());
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, self.inodes[inode].after_cut(chance)).unwrap();
        }
    }
}

#[test]
fn a_power_cut_leaves_a_run_that_goes_on_and_never_a_pass_on_a_part() {
    let Some(library) = library() else { return };
    let folder = project();
    let trace = folder.path().join("trace");
    let disk = Disk {
        library: &library,
        settings: vec![("DISK_TRACE", trace.display().to_string())],
    };
    let ran = disk.run(&folder, &["run", "-q"]);
    assert!(ran.status.success(), "{ran:?}");
    let all = changes(&trace);
    let runs = folder.path().join("runs");
    let mut chance = Chance(7);
    let mut n_records = 0;
    for at in chosen(all.len()).chain([all.len(), all.len()]) {
        let at = at.min(all.len());
        let after = project();
        Drive::after(&all[..at]).cut(&runs, &after.path().join("runs"), &mut chance);
        let story = format!("power cut after change {at} of {}", all.len());
        n_records += after.records().len();
        if at == all.len() {
            // The run has said that it ended: nothing of it may be lost.
            assert_eq!(after.records().len(), 1, "{story}");
            let gated = after.run(&["gate", &after.records()[0].display().to_string()]);
            assert_eq!(gated.code, 0, "{story}: {}{}", gated.out, gated.err);
        }
        if let [record] = after.records().as_slice() {
            let shown = after.run(&["runs", "show", &record.display().to_string()]);
            assert_eq!(
                shown.code, 0,
                "{story}: what has a record's name is one: {}",
                shown.err
            );
        }
        goes_on(&after, &story);
    }
    assert!(n_records > 5, "{n_records} cuts left a record");
}
