//! A gate as a program asks for it.

use std::path::Path;

use groundgate_gate::Verdict;

use crate::{
    App, AppError, BaselineChoice, EditKind, ErrorClass, GateRequest, Surroundings,
    fixture::{FLOOR, Folder, Heard, NOT_WORSE, at, scored},
};

fn ci() -> Surroundings {
    Surroundings {
        is_ci: true,
        ..at(23)
    }
}

fn refused(gated: Result<crate::GateSummary, AppError>) -> AppError {
    gated.map(|summary| summary.verdict()).unwrap_err()
}

#[test]
fn a_run_above_the_floor_passes_below_it_fails_and_near_it_stays_open() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let runs = [
        (folder.record(1, 4), Verdict::Pass),
        (folder.record(2, 60), Verdict::Fail),
        (folder.record(3, 20), Verdict::Inconclusive),
    ];
    for (run, verdict) in &runs {
        let gated = App::new(at(23))
            .gate(&GateRequest::new(&project, run))
            .unwrap();
        assert_eq!(gated.verdict(), *verdict, "{run}");
        assert_eq!(gated.report.candidate.run_id, *run);
        assert_eq!(gated.report.evaluated_at, "2026-11-25T23:00:00Z");
        assert!(gated.baseline.is_none() && gated.edit.is_none());
    }
    let latest = App::new(at(23)).gate(&GateRequest::new(&project, "latest"));
    assert_eq!(latest.unwrap().report.candidate.run_id, runs[2].0);
}

#[test]
fn without_a_baseline_to_compare_with_nothing_passes_and_somebody_is_told() {
    let folder = Folder::new(NOT_WORSE);
    let project = folder.project();
    let (old, new) = (folder.record(1, 10), folder.record(2, 10));
    let heard = Heard::default();
    let app = heard.app(at(23));
    let request = GateRequest::new(&project, &new);
    assert_eq!(app.gate(&request).unwrap().verdict(), Verdict::Inconclusive);
    let said = heard.take();
    assert!(
        said.iter().any(|one| one.contains("none was named")),
        "{said:?}"
    );
    let request = GateRequest {
        baseline: BaselineChoice::Run(&old),
        ..request
    };
    assert_eq!(app.gate(&request).unwrap().verdict(), Verdict::Pass);
    assert!(
        !heard
            .take()
            .iter()
            .any(|one| one.contains("none was named"))
    );
    let request = GateRequest {
        baseline: BaselineChoice::Nothing,
        ..request
    };
    assert_eq!(app.gate(&request).unwrap().verdict(), Verdict::Inconclusive);
}

#[test]
fn labels_that_are_about_no_answer_are_told_and_labels_that_cannot_be_are_refused() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let run = folder.record(1, 4);
    let heard = Heard::default();
    let gate = |labels: &str| {
        let path = folder.write("labels.csv", labels);
        heard.app(at(23)).gate(&GateRequest {
            labels: Some(&path),
            ..GateRequest::new(&project, &run)
        })
    };
    let columns = "case,metric,value,rater\n";
    let elsewhere = gate(&format!("{columns}somewhere,groundedness,1,ana\n")).unwrap();
    assert_eq!(elsewhere.verdict(), Verdict::Inconclusive);
    let said = &elsewhere.report.decision.findings[0].sentence;
    assert!(said.contains("label"), "{said}");
    let error = refused(gate(&format!(
        "case,metric,value,rater,run\ncase-1,groundedness,7,ana,{run}\n"
    )));
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.to_string().contains("case-1"), "{error}");
}

#[test]
fn in_ci_the_working_tree_s_policy_decides_nothing_unless_its_whole_digest_is_pinned() {
    let folder = Folder::new(FLOOR);
    let project = folder.project();
    let run = folder.record(1, 4);
    let app = App::new(ci());
    let request = GateRequest::new(&project, &run);
    let error = refused(app.gate(&request));
    assert_eq!(error.class, ErrorClass::Usage);
    let digest = App::new(at(23))
        .gate(&request)
        .unwrap()
        .policy
        .digest
        .to_string();
    let pinned = |digest: &str| {
        app.gate(&GateRequest {
            policy_digest: Some(digest),
            ..request
        })
    };
    assert_eq!(pinned(&digest).unwrap().verdict(), Verdict::Pass);
    let other = digest.replace(|one: char| one.is_ascii_digit(), "a");
    for wrong in [
        "",
        " ",
        &digest[..63],
        &digest[..12],
        &format!("{digest}0"),
        &other,
    ] {
        let error = refused(pinned(wrong));
        assert_eq!(error.class, ErrorClass::Invalid, "{wrong}");
        assert!(error.to_string().contains(&digest), "{error}");
    }
}

