//! A second opinion that costs nothing: what the embedded judge makes of claims that a judge supports.
//!
//! It errs in other ways than a language model: of claims that people call grounded it doubts few, of
//! ungrounded ones many (`docs/judges.md`). What it doubts is asked about once more and is for people to look
//! at; with `second-opinion = "dispute"` it counts both ways.

use std::{ops::Range, sync::LazyLock};

use super::{embedded::EmbeddedJudge, proof::Doubt, spec::SecondOpinion, subject::Subject};

/// Below this the embedded judge does not find a claim in the passages.
const DOUBTED: f64 = 0.5;

static JUDGE: LazyLock<Option<EmbeddedJudge>> = LazyLock::new(|| EmbeddedJudge::bundled().ok());

/// What the embedded judge makes of an answer's sentences; nothing where nobody asks it.
#[derive(Debug, Default)]
pub(super) struct Opinions {
    /// Places in the answer, with the probability that the passages support what stands there.
    sentences: Vec<(Range<usize>, f64)>,
    disputes: bool,
}

impl Opinions {
    pub(super) fn of(subject: Subject<'_>, wanted: SecondOpinion) -> Self {
        let judge = match wanted {
            SecondOpinion::Off => None,
            SecondOpinion::Ask | SecondOpinion::Dispute => JUDGE.as_ref(),
        };
        let Some(judge) = judge else {
            return Self::default();
        };
        let passages = subject.answer.passages.iter().flatten();
        let passages: Vec<&str> = passages.map(|passage| passage.text.as_str()).collect();
        let reading = judge.read(&subject.case.question, &subject.answer.text, &passages);
        let sentences = reading.sentences.into_iter();
        let sentences = sentences.map(|sentence| {
            let place = sentence.finding.start..sentence.finding.end;
            (place, 1.0 - sentence.unsupported)
        });
        Self {
            sentences: sentences.collect(),
            disputes: wanted == SecondOpinion::Dispute,
        }
    }

    /// What it has to say against support for what stands in `place`.
    pub(super) fn against(&self, place: &Range<usize>) -> Option<Doubt> {
        let there = self
            .sentences
            .iter()
            .filter(|(sentence, _)| sentence.start < place.end && place.start < sentence.end);
        let support = there.map(|(_, support)| *support).reduce(f64::min)?;
        (support < DOUBTED).then_some(Doubt::SecondOpinion {
            support,
            disputes: self.disputes,
        })
    }
}
