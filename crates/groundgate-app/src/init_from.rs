//! A project for a copilot of one's own: only what its endpoint can fill, so that the first gate is about its
//! answers and not about what nobody tells.

use std::path::{Path, PathBuf};

use groundgate_formats::{Options, Row, Want, write};
use serde_json::json;

use crate::{App, AppError, files};

/// What the copilot is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitKind {
    /// Chat completions.
    OpenAi,
    /// Databricks Model Serving.
    Databricks,
    /// A scoring server of MLflow.
    Mlflow,
    /// Any JSON over HTTP.
    Http,
    /// A file of answers.
    File,
}

/// What is known of one's own copilot.
#[derive(Debug, Clone, Copy)]
pub struct InitRequest<'a> {
    /// Where to write.
    pub folder: &'a Path,
    /// What it is reached by.
    pub kind: InitKind,
    /// Its address, or the file of answers.
    pub place: Option<&'a str>,
    /// The model, or the endpoint's name at Databricks.
    pub model: Option<&'a str>,
    /// The environment's variable that holds the key.
    pub key: Option<&'a str>,
    /// The eval set; two questions to begin with where none is named.
    pub eval_set: Option<&'a Path>,
}

const QUESTIONS: &str = "\
{\"id\": \"q1\", \"question\": \"What can you help me with?\"}
{\"id\": \"q2\", \"question\": \"Which documents do your answers come from?\"}
";

impl App {
    /// Writes a project for a copilot of one's own and says which files those are. Nothing that is there
    /// already is touched.
    pub fn init_from(&self, request: &InitRequest<'_>) -> Result<Vec<PathBuf>, AppError> {
        let mut made: Vec<(&str, String)> = Vec::new();
        let answers = match request.kind {
            InitKind::File => Some(self.answers(request)?),
            InitKind::OpenAi | InitKind::Databricks | InitKind::Mlflow | InitKind::Http => None,
        };
        let eval_set = match (request.eval_set, &answers) {
            // The configuration names it from its own folder.
            (Some(path), _) => std::path::absolute(path)
                .unwrap_or_else(|_no_place| path.to_owned())
                .display()
                .to_string(),
            (None, Some(rows)) => {
                let text = write(rows, Want::EvalSet, "groundgate")
                    .map_err(|_room| AppError::internal("the eval set cannot be written"))?;
                made.push(("eval_set.jsonl", text));
                "eval_set.jsonl".to_owned()
            }
            (None, None) => {
                made.push(("eval_set.jsonl", QUESTIONS.to_owned()));
                "eval_set.jsonl".to_owned()
            }
        };
        if let Some(rows) = &answers {
            made.push(("answers.jsonl", recorded(rows)));
        }
        made.push(("groundgate.toml", configuration(request, &eval_set)?));
        made.push(("gate.toml", POLICY.to_owned()));
        let paths: Vec<PathBuf> = made
            .iter()
            .map(|(name, _)| request.folder.join(name))
            .collect();
        let taken = paths.iter().filter(|path| path.exists());
        let taken: Vec<String> = taken.map(|path| path.display().to_string()).collect();
        if !taken.is_empty() {
            return Err(
                AppError::invalid(format!("there is already {}", taken.join(", ")))
                    .with_help("name another folder: `groundgate init DIR`; nothing was written"),
            );
        }
        for (path, (_, text)) in paths.iter().zip(&made) {
            files::write(path, text)?;
        }
        Ok(paths)
    }

    fn answers(&self, request: &InitRequest<'_>) -> Result<Vec<Row>, AppError> {
        let place = needed(
            request.place,
            "--from file",
            "the file of answers: --url FILE",
        )?;
        Ok(self
            .read_rows(Path::new(place), &Options::new(Want::Answers))?
            .rows)
    }
}

fn needed<'a>(value: Option<&'a str>, whose: &str, what: &str) -> Result<&'a str, AppError> {
    value.ok_or_else(|| AppError::usage(format!("{whose} needs {what}")))
}

/// Answers in the form that the copilot of kind `recorded` reads; those without one are failures there.
fn recorded(rows: &[Row]) -> String {
    let lines = rows.iter().filter_map(|row| {
        let answer = row.answer.as_ref()?;
        let mut line = json!({
            "case_id": row.id,
            "answer": answer,
            "latency_ms": row.latency_ms.unwrap_or(0),
        });
        if let (Some(fields), Some(passages)) = (line.as_object_mut(), &row.passages) {
            fields.insert("passages".to_owned(), json!(passages));
        }
        Some(format!("{line}\n"))
    });
    lines.collect()
}

