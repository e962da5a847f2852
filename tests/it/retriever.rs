//! Indexes alone as the system under test: an old index against a new one, no answer generated. A loopback workspace
//! serves a small corpus by Databricks' Vector Search API, in variants that are broken in a known way.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hasher as _},
    sync::OnceLock,
};

use serde_json::{Value, json};

use crate::{
    program::{Ended, Folder},
    wire::{Asked, Said, Wire},
};

const N: usize = 240;
const PRODUCTS: [&str; 4] = ["cards", "fees", "loans", "refunds"];
const TOKEN: (&str, &str) = ("VECTOR_TOKEN", "dapi-test");

/// How an index was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Good,
    /// Harmless: rebuilt in another order, with other scores.
    Reordered,
    /// Harmless: documents of something else, too.
    Larger,
    /// Chunks that were cut between a title and its text.
    Chunked,
    /// Not synced since the newest documents.
    Stale,
    /// The queries' embeddings are of another model than the documents'.
    OtherModel,
    /// A batch of documents never arrived.
    LostBatch,
    /// A filter that hides a part of it.
    WrongFilter,
}

const ALL: [(&str, Index); 8] = [
    ("good", Index::Good),
    ("reordered", Index::Reordered),
    ("larger", Index::Larger),
    ("chunked", Index::Chunked),
    ("stale", Index::Stale),
    ("other-model", Index::OtherModel),
    ("lost-batch", Index::LostBatch),
    ("wrong-filter", Index::WrongFilter),
];

fn product(number: usize) -> &'static str {
    PRODUCTS[number % 4]
}

fn age(number: usize) -> &'static str {
    if number >= 180 { "new" } else { "old" }
}

fn text(number: usize, index: Index) -> String {
    let title = format!("Article {number} about {}", product(number));
    let body = "It says what has to be paid, by whom, and until when.";
    // Every second title went into a chunk of its own, which nobody stored.
    if index == Index::Chunked && !number.is_multiple_of(2) {
        return body.to_owned();
    }
    format!("{title}. {body}")
}

