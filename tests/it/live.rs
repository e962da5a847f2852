//! A run under way, watched in a real browser until it ends.

use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    program::Folder,
    slow_copilot::SlowCopilot,
    view::{Viewer, ids},
};

const CASES: usize = 80;

/// How far the page says the run is, and whether it will look again by itself.
fn seen(browser: &mut Browser) -> Option<(u64, bool)> {
    let seen = browser.eval(
        "document.readyState === 'complete' ? [document.querySelector('progress').value, \
         document.querySelector('[data-live]') !== null] : null",
    );
    Some((seen.get(0)?.as_u64()?, seen.get(1)?.as_bool()?))
}

/// Opens the runs list until it leads to a run under way.
fn open_live(browser: &mut Browser, viewer: &Viewer) {
    for _ in 0..200 {
        browser.open(&viewer.url);
        let link = browser.eval("document.querySelector('a[href^=\"live?\"]')?.href ?? null");
        if let Value::String(link) = link {
            browser.open(&link);
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the run was never shown as under way");
}

/// A run that has begun to write its record, watched by a viewer.
struct UnderWay {
    server: SlowCopilot,
    folder: Folder,
    run: Child,
    viewer: Viewer,
}

impl UnderWay {
    /// Every answer takes so long.
    fn start(delay: Duration) -> Self {
        let server = SlowCopilot::start(delay);
        let folder = Folder::project(&server.url, CASES);
        let run = folder
            .command(&["run", "-q"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while folder.records().is_empty() {
            thread::sleep(Duration::from_millis(20));
        }
        let viewer = Viewer::start(&folder, &["view"]);
        Self {
            server,
            folder,
            run,
            viewer,
        }
    }
}

#[test]
fn a_run_under_way_is_shown_as_far_as_it_is_until_it_ends() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let UnderWay {
        server,
        folder: _folder,
        mut run,
        viewer,
    } = UnderWay::start(Duration::from_millis(500));
    open_live(&mut browser, &viewer);

    // Whoever pauses it keeps the page that is there.
    browser.eval("document.getElementById('pause').click()");
    let loaded = browser.eval("performance.timeOrigin");
    thread::sleep(Duration::from_millis(2600));
    assert_eq!(browser.barriers(), Vec::<String>::new());
    assert_eq!(browser.eval("performance.timeOrigin"), loaded);
    browser.eval("document.getElementById('pause').click()");

    let mut shares = Vec::new();
    let is_over = (0..400).any(|_| {
        thread::sleep(Duration::from_millis(150));
        let Some((share, is_running)) = seen(&mut browser) else {
            return false;
        };
        shares.push(share);
        !is_running
    });
    assert!(is_over, "{shares:?}");
    assert!(shares.is_sorted(), "{shares:?}");
    shares.dedup();
    assert!(shares.len() >= 3, "{shares:?}");
    assert_eq!(shares.last(), Some(&100));
    let text = browser.eval("document.querySelector('main').textContent");
    let text = text.as_str().unwrap();
    assert!(
        text.contains(&format!("{CASES} of {CASES} trials")),
        "{text}"
    );
    assert!(!text.contains("running"), "{text}");
    assert_eq!(
        browser.eval("document.getElementById('pause')"),
        json!(null)
    );

    // Watching cost the run nothing: it ended well, and asked everything once.
    assert!(run.wait().unwrap().success());
    assert_eq!(server.asked().len(), CASES);
    assert!(server.asked().values().all(|count| *count == 1));
    assert_eq!(browser.complaints(), Vec::<String>::new());
    for address in browser.asked() {
        assert!(
            address.starts_with(&viewer.url) || !address.starts_with("http"),
            "{address}"
        );
    }
}

#[test]
fn a_killed_run_is_shown_as_stopped_and_how_it_goes_on() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let UnderWay {
        server: _server,
        folder,
        mut run,
        viewer,
    } = UnderWay::start(Duration::from_millis(300));
    open_live(&mut browser, &viewer);
    assert_eq!(
        seen(&mut browser).map(|(_, is_running)| is_running),
        Some(true)
    );
    // Nobody else may write meanwhile: questions would be paid for twice.
    let second = folder.run(&["run", "-q", "--resume", "latest"]);
    assert_ne!(second.code, 0);
    assert!(
        second.err.contains("is being written by another"),
        "{}",
        second.err
    );

    run.kill().unwrap();
    run.wait().unwrap();
    browser.eval("location.reload()");
    assert!(browser.comes_true("document.querySelector('main')?.textContent.includes('stopped')"));
    let text = browser.eval("document.querySelector('main').textContent");
    let text = text.as_str().unwrap();
    let id = &ids(&folder)[0];
    assert!(
        text.contains(&format!("groundgate run --resume {id}")),
        "{text}"
    );
    // The page may be on its way still.
    let stopped = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        seen(&mut browser)
    });
    assert_eq!(stopped.map(|(_, is_running)| is_running), Some(false));
    let listed = folder.run(&["runs", "list"]);
    assert!(listed.out.contains("stopped"), "{}", listed.out);

    let ended = folder.run(&["run", "-q", "--resume", id]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    browser.eval("location.reload()");
    assert!(browser.comes_true("document.querySelector('main')?.textContent.includes('complete')"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
