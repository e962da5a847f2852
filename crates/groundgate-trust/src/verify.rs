//! The twelve steps from a statement to a promotion: fixed order, all must hold, the first that fails is
//! named. What is not there fails. Nothing is asked of anybody: it works offline.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::unit::Digest;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;

use super::{
    approval::{SignedApproval, SignedBy, check_approval},
    bundle::envelope_of_bundle,
    dsse::{Envelope, IN_TOTO_TYPE},
    file::{Grant, TrustFile},
    statement::{STATEMENT, TEST_RESULT, VSA, level, resource_uri},
};

/// Clocks of two machines may differ by so much.
const CLOCK_TOLERANCE_S: i64 = 300;
/// What a signature's file is called, after the name of what it signs.
const SIGNATURE: &str = ".sig";

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`words` says what each is")]
pub enum StepName {
    Envelope,
    Signature,
    Statement,
    Subject,
    Resource,
    Policy,
    Measurement,
    Result,
    Inputs,
    Approvals,
    Waivers,
    Age,
}

impl StepName {
    /// All of them, in their order.
    pub const ALL: [Self; 12] = [
        Self::Envelope,
        Self::Signature,
        Self::Statement,
        Self::Subject,
        Self::Resource,
        Self::Policy,
        Self::Measurement,
        Self::Result,
        Self::Inputs,
        Self::Approvals,
        Self::Waivers,
        Self::Age,
    ];

    /// What the step asks.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Envelope => "the envelope is whole",
            Self::Signature => "a key that may attest has signed it",
            Self::Statement => "it is a verification summary",
            Self::Subject => "it is about this model and version",
            Self::Resource => "it is about this environment",
            Self::Policy => "the policy is the protected one",
            Self::Measurement => "eval set and judges are allowed",
            Self::Result => "the verdict lets it go",
            Self::Inputs => "what it rests on is there and signed",
            Self::Approvals => "everybody has said yes",
            Self::Waivers => "no waiver has ended",
            Self::Age => "it is not too old",
        }
    }
}

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// What was found, or why it fails.
    pub result: Result<String, String>,
}

/// One approval rule of the protected policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// One person for each.
    pub roles: Vec<String>,
    /// In seconds.
    pub valid_for: i64,
    /// Whether who started the run does not count.
    pub not_by_initiator: bool,
    /// Whether who made the change does not count.
    pub not_by_author: bool,
}

/// What a statement is held against.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// Whose word counts.
    pub trust: &'a TrustFile,
    /// Where it is to go.
    pub environment: &'a str,
    /// The model and version that is to be promoted, as the statement must name it.
    pub subject: Option<&'a str>,
    /// What it must be.
    pub subject_digest: Option<Digest>,
    /// The policy of the protected place now, and earlier ones that are still good.
    pub policies: &'a [Digest],
    /// Allowed eval sets; empty: any.
    pub eval_sets: &'a [Digest],
    /// The approvals that the policy asks for.
    pub approvals: &'a [Wanted],
    /// A name as names are compared.
    pub same_name: fn(&str) -> String,
    /// In seconds.
    pub max_age: i64,
    /// Now.
    pub at: Timestamp,
    /// The files beside the statement, by name.
    pub files: &'a BTreeMap<String, Vec<u8>>,
}

/// An approval as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalText {
    #[serde(rename = "schema")]
    _schema: String,
    subject: String,
    #[serde(rename = "run")]
    _run: String,
    environment: String,
    role: String,
    by: String,
    at: Timestamp,
    says: String,
    #[serde(rename = "reason")]
    _reason: String,
}

/// A parsed summary.
struct Summary {
    statement: Value,
}

impl Summary {
    fn at(&self, pointer: &str) -> Option<&Value> {
        self.statement.pointer(pointer)
    }

    fn text(&self, pointer: &str) -> Result<&str, String> {
        self.at(pointer)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("it has no text at `{pointer}`"))
    }

    fn digest(&self, pointer: &str) -> Result<Digest, String> {
        Digest::parse(self.text(pointer)?)
            .ok_or_else(|| format!("there is no digest at `{pointer}`"))
    }

    fn list(&self, pointer: &str) -> Result<&Vec<Value>, String> {
        self.at(pointer)
            .and_then(Value::as_array)
            .ok_or_else(|| format!("it has no list at `{pointer}`"))
    }
}

