//! A person labels: which item comes next, what is shown of it, what is written down.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    eval_set::Case,
    number::{Toward, format_score},
    trial::{Evidence, Label as Judged},
    unit::Digest,
};
use groundgate_record::{Reader, RecordError};
use groundgate_report::{AnswerReport, visible_line, visible_text};
use serde::{Deserialize, Serialize};

use super::{
    claims::{claims_of, pairs_of},
    gold_items::{GoldItem, gold_items},
    item_view::{Ask, Shown, Task, around, passages},
    page::PageError,
};
use crate::label::{
    AgreementThreshold, Current, GUIDELINES, Given, Item, Kind, Label, Log, Planned, Queue,
    RANDOM_PERCENT, between_people, formula, plan, stop,
};

/// Every so many items a known one comes, to check the labeller.
const GOLD_EVERY: usize = 20;

/// Which items are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    /// By which plan; pairs are drawn by [`Queue::Calibration`].
    pub queue: Queue,
    /// How many.
    pub n: usize,
    /// The same seed draws the same items.
    pub seed: u64,
}

/// How an item came to be asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Drawn {
    queue: Queue,
    inclusion_probability: f64,
}

impl Drawn {
    /// An item that is shown whatever was drawn.
    const fn surely(queue: Queue) -> Self {
        Self {
            queue,
            inclusion_probability: 1.0,
        }
    }

    const fn of(planned: &Planned) -> Self {
        Self {
            queue: planned.queue,
            inclusion_probability: planned.inclusion_probability,
        }
    }
}

/// The item that a person is asked about.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) item: Item,
    drawn: Drawn,
}

impl Next {
    fn new(item: &Item, drawn: Drawn) -> Self {
        Self {
            item: item.clone(),
            drawn,
        }
    }
}

/// One person, one log, one plan.
#[derive(Debug)]
pub struct Session {
    pub(super) log: Log,
    pub(super) task: Task,
    pub(super) run_id: String,
    labeler: String,
    planned: Vec<Planned>,
    gold_items: Vec<GoldItem>,
    judged: BTreeMap<Item, Judged>,
    threshold: AgreementThreshold,
    queue: Queue,
}

/// What the page sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    action: Action,
    item: Item,
    #[serde(default)]
    label: Option<Given>,
    /// Of pairs: which side was chosen.
    #[serde(default)]
    side: Option<Side>,
    #[serde(default)]
    evidence: Option<Evidence>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    duration_ms: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    Label,
    Skip,
    Undo,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Left,
    Right,
}

/// What became of an item that was just answered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reveal {
    pub(super) case: String,
    pub(super) you: &'static str,
    pub(super) words: String,
}

/// How far the person is.
#[derive(Debug, Serialize)]
pub(super) struct Progress {
    pub(super) done: usize,
    pub(super) total: usize,
    pub(super) agreement: String,
    /// Whether enough answers are labelled, and how many are missing; empty for pairs.
    pub(super) stop: String,
}

impl Session {
    /// Draws the items of a run's claims, or of its answers against a baseline's.
    pub fn new(
        log: Log,
        labeler: String,
        run: &Reader,
        baseline: Option<&Reader>,
        sampling: Sampling,
    ) -> Result<Self, RecordError> {
        let Sampling { queue, n, seed } = sampling;
        let claims = claims_of(run)?;
        let judged = claims
            .iter()
            .map(|claim| (claim.item.clone(), claim.judged))
            .collect();
        let (task, planned) = match baseline {
            None => (Task::Claims, plan(&claims, queue, n, seed)),
            Some(base) => (
                Task::Pairs,
                plan(&pairs_of(run, base)?, Queue::Calibration, n, seed),
            ),
        };
        Ok(Self {
            log,
            task,
            run_id: run.header().run_id.clone(),
            labeler,
            planned,
            gold_items: if task == Task::Claims {
                gold_items()
            } else {
                Vec::new()
            },
            judged,
            threshold: AgreementThreshold::default(),
            queue,
        })
    }

    /// The same, with how good the judge must be shown to be before labelling may stop.
    #[must_use]
    pub fn until(mut self, threshold: AgreementThreshold) -> Self {
        self.threshold = threshold;
        self
    }

    /// How the queue chooses, where there is more to say of it than its name.
    pub(super) fn formula(&self) -> Option<String> {
        (self.task == Task::Claims && self.queue == Queue::Doubtful)
            .then(|| format!("{}; {RANDOM_PERCENT} % of the items are random", formula()))
    }

