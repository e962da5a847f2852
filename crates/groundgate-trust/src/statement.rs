//! What is signed: in-toto statements about a run's seal, its rules, and the verdict.

use groundgate_model::unit::Digest;
use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value, json};

/// Who gives verdicts, where the trust file names nobody.
pub const DEFAULT_VERIFIER: &str = "https://groundgate.example/gate/v1";
/// The predicate of a summary.
pub const VSA: &str = "https://slsa.dev/verification_summary/v1";
/// The predicate of a test's result.
pub const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// The predicate of a seal.
pub const SEAL_TYPE: &str = "https://groundgate.example/seal/v1";
pub(crate) const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Something with a name and a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// For people, and for whoever looks for it.
    pub name: String,
    /// What it is.
    pub digest: Digest,
}

/// A statement that the summary rests on: a file beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputAttestation {
    /// The file's name.
    pub uri: String,
    /// Over its bytes.
    pub digest: Digest,
}

/// A waiver that the verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverInForce {
    /// Its id.
    pub id: String,
    /// Its last day.
    pub expires: Date,
}

/// What a verdict was, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// Who says so.
    pub verifier: String,
    /// Which groundgate.
    pub tool_version: String,
    /// When.
    pub at: Timestamp,
    /// What was asked: the model and its version, by the digest over everything that can change an answer.
    pub subject: Resource,
    /// Where it may go.
    pub environment: String,
    /// By which policy.
    pub policy: Resource,
    /// The verdict's word.
    pub verdict: String,
    /// Whether it lets the subject go.
    pub is_passed: bool,
    /// The name of the verdict that approvals give.
    pub verdict_digest: Digest,
    /// Rules that passed.
    pub passed: Vec<String>,
    /// Rules that passed a waiver's threshold.
    pub waived: Vec<String>,
    /// All other rules.
    pub failed: Vec<String>,
    /// The eval set.
    pub eval_set: Digest,
    /// The instruments.
    pub judges: Vec<Digest>,
    /// The run, by its seal.
    pub run: Resource,
    /// What it was compared with.
    pub baseline: Option<Resource>,
    /// Waivers that count.
    pub waivers: Vec<WaiverInForce>,
    /// Who started the run, as the record says.
    pub initiator: Option<String>,
    /// Who made the change, as somebody said.
    pub change_authors: Vec<String>,
}

/// The level that a passed gate of an environment gives.
pub(crate) fn level(environment: &str) -> String {
    let name = environment.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    });
    ["GROUNDGATE_".to_owned(), name.collect()].concat()
}

/// What a summary is about: the subject in its environment.
pub(crate) fn resource_uri(subject: &str, environment: &str) -> String {
    format!("{subject}?env={environment}")
}

fn sha256(digest: Digest) -> Value {
    json!({"sha256": digest.to_string()})
}

fn descriptor(resource: &Resource) -> Value {
    json!({"uri": resource.name, "digest": sha256(resource.digest)})
}

fn statement(subject: &Resource, kind: &str, predicate: &Value) -> Vec<u8> {
    json!({
        "_type": STATEMENT,
        "subject": [{"name": subject.name, "digest": sha256(subject.digest)}],
        "predicateType": kind,
        "predicate": predicate,
    })
    .to_string()
    .into_bytes()
}

/// The statement that a record is what its run left.
pub fn seal_statement(run: &Resource, tool_version: &str) -> Vec<u8> {
    statement(run, SEAL_TYPE, &json!({"groundgate": tool_version}))
}

/// The seal that such a statement is about; `None` where it is another statement.
pub fn sealed_digest(payload: &[u8]) -> Option<Digest> {
    let statement: Value = serde_json::from_slice(payload).ok()?;
    let is_one =
        statement.get("_type")? == STATEMENT && statement.get("predicateType")? == SEAL_TYPE;
    let subjects = statement.get("subject")?.as_array()?;
    let [subject] = subjects.as_slice() else {
        return None;
    };
    let digest = subject.pointer("/digest/sha256")?.as_str()?;
    is_one.then(|| Digest::parse(digest)).flatten()
}

/// Rule by rule, as in-toto's test result has it.
pub fn test_result(attested: &Attested) -> Vec<u8> {
    let result = match (attested.is_passed, attested.waived.is_empty()) {
        (true, true) => "PASSED",
        (true, false) => "WARNED",
        (false, _) => "FAILED",
    };
    let mut configuration = vec![
        descriptor(&attested.policy),
        json!({"name": "eval-set", "digest": sha256(attested.eval_set)}),
        json!({"name": format!("run {}", attested.run.name), "digest": sha256(attested.run.digest)}),
    ];
    configuration.extend(
        (attested.judges.iter()).map(|judge| json!({"name": "judge", "digest": sha256(*judge)})),
    );
    let predicate = json!({
        "result": result,
        "configuration": configuration,
        "passedTests": attested.passed,
        "warnedTests": attested.waived,
        "failedTests": attested.failed,
    });
    statement(&attested.subject, TEST_RESULT, &predicate)
}

/// The verdict in one statement, as SLSA's verification summary has it.
pub fn vsa(attested: &Attested, inputs: &[InputAttestation]) -> Vec<u8> {
    let inputs: Vec<Value> = inputs
        .iter()
        .map(|input| json!({"uri": input.uri, "digest": sha256(input.digest)}))
        .collect();
    let levels = if attested.is_passed {
        vec![level(&attested.environment)]
    } else {
        Vec::new()
    };
    let waivers: Vec<Value> = (attested.waivers.iter())
        .map(|one| json!({"id": one.id, "expires": one.expires.to_string()}))
        .collect();
    let judges: Vec<Value> = attested.judges.iter().map(|one| sha256(*one)).collect();
    let predicate = Map::from_iter([
        (
            "verifier".to_owned(),
            json!({"id": attested.verifier, "version": {"groundgate": attested.tool_version}}),
        ),
        ("timeVerified".to_owned(), json!(attested.at.to_string())),
        (
            "resourceUri".to_owned(),
            json!(resource_uri(&attested.subject.name, &attested.environment)),
        ),
        ("policy".to_owned(), descriptor(&attested.policy)),
        ("inputAttestations".to_owned(), json!(inputs)),
        (
            "verificationResult".to_owned(),
            json!(if attested.is_passed {
                "PASSED"
            } else {
                "FAILED"
            }),
        ),
        ("verifiedLevels".to_owned(), json!(levels)),
        (
            "groundgate_verdict".to_owned(),
            json!({"word": attested.verdict, "digest": sha256(attested.verdict_digest)}),
        ),
        (
            "groundgate_evalSet".to_owned(),
            json!({"digest": sha256(attested.eval_set)}),
        ),
        ("groundgate_judges".to_owned(), json!(judges)),
        ("groundgate_run".to_owned(), descriptor(&attested.run)),
        (
            "groundgate_baseline".to_owned(),
            json!(attested.baseline.as_ref().map(descriptor)),
        ),
        ("groundgate_reportOnly".to_owned(), json!(false)),
        ("groundgate_waivers".to_owned(), json!(waivers)),
        ("groundgate_initiator".to_owned(), json!(attested.initiator)),
        (
            "groundgate_changeAuthors".to_owned(),
            json!(attested.change_authors),
        ),
    ]);
    statement(&attested.subject, VSA, &Value::Object(predicate))
}