/// One step over a parsed summary.
type Check = fn(&Summary, &Expected<'_>) -> Result<String, String>;

/// Holds a statement against what is expected: the steps that were gone, the last of which fails unless
/// there are twelve.
pub fn verify(bytes: &[u8], expected: &Expected<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |name: StepName, result: Result<String, String>| {
        let holds = result.is_ok();
        steps.push(Step { name, result });
        holds
    };
    let envelope = match envelope_of_bundle(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            step(StepName::Envelope, Err(error.to_string()));
            return steps;
        }
    };
    step(StepName::Envelope, Ok("one payload".to_owned()));
    if !step(StepName::Signature, signature(&envelope, expected)) {
        return steps;
    }
    // What was verified is what is parsed.
    let summary = match statement(&envelope, VSA) {
        Ok(statement) => Summary { statement },
        Err(why) => {
            step(StepName::Statement, Err(why));
            return steps;
        }
    };
    let checks: [(StepName, Check); 10] = [
        (StepName::Statement, verifier),
        (StepName::Subject, subject),
        (StepName::Resource, resource),
        (StepName::Policy, policy),
        (StepName::Measurement, measurement),
        (StepName::Result, result),
        (StepName::Inputs, inputs),
        (StepName::Approvals, approvals),
        (StepName::Waivers, waivers),
        (StepName::Age, age),
    ];
    for (name, check) in checks {
        if !step(name, check(&summary, expected)) {
            break;
        }
    }
    steps
}

fn signature(envelope: &Envelope, expected: &Expected<'_>) -> Result<String, String> {
    let signers = envelope.signers(&expected.trust.keys);
    let mut why = "no key of the trust file signed it".to_owned();
    for key in signers {
        match key.fault(&Grant::Attest, expected.environment, expected.at) {
            None => return Ok(format!("signed by `{}`", key.id)),
            Some(fault) => why = fault,
        }
    }
    Err(why)
}

/// The statement of an envelope whose signature holds.
fn statement(envelope: &Envelope, predicate: &str) -> Result<Value, String> {
    if envelope.payload_type != IN_TOTO_TYPE {
        return Err(format!("its payload is `{}`", envelope.payload_type));
    }
    let statement = groundgate_model::strict_json::read(&envelope.payload)?;
    let text = |key: &str| statement.get(key).and_then(Value::as_str).unwrap_or("");
    if text("_type") != STATEMENT {
        return Err(format!("its type is `{}`", text("_type")));
    }
    if text("predicateType") != predicate {
        return Err(format!("its predicate is `{}`", text("predicateType")));
    }
    Ok(statement)
}

fn verifier(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let id = summary.text("/predicate/verifier/id")?;
    if id == expected.trust.verifier {
        Ok(format!("given by {id}"))
    } else {
        Err(format!(
            "it is given by `{id}` and not by `{}`",
            expected.trust.verifier
        ))
    }
}

fn subject(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let [_only] = summary.list("/subject")?.as_slice() else {
        return Err("it is about more or less than one thing".to_owned());
    };
    let (name, digest) = (
        summary.text("/subject/0/name")?,
        summary.digest("/subject/0/digest/sha256")?,
    );
    if expected.subject.is_none() && expected.subject_digest.is_none() {
        return Err("nobody said which model and version is to be promoted".to_owned());
    }
    if let Some(wanted) = expected.subject
        && wanted != name
    {
        return Err(format!("it is about `{name}` and not about `{wanted}`"));
    }
    match expected.subject_digest {
        Some(wanted) if wanted != digest => Err(format!(
            "`{name}` was {} when it was evaluated and is {} now",
            digest.short(),
            wanted.short()
        )),
        Some(_) | None => Ok(format!("{name} {}", digest.short())),
    }
}

fn resource(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let uri = summary.text("/predicate/resourceUri")?;
    let wanted = resource_uri(summary.text("/subject/0/name")?, expected.environment);
    if uri == wanted {
        Ok(uri.to_owned())
    } else {
        Err(format!("it is about `{uri}` and not about `{wanted}`"))
    }
}

