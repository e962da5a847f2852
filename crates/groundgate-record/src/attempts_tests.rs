//! Records of several attempts at each case: places, texts and controls are those of the right trial.

use std::{collections::BTreeSet, path::Path};

use groundgate_model::{
    eval_set::load,
    exchange::{Answer, Ending, Timing, Usage},
    trial::{
        Call, CallKey, Callee, ControlFinding, ControlKind, DataType, InstrumentKind, MetricSpec,
        Outcome, Reply, Score, Trial, Unscored,
    },
    unit::{Digest, Usd},
};

use super::{tests::header, *};

fn metric() -> MetricSpec {
    MetricSpec::score("m", DataType::Fraction)
}

fn two_attempts() -> Header {
    Header {
        attempts: 2,
        metrics: vec![MetricSource {
            metric: metric(),
            instrument: Digest::of(b"j"),
            instrument_name: "j".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cascade: None,
        }],
        ..header()
    }
}

fn answer(text: &str) -> Answer {
    Answer {
        text: text.to_owned(),
        passages: None,
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        ending: Ending::Complete,
        thinking: None,
        timing: Timing::default(),
    }
}

/// One control of a call, hard and right.
fn control(round: u32, call_counts: bool) -> ControlFinding {
    ControlFinding {
        callee: Callee::Judge("j".to_owned()),
        instrument: Digest::of(b"j"),
        vote: 0,
        round,
        kind: ControlKind::Number,
        is_right: true,
        call_counts,
    }
}

fn trial(place: usize, outcome: Outcome, controls: Vec<ControlFinding>) -> Trial {
    Trial {
        case_index: place / 2,
        attempt: u32::try_from(place % 2).unwrap(),
        answer: Ok(answer("")),
        outcomes: [("m".to_owned(), outcome)].into(),
        controls,
    }
}

fn scored() -> Outcome {
    Outcome::Scored(Score::new(&metric(), 0.5, String::new()).unwrap())
}

fn unscored() -> Outcome {
    Outcome::Unscored(Unscored::ReplyMalformed("no".into()))
}

fn call(trial: usize, text: &str) -> Call {
    Call {
        key: CallKey {
            trial,
            callee: Callee::Copilot,
            vote: 0,
            round: 0,
        },
        request: None,
        result: Ok(Reply::Answer(answer(text))),
        booked: Usd::ZERO,
    }
}

/// A record of three cases, `a` to `c`, that is begun.
fn begun(path: &Path) -> Writer {
    let lines: Vec<String> = ["a", "b", "c"]
        .map(|id| format!(r#"{{"id": "{id}", "question": "What of {id}?"}}"#))
        .to_vec();
    let cases = load("set.jsonl", lines.join("\n").as_bytes())
        .unwrap()
        .cases;
    Writer::create(path, &two_attempts(), &cases).unwrap()
}

#[test]
fn a_text_is_found_in_the_case_of_every_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let mut writer = begun(&path);
    let calls = [call(1, "Five days."), call(4, "Seven \"Days\".")];
    writer.append(&calls, &[]).unwrap();
    let reader = Reader::open(&path).unwrap();
    for (text, places) in [
        ("five", &[0][..]),
        ("DAYS", &[0, 2]),
        ("\"days\"", &[2]),
        ("what of b", &[1]),
        ("nowhere", &[]),
    ] {
        let expected: BTreeSet<usize> = places.iter().copied().collect();
        assert_eq!(reader.find_text(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn answers_are_told_apart_by_case_and_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let mut writer = begun(&path);
    writer
        .append(&[call(2, "one"), call(3, "two"), call(5, "three")], &[])
        .unwrap();
    let digests = Reader::open(&path).unwrap().answer_digests().unwrap();
    let expected = [("b", 0, "one"), ("b", 1, "two"), ("c", 1, "three")]
        .map(|(case, attempt, text)| ((case.to_owned(), attempt), Digest::of(text.as_bytes())));
    assert_eq!(digests, expected.into());
}

#[test]
fn what_is_without_a_score_is_listed_in_the_order_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let mut writer = begun(&path);
    let trials = [4, 0, 3, 1].map(|place| {
        let outcome = if place == 1 { scored() } else { unscored() };
        trial(place, outcome, Vec::new())
    });
    writer.append(&[], &trials).unwrap();
    let reader = Reader::open(&path).unwrap();
    let listed = |n| -> Vec<usize> {
        let first = reader.first_unscored(n).unwrap();
        first.into_iter().map(|(trial, _)| trial).collect()
    };
    assert_eq!(listed(9), [0, 3, 4]);
    assert_eq!(listed(2), [0, 3]);
}

/// Else a failure that is asked again would count its controls twice, and the judge be measured by calls that
/// are no more.
#[test]
fn controls_go_with_the_trial_that_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.sqlite");
    let mut writer = begun(&path);
    let trials = [
        trial(0, scored(), vec![control(0, true)]),
        trial(1, unscored(), vec![control(0, false), control(100, false)]),
    ];
    writer.append(&[], &trials).unwrap();
    let counts = || {
        let table = Reader::open(&path).unwrap().score_table().unwrap();
        table.columns["m"].controls
    };
    assert_eq!((counts().calls, counts().calls_failed), (3, 2));
    assert_eq!(counts().unsupported, 1, "hard ones of calls that count");
    writer.forget_failures().unwrap();
    assert_eq!((counts().calls, counts().calls_failed), (1, 0));
    let again = trial(1, scored(), vec![control(0, true)]);
    writer.append(&[], &[again]).unwrap();
    assert_eq!((counts().calls, counts().calls_failed), (2, 0));
    assert_eq!((counts().unsupported, counts().unsupported_right), (2, 2));
}

#[test]
fn a_run_repeats_itself_where_more_than_half_of_its_questions_get_the_same_words() {
    for (texts, repeats) in [
        (&[(0, "x"), (1, "x"), (2, "y"), (3, "z")][..], false),
        (
            &[(0, "x"), (1, " x "), (2, "y"), (3, "y"), (4, "y"), (5, "z")],
            true,
        ),
        // What was answered once says nothing.
        (&[(0, "x"), (2, "x"), (4, "y"), (5, "z")], false),
        (&[(0, "x"), (1, "x"), (2, "x")], true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.sqlite");
        let calls: Vec<Call> = texts
            .iter()
            .map(|(place, text)| call(*place, text))
            .collect();
        begun(&path).append(&calls, &[]).unwrap();
        let table = Reader::open(&path).unwrap().score_table().unwrap();
        assert_eq!(table.repeats_itself, repeats, "{texts:?}");
    }
}

/// A record that is taken away was a try all the same, also where a look decided early.
#[test]
fn what_came_to_its_end_is_remembered_with_its_plan() {
    for (status, is_finished) in [
        (Status::Complete, true),
        (Status::Decided, true),
        (Status::Interrupted, false),
        (Status::OutOfBudget, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.sqlite");
        begun(&path).finish(status).unwrap();
        std::fs::remove_file(&path).unwrap();
        let plan = two_attempts().plan_digest;
        let finished = sequence_finished(folder.path(), plan).unwrap();
        assert_eq!(finished.len(), usize::from(is_finished), "{status:?}");
        let other = sequence_finished(folder.path(), Digest::of(b"other")).unwrap();
        assert_eq!(other, Vec::<String>::new());
        assert_eq!(sequence(folder.path()).unwrap(), ["r.sqlite"]);
    }
}
