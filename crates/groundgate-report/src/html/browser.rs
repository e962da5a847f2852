//! The page in a real browser: it runs its one script, nothing else, asks for nothing, prints page one
//! on one sheet, and does not scroll sideways.
//!
//! Needs `chromium`; without it the tests say so and pass, unless `GROUNDGATE_REQUIRE_BROWSER` is set.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use groundgate_gate::Verdict;

use super::render_html;
use crate::{Report, fixture, tests::PAYLOADS};

/// A place under `target`, where people can look at what was tested.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/report-fixture");
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

fn write(name: &str, page: &str) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, page).unwrap();
    path
}

/// Opens a page in a fresh profile without a network; nothing where there is no browser.
fn browse(page: &Path, arguments: &[&str]) -> Option<Output> {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(
                env::var_os("GROUNDGATE_REQUIRE_BROWSER").is_none(),
                "chromium is required and could not be started: {error}"
            );
            say_skipped();
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn say_skipped() {
    eprintln!("SKIPPED: chromium is not installed; the HTML report was not tried in a browser");
}

/// The page's document after its script ran, and what the console said.
fn dump(page: &Path, arguments: &[&str]) -> Option<(String, String)> {
    let output = browse(page, &[arguments, &["--dump-dom"]].concat())?;
    let log = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    let document = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((
        document,
        console.join(
            "
",
        ),
    ))
}

/// Whether the page asked for a place that its texts name; the browser's own requests do not count,
/// and none of either leaves this machine.
fn asks_for_anything(log: &Path) -> bool {
    fs::read_to_string(log).unwrap().contains("t.example")
}

#[test]
fn the_script_runs_and_the_console_stays_silent_and_nothing_is_asked_for() {
    for (name, report) in [
        ("report.html", fixture::report()),
        ("hostile.html", fixture::hostile()),
        ("smallest.html", fixture::smallest()),
    ] {
        let page = write(name, &render_html(&report).unwrap());
        let log = folder().join(format!("{name}.net.json"));
        let Some((document, console)) = dump(&page, &[&format!("--log-net-log={}", log.display())])
        else {
            return;
        };
        assert_eq!(console, "", "{name}");
        assert!(
            !document.contains("hidden=\"hidden\""),
            "{name}: the script did not run"
        );
        if !report.cases.is_empty() {
            assert!(document.contains(">6 of 6</output>"), "{name}");
        }
        assert!(!asks_for_anything(&log), "{name}");
    }
}

#[test]
fn markup_that_slipped_through_would_still_not_run() {
    let attack = "<main><script>document.title='owned'</script>\
        <img src=\"x\" onerror=\"document.title='owned'\"><a href=\"javascript:0\">a</a>\
        <style>body{display:none}</style><iframe src=\"https://t.example\"></iframe>";
    let page = render_html(&fixture::report())
        .unwrap()
        .replace("<main>", attack);
    let Some((document, console)) = dump(&write("unescaped.html", &page), &[]) else {
        return;
    };
    assert!(!document.contains("<title>owned"), "the attack ran");
    assert!(document.contains("<title>NO-GO"));
    // The policy refused each of them, which also shows that the console is read at all.
    assert!(
        console.matches("Content Security Policy").count() >= 4,
        "{console}"
    );
}

/// The page as it would be if nothing were escaped anywhere: `payload` in every field, as it is.
fn unescaped(payload: &str) -> String {
    let page = render_html(&fixture::with_text("QPAYLOADQ")).unwrap();
    let payload = payload.replace("alert(1)", "console.error('OWNED')");
    page.replace("QPAYLOADQ", &payload)
}

/// What the console says when all pages are shown at once.
fn console_of(name: &str, pages: &[String]) -> Option<String> {
    let frames: Vec<String> = (0..pages.len())
        .map(|n| format!("<iframe src=\"{name}-{n}.html\"></iframe>"))
        .collect();
    let frames = frames.concat();
    for (n, page) in pages.iter().enumerate() {
        write(&format!("{name}-{n}.html"), page);
    }
    let index = write(
        &format!("{name}.html"),
        &format!("<!DOCTYPE html><body>{frames}</body>"),
    );
    dump(&index, &[]).map(|(_, console)| console)
}

#[test]
fn no_payload_runs_in_any_field_even_if_nothing_were_escaped() {
    let pages: Vec<String> = PAYLOADS.iter().map(|payload| unescaped(payload)).collect();
    let Some(console) = console_of("unescaped", &pages) else {
        return;
    };
    assert!(!console.contains("\"OWNED\""), "{console}");
    // The same without the policy does run: the test would see it.
    let bare: Vec<String> = (pages.iter().take(8))
        .map(|page| without_policy(page))
        .collect();
    let console = console_of("unescaped-bare", &bare).unwrap();
    assert!(console.contains("\"OWNED\""), "{console}");
}

/// A report with as much on page one as page one takes.
fn fullest() -> Report {
    let mut report = fixture::report();
    let passed: Vec<_> = report
        .decision
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Pass)
        .cloned()
        .collect();
    report
        .decision
        .findings
        .extend(passed.iter().cycle().take(12).cloned());
    report.causes.extend(report.causes.clone());
    report.decision.notes.extend(report.decision.notes.clone());
    report.provenance.extend(report.provenance.clone());
    let mut rule = passed.first().unwrap().clone();
    (rule.id, rule.kind) = ("judge-agrees".to_owned(), "judge-health");
    (rule.verdict, rule.estimate, rule.observed) = (Verdict::Inconclusive, None, Some(0.718));
    report.decision.findings.push(rule);
    let sign_off = &mut report.sign_off;
    sign_off.approvals.extend(sign_off.approvals.clone());
    for _ in 0..5 {
        let again = sign_off.waivers.first().unwrap().clone();
        sign_off.waivers.push(again);
    }
    sign_off.rollback.extend(sign_off.rollback.clone());
    report
}

