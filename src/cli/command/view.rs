//! `groundgate view` and `groundgate label`: pages on this machine, until Ctrl-C.

use groundgate_gate::RunScores;
use groundgate_record::Reader;
use groundgate_report::{AnswerReport, Embed, losses, visible_line};
use groundgate_view::{
    Comparison, Gatekeeper, Rejudge, Sampling, Server, Session, Viewer, import,
    label::{Log, Queue},
    pack,
};
use rustls::crypto::ring;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    super::{
        again::Again,
        args::{Global, LabelArgs, QueueName, ViewArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    label_export,
};
use groundgate_app::{
    App, AppError, BaselineChoice, GateRequest, Project, Surroundings, agreement_threshold,
    assemble, clock, files, pipeline, project, runs,
};

/// Runs `view`.
pub(crate) fn run(
    global: &Global,
    args: &ViewArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let baseline = baseline(global, args)?;
    let viewer = viewer(global, args, baseline.as_ref(), None, terminal)?;
    serve(viewer, args.port, "", global, terminal)
}

/// Runs `label`.
pub(crate) fn label(
    global: &Global,
    args: &LabelArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if let Some(path) = &args.export {
        return label_export::run(global, args, path, terminal);
    }
    let directory = project::runs_dir(global.config.as_deref())?;
    let run = runs::open(&directory, &args.run)?;
    let baseline = baseline(global, &args.view)?;
    let log = Log::open(&args.view.labels).map_err(AppError::invalid)?;
    let sampling = Sampling {
        queue: queue(args.queue),
        n: args.items,
        seed: args.seed,
    };
    let other = if args.pairs { baseline.as_ref() } else { None };
    let session = Session::new(log, args.labeler.clone(), &run, other, sampling)?.until(
        agreement_threshold::of_metric(
            &project::policy_path(global.config.as_deref())?,
            &agreement_threshold::known(&run),
            "groundedness",
        ),
    );
    let viewer = viewer(
        global,
        &args.view,
        baseline.as_ref(),
        Some(session),
        terminal,
    )?;
    if let Some(path) = &args.pack {
        files::write(path, &pack(&viewer).map_err(AppError::invalid)?)?;
        terminal.note(&format!("wrote {}", path.display()));
        return Ok(ExitCode::Done);
    }
    if let Some(path) = &args.import {
        let n = import(&viewer, &files::read_text(path)?).map_err(AppError::invalid)?;
        terminal.note(&format!("added {n} to {}", args.view.labels.display()));
        return Ok(ExitCode::Done);
    }
    serve(viewer, args.view.port, "label", global, terminal)
}

const fn queue(name: QueueName) -> Queue {
    match name {
        QueueName::Calibration => Queue::Calibration,
        QueueName::Disagreement => Queue::Disagreement,
        QueueName::Uncertain => Queue::Uncertain,
        QueueName::Critical => Queue::Critical,
        QueueName::Attack => Queue::Attack,
        QueueName::Doubtful => Queue::Doubtful,
    }
}

/// As the command line says, else the policy; pages choose where its run is not here. What is wrong with
/// the policy is said on the pages.
fn baseline(global: &Global, args: &ViewArgs) -> Result<Option<Reader>, AppError> {
    let directory = project::runs_dir(global.config.as_deref())?;
    if let Some(name) = &args.baseline {
        return runs::open(&directory, name).map(Some);
    }
    let path = args.policy.clone();
    let path = path.map_or_else(|| project::policy_path(global.config.as_deref()), Ok)?;
    let known = Project::find(global.config.as_deref())?.known_metrics();
    let policy = project::policy(&path, args.env.as_deref(), &known).ok();
    let run = policy.and_then(|(_, policy)| policy.release.baseline.run);
    Ok(run.and_then(|name| runs::open(&directory, &name).ok()))
}

fn viewer(
    global: &Global,
    args: &ViewArgs,
    baseline: Option<&Reader>,
    session: Option<Session>,
    terminal: &Terminal,
) -> Result<Viewer, AppError> {
    let mut project = Project::find(global.config.as_deref())?;
    if let Some(policy) = &args.policy {
        project.policy.clone_from(policy);
    }
    let runs = project.runs_dir.clone();
    let gate = Gate::new(&terminal.app(), project, args.env.clone());
    let baseline = baseline.map(|run| run.header().run_id.clone());
    let viewer =
        Viewer::new(runs, Box::new(gate), baseline, session).map_err(AppError::internal)?;
    Ok(viewer.with_rejudge(rejudge(global, args, terminal)?))
}

/// The judges that pages may ask, if the viewer is to spend money at all.
fn rejudge(
    global: &Global,
    args: &ViewArgs,
    terminal: &Terminal,
) -> Result<Option<Box<dyn Rejudge>>, AppError> {
    let Some(dollars) = args.judge_again else {
        return Ok(None);
    };
    let again = Again::new(
        project::config(global.config.as_deref())?,
        dollars,
        terminal,
    )?;
    Ok(Some(Box::new(again)))
}

fn serve(
    viewer: Viewer,
    port: u16,
    page: &str,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let runtime = pipeline::runtime()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(AppError::internal)?;
        let server = Server::bind(viewer, port, &secret()?).await.map_err(AppError::internal)?;
        let url = server.url() + page;
        if wants_json(global) {
            terminal.line(&serde_json::json!({"schema": "groundgate.view/1", "url": url}).to_string());
        } else {
            terminal.line(&url);
            terminal.note("Open it in a browser on this machine; whoever has it can read these runs. Ctrl-C ends.");
        }
        tokio::select! {
            ended = server.serve() => ended.map_err(AppError::internal),
            _interrupted = tokio::signal::ctrl_c() => Ok(()),
            // Judging again listens to this signal, and from then on nobody else would end the viewer by it.
            _terminated = terminate.recv() => Ok(()),
        }
    })?;
    Ok(ExitCode::Done)
}

