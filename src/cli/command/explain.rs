//! `groundgate explain`: a case with what its scores came from, a rule, or an exit code.

use std::fmt::Write as _;

use groundgate_app::{AppError, ExplainRequest, Explained, ExplainedCase, Project};
use groundgate_gate::{Policy, Rule};
use groundgate_model::{
    eval_set::Case,
    exchange::Passage,
    trial::{Call, Callee, ClaimFinding, Label, Reply},
};
use groundgate_record::StoredTrial;
use groundgate_report::{visible_line, visible_text};
use serde_json::{Value, json};

use super::{
    super::{
        args::{ExplainArgs, ExplainCommand, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    explain_mlflow,
};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ExplainArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if let Some(ExplainCommand::Mlflow(args)) = &args.whose {
        return explain_mlflow::run(global, args, terminal);
    }
    let subject = args.subject.as_deref().unwrap_or_default();
    if let Some(code) = ExitCode::ALL
        .iter()
        .find(|code| code.number().to_string() == subject)
    {
        terminal.line(&format!("exit code {}: {}", code.number(), code.meaning()));
        return Ok(ExitCode::Done);
    }
    let explained = terminal.app().explain(&ExplainRequest {
        project: &Project::find(global.config.as_deref())?,
        subject,
        run: &args.run,
    })?;
    match explained {
        Explained::Case(case) if wants_json(global) => {
            terminal.line(&case_document(&case).to_string());
        }
        Explained::Case(case) => terminal.print(&case_text(&case, args.calls, terminal)),
        Explained::Rule { policy, rule } => terminal.print(&explain_rule(&policy, &rule)),
        Explained::Settings { part, settings } => {
            terminal.print(&explain_settings(&part, &settings));
        }
    }
    Ok(ExitCode::Done)
}

fn explain_settings(part: &str, settings: &[(&str, String)]) -> String {
    let mut text = format!("{}\n", visible_line(part));
    for (key, value) in settings {
        let _written = writeln!(text, "  {key:<12} {}", visible_line(value));
    }
    text.push_str("  what is missing, stale or from the future is inconclusive\n");
    text
}

fn explain_rule(policy: &Policy, rule: &Rule) -> String {
    let mut text = format!("{} ({})\n", visible_line(&rule.id), rule.kind.name());
    if let Some(why) = &rule.why {
        let _written = writeln!(text, "  why      {}", visible_line(why));
    }
    let _written = writeln!(
        text,
        "  asks     {}",
        visible_line(&format!("{:?}", rule.kind))
    );
    if let Some(line) = rule.line {
        let _written = writeln!(
            text,
            "  line     {line} of policy {}",
            visible_line(&policy.name)
        );
    }
    let statistics = &policy.statistics;
    let _written = writeln!(
        text,
        "  passes   when the opposite is rejected at an error rate of {}; undecided is inconclusive",
        statistics.alpha_pass
    );
    text
}

fn case_document(explained: &ExplainedCase) -> Value {
    let attempts = explained.attempts.iter().enumerate();
    let calls = attempts.flat_map(|(attempt, answer)| {
        answer.calls.iter().map(move |call| {
            json!({
                "attempt": attempt,
                "callee": match &call.key.callee {
                    Callee::Copilot => "copilot",
                    Callee::Judge(name) => name,
                },
                "vote": call.key.vote,
                "round": call.key.round,
                "request": call.request.as_ref().map(ToString::to_string),
                "reply": call.result.as_ref().ok(),
                "failure": call.result.as_ref().err(),
            })
        })
    });
    let calls: Vec<Value> = calls.collect();
    json!({"schema": "groundgate.case/1", "run": explained.run, "case": explained.case, "calls": calls})
}

fn case_text(explained: &ExplainedCase, with_calls: bool, terminal: &Terminal) -> String {
    let mut text = head(&explained.case);
    for (index, attempt) in explained.attempts.iter().enumerate() {
        if explained.attempts.len() > 1 {
            let _written = writeln!(text, "attempt {}", index + 1);
        }
        text.push_str(&explain_trial(&attempt.trial, terminal));
        let calls = attempt.calls.iter().filter(|_| with_calls);
        text.extend(calls.map(explain_call));
    }
    for one in &explained.disagreements {
        let panel = visible_line(&one.panel);
        let _written = writeln!(
            text,
            "   in this run the jurors of {panel} disagree: {}",
            one.what
        );
    }
    text
}

fn head(case: &Case) -> String {
    let mut text = String::new();
    for turn in &case.history {
        let _written = writeln!(
            text,
            "   ({}) {}",
            turn.role.name(),
            visible_line(&turn.text)
        );
    }
    let _written = writeln!(text, "Q  {}", visible_line(&case.question));
    if let Some(reference) = &case.reference_answer {
        let _written = writeln!(text, "R  {}", visible_line(reference));
    }
    for fact in &case.expected_facts {
        let _written = writeln!(text, "   expects: {}", visible_line(fact));
    }
    text
}

fn explain_trial(trial: &StoredTrial, terminal: &Terminal) -> String {
    let mut text = String::new();
    let passages = match &trial.answer {
        None => {
            text.push_str("A  not run\n");
            return text;
        }
        Some(Err(failure)) => {
            let _written = writeln!(text, "A  none: {}", visible_line(&failure.to_string()));
            return text;
        }
        Some(Ok(answer)) => {
            let shown = visible_text(&answer.text).replace('\n', "\n   ");
            let _written = writeln!(text, "A  {shown}");
            answer.passages.clone().unwrap_or_default()
        }
    };
    let mut shown: Vec<&[ClaimFinding]> = Vec::new();
    for (metric, detail) in &trial.details {
        let _written = writeln!(
            text,
            "   {:<18} {}",
            visible_line(metric),
            visible_line(&detail.explanation)
        );
        if !detail.claims.is_empty() && !shown.contains(&detail.claims.as_slice()) {
            shown.push(&detail.claims);
            for claim in &detail.claims {
                text.push_str(&explain_claim(claim, &passages, terminal));
            }
        }
    }
    text
}

/// A judge's call as it was sent, and what came back; nothing of the copilot's, which is shown above.
fn explain_call(call: &Call) -> String {
    let (Callee::Judge(name), Some(request)) = (&call.key.callee, &call.request) else {
        return String::new();
    };
    let indented = |text: &str| visible_text(text).replace('\n', "\n     ");
    let reply = match &call.result {
        Ok(Reply::Chat(reply)) => reply.text.clone(),
        Ok(Reply::Answer(_)) => String::new(),
        Err(failure) => format!("none: {failure}"),
    };
    let name = name.replacen('/', ", juror ", 1);
    format!(
        "   judge {}, vote {}{}\n   sent\n     {}\n   replied\n     {}\n",
        visible_line(&name),
        call.key.vote + 1,
        if call.key.round % 2 == 1 {
            ", asked once more"
        } else {
            ""
        },
        indented(&request.to_string()),
        indented(&reply)
    )
}

fn explain_claim(claim: &ClaimFinding, passages: &[Passage], terminal: &Terminal) -> String {
    let glyph = match (claim.label, terminal.unicode) {
        (Label::Supported, true) => "✔",
        (Label::Supported, false) => "+",
        (Label::Contradicted, true) => "✖",
        (Label::Contradicted, false) => "x",
        (Label::NotFound, true) => "◐",
        (Label::NotFound, false) => "?",
        (Label::NotAClaim, _) => "-",
    };
    let mut text = format!(
        "     {glyph} {} {}: {}\n",
        visible_line(&claim.id),
        claim.label.name(),
        visible_line(&claim.text)
    );
    for reason in &claim.reasons {
        let _written = writeln!(text, "         {}", visible_line(&reason.to_string()));
    }
    if let Some(evidence) = &claim.evidence
        && let Some(passage) = passages.get(evidence.passage)
        && let Some(quote) = passage.text.get(evidence.start..evidence.end)
    {
        let name = passage.id.as_deref().unwrap_or("passage");
        let _written = writeln!(
            text,
            "         {} {}, bytes {}–{}: “{}”",
            evidence.passage + 1,
            visible_line(name),
            evidence.start,
            evidence.end,
            visible_line(quote)
        );
    }
    text
}
