//! A judge beside people: how often it recognizes the good and the bad, and agreement beyond chance.

use groundgate_model::{trial::DataType, unit::count_to_f64};
use groundgate_stats::{
    agreement::{Crosstable, Level, Ratings, Weighting, cohen_kappa, gwet_ac1, krippendorff_alpha},
    correction::{JudgeQuality, Recognized},
};
use serde::Serialize;

use super::{
    ALPHA,
    join::Joined,
    measure::{Measure, Share},
    ranking::Ranking,
};

/// How often each word of people met each word of the judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Confusion {
    /// Both say good.
    pub good_called_good: usize,
    /// People say good, the judge says bad.
    pub good_called_bad: usize,
    /// People say bad, the judge says good: what lets a bad release through.
    pub bad_called_good: usize,
    /// Both say bad.
    pub bad_called_bad: usize,
}

/// How well one judge agrees with people on one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// The metric.
    pub metric: String,
    /// Who judged, for people.
    pub judge: String,
    /// Over everything that decides how it judges.
    pub judge_digest: String,
    /// From this value on an answer counts as good.
    pub good_from: f64,
    /// Labelled answers with a score.
    pub n: usize,
    /// Labelled answers that the judge failed to score; in none of the numbers.
    pub n_unscored: usize,
    /// Labelled answers of which the judge says that there is nothing to judge.
    pub n_nothing: usize,
    /// Answers on which people are split evenly.
    pub n_tied: usize,
    /// Labels of other cases, attempts or runs.
    pub n_elsewhere: usize,
    /// Labels of answers that were picked for a reason, left out.
    pub n_picked: usize,
    /// Good and bad, by people and by the judge.
    pub confusion: Confusion,
    /// Of what people call good, the share that the judge does, too.
    pub sensitivity: Option<Share>,
    /// Of what people call bad, the share that the judge does, too.
    pub specificity: Option<Share>,
    /// The share of answers on which both agree.
    pub accuracy: Option<Share>,
    /// Sensitivity + specificity − 1: what is left of a true difference on the judge's scale.
    pub j: Option<f64>,
    /// Its lower bound at 5 %.
    pub j_lower: Option<f64>,
    /// How well the score ranks, whatever the cut; `None` where people called nothing good, or nothing bad.
    pub ranking: Option<Ranking>,
    /// How much a point of the judge is worth in points of people: covariance ÷ the judge's variance,
    /// cut to 0 … 1; for scores from 0 to 1 that vary.
    pub judge_weight: Option<f64>,
    /// Cohen's kappa; weighted by squares for ordinal scores.
    pub kappa: Measure,
    /// Gwet's AC1, which does not collapse where nearly all is good.
    pub ac1: Measure,
    /// Krippendorff's alpha.
    pub alpha: Measure,
    /// Krippendorff's alpha among people, where several labelled the same answer: a judge can hardly
    /// agree with them better than they do with each other.
    pub people_alpha: Option<Measure>,
    /// Answers that several people labelled.
    pub n_several_people: usize,
}

impl Agreement {
    /// Counts and measures; from `good_from` on a value is good.
    pub fn of(joined: &Joined<'_>, good_from: f64) -> Self {
        let both: Vec<(f64, f64)> = (joined.pairs.iter())
            .filter_map(|pair| Some((pair.human, pair.judge?)))
            .collect();
        let is_good = |value: f64| value >= good_from;
        let mut confusion = Confusion::default();
        for (human, judge) in &both {
            let cell = match (is_good(*human), is_good(*judge)) {
                (true, true) => &mut confusion.good_called_good,
                (true, false) => &mut confusion.good_called_bad,
                (false, true) => &mut confusion.bad_called_good,
                (false, false) => &mut confusion.bad_called_bad,
            };
            *cell += 1;
        }
        let told: Vec<(bool, f64)> = (both.iter())
            .map(|(human, judge)| (is_good(*human), *judge))
            .collect();
        let spec = &joined.column.metric;
        let (kappa, ac1, alpha) = measures(spec.data_type, &both, is_good);
        let quality = confusion.quality();
        Self {
            metric: spec.name.clone(),
            judge: joined.column.instrument_name.clone(),
            judge_digest: joined.column.instrument.to_string(),
            good_from,
            n: both.len(),
            n_unscored: joined.pairs.len() - both.len(),
            n_nothing: joined.n_nothing,
            n_tied: joined.n_tied,
            n_elsewhere: joined.n_elsewhere,
            n_picked: joined.n_picked,
            confusion,
            sensitivity: Share::of(confusion.good_called_good, confusion.n_good()),
            specificity: Share::of(confusion.bad_called_bad, confusion.n_bad()),
            accuracy: Share::of(
                confusion.good_called_good + confusion.bad_called_bad,
                both.len(),
            ),
            j: quality.map(|quality| quality.j),
            j_lower: quality.map(|quality| quality.lower),
            ranking: Ranking::of(&told),
            judge_weight: weight(spec.data_type, &both),
            kappa,
            ac1,
            alpha,
            people_alpha: people(joined),
            n_several_people: joined.people.len(),
        }
    }
}

impl Agreement {
    /// Of the truly good and of the truly bad answers: how many the judge got right, of how many. What it
    /// failed to judge counts as a bad answer that it called good: a judge that cannot be measured must
    /// not look like a good one.
    pub const fn recognized(&self) -> [(usize, usize); 2] {
        let table = self.confusion;
        let not_judged = self.n_unscored + self.n_nothing;
        [
            (table.good_called_good, table.n_good()),
            (table.bad_called_bad, table.n_bad() + not_judged),
        ]
    }
}