#[test]
fn waivers_of_the_working_tree_count_on_a_laptop_and_not_in_ci() {
    let folder = Folder::new(&format!("{FLOOR}[env.dev]\n"));
    let project = folder.project();
    let run = folder.record(1, 60);
    folder.write(
        "waivers.toml",
        r#"schema = "groundgate.waivers/1"
[[waiver]]
id          = "GG-1"
rule        = "groundedness.floor"
env         = ["dev"]
bar         = 0.5
reason      = "a known fault"
owner       = "ana"
approved-by = "ben"
ticket      = "T-1"
created     = 2026-11-20
expires     = 2026-12-10
"#,
    );
    let request = GateRequest {
        environment: Some("dev"),
        ..GateRequest::new(&project, &run)
    };
    let on_a_laptop = App::new(at(23)).gate(&request).unwrap();
    assert_eq!(on_a_laptop.verdict(), Verdict::Waived);
    let digest = on_a_laptop.policy.digest.to_string();
    let request = GateRequest {
        policy_digest: Some(&digest),
        ..request
    };
    assert_eq!(
        App::new(ci()).gate(&request).unwrap().verdict(),
        Verdict::Fail
    );
}

#[test]
fn a_change_that_edits_breaks_or_removes_its_policy_is_judged_by_the_old_one_and_told_so() {
    let folder = Folder::new(FLOOR);
    folder.commit();
    let project = folder.project();
    let run = folder.record(1, 60);
    let gate = || {
        App::new(ci())
            .gate(&GateRequest {
                policy: Some("git:refs/heads/main:gate.toml"),
                ..GateRequest::new(&project, &run)
            })
            .unwrap()
    };
    assert!(gate().edit.is_none());
    folder.write("gate.toml", &format!("# a word\n{FLOOR}"));
    assert!(gate().edit.is_none(), "comments change nothing");
    folder.write("gate.toml", &FLOOR.replace("0.9", "0.4"));
    let weaker = gate();
    let notes = weaker.report.decision.notes.join("\n");
    for said in [
        "edits gate.toml (1 settings, 1 of them weaker) and is judged by git:refs/heads/main:gate.toml",
        "its own policy would say PASS",
        "weaker: rule groundedness.floor min: 0.9 → 0.4",
    ] {
        assert!(notes.contains(said), "{said}: {notes}");
    }
    folder.write("gate.toml", "no policy");
    let broken = gate();
    std::fs::remove_file(folder.path("gate.toml")).unwrap();
    let removed = gate();
    let kinds = [&weaker, &broken, &removed].map(|gated| {
        assert_eq!(gated.verdict(), Verdict::Fail);
        &gated.edit.as_ref().unwrap().kind
    });
    assert!(
        matches!(
            kinds,
            [
                EditKind::Changed { .. },
                EditKind::Unreadable(_),
                EditKind::Removed
            ]
        ),
        "{kinds:?}"
    );
    for (gated, said) in [
        (&broken, "cannot be read then"),
        (&removed, "removes gate.toml"),
    ] {
        let notes = gated.report.decision.notes.join("\n");
        assert!(notes.contains(said), "{said}: {notes}");
    }
}

#[test]
fn a_run_of_other_metrics_than_the_policy_s_is_refused_with_the_policy_s_line() {
    let folder = Folder::new(&FLOOR.replace("\"groundedness\"\n", "\"kindness\"\n"));
    let run = folder.scored(1, &scored(20, 0), "a judge");
    let project = folder.project();
    let error = refused(App::new(at(23)).gate(&GateRequest::new(&project, &run)));
    let mistake = &error.mistakes().unwrap().0[0];
    assert_eq!(mistake.line, Some(6), "{mistake:?}");
}

#[test]
fn a_protected_environment_takes_no_policy_of_the_working_tree() {
    let policy = format!("{FLOOR}[env.qa]\n[env.prod]\ninherits = \"qa\"\nprotected = true\n");
    let folder = Folder::new(&policy);
    let project = folder.project();
    let run = folder.record(1, 4);
    let gate = |environment, policy, surroundings| {
        let request = GateRequest {
            environment: Some(environment),
            policy,
            ..GateRequest::new(&project, &run)
        };
        App::new(surroundings)
            .gate(&request)
            .map(|gated| gated.verdict())
    };
    assert_eq!(gate("qa", None, at(23)).unwrap(), Verdict::Pass);
    let error = gate("prod", None, at(23)).unwrap_err();
    assert!(
        error.to_string().contains("in a protected environment"),
        "{error}"
    );
    let looks = Surroundings {
        only_looks: true,
        ..at(23)
    };
    assert_eq!(gate("prod", None, looks).unwrap(), Verdict::Pass);
    folder.commit();
    assert!(gate("prod", Some("git:HEAD:gate.toml"), at(23)).is_err());
    let main = Some("git:refs/heads/main:gate.toml");
    assert_eq!(gate("prod", main, at(23)).unwrap(), Verdict::Pass);
}

