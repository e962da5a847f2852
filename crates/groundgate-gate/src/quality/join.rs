//! Finds the trials that labels speak of, and puts people's word beside the judge's.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{Cell, Column, DataType, MetricSpec, ScoreTable, meant},
    unit::count_to_f64,
};

use groundgate_stats::Observation;

use super::labels::{Label, Labels};

/// One answer with both words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The trial's place in the plan.
    pub trial: usize,
    /// What people said: their majority on a yes or no, else their mean or median.
    pub human: f64,
    /// What the judge said; `None` where it has no score.
    pub judge: Option<f64>,
}

/// Labels and scores of one metric together. Every label of the metric is in a pair or counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<'a> {
    /// The judge's scores, with who gave them.
    pub column: &'a Column,
    /// In plan order.
    pub pairs: Vec<Pair>,
    /// For answers that several people labelled: what each said, people in a fixed order.
    pub people: Vec<Vec<Option<f64>>>,
    /// Every labelled answer with what people said of it, those on which they are split (from the least to
    /// the most that it may be) and those of which the judge says that there is nothing to judge included.
    pub said: Vec<(usize, Observation)>,
    /// Labels of cases, attempts or runs that are not in the table.
    pub n_elsewhere: usize,
    /// Labels of answers that were not drawn at random.
    pub n_picked: usize,
    /// Answers on which people are split evenly.
    pub n_tied: usize,
    /// Labelled answers of which the judge says that there is nothing to judge.
    pub n_nothing: usize,
}

/// Why labels cannot be held against scores.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JoinError {
    /// The record does not measure it.
    #[error("the run does not measure `{0}`")]
    NotMeasured(String),
    /// It has no best value.
    #[error("`{0}` is an amount; judges are held against labels of scores only")]
    NotAScore(String),
    /// Its judge was asked mostly where a cheaper one is unsure.
    #[error(
        "the judge of `{0}` is asked where a cheaper one is unsure, not about every answer; hold the judge itself against labels: `rejudge` with a configuration without `after`"
    )]
    NotAsked(String),
    /// No label of it is about an answer of the table.
    #[error(
        "no label of `{metric}` is about an answer of the run ({n_elsewhere} are about others, {n_picked} were picked for a reason)"
    )]
    NoLabel {
        /// The metric.
        metric: String,
        /// Labels of the metric that name other cases, attempts or runs.
        n_elsewhere: usize,
        /// Labels of answers that were not drawn at random.
        n_picked: usize,
    },
    /// A label that the metric cannot take.
    #[error("the label {value} of case `{case}` is no value of `{metric}`")]
    OutOfRange {
        /// The case.
        case: String,
        /// The metric.
        metric: String,
        /// The label.
        value: f64,
    },
}

/// From this value on, a score counts as good: the scale's best, unless the caller knows better.
pub fn good_from(metric: &MetricSpec) -> Option<f64> {
    let (_, high) = metric.data_type.range();
    high
}

/// Puts the labels of a metric beside its scores.
pub fn join<'a>(
    table: &'a ScoreTable,
    metric: &str,
    labels: &Labels,
) -> Result<Joined<'a>, JoinError> {
    let column = table
        .columns
        .get(metric)
        .ok_or_else(|| JoinError::NotMeasured(metric.to_owned()))?;
    if good_from(&column.metric).is_none() {
        return Err(JoinError::NotAScore(metric.to_owned()));
    }
    let mut joined = Joined {
        column,
        pairs: Vec::new(),
        people: Vec::new(),
        said: Vec::new(),
        n_elsewhere: 0,
        n_picked: 0,
        n_tied: 0,
        n_nothing: 0,
    };
    let said = by_trial(table, metric, labels, &mut joined)?;
    let raters: Vec<&str> = {
        let mut names: Vec<&str> = said
            .values()
            .flat_map(|said| said.keys().copied())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    for (trial, said) in said {
        if said.len() > 1 {
            let row = raters.iter().map(|rater| said.get(rater).copied());
            joined.people.push(row.collect());
        }
        let values: Vec<f64> = said.into_values().collect();
        let (least, most) = consensus(column.metric.data_type, &values);
        joined.said.push((trial, between(least, most)));
        if column.metric.data_type == DataType::Binary && least < most {
            joined.n_tied += 1;
            continue;
        }
        let human = least;
        match column.cells.get(trial) {
            Some(Cell::NotApplicable) => joined.n_nothing += 1,
            Some(Cell::Scored(judge)) => joined.pairs.push(Pair {
                trial,
                human,
                judge: Some(*judge),
            }),
            Some(Cell::Unscored(_)) | None => joined.pairs.push(Pair {
                trial,
                human,
                judge: None,
            }),
        }
    }
    if joined.pairs.is_empty() && joined.n_tied + joined.n_nothing == 0 {
        return Err(JoinError::NoLabel {
            metric: metric.to_owned(),
            n_elsewhere: joined.n_elsewhere,
            n_picked: joined.n_picked,
        });
    }
    if column.cascade.is_some() {
        return Err(JoinError::NotAsked(metric.to_owned()));
    }
    Ok(joined)
}