impl Confusion {
    /// Answers that people call good.
    pub const fn n_good(self) -> usize {
        self.good_called_good + self.good_called_bad
    }

    /// Answers that people call bad.
    pub const fn n_bad(self) -> usize {
        self.bad_called_good + self.bad_called_bad
    }

    /// J with its bound; `None` where people called nothing good, or nothing bad.
    fn quality(self) -> Option<JudgeQuality> {
        let good = Recognized::new(self.good_called_good, self.n_good()).ok()?;
        let bad = Recognized::new(self.bad_called_bad, self.n_bad()).ok()?;
        JudgeQuality::new(good, bad, ALPHA).ok()
    }
}

/// The slope of people's scores on the judge's.
fn weight(data_type: DataType, both: &[(f64, f64)]) -> Option<f64> {
    if !matches!(data_type, DataType::Binary | DataType::Fraction) {
        return None;
    }
    let n = count_to_f64(both.len());
    let mean = |of: fn(&(f64, f64)) -> f64| both.iter().map(of).sum::<f64>() / n;
    let (human, judge) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let covariance: f64 = both.iter().map(|(y, j)| (y - human) * (j - judge)).sum();
    let variance: f64 = both.iter().map(|(_, j)| (j - judge).powi(2)).sum();
    (variance > 0.0).then(|| (covariance / variance).clamp(0.0, 1.0))
}

fn measures(
    data_type: DataType,
    both: &[(f64, f64)],
    is_good: impl Fn(f64) -> bool,
) -> (Measure, Measure, Measure) {
    let ordinal = matches!(data_type, DataType::Ordinal { .. });
    let word = |value: f64| {
        if ordinal {
            value
        } else {
            f64::from(u8::from(is_good(value)))
        }
    };
    let rows = both
        .iter()
        .map(|(human, judge)| vec![Some(word(*human)), Some(word(*judge))]);
    let undefined = Measure {
        value: None,
        lower: None,
        upper: None,
    };
    let Ok(ratings) = Ratings::by_item(rows.collect()) else {
        return (undefined, undefined, undefined);
    };
    let (weighting, level) = if ordinal {
        (Weighting::Quadratic, Level::Ordinal)
    } else {
        (Weighting::Unweighted, Level::Nominal)
    };
    let kappa = |ratings: &Ratings| Ok(cohen_kappa(&Crosstable::of(ratings)?, weighting)?.value);
    (
        Measure::of(&ratings, kappa),
        Measure::of(&ratings, gwet_ac1),
        Measure::of(&ratings, |ratings| krippendorff_alpha(ratings, level)),
    )
}

fn people(joined: &Joined<'_>) -> Option<Measure> {
    let ratings = Ratings::by_item(joined.people.clone()).ok()?;
    let level = match joined.column.metric.data_type {
        DataType::Binary => Level::Nominal,
        DataType::Ordinal { .. } => Level::Ordinal,
        DataType::Fraction | DataType::Amount => Level::Interval,
    };
    Some(Measure::of(&ratings, |ratings| {
        krippendorff_alpha(ratings, level)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{
        good_from, join,
        join::tests::{labels, table},
    };

    /// So many of each: (human, judge).
    fn agreement(groups: &[(usize, f64, f64)]) -> Agreement {
        let of = |which: fn(&(usize, f64, f64)) -> f64| -> Vec<Option<f64>> {
            (groups.iter())
                .flat_map(|group| vec![Some(which(group)); group.0])
                .collect()
        };
        let table = table(&of(|group| group.2));
        let joined = join(&table, "groundedness", &labels(&of(|group| group.1))).unwrap();
        let from = good_from(&joined.column.metric).unwrap();
        Agreement::of(&joined, from)
    }

    #[test]
    fn rates_come_from_the_confusion_table() {
        let found = agreement(&[(60, 1.0, 1.0), (5, 1.0, 0.0), (3, 0.0, 1.0), (12, 0.0, 0.0)]);
        let sensitivity = found.sensitivity.unwrap();
        assert_eq!((sensitivity.hits, sensitivity.of), (60, 65));
        assert!(sensitivity.lower < sensitivity.value && sensitivity.value < sensitivity.upper);
        let specificity = found.specificity.unwrap();
        assert_eq!((specificity.hits, specificity.of), (12, 15));
        assert!((found.j.unwrap() - (60.0 / 65.0 + 0.8 - 1.0)).abs() < 1e-12);
        assert!(found.j_lower.unwrap() < found.j.unwrap());
        // By hand: observed 0.9, by chance (65·63 + 15·17) / 6400.
        let by_chance = 4350.0 / 6400.0;
        let kappa = found.kappa.value.unwrap();
        assert!((kappa - (0.9 - by_chance) / (1.0 - by_chance)).abs() < 1e-12);
        assert!(found.kappa.lower.unwrap() < kappa && kappa < found.kappa.upper.unwrap());
    }

    #[test]
    fn where_all_is_good_nothing_is_claimed_of_the_bad() {
        let found = agreement(&[(20, 1.0, 1.0)]);
        assert_eq!(
            (found.specificity, found.j, found.kappa.value),
            (None, None, None)
        );
        assert!((found.ac1.value.unwrap() - 1.0).abs() < 1e-12);
    }
}
