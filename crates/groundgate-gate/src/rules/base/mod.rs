//! What kinds of rules are made of: their keys, how they are read, shown, evaluated and planned. Nothing
//! here knows a kind.

mod evaluation;
mod fact;
mod kind;
mod layers;
mod reader;
mod setting;
mod threshold;
mod values;

pub use kind::{Holds, Key, Slices};
pub use threshold::Threshold;

pub(crate) use evaluation::{
    Evaluation, SlicePlaces, WORST_CASES, assessed, decided, no_data, worst,
};
pub(crate) use fact::{AskedFact, AsksFacts, Found, Shape, no_data_in};
pub(crate) use kind::{AsksScores, Claim, Kind};
pub(crate) use layers::Layers;
pub(crate) use reader::{AMOUNT, LESS_IS_BETTER, MORE_IS_BETTER, Reader, SCORE};
pub(crate) use setting::{Setting, Settings, written};
pub(crate) use values::{ESTIMANDS, age, count, open, share, texts};
