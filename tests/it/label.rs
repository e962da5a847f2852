//! Labelling by keyboard in a real browser, while the server is killed at random moments.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use groundgate_model::unit::Digest;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    program::Folder,
    view::{Viewer, ids, import, project},
};

/// Answers of three claims each.
pub(crate) fn answers(n: usize) -> String {
    (0..n).fold(String::new(), |mut lines, n| {
        let line = json!({
            "case": {"id": format!("q{n}"), "question": format!("How long does refund {n} take?"), "tags": {}},
            "attempt": 0,
            "answer": format!("Refund {n} takes 14 days. Refund {n} costs 3 euros. A manager must sign form {n}."),
            "passages": [{"id": "d", "text": format!("Refund {n} takes 14 days. It is free."), "source": null}],
            "scores": {"groundedness": 1},
        });
        writeln!(lines, "{line}").unwrap();
        lines
    })
}

/// The log's lines of a kind.
fn lines(folder: &Folder, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

/// Numbers that look random and are the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const WANTED: usize = 300;

#[test]
fn three_hundred_labels_by_keyboard_survive_a_server_that_is_killed() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "a", &answers(120));
    let arguments = ["label", "latest", "--labeler", "ana", "--items", "330"];
    let mut viewer = Viewer::start(&folder, &arguments);
    browser.open(&viewer.url);
    let (mut draw, mut acknowledged, mut kills) = (Draw(7), 0, 0);
    while acknowledged < WANTED {
        assert!(browser.comes_true("!document.getElementById('item').hidden"));
        browser.eval("document.getElementById('status').textContent = ''");
        if draw.below(5) == 0 {
            browser.press("e");
        }
        browser.press(["1", "2", "3", "4", "u"][usize::try_from(draw.below(5)).unwrap()]);
        if draw.below(25) == 0 {
            // Somewhere between the key and the reply.
            std::thread::sleep(std::time::Duration::from_millis(draw.below(12)));
            drop(viewer);
            kills += 1;
            let was_told =
                browser.eval("document.getElementById('status').textContent.startsWith('Saved')");
            acknowledged += usize::from(was_told == json!(true));
            viewer = Viewer::start(&folder, &arguments);
            browser.open(&viewer.url);
            continue;
        }
        assert!(
            browser.comes_true("document.getElementById('status').textContent.startsWith('Saved')"),
            "{}",
            browser.eval("document.getElementById('status').textContent")
        );
        acknowledged += 1;
    }
    let labels = lines(&folder, "label");
    assert!(kills >= 5, "{kills}");
    assert!(
        (acknowledged..=acknowledged + kills).contains(&labels.len()),
        "{acknowledged} acknowledged, {} in the log, {kills} kills",
        labels.len()
    );
    let items: BTreeSet<String> = labels
        .iter()
        .map(|line| format!("{} {} {}", line["run"], line["case"], line["claim"]))
        .collect();
    assert_eq!(items.len(), labels.len(), "a label was written twice");
    assert!(
        labels
            .iter()
            .any(|line| line["queue"] == "gold" && !line["known"].is_null())
    );
    assert!(
        labels
            .iter()
            .any(|line| line["evidence"]["end"].as_u64() > Some(0))
    );
    for line in labels.iter().filter(|line| line["queue"] == "calibration") {
        let probability = line["inclusion_probability"].as_f64().unwrap();
        assert!(probability > 0.0 && probability <= 1.0);
    }
    drop(viewer);
    let ended = folder.run(&["label", "--export", "agreed.jsonl", "--as", "items"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let agreed = fs::read_to_string(folder.path().join("agreed.jsonl")).unwrap();
    let wanted = labels
        .iter()
        .filter(|line| line["queue"] != "gold" && line["label"] != "unsure");
    assert_eq!(agreed.lines().count(), wanted.count());
}

#[test]
fn the_page_is_blind_until_answered_and_an_answer_can_be_taken_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "variant-with-a-name", &answers(20));
    let viewer = Viewer::start(
        &folder,
        &["label", "latest", "--labeler", "ana", "--items", "20"],
    );
    browser.open(&viewer.url);
    assert!(browser.comes_true("!document.getElementById('item').hidden"));
    assert_eq!(browser.barriers(), Vec::<String>::new());
    let ask = "fetch('ask').then((reply) => reply.text())";
    let shown = browser.eval(ask).as_str().unwrap().to_owned();
    for hidden in [
        "variant-with-a-name",
        "judged",
        "contradicted",
        "supported",
        "queue",
        "probability",
    ] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    let claim = "document.querySelector('mark.claim').textContent";
    let first = browser.eval(claim);
    let saved = "document.getElementById('status').textContent.startsWith('Saved')";
    browser.press("2");
    assert!(browser.comes_true(saved));
    let told = browser.eval("document.getElementById('status').textContent");
    assert!(told.as_str().unwrap().contains("judge: "), "{told}");
    assert!(browser.comes_true(&format!("{claim} !== {first}")));
    browser.press("z");
    assert!(browser.comes_true(&format!("{claim} === {first}")));
    browser.press("1");
    assert!(browser.comes_true(&format!("{claim} !== {first}")));
    let labels = lines(&folder, "label");
    assert_eq!(lines(&folder, "undo").len(), 1);
    let given: Vec<(&Value, &Value)> = labels
        .iter()
        .map(|line| (&line["label"], &line["after_reveal"]))
        .collect();
    assert_eq!(
        given,
        [
            (&json!("contradicted"), &json!(false)),
            (&json!("supported"), &json!(true))
        ]
    );
    // A skip needs a reason.
    browser.press("s");
    browser.call("Input.insertText", json!({"text": "two sentences in one"}));
    browser.press("Enter");
    browser.press("s");
    assert!(browser.comes_true(saved));
    assert_eq!(lines(&folder, "skip")[0]["reason"], "two sentences in one");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_page_says_how_it_chooses_and_how_much_is_left_to_label() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "a", &answers(20));
    let arguments = ["label", "latest", "--labeler", "ana", "--items", "60"];
    let viewer = Viewer::start(
        &folder,
        &[&arguments[..], &["--queue", "doubtful"]].concat(),
    );
    browser.open(&viewer.url);
    assert!(browser.comes_true("!document.getElementById('item').hidden"));
    let text = browser.eval("document.querySelector('main').textContent");
    for told in [
        "5 + 30 if instruments or votes differ",
        "20 % of the items are random",
        "no answer is labelled whole yet",
    ] {
        assert!(text.as_str().unwrap().contains(told), "{told}: {text}");
    }
    drop(viewer);
    // All claims of two answers, with every label once: people call some good and some bad.
    let viewer = Viewer::start(&folder, &arguments);
    browser.open(&viewer.url);
    let stop = "document.getElementById('stop').textContent";
    for key in ["1", "1", "1", "3", "1", "1"] {
        assert!(browser.comes_true("!document.getElementById('item').hidden"));
        browser.eval("document.getElementById('status').textContent = ''");
        browser.press(key);
        assert!(
            browser.comes_true("document.getElementById('status').textContent.startsWith('Saved')")
        );
    }
    assert!(
        browser.comes_true(&format!("/2 labelled answers|from 2/.test({stop})")),
        "{}",
        browser.eval(stop)
    );
}

