//! The first command a newcomer types.

use crate::program::Folder;

#[test]
fn the_demo_passes_the_good_variant_and_fails_the_flawed_ones_for_the_right_reason() {
    let folder = Folder::with(&[]);
    let ended = folder.run(&["demo", "-q"]);
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    for (variant, verdict, cause) in [
        ("same-again", "GO", ""),
        (
            "wrong-retrieval",
            "NO-GO",
            "context_recall broke in product=refunds",
        ),
        ("unsupported-additions", "NO-GO", "say what no passage says"),
        ("stale-numbers", "NO-GO", "contradict their passages"),
    ] {
        let part = ended
            .out
            .split("━━ ")
            .find(|part| part.starts_with(variant))
            .unwrap();
        let last = part.lines().rfind(|line| line.contains("GO:")).unwrap();
        assert_eq!(
            last.contains("NO-GO"),
            verdict == "NO-GO",
            "{variant}: {last}"
        );
        let flat = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains(cause),
            "{variant} does not say: {cause}\n{part}"
        );
        let page = std::fs::read_to_string(
            folder
                .path()
                .join(format!("groundgate-demo/{variant}.html")),
        )
        .unwrap();
        assert!(page.contains("Content-Security-Policy"));
        assert!(
            !page.contains("src=\"http"),
            "{variant}: the page asks the network"
        );
    }
    the_readme_shows_it(&ended.out);
}

/// Every line of the README's excerpt is one that the demo printed, wherever its columns stand.
fn the_readme_shows_it(printed: &str) {
    let flat = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed: Vec<String> = printed.lines().map(flat).collect();
    let readme = include_str!("../../README.md");
    let excerpt = readme.split("```text\n━━ ").nth(1).unwrap();
    let excerpt = format!("━━ {}", excerpt.split("```").next().unwrap());
    for line in excerpt.lines().map(flat).filter(|line| line != "…") {
        assert!(
            printed.contains(&line),
            "the demo does not print: {line}\n{}",
            printed.join("\n")
        );
    }
}

#[test]
fn init_writes_an_example_that_validates_runs_and_gates() {
    let folder = Folder::with(&[]);
    assert_eq!(folder.run(&["init", "gate"]).code, 0);
    assert_eq!(
        folder.run(&["init", "gate"]).code,
        3,
        "nothing may be overwritten"
    );
    let there = |arguments: &[&str]| folder.run(&[&["-C", "gate"], arguments].concat());
    let validated = there(&["validate", "--strict"]);
    assert_eq!(validated.code, 0, "{}", validated.err);
    let base = there(&[
        "run",
        "-q",
        "--copilot",
        "good",
        "--filter",
        "product=refunds",
        "--filter",
        "product=cards",
    ]);
    assert_eq!(base.code, 0, "{}", base.err);
    let candidate = there(&[
        "run",
        "-q",
        "--copilot",
        "stale-numbers",
        "--filter",
        "product=refunds",
        "--filter",
        "product=cards",
    ]);
    assert_eq!(candidate.code, 0, "{}", candidate.err);
    let gated = there(&[
        "gate",
        candidate.out.trim(),
        "--baseline",
        base.out.trim(),
        "--json",
    ]);
    assert!([10, 11, 12].contains(&gated.code), "{}", gated.out);
    let document: serde_json::Value = serde_json::from_str(&gated.out).unwrap();
    assert_eq!(document["exit_code"], gated.code);
    let again = there(&["gate", candidate.out.trim(), "--baseline", base.out.trim()]);
    assert_eq!(again.code, gated.code);
    assert!(
        there(&[
            "compare",
            base.out.trim(),
            candidate.out.trim(),
            "--by",
            "product"
        ])
        .out
        .contains("groundedness")
    );
    assert!(
        there(&["explain", "refunds-001", "--run", candidate.out.trim()])
            .out
            .contains("supported")
    );
    assert!(there(&["runs", "list"]).out.contains("stale-numbers"));
}
