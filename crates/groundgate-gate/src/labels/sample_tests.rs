use groundgate_model::{
    exchange::FailureKind,
    trial::{DataType, Unscored},
};
use groundgate_stats::correction::LABELS_MIN;

use super::*;
use crate::tests::table;

fn labels(values: impl IntoIterator<Item = (usize, f64)>, planned: usize) -> HumanScores {
    let mut scores = HumanScores::new("labels.jsonl".to_owned());
    let given = values.into_iter();
    let given = given.map(|(trial, value)| (trial, Observation::scored(value)));
    scores.add("groundedness", planned, given);
    scores
}

fn good(trials: std::ops::Range<usize>) -> impl Iterator<Item = (usize, f64)> {
    trials.map(|trial| (trial, 1.0))
}

fn place(table: &ScoreTable, estimand: Estimand) -> Place<'_> {
    Place {
        table,
        column: &table.columns["groundedness"],
        estimand,
        slice: None,
    }
}

fn found(labels: &HumanScores, place: Place<'_>) -> Labelled {
    labels.labelled(place, None, &Statistics::default())
}

#[track_caller]
fn sample(labels: &HumanScores, place: Place<'_>) -> LabelledSample {
    match found(labels, place) {
        Labelled::Sample(sample, ..) => *sample,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(labels: &HumanScores, place: Place<'_>) -> String {
    match found(labels, place) {
        Labelled::Unusable(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn labelled_answers_rectify_the_judge_and_failures_count_as_bad() {
    let table = table("run", 100, |index| match index {
        0 => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
        1 => Cell::Unscored(Unscored::NotRun),
        2 => Cell::NotApplicable,
        _ => Cell::Scored(f64::from(u8::from(index % 2 == 0))),
    });
    let said = labels(good(0..40), 100);
    let sample = sample(&said, place(&table, Estimand::Suite));
    let n = (
        sample.human.len(),
        sample.rectifiers.len(),
        sample.judge_unlabelled.len(),
    );
    assert_eq!(n, (39, 39, 60), "all but the one that failed");
    let answered = (sample.answered.passes(), sample.answered.trials());
    assert_eq!(answered, (99, 100));
    let open = sample.rectifiers.iter().filter(|one| one.point().is_none());
    assert_eq!(open.count(), 2, "the ones that the judge did not score");
    assert!(sample.failed.abs() < 1e-12);
}

#[test]
fn what_people_found_where_the_judge_found_nothing_must_be_settled() {
    let nothing = |n| {
        table("run", 100, move |index| {
            if index < n {
                Cell::NotApplicable
            } else {
                Cell::Scored(1.0)
            }
        })
    };
    let said = labels(good(0..40), 100);
    let (two, three) = (nothing(2), nothing(3));
    assert_eq!(sample(&said, place(&two, Estimand::Suite)).human.len(), 40);
    let why = refused(&said, place(&three, Estimand::Suite));
    assert!(why.contains("people judged 3 answers"), "{why}");
    // What nobody labelled is left out, as without labels.
    let said = labels(good(50..100), 100);
    let sample = sample(&said, place(&nothing(30), Estimand::Suite));
    assert_eq!(
        (sample.human.len(), sample.judge_unlabelled.len()),
        (50, 20)
    );
}

#[test]
fn all_attempts_at_the_cases_of_a_cluster_are_one_unit() {
    let mut table = table("run", 40, |index| {
        Cell::Scored(f64::from(u8::from(index % 2 == 0)))
    });
    for (place, case) in table.cases.iter_mut().enumerate() {
        case.cluster = format!("ticket-{place}");
    }
    table.attempts = 2;
    let column = table.columns.get_mut("groundedness").unwrap();
    column.cells = [column.cells.clone(), column.cells.clone()].concat();
    // The first 60 trials are those of cases 0 to 29.
    let said = labels(good(0..60), 80);
    let of = |estimand| {
        let sample = sample(&said, place(&table, estimand));
        (sample.human.len(), sample.judge_unlabelled.len())
    };
    // Of clusters the judge's mean is over all of them.
    assert_eq!(of(Estimand::Population), (30, 40));
    assert_eq!(of(Estimand::Suite), (60, 20));
}

/// 50 questions of their own and 50 clusters of nine, of which a tenth of the answers is labelled: there
/// are six times as many clusters of nine among those with a label, and each still has one vote.
#[test]
fn large_clusters_have_no_more_votes_than_small_ones() {
    let mut table = table("run", 500, |_| Cell::Scored(1.0));
    for (place, case) in table.cases.iter_mut().enumerate() {
        case.cluster = if place < 50 {
            format!("single-{place}")
        } else {
            format!("nine-{}", place % 50)
        };
    }
    let (mut singles, mut nines) = (0, 0);
    for run in 0..40 {
        table.run_id = format!("run-{run}");
        let given = (0..500).filter(|trial| {
            let name = format!("{run}/{trial}");
            Digest::of(name.as_bytes()).fraction() < 0.1
        });
        // The small ones are bad, the large ones good.
        let given = given.map(|trial| (trial, f64::from(u8::from(trial >= 50))));
        let said = labels(given.collect::<Vec<_>>(), 500);
        let sample = sample(&said, place(&table, Estimand::Population));
        let bad = sample.human.iter().filter(|one| one.high() < 0.5).count();
        singles += bad;
        nines += sample.human.len() - bad;
    }
    let share = count_to_f64(singles) / count_to_f64(singles + nines);
    assert!((share - 0.5).abs() < 0.08, "{singles} {nines}");
    // Whole clusters, drawn as such, all count.
    let whole = (0..500).filter(|trial| *trial < 10 || trial % 50 < 10);
    let whole = labels(whole.map(|trial| (trial, 1.0)).collect::<Vec<_>>(), 500);
    assert_eq!(
        sample(&whole, place(&table, Estimand::Population))
            .human
            .len(),
        20
    );
}

#[test]
fn few_labels_and_labels_of_everything_stand_alone() {
    let table = table("run", 100, |_| Cell::Scored(1.0));
    let of = |n| sample(&labels(good(0..n), 100), place(&table, Estimand::Suite));
    for n in [1, LABELS_MIN - 1, 100] {
        let sample = of(n);
        assert_eq!((sample.human.len(), sample.judge_unlabelled.len()), (n, 0));
    }
    assert_eq!(of(LABELS_MIN).judge_unlabelled.len(), 70);
    // The more is labelled, the less the judge counts.
    let lambdas = [30, 50, 90].map(|n| of(n).lambda);
    assert!((lambdas[1] - 0.25).abs() < 1e-12, "{lambdas:?}");
    assert!(lambdas.is_sorted_by(|a, b| a > b));
}

#[test]
fn an_earlier_calibration_of_the_same_judge_weighs_it() {
    use crate::policy::CalibrationOrigin;
    use groundgate_stats::correction::Recognized;
    let table = table("run", 100, |index| {
        Cell::Scored(f64::from(u8::from(index % 3 != 0)))
    });
    let said = labels(good(0..50), 100);
    let rate = Recognized::new(90, 100).unwrap();
    let lambda = |judge: &str| {
        let known = JudgeCalibration {
            judge: judge.to_owned(),
            good: rate,
            bad: rate,
            origin: CalibrationOrigin {
                weight: Some(0.8),
                ..CalibrationOrigin::default()
            },
        };
        let at = place(&table, Estimand::Suite);
        match said.labelled(at, Some(&known), &Statistics::default()) {
            Labelled::Sample(sample, ..) => sample.lambda,
            other => panic!("{other:?}"),
        }
    };
    // As many answers with labels as without: half of it.
    let short = table.columns["groundedness"].instrument.short();
    assert!((lambda(&short) - 0.4).abs() < 1e-12);
    assert!((lambda("0123456789ab") - 0.5 * DEFAULT_LAMBDA).abs() < 1e-12);
}

#[test]
fn scores_of_any_scale_are_labelled_in_shares_of_it() {
    let mut table = table("run", 100, |_| Cell::Scored(5.0));
    let column = table.columns.get_mut("groundedness").unwrap();
    column.metric.data_type = DataType::Ordinal { low: 1, high: 5 };
    column.metric.direction = Direction::LowerIsBetter;
    column.up_to.insert(2, 1.0);
    let said = labels((0..40).map(|trial| (trial, 2.0)), 100);
    let place = place(&table, Estimand::Suite);
    let Labelled::Sample(sample, scale, n) = found(&said, place) else {
        panic!("a sample");
    };
    assert_eq!((n, scale), (40, Scale::new(1.0, 5.0).unwrap()));
    assert!((sample.human[0].low() - 0.25).abs() < 1e-12);
    assert!((sample.failed - 1.0).abs() < 1e-12, "less is better");
    // Votes of the third failed: its judge may have said anything.
    let third = sample.rectifiers[2];
    assert!((third.high() - third.low() - sample.lambda).abs() < 1e-12);
}

#[test]
fn a_slice_is_told_by_its_own_labels() {
    let table = table("run", 100, |_| Cell::Scored(1.0));
    let said = labels(good(0..10), 100);
    let slice = |places: &'static [usize]| Place {
        slice: Some(places),
        ..place(&table, Estimand::Suite)
    };
    assert_eq!(sample(&said, slice(&[8, 9, 10, 11])).human.len(), 2);
    let why = refused(&said, slice(&[10, 11, 12]));
    assert!(
        why.contains("none of the answers that this rule is about"),
        "{why}"
    );
    assert!(refused(&said, slice(&[1000])).contains("none of"));
}

#[test]
fn what_cannot_be_used_says_why_and_what_nobody_said_is_nothing() {
    let mut table = table("run", 100, |_| Cell::Scored(1.0));
    let nobody = HumanScores::new("labels.jsonl".to_owned());
    assert!(nobody.is_empty());
    assert_eq!(
        found(&nobody, place(&table, Estimand::Suite)),
        Labelled::Nothing
    );
    let mut told = nobody.clone();
    told.refuse("groundedness", "of another run".to_owned());
    assert_eq!(
        refused(&told, place(&table, Estimand::Suite)),
        "of another run"
    );
    assert!(!told.is_empty());
    let beyond = labels(good(100..200), 100);
    assert!(refused(&beyond, place(&table, Estimand::Suite)).contains("none of"));
    let sequential = labels(good(0..40), 100).of_sequential_run();
    assert!(refused(&sequential, place(&table, Estimand::Suite)).contains("sequential"));
    let column = table.columns.get_mut("groundedness").unwrap();
    column.metric.data_type = DataType::Amount;
    let said = labels(good(0..40), 100);
    assert!(refused(&said, place(&table, Estimand::Suite)).contains("is an amount"));
}
