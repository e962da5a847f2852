//! What a record's run asked, as promotion speaks of it: a model, its version, and everything else that
//! can change an answer.

use groundgate_model::{
    manifest::{Manifest, Setting},
    unit::Digest,
};
use groundgate_record::Header;
use groundgate_trust::Resource;

/// What the manifest of a record says of its copilot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CopilotIdentity {
    /// `databricks`, `http`, `recorded` …; `imported` where nobody was asked.
    pub(crate) kind: String,
    /// Where it is, without what is secret.
    pub(crate) url: Option<String>,
    /// Where its proxy is.
    pub(crate) proxy: Option<String>,
    /// Whether the configuration brings a certificate authority of its own.
    pub(crate) has_own_ca: bool,
    /// Model and version, as the endpoint itself says or as the run was told.
    pub(crate) model: Option<String>,
}

fn text<'m>(manifest: &'m Manifest, name: &str) -> Option<&'m str> {
    if let Some(Setting::Text(text)) = manifest.get(name) {
        Some(text)
    } else {
        None
    }
}

/// A part wherever it stands: forms wrap each other.
fn find<'m>(manifest: &'m Manifest, name: &str) -> Option<&'m Setting> {
    manifest.get(name).or_else(|| {
        let mut parts = manifest.settings().filter_map(|(_, setting)| {
            if let Setting::Part(part) = setting {
                Some(part)
            } else {
                None
            }
        });
        parts.find_map(|part| find(part, name))
    })
}

fn found_text(manifest: &Manifest, name: &str) -> Option<String> {
    match find(manifest, name)? {
        Setting::Text(text) => Some(text.clone()),
        Setting::Flag(_)
        | Setting::Count(_)
        | Setting::Number(_)
        | Setting::Written(_)
        | Setting::List(_)
        | Setting::Part(_) => None,
    }
}

/// The only version that an endpoint serves, as it says itself: `models:/NAME/VERSION`.
pub(crate) fn served(copilot: &Manifest) -> Option<String> {
    let Some(Setting::List(all)) = find(copilot, "served") else {
        return None;
    };
    let [Setting::Part(only)] = all.as_slice() else {
        return None;
    };
    Some(format!(
        "models:/{}/{}",
        text(only, "model")?,
        text(only, "version")?
    ))
}

impl CopilotIdentity {
    /// What a record's header says.
    pub(crate) fn of(header: &Header) -> Self {
        let Some(manifest) = &header.manifest else {
            return Self {
                kind: "imported".to_owned(),
                ..Self::default()
            };
        };
        let Some(copilot) = manifest.part("copilot") else {
            return Self::default();
        };
        let proxy = match find(copilot, "proxy") {
            Some(Setting::Part(proxy)) => text(proxy, "url").map(str::to_owned),
            Some(_) | None => None,
        };
        Self {
            kind: found_text(copilot, "kind").unwrap_or_default(),
            url: found_text(copilot, "url"),
            proxy,
            has_own_ca: find(copilot, "extra-ca").is_some(),
            model: served(copilot).or_else(|| text(manifest, "model-version").map(str::to_owned)),
        }
    }
}

/// Who could answer in the place of something that the run asked, as the words of its manifest say: a proxy
/// that sees what is not encrypted, or whose certificates an authority of the configuration's own signs.
pub(crate) fn stands_between(header: &Header) -> Vec<(String, String)> {
    let Some(manifest) = &header.manifest else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let judges = manifest
        .part("judges")
        .into_iter()
        .flat_map(Manifest::settings);
    let judges = judges.map(|(name, setting)| (format!("judge of {name}"), setting));
    let copilot = manifest
        .get("copilot")
        .map(|setting| ("copilot".to_owned(), setting));
    for (who, setting) in judges.chain(copilot) {
        let Setting::Part(part) = setting else {
            continue;
        };
        let url = found_text(part, "url").unwrap_or_default();
        let is_open = url.starts_with("http://") || find(part, "extra-ca").is_some();
        if let Some(Setting::Part(proxy)) = find(part, "proxy")
            && is_open
        {
            let proxy = text(proxy, "url").unwrap_or("a proxy");
            found.push((
                who,
                format!("is reached through {proxy}, which could answer in its place"),
            ));
        }
    }
    found
}

/// What a statement about a run is about: its model and version, or the run's copilot where nobody says
/// which version it was; by the digest over everything that can change an answer.
pub(crate) fn subject(header: &Header) -> Option<Resource> {
    let target = header.target()?;
    let identity = CopilotIdentity::of(header);
    let name = identity
        .model
        .unwrap_or_else(|| format!("copilot:{}", header.copilot_name));
    let digest = Digest::of_parts([name.as_bytes(), target.to_string().as_bytes()]);
    Some(Resource { name, digest })
}
