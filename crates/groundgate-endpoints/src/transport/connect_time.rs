//! How long a call's own connection took to make, name and TLS with it.
//!
//! The HTTP library makes connections inside of a call, or takes an open one. What it makes is timed
//! where it is made and told to the call that waits for it, and to no other: a connection that is
//! made on while its call has found an open one is nobody's wait.

use std::{cell::Cell, sync::Arc, time::Duration};

use reqwest::ClientBuilder;
use tokio::task_local;
use tower::util::MapFutureLayer;

use super::clock::Clock;

task_local! {
    static CONNECTED: Cell<Option<Duration>>;
}

/// A client whose connections are timed.
pub(super) fn with_timed_connections(
    builder: ClientBuilder,
    clock: Arc<dyn Clock>,
) -> ClientBuilder {
    builder.connector_layer(MapFutureLayer::new(move |connecting| {
        timed(connecting, Arc::clone(&clock))
    }))
}

async fn timed<F: Future>(connecting: F, clock: Arc<dyn Clock>) -> F::Output {
    let began = clock.now();
    let connection = connecting.await;
    let took = clock.now().saturating_sub(began);
    // Nobody waits for a connection that is made in the background.
    CONNECTED
        .try_with(|connected| connected.set(Some(took)))
        .unwrap_or_default();
    connection
}

/// What `call` brings, and how long it waited for a connection of its own.
pub(super) async fn with_connect_time<F: Future>(call: F) -> (F::Output, Option<Duration>) {
    CONNECTED
        .scope(Cell::new(None), async {
            let output = call.await;
            (output, CONNECTED.with(Cell::get))
        })
        .await
}