fn policy(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let digest = summary.digest("/predicate/policy/digest/sha256")?;
    if expected.policies.contains(&digest) {
        Ok(format!("policy {}", digest.short()))
    } else {
        Err(format!(
            "policy {} is not the protected one",
            digest.short()
        ))
    }
}

fn measurement(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let eval_set = summary.digest("/predicate/groundgate_evalSet/digest/sha256")?;
    if !expected.eval_sets.is_empty() && !expected.eval_sets.contains(&eval_set) {
        return Err(format!("eval set {} is not allowed", eval_set.short()));
    }
    let judges = summary.list("/predicate/groundgate_judges")?;
    let allowed = expected.trust.measurement.as_ref();
    let allowed = allowed.map_or(&[][..], |measurement| &measurement.judges);
    for judge in judges {
        let digest = judge
            .get("sha256")
            .and_then(Value::as_str)
            .and_then(Digest::parse);
        let digest = digest.ok_or("one of its judges has no digest")?;
        if !allowed.is_empty() && !allowed.contains(&digest) {
            return Err(format!("judge {} is not allowed", digest.short()));
        }
    }
    Ok(format!(
        "eval set {}, {} judges",
        eval_set.short(),
        judges.len()
    ))
}

fn result(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let result = summary.text("/predicate/verificationResult")?;
    if result != "PASSED" {
        return Err(format!("the result is {result}"));
    }
    let wanted = level(expected.environment);
    let levels = summary.list("/predicate/verifiedLevels")?;
    if !levels.iter().any(|one| one.as_str() == Some(&wanted)) {
        return Err(format!("it does not give level {wanted}"));
    }
    match summary
        .at("/predicate/groundgate_reportOnly")
        .and_then(Value::as_bool)
    {
        Some(false) => Ok(wanted),
        Some(true) => Err("it only reports".to_owned()),
        None => Err("it does not say whether it only reports".to_owned()),
    }
}

/// Every file that the summary names, by its name and with its digest.
fn named_inputs<'a>(
    summary: &Summary,
    files: &'a BTreeMap<String, Vec<u8>>,
) -> Result<BTreeMap<String, &'a [u8]>, String> {
    let mut found = BTreeMap::new();
    for input in summary.list("/predicate/inputAttestations")? {
        let text = |pointer: &str| input.pointer(pointer).and_then(Value::as_str);
        let (Some(uri), Some(digest)) = (text("/uri"), text("/digest/sha256")) else {
            return Err("one of its inputs has no name or no digest".to_owned());
        };
        let bytes = files
            .get(uri)
            .ok_or_else(|| format!("`{uri}` is not there"))?;
        if Digest::parse(digest) != Some(Digest::of(bytes)) {
            return Err(format!("`{uri}` is not what it was"));
        }
        found.insert(uri.to_owned(), bytes.as_slice());
    }
    Ok(found)
}

fn inputs(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let named = named_inputs(summary, expected.files)?;
    let mut has_result = false;
    for (name, bytes) in named
        .iter()
        .filter(|(name, _)| name.ends_with(".dsse.json"))
    {
        let envelope = Envelope::parse(bytes).map_err(|error| format!("`{name}`: {error}"))?;
        signature(&envelope, expected).map_err(|why| format!("`{name}`: {why}"))?;
        let result = statement(&envelope, TEST_RESULT).map_err(|why| format!("`{name}`: {why}"))?;
        if result.get("subject") != summary.at("/subject") {
            return Err(format!("`{name}` is about something else"));
        }
        let word = result.pointer("/predicate/result").and_then(Value::as_str);
        if !matches!(word, Some("PASSED" | "WARNED")) {
            return Err(format!("`{name}` says {}", word.unwrap_or("nothing")));
        }
        has_result = true;
    }
    if has_result {
        Ok(format!("{} files", named.len()))
    } else {
        Err("it names no test result".to_owned())
    }
}

/// What one person said, as far as it counts.
struct Said {
    role: String,
    person: String,
    at: Timestamp,
    is_yes: bool,
}

