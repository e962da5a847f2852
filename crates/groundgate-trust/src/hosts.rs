//! Which hosts a pattern means.

/// A host in full, or everything below one: `api.openai.com`, `*.cloud.databricks.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
}

impl HostPattern {
    /// `None` where it is none: a port, a scheme, a star elsewhere than in front, or a star over a whole
    /// top-level domain.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("*.").unwrap_or(text);
        let is_name = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let is_address = rest.starts_with('[') && rest.ends_with(']');
        let parts = rest.split('.').count();
        let is_wide = rest.len() != text.len() && parts < 2;
        let is_host = is_address || rest.split('.').all(is_name);
        (is_host && !is_wide).then(|| Self {
            text: text.to_ascii_lowercase(),
        })
    }

    /// Whether a host is meant.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match self.text.strip_prefix("*.") {
            None => host == self.text,
            Some(domain) => host
                .strip_suffix(domain)
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty()),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
