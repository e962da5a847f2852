//! `judge attack`: bad answers with attacks appended, and how many of them turn better.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use groundgate_app::config::{Config, JudgeConfig};
use groundgate_gate::quality::{Share, good_from, join, labels::Labels};
use groundgate_judge::{
    attacks::{self, Attack},
    known_cases::Expectation,
};
use groundgate_model::trial::{Cell, MetricSpec};
use groundgate_report::visible_line;
use serde_json::{Value, json};

use super::{
    super::super::{
        args::{AttackArgs, Global},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    health::{self, AttackCounts, Measured},
    labelled::read_labels,
    show,
};
use groundgate_app::{
    AppError, ErrorClass,
    assemble::Loaded,
    files, judge_spec, project,
    rejudge::{self, AnsweredCase, Answers, Judging, left, sample},
    runs,
};

/// Runs the command.
pub(super) fn run(
    global: &Global,
    args: &AttackArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let config = project::config(global.config.as_deref())?;
    let attacks = match &args.attacks {
        Some(path) => attacks::read(&path.display().to_string(), &files::read_text(path)?)?,
        None => attacks::read("judges/attacks.jsonl", attacks::BUNDLED)?,
    };
    let mut cap = rejudge::cap(&config, &args.judges.asked())?;
    let mut all = Vec::new();
    let mut measured = Vec::new();
    for (number, judge) in rejudge::chosen(&config, &args.judges.asked())?
        .into_iter()
        .enumerate()
    {
        let bad = match (&args.run, &args.labels) {
            (Some(run), Some(labels)) => bad_by_labels(&config, run, &read_labels(labels)?)?,
            _ => bad_by_known_cases(&judge)?,
        };
        let bad = sample(bad, args.sample, config.seed);
        if bad.is_empty() {
            let message = format!("there is no bad answer for `{}` to be attacked", judge.name);
            return Err(AppError::new(ErrorClass::NothingToDo, message)
                .with_help("name a run and --labels of its answers"));
        }
        let name = judge.name.clone();
        let judging = Judging {
            number,
            ..Judging::apart(&config, vec![judge], cap)
        };
        let answers = Answers::of_cases("attacks", attacked(&bad, &attacks));
        let judged = judging.judge(&answers, &terminal.app())?;
        let reader = rejudge::whole(&judged)?;
        // What one judge has spent is not there for the next.
        cap = left(cap, &reader)?;
        let table = reader.score_table()?;
        let scores = table.columns.values();
        for column in scores.filter(|one| one.metric.panel().is_none()) {
            let found = Attacked::of(&name, &column.metric, &column.cells, &attacks);
            measured.push(found.measured(column.instrument.to_string(), terminal));
            all.push((found, judged.path.display().to_string()));
        }
    }
    let (path, metric) = (args.health.as_deref(), args.metric.as_deref());
    health::write(path, metric, measured, terminal)?;
    if wants_json(global) {
        let rows = all.iter().map(|(found, record)| found.json(record));
        let document =
            json!({"schema": "groundgate.attack/1", "metrics": rows.collect::<Vec<_>>()});
        terminal.line(&document.to_string());
    } else {
        for (found, record) in &all {
            terminal.print(&found.text(record, terminal.style().unicode));
        }
    }
    let found: Vec<&Attacked> = all.iter().map(|(found, _)| found).collect();
    Ok(end(&found))
}

/// An attack that nobody scored has not failed, and where no bad answer had room to rise nothing was tried.
fn end(found: &[&Attacked]) -> ExitCode {
    if found.iter().any(|one| one.turned() > 0) {
        ExitCode::Fail
    } else if found.iter().any(|one| one.n_unscored > 0) || found.iter().all(|one| one.n() == 0) {
        ExitCode::Inconclusive
    } else {
        ExitCode::Done
    }
}

/// Answers of a run that people call bad on any metric.
fn bad_by_labels(
    config: &Config,
    run: &str,
    labels: &Labels,
) -> Result<Vec<AnsweredCase>, AppError> {
    let loaded = Loaded::new(runs::open(&config.runs_dir, run)?)?;
    let source = Answers::of_run(&loaded.reader)?;
    let mut bad = BTreeSet::new();
    for (name, column) in &loaded.table.columns {
        let (Ok(joined), Some(from)) =
            (join(&loaded.table, name, labels), good_from(&column.metric))
        else {
            continue;
        };
        bad.extend(
            joined
                .pairs
                .iter()
                .filter(|pair| pair.human < from)
                .map(|pair| pair.trial),
        );
    }
    let mut chosen = source;
    chosen.given.retain(|trial, _| bad.contains(trial));
    Ok(chosen.answered())
}

/// The known cases that a judge must give the worst value.
fn bad_by_known_cases(judge: &JudgeConfig) -> Result<Vec<AnsweredCase>, AppError> {
    let Some((spec, cases)) = judge_spec::spec_with_cases(judge)? else {
        return Err(
            AppError::usage("the embedded judge has no known cases of its own")
                .with_help("name a run and --labels of its answers"),
        );
    };
    let is_bad = |name: &str, expected: &Expectation| {
        let judged = spec
            .metrics
            .iter()
            .find(|judged| judged.metric.name == name);
        let worst = judged.and_then(|judged| judged.metric.worst());
        worst.is_some_and(|worst| *expected == Expectation::Value(worst))
    };
    let bad = cases.into_iter().filter(|case| {
        !case.answer.text.trim().is_empty()
            && case
                .expect
                .iter()
                .any(|(metric, expected)| is_bad(metric, expected))
    });
    let answered = bad.map(|known| AnsweredCase {
        case: known.case,
        answer: known.answer,
    });
    Ok(answered.collect())
}

/// Each bad answer as it is, followed by itself with each attack.
fn attacked(bad: &[AnsweredCase], attacks: &[Attack]) -> Vec<AnsweredCase> {
    let mut all = Vec::new();
    for one in bad {
        all.push(one.clone());
        for (number, attack) in attacks.iter().enumerate() {
            let AnsweredCase {
                mut case,
                mut answer,
            } = one.clone();
            case.id = format!("{} attack {number}", case.id);
            answer.text = format!("{}\n\n{}", answer.text, attack.text);
            all.push(AnsweredCase { case, answer });
        }
    }
    all
}

/// What became of the attacked answers on one metric.
struct Attacked {
    judge: String,
    metric: String,
    /// By family: how many turned better, of how many.
    families: BTreeMap<String, (usize, usize)>,
    /// Bad answers that were attacked: the attacks on one answer are no independent trials.
    n_answers: usize,
    /// Those of them that some attack turned better.
    n_answers_turned: usize,
    /// Those of them that no attack turned and of which some attacked form has no score.
    n_answers_open: usize,
    /// Attacked answers without a score: these help no release.
    n_unscored: usize,
    /// Bad answers that had the best score before any attack, or none.
    n_without_room: usize,
}

impl Attacked {
    fn of(judge: &str, metric: &MetricSpec, cells: &[Cell], attacks: &[Attack]) -> Self {
        let mut found = Self {
            judge: judge.to_owned(),
            metric: metric.name.clone(),
            families: BTreeMap::new(),
            n_answers: 0,
            n_answers_turned: 0,
            n_answers_open: 0,
            n_unscored: 0,
            n_without_room: 0,
        };
        for group in cells.chunks(attacks.len() + 1) {
            let Some((Cell::Scored(before), after)) = group.split_first() else {
                found.n_without_room += 1;
                continue;
            };
            if metric.best().is_some_and(|best| *before >= best) {
                found.n_without_room += 1;
                continue;
            }
            found.n_answers += 1;
            let has_turned = |cell: &Cell| match cell {
                Cell::Scored(value) => value > before,
                Cell::NotApplicable => true,
                Cell::Unscored(_) => false,
            };
            let is_open = |cell: &Cell| matches!(cell, Cell::Unscored(_));
            if after.iter().any(has_turned) {
                found.n_answers_turned += 1;
            } else if after.iter().any(is_open) {
                found.n_answers_open += 1;
            }
            for (attack, cell) in attacks.iter().zip(after) {
                let (turned, of) = found.families.entry(attack.family.clone()).or_default();
                *of += 1;
                match cell {
                    Cell::Scored(value) => *turned += usize::from(value > before),
                    // Nothing to judge any more: out of the claim, which is better than bad.
                    Cell::NotApplicable => *turned += 1,
                    Cell::Unscored(_) => found.n_unscored += 1,
                }
            }
        }
        found
    }

    fn turned(&self) -> usize {
        self.families.values().map(|(turned, _)| turned).sum()
    }

    /// All attacked answers.
    fn n(&self) -> usize {
        self.families.values().map(|(_, of)| of).sum()
    }

    /// Of answers: an attack that works on one says nothing of another.
    fn share(&self) -> Option<Share> {
        Share::of(self.n_answers_turned, self.n_answers)
    }

    fn measured(&self, judge: String, terminal: &Terminal) -> Measured {
        let attacks = AttackCounts {
            n: self.n_answers,
            turned: self.n_answers_turned + self.n_answers_open,
        };
        Measured::attacks(&self.metric, judge, attacks, terminal)
    }

    fn text(&self, record: &str, unicode: bool) -> String {
        let mut text = format!(
            "{}: {}\n",
            visible_line(&self.judge),
            visible_line(&self.metric)
        );
        let share = match self.share() {
            None => "nothing to attack: no bad answer has a score that could rise".to_owned(),
            some => format!(
                "{}{} answers turned better, by {} of {} attacks",
                show::share_picture(some, unicode),
                show::share(some),
                self.turned(),
                self.n()
            ),
        };
        let _written = writeln!(text, "  {share}");
        for (family, (turned, of)) in self.families.iter().filter(|(_, (turned, _))| *turned > 0) {
            let _written = writeln!(text, "    {}: {turned} of {of}", visible_line(family));
        }
        for (count, what) in [
            (
                self.n_unscored,
                "attacked answers were left without a score",
            ),
            (
                self.n_without_room,
                "bad answers had the best score, or none, before any attack",
            ),
        ] {
            if count > 0 {
                let _written = writeln!(text, "  note: {count} {what}");
            }
        }
        if self.turned() > 0 {
            let _written = writeln!(text, "  record: {record}");
        }
        text
    }

    fn json(&self, record: &str) -> Value {
        let families = self
            .families
            .iter()
            .map(|(family, (turned, of))| json!({"family": family, "turned": turned, "of": of}));
        json!({
            "judge": self.judge,
            "metric": self.metric,
            "turned": self.share(),
            "n_attacks": self.n(),
            "n_attacks_turned": self.turned(),
            "families": families.collect::<Vec<_>>(),
            "n_unscored": self.n_unscored,
            "n_without_room": self.n_without_room,
            "record": record,
        })
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::{DataType, Unscored};

    use super::*;

    #[test]
    fn an_attack_has_worked_if_the_score_rises_or_the_answer_drops_out() {
        let attacks: Vec<Attack> = (0..4)
            .map(|number| Attack {
                family: if number < 2 { "order" } else { "score" }.to_owned(),
                text: String::new(),
            })
            .collect();
        let metric = MetricSpec::score("m", DataType::Binary);
        let cells = [
            Cell::Scored(0.0),
            Cell::Scored(0.0),
            Cell::Scored(1.0),
            Cell::NotApplicable,
            Cell::Unscored(Unscored::NotRun),
            Cell::Scored(1.0),
            Cell::Scored(1.0),
            Cell::Scored(1.0),
            Cell::Scored(1.0),
            Cell::Scored(1.0),
        ];
        let found = Attacked::of("j", &metric, &cells, &attacks);
        assert_eq!(found.families["order"], (1, 2));
        assert_eq!(found.families["score"], (1, 2));
        assert_eq!((found.n_unscored, found.n_without_room), (1, 1));
    }

    #[test]
    fn what_nobody_scored_is_no_success() {
        let attacks = [Attack {
            family: "order".to_owned(),
            text: String::new(),
        }];
        let metric = MetricSpec::score("m", DataType::Binary);
        let of = |before: f64, after: Cell| {
            Attacked::of("j", &metric, &[Cell::Scored(before), after], &attacks)
        };
        let held = of(0.0, Cell::Scored(0.0));
        let rose = of(0.0, Cell::Scored(1.0));
        let unscored = of(0.0, Cell::Unscored(Unscored::NotRun));
        let no_room = of(1.0, Cell::Scored(1.0));
        for (found, expected) in [
            (vec![&held], ExitCode::Done),
            (vec![&held, &no_room], ExitCode::Done),
            (vec![&held, &unscored], ExitCode::Inconclusive),
            (vec![&unscored, &rose], ExitCode::Fail),
            (vec![&no_room], ExitCode::Inconclusive),
            (vec![], ExitCode::Inconclusive),
        ] {
            assert_eq!(end(&found), expected);
        }
    }
}
