//! Whose word counts: signed by the key of who says so, in the role that the key has.

use std::path::Path;

use groundgate_gate::Review;
use groundgate_model::unit::Digest;
use groundgate_trust::{SigningKey, TrustFile, read_trust};

use crate::{
    approval_file::{Signed, WrittenApproval, read_all},
    test_values::Folder,
    trust::Signer,
};

const AT: &str = "2026-11-30T12:00:00Z";

fn key() -> SigningKey {
    SigningKey::parse(&SigningKey::generate().unwrap()).unwrap()
}

/// Ben may approve for security, Ana for the product.
fn people() -> (SigningKey, SigningKey, TrustFile) {
    let (ben, ana) = (key(), key());
    let of = |id: &str, key: &SigningKey, role: &str| {
        let public = key.public().to_line();
        format!(
            "[[key]]\nid = \"{id}\"\nkind = \"p256\"\npublic = \"{public}\"\nmay = [\"approve:{role}\"]\n"
        )
    };
    let text = format!(
        "schema = \"groundgate.trust/1\"\n{}{}",
        of("ben", &ben, "security"),
        of("ana", &ana, "product")
    );
    let trust = read_trust("trust.toml", &text).unwrap();
    (ben, ana, trust)
}

fn said(by: &str, role: &str, says: &str) -> WrittenApproval {
    WrittenApproval {
        schema: WrittenApproval::SCHEMA.to_owned(),
        subject: Digest::of(b"verdict").to_string(),
        run: "01RUN".to_owned(),
        environment: "prod".to_owned(),
        role: role.to_owned(),
        by: by.to_owned(),
        at: AT.to_owned(),
        says: says.to_owned(),
        reason: "because".to_owned(),
    }
}

/// What counts of a folder: who, and what they say.
fn counted(folder: &Path, trust: Option<&TrustFile>) -> Vec<(String, Review)> {
    let signed = Signed {
        trust,
        environment: "prod",
        at: AT.parse().unwrap(),
    };
    let all = read_all(folder, &signed).unwrap().into_iter();
    all.map(|one| (one.by, one.review)).collect()
}

#[test]
fn only_a_signature_of_who_says_so_makes_a_yes_and_a_no_needs_none() {
    let (ben, ana, trust) = people();
    let (ben, ana) = (Signer::Key(Box::new(ben)), Signer::Key(Box::new(ana)));
    let stranger = Signer::Key(Box::new(key()));
    for (by, role, says, signer, counts) in [
        ("ben", "security", "approve", Some(&ben), true),
        ("Ben", "security", "approve", Some(&ben), true),
        // Ana's name under Ben's signature, and the other way round.
        ("ana", "security", "approve", Some(&ben), false),
        ("ben", "product", "approve", Some(&ana), false),
        // Not his role.
        ("ben", "product", "approve", Some(&ben), false),
        ("ben", "security", "approve", Some(&stranger), false),
        ("ben", "security", "approve", None, false),
        ("ben", "security", "reject", None, true),
        ("ben", "security", "reject", Some(&stranger), true),
        ("ana", "security", "reject", Some(&ben), true),
    ] {
        let folder = Folder::new();
        said(by, role, says).write(folder.path(), signer).unwrap();
        let found = counted(folder.path(), Some(&trust));
        assert_eq!(
            found.len(),
            usize::from(counts),
            "{by} {role} {says}: {found:?}"
        );
        assert_eq!(counted(folder.path(), None).len(), 1, "nobody has to sign");
    }
}

/// It could be a rejection.
#[test]
fn an_approval_that_cannot_be_read_is_an_error() {
    let whole = serde_json::to_string(&said("ben", "security", "approve")).unwrap();
    for wrong in [
        "{}".to_owned(),
        whole.replace("approval/1", "approval/9"),
        whole.replace("\"approve\"", "\"perhaps\""),
        whole.replace(&Digest::of(b"verdict").to_string(), "12"),
        whole.replace(AT, "yesterday"),
        whole.replace("\"run\"", "\"more\":1,\"run\""),
        whole.chars().take(40).collect(),
    ] {
        let folder = Folder::new();
        said("ana", "product", "approve")
            .write(folder.path(), None)
            .unwrap();
        folder.write("wrong.json", &wrong);
        for trust in [None, Some(&people().2)] {
            let signed = Signed {
                trust,
                environment: "prod",
                at: AT.parse().unwrap(),
            };
            let read = read_all(folder.path(), &signed);
            assert!(read.is_err(), "{wrong}: {read:?}");
        }
    }
}
