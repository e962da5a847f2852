//! What is signed is verified, and what was tampered with is not.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use groundgate_model::unit::Digest;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

const AT: &str = "2026-11-30T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Two people, CI and somebody whom nobody trusts.
struct People {
    ci: SigningKey,
    ben: SigningKey,
    ana: SigningKey,
    trust: TrustFile,
}

fn key() -> SigningKey {
    SigningKey::parse(&SigningKey::generate().unwrap()).unwrap()
}

fn people_with(more: &str) -> People {
    let (ci, ben, ana) = (key(), key(), key());
    let line = |key: &SigningKey| key.public().to_line();
    let text = format!(
        r#"schema = "groundgate.trust/1"
[[key]]
id = "ci"
kind = "p256"
public = "{}"
may = ["seal", "attest"]
{more}
[[key]]
id = "ben"
kind = "p256"
public = "{}"
may = ["approve:security"]
[[key]]
id = "ana"
kind = "p256"
public = "{}"
may = ["approve:product"]
"#,
        line(&ci),
        line(&ben),
        line(&ana)
    );
    let trust = read_trust("trust.toml", &text).unwrap();
    People {
        ci,
        ben,
        ana,
        trust,
    }
}

fn people() -> People {
    people_with("")
}

fn attested() -> Attested {
    let resource = |name: &str| Resource {
        name: name.to_owned(),
        digest: Digest::of(name.as_bytes()),
    };
    Attested {
        verifier: DEFAULT_VERIFIER.to_owned(),
        tool_version: "0".to_owned(),
        at: at(AT),
        subject: resource("models:/support/7"),
        environment: "prod".to_owned(),
        policy: resource("git:refs/remotes/origin/main:gate.toml"),
        verdict: "pass".to_owned(),
        is_passed: true,
        verdict_digest: Digest::of(b"verdict"),
        passed: vec!["a".to_owned()],
        waived: Vec::new(),
        failed: Vec::new(),
        eval_set: Digest::of(b"set"),
        judges: vec![Digest::of(b"judge")],
        run: resource("01RUN"),
        baseline: None,
        waivers: vec![WaiverInForce {
            id: "W-1".to_owned(),
            expires: "2026-12-02".parse().unwrap(),
        }],
        initiator: Some("carl".to_owned()),
        change_authors: vec!["dora".to_owned()],
    }
}

fn approval(role: &str, by: &str, says: &str) -> Vec<u8> {
    json!({
        "schema": "groundgate.approval/2", "subject": Digest::of(b"verdict").to_string(), "run": "01RUN",
        "environment": "prod", "role": role, "by": by, "at": AT, "says": says, "reason": "x",
    })
    .to_string()
    .into_bytes()
}

/// A summary with all that it rests on.
struct Proof {
    files: BTreeMap<String, Vec<u8>>,
    vsa: Vec<u8>,
}

fn signed(payload: Vec<u8>, key: &SigningKey) -> Vec<u8> {
    let envelope = Envelope::sign(IN_TOTO_TYPE, payload, key).unwrap();
    envelope.to_json().into_bytes()
}

fn proof_of(people: &People, attested: &Attested, said: &[(Vec<u8>, &SigningKey)]) -> Proof {
    let mut files = BTreeMap::new();
    let result = signed(test_result(attested), &people.ci);
    files.insert("test-result.dsse.json".to_owned(), result);
    for (index, (text, key)) in said.iter().enumerate() {
        let signature = Envelope::sign(APPROVAL_TYPE, text.clone(), key).unwrap();
        files.insert(format!("approval-{index}.json"), text.clone());
        files.insert(
            format!("approval-{index}.json.sig"),
            signature.to_json().into_bytes(),
        );
    }
    let inputs: Vec<InputAttestation> = files
        .iter()
        .map(|(uri, bytes)| InputAttestation {
            uri: uri.clone(),
            digest: Digest::of(bytes),
        })
        .collect();
    let vsa = signed(vsa(attested, &inputs), &people.ci);
    Proof { files, vsa }
}

fn proof(people: &People) -> Proof {
    let said = [
        (approval("security", "ben", "approve"), &people.ben),
        (approval("product", "ana", "approve"), &people.ana),
    ];
    proof_of(people, &attested(), &said)
}

fn wanted() -> Vec<Wanted> {
    vec![Wanted {
        roles: vec!["security".to_owned(), "product".to_owned()],
        valid_for: 72 * 3_600,
        not_by_initiator: true,
        not_by_author: true,
    }]
}

