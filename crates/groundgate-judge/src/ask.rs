//! The way of one answer through one judge: what can be settled without a call, the call to be
//! made, and what its reply means.
//!
//! Pure: the runner sends [`Ask::request`], hands the text of the reply to [`Ask::hear`], and may send
//! [`Ask::repair`] once where it cannot be read, or [`Ask::look_again`] where labels are not verified.

use std::ops::Range;

use groundgate_model::{
    exchange::{Answer, ChatRequest},
    trial::{ClaimFinding, Evidence, Label, Outcome, Reason, Unscored},
};

use super::{
    claims::{self, Unit},
    controls::{self, ControlDraw, ControlsSaid, Mix},
    envelope::Repairs,
    evidence::locate,
    guard::{Known, check_not_a_claim},
    labels::{FactLabel, PairLabel},
    mode::Mode,
    number::Numbers,
    parts::{self, PartLabels},
    prompt::{self, Draw, Prompt, Texts},
    proof::{Doubt, Proof, assess},
    repair::{Doubts, look_again, once_more},
    reply::{self, Expected, Labelled, ReplyFault, SingleLabel},
    score::{self, Outcomes, too_large, unscored},
    second_opinion::Opinions,
    settle::{claim_outcomes, fact_outcomes, finding, settle},
    source::Source,
    spec::{JudgeSpec, PassageOrder},
    split,
    subject::Subject,
};

/// What must happen for one vote.
#[derive(Debug, Clone)]
pub enum Prepared<'a> {
    /// Nothing: code alone can tell.
    Settled(Outcomes),
    /// A model must be asked.
    Ask(Box<Ask<'a>>),
    /// A model must be asked several times, about a part of the passages each;
    /// [`super::join_parts`] joins what it says.
    Parts(Vec<Ask<'a>>),
}

/// One call to be made, with what is needed to read its reply.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    spec: &'a JudgeSpec,
    subject: Subject<'a>,
    units: Vec<Unit>,
    /// What is shown: the units, with controls among them.
    mix: Mix,
    request: ChatRequest,
    /// For each passage as shown, its place in the answer's order.
    order: Vec<usize>,
    /// Whether, of a pair, the answer under judgment was shown second.
    swapped: bool,
}

/// Settles what code can tell, and else writes the call for one vote.
pub fn prepare<'a>(spec: &'a JudgeSpec, subject: Subject<'a>, draw: Draw<'_>) -> Prepared<'a> {
    prepare_in(spec, subject, draw, spec.passage_order)
}

/// The same with controls among the claims (those that [`super::Split::read`] made, or the answer's
/// sentences), where controls can be made and are wanted.
pub fn prepare_controlled<'a>(
    spec: &'a JudgeSpec,
    subject: Subject<'a>,
    draw: Draw<'_>,
    claims: Option<&[Unit]>,
    controls: Option<ControlDraw<'_>>,
) -> Prepared<'a> {
    let own = claims.is_none().then(|| units_of(spec, subject));
    let shows = Shows {
        order: spec.passage_order,
        units: claims.or(own.as_deref()).unwrap_or_default(),
        controls,
    };
    prepare_units(spec, subject, draw, shows)
}

/// What a call shows, and how.
#[derive(Clone, Copy)]
struct Shows<'u> {
    order: PassageOrder,
    units: &'u [Unit],
    controls: Option<ControlDraw<'u>>,
}

pub(crate) fn prepare_in<'a>(
    spec: &'a JudgeSpec,
    subject: Subject<'a>,
    draw: Draw<'_>,
    order: PassageOrder,
) -> Prepared<'a> {
    let units = units_of(spec, subject);
    let shows = Shows {
        order,
        units: &units,
        controls: None,
    };
    prepare_units(spec, subject, draw, shows)
}

fn units_of(spec: &JudgeSpec, subject: Subject<'_>) -> Vec<Unit> {
    match spec.mode {
        Mode::Claims => claims::units_of(subject.answer),
        Mode::Facts => claims::facts(subject.case),
        Mode::Rubric | Mode::Context | Mode::Pairwise => Vec::new(),
    }
}

