//! Trains the embedded judge and prints what it reaches: the recipe behind
//! `crates/groundgate-judge/src/embedded/model.bin` and the tables of `docs/embedded-judge.md`.
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
mod held_out;
mod measure;
mod report;
mod rewrites;
mod rows;
mod speed;
mod train;

use std::{collections::BTreeMap, env, fs, path::Path};

use anyhow::{Context, Result, ensure};
use groundgate_judge::embedded::{
    EmbeddedJudge, Features,
    answer_score::{ANSWER_INPUTS, ODDS_INPUTS},
    rarity_slots,
};
use rayon::prelude::*;

use crate::{
    fit::Fitted,
    held_out::Crossed,
    rows::Row,
    train::{Case, OfAnswers, OfClaims},
};

fn main() -> Result<()> {
    let mut args = env::args_os().skip(1);
    let data = args.next().context("the folder of data sets is missing")?;
    let model_file = args.next().context("the model file to write is missing")?;
    let data = Path::new(&data);
    let rarities = rarities(&rows::documents(data)?);
    let untrained = EmbeddedJudge::from_bytes(&file(&rarities, &Parts::untrained()))?;
    let cases = read_cases(&untrained, data)?;
    let n_claims: usize = cases.iter().map(|case| case.claims.len()).sum();
    println!("answers {}, claims {n_claims}", cases.len());

    let crossed = Crossed::of(&cases);
    let answers = crossed.answers(&cases, |_| true);
    let scores = held_out::scores(&cases, &crossed);
    let parts = Parts {
        claims: train::of_claims(cases.iter().filter(|case| case.is_trained_on())),
        answers,
        scale: scores.scale.clone(),
        label: scores.label.clone(),
        threshold: scores.threshold,
    };
    let bytes = file(&rarities, &parts);
    fs::write(&model_file, &bytes)?;
    println!("model file: {} bytes", bytes.len());
    let shipped = EmbeddedJudge::from_bytes(&bytes)?;
    check_parity(&shipped, &parts.claims, &cases)?;
    report::print_within(&cases, &scores);
    rewrites::print(&untrained, &cases, &crossed, &scores);
    report::print_conflicts(&shipped, &cases);
    speed::print(&shipped, &cases);
    let out_of_family = held_out::out_of_family(&cases, &crossed, &scores);
    report::print_out_of_domain(&cases, &scores, &out_of_family);
    Ok(())
}

/// Stops unless the judge that reads the file computes what was trained.
fn check_parity(shipped: &EmbeddedJudge, claims: &OfClaims, cases: &[Case]) -> Result<()> {
    for case in cases.iter().step_by(100) {
        let reading = read(shipped, &case.row, &case.row.context);
        for (own, trained) in reading.iter().zip(claims.log_odds(&case.claims)) {
            ensure!(
                (own.log_odds - f64::from(trained)).abs() < 1e-3,
                "the file gives {} where training gave {trained}",
                own.log_odds,
            );
        }
    }
    Ok(())
}

