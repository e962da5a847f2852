//! Which page a path brings, and what stands on it.

use groundgate_model::trial::Label;

use crate::{
    filter::Filter,
    query::Query,
    test_values::{Folder, Got, comparison, get, post, score},
};

/// Scores of the candidate and of the baseline, in which c3 lost most and c0 nothing.
fn two_runs(folder: &Folder) {
    let ours = [
        score(1.0),
        score(0.5),
        Got::Unscored,
        score(0.0),
        score(0.75),
    ];
    let theirs = [score(1.0), score(1.0), score(1.0), score(1.0), score(0.5)];
    folder.record("NEW", 1, &ours);
    folder.record("OLD", 1, &theirs);
}

fn listed(query: &str) -> Vec<String> {
    let folder = Folder::new();
    two_runs(&folder);
    let viewer = folder.viewer(None);
    let (run, base) = (viewer.open("NEW").unwrap(), viewer.open("OLD").unwrap());
    let comparison = comparison(&run, Some(&base));
    let query = Query::parse(query);
    let found = query.get("text").map(|text| run.find_text(text).unwrap());
    let lines = Filter::new(&query, found).apply(&comparison);
    lines.iter().map(|line| line.id.clone()).collect()
}

#[test]
fn all_cases_are_listed_by_what_became_of_them_and_those_of_a_rule_worst_first() {
    let table: [(&str, &[&str]); 9] = [
        ("", &["c3", "c1", "c4", "c0", "c2"]),
        ("bucket=nonsense", &[]),
        ("slice=product%3Dfees", &["c3", "c1"]),
        ("slice=product%3Dcards", &["c4", "c0", "c2"]),
        ("rule=floor", &["c3", "c1", "c4", "c2"]),
        ("rule=nonsense", &[]),
        ("error=nonsense", &[]),
        ("text=question+4", &["c4"]),
        ("slice=product%3Dfees&text=question+3", &["c3"]),
    ];
    for (query, expected) in table {
        assert_eq!(listed(query), expected, "{query}");
    }
}

#[test]
fn cases_without_a_score_are_found_by_the_reason() {
    let folder = Folder::new();
    two_runs(&folder);
    let viewer = folder.viewer(None);
    let comparison = comparison(&viewer.open("NEW").unwrap(), None);
    let [reason] = comparison.reasons.as_slice() else {
        panic!("{:?}", comparison.reasons);
    };
    let query = Query::parse("").with("error", reason);
    let found = Filter::new(&query, None).apply(&comparison);
    let ids: Vec<&str> = found.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["c2"]);
}

#[test]
fn every_page_is_found_by_its_path_and_nothing_else_is() {
    let folder = Folder::new();
    two_runs(&folder);
    let viewer = folder.viewer(None);
    let both = "run=NEW&base=OLD";
    for (page, query, part) in [
        ("", "", "copilot-NEW"),
        ("compare", both, "copilot-OLD (OLD)"),
        ("case", "run=NEW&base=OLD&case=c3", "Question 3?"),
        ("slices", both, "fees"),
        ("judges", both, "Nobody has labelled claims of this run yet"),
        ("live", "run=NEW", "5"),
        ("view.css", "", "{"),
        ("view.js", "", "verdict"),
    ] {
        let (status, body) = get(&viewer, page, query);
        assert_eq!(status, 200, "{page}: {body}");
        assert!(body.contains(part), "{page}: {body}");
    }
    let (status, body) = get(&viewer, "verdict", both);
    assert_eq!(
        (status, body.lines().next()),
        (200, Some("inconclusive")),
        "{body}"
    );
    for (page, query, expected) in [
        ("nonsense", "", 404),
        ("compare", "run=GONE&base=OLD", 404),
        // An id is looked up among the names in the folder.
        ("compare", "run=../NEW", 404),
        ("compare", "run=OLD&base=OLD", 400),
        ("compare", "", 400),
        ("case", "run=NEW&case=c9", 404),
        ("label", "", 404),
        ("ask", "", 404),
    ] {
        assert_eq!(get(&viewer, page, query).0, expected, "{page}?{query}");
    }
    for (page, body, expected) in [
        ("nonsense", "{}", 404),
        ("label", "{}", 404),
        (
            "again",
            r#"{"run": "NEW", "case": "c0", "attempt": 0}"#,
            404,
        ),
    ] {
        assert_eq!(post(&viewer, page, body).0, expected, "{page}");
    }
}

