//! What a run must be to count, held against what its record says; and what page one must say of it.

use std::{collections::BTreeMap, path::Path};

use groundgate_gate::{Concern, Verdict};
use groundgate_model::{
    eval_set::{EvalSet, load},
    trial::InstrumentKind,
    unit::Digest,
};
use groundgate_record::{Origin, Reader};
use groundgate_trust::{HostPattern, Measurement};
use jiff::Timestamp;

use super::{
    identity::{CopilotIdentity, stands_between, subject},
    left_out::left_out,
    place::Trusted,
    sealing::{Sealed, seal_of, sealed_by},
};
use crate::{assemble::Loaded, error::AppError, git::Git, policy_source::PolicySource};

/// Fewer answers may be the same by chance.
const SAME_ANSWERS: usize = 20;

/// What is measured, and by whose rules.
pub(crate) struct Measured<'a> {
    /// The run.
    pub(crate) candidate: &'a Loaded,
    /// What it is compared with.
    pub(crate) baseline: Option<&'a Loaded>,
    /// The trust file, where there is one.
    pub(crate) trusted: Option<&'a Trusted>,
    /// Whether only what the change under test could not have written decides.
    pub(crate) is_protected: bool,
    /// Where earlier runs are.
    pub(crate) runs_dir: &'a Path,
    /// Where git is asked.
    pub(crate) git: Git,
    /// Now.
    pub(crate) at: Timestamp,
}

/// What speaks against the run, and what page one says of it.
#[derive(Debug, Default)]
pub(crate) struct Integrity {
    /// What the verdict cannot pass.
    pub(crate) concerns: Vec<Concern>,
    /// What everybody should know.
    pub(crate) notes: Vec<String>,
    /// What approvals are bound to.
    pub(crate) bound_to: Vec<(String, Digest)>,
}

/// Looks at both records. A seal that does not hold is an error.
pub(crate) fn integrity(measured: &Measured<'_>) -> Result<Integrity, AppError> {
    let mut found = Integrity::default();
    let sides = [
        ("candidate", Some(measured.candidate)),
        ("baseline", measured.baseline),
    ];
    for (side, loaded) in sides {
        let Some(loaded) = loaded else { continue };
        let seal = seal_of(&loaded.reader)?;
        match seal {
            Some(seal) => found.bound_to.push((format!("{side} seal"), seal)),
            None => found.concerns.push(unsealed(side, &loaded.reader)),
        }
        found.notes.extend(of_record(side, &loaded.reader, seal)?);
    }
    let header = measured.candidate.reader.header();
    if let Some(subject) = subject(header) {
        found.bound_to.push((subject.name, subject.digest));
    }
    same_record(measured, &mut found)?;
    fewer_questions(measured, &mut found)?;
    between(measured, &mut found);
    let identity = CopilotIdentity::of(header);
    match measured.trusted.and_then(|trusted| Some((trusted, trusted.file.measurement.as_ref()?))) {
        Some((trusted, rules)) => by_rules(measured, trusted, rules, &mut found)?,
        None if measured.is_protected && identity.kind == "recorded" => found.concerns.push(Concern {
            id: "measurement.copilot",
            verdict: Verdict::Inconclusive,
            sentence: "cannot be told: the candidate is of kind `recorded`, answers from a file; they count only where [measurement] of a trust file names that kind".to_owned(),
        }),
        None => {}
    }
    Ok(found)
}

/// What a proxy could have said in the place of a judge or the copilot. Where the trust file names judges and
/// hosts, those rules decide; a digest of a judge is over its proxy, too.
fn between(measured: &Measured<'_>, found: &mut Integrity) {
    let rules = measured
        .trusted
        .and_then(|trusted| trusted.file.measurement.as_ref());
    for (who, why) in stands_between(measured.candidate.reader.header()) {
        found.notes.push(format!("integrity: the {who} {why}"));
        let is_settled = rules.is_some_and(|rules| {
            if who == "copilot" {
                !rules.hosts.is_empty()
            } else {
                !rules.judges.is_empty()
            }
        });
        if !is_settled {
            found.concerns.push(Concern {
                id: "measurement.proxy",
                verdict: Verdict::Hold,
                sentence: format!("the {who} {why}; where that is meant, `judges` or `copilot` in [measurement] of a trust file can name it"),
            });
        }
    }
}

