//! Nobody approves what is their own, and while nobody knows whose it is, nobody approves.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    facts_tests::{age, floor, good, noon},
    *,
};
use crate::{
    decide::decide,
    run_scores::RunScores,
    tests::policy,
    verdict::{Finding, Verdict},
};

/// What an approval rule of two roles finds.
fn found(
    not_by: &[NotBy],
    (initiator, authors): (Option<&str>, &[&str]),
    people: &[(&str, &str, Review)],
) -> Finding {
    let mut policy = policy(vec![floor(0.5)]);
    policy.release.approvals = vec![ApprovalRule {
        id: "launch".to_owned(),
        why: None,
        line: None,
        roles: vec!["product".to_owned(), "security".to_owned()],
        valid_for: age("72h"),
        not_by: not_by.iter().copied().collect::<BTreeSet<_>>(),
    }];
    let candidate = good();
    let evidence = RunScores {
        candidate: &candidate,
        baseline: None,
    };
    let subject = approval_subject(&policy, "prod", evidence, &decide(&policy, evidence));
    let approval = |(role, by, says): &(&str, &str, Review)| Approval {
        subject,
        role: (*role).to_owned(),
        by: (*by).to_owned(),
        at: noon(),
        review: *says,
    };
    let of_another_verdict = Approval {
        subject: groundgate_model::unit::Digest::of(b"another verdict"),
        ..approval(&("product", "ada", Review::Approve))
    };
    let facts = Facts {
        environment: "prod".to_owned(),
        initiator: initiator.map(str::to_owned),
        change_authors: authors.iter().map(|name| (*name).to_owned()).collect(),
        approvals: [of_another_verdict]
            .into_iter()
            .chain(people.iter().map(approval))
            .collect(),
        ..Facts::none(noon())
    };
    decide_release(&policy, evidence, &facts)
        .decision
        .findings
        .pop()
        .unwrap()
}

const NO_INITIATOR: &str = "; no approval counts: the record does not say who started the run; make a \
    new run where GITHUB_ACTOR, GITLAB_USER_LOGIN or, outside of CI, USER says it";
const NO_AUTHOR: &str =
    "; no approval counts: nobody said who made the change; add --change-author NAME";

#[test]
fn whoever_started_the_run_or_made_the_change_does_not_approve_it() {
    use NotBy::{ChangeAuthor, RunInitiator};
    use Review::Approve;
    let both = [("product", "ana", Approve), ("security", "ben", Approve)];
    let own = [("product", "ana", Approve), ("security", " ADA ", Approve)];
    for (not_by, known, people, verdict, sentence) in [
        (&[][..], (None, &[][..]), own, Verdict::Pass, ""),
        (&[RunInitiator], (Some("ada"), &[]), both, Verdict::Pass, ""),
        (
            &[RunInitiator],
            (Some("Ada"), &[]),
            own,
            Verdict::Hold,
            "; ADA does not count (run-initiator)",
        ),
        (
            &[ChangeAuthor],
            (Some("ada"), &["cem"]),
            own,
            Verdict::Pass,
            "",
        ),
        (
            &[ChangeAuthor],
            (None, &["cem", "ada"]),
            own,
            Verdict::Hold,
            "; ADA does not count (change-author)",
        ),
        (
            &[RunInitiator, ChangeAuthor],
            (Some("ada"), &["cem"]),
            both,
            Verdict::Pass,
            "",
        ),
        (
            &[RunInitiator, ChangeAuthor],
            (Some("ada"), &["ada"]),
            own,
            Verdict::Hold,
            "; ADA does not count (run-initiator); ADA does not count (change-author)",
        ),
    ] {
        let finding = found(not_by, known, &people);
        assert_eq!(finding.verdict, verdict, "{not_by:?} {known:?}");
        let given = if verdict == Verdict::Pass {
            "2 of 2 approvals".to_owned()
        } else {
            format!("1 of 2 approvals; open: security{sentence}")
        };
        assert_eq!(finding.sentence, given, "{not_by:?} {known:?}");
    }
}

