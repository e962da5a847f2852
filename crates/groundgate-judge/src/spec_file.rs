//! Reads a judge's spec from TOML: strictly, and with all mistakes at once.

use groundgate_model::diagnostic::{Mistake, Mistakes};
use toml::de::{DeTable, DeValue};

use super::{
    prompt,
    spec::{
        ClaimLevel, JudgeSpec, JudgedMetric, LabelSpec, Limits, LongContext, Mode, NothingToJudge,
        OnMalformed, PassageOrder, Reading, Sampling, VOTES_MAX,
    },
    spec_labels::{check_ordinal_votes, read_labels, read_metrics, read_name},
    template::{self, Part, Templates},
    toml_section::{Reader, Section, named, number, whole},
};

const SCHEMA: &str = "groundgate.judge/1";

const KEYS: [&str; 16] = [
    "schema",
    "name",
    "version",
    "mode",
    "votes",
    "votes-needed",
    "nothing-to-judge",
    "malformed",
    "passage-order",
    "about-refusals",
    "claims",
    "metrics",
    "labels",
    "templates",
    "sampling",
    "limits",
];

impl JudgeSpec {
    /// Reads a spec; `file` is its name for messages, `source` its text.
    pub fn parse(file: &str, source: &str) -> Result<Self, Mistakes> {
        let table = DeTable::parse(source).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Mistakes(vec![Mistake::at(file, source, offset, error.message())])
        })?;
        let mut reader = Reader {
            file,
            source,
            mistakes: Vec::new(),
        };
        let root = Section {
            table: table.get_ref(),
            span: 0..0,
            name: String::new(),
        };
        let spec = read_spec(&mut reader, &root);
        match spec {
            Some(spec) if reader.mistakes.is_empty() => Ok(spec),
            _ => Err(Mistakes(reader.mistakes)),
        }
    }
}

fn read_spec(reader: &mut Reader<'_>, root: &Section<'_>) -> Option<JudgeSpec> {
    root.only(reader, &KEYS);
    root.must(reader, "schema", &format!("`{SCHEMA}`"), |value| {
        value.as_str().filter(|schema| *schema == SCHEMA)
    });
    let name = read_name(reader, root);
    let version = root.must(reader, "version", "a whole number from 1", |value| {
        whole::<u32>(value).filter(|version| *version >= 1)
    });
    let modes = Mode::ALL.map(|mode| (mode.name(), mode));
    let names = Mode::ALL.map(|mode| format!("`{}`", mode.name()));
    let mode = root.must(reader, "mode", &names.join(" or "), |value| {
        named(value, modes)
    });
    let (votes, votes_needed) = read_votes(reader, root);
    let nothing_to_judge = read_nothing_to_judge(reader, root);
    let on_malformed = read_on_malformed(reader, root);
    let passage_order = read_passage_order(reader, root);
    let about_refusals = root.may(
        reader,
        "about-refusals",
        "`true` or `false`",
        DeValue::as_bool,
    );
    let claims = read_claim_level(reader, root);
    let sampling = read_sampling(reader, root);
    let limits = read_limits(reader, root);
    let mode = mode?;
    let metrics = read_metrics(reader, root, mode);
    check_ordinal_votes(reader, root, &metrics, votes);
    if mode != Mode::Claims && limits.long_context == LongContext::SeveralCalls {
        let message = "only the labels of claims can be joined over several calls";
        reader.at(root.offset("limits"), message);
    }
    check_claim_level(reader, root, (mode, claims), &metrics);
    if mode == Mode::Pairwise && !votes.is_multiple_of(2) {
        let message = "a pairwise judge needs an even number of `votes`: both orders equally often";
        reader.at(root.offset("votes"), message);
    }
    let labels = read_labels(reader, root, mode, metrics.first());
    let templates = read_templates(reader, root, mode)?;
    let system = system_message(reader, root, &templates, (mode, &labels, limits))?;
    Some(JudgeSpec {
        name: name?.to_owned(),
        version: version?,
        mode,
        metrics,
        labels,
        templates,
        system,
        sampling: sampling?,
        votes,
        votes_needed,
        limits,
        nothing_to_judge,
        on_malformed,
        passage_order,
        claims,
        about_refusals: about_refusals.unwrap_or(false),
    })
}

