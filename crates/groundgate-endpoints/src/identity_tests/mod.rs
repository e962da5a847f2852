//! Identity: any setting that can change an answer makes another manifest, nothing else does, and no
//! secret is in one.

mod chats;
mod copilots;
mod endpoints;

use std::sync::Arc;

use groundgate_model::{manifest::Manifest, unit::Usd};

use crate::{
    chat::{PartPrices, Price},
    transport::{Client, Endpoint, SystemClock},
};

/// In every place of these tests that can hold a secret.
const CANARY: &str = "canary-7f3a91";

const PRICE: Option<Price> = Some(Price {
    input_usd_per_million: Usd::from_nanos(1),
    output_usd_per_million: Usd::from_nanos(1),
    parts: PartPrices {
        cached: None,
        cache_write: None,
        reasoning: None,
    },
});

/// Settings, each changed alone.
struct Changes<S> {
    start: S,
    manifest: fn(&S) -> Manifest,
    /// What was changed to what, for the message of a test that fails.
    seen: Vec<(String, Manifest)>,
}

impl<S: Clone> Changes<S> {
    fn of(start: S, manifest: fn(&S) -> Manifest) -> Self {
        let seen = vec![("nothing".to_owned(), manifest(&start))];
        Self {
            start,
            manifest,
            seen,
        }
    }

    fn changed(&self, change: impl FnOnce(&mut S)) -> Manifest {
        let mut settings = self.start.clone();
        change(&mut settings);
        let manifest = (self.manifest)(&settings);
        let json = serde_json::to_string(&manifest).unwrap();
        assert!(!json.contains(CANARY), "{json}");
        manifest
    }

    /// The change makes a manifest that no other change has made.
    fn tells(&mut self, what: &str, change: impl FnOnce(&mut S)) -> &mut Self {
        let manifest = self.changed(change);
        for (other, known) in &self.seen {
            assert_ne!(manifest.digest(), known.digest(), "{what} and {other}");
        }
        self.seen.push((what.to_owned(), manifest));
        self
    }

    /// The change leaves the identity alone.
    fn ignores(&mut self, what: &str, change: impl FnOnce(&mut S)) -> &mut Self {
        assert_eq!(self.changed(change), (self.manifest)(&self.start), "{what}");
        self
    }
}

fn client(endpoint: &Endpoint) -> Arc<Client> {
    Arc::new(Client::new(endpoint, Arc::new(SystemClock::new()), 0).unwrap())
}

fn local() -> Arc<Client> {
    client(&Endpoint::at("http://127.0.0.1:1/v1"))
}
