//! TLS and proxies over real sockets: who is trusted, who is not, and who gets to see which secret.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use groundgate_endpoints::{
    chat::{ChatModel as _, OpenAiModel, OpenAiSettings},
    transport::{Auth, Client, Endpoint, Proxy, RetryPolicy, Secret, SystemClock},
};
use groundgate_model::exchange::{CallFailure, ChatReply, ChatRequest, FailureKind};

use crate::{
    misbehave::{Server, json_reply, reply},
    program::Folder,
};

const GOOD: &str =
    r#"{"model":"m","choices":[{"message":{"content":"fine"},"finish_reason":"stop"}]}"#;

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        auth: Auth::Bearer(Secret::new("canary-target")),
        retry: RetryPolicy {
            retries: 0,
            first_wait: Duration::from_millis(1),
            ..RetryPolicy::default()
        },
        ..Endpoint::at(url)
    }
}

async fn ask(endpoint: &Endpoint) -> Result<ChatReply, CallFailure> {
    let client = Client::new(endpoint, Arc::new(SystemClock::new()), 3).unwrap();
    let model = OpenAiModel::new(Arc::new(client), OpenAiSettings::for_model("m"));
    let request = ChatRequest {
        messages: Vec::new(),
        max_output_tokens: 1,
        temperature: None,
        seed: None,
        json_schema: None,
    };
    model.complete(&request).await
}

/// Makes an authority and certificates in the working directory, then serves each on a port of its own, which it
/// prints with the certificate's name.
const TLS_SERVERS: &str = r#"
import datetime, http.server, ipaddress, ssl, sys, threading
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)

def made(name, issuer, start, end, host, is_authority=False):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = issuer or (subject, key)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
    if host:
        is_address = host[0].isdigit()
        host = x509.IPAddress(ipaddress.ip_address(host)) if is_address else x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([host]), critical=False)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    with open(f"{name}.pem", "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(f"{name}.key", "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    return subject, key

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sys.argv[1])))
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
    def log_message(self, *arguments):
        pass

ours = made("authority", None, NOW - DAY, NOW + DAY, None, True)
theirs = made("stranger", None, NOW - DAY, NOW + DAY, None, True)
made("good", ours, NOW - DAY, NOW + DAY, "127.0.0.1")
made("expired", ours, NOW - 2 * DAY, NOW - DAY, "127.0.0.1")
made("early", ours, NOW + DAY, NOW + 2 * DAY, "127.0.0.1")
made("other-host", ours, NOW - DAY, NOW + DAY, "other.example")
made("self-signed", None, NOW - DAY, NOW + DAY, "127.0.0.1")
made("unknown-authority", theirs, NOW - DAY, NOW + DAY, "127.0.0.1")

for name in ["good", "expired", "early", "other-host", "self-signed", "unknown-authority"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{name}.pem", f"{name}.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(name, server.server_address[1], flush=True)
print("ready", 0, flush=True)
threading.Event().wait()
"#;

/// The servers; they end with the test.
struct TlsServers {
    process: Child,
    ports: Vec<(String, u16)>,
}

impl TlsServers {
    /// Nothing where the tests' own Python is not installed.
    fn start(folder: &Folder) -> Option<Self> {
        let python = PathBuf::from(env::var_os("GROUNDGATE_TEST_VENV")?).join("bin/python");
        if !python.is_file() {
            return None;
        }
        let process = Command::new(python)
            .args(["-c", TLS_SERVERS, GOOD])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut this = Self {
            process,
            ports: Vec::new(),
        };
        for line in BufReader::new(this.process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (name, port) = line.split_once(' ').unwrap();
            if name == "ready" {
                return Some(this);
            }
            this.ports.push((name.to_owned(), port.parse().unwrap()));
        }
        panic!("the TLS servers did not start");
    }
}

impl Drop for TlsServers {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
async fn only_certificates_that_hold_are_trusted() {
    let folder = Folder::with(&[]);
    let Some(servers) = TlsServers::start(&folder) else {
        eprintln!("SKIPPED: no Python with cryptography; ./tests/run.sh installs it");
        assert!(
            env::var_os("CI").is_none(),
            "CI has what tests/run.sh installs"
        );
        return;
    };
    let authority = std::fs::read(folder.path().join("authority.pem")).unwrap();
    for (name, port) in &servers.ports {
        let own = |extra_ca| Endpoint {
            extra_ca,
            ..endpoint(&format!("https://127.0.0.1:{port}"))
        };
        let trusted = ask(&own(Some(authority.clone()))).await;
        if name == "good" {
            assert_eq!(trusted.unwrap().text, "fine");
        } else {
            let failure = trusted.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Connect, "{name}: {failure}");
            assert!(failure.message.contains("certificate"), "{name}: {failure}");
        }
        // The system does not know our authority.
        let failure = ask(&own(None)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Connect, "{name}: {failure}");
        assert!(!failure.message.contains("canary"), "{failure}");
    }
}

fn through(server: &Server, except: &str) -> Proxy {
    Proxy {
        url: server.url.clone(),
        login: Some(("me".to_owned(), Secret::new("canary-proxy"))),
        except: except.to_owned(),
    }
}

#[tokio::test]
async fn a_proxy_sees_its_own_login_and_not_the_targets_key() {
    let refusing = Server::saying(reply("502 No", "", "canary-proxy")).await;
    let secure = Endpoint {
        proxy: Some(through(&refusing, "")),
        ..endpoint("https://copilot.example:8443/v1")
    };
    let failure = ask(&secure).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect, "{failure}");
    assert!(!failure.message.contains("canary"), "{failure}");
    let seen = refusing.requests();
    assert!(
        seen[0].starts_with("CONNECT copilot.example:8443 HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    // "me:canary-proxy" in base64.
    let login = "proxy-authorization: basic bwu6y2fuyxj5lxbyb3h5";
    assert!(seen[0].to_lowercase().contains(login), "{}", seen[0]);
    assert!(!seen[0].contains("canary-target"), "{}", seen[0]);

    let forwarding = Server::saying(json_reply("200 OK", GOOD)).await;
    let plain = Endpoint {
        proxy: Some(through(&forwarding, "")),
        ..endpoint("http://copilot.example/v1")
    };
    assert_eq!(ask(&plain).await.unwrap().text, "fine");
    let seen = forwarding.requests();
    assert!(
        seen[0].starts_with("POST http://copilot.example/v1/chat/completions HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    assert!(seen[0].to_lowercase().contains(login), "{}", seen[0]);
}

#[tokio::test]
async fn exceptions_go_straight_to_the_target_without_the_proxys_login() {
    let proxy = Server::saying(json_reply("200 OK", GOOD)).await;
    let target = Server::saying(json_reply("200 OK", GOOD)).await;
    for except in ["127.0.0.1", "localhost,127.0.0.0/8"] {
        let direct = Endpoint {
            proxy: Some(through(&proxy, except)),
            ..endpoint(&target.url)
        };
        assert_eq!(ask(&direct).await.unwrap().text, "fine");
    }
    assert_eq!(proxy.n_connections(), 0);
    for request in target.requests() {
        assert!(
            !request.to_lowercase().contains("proxy-authorization"),
            "{request}"
        );
    }
    let suffix = Endpoint {
        proxy: Some(through(&proxy, ".example")),
        ..endpoint("http://copilot.example.invalid/v1")
    };
    ask(&suffix).await.unwrap();
    assert_eq!(
        proxy.n_connections(),
        1,
        "no suffix of the name, so through the proxy"
    );
}