fn prepare_units<'a>(
    spec: &'a JudgeSpec,
    subject: Subject<'a>,
    draw: Draw<'_>,
    shows: Shows<'_>,
) -> Prepared<'a> {
    let Shows { order, units, .. } = shows;
    if let Some(outcomes) = settle(spec, subject, units) {
        return Prepared::Settled(outcomes);
    }
    let passages = passage_texts(subject.answer);
    let texts = Texts {
        case: subject.case,
        answer: &subject.answer.text,
        passages: &passages,
        units,
    };
    let alone = Mix::without_controls(units);
    let ask = |prompt: Prompt, mix: &Mix| Ask {
        spec,
        subject,
        units: units.to_vec(),
        mix: mix.clone(),
        request: prompt.request,
        order: prompt.order,
        swapped: draw.is_swapped(),
    };
    let mixed = shows
        .controls
        .map(|of| controls::mixed(spec, subject, units, draw, of))
        .filter(Mix::has_controls);
    if let Some(mix) = mixed {
        let units = mix.shown();
        // Where controls make a call too long, it is made without them.
        if let Ok(mut prompt) = prompt::write(spec, &Texts { units, ..texts }, draw, order) {
            let more = mix.tokens();
            let limit = &mut prompt.request.max_output_tokens;
            *limit = limit.saturating_add(more);
            return Prepared::Ask(Box::new(ask(prompt, &mix)));
        }
    }
    let ask = |prompt: Prompt| ask(prompt, &alone);
    match prompt::write(spec, &texts, draw, order) {
        Ok(prompt) => Prepared::Ask(Box::new(ask(prompt))),
        Err(_too_long) => match parts::prompts(spec, &texts, draw, order) {
            Some(prompts) => Prepared::Parts(prompts.into_iter().map(ask).collect()),
            None => Prepared::Settled(unscored(spec, &too_large())),
        },
    }
}

fn passage_texts(answer: &Answer) -> Vec<&str> {
    let passages = answer.passages.as_deref().unwrap_or_default();
    passages
        .iter()
        .map(|passage| passage.text.as_str())
        .collect()
}

impl<'a> Ask<'a> {
    /// What is to be sent.
    pub const fn request(&self) -> &ChatRequest {
        &self.request
    }

    /// What is to be sent after a fault: the same call, with the fault named. The faulty reply is
    /// not repeated, since it may carry on an attack.
    pub fn repair(&self, fault: &ReplyFault) -> ChatRequest {
        once_more(&self.request, fault)
    }

    /// What is to be sent where labels could not be verified: the same call, with the doubts named.
    pub fn look_again(&self, doubts: &Doubts) -> ChatRequest {
        look_again(&self.request, doubts)
    }

    /// Reads a reply, or says what is wrong with it.
    pub fn hear(&self, text: &str) -> Result<Hearing, ReplyFault> {
        let mut repairs = Repairs::new();
        let mut doubts = Doubts::default();
        let mut controls = None;
        let said = match self.spec.mode {
            Mode::Claims => {
                let labelled = reply::read_labels(text, "claims", &self.expected(), &mut repairs)?;
                controls = self.controls_of(&labelled, Label::Supported.name());
                Said::Claims(self.read_claims(labelled, &mut doubts))
            }
            Mode::Facts => {
                let labelled = reply::read_labels(text, "facts", &self.expected(), &mut repairs)?;
                controls = self.controls_of(&labelled, FactLabel::STATED);
                Said::Facts(self.read_facts(labelled, &mut doubts))
            }
            Mode::Rubric | Mode::Context => Said::Outcomes(self.read_rubric(text, &mut repairs)?),
            Mode::Pairwise => Said::Outcomes(self.read_pair(text, &mut repairs)?),
        };
        Ok(Hearing {
            said,
            controls,
            doubts,
            repairs,
        })
    }

    /// What a reply says of the controls; `None` where the call has none.
    fn controls_of(&self, labelled: &[Labelled], supported: &str) -> Option<ControlsSaid> {
        let said = |mix: &Mix| mix.of_controls(labelled, |said| said.label == supported);
        self.mix.has_controls().then(|| said(&self.mix))
    }

