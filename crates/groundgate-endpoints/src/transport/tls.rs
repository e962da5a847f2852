//! TLS for one endpoint: rustls with ring, the system's roots and those the user adds.
//!
//! There is no switch that turns checking off.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::endpoint::EndpointError;

/// A configuration for TLS 1.2 and 1.3. `system_roots` is false where nothing will be encrypted,
/// to save reading them.
pub(super) fn config(
    extra_ca: Option<&[u8]>,
    system_roots: bool,
) -> Result<ClientConfig, EndpointError> {
    let mut roots = RootCertStore::empty();
    if system_roots {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if let Some(pem) = extra_ca {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| bad_ca(&error))?;
            roots.add(certificate).map_err(|error| bad_ca(&error))?;
        }
        if roots.len() == before {
            return Err(EndpointError::ExtraCa("there is none".to_owned()));
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Setup(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// How many certificates of the system are trusted.
pub fn system_certificates() -> usize {
    rustls_native_certs::load_native_certs().certs.len()
}

fn bad_ca(error: &impl ToString) -> EndpointError {
    EndpointError::ExtraCa(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_certificates_must_be_certificates() {
        for pem in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let error = config(Some(pem.as_bytes()), false).unwrap_err();
            assert!(
                matches!(error, EndpointError::ExtraCa(_)),
                "{pem:?}: {error}"
            );
        }
        config(None, false).unwrap();
    }
}
