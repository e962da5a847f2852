//! "Judge again" on the page of a case: a judge on loopback, a real browser, and pages that must not spend.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    program::{Folder, POLICY},
    view::{Viewer, ids, import},
    wire::{Asked, Said, Wire},
};

/// Says of every claim what would hurt the answer, with a hostile word in the reply.
fn contradict(asked: &Asked) -> Said {
    let path = "/response_format/json_schema/schema/properties/claims/items/properties/id/enum";
    let ids = asked.body.pointer(path).and_then(Value::as_array).unwrap();
    let claims: Vec<Value> = (ids.iter())
        .map(|id| json!({"id": id, "label": "not-found", "passage": null, "quote": null}))
        .collect();
    Said::json(&json!({"model": "<img src=x onerror=window.owned=1>",
        "choices": [{"message": {"role": "assistant", "content": json!({ "claims": claims }).to_string()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}))
}

const EMBEDDED: &str = "[[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n";

fn config(judge: &str) -> String {
    format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n{judge}\
         [[copilot]]\nname = \"a\"\nkind = \"recorded\"\nfile = \"answers.jsonl\"\n"
    )
}

/// A judge of ten cents a thousand tokens.
fn dear(url: &str) -> String {
    format!(
        "[[judge]]\nname = \"llm\"\nspec = \"groundedness\"\n\
         endpoint = {{ base-url = \"{url}/v1\", model = \"j\", price = {{ input-usd-per-million = 100, output-usd-per-million = 100 }} }}\n"
    )
}

/// A run of one case, judged by the embedded judge; then the configuration names a dear one.
fn folder(url: &str) -> Folder {
    let folder = Folder::with(&[
        ("groundgate.toml", &config(EMBEDDED)),
        ("gate.toml", POLICY),
        ("set.jsonl", ""),
    ]);
    let line = json!({
        "case": {"id": "q <b>", "question": "How long?", "tags": {}}, "attempt": 0,
        "answer": "It takes 14 days.", "passages": [{"id": "d", "text": "It takes 14 days.", "source": null}],
        "scores": {"groundedness": 1},
    });
    import(&folder, "a", &format!("{line}\n"));
    folder.write("groundgate.toml", &config(&dear(url)));
    folder
}

fn case_page(viewer: &Viewer, run: &str) -> String {
    format!("{}case?run={run}&case=q%20%3Cb%3E", viewer.url)
}

#[test]
fn an_answer_is_judged_again_beside_its_record_within_the_cap() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let wire = Wire::answering(contradict);
    let folder = folder(&wire.url);
    let run = ids(&folder).remove(0);
    let record = fs::read(&folder.records()[0]).unwrap();
    let mut viewer = Viewer::start(&folder, &["view", "--judge-again", "2"]);
    browser.open(&case_page(&viewer, &run));
    assert_eq!(browser.barriers(), Vec::<String>::new());
    let price = browser.eval("document.getElementById('again-price').textContent");
    assert!(
        price.as_str().unwrap().contains("$2.00 of $2.00 are left"),
        "{price}"
    );
    assert_eq!(wire.asked().len(), 0, "looking costs nothing");

    let click = "document.getElementById('again-now').click()";
    browser.eval(click);
    assert!(
        browser.comes_true(
            "document.getElementById('again-status').textContent.startsWith('Judged for')"
        ),
        "{}",
        browser.eval("document.getElementById('again-status').textContent")
    );
    assert_eq!(wire.asked().len(), 1);
    let rows = browser.eval(
        "[...document.querySelectorAll('#again-result tbody tr')].map((row) => row.textContent)",
    );
    let groundedness = rows
        .as_array()
        .unwrap()
        .iter()
        .find_map(|row| row.as_str()?.strip_prefix("groundedness"));
    assert!(
        groundedness.is_some_and(|row| row.starts_with("10")),
        "stored 1, now 0: {rows}"
    );
    let told = browser.eval("document.getElementById('again-status').textContent");
    assert!(
        told.as_str().unwrap().contains("$0.11;"),
        "1,100 tokens at ten cents a thousand: {told}"
    );
    assert_eq!(browser.barriers(), Vec::<String>::new());

    // The record is as it was; the call is in one of its own.
    assert_eq!(fs::read(&folder.records()[0]).unwrap(), record);
    let kept = folder.path().join("runs/judge");
    let records = fs::read_dir(&kept)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let records = records.filter(|path| path.extension().is_some_and(|ending| ending == "sqlite"));
    assert_eq!(records.count(), 1);
    assert_eq!(ids(&folder).len(), 1);

    // No click passes the cap: what could be more than is left is not asked.
    let status = "document.getElementById('again-status').textContent";
    let is_refused = (0..20).any(|_| {
        browser.eval(&format!("{status} = ''"));
        browser.eval(click);
        assert!(browser.comes_true(&format!("/Judged for|not judged/.test({status})")));
        browser.eval(&format!("{status}.startsWith('not judged')")) == json!(true)
    });
    assert!(is_refused);
    let n_asked = wire.asked().len();
    assert!((2..=18).contains(&n_asked), "{n_asked} at $0.11 each");
    assert_eq!(browser.eval("window.owned ?? null"), json!(null));

    // Having judged, it still ends when it is told to.
    let id = viewer.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(viewer.child.wait().unwrap().success());
}

#[test]
fn nobody_else_can_have_it_judged_again() {
    let wire = Wire::answering(contradict);
    let folder = folder(&wire.url);
    let run = ids(&folder).remove(0);
    let body = json!({"run": run, "case": "q <b>", "attempt": 0}).to_string();
    let length = body.len();
    let viewer = Viewer::start(&folder, &["view", "--judge-again", "2"]);
    let (host, path) = viewer.place();
    let json = "Content-Type: application/json\r\n";
    let ours = format!("Host: {host}\r\nOrigin: http://{host}\r\nX-Groundgate: 1\r\n");
    let end = format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    for (what, request, status) in [
        (
            "another origin",
            format!(
                "POST {path}again HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nX-Groundgate: 1\r\n{json}"
            ),
            "403",
        ),
        (
            "no header of ours",
            format!("POST {path}again HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{json}"),
            "403",
        ),
        (
            "a form",
            format!("POST {path}again HTTP/1.1\r\n{ours}Content-Type: text/plain\r\n"),
            "415",
        ),
        (
            "no token",
            format!("POST /again HTTP/1.1\r\n{ours}{json}"),
            "404",
        ),
        (
            "a link",
            format!("GET {path}again?run={run}&case=q HTTP/1.1\r\nHost: {host}\r\n"),
            "404",
        ),
    ] {
        let reply = viewer.raw(&format!("{request}{end}"));
        assert_eq!(reply.split(' ').nth(1), Some(status), "{what}: {reply}");
    }
    // And a viewer that was not told so spends nothing, whoever asks.
    let plain = Viewer::start(&folder, &["view"]);
    let (host, path) = plain.place();
    let reply = plain.raw(&format!(
        "POST {path}again HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nX-Groundgate: 1\r\n{json}{end}"
    ));
    assert!(
        reply.contains("was not started with --judge-again"),
        "{reply}"
    );
    assert_eq!(wire.asked().len(), 0);
    // The very request is what our own page sends.
    let (host, path) = viewer.place();
    let reply = viewer.raw(&format!(
        "POST {path}again HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nX-Groundgate: 1\r\n{json}{end}"
    ));
    assert_eq!(reply.split(' ').nth(1), Some("200"), "{reply}");
    assert_eq!(wire.asked().len(), 1);
}