    /// The claims with what was said of them and the ids under which they were shown.
    fn said_of_claims(
        &self,
        labelled: Vec<Labelled>,
    ) -> impl Iterator<Item = (&Unit, Labelled, String)> {
        let shown = self.mix.shown().iter().map(|unit| unit.id.clone());
        let said = labelled.into_iter().zip(shown).collect();
        let said = self.mix.of_claims(said).into_iter();
        self.units
            .iter()
            .zip(said)
            .map(|(unit, (said, shown))| (unit, said, shown))
    }

    /// One outcome for every metric.
    pub fn outcomes(&self, hearing: Hearing) -> Outcomes {
        let outcomes = match hearing.said {
            Said::Claims(claims) => claim_outcomes(self.spec, claims),
            Said::Facts(facts) => fact_outcomes(self.spec, &facts),
            Said::Outcomes(outcomes) => outcomes,
        };
        score::with_repairs(outcomes, &hearing.repairs)
    }

    /// What the reply to a part says of each claim by the passages it was shown.
    pub fn part(&self, hearing: Hearing) -> PartLabels {
        match hearing.said {
            Said::Claims(claims) => PartLabels(claims),
            Said::Facts(_) | Said::Outcomes(_) => PartLabels(Vec::new()),
        }
    }

    /// Reads a reply that nothing will follow: one outcome for every metric, or what is wrong with it.
    pub fn read_reply(&self, text: &str) -> Result<Outcomes, ReplyFault> {
        Ok(self.outcomes(self.hear(text)?))
    }

    fn expected(&self) -> Expected {
        Expected {
            ids: (self.mix.shown().iter().map(|unit| unit.id.clone())).collect(),
            labels: self
                .spec
                .labels
                .iter()
                .map(|label| label.name.clone())
                .collect(),
            passages: (self.spec.mode == Mode::Claims).then_some(self.order.len()),
        }
    }

    fn read_claims(&self, labelled: Vec<Labelled>, doubts: &mut Doubts) -> Vec<ClaimFinding> {
        let given = Given::of(self.subject);
        let opinions = Opinions::of(self.subject, self.spec.second_opinion);
        self.said_of_claims(labelled)
            .map(|(unit, said, shown)| {
                let (mut claim, doubt) = self.check_claim(unit, &said, &given);
                let is_supported = claim.label == Label::Supported;
                let second = || {
                    opinions
                        .against(&(unit.start..unit.end))
                        .filter(|_| is_supported)
                };
                // What code found itself says more.
                let doubt = doubt.or_else(second);
                if let Some(doubt) = doubt {
                    claim.reasons.push(doubt.reason());
                    doubts.add(unit, shown, claim.label.name(), doubt);
                }
                claim
            })
            .collect()
    }

    /// A claim with the judge's label, and what code doubts of it.
    fn check_claim(
        &self,
        unit: &Unit,
        said: &Labelled,
        given: &Given<'_>,
    ) -> (ClaimFinding, Option<Doubt>) {
        if !unit.is_statement {
            return (finding(unit, Label::NotAClaim, Vec::new()), None);
        }
        let cited = said
            .passage
            .and_then(|shown| self.order.get(shown.checked_sub(1)?).copied());
        let passage = cited.and_then(|index| given.passages.get(index));
        // A label that was not offered never comes here; it would prove nothing.
        let label = Label::from_name(&said.label).unwrap_or(Label::NotFound);
        match label {
            Label::NotAClaim => {
                let doubt = check_not_a_claim(&unit.plain, &given.known).err();
                (finding(unit, label, Vec::new()), doubt)
            }
            Label::Supported => {
                let proof = self.proof_of_support(unit, said, passage, given);
                let mut claim = finding(unit, label, Vec::new());
                claim.evidence = evidence(cited, proof.range);
                (claim, proof.doubt)
            }
            Label::Contradicted => (contradicted(unit, said, cited, passage), None),
            Label::NotFound => (finding(unit, label, Vec::new()), None),
        }
    }