    /// What comes next: planned items that still need a person, known ones between them, and in the
    /// end what others disagree on.
    pub(super) fn next(&self) -> Option<Next> {
        let current = Current::new(self.log.kinds());
        let mine = |item: &Item| current.is_done_by(item, &self.labeler);
        let n_done = self
            .planned
            .iter()
            .filter(|planned| mine(&planned.item))
            .count();
        let n_golds = self
            .gold_items
            .iter()
            .filter(|gold| mine(&gold.item))
            .count();
        if n_done / GOLD_EVERY > n_golds
            && let Some(gold) = self.gold_items.iter().find(|gold| !mine(&gold.item))
        {
            return Some(Next::new(&gold.item, Drawn::surely(Queue::Gold)));
        }
        let open = self.planned.iter().find(|planned| {
            !mine(&planned.item) && current.n_people(&planned.item) < planned.n_people
        });
        if let Some(planned) = open {
            return Some(Next::new(&planned.item, Drawn::of(planned)));
        }
        let conflicts = current.conflicts();
        let dispute = conflicts.iter().find(|conflict| {
            conflict.item.run == self.run_id
                && conflict.item.claim.is_some() == (self.task == Task::Claims)
                && !mine(conflict.item)
        });
        dispute.map(|conflict| Next::new(conflict.item, Drawn::surely(Queue::Adjudication)))
    }

    /// All planned items, for a pack.
    pub(super) fn planned(&self) -> &[Planned] {
        &self.planned
    }

    pub(super) fn progress(&self) -> Progress {
        let current = Current::new(self.log.kinds());
        let items: BTreeSet<&Item> = self.planned.iter().map(|planned| &planned.item).collect();
        let done = items
            .iter()
            .filter(|item| current.is_done_by(item, &self.labeler))
            .count();
        Progress {
            done,
            total: items.len(),
            agreement: between_people(self.log.kinds()).map_or_else(String::new, |agreement| {
                format!(
                    "two people agree on {} of {} items",
                    format_score(agreement.share, Toward::Nearest),
                    agreement.n
                )
            }),
            stop: match self.task {
                Task::Pairs => String::new(),
                Task::Claims => {
                    let stop = stop(self.threshold.clone(), self.log.kinds(), &self.judged);
                    visible_line(&stop.to_string())
                }
            },
        }
    }

    /// Writes down what the page sent. When this returns, it is on disk.
    pub(super) fn take(&mut self, sent: Sent, at: String) -> Result<Option<Reveal>, PageError> {
        let labeler = self.labeler.clone();
        let item = sent.item.clone();
        match sent.action {
            Action::Undo => {
                if !Current::new(self.log.kinds()).is_done_by(&item, &labeler) {
                    return Err(PageError::wrong("there is nothing to take back"));
                }
                self.log.append(Kind::Undo { item, labeler, at })?;
                Ok(None)
            }
            Action::Skip => {
                self.expect(&item)?;
                let reason = sent.note.unwrap_or_default();
                self.log.append(Kind::Skip {
                    item,
                    labeler,
                    at,
                    reason,
                })?;
                Ok(None)
            }
            Action::Label => {
                let drawn = self.expect(&item)?;
                let label = self.label(sent, drawn, labeler, at)?;
                let reveal = self.reveal(&label);
                self.log.append(Kind::Label(label))?;
                Ok(Some(reveal))
            }
        }
    }

    /// Adds an answer that was given elsewhere; says whether it was new.
    pub(super) fn take_packed(
        &mut self,
        sent: Sent,
        labeler: &str,
        at: String,
    ) -> Result<bool, PageError> {
        let planned = self
            .planned
            .iter()
            .find(|planned| planned.item == sent.item);
        let planned = planned.ok_or_else(|| {
            PageError::wrong(
                "this item is not among those drawn; use the pack's run, queue, items and seed",
            )
        })?;
        let drawn = Drawn::of(planned);
        if Current::new(self.log.kinds()).is_done_by(&sent.item, labeler) {
            return Ok(false);
        }
        let kind = match sent.action {
            Action::Undo => return Ok(false),
            Action::Skip => Kind::Skip {
                item: sent.item,
                labeler: labeler.to_owned(),
                at,
                reason: sent.note.unwrap_or_default(),
            },
            Action::Label => Kind::Label(self.label(sent, drawn, labeler.to_owned(), at)?),
        };
        self.log.append(kind)?;
        Ok(true)
    }

