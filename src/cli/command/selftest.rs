//! `groundgate selftest`: how often this gate would be wrong on data like a record's.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use groundgate_gate::{
    Evidence, Policy,
    selftest::{KnownBad, Rate, RuleRates, SelfTest, Trying, Verdicts, selftest},
};
use groundgate_model::number::{Toward, format_count, format_score, plural};
use groundgate_report::{Style, cut_to_width, visible_line};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};

use super::super::{
    args::{Global, Progress, SelftestArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{AppError, assemble::Loaded, project, runs};

/// More than anybody waits for.
const REPLICATIONS_MOST: usize = 1_000_000;
/// Columns of a rule's name.
const NAME: usize = 30;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &SelftestArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if !(1..=REPLICATIONS_MOST).contains(&args.replications) {
        return Err(AppError::usage(format!(
            "--replications is a number from 1 to {REPLICATIONS_MOST}"
        )));
    }
    if !(0.0..=1.0).contains(&args.correlation) {
        return Err(AppError::usage("--correlation is a number from 0 to 1"));
    }
    let directory = project::runs_dir(global.config.as_deref())?;
    let record = Loaded::new(runs::open(&directory, &args.run)?)?;
    let more = match &args.baseline {
        None => None,
        Some(name) => Some(Loaded::new(runs::open(&directory, name)?)?),
    };
    let path = match &args.policy {
        Some(path) => path.clone(),
        None => project::policy_path(global.config.as_deref())?,
    };
    let known = record.known_metrics();
    let (policy_name, policy) = project::policy(&path, args.env.as_deref(), &known)?;
    let trying = Trying {
        policy: &policy,
        evidence: Evidence {
            candidate: &record.table,
            baseline: more.as_ref().map(|more| &more.table),
        },
        replications: args.replications,
        seed: args.seed,
        correlation: args.correlation,
    };
    let result = tried(&trying, terminal);
    let header = record.reader.header();
    let subject = Subject {
        run: &header.run_id,
        copilot: &header.copilot_name,
        more: more
            .as_ref()
            .map(|more| more.reader.header().run_id.as_str()),
        policy_name: &policy_name,
        env: args.env.as_deref(),
        policy: &policy,
    };
    if wants_json(global) {
        terminal.line(&document(&subject, &result).to_string());
    } else {
        terminal.print(&text(&subject, &result, terminal.style()));
    }
    Ok(ExitCode::Done)
}

/// What was tried.
struct Subject<'a> {
    run: &'a str,
    copilot: &'a str,
    more: Option<&'a str>,
    policy_name: &'a str,
    env: Option<&'a str>,
    policy: &'a Policy,
}

/// Tries, and says how far it is.
fn tried(trying: &Trying<'_>, terminal: &Terminal) -> SelfTest {
    let n = trying.replications;
    let length = u64::try_from(n).unwrap_or(u64::MAX);
    let bar = (terminal.progress == Progress::Bar).then(|| {
        let target = ProgressDrawTarget::stderr_with_hz(10);
        ProgressBar::with_draw_target(Some(length), target)
    });
    let done = AtomicUsize::new(0);
    let tick = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(bar) = &bar {
            bar.inc(1);
        } else if terminal.progress == Progress::Lines && done.is_multiple_of(n.div_ceil(4)) {
            terminal.note(&format!("  {done}/{n} simulated releases"));
        }
    };
    let result = selftest(trying, &tick);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    result
}

fn text(subject: &Subject<'_>, result: &SelfTest, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        style,
    };
    head(subject, result, &mut page);
    whole_gate(result, &mut page);
    rules(result, &mut page);
    known_bad(result, &mut page);
    promise(subject, result, &mut page);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, text: &str) {
        let text = if self.style.unicode {
            text.to_owned()
        } else {
            text.replace('×', "x").replace('−', "-")
        };
        let _written = writeln!(self.text, "{}", text.trim_end());
    }

    fn title(&mut self, text: &str) {
        self.line("");
        if self.style.color {
            self.line(&format!("\u{1b}[1m{text}\u{1b}[0m"));
        } else {
            self.line(text);
        }
    }
}

fn head(subject: &Subject<'_>, result: &SelfTest, page: &mut Page) {
    let env = subject
        .env
        .map_or_else(String::new, |env| format!(" for {env}"));
    page.line(&visible_line(&format!(
        "selftest  {} ({}) under {}{env}",
        subject.run, subject.copilot, subject.policy_name
    )));
    page.line(&format!(
        "data      {} × {} a run; drawn from {} or more of each",
        plural(result.questions, "question"),
        plural(attempts(result.attempts), "attempt"),
        plural(result.attempts_known, "attempt"),
    ));
    if let Some(more) = subject.more {
        page.line(&visible_line(&format!(
            "          {more} counts as more runs of the same copilot"
        )));
    }
    page.line(&format!(
        "tried     {} simulated releases, seed {}",
        format_count(result.replications),
        result.seed
    ));
}

