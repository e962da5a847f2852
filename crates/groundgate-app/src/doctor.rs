//! Whether a run could be made here: configuration, credentials, TLS, proxies, clock, disk, prices; on
//! demand with one cheap call to each endpoint.

use std::{fs, path::Path, sync::Arc};

use groundgate_endpoints::transport::{
    Client, Endpoint, SystemClock, is_loopback, system_certificates,
};
use jiff::{Timestamp, civil::Date, fmt::rfc2822::DateTimeParser, tz::TimeZone};

use crate::{
    app::App,
    check_result::CheckResults,
    clock,
    config::{Config, CopilotKind, EndpointConfig, JurorConfig, ModelApi},
    error::AppError,
    judge_spec, metrics, pipeline,
    prices::Prices,
    probe::{self, Probe},
    project,
};

/// A difference between two clocks from here on is worth a warning, in seconds.
const SKEW: i64 = 60;

/// Prices are looked at again after so many days.
const PRICE_DAYS: i32 = 30;

/// What is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct DoctorRequest<'a> {
    /// The configuration's file; looked for where none is named.
    pub config: Option<&'a Path>,
    /// Whether each endpoint is called once.
    pub online: bool,
}

impl App {
    /// Looks at everything that a run needs, whatever is wrong with the first of it.
    pub fn doctor(&self, request: DoctorRequest<'_>) -> Result<CheckResults, AppError> {
        let mut results = CheckResults::default();
        clock_here(self.now(), &mut results);
        match project::config(request.config) {
            Err(error) => results.failed("configuration", "file", &error),
            Ok(config) => {
                let found = format!(
                    "{} copilots, {} judges, {} checks",
                    config.copilots.len(),
                    config.judges.len(),
                    config.checks.len()
                );
                results.ok("configuration", "file", found);
                disk(self, &config.runs_dir, &mut results);
                let sound = endpoints(self, &config, &mut results);
                if request.online {
                    online(self, &config, &sound, &mut results)?;
                }
            }
        }
        Ok(results)
    }
}

fn clock_here(now: Timestamp, results: &mut CheckResults) {
    let shown = clock::rfc3339(now);
    // The day this version was made; a clock before it is wrong.
    let made = Timestamp::from_second(1_795_000_000);
    if made.is_ok_and(|made| now < made) {
        let help = "set the clock: TLS certificates and tokens are checked against it";
        results.warn("clock", "time", format!("{shown} is in the past"), help);
    } else {
        results.ok("clock", "time", shown);
    }
}

