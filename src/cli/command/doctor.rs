//! `groundgate doctor`: whether a run could be made here: configuration, credentials, TLS, proxies,
//! clock, disk, prices; with `--online`, one cheap call to each endpoint.
//!
//! Nothing is printed before everything was looked at.

use std::{fs, path::Path, sync::Arc};

use groundgate_app::config::{Config, CopilotKind, EndpointConfig, JurorConfig, ModelApi};
use groundgate_endpoints::transport::{
    Client, Endpoint, SystemClock, is_loopback, system_certificates,
};
use groundgate_report::visible_line;
use jiff::{Timestamp, civil::Date, fmt::rfc2822::DateTimeParser, tz::TimeZone};
use serde_json::json;

use super::super::{
    args::{DoctorArgs, Global},
    exit_code::ExitCode,
    terminal::Terminal,
    wants_json,
};
use groundgate_app::{
    App, AppError, clock,
    finding::{Finding, Findings, State},
    pipeline,
    prices::Prices,
    probe::{self, Probe},
    project, wiring,
};

/// A difference between two clocks from here on is worth a warning, in seconds.
const SKEW: i64 = 60;

/// Prices are looked at again after so many days.
const PRICE_DAYS: i32 = 30;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &DoctorArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let mut findings = Findings::default();
    clock_here(&mut findings);
    match project::config(global.config.as_deref()) {
        Err(error) => findings.failed("configuration", "file", &error),
        Ok(config) => {
            findings.ok(
                "configuration",
                "file",
                format!(
                    "{} copilots, {} judges, {} checks",
                    config.copilots.len(),
                    config.judges.len(),
                    config.checks.len()
                ),
            );
            disk(&config.runs_dir, &mut findings);
            let sound = endpoints(&terminal.app(), &config, &mut findings);
            if args.online {
                online(&config, &sound, terminal, &mut findings)?;
            }
        }
    }
    show(&findings, args.online, global, terminal);
    Ok(code(&findings, terminal))
}

fn code(findings: &Findings, terminal: &Terminal) -> ExitCode {
    let class = findings.class();
    class.map_or(ExitCode::Done, |class| terminal.code_of(class))
}

fn clock_here(findings: &mut Findings) {
    let now = Timestamp::now();
    let shown = clock::rfc3339(now);
    // The day this version was made; a clock before it is wrong.
    let made = Timestamp::from_second(1_795_000_000);
    if made.is_ok_and(|made| now < made) {
        let help = "set the clock: TLS certificates and tokens are checked against it";
        findings.warn("clock", "time", format!("{shown} is in the past"), help);
    } else {
        findings.ok("clock", "time", shown);
    }
}

fn disk(folder: &Path, findings: &mut Findings) {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, b"groundgate doctor"))
        .and_then(|()| fs::remove_file(&probe));
    match written {
        Ok(()) => findings.ok(
            "disk",
            "records",
            format!("`{}` can be written", folder.display()),
        ),
        Err(error) => findings.fail(
            "disk",
            "records",
            format!("cannot write into `{}`: {error}", folder.display()),
            Some("name another folder: runs-dir = \"…\"".to_owned()),
        ),
    }
}

/// Copilots and judges that can be called, by their place in the configuration; of a judge also the
/// juror's.
struct Sound {
    copilots: Vec<usize>,
    judges: Vec<(usize, usize)>,
}

/// What a juror is called in findings.
fn of_juror(judge: &str, juror: &JurorConfig) -> String {
    if juror.name.is_empty() {
        format!("judge {judge}")
    } else {
        format!("judge {judge}, juror {}", juror.name)
    }
}

/// Everything about endpoints that can be known without calling them.
fn endpoints(app: &App, config: &Config, findings: &mut Findings) -> Sound {
    let prices = match Prices::of(config) {
        Ok(prices) => Some(prices),
        Err(error) => {
            findings.failed("prices", "table", &error);
            None
        }
    };
    let mut sound = Sound {
        copilots: Vec::new(),
        judges: Vec::new(),
    };
    for (index, copilot) in config.copilots.iter().enumerate() {
        let subject = format!("copilot {}", copilot.name);
        let usable = match endpoint_of(&copilot.kind) {
            Some(endpoint) => one(app, &subject, endpoint, findings),
            None => without_endpoint(&subject, &copilot.kind, findings),
        };
        if let (Some(prices), CopilotKind::OpenAi { settings, .. }) = (&prices, &copilot.kind) {
            let api = ModelApi::Chat(settings.model.clone());
            price(&subject, &api, prices, findings);
        }
        if let (Some(prices), CopilotKind::Model { api, .. }) = (&prices, &copilot.kind) {
            price(&subject, api, prices, findings);
        }
        if usable {
            sound.copilots.push(index);
        }
    }
    for (index, judge) in config.judges.iter().enumerate() {
        let subject = format!("judge {}", judge.name);
        match wiring::spec(judge) {
            Ok(None) => findings.ok(&subject, "kind", "embedded: asks nobody"),
            Ok(Some(_)) => {}
            Err(error) => findings.failed(&subject, "spec", &error),
        }
        for (place, juror) in judge.jurors.iter().enumerate() {
            let subject = of_juror(&judge.name, juror);
            if one(app, &subject, &juror.endpoint.endpoint, findings) {
                sound.judges.push((index, place));
            }
            if let Some(prices) = &prices {
                price(&subject, &juror.endpoint.api, prices, findings);
            }
        }
    }
    sound
}

