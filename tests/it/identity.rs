//! What identifies a run: every setting that can change an answer or a score, and no name or address that
//! cannot.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use groundgate_model::unit::Digest;
use groundgate_record::{Header, Reader};
use serde_json::{Value, json};

use crate::{
    program::{Folder, eval_set},
    wire::{Asked, Said, Wire, fee},
};

const N_CASES: usize = 40;

const POLICY: &str = "schema = \"groundgate.policy/1\"\nname = \"t\"\n[statistics]\nmin-cases = 5\n\
     [[rule]]\nid = \"r\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.9\n";

/// Copilots of one model at one URL, by name and system prompt.
fn config(url: &str, prompts: &[(&str, &str)]) -> String {
    let mut text =
        "schema = \"groundgate.config/1\"\neval-set = \"set.jsonl\"\npolicy = \"gate.toml\"\n\
         seed = 7\n[[judge]]\nname = \"embedded\"\nspec = \"embedded\"\n"
            .to_owned();
    for (name, prompt) in prompts {
        let copilot = format!(
            "[[copilot]]\nname = \"{name}\"\nkind = \"openai\"\nbase-url = \"{url}/v1\"\nmodel = \"m\"\n\
             system-prompt = \"{prompt}\"\nretries = {{ max = 0, max-when-refused = 0 }}\n\
             passages = {{ path = \"$.passages\", id = \"$.id\", text = \"$.text\" }}\n"
        );
        text.push_str(&copilot);
    }
    text
}

/// Says what its passage says.
fn perfect(asked: &Asked) -> Said {
    let answer = fee(asked);
    Said::json(&json!({
        "model": "m-1", "passages": [{"id": "d", "text": answer}],
        "choices": [{"message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }))
}

fn folder(config: &str) -> Folder {
    Folder::with(&[
        ("groundgate.toml", config),
        ("gate.toml", POLICY),
        ("set.jsonl", &eval_set(N_CASES)),
    ])
}

fn headers(folder: &Folder) -> Vec<Header> {
    let records = folder.records();
    let readers = records.iter().map(|path| Reader::open(path).unwrap());
    readers.map(|reader| reader.header().clone()).collect()
}

#[test]
fn five_system_prompts_of_one_model_are_five_plans_that_do_not_count_as_tries() {
    let server = Wire::answering(perfect);
    let prompts = ["v1", "v2", "v3", "v4", "v5"].map(|name| (name, name));
    let folder = folder(&config(&server.url, &prompts));
    for (name, _) in prompts {
        let run = folder.run(&["run", "--copilot", name]);
        assert_eq!(run.code, 0, "{}", run.err);
        let gate = folder.run(&["gate", "latest", "--json"]);
        assert_eq!(gate.code, 0, "{name}: {}{}", gate.out, gate.err);
        let gate: Value = serde_json::from_str(&gate.out).unwrap();
        assert!(!gate["notes"].to_string().contains("try"), "{gate}");
    }
    let headers = headers(&folder);
    let plans: BTreeSet<Digest> = headers.iter().map(|header| header.plan_digest).collect();
    let targets: BTreeSet<Digest> = headers.iter().filter_map(Header::target).collect();
    assert_eq!((plans.len(), targets.len()), (5, 5));
    assert!(headers.iter().all(|header| header.earlier_tries.is_empty()));
}

#[test]
fn the_same_prompt_under_another_name_is_the_same_plan() {
    let server = Wire::answering(perfect);
    let folder = folder(&config(
        &server.url,
        &[("a", "Be kind."), ("b", "Be kind.")],
    ));
    for name in ["a", "b"] {
        assert_eq!(folder.run(&["run", "--copilot", name]).code, 0);
    }
    let headers = headers(&folder);
    assert_eq!(headers[0].plan_digest, headers[1].plan_digest);
    assert_eq!(headers[0].target(), headers[1].target());
    assert_eq!(headers[1].earlier_tries, [headers[0].run_id.clone()]);
}

#[test]
fn a_run_is_not_resumed_with_another_system_prompt() {
    let fails = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&fails);
    let server = Wire::answering(move |asked| {
        if now.load(Ordering::SeqCst) && asked.text().contains("product number 3") {
            return Said::status(400, "{}");
        }
        perfect(asked)
    });
    let folder = folder(&config(&server.url, &[("a", "Be kind.")]));
    folder.run(&["run"]);
    fails.store(false, Ordering::SeqCst);
    let resume = ["run", "--resume", "latest", "--rerun", "errors"];
    folder.write(
        "groundgate.toml",
        &config(&server.url, &[("a", "Be exact.")]),
    );
    let n_before = server.asked().len();
    let refused = folder.run(&resume);
    assert_eq!(refused.code, 3, "{}", refused.err);
    for expected in ["copilot.system-prompt", "Be kind.", "Be exact."] {
        assert!(refused.err.contains(expected), "{}", refused.err);
    }
    assert_eq!(server.asked().len(), n_before, "nothing was asked");
    folder.write(
        "groundgate.toml",
        &config(&server.url, &[("a", "Be kind.")]),
    );
    let resumed = folder.run(&resume);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    assert!(server.asked().len() > n_before);
}

#[test]
fn a_run_of_the_bundled_demo_can_be_resumed() {
    let folder = Folder::with(&[]);
    assert_eq!(folder.run(&["init", "gate"]).code, 0);
    let there = |arguments: &[&str]| folder.run(&[&["-C", "gate"], arguments].concat());
    let run = there(&["run", "-q", "--filter", "product=refunds"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let resumed = there(&["run", "-q", "--resume", "latest"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
}
