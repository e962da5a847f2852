//! Trains the embedded judge and prints what it reaches: the recipe behind
//! `src/judge/embedded/model.bin` and the tables of `docs/embedded-judge.md`.
//!
//! `cargo run --release --example train_embedded_judge -- <folder of data sets> <model file>`
//!
//! Features come from the library itself. Deterministic: the same data give the same file.

#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a recipe on known data: a wrong index must stop it, and counts are small"
)]
#![expect(clippy::print_stdout, reason = "the tables are its output")]

mod boost;
mod fit;
mod measure;
mod report;
mod rows;
mod train;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use groundgate_judge::embedded::{
    EmbeddedJudge, Features,
    answer_score::{self, HEAD_INPUTS, Sentence, Shape},
    rarity_slots,
};
use rayon::prelude::*;

use crate::{
    fit::Fitted,
    report::Scores,
    rows::Row,
    train::{Case, General, Head, Retrieved},
};

const FOLDS: usize = 5;

fn main() -> Result<()> {
    let mut args = env::args_os().skip(1);
    let data = args.next().context("the folder of data sets is missing")?;
    let model_file = args.next().context("the model file to write is missing")?;
    let data = Path::new(&data);
    let rarities = rarities(&rows::documents(data)?);
    let untrained = EmbeddedJudge::from_bytes(&file(&rarities, &Parts::untrained(), [0.5; 2]))?;
    let cases = read_cases(&untrained, data)?;
    println!(
        "answers {}, sentences {}",
        cases.len(),
        cases.iter().map(|case| case.sentences.len()).sum::<usize>()
    );

    let scores = held_out(&cases);
    let thresholds = report::thresholds(&cases, &scores);
    report::print(&cases, &scores, thresholds);

    let all = || {
        cases
            .iter()
            .filter(|case| case.row.dataset != rows::MEASURED_ONLY.0)
    };
    let answers: Vec<&Case> = all()
        .filter(|case| case.row.dataset == rows::RETRIEVED)
        .collect();
    let parts = Parts {
        general: train::general(all()),
        retrieved: train::retrieved(answers.iter().copied()),
        head: train::head(&answers, FOLDS),
        scales: scores.scales,
    };
    let bytes = file(&rarities, &parts, thresholds);
    fs::write(&model_file, &bytes)?;
    println!("\nmodel file: {} bytes", bytes.len());
    let shipped = EmbeddedJudge::from_bytes(&bytes)?;
    check_parity(&shipped, &parts.general, &cases)?;
    report::print_conflicts(&shipped, &cases);
    report::print_speed(&shipped, &cases);
    Ok(())
}

/// Stops unless the judge that reads the file computes what was trained.
fn check_parity(shipped: &EmbeddedJudge, general: &General, cases: &[Case]) -> Result<()> {
    for case in cases.iter().step_by(100) {
        let passages: Vec<&str> = case.row.context.iter().map(String::as_str).collect();
        let reading = shipped.read(&case.row.question, &case.row.answer, &passages);
        for (own, trained) in reading.sentences.iter().zip(rescored(case, general)) {
            ensure!(
                (own.scored.log_odds - trained.log_odds).abs() < 1e-3,
                "the file gives {} where training gave {}",
                own.scored.log_odds,
                trained.log_odds,
            );
        }
    }
    Ok(())
}

/// Scores of every answer by models that have not seen its family, and, for those over several passages, by models
/// that have not seen its group.
fn held_out(cases: &[Case]) -> Scores {
    let families: BTreeSet<&str> = cases.iter().map(|case| case.row.family).collect();
    let mut out_of_family = vec![Vec::new(); cases.len()];
    for family in &families {
        let trained = cases
            .iter()
            .filter(|case| case.row.family != *family && case.row.dataset != rows::MEASURED_ONLY.0);
        let general = train::general(trained);
        for (case, own) in cases
            .iter()
            .zip(&mut out_of_family)
            .filter(|(case, _)| case.row.family == *family)
        {
            *own = rescored(case, &general);
        }
    }
    // Scales come from answers that the model has not seen; the second from those it is for.
    let scored = |shape: Shape| {
        let of_shape = move |case: &Case| match shape {
            Shape::Plain => case.shape() == shape && case.row.dataset != rows::MEASURED_ONLY.0,
            Shape::Retrieved => case.shape() == shape && case.row.dataset == rows::RETRIEVED,
        };
        let both = cases.iter().zip(&out_of_family);
        both.filter(move |(case, _)| of_shape(case))
            .map(move |(case, own)| (case, f64::from(answer_score::general(own, shape))))
    };
    let scales = [
        train::scale(scored(Shape::Plain)),
        train::scale(scored(Shape::Retrieved)),
    ];
    let mut in_domain = BTreeMap::new();
    for fold in 0..FOLDS {
        let is_out = |case: &Case| case.row.dataset == rows::RETRIEVED && case.fold % FOLDS == fold;
        let trained = cases
            .iter()
            .filter(|case| !is_out(case) && case.row.dataset != rows::MEASURED_ONLY.0);
        let general = train::general(trained);
        let answers: Vec<&Case> = cases
            .iter()
            .filter(|case| case.row.dataset == rows::RETRIEVED && !is_out(case))
            .collect();
        let trees = train::retrieved(answers.iter().copied());
        let head = train::head(&answers, 3);
        for (at, case) in cases.iter().enumerate().filter(|(_, case)| is_out(case)) {
            let rescored = rescored(case, &general);
            let log_odds = trees.log_odds(case);
            let head = head.log_odds(&train::head_inputs(case, &trees));
            in_domain.insert(
                at,
                report::InDomain {
                    general: rescored,
                    retrieved: log_odds,
                    head,
                },
            );
        }
    }
    Scores {
        out_of_family,
        in_domain,
        scales,
    }
}