fn read_nothing_to_judge(reader: &mut Reader<'_>, root: &Section<'_>) -> NothingToJudge {
    let choices = [
        ("not-applicable", NothingToJudge::NotApplicable),
        ("worst", NothingToJudge::Worst),
    ];
    root.may(
        reader,
        "nothing-to-judge",
        "`not-applicable` or `worst`",
        |value| named(value, choices),
    )
    .unwrap_or(NothingToJudge::NotApplicable)
}

fn read_on_malformed(reader: &mut Reader<'_>, root: &Section<'_>) -> OnMalformed {
    let choices = [
        ("ask-once-more", OnMalformed::AskOnceMore),
        ("unscored", OnMalformed::Unscored),
    ];
    root.may(
        reader,
        "malformed",
        "`ask-once-more` or `unscored`",
        |value| named(value, choices),
    )
    .unwrap_or(OnMalformed::AskOnceMore)
}

fn read_passage_order(reader: &mut Reader<'_>, root: &Section<'_>) -> PassageOrder {
    let choices = [
        ("shuffled", PassageOrder::Drawn),
        ("as-given", PassageOrder::AsGiven),
    ];
    root.may(
        reader,
        "passage-order",
        "`shuffled` or `as-given`",
        |value| named(value, choices),
    )
    .unwrap_or(PassageOrder::Drawn)
}

fn read_claim_level(reader: &mut Reader<'_>, root: &Section<'_>) -> ClaimLevel {
    let choices = [
        ("sentences", ClaimLevel::Sentences),
        ("atomic", ClaimLevel::Atomic),
    ];
    root.may(reader, "claims", "`sentences` or `atomic`", |value| {
        named(value, choices)
    })
    .unwrap_or(ClaimLevel::Sentences)
}

fn check_claim_level(
    reader: &mut Reader<'_>,
    root: &Section<'_>,
    (mode, claims): (Mode, ClaimLevel),
    metrics: &[JudgedMetric],
) {
    if claims == ClaimLevel::Sentences {
        return;
    }
    if mode != Mode::Claims {
        let message = "only the sentences of `claims` can be taken apart";
        reader.at(root.offset("claims"), message);
    }
    if metrics
        .iter()
        .any(|judged| judged.reading == Reading::CitationsSupported)
    {
        let message = "a sentence cites as a whole: citations cannot be read of its parts";
        reader.at(root.offset("claims"), message);
    }
}

fn read_votes(reader: &mut Reader<'_>, root: &Section<'_>) -> (u32, u32) {
    let votes = root
        .may(
            reader,
            "votes",
            &format!("a whole number from 1 to {VOTES_MAX}"),
            |value| whole::<u32>(value).filter(|votes| (1..=VOTES_MAX).contains(votes)),
        )
        .unwrap_or(1);
    let needed = root
        .may(
            reader,
            "votes-needed",
            "a whole number from 1 to `votes`",
            |value| whole::<u32>(value).filter(|needed| (1..=votes).contains(needed)),
        )
        .unwrap_or(votes);
    (votes, needed)
}

fn read_sampling(reader: &mut Reader<'_>, root: &Section<'_>) -> Option<Sampling> {
    let section = root.table(reader, "sampling", true)?;
    section.only(reader, &["temperature", "seed", "max-output-tokens"]);
    let temperature = section.may(reader, "temperature", "a number from 0 to 2", |value| {
        number(value).filter(|temperature| (0.0..=2.0).contains(temperature))
    });
    let seed = section.may(reader, "seed", "a whole number from 0", whole::<u64>);
    let max_output_tokens = section.must(
        reader,
        "max-output-tokens",
        "a whole number from 1",
        |value| whole::<u32>(value).filter(|tokens| *tokens >= 1),
    )?;
    Some(Sampling {
        temperature,
        seed,
        max_output_tokens,
    })
}

fn read_limits(reader: &mut Reader<'_>, root: &Section<'_>) -> Limits {
    let mut limits = Limits {
        characters: 200_000,
        claims: 80,
        long_context: LongContext::Unscored,
    };
    if let Some(section) = root.table(reader, "limits", false) {
        section.only(reader, &["characters", "claims", "long-context"]);
        let choices = [
            ("unscored", LongContext::Unscored),
            ("several-calls", LongContext::SeveralCalls),
        ];
        let what = "`unscored` or `several-calls`";
        if let Some(plan) = section.may(reader, "long-context", what, |value| named(value, choices))
        {
            limits.long_context = plan;
        }
        let at_least_one = |value: &DeValue<'_>| whole::<usize>(value).filter(|count| *count >= 1);
        if let Some(characters) =
            section.may(reader, "characters", "a whole number from 1", at_least_one)
        {
            limits.characters = characters;
        }
        if let Some(claims) = section.may(reader, "claims", "a whole number from 1", at_least_one) {
            limits.claims = claims;
        }
    }
    limits
}

