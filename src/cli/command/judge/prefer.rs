//! `judge prefer`: two runs' answers side by side, in both orders, without names.

use std::collections::BTreeMap;

use groundgate_app::config::JudgeConfig;
use groundgate_gate::quality::{ALPHA, Preference};
use groundgate_judge::Mode;
use groundgate_model::trial::Reply;
use groundgate_record::Reader;
use groundgate_report::visible_line;
use groundgate_stats::agreement::{PositionBias, position_bias};
use serde::Deserialize;
use serde_json::json;

use super::super::super::{
    args::{Global, PreferArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{
    AppError, ErrorClass, judge_spec, project,
    rejudge::{self, AnsweredCase, Answers, Judging, sample},
    runs,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &PreferArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let side = |name: &str| -> Result<Vec<AnsweredCase>, AppError> {
        let reader = runs::open(&config.runs_dir, name)?;
        Ok(Answers::of_run(&reader)?.answered())
    };
    let pairs = sample(
        pairs(side(&args.base)?, side(&args.candidate)?),
        args.sample,
        config.seed,
    );
    if pairs.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            "the two runs have no answered question in common".to_string(),
        ));
    }
    let comparing = pairwise(rejudge::chosen(&config, &args.judges.asked())?)?;
    let cap = rejudge::cap(&config, &args.judges.asked())?;
    let judging = Judging::apart(&config, comparing, cap);
    let judged = judging.judge(&Answers::of_cases("pairs", pairs), &terminal.app())?;
    let reader = rejudge::whole(&judged)?;
    let table = reader.score_table()?;
    let bias = bias(&reader, table.planned())?;
    let found: Vec<Preference> = (table.columns.values())
        .filter(|column| column.metric.panel().is_none())
        .filter_map(|column| Preference::of(&column.metric.name, &column.cells))
        .collect();
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.preference/1",
            "metrics": found,
            "first_shown_wins_more_often_by": bias.map(|bias| bias.bias),
            "position_bias_p_value": bias.map(|bias| bias.p_value),
            "record": judged.path.display().to_string(),
        });
        terminal.line(&document.to_string());
    } else {
        for one in &found {
            terminal.print(&text(one));
        }
        terminal.print(&bias_text(bias));
    }
    Ok(ExitCode::Done)
}

/// The candidate's answers; what each is compared with stands where a reference answer would.
fn pairs(base: Vec<AnsweredCase>, candidate: Vec<AnsweredCase>) -> Vec<AnsweredCase> {
    let others: BTreeMap<String, AnsweredCase> = (base.into_iter())
        .map(|one| (one.case.id.clone(), one))
        .collect();
    let same = candidate.into_iter().filter_map(|mut one| {
        let other = others.get(&one.case.id)?;
        if other.case.digest() != one.case.digest() {
            return None;
        }
        one.case.reference_answer = Some(other.answer.text.clone());
        Some(one)
    });
    same.collect()
}

/// Those judges that compare.
fn pairwise(judges: Vec<JudgeConfig>) -> Result<Vec<JudgeConfig>, AppError> {
    let mut found = Vec::new();
    for judge in judges {
        if judge_spec::spec(&judge)?.is_some_and(|spec| spec.mode == Mode::Pairwise) {
            found.push(judge);
        }
    }
    if found.is_empty() {
        return Err(
            AppError::invalid("no judge of the configuration compares two answers")
                .with_help("add a [[judge]] with spec = \"preference\""),
        );
    }
    Ok(found)
}

fn text(one: &Preference) -> String {
    let percent =
        |bound: Option<f64>| bound.map_or("-".to_owned(), |bound| format!("{:.1}", 100.0 * bound));
    format!(
        "{}: the candidate wins {}, ties {}, loses {}{}\n  preferred {:.1} % [{}, {}]; 50 % is even\n",
        visible_line(&one.metric),
        one.wins,
        one.ties,
        one.losses,
        if one.n_unscored > 0 {
            format!(", {} without a score", one.n_unscored)
        } else {
            String::new()
        },
        100.0 * one.estimate.point,
        percent(one.estimate.lower),
        percent(one.estimate.upper)
    )
}

/// What a pairwise reply says, for counting places only; scores come from the record.
#[derive(Deserialize)]
struct Label {
    label: String,
}

/// How often the answer shown first wins, over all replies that decide.
fn bias(reader: &Reader, planned: usize) -> Result<Option<PositionBias>, AppError> {
    let (mut first, mut decided) = (0, 0);
    for trial in 0..planned {
        for call in reader.calls_of(trial)? {
            let Ok(Reply::Chat(reply)) = call.result else {
                continue;
            };
            match serde_json::from_str::<Label>(&reply.text) {
                Ok(said) if said.label == "first" => {
                    first += 1;
                    decided += 1;
                }
                Ok(said) if said.label == "second" => decided += 1,
                _ => {}
            }
        }
    }
    Ok(position_bias(first, decided, ALPHA).ok())
}

fn bias_text(bias: Option<PositionBias>) -> String {
    match bias {
        None => "  no reply decided between the two\n".to_owned(),
        Some(bias) => format!(
            "  the answer shown first wins {:.1} % of decided replies (50 % is fair, p = {:.3})\n",
            50.0 + 100.0 * bias.bias,
            bias.p_value
        ),
    }
}
