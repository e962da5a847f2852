//! Gates real recorded answers against each other: four runs of one copilot with a GPT-4 judge's
//! scores, and four models with people's labels. Converts, imports and gates by the program itself,
//! and prints the tables of `docs/field-data.md`.
//!
//! `cargo run --release --example field_data -- path/to/data path/to/groundgate`

#![expect(
    clippy::indexing_slicing,
    reason = "a `Value` answers null for what is absent"
)]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One data set: how its rows become trials, and what they are gated by.
struct Study {
    file: &'static str,
    /// Which field of a row names the variant.
    variant: &'static str,
    /// Declarations of the imported scores.
    metrics: &'static [&'static str],
    scores: fn(&Value) -> Value,
    /// Title and rules of each table.
    tables: &'static [(&'static str, &'static str)],
}

const STUDIES: [Study; 2] = [
    Study {
        file: "azure_ragchat_runs.jsonl.gz",
        variant: "subset",
        metrics: &["gpt_groundedness=ordinal:1:5", "gpt_relevance=ordinal:1:5"],
        scores: |row| {
            let score = |name: &str| row["judges"][name].as_f64();
            json!({"gpt_groundedness": score("gpt_groundedness"), "gpt_relevance": score("gpt_relevance")})
        },
        tables: &[
            (
                "Runs of one copilot, on a GPT-4 judge's recorded scores (1 to 5): not worse by more than 0.25",
                "[[rule]]\nid = \"a\"\nkind = \"non-inferior\"\nmetric = \"gpt_groundedness\"\nmargin = 0.25\n\n[[rule]]\nid = \"b\"\nkind = \"non-inferior\"\nmetric = \"gpt_relevance\"\nmargin = 0.25\n",
            ),
            (
                "The same runs on the embedded judge's own scale: faithfulness not worse by more than 5 points",
                "[[rule]]\nid = \"a\"\nkind = \"non-inferior\"\nmetric = \"embedded_faithfulness\"\nmargin = 0.05\n",
            ),
        ],
    },
    Study {
        file: "ragtruth_train.jsonl.gz",
        variant: "model",
        metrics: &["grounded=binary"],
        scores: |row| json!({"grounded": row["label"].as_f64().map(|label| 1.0 - label)}),
        tables: &[
            (
                "Four models, on people's labels: grounded answers not fewer by more than 5 points",
                "[[rule]]\nid = \"a\"\nkind = \"non-inferior\"\nmetric = \"grounded\"\nmargin = 0.05\n",
            ),
            (
                "The same models on the embedded judge's own scale, which is not calibrated across models: faithfulness not worse by more than 5 points",
                "[[rule]]\nid = \"a\"\nkind = \"non-inferior\"\nmetric = \"embedded_faithfulness\"\nmargin = 0.05\n",
            ),
        ],
    },
];

fn main() -> Outcome<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err("usage: field_data DATA-FOLDER GROUNDGATE".into());
    };
    let program = program.canonicalize()?;
    let folder = env::temp_dir().join("groundgate-field-data");
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    for study in STUDIES {
        study.run(&data, &program, &folder)?;
    }
    Ok(())
}

impl Study {
    fn run(&self, data: &Path, program: &Path, folder: &Path) -> Outcome<()> {
        let runs = self.import(data, program, folder)?;
        for (title, rules) in self.tables {
            let policy = folder.join("policy.toml");
            fs::write(
                &policy,
                format!("schema = \"groundgate.policy/1\"\nname = \"field\"\n\n{rules}"),
            )?;
            let mut table = format!("### {title}\n\n| candidate ↓ against →");
            for baseline in runs.keys() {
                write!(table, " | {baseline}")?;
            }
            writeln!(table, " |\n|---{}|", "|---".repeat(runs.len()))?;
            for (name, candidate) in &runs {
                write!(table, "| {name}")?;
                for baseline in runs.values() {
                    let arguments = [
                        "gate",
                        candidate,
                        "--baseline",
                        baseline,
                        "--policy",
                        "policy.toml",
                        "--json",
                    ];
                    let output = Command::new(program)
                        .args(arguments)
                        .current_dir(folder)
                        .output()?;
                    let document: Value = serde_json::from_slice(&output.stdout)?;
                    write!(table, " | {}", cell(&document))?;
                }
                table.push_str(" |\n");
            }
            writeln!(io::stdout(), "{table}")?;
        }
        Ok(())
    }

    /// One record per variant, by the program's own import.
    fn import(
        &self,
        data: &Path,
        program: &Path,
        folder: &Path,
    ) -> Outcome<BTreeMap<String, String>> {
        let mut lines: BTreeMap<String, String> = BTreeMap::new();
        let file = BufReader::new(GzDecoder::new(fs::File::open(data.join(self.file))?));
        for line in file.lines() {
            let row: Value = serde_json::from_str(&line?)?;
            let variant = row[self.variant]
                .as_str()
                .ok_or("a row without a variant")?
                .to_owned();
            let id = match row["meta"]["source_id"].as_str() {
                Some(source) => source.to_owned(),
                None => row["id"]
                    .as_str()
                    .and_then(|id| id.rsplit(':').next())
                    .ok_or("a row without an id")?
                    .to_owned(),
            };
            let passages: Vec<Value> = row["context"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|text| json!({"id": null, "text": text, "source": null}))
                .collect();
            let trial = json!({
                "case": {"id": id, "question": row["question"], "cluster": row["group"]},
                "answer": row["answer"],
                "passages": passages,
                "scores": (self.scores)(&row),
            });
            lines
                .entry(variant)
                .or_default()
                .push_str(&(trial.to_string() + "\n"));
        }
        let mut runs = BTreeMap::new();
        for (variant, text) in lines {
            let file = folder.join(format!("{variant}.jsonl"));
            fs::write(&file, text)?;
            let mut command = Command::new(program);
            command
                .args(["runs", "import", "--judge", "--name", &variant])
                .arg(&file)
                .current_dir(folder);
            for metric in self.metrics {
                command.args(["--metric", metric]);
            }
            let output = command.output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
            runs.insert(variant, String::from_utf8(output.stdout)?.trim().to_owned());
        }
        Ok(runs)
    }
}

/// The verdict with the first rule's difference and bounds.
fn cell(document: &Value) -> String {
    let rule = &document["rules"][0];
    let number = |name: &str| {
        rule[name]
            .as_f64()
            .map_or_else(|| "?".to_owned(), |n| format!("{n:+.3}"))
    };
    let verdict = document["verdict"].as_str().unwrap_or("?");
    format!(
        "**{verdict}** {} [{}, {}]",
        number("estimate"),
        number("lower"),
        number("upper")
    )
}
