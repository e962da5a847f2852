//! What a judge is, as data: every setting that can change a score.
//!
//! A judge's name, and what is called after it, are for people and not in it.

use groundgate_model::{
    manifest::{Manifest, Setting, Written},
    trial::DataType,
    unit::Digest,
};

use super::{
    spec::{
        ClaimLevel, JudgeSpec, JudgedMetric, LabelSpec, Limits, LongContext, NothingToJudge,
        OnMalformed, PARSER_VERSION, PassageOrder, Sampling, SecondOpinion,
    },
    split,
};

impl JudgeSpec {
    /// Everything in the spec that can change a score, with the texts that are sent.
    pub fn manifest(&self) -> Manifest {
        let apart = match self.claims {
            ClaimLevel::Sentences => None,
            ClaimLevel::Atomic => Some(Written::text(split::rules())),
        };
        Manifest::of("judge")
            .with("version", self.version)
            .with("parser", PARSER_VERSION)
            .with("mode", self.mode.name())
            .with("metrics", parts(&self.metrics, metric))
            .with("labels", parts(&self.labels, label))
            .with("system", Written::text(self.system.as_str()))
            .with("user", Written::text(self.templates.user()))
            .with("sampling", sampling(self.sampling))
            .with("votes", self.votes)
            .with("votes-needed", self.votes_needed)
            .with("limits", limits(self.limits))
            .with("nothing-to-judge", self.nothing_to_judge.name())
            .with("malformed", self.on_malformed.name())
            .with("passage-order", self.passage_order.name())
            .with("second-opinion", self.second_opinion.name())
            .with("claims", self.claims.name())
            .with_some("taken-apart-by", apart)
            .with_some("controls", (self.controls > 0).then_some(self.controls))
            .with("about-refusals", self.about_refusals)
    }

    /// Over [`manifest`](Self::manifest).
    pub fn digest(&self) -> Digest {
        self.manifest().digest()
    }
}

fn parts<T>(all: &[T], part: impl Fn(&T) -> Manifest) -> Vec<Setting> {
    all.iter().map(|one| part(one).into()).collect()
}

fn metric(judged: &JudgedMetric) -> Manifest {
    let manifest = Manifest::default()
        .with("name", judged.metric.name.as_str())
        .with("reading", judged.reading.name());
    match judged.metric.data_type {
        DataType::Binary => manifest.with("type", "binary"),
        DataType::Fraction => manifest.with("type", "fraction"),
        DataType::Amount => manifest.with("type", "amount"),
        DataType::Ordinal { low, high } => manifest
            .with("type", "ordinal")
            .with("low", f64::from(low))
            .with("high", f64::from(high)),
    }
}

fn label(label: &LabelSpec) -> Manifest {
    Manifest::default()
        .with("name", label.name.as_str())
        .with("meaning", label.meaning.as_str())
        .with_some("value", label.value)
}

fn sampling(sampling: Sampling) -> Manifest {
    Manifest::default()
        .with_some("temperature", sampling.temperature)
        .with_some("seed", sampling.seed)
        .with("max-output-tokens", sampling.max_output_tokens)
}

fn limits(limits: Limits) -> Manifest {
    Manifest::default()
        .with("characters", limits.characters)
        .with("claims", limits.claims)
        .with("long-context", limits.long_context.name())
}

impl LongContext {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unscored => "unscored",
            Self::SeveralCalls => "several-calls",
        }
    }
}

impl SecondOpinion {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Ask => "ask",
            Self::Dispute => "dispute",
        }
    }
}

impl NothingToJudge {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Worst => "worst",
        }
    }
}

impl OnMalformed {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AskOnceMore => "ask-once-more",
            Self::Unscored => "unscored",
        }
    }
}

impl PassageOrder {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drawn => "shuffled",
            Self::AsGiven => "as-given",
        }
    }
}

impl ClaimLevel {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sentences => "sentences",
            Self::Atomic => "atomic",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Mode, Reading, test_values::bundled_spec};

    /// A spec in which one setting is another.
    fn changed(change: impl FnOnce(&mut JudgeSpec)) -> JudgeSpec {
        let mut spec = bundled_spec("groundedness");
        change(&mut spec);
        spec
    }

    #[test]
    fn any_other_setting_is_another_judge() {
        let all = vec![
            changed(|_| {}),
            changed(|spec| spec.version += 1),
            changed(|spec| spec.mode = Mode::Rubric),
            changed(|spec| spec.metrics[0].metric.name.push('x')),
            changed(|spec| spec.metrics[0].reading = Reading::NoneContradicted),
            changed(|spec| {
                spec.metrics[0].metric.data_type = DataType::Ordinal { low: 1, high: 5 };
            }),
            changed(|spec| {
                spec.metrics[0].metric.data_type = DataType::Ordinal { low: 1, high: 6 };
            }),
            changed(|spec| {
                spec.metrics.pop();
            }),
            changed(|spec| spec.labels[0].meaning.push('x')),
            changed(|spec| spec.labels[0].name.push('x')),
            changed(|spec| spec.labels[0].value = Some(0.5)),
            changed(|spec| spec.labels.swap(0, 1)),
            changed(|spec| spec.system.push('x')),
            changed(|spec| spec.templates = bundled_spec("tone").templates),
            changed(|spec| spec.sampling.temperature = Some(1.5)),
            changed(|spec| spec.sampling.seed = Some(99)),
            changed(|spec| spec.sampling.max_output_tokens += 1),
            changed(|spec| spec.votes = 3),
            changed(|spec| spec.votes_needed = 3),
            changed(|spec| spec.limits.characters -= 1),
            changed(|spec| spec.limits.claims -= 1),
            changed(|spec| spec.limits.long_context = LongContext::SeveralCalls),
            changed(|spec| spec.nothing_to_judge = NothingToJudge::Worst),
            changed(|spec| spec.on_malformed = OnMalformed::Unscored),
            changed(|spec| spec.passage_order = PassageOrder::AsGiven),
            changed(|spec| spec.claims = ClaimLevel::Atomic),
            changed(|spec| spec.controls = 2),
            changed(|spec| spec.controls = 0),
            changed(|spec| spec.about_refusals = true),
        ];
        let digests: BTreeSet<Digest> = all.iter().map(JudgeSpec::digest).collect();
        assert_eq!(digests.len(), all.len());
    }

    #[test]
    fn each_choice_of_a_setting_is_another_judge() {
        let all = [
            SecondOpinion::Off,
            SecondOpinion::Ask,
            SecondOpinion::Dispute,
        ]
        .map(|second| changed(|spec| spec.second_opinion = second).digest());
        assert_eq!(BTreeSet::from(all).len(), all.len());
    }

    #[test]
    fn a_judge_of_another_name_is_the_same() {
        let renamed = changed(|spec| spec.name = "other".to_owned());
        assert_eq!(renamed.digest(), bundled_spec("groundedness").digest());
    }
}
