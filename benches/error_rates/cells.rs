//! The defaults of the decision table, cell by cell.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex};

use groundgate_stats::{
    Alphas, Bound, Observation, Plan, Scale, Unit, bounded_mean, interval::PairedCounts,
    paired_difference,
};
use rayon::prelude::*;

use crate::{
    Effort,
    picture::{Line, Plot},
    source::{Law, MEANS, Source},
};

const ALPHA: f64 = 0.05;
const MARGIN: f64 = 0.05;

/// A design, whose scores are drawn and assessed by the default method.
#[derive(Debug, Clone, Copy)]
enum Design {
    /// A mean, questions independent, so many attempts each.
    Absolute { repeats: usize },
    /// A mean over clusters.
    Clustered { icc: f64 },
    /// A paired difference over questions, one attempt.
    Paired { correlation: f64 },
    /// A paired difference over clusters; whole clusters break.
    PairedClustered { icc: f64 },
    /// A paired difference over runs of these very questions.
    Suite { repeats: usize },
}

impl Design {
    const ALL: [(Self, &'static str); 14] = [
        (Self::Absolute { repeats: 1 }, "mean, k = 1"),
        (Self::Absolute { repeats: 3 }, "mean, k = 3"),
        (Self::Absolute { repeats: 5 }, "mean, k = 5"),
        (Self::Clustered { icc: 0.0 }, "mean, clusters, ICC 0"),
        (Self::Clustered { icc: 0.1 }, "mean, clusters, ICC 0.1"),
        (Self::Clustered { icc: 0.3 }, "mean, clusters, ICC 0.3"),
        (Self::Paired { correlation: 0.0 }, "paired, correlation 0"),
        (Self::Paired { correlation: 0.5 }, "paired, correlation 0.5"),
        (Self::Paired { correlation: 0.8 }, "paired, correlation 0.8"),
        (
            Self::PairedClustered { icc: 0.1 },
            "paired, clusters, ICC 0.1",
        ),
        (
            Self::PairedClustered { icc: 0.3 },
            "paired, clusters, ICC 0.3",
        ),
        (Self::Suite { repeats: 1 }, "suite, k = 1"),
        (Self::Suite { repeats: 3 }, "suite, k = 3"),
        (Self::Suite { repeats: 5 }, "suite, k = 5"),
    ];

    fn unit(self) -> Unit {
        match self {
            Self::Absolute { .. } | Self::Paired { .. } => Unit::Question,
            Self::Clustered { .. } | Self::PairedClustered { .. } => Unit::Cluster,
            Self::Suite { .. } => Unit::Run,
        }
    }

    fn repeats(self) -> usize {
        match self {
            Self::Absolute { repeats } | Self::Suite { repeats } => repeats,
            Self::Clustered { .. } | Self::Paired { .. } | Self::PairedClustered { .. } => 1,
        }
    }

    fn is_paired(self) -> bool {
        !matches!(self, Self::Absolute { .. } | Self::Clustered { .. })
    }

    /// One observation per unit; the truth is the mean, or minus the margin.
    fn observe(self, source: &mut Source, law: Law, mean: f64, n: usize) -> Vec<f64> {
        let bad = law.share_of_bad(mean);
        // A broken answer is worth nothing: the mean falls by the margin.
        let broken = MARGIN / mean;
        match self {
            Self::Absolute { repeats: 1 } => (0..n).map(|_| source.score(law, bad)).collect(),
            Self::Absolute { repeats } => (0..n)
                .map(|_| {
                    let own = Source::difficulty(source.uniform(), bad);
                    let sum: f64 = (0..repeats).map(|_| source.score(law, own)).sum();
                    sum / count(repeats)
                })
                .collect(),
            Self::Clustered { icc } => {
                let sizes = source.cluster_sizes(n).into_iter();
                sizes
                    .map(|size| {
                        let common = source.score(law, bad);
                        let shares = icc.sqrt();
                        let member = |source: &mut Source| {
                            if source.happens(shares) {
                                common
                            } else {
                                source.score(law, bad)
                            }
                        };
                        (0..size).map(|_| member(source)).sum::<f64>() / count(size)
                    })
                    .collect()
            }
            Self::Paired { correlation } => (0..n)
                .map(|_| difference(source, law, (bad, correlation), None, broken))
                .collect(),
            Self::PairedClustered { icc } => {
                let sizes = source.cluster_sizes(n).into_iter();
                sizes
                    .map(|size| {
                        let common = source.happens(broken);
                        let shares = icc.sqrt();
                        let member = |source: &mut Source| {
                            let breaks = source.happens(shares).then_some(common);
                            difference(source, law, (bad, 0.5), breaks, broken)
                        };
                        (0..size).map(|_| member(source)).sum::<f64>() / count(size)
                    })
                    .collect()
            }
            Self::Suite { repeats } => {
                let own: Vec<f64> = (0..n)
                    .map(|i| Source::difficulty((count(i) + 0.5) / count(n), bad))
                    .collect();
                // The suite's own mean, whatever the difficulties add up to.
                let of_suite = own.iter().map(|bad| law.mean(*bad)).sum::<f64>() / count(n);
                let broken = MARGIN / of_suite;
                let runs = own.into_iter().flat_map(|bad| vec![bad; repeats]);
                runs.map(|bad| difference(source, law, (bad, 0.0), None, broken))
                    .collect()
            }
        }
    }
}

/// Candidate − baseline, where the candidate repeats the baseline's score with the given probability
/// and then breaks with another, unless it is given whether it breaks.
fn difference(
    source: &mut Source,
    law: Law,
    (bad, correlation): (f64, f64),
    breaks: Option<bool>,
    broken: f64,
) -> f64 {
    let baseline = source.score(law, bad);
    let candidate = if source.happens(correlation) {
        baseline
    } else {
        source.score(law, bad)
    };
    let breaks = breaks.unwrap_or_else(|| source.happens(broken));
    if breaks {
        -baseline
    } else {
        candidate - baseline
    }
}

pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// p-values for "above" and "below" against the truth.
fn p_values(design: Design, values: &[f64], truth: f64, known: &Known) -> (f64, f64) {
    let assess = || {
        let observations: Vec<Observation> =
            values.iter().copied().map(Observation::scored).collect();
        let plan = Plan {
            bound: Bound::Exact,
            unit: design.unit(),
            repeats: u32::try_from(design.repeats()).unwrap(),
            alphas: Alphas::DEFAULT,
        };
        let assessed = if design.is_paired() {
            paired_difference(&observations, Scale::UNIT, plan)
        } else {
            bounded_mean(&observations, Scale::UNIT, plan)
        };
        assessed.unwrap().p_values(truth)
    };
    let is_ternary = values.iter().all(|value| value.fract().abs() <= 0.0);
    if !(design.is_paired() && is_ternary && design.repeats() == 1) {
        return assess();
    }
    // The exact paired test depends on two counts only, and is slow.
    let of_sign = |sign: f64| values.iter().filter(|value| **value * sign > 0.0).count();
    let key = (of_sign(1.0), of_sign(-1.0), values.len());
    if let Some(found) = known.lock().unwrap().get(&key) {
        return *found;
    }
    let found = if values.len() > 500 {
        // Where the score test is far from 5 %, the exact test built on it is on the same side.
        let counts = PairedCounts::new(key.0, key.1, key.2).unwrap();
        let scores = (
            counts.tango_p_above(truth),
            counts.mirrored().tango_p_above(-truth),
        );
        let near = |p: f64| p > 0.02 && p < 0.1;
        if near(scores.0) || near(scores.1) {
            assess()
        } else {
            scores
        }
    } else {
        assess()
    };
    known.lock().unwrap().insert(key, found);
    found
}

type Known = Mutex<BTreeMap<(usize, usize, usize), (f64, f64)>>;

/// How often p-values are below 5 %: false PASS and false FAIL.
pub(crate) fn rates(
    cell: u64,
    replications: u32,
    decide: impl Fn(&mut Source) -> (f64, f64) + Sync,
) -> (f64, f64) {
    let (passes, fails) = (0..replications)
        .into_par_iter()
        .map(|replication| {
            let (above, below) = decide(&mut Source::new(cell, replication));
            (u32::from(above < ALPHA), u32::from(below < ALPHA))
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let share = |number: u32| f64::from(number) / f64::from(replications);
    (share(passes), share(fails))
}

fn sizes(design: Design) -> &'static [usize] {
    match design {
        Design::Absolute { repeats: 1 } => &[20, 50, 100, 300, 1000],
        Design::Absolute { .. }
        | Design::Clustered { .. }
        | Design::Paired { .. }
        | Design::PairedClustered { .. }
        | Design::Suite { .. } => &[20, 100, 300, 1000],
    }
}

/// What was found so far, over all designs.
#[derive(Default)]
struct Found {
    cells: u64,
    worst: (f64, String),
    /// Cells above 6 %.
    over: Vec<String>,
    tables: String,
}

impl Found {
    /// One design's table; the worst rate for each n.
    fn design(&mut self, (design, name): (Design, &str), place: u64, effort: Effort) -> Vec<f64> {
        let known = Known::default();
        let _written = write!(self.tables, "\n### {name}\n\n| scores | mean |");
        for n in sizes(design) {
            let _written = write!(self.tables, " n = {n} |");
        }
        self.tables.push_str("\n|---|---|");
        self.tables.push_str(&"---|".repeat(sizes(design).len()));
        self.tables.push('\n');
        let mut by_size = vec![0.0_f64; sizes(design).len()];
        for law in Law::ALL {
            for mean in MEANS {
                let _written = write!(self.tables, "| {} | {mean} |", law.name());
                for (n, worst) in sizes(design).iter().zip(&mut by_size) {
                    let truth = if design.is_paired() { -MARGIN } else { mean };
                    let cell = 1_000 * place + self.cells;
                    let run = |cell, replications| {
                        rates(cell, replications, |source| {
                            let values = design.observe(source, law, mean, *n);
                            p_values(design, &values, truth, &known)
                        })
                    };
                    let mut rates = run(cell, effort.replications);
                    if rates.0.max(rates.1) > Effort::SUSPICIOUS {
                        rates = run(cell + 500_000, effort.again);
                    }
                    *worst = worst.max(rates.0.max(rates.1));
                    self.note(rates, || {
                        format!("{name}, {}, mean {mean}, n = {n}", law.name())
                    });
                }
                self.tables.push('\n');
            }
        }
        by_size
    }

    fn note(&mut self, rates: (f64, f64), place: impl Fn() -> String) {
        self.cells += 1;
        let larger = rates.0.max(rates.1);
        let shown = format!("{:.1} / {:.1}", 100.0 * rates.0, 100.0 * rates.1);
        let _written = write!(self.tables, " {shown} |");
        if larger > 0.06 {
            self.over.push(format!("{}: {shown} %", place()));
        }
        if larger > self.worst.0 {
            self.worst = (larger, place());
        }
    }
}

/// The tables, and the picture of the worst cell by design and n.
pub(crate) fn table(effort: Effort, page: &mut String) -> String {
    let mut found = Found::default();
    let mut lines: Vec<Line> = Vec::new();
    for (design, place) in Design::ALL.into_iter().zip(0..) {
        let by_size = found.design(design, place, effort);
        let points = sizes(design.0).iter().zip(by_size);
        lines.push(Line {
            name: design.1.to_owned(),
            points: points.map(|(n, rate)| (count(*n), 100.0 * rate)).collect(),
            is_ours: true,
        });
    }
    let _written = write!(
        page,
        "## The defaults\n\n{} cells. The worst is {:.1} % ({}). ",
        found.cells,
        100.0 * found.worst.0,
        found.worst.1
    );
    if found.over.is_empty() {
        page.push_str("No cell is above 6 %.\n\n");
    } else {
        let _written = write!(page, "Above 6 %: {}.\n\n", found.over.join("; "));
    }
    page.push_str(concat!(
        "Methods: Clopper–Pearson for binary means (k = 1, no clusters); the exact unconditional test for paired binary ",
        "scores with one attempt (at n = 1000 the score test decides where its p-value is not between 2 and 10 %); the ",
        "Dirichlet bound h = 1 for all others: on questions' means, cluster means, or pooled runs. Paired: margin ",
        "0.05, the candidate's answers break altogether until its mean is 0.05 below the baseline's. Clusters: 1 to 30 ",
        "questions, about 4 on average, a few large. Suite: fixed questions from trivial to hopeless.\n\n",
        "Each entry: false PASS / false FAIL in %.\n",
    ));
    page.push_str(&found.tables);
    Plot {
        title: "The defaults: the worst cell of each design (false PASS or false FAIL)",
        x: "questions",
        y: "error rate, %",
        y_max: 8.0,
        logarithmic: true,
        nominal: 5.0,
    }
    .draw(&lines)
}