fn disk(app: &App, folder: &Path, results: &mut CheckResults) {
    let probe = folder.join(format!(".doctor-{}", app.surroundings().process));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, b"groundgate doctor"))
        .and_then(|()| fs::remove_file(&probe));
    match written {
        Ok(()) => results.ok(
            "disk",
            "records",
            format!("`{}` can be written", folder.display()),
        ),
        Err(error) => results.fail(
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

/// What a juror is called in results.
fn of_juror(judge: &str, juror: &JurorConfig) -> String {
    if juror.name.is_empty() {
        format!("judge {judge}")
    } else {
        format!("judge {judge}, juror {}", juror.name)
    }
}

/// Everything about endpoints that can be known without calling them.
fn endpoints(app: &App, config: &Config, results: &mut CheckResults) -> Sound {
    let prices = match Prices::of(config) {
        Ok(prices) => Some(prices),
        Err(error) => {
            results.failed("prices", "table", &error);
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
            Some(endpoint) => one(app, &subject, endpoint, results),
            None => without_endpoint(&subject, &copilot.kind, results),
        };
        if let (Some(prices), CopilotKind::OpenAi { settings, .. }) = (&prices, &copilot.kind) {
            let api = ModelApi::Chat(settings.model.clone());
            price(app, &subject, &api, prices, results);
        }
        if let (Some(prices), CopilotKind::Model { api, .. }) = (&prices, &copilot.kind) {
            price(app, &subject, api, prices, results);
        }
        if usable {
            sound.copilots.push(index);
        }
    }
    for (index, judge) in config.judges.iter().enumerate() {
        let subject = format!("judge {}", judge.name);
        match judge_spec::spec(judge) {
            Ok(None) => results.ok(&subject, "kind", "embedded: asks nobody"),
            Ok(Some(_)) => {}
            Err(error) => results.failed(&subject, "spec", &error),
        }
        for (place, juror) in judge.jurors.iter().enumerate() {
            let subject = of_juror(&judge.name, juror);
            if one(app, &subject, &juror.endpoint.endpoint, results) {
                sound.judges.push((index, place));
            }
            if let Some(prices) = &prices {
                price(app, &subject, &juror.endpoint.api, prices, results);
            }
        }
    }
    if let Err(error) = metrics::check(config) {
        results.failed("judges", "metrics", &error);
    }
    sound
}

/// Where a copilot is called, if it is.
pub(crate) fn endpoint_of(kind: &CopilotKind) -> Option<&EndpointConfig> {
    match kind {
        CopilotKind::OpenAi { endpoint, .. }
        | CopilotKind::Model { endpoint, .. }
        | CopilotKind::Databricks { endpoint, .. }
        | CopilotKind::Mlflow { endpoint, .. }
        | CopilotKind::VectorSearch { endpoint, .. }
        | CopilotKind::Retriever { endpoint, .. }
        | CopilotKind::Http { endpoint, .. } => Some(endpoint),
        CopilotKind::Command(_) | CopilotKind::Recorded { .. } | CopilotKind::Demo { .. } => None,
    }
}

fn without_endpoint(subject: &str, kind: &CopilotKind, results: &mut CheckResults) -> bool {
    match kind {
        CopilotKind::Recorded { file } if !file.is_file() => {
            results.fail(
                subject,
                "kind",
                format!("there is no file `{}`", file.display()),
                Some("paths are relative to the configuration's folder".to_owned()),
            );
            return false;
        }
        CopilotKind::Recorded { file } => {
            results.ok(
                subject,
                "kind",
                format!("recorded answers of `{}`", file.display()),
            );
        }
        CopilotKind::Command(settings) => {
            results.ok(subject, "kind", format!("command `{}`", settings.program));
        }
        CopilotKind::Demo { .. } => results.ok(subject, "kind", "bundled demo"),
        CopilotKind::OpenAi { .. }
        | CopilotKind::Model { .. }
        | CopilotKind::Databricks { .. }
        | CopilotKind::VectorSearch { .. }
        | CopilotKind::Retriever { .. }
        | CopilotKind::Mlflow { .. }
        | CopilotKind::Http { .. } => {}
    }
    true
}

/// Credentials, certificates and proxy of one endpoint; whether it can be called.
fn one(app: &App, subject: &str, endpoint: &EndpointConfig, results: &mut CheckResults) -> bool {
    let credentials = endpoint.credentials(app.lookup());
    let mut usable = true;
    if credentials.is_empty() {
        results.ok(subject, "credentials", "none needed");
    }
    for (words, found) in credentials {
        match found {
            Ok(()) => results.ok(subject, "credentials", format!("{words}: present")),
            Err(mistakes) => {
                results.mistakes(subject, "credentials", &mistakes);
                usable = false;
            }
        }
    }
    if !usable {
        return false;
    }
    match endpoint.resolve(app.lookup()) {
        Err(mistakes) => {
            results.mistakes(subject, "endpoint", &mistakes);
            false
        }
        Ok(resolved) => {
            results.ok(subject, "endpoint", resolved.base_url.clone());
            protection(subject, &resolved, results);
            match Client::new(&resolved, Arc::new(SystemClock::new()), 0) {
                Ok(_) => true,
                Err(error) => {
                    let help = "see docs/endpoints.md, TLS and proxies".to_owned();
                    results.fail(subject, "endpoint", error.to_string(), Some(help));
                    false
                }
            }
        }
    }
}

fn protection(subject: &str, endpoint: &Endpoint, results: &mut CheckResults) {
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
            results.fail(subject, "tls", found, Some(help.to_owned()));
        } else {
            results.ok(subject, "tls", found);
        }
    } else if is_local {
        results.ok(subject, "tls", "none, on this machine");
    } else {
        let help = "questions, answers and keys can be read on the way: use https";
        results.warn(subject, "tls", "none", help);
    }
    match &endpoint.proxy {
        None => results.ok(subject, "proxy", "none"),
        Some(proxy) => {
            let login = if proxy.login.is_some() {
                ", with a login"
            } else {
                ""
            };
            results.ok(subject, "proxy", format!("{}{login}", proxy.url));
        }
    }
}

fn price(app: &App, subject: &str, api: &ModelApi, prices: &Prices, results: &mut CheckResults) {
    if api.price().is_some() {
        results.ok(subject, "price", "written in the configuration");
        return;
    }
    match prices.listed(api.model()) {
        None => results.warn(
            subject,
            "price",
            "unknown; under a budget nothing is asked that has no price",
            "add `price`, or list the model in the file that `prices` names",
        ),
        Some(listed) => {
            let found = format!("listed on {} ({})", listed.as_of, listed.source);
            let day = listed.as_of.parse::<Date>();
            let age = day.ok().and_then(|day| {
                let today = TimeZone::UTC.to_datetime(app.now()).date();
                Some(today.since(day).ok()?.get_days())
            });
            if age.is_some_and(|days| days <= PRICE_DAYS) {
                results.ok(subject, "price", found);
            } else {
                let help = "check it, and list what you pay in the file that `prices` names";
                results.warn(subject, "price", found, help);
            }
        }
    }
}

