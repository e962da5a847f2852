//! `groundgate demo`: the main job on what is compiled in. No network beyond loopback, no key.

use std::{path::Path, sync::Arc};

use groundgate_app::demo::{Answerer, DemoServer, Variant, serve};
use groundgate_endpoints::copilot::Copilot;
use groundgate_gate::{Facts, Verdict};
use groundgate_model::eval_set::EvalSet;
use groundgate_record::{Reader, Status};
use groundgate_report::{Embed, Report, render_html, render_text};
use groundgate_run::{AnswerRules, Ending, Seat, SeatKind};
use tokio::runtime::Runtime;

use super::super::{args::DemoArgs, exit_code::ExitCode, terminal::Terminal};
use groundgate_app::{
    AppError,
    assemble::{self, Loaded, ReportSources},
    bundled, files,
    pipeline::{self, Job},
    planning::{self, Parts},
    rejudge, runs,
};

/// Each question is asked so many times.
const ATTEMPTS: u32 = 1;
const CONCURRENCY: usize = 32;
const SEED: u64 = 20_260_401;

/// Runs the command.
pub(crate) fn run(args: &DemoArgs, terminal: &Terminal) -> Result<ExitCode, AppError> {
    let runtime = pipeline::runtime()?;
    let demo = Demo::start(&args.output, &runtime, terminal)?;
    let baseline = demo.replay(Variant::Good)?;
    let mut surprises = 0;
    for variant in Variant::ALL
        .into_iter()
        .filter(|variant| *variant != Variant::Good)
    {
        let candidate = demo.replay(variant)?;
        let report = demo.decide(&candidate, &baseline, variant)?;
        let expected = if variant == Variant::SameAgain {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        surprises += usize::from(report.decision.verdict != expected);
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

struct Demo<'a> {
    eval_set: EvalSet,
    server: DemoServer,
    folder: &'a Path,
    runtime: &'a Runtime,
    terminal: &'a Terminal,
}

impl<'a> Demo<'a> {
    fn start(
        folder: &'a Path,
        runtime: &'a Runtime,
        terminal: &'a Terminal,
    ) -> Result<Self, AppError> {
        let eval_set = bundled::eval_set()?;
        let knowledge_base = bundled::knowledge_base()?;
        let digest = knowledge_base.digest();
        let (address, server) = runtime
            .block_on(serve(Answerer::new(knowledge_base)))
            .map_err(|cause| {
                AppError::internal("failed to serve the demo copilot on loopback").because(cause)
            })?;
        runtime.spawn(server);
        files::create_dir(&folder.join("runs"))?;
        terminal.note(&format!(
            "{} questions of support agents, a demo copilot on http://{address}, five variants of it",
            eval_set.cases.len()
        ));
        Ok(Self {
            eval_set,
            server: DemoServer {
                base_url: format!("http://{address}/v1"),
                knowledge_base: digest,
            },
            folder,
            runtime,
            terminal,
        })
    }

    /// Replays all questions against a variant, over HTTP.
    fn replay(&self, variant: Variant) -> Result<Loaded, AppError> {
        let copilot: Arc<dyn Copilot> = {
            let _inside = self.runtime.enter();
            Arc::new(bundled::demo_copilot(&self.server, variant)?)
        };
        let judge = Arc::new(bundled::judge()?);
        let parts = Parts {
            eval_set: &self.eval_set,
            copilot_name: variant.name(),
            copilot: copilot.as_ref(),
            attempts: ATTEMPTS,
            seed: SEED,
            model_version: None,
            concurrency: CONCURRENCY,
            seats: vec![Seat::alone(
                "embedded".to_owned(),
                SeatKind::Embedded(judge),
            )],
            checks: bundled::CHECKS.map(str::to_owned).to_vec(),
            answers: AnswerRules::default(),
        };
        let at = self.terminal.stamp();
        let number = Variant::ALL
            .iter()
            .position(|one| *one == variant)
            .unwrap_or(0);
        let (plan, header) = planning::plan(&self.terminal.app(), parts, at, number)?;
        let path = runs::path(&self.folder.join("runs"), &header.run_id);
        let job = Job {
            plan,
            copilot,
            header,
            path: path.clone(),
            resumes: false,
            rerun_failures: false,
            cap: None,
            complete_as: Status::Complete,
            ledger: None,
        };
        let ending = pipeline::execute(&self.terminal.app(), job, self.runtime)?;
        if ending != Ending::Complete {
            return Err(AppError::new(
                rejudge::class_of(ending),
                "the demo was stopped",
            ));
        }
        Loaded::new(Reader::open(&path)?)
    }

    /// Gates a variant against the good one; prints the verdict and writes the page.
    fn decide(
        &self,
        candidate: &Loaded,
        baseline: &Loaded,
        variant: Variant,
    ) -> Result<Report, AppError> {
        let policy = bundled::policy(&candidate.known_metrics())?;
        let facts = Facts {
            environment: "prod".to_owned(),
            ..Facts::none(self.terminal.stamp())
        };
        let (report, _) = assemble::report(&ReportSources {
            candidate,
            baseline: Some(baseline),
            policy: &policy,
            policy_name: "gate.toml",
            facts: &facts,
            embed: Embed::Regressions,
        })?;
        let page = self.folder.join(format!("{}.html", variant.name()));
        files::write(&page, &render_html(&report).map_err(AppError::internal)?)?;
        self.terminal.line(&format!(
            "\n━━ {} against good: {}",
            variant.name(),
            page.display()
        ));
        self.terminal
            .print(&render_text(&report, self.terminal.style()));
        Ok(report)
    }
}