/// What nobody can guess.
fn secret() -> Result<[u8; 32], AppError> {
    let mut bytes = [0; 32];
    let source = ring::default_provider().secure_random;
    let filled = source.fill(&mut bytes);
    filled.map_err(|_no_randomness| AppError::internal("the system gives no random numbers"))?;
    Ok(bytes)
}

/// Gates runs for the pages. They decide nothing: the working tree's policy will do, in a pipeline too.
struct Gate {
    app: App,
    project: Project,
    environment: Option<String>,
}

impl Gate {
    fn new(app: &App, project: Project, environment: Option<String>) -> Self {
        let surroundings = Surroundings {
            is_ci: false,
            only_looks: true,
            ..app.surroundings().clone()
        };
        Self {
            app: App::new(surroundings),
            project,
            environment,
        }
    }

    fn gated(&self, run: &Reader, baseline: Option<&Reader>) -> Result<Comparison, AppError> {
        let run = run.path().display().to_string();
        let baseline = baseline.map(|run| run.path().display().to_string());
        let gated = self.app.gate(&GateRequest {
            baseline: match &baseline {
                Some(run) => BaselineChoice::Viewed(run),
                None => BaselineChoice::Nothing,
            },
            environment: self.environment.as_deref(),
            embed: Embed::None,
            ..GateRequest::new(&self.project, &run)
        })?;
        let evidence = RunScores {
            candidate: &gated.candidate.table,
            baseline: gated.baseline.as_ref().map(|loaded| &loaded.table),
        };
        let losses = losses(&gated.policy, &gated.report.decision, evidence);
        Ok(Comparison::new(
            gated.report,
            losses,
            evidence.candidate,
            evidence.baseline,
        ))
    }
}

impl Gatekeeper for Gate {
    fn compare(&self, run: &Reader, baseline: Option<&Reader>) -> Result<Comparison, String> {
        self.gated(run, baseline)
            .map_err(|error| visible_line(&format!("{:#}", error.error)))
    }

    fn open(&self, run: &Reader, trial: usize) -> AnswerReport {
        assemble::open(run, trial)
    }

    fn now(&self) -> String {
        clock::rfc3339((self.app.surroundings().now)())
    }
}