fn system_message(
    reader: &mut Reader<'_>,
    root: &Section<'_>,
    templates: &Templates,
    (mode, labels, limits): (Mode, &[LabelSpec], Limits),
) -> Option<String> {
    match prompt::system_message(templates, mode, labels, limits.characters) {
        Ok(message) => Some(message),
        Err(error) => {
            reader.at(
                root.offset("templates"),
                format!("`templates.system`: {error}"),
            );
            None
        }
    }
}

fn read_templates(reader: &mut Reader<'_>, root: &Section<'_>, mode: Mode) -> Option<Templates> {
    let section = root.table(reader, "templates", true)?;
    section.only(reader, &["system", "user"]);
    let system = section.text(reader, "system");
    let user = section.text(reader, "user");
    let (system, user) = (system?, user?);
    let before = reader.mistakes.len();
    for (key, part, text) in [("system", Part::System, system), ("user", Part::User, user)] {
        for mistake in template::check(text, part, mode) {
            let start = section.offset(key);
            let offset = place_in(reader.source, start, text, mistake.offset);
            reader.at(offset, format!("`templates.{key}`: {}", mistake.message));
        }
    }
    if reader.mistakes.len() > before {
        return None;
    }
    match Templates::compile(system, user) {
        Ok(templates) => Some(templates),
        Err((part, message)) => {
            let key = if part == Part::System {
                "system"
            } else {
                "user"
            };
            reader.at(
                section.offset(key),
                format!("`templates.{key}` cannot be read: {message}"),
            );
            None
        }
    }
}

