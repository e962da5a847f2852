//! `judge flips`: the same answers judged several times.

use groundgate_app::{AppError, judge_quality::FlipsRequest, project};
use groundgate_gate::quality::Flips;
use groundgate_report::visible_line;
use serde_json::json;

use super::{
    super::super::{
        args::{FlipsArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    show,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &FlipsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let health = args.health.asked();
    let found = terminal.app().flips(&FlipsRequest {
        config: &config,
        run: &args.run,
        times: args.times,
        sample: args.sample,
        judges: &args.judges.asked(),
        health,
    })?;
    show::wrote(health.map(|file| file.path), terminal);
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.flips/1",
            "times": args.times,
            "n_answers": found.n_answers,
            "metrics": found.metrics,
            "record": found.record.display().to_string(),
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&format!(
            "{} answers, each judged {} times",
            found.n_answers, args.times
        ));
        for one in &found.metrics {
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
