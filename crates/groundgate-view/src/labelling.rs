//! A person labels: which item comes next, what is shown of it, what is written down.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_judge::sentences;
use groundgate_model::{
    eval_set::Case,
    number::{Toward, format_score},
    trial::{ClaimFinding, Evidence, Label as Judged},
    unit::Digest,
};
use groundgate_record::{Reader, RecordError};
use groundgate_report::{AnswerReport, visible_line, visible_text};
use serde::{Deserialize, Serialize};

use super::{
    claims::{claims_of, pairs_of},
    golds::{Gold, golds},
    page::Trouble,
};
use crate::label::{
    AgreementThreshold, Current, GUIDELINES, Given, Item, Kind, Label, Log, Planned, Queue,
    RANDOM_PERCENT, between_people, formula, plan, stop,
};

/// Every so many items a known one comes, to check the labeller.
const GOLD_EVERY: usize = 20;

/// What is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One claim against the passages.
    Claims,
    /// Two answers side by side.
    Pairs,
}

/// One person, one log, one plan.
#[derive(Debug)]
pub struct Session {
    pub(super) log: Log,
    pub(super) task: Task,
    pub(super) run_id: String,
    labeler: String,
    planned: Vec<Planned>,
    golds: Vec<Gold>,
    judged: BTreeMap<Item, Judged>,
    bar: AgreementThreshold,
    queue: Queue,
}

/// An item as it is shown: nothing in it tells what the judge said, or whose answer it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Ask {
    pub(super) task: Task,
    pub(super) item: Item,
    pub(super) question: String,
    pub(super) history: Vec<String>,
    /// The answer before, inside and behind the claim.
    pub(super) answer: [String; 3],
    pub(super) passages: Vec<Vec<Sentence>>,
    /// Of pairs: the two answers, each with its passages.
    pub(super) sides: Vec<Shown>,
    /// What people in disagreement said.
    pub(super) dispute: Vec<String>,
}

/// One answer of a pair.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shown {
    text: String,
    passages: Vec<Vec<Sentence>>,
}

impl Shown {
    fn new(answer: &AnswerReport) -> Self {
        Self {
            text: visible_text(answer.text.as_deref().unwrap_or_default()),
            passages: passages(answer),
        }
    }
}