fn without_policy(page: &str) -> String {
    let (head, rest) = page.split_once("<meta http-equiv").unwrap();
    let (_, rest) = rest.split_once("/>").unwrap();
    format!("{head}{rest}")
}

/// Only page one, with another size of paper; the content security policy would refuse that.
fn page_one(report: &Report, paper: &str) -> String {
    let page = without_policy(&render_html(report).unwrap());
    let (body, _) = page.split_once("<!-- details -->").unwrap();
    let sized = body.replace("@page {", &format!("@page {{ size: {paper};"));
    assert_ne!(sized, body);
    format!("{sized}</main></body></html>")
}

#[test]
fn page_one_prints_on_one_sheet() {
    for paper in ["A4", "letter"] {
        let page = write(
            &format!("page-one-{paper}.html"),
            &page_one(&fullest(), paper),
        );
        let pdf = page.with_extension("pdf");
        let print = format!("--print-to-pdf={}", pdf.display());
        if browse(&page, &["--no-pdf-header-footer", &print]).is_none() {
            return;
        }
        let bytes = fs::read(&pdf).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let n_pages = text.matches("/Type /Page").count() - text.matches("/Type /Pages").count();
        assert_eq!(n_pages, 1, "{paper}");
    }
}

/// Says of each text of the page whose box is not inside its card and the page, what it is.
const BOXES: &str = r#"<script>
addEventListener("load", () => {
  const wide = document.documentElement.clientWidth;
  const cut = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    if (!node.data.trim() || !owner.checkVisibility() || owner.closest(".unseen, .skip, script, style, option")) continue;
    const card = owner.closest("section, .answer, .signed, .panel") ?? document.body;
    const right = Math.min(card.getBoundingClientRect().right, wide) + 1;
    const range = document.createRange();
    range.selectNodeContents(node);
    const far = [...range.getClientRects()].some(box => box.width > 0 && (box.right > right || box.left < -1));
    if (far) cut.push(`${owner.className || owner.tagName}: ${node.data.trim().slice(0, 30)}`);
  }
  parent.postMessage(`${innerWidth}: ${cut.slice(0, 5).join(" | ")}`, "*");
});
</script></body>"#;
const WIDTHS: [u32; 5] = [400, 768, 1200, 1440, 1920];

#[test]
fn no_text_is_cut_off_at_any_width() {
    for (name, report) in [
        ("report", fixture::report()),
        ("hostile", fixture::hostile()),
    ] {
        let html = without_policy(&render_html(&report).unwrap())
            .replace("<details class=\"rule\"", "<details open class=\"rule\"")
            .replace("</body>", BOXES);
        let page = write(&format!("{name}-boxes.html"), &html);
        let file = page.file_name().unwrap().to_string_lossy().into_owned();
        for width in WIDTHS {
            let frame = format!(
                "<body><pre id=\"found\">nothing</pre><iframe src=\"{file}\" width=\"{width}\" height=\"900\"></iframe>\
                 <script>addEventListener('message',m=>{{found.textContent=m.data}})</script></body>"
            );
            let outer = write(&format!("{name}-{width}.html"), &frame);
            let Some((document, _)) = dump(&outer, &["--virtual-time-budget=20000"]) else {
                return;
            };
            let found = document.split("</pre>").next().unwrap_or_default();
            assert!(found.ends_with(&format!("{width}: ")), "{name}: {found}");
        }
    }
}

#[test]
fn a_window_of_half_the_width_does_not_scroll_sideways() {
    // As wide as a window of 1280 pixels at a zoom of 200 %.
    let measure = "<script>document.title=`${document.documentElement.scrollWidth} of ${innerWidth}`\
        </script></body>";
    for (name, report) in [
        ("report", fixture::report()),
        ("hostile", fixture::hostile()),
    ] {
        let measured = without_policy(&render_html(&report).unwrap())
            .replace("<details class=\"case", "<details open class=\"case")
            .replace("</body>", measure);
        let page = write(&format!("{name}-narrow.html"), &measured);
        let Some((document, _)) = dump(&page, &["--window-size=640,900", "--hide-scrollbars"])
        else {
            return;
        };
        let (_, title) = document.split_once("<title>").unwrap();
        let (title, _) = title.split_once("</title>").unwrap();
        let (needed, width) = title.split_once(" of ").unwrap();
        assert!(
            needed.parse::<u32>().unwrap() <= width.parse::<u32>().unwrap(),
            "{name}: {title}"
        );
    }
}
