//! What people are asked, in which order, and what is written down of it.

use std::collections::BTreeSet;

use groundgate_model::trial::Label as Judged;
use serde_json::{Value, json};

use crate::{
    Sampling, Session, Viewer, claims_of,
    gold_items::gold_items,
    import,
    label::{Given, Item, Kind, Log, Queue, Sign, agreed, parse},
    test_values::{Folder, Got, get, post, score},
};

const BAD: [Judged; 2] = [Judged::Supported, Judged::NotFound];

fn session(folder: &Folder, labeler: &str, n: usize) -> Session {
    let run = folder.path().join("R.sqlite");
    let run = groundgate_record::Reader::open(&run).unwrap();
    let log = Log::open(&folder.path().join("labels.jsonl")).unwrap();
    let sampling = Sampling {
        queue: Queue::Calibration,
        n,
        seed: 1,
    };
    Session::new(log, labeler.to_owned(), &run, None, sampling).unwrap()
}

fn asked(viewer: &Viewer) -> Value {
    let (status, body) = get(viewer, "ask", "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn label(viewer: &Viewer, item: &Value, given: &str) -> (u16, String) {
    let sent = json!({"action": "label", "item": item, "label": given, "duration_ms": 5});
    post(viewer, "label", &sent.to_string())
}

/// Everything that is in the log's file.
fn kinds(folder: &Folder) -> Vec<Kind> {
    let text = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    parse(&text).unwrap()
}

#[test]
fn claims_have_the_signs_of_what_the_judge_may_have_got_wrong() {
    let folder = Folder::new();
    let run = folder.record(
        "R",
        2,
        &[
            Got::Score(0.0, BAD.to_vec()),
            Got::Score(1.0, vec![Judged::Supported]),
            Got::Score(0.0, vec![Judged::NotFound; 2]),
            Got::Unscored,
        ],
    );
    let claims = claims_of(&run).unwrap();
    let shown: Vec<(String, u32, Judged, BTreeSet<Sign>)> = claims
        .into_iter()
        .map(|claim| {
            let item = claim.item;
            let place = format!("{}/{}", item.case, item.claim.unwrap());
            (place, item.attempt, claim.judged, claim.signs)
        })
        .collect();
    let expected = [
        (
            "c0/s1",
            0,
            Judged::Supported,
            vec![Sign::Flips, Sign::NoQuote],
        ),
        (
            "c0/s2",
            0,
            Judged::NotFound,
            vec![Sign::Flips, Sign::Pivotal],
        ),
        (
            "c0/s1",
            1,
            Judged::Supported,
            vec![Sign::Flips, Sign::NoQuote],
        ),
        // Two bad claims: neither alone keeps the answer from being grounded.
        ("c1/s1", 0, Judged::NotFound, vec![]),
        ("c1/s2", 0, Judged::NotFound, vec![]),
    ]
    .map(|(place, attempt, judged, signs)| {
        (
            place.to_owned(),
            attempt,
            judged,
            signs.into_iter().collect(),
        )
    });
    assert_eq!(shown, expected);
}

#[test]
fn a_gold_item_is_one_claim_that_is_shown_like_any_other() {
    let gold = gold_items();
    assert!(gold.len() >= 3, "{}", gold.len());
    let known: BTreeSet<&str> = gold.iter().map(|one| one.known.name()).collect();
    assert!(known.len() >= 2, "{known:?}");
    for one in &gold {
        let shown = serde_json::to_value(one.ask()).unwrap();
        assert!(!shown["passages"].as_array().unwrap().is_empty());
        assert!(shown.get("known").is_none(), "{shown}");
        assert_eq!(one.item.run, "known");
    }
}

#[test]
fn an_item_is_answered_once_and_only_when_it_was_asked() {
    let folder = Folder::new();
    folder.record("R", 1, &vec![Got::Score(0.0, BAD.to_vec()); 3]);
    let viewer = folder.viewer(Some(session(&folder, "ana", 6)));
    let first = asked(&viewer);
    assert!(!first.to_string().contains("NotFound") && !first.to_string().contains("judge"));
    let item = first["ask"]["item"].clone();
    // No answer to the question of a claim.
    for given in ["candidate", "both-good"] {
        assert_eq!(label(&viewer, &item, given).0, 400, "{given}");
    }
    assert_eq!(label(&viewer, &item, "supported").0, 200);
    let (status, why) = label(&viewer, &item, "not-found");
    assert_eq!(status, 409, "{why}");
    assert_eq!(kinds(&folder).len(), 1);
    assert_ne!(asked(&viewer)["ask"]["item"], item);
}

#[test]
fn a_label_that_is_given_again_after_the_judges_word_was_seen_says_so() {
    let folder = Folder::new();
    folder.record("R", 1, &vec![Got::Score(0.0, BAD.to_vec()); 3]);
    let viewer = folder.viewer(Some(session(&folder, "ana", 6)));
    let item = asked(&viewer)["ask"]["item"].clone();
    let (_, reply) = label(&viewer, &item, "supported");
    assert!(reply.contains("judge: "), "{reply}");
    let undo = json!({"action": "undo", "item": item}).to_string();
    assert_eq!(post(&viewer, "label", &undo).0, 200);
    assert_eq!(
        post(&viewer, "label", &undo).0,
        400,
        "nothing is left to undo"
    );
    assert_eq!(label(&viewer, &item, "not-found").0, 200);
    let after: Vec<bool> = kinds(&folder)
        .into_iter()
        .filter_map(|kind| match kind {
            Kind::Label(label) => Some(label.after_reveal),
            Kind::Skip { .. } | Kind::Undo { .. } => None,
        })
        .collect();
    assert_eq!(after, [false, true]);
}

#[test]
fn a_known_item_comes_after_every_twentieth() {
    let folder = Folder::new();
    folder.record("R", 1, &vec![Got::Score(0.0, BAD.to_vec()); 30]);
    let viewer = folder.viewer(Some(session(&folder, "ana", 60)));
    let mut runs = Vec::new();
    for _ in 0..42 {
        let item = asked(&viewer)["ask"]["item"].clone();
        runs.push(item["run"].as_str().unwrap().to_owned());
        assert_eq!(label(&viewer, &item, "supported").0, 200);
    }
    let known: Vec<usize> = (0..runs.len()).filter(|n| runs[*n] == "known").collect();
    assert_eq!(known, [20, 41]);
    // Checks are no labels of the run.
    let labels = agreed(&kinds(&folder));
    assert!(labels.iter().all(|label| label.item.run == "R"));
    assert_eq!(labels.len(), 40);
}

#[test]
fn a_dispute_is_settled_by_a_third_person_and_weighs_as_its_item_was_drawn() {
    let folder = Folder::new();
    folder.record("R", 1, &vec![Got::Score(0.0, vec![Judged::NotFound]); 4]);
    // Abe is the first of the three by name.
    let session = session(&folder, "abe", 2);
    let drawn: Vec<Item> = (session.planned().iter())
        .map(|planned| planned.item.clone())
        .collect();
    assert_eq!(drawn.len(), 2);
    let viewer = folder.viewer(Some(session));
    let said = [("ben", "supported"), ("cleo", "not-found")];
    let lines = said.iter().flat_map(|(labeler, given)| {
        drawn.iter().map(move |item| {
            json!({"labeler": labeler, "at": "", "action": "label", "item": item, "label": given})
                .to_string()
        })
    });
    let lines: Vec<String> = lines.collect();
    assert_eq!(import(&viewer, &lines.join("\n")), Ok(4));
    assert_eq!(
        import(&viewer, &lines.join("\n")),
        Ok(0),
        "they are there already"
    );
    assert_eq!(agreed(&kinds(&folder)), []);
    for _ in &drawn {
        let shown = asked(&viewer)["ask"].clone();
        assert_eq!(
            shown["dispute"],
            json!(["ben: supported", "cleo: not-found"])
        );
        assert_eq!(label(&viewer, &shown["item"], "not-found").0, 200);
    }
    assert_eq!(asked(&viewer)["ask"], Value::Null);
    let settled: Vec<(Given, f64)> = (agreed(&kinds(&folder)).iter())
        .map(|label| (label.label, label.inclusion_probability))
        .collect();
    assert_eq!(settled, [(Given::NotFound, 0.5); 2]);
}

#[test]
fn nothing_is_drawn_from_answers_without_claims() {
    let folder = Folder::new();
    folder.record("R", 1, &[score(1.0), Got::Unscored]);
    let viewer = folder.viewer(Some(session(&folder, "ana", 6)));
    assert_eq!(asked(&viewer)["ask"], Value::Null);
}

/// Most items are for one person: two who label beside each other share the work.
#[test]
fn an_item_goes_to_as_many_people_as_it_was_drawn_for() {
    let folder = Folder::new();
    folder.record("R", 1, &vec![Got::Score(0.0, vec![Judged::NotFound]); 10]);
    let mut asked_of = Vec::new();
    for labeler in ["ana", "ben", "cleo"] {
        let session = session(&folder, labeler, 10);
        let twice = (session.planned().iter()).filter(|one| one.n_people == 2);
        let n_twice = twice.count();
        let viewer = folder.viewer(Some(session));
        let mut n = 0;
        while asked(&viewer)["ask"] != Value::Null {
            let item = asked(&viewer)["ask"]["item"].clone();
            assert_eq!(label(&viewer, &item, "supported").0, 200);
            n += 1;
        }
        asked_of.push((n, n_twice));
    }
    assert_eq!(asked_of, [(10, 2), (2, 2), (0, 2)]);
}