fn rescored(case: &Case, general: &General) -> Vec<Sentence> {
    let log_odds = |sentence: &Sentence| general.log_odds(&sentence.features.inputs()) as f32;
    case.sentences
        .iter()
        .map(|own| Sentence {
            log_odds: log_odds(own),
            ..own.clone()
        })
        .collect()
}

fn read_cases(judge: &EmbeddedJudge, data: &Path) -> Result<Vec<Case>> {
    let mut all = Vec::new();
    for (dataset, family) in rows::LABELLED.into_iter().chain([rows::MEASURED_ONLY]) {
        all.extend(rows::read(data, dataset, family)?);
    }
    Ok(all
        .into_par_iter()
        .map(|row| read_case(judge, row))
        .collect())
}

fn read_case(judge: &EmbeddedJudge, row: Row) -> Case {
    let passages: Vec<&str> = row.context.iter().map(String::as_str).collect();
    let reading = judge.read(&row.question, &row.answer, &passages);
    let marked = |start: usize, end: usize| {
        row.spans
            .iter()
            .filter(move |(span, _)| span.start < end && start < span.end)
    };
    let findings = || reading.sentences.iter().map(|sentence| &sentence.finding);
    let conflicts = findings()
        .map(|finding| {
            let mut kinds = marked(finding.start, finding.end)
                .map(|(_, kind)| kind)
                .peekable();
            kinds.peek().is_some() && kinds.all(|kind| kind.contains("Conflict"))
        })
        .collect();
    let marks = if row.dataset == rows::RETRIEVED {
        Some(
            findings()
                .map(|finding| marked(finding.start, finding.end).next().is_some())
                .collect(),
        )
    } else if reading.sentences.len() == 1 || !row.ungrounded {
        Some(vec![row.ungrounded; reading.sentences.len()])
    } else {
        None
    };
    let hashed = row.group.bytes().fold(17u64, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let fold = (hashed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
    let sentences = reading
        .sentences
        .into_iter()
        .map(|sentence| sentence.scored)
        .collect();
    Case {
        row,
        sentences,
        marks,
        conflicts,
        fold,
    }
}

/// Counts in how many documents each stem occurs. A slot of the table keeps its most common stem.
fn rarities(documents: &[String]) -> Vec<u8> {
    let mut n: BTreeMap<u64, (usize, u32)> = BTreeMap::new();
    for document in documents {
        for (slot, key) in rarity_slots(document) {
            n.entry(key).or_insert((slot, 0)).1 += 1;
        }
    }
    let total = documents.len() as f64;
    println!("documents {}, stems {}", documents.len(), n.len());
    let mut table = vec![0u8; 1 << 14];
    for (slot, count) in n.values().filter(|(_, count)| *count >= 2) {
        let idf = ((total + 1.0) / (f64::from(*count) + 0.5)).ln();
        let byte = (idf * 20.0).round().clamp(1.0, 255.0) as u8;
        let own = &mut table[*slot];
        *own = if *own == 0 { byte } else { byte.min(*own) };
    }
    table
}

/// All that is trained, but the thresholds.
struct Parts {
    general: General,
    retrieved: Retrieved,
    head: Head,
    scales: [Fitted; 2],
}

impl Parts {
    fn untrained() -> Self {
        let zero = |n: usize| Fitted {
            weights: vec![0.0; n],
            intercept: 0.0,
        };
        Self {
            general: General {
                linear: zero(Features::NAMES.len()),
                trees: boost::Boosted::default(),
                start: 0.0,
            },
            retrieved: Retrieved {
                trees: boost::Boosted::default(),
                start: 0.0,
            },
            head: Head {
                linear: zero(HEAD_INPUTS),
                trees: boost::Boosted::default(),
                start: 0.0,
            },
            scales: [zero(1), zero(1)],
        }
    }
}

/// The model file, as `src/judge/embedded/model.rs` reads it.
fn file(rarities: &[u8], parts: &Parts, thresholds: [f64; 2]) -> Vec<u8> {
    let mut out = b"GGEJ\x01".to_vec();
    let mut section = |name: &str, payload: &[u8]| {
        out.extend(name.as_bytes());
        out.extend((payload.len() as u32).to_le_bytes());
        out.extend(payload);
    };
    let floats = |numbers: &[f64]| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|number| (*number as f32).to_le_bytes())
            .collect()
    };
    let linear =
        |fitted: &Fitted| floats(&[fitted.weights.as_slice(), &[fitted.intercept]].concat());
    section("IDF_", rarities);
    section("GLIN", &linear(&parts.general.linear));
    section(
        "GTRE",
        &floats(&parts.general.trees.numbers(parts.general.start)),
    );
    section(
        "RTRE",
        &floats(&parts.retrieved.trees.numbers(parts.retrieved.start)),
    );
    section("RHEA", &linear(&parts.head.linear));
    section("RHTR", &floats(&parts.head.trees.numbers(parts.head.start)));
    section("PSCA", &linear(&parts.scales[0]));
    section("RSCA", &linear(&parts.scales[1]));
    section("CUTS", &floats(&thresholds));
    out
}
