//! The tables that the recipe prints, in Markdown.

use groundgate_judge::embedded::EmbeddedJudge;
use groundgate_model::trial::Label;

use crate::{
    held_out::{Said, Scores, sigmoid},
    measure::{Judged, auroc, calibration_error, f1, interval, kappa, precision_recall, within},
    rows,
    train::Case,
};

/// Prints what models reach that have not seen the question.
pub(crate) fn print_within(cases: &[Case], scores: &Scores) {
    print_in_domain(cases, scores);
    print_claims(cases, scores);
}

/// The answers of a data set with their scores, by their place.
fn answers<'c>(
    cases: &'c [Case],
    dataset: &str,
    score: impl Fn(usize, &Case) -> f64,
) -> (Vec<Judged<'c>>, Vec<&'c Case>) {
    let own = cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.row.dataset == dataset);
    own.map(|(at, case)| {
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
    case.claims
        .first()
        .map_or(0.0, |claim| f64::from(claim.answer_words))
}

/// The worst of the probabilities that labels are made from.
fn worst(probabilities: &[f64]) -> f64 {
    probabilities.iter().copied().fold(0.0, f64::max)
}

fn print_in_domain(cases: &[Case], scores: &Scores) {
    println!(
        "\n### {}: 5-fold cross-validation by question\n",
        rows::RETRIEVED
    );
    println!(
        "| score | AUROC [95 %] | within generator | F1 at 0.5 | calibration error |\n|---|---|---|---|---|"
    );
    let said = |at: usize| &scores.said[at];
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
    line("as shipped", &|at, _| sigmoid(said(at).answer));
    line("the worst claim", &|at, _| {
        worst(&scores.labelled(said(at)))
    });
    line("length alone", &|_, case| length(case) / 1000.0);
    line("always yes", &|_, _| 1.0);
    let (judged, _) = answers(cases, rows::RETRIEVED, |at, _| {
        worst(&scores.labelled(said(at)))
    });
    let flagged = |positive: bool| {
        let own = judged.iter().filter(|one| one.positive == positive);
        let n = own.clone().count() as f64;
        own.filter(|one| one.score >= scores.threshold).count() as f64 / n
    };
    println!(
        "\nlabels (a claim is unsupported from {:.2} on): {:.3} of the ungrounded and {:.3} of the grounded answers have one, kappa {:.3}",
        scores.threshold,
        flagged(true),
        flagged(false),
        kappa(&judged, scores.threshold),
    );
}

fn print_claims(cases: &[Case], scores: &Scores) {
    println!("\n| claims | AUROC |\n|---|---|");
    let mut all = Vec::new();
    for (case, said) in cases
        .iter()
        .zip(&scores.said)
        .filter(|(case, _)| case.is_retrieved())
    {
        let marks = case.marks.iter().flatten().zip(&case.conflicts);
        for (score, (mark, conflict)) in scores.labelled(said).into_iter().zip(marks) {
            let judged = Judged {
                score,
                positive: *mark,
                group: &case.row.group,
            };
            all.push((judged, *conflict, case.is_set_aside()));
        }
    }
    let part = |keep: &dyn Fn(bool, bool) -> bool| -> Vec<Judged<'_>> {
        let kept = all
            .iter()
            .filter(|(one, conflict, aside)| keep(!one.positive || *conflict, *aside));
        kept.map(|(one, _, _)| one.clone()).collect()
    };
    let every: Vec<Judged<'_>> = all.iter().map(|(one, _, _)| one.clone()).collect();
    println!("| all | {:.3} |", auroc(&every));
    let baseless: Vec<Judged<'_>> = all
        .iter()
        .filter(|(_, conflict, _)| !conflict)
        .map(|(one, _, _)| one.clone())
        .collect();
    println!("| baseless against clean | {:.3} |", auroc(&baseless));
    let line = |name: &str, own: &[Judged<'_>]| {
        let (lower, upper) = interval(own);
        let n = own.iter().filter(|one| one.positive).count();
        println!(
            "| {n} conflicting against clean, {name} | {:.3} [{lower:.3}, {upper:.3}] |",
            auroc(own)
        );
    };
    line("all questions", &part(&|fits, _| fits));
    line("questions set aside", &part(&|fits, aside| fits && aside));
    let (precision, recall) = precision_recall(&every, scores.threshold);
    println!(
        "\nclaims flagged from {:.2} on: precision {precision:.3}, recall {recall:.3}",
        scores.threshold
    );
}

/// Prints what models reach that have not seen the family.
pub(crate) fn print_out_of_domain(cases: &[Case], scores: &Scores, said: &[Said]) {
    println!("\n### Every family left out of its own training\n");
    println!(
        "| data set | family | answers | ungrounded | AUROC [95 %] | within generator | length alone | calibration error | kappa of labels |\n|---|---|---|---|---|---|---|---|---|"
    );
    let mut sum = 0.0;
    let mut pooled = Vec::new();
    for (dataset, family) in rows::LABELLED.into_iter().chain([rows::MEASURED_ONLY]) {
        let (judged, owners) = answers(cases, dataset, |at, _| sigmoid(said[at].answer));
        let (lengths, _) = answers(cases, dataset, |_, case| length(case));
        let (labels, _) = answers(cases, dataset, |at, _| worst(&scores.labelled(&said[at])));
        let (lower, upper) = interval(&judged);
        let area = auroc(&judged);
        println!(
            "| {dataset} | {family} | {} | {:.3} | {area:.3} [{lower:.3}, {upper:.3}] | {:.3} | {:.3} | {:.3} | {:.3} |",
            judged.len(),
            judged.iter().filter(|one| one.positive).count() as f64 / judged.len() as f64,
            within(&judged, |at| format!(
                "{} {}",
                owners[at].row.subset, owners[at].row.model
            )),
            auroc(&lengths),
            calibration_error(&judged),
            kappa(&labels, scores.threshold),
        );
        if dataset != rows::MEASURED_ONLY.0 {
            sum += area;
            pooled.extend(judged);
        }
    }
    println!(
        "\nwithout {}: mean {:.3}, calibration error of all together {:.3}",
        rows::MEASURED_ONLY.0,
        sum / rows::LABELLED.len() as f64,
        calibration_error(&pooled),
    );
}

/// Prints which claims the shipped rules call contradicted. They were written with the mistakes on both
/// data sets in view.
pub(crate) fn print_conflicts(judge: &EmbeddedJudge, cases: &[Case]) {
    println!(
        "\n### Claims labelled contradicted\n\n| data set | claims | contradicted | of them in ungrounded answers | ungrounded answers of all |\n|---|---|---|---|---|"
    );
    for dataset in [rows::RETRIEVED, rows::MEASURED_ONLY.0] {
        let (mut n_claims, mut n_found, mut n_right) = (0, 0, 0);
        for case in cases.iter().filter(|case| case.row.dataset == dataset) {
            let passages: Vec<&str> = case.row.context.iter().map(String::as_str).collect();
            let findings = judge.check_claims(&case.row.question, &case.row.answer, &passages);
            let found = findings
                .iter()
                .filter(|own| own.label == Label::Contradicted)
                .count();
            n_claims += case.claims.len();
            n_found += found;
            n_right += if case.row.ungrounded { found } else { 0 };
        }
        let (answers, _) = answers(cases, dataset, |_, _| 0.0);
        let n_bad = answers.iter().filter(|one| one.positive).count();
        let share = n_bad as f64 / answers.len() as f64;
        println!("| {dataset} | {n_claims} | {n_found} | {n_right} | {share:.3} |");
    }
}