fn online(
    app: &App,
    config: &Config,
    sound: &Sound,
    results: &mut CheckResults,
) -> Result<(), AppError> {
    let runtime = pipeline::runtime()?;
    for index in &sound.copilots {
        if let Some(copilot) = config.copilots.get(*index) {
            let subject = format!("copilot {}", copilot.name);
            let probe = Probe {
                app,
                config,
                runtime: &runtime,
                subject: &subject,
            };
            let client = probe::copilot(&probe, copilot, results);
            seen(app, &subject, client.as_deref(), results);
        }
    }
    for (index, place) in &sound.judges {
        let judge = config.judges.get(*index);
        if let Some((judge, juror)) =
            judge.and_then(|judge| Some((judge, judge.jurors.get(*place)?)))
        {
            let subject = of_juror(&judge.name, juror);
            let probe = Probe {
                app,
                config,
                runtime: &runtime,
                subject: &subject,
            };
            let client = probe::judge(&probe, &juror.endpoint, results);
            seen(app, &subject, client.as_deref(), results);
        }
    }
    Ok(())
}

/// What the reply's head showed: protocol, clock, pace.
fn seen(app: &App, subject: &str, client: Option<&Client>, results: &mut CheckResults) {
    let Some(observed) = client.and_then(Client::observed) else {
        return;
    };
    let server = observed
        .server
        .as_ref()
        .map(|server| format!(", server {server}"));
    results.ok(
        subject,
        "protocol",
        format!("{}{}", observed.http_version, server.unwrap_or_default()),
    );
    let there = observed.date.as_deref();
    let there = there.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    if let Some(there) = there {
        let skew = app.now().duration_since(there).as_secs();
        let found = format!("{skew} s ahead of the endpoint's");
        if skew.abs() < SKEW {
            results.ok(subject, "clock", found);
        } else {
            results.warn(subject, "clock", found, "set this machine's clock");
        }
    }
    if !observed.pace.is_empty() {
        let pace: Vec<String> = observed
            .pace
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        results.ok(subject, "pace", pace.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorClass, Surroundings,
        check_result::{CheckResult, State},
        test_values::{Folder, app},
    };

    const CONFIG: &str = r#"
schema = "groundgate.config/1"
eval-set = "cases.jsonl"
policy = "gate.toml"
[[copilot]]
name = "hosted"
kind = "openai"
base-url = "https://models.example/v1"
model = "m"
auth = { env = "MODEL_KEY" }
price = { input-usd-per-million = 1, output-usd-per-million = 2 }
[[copilot]]
name = "stored"
kind = "recorded"
file = "answers.jsonl"
[[judge]]
name = "embedded"
spec = "embedded"
"#;

    fn results(app: &App, text: &str) -> Vec<CheckResult> {
        let folder = Folder::new();
        let config = folder.write("groundgate.toml", text);
        let request = DoctorRequest {
            config: Some(&config),
            online: false,
        };
        app.doctor(request).unwrap().all().to_vec()
    }

    fn state(results: &[CheckResult], subject: &str, check: &str) -> State {
        let found = results
            .iter()
            .find(|one| one.subject == subject && one.check == check);
        found
            .unwrap_or_else(|| panic!("{subject} {check} in {results:?}"))
            .state
    }

    #[test]
    fn everything_is_looked_at_whatever_is_wrong_with_the_first() {
        let found = results(&app(), CONFIG);
        assert_eq!(state(&found, "configuration", "file"), State::Ok);
        assert_eq!(state(&found, "disk", "records"), State::Ok);
        assert_eq!(state(&found, "copilot hosted", "credentials"), State::Error);
        assert_eq!(state(&found, "copilot stored", "kind"), State::Error);
        assert_eq!(state(&found, "judge embedded", "kind"), State::Ok);
    }

    #[test]
    fn a_key_that_is_there_is_found_and_not_repeated() {
        let surroundings = Surroundings {
            variable: Arc::new(|name| (name == "MODEL_KEY").then(|| "sk-secret".to_owned())),
            ..Surroundings::system()
        };
        let found = results(&App::new(surroundings), CONFIG);
        assert_eq!(state(&found, "copilot hosted", "credentials"), State::Ok);
        assert!(!format!("{found:?}").contains("sk-secret"));
    }

    #[test]
    fn a_clock_before_this_version_was_made_is_suspicious() {
        for (now, expected) in [
            ("2020-01-01T00:00:00Z", State::Warning),
            ("2027-01-01T00:00:00Z", State::Ok),
        ] {
            let surroundings = Surroundings {
                now: Arc::new(move || now.parse().unwrap()),
                ..Surroundings::system()
            };
            let found = results(&App::new(surroundings), CONFIG);
            assert_eq!(state(&found, "clock", "time"), expected, "{now}");
        }
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_a_finding() {
        let folder = Folder::new();
        let absent = folder.path().join("absent.toml");
        let request = DoctorRequest {
            config: Some(&absent),
            online: false,
        };
        let found = app().doctor(request).unwrap();
        assert_eq!(state(found.all(), "configuration", "file"), State::Error);
        assert_eq!(found.class(), Some(ErrorClass::Invalid));
    }
}
