//! What the log says now: labels without those that were taken back.

use std::collections::BTreeMap;

use super::entry::{Given, Item, Kind, Label, Queue};

/// The labels that hold.
#[derive(Debug, Default)]
pub struct Current<'a> {
    /// By item, then by labeller: the label, or `None` where the person skipped it.
    by_item: BTreeMap<&'a Item, BTreeMap<&'a str, Option<&'a Label>>>,
    /// By item, then by labeller: the last label that was given before the judge's was shown.
    blind: BTreeMap<&'a Item, BTreeMap<&'a str, &'a Label>>,
    /// What each person took back at least once.
    taken_back: BTreeMap<&'a str, Vec<&'a Item>>,
}

/// An item on which people disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict<'a> {
    /// What it is.
    pub item: &'a Item,
    /// Who said what.
    pub labels: Vec<&'a Label>,
}

impl<'a> Current<'a> {
    /// Plays the log.
    pub fn new(kinds: &'a [Kind]) -> Self {
        let mut this = Self::default();
        for kind in kinds {
            let people = this.by_item.entry(kind.item()).or_default();
            match kind {
                Kind::Label(label) => {
                    people.insert(&label.labeler, Some(label));
                    if !label.after_reveal {
                        let blind = this.blind.entry(&label.item).or_default();
                        blind.insert(&label.labeler, label);
                    }
                }
                Kind::Skip { labeler, .. } => {
                    people.insert(labeler, None);
                }
                Kind::Undo { item, labeler, .. } => {
                    people.remove(labeler.as_str());
                    this.taken_back.entry(labeler).or_default().push(item);
                }
            }
        }
        this
    }

    /// Whether the person has answered or skipped it.
    pub fn is_done_by(&self, item: &Item, labeler: &str) -> bool {
        self.by_item
            .get(item)
            .is_some_and(|people| people.contains_key(labeler))
    }

    /// How many people have answered it.
    pub fn n_people(&self, item: &Item) -> usize {
        self.by_item.get(item).map_or(0, BTreeMap::len)
    }

    /// Whether the person took an answer to it back, having seen what the judge said.
    pub fn was_taken_back(&self, item: &Item, labeler: &str) -> bool {
        self.taken_back
            .get(labeler)
            .is_some_and(|items| items.contains(&item))
    }

    /// What a person said of an item by themselves: a label that was changed after the judge's was shown
    /// counts as it was before.
    fn by_itself(&self, label: &'a Label) -> Option<&'a Label> {
        if !label.after_reveal {
            return Some(label);
        }
        let people = self.blind.get(&label.item)?;
        people.get(label.labeler.as_str()).copied()
    }

    /// The labels of an item that people gave by themselves, those of the unsure left out.
    pub fn of(&self, item: &Item) -> Vec<&'a Label> {
        let people = self.by_item.get(item).into_iter().flatten();
        people
            .filter_map(|(_, label)| self.by_itself((*label)?))
            .filter(|label| label.label != Given::Unsure)
            .collect()
    }

    /// Every label, item by item.
    pub fn labels(&self) -> impl Iterator<Item = &'a Label> {
        self.by_item
            .values()
            .flat_map(BTreeMap::values)
            .filter_map(|label| *label)
    }

    /// Items on which people disagree and that nobody has settled.
    pub fn conflicts(&self) -> Vec<Conflict<'a>> {
        let items = self.by_item.keys().copied();
        items
            .filter_map(|item| {
                let labels = self.of(item);
                let first = labels.first()?.label;
                let is_settled = labels
                    .iter()
                    .any(|label| label.queue == Queue::Adjudication);
                let differ = labels.iter().any(|label| label.label != first);
                (differ && !is_settled).then_some(Conflict { item, labels })
            })
            .collect()
    }
}

/// The label whose draw brought the item here: one that settles a dispute was drawn by nothing.
pub(super) fn drawn<'l, 'a>(labels: &'l [&'a Label]) -> Option<&'l &'a Label> {
    labels
        .iter()
        .find(|label| label.queue != Queue::Adjudication)
        .or(labels.first())
}

