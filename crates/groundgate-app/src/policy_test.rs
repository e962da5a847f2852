//! A policy is asked about small runs whose verdicts somebody has written down.
//!
//! A run is a record (`candidate = "runs/leak.sqlite"`) or is made up from counts
//! (`candidate = { groundedness = "196 x 1, 4 x 0" }`): question by question in that order, so that
//! two sides pair up by place.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{Decision, Facts, KnownMetrics, RunScores, Verdict, decide_release};
use groundgate_model::{
    toml_reader::{Document, Table},
    trial::{
        CaseInfo, Cell, Column, ControlCounts, InstrumentKind, MetricSpec, ScoreTable, Unscored,
        builtin_metric,
    },
    unit::Digest,
};
use groundgate_record::Reader;
use jiff::Timestamp;

use crate::{
    app::App,
    assemble::Loaded,
    error::{AppError, ErrorClass},
    facts::documents,
    files,
    policy_source::PolicySource,
    project::Project,
};

const SCHEMA: &str = "groundgate.policy-test/1";
/// More made-up questions than any policy needs.
const CASES_LIMIT: usize = 100_000;

const VERDICTS: [(&str, Verdict); 6] = [
    ("pass", Verdict::Pass),
    ("waived", Verdict::Waived),
    ("hold", Verdict::Hold),
    ("inconclusive", Verdict::Inconclusive),
    ("fail", Verdict::Fail),
    ("error", Verdict::Error),
];

/// One test as its file has it.
struct Test {
    name: String,
    env: Option<String>,
    candidate: ScoreTable,
    baseline: Option<ScoreTable>,
    at: Timestamp,
    verdict: Option<Verdict>,
    rules: Vec<(String, Verdict)>,
}

/// Tests to be run.
#[derive(Debug, Clone, Copy)]
pub struct PolicyTestRequest<'a> {
    /// Where the policy is.
    pub project: &'a Project,
    /// A file of tests, or a folder of such files.
    pub path: &'a Path,
    /// Another policy than the project's: `FILE` or `git:REVISION:FILE`.
    pub policy: Option<&'a str>,
}

/// What a test has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTestResult {
    /// The test's name.
    pub name: String,
    /// What is otherwise than it says; a test without any has passed.
    pub surprises: Vec<String>,
}

/// What the tests of one file have in common.
struct Around<'a> {
    source: &'a PolicySource,
    known: &'a KnownMetrics,
    /// What records and evidence are relative to.
    folder: &'a Path,
}

impl App {
    /// Asks a policy about the runs of tests; an error where there is none.
    pub fn test_policy(
        &self,
        request: &PolicyTestRequest<'_>,
    ) -> Result<Vec<PolicyTestResult>, AppError> {
        let source = request.project.policy_source(request.policy)?;
        let known = request.project.known_metrics();
        let mut results = Vec::new();
        for path in test_files(request.path)? {
            let around = Around {
                source: &source,
                known: &known,
                folder: path.parent().unwrap_or(Path::new("")),
            };
            let name = path.display().to_string();
            for test in read(&name, &files::read_text(&path)?, &around)? {
                results.push(around.tested(&test)?);
            }
        }
        if results.is_empty() {
            let error = format!("there is no test in `{}`", request.path.display());
            return Err(AppError::new(ErrorClass::NothingToDo, error));
        }
        Ok(results)
    }
}

impl Around<'_> {
    fn tested(&self, test: &Test) -> Result<PolicyTestResult, AppError> {
        let mut metrics = self.known.clone();
        let columns = test.candidate.columns.iter();
        metrics.extend(columns.map(|(name, column)| (name.clone(), column.metric.clone())));
        let policy = self.source.policy(test.env.as_deref(), &metrics)?;
        let facts = Facts {
            environment: test.env.clone().unwrap_or_default(),
            run_made: Some(test.at),
            baseline_made: test.baseline.as_ref().map(|_| test.at),
            documents: documents(&policy, self.folder, &mut Vec::new()),
            ..Facts::none(test.at)
        };
        let evidence = RunScores {
            candidate: &test.candidate,
            baseline: test.baseline.as_ref(),
        };
        let decision = decide_release(&policy, evidence, &facts).decision;
        Ok(PolicyTestResult {
            name: test.name.clone(),
            surprises: surprises(test, &decision),
        })
    }
}

