//! HTTP as the copilots and judges need it: limits, retries, secrets.
//!
//! One [`Client`] per endpoint owns the connections, the limiter and the secrets; adapters in
//! `chat/` and `copilot/` give it bodies and readers and never see a socket. What to do after a
//! failure is decided in [`retry`], which is pure. This room reads no environment and no files, and
//! it follows no redirects: whoever calls it hands over every value.

mod auth;
mod authorized;
mod breaker;
mod call;
mod client;
mod clock;
mod connect_time;
mod connection;
mod databrickscfg;
mod dns;
mod endpoint;
pub(crate) mod error_body;
mod form;
mod identity;
mod json;
mod limit;
mod mend;
mod oauth;
mod observed;
mod pace;
pub(crate) mod percent;
mod pool;
mod rate_headers;
mod reply;
pub mod retry;
mod secret;
pub mod sse;
mod status;
mod tls;
mod token;
mod token_command;

pub use auth::{Auth, ClientCredentials, TokenCommand, TokenServer};
pub use call::{Call, Reply, Target, Unanswered};
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use databrickscfg::{
    DatabricksProfile, DatabricksSettings, ProfileError, databricks_auth, databricks_section,
};
pub use endpoint::{Endpoint, EndpointError, HeaderText, Proxy, Timeouts, check_url, is_loopback};
pub(crate) use form::Keeping;
pub use form::{FormReader, Framing, ReplyForm};
pub use json::excerpt;
pub use limit::{Limiter, Limits, Slot};
pub(crate) use mend::joined;
pub use observed::Observed;
pub(crate) use reply::parse_json_as;
pub use reply::{Fault, Head, JsonBody, Progress, ReplyReader, parse_json};
pub use retry::RetryPolicy;
pub use secret::{Redactor, Secret};
pub use tls::system_certificates;