/// A claim as the judge reads it.
pub(crate) struct ReadClaim {
    pub(crate) features: Features,
    pub(crate) log_odds: f64,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The claims of an answer, with some passages.
pub(crate) fn read(judge: &EmbeddedJudge, row: &Row, context: &[String]) -> Vec<ReadClaim> {
    let passages: Vec<&str> = context.iter().map(String::as_str).collect();
    let reading = judge.read(&row.question, &row.answer, &passages);
    (reading.sentences.into_iter())
        .filter_map(|own| {
            let seen = own.seen?;
            Some(ReadClaim {
                features: seen.features,
                log_odds: f64::from(seen.log_odds),
                start: own.finding.start,
                end: own.finding.end,
            })
        })
        .collect()
}

fn read_cases(judge: &EmbeddedJudge, data: &Path) -> Result<Vec<Case>> {
    let mut all = Vec::new();
    for (dataset, family) in rows::LABELLED.into_iter().chain([rows::MEASURED_ONLY]) {
        all.extend(rows::read(data, dataset, family)?);
    }
    let retrieved = all.iter().filter(|row| row.dataset == rows::RETRIEVED);
    let junk: Vec<String> = retrieved.map(|row| row.context[0].clone()).collect();
    Ok(all
        .into_par_iter()
        .enumerate()
        .map(|(at, row)| read_case(judge, row, at, &junk))
        .collect())
}

fn read_case(judge: &EmbeddedJudge, row: Row, at: usize, junk: &[String]) -> Case {
    let claims = read(judge, &row, &row.context);
    let marked = |own: &ReadClaim| {
        let (start, end) = (own.start, own.end);
        let inside = move |span: &std::ops::Range<usize>| span.start < end && start < span.end;
        let spans = row.spans.iter().filter(move |(span, _)| inside(span));
        spans.map(|(_, kind)| kind.as_str()).collect::<Vec<_>>()
    };
    let only_conflicts = |own: &ReadClaim| {
        let kinds = marked(own);
        !kinds.is_empty() && kinds.iter().all(|kind| kind.contains("Conflict"))
    };
    let conflicts = claims.iter().map(only_conflicts).collect();
    let marks = if row.dataset == rows::RETRIEVED {
        Some(claims.iter().map(|own| !marked(own).is_empty()).collect())
    } else if claims.len() == 1 || !row.ungrounded {
        Some(vec![row.ungrounded; claims.len()])
    } else {
        None
    };
    // An answer is seen with a passage of another question, too.
    let is_trained_on = row.dataset != rows::MEASURED_ONLY.0;
    let with_junk = is_trained_on.then(|| {
        let mut context = row.context.clone();
        context.push(junk[(at * 7919 + 13) % junk.len()].clone());
        features(read(judge, &row, &context))
    });
    Case {
        fold: fold(&row.group),
        row,
        claims: features(claims),
        with_junk,
        marks,
        conflicts,
    }
}

pub(crate) fn features(claims: Vec<ReadClaim>) -> Vec<Features> {
    claims.into_iter().map(|own| own.features).collect()
}

fn fold(group: &str) -> usize {
    let hashed = group.bytes().fold(17u64, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    (hashed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
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

/// All that is trained.
struct Parts {
    claims: OfClaims,
    answers: OfAnswers,
    scale: Fitted,
    label: Fitted,
    threshold: f64,
}

impl Parts {
    fn untrained() -> Self {
        let zero = |n: usize| Fitted {
            weights: vec![0.0; n],
            intercept: 0.0,
        };
        Self {
            claims: OfClaims {
                linear: zero(Features::NAMES.len()),
                alone: boost::Boosted::default(),
                alone_start: 0.0,
                among: boost::Boosted::default(),
                among_start: 0.0,
                share: 0.0,
            },
            answers: OfAnswers {
                any: zero(ODDS_INPUTS),
                several: zero(ANSWER_INPUTS),
                trees: boost::Boosted::default(),
                start: 0.0,
                share: 0.0,
            },
            scale: zero(2),
            label: zero(2),
            threshold: 0.5,
        }
    }
}

/// The model file, as `crates/groundgate-judge/src/embedded/model.rs` reads it.
fn file(rarities: &[u8], parts: &Parts) -> Vec<u8> {
    let Parts {
        claims, answers, ..
    } = parts;
    let mut out = b"GGEJ\x03".to_vec();
    let mut section = |name: &str, payload: &[u8]| {
        out.extend(name.as_bytes());
        out.extend((payload.len() as u32).to_le_bytes());
        out.extend(payload);
    };
    let floats = |numbers: &[f64]| -> Vec<u8> {
        let narrow = numbers.iter().map(|number| *number as f32);
        narrow.flat_map(f32::to_le_bytes).collect()
    };
    let linear =
        |fitted: &Fitted| floats(&[fitted.weights.as_slice(), &[fitted.intercept]].concat());
    section("IDF_", rarities);
    section("CLIN", &linear(&claims.linear));
    section("CTRE", &floats(&claims.alone.numbers(claims.alone_start)));
    section("MTRE", &floats(&claims.among.numbers(claims.among_start)));
    section("ALIN", &linear(&answers.any));
    section("SLIN", &linear(&answers.several));
    section("STRE", &floats(&answers.trees.numbers(answers.start)));
    section("SCAL", &linear(&parts.scale));
    section("LABE", &linear(&parts.label));
    section(
        "CUTS",
        &floats(&[claims.share, answers.share, parts.threshold]),
    );
    out
}
