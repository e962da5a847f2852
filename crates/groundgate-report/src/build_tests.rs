//! Which trials a report opens, and what its means are over.

use std::cell::RefCell;

use groundgate_gate::{RunScores, decide, read_policy};
use groundgate_model::{
    eval_set::{Case, load},
    trial::{CaseInfo, Cell, ScoreTable, Unscored},
};

use super::{
    AnswerReport, Embed, Ingredients, Report, Side, SignOff, build, csv::tests::table, fixture,
    means::case_mean,
};

const POLICY: &str = "schema = \"groundgate.policy/1\"\nname = \"test\"\n[[rule]]\nid = \"floor\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.95\n";

/// A table of these cases and so many attempts, all with these scores of groundedness alone.
fn scored(ids: &[&str], attempts: u32, cells: Vec<Cell>) -> ScoreTable {
    let mut table = table("0");
    let case = table.cases[0].clone();
    table.attempts = attempts;
    table.columns.remove("faithfulness");
    table.cases = (ids.iter())
        .map(|id| CaseInfo {
            id: (*id).to_owned(),
            ..case.clone()
        })
        .collect();
    table.columns.get_mut("groundedness").unwrap().cells = cells;
    table
}

fn scores(values: &[f64]) -> Vec<Cell> {
    values.iter().copied().map(Cell::Scored).collect()
}

fn opened(text: String) -> AnswerReport {
    AnswerReport {
        text: Ok(text),
        claims: Vec::new(),
        passages: Vec::new(),
        explanations: Vec::new(),
    }
}

/// A report, and the trials of candidate and baseline that it opened.
fn built(
    candidate: &ScoreTable,
    baseline: &ScoreTable,
    embed: Embed,
) -> (Report, Vec<usize>, Vec<usize>) {
    let known = candidate.columns.values();
    let known = known
        .map(|column| (column.metric.name.clone(), column.metric.clone()))
        .collect();
    let policy = read_policy("gate.toml", POLICY, None, &known).unwrap();
    let evidence = RunScores {
        candidate,
        baseline: Some(baseline),
    };
    let (ours, theirs) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let open_ours = |trial: usize| {
        ours.borrow_mut().push(trial);
        opened(format!("ours {trial}"))
    };
    let open_theirs = |trial: usize| {
        theirs.borrow_mut().push(trial);
        opened(format!("theirs {trial}"))
    };
    let open_case = |place: usize| -> Option<Case> {
        let id = &candidate.cases.get(place)?.id;
        let line = format!("{{\"id\": \"{id}\", \"question\": \"?\"}}");
        let set = load("set.jsonl", line.as_bytes()).ok()?;
        set.cases.into_iter().next()
    };
    let fixture = fixture::report();
    let report = build(Ingredients {
        policy: &policy,
        environment: String::new(),
        evaluated_at: String::new(),
        exit_code: 0,
        decision: decide(&policy, evidence),
        sign_off: SignOff::default(),
        judge_measures: Vec::new(),
        candidate: Side {
            summary: fixture.candidate,
            table: candidate,
            open: &open_ours,
        },
        baseline: fixture.baseline.map(|summary| Side {
            summary,
            table: baseline,
            open: &open_theirs,
        }),
        open_case: &open_case,
        settings: Vec::new(),
        provenance: Vec::new(),
        next: String::new(),
        embed,
    });
    (report, ours.into_inner(), theirs.into_inner())
}

#[test]
fn the_worst_attempt_is_opened_beside_the_same_case_of_the_baseline() {
    let candidate = scored(
        &["a", "b", "c"],
        2,
        scores(&[1.0, 1.0, 1.0, 0.25, 0.0, 0.5]),
    );
    // In another order, and asked more often.
    let baseline = scored(&["x", "c", "b", "a"], 3, scores(&[1.0; 12]));
    let (report, ours, theirs) = built(&candidate, &baseline, Embed::Regressions);
    let ids: Vec<&str> = report.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["c", "b"], "the largest loss first");
    assert_eq!(ours, [4, 3], "their worst attempts");
    assert_eq!(theirs, [3, 6], "the same cases' first attempts");
    let of_b = &report.cases[1].scores[0];
    assert_eq!(
        (of_b.candidate.as_str(), of_b.baseline.as_str()),
        ("62.5%", "100.0%")
    );
    let (_, ours, theirs) = built(&candidate, &baseline, Embed::All);
    assert_eq!((ours.len(), theirs.len()), (3, 3));
    let (report, ours, theirs) = built(&candidate, &baseline, Embed::None);
    assert_eq!((ours.len(), theirs.len()), (0, 0));
    let counted: usize = report.bucket_counts.iter().map(|(_, n)| n).sum();
    assert_eq!(counted, 3, "numbers stay");
}

#[test]
fn what_has_no_score_is_no_zero_in_a_mean() {
    let missing = || Cell::Unscored(Unscored::NotRun);
    let cells = vec![
        Cell::Scored(1.0),
        missing(),
        missing(),
        Cell::NotApplicable,
        Cell::Scored(0.5),
        Cell::Scored(1.0),
    ];
    let candidate = scored(&["a", "b", "c"], 2, cells);
    let column = &candidate.columns["groundedness"];
    let means = [0, 1, 2].map(|case| case_mean(&candidate, column, case));
    assert_eq!(means, [Some(1.0), None, Some(0.75)]);
    let baseline = scored(&["a", "b", "c"], 1, scores(&[1.0; 3]));
    let (report, ..) = built(&candidate, &baseline, Embed::Regressions);
    let ids: Vec<&str> = report.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["c"], "a missing score is no loss");
    // Of two cases that have one.
    assert_eq!(report.slices[0].means[0].candidate, Some(0.875));
    assert_eq!(report.slices[0].n_cases, 3);
}
