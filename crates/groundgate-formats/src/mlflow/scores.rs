//! Assessments as scores and labels. A judge that failed has not scored: nothing is left out of a mean.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::mlflow::{Assessment, Info, Said, SourceKind};
use serde_json::Value;

use crate::row::Given;

/// What judges and functions said of one trace under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The score: of several (one for each span), their mean; missing where one of them failed.
    pub value: Given,
    /// Whether every value was a yes or a no.
    pub is_flag: bool,
    /// Values that were given, each by itself, in order.
    pub values: Vec<f64>,
    /// What failed, in order.
    pub failures: Vec<String>,
    /// What is neither a number nor a yes or no.
    pub words: Vec<String>,
    /// Who said it, as `LLM_JUDGE judge`.
    pub sources: BTreeSet<String>,
}

/// What one person said.
#[derive(Debug, Clone, PartialEq)]
pub struct Human {
    /// Of what.
    pub metric: String,
    /// What; nothing where it is no number and no yes or no.
    pub value: Option<f64>,
    /// Who.
    pub rater: String,
}

pub(super) fn read(info: &Info, run: Option<&str>) -> (BTreeMap<String, Measured>, Vec<Human>) {
    let mut measured: BTreeMap<String, Measured> = BTreeMap::new();
    let mut human = Vec::new();
    let counts =
        |one: &&Assessment| run.is_none() || one.run.is_none() || one.run.as_deref() == run;
    for one in info.assessments.iter().filter(counts) {
        let said = match &one.said {
            Said::Expectation(_) => continue,
            Said::Feedback(value) => Ok(value),
            Said::Failed(why) => Err(why),
        };
        if one.kind == SourceKind::Human {
            human.push(Human {
                metric: one.name.clone(),
                value: said.ok().and_then(number),
                rater: one.source.clone(),
            });
            continue;
        }
        let of = measured
            .entry(one.name.clone())
            .or_insert_with(|| Measured {
                value: Given::Missing,
                is_flag: true,
                values: Vec::new(),
                failures: Vec::new(),
                words: Vec::new(),
                sources: BTreeSet::new(),
            });
        of.sources.insert(
            format!("{} {}", one.kind.name(), one.source)
                .trim()
                .to_owned(),
        );
        match said {
            Err(why) => of.failures.push(why.clone()),
            Ok(Value::Null) => of.failures.push("it said nothing".to_owned()),
            Ok(value) => match number(value) {
                Some(number) => {
                    of.is_flag &= !value.is_number();
                    of.values.push(number);
                }
                None => of.words.push(value.to_string()),
            },
        }
    }
    for of in measured.values_mut() {
        of.value = of.mean();
    }
    (measured, human)
}

impl Measured {
    fn mean(&self) -> Given {
        let failed = !self.failures.is_empty() || !self.words.is_empty();
        match self.values.as_slice() {
            [] => Given::Missing,
            _ if failed => Given::Missing,
            [only] => Given::Number(*only),
            several => {
                let n = u32::try_from(several.len()).unwrap_or(u32::MAX);
                Given::Number(several.iter().sum::<f64>() / f64::from(n))
            }
        }
    }
}

/// The number that a value means: as MLflow counts it, and a few words more.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64(),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "yes" | "true" | "pass" => Some(1.0),
            "no" | "false" | "fail" => Some(0.0),
            _ => None,
        },
        _ => None,
    }
}