/// Who may take a seal away may change the record, too.
fn unsealed(side: &str, reader: &Reader) -> Concern {
    Concern {
        id: "measurement.seal",
        verdict: Verdict::Inconclusive,
        sentence: format!(
            "cannot be told: the {side}'s record {} has no seal, so whether it was changed cannot be told; an ended run has one",
            reader.header().run_id
        ),
    }
}

fn of_record(side: &str, reader: &Reader, seal: Option<Digest>) -> Result<Vec<String>, AppError> {
    let run = &reader.header().run_id;
    let mut notes = Vec::new();
    if seal.is_none() {
        notes.push(format!(
            "integrity: the {side}'s record {run} has no seal: whether it was changed cannot be told"
        ));
    } else if reader.was_open()? {
        notes.push(format!(
            "integrity: the {side}'s run {run} was killed on the way and went on from a record without a seal"
        ));
    }
    let origin = reader.header().origin;
    match origin {
        Origin::Run => {}
        Origin::Imported => notes.push(format!(
            "integrity: the {side}'s record {run} was imported; groundgate asked nobody"
        )),
        Origin::Rejudged => notes.push(format!(
            "integrity: the {side}'s record {run} holds another run's answers, judged again"
        )),
    }
    Ok(notes)
}

/// A run that is its own baseline, and answers that are the baseline's word for word.
fn same_record(measured: &Measured<'_>, found: &mut Integrity) -> Result<(), AppError> {
    let Some(baseline) = measured.baseline else {
        return Ok(());
    };
    let (one, other) = (&measured.candidate.reader, &baseline.reader);
    let why = if one.header().run_id == other.header().run_id {
        "the candidate is the baseline: a run compared with itself shows nothing".to_owned()
    } else {
        let (answers, others) = (one.answer_digests()?, other.answer_digests()?);
        if answers.len() < SAME_ANSWERS || answers != others {
            return Ok(());
        }
        format!(
            "all {} answers are the baseline's, word for word: one may be a copy of the other",
            answers.len()
        )
    };
    found.notes.push(format!("integrity: {why}"));
    if measured.is_protected {
        found.concerns.push(Concern {
            id: "measurement.baseline",
            verdict: Verdict::Hold,
            sentence: why,
        });
    }
    Ok(())
}

/// Questions that were asked before and are not now hold, until somebody says that it is meant.
fn fewer_questions(measured: &Measured<'_>, found: &mut Integrity) -> Result<(), AppError> {
    let candidate = &measured.candidate.reader;
    let baseline = measured.baseline.map(|baseline| &baseline.reader);
    let Some(sentence) = left_out(candidate, baseline, measured.runs_dir)? else {
        return Ok(());
    };
    found.notes.push(format!("integrity: {sentence}"));
    found.concerns.push(Concern {
        id: "measurement.questions",
        verdict: Verdict::Hold,
        sentence: format!(
            "{sentence}; if that is meant, `groundgate baseline set {}` says so, or `eval-set` in [measurement] of a trust file",
            candidate.header().run_id
        ),
    });
    Ok(())
}

/// What a rule of `[measurement]` finds.
struct Rules<'a> {
    place: &'a str,
    found: &'a mut Integrity,
}

impl Rules<'_> {
    fn breaks(&mut self, id: &'static str, why: &str) {
        self.found.concerns.push(Concern {
            id,
            verdict: Verdict::Inconclusive,
            sentence: format!("cannot be told: {why} ([measurement] of {})", self.place),
        });
    }
}

fn by_rules(
    measured: &Measured<'_>,
    trusted: &Trusted,
    rules: &Measurement,
    found: &mut Integrity,
) -> Result<(), AppError> {
    let mut told = Rules {
        place: &trusted.place,
        found,
    };
    of_copilot(measured, rules, &mut told);
    of_eval_set(measured, rules, &mut told)?;
    of_judges(measured, rules, &mut told);
    if rules.sealed_by.is_empty() {
        return Ok(());
    }
    for (side, loaded) in [
        ("candidate", Some(measured.candidate)),
        ("baseline", measured.baseline),
    ] {
        let Some(loaded) = loaded else { continue };
        let sealed = sealed_by(&loaded.reader, &trusted.file, &rules.sealed_by, measured.at)?;
        match sealed {
            // That there is no seal is said already, with or without a trust file.
            Sealed::By(_) | Sealed::Not => {}
            Sealed::Unsigned(why) => told.breaks(
                "measurement.seal",
                &format!(
                    "the {side}'s record is not sealed by {}: {why}",
                    rules.sealed_by.join(" or ")
                ),
            ),
        }
    }
    Ok(())
}

