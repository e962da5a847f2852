//! What code has to say against a judge's label, and how much it weighs.

use groundgate_model::trial::Reason;

use crate::evidence::QuoteFault;

/// Why a label is not verified.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Doubt {
    /// No quote, or one that is not there.
    #[error("{0}")]
    Quote(#[from] QuoteFault),
    /// No passage or no quote was named.
    #[error("no quote was given")]
    NoQuote,
    /// The quote has no words of its own that could carry anything.
    #[error("the quote is too little to carry anything")]
    TooLittle,
    /// The quote is about something else.
    #[error("the quote speaks of something else")]
    Unrelated,
    /// The quote holds some of the claim.
    #[error("the quote holds little of it")]
    InPart,
    /// The claim has no word that could be compared.
    #[error("it has no word that could be compared")]
    Wordless,
    /// One of the two is negated, and nothing else settles it.
    #[error("a negation is in one of the two only")]
    Negation,
    /// Claim and quote say the opposite.
    #[error("the text says the opposite ({0})")]
    Opposite(&'static str),
    /// Another sentence of the passage has more of the claim, and denies it.
    #[error("another sentence of the passage denies it")]
    DeniedElsewhere,
    /// A number that the quoted sentence does not give.
    #[error("the number {0} is not in the quoted sentence")]
    NumberElsewhere(String),
    /// A number that nobody gave, and that numbers which were given may come to.
    #[error("the number {0} is in no passage, though others may come to it")]
    Computed(String),
    /// A number that nobody gave.
    #[error("the number {0} is in no passage and not in the question")]
    Number(String),
    /// The quote's sentence has another number in its place.
    #[error("the text says {found} where it says {claimed}")]
    OtherNumber {
        /// The claim's.
        claimed: String,
        /// The quote's.
        found: String,
    },
    /// The quote's sentence has another name in its place.
    #[error("the text says {found} where it says {claimed}")]
    OtherName {
        /// The claim's.
        claimed: String,
        /// The quote's.
        found: String,
    },
    /// The embedded judge does not find it.
    #[error("the embedded judge gives it {support:.2}")]
    SecondOpinion {
        /// The probability that the passages support it.
        support: f64,
        /// Whether that makes it a dispute.
        disputes: bool,
    },
    /// Called no claim, and is one.
    #[error("called no claim, but it states something")]
    IsClaim,
}

/// How much a doubt weighs, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Nothing either way.
    Unverified,
    /// Code finds the opposite.
    InConflict,
    /// Nothing was shown.
    Nothing,
}

impl Doubt {
    /// How much it weighs.
    pub(crate) const fn weight(&self) -> Weight {
        match self {
            Self::Quote(_) | Self::NoQuote | Self::TooLittle => Weight::Nothing,
            Self::Unrelated
            | Self::Opposite(_)
            | Self::DeniedElsewhere
            | Self::Number(_)
            | Self::OtherNumber { .. }
            | Self::OtherName { .. }
            | Self::SecondOpinion { disputes: true, .. }
            | Self::IsClaim => Weight::InConflict,
            Self::InPart
            | Self::Wordless
            | Self::Negation
            | Self::NumberElsewhere(_)
            | Self::SecondOpinion { .. }
            | Self::Computed(_) => Weight::Unverified,
        }
    }

    /// The doubt in our own words only, for asking once more: words of passages and replies may carry
    /// an attack on.
    pub(crate) const fn for_model(&self) -> &'static str {
        match self {
            Self::Quote(QuoteFault::TooShort) | Self::TooLittle => {
                "the quote is too short to carry it"
            }
            Self::Quote(QuoteFault::NotThere) => "the quote is not in the passage word for word",
            Self::Quote(QuoteFault::SkipsNegation) => "the quote leaves out a negation",
            Self::Quote(QuoteFault::SkipsSentence) => "the quote joins words of several sentences",
            Self::NoQuote => "no passage or no quote was given",
            Self::Unrelated => "the quote speaks of something else",
            Self::InPart => "the quote holds little of it",
            Self::Wordless => "the quote was not compared with it",
            Self::Negation => "one of claim and quote is negated",
            Self::Opposite(_) => "claim and quote seem to say the opposite of each other",
            Self::DeniedElsewhere => "another sentence of the passage seems to deny it",
            Self::NumberElsewhere(_) => "a number of the claim is not in the quoted sentence",
            Self::Computed(_) | Self::Number(_) => "a number of the claim is in no passage",
            Self::OtherNumber { .. } => "the quoted sentence has another number",
            Self::OtherName { .. } => "the quoted sentence has another name",
            Self::SecondOpinion { .. } => "a second reader does not find it in the passages",
            Self::IsClaim => "it seems to state something",
        }
    }

    /// What the finding says of it, once the judge has been asked again.
    pub(crate) fn reason(&self) -> Reason {
        self.reason_of(self.weight())
    }

    /// The same for a fact that an answer is said to state: it must stand there, so that what code cannot
    /// find is disputed.
    pub(crate) fn reason_of_fact(&self) -> Reason {
        self.reason_of(self.weight().max(Weight::InConflict))
    }

    fn reason_of(&self, weight: Weight) -> Reason {
        let because = self.to_string();
        match weight {
            Weight::Unverified => Reason::Unverified { because },
            Weight::InConflict => Reason::Disputed { because },
            Weight::Nothing => Reason::WithoutProof { because },
        }
    }
}