    fn label(
        &self,
        sent: Sent,
        drawn: Drawn,
        labeler: String,
        at: String,
    ) -> Result<Label, PageError> {
        let given = self.given(&sent)?;
        let item = sent.item;
        let known = self
            .gold_items
            .iter()
            .find(|gold| gold.item == item)
            .map(|gold| gold.known);
        Ok(Label {
            after_reveal: Current::new(self.log.kinds()).was_taken_back(&item, &labeler),
            candidate_left: (self.task == Task::Pairs).then(|| candidate_left(&item)),
            item,
            label: given,
            labeler,
            at,
            queue: drawn.queue,
            inclusion_probability: drawn.inclusion_probability,
            duration_ms: sent.duration_ms,
            evidence: sent.evidence,
            note: sent.note.filter(|note| !note.is_empty()),
            guidelines: Digest::of(GUIDELINES.as_bytes()),
            known,
        })
    }

    /// The item must be the one that was asked about: an old page cannot answer twice.
    fn expect(&self, item: &Item) -> Result<Drawn, PageError> {
        match self.next() {
            Some(next) if next.item == *item => Ok(next.drawn),
            _ => Err(PageError {
                status: axum::http::StatusCode::CONFLICT,
                words: "this item is not the one to be labelled; it may be saved already"
                    .to_owned(),
            }),
        }
    }

    fn given(&self, sent: &Sent) -> Result<Given, PageError> {
        let is_left = candidate_left(&sent.item);
        match (self.task, sent.label, sent.side) {
            (Task::Pairs, None, Some(side)) => Ok(if matches!(side, Side::Left) == is_left {
                Given::Candidate
            } else {
                Given::Baseline
            }),
            (
                Task::Pairs,
                Some(label @ (Given::BothGood | Given::BothBad | Given::Unsure)),
                None,
            ) => Ok(label),
            (Task::Claims, Some(label), None)
                if label == Given::Unsure || Given::OF_CLAIMS.contains(&label) =>
            {
                Ok(label)
            }
            _ => Err(PageError::wrong("this is no answer to the question")),
        }
    }

    fn reveal(&self, label: &Label) -> Reveal {
        let words = match (label.known, self.judged.get(&label.item), label.label) {
            (Some(known), ..) if known == label.label => "right: this one was a check".to_owned(),
            (Some(known), ..) => format!("a check: {} was expected", known.name()),
            (None, Some(judged), _) => format!("judge: {}", judged.name()),
            (None, None, Given::Candidate) => "that was the candidate".to_owned(),
            (None, None, Given::Baseline) => "that was the baseline".to_owned(),
            (None, None, _) => String::new(),
        };
        Reveal {
            case: visible_line(&label.item.case),
            you: label.label.name(),
            words,
        }
    }

    /// A known item, as it is shown; nothing where it is none.
    pub(super) fn known(&self, item: &Item) -> Option<Ask> {
        self.gold_items
            .iter()
            .find(|gold| gold.item == *item)
            .map(GoldItem::ask)
    }

    /// An item as it is shown: an answer of a case, and for pairs the other answer.
    pub(super) fn ask(
        &self,
        item: &Item,
        case: &Case,
        ours: &AnswerReport,
        theirs: Option<&AnswerReport>,
    ) -> Result<Ask, PageError> {
        let mut sides = theirs.map_or_else(Vec::new, |theirs| {
            vec![Shown::new(ours), Shown::new(theirs)]
        });
        if !candidate_left(item) {
            sides.reverse();
        }
        let answer = match &item.claim {
            None => Default::default(),
            Some(id) => {
                let claim = ours.claims.iter().find(|claim| claim.id == *id);
                let claim = claim.ok_or_else(|| PageError::absent("the claim is gone"))?;
                around(ours.text.as_deref().unwrap_or_default(), claim)
            }
        };
        Ok(Ask {
            task: self.task,
            item: item.clone(),
            question: visible_text(&case.question),
            history: (case.history.iter())
                .map(|turn| format!("{}: {}", turn.role.name(), visible_text(&turn.text)))
                .collect(),
            answer,
            passages: match theirs {
                None => passages(ours),
                Some(_) => Vec::new(),
            },
            sides,
            dispute: self.dispute(item),
        })
    }

    fn dispute(&self, item: &Item) -> Vec<String> {
        let current = Current::new(self.log.kinds());
        let conflicts = current.conflicts();
        let conflict = conflicts.iter().find(|conflict| conflict.item == item);
        conflict.map_or_else(Vec::new, |conflict| {
            let said = conflict.labels.iter();
            said.map(|label| format!("{}: {}", visible_line(&label.labeler), label.label.name()))
                .collect()
        })
    }
}

/// Which side the candidate's answer stands on: by the item, so that it is the same again.
fn candidate_left(item: &Item) -> bool {
    let digest = Digest::of_parts([item.run.as_bytes(), item.case.as_bytes(), b"left"]);
    digest.to_string().starts_with(|digit: char| digit < '8')
}
