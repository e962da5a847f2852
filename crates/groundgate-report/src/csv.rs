//! Every score of a run, one row per trial, for spreadsheets.
//!
//! Spreadsheets run cells that look like formulas; such texts get a leading apostrophe. Numbers are
//! written as numbers. A score that is not there is an empty cell whose reason stands in the last
//! column. Scripts should read the JSON report or the record instead.

use std::collections::BTreeSet;

use groundgate_model::trial::{CaseInfo, Cell, ScoreTable};

use super::visible::visible_line;

/// Renders the tables below each other, candidate and baseline for example, with one column per metric
/// of any of them.
pub fn render_csv(tables: &[&ScoreTable]) -> String {
    let metrics: BTreeSet<&str> = tables
        .iter()
        .flat_map(|table| table.columns.keys().map(String::as_str))
        .collect();
    let mut rows = vec![
        [
            "run", "variant", "case", "attempt", "critical", "cluster", "tags",
        ]
        .into_iter()
        .chain(metrics.iter().copied())
        .chain(["without score"])
        .map(text_cell)
        .collect::<Vec<_>>()
        .join(","),
    ];
    for table in tables {
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        for (index, case) in table.cases.iter().enumerate() {
            for attempt in 0..attempts {
                let trial = index.saturating_mul(attempts).saturating_add(attempt);
                rows.push(row(table, case, TrialPlace { attempt, trial }, &metrics));
            }
        }
    }
    rows.join("\r\n") + "\r\n"
}

/// Which attempt at its case, and which trial of the plan.
#[derive(Clone, Copy)]
struct TrialPlace {
    attempt: usize,
    trial: usize,
}

fn row(table: &ScoreTable, case: &CaseInfo, place: TrialPlace, metrics: &BTreeSet<&str>) -> String {
    let tags: Vec<String> = case
        .tags
        .iter()
        .map(|(tag, value)| format!("{tag}={value}"))
        .collect();
    let mut cells = vec![
        text_cell(&table.run_id),
        text_cell(&table.variant),
        text_cell(&case.id),
        place.attempt.to_string(),
        text_cell(if case.critical { "yes" } else { "no" }),
        text_cell(&case.cluster),
        text_cell(&tags.join("; ")),
    ];
    let mut reasons = Vec::new();
    for metric in metrics {
        let cell = table
            .columns
            .get(*metric)
            .and_then(|column| column.cells.get(place.trial));
        let reason = match cell {
            Some(Cell::Scored(value)) if value.is_finite() => {
                cells.push(value.to_string());
                continue;
            }
            Some(Cell::Scored(_)) => "not a number".to_owned(),
            Some(Cell::NotApplicable) => "not applicable".to_owned(),
            Some(Cell::Unscored(reason)) => reason.to_string(),
            None => "not in this run".to_owned(),
        };
        cells.push(String::new());
        reasons.push(format!("{metric}: {reason}"));
    }
    cells.push(text_cell(&reasons.join("; ")));
    cells.join(",")
}

/// Text in quotes (RFC 4180), on one line, and never a formula: quotes alone do not help against that.
fn text_cell(text: &str) -> String {
    let shown = visible_line(text);
    let guard = if is_formula(&shown) { "'" } else { "" };
    format!("\"{guard}{}\"", shown.replace('"', "\"\""))
}

/// Whether a spreadsheet may take it for a formula; full-width signs count, and spaces before it.
fn is_formula(text: &str) -> bool {
    text.trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '−', '|', '%'])
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use groundgate_model::{
        exchange::FailureKind,
        trial::{Column, ControlCounts, DataType, InstrumentKind, MetricSpec, Unscored},
        unit::Digest,
    };

    use super::*;

    pub(crate) fn table(id: &str) -> ScoreTable {
        let case = |id: &str| CaseInfo {
            id: id.to_owned(),
            digest: Digest::of(b"case"),
            cluster: "c1".to_owned(),
            tags: BTreeMap::from([("product".to_owned(), "refunds".to_owned())]).into(),
            critical: false,
            answerable: None,
        };
        let column = |name: &str, cells: Vec<Cell>| {
            (
                name.to_owned(),
                Column {
                    metric: MetricSpec::score(name, DataType::Fraction),
                    instrument: Digest::of(b"judge"),
                    instrument_name: "judge".to_owned(),
                    instrument_kind: InstrumentKind::Model,
                    cells,
                    up_to: BTreeMap::new(),
                    cascade: None,
                    controls: ControlCounts::default(),
                },
            )
        };
        ScoreTable {
            looks: None,
            repeats_itself: false,
            n_alike: 0,
            earlier_tries: Vec::new(),
            run_id: "01JQ".to_owned(),
            variant: "v42".to_owned(),
            eval_set_digest: Digest::of(b"set"),
            cases: vec![case(id), case("two, with \"quotes\"")],
            attempts: 2,
            columns: BTreeMap::from([
                column(
                    "faithfulness",
                    vec![
                        Cell::Scored(1.0),
                        Cell::NotApplicable,
                        Cell::Scored(0.25),
                        Cell::Scored(0.5),
                    ],
                ),
                column(
                    "groundedness",
                    vec![
                        Cell::Scored(0.5),
                        Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
                        Cell::Scored(0.0),
                        Cell::Scored(1.0),
                    ],
                ),
            ]),
        }
    }

    fn read(text: &str) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn every_trial_is_a_row_and_every_missing_score_has_its_reason() {
        let text = render_csv(&[&table("one")]);
        insta::assert_snapshot!(text);
        let rows = read(&text);
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[1][7..], ["1", "0.5", ""]);
        assert_eq!(
            rows[2][7..],
            [
                "",
                "",
                "faithfulness: not applicable; groundedness: no-answer: timeout"
            ]
        );
        assert_eq!(rows[3][2], "two, with \"quotes\"");
    }

    #[test]
    fn no_text_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠x", "'＠x"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("plain", "plain"),
        ] {
            let rows = read(&render_csv(&[&table(text)]));
            assert_eq!(rows[1][2], cell);
        }
    }

    #[test]
    fn no_column_of_text_is_a_formula() {
        let formula = "=1+1";
        let mut table = table(formula);
        table.run_id = formula.to_owned();
        table.variant = formula.to_owned();
        let case = table.cases.first_mut().unwrap();
        case.cluster = formula.to_owned();
        case.tags = BTreeMap::from([(formula.to_owned(), "x".to_owned())]).into();
        let mut column = table.columns.remove("faithfulness").unwrap();
        column.cells[0] = Cell::Unscored(Unscored::NotRun);
        table.columns.insert(formula.to_owned(), column);
        let rows = read(&render_csv(&[&table]));
        assert_eq!(rows[0][7], "'=1+1");
        for (place, cell) in [
            (0, "'=1+1"),
            (1, "'=1+1"),
            (2, "'=1+1"),
            (5, "'=1+1"),
            (6, "'=1+1=x"),
            (9, "'=1+1: not run"),
        ] {
            assert_eq!(rows[1][place], cell, "{}", rows[0][place]);
        }
        let guarded = |cell: &String| !is_formula(cell);
        assert!(rows.iter().flatten().all(guarded), "{rows:?}");
    }
}
