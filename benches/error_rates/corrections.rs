//! What stands around the core, cell by cell: labels of people, calibrated judges, scaled margins, amounts
//! with a cap, audits of a cascade. The truth is at the threshold; power is the share of PASS where the
//! truth is halfway from the threshold to the best value.

use std::fmt::Write as _;

use groundgate_stats::{
    Alphas, Assessment, Audit, Bound, LabelledSample, Observation, Plan, Scale, StatsError, Unit,
    audited_mean, capped_mean, capped_ratio,
    correction::{JudgeQuality, JudgeRates, Recognized},
    interval::Passes,
    paired_difference, prediction_powered_mean, rogan_gladen_mean,
};

use crate::{
    Effort,
    cells::{count, rates},
    source::Source,
};

const PLAN: Plan = Plan {
    bound: Bound::Exact,
    unit: Unit::Question,
    repeats: 1,
    alphas: Alphas::DEFAULT,
};

/// What the judge gets right of good and of bad answers.
type Judge = (&'static str, f64, f64);

const JUDGES: [Judge; 7] = [
    ("perfect", 1.0, 1.0),
    (".95 / .85", 0.95, 0.85),
    (".97 / .60", 0.97, 0.6),
    (".80 / .90", 0.8, 0.9),
    ("a coin", 0.5, 0.5),
    (".98 / .20", 0.98, 0.2),
    ("passes everything", 1.0, 0.0),
];

/// Labelled answers, and others.
const LABELLED: [(usize, usize); 6] = [
    (12, 300),
    (30, 300),
    (50, 300),
    (100, 300),
    (90, 10),
    (100, 0),
];

/// What the two tests show of a threshold, as p-values that are 0 or 1.
fn shown(assessed: Result<Assessment, StatsError>, threshold: f64) -> (f64, f64) {
    let estimate = assessed.unwrap().estimate();
    let p = |is_shown: bool| if is_shown { 0.0 } else { 1.0 };
    (
        p(estimate.lower.is_some_and(|lower| lower > threshold)),
        p(estimate.upper.is_some_and(|upper| upper < threshold)),
    )
}

/// False PASS, false FAIL, power.
fn cell(
    effort: Effort,
    number: u64,
    truth: f64,
    better: f64,
    draw: impl Fn(&mut Source, f64) -> (f64, f64) + Sync,
) -> String {
    let (mut pass, mut fail) = rates(number, effort.replications, |source| draw(source, truth));
    if pass.max(fail) > Effort::SUSPICIOUS {
        (pass, fail) = rates(number + 500_000, effort.again, |source| draw(source, truth));
    }
    let tried = (effort.replications / 4).max(50);
    let (power, _) = rates(number + 900_000, tried, |source| draw(source, better));
    format!(
        "{:.1} / {:.1} ({:.0})",
        100.0 * pass,
        100.0 * fail,
        100.0 * power
    )
}

fn value(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// What people and the judge say of one answer.
fn answer(source: &mut Source, truth: f64, (_, good, bad): Judge) -> (f64, f64) {
    let is_good = source.happens(truth);
    let passed = if is_good {
        source.happens(good)
    } else {
        !source.happens(bad)
    };
    (value(is_good), value(passed))
}

/// `tie`: the share of labelled bad answers on which two raters are split.
fn labelled(
    source: &mut Source,
    at: (f64, f64),
    judge: Judge,
    n: (usize, usize),
    tie: f64,
) -> (f64, f64) {
    let (truth, threshold) = at;
    let (labelled, others) = n;
    let lambda = 0.5 / (1.0 + count(labelled) / count(others.max(1)));
    let mut sample = LabelledSample {
        lambda,
        human: Vec::new(),
        rectifiers: Vec::new(),
        judge_unlabelled: Vec::new(),
        answered: Passes::new(labelled + others, labelled + others).unwrap(),
        failed: 0.0,
    };
    for _ in 0..labelled {
        let (human, passed) = answer(source, truth, judge);
        let is_split = human < 0.5 && source.happens(tie);
        let said = |add: f64| {
            if is_split {
                Observation::missing(0.0 - add, 1.0 - add)
            } else {
                Observation::scored(human - add)
            }
        };
        sample.human.push(said(0.0));
        sample.rectifiers.push(said(lambda * passed));
    }
    for _ in 0..others {
        let (_, passed) = answer(source, truth, judge);
        sample.judge_unlabelled.push(Observation::scored(passed));
    }
    shown(
        prediction_powered_mean(&sample, Scale::UNIT, PLAN),
        threshold,
    )
}

fn recognized(source: &mut Source, share: f64, n: usize) -> Recognized {
    let right = (0..n).filter(|_| source.happens(share)).count();
    Recognized::new(right, n).unwrap()
}

/// A calibrated judge's share of good answers.
fn calibrated(source: &mut Source, at: (f64, f64), judge: Judge, n: (usize, usize)) -> (f64, f64) {
    let (truth, threshold) = at;
    let (labels, answers) = n;
    let rates = JudgeRates {
        good: recognized(source, judge.1, labels / 2),
        bad: recognized(source, judge.2, labels / 2),
    };
    let judged: Vec<Observation> = (0..answers)
        .map(|_| Observation::scored(answer(source, truth, judge).1))
        .collect();
    match rogan_gladen_mean(&judged, rates, PLAN) {
        Err(StatsError::Undefined { .. }) => (1.0, 1.0),
        assessed => shown(assessed, threshold),
    }
}

/// A drop of people's margin, as a calibrated judge sees it: independent answers on both sides.
fn scaled(source: &mut Source, drop: f64, judge: Judge, n: (usize, usize)) -> (f64, f64) {
    const MARGIN: f64 = 0.1;
    let (labels, answers) = n;
    let good = recognized(source, judge.1, labels / 2);
    let bad = recognized(source, judge.2, labels / 2);
    let quality = JudgeQuality::new(good, bad, 0.05).unwrap();
    let Some(least) = quality.scaled_margin(MARGIN) else {
        return (1.0, 1.0);
    };
    let most = MARGIN * quality.upper.min(1.0);
    let differences: Vec<Observation> = (0..answers)
        .map(|_| {
            let baseline = answer(source, 0.9, judge).1;
            Observation::scored(answer(source, 0.9 - drop, judge).1 - baseline)
        })
        .collect();
    let plan = Plan {
        unit: Unit::Run,
        ..PLAN
    };
    let assessed = paired_difference(&differences, Scale::UNIT, plan).unwrap();
    (assessed.p_values(-least).0, assessed.p_values(-most).1)
}

/// Costs of a call, 1 on average and never above the cap.
#[derive(Debug, Clone, Copy)]
enum Costs {
    Lognormal(f64),
    Pareto(f64),
    Spikes,
}

const COSTS: [(Costs, &str, f64); 5] = [
    (Costs::Lognormal(1.0), "lognormal, σ = 1", 20.0),
    (Costs::Lognormal(1.5), "lognormal, σ = 1.5", 50.0),
    (Costs::Pareto(2.5), "Pareto 2.5", 20.0),
    (Costs::Pareto(1.8), "Pareto 1.8", 50.0),
    (Costs::Spikes, "2 % of calls at 50 ×", 30.0),
];

impl Costs {
    fn draw(self, source: &mut Source, cap: f64) -> f64 {
        let uniform = source.uniform().clamp(1e-9, 1.0 - 1e-9);
        let cost = match self {
            Self::Lognormal(sigma) => {
                let z = groundgate_stats::special::normal_upper_quantile(uniform);
                (sigma * z - sigma * sigma / 2.0).exp()
            }
            Self::Pareto(a) => (a - 1.0) / a * uniform.powf(-1.0 / a),
            Self::Spikes if uniform < 0.02 => 50.0 / 1.98,
            Self::Spikes => 1.0 / 1.98,
        };
        cost.min(cap)
    }

    /// Of what is drawn, which the cap makes a little less than 1.
    fn mean(self, cap: f64) -> f64 {
        let mut source = Source::new(77, 0);
        let n = 2_000_000;
        (0..n).map(|_| self.draw(&mut source, cap)).sum::<f64>() / f64::from(n)
    }
}

/// An audited mean, given the run's own draw: only answers differ from replication to replication.
fn cascade(source: &mut Source, at: (f64, f64), judge: Judge, draw: u64) -> (f64, f64) {
    const ANSWERS: usize = 300;
    let (truth, threshold) = at;
    let mut coin = Source::new(3_000_000 + draw, 0);
    let is_drawn: Vec<bool> = (0..ANSWERS).map(|_| coin.happens(0.2)).collect();
    let drawn = is_drawn.iter().filter(|one| **one).count();
    let weight = count(ANSWERS) / count(drawn);
    let audited = |source: &mut Source, is_drawn: bool| {
        let (dear, cheap) = answer(source, truth, judge);
        let differs = if is_drawn {
            weight * (dear - cheap)
        } else {
            0.0
        };
        Observation::scored(cheap + differs)
    };
    let observations: Vec<Observation> = (is_drawn.iter())
        .map(|drawn| audited(source, *drawn))
        .collect();
    let audit = Audit {
        scale: Scale::UNIT,
        weight,
        is_difference: false,
    };
    shown(audited_mean(&observations, audit, PLAN), threshold)
}

/// The page.
pub(crate) fn page(effort: Effort) -> String {
    let mut page = format!(
        concat!(
            "# Error rates around the core\n\n",
            "Written by `cargo bench --bench error_rates -- --corrections`; do not edit. False PASS / false FAIL in % where the truth is at the ",
            "threshold (nominal 5 % each), and in brackets the power: PASS in % where the truth is halfway from the threshold to the best value. ",
            "{} replications a cell, {} where the first gave more than 4.3 %.\n",
        ),
        effort.replications, effort.again
    );
    labels(effort, &mut page);
    calibrations(effort, &mut page);
    amounts(effort, &mut page);
    cascades(effort, &mut page);
    page
}

fn header(page: &mut String, title: &str, first: &str, columns: impl Iterator<Item = String>) {
    let columns: Vec<String> = columns.collect();
    let _infallible = writeln!(
        page,
        "\n## {title}\n\n| {first} | {} |",
        columns.join(" | ")
    );
    let _infallible = writeln!(page, "|{}", "---|".repeat(columns.len() + 1));
}

fn row(page: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _infallible = writeln!(page, "| {name} | {} |", cells.join(" | "));
}

fn labels(effort: Effort, page: &mut String) {
    for (title, tie) in [
        ("Labels of the run", 0.0),
        ("Labels, raters split on half of the bad answers", 0.5),
    ] {
        for (place, truth) in (0_u64..).zip([0.8, 0.9, 0.97]) {
            let title = format!("{title}, threshold {truth}");
            let columns = LABELLED.map(|(n, others)| format!("{n} labelled, {others} not"));
            header(
                page,
                &title,
                "judge recognizes good / bad",
                columns.into_iter(),
            );
            for (judge_place, judge) in (0_u64..).zip(JUDGES) {
                let cells = (0_u64..).zip(LABELLED).map(|(size, n)| {
                    let tied = u64::from(tie > 0.0);
                    let number = 40_000 + 1_000 * tied + 100 * place + 10 * judge_place + size;
                    let better = f64::midpoint(1.0, truth);
                    cell(effort, number, truth, better, |source, at| {
                        labelled(source, (at, truth), judge, n, tie)
                    })
                });
                row(page, judge.0, cells);
            }
        }
    }
}

fn calibrations(effort: Effort, page: &mut String) {
    const SIZES: [(usize, usize); 5] = [
        (50, 300),
        (100, 300),
        (200, 300),
        (200, 2_000),
        (500, 20_000),
    ];
    let judges: [Judge; 5] = [
        (".95 / .85", 0.95, 0.85),
        (".97 / .70", 0.97, 0.7),
        (".80 / .90", 0.8, 0.9),
        (".90 / .95", 0.9, 0.95),
        (".99 / .99", 0.99, 0.99),
    ];
    let columns = || {
        SIZES
            .map(|(labels, n)| format!("{labels} labels, {n} answers"))
            .into_iter()
    };
    for (place, truth) in (0_u64..).zip([0.8, 0.9, 0.97]) {
        let title = format!("A calibrated judge, threshold {truth}");
        header(page, &title, "judge recognizes good / bad", columns());
        for (judge_place, judge) in (0_u64..).zip(judges) {
            let cells = (0_u64..).zip(SIZES).map(|(size, n)| {
                let number = 60_000 + 100 * place + 10 * judge_place + size;
                let better = f64::midpoint(1.0, truth);
                cell(effort, number, truth, better, |source, at| {
                    calibrated(source, (at, truth), judge, n)
                })
            });
            row(page, judge.0, cells);
        }
    }
    header(
        page,
        "A margin of 10 points on the scale of a calibrated judge (power: no drop)",
        "judge recognizes good / bad",
        columns(),
    );
    for (judge_place, judge) in (0_u64..).zip(judges) {
        let cells = (0_u64..).zip(SIZES).map(|(size, n)| {
            // The exact test is slow between 300 and 1,000 pairs, and Tango's takes over above.
            let number = 70_000 + 10 * judge_place + size;
            cell(effort, number, 0.1, 0.0, |source, drop| {
                scaled(source, drop, judge, n)
            })
        });
        row(page, judge.0, cells);
    }
}

fn amounts(effort: Effort, page: &mut String) {
    const SIZES: [usize; 4] = [30, 100, 300, 1_000];
    let columns = || SIZES.map(|n| format!("n = {n}")).into_iter();
    header(
        page,
        "Means of amounts with a cap (a ceiling; power: half of the threshold)",
        "costs, cap in means",
        columns(),
    );
    for (place, (costs, name, cap)) in (0_u64..).zip(COSTS) {
        let truth = costs.mean(cap);
        let cells = (0_u64..).zip(SIZES).map(|(size, n)| {
            let number = 80_000 + 10 * place + size;
            cell(effort, number, 1.0, 0.5, |source, scale| {
                let drawn = (0..n).map(|_| Observation::scored(scale * costs.draw(source, cap)));
                let drawn: Vec<Observation> = drawn.collect();
                let (above, below) = shown(capped_mean(&drawn, cap, PLAN), truth);
                (below, above)
            })
        });
        row(page, &format!("{name}, cap {cap}"), cells);
    }
    header(
        page,
        "Ratios of amounts with a cap, 2 % missing (at most 1 ×; power: half)",
        "costs, cap in means",
        columns().take(3),
    );
    for (place, (costs, name, cap)) in (0_u64..).zip(COSTS) {
        let cells = (0_u64..).zip(&SIZES[..3]).map(|(size, n)| {
            let number = 85_000 + 10 * place + size;
            cell(effort, number, 1.0, 0.5, |source, scale| {
                let mut one = |scale: f64| {
                    let cost = scale * costs.draw(source, cap);
                    if source.happens(0.02) {
                        Observation::missing(0.0, cap)
                    } else {
                        Observation::scored(cost)
                    }
                };
                let pairs: Vec<_> = (0..*n).map(|_| (one(scale), one(1.0))).collect();
                let (above, below) = shown(capped_ratio(&pairs, cap, PLAN), 1.0);
                (below, above)
            })
        });
        row(page, &format!("{name}, cap {cap}"), cells);
    }
}

/// Seed by seed: each draw is fixed, and only answers vary.
fn cascades(effort: Effort, page: &mut String) {
    let judges: [Judge; 4] = [
        ("always says bad", 0.0, 1.0),
        (".50 / .90", 0.5, 0.9),
        (".70 / .60", 0.7, 0.6),
        ("perfect", 1.0, 1.0),
    ];
    let few = Effort {
        replications: (effort.replications / 5).max(40),
        ..effort
    };
    let columns = [
        "mean over 200 draws",
        "worst false PASS",
        "worst false FAIL",
    ];
    header(
        page,
        "Audits of a cascade, 300 answers, a fifth audited, truth .77: draw by draw, a fifth of the replications each",
        "cheaper judge recognizes good / bad",
        columns.map(str::to_owned).into_iter(),
    );
    for (place, judge) in (0_u64..).zip(judges) {
        let (mut all, mut worst) = ((0.0, 0.0), (0.0_f64, 0.0_f64));
        for draw in 0..200 {
            let number = 90_000 + 1_000 * place + draw;
            let of_draw = rates(number, few.replications, |source| {
                cascade(source, (0.77, 0.77), judge, draw)
            });
            all = (all.0 + of_draw.0 / 200.0, all.1 + of_draw.1 / 200.0);
            worst = (worst.0.max(of_draw.0), worst.1.max(of_draw.1));
        }
        let percent = |rate: f64| format!("{:.1}", 100.0 * rate);
        let cells = [
            format!("{} / {}", percent(all.0), percent(all.1)),
            percent(worst.0),
            percent(worst.1),
        ];
        row(page, judge.0, cells.into_iter());
    }
}
