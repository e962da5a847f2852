//! The statistics engine's speed on one core, and `gate` on a record of a million trials: one JSON
//! document on stdout. `python3 benches/statistics.py` runs it beside scipy.
//!
//! Times are CPU times, the best of several, so that a busy machine does not decide.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints and fails by panicking"
)]

use std::{
    fmt::Write as _,
    fs::{self, File},
    hint::black_box,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use groundgate_stats::{
    Observation, Resampling, Scale,
    interval::{DirichletBound, PseudoWeight},
    resampling::{Part, bca, percentile},
};
use serde_json::json;

const CASES: usize = 200_000;
const ATTEMPTS: usize = 5;
const SLICES: usize = 50;
/// Clock ticks per second of `/proc/PID/stat` on Linux.
const TICKS: f64 = 100.0;

fn main() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    // On the pool's one thread, whose CPU time is read.
    let (bca_ms, clusters_ms, dirichlet_ms) =
        pool.install(|| (time_bca(), time_clusters(), time_dirichlet()));
    let (gate_ms, megabytes) = time_gate();
    println!(
        "{}",
        json!({"bca_ms": bca_ms, "clusters_ms": clusters_ms, "dirichlet_ms": dirichlet_ms,
               "gate_ms": gate_ms, "gate_mb": megabytes})
    );
}

/// This thread's time on a CPU, in milliseconds.
fn cpu_ms() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e6
}

/// The best of several times, each the mean of so many calls that the clock's ticks do not matter.
fn best(times: usize, calls: u32, mut measured: impl FnMut()) -> f64 {
    (0..times)
        .map(|_| {
            let start = cpu_ms();
            (0..calls).for_each(|_| measured());
            (cpu_ms() - start) / f64::from(calls)
        })
        .fold(f64::INFINITY, f64::min)
}

const PLAN: Resampling = Resampling {
    replicates: 10_000,
    seed: 2,
};

fn time_bca() -> f64 {
    let parts: Vec<Part> = (0..10_000_u32)
        .map(|i| {
            let score = if i % 5 > 0 {
                1.0
            } else {
                f64::from(i * 7_919 % 10_000) / 1e4
            };
            (score, 1.0)
        })
        .collect();
    best(5, 10, || {
        black_box(bca(black_box(&parts), 0.1, PLAN).unwrap());
    })
}

fn time_clusters() -> f64 {
    let parts: Vec<Part> = (0..1_000_u32)
        .map(|i| {
            let size = f64::from(1 + i % 8);
            (size * f64::from(i * 619 % 1_000) / 1e3, size)
        })
        .collect();
    best(5, 50, || {
        black_box(percentile(black_box(&parts), 0.1, PLAN).unwrap());
    })
}

fn time_dirichlet() -> f64 {
    let scores: Vec<Observation> = (0..1_000_u32)
        .map(|i| Observation::scored(f64::from(i * 619 % 1_000) / 999.0))
        .collect();
    best(5, 500, || {
        let bound = DirichletBound::new(black_box(&scores), Scale::UNIT, PseudoWeight::One);
        let bound = bound.unwrap();
        black_box((bound.lower(0.05), bound.upper(0.05)));
    })
}

const CONFIG: &str = "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n\
    [[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n\
    [[copilot]]\nname = \"a\"\nkind = \"recorded\"\nfile = \"answers.jsonl\"\n";

/// Nine rules and one over all fifty slices.
fn policy() -> String {
    let mut text = "schema = \"groundgate.policy/1\"\nname = \"million\"\n".to_owned();
    let rules = [
        "kind = \"floor\"\nmetric = \"grounded\"\nmin = 0.5",
        "kind = \"floor\"\nmetric = \"relevance\"\nmin = 0.5",
        "kind = \"floor\"\nmetric = \"relevance\"\nmin = 0.5\nestimand = \"suite\"",
        "kind = \"floor\"\nmetric = \"grounded\"\nmin = 0.5\nestimand = \"suite\"",
        "kind = \"slice-floor\"\nmetric = \"grounded\"\nby = [\"product\"]\nmin = 0.5",
        "kind = \"must-pass\"\nmetric = \"relevance\"\ncases = \"product=p1\"\nmin = 0.1",
        "kind = \"max-error-rate\"\nmax = 0.02",
        "kind = \"percentile\"\nmetric = \"wait\"\nquantile = 0.95\nmax = 4000",
        "kind = \"mean-max\"\nmetric = \"wait\"\nmax = 3000",
        "kind = \"percentile\"\nmetric = \"wait\"\nquantile = 0.5\nmax = 2000",
    ];
    for (index, rule) in rules.iter().enumerate() {
        let _written = write!(text, "[[rule]]\nid = \"r{index}\"\n{rule}\n");
    }
    text
}

/// A folder under target/ with a record of a million trials, made afresh: its format may have changed.
fn record() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("million");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("groundgate.toml", CONFIG.to_owned()),
        ("gate.toml", policy()),
        ("set.jsonl", String::new()),
        ("answers.jsonl", String::new()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let path = folder.join("trials.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let mut state = 1_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for case in 0..CASES {
        for attempt in 0..ATTEMPTS {
            let grounded = u32::from(random(10) > 0);
            let relevance = f64::from(4 - random(8).min(2)) / 4.0;
            writeln!(
                file,
                "{{\"case\": {{\"id\": \"q{case}\", \"question\": \"what is the fee for product {case}?\", \
                 \"tags\": {{\"product\": \"p{}\"}}, \"cluster\": \"doc{}\"}}, \"attempt\": {attempt}, \
                 \"answer\": \"The fee is ${}.\", \"scores\": {{\"grounded\": {grounded}, \
                 \"relevance\": {relevance}, \"wait\": {}}}}}",
                case % SLICES,
                case / 4,
                random(90),
                800 + random(900)
            )
            .unwrap();
        }
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_groundgate"))
        .args(["runs", "import", "trials.jsonl", "--name", "a"])
        .args([
            "--metric",
            "grounded=binary",
            "--metric",
            "relevance=fraction",
        ])
        .args(["--metric", "wait=amount:ms"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "the import did not end well");
    fs::remove_file(path).unwrap();
    folder
}

/// CPU time and peak memory of `groundgate gate`.
fn time_gate() -> (f64, f64) {
    let folder = record();
    let runs = (0..3).map(|_| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_groundgate"))
            .args(["gate", "latest"])
            .env("RAYON_NUM_THREADS", "1")
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let found = follow(&mut child);
        let code = child.wait().unwrap().code().unwrap();
        assert!(
            [0, 10, 11, 12].contains(&code),
            "the gate ended with {code}"
        );
        found
    });
    runs.fold((f64::INFINITY, f64::INFINITY), |least, run| {
        (least.0.min(run.0), least.1.min(run.1))
    })
}

/// CPU milliseconds and peak megabytes until the child ends, read from `/proc` every few
/// milliseconds.
fn follow(child: &mut Child) -> (f64, f64) {
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let (mut cpu, mut peak) = (0.0_f64, 0.0_f64);
    while child.try_wait().unwrap().is_none() {
        let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
        // Behind the name in parentheses: utime and stime are the 12th and 13th of what follows.
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let ticks: f64 = fields
            .skip(11)
            .take(2)
            .filter_map(|t| t.parse::<f64>().ok())
            .sum();
        cpu = cpu.max(1000.0 * ticks / TICKS);
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let high = (status.lines()).find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes =
            high.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse::<u32>().ok());
        peak = peak.max(f64::from(kilobytes.unwrap_or(0)) / 1024.0);
        thread::sleep(Duration::from_millis(5));
    }
    (cpu, peak)
}
