//! Files of other tools on the command line: read rightly with what was guessed, or refused with the
//! cause; and the first ten seconds with a file of answers.

use serde_json::Value;

use crate::program::Folder;

const RAGAS: &str = "user_input,retrieved_contexts,response,reference,faithfulness\n\
    How long do refunds take?,\"['Refunds are paid within 14 days.', 'The fee is 5 EUR.']\",Refunds are paid within 14 days.,14 days,1.0\n\
    What is the fee?,\"['Refunds are paid within 14 days.', 'The fee is 5 EUR.']\",The fee is 7 EUR.,5 EUR,NaN\n";

#[test]
fn a_file_of_ragas_is_scored_compared_imported_and_estimated_as_it_is() {
    let folder = Folder::with(&[]);
    folder.write("results.csv", RAGAS);
    folder.write(
        "better.csv",
        &RAGAS.replace("The fee is 7 EUR.", "The fee is 5 EUR."),
    );

    let scored = folder.run(&["score", "results.csv"]);
    assert_eq!(scored.code, 0, "{}", scored.err);
    assert!(
        scored.out.contains("2 answers to 2 questions"),
        "{}",
        scored.out
    );
    assert!(scored.out.contains("The fee is 7 EUR."), "{}", scored.out);
    assert!(
        scored.out.contains("next: groundgate compare"),
        "{}",
        scored.out
    );
    assert!(
        scored.err.contains("passages = retrieved_contexts"),
        "{}",
        scored.err
    );
    assert!(
        scored.err.contains("a list in Python's form (2 rows)"),
        "{}",
        scored.err
    );

    let compared = folder.run(&["compare", "results.csv", "better.csv", "--json"]);
    assert_eq!(compared.code, 0, "{}", compared.err);
    let document: Value = serde_json::from_str(&compared.out).unwrap();
    assert_eq!(document["n_both"], 2);
    assert_eq!(document["metrics"][0]["metric"], "groundedness");
    assert_eq!(document["metrics"][0]["difference"]["point"], 0.5);
    assert_eq!(document["metrics"][2]["metric"], "faithfulness");
    assert_eq!(document["metrics"][2]["n_missing"], 1);

    let imported = folder.run(&["runs", "import", "results.csv", "--name", "v1", "--judge"]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let export = folder.run(&["runs", "export"]);
    let first: Value = serde_json::from_str(export.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["passages"][1]["text"], "The fee is 5 EUR.");
    assert_eq!(first["case"]["reference_answer"], "14 days");
    let again = folder.run(&["runs", "import", "-", "--name", "x"]);
    assert_ne!(again.code, 0);

    let stats = folder.run(&["stats", "results.csv", "--json"]);
    assert_eq!(stats.code, 0, "{}", stats.err);
    let document: Value = serde_json::from_str(&stats.out).unwrap();
    assert_eq!(
        (&document["n_rows"], &document["n_missing"]["candidate"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn a_mapping_is_told_kept_and_used_again() {
    let folder = Folder::with(&[]);
    folder.write(
        "log.jsonl",
        "{\"payload\": {\"q\": \"How long?\", \"a\": \"Within 14 days.\", \"docs\": [{\"body\": \"Refunds are paid within 14 days.\"}]}}\n",
    );
    let unknown = folder.run(&["score", "log.jsonl"]);
    assert_eq!(unknown.code, 3);
    assert!(
        unknown.err.contains("no column is known as `question`"),
        "{}",
        unknown.err
    );
    assert!(
        unknown.err.contains("--map question=COLUMN"),
        "{}",
        unknown.err
    );
    let told = [
        "convert",
        "log.jsonl",
        "--as",
        "answers",
        "-o",
        "out.jsonl",
        "--save-mapping",
        "m.toml",
        "--map",
        "question=payload.q",
        "--map",
        "answer=payload.a",
        "--map",
        "passages=payload.docs[*].body",
    ];
    let converted = folder.run(&told);
    assert_eq!(converted.code, 0, "{}", converted.err);
    let scored = folder.run(&["score", "log.jsonl", "--mapping", "m.toml", "--json"]);
    assert_eq!(scored.code, 0, "{}", scored.err);
    let document: Value = serde_json::from_str(&scored.out).unwrap();
    assert_eq!(document["metrics"][0]["n_scored"], 1);
    let again = folder.run(&["score", "out.jsonl", "--json"]);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again["metrics"], document["metrics"]);
}

#[test]
fn dialects_of_eval_sets_are_valid_or_refused_with_the_cause() {
    let folder = Folder::with(&[]);
    let list = "id,question,expected_documents\na,How long do refunds take?,\"['d1', 'd2']\"\n";
    for (name, text, code, said) in [
        (
            "semi.csv",
            "id;question;reference_answer\na;why?;Because\n",
            0,
            "separated by `;`",
        ),
        ("python.csv", list, 0, "a list in Python's form"),
        (
            "comma.csv",
            &list.replace("['d1', 'd2']", "d1,d2"),
            3,
            "may be one item or several",
        ),
        (
            "cut.csv",
            &list.replace("['d1', 'd2']", "['d1', 'd"),
            3,
            "has no end",
        ),
        (
            "flags.csv",
            "id,question,answerable,critical\na,why?,1,yes\n",
            0,
            "ok",
        ),
        (
            "wrapped.json",
            "{\"data\": [{\"id\": \"a\", \"question\": \"why?\"}]}",
            0,
            "rows are those of `data`",
        ),
        (
            "tests.yaml",
            "- vars: {question: 'why?'}\n  assert: [{type: contains, value: rain}]\n",
            0,
            "promptfoo",
        ),
        (
            "twice.jsonl",
            "{\"id\": \"a\", \"question\": \"why?\", \"query\": \"how?\"}\n",
            3,
            "both `question` and `query`",
        ),
        (
            "name.csv",
            "id,qestion\na,why?\n",
            3,
            "did you mean `question`?",
        ),
        ("book.xlsx", "PK\u{3}\u{4}", 3, "Excel workbook"),
    ] {
        folder.write(name, text);
        let ended = folder.run(&["validate", name]);
        assert_eq!(ended.code, code, "{name}: {}{}", ended.out, ended.err);
        assert!(
            format!("{}{}", ended.out, ended.err).contains(said),
            "{name}: {}{}",
            ended.out,
            ended.err
        );
    }
}

#[test]
fn strict_guesses_nothing_and_nothing_is_imported_in_part() {
    let folder = Folder::with(&[]);
    folder.write("results.csv", RAGAS);
    let strict = folder.run(&["score", "results.csv", "--strict"]);
    assert_eq!(strict.code, 3, "{}", strict.out);
    let half = RAGAS.replace("1.0\n", "good\n");
    folder.write("half.csv", &half);
    let refused = folder.run(&["runs", "import", "half.csv", "--name", "x"]);
    assert_eq!(refused.code, 3, "{}", refused.out);
    assert!(refused.err.contains("half.csv:2"), "{}", refused.err);
    assert!(
        refused.err.contains("`faithfulness`: `good` is no number"),
        "{}",
        refused.err
    );
    assert!(folder.run(&["runs", "list"]).out.is_empty());
}
