//! The properties of a reply's JSON Schema in the order in which a model is to write them: servers that hold
//! a model to a schema hold it to that order, too.

use groundgate_model::exchange::ChatRequest;
use serde_json::Value;

/// The body with the schema's properties in the order of its `required`.
pub(super) fn in_order(body: Vec<u8>, request: &ChatRequest) -> Vec<u8> {
    let Some((_, schema)) = &request.json_schema else {
        return body;
    };
    match String::from_utf8(body) {
        // Quotes within texts are escaped, so that it stands only where it is the schema.
        Ok(body) => body
            .replacen(&schema.to_string(), &written(schema), 1)
            .into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let order: Vec<&str> = (fields.get("required").and_then(Value::as_array))
                .map(|names| names.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            let written_field = |(name, value): (&String, &Value)| {
                let value = match (name.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        let mut all: Vec<(&String, &Value)> = properties.iter().collect();
                        let place = |name: &str| order.iter().position(|known| *known == name);
                        all.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
                        braced(all.into_iter().map(field))
                    }
                    _ => written(value),
                };
                format!("{}:{value}", Value::from(name.as_str()))
            };
            braced(fields.iter().map(written_field))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn field((name, value): (&String, &Value)) -> String {
    format!("{}:{}", Value::from(name.as_str()), written(value))
}

fn braced(fields: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_sent_in_the_order_in_which_they_are_required() {
        let item = json!({
            "type": "object",
            "properties": {"id": {"enum": ["s\"1"]}, "label": {}, "quote": {"type": ["string", "null"]}},
            "required": ["id", "quote", "label"],
        });
        let schema = json!({"properties": {"claims": {"items": item}}, "required": ["claims"]});
        let request = ChatRequest {
            messages: Vec::new(),
            max_output_tokens: 1,
            temperature: None,
            seed: None,
            json_schema: Some(("labels".to_owned(), schema.clone())),
        };
        let body = json!({"model": "m", "format": {"schema": schema}, "text": schema.to_string()});
        let sent = String::from_utf8(in_order(body.to_string().into_bytes(), &request)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), body);
        let at = |name: &str| sent.find(&format!("\"{name}\":")).unwrap();
        assert!(
            at("id") < at("quote") && at("quote") < at("label"),
            "{sent}"
        );
    }
}