fn attempts(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn whole_gate(result: &SelfTest, page: &mut Page) {
    page.title("the candidate is the baseline again: the gate as a whole");
    let gate = &result.gate;
    let rows = [
        ("pass", gate.pass),
        ("hold", gate.hold),
        ("inconclusive", gate.inconclusive),
        ("fail", gate.fail),
        ("false block: fails what is as good", gate.false_fail),
        ("false pass: a bar is not met", gate.false_pass),
        ("flip: a rerun turns pass into fail", gate.flips),
    ];
    for (name, rate) in rows {
        page.line(&format!("  {name:<36} {}", with_interval(rate)));
    }
}

fn rules(result: &SelfTest, page: &mut Page) {
    page.title(&format!(
        "{:<NAME$} {:>6} {:>6} {:>6}  {:>11} {:>11}",
        "rule by rule", "pass", "open", "fail", "false block", "false pass"
    ));
    for rule in &result.rules {
        let verdicts = &rule.verdicts;
        let open = Rate {
            count: verdicts.hold.count + verdicts.inconclusive.count,
            of: verdicts.pass.of,
        };
        let judged = |rate: Rate| {
            if rule.is_judged {
                percent(rate)
            } else {
                "?".to_owned()
            }
        };
        page.line(&format!(
            "  {} {:>6} {:>6} {:>6}  {:>11} {:>11}",
            cell(&rule.id, NAME - 2),
            percent(verdicts.pass),
            percent(open),
            percent(verdicts.fail),
            judged(verdicts.false_fail),
            judged(verdicts.false_pass),
        ));
    }
}

fn known_bad(result: &SelfTest, page: &mut Page) {
    if result.known_bad.is_empty() {
        return;
    }
    page.title(&format!(
        "{:<NAME$} {:>16} {:>23} {:>6}",
        "the candidate got worse", "by", "passes all the same", "fails"
    ));
    for bad in &result.known_bad {
        let what = if bad.times == 1 { "the bar" } else { "twice" };
        page.line(&format!(
            "  {} {:>16} {:>23} {:>6}",
            cell(&bad.id, NAME - 2),
            format!("{} ({what})", short(bad.loss)),
            with_interval(bad.pass),
            percent(bad.fail),
        ));
    }
}

fn promise(subject: &Subject<'_>, result: &SelfTest, page: &mut Page) {
    let alpha = format_score(subject.policy.statistics.alpha_pass, Toward::Nearest);
    let questions = if result.resamples_questions {
        "Each release draws questions (whole clusters, within the policy's slices) anew,"
    } else {
        "Each release asks the record's own questions,"
    };
    let assumed: Vec<&str> = result
        .agreements
        .iter()
        .filter(|(_, agreement)| !agreement.is_measured)
        .map(|(metric, _)| metric.as_str())
        .collect();
    page.line("");
    page.line(questions);
    page.line("and fresh runs of them from the attempts that the record has.");
    if assumed.is_empty() {
        page.line("How runs of one question differ is measured on its repeated attempts.");
    } else {
        page.line("The record has one run of a question; how two runs agree is assumed");
        page.line("(--correlation), so that these rates are as good as that number.");
    }
    page.line("A candidate that got worse lost answers at random, to the worst score.");
    page.line(&format!(
        "The policy promises at most {alpha} for \"passes all the same\" at each bar, and for"
    ));
    page.line("false blocks of all rules together. In brackets: the simulation's 95%.");
}

fn cell(text: &str, width: usize) -> String {
    format!("{:<width$}", cut_to_width(&visible_line(text), width))
}

/// A loss on a metric's scale: points where it is below 1.
fn short(loss: f64) -> String {
    if loss < 1.0 {
        format!("−{:.1}", 100.0 * loss)
    } else {
        format!("−{loss:.2}")
    }
}

fn percent(rate: Rate) -> String {
    if rate.of == 0 {
        return "?".to_owned();
    }
    format!("{:.1}%", 100.0 * rate.share())
}

fn with_interval(rate: Rate) -> String {
    if rate.of == 0 {
        return "?".to_owned();
    }
    let (low, high) = rate.interval();
    format!(
        "{:>6} [{:.1}, {:.1}]",
        percent(rate),
        (1000.0 * low).floor() / 10.0,
        (1000.0 * high).ceil() / 10.0
    )
}

fn document(subject: &Subject<'_>, result: &SelfTest) -> Value {
    json!({
        "schema": "groundgate.selftest/1",
        "run": subject.run,
        "baseline": subject.more,
        "policy": {
            "name": subject.policy_name,
            "digest": subject.policy.digest,
            "env": subject.env,
            "alpha_pass": subject.policy.statistics.alpha_pass,
            "alpha_fail": subject.policy.statistics.alpha_fail,
        },
        "replications": result.replications,
        "seed": result.seed,
        "questions": result.questions,
        "attempts": result.attempts,
        "attempts_known": result.attempts_known,
        "resamples_questions": result.resamples_questions,
        "agreements": result.agreements,
        "same_again": verdicts(&result.gate),
        "rules": result.rules.iter().map(rule).collect::<Vec<_>>(),
        "known_bad": result.known_bad.iter().map(bad).collect::<Vec<_>>(),
    })
}

fn rate(rate: Rate) -> Value {
    let (low, high) = rate.interval();
    json!({"count": rate.count, "of": rate.of, "share": rate.share(), "low": low, "high": high})
}

fn verdicts(verdicts: &Verdicts) -> Value {
    json!({
        "pass": rate(verdicts.pass),
        "hold": rate(verdicts.hold),
        "inconclusive": rate(verdicts.inconclusive),
        "fail": rate(verdicts.fail),
        "false_block": rate(verdicts.false_fail),
        "false_pass": rate(verdicts.false_pass),
        "flip": rate(verdicts.flips),
    })
}

fn rule(rule: &RuleRates) -> Value {
    json!({
        "id": rule.id,
        "kind": rule.kind,
        "errors_are_known": rule.is_judged,
        "same_again": verdicts(&rule.verdicts),
    })
}

fn bad(bad: &KnownBad) -> Value {
    json!({
        "id": bad.id,
        "metric": bad.metric,
        "times_the_bar": bad.times,
        "loss": bad.loss,
        "pass": rate(bad.pass),
        "fail": rate(bad.fail),
    })
}