    /// How the cited passage supports a claim.
    fn proof_of_support(
        &self,
        unit: &Unit,
        said: &Labelled,
        passage: Option<&Source<'_>>,
        given: &Given<'_>,
    ) -> Proof {
        let Some(passage) = passage else {
            return Proof::none(Doubt::NoQuote);
        };
        let quote = said.quote.as_deref();
        let proof = assess(&unit.plain, quote, passage, &given.numbers);
        // What a claim has taken from elsewhere relates it to nothing.
        match self.own_words(unit) {
            Some(own) if proof.doubt.is_none() => assess(&own, quote, passage, &given.numbers),
            _ => proof,
        }
    }

    /// The words of an atomic claim that its sentence has, too; `None` for a sentence as it stands.
    fn own_words(&self, unit: &Unit) -> Option<String> {
        let sentence = self.subject.answer.text.get(unit.start..unit.end)?;
        (sentence != unit.text).then(|| split::own_words(&unit.text, sentence))
    }

    fn read_facts(&self, labelled: Vec<Labelled>, doubts: &mut Doubts) -> Vec<ClaimFinding> {
        let answer = Source::of(&self.subject.answer.text);
        let numbers = Numbers::of([answer.text]);
        self.said_of_claims(labelled)
            .map(|(unit, said, shown)| {
                let label = match FactLabel::from_name(&said.label) {
                    Some(FactLabel::Stated) => Label::Supported,
                    Some(FactLabel::Contradicted) => Label::Contradicted,
                    Some(FactLabel::Missing) | None => Label::NotFound,
                };
                let mut fact = finding(unit, label, Vec::new());
                if label == Label::Supported {
                    let proof = assess(&unit.plain, said.quote.as_deref(), &answer, &numbers);
                    if let Some(doubt) = proof.doubt {
                        fact.reasons.push(doubt.reason_of_fact());
                        doubts.add(unit, shown, FactLabel::STATED, doubt);
                    }
                }
                fact
            })
            .collect()
    }

    fn read_rubric(&self, text: &str, repairs: &mut Repairs) -> Result<Outcomes, ReplyFault> {
        Ok(self.valued(&reply::read_single(text, &self.expected(), repairs)?))
    }

    /// The label as if the answer under judgment had been shown first.
    fn read_pair(&self, text: &str, repairs: &mut Repairs) -> Result<Outcomes, ReplyFault> {
        let mut single = reply::read_single(text, &self.expected(), repairs)?;
        if self.swapped {
            // Any other label is none of the spec's and has no value.
            let label = PairLabel::from_name(&single.label).unwrap_or(PairLabel::Tie);
            label.swapped().name().clone_into(&mut single.label);
        }
        Ok(self.valued(&single))
    }

    fn valued(&self, single: &SingleLabel) -> Outcomes {
        let value = self
            .spec
            .labels
            .iter()
            .find(|label| label.name == single.label)
            .and_then(|label| label.value);
        score::each(self.spec, |judged| match value {
            Some(value) => {
                let explanation = format!("{}: {}", single.label, single.reason);
                score::scored(&judged.metric, value, explanation, Vec::new())
            }
            None => Outcome::Unscored(Unscored::ReplyMalformed("the label has no value".into())),
        })
    }
}

/// What claims may rest on.
struct Given<'a> {
    passages: Vec<Source<'a>>,
    /// Of passages, question and history.
    numbers: Numbers,
    known: Known<'a>,
}

impl<'a> Given<'a> {
    fn of(subject: Subject<'a>) -> Self {
        let passages = passage_texts(subject.answer);
        let case = subject.case;
        let history = case.history.iter().map(|turn| turn.text.as_str());
        let all = history.chain([case.question.as_str()]);
        let all: Vec<&str> = all.chain(passages.iter().copied()).collect();
        Self {
            passages: passages.into_iter().map(Source::of).collect(),
            numbers: Numbers::of(all.iter().copied()),
            known: Known::of(all),
        }
    }
}

/// What a reply says, with what code doubts of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hearing {
    said: Said,
    controls: Option<ControlsSaid>,
    doubts: Doubts,
    repairs: Repairs,
}

#[derive(Debug, Clone, PartialEq)]
enum Said {
    Claims(Vec<ClaimFinding>),
    Facts(Vec<ClaimFinding>),
    Outcomes(Outcomes),
}

