//! What a trace lacks to be judged, in words that can be counted.

/// What a trace lacks. Whatever it is, the trace stays a trial: it counts as failed, or as not scored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It ended in an error, which says this.
    Failed(String),
    /// It has not ended.
    Unfinished,
    /// It was found, and was gone when its spans were asked for.
    Deleted,
    /// The server has its head and not its spans.
    Spans(String),
    /// It is larger than what is read.
    TooLarge(String),
    /// Its spans have no outermost one: it was cut.
    Root,
    /// It ended well and without an answer.
    Answer,
    /// It does not show what was asked.
    Question,
    /// No span is a retriever.
    Retriever,
    /// A retriever returned what is no list of documents.
    Documents,
}

impl Lack {
    /// Its name, under which it is counted.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Unfinished => "unfinished",
            Self::Deleted => "deleted",
            Self::Spans(_) => "no-spans",
            Self::TooLarge(_) => "too-large",
            Self::Root => "cut",
            Self::Answer => "no-answer",
            Self::Question => "no-question",
            Self::Retriever => "no-retriever",
            Self::Documents => "no-documents",
        }
    }

    /// What its name means, and what becomes of the trace.
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::Failed(_) => "ended in an error: failed trials",
            Self::Unfinished => "have not ended: failed trials",
            Self::Deleted => "were deleted while they were read: failed trials",
            Self::Spans(_) => "have no spans at the server: failed trials",
            Self::TooLarge(_) => "are larger than what is read: failed trials",
            Self::Root => "were cut, without an outermost span: failed trials",
            Self::Answer => "ended well without an answer: failed trials",
            Self::Question => "show no question: judged without one",
            Self::Retriever => "have no retriever span: not scored by what needs passages",
            Self::Documents => {
                "have a retriever that returned no list of documents: not scored by what needs passages"
            }
        }
    }

    /// What one trace lacks, in a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Failed(said) => format!("the trace ended in an error: {said}"),
            Self::Unfinished => "the trace has not ended".to_owned(),
            Self::Deleted => "the trace was deleted while it was read".to_owned(),
            Self::Spans(why) => format!("the trace's spans are not at the server: {why}"),
            Self::TooLarge(why) => format!("the trace is too large: {why}"),
            Self::Root => "the trace was cut: it has no outermost span".to_owned(),
            Self::Answer => "the trace ended well without an answer".to_owned(),
            Self::Question => "the trace shows no question".to_owned(),
            Self::Retriever => "no span of the trace is a retriever".to_owned(),
            Self::Documents => {
                "a retriever of the trace returned what is no list of documents".to_owned()
            }
        }
    }

    /// Whether the spans are not there: then neither is the answer.
    pub(super) const fn is_about_spans(&self) -> bool {
        matches!(self, Self::Deleted | Self::Spans(_) | Self::TooLarge(_))
    }
}
