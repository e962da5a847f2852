//! The viewer as a browser and as an attacker sees it: real sockets, a real Chromium.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    program::{Folder, POLICY},
};

/// A viewer that runs.
pub(crate) struct Viewer {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Viewer {
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut child = folder
            .command(arguments)
            .arg("--json")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            url: line["url"].as_str().unwrap().to_owned(),
        }
    }

    /// `127.0.0.1:4711` and `/token/`.
    pub(crate) fn place(&self) -> (String, String) {
        let rest = self.url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        (host.to_owned(), format!("/{path}"))
    }

    /// Sends bytes and reads all that comes back.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.place().0).unwrap();
        let _refused_early = stream.write_all(request.as_bytes());
        let mut reply = Vec::new();
        let _reset = stream.read_to_end(&mut reply);
        String::from_utf8_lossy(&reply).into_owned()
    }

    fn get(&self, page: &str) -> String {
        let (host, path) = self.place();
        self.raw(&format!(
            "GET {path}{page} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

const CONFIG: &str = "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n\
    [[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n\
    [[copilot]]\nname = \"a\"\nkind = \"recorded\"\nfile = \"answers.jsonl\"\n";

/// A folder with a project and no runs yet.
pub(crate) fn project() -> Folder {
    Folder::with(&[
        ("groundgate.toml", CONFIG),
        ("gate.toml", POLICY),
        ("set.jsonl", ""),
    ])
}

/// Imports answers as a run, judged by the embedded judge.
pub(crate) fn import(folder: &Folder, name: &str, lines: &str) {
    folder.write("answers.jsonl", lines);
    let ended = folder.run(&[
        "runs",
        "import",
        "answers.jsonl",
        "--name",
        name,
        "--judge",
        "--metric",
        "groundedness=binary",
        "--instrument",
        "<b>people</b>",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.err);
}

/// The runs, oldest first.
pub(crate) fn ids(folder: &Folder) -> Vec<String> {
    let records = folder.records();
    records
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn payloads() -> Vec<String> {
    let all: Vec<String> = serde_json::from_str(include_str!("payloads.json")).unwrap();
    all.into_iter()
        .map(|payload| payload.replace("alert(1)", "window.owned=1"))
        .collect()
}

/// Every payload in every field of a case, and the same payload as every text of its answer.
fn hostile_lines(flip: bool) -> String {
    payloads().iter().enumerate().fold(String::new(), |mut lines, (n, payload)| {
        let line = json!({
            "case": {
                "id": format!("{n} {payload}"), "question": payload, "reference_answer": payload,
                "expected_facts": [payload], "tags": {"kind": payload, "n": n.to_string()},
                "history": [{"role": "user", "text": payload}],
            },
            "attempt": 0,
            "answer": format!("{payload} The refund takes {n} days."),
            "passages": [{"id": payload, "text": format!("{payload} A refund takes 14 days."), "source": payload}],
            "scores": {"groundedness": u8::from((n % 2 == 0) ^ flip)},
        });
        writeln!(lines, "{line}").unwrap();
        lines
    })
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    })
}

#[test]
fn no_text_runs_in_any_page_of_the_viewer() {
    let folder = project();
    import(
        &folder,
        "<img src=x onerror=window.owned=1>",
        &hostile_lines(false),
    );
    import(
        &folder,
        "</title><script>window.owned=1</script>",
        &hostile_lines(true),
    );
    let ids = ids(&folder);
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let viewer = Viewer::start(
        &folder,
        &["label", &ids[1], "--items", "40", "--labeler", "<b>x"],
    );
    let base = viewer.url.strip_suffix("label").unwrap().to_owned();
    let pair = format!("run={}&base={}", ids[1], ids[0]);
    let mut pages = vec![
        String::new(),
        format!("compare?{pair}"),
        format!("slices?{pair}&rows=kind&columns=n"),
        format!("judges?{pair}"),
        format!("live?{pair}"),
        "label".to_owned(),
    ];
    for (n, payload) in payloads().iter().enumerate() {
        pages.push(format!(
            "case?{pair}&case={}",
            encoded(&format!("{n} {payload}"))
        ));
        let wanted = encoded(payload);
        pages.push(format!(
            "compare?{pair}&text={wanted}&slice={wanted}&rule={wanted}&error={wanted}"
        ));
    }
    for page in &pages {
        browser.open(&format!("{base}{page}"));
        let state = browser.eval("[window.owned ?? null, document.title, document.querySelectorAll('script:not([src]), iframe, object, embed, img, [onerror], [onload]').length]");
        assert!(state[0].is_null(), "{page}: something ran");
        assert!(
            state[1].as_str().unwrap().ends_with("· groundgate"),
            "{page}: {state}"
        );
        assert_eq!(state[2], 0, "{page}: markup was added");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let elsewhere: Vec<String> = browser
        .asked()
        .into_iter()
        .filter(|url| !url.starts_with(&base) && !url.starts_with("data:,"))
        .collect();
    assert_eq!(elsewhere, Vec::<String>::new());
}

/// What it is, the request without its end, and the status that refuses it.
fn hostile_requests(host: &str, path: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        (
            "another name for 127.0.0.1",
            format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n"),
            "421",
        ),
        ("no host", format!("GET {path} HTTP/1.0\r\n"), "421"),
        (
            "another origin",
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n"),
            "403",
        ),
        (
            "another site",
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: cross-site\r\n"),
            "403",
        ),
        (
            "no token",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\n"),
            "404",
        ),
        (
            "a guessed token",
            format!("GET /{}/ HTTP/1.1\r\nHost: {host}\r\n", "0".repeat(32)),
            "404",
        ),
        (
            "a preflight",
            format!("OPTIONS {path}label HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"),
            "405",
        ),
        (
            "a form",
            format!(
                "POST {path}label HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n"
            ),
            "403",
        ),
        (
            "a way out",
            format!("GET {path}../../etc/passwd HTTP/1.1\r\nHost: {host}\r\n"),
            "404",
        ),
        (
            "a way out in a value",
            format!(
                "GET {path}case?run=..%2f..%2fetc%2fpasswd&case=x HTTP/1.1\r\nHost: {host}\r\n"
            ),
            "404",
        ),
    ]
}

#[test]
fn a_hostile_page_gets_nothing() {
    let folder = project();
    import(
        &folder,
        "a",
        "{\"case\":{\"id\":\"q\",\"question\":\"secret question\"},\"attempt\":0,\"answer\":\"x\",\"scores\":{\"groundedness\":1}}\n",
    );
    let viewer = Viewer::start(&folder, &["view"]);
    let (host, path) = viewer.place();
    let status = |reply: &str| reply.split(' ').nth(1).unwrap_or("").to_owned();

    let ours = viewer.get("");
    assert_eq!(status(&ours), "200", "{ours}");
    let head = ours.split("\r\n\r\n").next().unwrap().to_lowercase();
    for wanted in [
        "content-security-policy: default-src 'none'; script-src 'self'",
        "frame-ancestors 'none'",
        "x-frame-options: deny",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(head.contains(wanted), "{wanted}: {head}");
    }
    assert!(!head.contains("access-control"), "{head}");

    for (what, request, wanted) in hostile_requests(&host, &path) {
        let reply = viewer.raw(&format!("{request}Connection: close\r\n\r\n"));
        assert_eq!(status(&reply), wanted, "{what}: {reply}");
        assert!(!reply.contains("secret question"), "{what}");
        assert!(!reply.to_lowercase().contains("access-control"), "{what}");
    }

    let ours = format!(
        "Host: {host}\r\nOrigin: http://{host}\r\nX-Groundgate: 1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    );
    let large = "x".repeat(70_000);
    let reply = viewer.raw(&format!(
        "POST {path}label HTTP/1.1\r\n{ours}Content-Length: {}\r\n\r\n{large}",
        large.len()
    ));
    assert_eq!(status(&reply), "413", "{reply}");
    assert!(host.starts_with("127.0.0.1:"));
}

#[test]
fn the_pages_are_whole_without_a_script_and_open_to_everyone() {
    let folder = Folder::with(&[]);
    let ended = folder.run(&["demo", "-o", "demo"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let ended = folder.run(&["init", "."]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let config = std::fs::read_to_string(folder.path().join("groundgate.toml")).unwrap();
    folder.write(
        "groundgate.toml",
        &config.replace("\"runs\"", "\"demo/runs\""),
    );
    let viewer = Viewer::start(&folder, &["view"]);
    let list = viewer.get("");
    assert_eq!(list.matches("name=\"run\"").count(), 5, "{list}");
    let mut runs: Vec<&str> = list
        .split("name=\"run\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    runs.sort_unstable();
    let pair = format!("run={}&base={}", runs[4], runs[0]);
    let compare = viewer.get(&format!("compare?{pair}"));
    assert!(
        compare.contains("must not be released") && compare.contains("case?run="),
        "{compare}"
    );
    let filtered = viewer.get(&format!(
        "compare?{pair}&bucket=regressed&slice=product%3Drefunds"
    ));
    assert!(
        filtered.contains("refunds-") && !filtered.contains(">cards-0"),
        "{filtered}"
    );
    let case = compare
        .split("href=\"case?")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let page = viewer.get(&format!("case?{case}"));
    for wanted in [
        "<ins>",
        "<del>",
        "Claims",
        "Passages",
        "Repeats",
        "Came back",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }

    open_to_everyone(
        &folder,
        &viewer,
        &[
            format!("compare?{pair}"),
            format!("case?{case}"),
            format!("slices?{pair}"),
            format!("judges?{pair}"),
            format!("live?{pair}"),
        ],
    );
}

/// No barrier in any page, in light and dark, and at 200 %.
fn open_to_everyone(folder: &Folder, viewer: &Viewer, of_view: &[String]) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let report = folder.path().join("demo/stale-numbers.html");
    let mut pages = vec![format!("file://{}", report.display()), viewer.url.clone()];
    pages.extend(of_view.iter().map(|page| format!("{}{page}", viewer.url)));
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (640, "light")] {
        browser.look(width, scheme);
        for page in &pages {
            browser.open(page);
            assert_eq!(
                browser.barriers(),
                Vec::<String>::new(),
                "{page} {width} {scheme}"
            );
        }
    }
    browser.open(&viewer.url);
    assert!(browser.comes_true("document.querySelectorAll('[data-verdict] .chip').length === 4"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
