//! How quick the judge is.

use std::{fs, time::Instant};

use groundgate_judge::embedded::EmbeddedJudge;

use crate::train::Case;

/// Prints how many sentences the shipped judge reads in a second, with passages of a thousand words:
/// those of several questions together. The best of some rounds.
#[expect(clippy::disallowed_methods, reason = "a stopwatch is the purpose")]
pub(crate) fn print(judge: &EmbeddedJudge, cases: &[Case]) {
    let asked: Vec<&Case> = cases.iter().filter(|case| case.is_retrieved()).collect();
    let n_words = |passages: &[&str]| -> usize {
        passages
            .iter()
            .map(|text| text.split_whitespace().count())
            .sum()
    };
    let questions: Vec<(&Case, Vec<&str>)> = (0..N_READ)
        .map(|at| {
            let mut passages: Vec<&str> = Vec::new();
            for case in asked.iter().cycle().skip(at).step_by(4) {
                if n_words(&passages) >= 1000 {
                    break;
                }
                passages.extend(case.row.context.iter().map(String::as_str));
            }
            (asked[at], passages)
        })
        .collect();
    let mut n_sentences = 0;
    let mut seconds = f64::INFINITY;
    let mut of_processor = f64::INFINITY;
    for _ in 0..N_ROUNDS {
        let started = (Instant::now(), processor_seconds());
        n_sentences = questions
            .iter()
            .map(|(case, passages)| judge.read(&case.row.question, &case.row.answer, passages))
            .map(|reading| reading.sentences.len())
            .sum();
        seconds = seconds.min(started.0.elapsed().as_secs_f64());
        if let (Some(from), Some(to)) = (started.1, processor_seconds()) {
            of_processor = of_processor.min(to - from);
        }
    }
    let words: usize = questions
        .iter()
        .map(|(_, passages)| n_words(passages))
        .sum();
    println!(
        "\nspeed on one core, best of {N_ROUNDS} rounds: {:.0} sentences a second by the clock, {:.0} a second of processor time, with {} words of passages for each answer",
        n_sentences as f64 / seconds,
        n_sentences as f64 / of_processor,
        words / N_READ,
    );
}

/// How long this thread has had a processor, where the system tells: others may use the machine too.
fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// Answers that a round reads, and rounds.
const N_READ: usize = 1000;
const N_ROUNDS: usize = 10;
