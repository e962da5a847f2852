//! `judge agreement`, `compare` and `calibrate`: a record's scores beside people's labels.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _, path::Path};

use groundgate_gate::quality::{
    Agreement, CalibrationText, Duel, JoinError, Joined, good_from, into_policy, join,
    labels::{self, Labels},
};
use groundgate_model::trial::meant;
use groundgate_report::visible_line;
use groundgate_stats::{
    agreement::{LabelCount, LabelsNeeded},
    correction::JUDGE_QUALITY_MIN,
};
use serde_json::{Value, json};

use super::{
    super::super::{
        args::{AgreementArgs, CalibrateArgs, CompareJudgesArgs, Global, JudgedLabelsArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    health::{self, Measured},
    show,
};
use groundgate_app::{
    AppError, ErrorClass, agreement_threshold, assemble::Loaded, clock, files, project, runs,
};

/// Fewer labels than this say little.
const FEW_LABELS: usize = 50;

/// Labels with the table that they are about.
struct Labelled {
    loaded: Loaded,
    labels: Labels,
}

impl Labelled {
    fn read(global: &Global, run: &str, labels: &Path) -> Result<Self, AppError> {
        let directory = project::runs_dir(global.config.as_deref())?;
        let loaded = Loaded::new(runs::open(&directory, run)?)?;
        let labels = read_labels(labels)?;
        Ok(Self { loaded, labels })
    }

    /// The metrics that are asked for, or all of the run's that have labels.
    fn metrics(&self, args: &JudgedLabelsArgs) -> Result<Vec<String>, AppError> {
        if !args.metric.is_empty() {
            return Ok(args.metric.clone());
        }
        let is_measured = |name: &str| self.loaded.table.columns.contains_key(name);
        let labelled: BTreeSet<Cow<'_, str>> = (self.labels.labels.iter())
            .map(|label| meant(&label.metric, is_measured))
            .collect();
        let measured = labelled.iter().filter(|name| is_measured(name));
        let metrics: Vec<String> = measured.map(|name| name.clone().into_owned()).collect();
        if metrics.is_empty() {
            let names: Vec<&str> = labelled.iter().map(AsRef::as_ref).collect();
            return Err(AppError::invalid(format!(
                "the labels are of {}, which the run does not measure",
                visible_line(&names.join(", "))
            )));
        }
        Ok(metrics)
    }

    fn joined(&self, metric: &str) -> Result<Joined<'_>, AppError> {
        join(&self.loaded.table, metric, &self.labels).map_err(invalid)
    }

    fn agreements(&self, args: &JudgedLabelsArgs) -> Result<Vec<Agreement>, AppError> {
        let one = |metric: &String| {
            let joined = self.joined(metric)?;
            Ok(Agreement::of(&joined, threshold(args, &joined)?))
        };
        self.metrics(args)?.iter().map(one).collect()
    }
}

fn invalid(error: JoinError) -> AppError {
    AppError::new(ErrorClass::Invalid, error)
}

/// Reads a file of labels.
pub(super) fn read_labels(path: &Path) -> Result<Labels, AppError> {
    Ok(labels::read(
        &path.display().to_string(),
        &files::read_text(path)?,
    )?)
}

fn threshold(args: &JudgedLabelsArgs, joined: &Joined<'_>) -> Result<f64, AppError> {
    let metric = &joined.column.metric;
    (args.good_from)
        .or_else(|| good_from(metric))
        .ok_or_else(|| invalid(JoinError::NotAScore(metric.name.clone())))
}

/// Runs `judge agreement`.
pub(super) fn agreement(
    global: &Global,
    args: &AgreementArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let labelled = Labelled::read(global, &args.run, &args.labels.labels)?;
    let agreements = labelled.agreements(&args.labels)?;
    let known = agreement_threshold::known(&labelled.loaded.reader);
    let stops = agreements.iter().map(|one| {
        let [good, bad] =
            (one.recognized()).map(|(right, labelled)| LabelCount { right, labelled });
        LabelsNeeded::new(
            agreement_threshold::of_metric(global.config.as_deref(), &known, &one.metric),
            good,
            bad,
        )
    });
    let stops: Vec<LabelsNeeded> = stops.collect();
    let judged_at = &labelled.loaded.reader.header().created_at;
    let measured = agreements
        .iter()
        .map(|one| Measured::agreement(one, judged_at));
    health::write(args.health.as_deref(), None, measured, terminal)?;
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.agreement/1",
            "run": labelled.loaded.table.run_id,
            "labels": {
                "digest": labelled.labels.digest.to_string(),
                "form": labelled.labels.form,
                "n": labelled.labels.labels.len(),
                "n_without_value": labelled.labels.n_without_value,
            },
            "agreements": agreements,
            "stops": agreements.iter().zip(&stops).map(stop_json).collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        let head = format!(
            "run {}, {} labels ({}, {})\n",
            labelled.loaded.table.run_id,
            labelled.labels.labels.len(),
            labelled.labels.form,
            labelled.labels.digest.short()
        );
        terminal.print(&head);
        for (one, stop) in agreements.iter().zip(&stops) {
            terminal.print(&text(one, stop, terminal.style().unicode));
        }
    }
    Ok(ExitCode::Done)
}

