//! A client from an endpoint's settings: what renews its tokens, where they expire.

use std::sync::Arc;

use super::{
    auth::Auth,
    client::Client,
    clock::Clock,
    endpoint::{Endpoint, EndpointError},
    oauth::OAuth,
    token::{TokenSource, Tokens},
};

impl Client {
    /// Checks the settings and sets up TLS and the connection pool; connects to nothing.
    ///
    /// `jitter_seed` makes the waits between tries differ from those of other processes.
    pub fn new(
        endpoint: &Endpoint,
        clock: Arc<dyn Clock>,
        jitter_seed: u64,
    ) -> Result<Self, EndpointError> {
        let tokens = |source: Box<dyn TokenSource>| {
            Tokens::new(source, Arc::clone(&clock), endpoint.redactor())
        };
        let tokens = match &endpoint.auth {
            Auth::None | Auth::Bearer(_) | Auth::Header { .. } => None,
            Auth::ClientCredentials(credentials) => {
                let source = OAuth::new(credentials, endpoint, Arc::clone(&clock));
                Some(tokens(Box::new(source)))
            }
            Auth::Command(command) => Some(tokens(Box::new(command.clone()))),
        };
        Self::with_tokens(endpoint, tokens, clock, jitter_seed)
    }
}
