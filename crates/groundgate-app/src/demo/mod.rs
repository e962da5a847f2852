//! The demo copilot: a small real RAG service over the bundled knowledge base.
//!
//! It retrieves passages by BM25, answers with whole sentences of them and says so where it finds
//! nothing. It is served on loopback in the OpenAI-compatible form, so that the first run goes over
//! real HTTP. Its flawed variants give gates something true to find. [`DemoSession`] replays and gates them.

mod answerer;
mod bm25;
mod copilot;
mod server;
mod session;
mod text;
mod variant;

pub use answerer::{Answerer, DemoAnswer};
pub use copilot::{DemoCopilot, DemoServer};
pub use server::serve;
pub use session::{DemoGate, DemoSession};
pub use variant::Variant;
