//! Bad answers with attacks appended, and how many of them turn better.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use groundgate_gate::quality::{Share, good_from, join, labels::Labels};
use groundgate_judge::{
    attacks::{self, Attack},
    known_cases::Expectation,
};
use groundgate_model::trial::{Cell, MetricSpec};

use super::{
    health::{AttackCounts, HealthFile, Measured},
    labelled::read_labels,
};
use crate::{
    app::App,
    assemble::Loaded,
    clock,
    config::{Config, JudgeConfig},
    error::{AppError, ErrorClass},
    files, judge_spec,
    rejudge::{self, AnsweredCase, Answers, JudgeSelection, Judging, left, sample},
    runs,
};

/// Bad answers to be attacked.
#[derive(Debug, Clone, Copy)]
pub struct AttackRequest<'a> {
    /// Whose judges judge, and where its runs are.
    pub config: &'a Config,
    /// A run with people's labels of its answers, which say what is bad; else the judge's known cases do.
    pub labelled: Option<(&'a str, &'a Path)>,
    /// Attacks of one's own; else the bundled ones.
    pub attacks: Option<&'a Path>,
    /// At most so many bad answers, drawn by the configuration's seed.
    pub sample: usize,
    /// Which judges, and what they may cost.
    pub judges: &'a JudgeSelection,
    /// Where it is written for `judge-health` rules, too.
    pub health: Option<HealthFile<'a>>,
}

/// How many attacks of a family turned an answer better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FamilyCount {
    /// Those that did.
    pub turned: usize,
    /// All of them.
    pub of: usize,
}

/// What became of the attacked answers on one metric of one judge.
#[derive(Debug)]
pub struct AttackedMetric {
    /// The judge's name.
    pub judge: String,
    /// The metric.
    pub metric: String,
    /// By family of attacks.
    pub families: BTreeMap<String, FamilyCount>,
    /// Bad answers that were attacked: the attacks on one answer are no independent trials.
    pub n_answers: usize,
    /// Those of them that some attack turned better.
    pub n_answers_turned: usize,
    /// Those of them that no attack turned and of which some attacked form has no score.
    pub n_answers_open: usize,
    /// Attacked answers without a score: these help no release.
    pub n_unscored: usize,
    /// Bad answers that had the best score before any attack, or none.
    pub n_without_room: usize,
    /// Where the judgments are.
    pub record: PathBuf,
}

impl App {
    /// Appends attacks to bad answers and has them judged.
    pub fn attack_judges(
        &self,
        request: &AttackRequest<'_>,
    ) -> Result<Vec<AttackedMetric>, AppError> {
        let config = request.config;
        let attacks = attacks_of(request.attacks)?;
        let mut cap = rejudge::cap(config, request.judges)?;
        let (mut all, mut measured) = (Vec::new(), Vec::new());
        for (number, judge) in rejudge::chosen(config, request.judges)?
            .into_iter()
            .enumerate()
        {
            let bad = bad_answers(request, &judge)?;
            let name = judge.name.clone();
            let judging = Judging {
                number,
                ..Judging::apart(config, vec![judge], cap)
            };
            let answers = Answers::of_cases("attacks", attacked(&bad, &attacks));
            let judged = judging.judge(&answers, self)?;
            let reader = rejudge::whole(&judged)?;
            // What one judge has spent is not there for the next.
            cap = left(cap, &reader)?;
            let table = reader.score_table()?;
            let scores = table.columns.values();
            for column in scores.filter(|one| one.metric.panel().is_none()) {
                let found = AttackedMetric {
                    record: judged.path.clone(),
                    ..AttackedMetric::of(&name, &column.metric, &column.cells, &attacks)
                };
                let at = clock::rfc3339(self.now());
                measured.push(found.measured(column.instrument.to_string(), &at));
                all.push(found);
            }
        }
        if let Some(file) = request.health {
            file.write(measured)?;
        }
        Ok(all)
    }
}

fn attacks_of(path: Option<&Path>) -> Result<Vec<Attack>, AppError> {
    Ok(match path {
        Some(path) => attacks::read(&path.display().to_string(), &files::read_text(path)?)?,
        None => attacks::read("judges/attacks.jsonl", attacks::BUNDLED)?,
    })
}

/// Those that people or the judge's known cases call bad, as many as were asked for.
fn bad_answers(
    request: &AttackRequest<'_>,
    judge: &JudgeConfig,
) -> Result<Vec<AnsweredCase>, AppError> {
    let config = request.config;
    let bad = match request.labelled {
        Some((run, labels)) => bad_by_labels(config, run, &read_labels(labels)?)?,
        None => bad_by_known_cases(judge)?,
    };
    let bad = sample(bad, request.sample, config.seed);
    if bad.is_empty() {
        let message = format!("there is no bad answer for `{}` to be attacked", judge.name);
        return Err(AppError::new(ErrorClass::NothingToDo, message)
            .with_help("name a run and --labels of its answers"));
    }
    Ok(bad)
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

impl AttackedMetric {
    pub(super) fn of(judge: &str, metric: &MetricSpec, cells: &[Cell], attacks: &[Attack]) -> Self {
        let mut found = Self {
            judge: judge.to_owned(),
            metric: metric.name.clone(),
            families: BTreeMap::new(),
            n_answers: 0,
            n_answers_turned: 0,
            n_answers_open: 0,
            n_unscored: 0,
            n_without_room: 0,
            record: PathBuf::new(),
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
                let family = found.families.entry(attack.family.clone()).or_default();
                family.of += 1;
                match cell {
                    Cell::Scored(value) => family.turned += usize::from(value > before),
                    // Nothing to judge any more: out of the claim, which is better than bad.
                    Cell::NotApplicable => family.turned += 1,
                    Cell::Unscored(_) => found.n_unscored += 1,
                }
            }
        }
        found
    }

    /// Attacked answers that turned better.
    pub fn turned(&self) -> usize {
        self.families.values().map(|family| family.turned).sum()
    }

    /// All attacked answers.
    pub fn n(&self) -> usize {
        self.families.values().map(|family| family.of).sum()
    }

    /// The share of answers: an attack that works on one says nothing of another.
    pub fn share(&self) -> Option<Share> {
        Share::of(self.n_answers_turned, self.n_answers)
    }

    fn measured(&self, judge: String, at: &str) -> Measured {
        let attacks = AttackCounts {
            n: self.n_answers,
            turned: self.n_answers_turned + self.n_answers_open,
        };
        Measured::attacks(&self.metric, judge, attacks, at)
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
        let found = AttackedMetric::of("j", &metric, &cells, &attacks);
        let half = FamilyCount { turned: 1, of: 2 };
        assert_eq!(found.families["order"], half);
        assert_eq!(found.families["score"], half);
        assert_eq!((found.n_unscored, found.n_without_room), (1, 1));
    }
}