#[test]
fn two_people_overlap_and_a_third_settles_what_they_disagree_on() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "a", &answers(10));
    let mut ask =
        |labeler: &str, key: &str| {
            let viewer = Viewer::start(
                &folder,
                &["label", "latest", "--labeler", labeler, "--items", "30"],
            );
            browser.open(&viewer.url);
            let is_open = "document.getElementById('status').textContent.includes('All done')";
            let mut disputes = 0;
            assert!(browser.comes_true("document.getElementById('count').textContent !== ''"));
            while browser.eval(is_open) == json!(false) {
                disputes += usize::from(
                    browser.eval("document.getElementById('dispute').hidden") == json!(false),
                );
                browser.eval("document.getElementById('status').textContent = ''");
                browser.press(key);
                assert!(browser.comes_true(
                    "document.getElementById('status').textContent.startsWith('Saved')"
                ));
            }
            disputes
        };
    assert_eq!(ask("ana", "1"), 0);
    assert_eq!(ask("ben", "3"), 0);
    let disputes = ask("cleo", "3");
    assert!(disputes > 0);
    let labels = lines(&folder, "label");
    let of = |labeler: &str| {
        labels
            .iter()
            .filter(|line| line["labeler"] == labeler && line["queue"] != "gold")
            .count()
    };
    assert_eq!((of("ben"), of("cleo")), (disputes, disputes));
    assert!(of("ana") > of("ben"));
    let ended = folder.run(&["label", "--export", "agreed.jsonl", "--as", "items"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let agreed = fs::read_to_string(folder.path().join("agreed.jsonl")).unwrap();
    assert_eq!(agreed.lines().count(), of("ana"));
    assert_eq!(agreed.matches("\"adjudication\"").count(), disputes);
}

#[test]
fn a_pack_is_one_page_whose_answers_come_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "a", &answers(10));
    let ended = folder.run(&["label", "latest", "--items", "12", "--pack", "pack.html"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    browser.open(&format!(
        "file://{}",
        folder.path().join("pack.html").display()
    ));
    assert!(browser.comes_true("!document.getElementById('item').hidden"));
    assert_eq!(browser.barriers(), Vec::<String>::new());
    for _ in 0..5 {
        browser.press("1");
        assert!(
            browser.comes_true("document.getElementById('status').textContent.startsWith('Saved')")
        );
        browser.eval("document.getElementById('status').textContent = ''");
    }
    let kept = browser.eval("Object.entries(localStorage).find(([name]) => name.startsWith('groundgate-pack') && !name.endsWith('-name'))[1]");
    let kept: Value = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    let answers: String = kept
        .as_array()
        .unwrap()
        .iter()
        .fold(String::new(), |mut text, pair| {
            let mut line = pair[1].clone();
            line["labeler"] = json!("dan");
            writeln!(text, "{line}").unwrap();
            text
        });
    folder.write("back.jsonl", &answers);
    for added in [5, 0] {
        let ended = folder.run(&["label", "latest", "--items", "12", "--import", "back.jsonl"]);
        assert!(
            ended.err.contains(&format!("added {added} ")),
            "{}",
            ended.err
        );
    }
    assert_eq!(lines(&folder, "label").len(), 5);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A log of two people who labelled whole answers of a run, and of one who did so for an answer that a
/// queue had picked; no browser is needed for that.
fn labelled(folder: &Folder) {
    let run = ids(folder).remove(0);
    let (mut previous, mut log) = (Digest::of(b"").to_string(), String::new());
    let mut say = |labeler: &str, n: usize, claim: usize, label: &str, queue: &str| {
        let line = json!({
            "previous": previous, "kind": "label", "run": run, "case": format!("q{n}"), "attempt": 0,
            "claim": format!("s{claim}"), "label": label, "labeler": labeler,
            "at": "2026-11-25T13:00:00Z", "queue": queue, "inclusion_probability": 0.5,
            "guidelines": Digest::of(b"").to_string(), "after_reveal": false,
        })
        .to_string();
        previous = Digest::of(line.as_bytes()).to_string();
        writeln!(log, "{line}").unwrap();
    };
    for n in 0..6 {
        for claim in 1..=3 {
            let label = if n < 2 && claim == 2 {
                "contradicted"
            } else {
                "supported"
            };
            say("ana", n, claim, label, "calibration");
            if n < 3 {
                say("b\"en", n, claim, "supported", "calibration");
            }
            say("ana", n + 10, claim, label, "uncertain");
        }
        say("ana", n + 20, 1, "contradicted", "calibration");
    }
    folder.write("labels.jsonl", &log);
}

#[test]
fn every_exported_form_is_read_by_judge_agreement_as_the_same_labels() {
    let folder = project();
    import(&folder, "a", &answers(30));
    labelled(&folder);
    let mut read: Vec<Value> = Vec::new();
    for (file, form) in [
        ("lines.jsonl", "jsonl"),
        ("argilla.json", "argilla"),
        ("tasks.json", "label-studio"),
        ("traces.json", "mlflow"),
    ] {
        let ended = folder.run(&["label", "--export", file, "--as", form]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        assert!(ended.err.contains("labels of 12 answers"), "{}", ended.err);
        assert!(
            ended.err.contains("6 of which not every claim"),
            "{}",
            ended.err
        );
        let ended = folder.run(&["judge", "agreement", "latest", "--labels", file, "--json"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let document: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(document["labels"]["n_without_value"], 0, "{form}");
        read.push(document["agreements"].clone());
    }
    let first = &read[0];
    let agreement = first
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["metric"] == "groundedness")
        .unwrap();
    // Of six random answers two are good for one and bad for the other; six were picked.
    assert_eq!(agreement["n"], 4, "{first}");
    assert_eq!(agreement["n_tied"], 2, "{first}");
    assert_eq!(agreement["n_picked"], 6, "{first}");
    assert_eq!(agreement["n_several_people"], 3, "{first}");
    for other in &read[1..] {
        assert_eq!(other, first);
    }
    // What nobody has finished is no label of an answer.
    folder.write("labels.jsonl", "");
    let ended = folder.run(&["label", "--export", "none.jsonl"]);
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(
        ended.err.contains("nobody has labelled every claim"),
        "{}",
        ended.err
    );
}

const PAIRS: usize = 24;

/// Answers that begin with `words`, each with a passage of its own.
fn whole_answers(words: &str) -> String {
    (0..PAIRS).fold(String::new(), |mut lines, n| {
        let line = json!({
            "case": {"id": format!("q{n}"), "question": format!("How long does refund {n} take?"), "tags": {}},
            "attempt": 0,
            "answer": format!("{words} for refund {n}."),
            "passages": [{"id": "d", "text": format!("Passage for {words}: refund {n} takes 14 days."), "source": null}],
            "scores": {"groundedness": 1},
        });
        writeln!(lines, "{line}").unwrap();
        lines
    })
}

/// Chooses a side as the run that stands there; says what was chosen and whether the run under test
/// stood on the left.
fn choose(browser: &mut Browser, n: usize) -> (String, &'static str, bool) {
    assert!(browser.comes_true("!document.getElementById('item').hidden"));
    let question = browser.eval("document.getElementById('question').textContent");
    let sides = browser.eval(
        "[...document.querySelectorAll('#sides .side > .said')].map((side) => side.textContent)",
    );
    let passages = browser
        .eval("[...document.querySelectorAll('#sides .side > .passage .said')].map((one) => one.textContent.trim())");
    let is_left = sides[0].as_str().unwrap().starts_with("Two weeks");
    assert!(
        sides[usize::from(is_left)]
            .as_str()
            .unwrap()
            .starts_with("It depends")
    );
    // Each answer stands over what it was given.
    for (side, passage) in [
        (usize::from(!is_left), "Two weeks"),
        (usize::from(is_left), "It depends"),
    ] {
        let seen = passages[side].as_str().unwrap();
        assert!(
            seen.starts_with(&format!("Passage for {passage}")),
            "{passages}"
        );
    }
    let (wanted, key) = match (n % 4, is_left) {
        (0, true) => ("candidate", "1"),
        (0, false) => ("candidate", "ArrowRight"),
        (1, true) => ("baseline", "2"),
        (1, false) => ("baseline", "ArrowLeft"),
        (2, _) => ("both-good", "3"),
        _ => ("both-bad", "4"),
    };
    browser.eval("document.getElementById('status').textContent = ''");
    browser.press(key);
    assert!(
        browser.comes_true("document.getElementById('status').textContent.startsWith('Saved')")
    );
    let question = question.as_str().unwrap();
    let number: String = question.chars().filter(char::is_ascii_digit).collect();
    (format!("q{number}"), wanted, is_left)
}

#[test]
fn a_side_of_a_pair_is_chosen_blind_and_written_down_as_the_run_that_stood_there() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "variant-of-old", &whole_answers("It depends"));
    import(&folder, "variant-of-new", &whole_answers("Two weeks"));
    let base = ids(&folder).remove(0);
    let viewer = Viewer::start(
        &folder,
        &[
            "label",
            "latest",
            "--baseline",
            &base,
            "--pairs",
            "--labeler",
            "ana",
            "--items",
            "24",
        ],
    );
    browser.open(&viewer.url);
    assert!(browser.comes_true("!document.getElementById('item').hidden"));
    assert_eq!(browser.barriers(), Vec::<String>::new());
    assert_eq!(
        browser.eval("document.getElementById('evidence').checkVisibility()"),
        json!(false)
    );
    let page = browser.eval("document.documentElement.outerHTML");
    let asked = browser.eval("fetch('ask').then((reply) => reply.text())");
    let tells = |text: &Value| {
        let words = ["variant-of", "candidate", "judge"].into_iter();
        words
            .filter(|word| text.as_str().unwrap().contains(word))
            .collect::<Vec<_>>()
    };
    assert_eq!((tells(&asked), tells(&page)), (vec![], vec![]));
    let mut chosen: Vec<_> = (0..PAIRS).map(|n| choose(&mut browser, n)).collect();
    // The last one is taken back, and answered otherwise.
    let is_done = "document.getElementById('status').textContent.includes('All done')";
    assert!(browser.comes_true(is_done));
    browser.press("z");
    chosen.push(choose(&mut browser, 0));
    assert!(browser.comes_true(is_done));

    let labels = lines(&folder, "label");
    assert_eq!(labels.len(), chosen.len());
    for (line, (case, wanted, is_left)) in labels.iter().zip(&chosen) {
        assert_eq!(line["case"], json!(case), "{line}");
        assert_eq!(line["label"], json!(wanted), "{line}");
        assert_eq!(line["candidate_left"], json!(is_left), "{line}");
        assert_eq!(line["baseline"], json!(base), "{line}");
    }
    for side in [false, true] {
        assert!(
            chosen.iter().any(|(.., is_left)| *is_left == side),
            "always on one side"
        );
    }
    assert_eq!(labels.last().unwrap()["after_reveal"], json!(true));
    let ended = folder.run(&["label", "--export", "agreed.jsonl", "--as", "items"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let agreed = fs::read_to_string(folder.path().join("agreed.jsonl")).unwrap();
    assert_eq!(agreed.lines().count(), PAIRS);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
