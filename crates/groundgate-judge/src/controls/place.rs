//! Where controls stand among the claims of a call, and whose label is whose.

use groundgate_model::trial::ControlKind;

use super::{Control, ControlsSaid, Dice, TOKENS_EACH, Unit, source::leans_on_others};

/// Claims and controls in the order in which a judge sees them, under ids that tell nothing.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    shown: Vec<Unit>,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// The claim at this place.
    Claim,
    Control(ControlKind),
}

impl Mix {
    /// The claims alone, under their own ids.
    pub(crate) fn without_controls(claims: &[Unit]) -> Self {
        Self {
            shown: claims.to_vec(),
            slots: vec![Slot::Claim; claims.len()],
        }
    }

    /// The claims in their order with the controls between them, numbered anew.
    pub(crate) fn of(claims: &[Unit], controls: &[Control], dice: &Dice) -> Self {
        if controls.is_empty() {
            return Self::without_controls(claims);
        }
        let gaps = gaps(claims);
        let mut at: Vec<(usize, usize)> = (0..controls.len())
            .map(|control| {
                let gap = dice.below(gaps.len(), &format!("place {control}"));
                (gaps.get(gap).copied().unwrap_or(0), control)
            })
            .collect();
        // Of several in one gap, nobody foresees which comes first.
        let order = dice.order(controls.len(), "turn");
        at.sort_by_key(|(gap, control)| (*gap, order.get(*control).copied()));
        let prefix = prefix(claims);
        let mut mix = Self {
            shown: Vec::new(),
            slots: Vec::new(),
        };
        let mut next = at.into_iter().peekable();
        for place in 0..=claims.len() {
            while let Some((_, control)) = next.next_if(|(gap, _)| *gap == place) {
                if let Some(control) = controls.get(control) {
                    mix.push(control.unit(), Slot::Control(control.kind), prefix);
                }
            }
            if let Some(claim) = claims.get(place) {
                mix.push(claim.clone(), Slot::Claim, prefix);
            }
        }
        mix
    }

    fn push(&mut self, unit: Unit, slot: Slot, prefix: char) {
        let id = format!("{prefix}{}", self.shown.len() + 1);
        self.shown.push(Unit { id, ..unit });
        self.slots.push(slot);
    }

    /// What is shown, in order.
    pub(crate) fn shown(&self) -> &[Unit] {
        &self.shown
    }

    /// Tokens that a judge may write about the controls.
    pub(crate) fn tokens(&self) -> u32 {
        let controls = self.slots.iter().filter(|slot| **slot != Slot::Claim);
        let n = u32::try_from(controls.count()).unwrap_or(u32::MAX);
        n.saturating_mul(TOKENS_EACH)
    }

    /// Whether there are controls among the claims.
    pub(crate) fn has_controls(&self) -> bool {
        self.slots.iter().any(|slot| *slot != Slot::Claim)
    }

    /// Of what was said of everything shown, what was said of the claims, in their order.
    pub(crate) fn of_claims<T>(&self, said: Vec<T>) -> Vec<T> {
        let said = said.into_iter().zip(&self.slots);
        said.filter(|(_, slot)| **slot == Slot::Claim)
            .map(|(said, _)| said)
            .collect()
    }

    /// What was said of the controls, where `is_supported` reads it.
    pub(crate) fn of_controls<T>(
        &self,
        said: &[T],
        is_supported: impl Fn(&T) -> bool,
    ) -> ControlsSaid {
        let said = said.iter().zip(&self.slots).filter_map(|(said, slot)| {
            let Slot::Control(kind) = slot else {
                return None;
            };
            Some((*kind, is_supported(said) == kind.is_supported()))
        });
        ControlsSaid {
            said: said.collect(),
        }
    }
}

/// Before which claims a control may stand: one between a claim and what that leans on would change what
/// the claim says.
fn gaps(claims: &[Unit]) -> Vec<usize> {
    let inner = claims.iter().enumerate().skip(1);
    let free = inner.filter(|(_, claim)| !leans_on_others(&claim.plain));
    let free = free.map(|(place, _)| place);
    [0].into_iter().chain(free).chain([claims.len()]).collect()
}

/// The letter of the claims' ids.
fn prefix(claims: &[Unit]) -> char {
    let first = claims.first().and_then(|unit| unit.id.chars().next());
    first.unwrap_or('s')
}
