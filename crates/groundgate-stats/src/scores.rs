//! A list of scores, row by row, as a notebook or another tool has it: from rows to the observations
//! that the claim is about.
//!
//! The command that lends this engine to notebooks calls it. Gates have their own way from a record
//! to observations, which knows why a score is missing; here a missing score is only missing, and
//! could be anything.

use std::collections::BTreeMap;

use crate::{
    error::StatsError,
    estimate::Unit,
    interval::cluster::Clusters,
    observation::{Observation, Scale},
};

/// What values a score takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScoreType {
    /// 0 or 1.
    Binary,
    /// Any number on the scale.
    Bounded(Scale),
    /// A whole number on the scale.
    Ordinal(Scale),
    /// Not negative, without an upper end.
    Amount,
}

impl ScoreType {
    /// The scale; none for amounts.
    pub const fn scale(self) -> Option<Scale> {
        match self {
            Self::Binary => Some(Scale::UNIT),
            Self::Bounded(scale) | Self::Ordinal(scale) => Some(scale),
            Self::Amount => None,
        }
    }

    /// Why `value` is not of this type; nothing if it is.
    pub fn refusal(self, value: f64) -> Option<String> {
        let is_whole = value.fract().abs() <= 0.0;
        let on = |scale: Scale| value >= scale.low() && value <= scale.high();
        let wanted = match self {
            Self::Binary if is_whole && on(Scale::UNIT) => return None,
            Self::Bounded(scale) if on(scale) => return None,
            Self::Ordinal(scale) if is_whole && on(scale) => return None,
            Self::Amount if value >= 0.0 && value.is_finite() => return None,
            Self::Binary => "0 or 1".to_owned(),
            Self::Bounded(scale) => format!("from {} to {}", scale.low(), scale.high()),
            Self::Ordinal(scale) => {
                format!("a whole number from {} to {}", scale.low(), scale.high())
            }
            Self::Amount => "a finite number from 0 on".to_owned(),
        };
        Some(format!("{value} is not {wanted}"))
    }

    /// What a score shows; a missing one may be anything on the scale.
    pub fn observation(self, score: Option<f64>) -> Observation {
        let (low, high) = self
            .scale()
            .map_or((0.0, f64::INFINITY), |scale| (scale.low(), scale.high()));
        score.map_or_else(|| Observation::missing(low, high), Observation::scored)
    }
}

/// One attempt at one case.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// The question's name.
    pub case: String,
    /// Cases with the same cluster are not independent; none: the case is its own.
    pub cluster: Option<String>,
    /// The candidate's score; none where it is missing.
    pub score: Option<f64>,
    /// The baseline's score of the same attempt; none where it is missing.
    pub baseline: Option<f64>,
}

/// Whose scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The candidate's.
    Candidate,
    /// The baseline's.
    Baseline,
    /// Candidate − baseline, row by row.
    Difference,
}

/// Rows by case and cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreList {
    score_type: ScoreType,
    /// Per cluster, per case: the rows, in the order given.
    clusters: BTreeMap<String, BTreeMap<String, Vec<ScoreRow>>>,
}

impl ScoreList {
    /// Groups rows whose scores are of `score_type`.
    pub fn new(score_type: ScoreType, rows: impl IntoIterator<Item = ScoreRow>) -> Self {
        let mut clusters: BTreeMap<String, BTreeMap<String, Vec<ScoreRow>>> = BTreeMap::new();
        for row in rows {
            // A case that names no cluster must not fall in with one of its own name.
            let cluster = match &row.cluster {
                Some(name) => format!("cluster {name}"),
                None => format!("case {}", row.case),
            };
            let cases = clusters.entry(cluster).or_default();
            cases.entry(row.case.clone()).or_default().push(row);
        }
        Self {
            score_type,
            clusters,
        }
    }

    /// How many cases there are.
    pub fn n_cases(&self) -> usize {
        self.clusters.values().map(BTreeMap::len).sum()
    }

