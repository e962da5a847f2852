//! The same copilot run again: who changes his mind?

use std::fmt::Write as _;

use groundgate_stats::{
    Alphas, Bound, Observation, Plan, Scale, Unit, bounded_mean, interval::PairedCounts,
    paired_difference,
};
use rayon::prelude::*;

use crate::{Effort, cells::count, picture, source::Source};

/// The share of bad answers of the copilot that is rerun.
const BAD: f64 = 0.1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Inconclusive,
    Fail,
}

#[derive(Debug, Clone, Copy)]
enum Gate {
    /// The bare mean against the truth.
    BareFloor,
    /// The bare mean against the baseline's, less a tolerance.
    BareDifference(f64),
    /// Fails only where the drop is significant.
    SignificantDrop,
    /// Ours, a floor at the truth.
    Floor,
    /// Ours, not worse by more than 5 points on these very questions.
    NotWorse,
}

const GATES: [(Gate, &str); 6] = [
    (Gate::BareFloor, "mean ≥ floor"),
    (Gate::BareDifference(0.0), "mean ≥ baseline"),
    (Gate::BareDifference(0.02), "mean ≥ baseline − 2 points"),
    (
        Gate::SignificantDrop,
        "fail only if the drop is significant",
    ),
    (Gate::Floor, "**groundgate**, floor at the truth"),
    (Gate::NotWorse, "**groundgate**, not worse by 5 points"),
];

/// Outcomes of all runs, question by question.
type Runs = Vec<Vec<f64>>;

fn mean(runs: &Runs) -> f64 {
    let sum: f64 = runs.iter().flatten().sum();
    sum / count(runs.iter().map(Vec::len).sum())
}

fn decided(is_pass: bool) -> Verdict {
    if is_pass {
        Verdict::Pass
    } else {
        Verdict::Fail
    }
}

