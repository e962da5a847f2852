//! The plan for people: 80 columns.

use groundgate_gate::{
    Slice,
    power::{DesignOptions, RulePower, RunDesign, Source, all_pass},
};
use groundgate_model::{
    number::{NumberFormat, Scale, Toward, format_count, plural},
    trial::{Direction, builtin_metric},
    unit::Usd,
};
use groundgate_report::{Style, TerminalPage, cut_to_width, pad, visible_line, wrap};
use groundgate_stats::Unit;

use groundgate_app::{PlanSummary, has_little_power};

/// Columns of the first cell of a table.
const NAME: usize = 38;
/// Notes are wrapped to what is left of a line.
const LINE: usize = 66;

pub(super) fn render(plan: &PlanSummary, style: Style) -> String {
    let mut page = TerminalPage::new(style);
    head(plan, &mut page);
    money(plan, &mut page);
    rules(plan, &mut page);
    minimum_detectable_effects(plan, &mut page);
    if let Some(wanted) = plan.want_drop {
        to_buy(plan, wanted, &mut page);
    }
    page.line("");
    page.line("nothing was spent");
    page.into_text()
}

fn table(page: &mut TerminalPage, name: &str, columns: &str) {
    page.title(&format!("{name:<NAME$} {columns}"));
}

fn head(plan: &PlanSummary, page: &mut TerminalPage) {
    let env = plan
        .env
        .as_ref()
        .map_or_else(String::new, |env| format!(" for {env}"));
    page.named(
        "plan",
        &visible_line(&format!(
            "{}: {} × {} × {}; {}{env}",
            plan.copilot,
            plural(plan.n_questions, "question"),
            times(plan.attempts, "attempt"),
            times(plan.votes, "vote"),
            plan.policy_name
        )),
    );
    let assumed = &plan.assumptions;
    match &plan.pilot {
        Some(pilot) => {
            let versus = plan.baseline.as_ref().map_or_else(String::new, |run| {
                format!(", with its differences to {run}")
            });
            page.named(
                "pilot",
                &visible_line(&format!(
                    "{} ({}): {} × {}{versus}",
                    pilot.run,
                    pilot.copilot,
                    plural(pilot.n_cases, "question"),
                    times(pilot.attempts, "attempt"),
                )),
            );
        }
        None => page.named(
            "assumed",
            &format!(
                "no pilot: scores of mean {} and standard deviation {}, as shares of the scale",
                assumed.mean, assumed.sd
            ),
        ),
    }
    let is_split = plan
        .powers
        .iter()
        .filter_map(|power| power.source)
        .any(|source| matches!(source, Source::AssumedCorrelation | Source::Assumed));
    if is_split {
        page.named(
            "assumed",
            &format!(
                "two runs of one question agree with correlation {} (a pilot with 2 or more attempts measures it)",
                assumed.correlation
            ),
        );
    }
    if assumed.flips > 0.0 {
        page.named(
            "assumed",
            &format!("two votes on one answer differ in {} of 1", assumed.flips),
        );
    }
}

fn money(plan: &PlanSummary, page: &mut TerminalPage) {
    let money = &plan.cost;
    page.named(
        "calls",
        &format!(
            "{}, {}",
            plural(money.answers, "answer"),
            plural(money.judge_calls, "judge call")
        ),
    );
    let usd = |usd: Option<Usd>| usd.map_or_else(|| "not known".to_owned(), |usd| usd.to_string());
    let cap = plan
        .cap
        .map_or_else(String::new, |cap| format!(", budget {cap}"));
    page.named(
        "cost",
        &format!(
            "expected {}, at worst {}{cap}",
            usd(money.expected),
            usd(money.worst)
        ),
    );
    let time = money.seconds.map_or_else(
        || "not known without a pilot".to_owned(),
        |seconds| {
            format!(
                "about {} at {} in flight",
                duration(seconds),
                plan.concurrency
            )
        },
    );
    page.named("time", &time);
    for note in &money.notes {
        page.named("note", &visible_line(note));
    }
}

fn rules(plan: &PlanSummary, page: &mut TerminalPage) {
    let columns = format!("{:>15} {:>6}  {:>13}", "units", "pass", "fails from");
    table(page, "chance to pass if nothing has changed", &columns);
    for power in &plan.powers {
        let sign = if has_little_power(power) { "!" } else { " " };
        page.line(&format!(
            "{sign} {} {:>15} {:>6}  {:>13}",
            cell(&short(power), NAME - 2),
            units(power.units, power.unit),
            chance(power.pass),
            change(plan, power.metric.as_deref(), power.fails_from),
        ));
        if let Some(note) = &power.note {
            for line in wrap(&visible_line(note), LINE) {
                page.line(&format!("    {line}"));
            }
        }
    }
    page.line(&format!(
        "  {} {:>15} {:>6}  if independent",
        cell("all of them together", NAME - 2),
        "",
        chance(Some(all_pass(&plan.powers)))
    ));
    page.line("  fails from: the smallest change for the worse that fails with a chance of 80%");
}