/// A piece of a passage that can be pointed at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sentence {
    text: String,
    evidence: Evidence,
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
        (queue, n, seed): (Queue, usize, u64),
    ) -> Result<Self, RecordError> {
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
            golds: if task == Task::Claims {
                golds()
            } else {
                Vec::new()
            },
            judged,
            bar: AgreementThreshold::default(),
            queue,
        })
    }

    /// The same, with how good the judge must be shown to be before labelling may stop.
    #[must_use]
    pub fn until(mut self, bar: AgreementThreshold) -> Self {
        self.bar = bar;
        self
    }

    /// How the queue chooses, where there is more to say of it than its name.
    pub(super) fn formula(&self) -> Option<String> {
        (self.task == Task::Claims && self.queue == Queue::Doubtful)
            .then(|| format!("{}; {RANDOM_PERCENT} % of the items are random", formula()))
    }

    /// What comes next: planned items that still need a person, known ones between them, and in the
    /// end what others disagree on.
    pub(super) fn next(&self) -> Option<(Item, Queue, f64)> {
        let current = Current::new(self.log.kinds());
        let mine = |item: &Item| current.is_done_by(item, &self.labeler);
        let n_done = self
            .planned
            .iter()
            .filter(|planned| mine(&planned.item))
            .count();
        let n_golds = self.golds.iter().filter(|gold| mine(&gold.item)).count();
        if n_done / GOLD_EVERY > n_golds
            && let Some(gold) = self.golds.iter().find(|gold| !mine(&gold.item))
        {
            return Some((gold.item.clone(), Queue::Gold, 1.0));
        }
        let open = self.planned.iter().find(|planned| {
            !mine(&planned.item) && current.n_people(&planned.item) < planned.n_people
        });
        if let Some(planned) = open {
            return Some((
                planned.item.clone(),
                planned.queue,
                planned.inclusion_probability,
            ));
        }
        let conflicts = current.conflicts();
        let dispute = conflicts.iter().find(|conflict| {
            conflict.item.run == self.run_id
                && conflict.item.claim.is_some() == (self.task == Task::Claims)
                && !mine(conflict.item)
        });
        dispute.map(|conflict| (conflict.item.clone(), Queue::Adjudication, 1.0))
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
                    let stop = stop(self.bar.clone(), self.log.kinds(), &self.judged);
                    visible_line(&stop.to_string())
                }
            },
        }
    }

    /// Writes down what the page sent. When this returns, it is on disk.
    pub(super) fn take(&mut self, sent: Sent, at: String) -> Result<Option<Reveal>, Trouble> {
        let labeler = self.labeler.clone();
        let item = sent.item.clone();
        match sent.action {
            Action::Undo => {
                if !Current::new(self.log.kinds()).is_done_by(&item, &labeler) {
                    return Err(Trouble::wrong("there is nothing to take back"));
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
                let (queue, probability) = self.expect(&item)?;
                let label = self.label(sent, (queue, probability), labeler, at)?;
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
    ) -> Result<bool, Trouble> {
        let planned = self
            .planned
            .iter()
            .find(|planned| planned.item == sent.item);
        let planned = planned.ok_or_else(|| {
            Trouble::wrong(
                "this item is not among those drawn; use the pack's run, queue, items and seed",
            )
        })?;
        let drawn = (planned.queue, planned.inclusion_probability);
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
        (queue, inclusion_probability): (Queue, f64),
        labeler: String,
        at: String,
    ) -> Result<Label, Trouble> {
        let given = self.given(&sent)?;
        let item = sent.item;
        let known = self
            .golds
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
            queue,
            inclusion_probability,
            duration_ms: sent.duration_ms,
            evidence: sent.evidence,
            note: sent.note.filter(|note| !note.is_empty()),
            guidelines: Digest::of(GUIDELINES.as_bytes()),
            known,
        })
    }

    /// The item must be the one that was asked about: an old page cannot answer twice.
    fn expect(&self, item: &Item) -> Result<(Queue, f64), Trouble> {
        match self.next() {
            Some((next, queue, probability)) if next == *item => Ok((queue, probability)),
            _ => Err(Trouble {
                status: axum::http::StatusCode::CONFLICT,
                words: "this item is not the one to be labelled; it may be saved already"
                    .to_owned(),
            }),
        }
    }

    fn given(&self, sent: &Sent) -> Result<Given, Trouble> {
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
            _ => Err(Trouble::wrong("this is no answer to the question")),
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
        self.golds
            .iter()
            .find(|gold| gold.item == *item)
            .map(Gold::ask)
    }

    /// An item as it is shown: an answer of a case, and for pairs the other answer.
    pub(super) fn ask(
        &self,
        item: &Item,
        case: &Case,
        ours: &AnswerReport,
        theirs: Option<&AnswerReport>,
    ) -> Result<Ask, Trouble> {
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
                let claim = claim.ok_or_else(|| Trouble::absent("the claim is gone"))?;
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

fn passages(answer: &AnswerReport) -> Vec<Vec<Sentence>> {
    let all = answer.passages.iter().enumerate();
    all.map(|(number, passage)| pieces(number, &passage.text))
        .collect()
}

pub(super) fn pieces(passage: usize, text: &str) -> Vec<Sentence> {
    sentences::split(text)
        .into_iter()
        .filter_map(|range| {
            Some(Sentence {
                text: visible_text(text.get(range.clone())?),
                evidence: Evidence {
                    passage,
                    start: range.start,
                    end: range.end,
                },
            })
        })
        .collect()
}

fn around(text: &str, claim: &ClaimFinding) -> [String; 3] {
    let part = |start: usize, end: usize| text.get(start..end).map(visible_text);
    match (
        part(0, claim.start),
        part(claim.start, claim.end),
        part(claim.end, text.len()),
    ) {
        (Some(before), Some(inside), Some(after)) => [before, inside, after],
        _ => [String::new(), visible_text(&claim.text), String::new()],
    }
}
