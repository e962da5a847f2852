//! `groundgate report`: the same verdict as `gate`, in a format of your choice.

use std::path::Path;

use groundgate_model::trial::ScoreTable;
use groundgate_report::{
    Embed, redact, render_code_quality, render_csv, render_html, render_json, render_jsonl,
    render_junit, render_markdown, render_sarif, render_text,
};

use super::{
    super::{
        args::{EmbedWhat, Global, ReportArgs, ReportKind},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    gate,
};
use groundgate_app::{AppError, GateRequest, GateSummary, Project, files};

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &ReportArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let kinds = args.output.iter().map(|path| kind_of(path, args.kind));
    let kinds: Vec<ReportKind> = kinds.collect::<Result<_, _>>()?;
    let project = Project::find(global.config.as_deref())?;
    let mut gated = terminal.app().gate(&GateRequest {
        embed: args.embed.into(),
        ..gate::request(&project, &args.against)
    })?;
    if args.redact {
        gated.report = redact(gated.report);
    }
    for (path, kind) in args.output.iter().zip(kinds) {
        files::write(path, &render(&gated, kind, terminal)?)?;
        terminal.note(&format!("wrote {}", path.display()));
    }
    if args.output.is_empty() {
        let usual = if wants_json(global) {
            ReportKind::Json
        } else {
            ReportKind::Text
        };
        terminal.print(&render(&gated, args.kind.unwrap_or(usual), terminal)?);
    }
    Ok(ExitCode::Done)
}

impl From<EmbedWhat> for Embed {
    fn from(what: EmbedWhat) -> Self {
        match what {
            EmbedWhat::Regressions => Self::Regressions,
            EmbedWhat::All => Self::All,
            EmbedWhat::None => Self::None,
        }
    }
}

fn kind_of(path: &Path, given: Option<ReportKind>) -> Result<ReportKind, AppError> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let by_ending = match ending.as_deref() {
        Some("html" | "htm") => Some(ReportKind::Html),
        Some("md") => Some(ReportKind::Md),
        Some("json") => Some(ReportKind::Json),
        Some("xml") => Some(ReportKind::Junit),
        Some("csv") => Some(ReportKind::Csv),
        Some("jsonl") => Some(ReportKind::Jsonl),
        Some("sarif") => Some(ReportKind::Sarif),
        Some("txt") => Some(ReportKind::Text),
        _ => None,
    };
    given.or(by_ending).ok_or_else(|| {
        AppError::usage(format!(
            "the ending of `{}` does not say the format",
            path.display()
        ))
        .with_help(
            "end it with .html, .md, .json, .xml, .csv, .jsonl, .sarif or .txt, or add --as FORMAT",
        )
    })
}

fn render(gated: &GateSummary, kind: ReportKind, terminal: &Terminal) -> Result<String, AppError> {
    let report = &gated.report;
    match kind {
        ReportKind::Html => render_html(report).map_err(AppError::internal),
        ReportKind::Md => Ok(render_markdown(report)),
        ReportKind::Json => render_json(report).map_err(AppError::internal),
        ReportKind::Junit => Ok(render_junit(report)),
        ReportKind::Sarif => Ok(render_sarif(report)),
        ReportKind::Gitlab => Ok(render_code_quality(report)),
        ReportKind::Csv => Ok(render_csv(&tables(gated))),
        ReportKind::Jsonl => Ok(render_jsonl(&tables(gated))),
        ReportKind::Text => Ok(render_text(report, terminal.style())),
    }
}

/// The candidate's scores, then the baseline's.
fn tables(gated: &GateSummary) -> Vec<&ScoreTable> {
    let loaded = [Some(&gated.candidate), gated.baseline.as_ref()];
    loaded
        .into_iter()
        .flatten()
        .map(|loaded| &loaded.table)
        .collect()
}