    /// How many clusters there are; a case without one counts as one.
    pub fn n_clusters(&self) -> usize {
        self.clusters.len()
    }

    /// The most attempts at one case.
    pub fn attempts(&self) -> usize {
        let attempts = self.clusters.values().flat_map(BTreeMap::values);
        attempts.map(Vec::len).max().unwrap_or(0)
    }

    /// How many rows have no score on `side`; a difference needs both.
    pub fn n_missing(&self, side: Side) -> usize {
        self.rows()
            .filter(|row| self.observe(row, side).point().is_none())
            .count()
    }

    /// One observation per row: the claim is about these very questions.
    pub fn runs(&self, side: Side) -> Vec<Observation> {
        self.rows().map(|row| self.observe(row, side)).collect()
    }

    /// One observation per cluster, every one counting the same, each the mean of its cases' means:
    /// the claim is about the population. With the unit: questions where no cluster has two.
    pub fn population(&self, side: Side) -> (Vec<Observation>, Unit) {
        let of_case = |rows: &Vec<ScoreRow>| {
            let runs: Vec<_> = rows.iter().map(|row| self.observe(row, side)).collect();
            Observation::mean(&runs)
        };
        let of_cluster = |cases: &BTreeMap<String, Vec<ScoreRow>>| {
            let means: Vec<_> = cases.values().filter_map(of_case).collect();
            Observation::mean(&means)
        };
        let unit = if self.clusters.values().any(|cases| cases.len() > 1) {
            Unit::Cluster
        } else {
            Unit::Question
        };
        (
            self.clusters.values().filter_map(of_cluster).collect(),
            unit,
        )
    }

    /// How the questions' means hang together, for display: of what was scored on `side`.
    pub fn clustering(&self, side: Side) -> Result<Clusters, StatsError> {
        let means = self.clusters.iter().flat_map(|(name, cases)| {
            cases.values().filter_map(move |rows| {
                let runs: Vec<_> = rows.iter().map(|row| self.observe(row, side)).collect();
                Some((name, Observation::mean(&runs)?.point()?))
            })
        });
        Clusters::new(means)
    }

    fn rows(&self) -> impl Iterator<Item = &ScoreRow> {
        self.clusters.values().flat_map(BTreeMap::values).flatten()
    }