fn configuration(request: &InitRequest<'_>, eval_set: &str) -> Result<String, AppError> {
    // What JSON quotes, TOML reads as the same text.
    let quoted = |text: &str| json!(text).to_string();
    let auth = match request.key {
        Some(variable) => format!(
            "auth     = {{ env = {} }}   # the variable's name, never the key\n",
            quoted(variable)
        ),
        None => String::new(),
    };
    let url =
        |flag: &str| needed(request.place, flag, "the copilot's address: --url URL").map(quoted);
    let model = |flag: &str| needed(request.model, flag, "a name: --model NAME").map(quoted);
    let passages = "passages = { path = \"$.passages\", id = \"$.id\", text = \"$.text\" }   # where its passages stand in the reply\n";
    let copilot = match request.kind {
        InitKind::OpenAi => format!(
            "kind     = \"openai\"\nbase-url = {}\nmodel    = {}\n{auth}{passages}",
            url("--from openai")?,
            model("--from openai")?
        ),
        InitKind::Databricks => {
            let host = request
                .place
                .map(|host| format!("host     = {}\n", quoted(host)));
            format!(
                "kind     = \"databricks\"\nendpoint = {}\n{}{auth}",
                model("--from databricks")?,
                host.unwrap_or_default()
            )
        }
        InitKind::Mlflow => format!(
            "kind     = \"mlflow\"\nbase-url = {}\nform     = \"responses\"   # ResponsesAgent; \"chat-agent\", \"chat\"\n{auth}",
            url("--from mlflow")?
        ),
        InitKind::Http => format!(
            "kind     = \"http\"\nurl      = {}\nbody     = '{{\"question\": \"{{{{question}}}}\"}}'\nanswer   = \"$.answer\"   # where the answer stands in the reply\n{passages}{auth}",
            url("--from http")?
        ),
        InitKind::File => "kind     = \"recorded\"\nfile     = \"answers.jsonl\"\n".to_owned(),
    };
    let checks = match request.kind {
        InitKind::File => "\"answered\", \"refusal_correct\", \"answer_chars\"",
        InitKind::OpenAi | InitKind::Databricks | InitKind::Mlflow | InitKind::Http => {
            "\"answered\", \"refusal_correct\", \"answer_chars\", \"latency_ms\""
        }
    };
    Ok(format!(
        "schema   = \"groundgate.config/1\"\neval-set = {}\npolicy   = \"gate.toml\"\nruns-dir = \"runs\"\n\n[[copilot]]\nname     = \"mine\"\n{copilot}\n[[judge]]\nname = \"embedded\"   # works offline; docs/judges.md adds a language model\nspec = \"embedded\"\n\n# What every endpoint tells. Where yours tells tokens, add input_tokens and output_tokens; with a price, cost_usd.\n[checks]\nmetrics = [{checks}]\n",
        quoted(eval_set)
    ))
}

const POLICY: &str = "\
# When a new version may go live. Each bar must be shown to be held; what cannot be shown is inconclusive.

schema = \"groundgate.policy/1\"
name   = \"my-copilot\"

[statistics]
confidence = 0.95

[[rule]]
id     = \"groundedness.floor\"
kind   = \"floor\"
metric = \"groundedness\"     # 1 if the whole answer is supported by its passages
min    = 0.70
why    = \"An answer with one invented sentence is a wrong answer\"

[[rule]]
id     = \"answered.floor\"
kind   = \"floor\"
metric = \"answered\"
min    = 0.80
why    = \"A copilot that refuses makes no mistakes and helps nobody\"

[[rule]]
id   = \"errors\"
kind = \"max-error-rate\"
max  = 0.02
why  = \"What was asked and not answered counts\"
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ValidateRequest, Validated,
        test_values::{Folder, app},
    };

    #[test]
    fn what_is_written_for_every_kind_is_valid() {
        for (kind, place) in [
            (InitKind::OpenAi, Some("https://example.com/v1")),
            (InitKind::Databricks, None),
            (InitKind::Mlflow, Some("http://127.0.0.1:5000")),
            (InitKind::Http, Some("http://127.0.0.1:18900/")),
            (InitKind::File, None),
        ] {
            let folder = Folder::new();
            let file = folder.path().join("results.csv");
            std::fs::write(&file, "question,answer,contexts\nWhy?,So.,\"['So.']\"\n").unwrap();
            let file = file.display().to_string();
            let request = InitRequest {
                folder: &folder.path().join("project"),
                kind,
                place: place.or((kind == InitKind::File).then_some(file.as_str())),
                // A serving endpoint's name stands in a URL; others' names may hold anything.
                model: Some(if kind == InitKind::Databricks {
                    "m-1"
                } else {
                    "m\"1"
                }),
                key: None,
                eval_set: None,
            };
            let written = app().init_from(&request).unwrap();
            assert!(
                app().init_from(&request).is_err(),
                "never over what is there"
            );
            let config = written
                .iter()
                .find(|path| path.ends_with("groundgate.toml"))
                .unwrap();
            let all = app().validate(ValidateRequest {
                config: Some(config),
                files: &[],
            });
            for one in all.unwrap() {
                if let Validated::Failed(error) = one {
                    panic!("{kind:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        let folder = Folder::new();
        let request = InitRequest {
            folder: folder.path(),
            kind: InitKind::OpenAi,
            place: None,
            model: None,
            key: None,
            eval_set: None,
        };
        let refused = app().init_from(&request).unwrap_err().to_string();
        assert!(refused.contains("--url URL"), "{refused}");
    }
}
