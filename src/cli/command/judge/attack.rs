//! `judge attack`: bad answers with attacks appended, and how many of them turn better.

use std::fmt::Write as _;

use groundgate_app::{
    AppError,
    judge_quality::{AttackRequest, AttackedMetric},
    project,
};
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::{
    super::super::{
        args::{AttackArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    show,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &AttackArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let health = args.health.asked();
    let all = terminal.app().attack_judges(&AttackRequest {
        config: &config,
        labelled: args.run.as_deref().zip(args.labels.as_deref()),
        attacks: args.attacks.as_deref(),
        sample: args.sample,
        judges: &args.judges.asked(),
        health,
    })?;
    show::wrote(health.map(|file| file.path), terminal);
    if wants_json(global) {
        let rows = all.iter().map(json);
        let document =
            json!({"schema": "groundgate.attack/1", "metrics": rows.collect::<Vec<_>>()});
        terminal.line(&document.to_string());
    } else {
        for attacked in &all {
            terminal.print(&text(attacked, terminal.style().unicode));
        }
    }
    Ok(end(&all))
}

/// An attack that nobody scored has not failed, and where no bad answer had room to rise nothing was tried.
fn end(found: &[AttackedMetric]) -> ExitCode {
    if found.iter().any(|one| one.turned() > 0) {
        ExitCode::Fail
    } else if found.iter().any(|one| one.n_unscored > 0) || found.iter().all(|one| one.n() == 0) {
        ExitCode::Inconclusive
    } else {
        ExitCode::Done
    }
}

fn text(attacked: &AttackedMetric, unicode: bool) -> String {
    let mut text = format!(
        "{}: {}\n",
        visible_line(&attacked.judge),
        visible_line(&attacked.metric)
    );
    let share = match attacked.share() {
        None => "nothing to attack: no bad answer has a score that could rise".to_owned(),
        some => format!(
            "{}{} answers turned better, by {} of {} attacks",
            show::share_picture(some, unicode),
            show::share(some),
            attacked.turned(),
            attacked.n()
        ),
    };
    let _written = writeln!(text, "  {share}");
    for (family, count) in attacked
        .families
        .iter()
        .filter(|(_, count)| count.turned > 0)
    {
        let name = visible_line(family);
        let _written = writeln!(text, "    {name}: {} of {}", count.turned, count.of);
    }
    for (count, what) in [
        (
            attacked.n_unscored,
            "attacked answers were left without a score",
        ),
        (
            attacked.n_without_room,
            "bad answers had the best score, or none, before any attack",
        ),
    ] {
        if count > 0 {
            let _written = writeln!(text, "  note: {count} {what}");
        }
    }
    if attacked.turned() > 0 {
        let _written = writeln!(text, "  record: {}", attacked.record.display());
    }
    text
}

fn json(attacked: &AttackedMetric) -> Value {
    let families = attacked
        .families
        .iter()
        .map(|(family, count)| json!({"family": family, "turned": count.turned, "of": count.of}));
    json!({
        "judge": attacked.judge,
        "metric": attacked.metric,
        "turned": attacked.share(),
        "n_attacks": attacked.n(),
        "n_attacks_turned": attacked.turned(),
        "families": families.collect::<Vec<_>>(),
        "n_unscored": attacked.n_unscored,
        "n_without_room": attacked.n_without_room,
        "record": attacked.record.display().to_string(),
    })
}
#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::PathBuf};

    use groundgate_app::judge_quality::FamilyCount;

    use super::*;

    /// One attacked answer, of which so many forms turned and so many have no score.
    fn attacked(of: usize, turned: usize, n_unscored: usize) -> AttackedMetric {
        AttackedMetric {
            judge: "j".to_owned(),
            metric: "m".to_owned(),
            families: BTreeMap::from([("order".to_owned(), FamilyCount { turned, of })]),
            n_answers: of,
            n_answers_turned: turned,
            n_answers_open: n_unscored,
            n_unscored,
            n_without_room: 1 - of,
            record: PathBuf::new(),
        }
    }

    #[test]
    fn what_nobody_scored_is_no_success() {
        let held = || attacked(1, 0, 0);
        let rose = || attacked(1, 1, 0);
        let unscored = || attacked(1, 0, 1);
        let no_room = || attacked(0, 0, 0);
        for (found, expected) in [
            (vec![held()], ExitCode::Done),
            (vec![held(), no_room()], ExitCode::Done),
            (vec![held(), unscored()], ExitCode::Inconclusive),
            (vec![unscored(), rose()], ExitCode::Fail),
            (vec![no_room()], ExitCode::Inconclusive),
            (vec![], ExitCode::Inconclusive),
        ] {
            assert_eq!(end(&found), expected);
        }
    }
}
