//! `judge flips`: the same answers judged several times.

use std::collections::BTreeMap;

use groundgate_gate::quality::Flips;
use groundgate_model::trial::Column;
use groundgate_report::visible_line;
use serde_json::json;

use super::{
    super::super::{
        args::{FlipsArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    health::{self, Measured},
    show,
};
use groundgate_app::{
    AppError, ErrorClass, project,
    rejudge::{self, AnsweredCase, Answers, Judging, sample},
    runs,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &FlipsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if !(2..=25).contains(&args.times) {
        return Err(AppError::usage("--times is a number from 2 to 25"));
    }
    let config = project::config(global.config.as_deref())?;
    let source = Answers::of_run(&runs::open(&config.runs_dir, &args.run)?)?;
    let sample = sample(source.answered(), args.sample, config.seed);
    if sample.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "the run has no answer".to_string(),
        ));
    }
    let answers = repeated(sample, args.times);
    let asked = rejudge::chosen(&config, &args.judges.asked())?;
    let cap = rejudge::cap(&config, &args.judges.asked())?;
    let judging = Judging::apart(&config, asked, cap);
    let judged = judging.judge(&answers, &terminal.app())?;
    let table = rejudge::whole(&judged)?.score_table()?;
    let times = usize::try_from(args.times).unwrap_or(1);
    let flips = |column: &Column| Flips::of(column, times);
    let scores = (table.columns.values()).filter(|one| one.metric.panel().is_none());
    let found: Vec<Flips> = scores.filter_map(flips).collect();
    let judge_of = |metric: &str| table.columns.get(metric).map(|column| column.instrument);
    let measured = found.iter().filter_map(|one| {
        let judge = judge_of(&one.metric)?.to_string();
        Some(Measured::flips(one, judge, terminal))
    });
    let (path, metric) = (args.health.as_deref(), args.metric.as_deref());
    health::write(path, metric, measured, terminal)?;
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.flips/1",
            "times": args.times,
            "n_answers": answers.cases.len(),
            "metrics": found,
            "record": judged.path.display().to_string(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&format!(
            "{} answers, each judged {} times",
            answers.cases.len(),
            args.times
        ));
        for one in &found {
            terminal.print(&text(one, terminal.style().unicode));
        }
    }
    Ok(ExitCode::Done)
}

fn text(one: &Flips, unicode: bool) -> String {
    format!(
        "\n{}  judged by {}\n  flip rate              {}{}  the chance that two judgments differ\n  \
         Krippendorff's alpha   {}\n  answers that flipped   {} of {}\n  without a score        {} judgments\n",
        visible_line(&one.metric),
        visible_line(&one.judge),
        show::measure_picture(&one.flip_rate, None, unicode),
        show::rate(&one.flip_rate),
        show::measure(&one.alpha),
        one.n_flipped,
        one.n_answers,
        one.n_unscored
    )
}

/// Each answer as often as it is to be judged.
fn repeated(sample: Vec<AnsweredCase>, times: u32) -> Answers {
    let n = usize::try_from(times).unwrap_or(1);
    let mut answers = BTreeMap::new();
    let mut once = Answers::of_cases("flips", sample);
    for (place, answer) in &once.given {
        for attempt in 0..n {
            answers.insert(place * n + attempt, answer.clone());
        }
    }
    once.given = answers;
    once.attempts = times;
    once
}