fn tested((above, below): (f64, f64)) -> Verdict {
    if above < 0.05 {
        Verdict::Pass
    } else if below < 0.05 {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

impl Gate {
    fn decide(self, candidate: &Runs, baseline: &Runs, truth: f64) -> Verdict {
        let repeats = candidate.first().map_or(1, Vec::len);
        let plan = |unit| Plan {
            bound: Bound::Exact,
            unit,
            repeats: u32::try_from(repeats).unwrap(),
            alphas: Alphas::DEFAULT,
        };
        let pairs = candidate.iter().flatten().zip(baseline.iter().flatten());
        let differences = pairs.map(|(ours, theirs)| ours - theirs);
        match self {
            Self::BareFloor => decided(mean(candidate) >= truth),
            Self::BareDifference(tolerance) => {
                decided(mean(candidate) >= mean(baseline) - tolerance)
            }
            Self::SignificantDrop => {
                let (wins, losses) = differences.fold((0, 0), |(wins, losses), difference| {
                    (
                        wins + usize::from(difference > 0.0),
                        losses + usize::from(difference < 0.0),
                    )
                });
                let counts = PairedCounts::new(losses, wins, wins + losses + 1).unwrap();
                decided(counts.mcnemar_exact_above() >= 0.05)
            }
            Self::Floor => {
                let means =
                    (candidate.iter()).map(|runs| runs.iter().sum::<f64>() / count(repeats));
                let observations: Vec<_> = means.map(Observation::scored).collect();
                let assessed = bounded_mean(&observations, Scale::UNIT, plan(Unit::Question));
                tested(assessed.unwrap().p_values(truth))
            }
            Self::NotWorse => {
                let observations: Vec<_> = differences.map(Observation::scored).collect();
                let assessed = paired_difference(&observations, Scale::UNIT, plan(Unit::Run));
                tested(assessed.unwrap().p_values(-0.05))
            }
        }
    }
}

/// Yes/no outcomes of a suite of fixed questions; `broken` of the good answers break.
fn run(source: &mut Source, questions: usize, repeats: usize, broken: f64) -> Runs {
    (0..questions)
        .map(|i| {
            let bad = Source::difficulty((count(i) + 0.5) / count(questions), BAD);
            let good = (1.0 - bad) * (1.0 - broken);
            (0..repeats)
                .map(|_| f64::from(u8::from(source.happens(good))))
                .collect()
        })
        .collect()
}

#[derive(Debug, Clone, Copy, Default)]
struct Shares {
    pass: f64,
    fail: f64,
    flips: f64,
    passes_worse: f64,
}

fn shares(
    gate: Gate,
    cell: u64,
    (questions, repeats): (usize, usize),
    replications: u32,
) -> Shares {
    let sum = (0..replications)
        .into_par_iter()
        .map(|replication| {
            let source = &mut Source::new(cell, replication);
            let bad: f64 = (0..questions)
                .map(|i| Source::difficulty((count(i) + 0.5) / count(questions), BAD))
                .sum();
            let truth = 1.0 - bad / count(questions);
            let baseline = run(source, questions, repeats, 0.0);
            let verdicts = [0.0, 0.0, 0.05 / truth].map(|broken| {
                let candidate = run(source, questions, repeats, broken);
                gate.decide(&candidate, &baseline, truth)
            });
            let is = |one: bool| f64::from(u8::from(one));
            let [first, second, worse] = verdicts;
            let opposite = [first, second];
            Shares {
                pass: is(first == Verdict::Pass),
                fail: is(first == Verdict::Fail),
                flips: is(opposite.contains(&Verdict::Pass) && opposite.contains(&Verdict::Fail)),
                passes_worse: is(worse == Verdict::Pass),
            }
        })
        .reduce(Shares::default, |a, b| Shares {
            pass: a.pass + b.pass,
            fail: a.fail + b.fail,
            flips: a.flips + b.flips,
            passes_worse: a.passes_worse + b.passes_worse,
        });
    let share = |number: f64| 100.0 * number / f64::from(replications);
    Shares {
        pass: share(sum.pass),
        fail: share(sum.fail),
        flips: share(sum.flips),
        passes_worse: share(sum.passes_worse),
    }
}

/// The A/A table, and its picture.
pub(crate) fn table(effort: Effort, page: &mut String) -> String {
    page.push_str(concat!(
        "\n## The same copilot again (A/A)\n\n",
        "A suite of fixed questions from trivial to hopeless, 90 % good answers on average, yes/no scores; a stored ",
        "baseline, two fresh reruns of the same copilot. *Flips*: one rerun passes and the other fails. *Passes −5*: a ",
        "candidate that is truly 5 points worse passes. All in %; a floor says nothing of a baseline and is not asked.\n\n",
        "| gate | questions × k | PASS | cannot tell | FAIL | flips | passes −5 |\n|---|---|---|---|---|---|---|\n",
    ));
    let mut bars = Vec::new();
    let mut most = 0.0_f64;
    for (place, (gate, name)) in GATES.into_iter().enumerate() {
        for (other, size) in [(100, 1), (100, 3), (200, 3), (200, 5)]
            .into_iter()
            .enumerate()
        {
            let cell = u64::try_from(2_000_000 + 10 * place + other).unwrap();
            let found = shares(gate, cell, size, 2 * effort.replications);
            let undecided = (100.0 - found.pass - found.fail).max(0.0);
            let is_floor = matches!(gate, Gate::BareFloor | Gate::Floor);
            let worse = if is_floor {
                "–".to_owned()
            } else {
                format!("{:.1}", found.passes_worse)
            };
            let _written = writeln!(
                page,
                "| {name} | {} × {} | {:.1} | {undecided:.1} | {:.1} | {:.2} | {worse} |",
                size.0, size.1, found.pass, found.fail, found.flips
            );
            if matches!(gate, Gate::Floor | Gate::NotWorse) {
                most = most.max(found.flips);
            }
            if size == (100, 3) {
                let plain = name.replace('*', "");
                bars.push((plain, [found.pass, undecided, found.fail], found.flips));
            }
        }
    }
    let _written = writeln!(
        page,
        "\nThe most flips of our gates in this table: {most:.2} %."
    );
    picture::bars(
        "The same copilot again, 100 questions × 3: verdicts of one rerun, and reruns that disagree",
        &bars,
    )
}
