//! The verdict as signed statements: decided again from the records, never read from a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use groundgate_gate::{Finding, Verdict};
use groundgate_model::{trial::InstrumentKind, unit::Digest};
use groundgate_record::Header;
use groundgate_trust::{
    Attested, DEFAULT_VERIFIER, IN_TOTO_TYPE, InputAttestation, Resource, WaiverInForce, bundle,
    test_result, vsa,
};

use super::{
    identity::subject,
    sealing::{seal_of, sign_seal},
    signer::Signer,
};
use crate::{
    app::App,
    approval_file,
    error::AppError,
    files,
    gate::{GateRequest, GateSummary},
    runs,
};

/// What is attested, by whom, and where it is written.
#[derive(Debug)]
pub struct AttestRequest<'a> {
    /// The verdict.
    pub gate: GateRequest<'a>,
    /// Who signs.
    pub signer: &'a Signer,
    /// The folder of the statements.
    pub folder: &'a Path,
}

/// What was written.
#[derive(Debug)]
pub struct AttestSummary {
    /// The statements and what they rest on, by name.
    pub files: Vec<PathBuf>,
    /// The verdict.
    pub gate: GateSummary,
    /// What it is about.
    pub subject: Resource,
}

impl App {
    /// Signs the seal of a run's record: that it is what the run left.
    pub fn seal(&self, runs_dir: &Path, run: &str, signer: &Signer) -> Result<(), AppError> {
        sign_seal(runs::open(runs_dir, run)?, signer)
    }

    /// Decides, and signs what was decided.
    pub fn attest(&self, request: &AttestRequest<'_>) -> Result<AttestSummary, AppError> {
        if request.gate.environment.is_none() {
            return Err(AppError::usage("a statement is about one environment")
                .with_help("name it with --env"));
        }
        let gate = self.gate(&request.gate)?;
        let attested = self.attested(&request.gate, &gate)?;
        let mut written: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let result = request
            .signer
            .envelope(IN_TOTO_TYPE, test_result(&attested))?;
        written.insert(
            "test-result.dsse.json".to_owned(),
            result.to_json().into_bytes(),
        );
        let approvals =
            approval_file::signed_files(&request.gate.project.approvals(), gate.subject)?;
        written.extend(approvals);
        let inputs: Vec<InputAttestation> = written
            .iter()
            .map(|(uri, bytes)| InputAttestation {
                uri: uri.clone(),
                digest: Digest::of(bytes),
            })
            .collect();
        let summary = request
            .signer
            .envelope(IN_TOTO_TYPE, vsa(&attested, &inputs))?;
        // The summary comes last: where it is, all that it rests on is there.
        let mut paths = Vec::new();
        for (name, bytes) in &written {
            paths.push(write(request.folder, name, bytes)?);
        }
        for (name, envelope) in [("test-result", &result), ("vsa", &summary)] {
            let name = format!("{name}.sigstore.json");
            paths.push(write(request.folder, &name, bundle(envelope).as_bytes())?);
        }
        paths.push(write(
            request.folder,
            "vsa.dsse.json",
            summary.to_json().as_bytes(),
        )?);
        Ok(AttestSummary {
            files: paths,
            gate,
            subject: attested.subject,
        })
    }

    fn attested(
        &self,
        request: &GateRequest<'_>,
        gate: &GateSummary,
    ) -> Result<Attested, AppError> {
        let reader = &gate.candidate.reader;
        let header = reader.header();
        let unsealed = || {
            AppError::invalid("the record has no seal: nothing can be attested of it").with_help(
                "run again with this groundgate; a killed run is sealed when it is resumed",
            )
        };
        let subject = subject(header).ok_or_else(|| {
            AppError::invalid(
                "the record does not say what was asked: nothing can be attested of it",
            )
        })?;
        let run = Resource {
            name: header.run_id.clone(),
            digest: seal_of(reader)?.ok_or_else(unsealed)?,
        };
        let baseline = match &gate.baseline {
            None => None,
            Some(loaded) => Some(Resource {
                name: loaded.reader.header().run_id.clone(),
                digest: seal_of(&loaded.reader)?.ok_or_else(unsealed)?,
            }),
        };
        let findings = &gate.report.decision.findings;
        let of = |wanted: &dyn Fn(Verdict) -> bool| -> Vec<String> {
            let own = findings.iter().filter(|finding| wanted(finding.verdict));
            own.map(|finding| finding.id.clone()).collect()
        };
        let verdict = gate.verdict();
        Ok(Attested {
            verifier: gate
                .verifier
                .clone()
                .unwrap_or_else(|| DEFAULT_VERIFIER.to_owned()),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            at: self.now(),
            subject,
            environment: request.environment.unwrap_or_default().to_owned(),
            policy: Resource {
                name: gate.source.to_string(),
                digest: gate.policy.digest,
            },
            verdict: verdict.name().to_owned(),
            is_passed: matches!(verdict, Verdict::Pass | Verdict::Waived),
            verdict_digest: gate.subject,
            passed: of(&|verdict| verdict == Verdict::Pass),
            waived: of(&|verdict| verdict == Verdict::Waived),
            failed: of(&|verdict| !matches!(verdict, Verdict::Pass | Verdict::Waived)),
            eval_set: header.eval_set_digest,
            judges: judges(header),
            run,
            baseline,
            waivers: waivers(findings),
            initiator: header.initiator.clone(),
            change_authors: request.change_authors.to_vec(),
        })
    }
}

/// The instruments, each once; plain checks are this program's.
fn judges(header: &Header) -> Vec<Digest> {
    let sources = header.metrics.iter();
    let sources = sources.filter(|one| one.instrument_kind != InstrumentKind::Checks);
    let each: BTreeSet<Digest> = sources.map(|one| one.instrument).collect();
    each.into_iter().collect()
}

/// The waivers that count, with their last days.
fn waivers(findings: &[Finding]) -> Vec<WaiverInForce> {
    let waivers = findings
        .iter()
        .filter_map(|finding| finding.waived.as_ref());
    let waivers = waivers.filter_map(|waived| {
        Some(WaiverInForce {
            id: waived.id.clone(),
            expires: waived.expires.parse().ok()?,
        })
    });
    waivers.collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, AppError> {
    let path = folder.join(name);
    files::write(&path, &String::from_utf8_lossy(bytes))?;
    Ok(path)
}