#[test]
fn evidence_of_the_working_tree_holds_where_the_policy_is_protected() {
    let rule = "[[rule]]\nid = \"spend\"\nkind = \"evidence\"\nfile = \"FILE\"\nvalue = \"/usd\"\ndate = \"/as_of\"\nmax-age = \"24h\"\nmax = 10\n";
    let spend = "{\"usd\": 1, \"as_of\": \"2026-11-25T22:00:00Z\"}";
    let gate = |file: &str, evidence: Option<&Path>, surroundings| {
        let folder = Folder::new(&format!("{FLOOR}{}", rule.replace("FILE", file)));
        folder.write("spend.json", spend);
        folder.commit();
        for arguments in [
            &["add", "-A"][..],
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b",
                "commit",
                "-qm",
                "e",
            ],
        ] {
            let mut git = std::process::Command::new("git");
            assert!(
                git.args(arguments)
                    .current_dir(folder.path(""))
                    .status()
                    .unwrap()
                    .success()
            );
        }
        let (project, run) = (folder.project(), folder.record(1, 4));
        let request = GateRequest {
            policy: Some("git:refs/heads/main:gate.toml"),
            evidence,
            ..GateRequest::new(&project, &run)
        };
        App::new(surroundings).gate(&request)
    };
    let held = gate("spend.json", None, ci()).unwrap();
    assert_eq!(held.verdict(), Verdict::Hold);
    let said = &held
        .report
        .decision
        .findings
        .iter()
        .find(|one| one.id == "spend")
        .unwrap()
        .sentence;
    assert!(
        said.contains("the change under test could have written it"),
        "{said}"
    );
    assert_eq!(
        gate("spend.json", None, at(23)).unwrap().verdict(),
        Verdict::Pass
    );
    let git = gate("git:refs/heads/main:spend.json", None, ci()).unwrap();
    assert_eq!(
        git.verdict(),
        Verdict::Pass,
        "{:?}",
        git.report.decision.findings
    );
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("spend.json"), spend).unwrap();
    let given = gate("spend.json", Some(outside.path()), ci()).unwrap();
    assert_eq!(given.verdict(), Verdict::Pass);
}

#[test]
fn a_given_time_is_said_and_stamps_nothing() {
    let folder = Folder::new(FLOOR);
    let (project, run) = (folder.project(), folder.record(1, 4));
    let surroundings = Surroundings {
        as_of: Some("2026-11-25T23:00:00Z".parse().unwrap()),
        ..at(23)
    };
    let gated = App::new(surroundings)
        .gate(&GateRequest::new(&project, &run))
        .unwrap();
    let notes = gated.report.decision.notes.join("\n");
    assert!(
        notes.contains("decided as of 2026-11-25T23:00:00Z"),
        "{notes}"
    );
    let plain = App::new(at(23))
        .gate(&GateRequest::new(&project, &run))
        .unwrap();
    assert!(
        !plain
            .report
            .decision
            .notes
            .join("\n")
            .contains("decided as of")
    );
}

#[test]
fn a_copy_of_the_baseline_is_said_and_holds() {
    let folder = Folder::new(FLOOR);
    folder.commit();
    let project = folder.project();
    let (one, other) = (folder.record(1, 4), folder.record(2, 4));
    let said = "answers are the baseline's, word for word";
    for (surroundings, verdict) in [(at(23), Verdict::Pass), (ci(), Verdict::Hold)] {
        let gated = App::new(surroundings)
            .gate(&GateRequest {
                baseline: BaselineChoice::Run(&one),
                policy: Some("git:refs/heads/main:gate.toml"),
                ..GateRequest::new(&project, &other)
            })
            .unwrap();
        let notes = gated.report.decision.notes.join("\n");
        assert!(notes.contains(said), "{notes}");
        assert_eq!(gated.verdict(), verdict);
    }
}

/// The baseline's age is its own: a candidate that was made just now makes it no younger.
#[test]
fn a_baseline_that_is_too_old_shows_nothing() {
    let policy = NOT_WORSE.replacen("[[rule]]", "[baseline]\nmax-age = \"4h\"\n[[rule]]", 1);
    let folder = Folder::new(&policy);
    let project = folder.project();
    let (old, newer, run) = (
        folder.record(1, 10),
        folder.record(20, 10),
        folder.record(22, 10),
    );
    for (baseline, verdict) in [(&newer, Verdict::Pass), (&old, Verdict::Inconclusive)] {
        let request = GateRequest {
            baseline: BaselineChoice::Run(baseline),
            ..GateRequest::new(&project, &run)
        };
        let gated = App::new(at(23)).gate(&request).unwrap();
        assert_eq!(gated.verdict(), verdict, "{baseline}");
    }
}
