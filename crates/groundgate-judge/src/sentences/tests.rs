//! Texts cut into sentences.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &[&str]) {
    let found: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, expected, "in {text:?}");
}

#[test]
fn full_stops_inside_words_and_numbers_end_nothing() {
    check(
        "It costs 3.5 USD. Then 1,000.50 more.",
        &["It costs 3.5 USD.", "Then 1,000.50 more."],
    );
    check(
        "Mr. Smith met Dr. J. K. Rowling. They ate.",
        &["Mr. Smith met Dr. J. K. Rowling.", "They ate."],
    );
    check(
        "Use approx. 3 cups, e.g. Flour. Stir.",
        &["Use approx. 3 cups, e.g. Flour.", "Stir."],
    );
    check(
        "See No. 5 first. No. That is wrong.",
        &["See No. 5 first.", "No.", "That is wrong."],
    );
    check(
        "Go to https://a.example/b.html?x=1. Sign in.",
        &["Go to https://a.example/b.html?x=1.", "Sign in."],
    );
    check(
        "He lives in the U.S. The house is old.",
        &["He lives in the U.S.", "The house is old."],
    );
    check(
        "Take vitamin C. The dose is low.",
        &["Take vitamin C.", "The dose is low."],
    );
    check(
        "It began in 2020. Then it grew.",
        &["It began in 2020.", "Then it grew."],
    );
}

#[test]
fn lists_tables_and_code_keep_their_shape() {
    check(
        "Steps:\n1. Open it. Wait.\n2. Close it\n\n- last",
        &["Steps:", "1. Open it.", "Wait.", "2. Close it", "- last"],
    );
    check(
        "| a | b |\n|---|---|\n| 1. x | 2 |",
        &["| a | b |\n|---|---|", "| 1. x | 2 |"],
    );
    check(
        "Run:\n```\nx = 1. y\n\nz! Q\n```\nDone.",
        &["Run:", "```\nx = 1. y\n\nz! Q\n```", "Done."],
    );
    check(
        "# Title\nBody text\nthat is wrapped. More.",
        &["# Title", "Body text\nthat is wrapped.", "More."],
    );
}

#[test]
fn citations_stay_with_their_sentence() {
    check(
        "It is so. [1] And so.[2][3] End [4].",
        &["It is so. [1]", "And so.[2][3]", "End [4]."],
    );
    check(
        "It is so.¹ And so.²³ End.",
        &["It is so.¹", "And so.²³", "End."],
    );
    check(
        "It is so. (faq-12) Next one.",
        &["It is so. (faq-12)", "Next one."],
    );
    check(
        "It is so. (See below) Next.",
        &["It is so.", "(See below) Next."],
    );
    check(
        "Covered. [Plan.pdf#page=4] Not that.",
        &["Covered. [Plan.pdf#page=4]", "Not that."],
    );
}

#[test]
fn quotes_ellipses_and_other_scripts_are_understood() {
    check(
        "He said \"Stop.\" Then left.",
        &["He said \"Stop.\"", "Then left."],
    );
    check(
        "Wait... what? Yes... No!",
        &["Wait... what?", "Yes...", "No!"],
    );
    check("“Help!” he cried.", &["“Help!” he cried."]);
    check(
        "今日は晴れ。明日は雨！本当？",
        &["今日は晴れ。", "明日は雨！", "本当？"],
    );
    check("यह है। वह था।", &["यह है।", "वह था।"]);
    check("هل هذا؟ نعم۔", &["هل هذا؟", "نعم۔"]);
    check(
        "all lower. second one . third",
        &["all lower.", "second one .", "third"],
    );
    check("", &[]);
    check(" \n ", &[]);
    check("***", &["***"]);
    check("---\nText", &["---\nText"]);
}

proptest! {
    #[test]
    fn every_visible_character_is_in_exactly_one_sentence(
        text in "([a-zA-Z0-9éß漢。؟ \\n.!?…\"'()\\[\\]|`~#*•-]|Mr\\.|\\[1\\]|```\\n|\\r\\n|\\u{a0}){0,60}"
    ) {
        let ranges = split(&text);
        let mut end = 0;
        for range in &ranges {
            prop_assert!(range.start >= end && range.end > range.start);
            let gap = text.get(end..range.start);
            prop_assert!(gap.is_some_and(|gap| gap.trim().is_empty()), "lost {gap:?}");
            let piece = text.get(range.clone()).unwrap();
            prop_assert_eq!(piece, piece.trim());
            end = range.end;
        }
        prop_assert!(text[end..].trim().is_empty());
    }
}

#[test]
fn abbreviations_dates_and_counters_of_other_languages_end_nothing() {
    for (text, expected) in [
        (
            "Die Frist endet am 3. Oktober 2025. Danach ist es zu spät.",
            2,
        ),
        (
            "Ab dem 12. Mai gilt es. Bis zum 1. Juni ist Zeit. Es ist der 5. Die Frist läuft.",
            4,
        ),
        ("Sie spielt in der 2. Bundesliga. Er nicht.", 2),
        ("Es dauert zwischen 3 und 5. Danach ist Schluss.", 2),
        (
            "Das gilt z. B. für Karten, d. h. auch für Kreditkarten bzw. Debitkarten.",
            1,
        ),
        (
            "Das gilt z. B. Karten und d. h. Kreditkarten, u. a. Debitkarten.",
            1,
        ),
        (
            "Es kostet ca. 83 Mio. Euro bzw. 5 Mrd. Dollar. Das sind rd. 2 Tsd. Fälle.",
            2,
        ),
        ("Es kostet 5 Mio. Die Summe steigt.", 2),
        (
            "Siehe Art. 5 Abs. 2 Nr. 3 der Verordnung, Ziff. 4 und Kap. 2. Sie gilt.",
            2,
        ),
        ("Der Preis gilt inkl. MwSt. und zzgl. Versand.", 1),
        ("値は３．１４です。次です。", 2),
        ("費用は１．５％です。", 1),
        ("「手数料は5円です。」と書かれています。次です。", 2),
        ("彼は「はい。」 それだけ。", 2),
        (
            "¿Cuánto tarda? La Sra. García lo confirmó. El Sr. López también.",
            3,
        ),
        ("M. Dupont l'a confirmé à 17 h 30. Mme. Martin aussi.", 2),
        ("The fee is... 5 EUR. It takes 14 days…", 2),
        ("Wait... 5 minutes. Yes… No.", 3),
        ("Pay by 1. Cash 2. Card 3. Transfer.", 1),
        (
            "The steps are: 1. Open the app. 2. Tap Cards. 3. Choose Block.",
            3,
        ),
        ("It is version 2. It is new.", 2),
        ("✅ 1. Open the app.", 1),
        ("The limit is 5. Transfers are free.", 2),
        (
            "Refunds are paid by Harbor Inc. within 14 days, i.e. by bank transfer.",
            1,
        ),
    ] {
        assert_eq!(split(text).len(), expected, "{text}: {:?}", shown(text));
    }
}

fn shown(text: &str) -> Vec<&str> {
    split(text).into_iter().map(|range| &text[range]).collect()
}