fn of_copilot(measured: &Measured<'_>, rules: &Measurement, told: &mut Rules<'_>) {
    let identity = CopilotIdentity::of(measured.candidate.reader.header());
    let is_named = rules.kinds.contains(&identity.kind);
    if (!rules.kinds.is_empty() || identity.kind == "recorded") && !is_named {
        let why = format!("a copilot of kind `{}` does not count", identity.kind);
        told.breaks("measurement.copilot", &why);
    }
    if rules.hosts.is_empty() {
        return;
    }
    let is_allowed = |url: &str| {
        host_of(url).is_some_and(|host| {
            rules
                .hosts
                .iter()
                .any(|one: &HostPattern| one.matches(&host))
        })
    };
    match &identity.url {
        Some(url) if is_allowed(url) => {}
        Some(url) => told.breaks(
            "measurement.copilot",
            &format!("a copilot at {url} does not count"),
        ),
        None => told.breaks(
            "measurement.copilot",
            "the record does not say where the copilot is",
        ),
    }
    if let Some(proxy) = identity.proxy.filter(|proxy| !is_allowed(proxy)) {
        let why = format!("the copilot is reached through {proxy}, which could answer instead");
        told.breaks("measurement.copilot", &why);
    }
    if identity.has_own_ca {
        told.breaks(
            "measurement.copilot",
            "the copilot's certificate may be signed by an authority that the configuration brings along",
        );
    }
}

/// The host of a URL without user information, as manifests have it.
fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    (!host.is_empty() && !host.contains('@')).then(|| host.to_owned())
}

fn of_eval_set(
    measured: &Measured<'_>,
    rules: &Measurement,
    told: &mut Rules<'_>,
) -> Result<(), AppError> {
    if rules.eval_sets.is_empty() {
        return Ok(());
    }
    let allowed = eval_sets(rules, &measured.git)?;
    let reader = &measured.candidate.reader;
    // What the header says of the cases is not believed: the cases are in the record.
    let asked = EvalSet::new(String::new(), reader.cases()?).digest;
    if asked != reader.header().eval_set_digest {
        told.breaks(
            "measurement.eval-set",
            "the record's cases are not those that its header names",
        );
    } else if !allowed.contains(&asked) {
        let why = format!("eval set {} does not count", asked.short());
        told.breaks("measurement.eval-set", &why);
    }
    Ok(())
}

/// The digests of the eval sets that count.
pub(super) fn eval_sets(rules: &Measurement, git: &Git) -> Result<Vec<Digest>, AppError> {
    let one = |written: &String| -> Result<Digest, AppError> {
        let digest = written.strip_prefix("sha256:").unwrap_or(written);
        if let Some(digest) = Digest::parse(digest) {
            return Ok(digest);
        }
        match PolicySource::parse(written, git.clone())? {
            source @ PolicySource::Git { .. } if source.is_protected() => {
                let bytes = source.bytes()?;
                Ok(load(source.file(), &bytes)?.digest)
            }
            PolicySource::Git { .. } | PolicySource::File(_) => Err(AppError::invalid(format!(
                "`eval-set` of [measurement] is `{written}`: neither a digest nor a file of a protected revision"
            ))),
        }
    };
    rules.eval_sets.iter().map(one).collect()
}

fn of_judges(measured: &Measured<'_>, rules: &Measurement, told: &mut Rules<'_>) {
    if rules.judges.is_empty() {
        return;
    }
    let header = measured.candidate.reader.header();
    let mut others = BTreeMap::new();
    for source in &header.metrics {
        if source.instrument_kind != InstrumentKind::Checks
            && !rules.judges.contains(&source.instrument)
        {
            others.insert(source.instrument, source.instrument_name.as_str());
        }
    }
    for (digest, name) in others {
        let why = format!("judge {name} ({}) does not count", digest.short());
        told.breaks("measurement.judges", &why);
    }
}
