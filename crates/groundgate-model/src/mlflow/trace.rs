//! A whole trace: its head and its spans.

use serde_json::Value;

use super::{
    info::{Info, listed},
    span::Span,
};

/// A trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its head.
    pub info: Info,
    /// Its steps; empty where they are not there.
    pub spans: Vec<Span>,
}

impl Trace {
    /// Reads a trace: a file's, a row of `search_traces`, or one that a server or an endpoint replies. What is not
    /// understood is not there.
    pub fn read(trace: &Value) -> Self {
        let heads = ["/info", "/trace_info", "/trace/trace_info"];
        let head = heads.iter().find_map(|place| trace.pointer(place));
        let spans = ["/data/spans", "/spans", "/trace/spans"];
        let spans = spans.iter().find_map(|place| trace.pointer(place));
        Self {
            info: Info::read(head.unwrap_or(trace)),
            spans: spans
                .map(|spans| listed(spans).iter().map(Span::read).collect())
                .unwrap_or_default(),
        }
    }

    /// The outermost span.
    pub fn root(&self) -> Option<&Span> {
        self.spans.iter().find(|span| span.parent.is_none())
    }

    /// Why it ended in an error, as its spans say it: the outermost that says something.
    pub fn failure(&self) -> Option<&str> {
        let root = self.root().into_iter();
        let mut said = root
            .chain(&self.spans)
            .filter_map(|span| span.failure.as_deref());
        said.find(|said| !said.is_empty())
    }
}
