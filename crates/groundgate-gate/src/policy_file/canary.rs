//! `[canary]`: when a version that takes some of the traffic is rolled back.

use std::collections::BTreeSet;

use groundgate_model::{
    toml_reader::Table,
    trial::{DataType, MetricSpec},
};

use crate::{
    canary::{Canary, RollbackKind, RollbackRule},
    facts::Age,
    policy::{KnownMetrics, find_metric},
    rules::{age, count, share},
};

/// The kinds with their keys.
const KINDS: [(&str, &[&str]); 4] = [
    ("non-inferior", &["metric", "margin"]),
    ("max-count", &["metric", "max"]),
    ("rate-max", &["metric", "max"]),
    ("max-error-rate", &["max"]),
];

/// The canary, where the policy has one; its mistakes are reported.
pub(super) fn read(root: Table<'_, '_>, known: &KnownMetrics) -> Option<Canary> {
    if !root.has("canary") {
        return None;
    }
    let table = root.table("canary")?;
    table.only(&["min-answers", "thin-windows", "window", "rollback"]);
    table.needs(&["min-answers", "rollback"]);
    let min_answers = count(&table, "min-answers", 1);
    let thin_windows = if table.has("thin-windows") {
        count(&table, "thin-windows", 1)
    } else {
        Some(3)
    };
    let window = if table.has("window") {
        age(&table, "window")
    } else {
        None
    };
    let windows = Windows {
        is_said: table.has("window"),
        length: window,
    };
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    let tables = table.tables("rollback");
    for rule in &tables {
        if let Some(id) = rule.text("id")
            && !ids.insert(id)
        {
            rule.report("id", format!("id `{id}` is taken"));
        }
        rules.extend(read_rule(*rule, known, &windows));
    }
    if tables.is_empty() {
        table.report(
            "rollback",
            "a canary without a reason to roll back is no canary",
        );
    }
    if rules.is_empty() || rules.len() < tables.len() {
        return None;
    }
    Some(Canary {
        min_answers: usize::try_from(min_answers?).ok()?,
        thin_windows: usize::try_from(thin_windows?).ok()?,
        rules,
    })
}

/// How long a window is.
struct Windows {
    /// Whether the policy says it, rightly or not.
    is_said: bool,
    /// `None`: not said, or not read.
    length: Option<Age>,
}

fn read_rule(
    table: Table<'_, '_>,
    known: &KnownMetrics,
    windows: &Windows,
) -> Option<RollbackRule> {
    table.needs(&["id", "kind"]);
    let id = table.text("id").map(str::to_owned);
    let consecutive = if table.has("consecutive") {
        count(&table, "consecutive", 1)
    } else {
        Some(1)
    };
    let keys = table.choice("kind", &KINDS)?;
    table.only(&[&["id", "kind", "consecutive"], keys].concat());
    table.needs(keys);
    let kind = match table.text("kind")? {
        "non-inferior" => {
            let spec = metric(table, known, false)?;
            let (low, high) = spec.data_type.range();
            let margin = table.number("margin")?;
            let range = high.map_or(f64::INFINITY, |high| high - low);
            if !(margin >= 0.0 && margin < range) {
                table.report(
                    "margin",
                    format!("`margin` is {margin} and not from 0 to below {range}"),
                );
                return None;
            }
            RollbackKind::NonInferior {
                metric: spec.name,
                margin,
            }
        }
        "max-count" => RollbackKind::MaxCount {
            metric: metric(table, known, true)?.name,
            max: u64::from(count(&table, "max", 0)?),
        },
        "rate-max" => rate(table, known, windows)?,
        _ => RollbackKind::MaxErrorRate {
            max: share(&table, "max")?,
        },
    };
    Some(RollbackRule {
        id: id?,
        consecutive: usize::try_from(consecutive?).ok()?,
        kind,
    })
}

/// A sum per hour says nothing unless a window's length is known.
fn rate(table: Table<'_, '_>, known: &KnownMetrics, windows: &Windows) -> Option<RollbackKind> {
    let metric = metric(table, known, true)?.name;
    let max = table.number("max")?;
    if max < 0.0 {
        table.report("max", format!("`max` is {max} and not at least 0"));
        return None;
    }
    if !windows.is_said {
        table.report_with_help(
            "kind",
            "an amount per hour needs the length of a window",
            "say in [canary] how long one is: window = \"30m\"",
        );
    }
    Some(RollbackKind::RateMax {
        metric,
        max,
        window: windows.length?,
    })
}

fn metric(table: Table<'_, '_>, known: &KnownMetrics, is_amount: bool) -> Option<MetricSpec> {
    let name = table.text("metric")?;
    let Some(spec) = find_metric(known, name) else {
        let names = known.keys().map(String::as_str);
        let at = table.at_value("metric");
        table.document().report_unknown(at, "metric", name, names);
        return None;
    };
    if (spec.data_type == DataType::Amount) != is_amount {
        let wanted = if is_amount { "an amount" } else { "a score" };
        table.report(
            "metric",
            format!("this kind needs {wanted}, and `{name}` is none"),
        );
        return None;
    }
    Some(spec)
}
