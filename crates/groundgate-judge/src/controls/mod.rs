//! Controls in a judging call: claims whose label we know, among the others.
//!
//! A judge that obeys whatever it reads calls a sentence about something else supported; one that does not
//! read misses a sentence of the passages as it stands. These easy controls decide on the call. Hard ones
//! (a number, unit, name or the polarity changed; a sentence in slightly other words) never do: they
//! measure how well the judge tells such things. What is drawn is decided by the run's seed, so that the
//! same call is written again where a run is gone on with.
//!
//! Ids, places and lengths tell nobody which claims are controls. What they cannot show stands in
//! `docs/judges.md`.

mod alter;
mod foreign;
mod place;
mod rephrase;
mod source;

use groundgate_model::{
    trial::{ClaimOf, ControlKind},
    unit::Digest,
};

pub use foreign::ControlPool;
pub(crate) use place::Mix;

use self::source::Sentences;
use super::{claims::Unit, mode::Mode, prompt::Draw, spec::JudgeSpec, subject::Subject};

/// Controls of a call where a spec says nothing.
pub const CONTROLS: u32 = 4;

/// How many controls a spec may ask for: none, the easy ones, or the hard ones as well.
pub const CONTROLS_ALLOWED: [u32; 3] = [0, 2, CONTROLS];

/// Tokens that a judge may write about a control.
pub(crate) const TOKENS_EACH: u32 = 120;

/// Which controls a call gets.
#[derive(Debug, Clone, Copy)]
pub struct ControlDraw<'a> {
    /// Where sentences about something else are taken from.
    pub pool: &'a ControlPool,
    /// Which draw: another one after a call that failed its controls.
    pub round: u32,
}

/// One claim with its known label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) kind: ControlKind,
    pub(crate) text: String,
}

/// What a judge said of the controls of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlsSaid {
    /// By control: what it is, and whether it was told right.
    pub said: Vec<(ControlKind, bool)>,
}

impl ControlsSaid {
    /// Whether the judge reads: it told all easy controls right.
    pub fn is_reading(&self) -> bool {
        self.missed().is_none()
    }

    /// The first easy control that was missed.
    pub fn missed(&self) -> Option<ControlKind> {
        let mut easy = self.said.iter().filter(|(kind, _)| kind.is_easy());
        easy.find(|(_, is_right)| !is_right).map(|(kind, _)| *kind)
    }
}

/// Why a call is not believed, in words.
pub fn why_missed(kind: ControlKind) -> &'static str {
    if kind.is_supported() {
        "it did not find a sentence of the passages as it stands"
    } else {
        "it called a sentence about something else supported"
    }
}

impl JudgeSpec {
    /// Whether calls of this kind can carry controls at all.
    pub const fn takes_controls(&self) -> bool {
        matches!(self.mode, Mode::Claims | Mode::Facts)
    }
}

/// The claims with the controls of one call among them, where some can be made.
pub(crate) fn mixed(
    spec: &JudgeSpec,
    subject: Subject<'_>,
    units: &[Unit],
    draw: Draw<'_>,
    of: ControlDraw<'_>,
) -> Mix {
    if !spec.takes_controls() || spec.controls == 0 {
        return Mix::without_controls(units);
    }
    let dice = Dice::of(subject, draw, of.round);
    let controls = controls(spec, subject, units, &dice, of.pool);
    Mix::of(units, &controls, &dice)
}

/// The controls of one call; empty where none can be made.
fn controls(
    spec: &JudgeSpec,
    subject: Subject<'_>,
    units: &[Unit],
    dice: &Dice,
    pool: &ControlPool,
) -> Vec<Control> {
    let sentences = match spec.mode {
        Mode::Facts => Sentences::of([subject.answer.text.as_str()], units),
        Mode::Claims | Mode::Rubric | Mode::Context | Mode::Pairwise => {
            let passages = subject.answer.passages.iter().flatten();
            Sentences::of(passages.map(|passage| passage.text.as_str()), units)
        }
    };
    let Some(foreign) = pool.about_something_else(subject.case, &sentences, dice) else {
        return Vec::new();
    };
    let mut chosen = sentences.in_order_of(dice);
    let verbatim = chosen.next().map(|text| Control {
        kind: ControlKind::Verbatim,
        text: text.to_owned(),
    });
    let mut controls: Vec<Control> = verbatim.into_iter().collect();
    controls.push(Control {
        kind: ControlKind::Foreign,
        text: foreign,
    });
    if spec.controls >= CONTROLS {
        // Each of a sentence of its own, so that no two speak of one another.
        let rest: Vec<&str> = chosen.collect();
        let altered = rest
            .iter()
            .enumerate()
            .find_map(|(place, text)| Some((place, alter::altered(text, &sentences, dice)?)));
        let taken = altered.as_ref().map(|(place, _)| *place);
        controls.extend(altered.map(|(_, control)| control));
        let mut others = rest.iter().enumerate().rev();
        let rephrased = others.find_map(|(place, text)| {
            let text = rephrase::rephrased(text, dice).filter(|_| Some(place) != taken)?;
            Some(Control {
                kind: ControlKind::Rephrased,
                text,
            })
        });
        controls.extend(rephrased);
    }
    controls
}

impl Control {
    /// The control as a claim among the others.
    fn unit(&self) -> Unit {
        Unit {
            of: ClaimOf::Answer,
            id: String::new(),
            text: self.text.clone(),
            plain: self.text.clone(),
            is_statement: true,
            start: 0,
            end: self.text.len(),
        }
    }
}

/// Numbers that look like chance to whoever wrote the texts, the same for the same call.
pub(crate) struct Dice(Digest);

impl Dice {
    fn of(subject: Subject<'_>, draw: Draw<'_>, round: u32) -> Self {
        let (vote, round) = (draw.vote.to_be_bytes(), round.to_be_bytes());
        let case = subject.case;
        Self(Digest::of_parts([
            draw.seed,
            vote.as_slice(),
            round.as_slice(),
            case.id.as_bytes(),
            case.question.as_bytes(),
            subject.answer.text.as_bytes(),
        ]))
    }

    /// A number below `n` for a purpose; 0 where there is nothing to choose from.
    pub(crate) fn below(&self, n: usize, purpose: &str) -> usize {
        let digest = Digest::of_parts([self.0.to_string().as_bytes(), purpose.as_bytes()]);
        let digits: String = digest.to_string().chars().take(12).collect();
        let number = u64::from_str_radix(&digits, 16).unwrap_or_default();
        let most = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(number % most).unwrap_or_default()
    }

    /// The places below `n` in an order that nobody foresees.
    pub(crate) fn order(&self, n: usize, purpose: &str) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_cached_key(|place| {
            let place = place.to_string();
            Digest::of_parts([
                self.0.to_string().as_bytes(),
                purpose.as_bytes(),
                place.as_bytes(),
            ])
        });
        order
    }
}

#[cfg(test)]
mod tests;
