//! What a run will do, fixed before its first call.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    chat::ChatModel,
    eval_set::Case,
    judge::{JudgeSpec, OfflineJudge},
    trial::MetricSpec,
    unit::Digest,
};

/// Everything that is planned; its order is the record's order, whatever finishes first.
#[expect(missing_debug_implementations, reason = "judges' models are ports")]
#[derive(Clone)]
pub struct Plan {
    /// The cases.
    pub cases: Vec<Case>,
    /// How often each is asked.
    pub attempts: u32,
    /// Who judges.
    pub seats: Vec<Seat>,
    /// The plain checks, by metric name.
    pub checks: Vec<String>,
    /// For the judges' shuffles and fences.
    pub seed: u64,
    /// Calls in flight at once.
    pub concurrency: usize,
    /// The places of the cases to ask now; `None`: all.
    pub part: Option<BTreeSet<usize>>,
}

/// One judge at the table.
#[expect(missing_debug_implementations, reason = "judges' models are ports")]
#[derive(Clone)]
pub struct Seat {
    /// Its name in the configuration; unique in the plan.
    pub name: String,
    /// Who sits there.
    pub kind: SeatKind,
}

/// Who sits at a seat.
#[expect(missing_debug_implementations, reason = "judges' models are ports")]
#[derive(Clone)]
pub enum SeatKind {
    /// The offline judge.
    Embedded(Arc<OfflineJudge>),
    /// A spec and the model that reads it.
    Model {
        /// What is asked and how replies are read.
        spec: Arc<JudgeSpec>,
        /// Who replies.
        model: Arc<dyn ChatModel>,
    },
}

/// One trial of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedTrial {
    /// case index × attempts + attempt.
    pub index: usize,
    /// Which case.
    pub case_index: usize,
    /// Which repeat, from 0.
    pub attempt: u32,
}

impl Plan {
    /// The trials to be asked now, case by case.
    pub fn trials(&self) -> impl Iterator<Item = PlannedTrial> {
        let attempts = self.attempts;
        (0..self.cases.len())
            .flat_map(move |case_index| (0..attempts).map(move |attempt| (case_index, attempt)))
            .enumerate()
            .filter(|(_, (case_index, _))| {
                let part = self.part.as_ref();
                part.is_none_or(|part| part.contains(case_index))
            })
            .map(|(index, (case_index, attempt))| PlannedTrial {
                index,
                case_index,
                attempt,
            })
    }
}

impl Seat {
    /// What this seat measures.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        match &self.kind {
            SeatKind::Embedded(_) => OfflineJudge::metrics(),
            SeatKind::Model { spec, .. } => spec.metrics(),
        }
    }

    /// Over everything that decides how it measures.
    pub fn instrument(&self) -> Digest {
        match &self.kind {
            SeatKind::Embedded(judge) => judge.digest(),
            SeatKind::Model { spec, model } => Digest::of_parts([
                spec.digest.to_string().as_bytes(),
                model.describe().as_bytes(),
            ]),
        }
    }

    /// Who measures, for people.
    pub fn instrument_name(&self) -> String {
        match &self.kind {
            SeatKind::Embedded(_) => OfflineJudge::title().to_owned(),
            SeatKind::Model { spec, model } => {
                format!("{} ({})", spec.title(), model.describe())
            }
        }
    }
}