#[test]
fn while_a_name_is_not_known_no_approval_counts() {
    use NotBy::{ChangeAuthor, RunInitiator};
    use Review::Approve;
    let both = [("product", "ana", Approve), ("security", "ben", Approve)];
    for (not_by, known, why) in [
        (
            &[RunInitiator][..],
            (None, &["ada"][..]),
            NO_INITIATOR.to_owned(),
        ),
        (
            &[RunInitiator],
            (Some(" "), &["ada"]),
            NO_INITIATOR.to_owned(),
        ),
        (&[ChangeAuthor], (Some("ada"), &[]), NO_AUTHOR.to_owned()),
        (
            &[ChangeAuthor],
            (Some("ada"), &["", "\t"]),
            NO_AUTHOR.to_owned(),
        ),
        (
            &[RunInitiator, ChangeAuthor],
            (Some("ada"), &[]),
            NO_AUTHOR.to_owned(),
        ),
        (
            &[RunInitiator, ChangeAuthor],
            (None, &["ada"]),
            NO_INITIATOR.to_owned(),
        ),
        (
            &[RunInitiator, ChangeAuthor],
            (None, &[]),
            format!("{NO_INITIATOR}{NO_AUTHOR}"),
        ),
    ] {
        let finding = found(not_by, known, &both);
        assert_eq!(finding.verdict, Verdict::Hold, "{not_by:?} {known:?}");
        let open = "0 of 2 approvals; open: product, security";
        assert_eq!(finding.sentence, format!("{open}{why}"));
    }
}

#[test]
fn a_no_counts_whoever_says_it_and_only_approvals_asked_for_are_named() {
    use Review::{Approve, Reject};
    let known = (Some("ada"), &[][..]);
    let rejected = found(
        &[NotBy::RunInitiator],
        known,
        &[("security", "ada", Reject), ("product", "ana", Approve)],
    );
    assert_eq!(rejected.verdict, Verdict::Fail);
    assert_eq!(rejected.sentence, "rejected by ada as security");
    let of_another_role = found(&[NotBy::RunInitiator], known, &[("intern", "ada", Approve)]);
    assert_eq!(
        of_another_role.sentence,
        "0 of 2 approvals; open: product, security"
    );
    // Somebody else's word in the same role still counts.
    let people = [
        ("product", "ada", Approve),
        ("product", "ana", Approve),
        ("security", "ben", Approve),
    ];
    assert_eq!(
        found(&[NotBy::RunInitiator], known, &people).verdict,
        Verdict::Pass
    );
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["ada", "Ada ", "ben", "cem", ""])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// One more who must not approve never helps, and neither does knowing less.
    #[test]
    fn more_who_must_not_approve_never_help(
        initiator in prop::option::of(any_name()),
        authors in prop::collection::vec(any_name(), 0..3),
        people in prop::collection::vec((any_name(), any::<bool>(), 0_u8..9), 0..5),
        asked in prop::collection::vec(any::<bool>(), 2),
    ) {
        let people: Vec<(&str, &str, Review)> = people.into_iter().map(|(by, product, says)| {
            let role = if product { "product" } else { "security" };
            (role, by, if says == 0 { Review::Reject } else { Review::Approve })
        }).collect();
        let lax: Vec<NotBy> = NotBy::ALL.into_iter().zip(asked).filter(|(_, asked)| *asked).map(|(one, _)| one).collect();
        let known = (initiator, authors.as_slice());
        let before = found(&lax, known, &people).verdict;
        prop_assert!(found(&NotBy::ALL, known, &people).verdict >= before);
        if !lax.is_empty() && before == Verdict::Pass {
            prop_assert_eq!(found(&lax, (None, &[]), &people).verdict, Verdict::Hold);
        }
    }
}
