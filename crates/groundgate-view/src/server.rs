//! The listener: 127.0.0.1 only, one handler for every path, bodies with a limit.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use groundgate_model::unit::Digest;
use tokio::{net::TcpListener, sync::Semaphore, task, time};

use super::{
    guard::{Door, POLICY, Refusal},
    page::Reply,
    query::Query,
    router,
    viewer::Viewer,
};

/// A body that changes something is a label: small.
const BODY_MAX: usize = 64 * 1024;
/// Requests worked on at once; a browser waits for the rest.
const AT_ONCE: usize = 4;
/// Nobody has asked for so long: the viewer ends.
const IDLE: Duration = Duration::from_hours(4);

/// The viewer could not listen, or stopped listening.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} on 127.0.0.1")]
pub struct ServeError {
    operation: &'static str,
    source: std::io::Error,
}

/// A viewer that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    token: String,
    state: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    viewer: Arc<Viewer>,
    door: Door,
    room: Semaphore,
    n_asked: AtomicU64,
}

impl Server {
    /// Listens on a port of 127.0.0.1; 0 takes one that is free. `secret` must be unpredictable.
    pub async fn bind(viewer: Viewer, port: u16, secret: &[u8]) -> Result<Self, ServeError> {
        let failed = |operation| move |source| ServeError { operation, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(failed("listen"))?;
        let address = listener.local_addr().map_err(failed("listen"))?;
        let token: String = Digest::of(secret).to_string().chars().take(32).collect();
        let state = Arc::new(Open {
            viewer: Arc::new(viewer),
            door: Door::new(address.port(), &token),
            room: Semaphore::new(AT_ONCE),
            n_asked: AtomicU64::new(0),
        });
        Ok(Self {
            listener,
            address,
            token,
            state,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open, with the secret in it.
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves until it is dropped, or until nobody has asked for four hours.
    pub async fn serve(self) -> Result<(), ServeError> {
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&self.state));
        let served = axum::serve(self.listener, app);
        tokio::select! {
            ended = served => ended.map_err(|source| ServeError { operation: "serve", source }),
            () = idle(&self.state) => Ok(()),
        }
    }
}

async fn idle(open: &Open) {
    let mut seen = 0;
    loop {
        time::sleep(IDLE).await;
        let asked = open.n_asked.load(Ordering::Relaxed);
        if asked == seen {
            return;
        }
        seen = asked;
    }
}

async fn answer(State(open): State<Arc<Open>>, request: Request) -> Response {
    open.n_asked.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let page = match open.door.admit(&parts) {
        Ok(page) => page.to_owned(),
        Err(Refusal(status, why)) => return respond(Reply::text(status, why)),
    };
    let query = Query::parse(parts.uri.query().unwrap_or(""));
    let is_post = parts.method == axum::http::Method::POST;
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return respond(Reply::text(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is too large",
        ));
    };
    let Ok(_permit) = open.room.acquire().await else {
        return respond(Reply::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the viewer is closing",
        ));
    };
    let viewer = Arc::clone(&open.viewer);
    let work = move || {
        if is_post {
            router::post(&viewer, &page, &body)
        } else {
            router::get(&viewer, &page, &query)
        }
    };
    let reply = task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_panicked| {
            Reply::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "this page failed; others still work",
            )
        });
    respond(reply)
}

fn respond(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, reply.content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
