//! `groundgate explain`: a case with what its scores came from, a rule, or an exit code.

use std::fmt::Write as _;

use groundgate_gate::{KnownMetrics, Policy, Rule, environments, settings_of};
use groundgate_model::{
    eval_set::Case,
    exchange::Passage,
    trial::{Call, Callee, ClaimFinding, Label, Reply},
};
use groundgate_record::{Reader, StoredTrial};
use groundgate_report::{visible_line, visible_text};
use serde_json::json;

use super::super::{
    args::{ExplainArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{AppError, Project, assemble::Loaded, project, runs};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ExplainArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if let Some(code) = ExitCode::ALL
        .iter()
        .find(|code| code.number().to_string() == args.subject)
    {
        terminal.line(&format!("exit code {}: {}", code.number(), code.meaning()));
        return Ok(ExitCode::Done);
    }
    let directory = project::runs_dir(global.config.as_deref())?;
    let reader = runs::open(&directory, &args.run);
    if let Ok(reader) = &reader {
        let cases = reader.cases()?;
        if let Some(index) = cases.iter().position(|case| case.id == args.subject) {
            let wanted = (index, cases.get(index), args.calls);
            return case(global, reader, wanted, terminal);
        }
    }
    let known = match &reader {
        Ok(reader) => Loaded::new(Reader::open(reader.path())?)?.known_metrics(),
        Err(_) => KnownMetrics::new(),
    };
    if let Ok(Some(text)) = explained(global, &args.subject, &known) {
        terminal.print(&text);
        return Ok(ExitCode::Done);
    }
    reader?;
    Err(AppError::invalid(format!(
        "`{}` is neither a case of run `{}`, nor a rule of the policy, nor an exit code",
        args.subject, args.run
    ))
    .with_help("`groundgate report` names the cases worth a look"))
}

/// What a rule or an approval of the policy asks, in the first environment that has it.
fn explained(
    global: &Global,
    subject: &str,
    known: &KnownMetrics,
) -> Result<Option<String>, AppError> {
    let source = Project::find(global.config.as_deref())?.policy_source(None)?;
    let id = subject.split('/').next().unwrap_or(subject);
    let named = environments(&source.to_string(), &source.text()?)?.into_iter();
    for environment in std::iter::once(None).chain(named.map(Some)) {
        let Ok(policy) = source.policy(environment.as_deref(), known) else {
            continue;
        };
        if let Some(rule) = policy.rules.iter().find(|rule| rule.id == id) {
            return Ok(Some(explain_rule(&policy, rule)));
        }
        let parts = [format!("rule {id}"), format!("approval {id}")];
        let found = settings_of(&policy).into_iter();
        if let Some((part, settings)) = found.into_iter().find(|(part, _)| parts.contains(part)) {
            let mut text = format!("{}\n", visible_line(&part));
            for (key, value) in settings {
                let _written = writeln!(text, "  {key:<12} {}", visible_line(&value));
            }
            text.push_str("  what is missing, stale or from the future is inconclusive\n");
            return Ok(Some(text));
        }
    }
    Ok(None)
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

fn case(
    global: &Global,
    reader: &Reader,
    (index, case, with_calls): (usize, Option<&Case>, bool),
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let Some(case) = case else {
        return Ok(ExitCode::NothingToDo);
    };
    let attempts = usize::try_from(reader.header().attempts).unwrap_or(1);
    let trials = (0..attempts).map(|attempt| reader.trial(index * attempts + attempt));
    let trials: Vec<StoredTrial> = trials.collect::<Result<_, _>>()?;
    if wants_json(global) {
        let mut calls = Vec::new();
        for attempt in 0..attempts {
            for call in reader.calls_of(index * attempts + attempt)? {
                calls.push(json!({
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
                }));
            }
        }
        let document = json!({"schema": "groundgate.case/1", "run": reader.header().run_id, "case": case, "calls": calls});
        terminal.line(&document.to_string());
        return Ok(ExitCode::Done);
    }
    terminal.print(&head(case));
    for (attempt, trial) in trials.iter().enumerate() {
        if attempts > 1 {
            terminal.line(&format!("attempt {}", attempt + 1));
        }
        terminal.print(&explain_trial(trial, terminal));
        if with_calls {
            for call in reader.calls_of(index * attempts + attempt)? {
                terminal.print(&explain_call(&call));
            }
        }
    }
    let mut metrics = reader.header().metrics.iter();
    if metrics.any(|source| source.metric.panel().is_some()) {
        for one in reader.score_table()?.disagreements() {
            let panel = visible_line(one.panel);
            terminal.line(&format!(
                "   in this run the jurors of {panel} disagree: {one}"
            ));
        }
    }
    Ok(ExitCode::Done)
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