/// By trial and rater; who labels an answer again has changed their mind.
fn by_trial<'l>(
    table: &ScoreTable,
    metric: &str,
    labels: &'l Labels,
    joined: &mut Joined<'_>,
) -> Result<BTreeMap<usize, BTreeMap<&'l str, f64>>, JoinError> {
    let places: BTreeMap<&str, usize> = (table.cases.iter().enumerate())
        .map(|(place, case)| (case.id.as_str(), place))
        .collect();
    let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
    let mut said: BTreeMap<usize, BTreeMap<&str, f64>> = BTreeMap::new();
    let measures = |name: &str| table.columns.contains_key(name);
    let all = labels.labels.iter();
    for label in all.filter(|label| meant(&label.metric, measures) == metric) {
        let place = places.get(label.case.as_str()).copied();
        let attempt = usize::try_from(label.attempt)
            .ok()
            .filter(|attempt| *attempt < attempts);
        let (Some(place), Some(attempt), true) = (place, attempt, is_of_run(&table.run_id, label))
        else {
            joined.n_elsewhere += 1;
            continue;
        };
        if !label.at_random {
            joined.n_picked += 1;
            continue;
        }
        if !can_be(joined.column.metric.data_type, label.value) {
            return Err(JoinError::OutOfRange {
                case: label.case.clone(),
                metric: metric.to_owned(),
                value: label.value,
            });
        }
        let trial = place.saturating_mul(attempts).saturating_add(attempt);
        said.entry(trial)
            .or_default()
            .insert(&label.rater, label.value);
    }
    Ok(said)
}

/// A beginning of a run's id that is shorter does not name it.
const ID_MIN: usize = 8;

pub(super) fn is_of_run(run_id: &str, label: &Label) -> bool {
    label.run.as_ref().is_none_or(|run| {
        let run = run.to_uppercase();
        run == run_id || (run.len() >= ID_MIN && run_id.starts_with(&run))
    })
}

/// Whether people can give the metric this value: between yes and no there is nothing.
fn can_be(data_type: DataType, value: f64) -> bool {
    let (low, high) = data_type.range();
    let is_inside = value >= low && high.is_none_or(|high| value <= high);
    is_inside && (data_type != DataType::Binary || value <= low || high == Some(value))
}

/// What several people say together: their majority or their mean; where they are split evenly, from the
/// least to the most that it may be.
fn consensus(data_type: DataType, values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let mean = sorted.iter().sum::<f64>() / count_to_f64(n.max(1));
    let middle = |place: usize| sorted.get(place).copied().unwrap_or(mean);
    match data_type {
        DataType::Binary | DataType::Ordinal { .. } => {
            (middle(n.saturating_sub(1) / 2), middle(n / 2))
        }
        DataType::Fraction | DataType::Amount => (mean, mean),
    }
}

