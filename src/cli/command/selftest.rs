//! `groundgate selftest`: how often this gate would be wrong on data like a record's.

use std::sync::Arc;

use groundgate_app::{AppError, Event, Observer, Project, SelftestRequest, SelftestSummary};
use groundgate_gate::selftest::{KnownBad, Rate, RuleRates, SelfTest, Verdicts};
use groundgate_model::number::{Toward, format_count, format_score, plural};
use groundgate_report::{Style, TerminalPage, cut_to_width, pad, visible_line};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};

use super::super::{
    args::{Global, Progress, SelftestArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Columns of a rule's name.
const NAME: usize = 30;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &SelftestArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let simulation = Arc::new(Simulation::new(args.replications, terminal));
    let app = terminal.app().observed_by(simulation.clone());
    let tried = app.selftest(&SelftestRequest {
        project: &Project::find(global.config.as_deref())?,
        run: &args.run,
        baseline: args.baseline.as_deref(),
        policy: args.policy.as_deref(),
        environment: args.env.as_deref(),
        replications: args.replications,
        seed: args.seed,
        correlation: args.correlation,
    });
    simulation.clear();
    let tried = tried?;
    if wants_json(global) {
        terminal.line(&document(&tried).to_string());
    } else {
        terminal.print(&text(&tried, terminal.style()));
    }
    Ok(ExitCode::Done)
}

/// Says how far a simulation is.
struct Simulation {
    bar: Option<ProgressBar>,
    terminal: Terminal,
}

impl Simulation {
    fn new(replications: usize, terminal: &Terminal) -> Self {
        let length = u64::try_from(replications).unwrap_or(u64::MAX);
        let bar = (terminal.progress == Progress::Bar).then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(10);
            ProgressBar::with_draw_target(Some(length), target)
        });
        Self {
            bar,
            terminal: terminal.clone(),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Simulation {
    fn observe(&self, event: Event<'_>) {
        let Event::Simulated { done, of } = event else {
            return;
        };
        let shows_lines = self.terminal.progress == Progress::Lines;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        } else if shows_lines && done.is_multiple_of(of.div_ceil(4)) {
            let said = format!("  {done}/{of} simulated releases");
            self.terminal.note(&said);
        }
    }
}

fn text(tried: &SelftestSummary, style: Style) -> String {
    let result = &tried.result;
    let mut page = TerminalPage::new(style);
    head(tried, &mut page);
    whole_gate(result, &mut page);
    rules(result, &mut page);
    known_bad(result, &mut page);
    promise(tried, &mut page);
    page.into_text()
}

fn head(tried: &SelftestSummary, page: &mut TerminalPage) {
    let result = &tried.result;
    let env = tried
        .environment
        .as_ref()
        .map_or_else(String::new, |env| format!(" for {env}"));
    page.line(&visible_line(&format!(
        "selftest  {} ({}) under {}{env}",
        tried.run, tried.copilot, tried.policy_name
    )));
    page.line(&format!(
        "data      {} × {} a run; drawn from {} or more of each",
        plural(result.questions, "question"),
        plural(attempts(result.attempts), "attempt"),
        plural(result.attempts_known, "attempt"),
    ));
    if let Some(more) = &tried.baseline {
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

fn whole_gate(result: &SelfTest, page: &mut TerminalPage) {
    page.title("the candidate is the baseline again: the gate as a whole");
    let gate = &result.gate;
    let rows = [
        ("pass", gate.pass),
        ("hold", gate.hold),
        ("inconclusive", gate.inconclusive),
        ("fail", gate.fail),
        ("false block: fails what is as good", gate.false_fail),
        ("false pass: a threshold is not met", gate.false_pass),
        ("flip: a rerun turns pass into fail", gate.flips),
    ];
    for (name, rate) in rows {
        page.line(&format!("  {name:<36} {}", with_interval(rate)));
    }
}

fn rules(result: &SelfTest, page: &mut TerminalPage) {
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

fn known_bad(result: &SelfTest, page: &mut TerminalPage) {
    if result.known_bad.is_empty() {
        return;
    }
    page.title(&format!(
        "{:<NAME$} {:>16} {:>23} {:>6}",
        "the candidate got worse", "by", "passes all the same", "fails"
    ));
    for bad in &result.known_bad {
        let what = if bad.times == 1 { "once" } else { "twice" };
        page.line(&format!(
            "  {} {:>16} {:>23} {:>6}",
            cell(&bad.id, NAME - 2),
            format!("{} ({what})", short(bad.loss)),
            with_interval(bad.pass),
            percent(bad.fail),
        ));
    }
}

fn promise(tried: &SelftestSummary, page: &mut TerminalPage) {
    let result = &tried.result;
    let alpha = format_score(tried.policy.statistics.alpha_pass, Toward::Nearest);
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
    page.line("A candidate that got worse lost answers at random, to the worst score: as much");
    page.line("as its rule allows (once), or twice that.");
    page.line(&format!(
        "The policy promises at most {alpha} for \"passes all the same\" at each threshold, and for"
    ));
    page.line("false blocks of all rules together. In brackets: the simulation's 95%.");
}

fn cell(text: &str, width: usize) -> String {
    pad(&cut_to_width(&visible_line(text), width), width)
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

fn document(tried: &SelftestSummary) -> Value {
    let result = &tried.result;
    json!({
        "schema": "groundgate.selftest/1",
        "run": tried.run,
        "baseline": tried.baseline,
        "policy": {
            "name": tried.policy_name,
            "digest": tried.policy.digest,
            "env": tried.environment,
            "alpha_pass": tried.policy.statistics.alpha_pass,
            "alpha_fail": tried.policy.statistics.alpha_fail,
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
