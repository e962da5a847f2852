//! Reads a judge's spec from TOML: strictly, and with all mistakes at once.

use groundgate_model::{
    diagnostic::Mistakes,
    toml_reader::{Document, Table},
};

use super::{
    controls::{CONTROLS, CONTROLS_ALLOWED},
    mode::Mode,
    prompt,
    spec::{
        ClaimLevel, JudgeSpec, JudgedMetric, LabelSpec, Limits, LongContext, NothingToJudge,
        OnMalformed, PassageOrder, Reading, Sampling, SecondOpinion, VOTES_MAX,
    },
    spec_labels::{check_ordinal_votes, read_labels, read_metrics, read_name},
    template::{self, Part, Templates},
};

const SCHEMA: &str = "groundgate.judge/1";

const KEYS: [&str; 18] = [
    "schema",
    "name",
    "version",
    "mode",
    "votes",
    "votes-needed",
    "nothing-to-judge",
    "malformed",
    "passage-order",
    "second-opinion",
    "about-refusals",
    "claims",
    "controls",
    "metrics",
    "labels",
    "templates",
    "sampling",
    "limits",
];

impl JudgeSpec {
    /// Reads a spec; `file` is its name for messages, `source` its text.
    pub fn parse(file: &str, source: &str) -> Result<Self, Mistakes> {
        let document = Document::parse(file, source)?;
        let spec = read_spec(document.root(), source);
        document.finish(spec)
    }
}

fn read_spec(root: Table<'_, '_>, source: &str) -> Option<JudgeSpec> {
    root.only(&KEYS);
    root.check_schema(SCHEMA);
    root.needs(&["version", "mode"]);
    let name = read_name(root);
    let version = within(root, "version", 1..=u32::MAX);
    let mode = root.choice("mode", &Mode::ALL.map(|mode| (mode.name(), mode)));
    let votes = within(root, "votes", 1..=VOTES_MAX).unwrap_or(1);
    let votes_needed = within(root, "votes-needed", 1..=votes).unwrap_or(votes);
    let handling = Handling::read(root);
    let sampling = read_sampling(root);
    let limits = read_limits(root);
    let mode = mode?;
    let metrics = read_metrics(root, mode);
    check_ordinal_votes(root, &metrics, votes);
    check_mode(root, mode, votes, limits);
    check_claim_level(root, mode, handling.claims, &metrics);
    let labels = read_labels(root, mode, metrics.first());
    let templates = read_templates(root, mode, source)?;
    let system = system_message(root, &templates, mode, &labels, limits)?;
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
        nothing_to_judge: handling.nothing_to_judge,
        on_malformed: handling.on_malformed,
        passage_order: handling.passage_order,
        second_opinion: handling.second_opinion,
        claims: handling.claims,
        controls: controls(root, mode),
        about_refusals: handling.about_refusals,
    })
}

/// A whole number of a range, where the key is there.
fn within(table: Table<'_, '_>, key: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let count = table.count(key)?;
    let found = u32::try_from(count)
        .ok()
        .filter(|count| range.contains(count));
    if found.is_none() {
        let (low, high) = (range.start(), range.end());
        let most = if *high == u32::MAX {
            "up".to_owned()
        } else {
            format!("to {high}")
        };
        table.report(
            key,
            format!("`{key}` must be a whole number from {low} {most}"),
        );
    }
    found
}

/// The controls of a spec: all where it does not say, none where its calls take none.
fn controls(root: Table<'_, '_>, mode: Mode) -> u32 {
    let takes = matches!(mode, Mode::Claims | Mode::Facts);
    let default = if takes { CONTROLS } else { 0 };
    let Some(written) = root.count("controls") else {
        return default;
    };
    let allowed = |count: &u32| CONTROLS_ALLOWED.contains(count) && (takes || *count == 0);
    let read = u32::try_from(written).ok().filter(allowed);
    if read.is_none() {
        root.report(
            "controls",
            format!(
                "`controls` is 0 (none), 2 (easy ones) or {CONTROLS} (hard ones as well), and 0 where claims \
                 or facts are not labelled"
            ),
        );
    }
    read.unwrap_or(default)
}

/// How answers and replies are handled that are out of the ordinary.
struct Handling {
    nothing_to_judge: NothingToJudge,
    on_malformed: OnMalformed,
    passage_order: PassageOrder,
    second_opinion: SecondOpinion,
    claims: ClaimLevel,
    about_refusals: bool,
}

impl Handling {
    fn read(root: Table<'_, '_>) -> Self {
        let nothing = [NothingToJudge::NotApplicable, NothingToJudge::Worst];
        let malformed = [OnMalformed::AskOnceMore, OnMalformed::Unscored];
        let order = [PassageOrder::Drawn, PassageOrder::AsGiven];
        let claims = [ClaimLevel::Sentences, ClaimLevel::Atomic];
        let second = [
            SecondOpinion::Off,
            SecondOpinion::Ask,
            SecondOpinion::Dispute,
        ];
        Self {
            nothing_to_judge: root
                .choice("nothing-to-judge", &nothing.map(|one| (one.name(), one)))
                .unwrap_or(NothingToJudge::NotApplicable),
            on_malformed: root
                .choice("malformed", &malformed.map(|one| (one.name(), one)))
                .unwrap_or(OnMalformed::AskOnceMore),
            passage_order: root
                .choice("passage-order", &order.map(|one| (one.name(), one)))
                .unwrap_or(PassageOrder::Drawn),
            second_opinion: root
                .choice("second-opinion", &second.map(|one| (one.name(), one)))
                .unwrap_or(SecondOpinion::Off),
            claims: root
                .choice("claims", &claims.map(|one| (one.name(), one)))
                .unwrap_or(ClaimLevel::Sentences),
            about_refusals: root.flag("about-refusals").unwrap_or(false),
        }
    }
}

