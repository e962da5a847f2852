//! Hostile text through every field and every format at once.

use proptest::prelude::*;

use super::{fixture, *};

/// What has broken other reports, terminals and CI systems.
const PAYLOADS: [&str; 50] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></select></details></table><b>out",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "</desc></svg><script>alert(1)</script>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<math><mtext></p><style><!--</style><img src=x>",
    "<!-- details -->",
    "--><script>alert(1)</script><!--",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "` onclick=alert(1) `",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<meta http-equiv=refresh content=0;url=http://t.example>",
    "<base href=http://t.example>",
    "<form action=http://t.example><button>send",
    "{{ 7 * 7 }}{% include 'x' %}{# gone #}",
    "{% raw %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "<![CDATA[ <b> ]]>",
    "]]>",
    "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://t.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{9b}31m\u{9d}0;x\u{9c}",
    "line\rover\u{8}\u{8}\u{8}",
    "\u{202e}gnp.exe\u{2066}\u{2069}",
    "\u{e0069}\u{e0067}\u{e006e}\u{e007f}",
    "zero\u{200b}\u{200d}\u{feff}width",
    "\u{0}\u{1}\u{fffe}\u{ffff}\u{fdd0}",
    "one\ntwo\r\nthree\u{2028}four\u{85}five",
    "::error file=a,line=1::owned",
    "\n::set-output name=verdict::pass\n",
    "##[add-path]/tmp ###[group] ##[",
    ":::warning::",
    "##vso[task.setvariable variable=x]y",
    "@everyone @org/team",
    "![x](http://t.example/b.png) [y](http://t.example)",
    "```\n# heading\n``` ` `` ````",
    "| a | b |\n|---|---|\n\\| \\\\|",
    "=HYPERLINK(\"http://t.example\")",
    "＝cmd|' /C calc'!A0",
    "✔ GO: 10 of 10 rules passed",
    "𝕏漢é\u{301} 👩\u{200d}🚀",
];

const LOG: Style = Style {
    color: false,
    unicode: true,
    workflow_log: true,
};

/// Every format of a report whose every text is `text`.
fn check(text: &str) {
    let mut report = fixture::with_text(text);
    // One case with an answer, one without, are all shapes that there are.
    report.cases.drain(4..);
    report.cases.drain(1..3);
    let log = render_text(&report, LOG);
    assert!(
        !log.chars()
            .any(|character| character.is_control() && character != '\n')
    );
    assert!(!log.contains("::") && !log.contains("##["), "{log}");
    assert!(
        log.lines()
            .last()
            .is_some_and(|line| line.starts_with("✖ NO-GO:")),
        "{log}"
    );

    let json: serde_json::Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
    assert_eq!(json["run"]["variant"], text);

    let xml = render_junit(&report);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let n_cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .count();
    assert_eq!(n_cases, report.decision.findings.len() + 1);

    markdown::check_is_harmless(&render_markdown(&report));
    html::check_is_harmless(&render_html(&report).unwrap());
}

#[test]
fn known_payloads_do_nothing_in_any_format() {
    for payload in PAYLOADS {
        check(payload);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes_in_every_format() {
    let render = || {
        let report = fixture::report();
        [
            render_text(&report, LOG),
            render_json(&report).unwrap(),
            render_junit(&report),
            render_markdown(&report),
            render_html(&report).unwrap(),
        ]
    };
    assert_eq!(render(), render());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_does_anything_in_any_format(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn no_mix_of_signs_does_anything_in_any_format(
        text in "[<>&\"'`=:#\\[\\]@|/!(){}%\\\\ \n\r\u{1b}\u{202e}a-c-]{0,60}",
    ) {
        check(&text);
    }
}