fn is_there(number: usize, index: Index) -> bool {
    match index {
        Index::Stale => age(number) == "old",
        Index::LostBatch => product(number) != "fees",
        Index::WrongFilter => !(number / 4).is_multiple_of(3),
        Index::Good | Index::Reordered | Index::Larger | Index::Chunked | Index::OtherModel => true,
    }
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !char.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn hash(of: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The words of each document of an index, split once.
fn documents(index: Index) -> &'static [BTreeSet<String>] {
    static SPLIT: [OnceLock<Vec<BTreeSet<String>>>; ALL.len()] =
        [const { OnceLock::new() }; ALL.len()];
    let place = ALL.iter().position(|(_, one)| *one == index).unwrap();
    SPLIT[place].get_or_init(|| {
        (0..N + 60)
            .map(|number| words(&text(number, index)))
            .collect()
    })
}

/// The ten best rows, by words in common.
fn search(question: &str, index: Index) -> Vec<Value> {
    let asked = words(question);
    let documents = documents(index);
    let own = (0..N).filter(|number| is_there(*number, index));
    let others = if index == Index::Larger {
        N..N + 60
    } else {
        N..N
    };
    let mut rows: Vec<(usize, u64, usize)> = own
        .chain(others)
        .map(|number| {
            let common = documents[number].intersection(&asked).count();
            let score = if index == Index::OtherModel {
                usize::try_from(hash((question, number)) % 1000).unwrap()
            } else {
                common
            };
            let tie = hash((u8::from(index == Index::Reordered), number));
            (score, tie, number)
        })
        .collect();
    rows.sort_by(|one, other| other.cmp(one));
    let rows = rows.into_iter().take(10);
    rows.map(|(score, _, number)| json!([format!("doc-{number}"), text(number, index), score]))
        .collect()
}

/// Vector Search, and nothing else: whoever asks for an answer is refused.
fn workspace(asked: &Asked) -> Said {
    assert_eq!(asked.headers["authorization"], "Bearer dapi-test");
    let index = ALL.iter().find(|(name, _)| {
        asked.path == format!("/api/2.0/vector-search/indexes/main.kb.{name}/query")
    });
    let Some((_, index)) = index else {
        return Said::status(
            404,
            r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such index"}"#,
        );
    };
    assert_eq!(asked.body["columns"], json!(["id", "text"]));
    assert_eq!(asked.body["num_results"], 10);
    let rows = search(asked.body["query_text"].as_str().unwrap(), *index);
    Said::json(&json!({
        "manifest": {"column_count": 3, "columns": [{"name": "id"}, {"name": "text"}, {"name": "score"}]},
        "result": {"row_count": rows.len(), "data_array": rows}, "next_page_token": "",
    }))
}

fn project(url: &str) -> Folder {
    let copilots: Vec<String> = ALL
        .iter()
        .map(|(name, _)| {
            format!(
                "[[copilot]]\nname = \"{name}\"\nkind = \"databricks-vector-search\"\nhost = \"{url}\"\n\
                 auth = {{ env = \"VECTOR_TOKEN\" }}\nindex = \"main.kb.{name}\"\n\
                 columns = {{ id = \"id\", text = \"text\" }}\n"
            )
        })
        .collect();
    let copilots = copilots.concat();
    let config = format!(
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\nconcurrency = 8\n{copilots}\
         [checks]\nmetrics = [\"context_recall@5\", \"context_precision@5\", \"mrr\", \"ndcg@10\", \"latency_ms\"]\n"
    );
    let cases: Vec<String> = (0..N)
        .map(|number| {
            let case = json!({"id": format!("q-{number}"),
                "question": format!("What does article {number} about {} say?", product(number)),
                "expected_documents": [format!("doc-{number}")],
                "tags": {"product": product(number), "age": age(number)}});
            format!("{case}\n")
        })
        .collect();
    Folder::with(&[
        ("groundgate.toml", &config),
        ("set.jsonl", &cases.concat()),
        (
            "gate.toml",
            include_str!("../../docs/policies/retriever-only.toml"),
        ),
    ])
}

fn ended(folder: &Folder, arguments: &[&str]) -> Ended {
    let output = folder
        .command(arguments)
        .env(TOKEN.0, TOKEN.1)
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_new_index_is_held_against_the_old_one_and_each_fault_is_found() {
    let wire = Wire::answering(workspace);
    let folder = project(&wire.url);
    let run = |name: &str| {
        let run = ended(&folder, &["run", "-q", "--copilot", name]);
        assert_eq!(run.code, 0, "{name}: {}", run.err);
        run.out.trim().to_owned()
    };
    let old = run("good");
    for (name, index) in ALL.into_iter().skip(1) {
        let new = run(name);
        let gated = ended(&folder, &["gate", &new, "--baseline", &old]);
        let harmless = matches!(index, Index::Reordered | Index::Larger);
        let expected = if harmless { 0 } else { 10 };
        assert_eq!(gated.code, expected, "{name}: {}", gated.out);
        let cause = match index {
            Index::Stale => "age=new",
            Index::LostBatch => "product=fees",
            Index::Good | Index::Reordered | Index::Larger => "rules passed",
            Index::Chunked | Index::OtherModel | Index::WrongFilter => "recall",
        };
        assert!(gated.out.contains(cause), "{name}: {}", gated.out);
    }
    let asked = wire.asked();
    assert_eq!(
        asked.len(),
        ALL.len() * N,
        "one query a question, and nothing is generated"
    );
}

#[test]
fn an_index_that_is_not_there_and_a_reply_without_passages_are_failures() {
    let wire = Wire::answering(|_asked| Said::json(&json!({"hits": [{"id": "d", "text": "x"}]})));
    let config = |path: &str| {
        format!(
            "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n[[copilot]]\nname = \"any\"\n\
             kind = \"retriever\"\nurl = \"{}\"\nbody = '{{\"query\": \"{{{{question}}}}\", \"k\": 5}}'\n\
             passages = {{ path = \"{path}\", text = \"$.text\", id = \"$.id\" }}\n[checks]\nmetrics = [\"mrr\"]\n",
            wire.url
        )
    };
    let folder = project(&wire.url);
    folder.write(
        "set.jsonl",
        "{\"id\": \"a\", \"question\": \"Q?\", \"expected_documents\": [\"d\"]}\n",
    );
    folder.write("groundgate.toml", &config("$.hits"));
    assert_eq!(folder.run(&["run", "-q"]).code, 0);
    assert_eq!(wire.take()[0].body, json!({"query": "Q?", "k": 5}));
    let scored = folder.run(&["runs", "export"]).out;
    assert!(scored.contains("\"mrr\":1.0"), "{scored}");
    folder.write("groundgate.toml", &config("$.results"));
    let lost = folder.run(&["run", "-q"]);
    assert_ne!(lost.code, 0, "{}", lost.err);
    assert!(
        folder
            .run(&["runs", "export"])
            .out
            .contains("no list of passages")
    );
}

#[test]
fn facts_of_an_index_are_dated_and_what_may_not_be_read_is_unknown() {
    let wire = Wire::answering(|asked| {
        let path = asked.path.trim_start_matches("/api/");
        match path {
            "2.0/vector-search/indexes/main.kb.good" => Said::json(&json!({
                "name": "main.kb.good", "delta_sync_index_spec": {"source_table": "main.kb.docs", "pipeline_id": "p1",
                    "embedding_source_columns": [{"name": "text", "embedding_model_endpoint_name": "gte"}]},
                "status": {"ready": true, "indexed_row_count": 240, "detailed_state": "ONLINE_NO_PENDING_UPDATE"}})),
            "2.0/pipelines/p1" => Said::json(&json!({"latest_updates": [
                {"state": "COMPLETED", "creation_time": "2026-11-30T10:00:00.000Z"}]})),
            "2.1/unity-catalog/permissions/table/main.kb.good" => {
                Said::json(&json!({"privilege_assignments": [
                {"principal": "etl", "privileges": ["MODIFY"]}, {"principal": "all", "privileges": ["SELECT"]}]}))
            }
            _ => Said::status(
                403,
                r#"{"error_code": "PERMISSION_DENIED", "message": "not yours"}"#,
            ),
        }
    });
    let folder = project(&wire.url);
    let made = ended(
        &folder,
        &["facts", "index", "good", "-o", "evidence/index.json"],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let text = std::fs::read_to_string(folder.path().join("evidence/index.json")).unwrap();
    let facts: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(facts["status"]["indexed_row_count"], 240);
    assert_eq!(
        facts["status"]["last_synced_at"],
        "2026-11-30T10:00:00.000Z"
    );
    assert_eq!(
        (&facts["n_writers"], &facts["made_of"]["embedding_model"]),
        (&json!(1), &json!("gte"))
    );
    assert_eq!(facts["made_of"]["source_updated_at"], Value::Null);
    let unknown = facts["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|call| call.get("unknown").is_some());
    assert!(
        unknown.unwrap()["unknown"]
            .as_str()
            .unwrap()
            .contains("not yours"),
        "{facts}"
    );
    let other = ended(&folder, &["facts", "index", "stale"]);
    assert_eq!(
        other.code, 5,
        "an index that may not be read is no fact: {}",
        other.err
    );
}
