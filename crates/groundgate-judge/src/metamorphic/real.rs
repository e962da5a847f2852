//! The same on real answers, which are not part of the repository: `just metamorphic`.

use std::{fs, path::PathBuf};

use groundgate_model::{exchange::Passage, trial::Standing};
use regex::Regex;
use serde::Deserialize;

use super::{Judged, Sample, changes, claims, judged, moved, rewrites, scripted};
use crate::test_values::answer;

/// Names the file of answers, one JSON object a line.
const ANSWERS: &str = "GROUNDGATE_ANSWERS";

#[derive(Deserialize)]
struct Line {
    question: String,
    context: Vec<String>,
    answer: String,
}

/// Answers as their copilot gave them, with its own citations taken out.
fn samples() -> Option<Vec<Sample>> {
    let path = PathBuf::from(std::env::var_os(ANSWERS)?);
    let text = fs::read_to_string(path).expect("the answers");
    let citation = Regex::new(r"\s*\[[^\[\]]*\.(?:pdf|md)[^\[\]]*\]").expect("fixed");
    let lines = text.lines().map(|line| {
        let line: Line = serde_json::from_str(line).expect("a line");
        let passages = line
            .context
            .iter()
            .enumerate()
            .map(|(place, text)| Passage {
                id: Some(format!("p{place}")),
                text: text.clone(),
                source: None,
            });
        let mut answer = answer(&citation.replace_all(&line.answer, ""), None);
        answer.passages = Some(passages.collect());
        Sample {
            question: line.question,
            answer,
        }
    });
    Some(lines.collect())
}

fn report(name: &str, judge: &impl Judged, samples: &[Sample]) {
    println!("\n{name}, {} answers", samples.len());
    println!(
        "{:<24} {:>7} {:>8} {:>9} {:>11}",
        "rewrite", "points", "flipped", "disputed", "unverified"
    );
    let same = |sample: &Sample| sample.clone();
    let all = [("as it is", same as rewrites::Rewrite)];
    for (name, rewrite) in all.iter().chain(rewrites::ALL).copied() {
        let moved = moved(judge, samples, rewrite);
        let (points, flipped) = (moved.points(), moved.flipped());
        let (disputed, unverified) = (moved.disputed(), moved.unverified());
        println!("{name:<24} {points:>+7.2} {flipped:>7.2}% {disputed:>8.2}% {unverified:>10.2}%");
    }
    for (name, change) in changes::ALL.iter().copied() {
        let (n, caught) = changes::caught(judge, samples, change);
        println!("{name:<24} caught {caught} of {n}");
    }
}

#[test]
#[ignore = "needs answers that are not part of the repository"]
fn real_answers() {
    let Some(samples) = samples() else {
        println!("{ANSWERS} names no file");
        return;
    };
    let scripted = scripted::RightAboutWords;
    for sample in &samples {
        for claim in claims(&judged(&scripted, sample)) {
            if claim.standing() != Standing::Settled {
                println!("{} | {:?}", claim.text, claim.reasons);
            }
        }
    }
    report(
        "the ledger, with a judge that is right about words",
        &scripted,
        &samples,
    );
    if std::env::var_os("GROUNDGATE_EMBEDDED").is_some() {
        report(
            "the embedded judge",
            &scripted::EmbeddedAsJudge::bundled(),
            &samples,
        );
    }
}
