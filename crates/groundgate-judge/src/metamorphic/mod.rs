//! Changes of an answer that cannot change its truth, and changes that do: what becomes of scores.
//!
//! With a judge that is right about words and says so of every claim, so that what moves is our own doing:
//! how an answer is cut, what is apparatus, how numbers are read, what code makes of the judge's quotes.
//! Runs on a small set in every test run, and on real answers with `just metamorphic`
//! (`docs/statements.md` has the figures). [`Judged`] is all that the suite needs of a judge.

mod answers;
mod changes;
mod real_tests;
mod rewrites;
pub(crate) mod scripted;

use groundgate_model::{
    exchange::Answer,
    trial::{ClaimFinding, Label, Outcome, Standing},
    unit::count_to_f64,
};

use crate::{Subject, test_values::case};
use scripted::EmbeddedAsJudge;

/// A question, what was retrieved for it, and an answer that the passages support.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) question: String,
    pub(super) answer: Answer,
}

/// A judge, as the suite sees it.
pub(super) trait Judged {
    /// The groundedness of an answer, with its claims.
    fn groundedness(&self, subject: Subject<'_>) -> Outcome;
}

/// What a judge says of one sample.
pub(super) fn judged(judge: &impl Judged, sample: &Sample) -> Outcome {
    let case = case(&sample.question);
    judge.groundedness(Subject {
        case: &case,
        answer: &sample.answer,
    })
}

pub(super) fn claims(outcome: &Outcome) -> &[ClaimFinding] {
    match outcome {
        Outcome::Scored(score) => &score.claims,
        Outcome::NotApplicable(_) | Outcome::Unscored(_) => &[],
    }
}

/// What two judgments of the same samples differ by.
#[derive(Debug, Default)]
pub(super) struct Moved {
    n: usize,
    before: f64,
    after: f64,
    n_claims: usize,
    n_flipped: usize,
    n_disputed: usize,
    n_unverified: usize,
}

impl Moved {
    pub(super) fn add(&mut self, before: &Outcome, after: &Outcome) {
        let value = |outcome: &Outcome| match outcome {
            Outcome::Scored(score) => Some(score.value()),
            Outcome::NotApplicable(_) | Outcome::Unscored(_) => None,
        };
        if let (Some(one), Some(two)) = (value(before), value(after)) {
            self.n += 1;
            self.before += one;
            self.after += two;
        }
        let said = |outcome: &Outcome| -> Vec<(Label, bool)> {
            let statements = claims(outcome).iter();
            let statements = statements.filter(|claim| claim.label != Label::NotAClaim);
            let disputed = |claim: &ClaimFinding| claim.standing() >= Standing::Disputed;
            statements
                .map(|claim| (claim.label, disputed(claim)))
                .collect()
        };
        let (one, two) = (said(before), said(after));
        let differing = one.iter().zip(&two).filter(|(one, two)| one != two).count();
        self.n_claims += one.len();
        self.n_flipped += differing + one.len().abs_diff(two.len());
        let standing = |is: Standing| {
            claims(after)
                .iter()
                .filter(|claim| claim.standing() == is)
                .count()
        };
        self.n_disputed += standing(Standing::Disputed) + standing(Standing::WithoutProof);
        self.n_unverified += standing(Standing::Unverified);
    }

    /// By how many points the mean moved.
    pub(super) fn points(&self) -> f64 {
        100.0 * (self.after - self.before) / count_to_f64(self.n.max(1))
    }

    /// The share of claims whose label flipped, in percent.
    pub(super) fn flipped(&self) -> f64 {
        self.percent(self.n_flipped)
    }

    pub(super) fn disputed(&self) -> f64 {
        self.percent(self.n_disputed)
    }

    pub(super) fn unverified(&self) -> f64 {
        self.percent(self.n_unverified)
    }

    fn percent(&self, n: usize) -> f64 {
        100.0 * count_to_f64(n) / count_to_f64(self.n_claims.max(1))
    }
}

/// How the mean moved over all samples when each was rewritten.
pub(super) fn moved(
    judge: &impl Judged,
    samples: &[Sample],
    rewrite: impl Fn(&Sample) -> Sample,
) -> Moved {
    let mut moved = Moved::default();
    for sample in samples {
        moved.add(&judged(judge, sample), &judged(judge, &rewrite(sample)));
    }
    moved
}

#[test]
fn rewrites_that_keep_the_truth_move_nothing() {
    let samples = answers::samples();
    for (name, rewrite) in rewrites::ALL.iter().copied() {
        let moved = moved(&scripted::RightAboutWords, &samples, rewrite);
        assert!(moved.n == samples.len(), "{name}: {moved:?}");
        assert!(
            moved.points().abs() <= 1.0 && moved.flipped() <= 1.0,
            "{name}: {moved:?}"
        );
    }
}

#[test]
fn changes_of_the_truth_are_caught() {
    let samples = answers::samples();
    for (name, change) in changes::ALL.iter().copied() {
        let (n, caught) = changes::caught(&scripted::RightAboutWords, &samples, change);
        assert!(n >= 3, "{name}: {n}");
        assert!(4 * caught >= 3 * n, "{name}: {caught} of {n}");
    }
}

#[test]
fn the_shape_of_the_context_moves_no_label_of_the_embedded_judge() {
    let samples = answers::samples();
    let judge = EmbeddedAsJudge::bundled();
    let of_context = rewrites::ALL
        .iter()
        .filter(|(name, _)| name.ends_with(" passages"));
    assert!(of_context.clone().count() >= 4);
    for (name, rewrite) in of_context {
        let moved = moved(&judge, &samples, rewrite);
        assert_eq!((moved.n, moved.n_flipped), (samples.len(), 0), "{name}");
        assert!(moved.points().abs() < 1e-9, "{name}: {moved:?}");
    }
}
