//! The tables that the recipe prints, in Markdown.

use std::{collections::BTreeMap, fs, time::Instant};

use groundgate_judge::embedded::{
    EmbeddedJudge,
    answer_score::{self, Sentence, Shape},
};
use groundgate_model::trial::Label;

use crate::{
    fit::Fitted,
    measure::{
        Judged, auroc, balanced, calibration_error, correlation, f1, interval, precision_recall,
        within,
    },
    rows,
    train::Case,
};

/// Scores by models that did not see what they score.
pub(crate) struct Scores {
    /// Of each case, its sentences as scored by a model without its family.
    pub(crate) out_of_family: Vec<Vec<Sentence>>,
    /// Of the answers over several passages, by their place, what models without their group say.
    pub(crate) in_domain: BTreeMap<usize, InDomain>,
    /// From scores to log odds: plain, over several passages.
    pub(crate) scales: [Fitted; 2],
}

/// What models trained on other groups say of such an answer.
pub(crate) struct InDomain {
    pub(crate) general: Vec<Sentence>,
    pub(crate) retrieved: Vec<f32>,
    pub(crate) head: f64,
}

impl Scores {
    /// The probability by the model for any text alone.
    fn general(&self, case: &Case, sentences: &[Sentence]) -> f64 {
        let shape = case.shape();
        let scale = &self.scales[usize::from(shape == Shape::Retrieved)];
        sigmoid(scale.log_odds(&[f64::from(answer_score::general(sentences, shape))]))
    }

    /// The probability of an answer as it ships: with the head, if it is over several passages.
    fn shipped(&self, case: &Case, own: &InDomain) -> f64 {
        match case.shape() {
            Shape::Plain => self.general(case, &own.general),
            Shape::Retrieved => {
                let general = answer_score::general(&own.general, Shape::Retrieved);
                let general = self.scales[1].log_odds(&[f64::from(general)]);
                sigmoid(f64::from(answer_score::blend(
                    own.head as f32,
                    general as f32,
                )))
            }
        }
    }

    /// The sentences' probabilities as they ship.
    fn sentences(case: &Case, own: &InDomain) -> Vec<f64> {
        own.general
            .iter()
            .zip(&own.retrieved)
            .map(|(general, own)| {
                sigmoid(f64::from(match case.shape() {
                    Shape::Plain => general.log_odds,
                    Shape::Retrieved => answer_score::blend_sentence(*own, general.log_odds),
                }))
            })
            .collect()
    }
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// For plain answers and for those over several passages: the probability from which on a sentence is
/// labelled unsupported. Where the mean over data sets of Matthews' correlation is largest, with every
/// data set out of its family and those over several passages out of their group.
pub(crate) fn thresholds(cases: &[Case], scores: &Scores) -> [f64; 2] {
    let mut judged: [BTreeMap<&str, Vec<Judged<'_>>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for (at, case) in cases.iter().enumerate() {
        let Some(marks) = case
            .marks
            .as_ref()
            .filter(|_| case.row.dataset != rows::MEASURED_ONLY.0)
        else {
            continue;
        };
        let (shape, probabilities) = if let Some(own) = scores.in_domain.get(&at) {
            (1, Scores::sentences(case, own))
        } else {
            let odds = scores.out_of_family[at]
                .iter()
                .map(|own| f64::from(own.log_odds));
            (0, odds.map(sigmoid).collect())
        };
        let own = judged[shape].entry(case.row.dataset).or_default();
        own.extend(
            probabilities
                .into_iter()
                .zip(marks)
                .map(|(score, positive)| Judged {
                    score,
                    positive: *positive,
                    group: &case.row.group,
                }),
        );
    }
    judged.map(|sets| {
        let sets: Vec<Vec<Judged<'_>>> = sets.into_values().collect();
        let mean = |quality: &dyn Fn(&[Judged<'_>]) -> f64| {
            let known: Vec<f64> = sets
                .iter()
                .filter(|own| own.iter().any(|one| one.positive))
                .map(|own| quality(own))
                .collect();
            known.iter().sum::<f64>() / known.len() as f64
        };
        let cuts = (5..90).map(|percent| f64::from(percent) / 100.0);
        let rated = cuts.map(|cut| (mean(&|own| correlation(own, cut)), cut));
        let (best, cut) =
            rated.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, 0.5));
        let accuracy = mean(&|own| balanced(own, cut));
        println!("threshold {cut:.2}: correlation {best:.3}, balanced accuracy {accuracy:.3} of sentences");
        cut
    })
}

/// Prints what held-out models reach.
pub(crate) fn print(cases: &[Case], scores: &Scores, thresholds: [f64; 2]) {
    print_in_domain(cases, scores, thresholds[1]);
    print_out_of_domain(cases, scores);
}

fn answers<'c>(
    cases: &'c [Case],
    dataset: &str,
    score: impl Fn(usize, &Case) -> f64,
) -> (Vec<Judged<'c>>, Vec<&'c Case>) {
    cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.row.dataset == dataset)
        .map(|(at, case)| {
            let judged = Judged {
                score: score(at, case),
                positive: case.row.ungrounded,
                group: &case.row.group,
            };
            (judged, case)
        })
        .unzip()
}

fn length(case: &Case) -> f64 {
    case.sentences
        .first()
        .map_or(0.0, |sentence| f64::from(sentence.features.answer_words))
}