fn approvals(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    if expected.approvals.is_empty() {
        return Ok("the policy asks for none".to_owned());
    }
    let said = said(summary, expected)?;
    if let Some(no) = said.iter().find(|one| !one.is_yes) {
        return Err(format!("{} says no as {}", no.person, no.role));
    }
    let person = expected.same_name;
    let initiator = summary
        .text("/predicate/groundgate_initiator")
        .ok()
        .map(person);
    let authors = summary.list("/predicate/groundgate_changeAuthors")?.iter();
    let authors: BTreeSet<String> = authors.filter_map(Value::as_str).map(person).collect();
    for rule in expected.approvals {
        if rule.not_by_initiator && initiator.is_none() {
            return Err("nobody said who started the run".to_owned());
        }
        if rule.not_by_author && authors.is_empty() {
            return Err("nobody said who made the change".to_owned());
        }
        let mut people = BTreeSet::new();
        for role in &rule.roles {
            let counts = |one: &&Said| {
                let age = expected.at.as_second().saturating_sub(one.at.as_second());
                let name = person(&one.person);
                one.role == *role
                    && (-CLOCK_TOLERANCE_S..=rule.valid_for).contains(&age)
                    && !(rule.not_by_initiator && initiator.as_ref() == Some(&name))
                    && !(rule.not_by_author && authors.contains(&name))
                    && !people.contains(&name)
            };
            let Some(yes) = said.iter().find(counts) else {
                return Err(format!("nobody who counts has said yes as {role}"));
            };
            people.insert(person(&yes.person));
        }
    }
    Ok(format!("{} approvals", said.len()))
}

/// Everything that was said of this verdict, signed by who may say it.
fn said(summary: &Summary, expected: &Expected<'_>) -> Result<Vec<Said>, String> {
    let verdict = summary.text("/predicate/groundgate_verdict/digest/sha256")?;
    let named = named_inputs(summary, expected.files)?;
    let mut said = Vec::new();
    for (name, signature) in &named {
        let Some(of) = name.strip_suffix(SIGNATURE) else {
            continue;
        };
        let text = named
            .get(of)
            .ok_or_else(|| format!("`{of}` is not among its inputs"))?;
        let approval: ApprovalText = serde_json::from_slice(text)
            .map_err(|error| format!("`{of}` is no approval: {error}"))?;
        let signed = SignedApproval { text, signature };
        let key = match check_approval(signed, expected.trust) {
            SignedBy::Key(key) => key,
            SignedBy::Nobody(why) => return Err(format!("`{of}`: {why}")),
        };
        let grant = Grant::Approve(approval.role.clone());
        if let Some(fault) = key.fault(&grant, expected.environment, expected.at) {
            return Err(format!("`{of}`: {fault}"));
        }
        if (expected.same_name)(&approval.by) != (expected.same_name)(&key.id) {
            return Err(format!(
                "`{of}` says `{}`, and `{}` signed it",
                approval.by, key.id
            ));
        }
        if approval.subject != verdict || approval.environment != expected.environment {
            return Err(format!("`{of}` is about another verdict"));
        }
        said.push(Said {
            role: approval.role,
            person: key.id.clone(),
            at: approval.at,
            is_yes: approval.says == "approve",
        });
    }
    Ok(said)
}

fn waivers(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let today = TimeZone::UTC.to_datetime(expected.at).date();
    let all = summary.list("/predicate/groundgate_waivers")?;
    for waiver in all {
        let text = |key: &str| waiver.get(key).and_then(Value::as_str);
        let (Some(id), Some(end)) = (text("id"), text("expires")) else {
            return Err("one of its waivers has no id or no end".to_owned());
        };
        let end: Date = end
            .parse()
            .map_err(|_no_date| format!("waiver {id} has no end"))?;
        if today > end {
            return Err(format!("waiver {id} has ended on {end}"));
        }
    }
    Ok(format!("{} waivers", all.len()))
}

fn age(summary: &Summary, expected: &Expected<'_>) -> Result<String, String> {
    let text = summary.text("/predicate/timeVerified")?;
    let made: Timestamp = text
        .parse()
        .map_err(|_no_time| format!("`{text}` is no time"))?;
    let age = expected.at.as_second().saturating_sub(made.as_second());
    if age < -CLOCK_TOLERANCE_S {
        return Err(format!("it is from the future: {made}"));
    }
    if age > expected.max_age {
        return Err(format!(
            "it was given {age} s ago, and at most {} s are allowed",
            expected.max_age
        ));
    }
    Ok(format!("given at {made}"))
}
