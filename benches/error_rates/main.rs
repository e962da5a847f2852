//! How often the default methods decide wrongly when the truth is at the threshold, and how often
//! two runs of the same copilot get opposite verdicts; beside the methods that other tools print.
//!
//! `cargo bench --bench error_rates` writes `docs/error-rates.md` and the pictures under
//! `docs/images/` (some minutes on one core); with `-- --quick` 200 replications a cell to stdout; with
//! `-- --corrections` it writes `docs/error-rates-corrections.md`: labels, calibrations, amounts, audits.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, keeps the time, and fails by panicking"
)]

mod cells;
mod corrections;
mod peers;
mod picture;
mod reruns;
mod source;

use std::{env, fs, time::Instant};

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Replications a cell.
    pub(crate) replications: u32,
    /// For cells whose first rate is above [`Self::SUSPICIOUS`]: a fresh, longer run replaces it.
    pub(crate) again: u32,
}

impl Effort {
    const SUSPICIOUS: f64 = 0.043;
}

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    let effort = if quick {
        Effort {
            replications: 200,
            again: 200,
        }
    } else {
        Effort {
            replications: 2_000,
            again: 10_000,
        }
    };
    if env::args().any(|argument| argument == "--corrections") {
        let page = corrections::page(effort);
        if quick {
            println!("{page}");
        } else {
            fs::write("docs/error-rates-corrections.md", page).unwrap();
        }
        return;
    }
    let start = Instant::now();
    let mut page = String::from(concat!(
        "# Error rates\n\n",
        "Written by `cargo bench --bench error_rates`; do not edit. What the columns and methods mean: ",
        "[statistics.md](statistics.md).\n\n",
        "Every cell is a simulation in which the truth lies exactly at the threshold, so that every PASS is a false PASS ",
        "and every FAIL a false FAIL. Nominal rate 5 % on either side; the standard error of a cell is 0.5 points ",
        "(2,000 replications), 0.2 points where the first 2,000 gave more than 4.3 % and the cell was run afresh with ",
        "10,000. Scores: binary; fraction (mostly 1, of the rest a third 0 and the others uniform); ordinal (mostly 5 of ",
        "5, the rest uniform over 1 to 4). `n` counts questions.\n\n",
    ));
    let defaults = cells::table(effort, &mut page);
    eprintln!("defaults: {:.0?}", start.elapsed());
    let peers = peers::table(effort, &mut page);
    eprintln!("peers: {:.0?}", start.elapsed());
    let reruns = reruns::table(effort, &mut page);
    eprintln!("reruns: {:.0?}", start.elapsed());
    if quick {
        println!("{page}");
        return;
    }
    fs::write("docs/error-rates.md", page.trim_end().to_owned() + "\n").unwrap();
    for (name, picture) in [
        ("false-pass.svg", peers),
        ("lower-bounds.svg", peers::exact_picture()),
        ("default-error-rates.svg", defaults),
        ("reruns.svg", reruns),
    ] {
        fs::write(format!("docs/images/{name}"), picture).unwrap();
    }
}