fn minimum_detectable_effects(plan: &PlanSummary, page: &mut TerminalPage) {
    let columns = format!("{:>15} {:>21}", "units", "drop");
    table(page, "smallest drop seen with a chance of 80%", &columns);
    for sight in &plan.sights {
        page.line(&format!(
            "  {} {:>15} {:>21}",
            cell(&place(&sight.metric, sight.slice.as_ref()), NAME - 2),
            units(sight.units, sight.unit),
            change(plan, Some(&sight.metric), sight.drop)
        ));
    }
}

fn to_buy(plan: &PlanSummary, wanted: f64, page: &mut TerminalPage) {
    page.line("");
    for shopping in &plan.shopping {
        let metric = Some(shopping.metric.as_str());
        page.line(&format!(
            "to see {} in {}",
            change(plan, metric, Some(wanted)),
            visible_line(&place(&shopping.metric, shopping.slice.as_ref()))
        ));
        if shopping.drop_now.is_some_and(|drop| drop <= wanted) {
            page.line("  the plan sees it");
            continue;
        }
        ways(plan, shopping, page);
    }
    if !plan.cost.is_priced {
        page.line(
            "  prices are not known without a pilot: calls are counted, new questions are free",
        );
    } else if plan.question_usd <= 0.0 {
        page.line("  new questions count as free: --assume question-usd=5 prices their writing");
    }
}

fn ways(plan: &PlanSummary, shopping: &DesignOptions, page: &mut TerminalPage) {
    let rows = [
        ("planned", Some(&shopping.now), ""),
        (
            "more questions",
            shopping.more_questions.as_ref(),
            "no number of them is enough",
        ),
        (
            "more attempts",
            shopping.more_attempts.as_ref(),
            "no number of them is enough",
        ),
        (
            "more votes",
            shopping.more_votes.as_ref(),
            "no number of them is enough",
        ),
        ("cheapest", shopping.cheapest.as_ref(), "there is no way"),
    ];
    for (name, purchase, never) in rows {
        let shown = purchase.map_or_else(|| never.to_owned(), |one| bought(plan, one));
        page.line(&format!("  {name:<16}{shown}"));
    }
}

fn bought(plan: &PlanSummary, purchase: &RunDesign) -> String {
    let design = format!(
        "{} × {} × {}",
        plural(purchase.questions, "question"),
        times(purchase.attempts, "attempt"),
        times(purchase.votes, "vote")
    );
    match Usd::from_dollars(purchase.price) {
        Some(price) if plan.cost.is_priced => format!("{design:<44} {price:>10}"),
        _ => format!("{design:<44} {:>10.0} calls", purchase.price),
    }
}

/// A rule's name; of a slice's rule, the slice.
fn short(power: &RulePower) -> String {
    match &power.slice {
        Some(slice) => format!("{}={}", slice.tag, slice.value),
        None => power.id.clone(),
    }
}

fn place(metric: &str, slice: Option<&Slice>) -> String {
    match slice {
        Some(slice) => format!("{metric} {}={}", slice.tag, slice.value),
        None => metric.to_owned(),
    }
}

fn cell(text: &str, width: usize) -> String {
    pad(&cut_to_width(&visible_line(text), width), width)
}

fn units(units: usize, unit: Unit) -> String {
    if units == 0 {
        return String::new();
    }
    let name = unit.plural();
    let name = if units == 1 {
        name.trim_end_matches('s')
    } else {
        name
    };
    format!("{} {name}", format_count(units))
}

fn times(count: u32, noun: &str) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

/// Cut off, never rounded up: a chance of 79.6 % is not one of 80 %.
pub(super) fn chance(chance: Option<f64>) -> String {
    match chance {
        None => "?".to_owned(),
        Some(chance) if chance >= 0.99 => ">99%".to_owned(),
        Some(chance) if chance < 0.01 => "<1%".to_owned(),
        Some(chance) => format!("{:.0}%", (100.0 * chance).floor()),
    }
}

/// A change for the worse, with its sign.
fn change(plan: &PlanSummary, metric: Option<&str>, size: Option<f64>) -> String {
    let (Some(metric), Some(size)) = (metric, size) else {
        return String::new();
    };
    let spec = plan.metrics.get(metric).cloned();
    let Some(spec) = spec.or_else(|| builtin_metric(metric)) else {
        return String::new();
    };
    let (change, away) = match spec.direction {
        Direction::HigherIsBetter => (-size, Toward::Down),
        Direction::LowerIsBetter => (size, Toward::Up),
    };
    let unit = spec.shown_unit();
    // A tenth of a point is more than a plan knows.
    let rounded = (change * 1000.0).abs().ceil() / 1000.0 * change.signum();
    let scale = Scale::of_unit(&unit);
    NumberFormat::new(scale, true, &[rounded], None).with_unit(rounded, away)
}

fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        "a second".to_owned()
    } else if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}
