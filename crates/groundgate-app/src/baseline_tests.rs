//! Which run a candidate is compared with.

use crate::{
    App, BaselineChoice, GateRequest, GateSummary,
    baseline::Mismatch,
    fixture::{Folder, Heard, NOT_WORSE, at, scored},
};

fn named_by(gated: &GateSummary) -> Option<String> {
    let mut rows = gated.report.provenance.iter();
    let row = rows.find(|row| row.name == "baseline named by");
    row.map(|row| row.value.clone())
}

fn compared_with(gated: &GateSummary) -> Option<&str> {
    let baseline = gated.baseline.as_ref()?;
    Some(&baseline.table.run_id)
}

#[test]
fn the_caller_names_the_baseline_before_the_policy_and_the_policy_before_what_was_set() {
    let folder = Folder::new(NOT_WORSE);
    let project = folder.project();
    let [set, of_policy, named, new] = [1, 2, 3, 4].map(|hour| folder.record(hour, 10));
    let heard = Heard::default();
    let app = heard.app(at(23));
    app.set_baseline(&project, &set).unwrap();
    let gate = |baseline| {
        app.gate(&GateRequest {
            baseline,
            ..GateRequest::new(&project, &new)
        })
        .unwrap()
    };
    let usual = gate(BaselineChoice::Usual);
    assert_eq!(compared_with(&usual), Some(&*set));
    assert_eq!(named_by(&usual).as_deref(), Some("groundgate baseline set"));
    assert!(heard.take().iter().any(|one| one.contains(&set)));
    folder.write(
        "gate.toml",
        &format!("{NOT_WORSE}[baseline]\nref = '{of_policy}'\n"),
    );
    let usual = gate(BaselineChoice::Usual);
    assert_eq!(compared_with(&usual), Some(&*of_policy));
    assert_eq!(named_by(&usual).as_deref(), Some("the policy"));
    let overruled = gate(BaselineChoice::Run(&named));
    assert_eq!(compared_with(&overruled), Some(&*named));
    assert_eq!(named_by(&overruled).as_deref(), Some("--baseline"));
    let notes = overruled.report.decision.notes.join("\n");
    assert!(
        notes.contains(&format!("not with the policy's baseline {of_policy}")),
        "{notes}"
    );
    let the_same = gate(BaselineChoice::Run(&of_policy)).report.decision.notes;
    assert!(!the_same.join("\n").contains("not with"), "{the_same:?}");
    let viewed = gate(BaselineChoice::Viewed(&named));
    assert_eq!(compared_with(&viewed), Some(&*named));
    assert_eq!(named_by(&viewed).as_deref(), Some("the viewer"));
    assert_eq!(compared_with(&gate(BaselineChoice::Nothing)), None);
}

#[test]
fn nobody_but_the_caller_compares_a_run_with_itself() {
    let folder = Folder::new(NOT_WORSE);
    let project = folder.project();
    let run = folder.record(1, 10);
    let app = App::new(at(23));
    app.set_baseline(&project, &run).unwrap();
    let request = GateRequest::new(&project, &run);
    assert_eq!(compared_with(&app.gate(&request).unwrap()), None);
    folder.write(
        "gate.toml",
        &format!("{NOT_WORSE}[baseline]\nref = '{run}'\n"),
    );
    assert_eq!(compared_with(&app.gate(&request).unwrap()), None);
    let request = GateRequest {
        baseline: BaselineChoice::Run(&run),
        ..request
    };
    assert_eq!(compared_with(&app.gate(&request).unwrap()), Some(&*run));
}

#[test]
fn only_a_complete_run_can_be_set_and_another_one_under_its_id_is_refused() {
    let folder = Folder::new(NOT_WORSE);
    let project = folder.project();
    let app = App::new(at(23));
    assert!(app.baseline(&project).is_err(), "none was set");
    let partial = scored(20, 0) + &scored(1, 0).replace("\"scores\"", "\"attempt\": 1, \"scores\"");
    let partial = folder.scored(1, &partial, "a judge");
    let error = app
        .set_baseline(&project, &partial)
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("not complete"), "{error}");
    let run = folder.record(2, 10);
    app.set_baseline(&project, &run).unwrap();
    assert_eq!(app.baseline(&project).unwrap().header().run_id, run);
    std::fs::remove_file(project.runs_dir.join(format!("{run}.sqlite"))).unwrap();
    folder.scored(2, &scored(30, 0), "a judge");
    let error = app.baseline(&project).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().contains("another one than was set"),
        "{error}"
    );
}

#[test]
fn what_makes_two_runs_less_comparable_is_named() {
    let folder = Folder::new(NOT_WORSE);
    let project = folder.project();
    let twice = scored(40, 0) + &scored(40, 0).replace("\"scores\"", "\"attempt\": 1, \"scores\"");
    let [same, other_judge, other_questions, more_attempts] = [
        folder.scored(1, &scored(40, 2), "a judge"),
        folder.scored(2, &scored(40, 2), "another judge"),
        folder.scored(3, &scored(30, 2), "a judge"),
        folder.scored(4, &twice, "a judge"),
    ];
    let candidate = folder.scored(5, &scored(40, 3), "a judge");
    let candidate = project.load(&candidate).unwrap();
    let against = |run: &str| App::mismatches(&candidate, &project.load(run).unwrap());
    assert_eq!(against(&same), []);
    let metric = "groundedness".to_owned();
    assert_eq!(against(&other_judge), [Mismatch::Judge { metric }]);
    assert_eq!(against(&other_questions), [Mismatch::EvalSet]);
    let attempts = Mismatch::Attempts {
        candidate: 1,
        baseline: 2,
    };
    assert_eq!(against(&more_attempts), [attempts]);
}
