//! What a run will do, fixed before its first call.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    chat::ChatModel,
    eval_set::Case,
    judge::{JudgeSpec, OfflineJudge},
    trial::{MetricSpec, disagreement_of},
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
    /// A spec and the models that read it.
    Model {
        /// What is asked and how replies are read; its votes are those of all jurors together.
        spec: Arc<JudgeSpec>,
        /// Who replies, with equally many votes: one model, or a panel.
        jurors: Vec<Juror>,
    },
}

/// One model at a seat.
#[expect(missing_debug_implementations, reason = "judges' models are ports")]
#[derive(Clone)]
pub struct Juror {
    /// Unique at the seat; empty where there is no other.
    pub name: String,
    /// Who replies.
    pub model: Arc<dyn ChatModel>,
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

impl Juror {
    fn title(&self) -> String {
        let colon = if self.name.is_empty() { "" } else { ": " };
        format!("{}{colon}{}", self.name, self.model.describe())
    }
}

impl Seat {
    /// What this seat measures.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        match &self.kind {
            SeatKind::Embedded(_) => OfflineJudge::metrics(),
            SeatKind::Model { spec, jurors } => {
                let disagreement = (jurors.len() > 1).then(|| disagreement_of(&self.name));
                spec.metrics().into_iter().chain(disagreement).collect()
            }
        }
    }

    /// Over everything that decides how it measures.
    pub fn instrument(&self) -> Digest {
        match &self.kind {
            SeatKind::Embedded(judge) => judge.digest(),
            SeatKind::Model { spec, jurors } => {
                // Whoever they are called, and in whatever order they are named.
                let mut models: Vec<String> =
                    jurors.iter().map(|juror| juror.model.describe()).collect();
                models.sort();
                let spec = spec.digest.to_string();
                Digest::of_parts([&spec].into_iter().chain(&models).map(String::as_bytes))
            }
        }
    }

    /// Who measures, for people.
    pub fn instrument_name(&self) -> String {
        match &self.kind {
            SeatKind::Embedded(_) => OfflineJudge::title().to_owned(),
            SeatKind::Model { spec, jurors } => {
                let models: Vec<String> = jurors.iter().map(Juror::title).collect();
                let panel = if jurors.len() > 1 { "panel of " } else { "" };
                format!("{} ({panel}{})", spec.title(), models.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{BoxFuture, ChatReply, ChatRequest},
        copilot::CallFailure,
        judge::bundled,
        unit::Usd,
    };

    struct Named(&'static str);

    impl ChatModel for Named {
        fn complete<'a>(
            &'a self,
            _request: &'a ChatRequest,
        ) -> BoxFuture<'a, Result<ChatReply, CallFailure>> {
            Box::pin(std::future::pending())
        }

        fn worst_cost(&self, _request: &ChatRequest) -> Option<Usd> {
            None
        }

        fn describe(&self) -> String {
            self.0.to_owned()
        }
    }

    fn seat(jurors: &[(&str, &'static str)], (votes, needed): (u32, u32)) -> Seat {
        let mut spec = JudgeSpec::parse("x", bundled("groundedness").unwrap().spec).unwrap();
        spec.set_votes(votes);
        spec.set_votes_needed(needed);
        let juror = |(name, model): &(&str, &'static str)| Juror {
            name: (*name).to_owned(),
            model: Arc::new(Named(model)),
        };
        Seat {
            name: "grounded".to_owned(),
            kind: SeatKind::Model {
                spec: Arc::new(spec),
                jurors: jurors.iter().map(juror).collect(),
            },
        }
    }

    #[test]
    fn a_panel_is_its_models_and_votes_in_whatever_order() {
        let panel = [("a", "small"), ("b", "large")];
        let here = seat(&panel, (2, 2));
        let turned = seat(&[("x", "large"), ("y", "small")], (2, 2));
        assert_eq!(here.instrument(), turned.instrument());
        for other in [
            seat(&[("a", "small"), ("b", "other")], (2, 2)),
            seat(&[("a", "small"), ("b", "large"), ("c", "large")], (2, 2)),
            seat(&panel, (4, 4)),
            seat(&panel, (2, 1)),
            seat(&[("", "small")], (2, 2)),
        ] {
            assert_ne!(
                here.instrument(),
                other.instrument(),
                "{}",
                other.instrument_name()
            );
        }
        let names: Vec<String> = here
            .metrics()
            .into_iter()
            .map(|metric| metric.name)
            .collect();
        assert_eq!(
            names.last().map(String::as_str),
            Some("grounded.disagreement")
        );
        assert!(
            here.instrument_name()
                .ends_with("(panel of a: small, b: large)")
        );
    }
}
