//! What simulated runs are drawn from.

use std::collections::BTreeSet;

use groundgate_model::{exchange::FailureKind, trial::Unscored, unit::Digest};

use super::*;
use crate::{
    policy::OnOpen,
    rules::{RuleKind, SliceFloor},
    tests::{policy, table},
};

fn good_from(first: usize) -> ScoreTable {
    let mut table = table("run", 40, |_| Cell::Scored(1.0));
    table.columns.retain(|name, _| name == "groundedness");
    table.attempts = 2;
    let column = table.columns.get_mut("groundedness").unwrap();
    column.cells = (0..80)
        .map(|trial| Cell::Scored(f64::from(u8::from(trial >= first))))
        .collect();
    table
}

/// What each question's attempts are, as digits.
fn attempts(questions: &[Question]) -> Vec<String> {
    let digit = |cells: &Vec<Cell>| match cells[..] {
        [Cell::Scored(value)] => format!("{value}"),
        _ => "?".to_owned(),
    };
    let of = |one: &Question| one.attempts.iter().map(digit).collect();
    questions.iter().map(of).collect()
}

#[test]
fn runs_are_drawn_from_all_attempts_of_either_record() {
    let (record, mut more) = (good_from(3), good_from(5));
    let mut known = questions(&record);
    assert_eq!(attempts(&known)[..4], ["00", "01", "11", "11"]);
    more.cases[3].digest = Digest::of(b"another question");
    add_attempts(&mut known, &record, &more);
    assert_eq!(
        attempts(&known)[..5],
        ["0000", "0100", "1101", "11", "1111"]
    );
}

#[test]
fn a_cluster_that_is_drawn_twice_is_two() {
    let record = good_from(3);
    let evidence = RunScores {
        candidate: &record,
        baseline: None,
    };
    let source = RunSource::new(&policy(Vec::new()), evidence, 0.5);
    let suite = source.resampled(&mut Draws::new(5, 0));
    let clusters: BTreeSet<&str> = suite
        .cases
        .iter()
        .map(|case| case.cluster.as_str())
        .collect();
    let questions: BTreeSet<Digest> = suite.cases.iter().map(|case| case.digest).collect();
    assert_eq!((suite.cases.len(), clusters.len()), (40, 40));
    assert!(questions.len() < 35, "{}", questions.len());
}

#[test]
fn slices_are_made_of_the_tags_of_rules() {
    let slices = RuleKind::SliceFloor(SliceFloor {
        metric: "groundedness".to_owned(),
        by: vec!["product".to_owned(), "language".to_owned()],
        min: 0.9,
        min_cases: 10,
        on_thin: OnOpen::Block,
        required: Vec::new(),
    });
    assert_eq!(
        tags(&policy(vec![slices.clone(), slices])),
        ["language", "product"]
    );
    assert_eq!(tags(&policy(Vec::new())), [""; 0]);
}

#[test]
fn a_template_has_nothing_of_the_record_s_scores() {
    let record = good_from(3);
    let mut column = record.columns["groundedness"].clone();
    column.up_to.insert(0, 1.0);
    let template = measured(&column, 0, &questions(&record), 0.5).template;
    assert!(template.cells.is_empty() && template.up_to.is_empty());
}

#[test]
fn attempts_that_contradict_each_other_everywhere_do_not_agree() {
    let mut record = good_from(0);
    let column = record.columns.get_mut("groundedness").unwrap();
    for (trial, cell) in column.cells.iter_mut().enumerate() {
        *cell = Cell::Scored(f64::from(u8::from(trial % 2 == 0)));
    }
    let (found, reliability) = agreement(0, &questions(&record), 0.5);
    assert!(
        found.is_measured && found.correlation.abs() < 1e-12,
        "{found:?}"
    );
    assert!(reliability.abs() < 1e-12);
    // Questions without scores say nothing of how many attempts there are.
    let some = good_from(31);
    let mut more = table("run", 80, |_| Cell::NotApplicable);
    more.columns.retain(|name, _| name == "groundedness");
    more.attempts = 2;
    let column = more.columns.get_mut("groundedness").unwrap();
    column.cells = some.columns["groundedness"].cells.clone();
    column.cells.resize(160, Cell::NotApplicable);
    let reliability = |table: &ScoreTable| agreement(0, &questions(table), 0.5).1;
    assert!((reliability(&some) - reliability(&more)).abs() < 1e-12);
}

#[test]
fn a_question_s_mean_counts_failures_of_the_product_and_nothing_else_that_is_missing() {
    let question = |cells: Vec<Cell>| Question {
        info: good_from(0).cases[0].clone(),
        attempts: cells.into_iter().map(|cell| vec![cell]).collect(),
        group: 0,
    };
    let timeout = Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout));
    let not_run = Cell::Unscored(Unscored::NotRun);
    let mean = |cells: Vec<Cell>| question_mean(&question(cells), 0, Some(0.0));
    assert_eq!(mean(vec![Cell::Scored(1.0), timeout]), Some(0.5));
    assert_eq!(mean(vec![Cell::Scored(1.0), not_run.clone()]), Some(1.0));
    assert_eq!(mean(vec![not_run, Cell::NotApplicable]), None);
}

/// Half of the questions cannot be answered, and have no score: neither half lends to the other, or an
/// unchanged copilot would miss scores on one side or the other of most pairs.
#[test]
fn what_does_not_apply_to_a_question_is_not_lent_to_another() {
    let mut record = good_from(3);
    let column = record.columns.get_mut("groundedness").unwrap();
    for (trial, cell) in column.cells.iter_mut().enumerate() {
        if trial / 2 % 2 == 0 {
            *cell = Cell::NotApplicable;
        }
    }
    let evidence = RunScores {
        candidate: &record,
        baseline: None,
    };
    let source = RunSource::new(&policy(Vec::new()), evidence, 0.0);
    let suite = source.suite();
    for replication in 0..20 {
        let run = source.run(&suite, &mut Draws::new(7, replication));
        let cells = run.columns["groundedness"].cells.iter().enumerate();
        for (trial, cell) in cells {
            let applies = *cell != Cell::NotApplicable;
            assert_eq!(applies, trial / 2 % 2 == 1, "{replication} {trial}");
        }
    }
}