fn print_in_domain(cases: &[Case], scores: &Scores, threshold: f64) {
    println!(
        "\n### {}: 5-fold cross-validation by question\n",
        rows::RETRIEVED
    );
    println!(
        "| score | AUROC [95 %] | within generator | F1 at 0.5 | calibration error |\n|---|---|---|---|---|"
    );
    let own = |at: usize| &scores.in_domain[&at];
    let line = |name: &str, score: &dyn Fn(usize, &Case) -> f64| {
        let (judged, owners) = answers(cases, rows::RETRIEVED, score);
        let (lower, upper) = interval(&judged);
        println!(
            "| {name} | {:.3} [{lower:.3}, {upper:.3}] | {:.3} | {:.3} | {:.3} |",
            auroc(&judged),
            within(&judged, |at| owners[at].row.model.clone()),
            f1(&judged, 0.5),
            calibration_error(&judged),
        );
    };
    line("as shipped", &|at, case| scores.shipped(case, own(at)));
    line("head alone", &|at, _| sigmoid(own(at).head));
    line("model for any text alone", &|at, case| {
        scores.general(case, &own(at).general)
    });
    line("length alone", &|_, case| length(case) / 1000.0);
    line("always yes", &|_, _| 1.0);

    println!("\n| sentences | AUROC |\n|---|---|");
    let mut all = Vec::new();
    for (at, case) in cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.row.dataset == rows::RETRIEVED)
    {
        let marks = case.marks.iter().flatten().zip(&case.conflicts);
        all.extend(Scores::sentences(case, own(at)).into_iter().zip(marks).map(
            |(score, (mark, conflict))| {
                (
                    Judged {
                        score,
                        positive: *mark,
                        group: &case.row.group,
                    },
                    *conflict,
                )
            },
        ));
    }
    let part = |keep: &dyn Fn(bool) -> bool| -> Vec<Judged<'_>> {
        let kept = all
            .iter()
            .filter(|(one, conflict)| !one.positive || keep(*conflict));
        kept.map(|(one, _)| one.clone()).collect()
    };
    println!("| all | {:.3} |", auroc(&part(&|_| true)));
    println!(
        "| baseless against clean | {:.3} |",
        auroc(&part(&|conflict| !conflict))
    );
    println!(
        "| conflicting against clean | {:.3} |",
        auroc(&part(&|conflict| conflict))
    );
    let (precision, recall) = precision_recall(&part(&|_| true), threshold);
    println!(
        "
sentences flagged from {threshold:.2} on: precision {precision:.3}, recall {recall:.3}"
    );
}

fn print_out_of_domain(cases: &[Case], scores: &Scores) {
    println!("\n### Every family left out of its own training\n");
    println!(
        "| data set | task | answers | ungrounded | AUROC [95 %] | within generator | length alone |\n|---|---|---|---|---|---|---|"
    );
    let mut sum = 0.0;
    for (dataset, family) in rows::LABELLED.into_iter().chain([rows::MEASURED_ONLY]) {
        let (judged, owners) = answers(cases, dataset, |at, case| {
            scores.general(case, &scores.out_of_family[at])
        });
        let (lengths, _) = answers(cases, dataset, |_, case| length(case));
        let (lower, upper) = interval(&judged);
        let area = auroc(&judged);
        if dataset != rows::MEASURED_ONLY.0 {
            sum += area;
        }
        println!(
            "| {dataset} | {family} | {} | {:.3} | {area:.3} [{lower:.3}, {upper:.3}] | {:.3} | {:.3} |",
            judged.len(),
            judged.iter().filter(|one| one.positive).count() as f64 / judged.len() as f64,
            within(&judged, |at| format!(
                "{} {}",
                owners[at].row.subset, owners[at].row.model
            )),
            auroc(&lengths),
        );
    }
    println!(
        "\nmean without {}: {:.3}",
        rows::MEASURED_ONLY.0,
        sum / rows::LABELLED.len() as f64
    );
}

/// Prints which sentences the shipped rules call contradicted. They were written with the mistakes on
/// both data sets in view.
pub(crate) fn print_conflicts(judge: &EmbeddedJudge, cases: &[Case]) {
    println!(
        "\n### Sentences labelled contradicted\n\n| data set | sentences | contradicted | of them in ungrounded answers | ungrounded answers of all | overlapping a human mark |\n|---|---|---|---|---|---|"
    );
    for dataset in [rows::RETRIEVED, rows::MEASURED_ONLY.0] {
        let mut n_sentences = 0;
        let mut n_found = 0;
        let mut n_right = 0;
        let mut n_marked = 0;
        for case in cases.iter().filter(|case| case.row.dataset == dataset) {
            let passages: Vec<&str> = case.row.context.iter().map(String::as_str).collect();
            let findings = judge.check_claims(&case.row.question, &case.row.answer, &passages);
            let found = findings
                .iter()
                .filter(|finding| finding.label == Label::Contradicted)
                .count();
            n_sentences += findings.len();
            n_found += found;
            n_right += if case.row.ungrounded { found } else { 0 };
            n_marked += findings
                .iter()
                .zip(case.marks.iter().flatten())
                .filter(|(finding, mark)| finding.label == Label::Contradicted && **mark)
                .count();
        }
        let (answers, _) = answers(cases, dataset, |_, _| 0.0);
        let n_bad = answers.iter().filter(|one| one.positive).count();
        let share = n_bad as f64 / answers.len() as f64;
        let marked = if dataset == rows::RETRIEVED {
            n_marked.to_string()
        } else {
            "no marks".to_owned()
        };
        println!("| {dataset} | {n_sentences} | {n_found} | {n_right} | {share:.3} | {marked} |");
    }
}

/// Prints how many sentences the shipped judge reads in a second, with passages of a thousand words:
/// those of several questions together. The best of some rounds.
#[expect(clippy::disallowed_methods, reason = "a stopwatch is the purpose")]
pub(crate) fn print_speed(judge: &EmbeddedJudge, cases: &[Case]) {
    let asked: Vec<&Case> = cases
        .iter()
        .filter(|case| case.row.dataset == rows::RETRIEVED)
        .collect();
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
