//! The connections of one endpoint: TLS, proxy, names, and what is sent with every call.

use std::{sync::Arc, time::Duration};

use reqwest::{NoProxy, redirect, retry};

use super::{
    clock::Clock,
    connect_time::with_timed_connections,
    dns::Resolver,
    endpoint::{Endpoint, EndpointError, checked_url},
    tls,
};

/// Checks the settings and sets up TLS and the connection pool; connects to nothing.
pub(super) fn connection_pool(
    endpoint: &Endpoint,
    clock: &Arc<dyn Clock>,
) -> Result<reqwest::Client, EndpointError> {
    let base = checked_url(&endpoint.base_url)?;
    let tls = tls::config(endpoint.extra_ca.as_deref(), base.scheme() == "https")?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .default_headers(endpoint.header_map()?)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .user_agent(concat!("groundgate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(endpoint.timeouts.connect)
        .pool_max_idle_per_host(endpoint.limits.in_flight)
        .dns_resolver(Resolver)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .no_proxy();
    if let Some(proxy) = &endpoint.proxy {
        let url =
            checked_url(&proxy.url).map_err(|error| EndpointError::Proxy(error.to_string()))?;
        let mut through = reqwest::Proxy::all(url)
            .map_err(|error| EndpointError::Proxy(error.without_url().to_string()))?
            .no_proxy(NoProxy::from_string(&proxy.except));
        if let Some((user, password)) = &proxy.login {
            through = through.basic_auth(user, password.expose());
        }
        builder = builder.proxy(through);
    }
    with_timed_connections(builder, Arc::clone(clock))
        .build()
        .map_err(|error| EndpointError::Setup(error.without_url().to_string()))
}
