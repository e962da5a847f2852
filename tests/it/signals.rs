//! Signals and limits of the system during a run: each ends it in its own way, what was acknowledged is kept, and
//! the run can be gone on with.
#![cfg(unix)]

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::Duration,
};

use crate::{program::Folder, slow_copilot::SlowCopilot};

const QUESTIONS: usize = 60;

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn begun(folder: &Folder) -> Child {
    let mut child = folder
        .command(&["run", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..400 {
        thread::sleep(Duration::from_millis(20));
        if kept(folder) > 3 {
            return child;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the run did not begin");
}

/// A script of bash's, without what a pipeline's variables say.
fn shell(folder: &Folder, script: &str) -> Output {
    Command::new("bash")
        .args(["-c", script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PROGRAM", env!("CARGO_BIN_EXE_groundgate"))
        .output()
        .unwrap()
}

/// Answers that are in the record.
fn kept(folder: &Folder) -> usize {
    let Some(record) = folder.records().first().cloned() else {
        return 0;
    };
    let connection = rusqlite::Connection::open(record).unwrap();
    let n = connection.query_row("SELECT count(*) FROM calls", [], |row| row.get::<_, i64>(0));
    usize::try_from(n.unwrap_or(0)).unwrap()
}

/// Nothing passes, nothing is lost, and the rest is asked.
fn goes_on(folder: &Folder, server: &SlowCopilot, story: &str) {
    let before = kept(folder);
    assert_ne!(folder.run(&["gate", "latest"]).code, 0, "{story}");
    let asked: usize = server.asked().values().sum();
    let gone_on = folder.run(&["run", "-q", "--resume", "latest"]);
    assert_eq!(gone_on.code, 0, "{story}: {}", gone_on.err);
    let since = server.asked().values().sum::<usize>() - asked;
    assert_eq!(
        since,
        QUESTIONS - before,
        "{story}: what was kept is not asked again"
    );
}

fn ended(name: &str) -> ExitStatus {
    let server = SlowCopilot::start(Duration::from_millis(120));
    let folder = Folder::project(&server.url, QUESTIONS);
    let mut child = begun(&folder);
    signal(&child, name);
    let status = child.wait().unwrap();
    // Replies that nobody waits for any more are still counted.
    thread::sleep(Duration::from_millis(200));
    goes_on(&folder, &server, name);
    status
}

#[test]
fn every_signal_that_ends_a_run_has_its_exit_code_and_the_run_goes_on() {
    assert_eq!(ended("INT").code(), Some(130));
    assert_eq!(ended("TERM").code(), Some(143));
    // These are the system's own ends; the record survives them as it survives `kill -9`.
    assert_eq!(ended("HUP").signal(), Some(1));
    assert_eq!(ended("QUIT").signal(), Some(3));
}

#[test]
fn a_run_that_was_stopped_for_a_while_goes_on_as_if_nothing_had_been() {
    let server = SlowCopilot::start(Duration::from_millis(60));
    let folder = Folder::project(&server.url, QUESTIONS);
    let mut child = begun(&folder);
    signal(&child, "STOP");
    let before = kept(&folder);
    // Longer than a call's own deadline: what was in flight is asked once more, or failed and says so.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(kept(&folder), before);
    let listed = folder.run(&["runs", "list"]);
    assert!(listed.out.contains("running"), "{}", listed.out);
    assert_eq!(
        folder.run(&["run", "-q", "--resume", "latest"]).code,
        3,
        "it has a writer"
    );
    signal(&child, "CONT");
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 5)), "{code:?}");
    let resumed = folder.run(&["run", "-q", "--resume", "latest", "--rerun", "errors"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    assert!(kept(&folder) >= QUESTIONS);
}

#[test]
fn a_limit_of_file_sizes_ends_a_run_as_a_full_disk_does() {
    let server = SlowCopilot::start(Duration::from_millis(5));
    let folder = Folder::project(&server.url, QUESTIONS);
    let limited = shell(&folder, "ulimit -f 160; exec \"$PROGRAM\" run -q");
    let err = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert_eq!(limited.status.code(), Some(5), "{err}");
    assert!(err.contains("free some disk space"), "{err}");
    goes_on(&folder, &server, "a limit of file sizes");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error_of_anybody() {
    let server = SlowCopilot::start(Duration::ZERO);
    let folder = Folder::project(&server.url, QUESTIONS);
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    for words in [
        "runs export latest",
        "runs list",
        "gate latest",
        "report latest --as json",
    ] {
        let script =
            format!("\"$PROGRAM\" {words} | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}");
        let piped = shell(&folder, &script);
        let err = String::from_utf8_lossy(&piped.stderr).into_owned();
        assert!(!err.contains("panicked"), "{words}: {err}");
        assert!(
            matches!(piped.status.code(), Some(0 | 3 | 11 | 141)),
            "{words}: {:?} {err}",
            piped.status
        );
    }
}