fn check_mode(root: Table<'_, '_>, mode: Mode, votes: u32, limits: Limits) {
    if mode != Mode::Claims && limits.long_context == LongContext::SeveralCalls {
        let message = "only the labels of claims can be joined over several calls";
        root.report("limits", message);
    }
    if mode == Mode::Pairwise && !votes.is_multiple_of(2) {
        let message = "a pairwise judge needs an even number of `votes`: both orders equally often";
        root.report("votes", message);
    }
}

fn check_claim_level(
    root: Table<'_, '_>,
    mode: Mode,
    claims: ClaimLevel,
    metrics: &[JudgedMetric],
) {
    if claims == ClaimLevel::Sentences {
        return;
    }
    if mode != Mode::Claims {
        let message = "only the sentences of `claims` can be taken apart";
        root.report("claims", message);
    }
    if metrics
        .iter()
        .any(|judged| judged.reading == Reading::CitationsSupported)
    {
        let message = "a sentence cites as a whole: citations cannot be read of its parts";
        root.report("claims", message);
    }
}

fn read_sampling(root: Table<'_, '_>) -> Option<Sampling> {
    root.needs(&["sampling"]);
    let table = root.table("sampling")?;
    table.only(&["temperature", "seed", "max-output-tokens"]);
    table.needs(&["max-output-tokens"]);
    let temperature = table.number("temperature").filter(|temperature| {
        let is_possible = (0.0..=2.0).contains(temperature);
        if !is_possible {
            table.report("temperature", "`temperature` must be a number from 0 to 2");
        }
        is_possible
    });
    let seed = table.count("seed");
    Some(Sampling {
        temperature,
        seed,
        max_output_tokens: within(table, "max-output-tokens", 1..=u32::MAX)?,
    })
}

fn read_limits(root: Table<'_, '_>) -> Limits {
    let mut limits = Limits {
        characters: 200_000,
        claims: 80,
        long_context: LongContext::Unscored,
    };
    let Some(table) = root.table("limits") else {
        return limits;
    };
    table.only(&["characters", "claims", "long-context"]);
    let plans = [LongContext::Unscored, LongContext::SeveralCalls];
    if let Some(plan) = table.choice("long-context", &plans.map(|one| (one.name(), one))) {
        limits.long_context = plan;
    }
    let counted = |key: &str| usize::try_from(within(table, key, 1..=u32::MAX)?).ok();
    limits.characters = counted("characters").unwrap_or(limits.characters);
    limits.claims = counted("claims").unwrap_or(limits.claims);
    limits
}

fn system_message(
    root: Table<'_, '_>,
    templates: &Templates,
    mode: Mode,
    labels: &[LabelSpec],
    limits: Limits,
) -> Option<String> {
    match prompt::system_message(templates, mode, labels, limits.characters) {
        Ok(message) => Some(message),
        Err(error) => {
            root.report("templates", format!("`templates.system`: {error}"));
            None
        }
    }
}

fn read_templates(root: Table<'_, '_>, mode: Mode, source: &str) -> Option<Templates> {
    root.needs(&["templates"]);
    let table = root.table("templates")?;
    table.only(&["system", "user"]);
    table.needs(&["system", "user"]);
    let (system, user) = (table.text("system"), table.text("user"));
    let (system, user) = (system?, user?);
    let mut is_right = true;
    for (key, part, text) in [("system", Part::System, system), ("user", Part::User, user)] {
        for mistake in template::check(text, part, mode) {
            is_right = false;
            let at = place_in(source, table.at_value(key), text, mistake.offset);
            let message = format!("`templates.{key}`: {}", mistake.message);
            table.document().report(at, message);
        }
    }
    if !is_right {
        return None;
    }
    match Templates::compile(system, user) {
        Ok(templates) => Some(templates),
        Err((part, message)) => {
            let key = match part {
                Part::System => "system",
                Part::User => "user",
            };
            table.report(key, format!("`templates.{key}` cannot be read: {message}"));
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
        let helps = mistakes.0.iter().filter_map(|mistake| mistake.help.clone());
        let told = format!("{mistakes}\n{}", helps.collect::<Vec<_>>().join("\n"));
        assert!(told.contains(message), "{told}");
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
                "this version reads `groundgate.judge/1`",
            ),
            ("votes = 3", "vots = 3", "tone.toml:5:1: unknown key `vots`"),
            ("votes = 3", "vots = 3", "did you mean `votes`?"),
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
            ("version = 2\n", "", "key `version` is missing"),
            ("\"rubric\"", "\"poem\"", "unknown `mode` `poem`"),
            ("\"label-value\"", "\"recall\"", "known: label-value"),
            (
                "name = \"tone\"\ntype",
                "name = \"correctness\"\ntype",
                "always read as `recall`",
            ),
            ("high = 5", "high = 1", "`high` must be"),
            (
                "value = 5",
                "value = 6",
                "`value` must be one of the metric's values",
            ),
            ("value = 5", "value = nan", "`value` is not a finite number"),
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
                "key `max-output-tokens` is missing",
            ),
            (
                "max-output-tokens = 100",
                "max-output-tokens = 100\ntop-p = 1",
                "unknown key `top-p`",
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
