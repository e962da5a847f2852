//! Tables of Arrow in and out, by its C stream interface: no Python object per row.

mod asks;
mod gate;
mod judge;
mod outcomes;
mod rows;
mod stream;
mod texts;
mod trials;

pub(crate) use asks::{read_replies, write_prompts};
pub(crate) use gate::{gate_trials, reduce_trials, watch_trials};
pub(crate) use judge::{judge_arrow, resolve_columns};
pub(crate) use stream::ArrowTable;
