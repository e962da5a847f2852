//! The main job on what is compiled in: the demo copilot's variants replayed over loopback, and gated.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use groundgate_endpoints::copilot::Copilot;
use groundgate_gate::Facts;
use groundgate_model::eval_set::EvalSet;
use groundgate_record::{Reader, Status};
use groundgate_report::{Embed, Report, render_html};
use groundgate_run::{AnswerRules, Ending, Seat, SeatKind};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::{Answerer, DemoServer, Variant, serve};
use crate::{
    app::App,
    assemble::{self, Loaded, ReportSources},
    bundled,
    error::AppError,
    files,
    pipeline::{self, Job},
    planning::{self, Parts},
    rejudge, runs,
};

/// Each question is asked so many times.
const ATTEMPTS: u32 = 1;
const CONCURRENCY: usize = 32;
const SEED: u64 = 20_260_401;

/// The demo copilot being served, and the folder that gets records and pages.
#[derive(Debug)]
pub struct DemoSession {
    app: App,
    eval_set: EvalSet,
    server: DemoServer,
    address: String,
    folder: PathBuf,
    at: Timestamp,
    runtime: Runtime,
}

/// A variant's verdict.
#[derive(Debug)]
pub struct DemoGate {
    /// What was decided, and why.
    pub report: Report,
    /// The page that says so.
    pub page: PathBuf,
}

impl DemoSession {
    /// Serves the demo copilot on loopback for as long as the session is kept; records and pages are
    /// stamped with `at`.
    pub fn start(folder: &Path, at: Timestamp, app: App) -> Result<Self, AppError> {
        let runtime = pipeline::runtime()?;
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
        let address = format!("http://{address}");
        Ok(Self {
            app,
            eval_set,
            server: DemoServer {
                base_url: format!("{address}/v1"),
                knowledge_base: digest,
            },
            address,
            folder: folder.to_owned(),
            at,
            runtime,
        })
    }

    /// Where the copilot listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many questions each variant is asked.
    pub const fn n_questions(&self) -> usize {
        self.eval_set.cases.len()
    }

    /// Replays all questions against a variant, over HTTP.
    pub fn replay(&self, variant: Variant) -> Result<Loaded, AppError> {
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
        let mut all = Variant::ALL.iter();
        let number = all.position(|one| *one == variant).unwrap_or(0);
        let (plan, header) = planning::plan(&self.app, parts, self.at, number)?;
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
        let ending = pipeline::execute(&self.app, job, &self.runtime)?;
        if ending != Ending::Complete {
            return Err(AppError::new(
                rejudge::class_of(ending),
                "the demo was stopped",
            ));
        }
        Loaded::new(Reader::open(&path)?)
    }

    /// Gates a variant against the good one, and writes the page.
    pub fn gate(
        &self,
        candidate: &Loaded,
        baseline: &Loaded,
        variant: Variant,
    ) -> Result<DemoGate, AppError> {
        let policy = bundled::policy(&candidate.known_metrics())?;
        let facts = Facts {
            environment: "prod".to_owned(),
            ..Facts::none(self.at)
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
        Ok(DemoGate { report, page })
    }
}
