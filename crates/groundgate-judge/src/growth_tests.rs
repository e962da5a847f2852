//! No check, reader or judge takes more than its share of time for a longer text, whatever its shape.
//!
//! Time is the thread's own on a processor, so that a busy machine does not matter, and the least of three.

use std::{hint::black_box, time::Duration};

use groundgate_model::{
    exchange::Answer,
    text::{apparatus, courtesy, fold, number, refusal},
};

use super::{
    Draw, OfflineJudge, Prepared, Subject, checks,
    embedded::EmbeddedJudge,
    prepare, sentences,
    test_values::{answer, bundled_spec, case},
};

/// Texts of which a long one is made, each a trap of a kind for one who looks at the rest again and again.
const SHAPES: [&str; 30] = [
    "a",
    "a.",
    "a ",
    "1",
    "1 ",
    "1,",
    "1.000,",
    "(",
    "[1]",
    "[",
    "@",
    "a@",
    "- ",
    "\n",
    "\n\n",
    "http://a/",
    "**",
    "<b>",
    "&amp;",
    "|",
    "not ",
    "a-b",
    "DE89 ",
    "+1 ",
    "\u{1f600}",
    "\u{e4}\u{308}",
    "``` ",
    "I cannot answer, ",
    "3 % of $5. ",
    "No fee is due.\n",
];
const SHORT: usize = 2_000;
const LONG: usize = 8 * SHORT;
/// Of time by length: 1 is linear. A little is left for caches and logarithms.
const MOST: f64 = 1.35;

/// The processor time of this thread, in seconds.
fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap().as_secs_f64()
}

fn least(text: &str, work: &dyn Fn(&str)) -> f64 {
    let times = (0..3).map(|_| {
        let before = now();
        work(text);
        now() - before
    });
    times.fold(f64::INFINITY, f64::min).max(20e-6)
}

/// The exponent of the growth from a short text of this shape to a long one.
fn exponent(shape: &str, work: &dyn Fn(&str)) -> f64 {
    let text = |length: usize| shape.repeat(length / shape.len());
    let (short, long) = (least(&text(SHORT), work), least(&text(LONG), work));
    (long / short).ln() / 8_f64.ln()
}

#[track_caller]
fn grows_like_its_input(name: &str, work: &dyn Fn(&str)) {
    work("warm"); // what is made once is not counted
    let steep: Vec<String> = SHAPES
        .iter()
        .map(|shape| (shape, exponent(shape, work)))
        .filter(|(_, exponent)| *exponent > MOST)
        .map(|(shape, exponent)| format!("{shape:?}: n^{exponent:.2}"))
        .collect();
    assert!(steep.is_empty(), "{name}: {}", steep.join(", "));
}

fn said(text: &str) -> Answer {
    answer(text, Some(&["No fee is due for a transfer.", text]))
}

#[test]
fn readers_of_text() {
    grows_like_its_input("fold", &|text| drop(black_box(fold::fold(text))));
    grows_like_its_input("numbers", &|text| drop(black_box(number::mentions(text))));
    grows_like_its_input("sentences", &|text| drop(black_box(sentences::split(text))));
    grows_like_its_input("refusal", &|text| {
        black_box(refusal::is_refusal(text));
    });
    grows_like_its_input("courtesy", &|text| {
        black_box(courtesy::is_courtesy(text));
    });
    grows_like_its_input("apparatus", &|text| {
        drop(black_box(apparatus::plain(text, &[])));
    });
}

/// Every sentence is compared with every passage: that product is not meant here.
#[test]
fn the_embedded_judge() {
    let judge = OfflineJudge::new(EmbeddedJudge::bundled().unwrap());
    let judge = |answer: Answer| {
        let case = case("Q?");
        drop(black_box(judge.judge(Subject {
            case: &case,
            answer: &answer,
        })));
    };
    grows_like_its_input("long passage", &|text| {
        judge(answer("No fee is due.", Some(&[text])));
    });
    grows_like_its_input("long answer", &|text| {
        judge(answer(text, Some(&["No fee is due."])));
    });
}

#[test]
fn the_call_of_a_judge() {
    let spec = bundled_spec("groundedness");
    grows_like_its_input("prepare", &|text| {
        let (case, answer) = (case("Q?"), said(text));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let draw = Draw {
            seed: b"seed",
            vote: 0,
        };
        match black_box(prepare(&spec, subject, draw)) {
            Prepared::Settled(_) | Prepared::Ask(_) | Prepared::Parts(_) => {}
        }
    });
}

#[test]
fn checks_of_answers() {
    for name in ["pii_leak", "refusal_correct", "answer_chars"] {
        grows_like_its_input(name, &|text| {
            black_box(checks::measure(&case("Q?"), &said(text), name));
        });
    }
}