/// The step that fails and why; `None` where all twelve hold.
fn fails(
    people: &People,
    proof: &Proof,
    change: impl Fn(&mut Expected<'_>),
) -> Option<(StepName, String)> {
    let (wanted, policies) = (wanted(), [attested().policy.digest]);
    let eval_sets = [Digest::of(b"set")];
    let mut expected = Expected {
        trust: &people.trust,
        environment: "prod",
        subject: Some("models:/support/7"),
        subject_digest: None,
        policies: &policies,
        eval_sets: &eval_sets,
        approvals: &wanted,
        same_name: |name| name.trim().to_lowercase(),
        max_age: 86_400,
        at: at("2026-11-30T13:00:00Z"),
        files: &proof.files,
    };
    change(&mut expected);
    let steps = verify(&proof.vsa, &expected);
    let last = steps.last().unwrap();
    match &last.result {
        Ok(_) => {
            assert_eq!(steps.len(), StepName::ALL.len());
            None
        }
        Err(why) => Some((last.name, why.clone())),
    }
}

#[test]
fn a_whole_proof_goes_through_all_twelve_steps_plain_and_as_a_bundle() {
    let people = people();
    let mut proof = proof(&people);
    assert_eq!(fails(&people, &proof, |_| ()), None);
    let envelope = Envelope::parse(&proof.vsa).unwrap();
    proof.vsa = bundle(&envelope).into_bytes();
    assert_eq!(fails(&people, &proof, |_| ()), None);
}

#[test]
fn each_expectation_that_is_not_met_is_named_by_its_step() {
    let people = people();
    let proof = proof(&people);
    let other = [Digest::of(b"other")];
    let step = |change: &dyn Fn(&mut Expected<'_>)| fails(&people, &proof, change).unwrap().0;
    assert_eq!(
        step(&|it| it.subject = Some("models:/support/9")),
        StepName::Subject
    );
    assert_eq!(step(&|it| it.subject = None), StepName::Subject);
    assert_eq!(
        step(&|it| it.subject_digest = Some(Digest::of(b"another build"))),
        StepName::Subject
    );
    assert_eq!(step(&|it| it.environment = "qa"), StepName::Resource);
    assert_eq!(step(&|it| it.policies = &[]), StepName::Policy);
    let (people_2, proof_2) = (&people, &proof);
    let measured = fails(people_2, proof_2, |it| {
        it.eval_sets = Box::leak(Box::new(other));
    });
    assert_eq!(measured.unwrap().0, StepName::Measurement);
    assert_eq!(
        step(&|it| it.at = at("2026-12-01T12:00:01Z")),
        StepName::Age
    );
    assert_eq!(
        step(&|it| it.at = at("2026-11-30T11:54:00Z")),
        StepName::Approvals
    );
    let late = |it: &mut Expected<'_>| (it.at, it.max_age) = (at("2026-12-03T00:00:00Z"), 1 << 30);
    assert_eq!(step(&late), StepName::Waivers);
    let later = |it: &mut Expected<'_>| (it.at, it.max_age) = (at("2026-12-09T00:00:00Z"), 1 << 30);
    assert_eq!(step(&later), StepName::Approvals);
}

#[test]
fn no_approval_of_the_wrong_person_counts_and_a_no_beats_a_yes() {
    let people = people();
    let yes = |role: &str, by: &str| approval(role, by, "approve");
    let ben = (yes("security", "ben"), &people.ben);
    let ana = (yes("product", "ana"), &people.ana);
    for said in [
        vec![ben.clone()],
        vec![ben.clone(), (yes("product", "ana"), &people.ben)],
        vec![ben.clone(), (yes("product", "ben"), &people.ben)],
        vec![ben.clone(), (yes("product", "ana"), &people.ci)],
        vec![
            ben.clone(),
            ana.clone(),
            (approval("product", "ana", "reject"), &people.ana),
        ],
        vec![ben.clone(), ana.clone(), (b"{}".to_vec(), &people.ana)],
    ] {
        let proof = proof_of(&people, &attested(), &said);
        let (step, _) = fails(&people, &proof, |_| ()).unwrap();
        assert_eq!(step, StepName::Approvals);
    }
    for (initiator, author) in [
        (Some("Ben "), "dora"),
        (None, "dora"),
        (Some("carl"), "ANA"),
        (Some("carl"), ""),
    ] {
        let mut attested = attested();
        attested.initiator = initiator.map(str::to_owned);
        attested.change_authors = [author]
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| (*name).to_owned())
            .collect();
        let proof = proof_of(&people, &attested, &[ben.clone(), ana.clone()]);
        let (step, _) = fails(&people, &proof, |_| ()).unwrap();
        assert_eq!(step, StepName::Approvals, "{initiator:?} {author}");
    }
}

#[test]
fn keys_that_may_not_attest_do_not() {
    for more in ["revoked = true", "expires = 2026-11-29", "env = [\"qa\"]"] {
        let people = people_with(more);
        let proof = proof(&people);
        let (step, why) = fails(&people, &proof, |_| ()).unwrap();
        assert_eq!(step, StepName::Signature, "{more}: {why}");
    }
    let (people, stranger) = (people(), key());
    for signer in [&stranger, &people.ben] {
        let mut proof = proof(&people);
        let payload = Envelope::parse(&proof.vsa).unwrap().payload;
        proof.vsa = signed(payload, signer);
        assert_eq!(
            fails(&people, &proof, |_| ()).unwrap().0,
            StepName::Signature
        );
    }
}

/// Changes to a signed file that anybody could make; none of them is accepted.
pub(crate) fn tampered(vsa: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let envelope: Value = serde_json::from_slice(vsa).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let with_payload = |text: &str| {
        let mut envelope = envelope.clone();
        envelope["payload"] = STANDARD.encode(text).into();
        envelope.to_string().into_bytes()
    };
    let with = |key: &str, value: Value| {
        let mut envelope = envelope.clone();
        envelope[key] = value;
        envelope.to_string().into_bytes()
    };
    let signature = envelope["signatures"][0]["sig"].as_str().unwrap();
    let flipped = |bit: usize| {
        let mut bytes = STANDARD.decode(signature).unwrap();
        let place = bit % bytes.len();
        bytes[place] ^= 1;
        with(
            "signatures",
            json!([{"keyid": "", "sig": STANDARD.encode(bytes)}]),
        )
    };
    let text = String::from_utf8(vsa.to_vec()).unwrap();
    vec![
        ("version", with_payload(&payload.replace("/7", "/9"))),
        (
            "environment",
            with_payload(&payload.replace("env=prod", "env=qa")),
        ),
        ("result", with_payload(&payload.replace("PASSED", "FAILED"))),
        (
            "level",
            with_payload(&payload.replace("GROUNDGATE_PROD", "GROUNDGATE_QA")),
        ),
        ("space", with_payload(&format!("{payload} "))),
        (
            "policy",
            with_payload(&payload.replace("gate.toml", "lax.toml")),
        ),
        ("empty payload", with_payload("")),
        (
            "two payloads",
            text.replacen('{', "{\"payload\":\"e30=\",", 1).into_bytes(),
        ),
        (
            "payload type",
            with("payloadType", "application/json".into()),
        ),
        ("no signature", with("signatures", json!([]))),
        (
            "empty signature",
            with("signatures", json!([{"keyid": "", "sig": ""}])),
        ),
        ("first byte", flipped(0)),
        ("ninth byte", flipped(9)),
        ("fortieth byte", flipped(40)),
        (
            "not base64",
            with("signatures", json!([{"keyid": "", "sig": "%%%"}])),
        ),
        ("cut", vsa[..vsa.len() / 2].to_vec()),
        ("more after it", [vsa, b"{}".as_slice()].concat()),
        ("10 MB", [vsa, &vec![b' '; 10 << 20]].concat()),
        ("unknown field", with("more", json!(1))),
        ("a list", format!("[{text}]").into_bytes()),
    ]
}

#[test]
fn no_tampered_statement_is_accepted() {
    let people = people();
    let good = proof(&people);
    let all = tampered(&good.vsa);
    assert!(all.len() >= 20);
    for (what, vsa) in all {
        let proof = Proof {
            vsa,
            files: good.files.clone(),
        };
        let (step, _) =
            fails(&people, &proof, |_| ()).unwrap_or_else(|| panic!("{what} is accepted"));
        assert!(step <= StepName::Signature, "{what}: {step:?}");
    }
    for name in good.files.keys() {
        let mut files = good.files.clone();
        files.get_mut(name).unwrap().push(b' ');
        let changed = Proof {
            vsa: good.vsa.clone(),
            files,
        };
        assert_eq!(
            fails(&people, &changed, |_| ()).unwrap().0,
            StepName::Inputs
        );
        let mut files = good.files.clone();
        files.remove(name);
        let lost = Proof {
            vsa: good.vsa.clone(),
            files,
        };
        assert_eq!(fails(&people, &lost, |_| ()).unwrap().0, StepName::Inputs);
    }
}

/// A signed statement with a key twice, or without something, is no statement.
#[test]
fn what_is_missing_or_means_two_things_fails() {
    let people = people();
    let good = proof(&people);
    let payload = String::from_utf8(Envelope::parse(&good.vsa).unwrap().payload).unwrap();
    let verdict = |payload: String| {
        let proof = Proof {
            vsa: signed(payload.into_bytes(), &people.ci),
            files: good.files.clone(),
        };
        fails(&people, &proof, |_| ())
    };
    assert_eq!(verdict(payload.clone()), None);
    let twice = payload.replacen(
        "\"verificationResult\"",
        "\"verificationResult\":\"PASSED\",\"verificationResult\"",
        1,
    );
    assert_eq!(verdict(twice).unwrap().0, StepName::Statement);
    let statement: Value = serde_json::from_str(&payload).unwrap();
    for key in statement["predicate"].as_object().unwrap().keys() {
        let mut less = statement.clone();
        less["predicate"].as_object_mut().unwrap().remove(key);
        let is_asked = key != "groundgate_run" && key != "groundgate_baseline";
        assert_eq!(verdict(less.to_string()).is_some(), is_asked, "{key}");
    }
    for key in ["_type", "predicateType", "subject"] {
        let mut less = statement.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(verdict(less.to_string()).is_some(), "{key}");
    }
}

#[test]
fn keys_are_read_as_others_write_them() {
    let ed25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let key = SigningKey::parse(ed25519).unwrap();
    // RFC 8032, test 1.
    assert_eq!(
        key.public().to_line(),
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    );
    let signature = key.sign(b"").unwrap();
    assert!(
        STANDARD
            .encode(&signature)
            .starts_with("5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVf")
    );
    assert!(key.public().verifies(b"", &signature));
    assert!(!key.public().verifies(b"x", &signature));
    let public = key.public();
    assert_eq!(PublicKey::parse(&public.to_text()).unwrap(), public);
    assert_eq!(PublicKey::parse(&public.to_line()).unwrap(), public);
    for text in [
        "",
        "x",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-dss AAAA x",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ] {
        assert!(PublicKey::parse(text).is_err(), "{text}");
    }
    assert!(SigningKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----").is_err());
}

#[test]
fn hosts_are_named_in_full_or_by_what_is_below() {
    for (pattern, host, is_meant) in [
        ("api.openai.com", "api.openai.com", true),
        ("api.openai.com", "API.openai.com.", true),
        ("api.openai.com", "evil-api.openai.com", false),
        ("api.openai.com", "api.openai.com.evil.example", false),
        ("*.cloud.databricks.com", "adb.cloud.databricks.com", true),
        ("*.cloud.databricks.com", "cloud.databricks.com", false),
        ("*.cloud.databricks.com", "evilcloud.databricks.com", false),
        ("127.0.0.1", "127.0.0.1", true),
        ("localhost", "localhost", true),
    ] {
        let pattern = HostPattern::parse(pattern).unwrap();
        assert_eq!(pattern.matches(host), is_meant, "{pattern:?} {host}");
    }
    for text in [
        "",
        "*",
        "*.com",
        "a.*.b",
        "https://a.b",
        "a.b:80",
        "a..b",
        "a b",
    ] {
        assert_eq!(HostPattern::parse(text), None, "{text}");
    }
}

#[test]
fn mistakes_of_a_trust_file_are_told_with_their_line() {
    let ci = key().public().to_line();
    let own = |more: &str| {
        format!(
            "schema = \"groundgate.trust/1\"\n[[key]]\nid = \"ci\"\nkind = \"p256\"\npublic = \"{ci}\"\nmay = [\"attest\"]\n{more}"
        )
    };
    assert!(read_trust("t", &own("")).is_ok());
    for (more, said) in [
        (
            format!("[[key]]\nid = \"ci2\"\nkind = \"p256\"\npublic = \"{ci}\"\nmay = []"),
            "it is the key of `ci`, too",
        ),
        (
            format!("[[key]]\nid = \"ci\"\nkind = \"p256\"\npublic = \"{ci}\"\nmay = []"),
            "is taken",
        ),
        (
            "[measurement]\nsealed-by = [\"ci\"]".to_owned(),
            "no key `ci` that may seal",
        ),
        ("[measurement]\njudges = [\"x\"]".to_owned(), "no digest"),
        ("[secrets]\nTOKEN = [\"*\"]".to_owned(), "no host"),
        ("[more]".to_owned(), "unknown"),
        ("expires = \"soon\"".to_owned(), "expires"),
    ] {
        let error = read_trust("t", &own(&more)).unwrap_err();
        assert!(error.to_string().contains(said), "{more}: {error}");
    }
}