/// What people agree on, one label an item: the one that settled it, or the one that all gave. Items
/// in dispute, checks and the unsure are left out.
pub fn agreed(kinds: &[Kind]) -> Vec<Label> {
    let current = Current::new(kinds);
    let items = current.by_item.keys();
    items
        .filter_map(|item| {
            let labels = current.of(item);
            let settled = labels
                .iter()
                .find(|label| label.queue == Queue::Adjudication);
            let drawn = drawn(&labels)?;
            if drawn.queue == Queue::Gold {
                return None;
            }
            let all_agree = labels.iter().all(|label| label.label == drawn.label);
            let chosen = settled.or(if all_agree { Some(drawn) } else { None })?;
            // The item's probability is that of the draw, not that of the dispute.
            Some(Label {
                inclusion_probability: drawn.inclusion_probability,
                ..Label::clone(chosen)
            })
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use groundgate_model::unit::Digest;

    use super::*;

    pub(in crate::label) fn label(case: &str, labeler: &str, given: Given, queue: Queue) -> Label {
        Label {
            item: Item {
                run: "R".to_owned(),
                case: case.to_owned(),
                attempt: 0,
                claim: Some("s1".to_owned()),
                baseline: None,
            },
            label: given,
            labeler: labeler.to_owned(),
            at: "2026-11-25T00:00:00Z".to_owned(),
            queue,
            inclusion_probability: 0.5,
            duration_ms: 0,
            evidence: None,
            note: None,
            guidelines: Digest::of(b""),
            after_reveal: false,
            candidate_left: None,
            known: None,
        }
    }

    fn undo(label: &Label) -> Kind {
        Kind::Undo {
            item: label.item.clone(),
            labeler: label.labeler.clone(),
            at: String::new(),
        }
    }

    #[test]
    fn what_was_taken_back_does_not_hold_and_is_remembered() {
        let first = label("a", "ana", Given::Supported, Queue::Calibration);
        let log = [Kind::Label(first.clone()), undo(&first)];
        let current = Current::new(&log);
        assert!(!current.is_done_by(&first.item, "ana"));
        assert!(current.was_taken_back(&first.item, "ana"));
        assert!(!current.was_taken_back(&first.item, "ben"));
        assert!(agreed(&log).is_empty());
    }

    /// Whoever says the judge's word after having seen it has not said it by themselves.
    #[test]
    fn a_label_that_was_changed_after_the_reveal_counts_as_it_was() {
        let first = label("a", "ana", Given::NotFound, Queue::Calibration);
        let mut changed = label("a", "ana", Given::Supported, Queue::Calibration);
        changed.after_reveal = true;
        let log = [
            Kind::Label(first.clone()),
            undo(&first),
            Kind::Label(changed.clone()),
        ];
        let given: Vec<Given> = agreed(&log).iter().map(|label| label.label).collect();
        assert_eq!(given, [Given::NotFound]);
        // Where there is nothing from before, nothing counts; and a skip takes it all back.
        let only = [Kind::Label(changed.clone())];
        assert!(agreed(&only).is_empty() && Current::new(&only).of(&changed.item).is_empty());
        assert!(Current::new(&only).is_done_by(&changed.item, "ana"));
    }

    #[test]
    fn people_must_agree_or_somebody_must_settle() {
        let say = |labeler, given, queue| Kind::Label(label("a", labeler, given, queue));
        let ana = say("ana", Given::Supported, Queue::Calibration);
        let ben = say("ben", Given::NotFound, Queue::Calibration);
        let cleo = say("cleo", Given::NotFound, Queue::Adjudication);
        let unsure = say("dan", Given::Unsure, Queue::Calibration);
        let gold = say("ana", Given::Supported, Queue::Gold);
        let table: [(&[&Kind], Option<Given>, usize); 5] = [
            (&[&ana], Some(Given::Supported), 0),
            (&[&ana, &ben], None, 1),
            (&[&ana, &ben, &cleo], Some(Given::NotFound), 0),
            (&[&ana, &unsure], Some(Given::Supported), 0),
            (&[&gold], None, 0),
        ];
        for (kinds, expected, n_conflicts) in table {
            let log: Vec<Kind> = kinds.iter().copied().cloned().collect();
            let given: Vec<Given> = agreed(&log).iter().map(|label| label.label).collect();
            assert_eq!(given, expected.into_iter().collect::<Vec<_>>());
            assert_eq!(Current::new(&log).conflicts().len(), n_conflicts);
        }
    }

    /// Labellers are in the order of their names: whoever settles may be the first of them.
    #[test]
    fn a_settled_item_weighs_as_it_was_drawn_whoever_settled_it() {
        for settler in ["abe", "zoe"] {
            let mut ana = label("a", "ana", Given::Supported, Queue::Calibration);
            let mut ben = label("a", "ben", Given::NotFound, Queue::Calibration);
            (ana.inclusion_probability, ben.inclusion_probability) = (0.1, 0.1);
            let mut settled = label("a", settler, Given::NotFound, Queue::Adjudication);
            settled.inclusion_probability = 1.0;
            let agreed = agreed(&[ana, ben, settled].map(Kind::Label));
            let said: Vec<(Given, f64)> = agreed
                .iter()
                .map(|label| (label.label, label.inclusion_probability))
                .collect();
            assert_eq!(said, [(Given::NotFound, 0.1)], "{settler}");
        }
    }
}
