//! Judges: from an answer to outcomes.
//!
//! Three instruments, all pure: LLM judges ([`JudgeSpec`], data: [`prepare`] writes the call, the
//! runner sends it, [`Ask::read_reply`] reads the reply, [`combine`] joins votes), the embedded judge
//! ([`OfflineJudge`], no call at all) and plain checks ([`checks::measure`]). None of them does IO,
//! reads a clock or trusts a text: a label that helps the answer needs proof that code can check.

pub mod attacks;
pub mod boilerplate;
pub mod checks;
pub mod embedded;
pub mod evidence;
pub mod known_cases;
pub mod refusal;
pub mod sentences;

mod ask;
mod bundled;
mod citations;
mod claims;
mod controls;
mod envelope;
mod guard;
mod identity;
mod labels;
mod mode;
mod number;
mod offline;
mod panel;
mod parts;
mod prompt;
mod proof;
mod repair;
mod reply;
mod score;
mod second_opinion;
mod settle;
mod source;
mod spec;
mod spec_file;
mod spec_labels;
mod split;
mod strict_json;
mod subject;
mod template;
mod token;

#[cfg(test)]
mod attack_tests;
#[cfg(test)]
mod growth_tests;
#[cfg(test)]
mod metamorphic;
#[cfg(test)]
mod test_values;
#[cfg(test)]
mod text_tests;

pub use ask::{Ask, Hearing, Prepared, prepare, prepare_controlled};
pub use bundled::{BUNDLED, Bundled, bundled};
pub use claims::{Unit, facts, units};
pub use controls::{
    CONTROLS, CONTROLS_ALLOWED, ControlDraw, ControlPool, ControlsSaid, why_missed,
};
pub use known_cases::malformed;
pub use mode::Mode;
pub use offline::OfflineJudge;
pub use panel::{Vote, combine, disagreement};
pub use parts::{PartLabels, join_parts};
pub use prompt::Draw;
pub use repair::Doubts;
pub use reply::ReplyFault;
pub use score::{Outcomes, unscored};
pub use spec::{
    ClaimLevel, JudgeSpec, JudgedMetric, KNOWN_METRICS, LabelSpec, Limits, LongContext,
    NothingToJudge, OnMalformed, PARSER_VERSION, PassageOrder, Reading, Sampling, SecondOpinion,
    known_metric,
};
pub use split::{Split, Splitting, split};
pub use subject::Subject;
