//! `judge prefer`: two runs' answers side by side, in both orders, without names.

use groundgate_app::{AppError, judge_quality::PreferRequest, project};
use groundgate_gate::quality::Preference;
use groundgate_report::visible_line;
use groundgate_stats::agreement::PositionBias;
use serde_json::json;

use super::super::super::{
    args::{Global, PreferArgs},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &PreferArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let found = terminal.app().prefer(&PreferRequest {
        config: &config,
        base: &args.base,
        candidate: &args.candidate,
        sample: args.sample,
        judges: &args.judges.asked(),
    })?;
    let bias = found.bias;
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.preference/1",
            "metrics": found.metrics,
            "first_shown_wins_more_often_by": bias.map(|bias| bias.bias),
            "position_bias_p_value": bias.map(|bias| bias.p_value),
            "record": found.record.display().to_string(),
        });
        terminal.line(&document.to_string());
    } else {
        for one in &found.metrics {
            terminal.print(&text(one));
        }
        terminal.print(&bias_text(bias));
    }
    Ok(ExitCode::Done)
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
