//! Is the candidate no worse than the baseline by more than five points? A score may be missing.
//!
//! `cargo run --example compare`

#![expect(clippy::print_stdout, reason = "an example prints")]

use groundgate_stats::{
    Alphas, Bound, Estimate, Observation, Plan, Scale, StatsError, Unit, bounded_mean,
    paired_difference,
};

fn main() -> Result<(), StatsError> {
    let plan = Plan {
        bound: Bound::Exact,
        unit: Unit::Question,
        repeats: 1,
        alphas: Alphas::DEFAULT,
    };
    // 200 questions, asked of both: 4 wins, 3 losses, and one answer that nobody could score.
    let mut candidate = vec![Observation::scored(1.0); 190];
    candidate.extend([Observation::scored(0.0); 9]);
    candidate.push(Observation::missing(0.0, 1.0));
    let mut baseline = vec![Observation::scored(1.0); 190];
    baseline.extend([Observation::scored(0.0); 10]);
    for index in 0..3 {
        candidate.swap(index, 190 + index);
    }
    for index in 10..14 {
        baseline.swap(index, 185 + index);
    }

    let absolute = bounded_mean(&candidate, Scale::UNIT, plan)?;
    print("candidate", &absolute.estimate());

    let differences: Vec<_> = (candidate.iter().zip(&baseline))
        .map(|(one, other)| one.minus(*other))
        .collect();
    let compared = paired_difference(&differences, Scale::UNIT, plan)?.against(-0.05)?;
    print("candidate minus baseline", &compared.estimate);
    println!(
        "no worse by more than 5 points: {} (p = {:.2e})",
        if compared.is_above() {
            "shown"
        } else {
            "not shown"
        },
        compared.p_above
    );
    Ok(())
}

fn print(what: &str, estimate: &Estimate) {
    let bound = |bound: Option<f64>| bound.map_or("none".to_owned(), |at| format!("{at:.4}"));
    println!(
        "{what}: {:.4}, {} to {} at 95 % each, from {} {} ({}, {})",
        estimate.point,
        bound(estimate.lower),
        bound(estimate.upper),
        estimate.n,
        estimate.unit.plural(),
        estimate.method,
        estimate.guarantee,
    );
}