impl Hearing {
    /// What it says of the controls; `None` where the call has none.
    pub const fn controls(&self) -> Option<&ControlsSaid> {
        self.controls.as_ref()
    }

    /// What the judge should look at again; `None` where nothing is doubted, or where the judge does not
    /// read anyway.
    pub fn doubts(&self) -> Option<&Doubts> {
        let is_reading = self.controls.as_ref().is_none_or(ControlsSaid::is_reading);
        (is_reading && !self.doubts.is_empty()).then_some(&self.doubts)
    }

    /// The same where a second reply says what it says of the labels that were doubted.
    #[must_use]
    pub fn corrected_by(mut self, second: Self) -> Self {
        if let (Said::Claims(own) | Said::Facts(own), Said::Claims(new) | Said::Facts(new)) =
            (&mut self.said, second.said)
        {
            for (claim, new) in own.iter_mut().zip(new) {
                if self.doubts.is_about(&claim.id) {
                    *claim = new;
                }
            }
        }
        self.repairs.extend(second.repairs);
        self.doubts = Doubts::default();
        self
    }
}

/// A contradiction needs no proof, since it helps no answer.
fn contradicted(
    unit: &Unit,
    said: &Labelled,
    cited: Option<usize>,
    passage: Option<&Source<'_>>,
) -> ClaimFinding {
    let nothing = Source::of("");
    let quote = said.quote.as_deref().unwrap_or("");
    let place = locate(quote, passage.unwrap_or(&nothing));
    let reasons = (place.as_ref().err())
        .map(|error| Reason::Note(error.to_string()))
        .into_iter()
        .collect();
    let mut claim = finding(unit, Label::Contradicted, reasons);
    claim.evidence = evidence(cited, place.ok());
    claim
}

fn evidence(passage: Option<usize>, range: Option<Range<usize>>) -> Option<Evidence> {
    let range = range?;
    Some(Evidence {
        passage: passage?,
        start: range.start,
        end: range.end,
    })
}

