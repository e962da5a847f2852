//! `groundgate demo`: the main job on what is compiled in. No network beyond loopback, no key.

use groundgate_app::{
    AppError,
    demo::{DemoSession, Variant},
};
use groundgate_gate::Verdict;
use groundgate_report::render_text;

use super::super::{args::DemoArgs, exit_code::ExitCode, terminal::Terminal};

/// Runs the command.
pub(crate) fn run(args: &DemoArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let demo = DemoSession::start(&args.output, terminal.stamp(), terminal.app())?;
    terminal.note(&format!(
        "{} questions of support agents, a demo copilot on {}, five variants of it",
        demo.n_questions(),
        demo.address()
    ));
    let baseline = demo.replay(Variant::Good)?;
    let mut surprises = 0;
    for variant in Variant::ALL
        .into_iter()
        .filter(|variant| *variant != Variant::Good)
    {
        let candidate = demo.replay(variant)?;
        let gated = demo.gate(&candidate, &baseline, variant)?;
        terminal.line(&format!(
            "\n━━ {} against good: {}",
            variant.name(),
            gated.page.display()
        ));
        terminal.print(&render_text(&gated.report, terminal.style()));
        let expected = if variant == Variant::SameAgain {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        surprises += usize::from(gated.report.decision.verdict != expected);
    }
    let folder = args.output.display();
    terminal.line(&format!(
        "\nReports: {folder}/*.html, one page each. Records: {folder}/runs.\nNext: groundgate init my-gate   writes this example as files to start from"
    ));
    if surprises > 0 {
        return Err(AppError::internal(
            "a variant got another verdict than it deserves",
        ));
    }
    Ok(ExitCode::Done)
}