/// What is otherwise than the test says.
fn surprises(test: &Test, decision: &Decision) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(expected) = test.verdict
        && expected != decision.verdict
    {
        found.push(format!(
            "the verdict is {} and not {expected}",
            decision.verdict
        ));
    }
    for (id, expected) in &test.rules {
        match decision.findings.iter().find(|finding| finding.id == *id) {
            None => found.push(format!("there is no rule {id}")),
            Some(finding) if finding.verdict != *expected => found.push(format!(
                "{id} is {} and not {expected}: {}",
                finding.verdict, finding.sentence
            )),
            Some(_) => {}
        }
    }
    found
}

fn test_files(path: &Path) -> Result<Vec<PathBuf>, AppError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |cause: std::io::Error| {
        AppError::invalid(format!("failed to read folder `{}`", path.display())).because(cause)
    };
    let entries = fs::read_dir(path).map_err(failed)?;
    let found: Result<Vec<PathBuf>, std::io::Error> =
        entries.map(|entry| Ok(entry?.path())).collect();
    let mut found = found.map_err(failed)?;
    found.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    found.sort();
    Ok(found)
}

fn read(file: &str, text: &str, around: &Around<'_>) -> Result<Vec<Test>, AppError> {
    let document = Document::parse(file, text)?;
    let root = document.root();
    root.only(&["schema", "test"]);
    root.check_schema(SCHEMA);
    let tables = root.tables("test");
    let tests: Option<Vec<Test>> = tables.iter().map(|table| test(*table, around)).collect();
    Ok(document.finish(tests)?)
}

fn test(table: Table<'_, '_>, around: &Around<'_>) -> Option<Test> {
    table.only(&[
        "name",
        "env",
        "candidate",
        "baseline",
        "at",
        "verdict",
        "rules",
    ]);
    table.needs(&["name", "candidate"]);
    let verdict = if table.has("verdict") {
        Some(table.choice("verdict", &VERDICTS)?)
    } else {
        None
    };
    let rules = if table.has("rules") {
        let rules = table.table("rules")?;
        let verdicts = rules.keys().into_iter();
        let verdicts = verdicts.map(|(id, _)| Some((id.to_owned(), rules.choice(id, &VERDICTS)?)));
        verdicts.collect::<Option<Vec<_>>>()?
    } else {
        Vec::new()
    };
    if verdict.is_none() && rules.is_empty() {
        let message = "the test expects nothing; add `verdict` or `rules`";
        table.document().report(table.at(), message);
    }
    let at = if table.has("at") {
        moment(table)?
    } else {
        Timestamp::UNIX_EPOCH
    };
    let side = |key: &str| side(table, key, around);
    let baseline = if table.has("baseline") {
        Some(side("baseline")?)
    } else {
        None
    };
    Some(Test {
        name: table.text("name")?.to_owned(),
        env: if table.has("env") {
            Some(table.text("env")?.to_owned())
        } else {
            None
        },
        candidate: side("candidate")?,
        baseline,
        at,
        verdict,
        rules,
    })
}

fn moment(table: Table<'_, '_>) -> Option<Timestamp> {
    let at = table.text("at")?.parse().ok();
    if at.is_none() {
        table.report("at", "`at` is no time; write \"2026-11-25T12:00:00Z\"");
    }
    at
}

fn side(table: Table<'_, '_>, key: &str, around: &Around<'_>) -> Option<ScoreTable> {
    let known = around.known;
    if table.has_text(key) {
        let path = around.folder.join(table.text(key)?);
        let read = Reader::open(&path)
            .map_err(AppError::from)
            .and_then(Loaded::new);
        return match read {
            Ok(loaded) => Some(loaded.table),
            Err(error) => {
                table.report(key, format!("record `{}`: {}", path.display(), error.error));
                None
            }
        };
    }
    let written = table.table(key)?;
    let mut columns = BTreeMap::new();
    for (name, at) in written.keys() {
        let spec = known.get(name).cloned().or_else(|| builtin_metric(name));
        let Some(spec) = spec else {
            let names = known.keys().map(String::as_str);
            written.document().report_unknown(at, "metric", name, names);
            return None;
        };
        let cells = cells(written, name, &spec)?;
        columns.insert(
            name.to_owned(),
            MadeUp {
                metric: spec,
                cells,
            },
        );
    }
    made_up(key, columns).or_else(|| {
        table.report(
            key,
            "all metrics of one side have the same number of questions, at least one",
        );
        None
    })
}