#[cfg(test)]
impl Ask<'_> {
    /// What a reply says of the controls.
    pub(crate) fn controls(&self, text: &str) -> Option<ControlsSaid> {
        self.hear(text).ok()?.controls
    }

    /// What is to be labelled: ids with their texts.
    pub(crate) fn ids(&self) -> Vec<(String, String)> {
        let shown = self.mix.shown().iter();
        shown
            .map(|unit| (unit.id.clone(), unit.text.clone()))
            .collect()
    }

    /// The number under which the answer's passage `index` is shown.
    pub(crate) fn shown_number(&self, index: usize) -> Option<usize> {
        self.order
            .iter()
            .position(|shown| *shown == index)
            .map(|place| place + 1)
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::trial::Standing;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        spec::SecondOpinion,
        test_values::{answer, bundled_spec, case},
    };

    const PASSAGES: [&str; 3] = [
        "Refunds are paid within 14 days.",
        "Branches open at nine.",
        "Cards are free of charge.",
    ];

    #[test]
    fn a_cited_number_leads_back_to_the_passage_however_it_was_shuffled() {
        let spec = bundled_spec("groundedness");
        let case = case("How long?");
        let answer = answer("Refunds are paid within 14 days.", Some(&PASSAGES));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        for vote in 0..6 {
            let Prepared::Ask(ask) = prepare(&spec, subject, Draw { seed: b"x", vote }) else {
                panic!()
            };
            let reply = json!({"claims": [{"id": "s1", "label": "supported",
                "passage": ask.shown_number(0), "quote": "paid within 14 days"}]});
            let outcomes = ask.read_reply(&reply.to_string()).expect("valid");
            let Some(Outcome::Scored(score)) = outcomes.get("groundedness") else {
                panic!()
            };
            let evidence = score.claims[0].evidence.clone().expect("evidence");
            assert_eq!(evidence.passage, 0);
            assert_eq!(
                &PASSAGES[0][evidence.start..evidence.end],
                "paid within 14 days"
            );
            let elsewhere = json!({"claims": [{"id": "s1", "label": "supported",
                "passage": ask.shown_number(1), "quote": "paid within 14 days"}]});
            let outcomes = ask.read_reply(&elsewhere.to_string()).expect("valid");
            assert!(
                matches!(outcomes["groundedness"], Outcome::Unscored(_)),
                "quoted from another passage"
            );
        }
    }

    #[test]
    fn what_code_doubts_is_asked_again_and_the_second_reply_decides_it() {
        let spec = bundled_spec("groundedness");
        let case = case("How long?");
        let text = "Refunds are paid within 15 days. Branches open at nine.";
        let answer = answer(text, Some(&PASSAGES));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let draw = Draw {
            seed: b"x",
            vote: 0,
        };
        let Prepared::Ask(ask) = prepare(&spec, subject, draw) else {
            panic!()
        };
        let reply = |first: &str, second: &str| {
            let item = |id: &str, label: &str, passage: usize| {
                json!({"id": id, "passage": ask.shown_number(passage), "quote": PASSAGES[passage],
                    "reason": "so", "label": label})
            };
            json!({"claims": [item("s1", first, 0), item("s2", second, 1)]}).to_string()
        };
        let first = ask.hear(&reply("supported", "supported")).expect("valid");
        let again = ask.look_again(first.doubts().expect("doubts"));
        let asked = &again.messages.last().expect("a message").text;
        assert!(
            asked.contains("- s1 was called `supported`: the quoted sentence has another number")
        );
        assert!(!asked.contains("s2"));
        let outcome = |second: &str| {
            let second = ask.hear(second).expect("valid");
            ask.outcomes(first.clone().corrected_by(second))["groundedness"].clone()
        };
        // It insists: neither its label nor the opposite counts.
        let Outcome::Scored(score) = outcome(&reply("supported", "supported")) else {
            panic!()
        };
        assert_eq!((score.value(), score.up_to()), (0.0, Some(1.0)));
        assert_eq!(score.claims[0].label, Label::Supported);
        assert_eq!(score.claims[0].standing(), Standing::Disputed);
        // It thinks better of it; what was not doubted stays as it was.
        let Outcome::Scored(score) = outcome(&reply("contradicted", "not-found")) else {
            panic!()
        };
        assert_eq!((score.value(), score.up_to()), (0.0, None));
        assert_eq!(score.claims[1].label, Label::Supported);
    }

    #[test]
    fn a_second_opinion_flags_or_disputes_what_the_embedded_judge_does_not_find() {
        let case = case("How long?");
        let text = "Refunds are paid within 14 days in gold bars by the chief accountant, who travels \
            to every customer with a suitcase.";
        let answer = answer(text, Some(&PASSAGES));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        for (wanted, expected) in [
            (SecondOpinion::Off, Standing::Settled),
            (SecondOpinion::Ask, Standing::Unverified),
            (SecondOpinion::Dispute, Standing::Disputed),
        ] {
            let mut spec = bundled_spec("groundedness");
            spec.second_opinion = wanted;
            let draw = Draw {
                seed: b"x",
                vote: 0,
            };
            let Prepared::Ask(ask) = prepare(&spec, subject, draw) else {
                panic!()
            };
            let reply = json!({"claims": [{"id": "s1", "label": "supported",
                "passage": ask.shown_number(0), "quote": "Refunds are paid within 14 days"}]});
            let hearing = ask.hear(&reply.to_string()).expect("valid");
            assert_eq!(hearing.doubts().is_some(), wanted != SecondOpinion::Off);
            let Outcome::Scored(score) = ask.outcomes(hearing)["groundedness"].clone() else {
                panic!()
            };
            assert_eq!(score.claims[0].standing(), expected, "{score:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_unscored_and_never_cut() {
        let case = case("How long?");
        let too_many = "It is so. ".repeat(81);
        let too_long = "x".repeat(200_001);
        for (text, passage) in [
            (too_many.as_str(), "p"),
            ("It is so indeed.", too_long.as_str()),
        ] {
            let spec = bundled_spec("groundedness");
            let answer = answer(text, Some(&[passage]));
            let prepared = prepare(
                &spec,
                Subject {
                    case: &case,
                    answer: &answer,
                },
                Draw { seed: b"", vote: 0 },
            );
            let Prepared::Settled(outcomes) = prepared else {
                panic!()
            };
            assert_eq!(
                outcomes.get("groundedness"),
                Some(&Outcome::Unscored(too_large()))
            );
        }
    }

    #[test]
    fn asking_once_more_names_the_fault_and_repeats_nothing_of_the_reply() {
        let spec = bundled_spec("groundedness");
        let case = case("How long?");
        let answer = answer("It takes 14 days.", Some(&PASSAGES));
        let subject = Subject {
            case: &case,
            answer: &answer,
        };
        let Prepared::Ask(ask) = prepare(
            &spec,
            subject,
            Draw {
                seed: b"x",
                vote: 0,
            },
        ) else {
            panic!()
        };
        for reply in [
            "HOSTILE",
            r#"{"HOSTILE": 1}"#,
            r#"{"claims": [], "HOSTILE": 1}"#,
            r#"{"claims": [{"id": "HOSTILE", "label": "supported"}]}"#,
            r#"{"claims": [{"id": "s1", "label": "HOSTILE"}]}"#,
            r#"{"claims": [{"id": "s1", "label": "supported", "passage": "HOSTILE"}]}"#,
        ] {
            let fault = ask.read_reply(reply).expect_err(reply);
            let repair = ask.repair(&fault);
            assert_eq!(repair.messages.len(), 3);
            let last = &repair.messages.last().expect("a message").text;
            assert!(
                last.contains(&fault.for_model()) && !last.contains("HOSTILE"),
                "{last}"
            );
        }
    }

    proptest! {
        /// Whatever is asked, answered, retrieved and replied: an outcome for each metric or a fault.
        #[test]
        fn no_text_makes_it_panic(
            name in proptest::sample::select(vec!["groundedness", "answer_relevance", "correctness"]),
            question in any::<String>(),
            said in any::<String>(),
            passage in any::<String>(),
            reply in any::<String>(),
        ) {
            let mut case = case(&question);
            case.expected_facts = vec![passage.clone()];
            let answer = answer(&said, Some(&[&passage]));
            let subject = Subject { case: &case, answer: &answer };
            let spec = bundled_spec(name);
            match prepare(&spec, subject, Draw { seed: b"x", vote: 0 }) {
                Prepared::Settled(outcomes) => prop_assert_eq!(outcomes.len(), spec.metrics.len()),
                Prepared::Ask(ask) => prop_assert!(ask.read_reply(&reply).is_err()),
                Prepared::Parts(_) => prop_assert!(false, "these texts are short"),
            }
        }

        /// Labels for real ids with quotes of anything.
        #[test]
        fn no_quote_makes_it_panic(said in "\\PC{1,60}", passage in "\\PC{0,60}", quote in "\\PC{0,30}") {
            let spec = bundled_spec("groundedness");
            let case = case("How long?");
            let answer = answer(&said, Some(&[&passage]));
            let subject = Subject { case: &case, answer: &answer };
            if let Prepared::Ask(ask) = prepare(&spec, subject, Draw { seed: b"x", vote: 0 }) {
                let items: Vec<_> = ask.ids().iter().map(|(id, _)| {
                    json!({"id": id, "label": "supported", "passage": 1, "quote": quote})
                }).collect();
                let outcomes = ask.read_reply(&json!({ "claims": items }).to_string()).expect("valid");
                prop_assert_eq!(outcomes.len(), 3);
            }
        }
    }

    #[test]
    fn a_refusal_is_judged_only_where_it_may_be_wrong() {
        let refusal = answer("I'm sorry, but I don't have that information.", None);
        let settled = |name: &str, answerable| {
            let spec = bundled_spec(name);
            let mut case = case("How long?");
            case.answerable = answerable;
            case.expected_facts = vec!["It takes 14 days.".to_owned()];
            let subject = Subject {
                case: &case,
                answer: &refusal,
            };
            matches!(
                prepare(&spec, subject, Draw { seed: b"", vote: 0 }),
                Prepared::Settled(_)
            )
        };
        assert!(settled("groundedness", None) && settled("groundedness", Some(true)));
        for name in ["answer_relevance", "correctness"] {
            assert!(settled(name, Some(false)), "{name}");
            assert!(!settled(name, Some(true)) && !settled(name, None), "{name}");
        }
    }
}
