//! `judge agreement`, `compare` and `calibrate`: a record's scores beside people's labels.

use std::fmt::Write as _;

use groundgate_app::{
    AppError, Project,
    judge_quality::{CalibrateRequest, ComparedMetric, HealthFile, LabelledMetric, LabelsRequest},
};
use groundgate_gate::quality::Agreement;
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::{
    super::super::{
        args::{AgreementArgs, CalibrateArgs, CompareJudgesArgs, Global, JudgedLabelsArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    show,
};

/// Fewer labels than this say little.
const FEW_LABELS: usize = 50;

/// Rows of the curve of a graded score.
const CUTS_SHOWN: usize = 6;

/// What the arguments ask for.
fn asked<'a>(project: &'a Project, args: &'a JudgedLabelsArgs) -> LabelsRequest<'a> {
    LabelsRequest {
        project,
        labels: &args.labels,
        metrics: &args.metric,
        good_from: args.good_from,
    }
}

/// Runs `judge agreement`.
pub(super) fn agreement(
    global: &Global,
    args: &AgreementArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let health = args.health.as_deref();
    let found = terminal.app().agreement(
        &asked(&project, &args.labels),
        &args.run,
        health.map(|path| HealthFile { path, metric: None }),
    )?;
    show::wrote(health, terminal);
    let labels = &found.labels;
    if wants_json(global) {
        let agreements = found.metrics.iter().map(|one| &one.agreement);
        let document = json!({
            "schema": "groundgate.agreement/1",
            "run": found.run_id,
            "labels": {
                "digest": labels.digest.to_string(),
                "form": labels.form,
                "n": labels.labels.len(),
                "n_without_value": labels.n_without_value,
            },
            "agreements": agreements.collect::<Vec<_>>(),
            "stops": found.metrics.iter().map(needed_json).collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.print(&format!(
            "run {}, {} labels ({}, {})\n",
            found.run_id,
            labels.labels.len(),
            labels.form,
            labels.digest.short()
        ));
        for one in &found.metrics {
            terminal.print(&text(one, terminal.style().unicode));
        }
    }
    Ok(ExitCode::Done)
}

/// When labelling may stop.
fn needed_json(one: &LabelledMetric) -> Value {
    let threshold = one.needed.threshold();
    json!({
        "metric": one.agreement.metric,
        "bar": threshold.threshold,
        "rule": threshold.rule,
        "more_labels": one.needed.more(),
        "sentence": one.needed.to_string(),
    })
}

/// One judge on one metric, for people.
fn text(labelled: &LabelledMetric, unicode: bool) -> String {
    let (one, needed) = (&labelled.agreement, &labelled.needed);
    let table = one.confusion;
    let mut text = format!(
        "\n{}  judged by {}\n  {} labelled answers with a score; from {} on good\n\n",
        visible_line(&one.metric),
        visible_line(&one.judge),
        one.n,
        one.good_from
    );
    let _written = write!(
        text,
        "                     judge: good   judge: bad\n  \
         people: good     {:>15} {:>12}\n  \
         people: bad      {:>15} {:>12}\n\n",
        table.good_called_good, table.good_called_bad, table.bad_called_good, table.bad_called_bad
    );
    let mut row = |name: &str, value: String| {
        let _written = writeln!(text, "  {name:<21} {value}");
    };
    for (name, share) in [
        ("sensitivity (good)", one.sensitivity),
        ("specificity (bad)", one.specificity),
        ("accuracy", one.accuracy),
    ] {
        row(
            name,
            show::share_picture(share, unicode) + &show::share(share),
        );
    }
    let threshold = Some(needed.threshold().threshold);
    for (name, measure, threshold) in [
        ("Cohen's kappa", &one.kappa, threshold),
        ("Gwet's AC1", &one.ac1, None),
        ("Krippendorff's alpha", &one.alpha, None),
    ] {
        row(
            name,
            show::measure_picture(measure, threshold, unicode) + &show::measure(measure),
        );
    }
    if let Some(ranking) = &one.ranking {
        row(
            "AUROC",
            show::measure_picture(&ranking.auroc, None, unicode) + &show::measure(&ranking.auroc),
        );
    }
    if let (Some(j), Some(lower)) = (one.j, one.j_lower) {
        row(
            "J (sens. + spec. − 1)",
            format!(
                "{j:.2}, at least {lower:.2}: what is left of a difference on this judge's scale"
            ),
        );
    }
    if let Some(people) = &one.people_alpha {
        row(
            "people among them",
            format!(
                "{} alpha on {} answers",
                show::measure(people),
                one.n_several_people
            ),
        );
    }
    text.push_str(&curve(one));
    text.push_str(&notes(one));
    let _written = writeln!(text, "  {}", visible_line(&needed.to_string()));
    text
}

/// What other cuts of a graded score would recognize: the first, the last, some between, and the best.
fn curve(one: &Agreement) -> String {
    let mut text = String::new();
    let Some(ranking) = one.ranking.as_ref().filter(|own| own.is_graded()) else {
        return text;
    };
    let step = ranking.curve.len().div_ceil(CUTS_SHOWN);
    let best = ranking.best().map(|best| best.from);
    let _written = writeln!(
        text,
        "\n  judge good from   sensitivity   specificity       J"
    );
    for (at, cut) in ranking.curve.iter().enumerate() {
        let is_best = best == Some(cut.from);
        if at % step == 0 || is_best {
            let _written = writeln!(
                text,
                "  {:>15.3} {:>11.1} % {:>11.1} % {:>+7.2}{}",
                cut.from,
                100.0 * cut.sensitivity.value,
                100.0 * cut.specificity.value,
                cut.j(),
                if is_best {
                    "  greatest on these labels"
                } else {
                    ""
                }
            );
        }
    }
    text.push('\n');
    text
}

/// What is in none of the numbers.
fn notes(one: &Agreement) -> String {
    let mut text = String::new();
    for (count, what) in [
        (
            one.n_unscored,
            "labelled answers without a score of the judge: in none of the numbers",
        ),
        (
            one.n_nothing,
            "labelled answers of which the judge says that there is nothing to judge",
        ),
        (
            one.n_tied,
            "answers on which people are split evenly: in none of the numbers",
        ),
        (
            one.n_picked,
            "labels of answers that were picked for a reason: left out",
        ),
        (one.n_elsewhere, "labels of other cases, attempts or runs"),
    ] {
        if count > 0 {
            let _written = writeln!(text, "  note: {count} {what}");
        }
    }
    if one.n < FEW_LABELS {
        let _written = writeln!(
            text,
            "  note: intervals of fewer than {FEW_LABELS} labels are rough"
        );
    }
    text
}

/// Runs `judge compare`.
pub(super) fn compare(
    global: &Global,
    args: &CompareJudgesArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let runs = [args.first.as_str(), args.second.as_str()];
    let request = asked(&project, &args.labels);
    let found = terminal.app().compare_judges(&request, runs)?;
    if wants_json(global) {
        let rows = found.metrics.iter().map(|one| {
            json!({"metric": one.first.metric, "first": one.first, "second": one.second, "duel": one.duel})
        });
        let document = json!({
            "schema": "groundgate.judge-comparison/1",
            "runs": found.run_ids,
            "metrics": rows.collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        for one in &found.metrics {
            terminal.print(&compared_text(one));
        }
    }
    Ok(ExitCode::Done)
}

fn compared_text(compared: &ComparedMetric) -> String {
    let ComparedMetric {
        first,
        second,
        duel,
    } = compared;
    let bound = |bound: Option<f64>| bound.map_or("-".to_owned(), |b| format!("{:+.1}", 100.0 * b));
    let mut text = format!(
        "{} on {} labelled answers that both scored\n  1  {}\n  2  {}\n\n",
        visible_line(&first.metric),
        duel.n,
        visible_line(&first.judge),
        visible_line(&second.judge)
    );
    let mut row = |name: &str, of: &dyn Fn(&Agreement) -> String| {
        let _written = writeln!(text, "  {name:<16} {:<34} {}", of(first), of(second));
    };
    row("sensitivity", &|one| show::share(one.sensitivity));
    row("specificity", &|one| show::share(one.specificity));
    row("accuracy", &|one| show::share(one.accuracy));
    row("Cohen's kappa", &|one| show::measure(&one.kappa));
    row("Gwet's AC1", &|one| show::measure(&one.ac1));
    let _written = write!(
        text,
        "\n  right: both {}, only 1 {}, only 2 {}, neither {}\n  \
         2 − 1: {:+.1} points [{}, {}], p = {:.3}\n",
        duel.both_right,
        duel.only_first_right,
        duel.only_second_right,
        duel.both_wrong,
        100.0 * duel.difference,
        bound(duel.lower),
        bound(duel.upper),
        duel.p_value
    );
    text
}

/// Runs `judge calibrate`.
pub(super) fn calibrate(
    global: &Global,
    args: &CalibrateArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let found = terminal.app().calibrate(&CalibrateRequest {
        labels: asked(&project, &args.labels),
        run: &args.run,
        into: args.into.as_deref(),
    })?;
    for judge in &found.unfit {
        terminal.report(&format!(
            "warning: J of `{}` may be {:.2}; the gate will refuse rules that rest on this judge",
            judge.metric, judge.j_lower
        ));
    }
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.calibration/1",
            "labels": found.labels,
            "tables": found.tables,
        });
        terminal.line(&document.to_string());
    } else if found.written.is_none() {
        terminal.print(&found.tables.join("\n"));
    }
    if let Some(path) = &found.written {
        terminal.note(&format!(
            "wrote {} calibrations into {}",
            found.tables.len(),
            path.display()
        ));
    }
    Ok(ExitCode::Done)
}
