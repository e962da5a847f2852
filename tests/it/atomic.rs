//! A judge of atomic claims, as its users run it.

use serde_json::{Value, json};

use crate::{
    judge::{N_CASES, chat, config, folder, ids, json_of},
    wire::{Asked, Said, Wire},
};

const SPEC: &str = include_str!("../../judges/groundedness.toml");
const CASES: &str = include_str!("../../judges/groundedness.cases.jsonl");

fn is_split(asked: &Asked) -> bool {
    asked.body["response_format"]["json_schema"]["name"] == "atomic_claims"
}

/// Takes nothing apart, and supports what speaks of a fee.
fn honest(asked: &Asked) -> Said {
    if is_split(asked) {
        let whole = ids(asked, "sentences")
            .into_iter()
            .map(|id| json!({"id": id, "claims": []}));
        return chat(&json!({ "sentences": whole.collect::<Vec<_>>() }).to_string());
    }
    let claims: Vec<Value> = (ids(asked, "claims").iter())
        .map(|id| json!({"id": id, "label": "not-found", "passage": null, "quote": null}))
        .collect();
    chat(&json!({ "claims": claims }).to_string())
}

fn judged_by(judge: &Wire) -> crate::program::Folder {
    let own = format!(
        "[[judge]]\nname = \"atoms\"\nspec = \"own.toml\"\ncontrols = 0\nendpoint = {{ base-url = \"{}/v1\", model = \"j\" }}\n",
        judge.url
    );
    let folder = folder(&own);
    folder.write("groundgate.toml", &config(&own));
    folder.write(
        "own.toml",
        &SPEC.replacen("version = 1", "version = 1\nclaims = \"atomic\"", 1),
    );
    folder.write("own.cases.jsonl", CASES);
    folder
}

#[test]
fn the_claims_of_the_split_are_what_is_labelled_and_both_calls_stand_in_the_record() {
    let judge = Wire::answering(honest);
    let folder = judged_by(&judge);
    let run = folder.run(&["run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let asked = judge.asked();
    assert_eq!(
        asked.iter().filter(|asked| is_split(asked)).count(),
        N_CASES
    );
    assert_eq!(asked.len(), 2 * N_CASES);
    let labelled = asked.iter().find(|asked| !is_split(asked)).unwrap();
    assert_eq!(ids(labelled, "claims"), ["c1.1"]);
    let shown = folder.run(&["explain", "case-1", "--calls"]).out;
    for expected in [
        "c1.1 not-found",
        "The sentences to be taken apart",
        "claim c1.1>>>",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    assert!(!shown.contains("asked once more"), "{shown}");
}

#[test]
fn an_answer_that_is_not_taken_apart_rightly_is_unscored() {
    // Loses what is wrong with every answer, twice.
    let judge = Wire::answering(|asked| {
        if !is_split(asked) {
            return honest(asked);
        }
        let other = ids(asked, "sentences")
            .into_iter()
            .map(|id| json!({"id": id, "claims": ["The fee is low."]}));
        chat(&json!({ "sentences": other.collect::<Vec<_>>() }).to_string())
    });
    let folder = judged_by(&judge);
    assert_eq!(folder.run(&["run"]).code, 0);
    assert_eq!(
        judge.asked().len(),
        2 * N_CASES,
        "asked once more, and never for labels"
    );
    // The policy's limit on errors fails; nothing that needs a score passes.
    let gate = json_of(&folder, &["gate"], 10);
    assert_eq!(gate["rules"][0]["verdict"], "inconclusive", "{gate}");
    let shown = folder.run(&["explain", "case-1"]).out;
    assert!(
        shown.contains("judge: malformed reply: the claims of s1"),
        "{shown}"
    );
}