/// Where the `inner` byte of a text stands in the file; its start where escapes moved it.
fn place_in(source: &str, start: usize, text: &str, inner: usize) -> usize {
    source
        .get(start..)
        .and_then(|rest| rest.find(text))
        .map_or(start, |at| start + at + inner)
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::DataType;

    use super::*;
    use crate::{bundled, test_values::bundled_spec};

    const RUBRIC: &str = r#"schema = "groundgate.judge/1"
name = "tone"
version = 2
mode = "rubric"
votes = 3

[[metrics]]
name = "tone"
type = "ordinal"
low = 1
high = 5
reading = "label-value"

[[labels]]
name = "kind"
value = 5
meaning = "kind"

[[labels]]
name = "rude"
value = 1
meaning = "rude"

[templates]
system = "Judge the tone."
user = "{{ answer }}"

[sampling]
max-output-tokens = 100
"#;

    #[track_caller]
    fn refused(from: &str, to: &str, message: &str) {
        assert!(RUBRIC.contains(from), "{from}");
        let source = RUBRIC.replacen(from, to, 1);
        let mistakes = JudgeSpec::parse("tone.toml", &source).expect_err(message);
        assert!(mistakes.to_string().contains(message), "{mistakes}");
    }

    #[test]
    fn a_spec_is_read_as_meant() {
        let spec =
            JudgeSpec::parse("tone.toml", RUBRIC).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(spec.title(), "tone 2");
        assert_eq!((spec.votes, spec.votes_needed), (3, 3));
        assert_eq!(spec.sampling.temperature, None);
        assert_eq!(spec.nothing_to_judge, NothingToJudge::NotApplicable);
        assert_eq!(spec.labels.first().and_then(|label| label.value), Some(5.0));
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        for (from, to, message) in [
            (
                "judge/1",
                "judge/2",
                "`schema` must be `groundgate.judge/1`",
            ),
            ("votes = 3", "vots = 3", "tone.toml:5:1: unknown key `vots`"),
            (
                "votes = 3",
                "votes = 0",
                "`votes` must be a whole number from 1",
            ),
            (
                "votes = 3",
                "votes = 2",
                "an ordinal metric needs an odd number",
            ),
            (
                "votes = 3",
                "votes = 3\nvotes-needed = 4",
                "`votes-needed` must be",
            ),
            ("votes = 3", "votes = 3\nvotes = 3", "duplicate"),
            ("version = 2\n", "", "`version` is missing"),
            ("\"rubric\"", "\"poem\"", "`mode` must be"),
            (
                "\"label-value\"",
                "\"recall\"",
                "`metrics.reading` must be `label-value`",
            ),
            (
                "name = \"tone\"\ntype",
                "name = \"correctness\"\ntype",
                "always read as `recall`",
            ),
            ("high = 5", "high = 1", "`metrics.high` must be"),
            (
                "value = 5",
                "value = 6",
                "`labels.value` must be one of the metric's values",
            ),
            ("value = 5", "value = nan", "`labels.value` must be"),
            ("value = 5", "value = 1", "two labels with different values"),
            ("\"rude\"", "\"kind\"", "the label `kind` comes twice"),
            ("{{ answer }}", "{{ anser }}", "`anser` is no variable"),
            ("{{ answer }}", "the answer", "never names `answer`"),
            (
                "{{ answer }}",
                "{{ answer }}{% if question %}",
                "cannot be read",
            ),
            (
                "max-output-tokens = 100",
                "",
                "`sampling.max-output-tokens` is missing",
            ),
            (
                "max-output-tokens = 100",
                "max-output-tokens = 100\ntop-p = 1",
                "unknown key `sampling.top-p`",
            ),
        ] {
            refused(from, to, message);
        }
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let source = RUBRIC
            .replace("version = 2", "version = 0")
            .replace("votes = 3", "x = 1");
        let mistakes = JudgeSpec::parse("tone.toml", &source).expect_err("two mistakes");
        assert_eq!(mistakes.0.len(), 2, "{mistakes}");
        assert_eq!(mistakes.0.first().and_then(|mistake| mistake.line), Some(5));
    }

    #[test]
    fn modes_prescribe_their_labels() {
        let source = bundled("groundedness").expect("bundled").spec;
        let without = source.replace("\"not-a-claim\"", "\"no-claim\"");
        let mistakes = JudgeSpec::parse("x", &without)
            .expect_err("a label is missing")
            .to_string();
        assert!(mistakes.contains("`no-claim` is no label"), "{mistakes}");
        assert!(
            mistakes.contains("the label `not-a-claim` is missing"),
            "{mistakes}"
        );
    }

    #[test]
    fn the_digest_is_over_values_not_over_comments_or_order() {
        let digest = |source: &str| {
            JudgeSpec::parse("x", source)
                .map(|spec| spec.digest())
                .expect("valid")
        };
        let moved = RUBRIC
            .replace("version = 2\n", "")
            .replace("votes = 3", "votes = 3 # odd\nversion = 2");
        assert_eq!(digest(RUBRIC), digest(&moved));
        assert_ne!(
            digest(RUBRIC),
            digest(&RUBRIC.replace("Judge the tone", "Judge this tone"))
        );
        assert_ne!(
            digest(RUBRIC),
            digest(&RUBRIC.replace("value = 5", "value = 4"))
        );
    }

    #[test]
    fn several_votes_make_a_binary_metric_a_fraction() {
        let source = bundled("groundedness").expect("bundled").spec;
        let types = |source: &str| -> Vec<DataType> {
            let spec = JudgeSpec::parse("x", source).expect("valid");
            spec.metrics()
                .into_iter()
                .map(|metric| metric.data_type)
                .collect()
        };
        assert_eq!(
            types(source),
            [DataType::Binary, DataType::Fraction, DataType::Binary]
        );
        let voting = source.replace("votes   = 1", "votes   = 3");
        assert_eq!(types(&voting), [DataType::Fraction; 3]);
    }

    #[test]
    fn only_sentences_that_cite_nothing_are_taken_apart() {
        let atomic = |name: &str| {
            let text = bundled(name).expect("bundled").spec;
            let text = text.replacen("version = 1", "version = 1\nclaims = \"atomic\"", 1);
            JudgeSpec::parse(name, &text).map_err(|mistakes| mistakes.to_string())
        };
        let spec = atomic("groundedness").expect("valid");
        assert_eq!(
            (spec.claims, spec.calls()),
            (ClaimLevel::Atomic, spec.votes + 1)
        );
        assert_ne!(spec.digest(), bundled_spec("groundedness").digest());
        for (name, fault) in [
            ("correctness", "only the sentences"),
            ("citation_correctness", "cites as a whole"),
        ] {
            let found = atomic(name).expect_err(name);
            assert!(found.contains(fault), "{found}");
        }
    }
}
