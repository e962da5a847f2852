//! Trials in any order as the score table of a gate.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use groundgate_model::{
    eval_set::EvalSet,
    trial::{
        CaseInfo, Cell, Column, ControlCounts, InstrumentKind, MetricSpec, ScoreTable, Unscored,
        builtin_metric,
    },
    unit::{Digest, to_count},
};

use crate::{
    AppError,
    import::{as_known, metric},
};

/// A metric with who measured it.
#[derive(Debug, Clone)]
pub struct MeasuredMetric {
    /// What was measured.
    pub metric: MetricSpec,
    /// By whom, as somebody says; what different ones measured is not compared.
    pub instrument: String,
}

impl MeasuredMetric {
    /// A metric of this name: of the type that is declared (`binary`, `fraction`, `ordinal:LOW:HIGH`, `amount:UNIT`),
    /// else as it is known.
    pub fn new(name: &str, declared: Option<&str>, instrument: &str) -> Result<Self, AppError> {
        let known = || builtin_metric(name).or_else(|| groundgate_judge::known_metric(name));
        let metric = match declared {
            Some(kind) => metric(&format!("{name}={kind}"))?,
            None => known().ok_or_else(|| {
                AppError::invalid(format!("nobody said what values the metric `{name}` takes"))
                    .with_help("declare it: binary, fraction, ordinal:1:5 or amount:UNIT")
            })?,
        };
        Ok(Self {
            metric: as_known(metric),
            instrument: instrument.to_owned(),
        })
    }
}

/// One trial.
#[derive(Debug, Clone)]
pub struct TableTrial {
    /// The question.
    pub case: CaseInfo,
    /// What is asked, whatever the id.
    pub asked: Digest,
    /// Over the answer's words; `None` where there is no answer.
    pub said: Option<Digest>,
    /// From 0 or from 1.
    pub attempt: u32,
    /// One for each metric.
    pub cells: Vec<Cell>,
}

/// All trials of one version.
#[derive(Debug)]
pub struct Trials {
    /// The version's name.
    pub name: String,
    /// What was measured.
    pub metrics: Vec<MeasuredMetric>,
    /// In any order.
    pub trials: Vec<TableTrial>,
}

impl Trials {
    /// The table that a record of these rows would have, had they come in the order of their ids.
    pub fn score_table(mut self) -> Result<ScoreTable, AppError> {
        fn key(trial: &TableTrial) -> (&str, u32) {
            (trial.case.id.as_str(), trial.attempt)
        }
        self.trials.sort_by(|one, other| key(one).cmp(&key(other)));
        let pairs = self.trials.iter().zip(self.trials.iter().skip(1));
        if let Some((one, _)) = pairs
            .into_iter()
            .find(|(one, other)| key(one) == key(other))
        {
            return Err(AppError::invalid(format!(
                "case `{}`, attempt {} stands there twice",
                one.case.id, one.attempt
            ))
            .with_help(
                "name the column that tells attempts apart, or the one that tells cases apart",
            ));
        }
        let (first, attempts) = attempts(&self.trials)?;
        let mut cases = Cases::default();
        let mut places = Vec::with_capacity(self.trials.len());
        for trial in &self.trials {
            let case = cases.place(trial)?;
            places.push(case * to_count(attempts) + to_count(trial.attempt - first));
        }
        let planned = cases.infos.len() * to_count(attempts);
        let mut columns: Vec<Column> = (self.metrics.iter())
            .map(|measured| column(measured, planned))
            .collect();
        let repeats_itself = repeats_itself(&self.trials);
        for (trial, place) in self.trials.into_iter().zip(places) {
            for (column, cell) in columns.iter_mut().zip(trial.cells) {
                if let Some(of_trial) = column.cells.get_mut(place) {
                    *of_trial = cell;
                }
            }
        }
        let digests = cases.infos.iter().map(|case| case.digest);
        Ok(ScoreTable {
            run_id: self.name.clone(),
            variant: self.name,
            eval_set_digest: EvalSet::digest_of(digests),
            n_alike: cases.n_alike(),
            cases: cases.infos,
            attempts,
            repeats_itself: attempts > 1 && repeats_itself,
            columns: (columns.into_iter())
                .map(|column| (column.metric.name.clone(), column))
                .collect(),
            looks: None,
            earlier_tries: Vec::new(),
        })
    }
}

fn column(measured: &MeasuredMetric, planned: usize) -> Column {
    let instrument = measured.instrument.as_bytes();
    Column {
        metric: measured.metric.clone(),
        instrument: Digest::of_parts([b"imported".as_slice(), instrument]),
        instrument_name: measured.instrument.clone(),
        instrument_kind: InstrumentKind::Imported,
        cells: vec![Cell::Unscored(Unscored::NotRun); planned],
        up_to: BTreeMap::new(),
        cascade: None,
        controls: ControlCounts::default(),
    }
}

/// From where attempts are counted, and how many there are: from 0 or 1, without a gap.
fn attempts(trials: &[TableTrial]) -> Result<(u32, u32), AppError> {
    let used: BTreeSet<u32> = trials.iter().map(|trial| trial.attempt).collect();
    let (Some(first), Some(last)) = (used.first(), used.last()) else {
        return Ok((0, 1));
    };
    let n = last - first + 1;
    if *first > 1 || to_count(n) != used.len() {
        return Err(AppError::invalid(format!(
            "attempts are counted from 0 or from 1 without a gap, and here they go from {first} to {last} with {} of these numbers",
            used.len()
        )));
    }
    Ok((*first, n))
}

/// Cases in the order of their ids.
#[derive(Debug, Default)]
struct Cases {
    infos: Vec<CaseInfo>,
    tags: BTreeSet<Arc<BTreeMap<String, String>>>,
    /// By question: the clusters that ask it.
    questions: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl Cases {
    /// The place of a trial's case; trials of one case come one after the other.
    fn place(&mut self, trial: &TableTrial) -> Result<usize, AppError> {
        let case = &trial.case;
        if let Some(last) = self.infos.last()
            && last.id == case.id
        {
            return if last.digest == case.digest {
                Ok(self.infos.len() - 1)
            } else {
                let id = &case.id;
                Err(AppError::invalid(format!(
                    "case `{id}` differs between its rows"
                )))
            };
        }
        let cluster = Digest::of(case.cluster.as_bytes());
        self.questions
            .entry(trial.asked)
            .or_default()
            .insert(cluster);
        let mut case = case.clone();
        match self.tags.get(&case.tags) {
            Some(shared) => case.tags = Arc::clone(shared),
            None => {
                self.tags.insert(Arc::clone(&case.tags));
            }
        }
        self.infos.push(case);
        Ok(self.infos.len() - 1)
    }

    fn n_alike(&self) -> usize {
        let clusters = self.questions.values().map(BTreeSet::len);
        clusters.filter(|n| *n > 1).sum()
    }
}

/// Whether more than half of the questions that were answered several times got the same words each time.
fn repeats_itself(trials: &[TableTrial]) -> bool {
    let of_cases = trials.chunk_by(|one, other| one.case.id == other.case.id);
    let (mut several, mut same) = (0_usize, 0_usize);
    for case in of_cases {
        let mut said = case.iter().filter_map(|trial| trial.said);
        let Some(first) = said.next() else { continue };
        let others: Vec<Digest> = said.collect();
        if !others.is_empty() {
            several += 1;
            same += usize::from(others.iter().all(|other| *other == first));
        }
    }
    2 * same > several
}
