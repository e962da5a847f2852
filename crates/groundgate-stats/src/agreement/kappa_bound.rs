//! Cohen's kappa of a judge from how well it recognizes good and bad answers: a lower bound that holds
//! however few labels there are, and how many more would lift it over a threshold.

use std::fmt;

use crate::{
    correction::rogan_gladen::Recognized, count::count_to_f64,
    special::distributions::beta_quantile,
};
/// So many labels are never asked for.
const MOST: usize = 100_000;

/// How good a judge must be shown to be.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementThreshold {
    /// Cohen's kappa with people must be at least this, from −1 to 1.
    pub threshold: f64,
    /// Fewer labelled answers do not count, at least 1.
    pub min_labels: usize,
    /// One-sided error rate of the bound, in (0, 1).
    pub alpha: f64,
    /// The rule that says so; `None`: nobody does, it is the usual threshold.
    pub rule: Option<String>,
}

impl Default for AgreementThreshold {
    /// Landis and Koch (1977) call agreement from 0.61 on substantial; 0.70 leaves some room.
    fn default() -> Self {
        Self {
            threshold: 0.70,
            min_labels: 1,
            alpha: 0.05,
            rule: None,
        }
    }
}

/// Labelled answers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelCount {
    /// How many the judge judged like people.
    pub right: usize,
    /// How many there are; perhaps none.
    pub labelled: usize,
}

/// How far labelling is from showing that a judge is good enough.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelsNeeded {
    threshold: AgreementThreshold,
    n: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// People called everything good, or everything bad: there is no kappa.
    OneClass,
    /// What was counted, and how many labels are missing: `None` where no number of them would do.
    Counted {
        value: f64,
        lower: f64,
        more: Option<usize>,
    },
}

/// Cohen's kappa with its lower bound at the one-sided error rate `alpha`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KappaBound {
    /// From −1 to 1.
    pub value: f64,
    /// At most `value`.
    pub lower: f64,
}

impl KappaBound {
    /// From the truly good answers and the truly bad ones. Each share's Clopper–Pearson bound is at
    /// `alpha` / 2, so that both hold together; kappa grows with both.
    pub fn new(good: Recognized, bad: Recognized, alpha: f64) -> Self {
        let share_good = share_good(good, bad);
        Self {
            value: kappa_of(good.share(), bad.share(), share_good),
            lower: kappa_of(good.lower(alpha / 2.0), bad.lower(alpha / 2.0), share_good),
        }
    }
}

fn share_good(good: Recognized, bad: Recognized) -> f64 {
    let ((_, good), (_, bad)) = (good.counts(), bad.counts());
    count_to_f64(good) / count_to_f64(good.saturating_add(bad))
}

/// Cohen's kappa of a judge that recognizes these shares of the good and of the bad answers, among
/// labels of which `share_good` are good: 2 p (1 − p) J / (p + q − 2 p q) with J = good + bad − 1 and q
/// what the judge calls good. It grows with both shares, so that at their lower bounds, each at half the
/// error rate, it is a lower bound itself, exact also where every label was met.
fn kappa_of(good: f64, bad: f64, share_good: f64) -> f64 {
    let called_good = share_good.mul_add(good, (1.0 - share_good) * (1.0 - bad));
    let room = (share_good * called_good).mul_add(-2.0, share_good + called_good);
    2.0 * share_good * (1.0 - share_good) * (good + bad - 1.0) / room
}

impl LabelsNeeded {
    /// From how many of the truly good and of the truly bad answers the judge recognized.
    pub fn new(threshold: AgreementThreshold, good: LabelCount, bad: LabelCount) -> Self {
        let n = good.labelled.saturating_add(bad.labelled);
        let both = Recognized::new(good.right, good.labelled)
            .and_then(|good| Ok((good, Recognized::new(bad.right, bad.labelled)?)));
        let state = match both {
            Err(_nothing_of_a_class) => State::OneClass,
            Ok((good, bad)) => {
                let bound = KappaBound::new(good, bad, threshold.alpha);
                State::Counted {
                    value: bound.value,
                    lower: bound.lower,
                    more: enough(&threshold, good, bad).map(|wanted| wanted.saturating_sub(n)),
                }
            }
        };
        Self {
            threshold,
            n,
            state,
        }
    }