/// `196 x 1, 3 x 0, 1 x unscored` as cells.
fn cells(table: Table<'_, '_>, name: &str, spec: &MetricSpec) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    for part in table.text(name)?.split(',') {
        let read = part.split_once(" x ").and_then(|(count, value)| {
            let count: usize = count.trim().parse().ok()?;
            let cell = match value.trim() {
                "unscored" => Cell::Unscored(Unscored::NotRun),
                "not-applicable" => Cell::NotApplicable,
                number => Cell::Scored(
                    number
                        .parse()
                        .ok()
                        .filter(|value| spec.data_type.holds(*value))?,
                ),
            };
            (cells.len().saturating_add(count) <= CASES_LIMIT).then_some((count, cell))
        });
        let Some((count, cell)) = read else {
            table.report_with_help(
                name,
                format!("`{}` is no number of scores of `{name}`", part.trim()),
                "write `196 x 1, 3 x 0, 1 x unscored`",
            );
            return None;
        };
        cells.extend(std::iter::repeat_n(cell, count));
    }
    Some(cells)
}

/// A metric with scores that somebody has made up.
struct MadeUp {
    metric: MetricSpec,
    cells: Vec<Cell>,
}

fn made_up(side: &str, columns: BTreeMap<String, MadeUp>) -> Option<ScoreTable> {
    let n = columns
        .values()
        .next()
        .map(|made_up| made_up.cells.len())
        .filter(|n| *n > 0)?;
    let columns = columns.into_iter().map(|(name, MadeUp { metric, cells })| {
        let column = Column {
            metric,
            instrument: Digest::of(b"made up"),
            instrument_name: "made up".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cells,
            up_to: BTreeMap::new(),
            cascade: None,
            controls: ControlCounts::default(),
        };
        (name, column)
    });
    let cases = (0..n).map(|index| {
        let id = format!("case-{index}");
        CaseInfo {
            digest: Digest::of(id.as_bytes()),
            cluster: id.clone(),
            id,
            tags: BTreeMap::new().into(),
            critical: true,
            answerable: None,
        }
    });
    let table = ScoreTable {
        run_id: side.to_owned(),
        variant: side.to_owned(),
        eval_set_digest: Digest::of(b"made up"),
        cases: cases.collect(),
        attempts: 1,
        columns: columns.collect(),
        looks: None,
        repeats_itself: false,
        n_alike: 0,
        earlier_tries: Vec::new(),
    };
    table.check().ok()?;
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FLOOR, Folder, at};

    #[test]
    fn a_test_that_expects_otherwise_says_so_and_no_test_is_an_error() {
        let folder = Folder::new(FLOOR);
        let project = folder.project();
        folder.write(
            "tests/floor.toml",
            r#"schema = "groundgate.policy-test/1"
[[test]]
name      = "right"
candidate = { groundedness = "196 x 1, 4 x 0" }
verdict   = "pass"
[[test]]
name      = "wrong"
candidate = { groundedness = "100 x 1, 100 x 0" }
verdict   = "pass"
rules     = { "groundedness.floor" = "fail", "nobody" = "pass" }
"#,
        );
        let tests = folder.path("tests");
        let app = App::new(at(23));
        let request = PolicyTestRequest {
            project: &project,
            path: &tests,
            policy: None,
        };
        let results = app.test_policy(&request).unwrap();
        let [right, wrong] = &results[..] else {
            panic!("{results:?}");
        };
        assert_eq!((&*right.name, right.surprises.len()), ("right", 0));
        let expected = [
            "the verdict is FAIL and not PASS",
            "there is no rule nobody",
        ];
        assert_eq!(wrong.surprises, expected);
        fs::remove_file(folder.path("tests/floor.toml")).unwrap();
        let error = app.test_policy(&request).unwrap_err();
        assert_eq!(error.class, ErrorClass::NothingToDo);
    }
}
