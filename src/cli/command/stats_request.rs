//! `groundgate stats --request`: any method of the engine by name, so that anyone can check it
//! against another package.
//!
//! Every case is answered on its own: a method nobody knows is `"unsupported"`, inputs that a method
//! refuses are an object with the reason, and neither touches the other cases.

use std::panic::{AssertUnwindSafe, catch_unwind};

use groundgate_model::diagnostic::{Mistake, MistakeList};
use groundgate_stats::reference::{RequestError, evaluate};
use serde_json::{Map, Value, json};

use groundgate_app::AppError;

/// The answers by case id. `name` is the file's, for messages.
pub(super) fn answers(name: &str, text: &str) -> Result<Value, AppError> {
    let mistake = |message: String| {
        AppError::from(groundgate_model::diagnostic::Mistakes(vec![
            Mistake::in_file(name, message),
        ]))
    };
    let document: Value = serde_json::from_str(text).map_err(|error| mistake(error.to_string()))?;
    let Some(cases) = document.get("cases").and_then(Value::as_array) else {
        return Err(mistake("there is no list `cases`".to_owned()));
    };
    let mut mistakes = MistakeList::default();
    let mut answers = Map::new();
    for (index, case) in cases.iter().enumerate() {
        let Some(id) = case.get("id").and_then(Value::as_str) else {
            mistakes.push(Mistake::in_file(
                name,
                format!("case {} has no `id` that is a text", index + 1),
            ));
            continue;
        };
        if answers.insert(id.to_owned(), answer(case)).is_some() {
            mistakes.push(Mistake::in_file(
                name,
                format!("two cases have the id `{id}`"),
            ));
        }
    }
    Ok(mistakes.finish(Value::Object(answers))?)
}

fn answer(case: &Value) -> Value {
    let Some(method) = case.get("method").and_then(Value::as_str) else {
        return json!({"error": "the case has no `method` that is a text"});
    };
    let inputs = case.get("inputs").unwrap_or(&Value::Null);
    match catch_unwind(AssertUnwindSafe(|| evaluate(method, inputs))) {
        Ok(Ok(value)) => value,
        Ok(Err(RequestError::Unsupported(_))) => Value::from("unsupported"),
        Ok(Err(error @ (RequestError::Input { .. } | RequestError::Stats(_)))) => {
            json!({"error": error.to_string()})
        }
        Err(_panic) => json!({"error": "the method ended unexpectedly; please report this"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_answered_on_its_own() {
        let request = r#"{"meta": 1, "cases": [
            {"id": "a", "method": "normal_ppf", "inputs": {"p": 0.975}},
            {"id": "b", "method": "tea leaves", "inputs": {}},
            {"id": "c", "method": "normal_ppf", "inputs": {"p": 2}},
            {"id": "d", "method": "normal_ppf"},
            {"id": "e"}]}"#;
        let answers = answers("request", request).unwrap();
        assert!((answers["a"].as_f64().unwrap() - 1.959_963_984_540_054).abs() < 1e-12);
        assert_eq!(answers["b"], "unsupported");
        for id in ["c", "d", "e"] {
            assert!(answers[id]["error"].is_string(), "{answers}");
        }
    }

    #[test]
    fn a_request_that_could_mean_two_things_is_refused() {
        for (request, said) in [
            ("[]", "there is no list `cases`"),
            ("{", "EOF while parsing"),
            (
                r#"{"cases": [{"method": "normal_ppf"}]}"#,
                "case 1 has no `id`",
            ),
            (
                r#"{"cases": [{"id": "a", "method": "x"}, {"id": "a", "method": "y"}]}"#,
                "two cases have the id `a`",
            ),
        ] {
            let error = answers("request", request).unwrap_err();
            assert!(error.error.to_string().contains(said), "{}", error.error);
        }
    }
}