fn endpoint_of(kind: &CopilotKind) -> Option<&EndpointConfig> {
    match kind {
        CopilotKind::OpenAi { endpoint, .. }
        | CopilotKind::Model { endpoint, .. }
        | CopilotKind::Databricks { endpoint, .. }
        | CopilotKind::Mlflow { endpoint, .. }
        | CopilotKind::Http { endpoint, .. } => Some(endpoint),
        CopilotKind::Command(_) | CopilotKind::Recorded { .. } | CopilotKind::Demo { .. } => None,
    }
}

fn without_endpoint(subject: &str, kind: &CopilotKind, findings: &mut Findings) -> bool {
    match kind {
        CopilotKind::Recorded { file } if !file.is_file() => {
            findings.fail(
                subject,
                "kind",
                format!("there is no file `{}`", file.display()),
                Some("paths are relative to the configuration's folder".to_owned()),
            );
            return false;
        }
        CopilotKind::Recorded { file } => {
            findings.ok(
                subject,
                "kind",
                format!("recorded answers of `{}`", file.display()),
            );
        }
        CopilotKind::Command(settings) => {
            findings.ok(subject, "kind", format!("command `{}`", settings.program));
        }
        CopilotKind::Demo { .. } => findings.ok(subject, "kind", "bundled demo"),
        CopilotKind::OpenAi { .. }
        | CopilotKind::Model { .. }
        | CopilotKind::Databricks { .. }
        | CopilotKind::Mlflow { .. }
        | CopilotKind::Http { .. } => {}
    }
    true
}

/// Credentials, certificates and proxy of one endpoint; whether it can be called.
fn one(app: &App, subject: &str, endpoint: &EndpointConfig, findings: &mut Findings) -> bool {
    let credentials = endpoint.credentials(app.lookup());
    let mut usable = true;
    if credentials.is_empty() {
        findings.ok(subject, "credentials", "none needed");
    }
    for (words, found) in credentials {
        match found {
            Ok(()) => findings.ok(subject, "credentials", format!("{words}: present")),
            Err(mistakes) => {
                findings.mistakes(subject, "credentials", &mistakes);
                usable = false;
            }
        }
    }
    if !usable {
        return false;
    }
    match endpoint.resolve(app.lookup()) {
        Err(mistakes) => {
            findings.mistakes(subject, "endpoint", &mistakes);
            false
        }
        Ok(resolved) => {
            findings.ok(subject, "endpoint", resolved.base_url.clone());
            protection(subject, &resolved, findings);
            match Client::new(&resolved, Arc::new(SystemClock::new()), 0) {
                Ok(_) => true,
                Err(error) => {
                    let help = "see docs/endpoints.md, TLS and proxies".to_owned();
                    findings.fail(subject, "endpoint", error.to_string(), Some(help));
                    false
                }
            }
        }
    }
}

fn protection(subject: &str, endpoint: &Endpoint, findings: &mut Findings) {
    let is_local = is_loopback(&endpoint.base_url);
    if endpoint.base_url.starts_with("https:") {
        let n_roots = system_certificates();
        let own = endpoint
            .extra_ca
            .as_ref()
            .map_or("", |_| " and those of `ca-file`");
        let found = format!("{n_roots} certificates of the system{own}");
        if n_roots == 0 && endpoint.extra_ca.is_none() {
            let help = "install ca-certificates, or name a file: ca-file = \"…\"";
            findings.fail(subject, "tls", found, Some(help.to_owned()));
        } else {
            findings.ok(subject, "tls", found);
        }
    } else if is_local {
        findings.ok(subject, "tls", "none, on this machine");
    } else {
        let help = "questions, answers and keys can be read on the way: use https";
        findings.warn(subject, "tls", "none", help);
    }
    match &endpoint.proxy {
        None => findings.ok(subject, "proxy", "none"),
        Some(proxy) => {
            let login = if proxy.login.is_some() {
                ", with a login"
            } else {
                ""
            };
            findings.ok(subject, "proxy", format!("{}{login}", proxy.url));
        }
    }
}

