//! Each mutant before the tests that reach it, until one notices.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::list::Mutant;

/// Tests that are run together take about so long, so that a mutant which the first notices does not
/// wait for many others.
const TOGETHER: f64 = 0.3;

#[derive(Debug, Default)]
pub struct Outcomes {
    pub noticed: usize,
    pub too_long: usize,
    pub survived: Vec<usize>,
}

/// A test, how many seconds it takes, and the mutants that it reaches.
struct Test {
    name: String,
    seconds: f64,
    reached: Vec<usize>,
}

enum End {
    Passed,
    Failed,
    TooLong,
}

/// Runs all `switched` mutants on all cores.
pub fn all(
    program: &Path,
    home: &Path,
    mutants: &[Mutant],
    switched: &[usize],
    longest: f64,
) -> Result<Outcomes> {
    let tests = tests(program, home, longest)?;
    ensure!(
        tests.iter().any(|test| !test.reached.is_empty()),
        "no test reaches a mutant"
    );
    let mut reaching: BTreeMap<usize, Vec<&Test>> = BTreeMap::new();
    for test in &tests {
        for number in &test.reached {
            reaching.entry(*number).or_default().push(test);
        }
    }
    let (outcomes, done) = (Mutex::new(Outcomes::default()), AtomicUsize::new(0));
    each(switched, |number| {
        let before = done.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(250) {
            eprintln!("{before} of {}", switched.len());
        }
        let end = one(
            program,
            home,
            *number,
            reaching.get(number).map_or(&[], Vec::as_slice),
        );
        let mut outcomes = outcomes.lock().unwrap();
        match end {
            End::Passed => {
                println!("survived  {}", mutants[*number].name);
                outcomes.survived.push(*number);
            }
            End::Failed => outcomes.noticed += 1,
            End::TooLong => {
                println!("too long  {}", mutants[*number].name);
                outcomes.noticed += 1;
                outcomes.too_long += 1;
            }
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.survived.sort_unstable();
    Ok(outcomes)
}

/// Does `work` on every item, on all cores.
fn each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

/// All tests that take no longer than `longest` seconds, the quickest first.
fn tests(program: &Path, home: &Path, longest: f64) -> Result<Vec<Test>> {
    let listed = Command::new(program)
        .args(["--list", "--format", "terse"])
        .current_dir(home)
        .output()?;
    let listed = String::from_utf8(listed.stdout)?;
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    let (tests, slow) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    each(&names, |name| {
        let asked = home.join(format!("asked-{}", name.replace(':', "_")));
        let (end, seconds) = run(
            program,
            home,
            &[name],
            &[("MUTANTS_ASKED", &asked.to_string_lossy())],
            longest,
        );
        match end {
            End::Passed => tests.lock().unwrap().push(Test {
                name: (*name).to_owned(),
                seconds,
                reached: fs::read_to_string(&asked)
                    .unwrap_or_default()
                    .lines()
                    .filter_map(|line| line.parse().ok())
                    .collect(),
            }),
            End::Failed => println!("fails without a mutant, not used: {name}"),
            End::TooLong => {
                slow.fetch_add(1, Ordering::Relaxed);
            }
        }
        let _removed = fs::remove_file(asked);
    });
    let mut tests = tests.into_inner().unwrap();
    tests.sort_by(|a, b| {
        a.seconds
            .total_cmp(&b.seconds)
            .then_with(|| a.name.cmp(&b.name))
    });
    println!(
        "{} tests; {} take longer than {longest} s and are left out",
        tests.len(),
        slow.into_inner()
    );
    Ok(tests)
}

fn one(program: &Path, home: &Path, number: usize, tests: &[&Test]) -> End {
    let mut rest = tests;
    while !rest.is_empty() {
        let mut seconds = 0.0;
        let together = rest
            .iter()
            .take_while(|test| {
                seconds += test.seconds;
                seconds <= TOGETHER
            })
            .count()
            .max(1);
        let (now, later) = rest.split_at(together);
        let names: Vec<&str> = now.iter().map(|test| test.name.as_str()).collect();
        let expected: f64 = now.iter().map(|test| test.seconds).sum();
        let limit = (expected * 10.0).max(5.0);
        match run(
            program,
            home,
            &names,
            &[("MUTANT", &number.to_string())],
            limit,
        )
        .0
        {
            End::Passed => rest = later,
            end => return end,
        }
    }
    End::Passed
}

/// How the tests of these names end, and after how many seconds.
fn run(
    program: &Path,
    home: &Path,
    names: &[&str],
    set: &[(&str, &str)],
    limit: f64,
) -> (End, f64) {
    #[expect(clippy::disallowed_methods, reason = "how long a test takes")]
    let started = Instant::now();
    // A mutant may ask for all memory there is.
    let mut child = Command::new("prlimit")
        .args(["--as=4000000000", "--core=0", "--"])
        .arg(program)
        .args(["--exact", "--test-threads=1"])
        .args(names)
        .envs(set.iter().copied())
        .env("INSTA_UPDATE", "no")
        .current_dir(home)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prlimit, of util-linux");
    loop {
        let seconds = started.elapsed().as_secs_f64();
        match child.try_wait().expect("a child is waited for once") {
            Some(status) if status.success() => return (End::Passed, seconds),
            Some(_) => return (End::Failed, seconds),
            None if seconds > limit => {
                let _killed = child.kill();
                let _waited = child.wait();
                return (End::TooLong, seconds);
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
}