    fn observe(&self, row: &ScoreRow, side: Side) -> Observation {
        let candidate = self.score_type.observation(row.score);
        let baseline = self.score_type.observation(row.baseline);
        match side {
            Side::Candidate => candidate,
            Side::Baseline => baseline,
            Side::Difference => candidate.minus(baseline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(case: &str, cluster: Option<&str>, score: Option<f64>, baseline: f64) -> ScoreRow {
        ScoreRow {
            case: case.to_owned(),
            cluster: cluster.map(str::to_owned),
            score,
            baseline: Some(baseline),
        }
    }

    fn list() -> ScoreList {
        let rows = [
            row("a", Some("x"), Some(1.0), 1.0),
            row("a", Some("x"), Some(0.0), 1.0),
            row("b", Some("x"), Some(1.0), 1.0),
            row("x", None, None, 0.5),
        ];
        ScoreList::new(ScoreType::Bounded(Scale::UNIT), rows)
    }

    #[test]
    fn every_row_counts_for_the_suite_and_every_cluster_once_for_the_population() {
        let list = list();
        assert_eq!(
            (list.n_cases(), list.n_clusters(), list.attempts()),
            (3, 2, 2)
        );
        assert_eq!(list.runs(Side::Candidate).len(), 4);
        let (clusters, unit) = list.population(Side::Candidate);
        assert_eq!(unit, Unit::Cluster);
        assert_eq!(
            clusters,
            [Observation::missing(0.0, 1.0), Observation::scored(0.75)]
        );
    }

    #[test]
    fn a_missing_score_could_be_anything_and_is_counted() {
        let list = list();
        assert_eq!(list.n_missing(Side::Candidate), 1);
        assert_eq!(list.n_missing(Side::Baseline), 0);
        assert_eq!(list.n_missing(Side::Difference), 1);
        let differences = list.runs(Side::Difference);
        assert!(differences.contains(&Observation::missing(-0.5, 0.5)));
    }

    /// The mean within the case first, so that b counts as much as a; x has no score.
    #[test]
    fn clustering_is_that_of_the_scored_questions_means() {
        let clusters = |side| list().clustering(side).unwrap();
        let candidate = Clusters::new([("x", 0.5), ("x", 1.0)]).unwrap();
        assert_eq!(clusters(Side::Candidate), candidate);
        let baseline = Clusters::new([("one", 0.5), ("two", 1.0), ("two", 1.0)]).unwrap();
        assert_eq!(clusters(Side::Baseline), baseline);
    }

    #[test]
    fn questions_that_stand_alone_are_the_unit() {
        let rows = [
            row("a", None, Some(1.0), 0.0),
            row("a", None, Some(0.0), 0.0),
            row("b", Some("y"), Some(1.0), 0.0),
        ];
        let list = ScoreList::new(ScoreType::Binary, rows);
        let (questions, unit) = list.population(Side::Candidate);
        assert_eq!(unit, Unit::Question);
        assert_eq!(questions, [0.5, 1.0].map(Observation::scored));
        assert_eq!(
            list.population(Side::Baseline).0,
            [0.0, 0.0].map(Observation::scored)
        );
    }

    #[test]
    fn a_missing_amount_has_no_upper_end() {
        assert_eq!(ScoreType::Amount.scale(), None);
        assert_eq!(ScoreType::Binary.scale(), Some(Scale::UNIT));
        let list = ScoreList::new(ScoreType::Amount, [row("a", None, None, 2.0)]);
        let missing = Observation::missing(0.0, f64::INFINITY);
        assert_eq!(list.runs(Side::Candidate), [missing]);
        assert_eq!(ScoreList::new(ScoreType::Amount, []).attempts(), 0);
    }

    #[test]
    fn refusals_say_what_is_wanted() {
        let five = Scale::new(1.0, 5.0).unwrap();
        for (score_type, words) in [
            (ScoreType::Binary, "0.5 is not 0 or 1"),
            (ScoreType::Bounded(five), "0.5 is not from 1 to 5"),
            (
                ScoreType::Ordinal(five),
                "0.5 is not a whole number from 1 to 5",
            ),
        ] {
            assert_eq!(score_type.refusal(0.5).unwrap(), words);
        }
        assert_eq!(
            ScoreType::Amount.refusal(-0.5).unwrap(),
            "-0.5 is not a finite number from 0 on"
        );
    }

    #[test]
    fn values_of_another_type_are_refused() {
        let five = Scale::new(1.0, 5.0).unwrap();
        for (score_type, good, bad) in [
            (ScoreType::Binary, 1.0, 0.5),
            (ScoreType::Bounded(Scale::UNIT), 0.5, 1.000_001),
            (ScoreType::Binary, 0.0, 2.0),
            (ScoreType::Binary, 1.0, -1.0),
            (ScoreType::Bounded(five), 4.5, 0.0),
            (ScoreType::Bounded(five), 1.0, 0.999_999),
            (ScoreType::Bounded(five), 5.0, 5.000_001),
            (ScoreType::Ordinal(five), 5.0, 4.5),
            (ScoreType::Ordinal(five), 1.0, 0.0),
            (ScoreType::Ordinal(five), 3.0, 6.0),
            (ScoreType::Amount, 1e9, -1.0),
            (ScoreType::Amount, 0.0, -1e-300),
        ] {
            assert_eq!(score_type.refusal(good), None, "{score_type:?} {good}");
            for value in [bad, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert!(
                    score_type.refusal(value).is_some(),
                    "{score_type:?} {value}"
                );
            }
        }
    }
}
