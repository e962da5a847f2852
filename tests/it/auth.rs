//! Tokens: where they come from, when they are renewed, and that nobody sees them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use groundgate_endpoints::transport::{
    Auth, Call, Client, ClientCredentials, Clock, Endpoint, Fault, Head, JsonBody, RetryPolicy,
    Secret, TokenCommand, TokenServer,
};
use groundgate_model::exchange::{CallFailure, FailureKind};

use crate::misbehave::{Server, Step, json_reply, reply};

const SECRET: &str = "canary-client-secret";

/// A clock that a test moves.
#[derive(Debug, Default)]
struct HandClock(Mutex<Duration>);

impl HandClock {
    fn forward(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

fn machine(server: TokenServer) -> Auth {
    Auth::ClientCredentials(ClientCredentials {
        server,
        client_id: "app".to_owned(),
        client_secret: Secret::new(SECRET),
        scope: "all-apis".to_owned(),
    })
}

fn client(url: &str, auth: Auth, clock: &Arc<HandClock>) -> Client {
    let endpoint = Endpoint {
        auth,
        retry: RetryPolicy {
            first_wait: Duration::from_millis(1),
            ..RetryPolicy::default()
        },
        ..Endpoint::at(url)
    };
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(clock);
    Client::new(&endpoint, clock, 3).unwrap()
}

async fn get(client: &Client) -> Result<(), CallFailure> {
    let target = client.target("thing");
    let any = |_: &Head| Ok::<_, Fault>(JsonBody::default());
    client.call(&Call::get(&target), any).await.map(|_| ())
}

fn say(bytes: Vec<u8>) -> Vec<Step> {
    vec![Step::Read, Step::Send(bytes)]
}

fn token(name: &str) -> Vec<Step> {
    let body = format!(r#"{{"access_token":"{name}","token_type":"Bearer","expires_in":3600}}"#);
    say(json_reply("200 OK", &body))
}

fn fine() -> Vec<Step> {
    say(json_reply("200 OK", "{}"))
}

/// First line and `authorization` of every request.
fn seen(server: &Server) -> Vec<String> {
    let line = |request: &String| {
        let first = request.lines().next().unwrap().replace(" HTTP/1.1", "");
        let auth = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "));
        format!("{first} {}", auth.unwrap_or("-"))
    };
    server.requests().iter().map(line).collect()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_before_its_end_on_the_monotonic_clock() {
    let tokens = Server::playing(vec![token("tok-one"), token("tok-two")]).await;
    let things = Server::playing(vec![fine()]).await;
    let clock = Arc::new(HandClock::default());
    let auth = machine(TokenServer::Url(format!("{}/oidc/v1/token", tokens.url)));
    let client = client(&things.url, auth, &clock);
    for pause in [0, 3499, 1] {
        clock.forward(pause);
        get(&client).await.unwrap();
    }
    assert_eq!(
        seen(&things),
        [
            "GET /thing Bearer tok-one",
            "GET /thing Bearer tok-one",
            "GET /thing Bearer tok-two"
        ]
    );
    let basic = "POST /oidc/v1/token Basic YXBwOmNhbmFyeS1jbGllbnQtc2VjcmV0";
    assert_eq!(seen(&tokens), [basic, basic]);
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    assert!(tokens.requests()[0].contains(form));
    assert!(tokens.requests()[0].ends_with("grant_type=client_credentials&scope=all-apis"));
}

#[tokio::test]
async fn callers_that_come_together_share_one_token() {
    let tokens = Server::playing(vec![token("tok-one")]).await;
    let things = Server::playing(vec![fine()]).await;
    let clock = Arc::new(HandClock::default());
    let client = client(
        &things.url,
        machine(TokenServer::Url(tokens.url.clone())),
        &clock,
    );
    let (a, b, c) = tokio::join!(get(&client), get(&client), get(&client));
    a.and(b).and(c).unwrap();
    assert_eq!(tokens.requests().len(), 1);
}

#[tokio::test]
async fn a_workspace_says_where_its_tokens_come_from() {
    let grants = Server::playing(vec![token("tok-one")]).await;
    let metadata = format!(r#"{{"token_endpoint":"{}/v1/token"}}"#, grants.url);
    let oidc = Server::playing(vec![say(json_reply("200 OK", &metadata))]).await;
    let config = format!(
        r#"{{"oidc_endpoint":"{}/oidc/{{account_id}}","account_id":"acc"}}"#,
        oidc.url
    );
    let workspace = Server::playing(vec![say(json_reply("200 OK", &config)), fine()]).await;
    let clock = Arc::new(HandClock::default());
    let auth = machine(TokenServer::DatabricksHost(workspace.url.clone()));
    get(&client(&workspace.url, auth, &clock)).await.unwrap();
    assert_eq!(
        seen(&workspace),
        [
            "GET /.well-known/databricks-config -",
            "GET /thing Bearer tok-one"
        ]
    );
    assert_eq!(
        seen(&oidc),
        ["GET /oidc/acc/.well-known/oauth-authorization-server -"]
    );
}

#[tokio::test]
async fn a_workspace_that_does_not_say_is_asked_at_the_usual_place() {
    let grants = Server::playing(vec![token("tok-one")]).await;
    let metadata = format!(r#"{{"token_endpoint":"{}/v1/token"}}"#, grants.url);
    let workspace = Server::playing(vec![
        say(reply("404 Not Found", "", "")),
        say(json_reply("200 OK", &metadata)),
        fine(),
    ])
    .await;
    let clock = Arc::new(HandClock::default());
    let auth = machine(TokenServer::DatabricksHost(format!("{}/", workspace.url)));
    get(&client(&workspace.url, auth, &clock)).await.unwrap();
    assert_eq!(
        seen(&workspace)[1],
        "GET /oidc/.well-known/oauth-authorization-server -"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_no_more() {
    let refusal = || {
        say(json_reply(
            "401 Unauthorized",
            r#"{"message":"bad tok-two here"}"#,
        ))
    };
    let tokens = Server::playing(vec![token("tok-one"), token("tok-two")]).await;
    let things = Server::playing(vec![refusal(), fine(), refusal()]).await;
    let clock = Arc::new(HandClock::default());
    let client = client(
        &things.url,
        machine(TokenServer::Url(tokens.url.clone())),
        &clock,
    );
    get(&client).await.unwrap();
    assert_eq!(seen(&things)[1], "GET /thing Bearer tok-two");
    let failure = get(&client).await.unwrap_err();
    assert_eq!((failure.kind, failure.tries), (FailureKind::Auth, 2));
    assert!(failure.message.contains("bad *** here"), "{failure}");
}

#[tokio::test]
async fn a_token_server_that_refuses_is_named_and_nothing_is_shown() {
    for (status, body, kind) in [
        (
            "401 Unauthorized",
            r#"{"error":"invalid_client","error_description":"no"}"#,
            FailureKind::Auth,
        ),
        (
            "400 Bad Request",
            r#"{"errorCode":"E1","errorSummary":"no"}"#,
            FailureKind::Auth,
        ),
        (
            "200 OK",
            r#"{"token":"canary-client-secret"}"#,
            FailureKind::Auth,
        ),
        (
            "200 OK",
            r#"{"access_token":"canary\u0000"}"#,
            FailureKind::Auth,
        ),
    ] {
        let tokens = Server::playing(vec![say(json_reply(status, body))]).await;
        let clock = Arc::new(HandClock::default());
        let client = client(
            &tokens.url,
            machine(TokenServer::Url(tokens.url.clone())),
            &clock,
        );
        let failure = get(&client).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains("no token: "), "{failure}");
        assert!(!failure.message.contains("canary"), "{failure}");
        assert!(!format!("{client:?}").contains("canary"));
    }
}

fn command(program: &str, arguments: &[&str]) -> Auth {
    Auth::Command(TokenCommand {
        program: program.to_owned(),
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        lifetime: Duration::from_mins(10),
    })
}

#[tokio::test]
async fn a_command_prints_the_token() {
    let things = Server::playing(vec![fine()]).await;
    let clock = Arc::new(HandClock::default());
    let printed = client(&things.url, command("echo", &["tok-printed"]), &clock);
    get(&printed).await.unwrap();
    assert_eq!(seen(&things), ["GET /thing Bearer tok-printed"]);
    for (auth, words) in [
        (command("false", &[]), "`false` failed"),
        (
            command("echo", &["not", "logged", "in"]),
            "`echo` printed no token",
        ),
        (
            command("no-such-program-here", &[]),
            "cannot run `no-such-program-here`",
        ),
    ] {
        let failure = get(&client(&things.url, auth, &clock)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Auth);
        assert!(failure.message.contains(words), "{failure}");
    }
    assert_eq!(things.requests().len(), 1);
}