fn price(subject: &str, api: &ModelApi, prices: &Prices, findings: &mut Findings) {
    if api.price().is_some() {
        findings.ok(subject, "price", "written in the configuration");
        return;
    }
    match prices.listed(api.model()) {
        None => findings.warn(
            subject,
            "price",
            "unknown; under a budget nothing is asked that has no price",
            "add `price`, or list the model in the file that `prices` names",
        ),
        Some(listed) => {
            let found = format!("listed on {} ({})", listed.as_of, listed.source);
            let day = listed.as_of.parse::<Date>();
            let age = day.ok().and_then(|day| {
                let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
                Some(today.since(day).ok()?.get_days())
            });
            if age.is_some_and(|days| days <= PRICE_DAYS) {
                findings.ok(subject, "price", found);
            } else {
                let help = "check it, and list what you pay in the file that `prices` names";
                findings.warn(subject, "price", found, help);
            }
        }
    }
}

fn online(
    config: &Config,
    sound: &Sound,
    terminal: &Terminal,
    findings: &mut Findings,
) -> Result<(), AppError> {
    let runtime = pipeline::runtime()?;
    let app = terminal.app();
    for index in &sound.copilots {
        if let Some(copilot) = config.copilots.get(*index) {
            let subject = format!("copilot {}", copilot.name);
            let probe = Probe {
                app: &app,
                config,
                runtime: &runtime,
                subject: &subject,
            };
            let client = probe::copilot(&probe, copilot, findings);
            seen(&subject, client.as_deref(), findings);
        }
    }
    for (index, place) in &sound.judges {
        let judge = config.judges.get(*index);
        if let Some((judge, juror)) =
            judge.and_then(|judge| Some((judge, judge.jurors.get(*place)?)))
        {
            let subject = of_juror(&judge.name, juror);
            let probe = Probe {
                app: &app,
                config,
                runtime: &runtime,
                subject: &subject,
            };
            let client = probe::judge(&probe, &juror.endpoint, findings);
            seen(&subject, client.as_deref(), findings);
        }
    }
    Ok(())
}

/// What the reply's head showed: protocol, clock, pace.
fn seen(subject: &str, client: Option<&Client>, findings: &mut Findings) {
    let Some(observed) = client.and_then(Client::observed) else {
        return;
    };
    let server = observed
        .server
        .as_ref()
        .map(|server| format!(", server {server}"));
    findings.ok(
        subject,
        "protocol",
        format!("{}{}", observed.http_version, server.unwrap_or_default()),
    );
    let there = observed.date.as_deref();
    let there = there.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    if let Some(there) = there {
        let skew = Timestamp::now().duration_since(there).as_secs();
        let found = format!("{skew} s ahead of the endpoint's");
        if skew.abs() < SKEW {
            findings.ok(subject, "clock", found);
        } else {
            findings.warn(subject, "clock", found, "set this machine's clock");
        }
    }
    if !observed.pace.is_empty() {
        let pace: Vec<String> = observed
            .pace
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        findings.ok(subject, "pace", pace.join(", "));
    }
}

fn show(findings: &Findings, online: bool, global: &Global, terminal: &Terminal) {
    let code = code(findings, terminal);
    if wants_json(global) {
        let document = json!({
            "schema": "groundgate.doctor/1",
            "online": online,
            "exit_code": code.number(),
            "findings": findings.all(),
        });
        terminal.line(&document.to_string());
        return;
    }
    let width = |part: fn(&Finding) -> usize| findings.all().iter().map(part).max().unwrap_or(0);
    let subject = width(|finding| finding.subject.chars().count());
    let check = width(|finding| finding.check.len());
    for finding in findings.all() {
        let word = match finding.state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Error => "error  ",
        };
        terminal.line(&format!(
            "{word}  {:subject$}  {:check$}  {}",
            finding.subject,
            finding.check,
            visible_line(&finding.found)
        ));
        if let Some(help) = &finding.help {
            terminal.line(&format!("           help: {}", visible_line(help)));
        }
    }
    let count = |state: State| {
        let of_state = findings
            .all()
            .iter()
            .filter(|finding| finding.state == state);
        of_state.count()
    };
    let more = if online {
        ""
    } else {
        "; nothing was called, --online does"
    };
    terminal.line(&format!(
        "{} errors, {} warnings{more}",
        count(State::Error),
        count(State::Warning)
    ));
}