fn between(least: f64, most: f64) -> Observation {
    if least < most {
        Observation::missing(least, most)
    } else {
        Observation::scored(least)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use groundgate_model::{
        trial::{CaseInfo, ControlCounts, InstrumentKind, Unscored},
        unit::Digest,
    };

    use super::*;

    /// A table of one binary metric, one attempt a case; `None` is unscored.
    pub(crate) fn table(scores: &[Option<f64>]) -> ScoreTable {
        let metric = MetricSpec::score("groundedness", DataType::Binary);
        let cells = scores
            .iter()
            .map(|score| score.map_or(Cell::Unscored(Unscored::NotRun), Cell::Scored));
        let cases = (0..scores.len()).map(|index| CaseInfo {
            id: format!("c{index}"),
            digest: Digest::of(b""),
            cluster: format!("c{index}"),
            tags: Arc::default(),
            critical: false,
            answerable: None,
        });
        ScoreTable {
            run_id: "01JQ8Z".to_owned(),
            variant: "v".to_owned(),
            eval_set_digest: Digest::of(b""),
            cases: cases.collect(),
            attempts: 1,
            columns: BTreeMap::from([(
                "groundedness".to_owned(),
                Column {
                    metric,
                    instrument: Digest::of(b"judge"),
                    instrument_name: "a judge".to_owned(),
                    instrument_kind: InstrumentKind::Model,
                    cells: cells.collect(),
                    up_to: BTreeMap::new(),
                    cascade: None,
                    controls: ControlCounts::default(),
                },
            )]),
            looks: None,
            repeats_itself: false,
            n_alike: 0,
            earlier_tries: Vec::new(),
        }
    }

    /// Labels of the metric, one a case, by one person.
    pub(crate) fn labels(values: &[Option<f64>]) -> Labels {
        let one = |(index, value): (usize, &Option<f64>)| {
            let value = (*value)?;
            Some(label(&format!("c{index}"), value, "ann"))
        };
        Labels {
            labels: values.iter().enumerate().filter_map(one).collect(),
            digest: Digest::of(b"labels"),
            form: "JSON Lines",
            n_without_value: 0,
            n_after_reveal: 0,
        }
    }

    pub(crate) fn label(case: &str, value: f64, rater: &str) -> Label {
        Label {
            case: case.to_owned(),
            attempt: 0,
            run: None,
            answer: None,
            metric: "groundedness".to_owned(),
            value,
            rater: rater.to_owned(),
            at_random: true,
        }
    }

    pub(crate) fn set(labels: Vec<Label>) -> Labels {
        Labels {
            labels,
            ..self::labels(&[])
        }
    }

    #[test]
    fn labels_under_a_metrics_old_name_are_its_own_unless_the_run_measures_both() {
        let mut table = table(&[Some(1.0), Some(0.0)]);
        let column = table.columns.remove("groundedness").unwrap();
        table
            .columns
            .insert("no_contradiction".to_owned(), column.clone());
        let old = Label {
            metric: "contradiction".to_owned(),
            ..label("c1", 0.0, "ann")
        };
        let labels = set(vec![old]);
        let joined = join(&table, "no_contradiction", &labels).unwrap();
        assert_eq!(joined.pairs.len(), 1);
        table.columns.insert("contradiction".to_owned(), column);
        assert!(join(&table, "no_contradiction", &labels).is_err());
        assert!(join(&table, "contradiction", &labels).is_ok());
    }

    #[test]
    fn every_label_is_in_a_pair_or_counted() {
        let table = table(&[Some(1.0), Some(0.0), None, Some(1.0)]);
        let elsewhere = Label {
            run: Some("01ZZ".to_owned()),
            ..label("c0", 1.0, "bob")
        };
        let picked = Label {
            at_random: false,
            ..label("c3", 0.0, "ann")
        };
        let this_run = Label {
            run: Some("01jq8z".to_owned()),
            ..label("c0", 1.0, "ann")
        };
        let labels = set(vec![
            this_run,
            elsewhere,
            label("c9", 1.0, "ann"),
            picked,
            label("c1", 1.0, "ann"),
            label("c1", 0.0, "bob"),
            label("c2", 1.0, "ann"),
        ]);
        let joined = join(&table, "groundedness", &labels).unwrap();
        let pairs: Vec<_> = (joined.pairs.iter())
            .map(|pair| (pair.trial, pair.human, pair.judge))
            .collect();
        assert_eq!(pairs, [(0, 1.0, Some(1.0)), (2, 1.0, None)]);
        let counted = (joined.n_elsewhere, joined.n_picked, joined.n_tied);
        assert_eq!(counted, (2, 1, 1));
        assert_eq!(joined.people, [[Some(1.0), Some(0.0)]]);
        let split = Observation::missing(0.0, 1.0);
        let said = [1.0, 0.0, 1.0].map(Observation::scored);
        assert_eq!(joined.said, [(0, said[0]), (1, split), (2, said[2])]);
    }

    #[test]
    fn people_who_are_split_evenly_say_from_the_least_to_the_most() {
        let ordinal = DataType::Ordinal { low: 1, high: 5 };
        for (data_type, values, expected) in [
            (DataType::Binary, &[1.0, 0.0, 1.0][..], (1.0, 1.0)),
            (DataType::Binary, &[1.0, 0.0], (0.0, 1.0)),
            (DataType::Binary, &[0.0, 0.0, 1.0, 1.0], (0.0, 1.0)),
            (DataType::Fraction, &[0.25, 0.75], (0.5, 0.5)),
            (ordinal, &[5.0, 1.0], (1.0, 5.0)),
            (ordinal, &[5.0, 1.0, 2.0], (2.0, 2.0)),
        ] {
            assert_eq!(consensus(data_type, values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_run_is_named_by_its_id_or_enough_of_it() {
        let names = |run: &str| {
            let label = Label {
                run: Some(run.to_owned()),
                ..label("c0", 1.0, "ann")
            };
            is_of_run("01JQ8ZABCD", &label)
        };
        assert!(names("01JQ8ZABCD") && names("01jq8zab"));
        assert!(!names("") && !names("01JQ8ZA") && !names("01JQ8ZAC"));
    }

    #[test]
    fn who_labels_again_has_changed_their_mind_and_the_majority_speaks() {
        let table = table(&[Some(1.0)]);
        let labels = set(vec![
            label("c0", 1.0, "ann"),
            label("c0", 0.0, "ann"),
            label("c0", 0.0, "bob"),
            label("c0", 1.0, "eve"),
        ]);
        let joined = join(&table, "groundedness", &labels).unwrap();
        assert!(joined.pairs[0].human.abs() < 1e-12);
    }

    #[test]
    fn labels_that_cannot_be_held_against_scores_say_why() {
        let table = table(&[Some(1.0)]);
        for (labels, metric, message) in [
            (
                set(vec![label("c0", 1.0, "")]),
                "tone",
                "does not measure `tone`",
            ),
            (
                set(vec![label("c7", 1.0, "")]),
                "groundedness",
                "1 are about others",
            ),
            (
                set(vec![label("c0", 5.0, "")]),
                "groundedness",
                "label 5 of case `c0`",
            ),
            (
                set(vec![label("c0", 0.5, "")]),
                "groundedness",
                "label 0.5 of case `c0`",
            ),
        ] {
            let error = join(&table, metric, &labels).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
