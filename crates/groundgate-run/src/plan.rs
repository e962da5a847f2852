//! What a run will do, fixed before its first call.

use std::{collections::BTreeSet, sync::Arc};

use groundgate_endpoints::chat::ChatModel;
use groundgate_judge::{JudgeSpec, OfflineJudge};
use groundgate_model::{
    eval_set::Case,
    manifest::Manifest,
    trial::{Cascade, InstrumentKind, MetricSpec, disagreement_of},
    unit::Digest,
};

use super::answer_rules::AnswerRules;

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
    /// What of an answer is judged.
    pub answers: AnswerRules,
    /// For the judges' shuffles and fences.
    pub seed: u64,
    /// The run's id: what is drawn, is drawn by it.
    pub run: String,
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
    /// Metrics that a judge behind this one yields, too: they are recorded with this judge's name
    /// before their own.
    pub apart: BTreeSet<String>,
    /// The cheaper judge that it stands behind.
    pub behind: Option<Behind>,
}

/// Where a judge stands that is not asked about every answer.
#[derive(Debug, Clone)]
pub struct Behind {
    /// The name of the cheaper judge's seat.
    pub after: String,
    /// That judge.
    pub cheaper: Manifest,
    /// When it is asked.
    pub cascade: Cascade,
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
    /// A seat whose judge is asked about every answer, under the given name.
    pub const fn alone(name: String, kind: SeatKind) -> Self {
        Self {
            name,
            kind,
            apart: BTreeSet::new(),
            behind: None,
        }
    }

    /// What one of its judge's metrics is called in the record.
    pub fn recorded(&self, metric: &str) -> String {
        if self.apart.contains(metric) {
            format!("{}_{metric}", self.name)
        } else {
            metric.to_owned()
        }
    }

    /// When the judge is asked about a metric, if it stands behind another. How often the jurors of a
    /// panel disagree is said of the answers that they judged.
    pub fn cascade(&self, metric: &MetricSpec) -> Option<&Cascade> {
        let behind = self.behind.as_ref()?;
        metric.panel().is_none().then_some(&behind.cascade)
    }

    /// What this seat measures, as it is recorded.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        let mut metrics = self.judged();
        for metric in &mut metrics {
            metric.name = self.recorded(&metric.name);
        }
        metrics
    }

    /// What its judge measures.
    pub fn judged(&self) -> Vec<MetricSpec> {
        match &self.kind {
            SeatKind::Embedded(_) => OfflineJudge::metrics(),
            SeatKind::Model { spec, jurors } => {
                let disagreement = (jurors.len() > 1).then(|| disagreement_of(&self.name));
                spec.metrics().into_iter().chain(disagreement).collect()
            }
        }
    }

    /// Over [`manifest`](Self::manifest): two columns are compared only if it is equal.
    pub fn instrument(&self) -> Digest {
        self.manifest().digest()
    }

    /// Everything that decides how it measures.
    pub fn manifest(&self) -> Manifest {
        let judge = self.judge();
        let Some(behind) = &self.behind else {
            return judge;
        };
        let Cascade { by, unsure, audit } = &behind.cascade;
        Manifest::of("cascade")
            .with("judge", judge)
            .with("cheaper", behind.cheaper.clone())
            .with("by", by.as_str())
            .with("unsure-from", unsure.0)
            .with("unsure-to", unsure.1)
            .with("audit", *audit)
    }

    /// The judge itself, wherever it stands.
    fn judge(&self) -> Manifest {
        match &self.kind {
            SeatKind::Embedded(judge) => judge.manifest(),
            SeatKind::Model { spec, jurors } => match jurors.as_slice() {
                [one] => spec.manifest().with("model", one.model.manifest()),
                panel => {
                    // Whoever they are called, and in whatever order they are named.
                    let mut models: Vec<Manifest> =
                        panel.iter().map(|juror| juror.model.manifest()).collect();
                    models.sort_by_cached_key(Manifest::canonical);
                    spec.manifest().with("panel", models)
                }
            },
        }
    }

    /// What kind of thing measures.
    pub const fn instrument_kind(&self) -> InstrumentKind {
        match self.kind {
            SeatKind::Embedded(_) => InstrumentKind::Embedded,
            SeatKind::Model { .. } => InstrumentKind::Model,
        }
    }

    /// Who measures, for people.
    pub fn instrument_name(&self) -> String {
        let judge = self.judge_name();
        match &self.behind {
            None => judge,
            Some(Behind { after, cascade, .. }) => format!(
                "{judge} behind {after}, where {} is {} to {}, and {:.0}% of the rest",
                cascade.by,
                cascade.unsure.0,
                cascade.unsure.1,
                100.0 * cascade.audit
            ),
        }
    }

    fn judge_name(&self) -> String {
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
    use groundgate_endpoints::chat::BoxFuture;
    use groundgate_judge::bundled;
    use groundgate_model::{
        exchange::{CallFailure, ChatReply, ChatRequest},
        manifest::Manifest,
        unit::Usd,
    };

    use super::*;

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

        fn manifest(&self) -> Manifest {
            Manifest::of("named").with("model", self.0)
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
        let kind = SeatKind::Model {
            spec: Arc::new(spec),
            jurors: jurors.iter().map(juror).collect(),
        };
        Seat::alone("grounded".to_owned(), kind)
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

    #[test]
    fn where_a_judge_stands_is_part_of_the_instrument() {
        let plain = seat(&[("", "dear")], (1, 1));
        let behind = |cheaper: &str, unsure, audit| Seat {
            behind: Some(Behind {
                after: "embedded".to_owned(),
                cheaper: Manifest::of(cheaper),
                cascade: Cascade {
                    by: "support".to_owned(),
                    unsure,
                    audit,
                },
            }),
            ..plain.clone()
        };
        let all = [
            plain.clone(),
            behind("one", (0.2, 0.8), 0.1),
            behind("two", (0.2, 0.8), 0.1),
            behind("one", (0.2, 0.9), 0.1),
            behind("one", (0.1, 0.8), 0.1),
            behind("one", (0.2, 0.8), 0.2),
        ];
        let instruments: BTreeSet<Digest> = all.iter().map(Seat::instrument).collect();
        assert_eq!(instruments.len(), all.len());
        let cheap = Seat {
            apart: BTreeSet::from(["groundedness".to_owned()]),
            ..plain
        };
        let names: Vec<String> = cheap
            .metrics()
            .into_iter()
            .map(|metric| metric.name)
            .collect();
        assert_eq!(
            names,
            ["grounded_groundedness", "faithfulness", "no_contradiction"]
        );
    }
}
