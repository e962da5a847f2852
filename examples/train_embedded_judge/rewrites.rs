//! Changes of the context that cannot change what is true: what they change of the judgement.
//!
//! Every retrieved answer, by the model that has not seen its question.

use groundgate_judge::embedded::EmbeddedJudge;
use rayon::prelude::*;

use crate::{
    features,
    held_out::{Crossed, Said, Scores, sigmoid},
    measure::{Judged, auroc},
    read,
    train::Case,
};

type Rewrite = (&'static str, fn(&[String], &[&Case], usize) -> Vec<String>);

const REWRITES: [Rewrite; 7] = [
    ("as it is", |context, _, _| context.to_vec()),
    ("joined by blank lines", |context, _, _| {
        vec![context.join("\n\n")]
    }),
    ("joined by line breaks", |context, _, _| {
        vec![context.join("\n")]
    }),
    ("each passage cut in two", |context, _, _| {
        context.iter().flat_map(|text| halves(text)).collect()
    }),
    ("in reverse order", |context, _, _| {
        context.iter().rev().cloned().collect()
    }),
    ("one irrelevant sentence added", |context, _, _| {
        let line = "Opening hours differ by branch.".to_owned();
        context.iter().cloned().chain([line]).collect()
    }),
    (
        "a passage of another question added",
        |context, cases, at| {
            let other = cases[(at + 777) % cases.len()].row.context[1].clone();
            [other].into_iter().chain(context.iter().cloned()).collect()
        },
    ),
];

/// Cut at the end of a sentence that is nearest to the middle.
fn halves(text: &str) -> Vec<String> {
    let middle = text.len() / 2;
    let ends = text.match_indices(". ").map(|(at, _)| at + 1).filter(|at| {
        let after = text.get(at + 1..).and_then(|rest| rest.chars().next());
        let before = text.get(..at - 1).and_then(|rest| rest.chars().next_back());
        after.is_some_and(char::is_uppercase) && before.is_some_and(char::is_lowercase)
    });
    match ends.min_by_key(|at| at.abs_diff(middle)) {
        Some(at) => vec![text[..at].to_owned(), text[at..].trim_start().to_owned()],
        None => vec![text.to_owned()],
    }
}

/// Prints what each changes.
pub(crate) fn print(judge: &EmbeddedJudge, cases: &[Case], crossed: &Crossed, scores: &Scores) {
    println!(
        "\n### Changes that cannot change the truth\n\n| passages | support, mean | grounded by label | labels that flip | AUROC |\n|---|---|---|---|---|"
    );
    let own: Vec<&Case> = cases.iter().filter(|case| case.is_retrieved()).collect();
    let mut before: Option<Vec<bool>> = None;
    for (name, rewrite) in REWRITES {
        let said: Vec<Said> = (own.par_iter().enumerate())
            .map(|(at, case)| {
                let context = rewrite(&case.row.context, &own, at);
                let claims = features(read(judge, &case.row, &context));
                scores.says_of(crossed, case, &claims)
            })
            .collect();
        let grounded: Vec<bool> = said
            .iter()
            .map(|said| {
                scores
                    .labelled(said)
                    .iter()
                    .all(|own| *own < scores.threshold)
            })
            .collect();
        let n = own.len() as f64;
        let support: f64 = said.iter().map(|said| 1.0 - sigmoid(said.answer)).sum();
        let first = before.get_or_insert_with(|| grounded.clone());
        let flips = first
            .iter()
            .zip(&grounded)
            .filter(|(one, other)| one != other)
            .count();
        let judged: Vec<Judged<'_>> = (own.iter().zip(&said))
            .map(|(case, said)| Judged {
                score: said.answer,
                positive: case.row.ungrounded,
                group: &case.row.group,
            })
            .collect();
        println!(
            "| {name} | {:.3} | {:.2} % | {:.2} % | {:.4} |",
            support / n,
            100.0 * grounded.iter().filter(|own| **own).count() as f64 / n,
            100.0 * flips as f64 / n,
            auroc(&judged),
        );
    }
}
