//! Where MLflow's tracking server is and how calls to it are authorized: as MLflow's own client finds it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use groundgate_endpoints::transport::{Auth, Endpoint, Secret, check_url};
use groundgate_model::diagnostic::Mistake;

use crate::error::AppError;

use super::{
    databricks_auth::unified,
    proxy::from_environment,
    secret::{Lookup, SecretError},
};

/// The variables that MLflow's client reads, too.
const URI: &str = "MLFLOW_TRACKING_URI";
const USERNAME: &str = "MLFLOW_TRACKING_USERNAME";
const PASSWORD: &str = "MLFLOW_TRACKING_PASSWORD";
const TOKEN: &str = "MLFLOW_TRACKING_TOKEN";

/// The tracking server: `http…`, or `databricks` and `databricks://PROFILE`; where nobody says, the one that
/// `MLFLOW_TRACKING_URI` names.
pub fn tracking_endpoint(uri: Option<&str>, lookup: Lookup<'_>) -> Result<Endpoint, AppError> {
    let variable = |name: &str| (lookup.env)(name).filter(|value| !value.is_empty());
    let uri = uri.map(str::to_owned).or_else(|| variable(URI));
    let uri = uri.ok_or_else(|| {
        AppError::usage("nobody says where MLflow's tracking server is").with_help(format!(
            "--tracking-uri http://HOST:5000 or databricks, or the variable {URI}"
        ))
    })?;
    let mut endpoint = if uri == "databricks" || uri.starts_with("databricks://") {
        let profile = uri.strip_prefix("databricks://");
        let profile = profile.filter(|profile| !profile.is_empty());
        let found = unified(profile, None, None, lookup).map_err(|error| secret(&error))?;
        Endpoint {
            auth: found.auth,
            ..Endpoint::at(found.host)
        }
    } else if uri.starts_with("http://") || uri.starts_with("https://") {
        check_url(&uri)
            .map_err(|error| AppError::usage(format!("the tracking server: {error}")))?;
        Endpoint {
            auth: authorization(variable),
            ..Endpoint::at(uri)
        }
    } else {
        let kind = uri.split(':').next().unwrap_or_default();
        return Err(AppError::usage(format!(
            "a tracking store of the kind `{kind}` has no server that can be asked"
        ))
        .with_help(
            "serve it: mlflow server --backend-store-uri … --host 127.0.0.1, and name http://127.0.0.1:5000",
        ));
    };
    endpoint.proxy =
        from_environment(&endpoint.base_url, lookup).map_err(|error| secret(&error))?;
    if let Some(path) = variable("MLFLOW_TRACKING_SERVER_CERT_PATH") {
        let read = (lookup.file)(path.as_ref());
        let read = read.map_err(|cause| {
            AppError::invalid(format!("failed to read the certificates `{path}`")).because(cause)
        })?;
        endpoint.extra_ca = Some(read);
    }
    Ok(endpoint)
}

/// A name with a password goes before a token, as at MLflow.
fn authorization(variable: impl Fn(&str) -> Option<String>) -> Auth {
    match (variable(USERNAME), variable(PASSWORD), variable(TOKEN)) {
        (Some(user), Some(password), _) => Auth::Header {
            name: "authorization".to_owned(),
            value: Secret::new(format!(
                "Basic {}",
                STANDARD.encode(format!("{user}:{password}"))
            )),
        },
        (_, _, Some(token)) => Auth::Bearer(Secret::new(token)),
        _ => Auth::None,
    }
}

fn secret(error: &SecretError) -> AppError {
    AppError::from(error.at(&Mistake::in_file("tracking server", String::new())))
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use super::*;

    fn find(uri: Option<&str>, set: &[(&str, &str)]) -> Result<Endpoint, String> {
        let env = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let file = |_path: &Path| Err(io::Error::other("no file"));
        let lookup = Lookup {
            env: &env,
            file: &file,
        };
        tracking_endpoint(uri, lookup).map_err(|error| error.to_string())
    }

    /// How calls are authorized; what is said is tested where it is heard.
    fn kind(endpoint: &Endpoint) -> &str {
        match &endpoint.auth {
            Auth::None => "none",
            Auth::Bearer(_) => "bearer",
            Auth::Header { name, .. } => name,
            Auth::ClientCredentials(_) | Auth::Command(_) => "renewed",
        }
    }

    /// URI and variables, and what is found: a URL, and how calls are authorized.
    type Case<'a> = (Option<&'a str>, &'a [(&'a str, &'a str)], &'a str, &'a str);

    #[test]
    fn a_server_is_found_as_mlflow_finds_it() {
        let here = "http://127.0.0.1:5000";
        let workspace = [
            ("DATABRICKS_HOST", "https://w"),
            ("DATABRICKS_TOKEN", "d"),
            (TOKEN, "t"),
        ];
        let cases: [Case<'_>; 4] = [
            (Some(here), &[], here, "none"),
            (None, &[(URI, here), (TOKEN, "t")], here, "bearer"),
            (
                Some(here),
                &[(USERNAME, "u"), (PASSWORD, "p"), (TOKEN, "t")],
                here,
                "authorization",
            ),
            (Some("databricks"), &workspace, "https://w", "bearer"),
        ];
        for (uri, set, url, expected) in cases {
            let found = find(uri, set).unwrap();
            assert_eq!((found.base_url.as_str(), kind(&found)), (url, expected));
        }
    }

    #[test]
    fn what_cannot_be_asked_is_an_error() {
        for (uri, expected) in [
            (None, "nobody says"),
            (Some("sqlite:///mlflow.db"), "`sqlite`"),
            (Some("./mlruns"), "no server"),
            (Some("http://u:secret@host"), "user name"),
        ] {
            let error = find(uri, &[]).unwrap_err();
            assert!(
                error.contains(expected) && !error.contains("secret"),
                "{error}"
            );
        }
        assert!(find(Some("databricks"), &[]).is_err());
    }
}