    /// How many more labelled answers would lift the bound over the threshold, if the judge goes on as it did;
    /// `None` where no number would, or where nobody can tell yet.
    pub const fn more(&self) -> Option<usize> {
        match self.state {
            State::OneClass => None,
            State::Counted { more, .. } => more,
        }
    }

    /// The threshold.
    pub const fn threshold(&self) -> &AgreementThreshold {
        &self.threshold
    }
}

/// The least number of labels, shared out as they are now, with which the bound reaches the threshold.
fn enough(threshold: &AgreementThreshold, good: Recognized, bad: Recognized) -> Option<usize> {
    let share = share_good(good, bad);
    let lower = |recognized: Recognized, labelled: f64| {
        let right = recognized.share() * labelled;
        beta_quantile(threshold.alpha / 2.0, right, labelled - right + 1.0)
    };
    let is_enough = |n: usize| {
        let n = count_to_f64(n);
        kappa_of(lower(good, share * n), lower(bad, (1.0 - share) * n), share)
            >= threshold.threshold
    };
    if !is_enough(MOST) {
        return None;
    }
    let (mut too_few, mut enough) = (0, MOST);
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        if is_enough(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough.max(threshold.min_labels))
}

impl fmt::Display for LabelsNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threshold = self.threshold.threshold;
        let of = (self.threshold.rule.as_ref()).map_or_else(
            || "the usual threshold".to_owned(),
            |rule| format!("rule {rule}"),
        );
        match self.state {
            State::OneClass if self.n == 0 => write!(f, "no answer is labelled whole yet"),
            State::OneClass => write!(
                f,
                "agreement cannot be told yet: all {} labelled answers are of one kind",
                self.n
            ),
            State::Counted {
                value,
                lower,
                more: Some(0),
            } => write!(
                f,
                "enough: kappa {value:.2} is at least {lower:.2} with {:.0}% confidence, above {threshold:.2} ({of}), from {} labelled answers",
                100.0 * (1.0 - self.threshold.alpha),
                self.n
            ),
            State::Counted {
                value,
                lower,
                more: Some(more),
            } => write!(
                f,
                "{more} more labelled answers bring the agreement interval above {threshold:.2} ({of}), if the judge goes on like this \
                 (kappa {value:.2}, by exact bounds at least {lower:.2}, from {})",
                self.n
            ),
            State::Counted {
                value, more: None, ..
            } => write!(
                f,
                "{threshold:.2} ({of}) cannot be reached at this rate: kappa is {value:.2} from {} labelled answers",
                self.n
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Crosstable, Weighting, cohen_kappa};

    #[test]
    fn kappa_is_cohens_and_its_bound_lies_below() {
        for (good_right, good, bad_right, bad) in
            [(114, 120, 83, 90), (5, 5, 5, 5), (40, 50, 10, 50)]
        {
            let of = |right, labelled| Recognized::new(right, labelled).unwrap();
            let bound = KappaBound::new(of(good_right, good), of(bad_right, bad), 0.05);
            let cell = count_to_f64;
            let table = Crosstable::new(vec![
                vec![cell(good_right), cell(good - good_right)],
                vec![cell(bad - bad_right), cell(bad_right)],
            ])
            .unwrap();
            let theirs = cohen_kappa(&table, Weighting::Unweighted).unwrap();
            assert!(
                (bound.value - theirs.value).abs() < 1e-12,
                "{}",
                bound.value
            );
            assert!(bound.lower < bound.value, "{}", bound.lower);
        }
    }

    #[test]
    fn bounds_and_labels_missing_agree_with_scipy() {
        // scipy 1.17.1, beta.ppf; the labels missing by trying every number of them.
        let of = |[right, labelled]: [usize; 2]| Recognized::new(right, labelled).unwrap();
        for (good, bad, lower) in [
            ([114, 120], [83, 90], 0.741_830_146_421_113_4),
            ([5, 5], [5, 5], -0.043_647_500_209_963),
            ([50, 60], [0, 7], -0.174_116_756_030_279_98),
        ] {
            let bound = KappaBound::new(of(good), of(bad), 0.05);
            assert!((bound.lower - lower).abs() < 1e-12, "{bound:?}");
        }
        let low = AgreementThreshold {
            threshold: 0.6,
            alpha: 0.1,
            ..AgreementThreshold::default()
        };
        for (good, bad, more, more_at_low) in [
            ([57, 60], [28, 30], 56, 0),
            ([19, 20], [10, 10], 53, 12),
            ([9, 10], [9, 10], 383, 79),
            ([95, 100], [17, 20], 1267, 104),
        ] {
            assert_eq!(needed(good, bad).more(), Some(more), "{good:?} {bad:?}");
            let low = LabelsNeeded::new(low.clone(), count(good), count(bad));
            assert_eq!(low.more(), Some(more_at_low), "{good:?} {bad:?}");
        }
    }

    #[test]
    fn kappa_grows_with_what_the_judge_recognizes() {
        let shares = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0];
        for share_good in [0.01, 0.3, 0.5, 0.8, 0.99] {
            for pair in shares.windows(2) {
                for other in shares {
                    assert!(
                        kappa_of(pair[0], other, share_good)
                            <= kappa_of(pair[1], other, share_good) + 1e-12
                            && kappa_of(other, pair[0], share_good)
                                <= kappa_of(other, pair[1], share_good) + 1e-12
                    );
                }
            }
        }
    }

    const fn count([right, labelled]: [usize; 2]) -> LabelCount {
        LabelCount { right, labelled }
    }

    fn needed(good: [usize; 2], bad: [usize; 2]) -> LabelsNeeded {
        LabelsNeeded::new(AgreementThreshold::default(), count(good), count(bad))
    }

    #[test]
    fn with_the_labels_that_it_asks_for_the_bar_is_met_and_with_fewer_not() {
        for (good, bad) in [
            ([57, 60], [28, 30]),
            ([19, 20], [10, 10]),
            ([9, 10], [9, 10]),
        ] {
            let now = needed(good, bad);
            let more = now.more().unwrap();
            assert!(more > 0, "{now}");
            let n = good[1] + bad[1];
            let grown = |labels: usize| {
                let scale =
                    |[right, labelled]: [usize; 2]| [right * labels / n, labelled * labels / n];
                needed(scale(good), scale(bad)).more()
            };
            // Whole answers round a little.
            assert_eq!(grown(n + more + more / 5 + 10), Some(0), "{now}");
            assert!(grown(n + more - more / 5 - 1).unwrap() > 0, "{now}");
        }
    }

    #[test]
    fn what_is_out_of_reach_is_not_promised() {
        let table = [
            (
                needed([60, 100], [60, 100]),
                None,
                "0.70 (the usual threshold) cannot be reached at this rate: kappa is 0.20 from 200 labelled answers",
            ),
            (
                needed([50, 50], [0, 0]),
                None,
                "agreement cannot be told yet: all 50 labelled answers are of one kind",
            ),
            (
                needed([0, 0], [0, 0]),
                None,
                "no answer is labelled whole yet",
            ),
            (
                needed([490, 500], [490, 500]),
                Some(0),
                "enough: kappa 0.96 is at least 0.93 with 95% confidence, above 0.70 (the usual threshold), from 1000 labelled answers",
            ),
        ];
        for (stop, more, words) in table {
            assert_eq!(stop.more(), more);
            assert_eq!(stop.to_string(), words);
        }
        let threshold = AgreementThreshold {
            threshold: 0.6,
            min_labels: 150,
            alpha: 0.05,
            rule: Some("judge.agreement".to_owned()),
        };
        let few = LabelsNeeded::new(threshold, count([50, 50]), count([50, 50]));
        assert_eq!(
            few.more(),
            Some(50),
            "the rule wants 150 labels whatever they say"
        );
        assert!(few.to_string().starts_with("50 more labelled answers bring the agreement interval above 0.60 (rule judge.agreement)"), "{few}");
    }
}