/// When labelling may stop.
fn stop_json((one, stop): (&Agreement, &LabelsNeeded)) -> Value {
    let threshold = stop.threshold();
    json!({
        "metric": one.metric,
        "bar": threshold.threshold,
        "rule": threshold.rule,
        "more_labels": stop.more(),
        "sentence": stop.to_string(),
    })
}

/// One judge on one metric, for people.
fn text(one: &Agreement, stop: &LabelsNeeded, unicode: bool) -> String {
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
    let threshold = Some(stop.threshold().threshold);
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
    text.push_str(&notes(one));
    let _written = writeln!(text, "  {}", visible_line(&stop.to_string()));
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
    let first = Labelled::read(global, &args.first, &args.labels.labels)?;
    let second = Labelled::read(global, &args.second, &args.labels.labels)?;
    let cases = |labelled: &Labelled| -> Vec<_> {
        (labelled.loaded.table.cases.iter())
            .map(|case| case.digest)
            .collect()
    };
    let (one, other) = (&first.loaded.table, &second.loaded.table);
    if cases(&first) != cases(&second) || one.attempts != other.attempts {
        return Err(
            AppError::invalid("the two runs are not of the same answers").with_help(
                "`groundgate rejudge RUN` has the answers of a run judged by other judges",
            ),
        );
    }
    let mut duels = Vec::new();
    for metric in first.metrics(&args.labels)? {
        let (ours, theirs) = (first.joined(&metric)?, second.joined(&metric)?);
        let from = threshold(&args.labels, &ours)?;
        let duel = Duel::of(&ours, &theirs, from)
            .map_err(|error| AppError::new(ErrorClass::Invalid, error))?;
        duels.push((
            Agreement::of(&ours, from),
            Agreement::of(&theirs, from),
            duel,
        ));
    }
    if wants_json(global) {
        let rows = duels.iter().map(|(first, second, duel)| {
            json!({"metric": first.metric, "first": first, "second": second, "duel": duel})
        });
        let document = json!({
            "schema": "groundgate.judge-comparison/1",
            "runs": [one.run_id, other.run_id],
            "metrics": rows.collect::<Vec<_>>(),
        });
        terminal.line(&document.to_string());
    } else {
        for duel in &duels {
            terminal.print(&duel_text(duel));
        }
    }
    Ok(ExitCode::Done)
}

fn duel_text((first, second, duel): &(Agreement, Agreement, Duel)) -> String {
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
    let labelled = Labelled::read(global, &args.run, &args.labels.labels)?;
    let at = clock::rfc3339(terminal.now());
    let day: String = at.chars().take(10).collect();
    let digest = labelled.labels.digest.to_string();
    let mut calibrations = Vec::new();
    for agreement in labelled.agreements(&args.labels)? {
        let text = CalibrationText::new(&agreement, &digest, &day).ok_or_else(|| {
            AppError::invalid(format!(
                "people called all labelled answers alike on `{}`; a calibration needs good ones and bad ones",
                agreement.metric
            ))
            .with_help("label more answers; bad ones are found sooner among those the judge calls bad, but then the labels are no random sample")
        })?;
        if agreement
            .j_lower
            .is_some_and(|lower| lower <= JUDGE_QUALITY_MIN)
        {
            terminal.report(&format!(
                "warning: J of `{}` may be {:.2}; the gate will refuse rules that rest on this judge",
                agreement.metric,
                agreement.j_lower.unwrap_or(0.0)
            ));
        }
        calibrations.push(text);
    }
    if wants_json(global) {
        let tables: Vec<&str> = calibrations.iter().map(CalibrationText::toml).collect();
        let document =
            json!({"schema": "groundgate.calibration/1", "labels": digest, "tables": tables});
        terminal.line(&document.to_string());
    }
    match &args.into {
        Some(path) => {
            let policy = into_policy(&files::read_text(path)?, &calibrations);
            files::write(path, &policy)?;
            terminal.note(&format!(
                "wrote {} calibrations into {}",
                calibrations.len(),
                path.display()
            ));
        }
        None if !wants_json(global) => {
            let texts: Vec<&str> = calibrations.iter().map(CalibrationText::toml).collect();
            terminal.print(&texts.join("\n"));
        }
        None => {}
    }
    Ok(ExitCode::Done)
}