/// What the browser shows on the tab.
fn title(page: &str) -> &str {
    let (_, rest) = page.split_once("<title>").unwrap();
    rest.split("</title>").next().unwrap()
}

#[test]
fn runs_side_by_side_are_those_that_are_not_the_baseline() {
    let folder = Folder::new();
    two_runs(&folder);
    folder.record(
        "MID",
        1,
        &[score(1.0), score(1.0), score(1.0), score(1.0), score(1.0)],
    );
    let viewer = folder.viewer(None);
    let query = "run=NEW&run=OLD&run=MID&base=OLD";
    let (status, shown) = get(&viewer, "compare", query);
    assert_eq!(status, 200);
    assert!(
        shown.contains("show=MID") && shown.contains("show=NEW"),
        "{shown}"
    );
    assert!(!shown.contains("show=OLD"), "{shown}");
    // The first is shown; another where the address says so.
    let (_, other) = get(&viewer, "compare", &format!("{query}&show=MID"));
    assert!(title(&shown).contains("copilot-NEW (NEW)"));
    assert!(title(&other).contains("copilot-MID (MID)"));
}

#[test]
fn a_slice_has_its_mean_and_what_it_lost_on_the_cases_that_both_have() {
    let folder = Folder::new();
    two_runs(&folder);
    let viewer = folder.viewer(None);
    let (_, page) = get(&viewer, "slices", "run=NEW&base=OLD&rows=product");
    // c1 and c3: 0.5 and 0 instead of 1 and 1; c0 and c4: 1 and 0.75 instead of 1 and 0.5.
    for part in ["<strong>25.0%", "▼▼ −75", "<strong>87.5%", "▲▲ +12.5"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_case_shows_the_repeat_that_was_asked_for_and_links_to_its_neighbours() {
    let folder = Folder::new();
    let labels = |label| Got::Score(0.0, vec![label]);
    folder.record(
        "NEW",
        2,
        &[
            labels(Label::Supported),
            labels(Label::NotFound),
            score(1.0),
            score(1.0),
        ],
    );
    let viewer = folder.viewer(None);
    let (status, first) = get(&viewer, "case", "run=NEW&case=c0&attempt=0");
    let (_, second) = get(&viewer, "case", "run=NEW&case=c0&attempt=1");
    // A repeat that there is none of is the last.
    let (_, last) = get(&viewer, "case", "run=NEW&case=c0&attempt=7");
    assert_eq!(status, 200);
    assert_ne!(first, second);
    let without_address = |page: &str| page.replace("attempt=7", "attempt=1");
    assert_eq!(without_address(&last), second);
    assert!(first.contains("case=c1"), "{first}");
    assert!(!first.contains("case=c2"), "{first}");
}

#[test]
fn there_is_a_next_page_only_where_more_cases_are() {
    for (n, has_next) in [(50, false), (51, true)] {
        let folder = Folder::new();
        folder.record("NEW", 1, &vec![score(0.5); n]);
        let viewer = folder.viewer(None);
        let (_, first) = get(&viewer, "compare", "run=NEW");
        assert_eq!(first.contains("start=50"), has_next, "{n}");
        let (_, last) = get(&viewer, "compare", "run=NEW&start=50");
        assert!(
            !last.contains("start=100") && last.contains("start=0"),
            "{n}"
        );
    }
}
